"""One record of the index as the object its user sees."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from dedup.index.answers import Revision, StoryEvent
from dedup.index.codec import article_of, facts_of, key_of, page_of
from dedup.index.contract import Reading
from dedup.models import Article, CleanArticle


def number_of(view: Reading, name: str) -> int | None:
    """The number of the article with this id, or None."""
    numbers = view.posted("name", [key_of(name)]).get(key_of(name), [])
    return next((n for n, data in view.get("facts", numbers).items() if facts_of(data).id == name), None)


def clean_of(view: Reading, number: int) -> CleanArticle:
    """The article of a number as cleaning left it."""
    return page_of(view.get("page", [number])[number], article_of(view.get("article", [number])[number]))


def revision_of(number: int, data: bytes) -> Revision:
    """An earlier text from its record, and its number among the article's revisions."""
    size = int.from_bytes(data[:4], "little")
    replaced = datetime.fromisoformat(json.loads(data[4 : 4 + size])["replaced"])
    article = article_of(data[4 + size :])
    return Revision(number, article.text, article.title, article.published, replaced)


def event_of(number: int, record: dict[str, Any]) -> StoryEvent:
    """The event of a number."""
    return StoryEvent(
        number=number,
        kind=record["kind"],
        story_id=record["story_id"],
        was=tuple(record["was"]),
        articles=tuple(record["articles"]),
        at=datetime.fromisoformat(record["at"]),
    )


def all_articles(view: Reading) -> Iterator[tuple[int, Article]]:
    """Every article with its number, as delivered last."""
    for number, data in view.scan("article"):
        yield number, article_of(data)
