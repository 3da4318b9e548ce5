"""A result, or a written report, as one file for other tools: CSV, JSON lines, Parquet, GraphML."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import IO, Any
from xml.sax.saxutils import escape, quoteattr

from dedup.errors import MissingExtraError, ReportError
from dedup.models import Result
from dedup.report.facts import groups_of, named
from dedup.report.folder import new_file
from dedup.report.safe import csv_safe, no_surrogates, xml_safe
from dedup.report.store import read_report, write_stories_jsonl

__all__ = ["FORMATS", "export", "rows"]

COLUMNS: Mapping[str, str] = MappingProxyType(
    {
        "story_id": "string",
        "story_headline": "string",
        "story_articles": "int64",
        "story_origins": "int64",
        "group_id": "string",
        "article_id": "string",
        "outlet": "string",
        "headline": "string",
        "url": "string",
        "published": "string",
        "byline": "string",
        "dateline": "string",
        "relation": "string",
        "share": "float64",
        "credited": "bool",
        "agencies": "string",
    }
)
"""Columns of the table of articles and their Arrow types; ``published`` is ISO 8601, ``agencies`` joined by "; "."""


def export(source: Result | str | os.PathLike[str], path: str | os.PathLike[str]) -> Path:
    """Write a result or the report in a folder to ``path``, in the format its suffix names; the path.

    .csv and .parquet hold one row an article, .jsonl the stories (docs/stories-jsonl.md), .graphml the articles
    as nodes and the matches as edges. Raises ReportError, and MissingExtraError for .parquet without pyarrow.
    """
    target = Path(path)
    write = FORMATS.get(target.suffix.lower())
    if write is None:
        raise ReportError(
            f"no export is known for the suffix {target.suffix!r}",
            place=str(target),
            remedy=f"end the name in one of {', '.join(sorted(FORMATS))}",
        )
    result = source if isinstance(source, Result) else read_report(source)
    with new_file(target) as stream:
        write(result, stream)
    return target


def rows(result: Result) -> Iterator[dict[str, Any]]:
    """One flat record for each article, in the order of the stories, with the keys of ``COLUMNS``."""
    for story in sorted(result.stories, key=lambda item: (-len(item.articles), item.story_id)):
        held = groups_of(story)
        for member in story.articles:
            group = held.get(member.id)
            yield {
                "story_id": story.story_id,
                "story_headline": story.headline,
                "story_articles": len(story.articles),
                "story_origins": story.origins,
                "group_id": group.group_id if group else None,
                "article_id": member.id,
                "outlet": member.outlet,
                "headline": member.headline,
                "url": member.url,
                "published": member.published.isoformat() if member.published else None,
                "byline": member.byline,
                "dateline": member.dateline,
                "relation": member.relation,
                "share": round(member.share, 4),
                "credited": member.credited,
                "agencies": "; ".join(named(member)),
            }


def _csv(result: Result, stream: IO[bytes]) -> None:
    text = io.TextIOWrapper(stream, encoding="utf-8", newline="")
    table = csv.writer(text, lineterminator="\r\n")
    table.writerow(COLUMNS)
    for row in rows(result):
        table.writerow([_cell(row[name]) for name in COLUMNS])
    text.detach()


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return csv_safe(value) if isinstance(value, str) else str(value)


def _parquet(result: Result, stream: IO[bytes]) -> None:
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError as error:
        raise MissingExtraError("pyarrow", "parquet", "exporting to Parquet") from error
    types = {
        "string": pyarrow.string(),
        "int64": pyarrow.int64(),
        "float64": pyarrow.float64(),
        "bool": pyarrow.bool_(),
    }
    schema = pyarrow.schema([(name, types[kind]) for name, kind in COLUMNS.items()])
    held = [{name: no_surrogates(v) if isinstance(v, str) else v for name, v in row.items()} for row in rows(result)]
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist(held, schema=schema), stream)


_NODE = ("story_id", "group_id", "outlet", "headline", "url", "published", "relation", "agencies", "share", "credited")
_EDGE = ("relation", "derived", "score", "same_story_score", "jaccard", "containment_a", "containment_b", "cosine")
_GRAPH_TYPES = MappingProxyType({"credited": "boolean", "derived": "boolean", "story_id": "string"})
_STRINGS = frozenset(("story_id", "group_id", "outlet", "headline", "url", "published", "relation", "agencies"))


def _graphml(result: Result, stream: IO[bytes]) -> None:
    write = _writer(stream)
    write('<?xml version="1.0" encoding="UTF-8"?>\n<graphml xmlns="http://graphml.graphdrawing.org/xmlns">\n')
    for kind, keys in (("node", _NODE), ("edge", _EDGE)):
        for key in keys:
            held = "string" if key in _STRINGS else _GRAPH_TYPES.get(key, "double")
            write(f'<key id="{kind}-{key}" for="{kind}" attr.name="{key}" attr.type="{held}"/>\n')
    write('<graph edgedefault="undirected">\n')
    for row in rows(result):
        write(f"<node id={_attribute(row['article_id'])}>{_data('node', {key: row[key] for key in _NODE})}</node>\n")
    for match in result.matches:
        values = {
            "relation": match.relation,
            "derived": match.derived,
            "score": round(match.score, 4),
            "same_story_score": round(match.same_story_score, 4),
            "jaccard": round(match.jaccard, 4),
            "containment_a": round(match.containment[0], 4),
            "containment_b": round(match.containment[1], 4),
            "cosine": round(match.cosine, 4),
        }
        write(f"<edge source={_attribute(match.a)} target={_attribute(match.b)}>{_data('edge', values)}</edge>\n")
    write("</graph>\n</graphml>\n")


def _writer(stream: IO[bytes]) -> Callable[[str], object]:
    return lambda text: stream.write(text.encode("utf-8"))


def _attribute(text: str) -> str:
    return quoteattr(xml_safe(text))


def _data(kind: str, values: Mapping[str, Any]) -> str:
    parts = []
    for key, value in values.items():
        if value is not None:
            text = str(value).lower() if isinstance(value, bool) else escape(xml_safe(str(value)))
            parts.append(f'<data key="{kind}-{key}">{text}</data>')
    return "".join(parts)


FORMATS: Mapping[str, Callable[[Result, IO[bytes]], None]] = MappingProxyType(
    {
        ".csv": _csv,
        ".graphml": _graphml,
        ".jsonl": lambda result, stream: write_stories_jsonl(result, stream),
        ".parquet": _parquet,
    }
)
"""What is written for each suffix."""
