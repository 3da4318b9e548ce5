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
from dedup.match.overlap import meetings
from dedup.match.stems import add_specific, without
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

FEW = 3
"""An article with fewer names (numbers) is measured as if it had so many: one of two is not one half."""


@compiled
def retold_features(found: Any, short: Any, long: Any, out: Any) -> None:
    """Write the values of RETOLD_FEATURES. Rows of ``found`` are place in s, place in l, length; of each article are
    given its ``Stems``."""
    out[:] = 0.0
    given_s, given_l, some = _given(found, short.flags, long.flags)
    if some:
        short, long = without(short, given_s), without(long, given_l)
    alike, together = _compare(short, long, (given_s, given_l), out)
    if alike.shape[0] == 0 or alike.shape[1] == 0:
        return
    _align(alike, short, long, out)
    count = both = 0
    for i in range(alike.shape[0]):
        if short.sizes[i] >= STEMS:
            best = 0
            for j in range(alike.shape[1]):
                if long.sizes[j] >= STEMS:
                    best = max(best, together[i, j])
            count += 1
            both += best >= 2
    out[COUNT] = np.log1p(count)
    out[TOGETHER] = both / max(count, 1)


@compiled
def _given(found: Any, flags_s: Any, flags_l: Any) -> Any:
    """Which words stand in a run of both articles and in a quotation or stock phrase of either; whether any does."""
    given_s, given_l = np.zeros(flags_s.shape[0], np.bool_), np.zeros(flags_l.shape[0], np.bool_)
    some = False
    for row in range(found.shape[0]):
        i, j = found[row, 0], found[row, 1]
        for k in range(found[row, 2]):
            if (flags_s[i + k] | flags_l[j + k]) & BOUND:
                given_s[i + k] = given_l[j + k] = some = True
    return given_s, given_l, some


@compiled
def _compare(short: Any, long: Any, given: Any, out: Any) -> Any:
    """By sentences of s and l the sum of the loads of the stems they share, and how many of these are rare. Writes what
    each article has for itself."""
    rows, columns = min(short.sizes.shape[0], SENTENCES), min(long.sizes.shape[0], SENTENCES)
    alike, together = np.zeros((rows, columns), np.float32), np.zeros((rows, columns), np.int16)
    both_s, both_l = np.zeros(3), np.zeros(3)
    met = meetings(short.stems, long.stems)
    for k in range(met.shape[0]):
        i, j = met[k, 0], met[k, 1]
        add_specific(short.marks[i], short.rarity[i], both_s)
        add_specific(long.marks[j], long.rarity[j], both_l)
        load = min(short.loads[i], long.loads[j])
        if load > 0 and short.marks[i] and long.marks[j]:
            _add((short, i, given[0]), (long, j, given[1]), (load, alike, together))
    _write_own((short.sums, short.sums - both_s), (long.sums, long.sums - both_l), out)
    return alike, together


@compiled
def _write_own(of_s: Any, of_l: Any, out: Any) -> None:
    """What each article has for itself, by its sums of ``add_specific``: the whole, and what the other lacks."""
    (all_s, own_s), (all_l, own_l) = of_s, of_l
    out[OWN_S] = own_s[0] / all_s[0] if all_s[0] else 0.0
    out[OWN_L] = own_l[0] / all_l[0] if all_l[0] else 0.0
    out[NAME_SHARE] = own_s[1] / max(all_s[1], FEW)
    out[OWN_NAMES] = np.log1p(own_s[1])
    out[NUMBER_SHARE] = own_s[2] / max(all_s[2], FEW)
    out[OWN_NUMBERS] = np.log1p(own_s[2])


@compiled
def _add(of_s: Any, of_l: Any, sums: Any) -> None:
    """Add one shared stem to every pair of sentences that hold it."""
    (short, at, given_s), (long, there, given_l) = of_s, of_l
    load, alike, together = sums
    rare, last = load > TOGETHER_LOAD, -1
    first = long.ends[there - 1] if there else 0
    for i in range(short.ends[at - 1] if at else 0, short.ends[at]):
        k = short.places[i]
        row = short.sentence[k]
        if given_s[k] or row == last or row >= alike.shape[0]:
            continue
        last, before = row, -1
        for j in range(first, long.ends[there]):
            k = long.places[j]
            column = long.sentence[k]
            if given_l[k] or column == before or column >= alike.shape[1]:
                continue
            before = column
            alike[row, column] += load
            together[row, column] += rare


@compiled
def _align(alike: Any, short: Any, long: Any, out: Any) -> None:
    """Best partners: how much of each article has one, how like, in which order, and how many different ones."""
    weight_s, sizes_s, weight_l, sizes_l = short.weights, short.sizes, long.weights, long.sizes
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
