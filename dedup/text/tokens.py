"""Text to words and their 64-bit hashes: Unicode-aware, folded, the same on every Python and machine.

What a word is
- Letters and digits in a row, without case, width (ｗｉｄｅ), ligatures (ﬁ) or diacritics (é, ё, ø): "CAFÉ" is "cafe".
- Zero-width and bidi characters, soft hyphens and combining marks are passed over, wherever they stand.
- An apostrophe inside a word (' ’ ʼ ` ...) is passed over: "don’t" is "dont". A final 's is left out as well, so that
  "Korea's", "Korea’s" and "Korea" are one word: possessives differ between copies, and "it's" for "it" costs nothing.
- A comma between digits is passed over and a point kept: "7,000" is "7000", "7.5" stays. Full stops part letters
  ("U.S." is "u", "s"), as in the background counts shipped with the package.
- Han, kana, Thai, Lao, Khmer, Myanmar: every character is a word. Hangul keeps its words, composed or not.
- In a word that mixes Latin with Cyrillic or Greek, look-alikes count as Latin ("pаy" with a Cyrillic а is "pay"); so
  does a word made only of letters that look Latin in both cases. Other Cyrillic and Greek words stay themselves.

Background counts made with another tokeniser are mapped by passing each of their terms through ``words``.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray

from dedup.text.characters import (
    APOSTROPHE,
    COMMA,
    CYRILLIC_GREEK,
    DIGIT,
    EXPANDED,
    FOLD_BITS,
    FOLD_MASK,
    LATIN,
    LETTER,
    PLAIN,
    POINT,
    SCRIPT_SHIFT,
    SEPARATOR,
    SINGLE,
    SKIP,
    Characters,
    characters,
)

SEED = 0x9E3779B97F4A7C15
"""2^64 / golden ratio."""
STEP = 0xD6E8FEB86659FD93
"""Odd 64-bit multiplier of the "rrmxmx" mixer: no collision among the 12 million words of up to five letters."""
FMIX = (0xFF51AFD7ED558CCD, 0xC4CEB9FE1A85EC53)
"""Multipliers of MurmurHash3's 64-bit finaliser."""
MASK64 = (1 << 64) - 1


_Columns = tuple[NDArray[np.uint64], NDArray[np.int32], NDArray[np.int32]]


class Tokens(NamedTuple):
    """The words of one text: ``hashes`` uint64[n]; ``starts`` and ``ends`` int32[n], character offsets into it."""

    hashes: NDArray[np.uint64]
    starts: NDArray[np.int32]
    ends: NDArray[np.int32]


class PackedTokens(NamedTuple):
    """The words of many texts: those of text i are ``[indptr[i]:indptr[i + 1]]``; offsets are into text i."""

    hashes: NDArray[np.uint64]
    starts: NDArray[np.int32]
    ends: NDArray[np.int32]
    indptr: NDArray[np.int64]


def tokenise(text: str) -> Tokens:
    """The words of a text, in order. Lone surrogates and NULs part words; nothing is raised."""
    packed = tokenise_many((text,))
    return Tokens(packed.hashes, packed.starts, packed.ends)


def tokenise_many(texts: Sequence[str]) -> PackedTokens:
    """The words of each text, packed; 8 + 8 bytes a word."""
    out, indptr = _tokenise(texts)
    return PackedTokens(out[0].copy(), out[1].copy(), out[2].copy(), indptr)


def word_hashes(texts: Sequence[str]) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
    """The hashes of the words of each text, packed, and int64[n + 1] bounds."""
    out, indptr = _tokenise(texts)
    return out[0], indptr


def tokenise_spans(codes: NDArray[np.uint32], spans: NDArray[np.int64]) -> PackedTokens:
    """The words of each piece ``codes[start:end]`` of one array of code points; ``spans`` is int64[n, 2]."""
    room = int(np.maximum(spans[:, 1] - spans[:, 0], 0).sum())
    out = (np.empty(room, np.uint64), np.empty(room, np.int32), np.empty(room, np.int32))
    indptr = np.zeros(len(spans) + 1, np.int64)
    count = _tokenise_spans(codes, spans, characters(), out, indptr)
    return PackedTokens(out[0][:count].copy(), out[1][:count].copy(), out[2][:count].copy(), indptr)


def _tokenise(texts: Sequence[str]) -> tuple[_Columns, NDArray[np.int64]]:
    codes, bounds = code_points(texts)
    out = (np.empty(len(codes), np.uint64), np.empty(len(codes), np.int32), np.empty(len(codes), np.int32))
    indptr = np.zeros(len(texts) + 1, np.int64)
    count = _tokenise_texts(codes, bounds, characters(), out, indptr)
    return (out[0][:count], out[1][:count], out[2][:count]), indptr


def code_points(texts: Sequence[str]) -> tuple[NDArray[np.uint32], NDArray[np.int64]]:
    """All texts as one uint32 array of code points, and int64[n + 1] bounds."""
    bounds = np.zeros(len(texts) + 1, np.int64)
    np.cumsum(np.fromiter(map(len, texts), np.int64, len(texts)), out=bounds[1:])
    joined = texts[0] if len(texts) == 1 else "".join(texts)
    return np.frombuffer(joined.encode("utf-32-le", "surrogatepass"), np.uint32), bounds


def hash_word(word: str) -> int:
    """The 64-bit hash of a folded word, as ``tokenise`` gives it: FNV-1a's xor and multiply, with fmix64 at the end."""
    state = SEED
    for char in word:
        state = ((state ^ ord(char)) * STEP) & MASK64
    state = ((state ^ state >> 33) * FMIX[0]) & MASK64
    state = ((state ^ state >> 33) * FMIX[1]) & MASK64
    return state ^ state >> 33


# --- the compiled path -------------------------------------------------------------------------------------------


@numba.njit(cache=True, nogil=True)
def _finish(state: np.uint64) -> np.uint64:
    """MurmurHash3's 64-bit finaliser."""
    state = (state ^ (state >> np.uint64(33))) * np.uint64(0xFF51AFD7ED558CCD)
    state = (state ^ (state >> np.uint64(33))) * np.uint64(0xC4CEB9FE1A85EC53)
    return state ^ (state >> np.uint64(33))


@numba.njit(cache=True, nogil=True)
def _feed(state: np.uint64, code: np.uint32) -> np.uint64:
    return (state ^ np.uint64(code)) * np.uint64(STEP)


@numba.njit(cache=True, nogil=True)
def _feed_rare(state: np.uint64, fold: np.uint32, expansions: NDArray[np.uint32]) -> np.uint64:
    """Feed a ligature's letters, or a Hangul syllable's jamo (Unicode 3.12)."""
    if fold >= EXPANDED:
        for letter in expansions[fold - EXPANDED]:
            if letter:
                state = _feed(state, letter)
        return state
    index = fold - 0xAC00
    state = _feed(state, np.uint32(0x1100 + index // 588))
    state = _feed(state, np.uint32(0x1161 + index % 588 // 28))
    if index % 28:
        state = _feed(state, np.uint32(0x11A7 + index % 28))
    return state


@numba.njit(cache=True, nogil=True)
def _is_rare(fold: np.uint32) -> bool:
    return bool(fold >= EXPANDED or 0xAC00 <= fold <= 0xD7A3)


@numba.njit(cache=True, nogil=True)
def _next_kind(codes: NDArray[np.uint32], at: int, high: int, table: NDArray[np.uint32]) -> int:
    """Kind of the first character from ``at`` on that is not passed over; 0 at the end."""
    while at < high:
        which = int((table[codes[at]] >> FOLD_BITS) & 15)
        if which != SKIP:
            return which
        at += 1
    return 0


@numba.njit(cache=True, nogil=True)
def _hash_mixed(codes: NDArray[np.uint32], low: int, high: int, chars: Characters) -> np.uint64:
    """Hash of a word that holds Cyrillic or Greek: look-alikes of Latin letters are read as Latin where it is due."""
    latin, twins = False, True
    for at in range(low, high):
        entry = chars.table[codes[at]]
        fold = entry & FOLD_MASK
        if (entry >> FOLD_BITS) & 15 == LETTER:
            script = (entry >> SCRIPT_SHIFT) & 3
            latin |= script == LATIN
            twins &= script != CYRILLIC_GREEK or (fold < len(chars.twins) and chars.twins[fold] != 0)
    state = np.uint64(SEED)
    for at in range(low, high):
        code = codes[at]
        entry = chars.table[code]
        which, fold = (entry >> FOLD_BITS) & 15, entry & FOLD_MASK
        if which == POINT:
            state = _feed(state, np.uint32(46))
        elif which != LETTER and which != DIGIT:
            continue
        elif latin and code < len(chars.lookalikes) and chars.lookalikes[code]:
            state = _feed(state, chars.lookalikes[code])
        elif (latin or twins) and fold < len(chars.twins) and chars.twins[fold]:
            state = _feed(state, chars.twins[fold])
        elif _is_rare(fold):
            state = _feed_rare(state, fold, chars.expansions)
        else:
            state = _feed(state, fold)
    return state


@numba.njit(cache=True, nogil=True)
def _read_with_care(codes: NDArray[np.uint32], at: int, high: int, chars: Characters) -> tuple[np.uint64, int, int]:
    table = chars.table
    low, end, cut = at, at, -1
    state, before = np.uint64(SEED), np.uint64(SEED)
    scripts, last_fold, letters_after = np.uint32(0), np.uint32(0), 0
    previous = 0
    while at < high:
        entry = table[codes[at]]
        which, fold = (entry >> FOLD_BITS) & 15, entry & FOLD_MASK
        if which in (LETTER, DIGIT):
            state = _feed_rare(state, fold, chars.expansions) if _is_rare(fold) else _feed(state, fold)
            scripts |= (entry >> SCRIPT_SHIFT) & 3
            last_fold, letters_after, previous, end = fold, letters_after + 1, which, at + 1
        elif which == SKIP:
            pass
        elif which == APOSTROPHE and _next_kind(codes, at + 1, high, table) == LETTER:
            before, cut, letters_after = state, at, 0
        elif which in (POINT, COMMA) and previous == DIGIT:
            if _next_kind(codes, at + 1, high, table) != DIGIT:
                break
            if which == POINT:
                state = _feed(state, np.uint32(46))
        else:
            break
        at += 1
    possessive = cut >= 0 and letters_after == 1 and last_fold == 115
    if scripts & CYRILLIC_GREEK:
        state = _hash_mixed(codes, low, cut if possessive else end, chars)
    elif possessive:
        state = before
    return _finish(state), end, at


@numba.njit(cache=True, nogil=True)
def _hash_single(code: np.uint32, chars: Characters) -> np.uint64:
    """Hash of a character that is a word by itself."""
    fold, state = chars.table[code] & FOLD_MASK, np.uint64(SEED)
    return _finish(_feed_rare(state, fold, chars.expansions) if _is_rare(fold) else _feed(state, fold))


@numba.njit(cache=True, nogil=True)
def _tokenise_span(
    codes: NDArray[np.uint32],
    low: int,
    high: int,
    chars: Characters,
    out: _Columns,
    count: int,
) -> int:
    """Write the words of ``codes[low:high]`` to ``out`` from ``count`` on; returns the new count.

    Most words are plain letters up to a space, a stop or a comma, and hashed here; the others are read with care.
    """
    hashes, starts, ends = out
    table = chars.table
    at = low
    while at < high:
        entry = table[codes[at]]
        if not entry & PLAIN:
            which = (entry >> FOLD_BITS) & 15
            if which == LETTER:
                hashes[count], end, after = _read_with_care(codes, at, high, chars)
                starts[count], ends[count] = at - low, end - low
                count += 1
                at = after
                continue
            if which == SINGLE:
                hashes[count] = _hash_single(codes[at], chars)
                starts[count], ends[count] = at - low, at + 1 - low
                count += 1
            at += 1
            continue
        begin, last, state = at, entry, np.uint64(SEED)
        while entry & PLAIN:
            state = (state ^ np.uint64(entry & FOLD_MASK)) * np.uint64(STEP)
            at += 1
            last = entry
            entry = table[codes[at]] if at < high else np.uint32(0)
        which, end, after = (entry >> FOLD_BITS) & 15, at, at
        state = _finish(state)
        over = which in (SEPARATOR, SINGLE)
        if not over and (which < POINT or (last >> FOLD_BITS) & 15 == DIGIT):
            state, end, after = _read_with_care(codes, begin, high, chars)
        hashes[count] = state
        starts[count], ends[count] = begin - low, end - low
        count += 1
        at = after
    return count


@numba.njit(cache=True, nogil=True)
def _tokenise_texts(
    codes: NDArray[np.uint32], bounds: NDArray[np.int64], chars: Characters, out: _Columns, indptr: NDArray[np.int64]
) -> int:
    count = 0
    for text in range(len(bounds) - 1):
        count = _tokenise_span(codes, bounds[text], bounds[text + 1], chars, out, count)
        indptr[text + 1] = count
    return count


@numba.njit(cache=True, nogil=True)
def _tokenise_spans(
    codes: NDArray[np.uint32], spans: NDArray[np.int64], chars: Characters, out: _Columns, indptr: NDArray[np.int64]
) -> int:
    count = 0
    for piece in range(len(spans)):
        count = _tokenise_span(codes, spans[piece, 0], spans[piece, 1], chars, out, count)
        indptr[piece + 1] = count
    return count


# --- the plain twin: slower, written another way, the oracle of the tests ----------------------------------------

_WORD = re.compile(r"S|[LD](?:K*(?:[LD]|A(?=K*L)|(?<=D)K*[PC](?=K*D)))*")


def words(text: str) -> list[str]:
    """The folded words of a text, in order, as ``tokenise`` hashes them."""
    return [word for word, _, _ in words_with_places(text)]


def words_with_places(text: str) -> list[tuple[str, int, int]]:
    """The folded words with start and end in the text: the plain twin of ``tokenise``."""
    table = characters().table
    entries = [int(table[ord(char)]) for char in text]
    kinds = "".join("-LDKSAPC"[entry >> FOLD_BITS & 15] for entry in entries)
    found = []
    for match in _WORD.finditer(kinds):
        low, high = match.span()
        found.append((_fold(text[low:high], kinds[low:high]), low, high))
    return found


def _fold(seen: str, kinds: str) -> str:
    cut = kinds.rfind("A")
    kept = [(char, which) for char, which in zip(seen, kinds, strict=True) if which != "K"]
    if cut >= 0 and _folded(seen[cut + 1 :], kinds[cut + 1 :], False, False) == "s":
        kept = [(char, which) for char, which in zip(seen[:cut], kinds[:cut], strict=True) if which != "K"]
    entries = [int(characters().table[ord(char)]) for char, which in kept if which == "L"]
    scripts = [entry >> SCRIPT_SHIFT & 3 for entry in entries]
    foreign = [entry & FOLD_MASK for entry in entries if entry >> SCRIPT_SHIFT & 3 == CYRILLIC_GREEK]
    latin = bool(foreign) and LATIN in scripts
    twins = bool(foreign) and all(_lookup(characters().twins, fold) for fold in foreign)
    return _folded("".join(c for c, _ in kept), "".join(k for _, k in kept), latin, twins)


def _lookup(dense: NDArray[np.uint32], code: int) -> int:
    return int(dense[code]) if code < len(dense) else 0


def _folded(seen: str, kinds: str, latin: bool, twins: bool) -> str:
    return "".join(_letter(char, which, latin, twins) for char, which in zip(seen, kinds, strict=True))


def _letter(char: str, which: str, latin: bool, twins: bool) -> str:
    if which in "KAC":
        return ""
    if which == "P":
        return "."
    chars = characters()
    fold = int(chars.table[ord(char)]) & FOLD_MASK
    if latin and _lookup(chars.lookalikes, ord(char)):
        return chr(chars.lookalikes[ord(char)])
    if (latin or twins) and _lookup(chars.twins, fold):
        return chr(chars.twins[fold])
    if fold >= EXPANDED:
        return "".join(chr(code) for code in chars.expansions[fold - EXPANDED] if code)
    if 0xAC00 <= fold <= 0xD7A3:
        index = fold - 0xAC00
        tail = chr(0x11A7 + index % 28) if index % 28 else ""
        return chr(0x1100 + index // 588) + chr(0x1161 + index % 588 // 28) + tail
    return chr(fold)
