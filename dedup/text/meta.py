"""Headline, byline, dateline, credits and time of publication, once the role of every line is known."""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping
from datetime import date, datetime
from typing import NamedTuple

import numpy as np

from dedup.models import Article, Credit
from dedup.text import bylines, dates
from dedup.text.agencies import agencies
from dedup.text.credits import Site, find_credits, is_source_line
from dedup.text.datelines import city_alone
from dedup.text.evidence import title_forms
from dedup.text.headlines import is_doubtful
from dedup.text.lexicon import lexicon
from dedup.text.scan import COLUMN, RAW, Scan, line_key

OPENING_LINES = 5
"""Body lines from the first in which a dateline or its agency may stand."""
ABOVE_LINES, LEAST_LEAD = 8, 60
"""Lines right above the body that are looked at too, and the characters that one with a dateline must have."""


SOURCE_LINES, SOURCE_CHARS = 3, 120
"""Lines above a body without headline, and lines below it, among which a source may stand by itself, and the characters
below which such lines and meta lines are looked at whatever their words."""


_PLACE_ONLY = re.compile(r"^[^\W\d_][^()/]{2,40}\s\([A-Z]{2,12}\)$")
"""A dateline that stands apart from its text: "Washington (CNN)"."""


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
    body = [i for i, role in enumerate(roles) if role == "B" and lines[i][:1] not in ("", "×", "•", "|")]
    meta = [i for i, role in enumerate(roles) if role == "L"]
    headline = _headline(article.title, lines, found, roles)
    dateline = _dateline(lines, roles, body, meta, text)
    published, notes = _published(article, lines, found, meta, dateline)
    byline = bylines.find_byline(lines, roles, article.byline, dateline)
    return Meta(
        headline,
        byline.names if byline else None,
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
    opening = {*body[:OPENING_LINES], *_above(roles, body)}
    closing = set(body[-2:]) | {i for i in range(len(lines)) if body and i > body[-1]}
    short = (raw[:, COLUMN["chars"]] < 30) & (raw[:, COLUMN["upper"]] == 0) & (raw[:, COLUMN["symbols"]] == 0)
    near = _source_places(roles, body)
    stated = [role == "L" or i in near for i, role in enumerate(roles)]
    hit |= np.array(stated, dtype=np.bool_) & (raw[:, COLUMN["chars"]] < SOURCE_CHARS)
    return [
        Site(int(i), lines[i], _site_role(roles[i], lines[i], int(i), near), int(i) in opening, int(i) in closing)
        for i in np.flatnonzero(hit | (short & np.array([i in closing for i in range(len(lines))])))
        if roles[i] in "LTF" or (roles[i] == "B" and (int(i) in opening or int(i) in closing))
    ]


def _source_places(roles: str, body: list[int]) -> Mapping[int, str]:
    """Lines of furniture that may name the source or open the text: beside headline or meta lines, right above the
    body, or right below it; by the role they are judged in."""
    filled = [i for i, role in enumerate(roles) if role != "-"]
    first, last = (body[0], body[-1]) if body else (len(roles), len(roles))
    above = [i for i in filled if i < first]
    near = set(above[-SOURCE_LINES:]) if len(above) <= SOURCE_LINES else set()
    for one, two in itertools.pairwise(above):
        near |= {two} if roles[one] in "TL" else set()
        near |= {one} if roles[two] in "TL" else set()
    below = dict.fromkeys([i for i in filled if i > last][:SOURCE_LINES], "A")
    return below | {i: "S" for i in near if roles[i] in "FT"} | dict.fromkeys(_above(roles, body), "B")


def _site_role(role: str, line: str, i: int, near: Mapping[int, str]) -> str:
    if role not in "FT" or i not in near:
        return role
    if is_source_line(line) and not (near[i] == "A" and "," in line):
        return "S"
    return "B" if near[i] == "B" and len(line) > LEAST_LEAD and bylines.dateline_of_body(line) else role


def _dateline(lines: list[str], roles: str, body: list[int], meta: list[int], text: str) -> str | None:
    """The place and date that open the text: of a body line, of a line right above the body, of a line of its own."""
    above = _above(roles, body)
    lead = next((i for i in body[:OPENING_LINES] if len(lines[i]) > LEAST_LEAD), -1)
    for i in (*body[:OPENING_LINES], *above):
        found = bylines.dateline_of_body(lines[i], first=i == lead)
        if found and (roles[i] == "B" or len(lines[i]) > LEAST_LEAD or _PLACE_ONLY.match(lines[i])):
            return found
    alone = next((found for found in map(bylines.dateline_alone, (lines[i] for i in meta)) if found), None)
    named = [i for i in meta if body and i < body[0]]
    signed = any(agencies().name.search(lines[i]) for i in named[-3:])
    places = (*above[::-1], *body[:1], *named[-2:])
    return alone or next((city for i in places if (city := city_alone(lines[i], text, signed))), None)


def _above(roles: str, body: list[int]) -> list[int]:
    """Lines between the headline or meta lines and the body that no role was found for: the opening may be there."""
    found: list[int] = []
    for i in range(body[0] - 1 if body else -1, -1, -1):
        if roles[i] in "TL" or len(found) == ABOVE_LINES:
            break
        if roles[i] == "F":
            found.append(i)
    return found[::-1]


def _published(
    article: Article, lines: list[str], found: Scan, meta: list[int], dateline: str | None
) -> tuple[datetime | None, tuple[str, ...]]:
    """The dump's own time; else the dateline and meta lines, with the year of the page's other dates."""
    if article.published is not None:
        return article.published, ()
    if not meta and dateline is None:
        return None, ()
    country = dates.country_of(article.url, article.outlet)
    first = dates.day_first(country)
    stated = [dates.settled(moment, country) for i in meta for moment in dates.moments(lines[i], first)]
    short = (found.raw[:, COLUMN["digits"]] >= 4) & (found.raw[:, COLUMN["chars"]] < 80)
    everywhere = [moment for i in np.flatnonzero(short) for moment in dates.moments(lines[i], first)]
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
