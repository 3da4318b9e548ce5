"""What cleaning an article from plain text costs, and where: ``python -m benchmarks.cleaning FILE``.

Processor time of this process in µs an article, on one core. Articles are those of 2 to 4 kB, and longer ones cut to
about 3 kB at a line break. All results are computed; a feed's own evidence is used and given apart.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from dedup.models import Article
from dedup.sources.feed import read_feed
from dedup.text import charclass, meta, packed, region, roles
from dedup.text import clean as cleaning
from dedup.text.clean import clean, clean_many
from dedup.text.evidence import FeedEvidence, collect_evidence, line_evidence
from dedup.text.measure import split_texts
from dedup.text.units import ONE_LINE

LOW, HIGH, CUT = 2000, 4000, 3000
A_CALL = 40
"""Articles a call: about one batch."""


def chosen(articles: Sequence[Article]) -> list[Article]:
    """Articles of LOW to HIGH characters; longer ones cut at the last line break before CUT."""
    kept = []
    for article in articles:
        text = article.text
        if len(text) > HIGH and (end := text.rfind("\n", LOW, CUT)) > 0:
            text = text[:end]
        if LOW <= len(text) <= HIGH:
            kept.append(replace(article, text=text, html=None))
    return kept


def costs(work: Callable[[Sequence[Article]], Any], parts: Sequence[Sequence[Article]], rounds: int) -> list[float]:
    """µs an article of every part, the median of the rounds."""
    spent: list[list[float]] = [[] for _ in parts]
    for _ in range(rounds):
        for part, times in zip(parts, spent, strict=True):
            begun = time.process_time()
            work(part)
            times.append((time.process_time() - begun) / len(part) * 1e6)
    return [median(times) for times in spent]


def stages(articles: Sequence[Article], evidence: FeedEvidence) -> list[tuple[str, float]]:
    """Seconds of every stage of one batch, by the names of their modules."""
    titles = [article.title for article in articles]
    texts = [article.text for article in articles]
    marks = [("", time.process_time())]
    mark = marks.append

    codes, bounds = packed.pack(texts)
    mark(("text to code points", time.process_time()))
    split_texts(codes, bounds, ONE_LINE, charclass.joined())
    mark(("lines", time.process_time()))
    packed.see_titles(titles)
    mark(("titles", time.process_time()))
    batch = packed.see(texts, titles)
    mark(("scan, the above included", time.process_time()))
    rows = packed.rows_of(batch)
    mark(("line features", time.process_time()))
    odds = roles.weighed(batch, rows, packed.odds_of(rows))
    mark(("line model", time.process_time()))
    feed = line_evidence(articles, batch, evidence)
    roles.against(batch, rows, feed, odds)
    mark(("evidence of the feed", time.process_time()))
    inside = region.ends_of(batch.found, batch.lines, rows, odds)
    mark(("end features and model", time.process_time()))
    letters = roles.name_lines(batch, titles, roles.topic_of(batch, rows), roles.kept_lines(batch, rows, odds, inside))
    mark(("headline and meta lines", time.process_time()))
    found = meta.read_meta(articles, batch, letters)
    mark(("byline, dateline, credits, time", time.process_time()))
    cleaning.results_of(articles, batch, letters, found)
    mark(("result objects", time.process_time()))
    return [(name, now - before) for (_, before), (name, now) in pairwise(marks)]


def main(file: Path, rounds: int) -> None:
    articles = chosen([item for item in read_feed(file) if isinstance(item, Article)])
    parts = [articles[at : at + A_CALL] for at in range(0, len(articles), A_CALL)]
    alone = [[article] for article in articles]
    evidence = collect_evidence(articles)
    clean_many(articles[:A_CALL], evidence)
    print(f"{len(articles)} articles of {median(len(article.text) for article in articles):.0f} characters\n")
    print("| µs an article | median | p99 |\n|---|---:|---:|")
    for name, work, given in (
        ("clean_many", clean_many, parts),
        ("clean_many with the feed's evidence", lambda some: clean_many(some, evidence), parts),
        ("clean, one by one", lambda some: clean(some[0]), alone),
    ):
        spent = costs(work, given, rounds)
        print(f"| {name} | {median(spent):.1f} | {np.percentile(spent, 99):.1f} |")
    by_stage: dict[str, list[float]] = {}
    for part in parts * rounds:
        for name, seconds in stages(part, evidence):
            by_stage.setdefault(name, []).append(seconds / len(part) * 1e6)
    print("\n| stage of a batch | median µs an article |\n|---|---:|")
    for name, each in by_stage.items():
        print(f"| {name} | {median(each):.1f} |")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    main(options.file, options.rounds)
