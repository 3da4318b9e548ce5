"""The words of an article by their beginnings, so that inflected and derived forms of a word meet.

A stem is the first letters of a word, in lower case; a number is its own stem. Cutting words to 5 letters does as well
as stemmers over many European languages and needs no rules (McNamee, Nicholas and Mayfield, "Addressing morphological
variation in alphabetic languages", SIGIR 2009).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from dedup.match.background import COMMON
from dedup.match.compiled import compiled
from dedup.match.marks import DIGIT
from dedup.match.packed import sort_hashes

STEM_LETTERS = 5
"""6 letters tell rewrites from independent reports no better (test bed of training/rewrite_pairs.py)."""


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
def put_stems(words: Any, codes: Any, idf: Any, out: Any) -> None:
    """Fill the four columns of stems of one article. ``idf`` is that of each word in its order in the text; a stem has
    the least of its words, less COMMON."""
    stems, places, rare, loads = out
    count = words.hashes.shape[0]
    found = np.empty(count, np.uint64)
    for k in range(count):
        found[k] = stem_of(codes, words.starts[k], words.ends[k], (words.flags[k] & DIGIT) != 0)
    stems[:], places[:] = sort_hashes(found)
    start = 0
    while start < count:
        end, holding, least = start, 0, np.float32(99)
        while end < count and stems[end] == stems[start]:
            holding += end == start or words.sentence[places[end]] != words.sentence[places[end - 1]]
            least = min(least, idf[places[end]])
            end += 1
        least = max(least - np.float32(COMMON), np.float32(0))
        rare[start:end] = least
        loads[start:end] = least / np.float32(1 + np.log(holding))
        start = end
