"""A JSON array of objects, an object around one, or objects one after another: split without reading it all."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

import orjson

from dedup.models import Article, Rejection
from dedup.sources.jsonfix import JsonProblem, mended
from dedup.sources.limits import MAX_RECORD
from dedup.sources.records import RecordMaker
from dedup.sources.streams import Chunks, Gap

Item = Article | Rejection

_FILL: Final = re.compile(
    rb'(?:[\s:,]++|"[^"\\]*+(?:\\.[^"\\]*+)*+"|-?\d[\d.eE+\-]*+|true|false|null|NaN|-?Infinity)*+', re.S
)
"""What may stand between two brackets of valid JSON. Anything else in front of the next bracket is a defect."""

_BETWEEN: Final = re.compile(rb"[\s,]*+")
_NEXT: Final = re.compile(rb'\}\s*,?\s*(?=\{\s*")')
"""Where the record behind a broken one begins."""

_OPEN_STRING: Final = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+\\?\Z', re.S)
_PARTIAL: Final = re.compile(rb"[-\dtrufalsenNIity.E+]{1,24}\Z")


class _Buffer:
    """The unread part of the stream; ``gap`` is set where bytes are missing behind it."""

    def __init__(self, chunks: Chunks) -> None:
        self._chunks = chunks
        self.data = b""
        self.gap: Gap | None = None

    def more(self) -> bool:
        """Append bytes, at least a quarter of what is held, so that re-scanning stays linear."""
        if self.gap:
            return False
        wanted, pieces, size = max(1, len(self.data) // 4), [self.data], 0
        for chunk in self._chunks:
            if isinstance(chunk, Gap):
                self.gap = chunk
                break
            pieces.append(chunk)
            size += len(chunk)
            if size >= wanted:
                break
        self.data = b"".join(pieces)
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


def read_json_records(chunks: Chunks, maker: RecordMaker, skip: int = 0) -> Iterator[Item]:
    """Articles and rejections of the objects that follow ``skip`` bytes; positions are record numbers.

    Ends at the bracket that closes the list. A broken object is rejected up to the next ``}, {"``.
    """
    buffer = _Buffer(chunks)
    while len(buffer.data) < skip and buffer.more():
        pass
    buffer.data = buffer.data[skip:]
    number = 0
    while True:
        at = _BETWEEN.match(buffer.data).end()  # type: ignore[union-attr]
        if at == len(buffer.data):
            buffer.data = b""
            if buffer.more():
                continue
            if buffer.gap is None:
                return
            yield from _after_gap(buffer, maker)
            continue
        if buffer.data[at : at + 1] in (b"]", b"}"):
            return
        number += 1
        yield from _one(buffer, at, number, maker)


def _one(buffer: _Buffer, at: int, number: int, maker: RecordMaker) -> Iterator[Item]:
    buffer.data = buffer.data[at:]
    end = object_end(buffer.data, 0) if buffer.data[:1] in (b"{", b"[") else -2
    while end == -1 and len(buffer.data) <= MAX_RECORD and buffer.more():
        end = object_end(buffer.data, 0)
    if end > 0:
        raw, buffer.data = buffer.data[:end], buffer.data[end:]
        yield _made(raw, number, maker)
    else:
        yield from _defect(buffer, end, number, maker)


def _made(raw: bytes, number: int, maker: RecordMaker) -> Item:
    repairs: tuple[str, ...] = ()
    try:
        value, dirty = orjson.loads(raw), b"\\u0000" in raw
    except orjson.JSONDecodeError:
        try:
            value, repairs = mended(raw)
        except JsonProblem as problem:
            return maker.reject(number, problem.code, problem.message, raw)
        dirty = True
    if not isinstance(value, dict):
        return maker.reject(number, "not-object", f"a record must be a JSON object, not {type(value).__name__}", raw)
    return maker.make(value, number, raw, dirty=dirty, repairs=repairs)


def _defect(buffer: _Buffer, end: int, number: int, maker: RecordMaker) -> Iterator[Item]:
    """Reject what cannot be split and go on at the next thing that looks like a record."""
    size = 0
    head = b""
    code = "json-syntax" if end == -2 else "truncated"
    if len(buffer.data) > MAX_RECORD:
        code = "too-large"
    while True:
        found = _NEXT.search(buffer.data, 1)
        cut = found.end() if found else max(0, len(buffer.data) - 64)
        head = head or buffer.data[: cut or len(buffer.data)]
        size += cut
        buffer.data = buffer.data[cut:]
        if found or not buffer.more():
            break
    if not found:
        buffer.data = b""
    what = {"json-syntax": "this is not JSON", "truncated": "the record is cut short"}
    message = what.get(code, f"the record is larger than {MAX_RECORD >> 20} MiB")
    yield maker.reject(number, code, message, head)


def _after_gap(buffer: _Buffer, maker: RecordMaker) -> Iterator[Item]:
    gap, buffer.gap = buffer.gap, None
    if gap:
        yield maker.reject(gap.offset, gap.code, gap.message, gap.raw, unit="offset")
