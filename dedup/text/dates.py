"""When an article was published, from its own lines: dates with the zones and precision they have, nothing invented."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta, timezone
from functools import lru_cache
from typing import NamedTuple

_MONTHS = {
    1: "january jan januar janvier enero gennaio janeiro января",
    2: "february feb februar février febrero febbraio fevereiro февраля",
    3: "march mar märz mars marzo março марта",
    4: "april apr avril abril aprile апреля",
    5: "may mai mayo maggio maio мая",
    6: "june jun juni juin junio giugno junho июня",
    7: "july jul juli juillet julio luglio julho июля",
    8: "august aug août agosto августа",
    9: "september sept sep septembre septiembre settembre setembro сентября",
    10: "october oct oktober octobre octubre ottobre outubro октября",
    11: "november nov novembre noviembre novembro ноября",
    12: "december dec dezember décembre diciembre dicembre dezembro декабря",
}
_ZONES = {
    "utc": 0, "gmt": 0, "z": 0, "est": -300, "edt": -240, "cst": -360, "cdt": -300, "mst": -420, "mdt": -360,
    "pst": -480, "pdt": -420, "cet": 60, "cest": 120, "eet": 120, "msk": 180, "kst": 540, "jst": 540, "hkt": 480,
}  # fmt: skip
"""Minutes from UTC. "ET", "PT", "IST" and "BST" are left out: they name more than one offset."""


class Moment(NamedTuple):
    """A date read from a line: ``year`` 0 when it has none; ``minute`` of the day or -1; ``offset`` minutes or None."""

    year: int
    month: int
    day: int
    minute: int = -1
    offset: int | None = None


@lru_cache(maxsize=1)
def _patterns() -> tuple[dict[str, int], re.Pattern[str], re.Pattern[str], re.Pattern[str]]:
    months = {word: number for number, words in _MONTHS.items() for word in words.split()}
    names = "|".join(sorted(months, key=lambda word: (-len(word), word)))
    day = re.compile(
        rf"(?i)\b(?P<m1>{names})\.?\s+(?P<d1>\d{{1,2}})(?:st|nd|rd|th)?\b(?:,?\s+(?P<y1>(?:19|20)\d\d))?"
        rf"|(?<![\d:.])\b(?P<d2>\d{{1,2}})(?:st|nd|rd|th|\.)?\s+(?:de\s+)?(?P<m2>{names})\b\.?(?:,?\s+(?:de\s+)?(?P<y2>(?:19|20)\d\d))?"
        r"|\b(?P<y3>(?:19|20)\d\d)[-/.年]\s?(?P<m3>\d{1,2})[-/.月]\s?(?P<d3>\d{1,2})(?!\d)"
        r"|\b(?P<a4>\d{1,2})/(?P<b4>\d{1,2})/(?P<y4>(?:19|20)\d\d)\b"
    )
    clock = re.compile(r"(?i)(?<![\d:])(?P<h>\d{1,2})[:.](?P<m>\d\d)(?::\d\d)?\s*(?P<half>[ap]\.?m\b\.?)?")
    zone = re.compile(rf"(?i)(?P<sign>[+-])(?P<zh>\d\d):?(?P<zm>\d\d)\b|\b(?P<zone>{'|'.join(_ZONES)})\b")
    return months, day, clock, zone


def moments(text: str) -> list[Moment]:
    """Every date of a line in order."""
    months, day, clock, zone = _patterns()
    found = []
    for hit in day.finditer(text):
        year, month, number = _parts(hit, months)
        if 1 <= month <= 12 and 1 <= number <= 31:
            found.append(Moment(year, month, number))
    if len(found) == 1:
        minute = _minute(clock.search(day.sub(" ", text)))
        if minute >= 0:
            return [found[0]._replace(minute=minute, offset=_offset(zone.search(text)))]
    return found


def _parts(hit: re.Match[str], months: dict[str, int]) -> tuple[int, int, int]:
    if hit["m1"]:
        return int(hit["y1"] or 0), months[hit["m1"].lower()], int(hit["d1"])
    if hit["m2"]:
        return int(hit["y2"] or 0), months[hit["m2"].lower()], int(hit["d2"])
    if hit["y3"]:
        return int(hit["y3"]), int(hit["m3"]), int(hit["d3"])
    first, second = int(hit["a4"]), int(hit["b4"])
    # 07/15/2018 can only be July 15; where both readings fit, month first, the use of the US
    return (int(hit["y4"]), first, second) if first <= 12 else (int(hit["y4"]), second, first)


def _minute(hit: re.Match[str] | None) -> int:
    if hit is None:
        return -1
    hour, minute = int(hit["h"]), int(hit["m"])
    half = (hit["half"] or "").lower()
    if half and 1 <= hour <= 12:
        hour = hour % 12 + (12 if half.startswith("p") else 0)
    return hour * 60 + minute if hour < 24 and minute < 60 else -1


def _offset(hit: re.Match[str] | None) -> int | None:
    if hit is None:
        return None
    if hit["zone"]:
        return _ZONES[hit["zone"].lower()]
    minutes = int(hit["zh"]) * 60 + int(hit["zm"])
    return minutes if hit["sign"] == "+" else -minutes


def instant(moment: Moment) -> datetime | None:
    """Aware time of a moment with a year: exact where clock and zone are given, else the day's start in UTC."""
    try:
        day = datetime(moment.year, moment.month, moment.day, tzinfo=UTC)
    except ValueError:
        return None
    if moment.minute < 0 or moment.offset is None:
        return day
    zone = timezone(timedelta(minutes=moment.offset))
    return day.replace(tzinfo=zone) + timedelta(minutes=moment.minute)


def exact(moment: Moment) -> bool:
    """Whether the moment is known to the minute."""
    return moment.minute >= 0 and moment.offset is not None


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
