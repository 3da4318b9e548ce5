"""The compiled half of ``headlines``: which titles its expressions have to be asked about.

As in ``spots`` it may be a title too many, never one too few.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numba import njit

from dedup.text.agencies import Trie, trie_of
from dedup.text.authors import FOLDED, is_in, may_be_name
from dedup.text.charclass import BREAK, DIGIT
from dedup.text.spots import begins, in_word, name_places

ANYWHERE = (
    "getty",
    *("ap photo", "reuters", "shutterstock", "afp", "epa", "tags", "topics", "keywords", "zip code", "unsubscribe"),
    *("no longer supports", "order reprint", "order reprints", "min ago", "mins ago", "minute ago", "minutes ago"),
)
"""Words of titles that name no story, wherever they stand."""
OPENING = (
    *("by", "von", "par", "por", "di", "http", "https", "www", "to find out more", "please", "enter", "click", "tap"),
    *("sign up", "sign in", "log in", "follow", "subscribe", "powered by", "share", "view", "order", "go to"),
)
"""Words that they begin with."""


_ASCII_SIGNS = np.array([chr(code) in "@>0123456789\n\r\v\f\x1c\x1d\x1e" for code in range(128)])


class Clues(NamedTuple):
    """Nets of ANYWHERE and OPENING."""

    anywhere: Trie
    opening: Trie


@lru_cache(maxsize=1)
def clues() -> Clues:
    """Those of the package's expressions."""
    return Clues(trie_of([*ANYWHERE]), trie_of([*OPENING]))


@njit(cache=True, nogil=True)
def may_doubt(codes, edges, longest, table, known):  # type: ignore[no-untyped-def]
    """Whether an expression may find something in each title, ``codes[edges[i]:edges[i + 1]]``, no white space around
    it; or whether it has several lines or more than ``longest`` characters."""
    anywhere, opening = known
    named = np.empty(len(codes), dtype=np.int64)
    out = np.zeros(len(edges) - 1, dtype=np.bool_)
    for title in range(len(out)):
        low, high = edges[title], edges[title + 1]
        out[title] = (
            high - low > longest
            or _has_sign(codes, low, high, table)
            or _opens(codes, low, high, table, opening)
            or name_places(codes, low, high, anywhere, named, 0) > 0
            or may_be_name(codes, low, high, table)
        )
    return out


@njit(cache=True, nogil=True)
def _has_sign(codes, low, high, table):  # type: ignore[no-untyped-def]
    """Whether there is a digit, the sign of a mail or a button, a line break, or a letter that folds to ASCII."""
    found = False
    for i in range(low, high):
        code = codes[i]
        if code < 128:
            found |= _ASCII_SIGNS[code]
        else:
            kind = table[code] >> np.uint32(24)
            found |= kind in (DIGIT, BREAK) or code == 0xBB or code == 0x203A or is_in(code, FOLDED)
    return found


@njit(cache=True, nogil=True)
def of_page(counted, columns, limits):  # type: ignore[no-untyped-def]
    """Whether titles, given by their rows of ``Scan.raw``, are too short, an interface phrase, or hold too many words
    of a page. ``columns``: words, wide, phrase, and those of such words; ``limits``: least words, most share."""
    words_at, wide_at, phrase_at, page_at = columns
    fewest, share = limits
    out = np.zeros(len(counted), dtype=np.bool_)
    for title in range(len(out)):
        row = counted[title]
        words = np.float64(row[words_at]) - np.float64(row[wide_at]) / 2
        page = 0.0
        for column in page_at:
            page += row[column]
        out[title] = words < fewest or row[phrase_at] > 0 or page >= share * words
    return out


@njit(cache=True, nogil=True)
def _opens(codes, low, high, table, opening):  # type: ignore[no-untyped-def]
    """Whether a dash stands before the first word, or this is one of ``opening`` or not ASCII."""
    dashed = False
    while low < high and not in_word(codes[low], table):
        dashed |= codes[low] == 45 or codes[low] == 0x2013 or codes[low] == 0x2014
        low += 1
    return dashed or (low < high and (codes[low] >= 128 or begins(codes, low, high, opening)))
