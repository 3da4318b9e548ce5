"""Which pairs of articles may tell the same story: those that share enough of their heaviest words.

Each article's heaviest TF-IDF words are its keys. Two articles are neighbours when they share enough keys and the part
of their cosine that falls on shared keys reaches a floor, a higher one when they are far apart in time: a rule about
the pair alone, so that batch and index agree. Pairs are found by adding up along postings (scan count: Li, Lu and Lu,
ICDE 2008), so nothing is missed; what the two caps leave out is counted.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from dedup.match.compiled import compiled
from dedup.match.similarity import Vector, cosine, vectorise_many
from dedup.models import CleanArticle
from dedup.settings import Settings

SECONDS_A_DAY = 86400.0

MOST_KEYS = 128
"""More than an article has keys."""

WORTH = 32
"""Postings that are looked through sooner than the keys of one row are compared with those of another."""

BLOCK = 1 << 16
"""Articles whose counts and sums, 16 bytes each, stay in the cache while all later ones are met with them."""


@dataclass(frozen=True, slots=True)
class Neighbours:
    """``pairs`` int32[m, 2] of positions, i < j, sorted, no repeats. ``caps`` counts what limits left out, by name:
    ``neighbour_terms`` words in more articles than ``neighbour_bucket``, which bring no pair together on their own;
    ``neighbours_each`` pairs beyond the best of both their articles."""

    pairs: npt.NDArray[np.int32]
    caps: Mapping[str, int] = field(default_factory=dict)


class _Packed(NamedTuple):
    """Keys of n articles, by descending number of the word: ``keys`` int32[n, k], their ``weights`` float32[n, k], of
    which the first ``sizes`` int64[n] are used; ``days`` float64[n] since 1970, or nan."""

    keys: npt.NDArray[np.int32]
    weights: npt.NDArray[np.float32]
    sizes: npt.NDArray[np.int64]
    days: npt.NDArray[np.float64]


class Keys(NamedTuple):
    """The heaviest words of n articles: ``ids`` uint64[n, k] and ``weights`` float32[n, k], of which the first
    ``sizes`` int64[n] are used."""

    ids: npt.NDArray[np.uint64]
    weights: npt.NDArray[np.float32]
    sizes: npt.NDArray[np.int64]


def neighbour_keys(vector: Vector, settings: Settings) -> Vector:
    """The article's keys: its ``neighbour_terms`` heaviest words, ties to the lesser id, with their weights."""
    best = np.sort(np.lexsort((vector.ids, -vector.weights))[: settings.neighbour_terms])
    return Vector(vector.ids[best], vector.weights[best])


def are_neighbours(a: CleanArticle, b: CleanArticle, keys: tuple[Vector, Vector], settings: Settings) -> bool:
    """The rule for one pair, before caps: the plain twin of neighbour_pairs, and what an index asks.

    ``keys`` are the ``neighbour_keys`` of a and b.
    """
    shared = len(np.intersect1d(keys[0].ids, keys[1].ids, assume_unique=True))
    far = abs(_day(a) - _day(b)) > settings.neighbour_days
    floor = settings.neighbour_cosine_far if far else settings.neighbour_cosine
    return shared >= settings.neighbour_shared and cosine(*keys) >= floor


def neighbour_pairs(
    cleaned: Sequence[CleanArticle], settings: Settings, vectors: Sequence[Vector] | None = None
) -> Neighbours:
    """Pairs that may tell the same story. ``vectors`` are those of ``vectorise_many(cleaned)``, made here if None.

    Of articles with the same keys, the one of the least id stands for all; the others are paired with it alone.
    """
    vectors = vectorise_many(cleaned) if vectors is None else vectors
    ids = np.concatenate([np.empty(0, np.uint64), *(item.ids for item in vectors)])
    weights = np.concatenate([np.empty(0, np.float32), *(item.weights for item in vectors)])
    indptr = np.cumsum([0, *(len(item.ids) for item in vectors)])
    keys = heaviest(ids, weights, indptr, settings)
    order = np.array(sorted(range(len(cleaned)), key=lambda i: cleaned[i].id), np.int64)
    days = np.array([_day(cleaned[i]) for i in order], np.float64)
    found = neighbours_by_keys(days, Keys(keys.ids[order], keys.weights[order], keys.sizes[order]), settings)
    pairs = np.sort(order[found.pairs], axis=1).astype(np.int32)
    return Neighbours(pairs[np.lexsort((pairs[:, 1], pairs[:, 0]))], found.caps)


def heaviest(
    ids: npt.NDArray[np.uint64], weights: npt.NDArray[np.float32], indptr: npt.NDArray[np.int64], settings: Settings
) -> Keys:
    """The ``neighbour_keys`` of vectors that stand after each other, the heaviest first."""
    shape = (len(indptr) - 1, settings.neighbour_terms)
    keys = Keys(np.zeros(shape, np.uint64), np.zeros(shape, np.float32), np.zeros(shape[0], np.int64))
    _heaviest(ids, weights, indptr, *keys)
    return keys


def join_keys(parts: Iterable[Keys]) -> Keys:
    """Keys after each other, one part or more."""
    ids, weights, sizes = (np.concatenate(column) for column in zip(*parts, strict=True))
    return Keys(ids, weights, sizes)


def neighbours_by_keys(days: npt.NDArray[np.float64], keys: Keys, settings: Settings) -> Neighbours:
    """``neighbour_pairs`` of articles sorted by id whose keys are known; ``days`` float64[n] since 1970, or nan."""
    packed = _pack(days, keys)
    every = np.arange(len(days))
    first = _stand_ins(packed)
    hot, found = _join(packed, np.flatnonzero((first == every) & (packed.sizes > 0)), settings)
    kept = _best(found, len(days), settings.neighbours_each)
    twins = np.flatnonzero((first != every) & (packed.sizes > 0))
    a, b = np.concatenate([found.a[kept], first[twins]]), np.concatenate([found.b[kept], twins])
    pairs = np.column_stack([a, b]).astype(np.int32)
    caps = {"neighbour_terms": hot, "neighbours_each": int(len(found.a) - np.count_nonzero(kept))}
    return Neighbours(pairs[np.lexsort((pairs[:, 1], pairs[:, 0]))], caps)


class _Found(NamedTuple):
    """Pairs of positions, a < b, and the part of their cosine on shared keys."""

    a: npt.NDArray[np.int32]
    b: npt.NDArray[np.int32]
    cosine: npt.NDArray[np.float32]


def _day(clean: CleanArticle) -> float:
    return clean.published.timestamp() / SECONDS_A_DAY if clean.published else math.nan


def _pack(days: npt.NDArray[np.float64], chosen: Keys) -> _Packed:
    shape = chosen.ids.shape
    used = np.arange(shape[1]) < chosen.sizes[:, None]
    keys = np.full(shape, -1, np.int32)
    keys[used] = np.unique(chosen.ids[used], return_inverse=True)[1]
    order = np.argsort(-keys, axis=1, kind="stable")
    return _Packed(
        np.take_along_axis(keys, order, axis=1),
        np.take_along_axis(chosen.weights, order, axis=1),
        chosen.sizes,
        days,
    )


def _stand_ins(packed: _Packed) -> npt.NDArray[np.int64]:
    """For each article the first one with its keys."""
    if not len(packed.keys):
        return np.empty(0, np.int64)
    _, at, inverse = np.unique(packed.keys, axis=0, return_index=True, return_inverse=True)
    return at[inverse.reshape(-1)]


def _join(packed: _Packed, stands: npt.NDArray[np.int64], settings: Settings) -> tuple[int, _Found]:
    """Count of words too frequent to bring pairs together, and the pairs that pass the rule."""
    part = _Packed(packed.keys[stands], packed.weights[stands], packed.sizes[stands], packed.days[stands])
    rows, places = np.nonzero(part.keys >= 0)
    terms = part.keys[rows, places]
    frequency = np.bincount(terms, minlength=1)
    by_term = np.argsort(terms, kind="stable")
    starts = np.concatenate([[0], np.cumsum(frequency)])
    postings = (rows[by_term].astype(np.int32), part.weights[rows, places][by_term], starts)
    floors = (settings.neighbour_cosine, settings.neighbour_cosine_far)
    rule = (settings.neighbour_shared, settings.neighbour_bucket, settings.neighbour_days, *floors)
    pairs, scores = _scan(part, postings, rule, (BLOCK, WORTH))
    hot = int(np.count_nonzero(frequency > settings.neighbour_bucket))
    stands = stands.astype(np.int32)
    return hot, _Found(stands[pairs[:, 0]], stands[pairs[:, 1]], scores)


def _best(found: _Found, articles: int, each: int) -> npt.NDArray[np.bool_]:
    """Which pairs are among the ``each`` of highest cosine of one of their two articles, ties to the lesser other."""
    degrees = np.bincount(found.a, minlength=articles) + np.bincount(found.b, minlength=articles)
    kept = np.zeros(len(found.a), np.bool_)
    _mark_best(found, np.concatenate([[0], np.cumsum(degrees)]), each, kept)
    return kept


@compiled
def _mark_best(found: Any, bounds: Any, each: int, kept: Any) -> None:
    """Mark the best pairs of every article; their places by article, 8 bytes a pair, are all that is held beside."""
    ends, places = bounds[:-1].copy(), np.empty(bounds[-1], np.int32)
    for row in range(len(kept)):
        for article in (found.a[row], found.b[row]):
            places[ends[article]] = row
            ends[article] += 1
    bits = found.cosine.view(np.uint32)
    for article in range(len(ends)):
        own = places[bounds[article] : bounds[article + 1]]
        ranks = np.empty(len(own), np.uint64)
        for k in range(len(own)):
            other = found.a[own[k]] + found.b[own[k]] - article
            ranks[k] = np.uint64(~bits[own[k]]) << np.uint64(32) | np.uint64(other)
        last = np.sort(ranks)[each - 1] if len(own) > each else np.uint64(0xFFFFFFFFFFFFFFFF)
        for k in range(len(own)):
            kept[own[k]] |= ranks[k] <= last


@compiled
def _heaviest(ids: Any, weights: Any, indptr: Any, chosen: Any, best: Any, sizes: Any) -> None:
    """The heaviest words of each article, ties to the lesser id, by insertion into a short list."""
    most = chosen.shape[1]
    for row in range(len(sizes)):
        size = 0
        for at in range(indptr[row], indptr[row + 1]):
            weight = weights[at]
            if size == most and weight <= best[row, most - 1]:
                continue
            place = size if size < most else most - 1
            while place > 0 and best[row, place - 1] < weight:
                best[row, place] = best[row, place - 1]
                chosen[row, place] = chosen[row, place - 1]
                place -= 1
            best[row, place] = weight
            chosen[row, place] = ids[at]
            size = min(size + 1, most)
        sizes[row] = size


@compiled
def _overlap(packed: Any, a: Any, b: Any) -> Any:
    """How many keys two articles share, and the sum of the products of their weights, by descending number."""
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


@compiled
def _scan(packed: Any, postings: Any, rule: Any, limits: Any) -> Any:
    """Add up, for each row, what it shares with earlier rows along the postings, a block of earlier rows at a time;
    keep the pairs that pass. Count and sum of a row stand side by side, and a count says for which row it is, so that a
    posting costs one look into memory."""
    (wanted, bucket, days, near, far), (block, worth) = rule, limits
    n = len(packed.sizes)
    tally, touched = np.empty((min(n, block), 2)), np.empty(min(n, block), np.int32)
    pairs, scores, found = np.empty((1024, 2), np.int32), np.empty(1024, np.float32), 0
    starts = postings[2]
    hot, cuts = starts[1:] - starts[:-1] > bucket, np.column_stack((starts[:-1], starts[:-1]))
    for low in range(0, n, block):
        tally[:] = -1.0
        _next_cuts(cuts, postings, low + block)
        for i in range(low + 1, n):
            met, added = _add_up(packed, postings, (cuts, hot, worth), (i, low), (tally, touched))
            for t in range(met):
                at = touched[t]
                shared, value = np.int64(tally[at, 0] - i * MOST_KEYS), tally[at, 1]
                if not added:
                    shared, value = _overlap(packed, i, low + at)
                floor = far if abs(packed.days[i] - packed.days[low + at]) > days else near
                if shared >= wanted and value >= floor:
                    pairs, scores = _room(pairs, scores, found)
                    pairs[found, 0], pairs[found, 1], scores[found] = low + at, i, value
                    found += 1
    return pairs[:found], scores[:found]


@compiled
def _next_cuts(cuts: Any, postings: Any, high: int) -> None:
    """Move the cuts on to the postings of the rows below ``high``."""
    rows, _, starts = postings
    for key in range(len(cuts)):
        at = cuts[key, 1]
        cuts[key, 0] = at
        while at < starts[key + 1] and rows[at] < high:
            at += 1
        cuts[key, 1] = at


@compiled
def _add_up(packed: Any, postings: Any, keys: Any, which: Any, out: Any) -> Any:
    """Count and sum what row i shares with the rows of a block before it that it meets: how many these are, and whether
    they are added up. Keys too frequent to bring pairs together count where others did; they are left to ``_overlap``
    where their postings are far more than the rows met."""
    cuts, hot, worth = keys
    met, frequent, own = 0, 0, packed.keys[which[0], : packed.sizes[which[0]]]
    for k in range(len(own)):
        if hot[own[k]]:
            frequent += cuts[own[k], 1] - cuts[own[k], 0]
        else:
            met = _add(postings, cuts[own[k]], which, packed.weights[which[0], k], out, met)
    if not frequent or frequent > worth * met:
        return met, not frequent
    tally, touched = out
    for t in range(met):
        tally[touched[t], 0], tally[touched[t], 1] = float(which[0] * MOST_KEYS), 0.0
    for k in range(len(own)):
        _add_to_met(postings, cuts[own[k]], which, packed.weights[which[0], k], tally)
    return met, True


@compiled
def _add(postings: Any, cut: Any, which: Any, weight: float, out: Any, met: int) -> int:
    """Add what a key has in common to the rows of its postings; how many rows are met now."""
    (rows, weights, _), (i, low), (tally, touched) = postings, which, out
    base = float(i * MOST_KEYS)
    for at in range(cut[0], cut[1]):
        if rows[at] >= i:
            break
        j = rows[at] - low
        if tally[j, 0] < base:
            tally[j, 0], tally[j, 1], touched[met] = base, 0.0, j
            met += 1
        tally[j, 0] += 1
        tally[j, 1] += float(weight) * float(weights[at])
    return met


@compiled
def _add_to_met(postings: Any, cut: Any, which: Any, weight: float, tally: Any) -> None:
    """Add what a key has in common to those rows of its postings that are met."""
    (rows, weights, _), (i, low) = postings, which
    base = float(i * MOST_KEYS)
    for at in range(cut[0], cut[1]):
        if rows[at] >= i:
            break
        j = rows[at] - low
        if tally[j, 0] >= base:
            tally[j, 0] += 1
            tally[j, 1] += float(weight) * float(weights[at])
