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


class Room:
    """Bytes on disk. A process that was forked since may read what was put before; one it is sent to gets a copy."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._end = 0
        try:
            self._file = tempfile.TemporaryFile(prefix="dedup-", buffering=0)  # noqa: SIM115
        except OSError as error:
            _refuse(error)
        weakref.finalize(self, self._file.close)

    def put(self, data: bytes | memoryview) -> int:
        """Where ``data`` stands now. Raises SpillError where there is no room for it."""
        with self._lock:
            place = self._end
            try:
                self._file.seek(place)
                left = memoryview(data).cast("B")
                while left:
                    left = left[self._file.write(left) :]
            except OSError as error:
                _refuse(error)
            self._end += len(data)
            return place

    def get(self, place: int, size: int) -> bytes:
        """The ``size`` bytes at a place."""
        if hasattr(os, "pread"):
            return os.pread(self._file.fileno(), size, place)
        with self._lock:
            self._file.seek(place)
            return self._file.read(size)

    def into(self, place: int, arrays: Sequence[npt.NDArray[Any]]) -> None:
        """Fill arrays with the bytes at a place, one after the other."""
        if hasattr(os, "preadv"):
            os.preadv(self._file.fileno(), [array.data.cast("B") for array in arrays if array.size], place)
            return
        for array in arrays:
            array[:] = np.frombuffer(self.get(place, array.nbytes), array.dtype)
            place += array.nbytes

    def __reduce__(self) -> tuple[Any, ...]:
        return _copy, ([self.get(place, PIECE) for place in range(0, self._end, PIECE)],)


def _copy(pieces: list[bytes]) -> Room:
    room = Room()
    for piece in pieces:
        room.put(piece)
    return room


def _refuse(error: OSError) -> NoReturn:
    raise SpillError(
        f"what does not fit in memory cannot be written ({error.strerror or error})",
        place=tempfile.gettempdir(),
        remedy="make room there, name another folder in TMPDIR, or hold more articles in memory (--hold)",
    ) from error
