"""WARC and its HTML responses (extra ``warc``)."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Any, Final

import orjson

from dedup.errors import MissingExtraError
from dedup.models import Article, Rejection
from dedup.sources.encoding import decode
from dedup.sources.records import RecordMaker, scrub_all
from dedup.sources.streams import Chunks, Gap
from dedup.sources.textfile import charset_of
from dedup.sources.warcrecords import Piece, RecordSplitter

MAGIC: Final = b"WARC/1."

Parse = Callable[[bytes], Iterable[Any]]


def read_warc(chunks: Chunks, maker: RecordMaker) -> Iterator[Article | Rejection]:
    """The HTML responses as articles, in order; requests, metadata and other media are not records of a feed.

    Positions are record numbers, of the pages and of what could not be read; the id is the record's own, the url its
    target; the day of the crawl is no day of publication. Raises MissingExtraError without the package fastwarc.
    """
    try:
        from fastwarc import warc
    except ImportError as error:
        raise MissingExtraError("fastwarc", "warc", "reading WARC") from error

    def parse(raw: bytes) -> Iterable[Any]:
        kinds = warc.WarcRecordType.response
        return warc.ArchiveIterator(io.BytesIO(raw), record_types=kinds, parse_http=True, stream_detect=False)

    number = 0
    for piece in RecordSplitter(chunks).pieces():
        if isinstance(piece, Gap):
            yield maker.damage(piece)
            continue
        item = _item(piece, parse, maker, number + 1)
        if item is not None:
            number += 1
            yield item


def _item(piece: Piece, parse: Parse, maker: RecordMaker, number: int) -> Article | Rejection | None:
    """The article or rejection of a record; None for one that is no page."""
    raw, code, problem = piece
    if not code or code == "too-large":
        try:
            record = next(iter(parse(raw)), None)
            if record is None or "html" not in (record.http_content_type or "html"):
                return None
            if not code:
                return _made(record, number, raw, maker)
        except (OSError, ValueError) as error:
            code, problem = "warc-syntax", f"the WARC record cannot be read ({str(error)[:80]})"
    # a piece of an archive is no record that could be mended and read again
    return replace(maker.reject(number, code, problem, raw), format="")


def _made(record: Any, number: int, raw: bytes, maker: RecordMaker) -> Article | Rejection:
    page = record.reader.read()
    html, repairs = decode(page, record.http_charset or charset_of(page))
    url = record.headers.get("WARC-Target-URI")
    fields = {"id": record.record_id or url, "url": url, "html": html}
    made = maker.make(fields, number, raw, repairs)
    if isinstance(made, Article):
        return made
    whole = orjson.dumps(scrub_all(fields)[0])  # the page alone would be read again without its url
    return replace(maker.reject(number, made.code, made.message, whole), format="json")
