"""Stock phrases: word 5-grams that stand in at least 15 of 37,554 English news articles of 2012-2020.

A shared stock phrase ("the president of the united states") is no evidence that anything was taken. What is not
listed is no stock phrase, so other languages lose this help but are not misjudged.
"""

from __future__ import annotations

import gzip
from functools import lru_cache
from importlib.resources import files

import numpy as np
import numpy.typing as npt

from dedup.match.overlap import rolling
from dedup.match.similarity import idf_of
from dedup.text.tokens import tokenise_many

PHRASE_WORDS = 5
"""Length of the counted phrases, in words."""

COMMON = 2.0
"""Taken off every word's idf, so that a word of a third of all articles weighs nothing."""


def word_weights(hashes: npt.NDArray[np.uint64]) -> npt.NDArray[np.float32]:
    """Weight of each word as evidence, float32, 0 (a word of a third of all articles) to 9.5 (never seen)."""
    weights: npt.NDArray[np.float32] = np.maximum(idf_of(hashes) - np.float32(COMMON), np.float32(0))
    return weights


def in_stock_phrase(hashes: npt.NDArray[np.uint64]) -> npt.NDArray[np.bool_]:
    """Whether each word stands in a stock phrase of 5 words."""
    covered = np.zeros(hashes.shape[0], np.bool_)
    grams = rolling(hashes, PHRASE_WORDS)
    if grams.shape[0]:
        known = _phrases()
        place = np.minimum(np.searchsorted(known, grams), known.shape[0] - 1)
        hit = np.flatnonzero(known[place] == grams)
        for step in range(PHRASE_WORDS):
            covered[hit + step] = True
    return covered


@lru_cache(maxsize=1)
def _phrases() -> npt.NDArray[np.uint64]:
    """Sorted hashes of the phrases that this package's tokeniser reads as 5 words too."""
    data = (files("dedup.match") / "data" / "background_phrases.tsv.gz").read_bytes()
    lines = gzip.decompress(data).decode("utf-8").splitlines()
    packed = tokenise_many([line.rsplit("\t", 1)[0] for line in lines if not line.startswith("#")])
    exact = np.flatnonzero(np.diff(packed.indptr) == PHRASE_WORDS)
    words = packed.hashes[packed.indptr[exact][:, None] + np.arange(PHRASE_WORDS)]
    return np.unique(np.array([rolling(row, PHRASE_WORDS)[0] for row in words], np.uint64))
