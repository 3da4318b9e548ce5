"""JSON lines: one object a line, split at line feeds only (a string may hold U+2028)."""

from __future__ import annotations

from collections.abc import Iterator

import orjson

from dedup.models import Article, Rejection
from dedup.sources.jsonfix import JsonProblem, mended
from dedup.sources.limits import MAX_JOINED_LINES, MAX_JOINED_TRIES, MAX_RECORD
from dedup.sources.records import RecordMaker
from dedup.sources.streams import Chunks, Gap

Item = Article | Rejection


class _Line:
    """Places of the physical lines of a broken record, tried together as one."""

    def __init__(self, number: int, raw: bytes, problem: JsonProblem) -> None:
        self.lines = [(number, raw, problem)]
        self.size = len(raw)
        self.tries = 0


def read_json_lines(chunks: Chunks, maker: RecordMaker, before: int = 0) -> Iterator[Item]:
    """Articles and rejections of a stream of JSON lines, in order; positions are line numbers, counted on from the
    lines ``before``."""
    return _Reader(maker, before).read(chunks)


class _Reader:
    def __init__(self, maker: RecordMaker, before: int) -> None:
        self.maker = maker
        self.number = before
        self.open: _Line | None = None

    def read(self, chunks: Chunks) -> Iterator[Item]:
        tail, skipping = b"", False
        for chunk in chunks:
            if isinstance(chunk, Gap):
                yield from self._border(tail)
                tail, skipping = b"", False
                yield self.maker.damage(chunk)
                continue
            if skipping:
                _, found, chunk = chunk.partition(b"\n")
                if not found:
                    continue
                skipping = False
            lines = (tail + chunk).split(b"\n") if tail else chunk.split(b"\n")
            tail = lines.pop()
            yield from self._lines(lines)
            if len(tail) > MAX_RECORD:
                yield from self._lines([tail])
                tail, skipping = b"", True
        yield from self._border(tail)

    def _border(self, tail: bytes) -> Iterator[Item]:
        if tail:
            yield from self._lines([tail])
        yield from self._give_up()

    def _lines(self, lines: list[bytes]) -> Iterator[Item]:
        """The items that these physical lines settle. The one hot loop of this file."""
        loads, make = orjson.loads, self.maker.make
        for raw in lines:
            self.number += 1
            if len(raw) > MAX_RECORD:
                yield from self._too_large(raw)
                continue
            try:
                value = loads(raw)
            except orjson.JSONDecodeError:
                yield from self._broken(raw)
                continue
            if self.open:
                yield from self._give_up()
            if type(value) is dict:
                # the strict parser refuses raw control characters and lone surrogates: NULs can only be escaped
                yield make(value, self.number, raw, clean=b"\\u0000" not in raw)
            else:
                yield self.maker.reject(self.number, "not-object", _not_object(value), raw)

    def _broken(self, raw: bytes) -> Iterator[Item]:
        if not raw.strip(b" \t\r\0\xef\xbb\xbf"):
            if self.open:
                self._extend(raw, JsonProblem("json-syntax", "an empty line inside a broken record"))
            return
        try:
            value, repairs = mended(raw)
        except JsonProblem as problem:
            yield from self._unparsed(raw, problem)
            return
        yield from self._give_up()
        yield self._made(value, self.number, raw, repairs)

    def _made(self, value: object, number: int, raw: bytes, repairs: tuple[str, ...]) -> Item:
        if not isinstance(value, dict):
            return self.maker.reject(number, "not-object", _not_object(value), raw)
        return self.maker.make(value, number, raw, repairs)

    def _unparsed(self, raw: bytes, problem: JsonProblem) -> Iterator[Item]:
        """A line that is no JSON may be a part of a record whose strings hold raw newlines."""
        if self.open is None or raw.startswith(b'{"'):
            yield from self._give_up()
            if raw.lstrip().startswith(b"{") and problem.code == "json-syntax":
                self.open = _Line(self.number, raw, problem)
            else:
                yield self.maker.reject(self.number, problem.code, problem.message, raw)
            return
        self._extend(raw, problem)
        if raw.rstrip().endswith(b"}") and self.open.tries < MAX_JOINED_TRIES:
            self.open.tries += 1
            whole = b"\n".join(line for _, line, _ in self.open.lines)
            try:
                value, repairs = mended(whole)
            except JsonProblem:
                pass
            else:
                number, self.open = self.open.lines[0][0], None
                yield self._made(value, number, whole, repairs)
                return
        if len(self.open.lines) > MAX_JOINED_LINES or self.open.size > MAX_RECORD:
            yield from self._give_up()

    def _extend(self, raw: bytes, problem: JsonProblem) -> None:
        if self.open:
            self.open.lines.append((self.number, raw, problem))
            self.open.size += len(raw) + 1

    def _give_up(self) -> Iterator[Item]:
        if self.open is None:
            return
        lines, self.open = self.open.lines, None
        for number, raw, problem in lines:
            if raw.strip():
                yield self.maker.reject(number, problem.code, problem.message, raw)

    def _too_large(self, raw: bytes) -> Iterator[Item]:
        yield from self._give_up()
        message = f"the line is longer than {MAX_RECORD >> 20} MiB"
        yield self.maker.reject(self.number, "too-large", message, raw)


def _not_object(value: object) -> str:
    return f"a record must be a JSON object, not {type(value).__name__}"
