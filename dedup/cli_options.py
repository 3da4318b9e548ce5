"""What the commands share: their options, what they say on stderr, and how far they are."""

from __future__ import annotations

import os
import re
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from dedup.pipeline import Progress

__all__ = [
    "Place",
    "Terminated",
    "When",
    "fields_of",
    "index_option",
    "map_option",
    "progress_shown",
    "say",
    "say_if_first_run",
    "since_option",
    "stopped_by_sigterm",
]

SERVERS = ("redis", "rediss", "postgresql", "postgres")
_AGO = re.compile(r"(\d+)\s*([smhdw])")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


class When(click.ParamType):  # type: ignore[type-arg,unused-ignore]
    """A time as ISO 8601, or as long ago as "36h", "7d"."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        if isinstance(value, datetime):
            return value
        ago = _AGO.fullmatch(value.strip())
        if ago:
            try:
                return datetime.now(UTC) - timedelta(**{_UNITS[ago[2]]: int(ago[1])})
            except OverflowError:
                self.fail(f"{value!r} is before all times; give one such as 2026-03-01 or 7d", param, ctx)
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            self.fail(f"{value!r} is no time; give one such as 2026-03-01T12:00+00:00, 2026-03-01 or 7d", param, ctx)
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


class Place(click.Path):
    """A file as a Path, or the address of an index on a server as it is."""

    def __init__(self) -> None:
        super().__init__(path_type=Path)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if not isinstance(value, str) or "://" not in value:
            return super().convert(value, param, ctx)
        kind = value.partition("://")[0]
        if kind not in SERVERS:
            self.fail(f"no index can be kept at {kind}://; give a file, redis://... or postgresql://...", param, ctx)
        return value


def map_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """``--map``, of every command that reads feeds."""
    return click.option(
        "--map",
        "field_map",
        multiple=True,
        metavar="FIELD=NAME",
        help="Take FIELD (id, text, title, url, outlet, published, html, byline, credit, canonical) from NAME of the "
        "dump.",
    )(command)


def index_option(command: Callable[..., Any]) -> Callable[..., Any]:
    said = "The index: a file, or an address redis://... or postgresql://..."
    return click.option("--index", "index_file", metavar="INDEX", required=True, type=Place(), help=said)(command)


def since_option(command: Callable[..., Any]) -> Callable[..., Any]:
    return click.option(
        "--since", metavar="TIME", type=When(), help="Only stories that changed since: a date and time, or 36h, 7d."
    )(command)


def fields_of(pairs: Sequence[str]) -> dict[str, str]:
    """What ``--map FIELD=NAME`` options say, as a mapping; UsageError for one of another form."""
    fields = {}
    for pair in pairs:
        name, separator, value = pair.partition("=")
        if not separator or not name or not value:
            raise click.UsageError(f"--map {pair!r} is not of the form FIELD=NAME, such as --map title=headline")
        fields[name] = value
    return fields


def say(text: str) -> None:
    from dedup.report.safe import terminal_safe

    click.echo(terminal_safe(text), err=True)


def say_if_first_run() -> None:
    """The first run compiles the kernels, which would look like a hang."""
    package = Path(__file__).parent
    cached = os.environ.get("NUMBA_CACHE_DIR")
    places = [Path(cached)] if cached else [package]
    if not any(next(place.rglob("*.nbi"), None) for place in places):
        say("first run on this machine: compiling, once, for one to two minutes")


class Terminated(KeyboardInterrupt):
    """The process is to end by SIGTERM: as by Ctrl-C, but it says so to whoever waits for it."""


@contextmanager
def stopped_by_sigterm() -> Iterator[None]:
    """Makes SIGTERM an exception, Terminated, so that what is under way is ended in order."""

    def stop(number: int, frame: FrameType | None) -> None:
        raise Terminated

    earlier = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, earlier)


@contextmanager
def progress_shown() -> Iterator[Progress | None]:
    """A progress line on a terminal, nothing in a pipe."""
    if not sys.stderr.isatty():
        yield None
        return
    from dedup.report.progress import progress_line

    with progress_line() as progress:
        yield progress
