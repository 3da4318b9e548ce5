"""Models shipped as data fit the features that the code computes."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from dedup.text import features, html, region, trees


@pytest.mark.parametrize(
    ("name", "columns"),
    [("line_model", features.NAMES), ("end_model", region.NAMES), ("html_model", html.NAMES)],
)
def test_columns_of_a_model_are_those_computed(name: str, columns: tuple[str, ...]) -> None:
    assert trees.load(name).names == columns


def test_contributions_add_up_to_the_log_odds() -> None:
    model = trees.load("line_model")
    row = np.arange(len(model.names), dtype=np.float32) % 7
    start = model.baseline + sum(float(model.value[root]) for root in model.roots)
    total = start + sum(value for _, value in trees.contributions(model, row))
    assert total == pytest.approx(float(trees.log_odds(model, row[None, :])[0]), abs=1e-3)


def _grown(rng: np.random.Generator, leaves: int) -> list[list[Any]]:
    """A random tree: nodes ``[feature, threshold, left, right, mean]`` and leaves ``[value]``."""
    tree: list[list[Any]] = [[float(rng.normal())]]
    while sum(len(node) == 1 for node in tree) < leaves:
        at = int(rng.choice([i for i, node in enumerate(tree) if len(node) == 1]))
        tree[at] = ["abc"[rng.integers(3)], float(rng.integers(5)), len(tree), len(tree) + 1, 0.0]
        tree += [[float(rng.normal())], [float(rng.normal())]]
    return tree


@pytest.mark.parametrize("leaves", [1, 2, 20, 32, 40])
@pytest.mark.parametrize("count", [1, 23, 24, 64, 90])
def test_trees_give_the_same_sums_however_many_rows_are_asked(leaves: int, count: int) -> None:
    rng = np.random.default_rng(leaves)
    grown = [_grown(rng, leaves) for _ in range(5)]
    model = trees.from_json(json.dumps({"features": ["a", "b", "c"], "baseline": 0.5, "trees": grown}))
    rows = rng.integers(-1, 6, (count, 3)).astype(np.float32)
    plain = [_walked(grown, row.tolist()) for row in rows]
    assert trees.log_odds(model, rows).tolist() == plain
    assert (model.sieve is None) == (leaves > 32)


def _walked(grown: list[list[list[Any]]], row: list[float]) -> float:
    total = np.float32(0.5)
    for tree in grown:
        node = tree[0]
        while len(node) > 1:
            feature, limit, left, right, _ = node
            node = tree[left if row["abc".index(feature)] <= limit else right]
        total += np.float32(node[0])
    return float(total)
