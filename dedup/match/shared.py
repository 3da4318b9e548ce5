"""Exact overlap of candidate pairs, in bulk: how many shingles both bodies have, counted on sorted arrays."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dedup.match.compiled import compiled
from dedup.settings import Settings
from dedup.sketch import SketchTable, sketch_many

BODIES_AT_ONCE = 1 << 16
"""Bodies whose shingles are held at a time when they are hashed again: some 250 MB of news."""


def shared_shingles(table: SketchTable, pairs: NDArray[np.int32]) -> NDArray[np.int32]:
    """For each pair of rows of a table that keeps shingles: how many distinct ones both have, the first has, the
    second has; int32[m, 3]."""
    out = np.empty((len(pairs), 3), np.int32)
    _count_shared(table.shingles, table.shingle_bounds, pairs, out)
    return out


def shared_of_bodies(
    bodies: Sequence[str],
    pairs: NDArray[np.int32],
    settings: Settings,
    threads: int = 1,
    at_once: int = BODIES_AT_ONCE,
) -> NDArray[np.int32]:
    """As ``shared_shingles``, for feeds whose shingles do not fit in memory: bodies that stand in a pair are hashed
    again, those of at most ``at_once`` (two or more) held at a time. ``bodies`` may read them from a file.

    Pairs sorted by their first article meet few bodies twice where near numbers are near in time.
    """
    out = np.empty((len(pairs), 3), np.int32)
    for start, end in _runs(pairs, len(bodies), max(2, at_once)):
        wanted = np.unique(pairs[start:end])
        table = sketch_many((bodies[at] for at in wanted), settings, shingles=True, threads=threads)
        out[start:end] = shared_shingles(table, np.searchsorted(wanted, pairs[start:end]).astype(np.int32))
    return out


def _runs(pairs: NDArray[np.int32], bodies: int, most: int) -> Iterator[tuple[int, int]]:
    seen = np.full(bodies, -1, np.int64)
    start = 0
    while start < len(pairs):
        end = int(_run_end(pairs, start, most, seen))
        yield start, end
        start = end


@compiled
def _run_end(pairs: Any, start: Any, most: Any, seen: Any) -> Any:
    """The end of the longest run of pairs from ``start`` on that names at most ``most`` bodies."""
    count = 0
    for row in range(start, len(pairs)):
        for side in range(2):
            if seen[pairs[row, side]] != start:
                seen[pairs[row, side]] = start
                count += 1
        if count > most:
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
