"""Models as JSON records and back. The schema of stories is described in docs/stories-jsonl.md."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, fields
from datetime import datetime
from typing import Any

from dedup.models import (
    Article,
    CleanArticle,
    Credit,
    Fact,
    Group,
    Match,
    Member,
    Origin,
    Passage,
    Rejection,
    Stats,
    Story,
)

__all__ = [
    "STORIES_SCHEMA",
    "article_of",
    "article_record",
    "fact_records",
    "match_of",
    "match_record",
    "rejection_of",
    "rejection_record",
    "stats_of",
    "stats_record",
    "story_of",
    "story_record",
]

STORIES_SCHEMA = "dedup-stories/1"
"""Named on every line of stories.jsonl. The number grows when a field changes meaning or goes; new ones may come."""

PLACES = 4
"""Decimals of every share and probability: enough to rank by, few enough to be equal on every platform."""

Record = dict[str, Any]


def story_record(story: Story) -> Record:
    """One line of stories.jsonl."""
    group_of: dict[str, str] = {}
    for group in story.groups:
        for member in group.articles:
            group_of.setdefault(member.id, group.group_id)
    return {
        "schema": STORIES_SCHEMA,
        "story_id": story.story_id,
        "headline": story.headline,
        "first": _time(story.first),
        "last": _time(story.last),
        "origins": story.origins,
        "related": list(story.related),
        "articles": [{**_member_record(item), "group_id": group_of.get(item.id)} for item in story.articles],
        "groups": [_group_record(group) for group in story.groups],
    }


def story_of(record: Mapping[str, Any]) -> Story:
    """The story of a line of stories.jsonl. KeyError, TypeError or ValueError where the line does not follow it."""
    members = {item["id"]: _member_of(item) for item in record["articles"]}
    return Story(
        story_id=record["story_id"],
        headline=record["headline"],
        articles=tuple(members.values()),
        groups=tuple(_group_of(item, members) for item in record["groups"]),
        related=tuple(record["related"]),
        origins=record["origins"],
        first=_time_of(record["first"]),
        last=_time_of(record["last"]),
    )


def _member_record(member: Member) -> Record:
    return {
        "id": member.id,
        "headline": member.headline,
        "outlet": member.outlet,
        "url": member.url,
        "published": _time(member.published),
        "byline": member.byline,
        "dateline": member.dateline,
        "credits": _credits(member.credits),
        "relation": member.relation,
        "share": round(member.share, PLACES),
        "credited": member.credited,
    }


def _member_of(record: Mapping[str, Any]) -> Member:
    known = {item.name: record[item.name] for item in fields(Member)}
    known |= {"published": _time_of(record["published"]), "credits": _credits_of(record["credits"])}
    return Member(**known)


def _group_record(group: Group) -> Record:
    return {
        "group_id": group.group_id,
        "articles": [member.id for member in group.articles],
        "origin": {
            "id": group.origin.id,
            "reasons": list(group.origin.reasons),
            "confidence": round(group.origin.confidence, PLACES),
            "basis": group.origin.basis,
            "doubts": list(group.origin.doubts),
            "release": group.origin.release,
        },
        "credits": _credits(group.credits),
    }


def _group_of(record: Mapping[str, Any], members: Mapping[str, Member]) -> Group:
    return Group(
        group_id=record["group_id"],
        articles=tuple(members[name] for name in record["articles"]),
        origin=_origin_of(record["origin"]),
        credits=_credits_of(record["credits"]),
    )


def _origin_of(record: Mapping[str, Any]) -> Origin:
    """An origin; what lines written before it was told apart do not have is left at its default."""
    return Origin(
        id=record["id"],
        reasons=tuple(record["reasons"]),
        confidence=record["confidence"],
        basis=record.get("basis", "text"),
        doubts=tuple(record.get("doubts", ())),
        release=record.get("release", False),
    )


def match_record(match: Match) -> Record:
    """One line of matches.jsonl: passages as [a_start, a_end, b_start, b_end, words]."""
    return {
        "a": match.a,
        "b": match.b,
        "relation": match.relation,
        "score": round(match.score, PLACES),
        "same_story_score": round(match.same_story_score, PLACES),
        "jaccard": round(match.jaccard, PLACES),
        "containment": [round(value, PLACES) for value in match.containment],
        "cosine": round(match.cosine, PLACES),
        "passages": [list(passage) for passage in match.passages],
        "reasons": list(match.reasons),
        "facts": fact_records(match.facts),
    }


def fact_records(facts: tuple[Fact, ...]) -> list[Record]:
    """Facts as objects, one for each reason."""
    return [{"code": fact.code, "about": list(fact.about), "weight": fact.weight} for fact in facts]


def match_of(record: Mapping[str, Any]) -> Match:
    """The match of a line of matches.jsonl; lines written before there were facts have none."""
    known = {item.name: record[item.name] for item in fields(Match) if item.name != "facts"}
    known["containment"] = (record["containment"][0], record["containment"][1])
    known["passages"] = tuple(Passage(*numbers) for numbers in record["passages"])
    known["reasons"] = tuple(record["reasons"])
    known["facts"] = tuple(Fact(item["code"], tuple(item["about"]), item["weight"]) for item in record.get("facts", ()))
    return Match(**known)


_ARTICLE_FIELDS = ("id", "title", "url", "outlet", "published", "byline", "credit", "canonical", "repairs")


def article_record(item: CleanArticle) -> Record:
    """One line of articles.jsonl: the article's fields, its plain text, and the place and role of every line."""
    source = item.article
    record = {name: getattr(source, name) for name in _ARTICLE_FIELDS}
    record |= {"published": _time(source.published), "repairs": list(source.repairs)}
    record["text"] = item.text
    record["clean"] = {
        "starts": list(item.starts),
        "ends": list(item.ends),
        "roles": item.roles,
        "headline": item.headline,
        "byline": item.byline,
        "dateline": item.dateline,
        "credits": _credits(item.credits),
        "published": _time(item.published),
        "notes": list(item.notes),
        "insets": [list(inset) for inset in item.insets],
    }
    return record


def article_of(record: Mapping[str, Any]) -> CleanArticle:
    """The clean article of a line of articles.jsonl (its html is not kept, its text is what was taken from it)."""
    known = {name: record[name] for name in _ARTICLE_FIELDS}
    known |= {"published": _time_of(record["published"]), "repairs": tuple(record["repairs"])}
    clean = dict(record["clean"])
    clean |= {name: tuple(clean[name]) for name in ("starts", "ends", "notes")}
    clean |= {"credits": _credits_of(clean["credits"]), "published": _time_of(clean["published"])}
    clean["insets"] = tuple((start, end) for start, end in clean.get("insets", ()))
    return CleanArticle(article=Article(text=record["text"], **known), text=record["text"], **clean)


def rejection_record(rejection: Rejection) -> Record:
    """One line of rejections.jsonl, without the raw bytes (the quarantine file keeps those)."""
    record = asdict(rejection)
    del record["raw"]
    return record


def rejection_of(record: Mapping[str, Any]) -> Rejection:
    """The rejection of a line of rejections.jsonl."""
    return Rejection(**record)


def stats_record(stats: Stats) -> Record:
    """The counts of a run as plain numbers and objects of numbers."""
    values = {item.name: getattr(stats, item.name) for item in fields(Stats)}
    return {name: dict(value) if isinstance(value, Mapping) else value for name, value in values.items()}


def stats_of(record: Mapping[str, Any]) -> Stats:
    """The counts of a run; a count this version does not know is left out."""
    return Stats(**{item.name: record[item.name] for item in fields(Stats) if item.name in record})


def _credits(credits: tuple[Credit, ...]) -> list[Record]:
    return [
        {"agency": item.agency, "evidence": item.evidence, "confidence": round(item.confidence, PLACES)}
        for item in credits
    ]


def _credits_of(records: list[Record]) -> tuple[Credit, ...]:
    return tuple(Credit(item["agency"], item["evidence"], item["confidence"]) for item in records)


def _time(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


def _time_of(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
