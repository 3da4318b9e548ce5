"""The files of an index in SQLite: who may write them, whose turn it is, how long the log gets, and a copy that is
there whole or not at all."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from dedup.errors import IndexStoreError

Stamp = tuple[tuple[int, int, int] | None, ...]

LOG_PAGES = 8000
"""Pages of the write-ahead log after which it is copied into the database: 32 MB. An article touches some 90 pages;
with SQLite's 1,000 every eleventh one pays for a copy and two fsyncs."""
LOG_BYTES = LOG_PAGES * (4096 + 24)
LONG, LONGER = 1.25, 1.5
"""Of LOG_BYTES: a log as long as that could not be started anew, since somebody was reading whenever it was copied. The
writer then waits for who reads; in vain, it tries again when the log is LONGER by that factor."""
LEAST_WAIT, MOST_WAIT = 0.2, 5.0
"""Seconds that a writer waits for who reads, the first time and at most; twice as many each time in vain. Readings up
to half as long end within it, however many follow each other."""
WAIT_AT_CLOSE = 1.0
UNFINISHED = ".unfinished"


def _access(path: Path) -> bool:
    return os.access(path, os.W_OK, effective_ids=os.access in os.supports_effective_ids)


def _beside(path: Path, end: str) -> Path:
    """A file beside the database, which SQLite puts beside the file that a link leads to."""
    return Path(os.path.realpath(path) + end)


def refuse_unwritable(path: Path) -> None:
    """IndexStoreError where the files of an index, or the folder for those that are missing, may not be written: asked
    before SQLite makes files beside it, which bear the mode of the database and would stay in the way."""
    files = [path, _beside(path, "-wal"), _beside(path, "-shm"), Path(f"{path}-lock")]
    for file in files:
        if file.exists() and not _access(file):
            raise IndexStoreError(
                "may not be written", place=str(file), remedy="let it be written, or open the index for reading only"
            )
    folder = files[1].parent
    if not all(file.exists() for file in files) and not _access(folder):
        raise IndexStoreError(
            f"its folder {folder} may not be written, which SQLite needs for its log",
            place=str(path),
            remedy="let the folder be written, or open the index for reading only",
        )


def may_be_written(path: Path) -> bool:
    """Whether ``refuse_unwritable`` lets it pass."""
    try:
        refuse_unwritable(path)
    except IndexStoreError:
        return False
    return True


def stamp_of(path: Path) -> Stamp:
    """What changes when somebody writes to an index, or opens it for that."""
    return tuple(_stamp(file) for file in (path, _beside(path, "-wal"), _beside(path, "-shm")))


def size_of(path: Path) -> int:
    """Bytes of an index and its log."""
    return sum(stamp[1] for stamp in stamp_of(path)[:2] if stamp)


def _stamp(file: Path) -> tuple[int, int, int] | None:
    try:
        found = file.stat()
    except FileNotFoundError:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns


def frozen(path: Path) -> Stamp | None:
    """The stamp of an index that must be read without SQLite's locks, since the files for them are missing and may not
    be made; None where they are there or may be. IndexStoreError where a log would have to be read for it."""
    if _access(path) and _access(_beside(path, "").parent):
        return None
    stamp = stamp_of(path)
    _, log, locks = stamp
    if log is not None and locks is not None:
        return None
    if log is not None and log[1]:
        raise IndexStoreError(
            f"its log {_beside(path, '-wal').name} holds what is not in the file yet, and SQLite must write beside it "
            "to read that",
            place=str(path),
            remedy="copy both to a folder that you may write, or let the index be opened once by who may write it",
        )
    return stamp


class Turn:
    """The lock file: one writing process at a time. Where the system has no flock, SQLite's own lock must do."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: IO[bytes] | None = None

    def __enter__(self) -> None:
        self._take(wait=True)

    def __exit__(self, *_: object) -> None:
        if self._file is not None:
            import fcntl

            fcntl.flock(self._file, fcntl.LOCK_UN)

    @contextmanager
    def if_free(self) -> Iterator[bool]:
        """Take the turn where nobody has it; whether it was taken."""
        taken = self._take(wait=False)
        try:
            yield taken
        finally:
            if taken:
                self.__exit__()

    def _take(self, wait: bool) -> bool:
        try:
            import fcntl
        except ImportError:
            return True
        if self._file is None:
            self._file = self._path.open("ab")
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            return False
        return True

    def close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None


class Log:
    """The write-ahead log of one who writes. SQLite starts it anew only when nobody happens to read it, so that with
    two who read by turns it would grow for ever. ``most``: bytes it should have."""

    def __init__(self, path: Path, most: int) -> None:
        self._file = _beside(path, "-wal")
        self._first = self._next = int(most * LONG)
        self._wait = LEAST_WAIT

    def shorten(self, connection: sqlite3.Connection) -> None:
        """After a commit, in one's turn: start a log anew that grew too long, as soon as who reads lets us."""
        size = self._size()
        if size <= self._first:
            self._next, self._wait = self._first, LEAST_WAIT
        elif size > self._next:
            if _checkpoint(connection, "RESTART", self._wait):
                self._next, self._wait = self._first, LEAST_WAIT
            else:
                self._next, self._wait = int(size * LONGER), min(2 * self._wait, MOST_WAIT)

    def empty(self, connection: sqlite3.Connection) -> None:
        """At the end, in one's turn: leave nothing in it. The last to close may be one who only reads, and cannot."""
        if self._size():
            _checkpoint(connection, "TRUNCATE", WAIT_AT_CLOSE)

    def _size(self) -> int:
        try:
            return self._file.stat().st_size
        except OSError:
            return 0


def _checkpoint(connection: sqlite3.Connection, how: str, seconds: float) -> bool:
    """Whether the whole log was copied and let go of. A failure loses nothing: the log stays."""
    with suppress(sqlite3.Error):
        before = connection.execute("PRAGMA busy_timeout").fetchone()[0]
        connection.execute(f"PRAGMA busy_timeout={int(1000 * seconds)}")
        try:
            return not connection.execute(f"PRAGMA wal_checkpoint({how})").fetchone()[0]
        finally:
            connection.execute(f"PRAGMA busy_timeout={before}")
    return False


def copy_whole(connection: sqlite3.Connection, target: Path) -> None:
    """Copy a database to a file that does not exist yet: written beside it under a name that says so, and renamed when
    all of it is on the disk. What a killed copy left under that name is written over."""
    _refuse_there(target)
    beside = Path(f"{target}{UNFINISHED}")
    with beside.open("ab") as held, _alone(held, target):
        _refuse_there(target)  # by another who was just done
        try:
            held.truncate(0)
            _copy(connection, beside)
            os.fsync(held.fileno())
            beside.rename(target)
        except BaseException:
            for end in ("", "-journal", "-wal", "-shm"):
                Path(f"{beside}{end}").unlink(missing_ok=True)
            raise
    _sync_folder(target)


def _refuse_there(target: Path) -> None:
    if target.exists():
        raise IndexStoreError("is there already", place=str(target), remedy="name a file that does not exist yet")


@contextmanager
def _alone(held: IO[bytes], target: Path) -> Iterator[None]:
    """Only one at a time writes to an unfinished copy, where the system has flock; freed when the file is closed."""
    with suppress(ImportError):
        import fcntl

        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise IndexStoreError(
                "is just being written by another backup", place=str(target), remedy="name another file"
            ) from error
    yield


def _copy(connection: sqlite3.Connection, beside: Path) -> None:
    for end in ("-journal", "-wal", "-shm"):  # of a copy that was killed: none of its pages may come back
        Path(f"{beside}{end}").unlink(missing_ok=True)
    copy = sqlite3.connect(beside)
    try:
        copy.execute("PRAGMA journal_mode=OFF")  # a copy that fails is thrown away
        copy.execute("PRAGMA synchronous=OFF")  # and one that does not is synced at the end
        connection.backup(copy)
        copy.execute("PRAGMA journal_mode=WAL")
    finally:
        copy.close()


def _sync_folder(target: Path) -> None:
    """See that the new name survives a power cut, where a folder can be synced."""
    with suppress(OSError):
        folder = os.open(target.absolute().parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
