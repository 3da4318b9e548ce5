"""Verdicts, stories and articles of an index as lines: JSON for programs, words for a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, Protocol

from dedup.models import CleanArticle, Match, Relation, Story
from dedup.report.records import match_record
from dedup.report.store import json_line
from dedup.report.words import count, origin_role

__all__ = ["VERDICT_SCHEMA", "article_lines", "story_lines", "verdict_line", "verdict_record"]

VERDICT_SCHEMA = "dedup-verdict/1"


class Answer(Protocol):
    """What is read of a Verdict."""

    @property
    def id(self) -> str: ...
    @property
    def relation(self) -> Relation: ...
    @property
    def is_new(self) -> bool: ...
    @property
    def group_id(self) -> str | None: ...
    @property
    def story_id(self) -> str: ...
    @property
    def match(self) -> Match | None: ...
    @property
    def deferred(self) -> bool: ...
    @property
    def revision(self) -> int: ...


class Earlier(Protocol):
    """What is read of a Revision."""

    @property
    def number(self) -> int: ...
    @property
    def title(self) -> str | None: ...
    @property
    def replaced(self) -> datetime: ...


def verdict_record(verdict: Answer) -> dict[str, Any]:
    """A verdict as a JSON object; the match as in matches.jsonl."""
    return {
        "schema": VERDICT_SCHEMA,
        "id": verdict.id,
        "relation": verdict.relation,
        "is_new": verdict.is_new,
        "group_id": verdict.group_id,
        "story_id": verdict.story_id,
        "match": None if verdict.match is None else match_record(verdict.match),
        "caps": dict(getattr(verdict, "caps", {})),
        "deferred": verdict.deferred,
        "revision": verdict.revision,
    }


def verdict_line(verdict: Answer) -> bytes:
    """One JSON line."""
    return json_line(verdict_record(verdict))


def story_lines(story: Story) -> Iterator[str]:
    """A story for a terminal: headline, times, and a line for each article."""
    yield f"{story.story_id}  {story.headline}"
    yield f"{count(len(story.articles), 'article')}, {count(story.origins, 'independent text')}"
    for group in story.groups:
        why = [*group.origin.reasons, *(f"but {doubt}" for doubt in group.origin.doubts)]
        yield f"group {group.group_id}: {group.origin.id} is {origin_role(group.origin)} ({'; '.join(why)})"
    for member in story.articles:
        when = member.published.isoformat() if member.published else "undated"
        yield f"  {member.id}  {member.outlet or '-'}  {when}  {member.relation}  {member.headline or ''}"


def article_lines(
    clean: CleanArticle, story: Story | None, matches: Sequence[Match], history: Sequence[Earlier]
) -> Iterator[str]:
    """An article for a terminal: what it is, its story, its matches, its earlier texts and its body."""
    yield f"{clean.id}  {clean.headline or clean.article.title or ''}"
    if story is not None:
        yield f"story {story.story_id}: {story.headline} ({count(len(story.articles), 'article')})"
    for match in sorted(matches, key=lambda item: (not item.derived, -item.score, item.a, item.b)):
        other = match.b if match.a == clean.id else match.a
        yield f"  {match.relation} with {other}: {'; '.join(match.reasons) or 'no reason kept'}"
    for revision in history:
        yield f"  revision {revision.number}, replaced {revision.replaced.isoformat()}: {revision.title or ''}"
    yield ""
    yield clean.body
