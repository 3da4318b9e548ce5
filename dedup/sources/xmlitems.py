"""The items of a feed cut out of its XML one by one, so that a broken item costs only itself."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from dedup.sources.limits import MAX_RECORD
from dedup.sources.streams import Chunks, Gap

_OPEN: Final = re.compile(rb"<(item|entry)(?=[\s>/])")
_BORDER: Final = re.compile(rb"</(?:item|entry)\s*>(?=\s*<(?:item|entry)[\s>])")
_MAX_HEADER: Final = 1 << 20
"""Bytes kept of what stands before the first item."""

_TAG: Final = 16
"""Bytes in which the beginning of a tag that is cut in two may hide."""

_BROKEN: Final = -1
_UNSEEN: Final = 0


def _tokens(name: bytes) -> re.Pattern[bytes]:
    return re.compile(
        rb"(?P<cdata><!\[CDATA\[)|(?P<comment><!--)|(?P<close></%b\s*>)|(?P<next><%b[\s>])" % (name, name)
    )


_TOKENS: Final = {name: _tokens(name) for name in (b"item", b"entry")}


class Piece(NamedTuple):
    """One item's bytes, or what is left of it and what is wrong."""

    raw: bytes
    code: str = ""
    problem: str = ""


class _Finder:
    """``bytes.find`` that remembers its last answer, so that many searches for a far end cost one."""

    def __init__(self, data: bytes, what: bytes) -> None:
        self._data, self._what = data, what
        self._from, self._to = 1, 0

    def after(self, at: int) -> int:
        if not self._from <= at <= self._to:
            found = self._data.find(self._what, at)
            self._from, self._to = at, found if found >= 0 else len(self._data)
        return self._to if self._to < len(self._data) else -1


class ItemSplitter:
    """Yields the pieces of a stream; ``header`` is what stood before the first."""

    def __init__(self, chunks: Chunks) -> None:
        self._chunks = chunks
        self._gap: Gap | None = None
        self._ended = self._begun = False
        self.header = b""
        self._hold(b"")

    def _hold(self, data: bytes) -> None:
        self._data, self._at = data, 0
        self._ends = {"cdata": _Finder(data, b"]]>"), "comment": _Finder(data, b"-->")}

    def _more(self) -> bool:
        if self._ended:
            return False
        chunk = next(self._chunks, b"")
        if isinstance(chunk, Gap) or not chunk:
            self._gap = chunk if isinstance(chunk, Gap) else None
            self._ended = True
            return False
        self._hold(self._data[self._at :] + chunk)
        return True

    def pieces(self) -> Iterator[Piece | Gap]:
        """Every item in order, and every gap."""
        while True:
            start = _OPEN.search(self._data, self._at)
            if start is not None:
                if not self._begun:
                    self.header, self._begun = self._data[: start.start()], True
                self._at = start.start()
                yield self._piece(start[1])
                continue
            self._skim()
            if not self._more():
                if self._gap is None:
                    return
                yield self._gap
                self._gap, self._ended = None, False
                self._at = len(self._data) if self._begun else 0

    def _skim(self) -> None:
        """Before the first item everything is the header; later only a tag cut in two matters."""
        if self._begun:
            self._at = max(self._at, len(self._data) - _TAG)
        elif len(self._data) > _MAX_HEADER:
            self._hold(self._data[: _MAX_HEADER // 2] + self._data[-_TAG:])

    def _piece(self, name: bytes) -> Piece:
        while True:
            end = self._end(name)
            if end > 0:
                raw, self._at = self._data[self._at : end], end
                return Piece(raw)
            if end == _BROKEN:
                return self._give_up("xml-syntax", "the item is not closed before the next begins")
            if len(self._data) - self._at > MAX_RECORD:
                return self._give_up("too-large", f"the item is larger than {MAX_RECORD >> 20} MiB")
            if not self._more():
                return self._give_up("truncated", "the item is not closed")

    def _end(self, name: bytes) -> int:
        """Where the item ends; 0 where its end is not in sight, -1 where the next item begins first."""
        at = self._at + 1
        while token := _TOKENS[name].search(self._data, at):
            if token["close"]:
                return token.end()
            if token["next"]:
                return _BROKEN
            close = self._ends[str(token.lastgroup)].after(token.end())
            border = _BORDER.search(self._data, token.end(), close if close >= 0 else len(self._data))
            if border:  # a section left open, whose end, if any, is that of a later item
                return border.end()
            if close < 0:
                return _UNSEEN
            at = close
        return _UNSEEN

    def _give_up(self, code: str, problem: str) -> Piece:
        following = _OPEN.search(self._data, self._at + 1)
        end = following.start() if following else len(self._data)
        raw, self._at = self._data[self._at : end], end
        return Piece(raw, code, problem)
