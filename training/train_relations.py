"""Fit dedup/match/data/relation_model.json to labelled pairs, and cross-validate it.

    python training/train_relations.py DATA [--write]

DATA holds helsinki_articles.jsonl.gz, giveme5w1h_events.jsonl.gz and the three *_pairs.jsonl files. Articles are
cleaned by the package's own cleaner with the evidence of their feed. A pair is scored by a model that saw no pair
with either of its articles.
"""

from __future__ import annotations

import argparse
import gzip
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from dedup.match.features import NAMES, evidence
from dedup.match.profile import make_profile
from dedup.models import Article, CleanArticle
from dedup.settings import Settings
from dedup.text.clean import clean_many
from dedup.text.evidence import collect_evidence

FEEDS = ("helsinki_articles", "giveme5w1h_events")
LABELS = ("helsinki_pairs", "helsinki_pairs_more", "giveme5w1h_pairs")
MODEL = Path(__file__).parent.parent / "dedup" / "match" / "data" / "relation_model.json"
PENALTY = 0.3


class Labelled(NamedTuple):
    """Pairs, their features float64[pairs, len(NAMES)] and whether each is derived."""

    pairs: list[dict[str, Any]]
    features: npt.NDArray[np.float64]
    derived: npt.NDArray[np.bool_]


def read_feed(path: Path) -> Iterator[Article]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            when = datetime.fromisoformat(row["published"]) if row.get("published") else None
            if when and when.tzinfo is None:
                when = when.replace(tzinfo=UTC)
            yield Article(row["id"], row["text"], row.get("title"), row.get("url"), row.get("outlet"), when)


def clean_feeds(data: Path) -> dict[str, CleanArticle]:
    cleaned = {}
    for name in FEEDS:
        articles = list(read_feed(data / f"{name}.jsonl.gz"))
        cleaned.update({item.id: item for item in clean_many(articles, collect_evidence(articles))})
    return cleaned


def load(data: Path) -> Labelled:
    lines = [line for name in LABELS for line in (data / f"{name}.jsonl").read_text("utf-8").splitlines()]
    pairs = [pair for pair in map(json.loads, lines) if not pair.get("skip")]
    cleaned, settings = clean_feeds(data), Settings()
    needed = sorted({pair[side] for pair in pairs for side in "ab"})
    profiles = {name: make_profile(cleaned[name], settings) for name in needed}
    rows = [evidence(profiles[pair["a"]], profiles[pair["b"]]).values for pair in pairs]
    return Labelled(pairs, np.array(rows), np.array([pair["derived"] for pair in pairs]))


def fit(features: npt.NDArray[np.float64], derived: npt.NDArray[np.bool_]) -> tuple[float, npt.NDArray[np.float64]]:
    """Intercept and weights, on the features as they are."""
    from sklearn.linear_model import LogisticRegression

    mean, scale = features.mean(0), features.std(0)
    scale[scale == 0] = 1.0
    fitted = LogisticRegression(C=PENALTY, max_iter=2000).fit((features - mean) / scale, derived)
    weights = fitted.coef_[0] / scale
    return float(fitted.intercept_[0] - weights @ mean), weights


def cross_validate(data: Labelled) -> npt.NDArray[np.float64]:
    """Score of each pair by a model of the pairs that share no article with it."""
    sides = [{pair["a"], pair["b"]} for pair in data.pairs]
    scores = np.empty(len(sides))
    for i, own in enumerate(sides):
        apart = np.array([not (own & other) for other in sides])
        intercept, weights = fit(data.features[apart], data.derived[apart])
        scores[i] = 1 / (1 + np.exp(-(intercept + weights @ data.features[i])))
    return scores


def f1(found: npt.NDArray[np.bool_], wanted: npt.NDArray[np.bool_]) -> float:
    return float(2 * (found & wanted).sum() / max(found.sum() + wanted.sum(), 1))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--write", action="store_true")
    arguments = parser.parse_args()
    data = load(arguments.data)
    scores = cross_validate(data)
    sure = np.array([pair["confidence"] == "high" for pair in data.pairs])
    print(f"derived F1 {f1(scores >= 0.5, data.derived):.3f}; high {f1(scores[sure] >= 0.5, data.derived[sure]):.3f}")
    if arguments.write:
        intercept, weights = fit(data.features, data.derived)
        named = {name: round(float(weight), 5) for name, weight in zip(NAMES, weights, strict=True)}
        cuts = {"copy_s": 0.75, "copy_l": 0.72, "excerpt": 0.45, "rewrite": 3.3}
        raw = {"derived": {"intercept": round(intercept, 5), "weights": named}, "cuts": cuts}
        MODEL.write_text(json.dumps(raw, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
