"""The measures are the field's own: small cases worked by hand."""

import json
from pathlib import Path

import pytest

from dedup import LabelError, Match
from dedup.evaluate import _average_precision, _Judged, _page_share, b_cubed, evaluate, kind_of


def test_b_cubed_of_the_papers_kind_of_example() -> None:
    label = {"a": "1", "b": "1", "c": "1", "d": "2", "e": "2"}
    found = {"a": "x", "b": "x", "c": "y", "d": "y", "e": "y"}
    scores = b_cubed(label, found)
    # precision: a, b 1; c 1/3; d, e 2/3. recall: a, b 2/3; c 1/3; d, e 1.
    assert scores["precision"] == round((1 + 1 + 1 / 3 + 2 / 3 + 2 / 3) / 5, 4)
    assert scores["recall"] == round((2 / 3 + 2 / 3 + 1 / 3 + 1 + 1) / 5, 4)


def test_b_cubed_is_perfect_only_when_the_partition_is_right() -> None:
    label = {"a": "1", "b": "1", "c": "2"}
    assert b_cubed(label, {"a": "x", "b": "x", "c": "y"})["f1"] == 1.0
    assert b_cubed(label, {"a": "x", "b": "y", "c": "z"})["f1"] < 1.0
    assert b_cubed(label, {"a": "x", "b": "x", "c": "x"})["f1"] < 1.0


def _judged(score: float, derived: bool) -> _Judged:
    match = Match("a", "b", "copy" if score > 0.5 else "related", score, 0.0, 0.0, (0.0, 0.0), 0.0)
    return _Judged({"derived": derived}, match)


def test_average_precision_by_hand() -> None:
    ranked = [_judged(0.9, True), _judged(0.8, False), _judged(0.7, True), _judged(0.1, False)]
    assert _average_precision(ranked) == round((1 + 2 / 3) / 2, 4)


def test_equal_scores_cannot_be_ordered_to_flatter() -> None:
    tied = [_judged(0.5, True), _judged(0.5, False), _judged(0.5, False), _judged(0.5, False)]
    assert _average_precision(tied) == _average_precision(tied[::-1]) == 0.25


def test_page_share_counts_four_grams_as_often_as_they_stand() -> None:
    assert _page_share("a b c d e", "a b c d e") == (1.0, 1.0)
    precision, recall = _page_share("a b c d e", "a b c d e a b c d e")
    assert recall == 1.0
    assert precision < 0.5
    assert _page_share("a b c d", "") == (0.0, 0.0)


@pytest.mark.parametrize(
    ("row", "kind"),
    [
        ({"a": 1, "b": 2, "relation": "copy", "derived": True}, "pairs"),
        ({"id": "a", "text": "x", "classes": "B"}, "lines"),
        ({"id": "a", "html": "x", "body": "x"}, "pages"),
        ({"id": "a", "text": "x", "story": "1"}, "events"),
    ],
)
def test_the_kind_of_labels_is_seen_from_their_fields(tmp_path: Path, row: dict[str, object], kind: str) -> None:
    path = tmp_path / "labels.jsonl"
    path.write_text(json.dumps(row), encoding="utf-8")
    assert kind_of(path) == kind


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("{broken", "line 1: is not JSON"),
        ("[1]", "line 1: is not a JSON object"),
        ('{"a": "x", "b": "y", "relation": "copy"}', "row 1 has no field 'derived'"),
    ],
)
def test_labels_that_break_their_schema_are_refused_by_place(tmp_path: Path, content: str, sentence: str) -> None:
    path = tmp_path / "labels.jsonl"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(LabelError, match=sentence):
        evaluate("pairs", path, [path])


def test_an_article_of_a_pair_that_no_feed_holds_is_named(tmp_path: Path) -> None:
    labels, feed = tmp_path / "labels.jsonl", tmp_path / "feed.jsonl"
    labels.write_text(json.dumps({"a": "x", "b": "y", "relation": "copy", "derived": True}), encoding="utf-8")
    feed.write_text(json.dumps({"id": "x", "text": "Some words of an article."}), encoding="utf-8")
    with pytest.raises(LabelError, match="article 'y' is in no given feed"):
        evaluate("pairs", labels, [feed])
