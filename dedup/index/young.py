"""Postings that came lately: in memory, and in a log of one record a transaction, until many of them move into their
table at once.

Keys are hashes, so that each posting of an article lies on a page of its own, and every page of a commit is written
twice. Here an article's postings are one record. Keys are cut into parts that take turns: when too many postings are
young, those of the part that waited longest are put into its stretch of the table (O'Neil et al., "The log-structured
merge-tree", 1996, with parts in turn so that nobody waits for a merge of everything).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from heapq import merge
from itertools import chain

import numpy as np
from numpy.typing import NDArray

Row = tuple[int, int]
Numbers = NDArray[np.int64]

SPREAD: Mapping[str, int] = {"band": 64, "sample": 61, "begins": 64}
"""The tables that are young first, and of how many bits their keys are; those of samples are the least of all hashes
(``sample_bound``), so that of other settings some parts are empty."""
PART_BITS = 7
PARTS = 1 << PART_BITS
FOLD = 1 << 14
"""Postings held apart, in a dictionary, before they are sorted in: 4 ms every 180 articles."""
GONE = -(1 << 63)
"""In place of the number of a posting that was taken away."""


def part_of(table: str, keys: Numbers) -> Numbers:
    """The part of each key, 0 to 127, ascending with the keys."""
    bits = SPREAD[table]
    low = 0 if bits < 64 else -(1 << (PART_BITS - 1))
    parts: Numbers = np.clip((keys >> (bits - PART_BITS)) - low, 0, PARTS - 1)
    return parts


def bounds_of(table: str, part: int) -> tuple[int, int]:
    """The least and the greatest key of a part."""
    bits = SPREAD[table]
    low = 0 if bits < 64 else -(1 << (PART_BITS - 1))
    least, most = part + low << (bits - PART_BITS), (part + low + 1 << (bits - PART_BITS)) - 1
    return (-(1 << 63) if part == 0 else least), ((1 << 63) - 1 if part == PARTS - 1 else most)


class Young:
    """The young postings of one table, as of one moment."""

    def __init__(self, keys: Numbers | None = None, numbers: Numbers | None = None) -> None:
        """``keys`` ascending, each with its number."""
        self._keys = np.empty(0, np.int64) if keys is None else keys
        self._numbers = np.empty(0, np.int64) if numbers is None else numbers
        self._tail: dict[int, list[int]] = {}
        self._apart = 0
        self._gone = 0

    def __len__(self) -> int:
        return len(self._keys) - self._gone + self._apart

    def look(self, keys: Sequence[int]) -> dict[int, list[int]]:
        """The numbers under those of the keys that have any, in no order."""
        found = {}
        for key, low, high in self._places(keys):
            numbers = self._numbers[low:high].tolist()
            found[key] = [number for number in numbers if number != GONE] if self._gone else numbers
        if self._tail:
            for key in keys:
                if key in self._tail:
                    found[key] = found.get(key, []) + self._tail[key]
        return {key: numbers for key, numbers in found.items() if numbers}

    def add(self, rows: Iterable[Row]) -> None:
        """Take postings in."""
        for key, number in rows:
            held = self._tail.setdefault(key, [])
            if number not in held:
                held.append(number)
                self._apart += 1
        if self._apart >= FOLD:
            self._fold()

    def remove(self, rows: Sequence[Row]) -> list[Row]:
        """Take postings away; those of them that were there."""
        found: list[Row] = []
        if not rows or not len(self):
            return found
        places = {key: (low, high) for key, low, high in self._places([key for key, _ in rows])}
        for key, number in rows:
            low, high = places.get(key, (0, 0))
            same = low + np.flatnonzero(self._numbers[low:high] == number)
            self._numbers[same] = GONE
            self._gone += len(same)
            apart = number in self._tail.get(key, ())
            if apart:
                self._tail[key].remove(number)
                self._apart -= 1
            if apart or len(same):
                found.append((key, number))
        return found

    def follow(self, entries: NDArray[np.void]) -> None:
        """Take postings in and away, in the order of entries."""
        whats = entries["what"].tolist()
        for row, what in zip(zip(entries["key"].tolist(), entries["number"].tolist(), strict=True), whats, strict=True):
            if what == CAME:
                self.add([row])
            else:
                self.remove([row])

    def between(self, low: int, high: int) -> list[Row]:
        """The postings with low <= key <= high, each once, in order."""
        self._fold()
        start, end = np.searchsorted(self._keys, low, "left"), np.searchsorted(self._keys, high, "right")
        rows = zip(self._keys[start:end].tolist(), self._numbers[start:end].tolist(), strict=True)
        return sorted({row for row in rows if row[1] != GONE})

    def let_go(self, low: int, high: int) -> None:
        """Forget all with low <= key <= high."""
        self._fold()
        start, end = np.searchsorted(self._keys, low, "left"), np.searchsorted(self._keys, high, "right")
        parts = [np.concatenate([rows[:start], rows[end:]]) for rows in (self._keys, self._numbers)]
        self._keys, self._numbers = parts

    def _places(self, keys: Sequence[int]) -> Iterator[tuple[int, int, int]]:
        """Where those of the keys stand that are not held apart: key, first and last row."""
        if not len(self._keys):
            return
        wanted = np.array(keys, np.int64)
        starts = np.searchsorted(self._keys, wanted)
        there = np.flatnonzero(self._keys[np.minimum(starts, len(self._keys) - 1)] == wanted)
        ends = np.searchsorted(self._keys, wanted[there], "right").tolist()
        for at, low, high in zip(there.tolist(), starts[there].tolist(), ends, strict=True):
            yield keys[at], low, high

    def _fold(self) -> None:
        """Sort in what was held apart, and drop what is gone."""
        if self._gone:
            there = self._numbers != GONE
            self._keys, self._numbers, self._gone = self._keys[there], self._numbers[there], 0
        if not self._apart:
            return
        sizes = np.fromiter(map(len, self._tail.values()), np.int64, len(self._tail))
        keys = np.repeat(np.fromiter(self._tail, np.int64, len(self._tail)), sizes)
        order = np.argsort(keys)
        at = np.searchsorted(self._keys, keys[order], "right")
        numbers = np.fromiter(chain.from_iterable(self._tail.values()), np.int64, self._apart)
        self._keys, self._numbers = np.insert(self._keys, at, keys[order]), np.insert(self._numbers, at, numbers[order])
        self._tail, self._apart = {}, 0


_ENTRY = np.dtype([("key", "<i8"), ("number", "<i8"), ("table", "u1"), ("what", "u1")])
LEFT, CAME, CLEARED = 0, 1, 2
"""What happened to a posting, or, before those of the transaction, to its whole table."""


def record_of(events: Mapping[str, Mapping[Row, bool]], cleared: Collection[str]) -> bytes:
    """A transaction's record: the tables that were cleared, then the postings that came (True) or left."""
    parts = []
    for at, table in enumerate(SPREAD):
        rows = events.get(table, {})
        entries = np.empty((table in cleared) + len(rows), _ENTRY)
        entries[:] = (0, 0, at, CLEARED)
        if rows:
            own = entries[-len(rows) :]
            own["key"], own["number"] = np.array(list(rows), np.int64).T
            own["what"] = list(rows.values())
        parts.append(entries.tobytes())
    return b"".join(parts)


class YoungTables:
    """The young postings of all tables as one connection knows them: up to which transaction, and with which each part
    of the keys moved into its table last."""

    def __init__(self) -> None:
        self.restart()

    def restart(self) -> None:
        """Forget all."""
        self._seen = 0
        self._passed = np.zeros(PARTS, np.int64)
        self._tables = {table: Young() for table in SPREAD}

    def __len__(self) -> int:
        return sum(map(len, self._tables.values()))

    def __getitem__(self, table: str) -> Young:
        return self._tables[table]

    @property
    def seen(self) -> int:
        """The number of the last transaction whose postings are in."""
        return self._seen

    def clear(self, table: str) -> None:
        """Forget a table."""
        self._tables[table] = Young()

    def catch_up(self, records: Sequence[tuple[int, bytes]], passed: Numbers) -> None:
        """Take in what others wrote since: the records of their transactions, by number, and ``passed`` int64[128] as
        it is now."""
        for part in np.flatnonzero(passed != self._passed).tolist():
            for table, young in self._tables.items():
                young.let_go(*bounds_of(table, part))
        self._passed = passed
        entries = np.frombuffer(b"".join(record for _, record in records), _ENTRY)
        sizes = [len(record) // _ENTRY.itemsize for _, record in records]
        when = np.repeat(np.array([number for number, _ in records], np.int64), sizes)
        for at, table in enumerate(SPREAD):
            own = entries["table"] == at
            self._follow(table, entries[own], when[own])
        self._seen = records[-1][0] if records else self._seen

    def saw(self, number: int) -> None:
        """The transaction of this number was this connection's own: its postings are in already."""
        self._seen = number

    def oldest(self) -> int:
        """The part that waits longest."""
        return int(self._passed.argmin())

    def move(self, part: int, number: int) -> tuple[dict[str, list[Row]], Numbers]:
        """Give away the young postings of a part, which the transaction of this number puts into their tables; and what
        ``passed`` is then."""
        rows = {}
        for table, young in self._tables.items():
            bounds = bounds_of(table, part)
            rows[table] = young.between(*bounds)
            young.let_go(*bounds)
        self._passed = self._passed.copy()
        self._passed[part] = number
        return rows, self._passed

    def _follow(self, table: str, entries: NDArray[np.void], when: Numbers) -> None:
        """Take in what happened to a table, in that order, each with the number of its transaction."""
        cleared = np.flatnonzero(entries["what"] == CLEARED)
        if len(cleared):
            self.clear(table)
            entries, when = entries[cleared[-1] + 1 :], when[cleared[-1] + 1 :]
        fresh = entries[when > self._passed[part_of(table, entries["key"])]]
        if len(self._tables[table]):
            self._tables[table].follow(fresh)
        else:
            self._tables[table] = left_of(fresh)


def left_of(entries: NDArray[np.void]) -> Young:
    """What is young after all that happened: of each posting the last that happened to it counts."""
    keys, numbers, came = entries["key"], entries["number"], entries["what"] == CAME
    order = np.lexsort((numbers, keys))  # stable: of equal ones the last to come stays last
    keys, numbers, came = keys[order], numbers[order], came[order]
    last = np.ones(len(keys), np.bool_)
    last[:-1] = (keys[1:] != keys[:-1]) | (numbers[1:] != numbers[:-1])
    there = last & came
    return Young(keys[there], numbers[there])


def both(old: Iterable[Row], young: Iterable[Row]) -> Iterator[Row]:
    """Postings of both, each in order, in order and once."""
    last: Row | None = None
    for row in merge(old, young):
        if row != last:
            yield row
        last = row
