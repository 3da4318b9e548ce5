"""Turn a scikit-learn HistGradientBoostingClassifier into the JSON that dedup.text.trees reads."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any


def to_json(model: Any, names: Sequence[str], note: str) -> str:
    """JSON text of a fitted binary HistGradientBoostingClassifier, one tree a line."""
    trees = [_tree(predictors[0].nodes, names) for predictors in model._predictors]
    lines = ",\n  ".join(json.dumps(tree, separators=(",", ":")) for tree in trees)
    head = {"note": note, "features": list(names), "baseline": round(float(model._baseline_prediction.ravel()[0]), 6)}
    return json.dumps(head, indent=1)[:-2] + f',\n "trees": [\n  {lines}\n ]\n}}\n'


def _tree(nodes: Any, names: Sequence[str]) -> list[list[Any]]:
    means = _means(nodes)
    out: list[list[Any]] = []
    for number, node in enumerate(nodes):
        if node["is_leaf"]:
            out.append([round(float(node["value"]), 4)])
            continue
        threshold = float(f"{float(node['num_threshold']):.9g}")
        children = [int(node["left"]), int(node["right"])]
        out.append([names[int(node["feature_idx"])], threshold, *children, round(means[number], 4)])
    return out


def _means(nodes: Any) -> list[float]:
    means = [0.0] * len(nodes)
    for number in reversed(range(len(nodes))):
        node = nodes[number]
        if node["is_leaf"]:
            means[number] = float(node["value"])
            continue
        left, right = int(node["left"]), int(node["right"])
        a, b = float(nodes[left]["count"]), float(nodes[right]["count"])
        means[number] = (means[left] * a + means[right] * b) / max(a + b, 1.0)
    return means
