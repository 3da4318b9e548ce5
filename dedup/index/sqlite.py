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
from numpy.typing import NDArray

from dedup.errors import IndexStoreError
from dedup.index.codec import signed
from dedup.index.contract import LEAST, MOST, POSTINGS, RECORDS
from dedup.index.schema import APPLICATION, migrate, refuse_foreign
from dedup.index.young import PARTS, SPREAD, Young, YoungTables, both, record_of

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

YOUNG = 700_000
"""Postings that are young at most: those of some 8,000 articles, 11 MB. Each of the 128 parts that they move in is put
into its table when it holds those of some 16,000 articles."""
DIRECT = 100_000
"""Postings that a call may bring to be young first; more go to their table."""
PASSED = 0
"""Key of the record that says with which transaction each part of the keys moved last."""

ROWS_AT_ONCE = 10_000
WRAP = 1 << 64
_ODD = (np.uint64(0x9E3779B97F4A7C15), np.uint64(0xD6E8FEB86659FD93))

Row = tuple[int, int]


def log_is_at_risk(version: tuple[int, int, int] = sqlite3.sqlite_version_info[:3]) -> bool:
    """Whether this SQLite can corrupt a database that two connections write to at once (fixed in 3.51.3)."""
    return version < (3, 51, 3) and version not in ((3, 50, 7), (3, 44, 6))


class SqliteStore:
    """Opens, or makes, the file at ``path``. IndexStoreError for a file that is no index of ours or is damaged."""

    def __init__(
        self,
        path: str | os.PathLike[str],
        durability: Durability = "power",
        readonly: bool = False,
        young: int = YOUNG,
    ) -> None:
        self.place = os.fspath(path)
        self._readonly = readonly
        self._most_young = young
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
    def reading(self) -> Iterator[_View]:
        with self._guard, self._errors():
            if self._connection.in_transaction:
                yield _View(self._connection, self.place, self._young)
                return
            self._connection.execute("BEGIN")
            try:
                yield _View(self._connection, self.place, self._young)
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
        transaction = _Transaction(self._connection, self.place, self._young)
        try:
            yield transaction
            transaction.keep_young(self._most_young)
            transaction.add_up()
            self._connection.execute("COMMIT")
        except BaseException:
            if transaction.has_young:
                self._young = YoungTables()  # to be read again, without what is undone
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

    def __init__(self, connection: sqlite3.Connection, place: str, young: YoungTables) -> None:
        self._connection = connection
        self._place = place
        self._known = young
        self._caught_up = False

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
        if table in SPREAD:
            return sum(1 for _ in self.scan_posted(table))
        return int(self._connection.execute(f"SELECT count(*) FROM {_table(table)}").fetchone()[0])

    def last(self, table: str) -> int | None:
        found = self._connection.execute(f"SELECT max(key) FROM r_{table}").fetchone()[0]
        return None if found is None else int(found)

    def posted(self, table: str, keys: Sequence[int], most: int | None = None) -> dict[int, list[int]]:
        found = self._posted(table, keys, most)
        if table in SPREAD:
            for key, numbers in self._young(table).look(keys).items():
                found[key] = sorted({*found.get(key, ()), *numbers})[:most]
        return found

    def scan_posted(self, table: str, low: int = LEAST, high: int = MOST) -> Iterator[tuple[int, int]]:
        old = self._scan_posted(table, low, high)
        return both(old, self._young(table).between(low, high)) if table in SPREAD else old

    def _scan_posted(self, table: str, low: int, high: int) -> Iterator[tuple[int, int]]:
        query = f"SELECT key, number FROM p_{table} WHERE key BETWEEN ? AND ? ORDER BY key, number"
        return self._connection.execute(query, (low, high))

    def _posted(self, table: str, keys: Sequence[int], most: int | None) -> dict[int, list[int]]:
        """What is posted in the table itself."""
        found: dict[int, list[int]] = {}
        if most is not None:
            query = f"SELECT * FROM (SELECT key, number FROM p_{table} WHERE key = ? ORDER BY number LIMIT {most:d})"
            for key, number in self._together(query, [(key,) for key in dict.fromkeys(keys)]):
                found.setdefault(key, []).append(number)
            return {key: sorted(numbers) for key, numbers in found.items()}
        for key, number in self._select(f"SELECT key, number FROM p_{table} WHERE key IN ", keys):
            found.setdefault(key, []).append(number)
        return found

    def _young(self, table: str) -> Young:
        """The young postings of a table as they are in this view."""
        if not self._caught_up:
            last = self._connection.execute("SELECT max(key) FROM young").fetchone()[0] or 0
            if last != self._known.seen:
                self._known.catch_up(list(self.log(self._known.seen + 1)), self.passed())
            self._caught_up = True
        return self._known[table]

    def passed(self) -> NDArray[np.int64]:
        """With which transaction each part of the keys moved into its table last."""
        return np.frombuffer(dict(self.log(PASSED, PASSED)).get(PASSED, bytes(8 * PARTS)), "<i8")

    def log(self, low: int = LEAST, high: int = MOST) -> Iterator[tuple[int, bytes]]:
        """The records of the log of young postings, ascending."""
        query = "SELECT key, value, sum FROM young WHERE key BETWEEN ? AND ? ORDER BY key"
        for key, value, sum_ in self._connection.execute(query, (low, high)):
            yield key, self._sound("young", key, value, sum_)

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

    def __init__(self, connection: sqlite3.Connection, place: str, young: YoungTables) -> None:
        super().__init__(connection, place, young)
        self._came: dict[str, list[Row]] = {}
        self._left: dict[str, list[Row]] = {}
        self._events: dict[str, dict[Row, bool]] = {}
        self._cleared: set[str] = set()

    def put(self, table: str, items: Iterable[tuple[int, bytes]]) -> None:
        rows = ((key, value, _sum(key, value)) for key, value in items)
        self._connection.executemany(f"INSERT OR REPLACE INTO r_{table}(key, value, sum) VALUES(?, ?, ?)", rows)

    def drop(self, table: str, keys: Iterable[int]) -> None:
        self._connection.executemany(f"DELETE FROM r_{table} WHERE key = ?", ((key,) for key in keys))

    def post(self, table: str, rows: Iterable[Row]) -> None:
        # In the order of the tree: neighbouring rows are then on pages just touched.
        left = sorted(set(rows))
        if table not in SPREAD or len(left) > DIRECT:
            self._post(table, left)
        elif left:
            self._young(table).add(left)
            self._events.setdefault(table, {}).update(dict.fromkeys(left, True))

    def _post(self, table: str, left: list[Row]) -> None:
        """Put postings into the table itself."""
        came = self._came.setdefault(table, [])
        while left:
            done = self._insert(table, left)
            came += left[:done]
            left = left[done + 1 :]

    def unpost(self, table: str, rows: Iterable[Row]) -> None:
        wanted = sorted(set(rows))
        if table in SPREAD and (young := self._young(table).remove(wanted)):
            self._events.setdefault(table, {}).update(dict.fromkeys(young, False))
        gone = sorted(self._there(table, wanted))
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
        if table in SPREAD:
            self._young(table)
            self._known.clear(table)
            self._events.pop(table, None)
            self._cleared.add(table)

    @property
    def has_young(self) -> bool:
        """Whether this transaction changed what is young."""
        return bool(self._events or self._cleared)

    def keep_young(self, most: int) -> None:
        """Write the record of what happened to young postings; of too many, move some into their tables."""
        if not self.has_young:
            return
        number = self._known.seen + 1
        record = record_of(self._events, self._cleared)
        while len(self._known) > most:
            rows, passed = self._known.move(self._known.oldest(), number)
            for table, part in rows.items():
                self._post(table, part)
            self._put_log(PASSED, passed.tobytes())
            self._connection.execute("DELETE FROM young WHERE key > ? AND key <= ?", (PASSED, int(passed.min())))
        self._put_log(number, record)
        self._known.add(number)

    def _put_log(self, key: int, value: bytes) -> None:
        row = (key, value, _sum(key, value))
        self._connection.execute("INSERT OR REPLACE INTO young(key, value, sum) VALUES(?, ?, ?)", row)

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
    try:
        numbers, passed = [key for key, _ in view.log(PASSED + 1)], int(view.passed().min())
        last = max([passed, *numbers])
        if last and numbers != list(range(min(passed + 1, last), last + 1)):
            wrong.append("records of the log of postings are missing")
    except IndexStoreError as error:
        wrong.append(error.what)
    return wrong + [f"the postings of table {table} are damaged" for table in view.wrong_postings()]


__all__ = ["APPLICATION", "Durability", "SqliteStore", "log_is_at_risk"]
