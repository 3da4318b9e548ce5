"""An article with the role of every line: the one entry of this stage."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from dedup.models import Article, CleanArticle
from dedup.text.evidence import FeedEvidence, line_evidence
from dedup.text.lexicon import lexicon
from dedup.text.meta import read_meta
from dedup.text.packed import Rows, batches, rows_of, see
from dedup.text.roles import Decision, decide, decide_page
from dedup.text.scan import Scan, scan
from dedup.text.units import Units, scan_units


def clean(article: Article, evidence: FeedEvidence | None = None) -> CleanArticle:
    """Roles of all lines, headline, byline, dateline, credits and time of one article.

    ``evidence`` is what the feed says (collect_evidence); without it the article speaks for itself. Where the
    text is "" the plain text is taken from ``html``; MissingExtraError when the extra is not installed.
    """
    if article.html and not article.text.strip():
        return _clean_page(article, article.html, evidence)
    units, found = scan_units(article.text)
    return _clean_text(article, units, found, None, evidence)


def clean_many(articles: Sequence[Article], evidence: FeedEvidence | None = None) -> list[CleanArticle]:
    """``clean`` of every article, in order; the same results, computed batch by batch."""
    cleaned: list[CleanArticle] = []
    for first, last in batches([len(article.text) for article in articles]):
        cleaned += _clean_batch(articles[first:last], evidence)
    return cleaned


def _clean_batch(articles: Sequence[Article], evidence: FeedEvidence | None) -> list[CleanArticle]:
    seen = see([article.text for article in articles], [article.title or "" for article in articles])
    return [
        clean(article, evidence)
        if article.html and not article.text.strip()
        else _clean_text(article, item.units, item.found, rows, evidence)
        for article, item, rows in zip(articles, seen, rows_of(seen), strict=True)
    ]


def _clean_text(
    article: Article, units: Units, found: Scan, rows: Rows | None, evidence: FeedEvidence | None
) -> CleanArticle:
    feed = None if evidence is None else line_evidence(article, found, evidence)
    decision = decide(article.text, found, article.title, feed, rows)
    return _result(article, article, article.text, units, found, decision, ())


def _clean_page(article: Article, html: str, evidence: FeedEvidence | None) -> CleanArticle:
    """Clean a page of HTML: its lines are the text; the address and the outlet stay those that were fetched."""
    from dedup.text.html import known_of, read_html

    page = read_html(html)
    article, known, notes = known_of(article, page)
    text = known.text
    found = scan(text, lexicon())
    feed = None if evidence is None else line_evidence(known, found, evidence)
    decision = decide_page(text, found, page, known.title, feed)
    units = Units(found.starts, found.ends, found.starts, found.ends, np.arange(len(found.starts)))
    return _result(article, known, text, units, found, decision, notes)


def _result(
    article: Article, known: Article, text: str, units: Units, found: Scan, decision: Decision, notes: tuple[str, ...]
) -> CleanArticle:
    meta = read_meta(known, text, found, decision.roles)
    letters = decision.roles
    if len(units.unit_starts) != len(units.starts):
        empty = units.starts == units.ends
        letters = "".join("-" if blank else letters[unit] for blank, unit in zip(empty, units.unit_of, strict=True))
    return CleanArticle(
        article,
        text,
        tuple(units.starts.tolist()),
        tuple(units.ends.tolist()),
        letters,
        meta.headline,
        meta.byline,
        meta.dateline,
        meta.credits,
        meta.published,
        notes + meta.notes,
    )
