"""The compiled half of ``credits``: which body lines only mention the agencies that they name.

As in ``spots`` it may leave a line too many, never one too few: where no name of a line stands as credits do,
``credits.judge_line`` finds none in it.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numba import njit

from dedup.text.agencies import agencies
from dedup.text.authors import FOLDED, is_in, packed, small, word_at
from dedup.text.choose import BODY
from dedup.text.spots import addressed, blank

DATELINE = 90
"""Characters before a name that stands in a dateline."""
RIGHTS = 80
"""Characters before a name among which a sign of rights stands."""
_THE = packed(["the"])
_CLAIMS = packed(["copyright"])
_ADDS = packed(["contributed", "first"])
_SHARES = packed(["shared", "obtained", "seen", "reviewed", "provided"])
"""Words before "with", "by" or "to" and a name."""
_SOURCES = packed(["source", "sources", "quelle", "fuente", "fonte", "agency", "agencies", "agence", "via", "avec"])
"""Words right before a name that make it the source; and the words that stand before "by", "from", "of" ..."""
_SUPPLIES = packed(
    "courtesy distributed republished published appeared report syndicated created provided input inputs informaci"
    " material".split()
)


@lru_cache(maxsize=1)
def longest_name() -> int:
    """Characters of an agency's longest name, white space aside."""
    return max(len("".join(name.split())) for name in agencies().owner)


@njit(cache=True, nogil=True)
def credible(sites, named, letters, places, table, longest):  # type: ignore[no-untyped-def]
    """``spots.sites`` without body lines that only mention, and without the names of those that close the article."""
    codes, bounds, starts, ends = places
    kept, names = np.empty_like(sites), np.empty_like(named)
    count = many = first = 0
    for row in range(len(sites)):
        text, line, closing, last = sites[row, 0], sites[row, 1], sites[row, 3], sites[row, 5]
        span = bounds[text] + starts[line], bounds[text] + ends[line]
        own = named[first:last]
        first = last
        if letters[line] == BODY and not _may_credit(codes, span, own, closing > 0, table, longest):
            if not closing:
                continue
            own = own[:0]
        names[many : many + len(own)] = own
        many += len(own)
        kept[count] = sites[row]
        kept[count, 5] = many
        count += 1
    return kept[:count], names[:many]


@njit(cache=True, nogil=True)
def _may_credit(codes, span, named, closing, table, longest):  # type: ignore[no-untyped-def]
    low, high = span
    start, end = low, high
    while start < end and blank(codes[start], table):
        start += 1
    while end > start and _closes(codes[end - 1], table):
        end -= 1
    if _has_word(codes, start, high, _ADDS) or (closing and addressed(codes, low, high)):
        return True
    for place in named:
        at = low + place
        if codes[at] >= 128 or _may_end(codes, at, end, table, longest) or _opens(codes, start, at):
            return True
        if _has_word(codes, max(start, at - RIGHTS), at, _CLAIMS) or _has_rights(codes, max(start, at - RIGHTS), at):
            return True
        if _said_before(codes, start, at, closing, table):
            return True
    return False


@njit(cache=True, nogil=True)
def _closes(code, table):  # type: ignore[no-untyped-def]
    """Whether a character may stand between the last word of a line and its end."""
    stops = code == 46 or code == 34 or code == 45 or code == 47 or code == 124
    return stops or code == 41 or code == 93 or code >= 128 or blank(code, table)


@njit(cache=True, nogil=True)
def _has_word(codes, low, high, words):  # type: ignore[no-untyped-def]
    """Whether some letters may be the beginning of one of a few words, in whatever case."""
    found = False
    for i in range(low, high):
        code = codes[i] | np.uint32(32)
        if code >= 0x130:
            found |= is_in(codes[i], FOLDED)
        elif code == 99 or code == 102:
            found |= is_in(small(word_at(codes, i, high)), words)
    return found


@njit(cache=True, nogil=True)
def _may_end(codes, at, end, table, longest):  # type: ignore[no-untyped-def]
    """Whether the name at a place may be the last of its line."""
    held = 0
    for i in range(at, end):
        held += not blank(codes[i], table)
        if held > longest:
            return False
    return True


@njit(cache=True, nogil=True)
def _opens(codes, start, at):  # type: ignore[no-untyped-def]
    """Whether a name may stand in a dateline: behind a bracket, or with nothing but such before it."""
    before = codes[at - 1] if at > start else np.uint32(40)
    bracket = before == 40 or before == 91 or before == 47 or before == 61
    while at > start and (codes[at - 1] == 40 or codes[at - 1] == 32 or codes[at - 1] >= 128):
        at -= 1
    return at == start or before >= 128 or (bracket and at - start <= DATELINE)


@njit(cache=True, nogil=True)
def _has_rights(codes, low, high):  # type: ignore[no-untyped-def]
    """Whether a sign of rights is there."""
    found = False
    for i in range(low, high):
        code = codes[i]
        found |= code == 0xA9 or code == 0x2122 or code == 0xC800
        found |= code == 41 and i >= low + 2 and codes[i - 2] == 40
    return found


@njit(cache=True, nogil=True)
def _said_before(codes, start, at, closing, table):  # type: ignore[no-untyped-def]
    """Whether the words before a name may say that it was shown something, or that it is the source; "the" aside."""
    first, last = _word_before(codes, start, at, table)
    if is_in(small(word_at(codes, first, last)), _THE):
        first, last = _word_before(codes, start, first, table)
    if first > start and codes[first - 1] >= 128:
        return True
    word = small(word_at(codes, first, last))
    first, last = _word_before(codes, start, first, table)
    before = small(word_at(codes, first, last))
    return is_in(before, _SHARES) or (closing and (is_in(word, _SOURCES) or is_in(before, _SUPPLIES)))


@njit(cache=True, nogil=True)
def _word_before(codes, start, at, table):  # type: ignore[no-untyped-def]
    """Bounds of the ASCII letters before a place, with nothing but white space and colons between."""
    while at > start and (blank(codes[at - 1], table) or codes[at - 1] == 58):
        at -= 1
    last = at
    while at > start and (97 <= codes[at - 1] | np.uint32(32) <= 122) and codes[at - 1] < 128:
        at -= 1
    return at, last
