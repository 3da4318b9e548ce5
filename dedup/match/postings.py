"""The compiled join of keys: what one row shares with the rows before it, along the postings of its words."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from dedup.match.compiled import compiled

BLOCK = 1 << 18
"""Rows whose sums, 4 bytes each, stay in the cache while later ones are met with them. A row at the end of a million
took 143, 119, 105, 119 and 136 µs with 2^16, 2^17 ... 2^20."""

SLACK = 1.0 - 1e-5
"""A sum of 64 products in single precision is not further from the exact one."""


class Packed(NamedTuple):
    """Keys of n rows, by descending number of the word: ``keys`` int32[n, k], their ``weights`` float32[n, k], of
    which the first ``sizes`` int64[n] are used; ``days`` float64[n] since 1970, or nan."""

    keys: npt.NDArray[np.int32]
    weights: npt.NDArray[np.float32]
    sizes: npt.NDArray[np.int64]
    days: npt.NDArray[np.float64]


class Postings(NamedTuple):
    """The rows of each word, ascending: ``rows`` uint32[m] and the ``weights`` float32[m] they give it, those of word k
    from ``starts[k]`` on, int64[words + 1]."""

    rows: npt.NDArray[np.uint32]
    weights: npt.NDArray[np.float32]
    starts: npt.NDArray[np.int64]


class Rule(NamedTuple):
    """Which rows are paired: ``shared`` words at least, one of them in no more than ``bucket`` rows, and a cosine of
    ``near``, or of ``far`` where they are more than ``days`` apart."""

    shared: int
    bucket: int
    days: float
    near: float
    far: float


def postings_of(packed: Packed) -> Postings:
    """The rows of each word, by its number."""
    used = packed.keys >= 0
    terms = packed.keys[used]
    starts = np.concatenate([[0], np.cumsum(np.bincount(terms, minlength=1))])
    rows, weights = np.empty(len(terms), np.uint32), np.empty(len(terms), np.float32)
    _post(packed, starts[:-1].copy(), rows, weights)
    return Postings(rows, weights, starts)


def pairs_of_rows(
    packed: Packed, postings: Postings, rule: Rule, part: tuple[int, int]
) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.float32]]:
    """The pairs of rows ``part[0]`` up to ``part[1]`` with those before them: int32[m, 2], the earlier first, and the
    part of their cosine on shared keys."""
    pairs, scores = _scan(packed, postings, rule, (BLOCK, SLACK), part)
    return pairs, scores


@compiled
def _post(packed: Any, ends: Any, rows: Any, weights: Any) -> None:
    for row in range(len(packed.sizes)):
        for k in range(packed.sizes[row]):
            key = packed.keys[row, k]
            rows[ends[key]], weights[ends[key]] = row, packed.weights[row, k]
            ends[key] += 1


@compiled
def _scan(packed: Any, postings: Any, rule: Any, limits: Any, part: Any) -> Any:
    """Add up, for each row of a part, what it shares with the rows of a block before it; those whose rough sum may pass
    are weighed exactly. Only sums are random access, and each is wiped where it is read."""
    (wanted, bucket, days, near, far), (block, slack), (begin, end) = rule, limits, part
    size = min(end, block)
    sums, met = np.zeros(size, np.float32), np.empty(size, np.int32)
    pairs, scores, found = np.empty((1024, 2), np.int32), np.empty(1024, np.float32), 0
    starts = postings.starts
    hot, cuts = starts[1:] - starts[:-1] > bucket, np.column_stack((starts[:-1], starts[:-1]))
    rough = np.float32(min(near, far) * slack)
    for low in range(0, end, block):
        _next_cuts(cuts, postings, (low, max(begin, low), low + block))
        for i in range(max(begin, low), end):
            _add_up(packed, postings, (cuts, hot), (i, np.uint64(low)), sums)
            for at in met[: _take(packed, postings, (cuts, hot), (i, np.uint64(low), rough), (sums, met))]:
                shared, value = _overlap(packed, i, low + at)
                floor = far if abs(packed.days[i] - packed.days[low + at]) > days else near
                if shared >= wanted and value >= floor:
                    pairs, scores = _room(pairs, scores, found)
                    pairs[found, 0], pairs[found, 1], scores[found] = low + at, i, value
                    found += 1
            if i < low + block:
                for key in packed.keys[i, : packed.sizes[i]]:
                    cuts[key, 1] += 1
    return pairs[:found], scores[:found]


@compiled
def _next_cuts(cuts: Any, postings: Any, bounds: Any) -> None:
    """Move the cuts on to the postings of the rows from ``low`` on, those before ``first`` and ``high``."""
    (low, first, high), rows, starts = bounds, postings.rows, postings.starts
    for key in range(len(cuts)):
        at = cuts[key, 1]
        while at < starts[key + 1] and rows[at] < low:
            at += 1
        cuts[key, 0] = at
        while at < starts[key + 1] and rows[at] < min(first, high):
            at += 1
        cuts[key, 1] = at


@compiled
def _add_up(packed: Any, postings: Any, keys: Any, which: Any, sums: Any) -> None:
    """Add to the sums of the rows of a block what they share with row i; keys too frequent to bring pairs together
    count where others did."""
    (cuts, hot), (i, low), (rows, weights, _) = keys, which, postings
    for k in range(packed.sizes[i]):
        key, weight = packed.keys[i, k], packed.weights[i, k]
        if not hot[key]:
            for at in range(np.uint64(cuts[key, 0]), np.uint64(cuts[key, 1])):
                sums[rows[at] - low] += weight * weights[at]
    for k in range(packed.sizes[i]):
        key, weight = packed.keys[i, k], packed.weights[i, k]
        if hot[key]:
            for at in range(np.uint64(cuts[key, 0]), np.uint64(cuts[key, 1])):
                if sums[rows[at] - low] > 0.0:
                    sums[rows[at] - low] += weight * weights[at]


@compiled
def _take(packed: Any, postings: Any, keys: Any, which: Any, out: Any) -> Any:
    """Wipe the sums of row i; how many of them reach the floor, and which."""
    (cuts, hot), (i, low, floor), (sums, met), rows = keys, which, out, postings.rows
    count = 0
    for key in packed.keys[i, : packed.sizes[i]]:
        if not hot[key]:
            for at in range(np.uint64(cuts[key, 0]), np.uint64(cuts[key, 1])):
                j = rows[at] - low
                if sums[j] > 0.0 and sums[j] >= floor:
                    met[count] = j
                    count += 1
                sums[j] = 0.0
    return count


@compiled
def _overlap(packed: Any, a: Any, b: Any) -> Any:
    """How many keys two rows share, and the sum of the products of their weights, by descending number."""
    i, j, shared, total = 0, 0, 0, 0.0
    while i < packed.sizes[a] and j < packed.sizes[b]:
        if packed.keys[a, i] == packed.keys[b, j]:
            total += float(packed.weights[a, i]) * float(packed.weights[b, j])
            shared, i, j = shared + 1, i + 1, j + 1
        elif packed.keys[a, i] > packed.keys[b, j]:
            i += 1
        else:
            j += 1
    return shared, total


@compiled
def _room(pairs: Any, scores: Any, count: int) -> Any:
    """The same arrays, or twice as long copies when they are full."""
    if count < len(scores):
        return pairs, scores
    grown, longer = np.empty((2 * count, 2), np.int32), np.empty(2 * count, np.float32)
    grown[:count], longer[:count] = pairs, scores
    return grown, longer
