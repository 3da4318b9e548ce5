"""The sketch written plainly, one Python integer at a time: the oracle that the compiled kernel is held against."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from dedup.settings import Settings
from dedup.sketch.scheme import permutations, powers, sample_bound
from dedup.text.tokens import FMIX, MASK64, hash_word, words

MASK32 = (1 << 32) - 1


class PlainSketch(NamedTuple):
    """As ``dedup.sketch.Sketch``, in lists of int."""

    words: int
    shingles: list[int]
    signature: list[int] | None
    sample: list[int]


def plain_sketch(body: str, settings: Settings) -> PlainSketch:
    """The sketch of a body, from the plain tokeniser on."""
    hashes = [hash_word(word) for word in words(body)]
    if len(hashes) < max(settings.min_words, settings.shingle_words):
        return PlainSketch(len(hashes), [], None, [])
    shingles = sorted(set(plain_shingles(hashes, settings.shingle_words)))
    sample = [value for value in shingles if value <= sample_bound(settings.sample_rate)]
    return PlainSketch(len(hashes), shingles, plain_signature(shingles, settings), sample)


def plain_shingles(hashes: Sequence[int], words: int) -> list[int]:
    """Hash of every run of ``words`` words: a polynomial of the word hashes, then MurmurHash3's finaliser."""
    factors = [int(factor) for factor in powers(words)]
    runs = (hashes[at : at + words] for at in range(len(hashes) - words + 1))
    return [_fmix64(sum(a * b for a, b in zip(run, factors, strict=True)) & MASK64) for run in runs]


def plain_signature(shingles: Sequence[int], settings: Settings) -> list[int]:
    """datasketch's affine32 MinHash of the low 32 bits of each shingle hash."""
    hashes = [_fmix32(shingle & MASK32) for shingle in shingles]
    a, b = permutations(settings.seed, settings.permutations)
    return [min((int(x) * value + int(y)) & MASK32 for value in hashes) for x, y in zip(a, b, strict=True)]


def _fmix64(state: int) -> int:
    state = ((state ^ state >> 33) * FMIX[0]) & MASK64
    state = ((state ^ state >> 33) * FMIX[1]) & MASK64
    return state ^ state >> 33


def _fmix32(state: int) -> int:
    state = ((state ^ state >> 16) * 0x85EBCA6B) & MASK32
    state = ((state ^ state >> 13) * 0xC2B2AE35) & MASK32
    return state ^ state >> 16
