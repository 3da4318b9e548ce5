"""The compiled half of ``bylines``: which lines of a batch may name an author.

As in ``spots`` they may be a line too many, never one too few.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from dedup.text.agencies import Trie, trie_of
from dedup.text.choose import BODY, META, NOTHING
from dedup.text.hashing import words_apart
from dedup.text.names import NO_NAME, PARTICLES
from dedup.text.scan import COLUMN, words_of
from dedup.text.signatures import signatures
from dedup.text.spots import begins, blank, capital, in_name, in_word, name_places

SILENT, MAY = 46, 120
"""Marks of a line (codes of "." and "x"): whether it may name an author where the article opens, where it closes."""
OPENING_BODY, CLOSING_BODY = 3, 2
"""Lines of the body, the first and the last, up to and from which authors are sought."""
OPENING = 60
"""Characters of a body line in which its dateline can name the author (and more, for white space before it)."""
FEW, SHORT = 6, 80
"""Words of a line in which what follows a name may be cut off, and characters of one in which an agency's may."""
IN_A_ROW = 5
"""Words of a name, at most: four and "Jr."."""
LABEL = 24
"""Characters before the colon of a label: "About the author: "."""
FOLDED = (0x130, 0x131, 0x17F, 0x212A)
"""Letters that are of one case with an ASCII letter for expressions, and not for the hashes of words."""


_CHARS = COLUMN["chars"]
PACKED = 7
"""Letters of a word that are compared."""


def _packed_word(word: str) -> int:
    return sum(ord(char) << 8 * place for place, char in enumerate(word))


def packed(words: Iterable[str]) -> NDArray[np.int64]:
    return np.array(sorted({_packed_word(word[:PACKED]) for word in words if word.isascii()}), dtype=np.int64)


_PARTICLES, _JOINTS, _BARRED = packed(PARTICLES), packed(signatures().join.split("|")), packed(NO_NAME)
_BEING = packed(form.split("\\")[0] for form in signatures().being.split("|"))
"""What is said of an author after the name: "is", "writes"; the first letters of its first word."""


class Clues(NamedTuple):
    """``by``, ``follow``: hashes (uint64) of the words that open a line which names its author in so many words, and a
    line that says to whom a reader may turn. ``trade``: net of the words for what authors do."""

    by: NDArray[np.uint64]
    follow: NDArray[np.uint64]
    trade: Trie


@lru_cache(maxsize=1)
def clues() -> Clues:
    """Those of the package's own table."""
    known = signatures()
    by = [*_phrases(known.by), "this", "from"]
    trades = _phrases(known.trade)
    return Clues(_hashes(by), _hashes(_phrases(known.follow)), trie_of([*trades, *(f"{word}s" for word in trades)]))


def _phrases(alternatives: str) -> list[str]:
    return [phrase.replace("\\s+", " ").replace("\\", "") for phrase in alternatives.split("|")]


def _hashes(phrases: list[str]) -> NDArray[np.uint64]:
    return np.array(sorted({int(words_of(phrase)[0]) for phrase in phrases}))


@njit(cache=True, nogil=True)
def marks(lines, letters, found, places, table, known):  # type: ignore[no-untyped-def]
    """Two marks (uint8) a line, SILENT or MAY: for where the article opens, and for where it closes; and whether a text
    has any.

    ``found``: raw, words, word_ends and word_bounds of a batch; ``known``: ``clues()``. Lines of the body from the
    fourth to the last but two are silent, and those between them.
    """
    codes, bounds, starts, ends, _ = places
    out = np.full((2, len(letters)), SILENT, dtype=np.uint8)
    asked = np.zeros(len(lines) - 1, dtype=np.bool_)
    named = np.empty(len(codes), dtype=np.int64)
    for text in range(len(lines) - 1):
        body = np.count_nonzero(letters[lines[text] : lines[text + 1]] == BODY)
        seen = 0
        for i in range(lines[text], lines[text + 1]):
            own = letters[i] == BODY
            opening = seen < OPENING_BODY or body < OPENING_BODY
            closing = seen == 0 or seen + own + CLOSING_BODY > body
            seen += own
            low, high = _trimmed(codes, bounds[text] + starts[i], bounds[text] + ends[i], table)
            if letters[i] == NOTHING or high == low or not (opening or closing):
                continue
            span = low, high, _first_word(i, lines[text], text, found)
            if letters[i] == META or (
                opening and _may_open(codes, span, letters[i], found[0][i], places[4], table, (known, named))
            ):
                out[0, i] = MAY if opening else SILENT
            if letters[i] == META or (closing and _may_close(codes, span, letters[i], table, (known, named))):
                out[1, i] = MAY if closing else SILENT
            asked[text] |= out[0, i] == MAY or out[1, i] == MAY
    return out, asked


@njit(cache=True, nogil=True)
def _first_word(i, first, text, found):  # type: ignore[no-untyped-def]
    """Hash of the first word of a line, 0 for none."""
    _, hashes, word_ends, word_bounds = found
    before = word_ends[i - 1] if i > first else 0
    return hashes[word_bounds[text] + before] if word_ends[i] > before else np.uint64(0)


@njit(cache=True, nogil=True)
def _may_open(codes, span, letter, raw, trie, table, known):  # type: ignore[no-untyped-def]
    """Whether a line may name the author where an article opens."""
    low, high, word = span
    (by, _, _), named = known
    if letter == BODY:
        return _unspaced(codes, low, min(high, low + 2 * OPENING))
    if is_in(word, by) or _folded(codes, low, min(high, low + LABEL)):
        return True
    if _opens_with_name(codes, low, high, table, False) and _is_named(codes, low, high, table):
        return True
    return _has_agency(codes, low, high, raw[_CHARS], trie, named)


@njit(cache=True, nogil=True)
def _may_close(codes, span, letter, table, known):  # type: ignore[no-untyped-def]
    """Whether a line may name the author where an article closes."""
    low, high, word = span
    (_, follow, trade), named = known
    if is_in(word, follow) or _after_mark(codes, low, high, table) or (letter == BODY and 65 <= codes[high - 1] <= 90):
        return True
    folded = _folded(codes, low, min(high, low + LABEL))
    named_first = folded or _opens_with_name(codes, low, high, table, False)
    told = named_first and (folded or _opens_with_name(codes, low, high, table, True))
    told = told or _after_label(codes, low, high, table)
    return told and _has_trade(codes, low, high, trade, named)


@njit(cache=True, nogil=True)
def _trimmed(codes, low, high, table):  # type: ignore[no-untyped-def]
    """Bounds of a line without white space around it."""
    while low < high and blank(codes[low], table):
        low += 1
    while low < high and blank(codes[high - 1], table):
        high -= 1
    return low, high


@njit(cache=True, nogil=True)
def _is_named(codes, low, high, table):  # type: ignore[no-untyped-def]
    """Whether a line that opens with a name may have little else: FEW words, or nothing but names."""
    return words_apart(codes, low, high, FEW, table)[0] <= FEW or may_be_name(codes, low, high, table)


@njit(cache=True, nogil=True)
def _has_agency(codes, low, high, chars, trie, named):  # type: ignore[no-untyped-def]
    """Whether a line may open with an agency's name or, if short, hold one."""
    return begins(codes, low, high, trie) or (chars < SHORT and name_places(codes, low, high, trie, named, 0) > 0)


@njit(cache=True, nogil=True)
def _has_trade(codes, low, high, trade, named):  # type: ignore[no-untyped-def]
    """Whether a line may have a word for what authors do, or an address."""
    if _folded(codes, low, high):
        return True
    addressed = False
    for i in range(low, high):
        addressed |= codes[i] == 64
    return addressed or name_places(codes, low, high, trade, named, 0) > 0


@njit(cache=True, nogil=True)
def is_in(word, known):  # type: ignore[no-untyped-def]
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
        return capital(codes[i], table) or is_in(word_at(codes, i, high), _PARTICLES)
    while i < high:
        word = word_at(codes, i, high)
        if is_in(small(word), _BEING) or _foreign(codes, i, high):
            return True
        if not capital(codes[i], table) and not is_in(word, _PARTICLES):
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
def may_be_name(codes, low, high, table):  # type: ignore[no-untyped-def]
    """Whether a line without white space around it may be nothing but names: words with capitals, few in a row, and
    what joins them; what follows a comma is not looked at."""
    many, dotted = 0, False
    i = low
    if i == high or not capital(codes[i], table):
        return False
    while i < high:
        if codes[i] == 44:
            return True
        if codes[i] == 38 or blank(codes[i], table):
            many = 0 if codes[i] == 38 else many
            i += 1
            continue
        first = i
        while i < high and in_name(codes[i], table):
            dotted |= codes[i] == 46
            i += 1
        if i == first:
            return False
        word = word_at(codes, first, i)
        whole = i - first <= PACKED and word >> np.int64(8 * (i - first - 1)) > 0
        whole &= i == high or blank(codes[i], table)
        if whole and is_in(small(word), _BARRED):
            return False
        if codes[first] >= 128 or (whole and is_in(small(word), _JOINTS)):
            many = 0
        elif capital(codes[first], table):
            many += 1
        elif not is_in(word, _PARTICLES):
            return False
        if many > IN_A_ROW and not dotted:
            return False
    return True


@njit(cache=True, nogil=True)
def word_at(codes, i, high):  # type: ignore[no-untyped-def]
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
def small(word):  # type: ignore[no-untyped-def]
    """Letters in one number, each made a small one."""
    out = np.int64(0)
    for place in range(PACKED):
        code = word >> np.int64(8 * place) & np.int64(255)
        out |= (code | np.int64(32) if code > 0 else code) << np.int64(8 * place)
    return out


@njit(cache=True, nogil=True)
def _folded(codes, low, high):  # type: ignore[no-untyped-def]
    found = False
    for i in range(low, high):
        if codes[i] >= 0x130:
            for code in FOLDED:
                found |= codes[i] == code
    return found


@njit(cache=True, nogil=True)
def _after_mark(codes, low, high, table):  # type: ignore[no-untyped-def]
    r"""Whether the first ASCII letter may follow an accent that stands alone: a word to us, ``\W`` to patterns."""
    found = False
    for i in range(low, min(high, low + LABEL)):
        if word_at(codes, i, i + 1):
            return found
        found |= codes[i] > 127 and in_word(codes[i], table)
    return False


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
def _unspaced(codes, low, high):  # type: ignore[no-untyped-def]
    """Whether a letter of Chinese, Japanese or Korean is among some characters."""
    found = False
    for i in range(low, high):
        found |= 0x3400 <= codes[i] <= 0x9FFF or 0xAC00 <= codes[i] <= 0xD7A3
    return found
