"""What the service takes and gives, as its OpenAPI document says it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from dedup.models import Article
from dedup.report.safe import no_surrogates

Id = Annotated[str, StringConstraints(min_length=1, max_length=1000)]
Short = Annotated[str, StringConstraints(max_length=10_000)]


class ArticleIn(BaseModel):
    """An article as it is delivered: ``text``, or ``html`` where only that is known."""

    model_config = ConfigDict(extra="forbid")

    id: Id
    text: str = ""
    title: Short | None = None
    url: Short | None = None
    outlet: Short | None = None
    published: datetime | None = Field(default=None, description="Without a time zone it is taken as UTC.")
    html: str | None = None
    byline: Short | None = None
    credit: Short | None = None

    def article(self) -> Article:
        """The article; ArticleError where its fields cannot be right."""
        given: dict[str, Any] = self.model_dump()
        fields: dict[str, Any] = {k: no_surrogates(v) if isinstance(v, str) else v for k, v in given.items()}
        when = self.published
        fields["published"] = when.replace(tzinfo=UTC) if when is not None and when.tzinfo is None else when
        return Article(**fields)


class MatchOut(BaseModel):
    """A compared pair, as a line of matches.jsonl."""

    a: str
    b: str
    relation: str
    score: float
    same_story_score: float
    jaccard: float
    containment: list[float]
    cosine: float
    passages: list[list[int]]
    reasons: list[str]


class VerdictOut(BaseModel):
    """What an article is, as of the moment it came."""

    schema_: str = Field(alias="schema")
    id: str
    relation: str
    is_new: bool
    group_id: str | None
    story_id: str
    match: MatchOut | None
    caps: dict[str, int]
    deferred: bool
    revision: int


class StoryOut(BaseModel):
    """A story, as a line of stories.jsonl."""

    model_config = ConfigDict(extra="allow")

    story_id: str
    headline: str
    first: str | None
    last: str | None
    origins: int
    related: list[str]
    articles: list[dict[str, Any]]
    groups: list[dict[str, Any]]


class StoriesOut(BaseModel):
    """Stories, largest first, and how many there are in all."""

    total: int
    stories: list[StoryOut]


class MatchesOut(BaseModel):
    """The matches of an article, sorted by ids."""

    id: str
    matches: list[MatchOut]


class HealthOut(BaseModel):
    """The service answers, and how many articles its index holds."""

    status: str
    articles: int


class ErrorOut(BaseModel):
    """What went wrong, in one sentence."""

    detail: str
