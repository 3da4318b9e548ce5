"""An article with the role of every line: the one entry of this stage."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from dedup.models import Article, CleanArticle
from dedup.text.evidence import FeedEvidence, line_evidence
from dedup.text.lexicon import lexicon
from dedup.text.meta import read_meta
from dedup.text.roles import decide
from dedup.text.scan import scan


def clean(article: Article, evidence: FeedEvidence | None = None) -> CleanArticle:
    """Roles of all lines, headline, byline, dateline, credits and time of one article.

    ``evidence`` is what the feed says (collect_evidence); without it the article speaks for itself. Where the
    text is "" the plain text is taken from ``html``; MissingExtraError when the extra is not installed.
    """
    notes: tuple[str, ...] = ()
    text = article.text
    if not text.strip() and article.html:
        from dedup.text.html import page_text

        page = page_text(article.html, article.url)
        text, notes = page.text, page.notes
        article_read = replace(article, title=article.title or page.title, byline=article.byline or page.byline)
    else:
        article_read = article
    found = scan(text, lexicon())
    feed = None if evidence is None else line_evidence(article_read, found, evidence)
    roles = decide(text, found, article_read.title, feed).roles
    meta = read_meta(article_read, text, found, roles)
    return CleanArticle(
        article,
        text,
        tuple(int(start) for start in found.starts),
        tuple(int(end) for end in found.ends),
        roles,
        meta.headline,
        meta.byline,
        meta.dateline,
        meta.credits,
        meta.published,
        notes + meta.notes,
    )


def clean_many(articles: Sequence[Article], evidence: FeedEvidence | None = None) -> list[CleanArticle]:
    """``clean`` of every article, in order; the same results in one batch."""
    return [clean(article, evidence) for article in articles]
