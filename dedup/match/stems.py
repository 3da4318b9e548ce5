"""The words of an article by their beginnings, so that inflected and derived forms of a word meet.

A stem is the first letters of a word, in lower case; a number is its own stem. Cutting words to 5 letters does as well
as stemmers over many European languages and needs no rules (McNamee, Nicholas and Mayfield, "Addressing morphological
variation in alphabetic languages", SIGIR 2009).
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from dedup.match.background import COMMON
from dedup.match.compiled import compiled
from dedup.match.marks import DIGIT, NAME
from dedup.match.packed import SPECIFIC, sort_hashes

STEM_LETTERS = 5
"""6 letters tell rewrites from independent reports no better (test bed of training/rewrite_pairs.py)."""

RARE = 3.0
"""Rarity from which a stem is a specific of its article: at most 1 in 55 background articles has it."""

NAMED = 1.0
"""Rarity from which a capitalised word inside a sentence is a name."""

(SEEN, IS_NAME, IS_NUMBER) = 1, 2, 4


class Stems(NamedTuple):
    """The stems of one article. ``stems`` uint64 ascend; the words of stem i stand at ``places[ends[i - 1]:ends[i]]``
    (from 0 for the first), int32; its ``marks`` uint8 are SEEN, IS_NAME where a word of it is a name inside a sentence,
    IS_NUMBER, or 0 where none of its words counts; its ``rarity`` float32 is its idf above that of a common word, 0 or
    more, and ``loads`` float32 the same over 1 + ln(sentences of this article that hold it). By sentence ``weights``
    float64, the loads of its different stems, and ``sizes`` int32, how many they are. ``sums`` float64[3] are those of
    ``add_specific``. By word ``flags`` and ``sentence``."""

    stems: npt.NDArray[np.uint64]
    ends: npt.NDArray[np.int32]
    marks: npt.NDArray[np.uint8]
    rarity: npt.NDArray[np.float32]
    loads: npt.NDArray[np.float32]
    places: npt.NDArray[np.int32]
    weights: npt.NDArray[np.float64]
    sizes: npt.NDArray[np.int32]
    sums: npt.NDArray[np.float64]
    flags: npt.NDArray[np.uint8]
    sentence: npt.NDArray[np.int32]


@compiled
def stems_of(packed: Any, row: int) -> Any:
    """The stems of one article of ``Packed``."""
    low, high = packed.words[row, 0], packed.words[row, 1]
    begin, end = packed.sentences[row], packed.sentences[row + 1]
    last = low + packed.stem_counts[row]
    return Stems(
        packed.stems[low:last],
        packed.stem_ends[low:last],
        packed.stem_marks[low:last],
        packed.stem_rarity[low:last],
        packed.stem_loads[low:last],
        packed.stem_places[low:high],
        packed.stem_weights[begin:end],
        packed.stem_sizes[begin:end],
        packed.sums[row, SPECIFIC:],
        packed.flags[low:high],
        packed.sentence[low:high],
    )


@compiled
def lower(code: Any) -> Any:
    """A letter of the Latin, Greek or Cyrillic script in lower case; any other code point as it is."""
    if code < 0x80:
        return code + 32 if 65 <= code <= 90 else code
    if 0xC0 <= code <= 0xDE and code != 0xD7:
        return code + 32
    if 0x100 <= code <= 0x137 or 0x14A <= code <= 0x177:
        return code | 1
    if 0x139 <= code <= 0x148 or 0x179 <= code <= 0x17E:
        return code + (code & 1)
    if code == 0x178:
        return 0xFF
    if 0x391 <= code <= 0x3A9 or 0x410 <= code <= 0x42F:
        return code + 32
    return code + 80 if 0x400 <= code <= 0x40F else code


@compiled
def stem_of(codes: Any, start: int, end: int, digit: bool) -> Any:
    """Hash of the stem of the word at ``codes[start:end]``: FNV-1a over its letters, then MurmurHash3's finaliser."""
    state = np.uint64(0xCBF29CE484222325)
    last = end if digit else min(end, start + STEM_LETTERS)
    for place in range(start, last):
        state = (state ^ np.uint64(lower(codes[place]))) * np.uint64(0x100000001B3)
    state = (state ^ (state >> np.uint64(33))) * np.uint64(0xFF51AFD7ED558CCD)
    state = (state ^ (state >> np.uint64(33))) * np.uint64(0xC4CEB9FE1A85EC53)
    return state ^ (state >> np.uint64(33))


@compiled
def put_stems(words: Any, codes: Any, idf: Any, out: Any) -> int:
    """Fill what ``Stems`` has of one article; how many stems. ``idf`` is that of each word in its order in the text; a
    stem has the least of its words, less COMMON."""
    count, used, start = words.hashes.shape[0], 0, 0
    found, none = np.empty(count, np.uint64), np.zeros(count, np.bool_)
    for k in range(count):
        found[k] = stem_of(codes, words.starts[k], words.ends[k], (words.flags[k] & DIGIT) != 0)
    ascending, order = sort_hashes(found)
    out.places[:] = order
    out.weights[:] = 0
    out.sizes[:] = 0
    out.sums[:] = 0
    while start < count:
        end, holding, least, last = start, 0, np.float32(99), -1
        while end < count and ascending[end] == ascending[start]:
            sentence = words.sentence[order[end]]
            holding += sentence != last
            last = sentence
            least = min(least, idf[order[end]])
            end += 1
        rarity = max(least - np.float32(COMMON), np.float32(0))
        out.stems[used], out.ends[used], out.rarity[used] = ascending[start], end, rarity
        out.loads[used] = rarity / np.float32(1 + np.log(holding)) if holding > 1 else rarity
        out.marks[used] = _marks_of((order, start, end), rarity, words)
        add_specific(out.marks[used], rarity, out.sums)
        if rarity > 0:
            _add_load(out, (start, end), out.loads[used], none)
        start, used = end, used + 1
    return used


@compiled
def _marks_of(places: Any, rarity: Any, words: Any) -> Any:
    """SEEN, and whether the stem of the words at a run of places IS_NUMBER, or IS_NAME at one of them."""
    order, start, end = places
    marks = SEEN | IS_NUMBER if words.flags[order[start]] & DIGIT else SEEN
    if rarity > NAMED:
        for at in range(start, end):
            k = order[at]
            if words.flags[k] & NAME and k > 0 and words.sentence[k] == words.sentence[k - 1]:
                marks |= IS_NAME
    return marks


@compiled
def _add_load(stems: Any, run: Any, load: Any, given: Any) -> int:
    """Add a stem, whose words stand at a run of places, to weight and size of each sentence where one is not given; how
    many are not. Steps have no branch: whether a word counts cannot be guessed."""
    before, kept = -1, 0
    for at in range(run[0], run[1]):
        place = stems.places[at]
        row, counts = stems.sentence[place], not given[place]
        fresh = counts & (row != before)
        stems.weights[row] += load * np.float32(fresh)
        stems.sizes[row] += fresh
        before = row if counts else before
        kept += counts
    return kept


@compiled
def without(stems: Any, given: Any) -> Any:
    """The stems of an article as those of the words that are not ``given``. Such as weigh nothing are left as they are:
    only of numbers it matters whether they are seen."""
    marks, sums = stems.marks.copy(), np.zeros_like(stems.sums)
    weights, sizes = np.zeros_like(stems.weights), np.zeros_like(stems.sizes)
    columns = (stems.stems, stems.ends, marks, stems.rarity, stems.loads, stems.places)
    made = Stems(*columns, weights, sizes, sums, stems.flags, stems.sentence)
    start = 0
    for at in range(marks.shape[0]):
        load = made.loads[at]
        if load > 0 or marks[at] & IS_NUMBER:
            if not _add_load(made, (start, made.ends[at]), load, given):
                marks[at] = 0
            add_specific(marks[at], made.rarity[at], sums)
        start = made.ends[at]
    return made


@compiled
def add_specific(marks: Any, rarity: Any, sums: Any) -> None:
    """Count a stem among the specifics of its article: rarity of rare stems, number of names, of numbers. Sums of so
    few float32 are exact in any order."""
    if marks and rarity > RARE:
        sums[0] += rarity
    sums[1] += (marks & IS_NAME) != 0
    sums[2] += (marks & IS_NUMBER) != 0
