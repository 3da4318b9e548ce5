"""Why each line has its role, in words and numbers."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from dedup.models import Article, Role
from dedup.text import features, trees
from dedup.text.clean import clean
from dedup.text.evidence import FeedEvidence, LineEvidence, line_evidence
from dedup.text.packed import Batch, odds_of, rows_of, scan_of, see
from dedup.text.roles import EVIDENCE, against, brief, ends, limit_of, weighed

SHOWN = 4
"""Features named for a line: the ones that moved its log-odds most."""


class ExplainedLine(NamedTuple):
    """A line, its role, the probability that it is body (0..1, before the feed and the article's end are weighed),
    and the reasons, the weightiest first."""

    text: str
    role: Role
    probability: float
    why: str


def explain_lines(article: Article, evidence: FeedEvidence | None = None) -> list[ExplainedLine]:
    """Every line of an article with its role and the reasons for it.

    For a page of HTML the reasons are those of the plain line model, whatever its structure says besides.
    """
    result = clean(article, evidence)
    page = bool(article.html) and not article.text.strip()
    batch = see([result.text], [article.title], as_lines=page)
    feed = None if evidence is None else line_evidence([article], batch, evidence)
    why, chances = _reasons(batch, article.title, feed)
    note = ("by the page's structure; as plain text:",) if page else ()
    unit_of = batch.apart[0].unit_of if batch.apart else range(len(batch.starts))
    return [
        ExplainedLine(
            line.text,
            line.role,
            chances.get(int(unit), 0.0),
            "; ".join((*_by_role(letter), *note, *why.get(int(unit), ()))),
        )
        for line, letter, unit in zip(result.lines, result.roles, unit_of, strict=True)
    ]


def _by_role(letter: str) -> tuple[str, ...]:
    named = {"-": "empty", "T": "the headline, or a copy or second part of it", "L": "a byline, date or credit line"}
    return (named[letter],) if letter in named else ()


def _reasons(
    batch: Batch, title: str | None, feed: LineEvidence | None
) -> tuple[dict[int, tuple[str, ...]], dict[int, float]]:
    found, model, known = scan_of(batch, 0), trees.load("line_model"), rows_of(batch)
    numbers, rows, odds = known.numbers, known.rows, odds_of(known)
    told = weighed(batch, known, odds)
    twice = told < odds
    condemned = np.zeros(len(odds), dtype=np.bool_) if feed is None else against(batch, known, feed, told)
    told -= EVIDENCE * condemned
    inside = int(ends(batch, known, told)[0])
    limit = limit_of(told, inside)
    kept = (told > limit) & (np.arange(len(numbers)) < inside)
    short = brief(found, numbers, told, kept, title) & ~kept & ~condemned
    why: dict[int, tuple[str, ...]] = {}
    for number, unit in enumerate(numbers):
        reasons = []
        if feed is not None and condemned[number]:
            many = int(feed.repeated[unit])
            reasons.append("opens another story's article" if feed.opening[unit] else f"stands in {many} articles here")
        if short[number]:
            reasons.append("a sentence in a text of few lines")
        if twice[number]:
            reasons.append("given twice in a row")
        if number >= inside:
            reasons.append("after the end of the article")
        reasons.append(f"log-odds of body {odds[number]:+.1f}, needed {limit:+.1f}")
        for name, value in trees.contributions(model, rows[number])[:SHOWN]:
            reasons.append(f"{name}={rows[number, features.NAMES.index(name)]:.4g} ({value:+.2f})")
        why[int(unit)] = tuple(reasons)
    return why, {int(unit): 1 / (1 + math.exp(-float(value))) for unit, value in zip(numbers, odds, strict=True)}
