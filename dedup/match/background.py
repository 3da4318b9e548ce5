"""Stock phrases: word 5-grams that stand in at least 15 of 37,554 English news articles of 2012-2020.

A shared stock phrase ("the president of the united states") is no evidence that anything was taken. What is not
listed is no stock phrase, so other languages lose this help but are not misjudged.
"""

from __future__ import annotations

import gzip
from functools import lru_cache
from importlib.resources import files
from typing import Any

import numpy as np
import numpy.typing as npt

from dedup.match.compiled import compiled
from dedup.match.overlap import rolling
from dedup.text.tokens import tokenise_many

PHRASE_WORDS = 5
"""Length of the counted phrases, in words."""

TABLE_BITS = 16
"""The 26,554 phrases fill 40% of 2^16 slots."""

BITS = 18
"""A table of 2^18 bits, of which the phrases set a tenth, stays near the processor; that of the phrases does not."""

COMMON = 2.0
"""Taken off every word's idf, so that a word of a third of all articles weighs nothing."""


@lru_cache(maxsize=1)
def phrases() -> npt.NDArray[np.uint64]:
    """Open-addressed table, 0 where empty, of the phrases that this package's tokeniser reads as 5 words too."""
    data = (files("dedup.match") / "data" / "background_phrases.tsv.gz").read_bytes()
    lines = gzip.decompress(data).decode("utf-8").splitlines()
    packed = tokenise_many([line.rsplit("\t", 1)[0] for line in lines if not line.startswith("#")])
    exact = np.flatnonzero(np.diff(packed.indptr) == PHRASE_WORDS)
    words = packed.hashes[packed.indptr[exact][:, None] + np.arange(PHRASE_WORDS)]
    known = rolling(words.reshape(-1), PHRASE_WORDS)[::PHRASE_WORDS]
    table = np.zeros(1 << TABLE_BITS, np.uint64)
    _insert(known, table)
    return table


@compiled
def _insert(known: Any, table: Any) -> None:
    mask = np.uint64(table.shape[0] - 1)
    for value in known:
        at = value & mask
        while table[at] != 0 and table[at] != value:
            at = (at + np.uint64(1)) & mask
        table[at] = value


@lru_cache(maxsize=1)
def phrase_bits() -> npt.NDArray[np.uint64]:
    """The bits of all phrases: what has none is no phrase."""
    bits, known = np.zeros(1 << (BITS - 6), np.uint64), phrases()
    _set_bits(known[known != 0], bits)
    return bits


@compiled
def _set_bits(known: Any, bits: Any) -> None:
    for value in known:
        bits[_bit(value) >> np.uint64(6)] |= np.uint64(1) << (_bit(value) & np.uint64(63))


@compiled
def may_be_phrase(bits: Any, gram: Any) -> Any:
    """Whether a window of words may be one of the phrases: always for those, seldom for others."""
    return bits[_bit(gram) >> np.uint64(6)] >> (_bit(gram) & np.uint64(63)) & np.uint64(1)


@compiled
def _bit(gram: Any) -> Any:
    return gram >> np.uint64(64 - BITS)
