"""Exact overlap of candidate pairs, in bulk: how many shingles both bodies have, counted on sorted arrays."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dedup.match.compiled import compiled
from dedup.sketch import SketchTable
from dedup.spill import Room

SHINGLES_AT_ONCE = 1 << 25
"""Shingles in memory at a time: 256 MB, some 70,000 news articles."""

_NONE, _NO_SIZES = np.empty(0, np.uint64), np.empty(0, np.int64)


def shared_shingles(table: SketchTable, pairs: NDArray[np.int32]) -> NDArray[np.int32]:
    """For each pair of rows of a table that keeps shingles: how many distinct ones both have, the first has, the
    second has; int32[m, 3]."""
    out = np.empty((len(pairs), 3), np.int32)
    _count_shared(table.shingles, table.shingle_bounds, pairs, out)
    return out


class ShingleShelf:
    """The distinct shingle hashes of bodies in a temporary file, 3.5 kB of a news article."""

    def __init__(self) -> None:
        self._room = Room()
        self._places: list[NDArray[np.int64]] = []
        self._sizes: list[NDArray[np.int64]] = []

    def take(self, tables: Iterable[SketchTable]) -> Iterator[SketchTable]:
        """Put the shingles of the tables in the file; the tables without them. Raises SpillError where it is full."""
        for table in tables:
            place = self._room.put(table.shingles.data.cast("B"))
            self._places.append(place + table.shingle_bounds[:-1] * table.shingles.itemsize)
            self._sizes.append(np.diff(table.shingle_bounds))
            yield replace(table, shingles=_NONE, shingle_bounds=np.zeros_like(table.shingle_bounds))

    def shared(self, pairs: NDArray[np.int32], at_once: int = SHINGLES_AT_ONCE) -> NDArray[np.int32]:
        """``shared_shingles`` of pairs of bodies in the order they were taken, with at most ``at_once`` shingles in
        memory, or those of one pair. Pairs sorted by their first body meet few bodies twice."""
        places, sizes = np.concatenate([_NO_SIZES, *self._places]), np.concatenate([_NO_SIZES, *self._sizes])
        out = np.empty((len(pairs), 3), np.int32)
        for start, end in _runs(pairs, sizes, at_once):
            wanted = np.unique(pairs[start:end])
            bounds = np.concatenate([[0], np.cumsum(sizes[wanted])])
            shingles = self._read(places[wanted], bounds)
            _count_shared(shingles, bounds, np.searchsorted(wanted, pairs[start:end]), out[start:end])
        return out

    def _read(self, places: NDArray[np.int64], bounds: NDArray[np.int64]) -> NDArray[np.uint64]:
        """Shingles that stand at some places, ascending; what is side by side is read at once."""
        shingles = np.empty(bounds[-1], np.uint64)
        ends = places + np.diff(bounds) * shingles.itemsize
        firsts = np.flatnonzero(np.concatenate([[True], places[1:] != ends[:-1]])[: len(places)])
        lasts = np.concatenate([bounds[firsts[1:]], bounds[-1:]])
        for place, low, high in zip(places[firsts].tolist(), bounds[firsts].tolist(), lasts.tolist(), strict=False):
            self._room.into(place, (shingles[low:high],))
        return shingles


def _runs(pairs: NDArray[np.int32], sizes: NDArray[np.int64], most: int) -> Iterator[tuple[int, int]]:
    seen = np.full(len(sizes), -1, np.int64)
    start = 0
    while start < len(pairs):
        end = int(_run_end(pairs, start, most, (sizes, seen)))
        yield start, end
        start = end


@compiled
def _run_end(pairs: Any, start: Any, most: Any, bodies: Any) -> Any:
    """The end of the longest run of pairs from ``start`` on whose bodies have at most ``most`` shingles, or of one."""
    sizes, seen = bodies
    count = 0
    for row in range(start, len(pairs)):
        for side in range(2):
            if seen[pairs[row, side]] != start:
                seen[pairs[row, side]] = start
                count += sizes[pairs[row, side]]
        if count > most and row > start:
            return row
    return len(pairs)


@compiled
def _count_shared(shingles: Any, bounds: Any, pairs: Any, out: Any) -> None:
    for row in range(len(pairs)):
        a, a_end = bounds[pairs[row, 0]], bounds[pairs[row, 0] + 1]
        b, b_end = bounds[pairs[row, 1]], bounds[pairs[row, 1] + 1]
        out[row, 0], out[row, 1], out[row, 2] = 0, a_end - a, b_end - b
        while a < a_end and b < b_end:
            one, other = shingles[a], shingles[b]
            out[row, 0] += one == other
            a += one <= other
            b += other <= one
