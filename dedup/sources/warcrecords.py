"""The records of a WARC stream cut out one by one, so that a broken one costs only itself."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from dedup.sources.limits import MAX_RAW, MAX_RECORD
from dedup.sources.streams import Chunks, Gap

_START: Final = re.compile(rb"WARC/1\.\d")
_BORDER: Final = re.compile(rb"\n(?=WARC/1\.\d\r?\n)")
_BLANK: Final = re.compile(rb"\r?\n\r?\n")
_LENGTH: Final = re.compile(rb"^Content-Length[ \t]*:[ \t]*(\d{1,15})[ \t]*\r?$", re.M | re.I)
_PADDING: Final = re.compile(rb"[ \t\r\n\0]*+")
_MAX_HEADER: Final = 1 << 20
_MARK: Final = b"WARC/1."
_BORDER_SIZE: Final = 16
"""Bytes in which a border that is cut in two may hide."""


class Piece(NamedTuple):
    """One record's bytes; or, of one that cannot be used, the first of them and why."""

    raw: bytes
    code: str = ""
    problem: str = ""


class RecordSplitter:
    """Yields the pieces of a stream, whatever its records hold, and every gap."""

    def __init__(self, chunks: Chunks) -> None:
        self._chunks = chunks
        self._data = b""
        self._at = 0
        self._gap: Gap | None = None
        self._ended = False

    def pieces(self) -> Iterator[Piece | Gap]:
        """Every record in order; one that does not end where its header says is given up to the next that begins."""
        while True:
            self._at = _PADDING.match(self._data, self._at).end()  # type: ignore[union-attr]  # matches the empty string
            if self._held:
                yield self._piece()
            elif not self._more():
                if self._gap is None:
                    return
                yield self._gap
                self._gap, self._ended = None, False

    @property
    def _held(self) -> int:
        return len(self._data) - self._at

    def _more(self) -> bool:
        """Append bytes, at least a quarter of what is held, so that growing stays linear."""
        if self._ended:
            return False
        wanted, pieces, size = max(1, self._held // 4), [self._data[self._at :]], 0
        for chunk in self._chunks:
            if isinstance(chunk, Gap):
                self._gap = chunk
                break
            pieces.append(chunk)
            size += len(chunk)
            if size >= wanted:
                break
        self._data, self._at, self._ended = b"".join(pieces), 0, size < wanted
        return size > 0

    def _fill(self, size: int) -> bool:
        """Hold at least ``size`` bytes from the cursor on, where there are as many."""
        while self._held < size and self._more():
            pass
        return self._held >= size

    def _piece(self) -> Piece:
        self._fill(_BORDER_SIZE)
        if not _START.match(self._data, self._at):
            return self._given_up("no WARC record begins where one should")
        header = self._header_size()
        length = _LENGTH.search(self._data, self._at, self._at + header)
        if not length or _BORDER.search(self._data, self._at, self._at + header):
            return self._given_up("the header of the WARC record does not say how long it is")
        size = header + int(length[1])
        if size > MAX_RECORD:
            return self._too_large(header, size)
        self._fill(size + _BORDER_SIZE)
        if self._held < size:
            return self._given_up("the WARC record is cut short", "truncated")
        end = self._at + size
        if not self._is_end(end):
            return self._given_up("the WARC record does not end where its header says")
        raw, self._at = self._data[self._at : end], end
        return Piece(raw)

    def _is_end(self, end: int) -> bool:
        """Whether a record can end here: with its two line feeds, before another record, or at the end."""
        mark = _PADDING.match(self._data, end, end + _BORDER_SIZE).end()  # type: ignore[union-attr]
        following = self._data[mark : min(mark + len(_MARK), end + _BORDER_SIZE)]
        return _MARK.startswith(following) or self._data.startswith(b"\r\n\r\n", end)

    def _header_size(self) -> int:
        """Bytes up to the blank line behind the header; 0 where there is none."""
        while True:
            blank = _BLANK.search(self._data, self._at, self._at + _MAX_HEADER)
            if blank:
                return blank.end() - self._at
            if self._held >= _MAX_HEADER or not self._more():
                return 0

    def _too_large(self, header: int, size: int) -> Piece:
        self._fill(header + MAX_RAW)
        raw = self._data[self._at : self._at + header + MAX_RAW]
        while size > self._held and self._held:
            size -= self._held
            self._at = len(self._data)
            self._more()
        self._at += min(size, self._held)
        return Piece(raw, "too-large", f"the WARC record is larger than {MAX_RECORD >> 20} MiB")

    def _given_up(self, problem: str, code: str = "warc-syntax") -> Piece:
        """Go on at the next record that begins; of what lies before it the first bytes are kept."""
        head = b""
        while not (border := _BORDER.search(self._data, self._at + 1)):
            end = max(self._at, len(self._data) - _BORDER_SIZE)
            head += self._taken(end, head)
            if not self._more():
                return Piece(head + self._taken(len(self._data), head), code, problem)
        return Piece(head + self._taken(border.end(), head), code, problem)

    def _taken(self, end: int, head: bytes) -> bytes:
        piece = self._data[self._at : min(end, self._at + max(0, MAX_RAW + 1 - len(head)))]
        self._at = end
        return piece
