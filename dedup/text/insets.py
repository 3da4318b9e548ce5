"""Furniture set into a line of body text: boxes of links that a page shows beside a name and its plain text runs in.

The one kind known so far is that of The Hill, whose text goes "Sen. Marco Rubio Marco Antonio RubioGOP senators plan to
... Paul's demand rankles colleagues MORE (R-Fla.) said": behind a name its full form, headlines, and the word MORE.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

import numpy as np
from numba import njit

__all__ = ["insets_of"]

Span = tuple[int, int]

LAST = "MORE"
"""The word that ends a box."""

_CODES = tuple(map(np.uint32, map(ord, LAST)))

LONGEST = 1300
"""Characters of a box; one with three round-ups of headlines has some 760."""

FULL_NAME = 6
"""Words of a full name, at most; a box begins with it."""

_LAST = re.compile(rf"\b{LAST}\b")
_WORD = re.compile(r"\S+")
_OPENS = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789“‘\"'(|")


@njit(cache=True, nogil=True)
def may_hold(codes, bounds):  # type: ignore[no-untyped-def]
    """Whether LAST stands in each text ``codes[bounds[i]:bounds[i + 1]]``: bool."""
    out = np.zeros(len(bounds) - 1, dtype=np.bool_)
    first, second, third, fourth = _CODES
    for text in range(len(out)):
        own = codes[bounds[text] : bounds[text + 1]]
        found = np.uint32(0)
        for i in range(len(own) - 3):
            found |= (own[i] == first) & (own[i + 1] == second) & (own[i + 2] == third) & (own[i + 3] == fourth)
        out[text] = found > 0
    return out


def insets_of(text: str, lines: Iterable[Span]) -> tuple[Span, ...]:
    """Character ranges of ``text`` that are boxes inside the given lines, ascending and apart."""
    return tuple(_found(text, lines)) if LAST in text else ()


def _found(text: str, lines: Iterable[Span]) -> Iterator[Span]:
    for start, end in lines:
        for last in _LAST.finditer(text, start, end):
            # a box holds no LAST but its own, so that every word is looked at once
            low = max(start, last.start() - LONGEST)
            begin = _box_start([match.span() for match in _WORD.finditer(text, low, last.start())], text)
            if begin >= 0:
                yield begin, last.end()
            start = last.end()


def _box_start(words: Sequence[Span], text: str) -> int:
    """Where a name ends that comes again, in full and with a headline behind it; -1 without one."""
    for at, (start, end) in enumerate(words):
        name = text[start:end].lstrip("“‘\"'([—-")
        if not (name[:1].isupper() and (name[-1].islower() or name[-1] == ".")):
            continue
        for again in range(at + 1, min(at + 1 + FULL_NAME, len(words))):
            word = text[slice(*words[again])]
            stuck = word.startswith(name) and word[len(name) : len(name) + 1] in _OPENS
            if stuck or (word == name and _apart(words, at, again, text)):
                return end
            if not word[0].isupper() and word[0] != "(":
                break
    return -1


def _apart(words: Sequence[Span], at: int, again: int, text: str) -> bool:
    """Whether a name is repeated with a space before the headline: then the first name, too, must come again."""
    if not at or again + 1 >= len(words) or text[words[again + 1][0]] not in _OPENS:
        return False
    first, repeated = words[at - 1], words[at + 1]
    return again > at + 1 and text[slice(*first)] == text[slice(*repeated)]
