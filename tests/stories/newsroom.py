"""Feeds of invented news as a newsroom knows them: a live blog, versions of an item, a day of an agency, round-ups."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from dedup.models import Article, Result, Story

CASES = Path(__file__).parent / "cases"
BED = Path(__file__).parent.parent / "match" / "cases" / "rewrites"
MORNING = datetime(2025, 4, 8, 6, tzinfo=UTC)
SHOWN = 12
"""Posts that a page of the live blog shows: each version drops one and has a new one, 8% of it."""


@cache
def case(name: str) -> Any:
    return json.loads((CASES / f"{name}.json").read_text("utf-8"))


@cache
def event(name: str) -> dict[str, dict[str, str]]:
    """An event of the test bed of rewrites: its articles by kind, such as "source" and "independent"."""
    rows = json.loads((BED / f"{name}.json").read_text("utf-8"))["articles"]
    return {row["id"].rpartition("-")[2]: row for row in rows}


def page(name: str, title: str, paragraphs: Iterable[str], hours: float = 0.0) -> Article:
    when = MORNING + timedelta(hours=hours)
    return Article(name, "\n\n".join(paragraphs), title, outlet=f"{name}.example", published=when)


def told(name: str, kind: str) -> Article:
    """One article of the test bed as it is."""
    row = event(name)[kind]
    when = datetime.fromisoformat(row["published"])
    return Article(row["id"], row["text"], row["title"], outlet=row["outlet"], published=when)


def paragraphs(name: str) -> list[str]:
    """The paragraphs of an event's source."""
    return event(name)["source"]["text"].split("\n\n")


def carried(name: str, copies: int = 3) -> list[Article]:
    """A source and copies of it, each but the first without some of its last paragraphs."""
    text, title = paragraphs(name), event(name)["source"]["title"]
    when = datetime.fromisoformat(event(name)["source"]["published"])
    return [
        Article(f"{name}-copy{at}", "\n\n".join(text[: len(text) - at]), title, outlet=f"o{at}.example", published=when)
        for at in range(copies)
    ]


def live_blog(versions: int) -> list[Article]:
    blog = case("liveblog")
    shown = [reversed(blog["posts"][at : at + SHOWN]) for at in range(versions)]
    pages = [page(f"v{at:02d}", blog["title"], posts, at / 2) for at, posts in enumerate(shown)]
    return [replace(item, outlet="coast.example") for item in pages]


def versions_of_an_item() -> list[Article]:
    item = case("wire")["item"]
    return [
        page("alert", "AP NewsAlert", [item["alert"]]),
        page("first", "Roof of market collapses in Ostania, killing 6", ["Eds: 1st Ld-Writethru", *item["first"]], 0.5),
        page("update", "UPDATE: Market roof collapse kills at least 9", item["update"], 2),
        page("writethru", "Market roof collapse kills 11 in Ostania", ["2nd Ld-Writethru", *item["writethru"]], 9),
        page("corrected", "Correction: Ostania-Market story", [item["correction"], *item["writethru"]], 20),
    ]


def a_day_of_an_agency(carriers: int = 3) -> list[Article]:
    """Three items of one day, each with the same two paragraphs of background, in ``carriers`` outlets each."""
    day, background = case("wire")["day"], case("wire")["background"]
    return [
        page(f"{name}{at}", item["title"], [*item["paragraphs"][: 5 - at], *background], 6 + at)
        for name, item in day.items()
        for at in range(carriers)
    ]


def first_sentences(name: str, count: int = 2) -> str:
    """The first sentences of an event's source, without its dateline."""
    text = " ".join(paragraphs(name)).partition(" - ")[2]
    return " ".join(re.split(r"(?<=[.”\"]) (?=[A-Z\"“])", text)[:count])


def round_up(name: str, of: Sequence[str], sentences: int = 2) -> Article:
    items = [first_sentences(one, sentences) for one in of]
    return page(name, "The week in brief", ["Five stories that you may have missed this week.", *items], 99)


def members(story: Story) -> set[str]:
    return {member.id for member in story.articles}


def groups(result: Result) -> list[set[str]]:
    return sorted(
        ({member.id for member in group.articles} for story in result.stories for group in story.groups),
        key=lambda names: sorted(names),
    )


def story_of(result: Result, name: str) -> Story:
    return next(story for story in result.stories if name in members(story))
