"""Evidence that one article retells the other in new words: sentences that say the same, and little of its own.

Every sentence is held against every sentence of the other by the rarer stems both have (monolingual alignment as in
Barzilay and Elhadad, "Sentence alignment for monolingual comparable corpora", EMNLP 2003, and the METER corpus of
Clough, Gaizauskas, Piao and Wilks, "Measuring text reuse", ACL 2002). A rewrite has a partner for most sentences and
brings no names, numbers or rare words; an independent report has its own witnesses and figures.

A quotation or stock phrase that both have word for word is nobody's and does not count; a quotation that one of the
two gives in other words does. ``s`` is the shorter article, ``l`` the longer.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from dedup.match.build import BOUND
from dedup.match.compiled import compiled
from dedup.match.marks import DIGIT, NAME
from dedup.match.tilefeatures import heaviest_rising

RETOLD_FEATURES = (
    "told told_s told_l told_mean told_ordered told_paired rare_together"
    " own_s own_l own_name_share own_names own_number_share sentences own_numbers"
).split()
"""Of s, unless ``_l``: ln(1 + sentences with a partner), the share of its weight that stands in them; the mean
likeness of a sentence to its partner; how much of them comes in the same order, and with a partner of their own; the
share of sentences of which two rare stems stand together in one of l. Then what the other lacks: the share of its rare
stems, the share and ln(1 + number) of its names, the share of its numbers. Last ln(1 + the number) of its sentences and
of its own numbers, for the reasons."""

(TOLD, TOLD_S, TOLD_L, MEAN, ORDERED, PAIRED, TOGETHER) = range(7)
(OWN_S, OWN_L, NAME_SHARE, OWN_NAMES, NUMBER_SHARE, COUNT, OWN_NUMBERS) = range(7, 14)

PARTNER = 0.3
"""Likeness from which a sentence says the same as another: half the sentences of independent reports have none of
.15, half those of rewrites one of .32 or more."""

SENTENCES = 1500
"""Sentences of one article that are aligned."""

STEMS = 4
"""A sentence of fewer different stems is not aligned."""

TOGETHER_LOAD = 1.5
"""Load from which a shared stem is rare enough to count among those that stand together."""

RARE = 3.0
"""Rarity from which a stem is a specific of its article: at most 1 in 55 background articles has it."""

NAMED = 1.0
"""Rarity from which a capitalised word inside a sentence is a name."""

FEW = 3
"""An article with fewer names (numbers) is measured as if it had so many: one of two is not one half."""

(SEEN, IS_NAME, IS_NUMBER) = 1, 2, 4


@compiled
def retold_features(found: Any, short: Any, long: Any, out: Any) -> None:
    """Write the values of RETOLD_FEATURES. Rows of ``found`` are place in s, place in l, length; of each article are
    given stems, their places, rarity and loads, and flags and sentence of its words."""
    out[:] = 0.0
    given_s, given_l = _given(found, short[4], long[4])
    alike, together = _compare(short, long, (given_s, given_l), out)
    if alike.shape[0] == 0 or alike.shape[1] == 0:
        return
    weight_s, sizes_s = _sentences(short, given_s, alike.shape[0])
    weight_l, sizes_l = _sentences(long, given_l, alike.shape[1])
    _align(alike, (weight_s, sizes_s), (weight_l, sizes_l), out)
    count = both = 0
    for i in range(alike.shape[0]):
        if sizes_s[i] >= STEMS:
            best = 0
            for j in range(alike.shape[1]):
                if sizes_l[j] >= STEMS:
                    best = max(best, together[i, j])
            count += 1
            both += best >= 2
    out[COUNT] = np.log1p(count)
    out[TOGETHER] = both / max(count, 1)


@compiled
def _given(found: Any, flags_s: Any, flags_l: Any) -> Any:
    """Which words stand in a run of both articles and in a quotation or stock phrase of either."""
    given_s, given_l = np.zeros(flags_s.shape[0], np.bool_), np.zeros(flags_l.shape[0], np.bool_)
    for row in range(found.shape[0]):
        i, j = found[row, 0], found[row, 1]
        for k in range(found[row, 2]):
            if (flags_s[i + k] | flags_l[j + k]) & BOUND:
                given_s[i + k] = True
                given_l[j + k] = True
    return given_s, given_l


@compiled
def _group(side: Any, given: Any, start: int) -> Any:
    """Where the words of one stem end, and whether one that is not given is SEEN, IS_NAME, IS_NUMBER."""
    stems, places, rarity, _, flags, sentence = side
    end, marks = start, 0
    while end < stems.shape[0] and stems[end] == stems[start]:
        k = places[end]
        if not given[k]:
            marks |= SEEN
            if flags[k] & DIGIT:
                marks |= IS_NUMBER
        if flags[k] & NAME and rarity[start] > NAMED and k > 0 and sentence[k] == sentence[k - 1]:
            marks |= IS_NAME
        end += 1
    return end, marks if marks & SEEN else 0


@compiled
def _compare(short: Any, long: Any, given: Any, out: Any) -> Any:
    """By sentences of s and l the sum of the loads of the stems they share, and how many of these are rare. Writes what
    each article has for itself."""
    rows, columns = _count(short[5]), _count(long[5])
    alike, together = np.zeros((rows, columns), np.float32), np.zeros((rows, columns), np.int16)
    # rarity of specific stems, names, numbers: all, and those that the other lacks
    own_s, own_l = np.zeros(6), np.zeros(6)
    stems_s, stems_l = short[0], long[0]
    i = j = 0
    while i < stems_s.shape[0] or j < stems_l.shape[0]:
        here = i < stems_s.shape[0] and (j == stems_l.shape[0] or stems_s[i] <= stems_l[j])
        there = j < stems_l.shape[0] and (i == stems_s.shape[0] or stems_l[j] <= stems_s[i])
        after_i, after_j = i, j
        marks_i = marks_j = 0
        if here:
            after_i, marks_i = _group(short, given[0], i)
            _count_own(marks_i, short[2][i], not there, own_s)
        if there:
            after_j, marks_j = _group(long, given[1], j)
            _count_own(marks_j, long[2][j], not here, own_l)
        if marks_i and marks_j:
            load = min(short[3][i], long[3][j])
            if load > 0:
                _add(short, (i, after_i, given[0]), long, (j, after_j, given[1]), (load, alike, together))
        i, j = after_i, after_j
    _write_own(own_s, own_l, out)
    return alike, together


@compiled
def _count(sentence: Any) -> int:
    return min(sentence[-1] + 1, SENTENCES) if sentence.shape[0] else 0


@compiled
def _count_own(marks: int, rarity: float, lacking: bool, sums: Any) -> None:
    if marks and rarity > RARE:
        sums[0] += rarity
        sums[1] += rarity * lacking
    if marks & IS_NAME:
        sums[2] += 1
        sums[3] += lacking
    if marks & IS_NUMBER:
        sums[4] += 1
        sums[5] += lacking


@compiled
def _write_own(own_s: Any, own_l: Any, out: Any) -> None:
    out[OWN_S] = own_s[1] / own_s[0] if own_s[0] else 0.0
    out[OWN_L] = own_l[1] / own_l[0] if own_l[0] else 0.0
    out[NAME_SHARE] = own_s[3] / max(own_s[2], FEW)
    out[OWN_NAMES] = np.log1p(own_s[3])
    out[NUMBER_SHARE] = own_s[5] / max(own_s[4], FEW)
    out[OWN_NUMBERS] = np.log1p(own_s[5])


@compiled
def _add(short: Any, of_s: Any, long: Any, of_l: Any, sums: Any) -> None:
    """Add one shared stem to every pair of sentences that hold it."""
    load, alike, together = sums
    last = -1
    for i in range(of_s[0], of_s[1]):
        k = short[1][i]
        row = short[5][k]
        if of_s[2][k] or row == last or row >= alike.shape[0]:
            continue
        last, before = row, -1
        for j in range(of_l[0], of_l[1]):
            k = long[1][j]
            column = long[5][k]
            if of_l[2][k] or column == before or column >= alike.shape[1]:
                continue
            before = column
            alike[row, column] += load
            together[row, column] += load > TOGETHER_LOAD


@compiled
def _sentences(side: Any, given: Any, count: int) -> Any:
    """Weight and number of the different stems of each sentence."""
    stems, places, _, loads, _, sentence = side
    weight, sizes = np.zeros(count), np.zeros(count, np.int32)
    last = np.full(count, -1, np.int64)
    start = 0
    for i in range(stems.shape[0]):
        if i and stems[i] != stems[i - 1]:
            start = i
        row = sentence[places[i]]
        if given[places[i]] or loads[i] <= 0 or row >= count or last[row] == start:
            continue
        last[row] = start
        weight[row] += loads[i]
        sizes[row] += 1
    return weight, sizes


@compiled
def _align(alike: Any, of_s: Any, of_l: Any, out: Any) -> None:
    """Best partners: how much of each article has one, how like, in which order, and how many different ones."""
    (weight_s, sizes_s), (weight_l, sizes_l) = of_s, of_l
    rows, columns = alike.shape
    best_s, best_l, place = np.zeros(rows), np.zeros(columns), np.zeros(rows)
    for i in range(rows):
        if sizes_s[i] < STEMS:
            continue
        for j in range(columns):
            if alike[i, j] > 0 and sizes_l[j] >= STEMS:
                value = alike[i, j] / np.sqrt(weight_s[i] * weight_l[j])
                if value > best_s[i]:
                    best_s[i] = value
                    place[i] = j
                best_l[j] = max(best_l[j], value)
    total = told = mean = 0.0
    for i in range(rows):
        if sizes_s[i] >= STEMS:
            total += weight_s[i]
            mean += weight_s[i] * best_s[i]
            told += weight_s[i] * (best_s[i] >= PARTNER)
    total_l = told_l = 0.0
    for j in range(columns):
        if sizes_l[j] >= STEMS:
            total_l += weight_l[j]
            told_l += weight_l[j] * (best_l[j] >= PARTNER)
    if total > 0 and total_l > 0:
        out[TOLD_S], out[MEAN], out[TOLD_L] = told / total, mean / total, told_l / total_l
    partners = np.flatnonzero(best_s >= PARTNER)
    out[TOLD] = np.log1p(partners.shape[0])
    if partners.shape[0]:
        weights = best_s[partners]
        out[ORDERED] = heaviest_rising(weights, place[partners]) / weights.sum()
        out[PAIRED] = np.unique(place[partners]).shape[0] / partners.shape[0]
