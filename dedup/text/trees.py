"""Boosted trees read from JSON and evaluated by compiled code; each decision can be taken apart by feature.

The file format is one object a model: ``features`` (column names), ``baseline`` (log-odds), and ``trees``, each a
list of nodes: ``[feature, threshold, left, right, mean]`` (go left when the feature is <= threshold; ``mean`` is the
average of the leaves below in training) or ``[value]`` for a leaf. No pickle is read.
"""

from __future__ import annotations

import json
from functools import lru_cache
from importlib import resources
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray


class Trees(NamedTuple):
    """Flat arrays of all nodes: ``feature`` int32 (-1 a leaf), ``threshold`` float32, ``left`` int32 (right is left + 1
    unless ``right`` says else), ``value`` float32 (a leaf's value, an inner node's mean); ``roots`` int32."""

    names: tuple[str, ...]
    baseline: float
    feature: NDArray[np.int32]
    threshold: NDArray[np.float32]
    left: NDArray[np.int32]
    right: NDArray[np.int32]
    value: NDArray[np.float32]
    roots: NDArray[np.int32]


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
    return Trees(
        names,
        float(model["baseline"]),
        np.array(feature, dtype=np.int32),
        np.array(threshold, dtype=np.float32),
        np.array(left, dtype=np.int32),
        np.array(right, dtype=np.int32),
        np.array(value, dtype=np.float32),
        np.array(roots, dtype=np.int32),
    )


def log_odds(model: Trees, rows: NDArray[np.float32]) -> NDArray[np.float32]:
    """Sum of the trees for every row of features: float32, one a row."""
    out = np.full(len(rows), model.baseline, dtype=np.float32)
    _evaluate(rows, model.feature, model.threshold, model.left, model.right, model.value, model.roots, out)
    return out


@njit(cache=True, nogil=True)
def _evaluate(rows, feature, threshold, left, right, value, roots, out):  # type: ignore[no-untyped-def]
    for row in range(len(rows)):
        total = out[row]
        for tree in range(len(roots)):
            node = roots[tree]
            while feature[node] >= 0:
                node = left[node] if rows[row, feature[node]] <= threshold[node] else right[node]
            total += value[node]
        out[row] = total


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
