"""One compiled pass over a text: its lines, what stands in each, and the hashes that evidence is counted by.

The kernels take the text as UTF-32 codes and fill plain arrays; nothing here decides what a line is.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from dedup.text import charclass as cc
from dedup.text.lexicon import Lexicon, lexicon

RAW = (
    "chars words letters upper digits wide capitalised shouted stops commas quotes dashes brackets symbols"
    " first_class last_class last_code number_words links inner_stops phrase prefix upper_start caseless"
).split()
"""Names of the counted columns of a line; the lexicon's word kinds follow."""
COLUMN = {name: number for number, name in enumerate(RAW)}
KINDS = 24
SKETCH = 8
"""Parts of an article's sketch: eight partitions tell copies (half or more agree) from strangers (none does)."""

_FNV = np.uint64(0xCBF29CE484222325)
_PRIME = np.uint64(0x100000001B3)
_MIX = np.uint64(0x9E3779B97F4A7C15)
EMPTY = np.uint64(0xFFFFFFFFFFFFFFFF)
"""A part of a sketch that no word fell into."""


class Scan(NamedTuple):
    """What one pass over one text found. ``starts``, ``ends``: the lines, int64. ``raw``: float32, lines x columns.

    ``hashes``: uint64, lines x 3: whole line, first six words, first twelve words, letters and digits only,
    lower case (0 where the line has no or too few words). ``sketch``: uint64 of SKETCH parts over long lines.
    ``words``: uint64, all word hashes in order; ``rarity``: float32, theirs; line i has those up to ``word_ends[i]``.
    """

    starts: NDArray[np.int64]
    ends: NDArray[np.int64]
    raw: NDArray[np.float32]
    hashes: NDArray[np.uint64]
    sketch: NDArray[np.uint64]
    words: NDArray[np.uint64]
    rarity: NDArray[np.float32]
    word_ends: NDArray[np.int64]


def codes_of(text: str) -> NDArray[np.uint32]:
    """The text as UTF-32 codes, one a character, lone surrogates included."""
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)


def scan(text: str, words_known: Lexicon) -> Scan:
    """Lines of ``text`` (separators \\n, \\r\\n, \\r, \\v, \\f, U+0085, U+2028, U+2029) and what stands in each."""
    codes = codes_of(text)
    starts, ends = split_lines(codes, cc.tables()[0])
    return scan_spans(codes, starts, ends, words_known)


def line_key(text: str) -> int:
    """Hash of the words of a text in order, as ``Scan.hashes`` has it for a line; 0 without words."""
    return int(_key(codes_of(text), *cc.tables()))


def words_of(text: str) -> NDArray[np.uint64]:
    """Hash of every word of a text in order, uint64."""
    return _one_line(text).words


def _one_line(text: str) -> Scan:
    codes = codes_of(text)
    return scan_spans(codes, np.zeros(1, dtype=np.int64), np.full(1, len(codes), dtype=np.int64), lexicon())


def scan_spans(
    codes: NDArray[np.uint32], starts: NDArray[np.int64], ends: NDArray[np.int64], words_known: Lexicon
) -> Scan:
    """What stands in each span of a text given as codes."""
    classes, lower = cc.tables()
    raw = np.zeros((len(starts), len(RAW) + KINDS), dtype=np.float32)
    hashes = np.zeros((len(starts), 3), dtype=np.uint64)
    sketch = np.full(SKETCH, EMPTY, dtype=np.uint64)
    words = np.empty(len(codes) + 1, dtype=np.uint64)
    rarity = np.empty(len(codes) + 1, dtype=np.float32)
    word_ends = np.zeros(len(starts), dtype=np.int64)
    measure(codes, starts, ends, classes, lower, words_known[:4], raw, hashes, sketch, words, rarity, word_ends)
    count = int(word_ends[-1]) if len(starts) else 0
    return Scan(starts, ends, raw, hashes, sketch, words[:count], rarity[:count], word_ends)


@njit(cache=True, nogil=True)
def split_lines(codes, classes):  # type: ignore[no-untyped-def]
    """Start and end of every line, the empty ones included; a text always has at least one."""
    size = len(codes)
    count = 1
    for i in range(size):
        code = codes[i]
        if code < 0x2030 and classes[code] == 6 and not (code == 13 and i + 1 < size and codes[i + 1] == 10):
            count += 1
    starts = np.zeros(count, dtype=np.int64)
    ends = np.zeros(count, dtype=np.int64)
    line = 0
    for i in range(size):
        code = codes[i]
        if code < 0x2030 and classes[code] == 6:
            if code == 10 and i > 0 and codes[i - 1] == 13:
                starts[line] = i + 1
                continue
            ends[line] = i
            line += 1
            starts[line] = i + 1
    ends[line] = size
    return starts, ends


@njit(cache=True, nogil=True, inline="always")
def _class(code, classes):  # type: ignore[no-untyped-def]
    if code < len(classes):
        return classes[code]
    return np.uint8(14)


@njit(cache=True, nogil=True)
def _find(word, keys):  # type: ignore[no-untyped-def]
    """Slot of a word in an open-addressed table of a power-of-two size, or -1."""
    mask = np.uint64(len(keys) - 1)
    slot = (word ^ (word >> np.uint64(29))) & mask
    while keys[slot] != np.uint64(0):
        if keys[slot] == word:
            return np.int64(slot)
        slot = (slot + np.uint64(1)) & mask
    return np.int64(-1)


@njit(cache=True, nogil=True)
def _key(codes, classes, lower):  # type: ignore[no-untyped-def]
    """The hash of a whole line alone, as ``measure`` has it."""
    prime = np.uint64(0x100000001B3)
    whole = word = np.uint64(0xCBF29CE484222325)
    words = in_word = 0
    for i in range(len(codes) + 1):
        code = codes[i] if i < len(codes) else np.uint32(32)
        kind = _class(code, classes)
        if kind == 15 or (kind == 11 and in_word > 0 and i < len(codes)):
            continue
        if kind == 1 or kind == 2 or kind == 3 or kind == 4:
            word = (word ^ np.uint64(lower[code] if code < len(lower) else code)) * prime
            in_word += 1
            continue
        if in_word > 0:
            whole = (whole ^ (word if word != np.uint64(0) else np.uint64(1))) * prime
            whole ^= whole >> np.uint64(31)
            words += 1
            word = np.uint64(0xCBF29CE484222325)
            in_word = 0
        if kind == 14:
            whole = (whole ^ np.uint64(code)) * prime
            whole ^= whole >> np.uint64(31)
            words += 1
    return whole if words > 0 else np.uint64(0)


@njit(cache=True, nogil=True)
def measure(  # type: ignore[no-untyped-def]
    codes, starts, ends, classes, lower, tables, raw, hashes, sketch, words, rarity, word_ends
):
    """Fill the arrays of a Scan (``raw`` and ``hashes`` zeros, ``sketch`` EMPTY before)."""
    count = 0
    for line in range(len(starts)):
        held = raw[line], hashes[line], sketch, words, rarity, count
        count = _measure_line(codes, starts[line], ends[line], classes, lower, tables, *held)
        word_ends[line] = count


@njit(cache=True, nogil=True)
def _measure_line(  # type: ignore[no-untyped-def]
    codes, start, end, classes, lower, tables, raw, hashes, sketch, all_words, all_rarity, count
):
    keys, kinds, rarity, phrases = tables
    fnv = np.uint64(0xCBF29CE484222325)
    prime = np.uint64(0x100000001B3)
    whole = fnv
    word = fnv
    older = np.uint64(0)
    old = np.uint64(0)
    in_word = 0
    has_digit = False
    word_upper = 0
    starts_upper = False
    words = 0
    first = 0
    last = 0
    last_code = np.uint32(0)
    pending_stop = 0
    long_line = end - start >= 60
    for i in range(start, end + 1):
        kind = np.uint8(5)
        code = np.uint32(32)
        if i < end:
            code = codes[i]
            kind = _class(code, classes)
        if kind == 15:
            continue
        joins = kind == 1 or kind == 2 or kind == 3 or kind == 4 or (kind == 11 and in_word > 0)
        if in_word > 0 and not joins:
            word = word if word != np.uint64(0) else np.uint64(1)
            words += 1
            whole = (whole ^ word) * prime
            whole ^= whole >> np.uint64(31)
            if words == 6:
                hashes[1] = whole
            elif words == 12:
                hashes[2] = whole
            if words <= 4 and _find(whole ^ np.uint64(1), phrases) >= 0:
                raw[21] += 1
            if starts_upper:
                raw[6] += 1
                if words == 1:
                    raw[22] = 1
            if word_upper >= 2 and word_upper == in_word:
                raw[7] += 1
            if has_digit:
                raw[17] += 1
            slot = _find(word, keys)
            all_words[count] = word
            all_rarity[count] = rarity[slot] if slot >= 0 else np.float32(1)
            count += 1
            if slot >= 0:
                bits = kinds[slot]
                column = 24
                while bits:
                    if bits & np.uint32(1):
                        raw[column] += 1
                    bits >>= np.uint32(1)
                    column += 1
            if long_line and words >= 3:
                mixed = (older * np.uint64(3) + old * np.uint64(5) + word) * np.uint64(0x9E3779B97F4A7C15)
                mixed ^= mixed >> np.uint64(32)
                part = mixed & np.uint64(7)
                if mixed < sketch[part]:
                    sketch[part] = mixed
            older = old
            old = word
            word = fnv
            in_word = 0
            has_digit = False
            word_upper = 0
            starts_upper = False
        if i == end:
            break
        if kind == 5 or kind == 6:
            if pending_stop == 1:
                pending_stop = 2
            continue
        raw[0] += 1
        if first == 0:
            first = int(kind) + 1
        last = int(kind) + 1
        last_code = code
        if joins:
            if kind != 11:
                low = lower[code] if code < len(lower) else code
                word = (word ^ np.uint64(low)) * prime
                if in_word == 0 and kind == 2:
                    starts_upper = True
                    if pending_stop == 2:
                        raw[19] += 1
                in_word += 1
                if kind == 4:
                    has_digit = True
                    raw[4] += 1
                else:
                    raw[2] += 1
                    if kind == 3:
                        raw[23] += 1
                    elif kind == 2:
                        raw[3] += 1
                        word_upper += 1
            pending_stop = 0
            continue
        if kind == 14:
            raw[5] += 1
            raw[2] += 1
            words += 1
            all_words[count] = np.uint64(code)
            all_rarity[count] = np.float32(0.5)
            count += 1
            whole = (whole ^ np.uint64(code)) * prime
            whole ^= whole >> np.uint64(31)
            if words == 6:
                hashes[1] = whole
            elif words == 12:
                hashes[2] = whole
            continue
        if kind == 7:
            raw[8] += 1
            pending_stop = 1
        elif kind == 8:
            raw[10] += 1
        elif kind == 9:
            raw[11] += 1
        elif kind == 10:
            raw[9] += 1
            if code == 58 and i + 2 < end and codes[i + 1] == 47 and codes[i + 2] == 47:
                raw[18] += 1
        elif kind == 12:
            raw[12] += 1
        elif kind != 11:
            raw[13] += 1
            if code == 64 and i > start and i + 1 < end:
                raw[18] += 1
    raw[1] = words
    raw[14] = first
    raw[15] = last
    raw[16] = last_code
    if words > 0:
        hashes[0] = whole
        if _find(whole ^ np.uint64(2), phrases) >= 0:
            raw[20] = 1
    return count


@njit(cache=True, nogil=True)
def measure_texts(codes, bounds, lines, starts, ends, characters, known, found):  # type: ignore[no-untyped-def]
    """``measure`` of every text: text i is ``codes[bounds[i]:bounds[i + 1]]`` and has the lines from ``lines[i]``."""
    classes, lower = characters
    raw, hashes, sketch, words, rarity, word_ends, word_bounds = found
    for text in range(len(bounds) - 1):
        low, high, first = lines[text], lines[text + 1], word_bounds[text]
        own, held = codes[bounds[text] : bounds[text + 1]], (raw[low:high], hashes[low:high], sketch[text])
        places = words[first:], rarity[first:], word_ends[low:high]
        measure(own, starts[low:high], ends[low:high], classes, lower, known, *held, *places)
        word_bounds[text + 1] = first + (word_ends[high - 1] if high > low else 0)


@njit(cache=True, nogil=True)
def split_texts(codes, bounds, classes, limits):  # type: ignore[no-untyped-def]
    """Lines of all texts, where each text's lines begin, and which texts may have other units than their lines."""
    texts = len(bounds) - 1
    lines = np.zeros(texts + 1, dtype=np.int64)
    special = np.zeros(texts, dtype=np.bool_)
    size = 64 + len(codes) // 64
    starts = np.empty(size, dtype=np.int64)
    ends = np.empty(size, dtype=np.int64)
    for text in range(texts):
        own = codes[bounds[text] : bounds[text + 1]]
        first, last = split_lines(own, classes)
        low, high = lines[text], lines[text] + len(first)
        while high > size:
            size *= 2
            starts, ends = _grown(starts, size), _grown(ends, size)
        starts[low:high] = first
        ends[low:high] = last
        lines[text + 1] = high
        special[text] = _special(own, first, last, classes, limits)
    return starts[: lines[texts]].copy(), ends[: lines[texts]].copy(), lines, special


@njit(cache=True, nogil=True)
def _grown(array, size):  # type: ignore[no-untyped-def]
    larger = np.empty(size, dtype=array.dtype)
    larger[: len(array)] = array
    return larger


@njit(cache=True, nogil=True)
def _special(codes, starts, ends, classes, limits):  # type: ignore[no-untyped-def]
    """Whether ``units_of`` has to be asked: one line with something on it, or lines of lengths as wrapped ones have."""
    one_line, wrapped_lines, wrapped_low, wrapped_high = limits
    filled = written = 0
    longest = 0
    for line in range(len(starts)):
        size = ends[line] - starts[line]
        filled += size > 0
        longest = max(longest, size)
        for i in range(starts[line], ends[line]):
            code = codes[i]
            if code >= len(classes) or (classes[code] != 5 and classes[code] != 6):
                written += 1
                break
    if written <= 1 and len(codes) >= one_line:
        return True
    return filled >= wrapped_lines and wrapped_low <= longest <= wrapped_high
