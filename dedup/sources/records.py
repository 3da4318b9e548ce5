"""One parsed record to one Article or Rejection: the only place where either is made."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final

from dedup.models import Article, Rejection
from dedup.sources.dates import parse_time
from dedup.sources.encoding import is_unclean, scrub
from dedup.sources.fields import FieldTable, Getter, Plan, pick, table
from dedup.sources.limits import MAX_RAW
from dedup.sources.streams import Gap

_MAX_PLANS: Final = 256
"""Shapes of record remembered; a feed with more than this is hostile or keyed by data."""

_MARKUP: Final = re.compile(r"\s*<.*</?(?:p|div|html|body|article|span|h\d|br|a|ul|section)\b[^>]*>", re.S | re.I)
_HOST: Final = re.compile(r"\s*(?:[a-z][a-z0-9+.\-]*:)?//(?:[^/?#@\s]*@)?(?:www\.)?([^/?#@:\s\[\]]+)", re.I)
_NAMED: Final = ("name", "value", "title", "#text", "@id", "term", "label", "rendered")


class _Digits(str):
    """A number as it is written."""


def digest_of(raw: bytes) -> str:
    """blake2b-128 of the bytes, in hex."""
    return hashlib.blake2b(raw, digest_size=16).hexdigest()


class RecordMaker:
    """Makes the articles and rejections of one file. ``unit`` is "line", "row", "record" or "offset"; ``format`` says
    which reader reads the raw bytes of a rejection again."""

    def __init__(self, file: str, fields: FieldTable, *, unit: str = "record", format: str = "") -> None:
        self.file, self.unit, self.format = scrub(file).text, unit, format
        self.header = b""
        """What must stand before a record for it to be read on its own, such as the names of the columns."""
        self.once: tuple[str, ...] = ()
        """Repairs of the whole file, counted with its first article."""
        self.always: tuple[str, ...] = ()
        self.fields = fields
        self._plans: dict[tuple[str, ...], Plan] = {}

    def reject(self, number: int, code: str, message: str, raw: bytes = b"") -> Rejection:
        """A rejection at ``number`` of the unit; ``raw`` is cut to 64 kB after its digest is taken."""
        position, form = f"{self.unit} {number}", self.format if raw else ""
        raw = self.header + raw if form else raw
        return Rejection(self.file, position, code, message, None, digest_of(raw), bytes(raw[:MAX_RAW]), form)

    def damage(self, gap: Gap) -> Rejection:
        """The rejection of a place where bytes are missing: its raw bytes are no record."""
        return Rejection(
            self.file, f"offset {gap.offset}", gap.code, gap.message, None, digest_of(gap.raw), gap.raw[:MAX_RAW]
        )

    def make(
        self, record: Mapping[str, Any], number: int, raw: bytes, repairs: tuple[str, ...] = (), *, clean: bool = False
    ) -> Article | Rejection:
        """The article of a record, or the rejection of one without text. NULs and lone surrogates are mended; ``clean``
        says that there are none."""
        plan = self._plan(record)
        body, html = first(record, plan.text), first(record, plan.html) if plan.html else None
        if body is None and plan.either:
            body = first(record, plan.either)
            if body is not None and is_markup(body):
                body, html = None, html or body
        if body is None and html is None:
            return self._without_text(record, plan, number, raw)
        title, url = first(record, plan.title), first(record, plan.url)
        names = (
            id_of(record, plan.id, raw) or url or digest_of(f"{title}\0{body}\0{html}".encode("utf-8", "replace")),
            body or "",
            title,
            url,
            (first(record, plan.outlet) if plan.outlet else None) or host_of(url),
            html,
            joined(record, plan.byline) if plan.byline else None,
            joined(record, plan.credit) if plan.credit else None,
            first(record, plan.canonical) if plan.canonical else None,
        )
        if not clean and any(map(is_unclean, names)):
            record, found = scrub_all(record)
            return self.make(record, number, raw, (*repairs, *sorted(found)))
        if self.once or self.always:
            repairs, self.once = (*self.once, *self.always, *repairs), ()
        published = None
        if plan.published:
            published, found_repairs = published_of(record, plan.published)
            repairs += found_repairs
        return Article(*names[:5], published, *names[5:], repairs, self.file, f"{self.unit} {number}")

    def has_text(self, names: Iterable[str]) -> bool:
        """Whether a record with these fields can hold a text."""
        plan = self.fields.plan(names)
        return bool(plan.text or plan.either or plan.html)

    def _plan(self, record: Mapping[str, Any]) -> Plan:
        keys = tuple(record)
        plan = self._plans.get(keys)
        if plan is None:
            if len(self._plans) >= _MAX_PLANS:
                self._plans.clear()
            plan = self._plans[keys] = self.fields.plan(keys)
        return plan

    def _without_text(self, record: Mapping[str, Any], plan: Plan, number: int, raw: bytes) -> Article | Rejection:
        for name in table()["wrappers"]["envelopes"]:
            inner = record.get(name)
            if isinstance(inner, dict) and inner:
                outer = {key: value for key, value in record.items() if key != name}
                return self.make(outer | inner, number, raw)
        if plan.text or plan.html or plan.either:
            return self.reject(number, "no-text", "the article has an empty text", raw)
        known = ", ".join(sorted(map(str, record))[:12]) or "none"
        message = f"no field holds a text (fields: {known[:200]}); name it with --map text=FIELD"
        return self.reject(number, "missing-field", message, raw)


def is_markup(text: str) -> bool:
    """Whether a field that holds text in one dump and HTML in the next holds HTML here."""
    return _MARKUP.match(text) is not None


def first(record: Mapping[str, Any], getters: tuple[Getter, ...]) -> str | None:
    """The first non-empty value as text, stripped of nothing but emptiness."""
    for getter in getters:
        value = record.get(getter) if type(getter) is str else pick(record, getter)
        if type(value) is not str:
            if value is None:
                continue
            value = text_of(value)
        if value and not value.isspace():
            return value
    return None


def id_of(record: Mapping[str, Any], getters: tuple[Getter, ...], raw: bytes) -> str | None:
    """Like ``first``, but a number that JSON's parser rounds (one beyond 64 bits) is taken as it is written in ``raw``,
    so that two long ids stay two."""
    for getter in getters:
        value = record.get(getter) if type(getter) is str else pick(record, getter)
        if type(value) is not str:
            if value is None:
                continue
            value = as_written(value, getter, raw) if type(value) is float else text_of(value)
        if value and not value.isspace():
            return value
    return None


def as_written(value: float, getter: Getter, raw: bytes) -> str:
    """The digits of a number as they stand in the record's JSON, or in that of an envelope in it."""
    try:
        record = json.loads(raw, parse_int=_Digits, parse_float=_Digits)
    except (ValueError, RecursionError):
        return str(value)
    inner = [record.get(name) for name in table()["wrappers"]["envelopes"]] if isinstance(record, dict) else []
    written = [pick(candidate, getter) for candidate in (record, *inner) if isinstance(candidate, dict)]
    return next((digits for digits in written if isinstance(digits, _Digits) and float(digits) == value), str(value))


def published_of(record: Mapping[str, Any], getters: tuple[Getter, ...]) -> tuple[datetime | None, tuple[str, ...]]:
    """The first time that can be read, and the repairs; one that cannot counts as a repair."""
    bad: tuple[str, ...] = ()
    for getter in getters:
        value = pick(record, getter)
        if isinstance(value, list):
            value = value[0] if value else None
        if value is None or value == "":
            continue
        when, repair = parse_time(value)
        if when is not None:
            return when, (*bad, repair) if repair else bad
        bad = ("bad-date",)
    return None, bad


def joined(record: Mapping[str, Any], getters: tuple[Getter, ...]) -> str | None:
    """Like ``first``, but a list of names becomes one line."""
    for getter in getters:
        value = pick(record, getter)
        if isinstance(value, list):
            value = ", ".join(filter(None, map(text_of, value)))
        elif value is not None and not isinstance(value, str):
            value = text_of(value)
        if value and not value.isspace():
            return str(value)
    return None


def text_of(value: Any) -> str | None:
    """Text of a value that is a string in one dump and a list, number or object in another; None for nothing."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, (int, float)):
        return str(value)
    if isinstance(value, list):
        return "\n\n".join(filter(None, (item if isinstance(item, str) else _named(item) for item in value))) or None
    return _named(value)


def _named(value: Any) -> str | None:
    if isinstance(value, dict):
        return next((value[key] for key in _NAMED if isinstance(value.get(key), str)), None)
    return str(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else None


def host_of(url: str | None) -> str | None:
    """The host of a URL in lower case, without ``www.``, port and user; None where there is none."""
    found = _HOST.match(url) if url else None
    return found[1].lower() if found else None


def scrub_all(value: Any) -> tuple[Any, set[str]]:
    """The value with every string in it made strict UTF-8, and the names of the repairs."""
    found: set[str] = set()
    return _scrubbed(value, found), found


def _scrubbed(value: Any, found: set[str]) -> Any:
    if isinstance(value, str):
        text, repairs = scrub(value)
        found.update(repairs)
        return text
    if isinstance(value, dict):
        return {_scrubbed(key, found): _scrubbed(item, found) for key, item in value.items()}
    if isinstance(value, list):
        return [_scrubbed(item, found) for item in value]
    return value
