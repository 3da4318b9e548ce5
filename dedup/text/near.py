"""What the line model sees around a line: the five lines before and after, the first and last prose, its own ends."""

from __future__ import annotations

import numpy as np
from numba import njit

from dedup.text.measure import HEAD_MARKS, TAIL_MARKS, YEARS

WINDOW = 5
"""Lines on either side whose means are taken: a list of teasers or captions shows in its run, not in one line."""
NEAR = tuple(
    [f"{name}_{side}" for side in ("before", "after") for name in ("known", "mean_words", "closed", "names", "phrases")]
    + "opening_copies words_to_prose from_first_prose to_last_prose tail_marks head_marks years".split()
)
"""Columns of ``near_features`` and ``known_near``, in order."""


@njit(cache=True, nogil=True)
def near_features(units, raw, hashes, out, near):  # type: ignore[no-untyped-def]
    """How a line fits the few lines before and after it, and where it stands between the first and last prose."""
    n = len(units)
    first_prose, last_prose, prose_words, prose = -1, -1, np.float32(0), 0
    for u in range(n):
        if out[u, 25] > 0:
            first_prose = u if first_prose < 0 else first_prose
            last_prose = u
            prose_words += out[u, 0]
            prose += 1
    usual = prose_words / max(1, prose)
    for u in range(n):
        for side in range(2):
            low, high = (max(0, u - WINDOW), u) if side == 0 else (u + 1, min(n, u + WINDOW + 1))
            column = near + 5 * side
            many = max(1, high - low)
            for v in range(low, high):
                out[u, column + 1] += min(out[v, 0], np.float32(60)) / many
                out[u, column + 2] += out[v, 24] / many
                out[u, column + 3] += out[v, 5] / many
                out[u, column + 4] += (out[v, 21] > 0) / many
        out[u, near + 10] = _opening_copies(u, units, hashes)
        out[u, near + 11] = out[u, 0] / max(np.float32(1), usual)
        out[u, near + 12] = max(-30, min(30, u - first_prose)) if first_prose >= 0 else -40
        out[u, near + 13] = max(-30, min(30, last_prose - u)) if first_prose >= 0 else -40
        out[u, near + 14] = raw[units[u], TAIL_MARKS]
        out[u, near + 15] = raw[units[u], HEAD_MARKS]
        out[u, near + 16] = raw[units[u], YEARS]


@njit(cache=True, nogil=True)
def known_near(units, ids, distinct, rarity, word_ends, out, near):  # type: ignore[no-untyped-def]
    """Share of a line's rarer words that stand in the five lines before it, and in the five after it."""
    n = len(units)
    seen = np.empty(distinct, dtype=np.int32)
    for side in range(2):
        seen[:] = -9 if side == 0 else n + 9  # no line
        for step in range(n):
            u = step if side == 0 else n - 1 - step
            first = word_ends[units[u] - 1] if units[u] > 0 else 0
            weight = known = np.float32(0)
            for w in range(first, word_ends[units[u]]):
                rare = rarity[w] if rarity[w] > np.float32(0.3) else np.float32(0)
                weight += rare  # without a branch, which would be guessed wrong for every third word
                known += rare if abs(seen[np.uint32(ids[w])] - u) <= WINDOW else np.float32(0)
            for w in range(first, word_ends[units[u]]):
                seen[np.uint32(ids[w])] = u
            out[u, near + 5 * side] = known / max(weight, np.float32(0.1))


@njit(cache=True, nogil=True)
def _opening_copies(u, units, hashes):  # type: ignore[no-untyped-def]
    """Lines near by that open with the same six words: a caption or teaser given twice, once cut."""
    key = hashes[units[u], 1]
    count = 0
    if key != np.uint64(0):
        for v in range(max(0, u - 40), min(len(units), u + 41)):
            count += v != u and hashes[units[v], 1] == key
    return count
