"""Evidence of the whole feed, and every article cleaned by it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from dedup.models import Article, CleanArticle, Rejection
from dedup.pipeline.intake import refuse
from dedup.pipeline.runner import Chunks, Progress, Runner, SerialRunner, no_progress
from dedup.spill import Kept
from dedup.spill.pages import CleanFeed, Page, cleaned_of, page_of
from dedup.text.clean import clean_many
from dedup.text.evidence import FeedEvidence, collect_evidence, merge_evidence

ARTICLES_A_CHUNK = 256
KEYS_AT_ONCE = 1_000_000
"""Keys of lines, 60 bytes each, that are merged in one go."""


def clean_feed(articles: Sequence[Article], runner: Runner | None = None) -> list[CleanArticle]:
    """Clean articles with the evidence of the whole feed, in the order given."""
    runner = runner or SerialRunner()
    chunks = Chunks(articles, ARTICLES_A_CHUNK)
    evidence = _gather_evidence(articles, runner, no_progress)
    parts = zip(chunks, runner.map(_clean_chunk, evidence, chunks), strict=True)
    return [item for given, part in parts for item in map(cleaned_of, given, part.pages)]


class Cleaned(NamedTuple):
    """The articles with a text, their places among those given, and a rejection for every page that gave none."""

    feed: CleanFeed
    places: Sequence[int]
    unread: list[Rejection]


def clean_all(articles: Kept[Article], runner: Runner, progress: Progress) -> Cleaned:
    """Clean a feed with its own evidence. Raises SpillError where what was found cannot be written."""
    chunks = Chunks(articles, ARTICLES_A_CHUNK)
    evidence = _gather_evidence(articles, runner, progress)
    cleaned, unread = CleanFeed(articles), list[int]()
    for part in runner.map(_clean_chunk, evidence, chunks):
        unread += [len(cleaned) + at for at in part.unread]
        for page in part.pages:
            cleaned.add(page)
        progress("cleaning", len(cleaned), len(articles))
    if not unread:
        return Cleaned(cleaned, range(len(cleaned)), [])
    read = np.setdiff1d(np.arange(len(cleaned)), unread).tolist()
    return Cleaned(cleaned.ordered(read), read, [_refuse_unread(cleaned[at]) for at in unread])


def _refuse_unread(item: CleanArticle) -> Rejection:
    return refuse(item.article, item.notes[0] if item.notes else "no-text", "is a page that gave no text")


def _gather_evidence(articles: Sequence[Article], runner: Runner, progress: Progress) -> FeedEvidence:
    whole, parts, done = merge_evidence(()), list[FeedEvidence](), 0
    for part in runner.map(_evidence_chunk, None, Chunks(articles, ARTICLES_A_CHUNK)):
        parts.append(part)
        done += part.articles
        progress("collecting evidence", done, len(articles))
        if sum(len(own.lines.keys) for own in parts) > max(len(whole.lines.keys), KEYS_AT_ONCE):
            whole, parts = merge_evidence((whole, *parts)), []
    return merge_evidence((whole, *parts))


def _evidence_chunk(_: None, articles: Sequence[Article]) -> FeedEvidence:
    return collect_evidence(articles)


class _Pages(NamedTuple):
    """What cleaning found in some articles, and the places of those that have no text."""

    pages: list[Page]
    unread: list[int]


def _clean_chunk(evidence: FeedEvidence, articles: Sequence[Article]) -> _Pages:
    cleaned = clean_many(articles, evidence)
    pages = [page_of(given, item) for given, item in zip(articles, cleaned, strict=True)]
    return _Pages(pages, [at for at, item in enumerate(cleaned) if not item.text.strip()])
