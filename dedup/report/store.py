"""The data files of a report: written with the same bytes for the same result, and read back."""

from __future__ import annotations

import contextlib
import io
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import IO, Any, TypeVar, cast

import orjson

from dedup.errors import ReportError
from dedup.models import Copies, Result, Story
from dedup.report.folder import MARKER, new_file
from dedup.report.records import (
    STORIES_SCHEMA,
    article_of,
    article_record,
    match_of,
    match_record,
    rejection_of,
    rejection_record,
    stats_of,
    stats_record,
    story_of,
    story_record,
)
from dedup.report.safe import no_surrogates

__all__ = [
    "json_line",
    "read_report",
    "read_stories",
    "write_copies_jsonl",
    "write_data",
    "write_marker",
    "write_stories_jsonl",
]

STORIES, ARTICLES, MATCHES, REJECTIONS = "stories.jsonl", "articles.jsonl", "matches.jsonl", "rejections.jsonl"
REPORT_SCHEMA = "dedup-report/1"
COPIES_SCHEMA = "dedup-copies/1"

Made = TypeVar("Made")
Lines = Iterable[Mapping[str, Any]]


def write_stories_jsonl(result: Result, target: str | os.PathLike[str] | IO[bytes] | IO[str]) -> None:
    """Write one JSON object a line for each story (docs/stories-jsonl.md) to a path or an open stream.

    The bytes depend on the result alone. A path is replaced whole or not at all. Raises ReportError.
    """
    _write_to(target, _stories(result))


def write_copies_jsonl(copies: Copies, target: str | os.PathLike[str] | IO[bytes] | IO[str]) -> None:
    """Write one JSON object a line for each group (docs/copies-jsonl.md), as ``write_stories_jsonl`` does."""
    _write_to(target, ({"schema": COPIES_SCHEMA, **asdict(group)} for group in copies.groups))


def _write_to(target: str | os.PathLike[str] | IO[bytes] | IO[str], records: Lines) -> None:
    if isinstance(target, (str, os.PathLike)):
        with _open_target(Path(target)) as stream:
            _write_lines(stream, records)
        return
    for record in records:
        if isinstance(target, io.TextIOBase):
            target.write(json_line(record).decode("utf-8"))
        else:
            cast("IO[bytes]", target).write(json_line(record))


def _open_target(path: Path) -> contextlib.AbstractContextManager[IO[bytes]]:
    """A pipe or a device is written to; anything else is replaced whole, a link's target rather than the link."""
    if path.exists() and not path.is_file() and not path.is_dir():
        return path.open("wb")
    return new_file(path.resolve())


def read_stories(path: str | os.PathLike[str]) -> tuple[Story, ...]:
    """The stories of a stories.jsonl file or of a report folder, in the order written. Raises ReportError."""
    place = Path(path)
    place = place / STORIES if place.is_dir() else place
    return tuple(_read(place, _checked_story))


def write_data(result: Result, folder: Path) -> list[str]:
    """Write stories, articles, matches and rejections into a folder; the names written."""
    files: dict[str, Lines] = {
        STORIES: _stories(result),
        ARTICLES: (article_record(result.articles[name]) for name in sorted(result.articles)),
        MATCHES: map(match_record, result.matches),
        REJECTIONS: map(rejection_record, result.rejections),
    }
    for name, records in files.items():
        with (folder / name).open("wb") as stream:
            _write_lines(stream, records)
    return sorted(files)


def write_marker(result: Result, folder: Path, files: Iterable[str], version: str) -> None:
    """Write the file that names the folder as a report: counts, settings and every file of it."""
    record = {
        "schema": REPORT_SCHEMA,
        "made_by": f"news-dedup {version}",
        "settings": result.settings,
        "stats": stats_record(result.stats),
        "files": sorted(files),
    }
    options = orjson.OPT_SORT_KEYS | orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE
    (folder / MARKER).write_bytes(orjson.dumps(record, option=options))


def read_report(folder: str | os.PathLike[str]) -> Result:
    """The result that a report folder was written from (without html and raw rejected records).

    Raises ReportError when the folder is not a report or a file of it is damaged.
    """
    place = Path(folder)
    marker = _read_marker(place)
    articles = {item.id: item for item in _read(place / ARTICLES, article_of)}
    return Result(
        stories=tuple(_read(place / STORIES, _checked_story)),
        matches=tuple(_read(place / MATCHES, match_of)),
        rejections=tuple(_read(place / REJECTIONS, rejection_of)),
        stats=stats_of(marker["stats"]),
        articles=articles,
        settings=marker["settings"],
    )


def _read_marker(place: Path) -> dict[str, Any]:
    path = place / MARKER
    if not path.is_file():
        raise ReportError(
            "is not a report folder", place=str(place), remedy="name the folder given to dedup run with -o"
        )
    marker = next(iter(_parse([path.read_bytes()], path)))
    if marker.get("schema") != REPORT_SCHEMA:
        raise ReportError(
            f"was written in the format {str(marker.get('schema'))[:40]!r}, not {REPORT_SCHEMA!r}",
            place=str(place),
            remedy="write the report again with this version",
        )
    return marker


def _stories(result: Result) -> Iterator[dict[str, Any]]:
    return map(story_record, sorted(result.stories, key=lambda story: (-len(story.articles), story.story_id)))


def _write_lines(stream: IO[bytes], records: Lines) -> None:
    for record in records:
        stream.write(json_line(record))


def json_line(record: Mapping[str, Any]) -> bytes:
    options = orjson.OPT_SORT_KEYS | orjson.OPT_APPEND_NEWLINE
    try:
        return orjson.dumps(record, option=options)
    except TypeError:  # orjson refuses lone surrogates
        return orjson.dumps(_mended(record), option=options)


def _mended(value: Any) -> Any:
    if isinstance(value, str):
        return no_surrogates(value)
    if isinstance(value, Mapping):
        return {no_surrogates(key): _mended(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_mended(item) for item in value]
    return value


def _checked_story(record: Mapping[str, Any]) -> Story:
    if record.get("schema") != STORIES_SCHEMA:
        raise ValueError(f"schema is {str(record.get('schema'))[:40]!r}, not {STORIES_SCHEMA!r}")
    return story_of(record)


def _read(path: Path, make: Callable[[Mapping[str, Any]], Made]) -> Iterator[Made]:
    try:
        with path.open("rb") as lines:
            for number, record in enumerate(_parse(lines, path), 1):
                try:
                    yield make(record)
                except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
                    raise _damaged(path, number, error) from error
    except OSError as error:
        raise ReportError(f"cannot be read ({error.strerror})", place=str(path)) from error


def _parse(lines: Iterable[bytes], path: Path) -> Iterator[dict[str, Any]]:
    for number, line in enumerate(lines, 1):
        try:
            record = orjson.loads(line)
        except orjson.JSONDecodeError as error:
            raise _damaged(path, number, f"{error.msg} at character {error.pos + 1}") from error
        if not isinstance(record, dict):
            raise _damaged(path, number, "not an object")
        yield record


def _damaged(path: Path, number: int, why: object) -> ReportError:
    reason = f"no field {why}" if isinstance(why, KeyError) else str(why)
    return ReportError(
        f"line {number} is not a record of a report ({reason})", place=str(path), remedy="write the report again"
    )
