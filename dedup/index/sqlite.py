"""The store in one SQLite file: WAL, one writer at a time, every record and every table of postings with a checksum.

Writers of all processes take turns at a lock file beside the database, so that none waits in SQLite's polling and no
two connections reset the write-ahead log at once (the corruption bug of SQLite before 3.51.3, see ``log_is_at_risk``).
"""

from __future__ import annotations

import os
import sqlite3
import threading
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path
from typing import IO, Any, Literal

import numpy as np

from dedup.errors import IndexStoreError
from dedup.index.codec import signed
from dedup.index.contract import LEAST, MOST, POSTINGS, RECORDS
from dedup.index.schema import APPLICATION, migrate, refuse_foreign

Durability = Literal["power", "crash"]
"""``power``: what was acknowledged survives a power cut (fsync at every commit). ``crash``: it survives the end of the
process, kill -9 included; a power cut may take the last commits, never half of one."""

SYNCHRONOUS = {"power": "FULL", "crash": "NORMAL"}
QUERIES_AT_ONCE = 32
"""Of the 500 that SQLite takes in one statement."""
KEYS_A_QUERY = 500
"""Below the 999 variables that every build of SQLite allows."""
PAGE_CACHE_KIB, READER_CACHE_KIB = 65536, 16384
"""Pages kept by a handle, and by one open for reading only. The system keeps the file's pages too: what this saves is a
call and a copy a page, and for who writes that a large call need not put pages into the log twice."""
LOG_PAGES = 8000
"""Pages of the write-ahead log after which it is copied into the database: 32 MB. An article touches some 200 pages;
with SQLite's 1,000 every fifth one pays for a copy and two fsyncs."""
BUSY_SECONDS = 60.0
STATEMENTS = 1024
"""Statements kept ready: one a table and size of a list of keys, which are filled up to powers of two."""

ROWS_AT_ONCE = 10_000
WRAP = 1 << 64
_ODD = (np.uint64(0x9E3779B97F4A7C15), np.uint64(0xD6E8FEB86659FD93))

Row = tuple[int, int]


def log_is_at_risk(version: tuple[int, int, int] = sqlite3.sqlite_version_info[:3]) -> bool:
    """Whether this SQLite can corrupt a database that two connections write to at once (fixed in 3.51.3)."""
    return version < (3, 51, 3) and version not in ((3, 50, 7), (3, 44, 6))


class SqliteStore:
    """Opens, or makes, the file at ``path``. IndexStoreError for a file that is no index of ours or is damaged."""

    def __init__(self, path: str | os.PathLike[str], durability: Durability = "power", readonly: bool = False) -> None:
        self.place = os.fspath(path)
        self._readonly = readonly
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
    def reading(self) -> Iterator[_View]:
        with self._guard, self._errors():
            if self._connection.in_transaction:
                yield _View(self._connection, self.place)
                return
            self._connection.execute("BEGIN")
            try:
                yield _View(self._connection, self.place)
            finally:
                self._end("ROLLBACK")

    @contextmanager
    def writing(self) -> Iterator[_Transaction]:
        if self._readonly:
            raise IndexStoreError("is open for reading only", place=self.place, remedy="open it with readonly=False")
        with self._guard, self._errors():
            self._connection.total_changes  # noqa: B018 - a closed connection says so before the lock file is opened
            with self._turn, self._transaction() as transaction:
                yield transaction

    @contextmanager
    def _transaction(self) -> Iterator[_Transaction]:
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            transaction = _Transaction(self._connection, self.place)
            yield transaction
            transaction.add_up()
            self._connection.execute("COMMIT")
        except BaseException:
            self._end("ROLLBACK")
            raise

    def check(self) -> list[str]:
        with self._guard, self._errors():
            rows = self._connection.execute("PRAGMA integrity_check(20)").fetchall()
            wrong = [f"SQLite says: {row[0]}" for row in rows if row[0] != "ok"]
        if not wrong:
            with self.reading() as view:
                wrong += _damaged(view)
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


class _View:
    """Reads inside one transaction."""

    def __init__(self, connection: sqlite3.Connection, place: str) -> None:
        self._connection = connection
        self._place = place

    def get(self, table: str, keys: Sequence[int]) -> dict[int, bytes]:
        query = f"SELECT key, value, sum FROM r_{table} WHERE key IN "
        return {key: self._sound(table, key, value, sum_) for key, value, sum_ in self._select(query, keys)}

    def scan(self, table: str, low: int = LEAST, high: int = MOST) -> Iterator[tuple[int, bytes]]:
        query = f"SELECT key, value, sum FROM r_{table} WHERE key BETWEEN ? AND ? ORDER BY key"
        for key, value, sum_ in self._connection.execute(query, (low, high)):
            yield key, self._sound(table, key, value, sum_)

    def ranges(self, table: str, bounds: Sequence[tuple[int, int]]) -> list[list[tuple[int, bytes]]]:
        found: list[list[tuple[int, bytes]]] = [[] for _ in bounds]
        query = f"SELECT ?, key, value, sum FROM r_{table} WHERE key BETWEEN ? AND ?"
        rows = [(at, low, high) for at, (low, high) in enumerate(bounds)]
        for at, key, value, sum_ in self._together(query, rows):
            found[at].append((key, self._sound(table, key, value, sum_)))
        return [sorted(part) for part in found]

    def count(self, table: str) -> int:
        return int(self._connection.execute(f"SELECT count(*) FROM {_table(table)}").fetchone()[0])

    def last(self, table: str) -> int | None:
        found = self._connection.execute(f"SELECT max(key) FROM r_{table}").fetchone()[0]
        return None if found is None else int(found)

    def posted(self, table: str, keys: Sequence[int], most: int | None = None) -> dict[int, list[int]]:
        found: dict[int, list[int]] = {}
        if most is not None:
            query = f"SELECT * FROM (SELECT key, number FROM p_{table} WHERE key = ? ORDER BY number LIMIT {most:d})"
            for key, number in self._together(query, [(key,) for key in dict.fromkeys(keys)]):
                found.setdefault(key, []).append(number)
            return {key: sorted(numbers) for key, numbers in found.items()}
        for key, number in self._select(f"SELECT key, number FROM p_{table} WHERE key IN ", keys):
            found.setdefault(key, []).append(number)
        return found

    def scan_posted(self, table: str, low: int = LEAST, high: int = MOST) -> Iterator[tuple[int, int]]:
        query = f"SELECT key, number FROM p_{table} WHERE key BETWEEN ? AND ? ORDER BY key, number"
        yield from self._connection.execute(query, (low, high))

    def names(self) -> Mapping[str, str]:
        return dict(self._connection.execute("SELECT name, value FROM names"))

    def wrong_postings(self) -> list[str]:
        """The tables whose postings are not those that were written; reads all of them."""
        sums = self._sums()
        return [table for table in POSTINGS if self._sum_of(table) != sums.get(table, 0) % WRAP]

    def _sums(self) -> dict[str, int]:
        return dict(self._connection.execute("SELECT name, sum FROM sums"))

    def _sum_of(self, table: str) -> int | None:
        """The checksum of the postings that are in a table; None where one is no number."""
        cursor, total = self._connection.execute(f"SELECT key, number FROM p_{table}"), 0
        while rows := cursor.fetchmany(ROWS_AT_ONCE):
            if not all(isinstance(value, int) for row in rows for value in row):
                return None
            total += _sum_of_postings(rows)
        return total % WRAP

    def _select(self, query: str, keys: Sequence[int]) -> Iterator[tuple[Any, ...]]:
        for at in range(0, len(keys), KEYS_A_QUERY):
            part = keys[at : at + KEYS_A_QUERY]
            size = min(KEYS_A_QUERY, _filled(len(part)))
            given = [*part, *[None] * (size - len(part))]
            yield from self._connection.execute(f"{query}({','.join('?' * size)})", given)

    def _together(self, query: str, rows: Sequence[tuple[int, ...]]) -> Iterator[tuple[Any, ...]]:
        """The answers to one query with each of these rows of values, asked for in few statements."""
        for at in range(0, len(rows), QUERIES_AT_ONCE):
            part = rows[at : at + QUERIES_AT_ONCE]
            size = _filled(len(part))
            given = [value for row in part for value in row] + [None] * (len(rows[0]) * (size - len(part)))
            yield from self._connection.execute(" UNION ALL ".join([query] * size), given)

    def _sound(self, table: str, key: int, value: bytes, sum_: int) -> bytes:
        if not isinstance(value, bytes) or _sum(key, value) != sum_:
            raise IndexStoreError(
                f"the record {key} of table {table} is damaged",
                place=self._place,
                remedy="the file was left as it is: restore a backup, or ingest the feeds into a new index",
            )
        return value


class _Transaction(_View):
    """Reads and writes inside one transaction."""

    def __init__(self, connection: sqlite3.Connection, place: str) -> None:
        super().__init__(connection, place)
        self._came: dict[str, list[Row]] = {}
        self._left: dict[str, list[Row]] = {}

    def put(self, table: str, items: Iterable[tuple[int, bytes]]) -> None:
        rows = ((key, value, _sum(key, value)) for key, value in items)
        self._connection.executemany(f"INSERT OR REPLACE INTO r_{table}(key, value, sum) VALUES(?, ?, ?)", rows)

    def drop(self, table: str, keys: Iterable[int]) -> None:
        self._connection.executemany(f"DELETE FROM r_{table} WHERE key = ?", ((key,) for key in keys))

    def post(self, table: str, rows: Iterable[Row]) -> None:
        # In the order of the tree: neighbouring rows are then on pages just touched.
        left = sorted(set(rows))
        came = self._came.setdefault(table, [])
        while left:
            done = self._insert(table, left)
            came += left[:done]
            left = left[done + 1 :]

    def unpost(self, table: str, rows: Iterable[Row]) -> None:
        gone = sorted(self._there(table, sorted(set(rows))))
        self._connection.executemany(f"DELETE FROM p_{table} WHERE key = ? AND number = ?", gone)
        self._left.setdefault(table, []).extend(gone)

    def name(self, name: str, value: str) -> None:
        self._connection.execute("INSERT OR REPLACE INTO names(name, value) VALUES(?, ?)", (name, value))

    def clear(self, table: str) -> None:
        self._connection.execute(f"DELETE FROM {_table(table)}")
        if table in POSTINGS:
            self._connection.execute("DELETE FROM sums WHERE name = ?", (table,))
            self._came.pop(table, None)
            self._left.pop(table, None)

    def add_up(self) -> None:
        """Write the checksums of the tables whose postings changed."""
        changed = {table for rows in (self._came, self._left) for table, some in rows.items() if some}
        if not changed:
            return
        sums = self._sums()
        fresh = []
        for table in sorted(changed):
            more, less = (_sum_of_postings(rows.get(table, ())) for rows in (self._came, self._left))
            fresh.append((table, signed((sums.get(table, 0) + more - less) % WRAP)))
        self._connection.executemany("INSERT OR REPLACE INTO sums(name, sum) VALUES(?, ?)", fresh)

    def _insert(self, table: str, rows: Sequence[Row]) -> int:
        """Insert postings up to the first that is there already; how many. Most often none is: asking first for all
        costs as much as inserting them."""
        before = self._connection.total_changes
        try:
            self._connection.executemany(f"INSERT INTO p_{table}(key, number) VALUES(?, ?)", rows)
        except sqlite3.IntegrityError as error:
            if error.sqlite_errorcode not in (sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY, sqlite3.SQLITE_CONSTRAINT_UNIQUE):
                raise
            return self._connection.total_changes - before
        return len(rows)

    def _there(self, table: str, rows: Sequence[Row]) -> set[Row]:
        """Those of the postings that are there."""
        return set(self._together(f"SELECT key, number FROM p_{table} WHERE key = ? AND number = ?", rows))


def _table(table: str) -> str:
    return f"r_{table}" if table in RECORDS else f"p_{table}"


def _filled(count: int) -> int:
    """The size of a statement for so many keys: a power of two, the rest of them NULL, which no key equals."""
    return 1 << (count - 1).bit_length()


def _sum(key: int, value: bytes) -> int:
    return zlib.crc32(value, key & 0xFFFFFFFF)


def _sum_of_postings(rows: Sequence[Row]) -> int:
    """64 bits for a set of postings: the sum of theirs, so that it follows as they come and go. One that is changed
    in its key or its number alone changes it for certain."""
    if not rows:
        return 0
    pairs = np.array(rows, np.int64).view(np.uint64)
    states = pairs[:, 0] * _ODD[0] + pairs[:, 1] * _ODD[1]
    states ^= states >> np.uint64(32)
    return int((states * _ODD[0]).sum(dtype=np.uint64))


def _damaged(view: _View) -> list[str]:
    """Read every record and posting once, so that each checksum is tried."""
    wrong = []
    for table in RECORDS:
        try:
            for _ in view.scan(table):
                pass
        except IndexStoreError as error:
            wrong.append(error.what)
    return wrong + [f"the postings of table {table} are damaged" for table in view.wrong_postings()]


__all__ = ["APPLICATION", "Durability", "SqliteStore", "log_is_at_risk"]
