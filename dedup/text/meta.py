"""Headline, byline, dateline, credits and time of publication, once the role of every line is known."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dedup.models import Article, Credit
from dedup.text import authors, bylines, dates, mentions, spots
from dedup.text.agencies import agencies
from dedup.text.charclass import joined
from dedup.text.credits import SIGN_CHARS, Site, find_credits, is_source_line
from dedup.text.datelines import city_alone
from dedup.text.lexicon import lexicon
from dedup.text.packed import Batch, Titles, is_doubtful_title
from dedup.text.scan import COLUMN, RAW

_NONE: tuple[str, ...] = ()
OPENING_LINES = 5
"""Body lines from the first in which a dateline or its agency may stand."""
LEAST_LEAD = 60
"""Characters that a line right above the body must have to be taken for its opening by a dateline."""
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


def read_meta(articles: Sequence[Article], batch: Batch, letters: NDArray[np.uint8]) -> list[Meta]:
    """Headline, byline, dateline, credits and time of every article of a batch whose units have their letters."""
    found, lines = batch.found, batch.lines
    places = batch.codes, batch.bounds, batch.starts, batch.ends
    outline = spots.outline(lines, letters, OPENING_LINES, places, joined())
    opening, cities = spots.datelines(*places, outline[1], joined())
    on_page = spots.titles_on_page(lines, found.hashes, batch.titles.keys, batch.titles.bounds)
    words = found.raw, found.words, found.word_ends, found.word_bounds
    marked, signed = authors.marks(lines, letters, words, (*places, agencies().trie), joined(), authors.clues())
    heads, tails = marked[0].tobytes().decode("ascii"), marked[1].tobytes().decode("ascii")
    starts, ends, edges = batch.starts.tolist(), batch.ends.tolist(), batch.edges
    roles = letters.tobytes().decode("ascii")
    texts = [
        _Text(text, starts, ends, low, roles[low:high])
        for text, (low, high) in zip(batch.texts, pairwise(edges), strict=True)
    ]
    sites, named = spots.sites(lines, letters, found.raw, _site_columns(), outline, (*places, agencies().trie))
    by_text = _by_text(texts, *mentions.credible(sites, named, letters, places, joined(), mentions.longest_name()))
    tops = outline[0][:, spots.TOP].tolist()
    metas = []
    leads = zip(outline[1].tolist(), opening.tolist(), cities.tolist(), strict=True)
    for i, (article, titled, lead) in enumerate(zip(articles, on_page.tolist(), leads, strict=True)):
        low, high = edges[i], edges[i + 1]
        text = texts[i]
        meta = [low + k for k, role in enumerate(text.roles) if role == "L"] if "L" in text.roles else []
        headline = _headline(article.title, text, tops[i], titled, (batch.titles, i))
        dateline = _dateline(text, meta, *lead)
        published, notes = article.published, _NONE
        if published is None and (meta or dateline):
            published, notes = _published(article, text, meta, dateline, found.raw[low:high])
        credits: tuple[Credit, ...] = ()
        if i in by_text or article.credit or article.byline:
            credits = find_credits(by_text.get(i, ()), article)
        byline = None
        if signed[i] or article.byline:
            marks = bylines.Marks(heads[low:high], tails[low:high])
            byline = bylines.find_byline(text, text.roles, article.byline, dateline, marks)
        metas.append(Meta(headline, byline.names if byline else None, dateline, credits, published, notes))
    return metas


class _Text:
    """The lines of a text: ``text[i]`` is its i-th, ``text.line(unit)`` the one of that number in its batch."""

    __slots__ = ("ends", "first", "roles", "starts", "text")

    def __init__(self, text: str, starts: Sequence[int], ends: Sequence[int], first: int, roles: str) -> None:
        """``first`` is the number of the text's first unit in its batch, ``roles`` a letter a line."""
        self.text, self.starts, self.ends, self.first, self.roles = text, starts, ends, first, roles

    def __len__(self) -> int:
        return len(self.roles)

    def __getitem__(self, number: int) -> str:
        return self.line(self.first + number)

    def line(self, unit: int) -> str:
        return self.text[self.starts[unit] : self.ends[unit]].strip()


@lru_cache(maxsize=1)
def _site_columns() -> tuple[int, int]:
    names = lexicon().names
    return len(RAW) + names.index("agency"), len(RAW) + names.index("staff")


def _by_text(texts: Sequence[_Text], sites: NDArray[np.int64], named: NDArray[np.int64]) -> dict[int, list[Site]]:
    """Lines that may name an agency, by the number of their text."""
    found: dict[int, list[Site]] = {}
    places, first = named.tolist(), 0
    for text, unit, opening, closing, place, last in sites.tolist():
        own = texts[text]
        line = own.text[own.starts[unit] : own.ends[unit]]
        shift = len(line) - len(line.lstrip())
        held = [place_of - shift for place_of in places[first:last]]
        first = last
        line, role = line.strip(), own.roles[unit - own.first]
        if place and role in "FT":
            role = _site_role(role, line, place, held)
        if held or len(line) < SIGN_CHARS:
            site = Site(unit, line, role, bool(opening), bool(closing), held)
            found.setdefault(text, []).append(site)
    return found


def _site_role(role: str, line: str, place: int, names: Sequence[int]) -> str:
    """The role in which a line of furniture is judged that stands where sources do or texts open."""
    if not (place == spots.BELOW and "," in line) and is_source_line(line, names):
        return "S"
    return "B" if place == spots.OVER and len(line) > LEAST_LEAD and bylines.dateline_of_body(line) else role


def _headline(title: str | None, text: _Text, top: int, on_page: bool, known: tuple[Titles, int]) -> str | None:
    """The headline line of the page; the given title where the page has none, or has no line of that title at all.

    A title that is a line of the page but not its headline is an accident of the dump. ``known``: the titles of a
    batch, and which of them it is.
    """
    if top < 0 or not title:
        return (title or "").strip() or None if top < 0 else text.line(top)
    return text.line(top) if on_page or is_doubtful_title(*known, title) else title


def _dateline(
    text: _Text, meta: Sequence[int], opening: Sequence[int], may: Sequence[bool], cities: Sequence[bool]
) -> str | None:
    """The place and date that open the text: of a body line, of a line right above the body, of a line of its own.

    ``opening`` holds the first body lines and the lines right above (-1 for none), ``may`` which may have a dateline,
    ``cities`` which may be nothing but a city.
    """
    if True in may:
        lead = next((i for i in opening[:OPENING_LINES] if i >= 0 and len(text.line(i)) > LEAST_LEAD), -1)
        whole = 0
        for number, (i, likely) in enumerate(zip(opening, may, strict=True)):
            if number < OPENING_LINES and whole > 1:
                continue
            whole += number < OPENING_LINES and i >= 0 and len(text.line(i)) >= spots.PARAGRAPH
            line = text.line(i) if likely else ""
            found = bylines.dateline_of_body(line, first=i == lead) if likely else None
            if found and (number < OPENING_LINES or len(line) > LEAST_LEAD or _PLACE_ONLY.match(line)):
                return found
    for i in meta:
        line = text.line(i)
        if "," in line and (found := bylines.dateline_alone(line)):
            return found
    if not meta and True not in cities:
        return None
    above = [i for i, city in zip(opening[OPENING_LINES:], cities[OPENING_LINES:], strict=True) if city]
    named = [i for i in meta if i < opening[0]]
    for i in (*above[::-1], *(opening[:1] if cities[0] else ()), *named[-2:]):
        line = text.line(i)
        if city_alone(line, "", signed=True):
            signed = any(agencies().name.search(text.line(k)) for k in named[-3:])
            if city := city_alone(line, text.text, signed):
                return city
    return None


def _published(
    article: Article, text: _Text, meta: Sequence[int], dateline: str | None, raw: NDArray[np.float32]
) -> tuple[datetime | None, tuple[str, ...]]:
    """The time that the dateline and the meta lines give, with the year of the page's other dates."""
    country = dates.country_of(article.url, article.outlet)
    first = dates.day_first(country)
    stated = [dates.settled(moment, country) for i in meta for moment in dates.moments(text.line(i), first)]
    told = dates.moments(dateline) if dateline else []
    if not stated and not told:
        return None, ()
    anchors = _days(text, raw, first)
    for moment in sorted(stated, key=dates.exact, reverse=True)[:1] + told + stated:
        dated = dates.with_year(moment, anchors)
        when = dates.instant(dated) if dated else None
        if dated and when:
            return when, () if dates.exact(dated) else ("published-day-only",)
    return None, ()


def _days(text: _Text, raw: NDArray[np.float32], day_first: bool) -> list[date]:
    """Dates with a year on the short lines of a text."""
    short = (raw[:, COLUMN["digits"]] >= 4) & (raw[:, COLUMN["chars"]] < 80)
    everywhere = [moment for i in np.flatnonzero(short).tolist() for moment in dates.moments(text[i], day_first)]
    return [day for moment in everywhere if moment.year and (day := _day(moment))]


def _day(moment: dates.Moment) -> date | None:
    found = dates.instant(moment)
    return found.date() if found else None
