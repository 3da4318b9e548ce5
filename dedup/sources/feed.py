"""From a path to articles: open, decompress, tell the format, read. One place knows all formats."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final

import orjson

from dedup.errors import FeedError
from dedup.models import Article, Rejection
from dedup.sources.csvfile import read_csv
from dedup.sources.fields import FieldTable
from dedup.sources.gz import gunzip
from dedup.sources.jsonarray import read_json_records
from dedup.sources.jsonlines import read_json_lines
from dedup.sources.records import RecordMaker
from dedup.sources.sniff import Sniffed, bare_name, sniff
from dedup.sources.streams import STDIN, Chunks, as_utf8, open_chunks, peeked
from dedup.sources.textfile import read_text_file

Item = Article | Rejection

FORMATS: Final = "JSON lines, a JSON array, CSV, TSV, .txt, .html, a folder of these, each also as .gz"
_ARTICLE_SUFFIXES: Final = (".txt", ".text", ".html", ".htm", ".xhtml")


def read_feed(path: str | os.PathLike[str], *, fields: Mapping[str, str] | None = None) -> Iterator[Item]:
    """Articles and rejections of a feed, in its order: a file, a folder, or ``-`` for standard input.

    The format is told by content. ``fields`` maps an article field to the dump's own field name or dotted path
    and goes before the built-in table. Streams: memory does not grow with the feed. Raises FeedError, at the call
    for a missing path, while reading for a feed that is empty, binary, of unknown format or without a text field.
    """
    place, known = os.fspath(path), FieldTable(fields)
    if place == STDIN:
        return _read_stream(open_chunks(STDIN), "<stdin>", "stdin", known)
    if not Path(place).exists():
        raise FeedError("there is no such file or folder", place=place, remedy="check the path")
    if Path(place).is_dir():
        return _read_folder(place, known)
    return _read_stream(open_chunks(place), place, stem_of(Path(place).name), known)


def read_feeds(paths: Iterable[str | os.PathLike[str]], *, fields: Mapping[str, str] | None = None) -> Iterator[Item]:
    """The items of several feeds, one after the other, in the order given."""
    for path in paths:
        yield from read_feed(path, fields=fields)


def stem_of(name: str) -> str:
    """The name without the suffixes of its compression and format."""
    bare = name[: len(bare_name(name))]
    for suffix in _ARTICLE_SUFFIXES:
        if bare.lower().endswith(suffix) and len(bare) > len(suffix):
            return bare[: -len(suffix)]
    return bare


def _read_folder(root: str, fields: FieldTable) -> Iterator[Item]:
    names = [path.relative_to(root).as_posix() for path in sorted(Path(root).rglob("*")) if path.is_file()]
    names = sorted(name for name in names if not any(part.startswith(".") for part in name.split("/")))
    stems = [stem_of(name) for name in names]
    empty = True
    for name, stem in zip(names, stems, strict=True):
        file = str(Path(root) / name)
        article_id = stem if stems.count(stem) == 1 else name
        for item in _read_member(file, article_id, fields):
            empty = False
            yield item
    if empty:
        raise FeedError("the folder holds no article", place=root, remedy=f"give {FORMATS}")


def _read_member(file: str, article_id: str, fields: FieldTable) -> Iterator[Item]:
    """The items of one file of a folder; a file that is no feed at all (a picture, a README) has none."""
    head, chunks = peeked(unpacked(open_chunks(file)))
    chunks, _ = as_utf8(head, chunks)
    head, chunks = peeked(chunks)
    found = sniff(head, file, fields)
    if found.format in ("unknown", "binary") or (found.format == "json" and _is_no_article(head, fields)):
        return
    if found.format == "empty":
        maker = RecordMaker(file, fields, unit="offset")
        yield maker.reject(0, "no-text", "the file is empty", head)
        return
    yield from _items(found, chunks, file, article_id, fields)


def _is_no_article(head: bytes, fields: FieldTable) -> bool:
    """Whether a JSON file among articles is one object with no field of an article's own: labels, settings."""
    try:
        value = orjson.loads(head)
    except orjson.JSONDecodeError:
        return False
    plan = fields.plan(value) if isinstance(value, dict) else None
    return plan is not None and not (plan.text or plan.either or plan.html or plan.title or plan.url)


def _read_stream(chunks: Chunks, place: str, article_id: str, fields: FieldTable) -> Iterator[Item]:
    head, chunks = peeked(unpacked(chunks))
    chunks, _ = as_utf8(head, chunks)
    head, chunks = peeked(chunks)
    found = sniff(head, place, fields)
    if found.format == "binary":
        raise FeedError("this is a binary file, not a feed", place=place, remedy=f"give {FORMATS}")
    if found.format == "unknown":
        raise FeedError("the format of this feed is not known", place=place, remedy=f"give {FORMATS}")
    empty = True
    for item in _items(found, chunks, place, article_id, fields) if found.format != "empty" else ():
        empty = False
        yield item
    if empty:
        raise FeedError("the feed is empty", place=place, remedy="check how it was written")


def unpacked(chunks: Chunks) -> Chunks:
    """The stream decompressed, where its first bytes are those of gzip."""
    head, chunks = peeked(chunks, 16)
    return gunzip(chunks) if head.startswith(b"\x1f\x8b") else chunks


def _items(found: Sniffed, chunks: Chunks, file: str, article_id: str, fields: FieldTable) -> Iterator[Item]:
    if found.format == "jsonl":
        return read_json_lines(chunks, RecordMaker(file, fields, unit="line"))
    if found.format == "json":
        return read_json_records(chunks, RecordMaker(file, fields), found.skip)
    if found.format == "csv":
        return read_csv(chunks, RecordMaker(file, fields, unit="row"), found.delimiter)
    maker = RecordMaker(file, fields, unit="offset")
    return read_text_file(chunks, maker, article_id, html=found.format == "html")
