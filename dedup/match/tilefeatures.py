"""What the runs of shared words of a pair are made of: prose, speech, names, quotations; how long, in which order."""

from __future__ import annotations

from math import log1p
from typing import Any

import numpy as np

from dedup.match.compiled import compiled
from dedup.match.marks import DIGIT, NAME, QUOTED, SPOKEN
from dedup.match.overlap import Tiles
from dedup.match.profile import BOUND, QUOTED_GRAM, Profile

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
SUMS = (
    "covered free weight spoken quoted in_quotes_s one_sided quotes longest longest_free mixed free_8 free_15 wording"
    " prose prose_tiles prose_weight"
).split()


def tile_features(found: Tiles, short: Profile, long: Profile) -> tuple[float, ...]:
    """The values of TILE_FEATURES; rows of ``found`` are place in short, place in long, length."""
    known = (short.quoted_grams, long.quoted_grams)
    sides = (short.words.flags, short.words.weights, long.words.flags, long.words.weights)
    values = dict(zip(SUMS, _sums(found, sides, (short.windows.grams, known)).tolist(), strict=True))
    free_s, quoted_s = _count(short.words.flags)
    free_l, _ = _count(long.words.flags)
    gaps_s, gaps_l = _edited(found)
    covered, free = values["covered"], values["free"]
    size_s, size_l = max(short.size, 1), max(long.size, 1)
    return (
        covered / size_s,
        covered / size_l,
        free / max(free_s, 1),
        free / max(free_l, 1),
        log1p(free),
        log1p(values["longest"]),
        log1p(values["longest_free"]),
        log1p(values["weight"]),
        log1p(found.shape[0]),
        *_places(found, covered, size_s, size_l),
        values["spoken"] / max(free, 1),
        log1p(values["one_sided"]),
        log1p(values["mixed"]),
        log1p(values["free_8"]),
        log1p(values["free_15"]),
        log1p(values["quoted"]),
        values["in_quotes_s"] / max(quoted_s, 1),
        log1p(values["prose"]),
        log1p(values["prose_tiles"]),
        log1p(values["prose_weight"]),
        log1p(values["quotes"]),
        log1p(values["wording"]),
        values["wording"] / max(free_s, 1),
        (covered + gaps_s) / size_s,
        (covered + gaps_l) / size_l,
    )


def _places(found: Tiles, covered: float, size_s: int, size_l: int) -> tuple[float, float, float]:
    """Share of shared words in the same order; where the first shared run begins in each text, 1 where none."""
    if not found.shape[0]:
        return 0.0, 1.0, 1.0
    ordered = heaviest_rising(found[:, 2].astype(np.float64), found[:, 1])
    return float(ordered) / covered, int(found[0, 0]) / size_s, int(found[:, 1].min()) / size_l


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
def _count(flags: Any) -> Any:
    """Free words and quoted words of a text."""
    free = quoted = 0
    for k in range(flags.shape[0]):
        free += (flags[k] & BOUND) == 0
        quoted += (flags[k] & QUOTED) != 0
    return free, quoted


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
def _known_quotes(grams: Any, start: int, length: int, known: Any) -> Any:
    """Which words of a tile stand in a 5-gram that either article quotes; ``known`` are sorted hashes of both."""
    hit = np.zeros(length, np.bool_)
    for k in range(length - QUOTED_GRAM + 1):
        gram = grams[start + k]
        for one in known:
            place = np.searchsorted(one, gram)
            if place < one.shape[0] and one[place] == gram:
                hit[k : k + QUOTED_GRAM] = True
    return hit


@compiled
def _one_tile(tile: Any, sides: Any, quotes: Any, out: Any) -> None:
    """Count one tile: FREE words, their longest RUN, QUOTES, those marked IN_S, ONE_SIDED, SAID, NAMED, WEIGHT."""
    i, j, length = tile
    flags_s, weights_s, flags_l, weights_l = sides
    known = _known_quotes(quotes[0], i, length, quotes[1])
    out[:] = 0.0
    run = 0
    for k in range(length):
        either = np.int64(flags_s[i + k] | flags_l[j + k])
        if known[k] or either & QUOTED:
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
def _sums(found: Any, sides: Any, quotes: Any) -> Any:
    """The SUMS over all tiles, float64. Prose is a phrase or more of which at most 1 word in 20 is a speaker's and at
    most 45% are names or numbers: templates, captions and lists of headlines have more."""
    out = np.zeros(17)
    one = np.zeros(8)
    for row in range(found.shape[0]):
        _one_tile(found[row], sides, quotes, one)
        here = one[FREE]
        out[0] += found[row, 2]
        out[1] += here
        out[2] += one[WEIGHT]
        out[3] += one[SAID]
        out[4] += one[QUOTES]
        out[5] += one[IN_S]
        out[6] += one[ONE_SIDED]
        out[7] += one[QUOTES] >= QUOTE
        out[8] = max(out[8], found[row, 2])
        out[9] = max(out[9], one[RUN])
        if one[QUOTES] >= 3 and here >= 3:
            out[10] += here
        if here >= SENTENCE:
            out[12] += here
        if here < PHRASE:
            continue
        out[11] += here
        out[13] += here - one[NAMED]
        if one[SAID] * 20 <= here and one[NAMED] * 20 <= here * 9:
            out[14] += here
            out[15] += 1
            out[16] += one[WEIGHT]
    return out
