"""Compressed members (gzip members, zstd frames): each verified before it is believed, intact ones behind damage found.

A member of up to 32 MiB is held back until its checksum has been verified; of a damaged one nothing is delivered, since
its text may be altered anywhere before the place where the decoder notices. A member that is merely cut off at the end
of the file is delivered up to the cut.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Generator, Iterator
from typing import NamedTuple, Protocol

from dedup.sources.limits import BOMB_BYTES, BOMB_RATIO, CHUNK, HOLD
from dedup.sources.streams import Chunks, Gap


class Decoder(Protocol):
    """The part of zlib's decompression object that is used here."""

    @property
    def eof(self) -> bool: ...
    @property
    def unconsumed_tail(self) -> bytes: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, max_length: int = ..., /) -> bytes: ...


class Codec(NamedTuple):
    """A compression: its name, what a member begins with (and the bytes needed to see it), decoder and errors.

    ``complete`` says of the last bytes of a file and the size decoded whether they are the end of a whole member.
    """

    name: str
    header: re.Pattern[bytes]
    header_size: int
    decoder: Callable[[], Decoder]
    error: type[Exception]
    complete: Callable[[bytes, int], bool]


class _Input:
    """Compressed bytes with their offset in the file; those of the member being read are kept while it is held."""

    def __init__(self, chunks: Chunks) -> None:
        self._chunks = chunks
        self.data = b""
        self.offset = 0

    def more(self) -> bool:
        """Append the next chunk; False at the end."""
        chunk = next(self._chunks, b"")
        if isinstance(chunk, Gap) or not chunk:
            return False
        self.data += chunk
        return True

    def skip(self, size: int) -> None:
        self.data = self.data[size:]
        self.offset += size


class _Member:
    """The state of decoding one member. ``taken`` counts the bytes of ``source.data`` given to the decoder."""

    def __init__(self, source: _Input, codec: Codec) -> None:
        self.source, self.codec = source, codec
        self.start = source.offset
        self.decoder = codec.decoder()
        self.held: list[bytes] = []
        self.taken = 0
        self.size = 0
        self.released = False

    def pieces(self) -> Iterator[bytes]:
        """Decoded pieces up to the member's end; the codec's error or _Damage where it has none."""
        feed = b""
        while not self.decoder.eof:
            if not feed:
                feed = self._next_input()
            piece = self.decoder.decompress(feed, CHUNK)
            feed = self.decoder.unconsumed_tail
            self.size += len(piece)
            if self.size > BOMB_BYTES and self.size > BOMB_RATIO * self._consumed():
                raise _Damage(
                    "bomb-ratio", f"the {self.codec.name} data unpacks to more than {BOMB_RATIO} times its size"
                )
            yield piece
        self.taken -= len(self.decoder.unused_data)

    def _consumed(self) -> int:
        return self.source.offset - self.start + self.taken

    def _next_input(self) -> bytes:
        if self.released:  # what a long member has used is not needed again
            self.source.skip(self.taken)
            self.taken = 0
        if self.taken >= len(self.source.data) and not self.source.more():
            raise _Damage("truncated", f"the {self.codec.name} file is cut short")
        feed = self.source.data[self.taken :]
        self.taken = len(self.source.data)
        return feed

    def looks_cut(self) -> bool:
        """Whether the data simply ends: no later member follows, and the file does not end as a whole member does."""
        data = self.source.data
        return not self.codec.header.search(data, 1) and not self.codec.complete(data, self.size)


class _Damage(Exception):  # noqa: N818 - never leaves this module
    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code, self.message = code, message


def decoded(chunks: Chunks, codec: Codec) -> Chunks:
    """Decode a stream of members. A damaged, cut or exploding one gives a Gap; decoding goes on at the next."""
    source = _Input(chunks)
    damaged = False
    while source.data or source.more():
        if not damaged and not _at_member(source, codec):
            if not source.data:
                return
            message = f"no {codec.name} member begins where one should"
            yield Gap(source.offset, "truncated", message, source.data[:64])
        if not _seek_member(source, codec):
            return
        damaged = yield from _decoded(source, codec)


def _at_member(source: _Input, codec: Codec) -> bool:
    """Whether a member begins here; zero padding between members is skipped."""
    while True:
        source.skip(len(source.data) - len(source.data.lstrip(b"\0")))
        if len(source.data) >= codec.header_size or not source.more():
            return codec.header.match(source.data) is not None


def _seek_member(source: _Input, codec: Codec) -> bool:
    while True:
        found = codec.header.search(source.data)
        if found:
            source.skip(found.start())
            return True
        source.skip(max(0, len(source.data) - codec.header_size + 1))
        if not source.more():
            source.skip(len(source.data))
            return False


def _decoded(source: _Input, codec: Codec) -> Generator[bytes | Gap, None, bool]:
    """Deliver one member, held until verified while it is small. Returns whether it was damaged."""
    member = _Member(source, codec)
    try:
        for piece in member.pieces():
            member.held.append(piece)
            if member.released or member.size > HOLD:
                member.released = True
                yield b"".join(member.held)
                member.held.clear()
    except _Damage as damage:
        yield from _damaged(member, damage.code, damage.message)
        return True
    except codec.error as error:
        yield from _damaged(member, "truncated", f"the {codec.name} data is damaged ({str(error)[:80]})")
        return True
    yield from filter(None, (b"".join(member.held),))
    source.skip(member.taken)
    return False


def _damaged(member: _Member, code: str, message: str) -> Iterator[bytes | Gap]:
    source = member.source
    if message.endswith("cut short") and not member.released:
        if member.looks_cut():
            yield from filter(None, (b"".join(member.held),))
        else:
            message = f"the {member.codec.name} data is damaged (it does not end where it should)"
    if member.released and code == "truncated":
        message += "; the records just before may be altered"
    elif not message.endswith("cut short"):
        message += "; its records are left out"
    yield Gap(member.start, code, message, source.data[:64])
    source.skip(member.taken if member.released or code == "bomb-ratio" else 1)
