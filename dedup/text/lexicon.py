"""The words and phrases of pages and agencies, from data files, as hash tables that compiled code reads."""

from __future__ import annotations

import math
import tomllib
from functools import lru_cache
from importlib import resources
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dedup.text import charclass as cc

_MASK = (1 << 64) - 1
_FNV = 0xCBF29CE484222325
_PRIME = 0x100000001B3
BACKGROUND = 37_554
"""Articles that data/common_words.tsv was counted in."""


class Lexicon(NamedTuple):
    """``keys`` uint64 and ``kinds`` uint32 bits: word hashes and what they speak of; ``rarity``:
    float32, 0 (in every article) to 1 (unknown) of the same words; ``phrases``: uint64 hashes of lines.

    All tables are open-addressed, of a power-of-two size, 0 marking a free slot. ``names`` are the kinds in
    the order of their bits.
    """

    keys: NDArray[np.uint64]
    kinds: NDArray[np.uint32]
    rarity: NDArray[np.float32]
    phrases: NDArray[np.uint64]
    names: tuple[str, ...]


@lru_cache(maxsize=1)
def lexicon() -> Lexicon:
    """The package's own lexicon (data/lexicon.toml, data/phrases.toml)."""
    folder = resources.files("dedup.text") / "data"
    words = tomllib.loads((folder / "lexicon.toml").read_text(encoding="utf-8"))
    phrases = tomllib.loads((folder / "phrases.toml").read_text(encoding="utf-8"))
    common = (folder / "common_words.tsv").read_text(encoding="utf-8").splitlines()
    counts = dict(line.split("\t") for line in common if not line.startswith("#"))
    return build(words, phrases, {word: int(count) for word, count in counts.items()})


def build(
    words: dict[str, dict[str, str]], phrases: dict[str, dict[str, list[str]]], counts: dict[str, int]
) -> Lexicon:
    """Tables of ``{kind: {language: "word word"}}``, ``{"whole"|"start": {language: [phrase]}}`` and word counts."""
    bits: dict[int, int] = {key: 0 for word in counts for key in word_hashes(word)[:1]}
    for number, by_language in enumerate(words.values()):
        for word in sorted({word for text in by_language.values() for word in text.split()}):
            for key in word_hashes(word)[:1]:
                bits[key] = bits.get(key, 0) | 1 << number
    keys, kinds = _table(bits)
    rare = {
        key: 1 - math.log1p(count) / math.log1p(BACKGROUND)
        for word, count in counts.items()
        for key in word_hashes(word)[:1]
    }
    rarity = np.array([rare.get(int(key), 1.0) for key in keys], dtype=np.float32)
    marks: dict[int, int] = {}
    for mark, name in ((1, "start"), (2, "whole")):
        for phrase in sorted({phrase for texts in phrases.get(name, {}).values() for phrase in texts}):
            marks[line_hash(phrase) ^ mark] = 1
    return Lexicon(keys, kinds, rarity, _table(marks)[0], tuple(words))


def _table(entries: dict[int, int]) -> tuple[NDArray[np.uint64], NDArray[np.uint32]]:
    size = 1 << max(8, (2 * len(entries)).bit_length())
    keys = np.zeros(size, dtype=np.uint64)
    values = np.zeros(size, dtype=np.uint32)
    for key in sorted(entries):
        slot = (key ^ key >> 29) & size - 1
        while keys[slot]:
            slot = slot + 1 & size - 1
        keys[slot], values[slot] = key, entries[key]
    return keys, values


def word_hashes(text: str) -> list[int]:
    """FNV-1a hash of every word of ``text`` in lower case: the plain twin of the compiled one."""
    classes, lower = cc.tables()
    found: list[int] = []
    word, size = _FNV, 0
    for char in text + " ":
        code = ord(char)
        kind = int(classes[code]) if code < len(classes) else cc.WIDE
        if kind == cc.IGNORED or (kind == cc.APOSTROPHE and size):
            continue
        if kind in (cc.LOWER, cc.UPPER, cc.CASELESS, cc.DIGIT):
            word, size = (word ^ (int(lower[code]) if code < len(lower) else code)) * _PRIME & _MASK, size + 1
            continue
        if size:
            found.append(word or 1)
            word, size = _FNV, 0
        if kind == cc.WIDE:
            found.append(code)
    return found


def line_hash(text: str) -> int:
    """Hash of the words of ``text`` in order, punctuation and case aside; 0 where there is none."""
    hashes = word_hashes(text)
    whole = _FNV
    for word in hashes:
        whole = (whole ^ word) * _PRIME & _MASK
        whole ^= whole >> 31
    return whole if hashes else 0
