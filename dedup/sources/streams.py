"""The bytes of a feed as a stream of chunks, decompressed; damage shows as a Gap between chunks."""

from __future__ import annotations

import codecs
import sys
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import BinaryIO, Final, NamedTuple

from dedup.errors import FeedError
from dedup.sources.encoding import BAD, BOM, bom_of, legacy_of, wide_of
from dedup.sources.limits import CHUNK, HEAD

STDIN: Final = "-"
_STDIN_PLACE: Final = "<stdin>"

NO_MARK: Final = "no-bom"
"""Repair: UTF-16 or UTF-32 that does not say so."""


class Gap(NamedTuple):
    """A place where bytes are missing: readers drop the record they were in and start anew behind it."""

    offset: int
    code: str
    message: str
    raw: bytes = b""


Chunks = Iterator[bytes | Gap]


def open_chunks(path: str) -> Chunks:
    """Stream a file or standard input; FeedError where it cannot be opened or read."""
    if path == STDIN:
        yield from _read(sys.stdin.buffer, place_of(path))
        return
    try:
        with Path(path).open("rb") as file:
            yield from _read(file, path)
    except OSError as error:
        raise unreadable(path, error) from error


def place_of(path: str) -> str:
    """What a feed is called in errors, rejections and the quarantine."""
    return _STDIN_PLACE if path == STDIN else path


def unreadable(path: str, error: OSError) -> FeedError:
    """The error of a feed that the system does not let us read."""
    reason = error.strerror or type(error).__name__
    if isinstance(error, FileNotFoundError):
        return FeedError("there is no such file", place=path, remedy="check the path")
    return FeedError(f"cannot be read ({reason})", place=path, remedy="check its permissions")


def _read(file: BinaryIO, place: str) -> Iterator[bytes]:
    while True:
        try:
            chunk = file.read(CHUNK)
        except OSError as error:
            raise unreadable(place, error) from error
        if not chunk:
            return
        yield chunk


def peeked(chunks: Chunks, size: int = HEAD) -> tuple[bytes, Chunks]:
    """The first bytes (as many as ``size``, fewer at the end or before a gap) and the stream with them put back."""
    held: list[bytes | Gap] = []
    length = 0
    for chunk in chunks:
        held.append(chunk)
        if isinstance(chunk, Gap):
            if length:
                break
            continue
        length += len(chunk)
        if length >= size:
            break
    head = b"".join(chunk for chunk in held if isinstance(chunk, bytes))
    return head[:size], chain(held, chunks)


class Utf8(NamedTuple):
    """A stream in UTF-8 (or 8-bit text of unknown encoding): its head, and the repairs made to the whole of it."""

    head: bytes
    chunks: Chunks
    once: tuple[str, ...] = ()
    always: tuple[str, ...] = ()


def as_utf8(chunks: Chunks) -> Utf8:
    """The stream without its byte order mark, and as UTF-8 where it is UTF-16, UTF-32 or a multi-byte legacy one."""
    head, chunks = peeked(chunks)
    mark = bom_of(head)
    name = mark[1] if mark else wide_of(head)
    once: tuple[str, ...] = (BOM,) if mark else ()
    always: tuple[str, ...] = ()
    if name is None and not head.lstrip().startswith(b"<"):  # markup says itself what it is in
        name = legacy_of(head)
        always = (BAD,) if name else ()
    if name is None:
        return Utf8(head, chunks)
    if not mark and not always:
        once = (NO_MARK,)
    head, chunks = peeked(_transcoded(chunks, mark[0] if mark else 0, None if name == "utf-8" else name))
    return Utf8(head, chunks, once, always)


def _decoded(decoder: codecs.IncrementalDecoder, body: bytes, name: str) -> str:
    try:
        return decoder.decode(body)
    except UnicodeError:  # even when it replaces, a decoder of escape sequences gives up on too long a one
        decoder.reset()
        return body.decode(name, "replace")


def _transcoded(chunks: Iterable[bytes | Gap], skip: int, name: str | None) -> Chunks:
    decoder = codecs.getincrementaldecoder(name)("replace") if name else None
    for chunk in chunks:
        if isinstance(chunk, Gap):
            if decoder:
                decoder.reset()
            yield chunk
            continue
        body, skip = chunk[skip:], max(0, skip - len(chunk))
        yield _decoded(decoder, body, name or "").encode("utf-8", "replace") if decoder else body
    rest = decoder.decode(b"", True) if decoder else ""
    if rest:
        yield rest.encode()
