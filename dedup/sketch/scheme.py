"""What a signature was made with: the permutations of datasketch's affine32 scheme, and a name for the whole recipe."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from dedup.settings import Settings

TOKENS = "tokens1"
"""Raised whenever a text would give other word or shingle hashes (the table of characters included)."""
POWER = 0x9FB21C651E98DF25
"""Odd multiplier of the shingle polynomial, from the published constants of the rrmxmx mixer."""


@lru_cache(maxsize=8)
def permutations(seed: int, count: int) -> tuple[NDArray[np.uint32], NDArray[np.uint32]]:
    """The multipliers (odd) and offsets of h -> a * h + b mod 2^32, as datasketch 2 draws them for ``affine32``."""
    draw = np.random.RandomState(seed)
    a = draw.randint(0, 1 << 31, count, dtype=np.uint32) * np.uint32(2) + np.uint32(1)
    b = draw.randint(0, 1 << 32, count, dtype=np.uint32)
    return a, b


def powers(words: int) -> NDArray[np.uint64]:
    """What the words of a shingle are multiplied by, first word first: POWER^words .. POWER^1 mod 2^64."""
    return np.array([pow(POWER, words - at, 1 << 64) for at in range(words)], dtype=np.uint64)


def sample_bound(rate: int) -> int:
    """Shingle hashes up to this one, inclusive, are in the sample: one in ``rate`` (FracMinHash)."""
    return (1 << 64) // rate - 1


def scheme(settings: Settings) -> str:
    """A readable fingerprint of everything that shapes a sketch; sketches of two schemes are never compared."""
    return (
        f"affine32/{TOKENS}/words{settings.shingle_words}/seed{settings.seed}/permutations{settings.permutations}"
        f"/sample{settings.sample_rate}/least{settings.min_words}"
    )
