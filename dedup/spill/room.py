"""A temporary file that bytes are put into and read from by place; it goes with the object."""

from __future__ import annotations

import os
import tempfile
import weakref
from collections.abc import Sequence
from threading import Lock
from typing import Any, NoReturn

import numpy as np
import numpy.typing as npt

from dedup.errors import SpillError

PIECE = 1 << 30
"""Bytes that are read at once."""

BUFFER = 1 << 20
"""Bytes that are written at once."""


class Room:
    """Bytes on disk, the last ones still in memory. A process that was forked since may read what was put before; one
    it is sent to gets a copy."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._written = 0
        self._buffer = bytearray()
        try:
            self._file = tempfile.TemporaryFile(prefix="dedup-", buffering=0)  # noqa: SIM115
        except OSError as error:
            _refuse(error)
        weakref.finalize(self, self._file.close)

    def put(self, data: bytes | memoryview) -> int:
        """Where ``data`` stands now. Raises SpillError where there is no room for it."""
        with self._lock:
            place = self._written + len(self._buffer)
            self._buffer += data
            if len(self._buffer) >= BUFFER:
                self._write()
            return place

    def _write(self) -> None:
        try:
            self._file.seek(self._written)
            with memoryview(self._buffer) as left:
                at = 0
                while at < len(left):
                    at += self._file.write(left[at:])
        except OSError as error:
            _refuse(error)
        self._written += len(self._buffer)
        self._buffer = bytearray()

    def get(self, place: int, size: int) -> bytes:
        """The ``size`` bytes at a place, or as many as there are."""
        with self._lock:
            end = place + size
            parts = []
            while place < min(end, self._written):
                parts.append(self._read(min(end, self._written) - place, place))
                place += len(parts[-1])
            if place < end:
                parts.append(bytes(self._buffer[place - self._written : end - self._written]))
            return b"".join(parts) if len(parts) != 1 else parts[0]

    def _read(self, size: int, place: int) -> bytes:
        """Some of the bytes at a place in the file: one call reads 2 GB at most."""
        if hasattr(os, "pread"):
            return os.pread(self._file.fileno(), size, place)
        self._file.seek(place)
        return self._file.read(size)

    def into(self, place: int, arrays: Sequence[npt.NDArray[Any]]) -> None:
        """Fill arrays with the bytes at a place, one after the other."""
        size = sum(array.nbytes for array in arrays)
        views = [array.data.cast("B") for array in arrays if array.size]
        there = views and hasattr(os, "preadv") and place + size <= self._written
        if there and os.preadv(self._file.fileno(), views, place) == size:
            return
        data = self.get(place, size)
        at = 0
        for array in arrays:
            array[:] = np.frombuffer(data, array.dtype, array.size, at)
            at += array.nbytes

    def __reduce__(self) -> tuple[Any, ...]:
        end = self._written + len(self._buffer)
        return _copy, ([self.get(place, PIECE) for place in range(0, end, PIECE)],)


def _copy(pieces: list[bytes]) -> Room:
    room = Room()
    for piece in pieces:
        room.put(piece)
    return room


def _refuse(error: OSError) -> NoReturn:
    raise SpillError(
        f"what does not fit in memory cannot be written ({error.strerror or error})",
        place=os.environ.get("TMPDIR") or tempfile.tempdir or "the temporary folder",
        remedy="make room there, or name a folder on another disk in TMPDIR",
    ) from error
