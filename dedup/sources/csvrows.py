"""Rows of delimited text, split so that one unbalanced quote costs its own row and no other."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from dedup.sources.limits import MAX_RECORD
from dedup.sources.streams import Chunks, Gap


class Row(NamedTuple):
    """One row: its number (the header is row 1), raw bytes, cells, or the problem that spoils it."""

    number: int
    raw: bytes
    cells: list[bytes]
    problem: str = ""
    repaired: bool = False
    code: str = "csv-syntax"


class _Open(Exception):  # noqa: N818 - never leaves this module
    """The buffer ends inside a quoted cell."""


class _Bad(Exception):  # noqa: N818
    """The row cannot be split."""


class Splitter:
    """Splits a byte stream in an ASCII-compatible encoding. ``columns`` is the header's count once it is known."""

    def __init__(self, chunks: Chunks, delimiter: bytes) -> None:
        self._chunks = chunks
        self._delimiter = delimiter
        self._data = b""
        self._at = 0
        self._number = 0
        self._ended = False
        self._gap: Gap | None = None
        self.columns = 0
        stop = re.escape(delimiter)
        self._plain = re.compile(rb"[^\n" + stop + rb"]*+")

    def rows(self) -> Iterator[Row | Gap]:
        """Every row in order, blank lines left out; a gap where bytes are missing."""
        while True:
            row = self._row()
            if row is not None:
                yield row
            elif self._gap is not None:
                gap, self._gap, self._ended = self._gap, None, False
                yield gap
            elif self._at >= len(self._data):
                return

    def _more(self) -> bool:
        if self._ended:
            return False
        chunk = next(self._chunks, b"")
        if isinstance(chunk, Gap) or not chunk:
            self._gap = chunk if isinstance(chunk, Gap) else None
            self._ended = True
            return False
        self._data = self._data[self._at :] + chunk
        self._at = 0
        return True

    def _row(self) -> Row | None:
        """The next row; None at the end of what can be read."""
        while True:
            end = self._line_end()
            if end is None:
                return None
            line = self._data[self._at : end]
            if line.strip(b" \t\r\n\0" if self._delimiter != b"\t" else b" \r\n\0"):
                break
            self._at = end
        self._number += 1
        if b'"' not in line:
            return self._checked(end, line, line.rstrip(b"\r\n").split(self._delimiter), False)
        return self._quoted(end)

    def _line_end(self) -> int | None:
        """End of the physical line at the cursor, its line feed included."""
        searched = 0
        while True:
            end = self._data.find(b"\n", self._at + searched)
            if end >= 0:
                return end + 1
            searched = len(self._data) - self._at
            if searched > MAX_RECORD or not self._more():
                return len(self._data) if searched else None

    def _checked(self, end: int, raw: bytes, cells: list[bytes], repaired: bool) -> Row:
        self._at = end
        if len(raw) > MAX_RECORD:
            return Row(self._number, raw, [], f"the row is larger than {MAX_RECORD >> 20} MiB", code="too-large")
        if self.columns and len(cells) != self.columns:
            return Row(self._number, raw, [], f"the row has {len(cells)} columns, the header {self.columns}")
        return Row(self._number, raw, cells, "", repaired)

    def _quoted(self, line_end: int) -> Row:
        while True:
            try:
                end, cells, repaired = self._cells(self._at)
                break
            except _Open:
                if len(self._data) - self._at > MAX_RECORD or not self._more():
                    return self._spoiled("a quote is opened and never closed")
            except _Bad as bad:
                return self._spoiled(str(bad))
        if self.columns and len(cells) != self.columns and end > (self._line_end() or 0):
            return self._spoiled(f"the row has {len(cells)} columns, the header {self.columns}")
        return self._checked(end, self._data[self._at : end], cells, repaired)

    def _spoiled(self, problem: str) -> Row:
        """Give up the physical line at the cursor only."""
        end = self._line_end() or len(self._data)
        raw = self._data[self._at : end]
        self._at = end
        return Row(self._number, raw, [], problem)

    def _cells(self, at: int) -> tuple[int, list[bytes], bool]:
        """Cells of the logical row at ``at`` and where it ends. _Open: needs more data; _Bad: an unbalanced quote."""
        data, delimiter = self._data, self._delimiter
        cells: list[bytes] = []
        repaired = False
        while True:
            if data[at : at + 1] == b'"':
                cell, at, mended = self._quoted_cell(at + 1)
                repaired |= mended
            else:
                stop = self._plain.match(data, at).end()  # type: ignore[union-attr]
                cell, at = data[at:stop], stop
                if data[at : at + 1] != delimiter:
                    cell = cell.rstrip(b"\r")
            cells.append(cell)
            mark = data[at : at + 1]
            if mark == delimiter:
                at += 1
                continue
            if mark == b"\r":
                at += 1
            if at >= len(data) and not self._ended:
                raise _Open
            return min(at + 1, len(data)), cells, repaired

    def _quoted_cell(self, start: int) -> tuple[bytes, int, bool]:
        """A quoted cell from behind its opening quote: its bytes, where it ends, whether inner quotes were mended."""
        data, at, repaired = self._data, start, False
        while True:
            quote = data.find(b'"', at)
            if quote < 0:
                raise _Open
            after = data[quote + 1 : quote + 2]
            if after == b'"':
                at = quote + 2
                continue
            if not after and not self._ended:
                raise _Open
            if not after or after == self._delimiter or after in b"\r\n":
                return data[start:quote].replace(b'""', b'"'), quote + 1, repaired
            if data[quote - 1 : quote] in (self._delimiter, b"\n", b"\r"):
                raise _Bad("a quote is opened and not closed before the next cell begins")
            repaired, at = True, quote + 1
