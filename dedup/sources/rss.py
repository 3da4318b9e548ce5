"""RSS 0.9 to 2.0 and Atom (extra ``feeds``), one item at a time, so that a broken item costs only itself."""

from __future__ import annotations

import calendar
import io
import re
from collections.abc import Iterator
from typing import Any, Final

from dedup.errors import MissingExtraError
from dedup.models import Article, Rejection
from dedup.sources.dates import parse_time
from dedup.sources.records import RecordMaker, is_markup
from dedup.sources.streams import Chunks, Gap
from dedup.sources.xmlitems import ItemSplitter
from dedup.sources.xmltext import Prologue, mended, prologue_of, uses_entities, without_doctype

_CHANNEL: Final = re.compile(rb"<((?:[\w.-]+:)?(?:rss|feed|RDF|channel))\b[^>]*>", re.I)
_TITLE: Final = re.compile(rb"<title\b[^>]*>.*?</title\s*>", re.S)


def read_rss(chunks: Chunks, maker: RecordMaker) -> Iterator[Article | Rejection]:
    """Articles and rejections of a feed's items, in order; positions are record numbers.

    Raises MissingExtraError without the package feedparser.
    """
    try:
        import feedparser
    except ImportError as error:
        raise MissingExtraError("feedparser", "feeds", "reading RSS and Atom") from error
    return _Reader(chunks, maker, feedparser.parse).read()


class _Reader:
    def __init__(self, chunks: Chunks, maker: RecordMaker, parse: Any) -> None:
        self.splitter, self.maker, self.parse = ItemSplitter(chunks), maker, parse
        self.header = self.footer = b""
        self.prologue = Prologue(None, frozenset())

    def read(self) -> Iterator[Article | Rejection]:
        number = 0
        for piece in self.splitter.pieces():
            if isinstance(piece, Gap):
                yield self.maker.damage(piece)
                continue
            number += 1
            if number == 1:
                self._begin(self.splitter.header)
            if piece.code:
                yield self.maker.reject(number, piece.code, piece.problem, piece.raw)
            else:
                yield self._made(piece.raw, number)

    def _begin(self, header: bytes) -> None:
        self.prologue = prologue_of(header)
        found = [*_CHANNEL.finditer(without_doctype(header))]
        title = _TITLE.search(header)
        if b"</channel" in header:  # RSS 1.0 closes its channel before the items
            found, title = found[:1], None
        self.header = b"".join(tag[0] for tag in found) + (title[0] if title else b"")
        self.maker.header = _declarations(self.prologue) + self.header
        self.footer = b"".join(b"</" + tag[1] + b">" for tag in reversed(found))

    def _made(self, raw: bytes, number: int) -> Article | Rejection:
        if uses_entities(raw, self.prologue.entities):
            return self.maker.reject(number, "xml-entity", "the item uses entities that the feed declares", raw)
        text, repairs = mended(self.header + raw + self.footer, self.prologue.encoding)
        parsed = self.parse(io.BytesIO(text.encode()), sanitize_html=False, resolve_relative_uris=False)
        if not parsed.entries:
            return self.maker.reject(number, "xml-syntax", "this is not a feed item", raw)
        if parsed.bozo:
            repairs += ("xml-lax",)
        return self.maker.make(record_of(parsed.entries[0], parsed.feed), number, raw, repairs)


def _declarations(prologue: Prologue) -> bytes:
    """What an item needs in front of it to be read on its own as it was here: its encoding, and no entity forgotten."""
    encoding = f'<?xml version="1.0" encoding="{prologue.encoding}"?>' if prologue.encoding else ""
    entities = b"".join(b'<!ENTITY %b "">' % name for name in sorted(prologue.entities))
    return encoding.encode() + (b"<!DOCTYPE feed [" + entities + b"]>" if entities else b"")


def record_of(entry: Any, feed: Any) -> dict[str, Any]:
    """The fields of a parsed entry under the names of an Article."""
    content = max((part.get("value") or "" for part in entry.get("content", ())), key=len, default="")
    body = content or entry.get("summary") or ""
    link = entry.get("link")
    authors = [author.get("name") for author in entry.get("authors", ())]
    return {
        "id": entry.get("id") or link,
        "url": link or entry.get("id"),
        "title": entry.get("title"),
        "html" if is_markup(body) else "text": body,
        "published": _time(entry),
        "outlet": (entry.get("source") or {}).get("title") or feed.get("title"),
        "byline": ", ".join(filter(None, authors)) or entry.get("author"),
        "credit": entry.get("publisher") or entry.get("rights"),
    }


def _time(entry: Any) -> Any:
    """The time as the feed wrote it, or as feedparser read it where we cannot."""
    kept: dict[str, Any] = dict(entry)  # feedparser's own get takes one field for another, and warns of it
    written = kept.get("published") or kept.get("updated")
    if written and parse_time(written).when is None:
        parsed = kept.get("published_parsed") or kept.get("updated_parsed")
        return calendar.timegm(parsed) if parsed else written
    return written
