"""Where an article ends on its page: what follows the last paragraph (comments, other stories) reads like body.

For every line the features compare what stands before it with what follows: body likelihood, topic (words shared with
the first paragraphs), interface words in the gaps. A model says of each line whether the article is over; the cut is
where the sum of its log-odds over all lines is most likely, the maximum of a prefix sum.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from dedup.text import choose, trees
from dedup.text.features import number_words
from dedup.text.packed import Rows
from dedup.text.scan import Measured, Scan

NAMES = tuple(
    (
        "p p_prev5 p_prev15 p_next5 p_next15 p_after mass_before mass_after share_before longest_gap_lines "
        "longest_gap_words gap_phrase gap_interface gap_related gap_social gap_lines gap_words since_phrase "
        "since_interface since_related since_social since_copies topic_next5 topic_next15 topic_after topic "
        "topic_before topic_prev15 pronoun_next15 pronoun_prev15 capitalised_next15 capitalised_prev15 words "
        "words_prev15 index lines_after clock_next15 clock_prev15 interface_next15 phrase_next15 words_next15 "
        "body_before body_after blank_next15 blank_prev15"
    ).split()
)
"""Names of the columns of ``region_features``, in order."""


def region_features(
    found: Scan, units: NDArray[np.int64], rows: NDArray[np.float32], odds: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Features of every line that is not empty, from its line features ``rows`` and log-odds ``odds`` of being body."""
    out = np.zeros((len(units), len(NAMES)), dtype=np.float32)
    if len(units):
        likely = 1.0 / (1.0 + np.exp(-odds.astype(np.float64)))
        ids, none = np.empty(len(found.words), dtype=np.int32), np.empty(0, dtype=np.int32)
        count = number_words(found.words, np.empty(0, dtype=np.uint64), ids, none)
        _region(units, ids, count, found.rarity, found.word_ends, likely, rows, out)
    return out


def ends_of(found: Measured, lines: NDArray[np.int64], rows: Rows, odds: NDArray[np.float64]) -> NDArray[np.int64]:
    """How many of the ``rows`` of each text of a batch stand before the end of its article; text i has the units from
    ``lines[i]`` on."""
    out = np.zeros((len(odds), len(NAMES)), dtype=np.float32)
    held = rows.ids, rows.distinct, found.rarity, found.word_ends, found.word_bounds
    _regions(lines, rows.bounds, rows.numbers, held, 1.0 / (1.0 + np.exp(-odds)), rows.rows, out)
    return np.asarray(choose.ends_of(rows.bounds, trees.log_odds(trees.load("end_model"), out)))


@njit(cache=True, nogil=True)
def _regions(lines, bounds, numbers, held, likely, rows, out):  # type: ignore[no-untyped-def]
    ids, distinct, rarity, word_ends, word_bounds = held
    for text in range(len(lines) - 1):
        low, high = bounds[text], bounds[text + 1]
        if low == high:
            continue
        own, seen = slice(lines[text], lines[text + 1]), slice(word_bounds[text], word_bounds[text + 1])
        units = numbers[low:high] - lines[text]
        known = ids[seen], distinct[text], rarity[seen], word_ends[own]
        _region(units, *known, likely[low:high], rows[low:high], out[low:high])


@njit(cache=True, nogil=True)
def _region(units, ids, distinct, rarity, word_ends, p, rows, out):  # type: ignore[no-untyped-def]
    n = len(units)
    wd = np.minimum(rows[:, 0], 80.0)
    # early body mass
    early = np.zeros(distinct, dtype=np.int32)
    before = np.zeros(distinct, dtype=np.int32)
    ew = 0.0
    for u in range(n):
        if not (p[u] > 0.6 and ew < 200):
            continue
        ew += wd[u]
        for w in range(word_ends[units[u] - 1] if units[u] > 0 else 0, word_ends[units[u]]):
            early[np.uint32(ids[w])] = 1
    mass = np.zeros((n, 2))  # rarity mass known early, total
    known = np.zeros(n)
    for u in range(n):
        first = word_ends[units[u] - 1] if units[u] > 0 else 0
        kn = mass_early = mass_all = 0.0
        for w in range(first, word_ends[units[u]]):
            r = np.float64(rarity[w]) if rarity[w] >= 0.15 else 0.0
            word = np.uint32(ids[w])
            mass_all += r
            mass_early += r if early[word] else 0.0
            kn += r if before[word] else 0.0
        mass[u, 0], mass[u, 1] = mass_early, mass_all
        known[u] = kn / max(mass_all, 0.5)
        if p[u] > 0.5:
            for w in range(first, word_ends[units[u]]):
                before[np.uint32(ids[w])] = 1
    # cumulative sums
    sums = np.zeros((n + 1, 16))
    for u in range(n):
        for c in range(16):
            sums[u + 1, c] = sums[u, c]
        sums[u + 1, 0] += wd[u]
        sums[u + 1, 1] += wd[u] * p[u]
        sums[u + 1, 2] += mass[u, 0]
        sums[u + 1, 3] += mass[u, 1]
        sums[u + 1, 4] += rows[u, 32 + 11]
        sums[u + 1, 5] += rows[u, 1 - 1]  # pronoun, words
        sums[u + 1, 6] += rows[u, 5] * rows[u, 0]
        sums[u + 1, 7] += rows[u, 32 + 2]
        sums[u + 1, 8] += rows[u, 32 + 5]
        sums[u + 1, 9] += rows[u, 21] + rows[u, 22]
        sums[u + 1, 10] += 1.0 if p[u] > 0.5 else 0.0
        sums[u + 1, 11] += rows[u, 32 + 6]
        sums[u + 1, 12] += rows[u, 32 + 13]
        sums[u + 1, 13] += 1.0 if rows[u, 48] > 1 else 0.0
        sums[u + 1, 14] += 1.0 if rows[u, 48 + 12] > 0 else 0.0
    fb = -1
    for u in range(n):
        if p[u] > 0.5 and wd[u] > 10:
            fb = u
            break
    if fb < 0:
        fb = 0
    run = 0
    runw = 0.0
    lr = 0
    lrw = 0.0
    ls = 0
    le = 0
    cs = 0
    for u in range(n):
        if u >= fb:
            if p[u] > 0.5 and wd[u] > 6:
                run = 0
                runw = 0.0
                cs = u + 1
            else:
                run += 1
                runw += wd[u]
                if run > lr:
                    lr = run
                    lrw = runw
                    ls = cs
                    le = u
        o = out[u]
        o[0] = p[u]
        a = max(0, u - 5)
        o[1] = (sums[u, 1] - sums[a, 1]) / max(1.0, sums[u, 0] - sums[a, 0])
        a = max(0, u - 15)
        o[2] = (sums[u, 1] - sums[a, 1]) / max(1.0, sums[u, 0] - sums[a, 0])
        b5 = min(n, u + 5)
        b15 = min(n, u + 15)
        o[3] = (sums[b5, 1] - sums[u, 1]) / max(1.0, sums[b5, 0] - sums[u, 0])
        o[4] = (sums[b15, 1] - sums[u, 1]) / max(1.0, sums[b15, 0] - sums[u, 0])
        o[5] = (sums[n, 1] - sums[u, 1]) / max(1.0, sums[n, 0] - sums[u, 0])
        o[6] = sums[u, 1]
        o[7] = sums[n, 1] - sums[u, 1]
        o[8] = sums[u, 1] / max(1.0, sums[n, 1])
        o[9] = lr
        o[10] = lrw
        o[11] = sums[le + 1, 9] - sums[ls, 9] if lr > 0 else 0
        o[12] = sums[le + 1, 8] - sums[ls, 8] if lr > 0 else 0
        o[13] = sums[le + 1, 11] - sums[ls, 11] if lr > 0 else 0
        o[14] = sums[le + 1, 12] - sums[ls, 12] if lr > 0 else 0
        o[15] = run
        o[16] = runw
        if u >= fb:
            o[17] = sums[u + 1, 9] - sums[fb, 9]
            o[18] = sums[u + 1, 8] - sums[fb, 8]
            o[19] = sums[u + 1, 11] - sums[fb, 11]
            o[20] = sums[u + 1, 12] - sums[fb, 12]
            o[21] = sums[u + 1, 13] - sums[fb, 13]
        o[22] = (sums[b5, 2] - sums[u, 2]) / max(1.0, sums[b5, 3] - sums[u, 3])
        o[23] = (sums[b15, 2] - sums[u, 2]) / max(1.0, sums[b15, 3] - sums[u, 3])
        o[24] = (sums[n, 2] - sums[u, 2]) / max(1.0, sums[n, 3] - sums[u, 3])
        o[25] = mass[u, 0] / max(mass[u, 1], 0.5)
        o[26] = known[u]
        a = max(0, u - 15)
        o[27] = (sums[u, 2] - sums[a, 2]) / max(1.0, sums[u, 3] - sums[a, 3])
        o[28] = (sums[b15, 4] - sums[u, 4]) / max(1.0, sums[b15, 5] - sums[u, 5])
        o[29] = (sums[u, 4] - sums[a, 4]) / max(1.0, sums[u, 5] - sums[a, 5])
        o[30] = (sums[b15, 6] - sums[u, 6]) / max(1.0, sums[b15, 5] - sums[u, 5])
        o[31] = (sums[u, 6] - sums[a, 6]) / max(1.0, sums[u, 5] - sums[a, 5])
        o[32] = wd[u]
        o[33] = (sums[u, 5] - sums[a, 5]) / max(1, u - a)
        o[34] = u / n
        o[35] = min(60, n - u)
        o[36] = sums[b15, 7] - sums[u, 7]
        o[37] = sums[u, 7] - sums[a, 7]
        o[38] = sums[b15, 8] - sums[u, 8]
        o[39] = sums[b15, 9] - sums[u, 9]
        o[40] = (sums[b15, 5] - sums[u, 5]) / max(1, b15 - u)
        o[41] = sums[u, 10]
        o[42] = sums[n, 10] - sums[u, 10]
        o[43] = (sums[b15, 14] - sums[u, 14]) / max(1, b15 - u)
        o[44] = (sums[u, 14] - sums[a, 14]) / max(1, u - a)
