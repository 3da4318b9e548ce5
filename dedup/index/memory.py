"""The store in this process's memory: for tests, and for feeds that need no index afterwards."""

from __future__ import annotations

import threading
from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from dedup.errors import IndexStoreError
from dedup.index.contract import LEAST, MOST, NUMBERS, POSTINGS, RECORDS

Undo = tuple[str, str, int, object]


class MemoryStore:
    """Dictionaries under one lock; a transaction that raises is undone from a list of what it overwrote."""

    place = ":memory:"
    most = NUMBERS

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._tables = _Tables()

    @contextmanager
    def reading(self) -> Iterator[_Tables]:
        with self._lock:
            yield self._tables

    @contextmanager
    def writing(self) -> Iterator[_Tables]:
        with self._lock:
            self._tables.undo = []
            try:
                yield self._tables
            except BaseException:
                self._tables.roll_back()
                raise
            finally:
                self._tables.undo = []

    def check(self) -> list[str]:
        return []

    def notices(self) -> list[str]:
        return []

    def size(self) -> int:
        return self._tables.size()

    def backup(self, target: Path) -> None:
        raise IndexStoreError(
            "an index in memory has no backup", place=self.place, remedy="open the index with a path instead"
        )

    def close(self) -> None:
        """Nothing to let go of: what was stored goes with the object."""


class _Tables:
    """Records as dict of key, postings as dict of key to ascending numbers."""

    def __init__(self) -> None:
        self._records: dict[str, dict[int, bytes]] = {table: {} for table in RECORDS}
        self._postings: dict[str, dict[int, list[int]]] = {table: {} for table in POSTINGS}
        self._names: dict[str, str] = {}
        self.undo: list[Undo] = []

    def get(self, table: str, keys: Sequence[int]) -> dict[int, bytes]:
        records = self._records[table]
        return {key: records[key] for key in keys if key in records}

    def scan(self, table: str, low: int = LEAST, high: int = MOST) -> Iterator[tuple[int, bytes]]:
        records = self._records[table]
        return iter([(key, records[key]) for key in sorted(records) if low <= key <= high])

    def ranges(self, table: str, bounds: Sequence[tuple[int, int]]) -> list[list[tuple[int, bytes]]]:
        return [list(self.scan(table, low, high)) for low, high in bounds]

    def count(self, table: str) -> int:
        if table in self._records:
            return len(self._records[table])
        return sum(map(len, self._postings[table].values()))

    def last(self, table: str) -> int | None:
        return max(self._records[table], default=None)

    def posted(self, table: str, keys: Sequence[int], most: int | None = None) -> dict[int, list[int]]:
        postings = self._postings[table]
        return {key: postings[key][:most] for key in keys if key in postings}

    def scan_posted(self, table: str, low: int = LEAST, high: int = MOST) -> Iterator[tuple[int, int]]:
        keys = sorted(self._postings[table])
        keys = keys[bisect_left(keys, low) : bisect_right(keys, high)]
        return iter([(key, number) for key in keys for number in self._postings[table][key]])

    def names(self) -> Mapping[str, str]:
        return dict(self._names)

    def put(self, table: str, items: Iterable[tuple[int, bytes]]) -> None:
        records = self._records[table]
        for key, value in items:
            self.undo.append(("record", table, key, records.get(key)))
            records[key] = value

    def drop(self, table: str, keys: Iterable[int]) -> None:
        records = self._records[table]
        for key in keys:
            if key in records:
                self.undo.append(("record", table, key, records.pop(key)))

    def post(self, table: str, rows: Iterable[tuple[int, int]]) -> None:
        for key, number in rows:
            if self._add(table, key, number):
                self.undo.append(("posted", table, key, number))

    def unpost(self, table: str, rows: Iterable[tuple[int, int]]) -> None:
        for key, number in rows:
            if self._take(table, key, number):
                self.undo.append(("unposted", table, key, number))

    def name(self, name: str, value: str) -> None:
        self.undo.append(("name", name, 0, self._names.get(name)))
        self._names[name] = value

    def clear(self, table: str) -> None:
        if table in self._records:
            self.drop(table, list(self._records[table]))
        else:
            self.unpost(table, list(self.scan_posted(table)))

    def roll_back(self) -> None:
        """Undo what this transaction wrote, last first."""
        for kind, table, key, value in reversed(self.undo):
            if kind == "posted" and isinstance(value, int):
                self._take(table, key, value)
            elif kind == "unposted" and isinstance(value, int):
                self._add(table, key, value)
            elif kind == "record":
                self._restore(self._records[table], key, value)
            else:
                self._restore(self._names, table, value)

    def size(self) -> int:
        """Bytes of keys and values, without what Python adds."""
        records = sum(8 + len(value) for table in self._records.values() for value in table.values())
        return records + sum(8 + 8 * len(numbers) for table in self._postings.values() for numbers in table.values())

    @staticmethod
    def _restore(table: dict[Any, Any], key: object, value: object) -> None:
        if value is None:
            table.pop(key, None)
        else:
            table[key] = value

    def _add(self, table: str, key: int, number: int) -> bool:
        numbers = self._postings[table].setdefault(key, [])
        at = bisect_left(numbers, number)
        if at < len(numbers) and numbers[at] == number:
            return False
        insort(numbers, number)
        return True

    def _take(self, table: str, key: int, number: int) -> bool:
        numbers = self._postings[table].get(key, [])
        at = bisect_left(numbers, number)
        if at >= len(numbers) or numbers[at] != number:
            return False
        del numbers[at]
        if not numbers:
            del self._postings[table][key]
        return True
