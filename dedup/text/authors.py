"""The compiled half of ``bylines``: which lines of a batch may name an author.

As in ``spots`` they may be a line too many, never one too few.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numba import njit
from numpy.typing import NDArray

from dedup.text.choose import BODY, META, NOTHING
from dedup.text.names import PARTICLES
from dedup.text.scan import words_of
from dedup.text.signatures import signatures
from dedup.text.spots import blank, capital, in_name, in_word, name_places

SILENT, MAY = 46, 120
"""Marks of a line (codes of "." and "x"): whether it may name an author where the article opens, where it closes."""
OPENING = 60
"""Characters of a body line in which its dateline can name the author (and more, for white space before it)."""
LABEL = 24
"""Characters before the colon of a label: "About the author: "."""
_FOLDED = (0x130, 0x131, 0x17F, 0x212A)
"""Letters that are of one case with an ASCII letter for expressions, and not for the hashes of words."""


PACKED = 7
"""Letters of a word that are compared."""


def _packed(word: str) -> int:
    return sum(ord(char) << 8 * place for place, char in enumerate(word))


_PARTICLES = np.array(sorted(map(_packed, PARTICLES)), dtype=np.int64)
_BEING = np.array(
    sorted({_packed(form.split("\\")[0][:PACKED]) for form in signatures().being.split("|") if form[0].isascii()}),
    dtype=np.int64,
)
"""What is said of an author after the name: "is", "writes"; the first letters of its first word."""


@lru_cache(maxsize=1)
def first_words() -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    """Hashes of the words that open a line which names its author in so many words, and a line that says to whom a
    reader may turn."""
    known = signatures()
    by = _hashes((*known.by.split("|"), "this", "from"))
    return by, _hashes(known.follow.split("|"))


def _hashes(phrases: tuple[str, ...] | list[str]) -> NDArray[np.uint64]:
    return np.array(sorted({int(words_of(phrase.replace("\\s+", " ").replace("\\", ""))[0]) for phrase in phrases}))


@njit(cache=True, nogil=True)
def marks(lines, letters, found, places, table, words):  # type: ignore[no-untyped-def]
    """Two marks (uint8) a line, SILENT or MAY: for where the article opens, and for where it closes.

    ``found``: words, word_ends and word_bounds of a batch; ``words``: ``first_words()``.
    """
    hashes, word_ends, word_bounds = found
    codes, bounds, starts, ends, trie = places
    by, follow = words
    out = np.full((2, len(letters)), SILENT, dtype=np.uint8)
    named = np.empty(len(codes), dtype=np.int64)
    for text in range(len(lines) - 1):
        for i in range(lines[text], lines[text + 1]):
            low, high = bounds[text] + starts[i], bounds[text] + ends[i]
            if letters[i] == NOTHING or high == low:
                continue
            if letters[i] == META:
                out[0, i] = out[1, i] = MAY
                continue
            before = word_ends[i - 1] if i > lines[text] else 0
            word = hashes[word_bounds[text] + before] if word_ends[i] > before else np.uint64(0)
            folded = _folded(codes, low, high)
            name = folded or _opens_with_name(codes, low, high, table, False)
            if letters[i] == BODY:
                opens = _unspaced(codes, low, min(high, low + 2 * OPENING))
            else:
                opens = name or _is_in(word, by) or name_places(codes, low, high, trie, named, 0) > 0
            out[0, i] = MAY if opens else SILENT
            told = name and (folded or _opens_with_name(codes, low, high, table, True))
            told |= _is_in(word, follow) or _after_label(codes, low, high, table) or _signed(codes, low, high, table)
            out[1, i] = MAY if told else SILENT
    return out


@njit(cache=True, nogil=True)
def _is_in(word, known):  # type: ignore[no-untyped-def]
    found = False
    for one in known:
        found |= one == word
    return found


@njit(cache=True, nogil=True)
def _opens_with_name(codes, low, high, table, described):  # type: ignore[no-untyped-def]
    """Whether the first word is written with a capital, and the next one too or is a particle of names. ``described``:
    and the name may be followed by what its bearer is."""
    i = low
    while i < high and not in_word(codes[i], table):
        i += 1
    if i == high or not capital(codes[i], table):
        return False
    while i < high and in_name(codes[i], table):
        i += 1
    first = i
    while i < high and blank(codes[i], table):
        i += 1
    if i in (first, high):
        return False
    if not described:
        return capital(codes[i], table) or _is_in(_word_at(codes, i, high), _PARTICLES)
    while i < high:
        word = _word_at(codes, i, high)
        if _is_in(_small(word), _BEING) or _foreign(codes, i, high):
            return True
        if not capital(codes[i], table) and not _is_in(word, _PARTICLES):
            return False
        while i < high and in_name(codes[i], table):
            i += 1
        if i < high and codes[i] == 44:
            return True
        while i < high and not in_word(codes[i], table):
            if not blank(codes[i], table):
                return False
            i += 1
    return False


@njit(cache=True, nogil=True)
def _word_at(codes, i, high):  # type: ignore[no-untyped-def]
    """The first ASCII letters from a place on, in one number."""
    packed = np.int64(0)
    for place in range(min(PACKED, high - i)):
        code = np.int64(codes[i + place])
        if not (97 <= code <= 122 or 65 <= code <= 90):
            break
        packed |= code << np.int64(8 * place)
    return packed


@njit(cache=True, nogil=True)
def _foreign(codes, i, high):  # type: ignore[no-untyped-def]
    """Whether one of the characters that ``_word_at`` reads is not ASCII: its case may be that of an ASCII letter."""
    found = False
    for place in range(i, min(high, i + PACKED)):
        found |= codes[place] > 127
    return found


@njit(cache=True, nogil=True)
def _small(word):  # type: ignore[no-untyped-def]
    """Letters in one number, each made a small one."""
    out = np.int64(0)
    for place in range(PACKED):
        code = word >> np.int64(8 * place) & np.int64(255)
        out |= (code | np.int64(32) if code > 0 else code) << np.int64(8 * place)
    return out


@njit(cache=True, nogil=True)
def _folded(codes, low, high):  # type: ignore[no-untyped-def]
    found = False
    for i in range(low, min(high, low + LABEL)):
        if codes[i] >= 0x130:
            for code in _FOLDED:
                found |= codes[i] == code
    return found


@njit(cache=True, nogil=True)
def _after_label(codes, low, high, table):  # type: ignore[no-untyped-def]
    """Whether a name stands after a label with a colon: "Note: Jane Doe is ..."."""
    i = low
    while i < high and not in_word(codes[i], table):
        i += 1
    for j in range(i, min(high, i + LABEL)):
        if codes[j] == 58:
            return _opens_with_name(codes, j + 1, high, table, True)
    return False


@njit(cache=True, nogil=True)
def _signed(codes, low, high, table):  # type: ignore[no-untyped-def]
    """Whether the last character is an ASCII capital: "..., SEOUL, MDT/AP"."""
    while high > low and blank(codes[high - 1], table):
        high -= 1
    return high > low and 65 <= codes[high - 1] <= 90


@njit(cache=True, nogil=True)
def _unspaced(codes, low, high):  # type: ignore[no-untyped-def]
    """Whether a letter of Chinese, Japanese or Korean is among some characters."""
    found = False
    for i in range(low, high):
        found |= 0x3400 <= codes[i] <= 0x9FFF or 0xAC00 <= codes[i] <= 0xD7A3
    return found
