"""Stars of a graph of verified pairs: a centre and what was verified against it, so that chains glue nothing together
(Aslam, Pelekhov and Rus, "The star clustering algorithm", JGAA 2004). For millions of pairs; arrays only.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from dedup.match.compiled import compiled


def star_centres(
    pairs: npt.NDArray[np.int64], shares: npt.NDArray[np.float32], ranks: npt.NDArray[np.int64]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]:
    """For each of n nodes its centre (itself where it has none), int64[n], and what it shares with it: float32[n, 2],
    the share of the node's own text and that of the centre's.

    ``pairs`` int64[m, 2] are the edges and ``shares`` float32[m, 2] the shares of their first and second node; of two
    edges between the same nodes the first counts. ``ranks`` int64[n] say who goes first among equals: the nodes of
    most edges are centres, and a node goes to the centre that holds most of it.
    """
    count = len(ranks)
    ends = np.concatenate([pairs, pairs[:, ::-1]])
    both = np.concatenate([shares, shares[:, ::-1]])
    order = np.lexsort((ranks[ends[:, 1]], ends[:, 0])) if len(ends) else np.zeros(0, np.int64)
    ends, both = ends[order], both[order]
    bounds = np.searchsorted(ends[:, 0], np.arange(count + 1))
    turn = np.lexsort((ranks, -np.diff(bounds)))
    centre, own = np.arange(count), np.ones((count, 2), np.float32)
    _choose(ends[:, 1], both, bounds, turn, (centre, own))
    return centre, own


@compiled
def _choose(others: Any, shares: Any, bounds: Any, turn: Any, out: Any) -> None:
    centre, own = out
    is_centre, taken = np.zeros(turn.shape[0], np.bool_), np.zeros(turn.shape[0], np.bool_)
    for node in turn:
        if taken[node]:
            continue
        for at in range(bounds[node], bounds[node + 1]):
            if not taken[others[at]]:
                taken[others[at]] = True
                is_centre[node] = True
        taken[node] = taken[node] or is_centre[node]
    for node in range(turn.shape[0]):
        if is_centre[node]:
            continue
        best = np.float32(-1)
        for at in range(bounds[node], bounds[node + 1]):
            if is_centre[others[at]] and shares[at, 0] > best:
                best = shares[at, 0]
                centre[node] = others[at]
                own[node, 0], own[node, 1] = shares[at, 0], shares[at, 1]
