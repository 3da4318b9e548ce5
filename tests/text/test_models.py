"""Models shipped as data fit the features that the code computes."""

from __future__ import annotations

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
