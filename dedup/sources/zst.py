"""zstd, with any number of frames (extra ``zstd``)."""

from __future__ import annotations

import re
from typing import Any, Final

from dedup.errors import MissingExtraError
from dedup.sources.members import Codec, decoded
from dedup.sources.streams import Chunks

MAGICS: Final = (b"\x28\xb5\x2f\xfd", *(bytes((low, 0x2A, 0x4D, 0x18)) for low in range(0x50, 0x60)))

_HEADER: Final = re.compile(rb"\x28\xb5\x2f\xfd|[\x50-\x5f]\x2a\x4d\x18", re.S)
_FEED: Final = 1 << 10
"""Compressed bytes given at a time: four of them can stand for 128 KiB, and the decoder knows no output limit."""

_WINDOW: Final = 1 << 27
"""Largest window accepted, that of ``zstd --long``: the decoder holds it in memory."""


class _Frame:
    """A zstandard decompression object with zlib's interface."""

    def __init__(self, decompressor: Any) -> None:
        self._object = decompressor.decompressobj()
        self.unconsumed_tail = b""

    @property
    def eof(self) -> bool:
        return bool(self._object.eof)

    @property
    def unused_data(self) -> bytes:
        return bytes(self._object.unused_data) + (self.unconsumed_tail if self.eof else b"")

    def decompress(self, data: bytes, max_length: int = 0, /) -> bytes:
        """The output of the next few input bytes; the rest of them is ``unconsumed_tail``."""
        view = memoryview(data)
        self.unconsumed_tail = view[_FEED:]  # type: ignore[assignment]
        return bytes(self._object.decompress(view[:_FEED]))


def unzstd(chunks: Chunks) -> Chunks:
    """Decode a zstd stream; damage shows as a Gap. Raises MissingExtraError without the package zstandard."""
    try:
        import zstandard
    except ImportError as error:
        raise MissingExtraError("zstandard", "zstd", "reading .zst") from error

    def frame() -> _Frame:
        return _Frame(zstandard.ZstdDecompressor(max_window_size=_WINDOW))

    codec = Codec("zstd", _HEADER, 4, frame, zstandard.ZstdError, lambda data, size: False)
    return decoded(chunks, codec)
