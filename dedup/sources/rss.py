"""RSS 0.9 to 2.0 and Atom (extra ``feeds``), one item at a time, so that a broken item costs only itself."""

from __future__ import annotations

import calendar
import io
import re
from collections.abc import Generator, Iterator
from typing import Any, Final

from dedup.errors import MissingExtraError
from dedup.models import Article, Rejection
from dedup.sources.dates import parse_time
from dedup.sources.limits import MAX_RECORD
from dedup.sources.records import RecordMaker, is_markup
from dedup.sources.streams import Chunks, Gap
from dedup.sources.xmltext import Prologue, mended, prologue_of, uses_entities, without_doctype

_OPEN: Final = re.compile(rb"<(item|entry)(?=[\s>/])")


def _tokens(name: bytes) -> re.Pattern[bytes]:
    hidden, close = rb"(?P<hidden><!\[CDATA\[.*?\]\]>|<!--.*?-->)|(?P<open><!\[CDATA\[)", rb"(?P<close></" + name
    return re.compile(hidden + rb"|" + close + rb"\s*>)|(?P<next><" + name + rb"[\s>])", re.S)


_TOKENS: Final = {name: _tokens(name) for name in (b"item", b"entry")}
_BORDER: Final = re.compile(rb"</(?:item|entry)\s*>(?=\s*<(?:item|entry)[\s>])")
_CHANNEL: Final = re.compile(rb"<((?:[\w.-]+:)?(?:rss|feed|RDF|channel))\b[^>]*>", re.I)
_TITLE: Final = re.compile(rb"<title\b[^>]*>.*?</title\s*>", re.S)
_MAX_HEADER: Final = 1 << 20
"""Bytes kept of what stands before the first item."""

_BROKEN: Final = -1


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
        self.chunks, self.maker, self.parse = chunks, maker, parse
        self.data = b""
        self.number = 0
        self.header = b""
        self.footer = b""
        self.prologue = Prologue(None, frozenset())

    def more(self) -> Generator[Rejection, None, bool]:
        """Append a chunk; a gap drops the item it interrupts. Returns whether there was a chunk."""
        for chunk in self.chunks:
            if isinstance(chunk, Gap):
                self.data = b""
                yield self.maker.reject(chunk.offset, chunk.code, chunk.message, chunk.raw, unit="offset")
                continue
            self.data += chunk
            return True
        return False

    def read(self) -> Iterator[Article | Rejection]:
        while True:
            start = _OPEN.search(self.data)
            if start is None:
                self._keep_header()
                if not (yield from self.more()):
                    return
                continue
            if self.number == 0:
                self._begin(self.data[: start.start()])
            self.data = self.data[start.start() :]
            yield from self._item(start[1])

    def _keep_header(self) -> None:
        """Before the first item everything is the header; later only a tag cut in two matters."""
        if self.number:
            self.data = self.data[-16:]
        elif len(self.data) > _MAX_HEADER:
            self.data = self.data[: _MAX_HEADER // 2] + self.data[-16:]

    def _begin(self, header: bytes) -> None:
        self.prologue = prologue_of(header)
        opened = [found[0] for found in _CHANNEL.finditer(without_doctype(header))]
        names = [found[1] for found in _CHANNEL.finditer(without_doctype(header))]
        title = _TITLE.search(header)
        self.header = b"".join(opened) + (title[0] if title else b"")
        if b"</channel" in header:  # RSS 1.0 closes its channel before the items
            self.header = b"".join(opened[:1])
            names = names[:1]
        self.footer = b"".join(b"</" + name + b">" for name in reversed(names))

    def _item(self, name: bytes) -> Iterator[Article | Rejection]:
        self.number += 1
        while True:
            end = self._end(name)
            if end > 0:
                raw, self.data = self.data[:end], self.data[end:]
                yield self._made(raw)
                return
            if end == _BROKEN:
                yield self._give_up("xml-syntax", "the item is not closed before the next begins")
                return
            if len(self.data) > MAX_RECORD:
                yield self._give_up("too-large", f"the item is larger than {MAX_RECORD >> 20} MiB")
                return
            size = len(self.data)
            if not (yield from self.more()):
                yield self._give_up("truncated", "the item is not closed")
                return
            if len(self.data) <= size and not self.data.startswith(b"<" + name):
                return

    def _end(self, name: bytes) -> int:
        """Where the item ends; 0 where its end is not in sight, -1 where the next item begins first."""
        for token in _TOKENS[name].finditer(self.data, 1):
            if token["close"]:
                return token.end()
            if token["next"]:
                return _BROKEN
            swallowed = _BORDER.search(token[0]) if token["hidden"] else None
            if swallowed:  # a CDATA section left open, that found its end in a later item
                return token.start() + swallowed.end()
            if token["open"]:
                return 0
        return 0

    def _give_up(self, code: str, message: str) -> Rejection:
        following = _OPEN.search(self.data, 1)
        end = following.start() if following else len(self.data)
        raw, self.data = self.data[:end], self.data[end:]
        return self.maker.reject(self.number, code, message, raw)

    def _made(self, raw: bytes) -> Article | Rejection:
        if uses_entities(raw, self.prologue.entities):
            return self.maker.reject(self.number, "xml-entity", "the item uses entities that the feed declares", raw)
        text, repairs = mended(self.header + raw + self.footer, self.prologue.encoding)
        parsed = self.parse(io.BytesIO(text.encode()), sanitize_html=False, resolve_relative_uris=False)
        if not parsed.entries:
            return self.maker.reject(self.number, "xml-syntax", "this is not a feed item", raw)
        if parsed.bozo:
            repairs += ("xml-lax",)
        return self.maker.make(record_of(parsed.entries[0], parsed.feed), self.number, raw, repairs)


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
    written = entry.get("published") or entry.get("updated")
    if written and parse_time(written).when is None:
        parsed = entry.get("published_parsed") or entry.get("updated_parsed")
        return calendar.timegm(parsed) if parsed else written
    return written
