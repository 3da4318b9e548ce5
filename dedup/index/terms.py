"""Postings of heavy words. A word can stand in thousands of articles, so they are kept packed, a few hundred a record.

The record of chunk c of a word has the key (52 bits of the word's hash, c); it holds numbers and weights.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dedup.index.contract import Reading, Writing

ENTRY = np.dtype([("number", "<i8"), ("weight", "<f4")])
CHUNK_BITS = 12
CHUNK = 256
"""Entries a record: 3 kB, so that adding one rewrites one page."""


class Posted(NamedTuple):
    """Entries of one word, and whether it is in more articles than may be brought together."""

    entries: NDArray[np.void]
    hot: bool


def _bounds(term: int) -> tuple[int, int]:
    low = (term >> CHUNK_BITS) << CHUNK_BITS
    low = low - (1 << 64) if low >> 63 else low
    return low, low + (1 << CHUNK_BITS) - 1


def term_postings(view: Reading, term: int, most: int) -> Posted:
    """The articles posted under an unsigned word hash; ``most`` is the settings' neighbour_bucket."""
    parts = [np.frombuffer(data, ENTRY) for _, data in view.scan("term", *_bounds(term))]
    entries = np.concatenate(parts) if parts else np.empty(0, ENTRY)
    return Posted(entries, len(entries) > most)


def post_term(view: Writing, term: int, number: int, weight: float, most: int) -> bool:
    """Add an article to a word; False when the word is in too many already, and was left as it is."""
    low, high = _bounds(term)
    chunks = list(view.scan("term", low, high))
    held = sum(len(data) for _, data in chunks) // ENTRY.itemsize
    if held > most or len(chunks) >= 1 << CHUNK_BITS:
        return False
    entry = np.array([(number, weight)], ENTRY).tobytes()
    room = [(key, data) for key, data in chunks if len(data) < CHUNK * ENTRY.itemsize]
    key, data = room[-1] if room else (chunks[-1][0] + 1 if chunks else low, b"")
    view.put("term", [(key, data + entry)])
    return True


def unpost_term(view: Writing, term: int, number: int) -> None:
    """Take an article from a word; a word it is not posted under is passed over."""
    for key, data in view.scan("term", *_bounds(term)):
        entries = np.frombuffer(data, ENTRY)
        kept = entries[entries["number"] != number]
        if len(kept) == len(entries):
            continue
        view.put("term", [(key, kept.tobytes())])
        return
