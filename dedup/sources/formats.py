"""From bytes to articles: decompress, convert, tell the format, read. The one place that knows all formats."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from pathlib import PurePath
from typing import Final, NamedTuple

import orjson

from dedup.models import Article, Rejection
from dedup.sources import gz, zst
from dedup.sources.binary import is_known_binary
from dedup.sources.csvfile import read_csv
from dedup.sources.fields import FieldTable
from dedup.sources.jsonarray import read_json_record, read_json_records
from dedup.sources.jsonlines import read_json_lines
from dedup.sources.newsxml import read_news_xml
from dedup.sources.parquet import read_parquet
from dedup.sources.records import RecordMaker
from dedup.sources.replay import ReplayMaker
from dedup.sources.rss import read_rss
from dedup.sources.sniff import Format, Sniffed, sniff, stem_of
from dedup.sources.streams import Chunks, Gap, as_utf8, peeked
from dedup.sources.textfile import read_text_file
from dedup.sources.warc import read_warc

Item = Article | Rejection

_UNITS: Final[dict[Format, str]] = {
    "jsonl": "line",
    "quarantine": "line",
    "csv": "row",
    "text": "offset",
    "html": "offset",
}


class Opened(NamedTuple):
    """What a stream turned out to be, its items, and its first bytes."""

    format: Format
    items: Iterator[Item]
    head: bytes


class Feed(NamedTuple):
    """A stream about to be read: its name for people, the id of an article that has none, the user's fields."""

    chunks: Chunks
    file: str
    article_id: str
    fields: FieldTable


def open_feed(feed: Feed) -> Opened:
    """Tell the format of a stream by its first bytes and begin to read it. Damage before the first byte is kept."""
    raw, chunks = peeked(unpacked(feed.chunks))
    whole = sniff(raw, feed.file, feed.fields)
    if whole.format in ("parquet", "warc"):
        return Opened(
            whole.format, _items(whole, chunks, feed, RecordMaker(feed.file, feed.fields, format=whole.format)), raw
        )
    if whole.format == "binary" and is_known_binary(raw):
        return Opened("binary", chain(()), raw)
    head, chunks, once, always = as_utf8(chunks)
    found = sniff(head, feed.file, feed.fields)
    maker = RecordMaker(feed.file, feed.fields, unit=_UNITS.get(found.format, "record"), format=found.format)
    maker.once, maker.always = once, always
    if found.format == "empty":
        return Opened("empty", _gaps(chunks, maker), head)
    return Opened(found.format, _items(found, chunks, feed, maker), head)


def unpacked(chunks: Chunks) -> Chunks:
    """The stream decompressed, where its first bytes are those of gzip or zstd."""
    head, chunks = peeked(chunks, 16)
    if head.startswith(gz.MAGIC):
        return gz.gunzip(chunks)
    return zst.unzstd(chunks) if head.startswith(zst.MAGICS) else chunks


def is_no_article(head: bytes, fields: FieldTable) -> bool:
    """Whether a JSON file is one object with no field of an article's own: labels, settings."""
    try:
        value = orjson.loads(head)
    except orjson.JSONDecodeError:
        return False
    plan = fields.plan(value) if isinstance(value, dict) else None
    return plan is not None and not (plan.text or plan.either or plan.html or plan.title or plan.url)


def _gaps(chunks: Chunks, maker: RecordMaker) -> Iterator[Item]:
    """What a feed without any readable byte was damaged by."""
    for gap in chunks:
        if isinstance(gap, Gap):
            yield maker.damage(gap)


def _items(found: Sniffed, chunks: Chunks, feed: Feed, maker: RecordMaker) -> Iterator[Item]:
    if found.format == "quarantine":
        return read_json_lines(chunks, ReplayMaker(feed.file, feed.fields, _read_again))
    if found.format == "jsonl":
        return read_json_lines(chunks, maker)
    if found.format == "json":
        return read_json_records(chunks, maker)
    if found.format == "csv":
        return read_csv(chunks, maker, found.delimiter)
    if found.format in ("text", "html"):
        return read_text_file(chunks, maker, feed.article_id, html=found.format == "html")
    return _library_items(found, chunks, maker)


def _read_again(form: str, raw: bytes, maker: RecordMaker) -> Iterator[Item]:
    """The reader of one record that a reader of this format rejected before."""
    if form in ("json", "jsonl", "parquet"):
        return iter((read_json_record(raw, 1, maker),))
    found = sniff(raw, maker.file, maker.fields)._replace(format=form)  # type: ignore[arg-type]
    article_id = stem_of(PurePath(maker.file).name)
    return _items(found, iter((raw,)), Feed(iter(()), maker.file, article_id, maker.fields), maker)


def _library_items(found: Sniffed, chunks: Chunks, maker: RecordMaker) -> Iterator[Item]:
    if found.format == "rss":
        return read_rss(chunks, maker)
    if found.format == "newsxml":
        return read_news_xml(chunks, maker)
    if found.format == "parquet":
        return read_parquet(chunks, maker)
    if found.format == "warc":
        return read_warc(chunks, maker)
    return chain(())
