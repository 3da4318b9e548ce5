"""Postings of heavy words. A word can stand in thousands of articles, so they are kept packed, a few hundred a record.

The record of chunk c of a word has the key (52 bits of the word's hash, c); it holds numbers and weights.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dedup.index.contract import Reading, Writing

ENTRY = np.dtype([("number", "<i8"), ("weight", "<f4")])
CHUNK_BITS = 12
CHUNK = 256
"""Entries a record: 3 kB, so that adding one rewrites one page."""
FULL = CHUNK * ENTRY.itemsize
_ENTRY = struct.Struct("<qf")


class Posted(NamedTuple):
    """The articles of one word, packed; whether they are too many to be brought together; and the record with room for
    one more, its key and its bytes."""

    data: bytes
    hot: bool
    room: tuple[int, bytes]


def _bounds(term: int) -> tuple[int, int]:
    low = (term >> CHUNK_BITS) << CHUNK_BITS
    low = low - (1 << 64) if low >> 63 else low
    return low, low + (1 << CHUNK_BITS) - 1


def term_lists(view: Reading, terms: NDArray[np.uint64], most: int) -> list[Posted]:
    """The articles posted under each of these word hashes; ``most`` is the settings' neighbour_bucket."""
    lists = []
    bounds = [_bounds(term) for term in terms.tolist()]
    for (low, _), chunks in zip(bounds, view.ranges("term", bounds), strict=True):
        data = chunks[0][1] if len(chunks) == 1 else b"".join([part for _, part in chunks])
        room = [chunk for chunk in chunks if len(chunk[1]) < FULL]
        lists.append(Posted(data, len(data) > most * _ENTRY.size, room[-1] if room else (low + len(chunks), b"")))
    return lists


class Entries(NamedTuple):
    """Numbers int64 and weights float32 of articles, word after word, and how many each word has, int64."""

    numbers: NDArray[np.int64]
    weights: NDArray[np.float32]
    sizes: NDArray[np.int64]


def entries_of(lists: Iterable[Posted]) -> Entries:
    """The articles of all these words."""
    held = [one.data for one in lists]
    every = np.frombuffer(b"".join(held), ENTRY)
    sizes = np.array([len(data) // _ENTRY.size for data in held], np.int64)
    return Entries(every["number"].astype(np.int64), every["weight"].astype(np.float32), sizes)


def post_terms(view: Writing, lists: Sequence[Posted], number: int, weights: NDArray[np.float32]) -> None:
    """Add an article to the words of ``lists``, except to those that are in too many already."""
    fresh = []
    for one, weight in zip(lists, weights.tolist(), strict=True):
        if not one.hot:
            key, data = one.room
            fresh.append((key, data + _ENTRY.pack(number, weight)))
    view.put("term", fresh)


def unpost_terms(view: Writing, terms: NDArray[np.uint64], number: int) -> None:
    """Take an article from words; those it is not posted under are passed over."""
    for chunks in view.ranges("term", [_bounds(term) for term in terms.tolist()]):
        for key, data in chunks:
            entries = np.frombuffer(data, ENTRY)
            kept = entries[entries["number"] != number]
            if len(kept) < len(entries):
                view.put("term", [(key, kept.tobytes())])
                break
