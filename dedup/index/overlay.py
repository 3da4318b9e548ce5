"""A transaction kept in this process until it is committed: what it wrote, laid over what a store holds.

For stores that take a transaction as one message. Nobody else writes meanwhile, so that nothing is read twice.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence

from dedup.index.contract import LEAST, MOST, POSTINGS, RECORDS, Reading

Range = tuple[int, int]


class Written:
    """Records written to one table, by key; None where one was dropped."""

    def __init__(self) -> None:
        self.values: dict[int, bytes | None] = {}
        self._order: list[int] = []
        self._sorted = True

    def set(self, key: int, value: bytes | None) -> None:
        if key not in self.values:
            self._order.append(key)
            self._sorted = False
        self.values[key] = value

    def between(self, low: int, high: int) -> list[int]:
        """Keys within bounds, ascending. Sorted when asked: keys come by the thousand between two questions."""
        if not self._sorted:
            self._order.sort()
            self._sorted = True
        return self._order[bisect_left(self._order, low) : bisect_right(self._order, high)]


class Overlay:
    """Writes to memory and reads through to ``base``; ``records``, ``postings``, ``cleared`` and ``named`` are what a
    commit has to carry out, ``cleared`` first."""

    def __init__(self, base: Reading) -> None:
        self._base = base
        self._seen: dict[str, dict[int, bytes]] = {table: {} for table in RECORDS}
        self._asked: dict[str, set[int]] = {table: set() for table in RECORDS}
        self._lists: dict[str, dict[int, list[int]]] = {table: {} for table in POSTINGS}
        self._names: Mapping[str, str] | None = None
        self.records: dict[str, Written] = {table: Written() for table in RECORDS}
        self.postings: dict[str, dict[int, dict[int, bool]]] = {table: {} for table in POSTINGS}
        self.cleared: set[str] = set()
        self.named: dict[str, str] = {}

    @property
    def changed(self) -> bool:
        """Whether there is anything to commit."""
        written = any(table.values for table in self.records.values()) or any(self.postings.values())
        return written or bool(self.cleared or self.named)

    # --- reading -------------------------------------------------------------------------------------------------

    def get(self, table: str, keys: Sequence[int]) -> dict[int, bytes]:
        written, seen, asked = self.records[table].values, self._seen[table], self._asked[table]
        missing = [key for key in dict.fromkeys(keys) if key not in written and key not in asked]
        if missing and table not in self.cleared:
            seen.update(self._base.get(table, missing))
            asked.update(missing)
        found = {key: written[key] if key in written else seen.get(key) for key in keys}
        return {key: value for key, value in found.items() if value is not None}

    def scan(self, table: str, low: int = LEAST, high: int = MOST) -> Iterator[tuple[int, bytes]]:
        return iter(self.ranges(table, [(low, high)])[0])

    def ranges(self, table: str, bounds: Sequence[Range]) -> list[list[tuple[int, bytes]]]:
        held = [[] for _ in bounds] if table in self.cleared else self._base.ranges(table, bounds)
        return [self._over(table, rows, at) for rows, at in zip(held, bounds, strict=True)]

    def count(self, table: str) -> int:
        if table in self.records:
            untouched = table not in self.cleared and not self.records[table].values
            return self._base.count(table) if untouched else sum(1 for _ in self.scan(table))
        untouched = table not in self.cleared and not self.postings[table]
        return self._base.count(table) if untouched else sum(1 for _ in self.scan_posted(table))

    def last(self, table: str) -> int | None:
        written = self.records[table].values
        held = None if table in self.cleared else self._base.last(table)
        if held is not None and held in written and written[held] is None:
            return max((key for key, _ in self.scan(table)), default=None)
        put = [key for key, value in written.items() if value is not None]
        return max(put if held is None else [*put, held], default=None)

    def posted(self, table: str, keys: Sequence[int], most: int | None = None) -> dict[int, list[int]]:
        changes = self.postings[table]
        held = self._held(table, list(dict.fromkeys(keys)), most)
        found = {key: _merged(held.get(key, []), changes.get(key, {}))[:most] for key in keys}
        return {key: numbers for key, numbers in found.items() if numbers}

    def scan_posted(self, table: str, low: int = LEAST, high: int = MOST) -> Iterator[tuple[int, int]]:
        rows = set() if table in self.cleared else set(self._base.scan_posted(table, low, high))
        for key, numbers in self.postings[table].items():
            if low <= key <= high:
                rows |= {(key, number) for number, there in numbers.items() if there}
                rows -= {(key, number) for number, there in numbers.items() if not there}
        return iter(sorted(rows))

    def names(self) -> Mapping[str, str]:
        if self._names is None:
            self._names = self._base.names()
        return {**self._names, **self.named}

    # --- writing -------------------------------------------------------------------------------------------------

    def put(self, table: str, items: Iterable[tuple[int, bytes]]) -> None:
        for key, value in items:
            self.records[table].set(key, value)

    def drop(self, table: str, keys: Iterable[int]) -> None:
        for key in keys:
            self.records[table].set(key, None)

    def post(self, table: str, rows: Iterable[tuple[int, int]]) -> None:
        for key, number in rows:
            self.postings[table].setdefault(key, {})[number] = True

    def unpost(self, table: str, rows: Iterable[tuple[int, int]]) -> None:
        for key, number in rows:
            self.postings[table].setdefault(key, {})[number] = False

    def name(self, name: str, value: str) -> None:
        self.named[name] = value

    def clear(self, table: str) -> None:
        self.cleared.add(table)
        if table in self.records:
            self.records[table] = Written()
            self._seen[table].clear()
            self._asked[table].clear()
        else:
            self.postings[table].clear()
            self._lists[table].clear()

    # --- helpers -------------------------------------------------------------------------------------------------

    def _over(self, table: str, rows: list[tuple[int, bytes]], at: Range) -> list[tuple[int, bytes]]:
        """Rows of the base with what was written laid over them, ascending."""
        written = self.records[table]
        touched = written.between(*at)
        if not touched:
            return rows
        merged: dict[int, bytes | None] = {**dict(rows), **{key: written.values[key] for key in touched}}
        return [(key, value) for key, value in sorted(merged.items()) if value is not None]

    def _held(self, table: str, keys: list[int], most: int | None) -> dict[int, list[int]]:
        """The base's postings. Whole lists are read once; of a part, so many that ``most`` are left of it here."""
        if table in self.cleared:
            return {}
        lists = self._lists[table]
        missing = [key for key in keys if key not in lists]
        if most is not None:
            gone = max((len(self.postings[table].get(key, ())) for key in missing), default=0)
            found = self._base.posted(table, missing, most + gone) if missing else {}
            return {**{key: lists[key] for key in keys if key in lists}, **found}
        if missing:
            found = self._base.posted(table, missing)
            lists.update((key, found.get(key, [])) for key in missing)
        return {key: lists[key] for key in keys}


def _merged(numbers: list[int], changes: Mapping[int, bool]) -> list[int]:
    if not changes:
        return numbers
    kept = {number for number in numbers if changes.get(number, True)}
    return sorted(kept | {number for number, there in changes.items() if there})
