"""The compiled half of ``meta``: which lines of a batch are worth reading for a dateline, a byline or a credit.

They may name a line too many, never one too few: what they leave out, no expression of ``bylines`` or ``credits``
would find anything in.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from dedup.text.agencies import ENDS, FOREIGN
from dedup.text.choose import BODY, FURNITURE, HEADLINE, META, NOTHING
from dedup.text.scan import COLUMN

HEAD = 140
"""Characters of a line in which a dateline may stand (``datelines.dateline_of_body``)."""
CITY = 30
"""Characters of a line that is nothing but a city (``datelines.city_alone``)."""
FOREIGN_HEAD = 5
"""Characters of a line among which a dateline of another script shows itself."""
PLACE_WORDS = ("of", "and", "the", "de", "del", "la")
"""Small words inside the name of a place."""
_PLACE_WORDS = np.array([int.from_bytes(word.encode(), "big") for word in PLACE_WORDS])
DASHED_WORDS = 8
"""Words of a place before a dash, each initial counted as one."""
TOP, FIRST, LAST, LEAD, CLOSE, BEFORE, METAS = range(7)
"""What is known of a text: its first headline line, its first and last body lines, and the first, last and last but
one of those that open with a letter, a digit or a sign of prose (-1 for none); how many meta lines it has."""
ABOVE = 8
"""Lines of furniture right above the body in which the text may open."""
PARAGRAPH = 160
"""Characters of a whole paragraph."""
SOURCE_LINES, SOURCE_CHARS = 3, 120
"""Lines above a body without headline, and lines below it, among which a source may stand by itself, and the characters
below which such lines and meta lines are looked at whatever their words."""
BESIDE, BELOW, OVER = range(1, 4)
"""Where a line stands that may name the source: beside a headline or meta line, below the body, right above it."""
_WIDE, _CHARS, _UPPER, _SYMBOLS = (COLUMN[name] for name in ("wide", "chars", "upper", "symbols"))
_MODIFIER_APOSTROPHE = 0x2BC
_WORD = np.array([chr(code).isalnum() or chr(code) == "_" for code in range(128)])


@njit(cache=True, nogil=True)
def outline(lines, letters, opening, places, table):  # type: ignore[no-untyped-def]
    """Facts of every text (``TOP`` to ``METAS``); and its first ``opening`` body lines that are no items of a list,
    with the lines of furniture right above them: texts x (opening + ABOVE), -1 for none."""
    codes, bounds, starts, _ = places
    facts = np.full((len(lines) - 1, 7), -1, dtype=np.int64)
    body = np.full((len(lines) - 1, opening + ABOVE), -1, dtype=np.int64)
    for text in range(len(facts)):
        facts[text, METAS] = seen = 0
        for i in range(lines[text], lines[text + 1]):
            if letters[i] == BODY:
                facts[text, LAST] = i
                if facts[text, FIRST] < 0:
                    facts[text, FIRST] = i
                if _is_item(codes, bounds[text] + starts[i], table):
                    continue
                if facts[text, LEAD] < 0:
                    facts[text, LEAD] = i
                facts[text, BEFORE], facts[text, CLOSE] = facts[text, CLOSE], i
                if seen < opening:
                    body[text, seen] = i
                seen += 1
            elif letters[i] == META:
                facts[text, METAS] += 1
            elif letters[i] == HEADLINE and facts[text, TOP] < 0:
                facts[text, TOP] = i
        _add_above(lines[text], facts[text, LEAD], letters, body[text, opening:])
    return facts, body


@njit(cache=True, nogil=True)
def _is_item(codes, at, table):  # type: ignore[no-untyped-def]
    """Whether a line that is not empty opens with the sign of a list or a button."""
    while blank(codes[at], table):
        at += 1
    return codes[at] == 0xD7 or codes[at] == 0x2022 or codes[at] == 0x7C


@njit(cache=True, nogil=True)
def blank(code, table):  # type: ignore[no-untyped-def]
    """Whether ``str.strip`` takes a character away: white space, but not the control characters of its class."""
    kind = _kind(code, table)
    return (kind == 5 or kind == 6) and not (code < 9 or 13 < code < 28 or (126 < code < 160 and code != 0x85))


@njit(cache=True, nogil=True)
def _add_above(low, lead, letters, above):  # type: ignore[no-untyped-def]
    """Lines between the headline or meta lines and the body that no role was found for, from the top."""
    count = 0
    for i in range(lead - 1, low - 1, -1):
        if letters[i] == HEADLINE or letters[i] == META or count == len(above):
            break
        if letters[i] == FURNITURE:
            above[count] = i
            count += 1
    above[:count] = above[:count][::-1].copy()


@njit(cache=True, nogil=True)
def titles_on_page(lines, hashes, keys, key_bounds):  # type: ignore[no-untyped-def]
    """Per text: whether one of its lines is a form of its title."""
    out = np.zeros(len(lines) - 1, dtype=np.bool_)
    for text in range(len(out)):
        for key in keys[key_bounds[text] : key_bounds[text + 1]]:
            for i in range(lines[text], lines[text + 1]):
                out[text] |= hashes[i, 0] == key
    return out


@njit(cache=True, nogil=True)
def datelines(codes, bounds, starts, ends, body, table):  # type: ignore[no-untyped-def]
    """Which of the lines ``body`` (texts x lines, -1 for none) may open with a dateline, and which may be nothing but a
    city."""
    out = np.zeros(body.shape, dtype=np.bool_)
    alone = np.zeros(body.shape, dtype=np.bool_)
    for text in range(len(body)):
        for number in range(body.shape[1]):
            i = body[text, number]
            if i >= 0:
                low, high = bounds[text] + starts[i], bounds[text] + ends[i]
                out[text, number] = _may_open(codes, low, high, table)
                alone[text, number] = _may_be_city(codes, low, high, table)
    return out, alone


@njit(cache=True, nogil=True)
def _may_be_city(codes, low, high, table):  # type: ignore[no-untyped-def]
    """Whether a line is short and its first two letters are capitals, or an initial."""
    while low < high and blank(codes[low], table):
        low += 1
    while low < high and blank(codes[high - 1], table):
        high -= 1
    if not 3 <= high - low <= CITY or not capital(codes[low], table):
        return False
    return capital(codes[low + 1], table) or codes[low + 1] == 46


@njit(cache=True, nogil=True)
def _kind(code, table):  # type: ignore[no-untyped-def]
    return table[code] >> np.uint32(24)


@njit(cache=True, nogil=True)
def in_word(code, table):  # type: ignore[no-untyped-def]
    r"""Whether a character may be of ``\w``: letters, digits, marks and a few more."""
    kind = _kind(code, table)
    return 1 <= kind <= 4 or kind == 14 or code == 95 or code == _MODIFIER_APOSTROPHE


@njit(cache=True, nogil=True)
def capital(code, table):  # type: ignore[no-untyped-def]
    r"""Whether a character may be of ``[^\W\d_a-zß-öø-ÿа-яё]``: capitals, and letters without case."""
    small = 97 <= code <= 122 or (0xDF <= code <= 0xFF and code != 0xF7) or 0x430 <= code <= 0x44F or code == 0x451
    return in_word(code, table) and not small and code != 95 and not 48 <= code <= 57


@njit(cache=True, nogil=True)
def _may_open(codes, low, high, table):  # type: ignore[no-untyped-def]
    """Whether ``datelines.dateline_of_body`` may find something: capitals, or a name before a date, a bracket or
    a dash, and a sign that closes it; or the beginning of a dateline of another script."""
    while low < high and blank(codes[low], table):
        low += 1
    if _may_open_foreign(codes, low, high):
        return True
    while low < high and not in_word(codes[low], table):
        low += 1
    high = min(high, low + HEAD)
    if high - low < 3 or not capital(codes[low], table):
        return False
    cased = _kind(codes[low], table) == 1 or _kind(codes[low], table) == 2
    closed = False
    for i in range(low + 1, high):
        code = codes[i]
        closed |= code == 40 or code == 47 or code == 91 or code == 95 or code == 58 or _kind(code, table) == 9
    if not closed or not cased or capital(codes[low + 1], table) or codes[low + 1] == 46:
        return closed
    return _is_place(codes, low, high, table) or _dashed(codes, low, high, table)


@njit(cache=True, nogil=True)
def _may_open_foreign(codes, low, high):  # type: ignore[no-untyped-def]
    """Whether a bracket, a Cyrillic letter or one of a script without spaces is among the first characters."""
    for i in range(low, min(high, low + FOREIGN_HEAD)):
        code = codes[i]
        if code == 40 or code == 91 or 0x400 <= code < 0x530 or 0x3000 <= code < 0xD7B0 or code == 0xFF08:
            return True
    return False


@njit(cache=True, nogil=True)
def _dashed(codes, low, high, table):  # type: ignore[no-untyped-def]
    """Whether a few words that are written with capitals stand before a long dash."""
    i = low
    for _ in range(DASHED_WORDS):
        if i == high or not capital(codes[i], table):
            return False
        while i < high and in_name(codes[i], table):
            i += 1
        i += i < high and codes[i] == 44
        while i < high and (_kind(codes[i], table) == 5 or _kind(codes[i], table) == 6):
            i += 1
        if i < high and (codes[i] == 0x2014 or codes[i] == 0x2013):
            return True
    return False


@njit(cache=True, nogil=True)
def in_name(code, table):  # type: ignore[no-untyped-def]
    return in_word(code, table) or _kind(code, table) == 11 or code == 45 or code == 46


@njit(cache=True, nogil=True)
def _is_place(codes, low, high, table):  # type: ignore[no-untyped-def]
    """Whether nothing but words of a place stands before the first bracket, slash or digit: with capitals, or among
    PLACE_WORDS."""
    i = low
    while i < high:
        code = codes[i]
        if code == 40 or code == 47 or _kind(code, table) == 4:
            return True
        if code == 44 or blank(code, table):
            i += 1
            continue
        first = i
        while i < high and in_name(codes[i], table):
            i += 1
        if i == first or not (code >= 128 or capital(code, table) or _is_small_word(codes, first, i)):
            return False
    return False


@njit(cache=True, nogil=True)
def _is_small_word(codes, low, high):  # type: ignore[no-untyped-def]
    """Whether a word is one of PLACE_WORDS."""
    packed = np.int64(0)
    for i in range(low, min(high, low + 4)):
        packed = packed << np.int64(8) | np.int64(codes[i])
    found = False
    for word in _PLACE_WORDS:
        found |= word == packed
    return found and high - low < 4


@njit(cache=True, nogil=True)
def sites(lines, letters, raw, columns, outline, places):  # type: ignore[no-untyped-def]
    """Lines that may name an agency: those with a word of the agencies, non-Latin ones, short ones at the end, and
    those that stand where sources do.

    int64, sites x 6: text, line, whether it opens the article (after two whole paragraphs a dateline opens an item of a
    round-up), whether it closes it, where else it stands (BESIDE, BELOW, OVER or 0), number of its last place in the
    second array, places in lines where an agency's name may begin.
    ``columns``: agency, staff. A line that closes the article or is a meta line may credit without a name, one that
    stands where sources do by an address.
    """
    facts, body = outline
    codes, bounds, starts, ends, trie = places
    agency, staff = columns
    out = np.empty((len(letters), 6), dtype=np.int64)
    named = np.empty(len(codes), dtype=np.int64)
    count = names = 0
    for text in range(len(lines) - 1):
        near = _source_places(lines[text], lines[text + 1], facts[text], body[text], letters)
        last, before = facts[text, CLOSE], facts[text, BEFORE]
        paragraphs = 0
        for i in range(lines[text], lines[text + 1]):
            role, place = letters[i], near[i - lines[text]]
            whole = paragraphs
            paragraphs += role == BODY and ends[i] - starts[i] >= PARAGRAPH
            closing = last >= 0 and (i >= last or i == before)
            short = closing and raw[i, _CHARS] < 30 and raw[i, _UPPER] == 0 and raw[i, _SYMBOLS] == 0
            short |= (role == META or place > 0) and raw[i, _CHARS] < SOURCE_CHARS
            if role == NOTHING or not (short or raw[i, agency] > 0 or raw[i, _WIDE] > 0 or raw[i, staff] > 1):
                continue
            opening = False
            for number in range(body.shape[1]):
                opening |= body[text, number] == i
            if role == BODY and not (opening or closing):
                continue
            low, high, before_it = bounds[text] + starts[i], bounds[text] + ends[i], names
            names = name_places(codes, low, high, trie, named, names)
            opening &= whole < 2
            if closing or role == META or names > before_it or (place > 0 and addressed(codes, low, high)):
                out[count, 0], out[count, 1], out[count, 2], out[count, 3] = text, i, opening, closing
                out[count, 4], out[count, 5] = place, names
                count += 1
    return out[:count], named[:names]


@njit(cache=True, nogil=True)
def _source_places(low, high, facts, body, letters):  # type: ignore[no-untyped-def]
    """Where the lines of a text stand that may name the source or open the text: beside headline or meta lines, right
    above the body, or right below it; 0 for others."""
    near = np.zeros(high - low, dtype=np.uint8)
    first = facts[LEAD] if facts[LEAD] >= 0 else high
    above, held = -1, 0
    for i in range(low, first):
        if letters[i] == NOTHING:
            continue
        held += 1
        if above >= 0 and (letters[above] == HEADLINE or letters[above] == META):
            near[i - low] = BESIDE
        if above >= 0 and (letters[i] == HEADLINE or letters[i] == META):
            near[above - low] = BESIDE
        above = i
    for i in range(low, first):
        if held <= SOURCE_LINES and letters[i] != NOTHING:
            near[i - low] = BESIDE
        if letters[i] != FURNITURE and letters[i] != HEADLINE:
            near[i - low] = 0
    held = 0
    for i in range(facts[CLOSE] + 1 if facts[CLOSE] >= 0 else high, high):
        if letters[i] != NOTHING and held < SOURCE_LINES:
            near[i - low] = BELOW
            held += 1
    for i in body[len(body) - ABOVE :]:
        if i >= 0:
            near[i - low] = OVER
    return near


@njit(cache=True, nogil=True)
def addressed(codes, low, high):  # type: ignore[no-untyped-def]
    """Whether a line may be an address: somewhere a full stop has a small letter after it."""
    found = False
    for i in range(low, high - 1):
        found |= codes[i] == 46 and 97 <= codes[i + 1] <= 122
    return found


@njit(cache=True, nogil=True)
def name_places(codes, low, high, trie, named, count):  # type: ignore[no-untyped-def]
    """Add the places of a span where an agency's name may begin; returns how many there are then."""
    following, flags, foreign = trie
    inside = False
    for i in range(low, high):
        code = codes[i]
        if code >= 128:
            inside = False
            if _is_one(code, foreign):
                named[count] = i - low
                count += 1
            continue
        state = np.int16(0) if inside else following[0, code]
        inside = _WORD[code]
        if state > 0 and _goes_on(codes, i, high, state, following, flags):
            named[count] = i - low
            count += 1
    return count


@njit(cache=True, nogil=True)
def begins(codes, i, high, trie):  # type: ignore[no-untyped-def]
    """Whether one of a net's words may begin at a place."""
    following, flags, foreign = trie
    if codes[i] >= 128:
        return _is_one(codes[i], foreign)
    return _goes_on(codes, i, high, following[0, codes[i]], following, flags)


@njit(cache=True, nogil=True)
def _is_one(code, known):  # type: ignore[no-untyped-def]
    found = False
    for one in known:
        found |= one == code
    return found


@njit(cache=True, nogil=True)
def _goes_on(codes, i, high, state, following, flags):  # type: ignore[no-untyped-def]
    """Whether a word of a net may end behind a character that has led to ``state``."""
    while state > 0:
        i += 1
        ended = flags[state] & ENDS and (i == high or codes[i] >= 128 or not _WORD[codes[i]])
        if ended or (i < high and codes[i] >= 128 and flags[state] & FOREIGN):
            return True
        if i == high or codes[i] >= 128:
            return False
        state = following[state, codes[i]]
    return False
