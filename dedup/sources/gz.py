"""gzip: every member verified before it is believed, every intact member behind damage found again."""

from __future__ import annotations

import re
import zlib
from collections.abc import Generator, Iterator
from typing import Final

from dedup.sources.limits import BOMB_BYTES, BOMB_RATIO, CHUNK, HOLD
from dedup.sources.streams import Chunks, Gap

_HEADER: Final = re.compile(rb"\x1f\x8b\x08[\x00-\x1f].{4}[\x00\x02\x04][\x00-\x0d\xff]", re.S)
_MIN_HEADER: Final = 10


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

    def __init__(self, source: _Input) -> None:
        self.source = source
        self.start = source.offset
        self.decoder = zlib.decompressobj(wbits=31)
        self.held: list[bytes] = []
        self.taken = 0
        self.size = 0
        self.released = False

    def pieces(self) -> Iterator[bytes]:
        """Decoded pieces up to the member's end; zlib.error or _Damage where it has none."""
        feed = b""
        while not self.decoder.eof:
            if not feed:
                feed = self._next_input()
            piece = self.decoder.decompress(feed, CHUNK)
            feed = self.decoder.unconsumed_tail
            self.size += len(piece)
            if self.size > BOMB_BYTES and self.size > BOMB_RATIO * self._consumed():
                raise _Damage("bomb-ratio", f"the gzip data unpacks to more than {BOMB_RATIO} times its size")
            yield piece
        self.taken -= len(self.decoder.unused_data)

    def _consumed(self) -> int:
        return self.source.offset - self.start + self.taken

    def _next_input(self) -> bytes:
        if self.released:  # what a long member has used is not needed again
            self.source.skip(self.taken)
            self.taken = 0
        if self.taken >= len(self.source.data) and not self.source.more():
            raise _Damage("truncated", "the gzip file is cut short")
        feed = self.source.data[self.taken :]
        self.taken = len(self.source.data)
        return feed

    def looks_cut(self) -> bool:
        """Whether the data simply ends: no later member follows, and its last bytes are not this member's trailer."""
        data = self.source.data
        if _HEADER.search(data, 0 if self.released else 1):
            return False
        length = int.from_bytes(data[-4:], "little")
        return abs(length - self.size % 2**32) > max(self.size // 20, 1 << 16)


class _Damage(Exception):  # noqa: N818 - never leaves this module
    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code, self.message = code, message


def gunzip(chunks: Chunks) -> Chunks:
    """Decode a gzip stream. A damaged, cut or exploding member gives a Gap; decoding goes on at the next member."""
    source = _Input(chunks)
    damaged = False
    while source.data or source.more():
        if not damaged and not _at_member(source):
            if not source.data:
                return
            yield Gap(source.offset, "truncated", "bytes behind the last gzip member are not gzip", source.data[:64])
        if not _seek_member(source):
            return
        damaged = yield from _decoded(source)


def _at_member(source: _Input) -> bool:
    """Whether a member begins here; zero padding between members is skipped."""
    while True:
        source.skip(len(source.data) - len(source.data.lstrip(b"\0")))
        if len(source.data) >= _MIN_HEADER or not source.more():
            return _HEADER.match(source.data) is not None


def _seek_member(source: _Input) -> bool:
    while True:
        found = _HEADER.search(source.data)
        if found:
            source.skip(found.start())
            return True
        source.skip(max(0, len(source.data) - _MIN_HEADER + 1))
        if not source.more():
            source.skip(len(source.data))
            return False


def _decoded(source: _Input) -> Generator[bytes | Gap, None, bool]:
    """Deliver one member, held until verified while it is small. Returns whether it was damaged."""
    member = _Member(source)
    try:
        for piece in member.pieces():
            member.held.append(piece)
            if member.released or member.size > HOLD:
                member.released = True
                yield b"".join(member.held)
                member.held.clear()
    except zlib.error as error:
        yield from _damaged(member, "truncated", f"the gzip data is damaged ({str(error)[:80]})")
        return True
    except _Damage as damage:
        yield from _damaged(member, damage.code, damage.message)
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
            message = "the gzip data is damaged (it does not end where it should)"
    if member.released and code == "truncated":
        message += "; the records just before may be altered"
    elif not message.endswith("cut short"):
        message += "; its records are left out"
    yield Gap(member.start, code, message, source.data[:64])
    source.skip(member.taken if member.released or code == "bomb-ratio" else 1)
