"""What an index answers with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from dedup.models import Match, Relation

EventKind = Literal["created", "grown", "merged", "split", "shrunk", "ended", "revised"]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What an article is, as of the moment it came.

    ``relation`` is that of the best match, "unrelated" without one; ``is_new`` whether nothing in the index was
    derived from the same text or told the same event. ``match`` is the best compared pair, with its evidence, or
    None. ``caps`` counts the limits that this article met, by name; ``deferred`` says that its story has grown too
    large to be worked out at once, so that ``group_id`` and ``story_id`` follow from the match alone until
    ``stories`` is asked. ``revision`` is 1 for the first text of an id and grows with each new one.
    """

    id: str
    relation: Relation
    is_new: bool
    group_id: str | None
    story_id: str
    match: Match | None = None
    caps: Mapping[str, int] = field(default_factory=dict)
    deferred: bool = False
    revision: int = 1


@dataclass(frozen=True, slots=True)
class StoryEvent:
    """What happened to a story: number in order, kind, the story's id now and the ids its articles were under before,
    the ids of the articles that came or went (or have another text), and when."""

    number: int
    kind: EventKind
    story_id: str
    was: tuple[str, ...]
    articles: tuple[str, ...]
    at: datetime


@dataclass(frozen=True, slots=True)
class Revision:
    """An earlier text of an article: its number among the article's revisions, and when another took its place."""

    number: int
    text: str
    title: str | None
    published: datetime | None
    replaced: datetime


@dataclass(frozen=True, slots=True)
class IndexStats:
    """Counts of an index. ``bytes`` on disk; ``waiting`` articles whose story or cleaning is to be worked out again;
    ``caps`` the limits met since it was made or rebuilt, by name."""

    articles: int
    stories: int
    matches: int
    revisions: int
    events: int
    bytes: int
    waiting: int
    caps: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Check:
    """What ``check`` found: ``damage`` of the store, ``differences`` from the batch (asked for with ``deep``), limits
    met, and notices such as a SQLite version with a known bug. Sound is what has neither damage nor difference."""

    damage: tuple[str, ...]
    differences: tuple[str, ...]
    caps: Mapping[str, int]
    notices: tuple[str, ...]

    @property
    def sound(self) -> bool:
        return not self.damage and not self.differences
