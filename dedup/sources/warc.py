"""WARC and its HTML responses (extra ``warc``)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Final

import orjson

from dedup.errors import MissingExtraError
from dedup.models import Article, Rejection
from dedup.sources.encoding import decode
from dedup.sources.limits import CHUNK, MAX_RECORD
from dedup.sources.records import RecordMaker, scrub_all
from dedup.sources.streams import Chunks, Gap
from dedup.sources.textfile import charset_of

MAGIC: Final = b"WARC/1."


class _Stretch:
    """A file of the bytes up to the next gap."""

    def __init__(self, chunks: Chunks) -> None:
        self._chunks = chunks
        self._data = b""
        self.gap: Gap | None = None
        self.ended = False
        self._offset = 0

    def read(self, size: int = CHUNK) -> bytes:
        while not self._data and not self.ended and self.gap is None:
            chunk = next(self._chunks, None)
            if isinstance(chunk, Gap):
                self.gap = chunk
            elif chunk is None:
                self.ended = True
            else:
                self._data = chunk
        piece, self._data = self._data[:size], self._data[size:]
        self._offset += len(piece)
        return piece

    def tell(self) -> int:
        return self._offset

    def seek(self, offset: int, whence: int = 0) -> int:
        """Not possible in a stream; fastwarc does not ask for it while it reads on."""
        raise OSError("a stream cannot seek")

    def close(self) -> None:
        """Nothing is held open."""


def read_warc(chunks: Chunks, maker: RecordMaker) -> Iterator[Article | Rejection]:
    """The HTML responses as articles, in order; requests, metadata and other media are not records of a feed.

    Positions are record numbers; the id is the record's own, the url its target; the day of the crawl is no day of
    publication. Raises MissingExtraError without the package fastwarc.
    """
    try:
        from fastwarc import warc
    except ImportError as error:
        raise MissingExtraError("fastwarc", "warc", "reading WARC") from error
    number = 0
    while True:
        stretch = _Stretch(chunks)
        for record in warc.ArchiveIterator(stretch, record_types=warc.WarcRecordType.response, parse_http=True):
            if "html" not in (record.http_content_type or "html"):
                continue
            number += 1
            yield _made(record, number, maker)
        if stretch.gap is None:
            return
        gap = stretch.gap
        yield maker.damage(gap)


def _made(record: Any, number: int, maker: RecordMaker) -> Article | Rejection:
    raw = record.reader.read(MAX_RECORD + 1)
    if len(raw) > MAX_RECORD:
        return maker.reject(number, "too-large", f"the page is larger than {MAX_RECORD >> 20} MiB", raw)
    if len(raw) < record.content_length and not record.is_http:
        return replace(maker.reject(number, "truncated", "the record is cut short", raw), format="")
    html, repairs = decode(raw, record.http_charset or charset_of(raw))
    url = record.headers.get("WARC-Target-URI")
    fields = {"id": record.record_id or url, "url": url, "html": html}
    made = maker.make(fields, number, raw, repairs)
    if isinstance(made, Article):
        return made
    whole = orjson.dumps(scrub_all(fields)[0])  # the page alone would be read again without its url
    return replace(maker.reject(number, made.code, made.message, whole), format="json")
