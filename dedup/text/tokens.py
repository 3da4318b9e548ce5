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
    POINT,
    SCRIPT_SHIFT,
    SINGLE,
    SKIP,
    Characters,
    characters,
)

SEED = 0x9E3779B97F4A7C15  # 2^64 / golden ratio
STEP = 0xD6E8FEB86659FD93  # odd, from the "rrmxmx" mixer's published constants
FMIX = (0xFF51AFD7ED558CCD, 0xC4CEB9FE1A85EC53)  # MurmurHash3's 64-bit finaliser
MASK64 = (1 << 64) - 1


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
    codes, bounds = code_points(texts)
    size = len(codes)
    hashes = np.empty(size, np.uint64)
    starts, ends = np.empty(size, np.int32), np.empty(size, np.int32)
    indptr = np.zeros(len(texts) + 1, np.int64)
    count = _tokenise_texts(codes, bounds, characters(), hashes, starts, ends, indptr)
    return PackedTokens(hashes[:count].copy(), starts[:count].copy(), ends[:count].copy(), indptr)


def code_points(texts: Sequence[str]) -> tuple[NDArray[np.uint32], NDArray[np.int64]]:
    """All texts as one uint32 array of code points, and int64[n + 1] bounds."""
    bounds = np.zeros(len(texts) + 1, np.int64)
    np.cumsum(np.fromiter(map(len, texts), np.int64, len(texts)), out=bounds[1:])
    joined = texts[0] if len(texts) == 1 else "".join(texts)
    return np.frombuffer(joined.encode("utf-32-le", "surrogatepass"), np.uint32), bounds


def hash_word(word: str) -> int:
    """The 64-bit hash of a folded word, as ``tokenise`` gives it: xor, multiply and shift a code point, then fmix64."""
    state = SEED
    for char in word:
        state = ((state ^ ord(char)) * STEP) & MASK64
        state ^= state >> 32
    state = ((state ^ state >> 33) * FMIX[0]) & MASK64
    state = ((state ^ state >> 33) * FMIX[1]) & MASK64
    return state ^ state >> 33


# --- the compiled path -------------------------------------------------------------------------------------------


@numba.njit(cache=True, nogil=True)
def finish(state: np.uint64) -> np.uint64:
    """MurmurHash3's 64-bit finaliser."""
    state = (state ^ (state >> np.uint64(33))) * np.uint64(0xFF51AFD7ED558CCD)
    state = (state ^ (state >> np.uint64(33))) * np.uint64(0xC4CEB9FE1A85EC53)
    return state ^ (state >> np.uint64(33))


@numba.njit(cache=True, nogil=True)
def _feed(state: np.uint64, code: np.uint32) -> np.uint64:
    state = (state ^ np.uint64(code)) * np.uint64(STEP)
    return state ^ (state >> np.uint64(32))


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
            script = entry >> SCRIPT_SHIFT
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
def read_word(codes: NDArray[np.uint32], at: int, high: int, chars: Characters) -> tuple[np.uint64, int, int]:
    """Read the word that begins at ``at`` (a letter or digit): its hash, its end, and where to read on."""
    table = chars.table
    low, end, cut = at, at, -1
    state, before = np.uint64(SEED), np.uint64(SEED)
    scripts, last_fold, letters_after = np.uint32(0), np.uint32(0), 0
    previous = 0
    while at < high:
        entry = table[codes[at]]
        which, fold = (entry >> FOLD_BITS) & 15, entry & FOLD_MASK
        if which == LETTER or which == DIGIT:  # noqa: SIM109
            state = _feed_rare(state, fold, chars.expansions) if _is_rare(fold) else _feed(state, fold)
            scripts |= entry >> SCRIPT_SHIFT
            last_fold, letters_after, previous, end = fold, letters_after + 1, which, at + 1
        elif which == SKIP:
            pass
        elif which == APOSTROPHE and _next_kind(codes, at + 1, high, table) == LETTER:
            before, cut, letters_after = state, at, 0
        elif (which == POINT or which == COMMA) and previous == DIGIT:  # noqa: SIM109
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
    return finish(state), end, at


@numba.njit(cache=True, nogil=True)
def hash_single(code: np.uint32, chars: Characters) -> np.uint64:
    """Hash of a character that is a word by itself."""
    fold, state = chars.table[code] & FOLD_MASK, np.uint64(SEED)
    return finish(_feed_rare(state, fold, chars.expansions) if _is_rare(fold) else _feed(state, fold))


@numba.njit(cache=True, nogil=True)
def tokenise_span(
    codes: NDArray[np.uint32],
    low: int,
    high: int,
    chars: Characters,
    out: tuple[NDArray[np.uint64], NDArray[np.int32], NDArray[np.int32]],
    count: int,
) -> int:
    """Write the words of ``codes[low:high]`` to ``out`` from ``count`` on; returns the new count."""
    hashes, starts, ends = out
    at = low
    while at < high:
        entry = chars.table[codes[at]]
        which = (entry >> FOLD_BITS) & 15
        if which == LETTER or which == DIGIT:  # noqa: SIM109
            hashes[count], end, after = read_word(codes, at, high, chars)
            starts[count], ends[count] = at - low, end - low
            count += 1
            at = after
            continue
        if which == SINGLE:
            hashes[count] = hash_single(codes[at], chars)
            starts[count], ends[count] = at - low, at + 1 - low
            count += 1
        at += 1
    return count


@numba.njit(cache=True, nogil=True)
def _tokenise_texts(
    codes: NDArray[np.uint32],
    bounds: NDArray[np.int64],
    chars: Characters,
    hashes: NDArray[np.uint64],
    starts: NDArray[np.int32],
    ends: NDArray[np.int32],
    indptr: NDArray[np.int64],
) -> int:
    count = 0
    for text in range(len(bounds) - 1):
        count = tokenise_span(codes, bounds[text], bounds[text + 1], chars, (hashes, starts, ends), count)
        indptr[text + 1] = count
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
    scripts = [entry >> SCRIPT_SHIFT for entry in entries]
    foreign = [entry & FOLD_MASK for entry in entries if entry >> SCRIPT_SHIFT == CYRILLIC_GREEK]
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
