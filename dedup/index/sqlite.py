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
from typing import Literal

from dedup.errors import IndexStoreError
from dedup.index.contract import NUMBERS
from dedup.index.schema import APPLICATION, migrate, refuse_foreign
from dedup.index.sqlitefiles import (
    LOG_BYTES,
    LOG_PAGES,
    Log,
    Stamp,
    Turn,
    copy_whole,
    frozen,
    refuse_unwritable,
    size_of,
    stamp_of,
)
from dedup.index.sqliteview import Transaction, View, damaged
from dedup.index.young import YoungTables

Durability = Literal["power", "crash"]
"""``power``: what was acknowledged survives a power cut (fsync at every commit). ``crash``: it survives the end of the
process, kill -9 included; a power cut may take the last commits, never half of one."""

SYNCHRONOUS = {"power": "FULL", "crash": "NORMAL"}
PAGE_CACHE_KIB, READER_CACHE_KIB = 65536, 16384
"""Pages kept by a handle, and by one open for reading only. The system keeps the file's pages too: what this saves is a
call and a copy a page, and for who writes that a large call need not put pages into the log twice."""
BUSY_SECONDS = 60.0
STATEMENTS = 1024
"""Statements kept ready: one a table and size of a list of keys, which are filled up to powers of two."""

YOUNG = 700_000
"""Postings that are young at most: those of some 8,000 articles, 11 MB. Each of the 128 parts that they move in is put
into its table when it holds those of some 16,000 articles, once in 128 articles (30 ms)."""

COPY_AGAIN = "the copy was not made; see that there is room and its folder can be written, and try again"


def log_is_at_risk(version: tuple[int, int, int] = sqlite3.sqlite_version_info[:3]) -> bool:
    """Whether this SQLite can corrupt a database that two connections write to at once (fixed in 3.51.3)."""
    return version < (3, 51, 3) and version not in ((3, 50, 7), (3, 44, 6))


class SqliteStore:
    """Opens, or makes, the file at ``path``; ``young`` postings (YOUNG) wait for their tables at most, and its log
    should have ``log_bytes``. IndexStoreError for a file that is no index of ours, is damaged or may not be written."""

    most = NUMBERS

    def __init__(
        self,
        path: str | os.PathLike[str],
        durability: Durability = "power",
        readonly: bool = False,
        young: int | None = None,
        log_bytes: int = LOG_BYTES,
    ) -> None:
        self.place = os.fspath(path)
        self._path = Path(self.place)
        self._readonly = readonly
        self._most_young = YOUNG if young is None else young
        self._young = YoungTables()
        self._guard = threading.RLock()
        self._turn = Turn(Path(self.place + "-lock"))
        self._log = Log(self._path, log_bytes)
        self._wrote_in = 0
        self._durability, self._log_bytes = durability, log_bytes
        refuse_foreign(self._path, readonly)
        if not readonly:
            refuse_unwritable(self._path)
        with self._errors():
            self._connection = self._connect()
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
            with self._unchanged():
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
    def _unchanged(self) -> Iterator[None]:
        """Of a file that is read without locks (``frozen``): opens it anew where somebody wrote to it since, and raises
        IndexStoreError where somebody does so meanwhile."""
        if self._stamp is None:
            yield
            return
        if self._stamp != stamp_of(self._path):
            before, self._connection = self._connection, self._connect()
            self._young = YoungTables()
            before.close()
        stamp = self._stamp
        try:
            yield
        finally:
            if stamp is not None and stamp != stamp_of(self._path):
                raise IndexStoreError(
                    "was written to while it was read without locks, for which its folder would have to be written",
                    place=self.place,
                    remedy="ask again",
                )

    @contextmanager
    def writing(self) -> Iterator[Transaction]:
        if self._readonly:
            raise IndexStoreError("is open for reading only", place=self.place, remedy="open it with readonly=False")
        with self._guard, self._errors():
            self._connection.total_changes  # noqa: B018 - a closed connection says so before the lock file is opened
            with self._turn:
                with self._transaction() as transaction:
                    yield transaction
                self._wrote_in = os.getpid()
                self._log.shorten(self._connection)

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
        with self._guard, self._errors(), self._unchanged():
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
        return size_of(self._path)

    def backup(self, target: Path) -> None:
        with self._guard, self._errors(target), self._unchanged():
            self._connection.total_changes  # noqa: B018 - a closed connection says so before a file is made
            copy_whole(self._connection, target)

    def close(self) -> None:
        with self._guard:
            if self._wrote_in == os.getpid():  # in a process made by fork the connection is another's
                with suppress(sqlite3.Error, OSError), self._turn.if_free() as free:
                    if free:
                        self._log.empty(self._connection)
                self._wrote_in = 0
            self._connection.close()
            self._turn.close()

    def _connect(self) -> sqlite3.Connection:
        stamp = frozen(self._path) if self._readonly else None
        mode = "rwc" if not self._readonly else "ro" if stamp is None else "ro&immutable=1"
        connection = sqlite3.connect(
            f"{self._path.absolute().as_uri()}?mode={mode}",
            uri=True,
            timeout=BUSY_SECONDS,
            isolation_level=None,
            check_same_thread=False,
            cached_statements=STATEMENTS,
        )
        connection.execute(f"PRAGMA cache_size=-{READER_CACHE_KIB if self._readonly else PAGE_CACHE_KIB}")
        if not self._readonly:
            connection.execute(f"PRAGMA wal_autocheckpoint={LOG_PAGES}")
            connection.execute(f"PRAGMA journal_size_limit={self._log_bytes}")
            connection.execute(f"PRAGMA synchronous={SYNCHRONOUS[self._durability]}")
        self._stamp: Stamp | None = stamp
        return connection

    def _end(self, how: str) -> None:
        if self._connection.in_transaction:
            with suppress(sqlite3.Error):
                self._connection.execute(how)

    @contextmanager
    def _errors(self, target: Path | None = None) -> Iterator[None]:
        """SQLite's errors as IndexStoreError with the remedy that fits; of a copy to a ``target`` it is at fault unless
        the file is damaged. Of a damaged file even what SQLite says of the damage may be no UTF-8."""
        try:
            yield
        except (sqlite3.Error, OSError, UnicodeDecodeError) as error:
            text = str(error) or type(error).__name__
            if target is None or _is_of_the_file(error):
                raise IndexStoreError(text, place=self.place, remedy=_remedy(error)) from error
            if isinstance(error, OSError):
                text = f"cannot be written ({error.strerror})"
            raise IndexStoreError(text, place=str(target), remedy=COPY_AGAIN) from error


def _is_damage(error: Exception) -> bool:
    return isinstance(error, UnicodeDecodeError) or "malformed" in str(error) or "not a database" in str(error)


def _is_of_the_file(error: Exception) -> bool:
    return _is_damage(error) or "closed" in str(error)


def _remedy(error: Exception) -> str:
    text = str(error)
    if "full" in text or "File too large" in text:
        return "make room on the disk and go on; what was acknowledged is kept"
    if _is_damage(error):
        return "the file is damaged and was left as it is: restore a backup, or ingest the feeds into a new index"
    if "locked" in text:
        return "another program holds the file; close it and try again"
    if "closed" in text:
        return "open the index again"
    if "readonly" in text:
        return "see that the file, those beside it (-wal, -shm, -lock) and their folder can be written"
    return "nothing of this call was kept; see that the folder can be written and the disk is sound"


__all__ = ["APPLICATION", "Durability", "SqliteStore", "log_is_at_risk"]
