"""What the runs of shared words of a pair are made of: prose, speech, names, quotations; how long, in which order."""

from __future__ import annotations

from math import log1p
from typing import Any

import numpy as np

from dedup.match.build import BOUND, CITED, QUOTED_GRAM
from dedup.match.compiled import compiled
from dedup.match.marks import DIGIT, NAME, QUOTED, SPOKEN

TILE_FEATURES = (
    "covered_s covered_l free_covered_s free_covered_l free_words longest longest_free free_weight tiles"
    " ordered start_s start_l spoken one_sided mixed free_8 free_15 quoted_shared quoted_covered_s prose prose_tiles"
    " prose_weight quotes wording wording_share_s aligned_s aligned_l"
).split()

EDIT = 8
"""Words between two shared runs that still count as an edit inside one taken passage."""

PHRASE, SENTENCE = 8, 15
"""Free words in a tile from which it is more than a turn of phrase, and about a sentence."""

QUOTE = 6
"""Quoted words in a tile from which it counts as a shared quotation."""

ORDER_REACH = 400
"""Runs looked back for the longest rising order; more come only from texts cut to pieces."""

(FREE, RUN, QUOTES, IN_S, ONE_SIDED, SAID, NAMED, WEIGHT) = range(8)
(COVERED, FREE_COVERED, HEAVY, SPOKE, QUOTED_WORDS, IN_QUOTES_S, ON_ONE_SIDE, QUOTE_TILES) = range(8)
(LONGEST, LONGEST_FREE, MIXED, FREE_8, FREE_15, WORDING, PROSE, PROSE_TILES, PROSE_WEIGHT) = range(8, 17)
SUMS = 17


@compiled
def tile_features(found: Any, short: Any, long: Any, out: Any) -> None:
    """Write the values of TILE_FEATURES; rows of ``found`` are place in short, place in long, length. Of each text are
    given flags, weights, and its free and quoted words."""
    sums = _sums(found, (short[0], short[1], long[0], long[1]))
    free_s, quoted_s, free_l = max(short[2], 1), max(short[3], 1), max(long[2], 1)
    size_s, size_l = max(short[0].shape[0], 1), max(long[0].shape[0], 1)
    gaps_s, gaps_l = _edited(found)
    covered, free = sums[COVERED], sums[FREE_COVERED]
    out[0] = covered / size_s
    out[1] = covered / size_l
    out[2] = free / free_s
    out[3] = free / free_l
    out[4] = log1p(free)
    out[5] = log1p(sums[LONGEST])
    out[6] = log1p(sums[LONGEST_FREE])
    out[7] = log1p(sums[HEAVY])
    out[8] = log1p(found.shape[0])
    _places(found, covered, (size_s, size_l), out[9:12])
    out[12] = sums[SPOKE] / max(free, 1)
    out[13] = log1p(sums[ON_ONE_SIDE])
    out[14] = log1p(sums[MIXED])
    out[15] = log1p(sums[FREE_8])
    out[16] = log1p(sums[FREE_15])
    out[17] = log1p(sums[QUOTED_WORDS])
    out[18] = sums[IN_QUOTES_S] / quoted_s
    out[19] = log1p(sums[PROSE])
    out[20] = log1p(sums[PROSE_TILES])
    out[21] = log1p(sums[PROSE_WEIGHT])
    out[22] = log1p(sums[QUOTE_TILES])
    out[23] = log1p(sums[WORDING])
    out[24] = sums[WORDING] / free_s
    out[25] = (covered + gaps_s) / size_s
    out[26] = (covered + gaps_l) / size_l


@compiled
def _places(found: Any, covered: float, sizes: Any, out: Any) -> None:
    """Share of shared words in the same order; where the first shared run begins in each text, 1 where none."""
    out[0], out[1], out[2] = 0.0, 1.0, 1.0
    if found.shape[0]:
        out[0] = heaviest_rising(found[:, 2].astype(np.float64), found[:, 1]) / covered
        out[1] = found[0, 0] / sizes[0]
        out[2] = found[:, 1].min() / sizes[1]


@compiled
def heaviest_rising(weights: Any, places: Any) -> float:
    """Largest sum of weights over a rising subsequence of places: how much stands in the same order."""
    best = np.zeros(weights.shape[0])
    most = 0.0
    for i in range(weights.shape[0]):
        best[i] = weights[i]
        for k in range(max(0, i - ORDER_REACH), i):
            if places[k] <= places[i] and best[k] + weights[i] > best[i]:
                best[i] = best[k] + weights[i]
        most = max(most, best[i])
    return most


@compiled
def _edited(found: Any) -> Any:
    """Words between neighbouring tiles that are at most EDIT words apart in both texts: edits inside what was taken."""
    in_s = in_l = 0
    for row in range(1, found.shape[0]):
        gap_s = found[row, 0] - found[row - 1, 0] - found[row - 1, 2]
        gap_l = found[row, 1] - found[row - 1, 1] - found[row - 1, 2]
        if gap_s <= EDIT and 0 <= gap_l <= EDIT:
            in_s += gap_s
            in_l += gap_l
    return in_s, in_l


@compiled
def _one_tile(tile: Any, sides: Any, out: Any) -> None:
    """Count one tile: FREE words, their longest RUN, QUOTES, those marked IN_S, ONE_SIDED, SAID, NAMED, WEIGHT. Words
    that either article quotes elsewhere are quotes too."""
    i, j, length = tile
    flags_s, weights_s, flags_l, weights_l = sides
    out[:] = 0.0
    run = known = 0
    for k in range(length):
        either = np.int64(flags_s[i + k] | flags_l[j + k])
        if either & CITED and k + QUOTED_GRAM <= length:
            known = k + QUOTED_GRAM
        if k < known or either & QUOTED:
            either |= QUOTED
            out[QUOTES] += 1
            out[IN_S] += (flags_s[i + k] & QUOTED) != 0
            out[ONE_SIDED] += (flags_s[i + k] & flags_l[j + k] & QUOTED) == 0
        if either & BOUND:
            run = 0
            continue
        run += 1
        out[FREE] += 1
        out[RUN] = max(out[RUN], run)
        out[WEIGHT] += min(weights_s[i + k], weights_l[j + k])
        out[SAID] += (either & SPOKEN) != 0
        out[NAMED] += (either & (NAME | DIGIT)) != 0


@compiled
def _sums(found: Any, sides: Any) -> Any:
    """The SUMS over all tiles, float64. Prose is a phrase or more of which at most 1 word in 20 is a speaker's and at
    most 45% are names or numbers: templates, captions and lists of headlines have more."""
    out = np.zeros(SUMS)
    one = np.zeros(8)
    for row in range(found.shape[0]):
        _one_tile(found[row], sides, one)
        here = one[FREE]
        out[COVERED] += found[row, 2]
        out[FREE_COVERED] += here
        out[HEAVY] += one[WEIGHT]
        out[SPOKE] += one[SAID]
        out[QUOTED_WORDS] += one[QUOTES]
        out[IN_QUOTES_S] += one[IN_S]
        out[ON_ONE_SIDE] += one[ONE_SIDED]
        out[QUOTE_TILES] += one[QUOTES] >= QUOTE
        out[LONGEST] = max(out[LONGEST], found[row, 2])
        out[LONGEST_FREE] = max(out[LONGEST_FREE], one[RUN])
        if one[QUOTES] >= 3 and here >= 3:
            out[MIXED] += here
        if here >= SENTENCE:
            out[FREE_15] += here
        if here < PHRASE:
            continue
        out[FREE_8] += here
        out[WORDING] += here - one[NAMED]
        if one[SAID] * 20 <= here and one[NAMED] * 20 <= here * 9:
            out[PROSE] += here
            out[PROSE_TILES] += 1
            out[PROSE_WEIGHT] += one[WEIGHT]
    return out
