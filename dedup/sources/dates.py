"""Times of publication as dumps write them, to aware datetimes."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Final, NamedTuple

NAIVE: Final = "naive-time"
DATE_ONLY: Final = "date-only"
BAD: Final = "bad-date"

_YEARS: Final = range(1700, 2200)
"""Years of publication believed; dumps write 0001-01-01 and 9999-12-31 for "unknown"."""

_FORMATS: Final = (
    "%Y/%m/%d %H:%M:%S",
    "%Y/%m/%d %H:%M",
    "%Y/%m/%d",
    "%Y.%m.%d",
    "%B %d, %Y %I:%M %p",
    "%b %d, %Y %I:%M %p",
    "%B %d, %Y",
    "%b %d, %Y",
    "%d %B %Y %H:%M",
    "%d %b %Y %H:%M",
    "%d %B %Y",
    "%d %b %Y",
    "%a %b %d %H:%M:%S %Y",
    "%a %b %d %H:%M:%S %z %Y",
    "%Y%m%dT%H%M%S%z",
    "%Y-%m",
    "%Y",
)
_ZONE_NAME: Final = re.compile(r"\s*(?:\(?(?:UTC|GMT|Z)\)?)$")
_SPACED_ZONE: Final = re.compile(r"\s+([+-]\d\d:?\d\d)$")
_LONG_FRACTION: Final = re.compile(r"(\.\d{6})\d+")
_MS, _US, _NS = 1_000, 1_000_000, 1_000_000_000


class Time(NamedTuple):
    """An aware datetime or None, and the repair that was needed, if any."""

    when: datetime | None
    repair: str | None = None


_NONE: Final = Time(None, BAD)


def parse_time(value: object) -> Time:
    """Read one date field: ISO 8601, RFC 822, epoch seconds to nanoseconds, YYYYMMDD[HHMMSS], a few written forms.

    A time without a zone is taken as UTC (repair ``naive-time``), a bare date as midnight UTC (``date-only``);
    what cannot be read, or lies outside the years 1700 to 2199, is None (``bad-date``). Never raises.
    """
    if isinstance(value, str):
        found = _of_text(value.strip()[:64])
    elif isinstance(value, bool):
        found = _NONE
    elif isinstance(value, datetime):
        found = _aware(value)
    elif isinstance(value, (int, float)):
        found = _of_number(value)
    else:
        found = _NONE
    if found.when is not None and found.when.year not in _YEARS:
        return _NONE
    return found


def _of_text(text: str) -> Time:
    if text.isascii() and text.isdigit():
        return _of_digits(text)
    try:
        when = datetime.fromisoformat(text)
    except ValueError:
        return _of_other(text)
    return Time(when.replace(tzinfo=UTC), DATE_ONLY) if len(text) <= 10 else _aware(when)


def _aware(when: datetime) -> Time:
    if when.tzinfo is None:
        return Time(when.replace(tzinfo=UTC), NAIVE)
    return Time(when)


def _of_digits(text: str) -> Time:
    formats = {4: "%Y", 6: "%Y%m", 8: "%Y%m%d", 12: "%Y%m%d%H%M", 14: "%Y%m%d%H%M%S"}
    form = formats.get(len(text))
    if form is None:
        return _of_number(int(text))
    try:
        when = datetime.strptime(text, form).replace(tzinfo=UTC)
    except ValueError:
        return _of_number(int(text)) if len(text) == 12 else _NONE
    return Time(when, NAIVE if len(text) > 8 else DATE_ONLY)


def _of_number(value: float) -> Time:
    size = abs(value)
    if 1700 <= value < 2200 and value == int(value):
        return Time(datetime(int(value), 1, 1, tzinfo=UTC), DATE_ONLY)
    if 1e7 <= size < 1e8 or 1e13 <= size < 2.2e13:  # YYYYMMDD, YYYYMMDDHHMMSS given as numbers
        return _of_digits(str(int(value)))
    scale = 1 if size < 1e11 else _MS if size < 1e14 else _US if size < 1e17 else _NS
    try:
        return Time(datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=value / scale))
    except (OverflowError, ValueError):
        return _NONE


def _of_other(text: str) -> Time:
    tidy = _LONG_FRACTION.sub(r"\1", _SPACED_ZONE.sub(r"\1", text))
    named = _ZONE_NAME.sub("+00:00", tidy)
    for form in (tidy, named):
        try:
            return _aware(datetime.fromisoformat(form))
        except ValueError:
            continue
    return _of_mail(text)


def _of_mail(text: str) -> Time:
    try:
        when = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return _of_written(text)
    if when.tzinfo is None:
        return Time(when.replace(tzinfo=UTC), None if text.endswith("-0000") else NAIVE)
    return Time(when)


def _of_written(text: str) -> Time:
    for form in _FORMATS:
        try:
            when = datetime.strptime(text, form)
        except ValueError:
            continue
        if "%H" in form or "%I" in form:
            return _aware(when)
        return Time(when.replace(tzinfo=UTC), DATE_ONLY)
    return _NONE
