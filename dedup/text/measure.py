"""The kernels of ``scan``: lines of many texts, and one pass over each that counts and hashes what stands there."""

from __future__ import annotations

import numpy as np
from numba import njit

from dedup.text.wrapped import width_of

LAST_BREAK, NEXT_LINE, LINE_SIGN = 0x1E, 0x85, 0x2028
"""Separators of lines are of class BREAK: codes up to LAST_BREAK (few of them), these two, and the paragraph sign,
which comes after the line sign."""
LONG = 60
"""Characters of a line that counts for the sketch."""
TAIL_MARKS, HEAD_MARKS, YEARS = 48, 49, 50
TAIL_WORDS, HEAD_WORDS = 4, 3
TAIL_KINDS, HEAD_KINDS = np.uint32(1 << 7 | 1 << 10), np.uint32(1 << 6 | 1 << 7 | 1 << 15)
"""Columns after the kinds: words of kind photo or agency among a line's last four, words of kind related, photo or
caption among its first three (numbers of kinds in the order of lexicon.toml), and numbers of four digits."""
SIGN_COLUMNS = np.array([13, 13, 13, 13, 13, 13, 13, 8, 10, 11, 9, 13, 12, 13, 13, 13])
"""By class, the column of a character that is in no word."""
SIGNS = np.uint32(LINE_SIGN >> 1)
BLOCK = 32


@njit(cache=True, nogil=True)
def split_texts(codes, bounds, one_line, table):  # type: ignore[no-untyped-def]
    """Lines of all texts, where each text's lines begin, and which texts may have other units than their lines."""
    texts = len(bounds) - 1
    lines = np.zeros(texts + 1, dtype=np.int64)
    special = np.zeros(texts, dtype=np.bool_)
    starts = np.empty(texts + _possible_breaks(codes), dtype=np.int64)
    ends = np.empty(len(starts), dtype=np.int64)
    count = 0
    for text in range(texts):
        low, high = bounds[text], bounds[text + 1]
        count = _split_text(codes, low, high, table, starts, ends, count)
        lines[text + 1] = count
        own = slice(lines[text], count)
        special[text] = _special(codes[low:high], starts[own], ends[own], table, one_line)
    return starts[:count].copy(), ends[:count].copy(), lines, special


@njit(cache=True, nogil=True)
def _possible_breaks(codes):  # type: ignore[no-untyped-def]
    count = np.uint32(0)
    for i in range(len(codes)):  # by number and in 32 bits: made vector instructions of
        count += np.uint32(_may_break(codes[i]))
    return np.int64(count)


@njit(cache=True, nogil=True)
def _may_break(code):  # type: ignore[no-untyped-def]
    return (code <= np.uint32(LAST_BREAK)) | (code == np.uint32(NEXT_LINE)) | (code >> np.uint32(1) == SIGNS)


@njit(cache=True, nogil=True)
def _next_break(codes, i, high):  # type: ignore[no-untyped-def]
    """Where from ``i`` on the next separator of lines may be, or ``high``; BLOCK characters are passed over at once."""
    while i + BLOCK <= high and _possible_breaks(codes[i : i + BLOCK]) == 0:
        i += BLOCK
    while i < high and not _may_break(codes[i]):
        i += 1
    return i


@njit(cache=True, nogil=True)
def _split_text(codes, low, high, table, starts, ends, count):  # type: ignore[no-untyped-def]
    """Add the lines of one text after the first ``count``; returns how many there are then."""
    start = low
    i = _next_break(codes, low, high)
    while i < high:
        code = codes[i]
        i += 1
        if table[code] >> np.uint32(24) == np.uint32(6):
            starts[count], ends[count] = start - low, i - 1 - low
            count += 1
            if code == 13 and i < high and codes[i] == 10:
                i += 1
            start = i
        i = _next_break(codes, i, high)
    starts[count], ends[count] = start - low, high - low
    return count + 1


@njit(cache=True, nogil=True)
def _special(codes, starts, ends, table, one_line):  # type: ignore[no-untyped-def]
    """Whether ``units_of`` has to be asked: one line with something on it, or a wrapped text."""
    written = 0
    for line in range(len(starts)):
        for i in range(starts[line], ends[line]):
            kind = table[codes[i]] >> np.uint32(24)
            if kind != 5 and kind != 6:
                written += 1
                break
        if written > 1:
            return width_of(codes, starts, ends, table) > 0
    return len(codes) >= one_line


@njit(cache=True, nogil=True)
def measure_texts(codes, bounds, lines, starts, ends, table, known, found):  # type: ignore[no-untyped-def]
    """Fill the arrays of ``Measured`` (``raw`` and ``hashes`` zeros, ``sketch`` EMPTY before)."""
    raw, hashes, sketch, words, rarity, word_ends, word_bounds = found
    count = 0
    for text in range(len(bounds) - 1):
        low = bounds[text]
        for line in range(lines[text], lines[text + 1]):
            place = low + starts[line], low + ends[line], count
            held = raw[line], hashes[line], sketch[text], words, rarity
            count = _measure_line(codes, place, table, known, held)
            word_ends[line] = count - word_bounds[text]
        word_bounds[text + 1] = count


@njit(cache=True, nogil=True)
def _measure_line(codes, place, table, known, held):  # type: ignore[no-untyped-def]
    """Count one line; returns the number of words so far, in all lines."""
    raw, hashes, sketch, all_words, all_rarity = held
    keys, kinds, rare, phrases = known
    start, end, before = place
    older, old = np.uint64(0), np.uint64(0)
    whole = np.uint64(0xCBF29CE484222325)
    words = chars = wide = first = last = stopped = inner = prefixes = 0
    upper = caseless = digits = letters = capitals = shouted = numbers = years = 0
    i = start
    while i < end:
        entry = table[codes[i]]
        kind = entry >> np.uint32(24)
        if kind == 5 or kind == 6 or kind == 15:
            if stopped == 1 and kind != 15:
                stopped = 2
            i += 1
            continue
        if first == 0:
            first = int(kind) + 1
        last = i
        if kind - np.uint32(1) < np.uint32(4):
            inner += (kind == 2) & (stopped == 2)
            stopped = 0
            i, word, last, many, marks, up, less, number = _read_word(codes, i, end, table)
            chars += many + marks
            upper, caseless, digits, letters = upper + up, caseless + less, digits + number, letters + many - number
            capitals += kind == 2
            shouted += (up >= 2) & (up == many)
            numbers += number > 0
            years += (number == 4) & (many == 4)
            all_rarity[before + words] = 1
            if end - start >= LONG and words >= 2:
                add_to_sketch(older * np.uint64(3) + old * np.uint64(5) + word, sketch)
            older, old = old, word
        else:
            i += 1
            chars += 1
            if kind != 14:
                if kind != 11:
                    stopped = _count_sign(codes, i - 1, start, end, int(kind), raw, stopped)
                continue
            wide += 1
            word = np.uint64(codes[i - 1])
            all_rarity[before + words] = 0.5
        all_words[before + words] = word
        words += 1
        whole = (whole ^ word) * np.uint64(0x100000001B3)
        whole ^= whole >> np.uint64(31)
        if words == 6:
            hashes[1] = whole
        elif words == 12:
            hashes[2] = whole
        if words <= 4:
            prefixes += kind != 14 and _find(whole ^ np.uint64(1), phrases) >= 0
            raw[22] += (words == 1) & (kind == 2)
    raw[0], raw[1], raw[2], raw[3], raw[4], raw[5] = chars, words, letters + wide, upper, digits, wide
    raw[6], raw[7], raw[14], raw[17], raw[19], raw[21], raw[23] = (
        capitals,
        shouted,
        first,
        numbers,
        inner,
        prefixes,
        caseless,
    )
    raw[YEARS] = years
    if first > 0:
        raw[16] = codes[last]
        raw[15] = (table[codes[last]] >> np.uint32(24)) + 1
    if words > 0:
        hashes[0] = whole
        raw[20] = _find(whole ^ np.uint64(2), phrases) >= 0
        _know_words(all_words[before : before + words], keys, kinds, rare, all_rarity[before : before + words], raw)
    return before + words


@njit(cache=True, nogil=True)
def _read_word(codes, i, end, table):  # type: ignore[no-untyped-def]
    """Read the word that begins at ``i``: the place after it, its hash, the place of its last character, how many
    letters and digits it has, how many apostrophes, how many of it are upper, caseless and digits.

    An apostrophe inside or at the end belongs to it and is not hashed; characters of class IGNORED are passed over.
    """
    word, prime = np.uint64(0xCBF29CE484222325), np.uint64(0x100000001B3)
    upper = caseless = digits = marks = passed = 0
    begin = last = i
    kind = np.uint32(0)
    while True:
        while i < end:
            entry = table[codes[i]]
            kind = entry >> np.uint32(24)
            if kind - np.uint32(1) >= np.uint32(4):
                break
            word = (word ^ np.uint64(entry & np.uint32(0xFFFFFF))) * prime
            upper += kind == 2
            caseless += kind == 3
            digits += kind == 4
            last = i
            i += 1
        if i >= end or (kind != 11 and kind != 15):
            break
        passed += 1
        if kind == 11:
            marks += 1
            last = i
        i += 1
    word = word if word != np.uint64(0) else np.uint64(1)
    return i, word, last, i - begin - passed, marks, upper, caseless, digits


@njit(cache=True, nogil=True)
def _know_words(words, keys, kinds, known, rarity, raw):  # type: ignore[no-untyped-def]
    """Count the kinds of a line's words and set their rarity, which is .5 where a character is the word.

    The bits of 31 words at a time are added as columns: a carry for each power of two, no branch that depends on them.
    """
    for first in range(0, len(words), 31):
        ones = twos = fours = eights = sixteens = np.uint32(0)
        for i in range(first, min(len(words), first + 31)):
            if rarity[i] == np.float32(0.5):
                continue
            slot = _find(words[i], keys)
            rarity[i] = known[slot] if slot >= 0 else np.float32(1)
            bits = kinds[slot] if slot >= 0 else np.uint32(0)
            if i < HEAD_WORDS:
                raw[HEAD_MARKS] += (bits & HEAD_KINDS) > 0
            if i >= len(words) - TAIL_WORDS:
                raw[TAIL_MARKS] += (bits & TAIL_KINDS) > 0
            ones, bits = ones ^ bits, ones & bits
            twos, bits = twos ^ bits, twos & bits
            fours, bits = fours ^ bits, fours & bits
            eights, bits = eights ^ bits, eights & bits
            sixteens ^= bits
        seen = ones | twos | fours | eights | sixteens
        kind, one = 0, np.uint32(1)
        while seen:
            if seen & one:
                count = (ones >> kind & one) + 2 * (twos >> kind & one) + 4 * (fours >> kind & one)
                raw[24 + kind] += count + 8 * (eights >> kind & one) + 16 * (sixteens >> kind & one)
            seen >>= one
            kind += 1


@njit(cache=True, nogil=True)
def add_to_sketch(three, sketch):  # type: ignore[no-untyped-def]
    """Keep the least hash of three words in a row, by part."""
    mixed = three * np.uint64(0x9E3779B97F4A7C15)
    mixed ^= mixed >> np.uint64(32)
    part = mixed & np.uint64(7)
    if mixed < sketch[part]:
        sketch[part] = mixed


@njit(cache=True, nogil=True)
def _count_sign(codes, i, start, end, kind, raw, stopped):  # type: ignore[no-untyped-def]
    """Count a character that is in no word; returns whether a sentence may have ended."""
    raw[SIGN_COLUMNS[kind]] += 1
    code = codes[i]
    if code == 58:
        raw[18] += i + 2 < end and codes[i + 1] == 47 and codes[i + 2] == 47
    elif code == 64:
        raw[18] += i > start and i + 1 < end
    return 1 if kind == 7 else stopped


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
