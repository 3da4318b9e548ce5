"""Headline, byline, dateline, credits and time of publication, once the role of every line is known."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dedup.models import Article, Credit
from dedup.text import bylines, dates, spots
from dedup.text.agencies import agencies
from dedup.text.charclass import joined
from dedup.text.choose import META
from dedup.text.credits import SIGNED, Site, find_credits
from dedup.text.headlines import is_doubtful
from dedup.text.lexicon import lexicon
from dedup.text.packed import Batch
from dedup.text.scan import COLUMN, RAW

_NONE: tuple[str, ...] = ()
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


def read_meta(articles: Sequence[Article], batch: Batch, letters: NDArray[np.uint8]) -> list[Meta]:
    """Headline, byline, dateline, credits and time of every article of a batch whose units have their letters."""
    found, lines = batch.found, batch.lines
    outline = spots.outline(lines, letters, OPENING_LINES)
    places = batch.codes, batch.bounds, batch.starts, batch.ends
    opening = spots.datelines(*places, outline[1], joined())
    on_page = spots.titles_on_page(lines, found.hashes, batch.titles.keys, batch.titles.bounds)
    sites = spots.sites(lines, letters, found.raw, _site_columns(), outline, (*places, agencies().trie))
    by_text = _by_text(batch, letters, *sites)
    starts, ends = batch.starts.tolist(), batch.ends.tolist()
    every = zip(
        articles, batch.texts, lines.tolist(), on_page.tolist(), outline[1].tolist(), opening.tolist(), strict=False
    )
    metas = []
    for i, ((article, own, low, titled, body, may), (top, last, many)) in enumerate(
        zip(every, outline[0].tolist(), strict=True)
    ):
        meta = [low + k for k in np.flatnonzero(letters[low : lines[i + 1]] == META).tolist()] if many else []
        text = _Text(own, starts, ends, low, meta)
        headline = _headline(article.title, text, top, titled, batch.titles.raw[i])
        dateline = _dateline(text, [k for k, likely in zip(body, may, strict=True) if likely] if True in may else [])
        published, notes = article.published, _NONE
        if published is None and (meta or dateline):
            published, notes = _published(text, dateline, batch.found.raw[low : lines[i + 1]])
        credits: tuple[Credit, ...] = ()
        if i in by_text or article.credit or article.byline:
            credits = find_credits(by_text.get(i, ()), article)
        metas.append(Meta(headline, _byline(article, text, last), dateline, credits, published, notes))
    return metas


class _Text(NamedTuple):
    """A text, where the units of its batch start and end, the number of its first one and those of its meta lines."""

    text: str
    starts: Sequence[int]
    ends: Sequence[int]
    first: int
    meta: Sequence[int]

    def line(self, unit: int) -> str:
        return self.text[self.starts[unit] : self.ends[unit]].strip()


@lru_cache(maxsize=1)
def _site_columns() -> tuple[int, int]:
    names = lexicon().names
    return len(RAW) + names.index("agency"), len(RAW) + names.index("staff")


def _by_text(
    batch: Batch, letters: NDArray[np.uint8], sites: NDArray[np.int64], named: NDArray[np.int64]
) -> dict[int, list[Site]]:
    """Lines that may name an agency, by the number of their text."""
    found: dict[int, list[Site]] = {}
    places, first = named.tolist(), 0
    for text, unit, opening, closing, last in sites.tolist():
        line = batch.texts[text][batch.starts[unit] : batch.ends[unit]]
        shift = len(line) - len(line.lstrip())
        held = [place - shift for place in places[first:last]]
        first = last
        site = Site(unit, line.strip(), chr(letters[unit]), bool(opening), bool(closing), held)
        if held or len(site.text) < SIGNED:
            found.setdefault(text, []).append(site)
    return found


def _headline(title: str | None, text: _Text, top: int, on_page: bool, counted: NDArray[np.float32]) -> str | None:
    """The headline line of the page; the given title where the page has none, or has no line of that title at all.

    A title that is a line of the page but not its headline is an accident of the dump.
    """
    if top < 0 or not title:
        return title if top < 0 else text.line(top)
    return text.line(top) if on_page or is_doubtful(title, counted) else title


def _byline(article: Article, text: _Text, last: int) -> str | None:
    found = []
    for i in text.meta:
        after_by = i > text.first and text.line(i - 1).lower() in ("by", "von", "par", "por", "di")
        byline = bylines.byline_of_line(text.line(i), after_by)
        if byline:
            found.append((-byline.confidence, i, byline.names))
    if found:
        return min(found)[2]
    if article.byline:
        return bylines.trimmed(article.byline) or article.byline
    tail = bylines.byline_in_tail(text.line(last)) if last >= 0 else None
    return tail.names if tail else None


def _dateline(text: _Text, likely: Sequence[int]) -> str | None:
    for i in likely:
        found = bylines.dateline_of_body(text.line(i))
        if found:
            return found
    return next((found for i in text.meta if (found := bylines.dateline_alone(text.line(i)))), None)


def _published(text: _Text, dateline: str | None, raw: NDArray[np.float32]) -> tuple[datetime | None, tuple[str, ...]]:
    """The time that the dateline and the meta lines give, with the year of the page's other dates."""
    stated = [moment for i in text.meta for moment in dates.moments(text.line(i))]
    told = dates.moments(dateline) if dateline else []
    if not stated and not told:
        return None, ()
    anchors = _days(text, raw)
    for moment in sorted(stated, key=dates.exact, reverse=True)[:1] + told + stated:
        dated = dates.with_year(moment, anchors)
        when = dates.instant(dated) if dated else None
        if dated and when:
            return when, () if dates.exact(dated) else ("published-day-only",)
    return None, ()


def _days(text: _Text, raw: NDArray[np.float32]) -> list[date]:
    """Dates with a year on the short lines of a text."""
    short = (raw[:, COLUMN["digits"]] >= 4) & (raw[:, COLUMN["chars"]] < 80)
    everywhere = [moment for i in np.flatnonzero(short) for moment in dates.moments(text.line(text.first + int(i)))]
    return [day for moment in everywhere if moment.year and (day := _day(moment))]


def _day(moment: dates.Moment) -> date | None:
    found = dates.instant(moment)
    return found.date() if found else None
