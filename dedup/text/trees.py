"""Boosted trees read from JSON and evaluated by compiled code; each decision can be taken apart by feature.

The file format is one object a model: ``features`` (column names), ``baseline`` (log-odds), and ``trees``, each a
list of nodes: ``[feature, threshold, left, right, mean]`` (go left when the feature is <= threshold; ``mean`` is the
average of the leaves below in training) or ``[value]`` for a leaf. No pickle is read.
"""

from __future__ import annotations

import json
import math
from functools import lru_cache
from importlib import resources
from typing import Any, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

MASK_BITS = 32
_ALL = (1 << MASK_BITS) - 1
DE_BRUIJN = 0x077CB531
"""Times a power of two, its five high bits differ for all 32 of them (Leiserson, Prokop, Randall 1998)."""
LANES = 64
"""Rows that pass the sieve side by side: fewer are not made vector instructions of."""
WORTH = 24
"""Rows from which the sieve costs less than walking (measured: .4 µs of 64 lanes, 1.1 µs a row for 250 trees)."""


class Trees(NamedTuple):
    """Flat arrays of all nodes: ``feature`` int32 (-1 a leaf), ``threshold`` float32, ``left`` and ``right`` int32,
    ``value`` float32 (a leaf's value, an inner node's mean); ``roots`` int32.

    ``steps``, ``bounds``, ``values``, ``heads``: the same nodes breadth first, for walking without branches.
    ``steps`` uint32, 2 x nodes: features and left children (the right one is next to it); a leaf leads to itself,
    its bound (float32) being infinite. ``heads`` uint32, ``depths`` int32: first node and levels of each tree.
    ``sieve``: the same trees for many rows at once; None where a tree has more leaves than a mask has bits.
    """

    names: tuple[str, ...]
    baseline: float
    feature: NDArray[np.int32]
    threshold: NDArray[np.float32]
    left: NDArray[np.int32]
    right: NDArray[np.int32]
    value: NDArray[np.float32]
    roots: NDArray[np.int32]
    steps: NDArray[np.uint32]
    bounds: NDArray[np.float32]
    values: NDArray[np.float32]
    heads: NDArray[np.uint32]
    depths: NDArray[np.int32]
    sieve: Sieve | None


class Sieve(NamedTuple):
    """Inner nodes of all trees, those of tree t up to ``ends[t]``: ``feature`` int32, ``bound`` float32, ``keep``
    uint32, the leaves (bits, left to right) that stay possible where the feature is above the bound. The leaf that a
    row reaches is its lowest bit left (Lucchese et al. 2015, QuickScorer). ``leaves`` float32, trees x 32: the value
    of a leaf by the five high bits of its bit times DE_BRUIJN.
    """

    feature: NDArray[np.int32]
    bound: NDArray[np.float32]
    keep: NDArray[np.uint32]
    ends: NDArray[np.int32]
    leaves: NDArray[np.float32]


@lru_cache(maxsize=8)
def load(name: str) -> Trees:
    """The model in data/``name``.json of the package."""
    text = (resources.files("dedup.text") / "data" / f"{name}.json").read_text(encoding="utf-8")
    return from_json(text)


def from_json(text: str) -> Trees:
    """Read a model from its JSON text."""
    model = json.loads(text)
    names = tuple(model["features"])
    column = {feature: number for number, feature in enumerate(names)}
    feature: list[int] = []
    threshold: list[float] = []
    left: list[int] = []
    right: list[int] = []
    value: list[float] = []
    roots: list[int] = []
    for tree in model["trees"]:
        base = len(feature)
        roots.append(base)
        for node in tree:
            leaf = len(node) == 1
            feature.append(-1 if leaf else column[node[0]])
            threshold.append(0.0 if leaf else node[1])
            left.append(0 if leaf else base + node[2])
            right.append(0 if leaf else base + node[3])
            value.append(node[0] if leaf else node[4])
    steps, bounds, values, heads, depths = _breadth_first(model["trees"], column)
    return Trees(
        names,
        float(model["baseline"]),
        np.array(feature, dtype=np.int32),
        np.array(threshold, dtype=np.float32),
        np.array(left, dtype=np.int32),
        np.array(right, dtype=np.int32),
        np.array(value, dtype=np.float32),
        np.array(roots, dtype=np.int32),
        np.array(steps, dtype=np.uint32).reshape(-1, 2).T.copy(),
        np.array(bounds, dtype=np.float32),
        np.array(values, dtype=np.float32),
        np.array(heads, dtype=np.uint32),
        np.array(depths, dtype=np.int32),
        _sieve(model["trees"], column),
    )


def _sieve(trees: list[list[list[Any]]], column: dict[str, int]) -> Sieve | None:
    if any(sum(len(node) == 1 for node in tree) > MASK_BITS for tree in trees):
        return None
    nodes: list[tuple[int, float, int]] = []
    ends: list[int] = []
    leaves = np.zeros((len(trees), MASK_BITS), dtype=np.float32)
    for number, tree in enumerate(trees):
        _add_nodes(tree, 0, 0, column, nodes, leaves[number])
        ends.append(len(nodes))
    feature, bound, keep = zip(*nodes, strict=True) if nodes else ((), (), ())
    return Sieve(
        np.array(feature, dtype=np.int32),
        np.array(bound, dtype=np.float32),
        np.array(keep, dtype=np.uint32),
        np.array(ends, dtype=np.int32),
        leaves,
    )


def _add_nodes(
    tree: list[list[Any]], at: int, leaf: int, column: dict[str, int], nodes: list[tuple[int, float, int]], leaves: Any
) -> int:
    """Add the nodes from ``at`` down, whose leaves begin with number ``leaf``; returns the number after the last."""
    node = tree[at]
    if len(node) == 1:
        leaves[(DE_BRUIJN << leaf & _ALL) >> 27] = node[0]
        return leaf + 1
    own = len(nodes)
    nodes.append((0, 0.0, 0))
    middle = _add_nodes(tree, node[2], leaf, column, nodes, leaves)
    nodes[own] = column[node[0]], node[1], _ALL ^ (1 << middle) - (1 << leaf)
    return _add_nodes(tree, node[3], middle, column, nodes, leaves)


def _breadth_first(
    trees: list[list[list[Any]]], column: dict[str, int]
) -> tuple[list[tuple[int, int]], list[float], list[float], list[int], list[int]]:
    """Nodes of all trees level by level, siblings side by side, with the first node and the levels of each tree."""
    steps: list[tuple[int, int]] = []
    bounds: list[float] = []
    values: list[float] = []
    heads: list[int] = []
    depths: list[int] = []
    for tree in trees:
        heads.append(len(steps))
        level, depth = [0], 0
        while level:
            below = [child for node in level if len(tree[node]) > 1 for child in tree[node][2:4]]
            free = len(steps) + len(level)
            for number in level:
                node = tree[number]
                leaf = len(node) == 1
                steps.append((0, len(steps)) if leaf else (column[node[0]], free))
                bounds.append(math.inf if leaf else node[1])
                values.append(node[0] if leaf else 0.0)
                free += 0 if leaf else 2
            level, depth = below, depth + bool(below)
        depths.append(depth)
    return steps, bounds, values, heads, depths


def log_odds(model: Trees, rows: NDArray[np.float32]) -> NDArray[np.float32]:
    """Sum of the trees for every row of features: float32, one a row."""
    out = np.full(len(rows), model.baseline, dtype=np.float32)
    rows = np.ascontiguousarray(rows, dtype=np.float32)
    done = len(rows) // LANES * LANES
    if len(rows) - done >= WORTH:
        done = len(rows)
    if model.sieve is None:
        done = 0
    elif done:
        _pass_sieve(rows[:done], *model.sieve, out)
    walked = model.steps[0], model.steps[1], model.bounds, model.values, model.heads, model.depths
    _evaluate(rows[done:], *walked, out[done:])
    return out


@njit(cache=True, nogil=True)
def _evaluate(rows, features, lefts, bounds, values, heads, depths, out):  # type: ignore[no-untyped-def]
    """Tree by tree, eight rows side by side: no step waits for the one before it, and no branch is guessed.

    Rows hold no NaN, so that nothing passes a leaf's infinite bound. A row's values are added in the order of the
    trees, whatever stands beside it.
    """
    flat = rows.reshape(-1)
    width = np.uint32(rows.shape[1])
    at = np.zeros(8, dtype=np.uint32)
    for first in range(0, len(rows), 8):
        many = np.uint32(min(8, len(rows) - first) - 1)
        base = np.uint64(first) * np.uint64(width)
        for tree in range(len(heads)):
            at[:] = heads[tree]
            for _ in range(depths[tree]):
                for lane in range(np.uint32(8)):  # a fixed count is unrolled; idle lanes walk the last row again
                    node = at[lane]
                    row = lane if lane < many else many
                    value = flat[base + row * width + features[node]]
                    at[lane] = lefts[node] + np.uint32(value > bounds[node])
            for lane in range(many + np.uint32(1)):
                out[np.uint32(first) + lane] += values[at[lane]]


@njit(cache=True, nogil=True)
def _pass_sieve(rows, feature, bound, keep, ends, leaves, out):  # type: ignore[no-untyped-def]
    """Every inner node strikes out leaves of LANES rows at once; a row's values are added in the order of the trees."""
    columns = np.zeros((rows.shape[1], LANES), dtype=np.float32)
    left = np.empty(LANES, dtype=np.uint32)
    every = np.uint32(0xFFFFFFFF)
    for first in range(0, len(rows), LANES):
        many = min(LANES, len(rows) - first)
        for c in range(rows.shape[1]):
            for lane in range(many):
                columns[c, lane] = rows[first + lane, c]
        node = 0
        for tree in range(len(ends)):
            left[:] = every
            while node < ends[tree]:
                column, limit, kept = columns[feature[node]], bound[node], keep[node]
                for lane in range(LANES):
                    left[lane] &= kept if column[lane] > limit else every
                node += 1
            values = leaves[tree]
            for lane in range(many):
                lowest = np.uint32(left[lane] & (np.uint32(0) - left[lane]))
                out[first + lane] += values[np.uint32(lowest * np.uint32(0x077CB531)) >> np.uint32(27)]


def contributions(model: Trees, row: NDArray[np.float32]) -> list[tuple[str, float]]:
    """What each feature added to one row's log-odds, the largest first (Saabas 2014: the change of the mean of the
    leaves below, summed over the path)."""
    added: dict[str, float] = {}
    for root in model.roots:
        node = int(root)
        while model.feature[node] >= 0:
            column = int(model.feature[node])
            below = int(model.left[node] if row[column] <= model.threshold[node] else model.right[node])
            step = float(model.value[below] - model.value[node])
            added[model.names[column]] = added.get(model.names[column], 0.0) + step
            node = below
    return sorted(added.items(), key=lambda item: (-abs(item[1]), item[0]))
