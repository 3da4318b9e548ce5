"""Average linkage on arrays, for components of millions of pairs: what ``clusters.average_linkage`` makes of them, its
plain twin. Only clusters of several nodes have rows of their own, put together when they are made (Müllner, "Modern
hierarchical, agglomerative clustering algorithms", 2011, generic algorithm): a row may name any node of another
cluster, so that nobody's row changes when others merge.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from dedup.match.compiled import compiled
from dedup.stories.clusters import UNITS, Floor, average_linkage

MANY = 8192
"""Scores from which arrays take less time than dictionaries: half of it at 60,000, a quarter at 240,000."""

Places = npt.NDArray[np.int64]
Pairs = npt.NDArray[np.integer[Any]]


def linkage(places: Places, pairs: Pairs, scores: npt.NDArray[np.float64], floor: Floor) -> list[tuple[int, ...]]:
    """``average_linkage`` of nodes with ascending ``places`` int64[n] from the ``scores`` float64[m] of ``pairs``
    int[m, 2] of them: its clusters of two and more. For components of millions of pairs: 24 bytes each."""
    graph = _graph(places, pairs, scores)
    state = _State(np.arange(len(places)), np.ones(len(places), np.int64), {}, {}, floor)
    heap = _mergers_of_pairs(graph, floor)
    while heap:
        _, a, b, size_a, size_b = heapq.heappop(heap)
        if state.sizes[a] == size_a and state.sizes[b] == size_b:
            for merger in _merged(a, b, graph, state):
                heapq.heappush(heap, merger)
    clusters = sorted(sorted(members) for members in state.members.values())
    return [tuple(places[members].tolist()) for members in clusters]


def linked(names: Iterable[str], scores: Mapping[tuple[str, str], float], floor: Floor) -> tuple[tuple[str, ...], ...]:
    """``average_linkage`` of names, on arrays where there are many scores."""
    if len(scores) < MANY:
        return average_linkage(names, scores, floor)
    ordered = sorted(names)
    at = {name: place for place, name in enumerate(ordered)}
    pairs = np.array([(at[a], at[b]) for a, b in scores], np.int64)
    merged = linkage(np.arange(len(ordered)), pairs, np.fromiter(scores.values(), np.float64, len(scores)), floor)
    alone = set(range(len(ordered))).difference(*merged)
    return tuple(tuple(ordered[place] for place in cluster) for cluster in sorted([*merged, *((n,) for n in alone)]))


class _Row(NamedTuple):
    """Total scores of a cluster to others: ``nodes`` int32[k], any of theirs, and ``totals`` int64[k]."""

    nodes: npt.NDArray[np.int32]
    totals: npt.NDArray[np.int64]


class _Graph(NamedTuple):
    """Scores above 0 of each node: those of node i are ``nodes`` and ``units`` at ``starts[i]:starts[i + 1]``."""

    nodes: npt.NDArray[np.int32]
    units: npt.NDArray[np.int32]
    starts: Places

    def row(self, node: int) -> _Row:
        own = slice(self.starts[node], self.starts[node + 1])
        return _Row(self.nodes[own], self.units[own].astype(np.int64))


class _State(NamedTuple):
    """``root`` int64[n]: the least node of each node's cluster; ``sizes`` int64[n] of the clusters by it, else 0; of
    clusters of several nodes their members and totals."""

    root: Places
    sizes: Places
    members: dict[int, list[int]]
    rows: dict[int, _Row]
    floor: Floor


_Merger = tuple[float, int, int, int, int]
"""What mergers are sorted by: minus the mean score, the clusters, and their sizes when it was proposed."""


def _graph(places: Places, pairs: Pairs, scores: npt.NDArray[np.float64]) -> _Graph:
    exact = scores * UNITS
    units = np.rint(exact, out=exact).astype(np.int32)
    ends = np.column_stack([np.searchsorted(places, column).astype(np.int32) for column in pairs.T])
    kept = units > 0
    degrees = sum(np.bincount(column[kept], minlength=len(places)) for column in ends.T)
    starts = np.concatenate([[0], np.cumsum(degrees)])
    nodes, found = np.empty(starts[-1], np.int32), np.empty(starts[-1], np.int32)
    _fill(ends, units, starts[:-1].copy(), (nodes, found))
    return _Graph(nodes, found, starts)


@compiled
def _fill(ends: Any, units: Any, at: Any, out: Any) -> None:
    nodes, found = out
    for row in range(len(units)):
        if units[row] > 0:
            for side in range(2):
                node = ends[row, side]
                nodes[at[node]], found[at[node]] = ends[row, 1 - side], units[row]
                at[node] += 1


def _mergers_of_pairs(graph: _Graph, floor: Floor) -> list[_Merger]:
    """The mergers of two single nodes, as a heap."""
    good = np.flatnonzero(graph.units >= floor.of(1) * UNITS)
    one = np.searchsorted(graph.starts, good, side="right") - 1
    good, one = good[one < graph.nodes[good]], one[one < graph.nodes[good]]
    columns = (-graph.units[good].astype(np.float64), one, graph.nodes[good])
    heap = [(mean, a, b, 1, 1) for mean, a, b in zip(*(column.tolist() for column in columns), strict=True)]
    heapq.heapify(heap)
    return heap


def _merged(a: int, b: int, graph: _Graph, state: _State) -> list[_Merger]:
    """Take cluster b into cluster a, which has the lesser node; the mergers that it may make now."""
    rows = [state.rows.pop(node) if node in state.rows else graph.row(node) for node in (a, b)]
    gone = state.members.pop(b, [b])
    state.members.setdefault(a, [a]).extend(gone)
    state.root[gone] = a
    state.sizes[a] += state.sizes[b]
    state.sizes[b] = 0
    nodes = state.root[np.concatenate([row.nodes for row in rows])]
    others, at = np.unique(nodes, return_inverse=True)
    totals = np.zeros(len(others), np.int64)
    np.add.at(totals, at, np.concatenate([row.totals for row in rows]))
    others, totals = others[others != a], totals[others != a]
    state.rows[a] = _Row(others.astype(np.int32), totals)
    return _mergers_of(a, others, totals, state)


def _mergers_of(a: int, others: Places, totals: npt.NDArray[np.int64], state: _State) -> list[_Merger]:
    size, sizes = int(state.sizes[a]), state.sizes[others]
    counts = size * sizes
    means = totals / counts
    good = means >= np.maximum(state.floor.many, state.floor.pair / np.sqrt(counts)) * UNITS
    columns = zip(others[good].tolist(), means[good].tolist(), sizes[good].tolist(), strict=True)
    return [
        (-mean, a, other, size, of_other) if a < other else (-mean, other, a, of_other, size)
        for other, mean, of_other in columns
    ]
