"""Copies made to look different to a machine and the same to a reader (RELIABILITY 22), and what must stay apart."""

from __future__ import annotations

import random
import unicodedata
from collections.abc import Callable

import numpy as np
import pytest

from dedup.match.candidates import candidate_pairs
from dedup.match.shared import shared_shingles
from dedup.settings import Settings
from dedup.sketch import sketch_many
from dedup.sketch.plain import plain_shingles
from dedup.sketch.scheme import permutations
from dedup.text.tokens import hash_word
from tests.match.test_candidates import prose

CYRILLIC = dict(zip("aceopxyijs", "асеорхуіјѕ", strict=True))
GREEK = dict(zip("aoiv", "αοιν", strict=True)) | dict(zip("AOIVNT", "ΑΟΙΝΝΤ", strict=True))


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
    return unicodedata.lookup(f"MATHEMATICAL BOLD SMALL {letter.upper()}")


def cyrillic(letter: str) -> str:
    return CYRILLIC.get(letter, letter)


def greek(letter: str) -> str:
    return GREEK.get(letter, letter)


TRANSFORMS = [zero_width, bidi, soft_hyphen, combining, full_width, mathematical, cyrillic, greek]


def disguised(text: str, how: Callable[[str], str], share: float, rng: random.Random) -> str:
    return "".join(how(char) if char.isalpha() and rng.random() < share else char for char in text)


def derived(first: list[str], second: list[str]) -> np.ndarray:
    """Which text of ``second`` is found to hold at least half of its number in ``first``."""
    settings = Settings()
    table = sketch_many(first + second, settings, shingles=True)
    candidates = candidate_pairs(table, settings)
    sizes = shared_shingles(table, candidates.pairs)
    equal = candidates.first[candidates.pairs[:, 0]] == candidates.first[candidates.pairs[:, 1]]
    good = candidates.pairs[equal | (2 * sizes[:, 0] >= sizes[:, 1:].min(axis=1))]
    found = {(int(a), int(b)) for a, b in good}
    return np.array([(at, at + len(first)) in found for at in range(len(second))])


@pytest.mark.parametrize("how", TRANSFORMS, ids=lambda how: how.__name__)
@pytest.mark.parametrize("share", [0.01, 0.2])
def test_disguised_copies_are_found(how, share):
    rng = random.Random(5)
    texts = [" ".join(["a", *prose(at, 150), "I", "so", "as"]) for at in range(40)]
    assert derived(texts, [disguised(text, how, share, rng) for text in texts]).mean() >= 0.95


def test_texts_in_cyrillic_are_not_those_in_latin_letters():
    letters = dict(zip("abdefgiklmnoprstu", "абдефгиклмнопрсту", strict=True))
    latin = [" ".join(prose(at, 150)) for at in range(10)]
    cyrillic_texts = ["".join(letters.get(char, char) for char in text) for text in latin]
    assert not derived(latin, cyrillic_texts).any()
    assert derived(cyrillic_texts, [text.upper() for text in cyrillic_texts]).all()


def stuffing(settings: Settings) -> str:
    """For every permutation the run of five words that it puts first among 50,000: what a forger would append."""
    words = prose(11, 50_000)
    hashes = np.array([plain_mix(value) for value in plain_shingles([hash_word(word) for word in words], 5)], np.uint32)
    a, b = permutations(settings.seed, settings.permutations)
    first = [int(np.argmin(x * hashes + y)) for x, y in zip(a, b, strict=True)]
    return " ".join(word for at in first for word in words[at : at + 5])


def plain_mix(shingle: int) -> int:
    state = shingle & 0xFFFFFFFF
    state = ((state ^ state >> 16) * 0x85EBCA6B) & 0xFFFFFFFF
    state = ((state ^ state >> 13) * 0xC2B2AE35) & 0xFFFFFFFF
    return state ^ state >> 16


def test_signatures_lifted_by_chosen_words_make_no_match():
    settings = Settings()
    poison = stuffing(settings)
    table = sketch_many([" ".join(prose(at, 1500)) + " " + poison for at in range(40)], settings, shingles=True)
    candidates = candidate_pairs(table, settings)
    alike = (table.signatures[candidates.pairs[:, 0]] == table.signatures[candidates.pairs[:, 1]]).mean(axis=1)
    assert alike.mean() > 0.9
    sizes = shared_shingles(table, candidates.pairs)
    assert (sizes[:, 0] < 0.35 * sizes[:, 1:].min(axis=1)).all()
