"""What a forger does to texts: letters changed for a machine and not for a reader; words that lift a signature."""

from __future__ import annotations

import random
import unicodedata
from collections.abc import Callable, Sequence

import numpy as np

from dedup.settings import Settings
from dedup.sketch.plain import plain_shingles
from dedup.sketch.scheme import permutations
from dedup.text.tokens import hash_word

Disguise = Callable[[str], str]

CYRILLIC = dict(zip("aceopxyijs", "асеорхуіјѕ", strict=True))
GREEK = dict(zip("aoiv", "αοιν", strict=True)) | dict(zip("AOIVNT", "ΑΟΙΝΝΤ", strict=True))
TRANSLITERATED = dict(zip("abdefgiklmnoprstu", "абдефгиклмнопрсту", strict=True))


def zero_width(letter: str) -> str:
    return letter + "\u200b"


def bidi(letter: str) -> str:
    return "\u202a" + letter + "\u202c"


def soft_hyphen(letter: str) -> str:
    return letter + "\u00ad"


def combining(letter: str) -> str:
    return letter + "\u0301"


def full_width(letter: str) -> str:
    return chr(ord(letter) - 0x20 + 0xFF00) if letter.isascii() else letter


def mathematical(letter: str) -> str:
    return unicodedata.lookup(f"MATHEMATICAL BOLD SMALL {letter.upper()}") if letter.isascii() else letter


def cyrillic(letter: str) -> str:
    return CYRILLIC.get(letter, letter)


def greek(letter: str) -> str:
    return GREEK.get(letter, letter)


DISGUISES: tuple[Disguise, ...] = (
    zero_width,
    bidi,
    soft_hyphen,
    combining,
    full_width,
    mathematical,
    cyrillic,
    greek,
)


def disguised(text: str, how: Disguise, share: float, rng: random.Random) -> str:
    """The text with a share of its letters changed."""
    return "".join(how(char) if char.isalpha() and rng.random() < share else char for char in text)


def transliterated(text: str) -> str:
    """The text in Cyrillic letters, as another language would have it."""
    return "".join(TRANSLITERATED.get(char, char) for char in text.lower())


def lifting_runs(words: Sequence[str], settings: Settings) -> list[str]:
    """For every permutation the run of words that it puts first among all: what a forger would add to a text."""
    size = settings.shingle_words
    hashes = np.array([_mixed(value) for value in plain_shingles([hash_word(word) for word in words], size)], np.uint32)
    a, b = permutations(settings.seed, settings.permutations)
    first = [int(np.argmin(x * hashes + y)) for x, y in zip(a, b, strict=True)]
    return [" ".join(words[at : at + size]) for at in first]


def _mixed(shingle: int) -> int:
    """The last 32 bits of a shingle, mixed as the signature does."""
    state = shingle & 0xFFFFFFFF
    state = ((state ^ state >> 16) * 0x85EBCA6B) & 0xFFFFFFFF
    state = ((state ^ state >> 13) * 0xC2B2AE35) & 0xFFFFFFFF
    return state ^ state >> 16
