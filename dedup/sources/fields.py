"""The table of field names (data/fields.toml) and the plan by which records of one shape become articles."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.resources import files
from typing import Any, Final, NamedTuple

from dedup.errors import FeedError

CANONICAL: Final = ("id", "text", "title", "url", "outlet", "published", "html", "byline", "credit", "canonical")

_STEP: Final = re.compile(r"([^.\[\]]+)(\[(?:([^=\]]+)=([^\]]*))?\])?(?:\.|$)")
_IGNORED: Final = re.compile(r"[\s\-_]+")


class Step(NamedTuple):
    """One step of a path: a key, and whether (and which of) a list's items follow."""

    key: str
    each: bool
    where: str | None
    equals: str | None


Getter = str | tuple[Step, ...]
"""A top-level key, or the steps of a path."""


class Plan(NamedTuple):
    """For one set of keys: where each field of an Article may stand, best first."""

    id: tuple[Getter, ...]
    text: tuple[Getter, ...]
    either: tuple[Getter, ...]
    title: tuple[Getter, ...]
    url: tuple[Getter, ...]
    outlet: tuple[Getter, ...]
    published: tuple[Getter, ...]
    html: tuple[Getter, ...]
    byline: tuple[Getter, ...]
    credit: tuple[Getter, ...]
    canonical: tuple[Getter, ...]


@cache
def table() -> Mapping[str, Any]:
    """The parsed data/fields.toml."""
    return tomllib.loads((files("dedup.sources") / "data" / "fields.toml").read_text(encoding="utf-8"))


def parse_path(path: str) -> tuple[Step, ...]:
    """Split ``a.b``, ``a[].b`` or ``a[k=v].b`` into steps; FeedError for anything else."""
    steps, end = [], 0
    for found in _STEP.finditer(path):
        if found.start() != end:
            break
        steps.append(Step(found[1], found[2] is not None, found[3], found[4]))
        end = found.end()
    if not steps or end != len(path):
        raise FeedError(f"the field path {path!r} cannot be read", remedy="write it like a.b, a[].b or a[key=value].b")
    return tuple(steps)


def pick(record: Mapping[str, Any], getter: Getter) -> Any:
    """The value a getter finds in a record, or None; several values of a list come as a list."""
    return record.get(getter) if isinstance(getter, str) else walk(record, getter)


def walk(value: Any, steps: tuple[Step, ...]) -> Any:
    """Follow the steps of a path; None where it leads nowhere."""
    for index, step in enumerate(steps):
        if not isinstance(value, Mapping):
            return None
        value = value.get(step.key)
        if step.each:
            return _of_items(value, step, steps[index + 1 :])
    return value


def _of_items(value: Any, step: Step, rest: tuple[Step, ...]) -> Any:
    if not isinstance(value, list):
        return None
    chosen = [item for item in value if step.where is None or _has(item, step.where, step.equals)]
    found = [walk(item, rest) for item in chosen]
    return [item for item in found if item is not None] or None


def _has(item: Any, key: str, value: str | None) -> bool:
    return isinstance(item, Mapping) and item.get(key) == value


class FieldTable:
    """The names to look for, with the user's own first. Raises FeedError for an override of no known field."""

    def __init__(self, overrides: Mapping[str, str] | None = None) -> None:
        fields = table()["fields"]
        self._names: dict[str, tuple[str, ...]] = {name: tuple(fields[name]) for name in Plan._fields}
        for name, path in (overrides or {}).items():
            if name not in CANONICAL:
                raise FeedError(
                    f"there is no article field {name!r} to map", remedy=f"map one of {', '.join(CANONICAL)}"
                )
            parse_path(path)
            self._names[name] = (path,)
            if name in ("text", "html"):
                self._names["either"] = ()

    def plan(self, keys: Iterable[str]) -> Plan:
        """The getters that can find anything in a record with these top-level keys."""
        exact = {key: key for key in keys if isinstance(key, str)}
        loose: dict[str, str] = {}
        for key in exact:
            loose.setdefault(_loosened(key), key)
        return Plan(*(tuple(_getters(self._names[name], exact, loose)) for name in Plan._fields))


def _loosened(key: str) -> str:
    return _IGNORED.sub("", key).casefold()


def _getters(names: Iterable[str], exact: Mapping[str, str], loose: Mapping[str, str]) -> Iterable[Getter]:
    for name in names:
        key = exact.get(name) or loose.get(_loosened(name))
        if key is not None:
            yield key
            continue
        steps = parse_path(name)
        top = exact.get(steps[0].key) or loose.get(_loosened(steps[0].key))
        if top is not None and (len(steps) > 1 or steps[0].each):
            yield (steps[0]._replace(key=top), *steps[1:])
