"""When an article was published, from its own lines: dates with the zones and precision they have, nothing invented."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta, timezone
from functools import lru_cache
from importlib import resources
from typing import NamedTuple

from dedup.text.agencies import any_of, host_of

ZONE_WITHIN = 16
"""Characters after a clock in which its zone begins."""
LAW_SINCE = 2007
"""Since then the summer times used here are in force."""


class Moment(NamedTuple):
    """A date read from a line: ``year`` 0 when it has none; ``minute`` of the day or -1; ``offset`` minutes or None;
    ``law`` is the country whose summer time is still to be added, "" for a fixed offset."""

    year: int
    month: int
    day: int
    minute: int = -1
    offset: int | None = None
    law: str = ""


class Table(NamedTuple):
    """data/dates.toml, compiled: names to numbers, and the expressions for days, clocks and zones."""

    months: dict[str, int]
    zones: dict[str, tuple[int, str]]
    day: re.Pattern[str]
    clock: re.Pattern[str]
    zone: re.Pattern[str]


@lru_cache(maxsize=1)
def table() -> Table:
    """The package's own table of months, clocks and zones."""
    text = (resources.files("dedup.text") / "data" / "dates.toml").read_text(encoding="utf-8")
    data: dict[str, dict[str, str]] = tomllib.loads(text)
    months, dated = _month_names(data["months"]), _month_names(data["months_dated"])
    fixed = [pair.split("=") for pairs in data["zones"].values() for pair in pairs.split()]
    moving = [(law, *pair.split("=")) for law, pairs in data["regions"].items() for pair in pairs.split()]
    zones = {name: (int(offset), "") for name, offset in fixed}
    zones |= {name: (int(offset), law) for law, name, offset in moving}
    late = "|".join(word for words in data["afternoon"].values() for word in words.split())
    clock = re.compile(
        rf"(?i)(?P<late>{late})?\s?(?<![\d:])(?P<h>\d{{1,2}})(?:[:.h]|\s?[時时시点]\s?)(?P<m>\d\d?)(?::\d\d)?(?!\d)"
        r"\s*(?:[分분])?(?P<half>[ap]\.?m\b\.?)?"
    )
    zone = re.compile(
        rf"(?i)(?P<sign>[+-])(?P<zh>\d\d):?(?P<zm>\d\d)\b|(?<![^\W\d_])(?P<zone>{_longest_first(zones)})(?![^\W_])"
    )
    return Table(months | dated, zones, _day_pattern(months, dated), clock, zone)


def _month_names(languages: dict[str, str]) -> dict[str, int]:
    return {
        name: number
        for names in languages.values()
        for number, forms in enumerate(names.split(), start=1)
        for name in forms.split("/")
        if name != "_"
    }


def _longest_first(words: Iterable[str]) -> str:
    return "|".join(sorted(words, key=lambda word: (-len(word), word)))


def _day_pattern(months: dict[str, int], dated: dict[str, int]) -> re.Pattern[str]:
    names, year = any_of(list(months), True), r"(?:19|20)\d\d"
    return re.compile(
        rf"(?i)\b(?P<m1>{names})\.?\s+(?P<d1>\d{{1,2}})(?:st|nd|rd|th)?\b(?:,?\s+(?P<y1>{year}))?"
        rf"|(?<![\d:.])\b(?P<d2>\d{{1,2}})(?:st|nd|rd|th|\.|º|°|er)?\s+(?:de\s+)?(?:(?P<m2>{names})\b"
        rf"\.?(?:,?\s+(?:del?\s+)?(?P<y2>{year}))?|(?P<m7>{any_of(list(dated), True)})\.?\s+(?:de\s+)?(?P<y7>{year}))"
        rf"|(?<!\d)(?P<y3>{year})(?:[-/.]\s?|\s?[年년]\s?)(?P<m3>\d{{1,2}})(?:[-/.]\s?|\s?[月월]\s?)(?P<d3>\d{{1,2}})(?!\d)"
        rf"|\b(?P<a4>\d{{1,2}})/(?P<b4>\d{{1,2}})/(?P<y4>{year})\b"
        rf"|(?<![\d.])(?P<d5>\d{{1,2}})\.\s?(?P<m5>\d{{1,2}})\.\s?(?P<y5>{year})\b"
        r"|(?<!\d)(?P<m6>\d{1,2})\s?[月월]\s?(?P<d6>\d{1,2})\s?[日일]"
    )


def moments(text: str, day_first: bool = False) -> list[Moment]:
    """Every date of a line in order. ``day_first`` says how 3/4/2024 is to be read where both readings fit."""
    known = table()
    found = []
    for hit in known.day.finditer(text):
        year, month, number = _parts(hit, known.months, day_first)
        if 1 <= month <= 12 and 1 <= number <= 31:
            found.append(Moment(year, month, number))
    if len(found) == 1:
        rest = known.day.sub(" ", text)
        clock = known.clock.search(rest)
        minute = _minute(clock)
        if clock and minute >= 0:
            offset, law = _zone_of(rest, clock.end())
            return [found[0]._replace(minute=minute, offset=offset, law=law)]
    return found


def _parts(hit: re.Match[str], months: dict[str, int], day_first: bool) -> tuple[int, int, int]:
    for form in "127":
        if f"m{form}" in hit.re.groupindex and hit[f"m{form}"]:
            day = hit["d2" if form == "7" else f"d{form}"]
            return int(hit[f"y{form}"] or 0), months[hit[f"m{form}"].lower()], int(day)
    for form in "35":
        if hit[f"y{form}"]:
            return int(hit[f"y{form}"]), int(hit[f"m{form}"]), int(hit[f"d{form}"])
    if hit["m6"]:
        return 0, int(hit["m6"]), int(hit["d6"])
    first, second = int(hit["a4"]), int(hit["b4"])
    # 07/15/2018 can only be July 15; where both readings fit, month first, the use of the US, unless told otherwise
    month_first = first <= 12 and not (day_first and second <= 12)
    return (int(hit["y4"]), first, second) if month_first else (int(hit["y4"]), second, first)


def _minute(hit: re.Match[str] | None) -> int:
    if hit is None:
        return -1
    hour, minute = int(hit["h"]), int(hit["m"])
    half = (hit["half"] or "").lower() or ("p" if hit["late"] else "")
    if half and 1 <= hour <= 12:
        hour = hour % 12 + (12 if half.startswith("p") else 0)
    return hour * 60 + minute if hour < 24 and minute < 60 else -1


def _zone_of(text: str, at: int) -> tuple[int | None, str]:
    """Offset and law of the zone right after a clock that ends ``at``; a zone without summer time may stand anywhere.

    Zones that follow a law are only known in capitals: "et" is French, "CT" a state.
    """
    known = table()
    for hit in (known.zone.search(text, at, at + ZONE_WITHIN), known.zone.search(text)):
        if hit is None:
            continue
        if hit["sign"]:
            minutes = int(hit["zh"]) * 60 + int(hit["zm"])
            return (minutes if hit["sign"] == "+" else -minutes), ""
        offset, law = known.zones[hit["zone"].lower()]
        if not law or (hit["zone"].isupper() and at <= hit.start() < at + ZONE_WITHIN):
            return offset, law
    return None, ""


def settled(moment: Moment, country: str) -> Moment:
    """The moment without the offset of a zone whose name means another one outside its country ("BST", "IST")."""
    return moment if moment.law in ("", "us", country) else moment._replace(offset=None, law="")


def country_of(url: str | None, outlet: str | None) -> str:
    """The country that an address or outlet says it is of: the last part of its host, "" where it says none."""
    for address in (url, outlet):
        host = host_of(address) or ""
        if re.fullmatch(r"[\w.-]+\.[a-z]{2,}", host):
            known = _hosts().get(host.removeprefix("www."))
            last = host.rsplit(".", 1)[1]
            return known or (last if len(last) == 2 else "")
    return ""


@lru_cache(maxsize=1)
def _hosts() -> dict[str, str]:
    text = (resources.files("dedup.text") / "data" / "dates.toml").read_text(encoding="utf-8")
    return {host: country for country, hosts in tomllib.loads(text)["hosts"].items() for host in hosts.split()}


def day_first(country: str) -> bool:
    """Whether a country writes the day before the month; where none is known the use of the US is taken."""
    return country not in ("", "us", "ca", "ph", "kr", "jp", "cn", "tw", "hk", "tv", "io", "co")


def _summer(day: date, law: str) -> int:
    """Minutes that the summer time of a country adds on a day; the day of the change counts as changed.

    The laws since 2007 (US) and 1996 (UK); worked out here so that no machine's own table of zones matters.
    """
    if law == "in":
        return 0
    if law == "us":
        begin, end = _sunday(day.year, 3, 8), _sunday(day.year, 11, 1)
    else:
        begin, end = _sunday(day.year, 3, 25), _sunday(day.year, 10, 25)
    return 60 if begin <= day < end else 0


def _sunday(year: int, month: int, earliest: int) -> date:
    day = date(year, month, earliest)
    return day + timedelta(days=(6 - day.weekday()) % 7)


def instant(moment: Moment) -> datetime | None:
    """Aware time of a moment with a year: exact where clock and zone are given, else the day's start in UTC."""
    try:
        day = datetime(moment.year, moment.month, moment.day, tzinfo=UTC)
    except ValueError:
        return None
    if moment.offset is None or not exact(moment):
        return day
    summer = _summer(day.date(), moment.law) if moment.law else 0
    zone = timezone(timedelta(minutes=moment.offset + summer))
    return day.replace(tzinfo=zone) + timedelta(minutes=moment.minute)


def exact(moment: Moment) -> bool:
    """Whether the moment is known to the minute."""
    lawful = not moment.law or not moment.year or moment.year >= LAW_SINCE
    return moment.minute >= 0 and moment.offset is not None and lawful


def with_year(moment: Moment, anchors: Iterable[date]) -> Moment | None:
    """The moment with the year that brings it nearest before (or at most 7 days after) the latest known date."""
    if moment.year:
        return moment
    latest = max(anchors, default=None)
    if latest is None:
        return None
    for year in (latest.year + 1, latest.year, latest.year - 1):
        try:
            candidate = date(year, moment.month, moment.day)
        except ValueError:
            continue
        if candidate <= latest + timedelta(days=7):
            return moment._replace(year=year)
    return None
