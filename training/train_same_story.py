"""Fit dedup/match/data/same_story.json to labelled events, and cross-validate the stories it makes.

    python training/train_same_story.py DATA [--write] [--sweep]

DATA holds giveme5w1h_events.jsonl.gz and ecbplus_events.jsonl.gz. Articles are cleaned by the package's own cleaner
with the evidence of their feed; a logistic regression is fitted to their candidate pairs, each set with the same
weight. Folds hold out whole topics of one set; the model is then fitted to the other topics and the other set.
"""

from __future__ import annotations

import argparse
import gzip
import json
import math
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from dedup.evaluate import b_cubed
from dedup.match.neighbours import neighbour_pairs
from dedup.match.same_story import FEATURES, Model, features, story_profile
from dedup.match.similarity import vectorise_many
from dedup.models import Article
from dedup.settings import Settings
from dedup.stories.clusters import Floor, average_linkage
from dedup.text.clean import clean_many
from dedup.text.evidence import collect_evidence

SETS = ("giveme5w1h_events", "ecbplus_events")
MODEL = Path(__file__).parent.parent / "dedup" / "match" / "data" / "same_story.json"

PENALTY = 30.0
"""Inverse strength of the l2 penalty: 7 weights against thousands of pairs need next to none."""

PRIOR = 0.3
"""Share of candidate pairs that tell one story in a feed of running subjects, where the event sets hold 2/3 or more:
they were made of chosen events. The intercept is moved from the sets' share to this one (prior correction: King and
Zeng, "Logistic regression in rare events data", 2001)."""

FOLDS, SHUFFLES = 5, 4


class Labelled(NamedTuple):
    """One set: story and topic of each article; candidate pairs int32[m, 2], their features and whether one story."""

    story: npt.NDArray[np.str_]
    topic: npt.NDArray[np.str_]
    pairs: npt.NDArray[np.int32]
    features: npt.NDArray[np.float64]
    same: npt.NDArray[np.bool_]


def read(path: Path) -> Iterator[tuple[Article, str, str]]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            when = datetime.fromisoformat(row["published"]) if row.get("published") else None
            if when and when.tzinfo is None:
                when = when.replace(tzinfo=UTC)
            article = Article(row["id"], row["text"], row.get("title") or None, row.get("url"), row["outlet"], when)
            yield article, row["story"], row.get("topic") or row["story"]


def labelled(path: Path, settings: Settings) -> Labelled:
    articles, stories, topics = zip(*read(path), strict=True)
    cleaned = clean_many(articles, collect_evidence(articles))
    vectors = vectorise_many(cleaned)
    profiles = [story_profile(item, vector) for item, vector in zip(cleaned, vectors, strict=True)]
    pairs = neighbour_pairs(cleaned, settings, vectors).pairs
    rows = np.array([features(profiles[i], profiles[j]) for i, j in pairs])
    story = np.array(stories)
    return Labelled(story, np.array(topics), pairs, rows, story[pairs[:, 0]] == story[pairs[:, 1]])


def fit(parts: Sequence[tuple[Labelled, npt.NDArray[np.bool_]]]) -> Model:
    """A model of the pairs whose articles are both in the mask, each part with the same weight."""
    from sklearn.linear_model import LogisticRegression

    kept = [(part, mask[part.pairs].all(axis=1)) for part, mask in parts]
    x = np.concatenate([part.features[keep] for part, keep in kept])
    y = np.concatenate([part.same[keep] for part, keep in kept])
    weight = np.concatenate([np.full(np.count_nonzero(keep), 1 / np.count_nonzero(keep)) for _, keep in kept])
    found = LogisticRegression(C=PENALTY, max_iter=10_000).fit(x, y, weight / weight.mean())
    share = float(np.average(y, weights=weight))
    shift = math.log(share / (1 - share)) - math.log(PRIOR / (1 - PRIOR))
    return Model(round(float(found.intercept_[0]) - shift, 3), tuple(round(float(w), 3) for w in found.coef_[0]))


def usual(parts: Sequence[Labelled]) -> tuple[float, ...]:
    """Halfway between the pairs of one story and those of two, each set with the same weight; the times are those of
    pairs with dates: that a date is missing says nothing of the event."""
    found = [np.mean([part.features[same].mean(0) for same in (part.same, ~part.same)], 0) for part in parts]
    middle = np.mean(found, 0)
    dated, days = FEATURES.index("dated"), FEATURES.index("log_days")
    timed = [part for part in parts if part.features[:, dated].mean() > 0.5]
    middle[days] = np.mean([part.features[same, days].mean() for part in timed for same in (part.same, ~part.same)])
    middle[dated] = 1.0
    return tuple(round(float(x), 3) for x in middle)


def score(model: Model, part: Labelled, mask: npt.NDArray[np.bool_], floor: Floor) -> dict[str, float]:
    """B-cubed precision, recall and F1 of the articles in the mask."""
    keep = mask[part.pairs].all(axis=1)
    names = [f"{i:05d}" for i in range(len(mask))]
    scores = {
        (names[min(i, j)], names[max(i, j)]): model.score(row)
        for (i, j), row in zip(part.pairs[keep].tolist(), part.features[keep].tolist(), strict=True)
    }
    inside = [names[i] for i in np.flatnonzero(mask)]
    clusters = average_linkage(inside, scores, floor)
    found = {name: cluster[0] for cluster in clusters for name in cluster}
    return b_cubed({name: str(part.story[int(name)]) for name in inside}, found)


def cross_validate(parts: Sequence[Labelled], floor: Floor) -> list[list[float]]:
    """For each set, the mean F1 of every shuffle of topics into folds, weighted by articles."""
    means = []
    for at, part in enumerate(parts):
        others = [(other, np.ones(len(other.story), np.bool_)) for k, other in enumerate(parts) if k != at]
        means.append([_shuffle(part, others, seed, floor) for seed in range(SHUFFLES)])
    return means


def _shuffle(part: Labelled, others: Any, seed: int, floor: Floor) -> float:
    topics = np.random.default_rng(seed).permutation(np.unique(part.topic))
    fold_of = {topic: k % FOLDS for k, topic in enumerate(topics)}
    fold = np.array([fold_of[topic] for topic in part.topic])
    total = 0.0
    for k in range(FOLDS):
        model = fit([*others, (part, fold != k)])
        total += score(model, part, fold == k, floor)["f1"] * np.count_nonzero(fold == k)
    return total / len(fold)


def report(parts: Sequence[Labelled], floor: Floor) -> None:
    everything = [np.ones(len(part.story), np.bool_) for part in parts]
    model = fit(list(zip(parts, everything, strict=True)))
    for name, part, mask, folds in zip(SETS, parts, everything, cross_validate(parts, floor), strict=True):
        other = fit([(p, m) for p, m in zip(parts, everything, strict=True) if p is not part])
        whole = ", ".join(f"{key} {value:.3f}" for key, value in score(model, part, mask, floor).items())
        moved = score(other, part, mask, floor)["f1"]
        held = " ".join(f"{f1:.3f}" for f1 in folds)
        print(f"{name}: whole set {whole}; fitted to the other set alone {moved:.3f}; held-out topics {held}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--write", action="store_true", help="replace the shipped weights")
    parser.add_argument("--sweep", action="store_true", help="also try other floors")
    given = parser.parse_args()
    settings = Settings()
    parts = [labelled(given.data / f"{name}.jsonl.gz", settings) for name in SETS]
    model = fit([(part, np.ones(len(part.story), np.bool_)) for part in parts])
    weights = dict(zip(FEATURES, model.weights, strict=True))
    print(json.dumps({"intercept": model.intercept, "weights": weights}))
    report(parts, Floor(settings.story_pair, settings.story_floor))
    for many in (0.08, 0.1, 0.12, 0.14, 0.16, 0.2, 0.25) if given.sweep else ():
        for pair in (0.4, 0.5, 0.6):
            print(f"story_pair {pair} story_floor {many}")
            report(parts, Floor(pair, many))
    if given.write:
        note = "made by training/train_same_story.py; probability = logistic(intercept + sum of weight * feature)"
        middle = dict(zip(FEATURES, usual(parts), strict=True))
        shipped = {"note": note, "intercept": model.intercept, "weights": weights, "usual": middle}
        text = json.dumps(shipped, indent=1)
        MODEL.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
