"""Train the model of HTML pages and write it as JSON into dedup/text/data.

    python training/train_html.py ../shared/data [--check]

Folds go by host. Needs html-text besides the package's own extras.
"""

from __future__ import annotations

import argparse
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
from corpus import FOLDS, Doc, assign_folds, four_grams, labelled_articles, pages
from export_trees import to_json
from sklearn.ensemble import HistGradientBoostingClassifier

from dedup.text import features, html
from dedup.text.htmlworker import read_page, share_in
from dedup.text.lexicon import lexicon
from dedup.text.page import PageMeta
from dedup.text.scan import scan

DATA = Path(__file__).parents[1] / "dedup" / "text" / "data"
HTML = {"max_iter": 100, "learning_rate": 0.1, "max_leaf_nodes": 10, "min_samples_leaf": 100, "max_features": 0.2}
"""Chosen by cross-validation among a few."""


def prepare(doc: Doc) -> None:
    """Lines of the page's HTML, their features, and their labels from the hand-made body."""
    answer, rows = read_page(doc.html)
    structure = np.frombuffer(rows, dtype=np.float32).reshape(len(answer["lines"]), -1)
    doc.text = "\n".join(answer["lines"])
    doc.labels = share_in(answer["lines"], doc.body)
    doc.scan = scan(doc.text, lexicon())
    doc.units, doc.rows = features.line_features(doc.scan, None)
    doc.y = np.array([doc.labels[i] for i in doc.units])
    doc.odds = html.html_features(doc.units, doc.rows, structure)
    doc.page = html.Page(tuple(answer["lines"]), structure, PageMeta(), ())  # type: ignore[attr-defined]


def fit(docs: list[Doc]) -> Any:
    """Boosted trees that say whether a line of a page is body."""
    weight = [
        np.minimum(np.sqrt(np.maximum(doc.rows[:, 0], 1)), 8) / 4 * min(1.0, 150 / max(1, len(doc.units)))
        for doc in docs
    ]
    model = HistGradientBoostingClassifier(**HTML, l2_regularization=2.0, random_state=0)
    labels = np.concatenate([doc.y > 0.5 for doc in docs])
    return model.fit(np.concatenate([doc.odds for doc in docs]), labels, sample_weight=np.concatenate(weight))


def page_shares(doc: Doc, kept: Any) -> tuple[float, float]:
    """Precision and recall of 4-grams."""
    found = Counter(four_grams("\n".join(text for text, use in zip(doc.line_texts, kept, strict=True) if use)))
    true = Counter(four_grams(doc.body))
    hits = sum((found & true).values())
    return hits / max(1, found.total()), hits / max(1, true.total())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--check", action="store_true", help="print cross-validated figures only")
    parser.add_argument("--worst", type=int, default=0, metavar="N", help="print the N pages read worst")
    options = parser.parse_args()
    docs = pages(options.data)
    assign_folds([*labelled_articles(options.data), *docs])
    for doc in docs:
        prepare(doc)
    worst: list[tuple[float, float, str]] = []
    shares: dict[str, list[tuple[float, float]]] = {}
    for fold in range(FOLDS):
        model = fit([doc for doc in docs if doc.fold != fold])
        for doc in docs:
            if doc.fold == fold:
                kept = _with_fallback(doc, model.decision_function(doc.odds))
                found = page_shares(doc, kept)
                shares.setdefault(doc.kind, []).append(found)
                worst.append((*found, doc.url))
    for precision, recall, url in sorted(worst, key=lambda page: page[0] * page[1])[: options.worst]:
        print(f"P {precision:.3f} R {recall:.3f} {url}")
    for kind, pairs in shares.items():
        precision, recall = np.mean(pairs, axis=0)
        print(f"{kind} {2 * precision * recall / (precision + recall):.4f} (P {precision:.3f} R {recall:.3f})")
    if not options.check:
        note = "Made by training/train_html.py; format in dedup/text/trees.py"
        (DATA / "html_model.json").write_text(to_json(fit(docs), html.NAMES, note), encoding="utf-8")


def _with_fallback(doc: Doc, odds: Any) -> Any:
    kept = doc.odds[:, html.NAMES.index("kept_fast")] > 0.5
    words = doc.rows[:, 0]
    return kept if words[odds > 0].sum() < html.MIN_SHARE * words[kept].sum() else odds > 0


if __name__ == "__main__":
    main()
