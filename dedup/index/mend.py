"""The index held against the batch, and made equal to it where a limit made them differ."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from dedup.index.codec import article_of
from dedup.index.contract import POSTINGS, RECORDS, Reading, Writing
from dedup.index.desk import Desk
from dedup.index.kept import Memory
from dedup.index.narrating import Narrator, with_related
from dedup.match.candidates import candidate_pairs
from dedup.match.neighbours import neighbour_pairs
from dedup.models import Article, CleanArticle, Story
from dedup.pipeline import clean_feed, find_stories
from dedup.settings import Settings
from dedup.sketch import sketch_many

KEPT_BY_REBUILD = frozenset(("article", "revision", "event", "verdict", "place", "story", "told"))
"""The stories stay until they are told again, so that events say what changed."""
SAID_AT_MOST = 20


def all_articles(view: Reading) -> Iterator[tuple[int, Article]]:
    """Every article with its number, as delivered last."""
    for number, data in view.scan("article"):
        yield number, article_of(data)


def differences(view: Reading, settings: Settings, memory: Memory) -> list[str]:
    """Where the stories told differ from those of the batch over the same articles; sentences, the first few."""
    result = find_stories((article for _, article in all_articles(view)), settings)
    stories = with_related(view, Narrator(view, settings, memory).every())
    told = {story.story_id: story for story in stories}
    batch = {story.story_id: story for story in result.stories}
    found = [f"the batch has no story {name}" for name in sorted(told.keys() - batch.keys())]
    found += [f"the index has no story {name}" for name in sorted(batch.keys() - told.keys())]
    found += [
        f"story {name} differs in {', '.join(_differing(told[name], batch[name]))}"
        for name in sorted(told.keys() & batch.keys())
        if told[name] != batch[name]
    ]
    more = len(found) - SAID_AT_MOST
    return found[:SAID_AT_MOST] + ([f"and {more} more"] if more > 0 else [])


def _differing(a: Story, b: Story) -> list[str]:
    names = ("headline", "articles", "groups", "related", "origins", "first", "last")
    return [name for name in names if getattr(a, name) != getattr(b, name)]


def rebuild(view: Writing, settings: Settings, desk: Desk) -> None:
    """Make everything but the articles, their history, events and verdicts anew, with the pairs of the batch."""
    articles = sorted(all_articles(view), key=lambda item: item[1].id)
    for table in (*RECORDS, *POSTINGS):
        if table not in KEPT_BY_REBUILD:
            view.clear(table)
    cleaned = clean_feed([article for _, article in articles])
    desk.put_all(articles, _batch_pairs(cleaned, [number for number, _ in articles], settings))
    desk.finish(None)
    view.clear("cap")


def _batch_pairs(cleaned: list[CleanArticle], numbers: list[int], settings: Settings) -> set[tuple[int, int]]:
    table = sketch_many([item.body for item in cleaned], settings)
    pairs = np.concatenate([candidate_pairs(table, settings).pairs, neighbour_pairs(cleaned, settings).pairs])
    return {(min(a, b), max(a, b)) for a, b in ((numbers[i], numbers[j]) for i, j in np.unique(pairs, axis=0))}
