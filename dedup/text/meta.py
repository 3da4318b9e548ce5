"""Headline, byline, dateline, credits and time of publication, once the role of every line is known."""

from __future__ import annotations

from datetime import date, datetime
from typing import NamedTuple

import numpy as np

from dedup.models import Article, Credit
from dedup.text import bylines, dates
from dedup.text.credits import Site, find_credits
from dedup.text.evidence import title_forms
from dedup.text.headlines import is_doubtful
from dedup.text.lexicon import lexicon
from dedup.text.scan import COLUMN, RAW, Scan, line_key

OPENING_LINES = 5
"""Body lines from the first in which a dateline or its agency may stand."""


class Meta(NamedTuple):
    """What the meta lines and the borders of the body say."""

    headline: str | None
    byline: str | None
    dateline: str | None
    credits: tuple[Credit, ...]
    published: datetime | None
    notes: tuple[str, ...]


def read_meta(article: Article, text: str, found: Scan, roles: str) -> Meta:
    """Read headline, byline, dateline, credits and time from an article whose lines have their roles."""
    lines = [text[start:end].strip() for start, end in zip(found.starts.tolist(), found.ends.tolist(), strict=True)]
    body = [i for i, role in enumerate(roles) if role == "B"]
    meta = [i for i, role in enumerate(roles) if role == "L"]
    headline = _headline(article.title, lines, found, roles)
    dateline = _dateline(lines, body, meta)
    published, notes = _published(article, lines, found, meta, dateline)
    return Meta(
        headline,
        _byline(article, lines, body, meta),
        dateline,
        find_credits(_sites(lines, roles, found, body), article),
        published,
        notes,
    )


def _headline(title: str | None, lines: list[str], found: Scan, roles: str) -> str | None:
    """The headline line of the page; the given title where the page has none, or has no line of that title at all.

    A title that is a line of the page but not its headline is an accident of the dump.
    """
    top = next((i for i, role in enumerate(roles) if role == "T"), None)
    if top is None or not title:
        return title if top is None else lines[top]
    given = np.array([line_key(form) for form in title_forms(title)], dtype=np.uint64)
    on_page = bool(np.isin(found.hashes[:, 0], given).any())
    return lines[top] if on_page or is_doubtful(title) else title


def _sites(lines: list[str], roles: str, found: Scan, body: list[int]) -> list[Site]:
    """Lines that may name an agency: those with a word of the agencies, and non-Latin ones at the borders."""
    kinds = {name: len(RAW) + number for number, name in enumerate(lexicon().names)}
    raw = found.raw
    hit = (raw[:, kinds["agency"]] > 0) | (raw[:, COLUMN["wide"]] > 0) | (raw[:, kinds["staff"]] > 1)
    opening = set(body[:OPENING_LINES])
    closing = set(body[-2:]) | {i for i in range(len(lines)) if body and i > body[-1]}
    short = (raw[:, COLUMN["chars"]] < 30) & (raw[:, COLUMN["upper"]] == 0) & (raw[:, COLUMN["symbols"]] == 0)
    return [
        Site(int(i), lines[i], roles[i], int(i) in opening, int(i) in closing)
        for i in np.flatnonzero(hit | (short & np.array([i in closing for i in range(len(lines))])))
        if roles[i] in "LTF" or (roles[i] == "B" and (int(i) in opening or int(i) in closing))
    ]


def _byline(article: Article, lines: list[str], body: list[int], meta: list[int]) -> str | None:
    found = []
    for i in meta:
        after_by = i > 0 and lines[i - 1].lower() in ("by", "von", "par", "por", "di")
        byline = bylines.byline_of_line(lines[i], after_by)
        if byline:
            found.append((-byline.confidence, i, byline.names))
    if found:
        return min(found)[2]
    if article.byline:
        return bylines.trimmed(article.byline) or article.byline
    tail = bylines.byline_in_tail(lines[body[-1]]) if body else None
    return tail.names if tail else None


def _dateline(lines: list[str], body: list[int], meta: list[int]) -> str | None:
    for i in body[:OPENING_LINES]:
        found = bylines.dateline_of_body(lines[i])
        if found:
            return found
    return next((found for found in map(bylines.dateline_alone, (lines[i] for i in meta)) if found), None)


def _published(
    article: Article, lines: list[str], found: Scan, meta: list[int], dateline: str | None
) -> tuple[datetime | None, tuple[str, ...]]:
    """The dump's own time; else the dateline and meta lines, with the year of the page's other dates."""
    if article.published is not None:
        return article.published, ()
    stated = [moment for i in meta for moment in dates.moments(lines[i])]
    short = (found.raw[:, COLUMN["digits"]] >= 4) & (found.raw[:, COLUMN["chars"]] < 80)
    everywhere = [moment for i in np.flatnonzero(short) for moment in dates.moments(lines[i])]
    anchors = [day for moment in everywhere if moment.year and (day := _day(moment))]
    told = dates.moments(dateline) if dateline else []
    for moment in sorted(stated, key=dates.exact, reverse=True)[:1] + told + stated:
        dated = dates.with_year(moment, anchors)
        when = dates.instant(dated) if dated else None
        if dated and when:
            return when, () if dates.exact(dated) else ("published-day-only",)
    return None, ()


def _day(moment: dates.Moment) -> date | None:
    found = dates.instant(moment)
    return found.date() if found else None
