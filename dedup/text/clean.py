"""An article with the role of every line: the one entry of this stage."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dedup.errors import ArticleError
from dedup.models import Article, CleanArticle
from dedup.text.evidence import Asked, FeedEvidence, LineEvidence, asked_of, evidence_of_lines, line_evidence
from dedup.text.insets import insets_of, may_hold
from dedup.text.meta import Meta, read_meta
from dedup.text.packed import Batch, batches, see
from dedup.text.roles import decide, decide_page
from dedup.text.units import Units


class Look(NamedTuple):
    """Articles with a text, what stands in them, and what they are counted by besides: one batch."""

    articles: Sequence[Article]
    batch: Batch
    asked: Asked


class Looked(NamedTuple):
    """Articles, and the looks at those with a text, in order; one that has only html is read when it is cleaned."""

    articles: Sequence[Article]
    looks: Sequence[Look]


def clean(article: Article, evidence: FeedEvidence | None = None) -> CleanArticle:
    """Roles of all lines, headline, byline, dateline, credits and time of one article.

    ``evidence`` is what the feed says (collect_evidence); without it the article speaks for itself. Where the
    text is "" the plain text is taken from ``html``; MissingExtraError when the extra is not installed. Raises
    ArticleError for what is no Article.
    """
    if not isinstance(article, Article):
        raise ArticleError(
            f"expected an Article, not {type(article).__name__}", remedy="make one: dedup.Article(id=..., text=...)"
        )
    return clean_many([article], evidence)[0]


def clean_many(articles: Sequence[Article], evidence: FeedEvidence | None = None) -> list[CleanArticle]:
    """``clean`` of every article, in order, computed batch by batch."""
    cleaned: list[CleanArticle] = []
    for first, last in batches([len(article.text) for article in articles]):
        some = articles[first:last]
        pages = {i: article.html for i, article in enumerate(some) if article.html and not article.text.strip()}
        if not pages:
            cleaned += _clean_texts(some, evidence)
            continue
        given = iter(_clean_texts([article for i, article in enumerate(some) if i not in pages], evidence))
        cleaned += [
            _clean_page(article, pages[i], evidence) if i in pages else next(given) for i, article in enumerate(some)
        ]
    return cleaned


def look_at(articles: Sequence[Article]) -> Looked:
    """Articles seen but not judged yet, for who has to know what they say before the evidence is together."""
    texts = [article for article in articles if article.text.strip() or not article.html]
    looks = []
    for first, last in batches([len(article.text) for article in texts]):
        some = texts[first:last]
        batch = see([article.text for article in some], [article.title for article in some])
        looks.append(Look(some, batch, asked_of(some, batch.titles)))
    return Looked(articles, looks)


def clean_looked(looked: Looked, evidence: FeedEvidence) -> list[CleanArticle]:
    """``clean_many`` of articles that were looked at."""
    cleaned: list[CleanArticle] = []
    for articles, batch, asked in looked.looks:
        feed = evidence_of_lines(batch, (asked.outlets, asked.pages), evidence)
        cleaned += _judged(articles, batch, feed)
    given = iter(cleaned)
    return [
        next(given) if article.text.strip() or not article.html else _clean_page(article, article.html, evidence)
        for article in looked.articles
    ]


def _clean_texts(articles: Sequence[Article], evidence: FeedEvidence | None) -> list[CleanArticle]:
    batch = see([article.text for article in articles], [article.title for article in articles])
    return _judged(articles, batch, None if evidence is None else line_evidence(articles, batch, evidence))


def _judged(articles: Sequence[Article], batch: Batch, feed: LineEvidence | None) -> list[CleanArticle]:
    letters = decide(batch, [article.title for article in articles], feed)
    return results_of(articles, batch, letters, read_meta(articles, batch, letters))


def _clean_page(article: Article, html: str, evidence: FeedEvidence | None) -> CleanArticle:
    """Clean a page of HTML: its lines are the text; the address and the outlet stay those that were fetched."""
    from dedup.text.html import known_of, read_html

    page = read_html(html)
    article, known, notes = known_of(article, page)
    batch = see([known.text], [known.title], as_lines=True)
    feed = None if evidence is None else line_evidence([known], batch, evidence)
    letters = decide_page(batch, page, known.title, feed)
    meta = read_meta([known], batch, letters)[0]
    return results_of([article], batch, letters, [meta._replace(notes=notes + meta.notes)])[0]


def results_of(
    articles: Sequence[Article], batch: Batch, letters: NDArray[np.uint8], metas: Sequence[Meta]
) -> list[CleanArticle]:
    """Clean articles of a batch whose units have their letters."""
    starts, ends, edges = batch.starts.tolist(), batch.ends.tolist(), batch.edges
    roles = letters.tobytes().decode("ascii")
    boxed = may_hold(batch.codes, batch.bounds).tolist()
    results = []
    for i, (article, meta) in enumerate(zip(articles, metas, strict=True)):
        low, high = edges[i], edges[i + 1]
        begins, finishes, own = tuple(starts[low:high]), tuple(ends[low:high]), roles[low:high]
        if i in batch.apart:
            begins, finishes, own = _of_lines(batch.apart[i], own)
        headline, byline, dateline, credits, published, notes = meta
        text = batch.texts[i]
        body = (span for span, letter in zip(zip(begins, finishes, strict=True), own, strict=True) if letter == "B")
        insets = insets_of(text, body) if boxed[i] else ()
        found = (headline, byline, dateline, credits, published, notes, insets)
        results.append(CleanArticle(article, text, begins, finishes, own, *found))
    return results


def _of_lines(units: Units, letters: str) -> tuple[tuple[int, ...], tuple[int, ...], str]:
    """Starts, ends and letters of the lines of a text whose units have other bounds."""
    if len(units.unit_starts) != len(units.starts):
        empty = units.starts == units.ends
        letters = "".join("-" if blank else letters[unit] for blank, unit in zip(empty, units.unit_of, strict=True))
    return tuple(units.starts.tolist()), tuple(units.ends.tolist()), letters
