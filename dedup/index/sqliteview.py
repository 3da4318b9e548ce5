"""What one transaction of a SQLite file reads and writes: records, postings, and the checksums of both."""

from __future__ import annotations

import sqlite3
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dedup.errors import IndexStoreError
from dedup.index.codec import signed
from dedup.index.contract import LEAST, MOST, POSTINGS, RECORDS, damaged_records
from dedup.index.young import PARTS, SPREAD, Row, Young, YoungTables, both, record_of

QUERIES_AT_ONCE = 32
"""Of the 500 that SQLite takes in one statement."""
KEYS_A_QUERY = 500
"""Below the 999 variables that every build of SQLite allows."""
DIRECT = 100_000
"""Postings that a call may bring to be young first; more go to their table."""
FAR_BEHIND = 1000
"""Transactions of others from which on all young postings are read again: they are then taken in all at once."""
LOG = "young"
"""Name under which the number of the last transaction in the log stands beside the checksums."""
PASSED = 0
"""Key of the record that says with which transaction each part of the keys moved last."""

ROWS_AT_ONCE = 10_000
WRAP = 1 << 64
_ODD = (np.uint64(0x9E3779B97F4A7C15), np.uint64(0xD6E8FEB86659FD93))


class View:
    """Reads inside one transaction."""

    def __init__(self, connection: sqlite3.Connection, place: str, young: YoungTables) -> None:
        self._connection = connection
        self._place = place
        self._known = young
        self._caught_up = self.looked_at_young = False

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
            self.looked_at_young = True
            last = self._connection.execute("SELECT max(key) FROM young").fetchone()[0] or 0
            if last > self._known.seen + FAR_BEHIND:
                self._known.restart()
            if last != self._known.seen:
                self._known.catch_up(list(self.log(self._known.seen + 1)), self.passed())
            self._caught_up = True
        return self._known[table]

    def passed(self) -> NDArray[np.int64]:
        """With which transaction each part of the keys moved into its table last."""
        return np.frombuffer(dict(self.log(PASSED, PASSED)).get(PASSED, bytes(8 * PARTS)), "<i8")

    def last_logged(self) -> int:
        """The number of the last transaction that should be in the log."""
        return self._sums().get(LOG, 0)

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


class Transaction(View):
    """Reads and writes inside one transaction."""

    def __init__(self, connection: sqlite3.Connection, place: str, young: YoungTables) -> None:
        super().__init__(connection, place, young)
        self._change: dict[str, int] = {}  # of the sums of postings
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
            young = self._young(table)
            self._events.setdefault(table, {}).update(dict.fromkeys(left, True))
            young.add(left)

    def _post(self, table: str, left: list[Row]) -> None:
        """Put postings into the table itself."""
        while left:
            done = self._insert(table, left)
            self._add(table, _sum_of_postings(left[:done]))
            left = left[done + 1 :]

    def unpost(self, table: str, rows: Iterable[Row]) -> None:
        wanted = sorted(set(rows))
        if table in SPREAD and (young := self._young(table).remove(wanted)):
            self._events.setdefault(table, {}).update(dict.fromkeys(young, False))
        gone = sorted(self._there(table, wanted))
        self._connection.executemany(f"DELETE FROM p_{table} WHERE key = ? AND number = ?", gone)
        self._add(table, -_sum_of_postings(gone))

    def name(self, name: str, value: str) -> None:
        self._connection.execute("INSERT OR REPLACE INTO names(name, value) VALUES(?, ?)", (name, value))

    def clear(self, table: str) -> None:
        self._connection.execute(f"DELETE FROM {_table(table)}")
        if table in POSTINGS:
            self._connection.execute("DELETE FROM sums WHERE name = ?", (table,))
            self._change.pop(table, None)
        if table in SPREAD:
            self._young(table)
            self._known.clear(table)
            self._events.pop(table, None)
            self._cleared.add(table)

    def keep_young(self, most: int) -> None:
        """Write the record of what happened to young postings; of too many, move some into their tables."""
        if not (self._events or self._cleared):
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
        self._connection.execute("INSERT OR REPLACE INTO sums(name, sum) VALUES(?, ?)", (LOG, number))
        self._known.saw(number)

    def _put_log(self, key: int, value: bytes) -> None:
        row = (key, value, _sum(key, value))
        self._connection.execute("INSERT OR REPLACE INTO young(key, value, sum) VALUES(?, ?, ?)", row)

    def add_up(self) -> None:
        """Write the checksums of the tables whose postings changed."""
        if not self._change:
            return
        sums, changed = self._sums(), sorted(self._change.items())
        fresh = [(table, signed((sums.get(table, 0) + change) % WRAP)) for table, change in changed]
        self._connection.executemany("INSERT OR REPLACE INTO sums(name, sum) VALUES(?, ?)", fresh)

    def _add(self, table: str, change: int) -> None:
        if change:
            self._change[table] = self._change.get(table, 0) + change

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
    return zlib.crc32(value, (key ^ (key >> 32)) & 0xFFFFFFFF)


def _sum_of_postings(rows: Sequence[Row]) -> int:
    """64 bits for a set of postings: the sum of theirs, so that it follows as they come and go. One that is changed
    in its key or its number alone changes it for certain."""
    if not rows:
        return 0
    pairs = np.array(rows, np.int64).view(np.uint64)
    states = pairs[:, 0] * _ODD[0] + pairs[:, 1] * _ODD[1]
    states ^= states >> np.uint64(32)
    return int((states * _ODD[0]).sum(dtype=np.uint64))


def damaged(view: View) -> list[str]:
    """Read every record and posting once, so that each checksum is tried."""
    wrong = damaged_records(view)
    try:
        numbers, last = [key for key, _ in view.log(PASSED + 1)], view.last_logged()
        first = min([int(view.passed().min()) + 1, last, *numbers])
        if last and (numbers[-1:] != [last] or len(numbers) != last - first + 1):
            wrong.append("records of the log of postings are missing")
    except IndexStoreError as error:
        wrong.append(error.what)
    return wrong + [f"the postings of table {table} are damaged" for table in view.wrong_postings()]
