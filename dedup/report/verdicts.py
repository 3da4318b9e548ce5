"""Verdicts, stories and articles of an index as lines: JSON for programs, words for a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from dedup.models import CleanArticle, Match, Relation, Story
from dedup.report.pairs import Party, beyond, direction, held, own_sites, sentence, turned
from dedup.report.records import match_record
from dedup.report.store import json_line
from dedup.report.words import count, origin_role, place

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
    clean: CleanArticle,
    story: Story | None,
    matches: Sequence[Match],
    history: Sequence[Earlier],
    others: Mapping[str, CleanArticle],
) -> Iterator[str]:
    """An article for a terminal: what it is, its story, its matches, its earlier texts and its body. ``others`` are
    the articles of its matches by their ids; of one that is missing the match's reasons are given as they are."""
    yield f"{clean.id}  {clean.headline or clean.article.title or ''}"
    if story is not None:
        yield f"story {story.story_id}: {story.headline} ({count(len(story.articles), 'article')})"
    for match in sorted(matches, key=lambda item: (not item.derived, -item.score, item.a, item.b)):
        seen = match if match.a == clean.id else turned(match)
        yield from _match_lines(seen, clean, others, release=_released(story, seen))
    for revision in history:
        yield f"  revision {revision.number}, replaced {revision.replaced.isoformat()}: {revision.title or ''}"
    yield ""
    yield clean.body


def _released(story: Story | None, match: Match) -> bool:
    """Whether the two carry one press release."""
    groups = story.groups if story is not None else ()
    return any(group.origin.release and {match.a, match.b} <= {m.id for m in group.articles} for group in groups)


def _match_lines(
    match: Match, clean: CleanArticle, others: Mapping[str, CleanArticle], *, release: bool
) -> Iterator[str]:
    """What ``dedup compare`` says of the pair, the shown article first."""
    other = others.get(match.b)
    if other is None:
        yield f"  {match.relation} with {match.b}: {'; '.join(match.reasons) or 'no reason kept'}"
        return
    shares, own = held(match, clean, other), own_sites(match, clean.credits, other.credits)
    said = sentence(match, shares, "this text", "the other", (clean, other))
    one, two = _party("this text", clean, own[0]), _party("the other", other, own[1])
    took = direction(match, shares, one, two, release=release)
    yield f"  {match.relation} with {match.b}: {said}"
    if took:
        yield f"    {took}"
    yield from (f"    - {reason}" for reason in beyond(match, f"{said} {took}"))


def _party(name: str, item: CleanArticle, own: frozenset[str]) -> Party:
    return Party.of(name, item.credits, own, (item.published, place(item.article.outlet, item.article.url, "")))
