"""What the service takes and gives, as its OpenAPI document says it."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Annotated, Any, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, model_validator

from dedup.models import Article
from dedup.report.safe import no_surrogates

Id = Annotated[str, StringConstraints(min_length=1, max_length=1000)]
Short = Annotated[str, StringConstraints(max_length=10_000)]

_DATE = re.compile(r"\d{4}-\d\d-\d\d")


def _as_text(value: object) -> object:
    # Pydantic takes a number for seconds since 1970; /openapi.json promises ISO 8601 and nothing else.
    if isinstance(value, datetime) or (isinstance(value, str) and _DATE.match(value)):
        return value
    raise ValueError("not a time of ISO 8601")


Moment = Annotated[datetime, BeforeValidator(_as_text)]
"""A time as text; without a time zone it is taken as UTC."""

_TEXT_OR_HTML: dict[str, Any] = {
    "anyOf": [
        {"required": ["text"], "properties": {"text": {"type": "string", "pattern": r"\S"}}},
        {"required": ["html"], "properties": {"html": {"type": "string", "minLength": 1}}},
    ]
}


def in_utc(when: datetime | None) -> datetime | None:
    """A time with its zone, which is UTC where none was given."""
    return when.replace(tzinfo=UTC) if when is not None and when.tzinfo is None else when


class ArticleIn(BaseModel):
    """An article as it is delivered: ``text``, or ``html`` where only that is known."""

    model_config = ConfigDict(extra="forbid", json_schema_extra=_TEXT_OR_HTML)

    id: Id
    text: str = ""
    title: Short | None = None
    url: Short | None = None
    outlet: Short | None = None
    published: Moment | None = Field(default=None, description="Without a time zone it is taken as UTC.")
    html: str | None = None
    byline: Short | None = None
    credit: Short | None = None

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not self.text.strip() and not self.html:
            raise ValueError("neither text nor html")
        return self

    def article(self) -> Article:
        """The article; ArticleError where its fields cannot be right."""
        given: dict[str, Any] = self.model_dump()
        fields: dict[str, Any] = {k: no_surrogates(v) if isinstance(v, str) else v for k, v in given.items()}
        return Article(**fields | {"published": in_utc(self.published)})


class FactOut(BaseModel):
    """What a reason of a match says, for programs."""

    code: str
    about: list[str]
    weight: float


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
    facts: list[FactOut]


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
