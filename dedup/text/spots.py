"""The compiled half of ``meta``: which lines of a batch are worth reading for a dateline, a byline or a credit.

They may name a line too many, never one too few: what they leave out, no expression of ``bylines`` or ``credits``
would find anything in.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from dedup.text.agencies import ENDS, FOREIGN
from dedup.text.choose import BODY, HEADLINE, META, NOTHING
from dedup.text.scan import COLUMN

HEAD = 140
"""Characters of a line in which a dateline may stand (``bylines.dateline_of_body``)."""
TOP, LAST, METAS = range(3)
_WIDE, _CHARS, _UPPER, _SYMBOLS = (COLUMN[name] for name in ("wide", "chars", "upper", "symbols"))
_MODIFIER_APOSTROPHE = 0x2BC


@njit(cache=True, nogil=True)
def outline(lines, letters, opening):  # type: ignore[no-untyped-def]
    """Per text: its first headline line, its last body line (-1 without), and how many meta lines it has; and its
    first ``opening`` body lines, -1 for none."""
    facts = np.full((len(lines) - 1, 3), -1, dtype=np.int64)
    body = np.full((len(lines) - 1, opening), -1, dtype=np.int64)
    for text in range(len(facts)):
        facts[text, METAS] = seen = 0
        for i in range(lines[text], lines[text + 1]):
            if letters[i] == BODY:
                facts[text, LAST] = i
                if seen < opening:
                    body[text, seen] = i
                seen += 1
            elif letters[i] == META:
                facts[text, METAS] += 1
            elif letters[i] == HEADLINE and facts[text, TOP] < 0:
                facts[text, TOP] = i
    return facts, body


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
    """Which of the lines ``body`` (texts x lines, -1 for none) may open with a dateline."""
    out = np.zeros(body.shape, dtype=np.bool_)
    for text in range(len(body)):
        for number in range(body.shape[1]):
            i = body[text, number]
            if i >= 0:
                out[text, number] = _may_open(codes, bounds[text] + starts[i], bounds[text] + ends[i], table)
    return out


@njit(cache=True, nogil=True)
def _kind(code, table):  # type: ignore[no-untyped-def]
    return table[code] >> np.uint32(24)


@njit(cache=True, nogil=True)
def _in_word(code, table):  # type: ignore[no-untyped-def]
    r"""Whether a character may be of ``\w``: letters, digits, marks and a few more."""
    kind = _kind(code, table)
    return 1 <= kind <= 4 or kind == 14 or code == 95 or code == _MODIFIER_APOSTROPHE


@njit(cache=True, nogil=True)
def _capital(code, table):  # type: ignore[no-untyped-def]
    r"""Whether a character may be of ``[^\W\d_a-zß-öø-ÿ]``: capitals, and letters without case."""
    small = 97 <= code <= 122 or (0xDF <= code <= 0xFF and code != 0xF7)
    return _in_word(code, table) and not small and code != 95 and not 48 <= code <= 57


@njit(cache=True, nogil=True)
def _may_open(codes, low, high, table):  # type: ignore[no-untyped-def]
    """Whether ``bylines.dateline_of_body`` may find something: capitals, or a name before a date or a bracket, and
    a sign that closes it."""
    while low < high and not _in_word(codes[low], table):
        low += 1
    high = min(high, low + HEAD)
    if high - low < 3 or not _capital(codes[low], table):
        return False
    cased = _kind(codes[low], table) == 1 or _kind(codes[low], table) == 2
    shouted = not cased or _capital(codes[low + 1], table) or codes[low + 1] == 46
    if not shouted and not _named(codes, low, high, table):
        return False
    closed = stated = False
    for i in range(low + 1, high):
        code = codes[i]
        kind = _kind(code, table)
        opens = code == 40 or code == 47
        closed |= opens or kind == 9 or code == 91 or code == 95 or code == 58
        stated |= opens or kind == 4
    return closed and (shouted or stated)


@njit(cache=True, nogil=True)
def _named(codes, low, high, table):  # type: ignore[no-untyped-def]
    """Whether the first word is one of a name, or is followed by a comma, a bracket or a date."""
    i = low
    while i < high and (_in_word(codes[i], table) or _kind(codes[i], table) == 11 or codes[i] == 45 or codes[i] == 46):
        i += 1
    if i < high and (codes[i] == 44 or codes[i] == 40 or codes[i] == 47):
        return True
    gap = i
    while i < high and (_kind(codes[i], table) == 5 or _kind(codes[i], table) == 6):
        i += 1
    if i in (gap, high):
        return False
    code = codes[i]
    return _capital(code, table) or code == 100 or code == 108 or code == 40 or code == 47 or _kind(code, table) == 4


@njit(cache=True, nogil=True)
def sites(lines, letters, raw, columns, outline, places):  # type: ignore[no-untyped-def]
    """Lines that may name an agency: those with a word of the agencies, non-Latin ones, and short ones at the end.

    int64, sites x 5: text, line, whether it opens the article, whether it closes it, number of its last place in the
    second array, places in lines where an agency's name may begin. ``columns``: agency, staff. A line that closes the
    article or is a meta line may credit without a name.
    """
    facts, body = outline
    codes, bounds, starts, ends, trie = places
    agency, staff = columns
    out = np.empty((len(letters), 5), dtype=np.int64)
    named = np.empty(len(codes), dtype=np.int64)
    count = names = 0
    for text in range(len(lines) - 1):
        last = facts[text, LAST]
        before = last
        while before >= lines[text] and (before == last or letters[before] != BODY):
            before -= 1
        for i in range(lines[text], lines[text + 1]):
            role = letters[i]
            closing = last >= 0 and (i >= last or i == before)
            short = closing and raw[i, _CHARS] < 30 and raw[i, _UPPER] == 0 and raw[i, _SYMBOLS] == 0
            if role == NOTHING or not (short or raw[i, agency] > 0 or raw[i, _WIDE] > 0 or raw[i, staff] > 1):
                continue
            opening = False
            for number in range(body.shape[1]):
                opening |= body[text, number] == i
            if role == BODY and not (opening or closing):
                continue
            low, before_it = bounds[text], names
            names = name_places(codes, low + starts[i], low + ends[i], trie, named, names)
            if closing or role == META or names > before_it:
                out[count, 0], out[count, 1], out[count, 2], out[count, 3] = text, i, opening, closing
                out[count, 4] = names
                count += 1
    return out[:count], named[:names]


@njit(cache=True, nogil=True)
def name_places(codes, low, high, trie, named, count):  # type: ignore[no-untyped-def]
    """Add the places of a span where an agency's name may begin; returns how many there are then."""
    following, flags, foreign = trie
    for i in range(low, high):
        if i > low and _ascii_word(codes[i - 1]):
            continue
        if codes[i] >= 128:
            for code in foreign:
                if code == codes[i]:
                    named[count] = i - low
                    count += 1
            continue
        state, j = following[0, codes[i]], i + 1
        while state > 0:
            ended = flags[state] & ENDS and (j == high or not _ascii_word(codes[j]))
            if ended or (j < high and codes[j] >= 128 and flags[state] & FOREIGN):
                named[count] = i - low
                count += 1
                break
            if j == high or codes[j] >= 128:
                break
            state = following[state, codes[j]]
            j += 1
    return count


@njit(cache=True, nogil=True)
def _ascii_word(code):  # type: ignore[no-untyped-def]
    return 48 <= code <= 57 or 65 <= code <= 90 or 97 <= code <= 122 or code == 95
