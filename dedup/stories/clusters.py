"""Average linkage over a sparse graph of scores: the clusterer behind stories.

Two clusters are joined as long as the mean score over all their pairs, those without a score counting as 0, reaches
what their sizes ask for; best first. Scores are held as integers, so that no order of addition changes a mean, and
ties go to the least members: the result for a component of the graph depends on that component alone.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Iterable, Mapping
from typing import Generic, NamedTuple, TypeVar

Name = TypeVar("Name", int, str)

UNITS = 1_000_000
"""Scores are rounded to millionths."""


class Floor(NamedTuple):
    """Least mean score of a merger: ``pair`` for two single texts, falling with the square root of the number of
    pairs to ``many``, because two texts of a large story may look at it from different sides."""

    pair: float
    many: float

    def of(self, pairs: int) -> float:
        """What clusters with so many pairs between them need, 0..1."""
        return max(self.many, self.pair / math.sqrt(pairs))


def average_linkage(
    names: Iterable[Name], scores: Mapping[tuple[Name, Name], float], floor: Floor
) -> tuple[tuple[Name, ...], ...]:
    """Clusters of ``names``, each sorted, sorted by least member.

    ``scores`` are 0..1 for pairs of distinct names (a, b), a < b. Sparse rows and a heap of means whose stale entries
    are known by the sizes they were made for (Müllner, "Modern hierarchical, agglomerative clustering algorithms",
    2011, generic algorithm): time near linear in the number of scores while clusters stay small.
    """
    clusters = _Clusters({name: [name] for name in sorted(names)}, {}, [], floor)
    clusters.rows.update((name, {}) for name in clusters.members)
    for (a, b), score in scores.items():
        if round(score * UNITS) > 0:
            clusters.rows[a][b] = clusters.rows[b][a] = round(score * UNITS)
    for a, row in clusters.rows.items():
        for b in row:
            if a < b:
                _propose(a, b, clusters)
    while clusters.heap:
        _, a, b, size_a, size_b = heapq.heappop(clusters.heap)
        if len(clusters.members.get(a, ())) == size_a and len(clusters.members.get(b, ())) == size_b:
            _merge(a, b, clusters.members, clusters.rows)
            for other in clusters.rows[a]:
                _propose(min(a, other), max(a, other), clusters)
    return tuple(sorted(tuple(sorted(cluster)) for cluster in clusters.members.values()))


class _Clusters(NamedTuple, Generic[Name]):
    """Members by least name; total score to every neighbour; mergers that may be made, best first."""

    members: dict[Name, list[Name]]
    rows: dict[Name, dict[Name, int]]
    heap: list[tuple[float, Name, Name, int, int]]
    floor: Floor


def _propose(a: Name, b: Name, clusters: _Clusters[Name]) -> None:
    """Put a merger on the heap if its mean is enough."""
    size_a, size_b = len(clusters.members[a]), len(clusters.members[b])
    mean = clusters.rows[a][b] / (size_a * size_b)
    if mean >= clusters.floor.of(size_a * size_b) * UNITS:
        heapq.heappush(clusters.heap, (-mean, a, b, size_a, size_b))


def _merge(a: Name, b: Name, members: dict[Name, list[Name]], rows: dict[Name, dict[Name, int]]) -> None:
    """Take cluster b into cluster a, which has the lesser name."""
    members[a] += members.pop(b)
    row, gone = rows[a], rows.pop(b)
    row.pop(b, None)
    for other, total in gone.items():
        if other != a:
            row[other] = row.get(other, 0) + total
            back = rows[other]
            del back[b]
            back[a] = row[other]
