"""gzip, with any number of members."""

from __future__ import annotations

import re
import zlib
from typing import Final

from dedup.sources.members import Codec, decoded
from dedup.sources.streams import Chunks

MAGIC: Final = b"\x1f\x8b"

_HEADER: Final = re.compile(rb"\x1f\x8b\x08[\x00-\x1f].{4}[\x00\x02\x04][\x00-\x0d\xff]", re.S)
_SLACK: Final = 1 << 16
"""Bytes by which a damaged member's decoded size may differ from the size in its trailer."""


def gunzip(chunks: Chunks) -> Chunks:
    """Decode a gzip stream; damage shows as a Gap."""
    return decoded(chunks, _CODEC)


def _is_complete(data: bytes, size: int) -> bool:
    """Whether the last four bytes are a trailer's size: then the file is whole, and its data damaged, not cut."""
    length = int.from_bytes(data[-4:], "little")
    return abs(length - size % 2**32) <= max(size // 20, _SLACK)


_CODEC: Final = Codec("gzip", _HEADER, 10, lambda: zlib.decompressobj(wbits=31), zlib.error, _is_complete)
