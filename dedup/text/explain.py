"""Why each line has its role, in words and numbers."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from dedup.models import Article, Role
from dedup.text import features, region, trees
from dedup.text.clean import clean
from dedup.text.evidence import FeedEvidence, LineEvidence, line_evidence
from dedup.text.roles import TWICE, against, brief, limit_of, twice_running
from dedup.text.scan import Scan
from dedup.text.units import scan_units

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
    """Every line of an article with its role and the reasons for it."""
    result = clean(article, evidence)
    units, found = scan_units(result.text)
    feed = None if evidence is None else line_evidence(article, found, evidence)
    why, chances = _reasons(result.text, found, article.title, feed)
    return [
        ExplainedLine(
            line.text,
            line.role,
            chances.get(int(unit), 0.0),
            "; ".join((*_by_role(letter), *why.get(int(unit), ()))),
        )
        for line, letter, unit in zip(result.lines, result.roles, units.unit_of, strict=True)
    ]


def _by_role(letter: str) -> tuple[str, ...]:
    named = {"-": "empty", "T": "the headline, or a copy or second part of it", "L": "a byline, date or credit line"}
    return (named[letter],) if letter in named else ()


def _reasons(
    text: str, found: Scan, title: str | None, feed: LineEvidence | None
) -> tuple[dict[int, tuple[str, ...]], dict[int, float]]:
    numbers, rows = features.line_features(found, title)
    model = trees.load("line_model")
    odds = trees.log_odds(model, rows)
    twice = twice_running(found, numbers)
    weighed = odds - TWICE * twice
    inside = region.lines_before_end(found, numbers, rows, weighed.astype(np.float32))
    limit = limit_of(weighed.astype(np.float32), inside)
    condemned = None if feed is None else against(text, found, feed, numbers, rows, weighed)
    kept = (weighed > limit) & (np.arange(len(numbers)) < inside)
    short = brief(found, numbers, weighed.astype(np.float32), kept, title) & ~kept
    why: dict[int, tuple[str, ...]] = {}
    for number, unit in enumerate(numbers):
        reasons = []
        if feed is not None and condemned is not None and condemned[number]:
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
