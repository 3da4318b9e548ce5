"""The store in one SQLite file: WAL, one writer at a time, every record and every table of postings with a checksum.

Writers of all processes take turns at a lock file beside the database, so that none waits in SQLite's polling and no
two connections reset the write-ahead log at once (the corruption bug of SQLite before 3.51.3, see ``log_is_at_risk``).
"""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path
from typing import IO, Literal

from dedup.errors import IndexStoreError
from dedup.index.contract import NUMBERS
from dedup.index.schema import APPLICATION, migrate, refuse_foreign
from dedup.index.sqliteview import Transaction, View, damaged
from dedup.index.young import YoungTables

Durability = Literal["power", "crash"]
"""``power``: what was acknowledged survives a power cut (fsync at every commit). ``crash``: it survives the end of the
process, kill -9 included; a power cut may take the last commits, never half of one."""

SYNCHRONOUS = {"power": "FULL", "crash": "NORMAL"}
PAGE_CACHE_KIB, READER_CACHE_KIB = 65536, 16384
"""Pages kept by a handle, and by one open for reading only. The system keeps the file's pages too: what this saves is a
call and a copy a page, and for who writes that a large call need not put pages into the log twice."""
LOG_PAGES = 8000
"""Pages of the write-ahead log after which it is copied into the database: 32 MB. An article touches some 90 pages;
with SQLite's 1,000 every eleventh one pays for a copy and two fsyncs."""
BUSY_SECONDS = 60.0
STATEMENTS = 1024
"""Statements kept ready: one a table and size of a list of keys, which are filled up to powers of two."""

YOUNG = 700_000
"""Postings that are young at most: those of some 8,000 articles, 11 MB. Each of the 128 parts that they move in is put
into its table when it holds those of some 16,000 articles, once in 128 articles (30 ms)."""


def log_is_at_risk(version: tuple[int, int, int] = sqlite3.sqlite_version_info[:3]) -> bool:
    """Whether this SQLite can corrupt a database that two connections write to at once (fixed in 3.51.3)."""
    return version < (3, 51, 3) and version not in ((3, 50, 7), (3, 44, 6))


class SqliteStore:
    """Opens, or makes, the file at ``path``; ``young`` postings (YOUNG) wait for their tables at most. IndexStoreError
    for a file that is no index of ours or is damaged."""

    most = NUMBERS

    def __init__(
        self,
        path: str | os.PathLike[str],
        durability: Durability = "power",
        readonly: bool = False,
        young: int | None = None,
    ) -> None:
        self.place = os.fspath(path)
        self._readonly = readonly
        self._most_young = YOUNG if young is None else young
        self._young = YoungTables()
        self._guard = threading.RLock()
        self._turn = _Turn(Path(self.place + "-lock"))
        refuse_foreign(Path(self.place), readonly)
        with self._errors():
            self._connection = self._connect(durability)
        try:
            with self._errors(), nullcontext() if readonly else self._turn:
                migrate(self._connection, self.place, readonly)
        except BaseException:
            self._connection.close()
            self._turn.close()
            raise

    @contextmanager
    def reading(self) -> Iterator[View]:
        with self._guard, self._errors():
            if self._connection.in_transaction:
                yield View(self._connection, self.place, self._young)
                return
            self._connection.execute("BEGIN")
            view = View(self._connection, self.place, self._young)
            try:
                yield view
            except BaseException:
                self._forget(view)
                raise
            finally:
                self._end("ROLLBACK")

    @contextmanager
    def writing(self) -> Iterator[Transaction]:
        if self._readonly:
            raise IndexStoreError("is open for reading only", place=self.place, remedy="open it with readonly=False")
        with self._guard, self._errors():
            self._connection.total_changes  # noqa: B018 - a closed connection says so before the lock file is opened
            with self._turn, self._transaction() as transaction:
                yield transaction

    @contextmanager
    def _transaction(self) -> Iterator[Transaction]:
        self._connection.execute("BEGIN IMMEDIATE")
        transaction = Transaction(self._connection, self.place, self._young)
        try:
            yield transaction
            transaction.keep_young(self._most_young)
            transaction.add_up()
            self._connection.execute("COMMIT")
        except BaseException:
            self._forget(transaction)
            self._end("ROLLBACK")
            raise

    def _forget(self, view: View) -> None:
        """Read young postings again, without what is undone or half done."""
        if view.looked_at_young:
            self._young = YoungTables()

    def check(self) -> list[str]:
        with self._guard, self._errors():
            rows = self._connection.execute("PRAGMA integrity_check(20)").fetchall()
            wrong = [f"SQLite says: {row[0]}" for row in rows if row[0] != "ok"]
        if not wrong:
            with self.reading() as view:
                wrong += damaged(view)
        return wrong

    def notices(self) -> list[str]:
        if not log_is_at_risk():
            return []
        return [
            "this SQLite can corrupt a database that two programs write to at once; writers of news-dedup take "
            "turns, but let no other program write to the file (fixed in SQLite 3.51.3)"
        ]

    def size(self) -> int:
        files = [Path(self.place + end) for end in ("", "-wal")]
        return sum(file.stat().st_size for file in files if file.exists())

    def backup(self, target: Path) -> None:
        if target.exists():
            raise IndexStoreError("is there already", place=str(target), remedy="name a file that does not exist yet")
        with self._guard, self._errors():
            copy = sqlite3.connect(target)
            try:
                self._connection.backup(copy)
                copy.execute("PRAGMA journal_mode=WAL")
            finally:
                copy.close()

    def close(self) -> None:
        with self._guard:
            self._connection.close()
            self._turn.close()

    def _connect(self, durability: Durability) -> sqlite3.Connection:
        mode = "ro" if self._readonly else "rwc"
        connection = sqlite3.connect(
            f"{Path(self.place).absolute().as_uri()}?mode={mode}",
            uri=True,
            timeout=BUSY_SECONDS,
            isolation_level=None,
            check_same_thread=False,
            cached_statements=STATEMENTS,
        )
        connection.execute(f"PRAGMA cache_size=-{READER_CACHE_KIB if self._readonly else PAGE_CACHE_KIB}")
        connection.execute(f"PRAGMA wal_autocheckpoint={LOG_PAGES}")
        if not self._readonly:
            connection.execute(f"PRAGMA synchronous={SYNCHRONOUS[durability]}")
        return connection

    def _end(self, how: str) -> None:
        if self._connection.in_transaction:
            with suppress(sqlite3.Error):
                self._connection.execute(how)

    @contextmanager
    def _errors(self) -> Iterator[None]:
        """SQLite's errors as IndexStoreError with the remedy that fits. Of a damaged file even what SQLite says of the
        damage may be no UTF-8."""
        try:
            yield
        except (sqlite3.Error, OSError, UnicodeDecodeError) as error:
            raise IndexStoreError(
                str(error) or type(error).__name__, place=self.place, remedy=_remedy(error)
            ) from error


def _remedy(error: Exception) -> str:
    text = str(error)
    if "full" in text or "File too large" in text:
        return "make room on the disk and go on; what was acknowledged is kept"
    if isinstance(error, UnicodeDecodeError) or "malformed" in text or "not a database" in text:
        return "the file is damaged and was left as it is: restore a backup, or ingest the feeds into a new index"
    if "locked" in text:
        return "another program holds the file; close it and try again"
    if "closed" in text:
        return "open the index again"
    return "nothing of this call was kept; see that the folder can be written and the disk is sound"


class _Turn:
    """The lock file: one writing process at a time. Where the system has no flock, SQLite's own lock must do."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: IO[bytes] | None = None

    def __enter__(self) -> None:
        try:
            import fcntl
        except ImportError:
            return
        if self._file is None:
            self._file = self._path.open("ab")
        fcntl.flock(self._file, fcntl.LOCK_EX)

    def __exit__(self, *_: object) -> None:
        if self._file is not None:
            import fcntl

            fcntl.flock(self._file, fcntl.LOCK_UN)

    def close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None


__all__ = ["APPLICATION", "Durability", "SqliteStore", "log_is_at_risk"]
