"""Exact overlap of candidate pairs, in bulk: how many shingles both bodies have, counted on sorted arrays."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dedup.match.compiled import compiled
from dedup.settings import Settings
from dedup.sketch import SketchTable, sketch_many


def shared_shingles(table: SketchTable, pairs: NDArray[np.int32]) -> NDArray[np.int32]:
    """For each pair of rows of a table that keeps shingles: how many distinct ones both have, the first has, the
    second has; int32[m, 3]."""
    out = np.empty((len(pairs), 3), np.int32)
    _count_shared(table.shingles, table.shingle_bounds, pairs, out)
    return out


def sketch_paired(
    bodies: Sequence[str], pairs: NDArray[np.int32], settings: Settings, threads: int = 1
) -> tuple[SketchTable, NDArray[np.int64]]:
    """A table with the shingles of the bodies that stand in a pair alone, and the pairs in its rows.

    For feeds whose shingles do not fit in memory: a body is hashed a second time only where it is a candidate.
    """
    wanted = np.unique(pairs)
    table = sketch_many((bodies[at] for at in wanted), settings, shingles=True, threads=threads)
    return table, np.searchsorted(wanted, pairs)


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
