"""The index held against the batch, and made equal to it where a limit made them differ."""

from __future__ import annotations

from datetime import datetime

from dedup.index.bulk.fill import given_of, refill
from dedup.index.contract import Reading, Writing
from dedup.index.kept import Memory
from dedup.index.lookup import all_articles
from dedup.index.narrating import Narrator, with_related
from dedup.models import Story
from dedup.pipeline import find_stories
from dedup.settings import Settings

SAID_AT_MOST = 20


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


def rebuild(view: Writing, settings: Settings, now: datetime) -> None:
    """Make everything but the articles, their history, events and verdicts anew, with the pairs of the batch."""
    refill(view, settings, now, given_of(all_articles(view)))
