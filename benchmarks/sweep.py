"""What the limits on candidates find and cost, against all pairs of a feed: ``python -m benchmarks.sweep FEED``.

Every pair of articles with a shared shingle is counted exactly; a row a choice of settings gives the recall of its
candidates by containment of the smaller text, and their number an article. For feeds of some hundred articles.
"""

from __future__ import annotations

import sys
from typing import Any

import numpy as np

from dedup import Article, read_feed
from dedup.match.candidates import candidate_pairs
from dedup.match.neighbours import neighbour_pairs
from dedup.match.shared import shared_shingles
from dedup.pipeline import clean_feed
from dedup.settings import Settings
from dedup.sketch import sketch_many

EDGES = (0.5, 0.2, 0.1, 0.05, 0.0)
CHOICES: tuple[dict[str, Any], ...] = (
    {},
    {"sample_shared": 1},
    {"sample_shared": 3},
    {"sample_share": 0.02},
    {"sample_share": 0.1},
    {"sample_passage": 5},
    {"sample_passage": 1000},
    {"sample_rate": 4},
    {"sample_rate": 4, "sample_shared": 3, "sample_passage": 5},
    {"sample_rate": 16},
    {"bands": 16},
)


def truth_of(bodies: list[str]) -> tuple[np.ndarray, np.ndarray]:
    """All pairs of different sketched bodies that share a shingle, and the containment of the smaller."""
    table = sketch_many(bodies, Settings(), shingles=True)
    rows = np.flatnonzero(table.sketched)
    a, b = np.triu_indices(len(rows), 1)
    pairs = np.column_stack([rows[a], rows[b]]).astype(np.int32)
    sizes = shared_shingles(table, pairs)
    some = sizes[:, 0] > 0
    return pairs[some], sizes[some, 0] / sizes[some, 1:].min(axis=1)


def main(path: str, what: str = "body") -> None:
    articles = [item for item in read_feed(path) if isinstance(item, Article)]
    cleaned = clean_feed(articles)
    bodies = [item.body for item in cleaned] if what == "body" else [item.text for item in articles]
    pairs, contained = truth_of(bodies)
    bands = [(low, high) for low, high in zip(EDGES, (2.0, *EDGES), strict=False)]
    sizes = [int(((contained >= low) & (contained < high)).sum()) for low, high in bands]
    titles = [f"from {low} ({size})" for (low, _), size in zip(bands, sizes, strict=True)]
    print(f"| settings | {' | '.join(titles)} | an article |")
    print(f"|---|{'---:|' * (len(bands) + 1)}")
    alike = neighbour_pairs(cleaned, Settings()).pairs
    for choice in CHOICES:
        settings = Settings(**choice)
        found = candidate_pairs(sketch_many(bodies, settings), settings)
        name = ", ".join(f"{key} {value}" for key, value in choice.items()) or "as shipped"
        both = np.unique(np.concatenate([found.pairs, alike]), axis=0)
        for what, proposed in ((name, found.pairs), (f"{name}, and neighbours", both))[: 1 if choice else 2]:
            hit = _proposed(pairs, found.first, proposed)
            recalls = [float(hit[(contained >= low) & (contained < high)].mean()) for low, high in bands]
            print(f"| {what} | {' | '.join(f'{x:.3f}' for x in recalls)} | {len(proposed) / len(bodies):.2f} |")


def _proposed(pairs: np.ndarray, first: np.ndarray, found: np.ndarray) -> np.ndarray:
    """Whether each pair is proposed, by itself or through the articles that stand for its equal bodies."""
    ends = np.sort(first[pairs].astype(np.int64), axis=1)
    codes = found[:, 0].astype(np.int64) << 32 | found[:, 1]
    return (ends[:, 0] == ends[:, 1]) | np.isin(ends[:, 0] << 32 | ends[:, 1], codes)


if __name__ == "__main__":
    main(*sys.argv[1:])
