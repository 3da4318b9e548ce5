"""Train the line models of dedup.text and write them as JSON into dedup/text/data.

    python training/train_lines.py ../shared/data            # final models, and the cross-validated figures
    python training/train_lines.py ../shared/data --check    # figures only

Needs html-text besides the package's own extras. Folds go by outlet or host; mixtures are made of training folds only.
"""

from __future__ import annotations

import argparse
import random
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from corpus import (
    FOLDS,
    Doc,
    assign_folds,
    family,
    four_grams,
    further_articles,
    labelled_articles,
    mixed,
    news,
    pages,
    plain,
    planted_labelled,
    planted_news,
    sentences_of,
)
from export_trees import to_json
from sklearn.ensemble import HistGradientBoostingClassifier

from dedup.text import features, region
from dedup.text.roles import PAGE_LIMIT

DATA = Path(__file__).parents[1] / "dedup" / "text" / "data"
LINE = {"max_iter": 400, "learning_rate": 0.04, "max_leaf_nodes": 14, "min_samples_leaf": 60, "max_features": 0.15}
END = {"max_iter": 70, "learning_rate": 0.1, "max_leaf_nodes": 8, "min_samples_leaf": 150, "max_features": 0.3}
"""Chosen by cross-validation among a few; small trees and few features a split, for there are 732 documents."""
MIXED, PLANTED, PLAIN = 120, 240, 120
"""Synthetic documents a fold: more of them did not help further."""


WEIGHTS = {"article": 4.0, "crawl": 4.0, "extract": 2.0, "news": 2.0, "sentences": 0.5, "planted": 1.2}
KINDS = ("article", "crawl", "extract", "news", "scrapinghub", "andy")
PAGE = 2.0
LABELLED = ("article", "crawl", "extract", "news")


def weights(doc: Doc) -> Any:
    """Weight of every line: by the root of its words, pages held to 150 lines' worth, labelled articles counted up."""
    by_words = np.minimum(np.sqrt(np.maximum(doc.rows[:, 0], 1)), 8) / 4
    return by_words * WEIGHTS.get(doc.kind, PAGE * min(1.0, 150 / max(1, len(by_words))))


def fit(docs: Sequence[Doc], seed: int = 0) -> Any:
    """Boosted trees that say whether a line is body."""
    model = HistGradientBoostingClassifier(**LINE, l2_regularization=1.0, random_state=seed)
    rows = np.concatenate([doc.rows for doc in docs])
    labels = np.concatenate([doc.y > 0.5 for doc in docs])
    return model.fit(rows, labels, sample_weight=np.concatenate([weights(doc) for doc in docs]))


def with_titles(docs: Sequence[Doc]) -> list[Doc]:
    """Every labelled article twice, without and with its headline known; the rest as it is."""
    twice = []
    for doc in docs:
        twice.append(doc)
        if doc.kind in (*LABELLED, "planted", "sentences") and doc.title:
            twin = Doc(doc.kind, doc.group, doc.text, doc.labels, doc.title, doc.body, doc.classes, doc.fold)
            twice.append(twin.prepare(doc.title))
    return twice


def fit_end(docs: Sequence[Doc]) -> Any:
    """Boosted trees that say whether the article is over at a line; ``odds`` are of a model that did not see it."""
    rows, labels, importance = [], [], []
    for doc in docs:
        body = np.flatnonzero(doc.y > 0.5)
        if not len(body):
            continue
        rows.append(region.region_features(doc.scan, doc.units, doc.rows, doc.odds))
        labels.append(np.arange(len(doc.units)) > body[-1])
        weight = 100 / len(doc.units) ** 0.7 * (0.5 if doc.kind in ("mixed", "planted") else 1.0)
        importance.append(np.full(len(doc.units), weight))
    model = HistGradientBoostingClassifier(**END, l2_regularization=5.0, random_state=0)
    return model.fit(np.concatenate(rows), np.concatenate(labels), sample_weight=np.concatenate(importance))


def synthetic(docs: Sequence[Doc], rows: Sequence[dict[str, Any]], seed: int) -> list[Doc]:
    """Mixtures of ``docs``, planted and plain articles."""
    rng = random.Random(seed)
    made = mixed(docs, rows, rng, MIXED)
    labelled = [doc for doc in docs if doc.kind in LABELLED]
    made += [sentences_of(doc) for doc in labelled]
    made += [planted_labelled(doc, rng, rows) for doc in rng.sample(labelled, min(PLANTED, len(labelled)))]
    made += [planted_news(row, rng, rows) for row in rng.sample(list(rows), PLANTED)]
    made += [plain(row, rng) for row in rng.sample(list(rows), PLAIN)]
    return [doc.prepare() for doc in made]


def cross_validate(docs: Sequence[Doc], rows: Sequence[dict[str, Any]]) -> list[list[Doc]]:
    """Fill ``odds`` of every doc by models of the other folds; returns each fold's synthetic docs, with odds."""
    made = []
    for fold in range(FOLDS):
        train = [doc for doc in docs if doc.fold != fold]
        held = {doc.group for doc in docs if doc.fold == fold}
        extra = synthetic(train, [row for row in rows if family(row["outlet"]) not in held], fold)
        model = fit(with_titles([*train, *extra[::2]]))
        for doc in [doc for doc in docs if doc.fold == fold] + extra[1::2]:
            doc.odds = model.decision_function(doc.rows).astype(np.float32)
        for doc in docs:
            if doc.fold == fold and doc.kind in LABELLED:
                titled = features.line_features(doc.scan, doc.title)[1]
                doc.titled_odds = model.decision_function(titled).astype(np.float32)  # type: ignore[attr-defined]
        made.append(extra[1::2])
        print("fold", fold, file=sys.stderr, flush=True)
    return made


def report(docs: Sequence[Doc], made: Sequence[Sequence[Doc]]) -> None:
    """Print the cross-validated figures of line model and end model together."""
    keeps: dict[int, Any] = {}
    for fold in range(FOLDS):
        model = fit_end([*[doc for doc in docs if doc.fold != fold], *made[fold]])
        for number, doc in enumerate(docs):
            if doc.fold != fold:
                continue
            odds = getattr(doc, "titled_odds", doc.odds)
            over = model.decision_function(region.region_features(doc.scan, doc.units, doc.rows, odds))
            cut = int(np.argmax(np.concatenate(([0.0], np.cumsum(-over)))))
            keeps[number] = (odds, np.arange(len(odds)) < cut)
    labelled = [number for number, doc in enumerate(docs) if doc.kind in LABELLED]
    odds = np.concatenate([keeps[number][0] for number in labelled])
    print("calibration", calibration(odds, np.concatenate([docs[number].y > 0.5 for number in labelled])))
    for name, limit, use_end in (("lines only", 0.0, False), ("with end", 0.0, True), ("page limit", PAGE_LIMIT, True)):
        chosen = {n: (odds > limit) & (inside | (not use_end)) for n, (odds, inside) in keeps.items()}
        print(name, *(f"\n   {kind} {score(docs, chosen, kind)}" for kind in KINDS))


def calibration(odds: Any, body: Any) -> str:
    """Expected calibration error over ten bins of probability, and each bin's mean probability and share of body."""
    chance = 1 / (1 + np.exp(-odds))
    bins = np.minimum((chance * 10).astype(int), 9)
    means = [(chance[bins == b].mean(), body[bins == b].mean(), (bins == b).sum()) for b in range(10)]
    error = sum(abs(mean - share) * count for mean, share, count in means) / len(odds)
    return f"error {error:.4f}: " + " ".join(f"{mean:.2f}>{share:.2f}" for mean, share, _ in means)


def score(docs: Sequence[Doc], chosen: dict[int, Any], kind: str) -> str:
    """F1 of lines and words (articles) or mean 4-gram F1 (pages)."""
    lines: Counter[tuple[bool, bool]] = Counter()
    words: Counter[tuple[bool, bool]] = Counter()
    precision, recall, count = 0.0, 0.0, 0
    for number, doc in enumerate(docs):
        if doc.kind != kind:
            continue
        texts = doc.line_texts
        for text, gold, got in zip(texts, doc.y > 0.5, chosen[number], strict=True):
            lines[bool(gold), bool(got)] += 1
            words[bool(gold), bool(got)] += len(text.split())
        found = Counter(four_grams("\n".join(text for text, got in zip(texts, chosen[number], strict=True) if got)))
        true = Counter(four_grams(doc.body))
        hits = sum((found & true).values())
        precision, recall = precision + hits / max(1, found.total()), recall + hits / max(1, true.total())
        count += 1
    if kind in LABELLED:
        return f"lines {_f1(lines):.4f} words {_f1(words):.4f} left {words[False, True]} lost {words[True, False]}"
    precision, recall = precision / count, recall / count
    return f"{2 * precision * recall / (precision + recall):.4f} (P {precision:.3f} R {recall:.3f})"


def _f1(table: Counter[tuple[bool, bool]]) -> float:
    return 2 * table[True, True] / (2 * table[True, True] + table[True, False] + table[False, True])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--check", action="store_true", help="print cross-validated figures only")
    options = parser.parse_args()
    labelled = [*labelled_articles(options.data), *further_articles(options.data)]
    docs = [doc.prepare() for doc in [*labelled, *pages(options.data)]]
    assign_folds(docs)
    rows = [row for number, row in enumerate(news(options.data)) if number % 4 and len(row["text"]) < 8000]
    made = cross_validate(docs, rows)
    report(docs, made)
    if options.check:
        return
    note = "Made by training/train_lines.py; format in dedup/text/trees.py"
    line_model = fit(with_titles([*docs, *synthetic(docs, rows, FOLDS)]))
    (DATA / "line_model.json").write_text(to_json(line_model, features.NAMES, note), encoding="utf-8")
    end_model = fit_end([*docs, *made[0], *made[1]])
    (DATA / "end_model.json").write_text(to_json(end_model, region.NAMES, note), encoding="utf-8")


if __name__ == "__main__":
    main()
