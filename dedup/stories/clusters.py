"""Average linkage over a sparse graph of scores: the clusterer behind stories.

Two clusters are joined as long as the mean score over all their pairs, those without a score counting as 0, reaches a
floor; best first. Scores are held as integers, so that no order of addition changes a mean, and ties go to the least
members: the result for a component of the graph depends on that component alone.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Mapping

UNITS = 1_000_000
"""Scores are rounded to millionths."""


def average_linkage(
    names: Iterable[str], scores: Mapping[tuple[str, str], float], floor: float
) -> tuple[tuple[str, ...], ...]:
    """Clusters of ``names``, each sorted, sorted by least member.

    ``scores`` are 0..1 for pairs of distinct names (a, b), a < b; ``floor`` is the least mean score, above 0. Time is
    near linear in the number of scores (Müllner, "Modern hierarchical, agglomerative clustering algorithms", 2011,
    for the heap of neighbours; here with sparse rows merged smaller into larger).
    """
    members = {name: [name] for name in sorted(names)}
    rows: dict[str, dict[str, int]] = {name: {} for name in members}
    for (a, b), score in scores.items():
        if round(score * UNITS) > 0:
            rows[a][b] = rows[b][a] = round(score * UNITS)
    heap = [(-float(total), a, b, 1, 1) for a, row in rows.items() for b, total in row.items() if a < b]
    heapq.heapify(heap)
    least = floor * UNITS
    while heap and -heap[0][0] >= least:
        _, a, b, size_a, size_b = heapq.heappop(heap)
        if len(members.get(a, ())) != size_a or len(members.get(b, ())) != size_b:
            continue
        _merge(a, b, members, rows)
        for other, total in rows[a].items():
            low, high = (a, other) if a < other else (other, a)
            mean = total / (len(members[low]) * len(members[high]))
            if mean >= least:
                heapq.heappush(heap, (-mean, low, high, len(members[low]), len(members[high])))
    return tuple(sorted(tuple(sorted(cluster)) for cluster in members.values()))


def _merge(a: str, b: str, members: dict[str, list[str]], rows: dict[str, dict[str, int]]) -> None:
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
