"""What every Unicode code point is to the tokeniser: one table, shipped as data so that every Python agrees."""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import files
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

SEPARATOR, LETTER, DIGIT, SKIP, SINGLE, APOSTROPHE, POINT, COMMA = range(8)
LATIN, CYRILLIC_GREEK = 1, 2

FOLD_BITS = 21
"""Low bits of a table entry: the folded code point, or EXPANDED + a row of ``expansions``."""
SCRIPT_SHIFT = FOLD_BITS + 4
FOLD_MASK = (1 << FOLD_BITS) - 1
PLAIN = 1 << 31
"""Flag of an entry: a letter or digit that folds to one code point and needs no look at the word around it."""
EXPANDED = 0x110000
CODE_POINTS = 0x110000


class Characters(NamedTuple):
    """The tables of the tokeniser.

    ``table`` uint32[0x110000]: fold | kind << 21 | script << 25 | plain << 31. ``expansions`` uint32[n, 4]: the
    zero-padded code points of a ligature. ``lookalikes`` uint32[m]: by the code point seen, the Latin letter it
    looks like, or 0. ``twins`` uint32[m]: by folded code point, the Latin letter it equals in both cases, or 0.
    """

    table: NDArray[np.uint32]
    expansions: NDArray[np.uint32]
    lookalikes: NDArray[np.uint32]
    twins: NDArray[np.uint32]


@lru_cache(maxsize=1)
def characters() -> Characters:
    """The table of this package, the same on every Python (made by training/make_characters.py)."""
    with (
        (files("dedup.text") / "data" / "characters.npz").open("rb") as file,
        np.load(file, allow_pickle=False) as data,
    ):
        lengths = np.diff(np.r_[data["starts"], CODE_POINTS])
        kinds = np.repeat(data["kinds"].astype(np.uint32), lengths)
        deltas = np.repeat(data["deltas"].astype(np.int64), lengths)
        folds = np.maximum(np.arange(CODE_POINTS) + deltas, 0).astype(np.uint32)
        table = folds | ((kinds & 15) << FOLD_BITS) | ((kinds >> 4) << SCRIPT_SHIFT)
        hangul = (folds >= 0xAC00) & (folds <= 0xD7A3)
        plain = (kinds & 15 == LETTER) | (kinds & 15 == DIGIT)
        plain &= (folds < EXPANDED) & ~hangul & (kinds >> 4 != CYRILLIC_GREEK)
        table |= np.where(plain, np.uint32(PLAIN), np.uint32(0))
        return Characters(table, data["expansions"], _dense(data["lookalikes"]), _dense(data["twins"]))


def _dense(pairs: NDArray[np.int32]) -> NDArray[np.uint32]:
    dense = np.zeros(int(pairs[:, 0].max()) + 1, dtype=np.uint32)
    dense[pairs[:, 0]] = pairs[:, 1]
    return dense
