"""A file of lines that several processes add to: each line whole, none lost when the file is moved away meanwhile."""

from __future__ import annotations

import os
from pathlib import Path


class Appended:
    """Adds whole lines to the end of a file, which is made when the first one comes. Raises OSError as files do."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: int | None = None
        self._unsynced = False

    def append(self, line: bytes) -> None:
        """Add a line, all of it or, with an error, nothing. One that a process left half written is ended first."""
        file = self._locked()
        try:
            start = os.fstat(file).st_size
            if start and _last_byte(file) != b"\n":
                line = b"\n" + line
            self._unsynced = True
            _write_all(file, line, start)
        finally:
            _lock(file, False)

    def sync(self) -> None:
        """See that what was added survives a power cut."""
        if self._file is not None and self._unsynced:
            os.fsync(self._file)
            self._unsynced = False

    def close(self) -> None:
        """Make what was added durable and close the file."""
        try:
            self.sync()
        finally:
            if self._file is not None:
                os.close(self._file)
                self._file = None

    def _locked(self) -> int:
        """The file that has the name now, locked: whoever mends the lines moves it away, and a new one is begun."""
        while True:
            if self._file is None:
                self._path.parent.mkdir(parents=True, exist_ok=True)
                self._file = os.open(
                    self._path, os.O_RDWR | os.O_APPEND | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o666
                )
            _lock(self._file, True)
            if self._has_the_name(self._file):
                return self._file
            self.close()

    def _has_the_name(self, file: int) -> bool:
        try:
            return os.path.samestat(os.fstat(file), self._path.stat())
        except FileNotFoundError:
            return False


def _last_byte(file: int) -> bytes:
    os.lseek(file, -1, os.SEEK_END)
    return os.read(file, 1)


def _write_all(file: int, line: bytes, start: int) -> None:
    try:
        while line:
            line = line[os.write(file, line) :]
    except BaseException:
        os.ftruncate(file, start)
        raise


def _lock(file: int, hold: bool) -> None:
    """Take or give back the turn to write. Where the system has no flock, a line that is one write must do."""
    try:
        import fcntl
    except ImportError:
        return
    fcntl.flock(file, fcntl.LOCK_EX if hold else fcntl.LOCK_UN)
