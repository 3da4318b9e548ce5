"""A JSON array of objects, an object around one, or objects one after another: split without reading it all."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Final

import orjson

from dedup.models import Article, Rejection
from dedup.sources.fields import table
from dedup.sources.jsonfix import JsonProblem, mended, too_deep
from dedup.sources.limits import HEAD, MAX_DEPTH, MAX_RAW, MAX_RECORD
from dedup.sources.records import RecordMaker
from dedup.sources.streams import Chunks, Gap

Item = Article | Rejection

_FILL: Final = re.compile(
    rb'(?:[\s:,]++|"[^"\\]*+(?:\\.[^"\\]*+)*+"|-?\d[\d.eE+\-]*+|true|false|null|NaN|-?Infinity)*+', re.S
)
"""What may stand between two brackets of valid JSON. Anything else in front of the next bracket is a defect."""

_BETWEEN: Final = re.compile(rb"[\s,\x00\x1e]*+")
_SCALAR: Final = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"|[^\s"{}\[\],]++(?=[\s{}\[\],])', re.S)
_KEY: Final = re.compile(rb'[\s,]*+"([^"\\]{1,64})"\s*:\s*')
_FIRST_KEY: Final = re.compile(rb'\{\s*"([^"\\]{1,64})"\s*:')
_OBJECTS: Final = re.compile(rb"\[\s*[{\]]")
_NUL: Final = b"\\u0000"
_QUICK_TRIES: Final = 3
"""Closing braces tried as the end of a record: most records hold no object, a few two."""

_LONGEST_BORDER: Final = 1 << 12
"""Bytes of white space believed between two records."""

_OPEN_STRING: Final = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+\\?\Z', re.S)
_PARTIAL: Final = re.compile(rb"[-\dtrufalsenNIity.E+]{1,24}\Z")


class _Buffer:
    """The stream's bytes from ``at`` on are unread; ``gap`` is set where bytes are missing behind them."""

    def __init__(self, chunks: Chunks) -> None:
        self._chunks = chunks
        self.data = b""
        self.at = 0
        self.gap: Gap | None = None

    @property
    def held(self) -> int:
        return len(self.data) - self.at

    def taken(self, end: int, most: int) -> bytes:
        """Go on to ``end``; the first bytes of what lay between."""
        piece = self.data[self.at : min(end, self.at + max(0, most))]
        self.at = end
        return piece

    def more(self) -> bool:
        """Append bytes, at least a quarter of what is held, so that re-scanning stays linear."""
        if self.gap:
            return False
        wanted, pieces, size = max(1, self.held // 4), [self.data[self.at :]], 0
        for chunk in self._chunks:
            if isinstance(chunk, Gap):
                self.gap = chunk
                break
            pieces.append(chunk)
            size += len(chunk)
            if size >= wanted:
                break
        self.data, self.at = b"".join(pieces), 0
        return size > 0


def object_end(data: bytes, start: int) -> int:
    """Where the object or array that begins at ``start`` ends; -1 if the data ends first, -2 at a defect."""
    at, depth = start, 0
    while True:
        at = _FILL.match(data, at).end()  # type: ignore[union-attr]  # matches the empty string
        mark = data[at : at + 1]
        if mark in (b"{", b"["):
            depth += 1
        elif mark in (b"}", b"]"):
            depth -= 1
            if depth <= 0:
                return at + 1
        elif not mark or _OPEN_STRING.match(data, at) or _PARTIAL.match(data, at):
            return -1
        else:
            return -2
        at += 1


def list_start(data: bytes, at: int, prefix: tuple[str, ...] = ()) -> tuple[int, int] | None:
    """For an object that wraps a list of records under a known name (fields.toml): where its first record may stand,
    and how many objects are open around the list. None for any other object, or one whose list is not in sight."""
    at += 1
    while key := _KEY.match(data, at):
        path, at = (*prefix, key[1].decode("utf-8", "replace")), key.end()
        if path[0] in _texts():
            return None
        if path in _lists() and _OBJECTS.match(data, at):
            return data.index(b"[", at) + 1, len(path)
        if data[at : at + 1] == b"{" and any(known[: len(path)] == path for known in _lists()):
            found = list_start(data, at, path)
            if found:
                return found
        at = value_end(data, at)
        if at < 0:
            return None
    return None


def value_end(data: bytes, at: int) -> int:
    """Where the value at ``at`` ends, negative as in ``object_end``."""
    if data[at : at + 1] in (b"{", b"["):
        return object_end(data, at)
    found = _SCALAR.match(data, at)
    return found.end() if found else -1


@cache
def _lists() -> frozenset[tuple[str, ...]]:
    return frozenset(tuple(path.split(".")) for path in table()["wrappers"]["lists"])


@cache
def _texts() -> frozenset[str]:
    return frozenset(table()["fields"]["text"])


def read_json_records(chunks: Chunks, maker: RecordMaker) -> Iterator[Item]:
    """Articles and rejections of all objects in the top-level arrays and wrapping objects of a stream, in order;
    positions are record numbers. A broken object is rejected up to the next ``}, {``."""
    return _Reader(chunks, maker).read()


class _Reader:
    def __init__(self, chunks: Chunks, maker: RecordMaker) -> None:
        self.buffer, self.maker = _Buffer(chunks), maker
        self.number = 0
        self.around: int | None = None
        """Objects open around the list that is being read; None outside any list."""

    def read(self) -> Iterator[Item]:
        buffer = self.buffer
        while True:
            buffer.at = _BETWEEN.match(buffer.data, buffer.at).end()  # type: ignore[union-attr]  # matches ""
            if buffer.held:
                yield from self._next()
            elif not buffer.more():
                if buffer.gap is None:
                    break
                yield self._after_gap()
        if self.around is not None:
            yield self.maker.reject(self.number, "truncated", "the list ends without its closing bracket")

    def _next(self) -> Iterator[Item]:
        """What stands at the cursor: a bracket of the frame, or a record."""
        buffer, mark = self.buffer, self.buffer.data[self.buffer.at]
        if mark in b"]}":
            buffer.at += 1
            levels, self.around = self.around, None
            if levels:
                yield from self._skip_tail(levels)
            return
        if self.around is None and mark in b"[{":
            while buffer.held < HEAD and buffer.more():
                pass
            if mark in b"[":
                buffer.at, self.around = buffer.at + 1, 0
                return
            start = list_start(buffer.data, buffer.at)
            if start:
                buffer.at, self.around = start
                return
        self.number += 1
        yield self._record()

    def _record(self) -> Item:
        return self._quick_record() or self._whole_record()

    def _quick_record(self) -> Item | None:
        """The record that ends at one of the next braces, if one does: bytes from an opening brace on that are JSON as
        a whole are exactly one object, and the strict parser finds that out faster than ``value_end``."""
        buffer = self.buffer
        end = buffer.at if buffer.data.startswith(b"{", buffer.at) else -1
        for _ in range(_QUICK_TRIES if end >= 0 else 0):
            end = buffer.data.find(b"}", end) + 1
            if not 0 < end - buffer.at <= MAX_RECORD:
                return None
            raw = buffer.data[buffer.at : end]
            try:
                value = orjson.loads(raw)
            except orjson.JSONDecodeError:
                continue
            buffer.at = end
            return self.maker.make(value, self.number, raw, clean=_NUL not in raw)
        return None

    def _whole_record(self) -> Item:
        buffer = self.buffer
        end = value_end(buffer.data, buffer.at)
        while end == -1 and buffer.held <= MAX_RECORD and buffer.more():
            end = value_end(buffer.data, buffer.at)
        if end < 0 or end - buffer.at > MAX_RECORD:
            return self._defect(end)
        raw, buffer.at = buffer.data[buffer.at : end], end
        return read_json_record(raw, self.number, self.maker)

    def _skip_tail(self, levels: int) -> Iterator[Item]:
        """The fields behind the list, up to the end of the objects around it."""
        buffer = self.buffer
        while levels:
            buffer.at = _BETWEEN.match(buffer.data, buffer.at).end()  # type: ignore[union-attr]
            if buffer.data[buffer.at : buffer.at + 1] == b"}":
                buffer.at, levels = buffer.at + 1, levels - 1
                continue
            key = _KEY.match(buffer.data, buffer.at)
            end = value_end(buffer.data, key.end()) if key else -1
            if end >= 0:
                buffer.at = end
            elif end < -1 or buffer.held > MAX_RECORD or not buffer.more():
                yield self._defect(end)
                return

    def _defect(self, end: int) -> Rejection:
        """Reject what cannot be split and go on at the next thing that looks like a record."""
        buffer = self.buffer
        code, message = "json-syntax", "this is not JSON"
        if buffer.held > MAX_RECORD:
            code, message = "too-large", f"the record is larger than {MAX_RECORD >> 20} MiB"
        elif end == -1 and too_deep(buffer.data[buffer.at : buffer.at + MAX_RAW]):
            code, message = "json-depth", f"the record nests deeper than {MAX_DEPTH} levels"
        elif end == -1:
            code, message = "truncated", "the record is cut short"
        border = _border(buffer.data, buffer.at)
        head = b""
        found = border.search(buffer.data, buffer.at)
        while not found:
            head += buffer.taken(max(buffer.at, len(buffer.data) - _LONGEST_BORDER), MAX_RAW + 1 - len(head))
            if not buffer.more():
                head += buffer.taken(len(buffer.data), MAX_RAW + 1 - len(head))
                break
            found = border.search(buffer.data, buffer.at)
        if found:
            head += buffer.taken(found.end(), MAX_RAW + 1 - len(head))
            self.around = self.around or 0
        elif buffer.gap is None:
            self.around = None
        return self.maker.reject(self.number, code, message, head.rstrip(b" \t\r\n,"))

    def _after_gap(self) -> Rejection:
        gap, self.buffer.gap = self.buffer.gap, None
        assert gap is not None
        return self.maker.damage(gap)


def _border(data: bytes, at: int) -> re.Pattern[bytes]:
    """What stands between two records: a brace, a comma, and an object that begins with the same key as this one,
    since objects inside records begin with other keys."""
    key = _FIRST_KEY.match(data, at)
    name = rb'"' + re.escape(key[1]) + rb'"' if key else rb'"'
    return re.compile(rb"\}[\s,]*+(?=\{\s*" + name + rb")")


def read_json_record(raw: bytes, number: int, maker: RecordMaker) -> Item:
    """The article or rejection of the bytes of one record."""
    repairs: tuple[str, ...] = ()
    clean = _NUL not in raw  # as in JSON lines: true of what the strict parser reads
    try:
        value = orjson.loads(raw)
    except orjson.JSONDecodeError:
        try:
            clean = False
            value, repairs = mended(raw)
        except JsonProblem as problem:
            return maker.reject(number, problem.code, problem.message, raw)
    if not isinstance(value, dict):
        return maker.reject(number, "not-object", f"a record must be a JSON object, not {type(value).__name__}", raw)
    return maker.make(value, number, raw, repairs, clean=clean)
