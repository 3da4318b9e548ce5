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
from itertools import pairwise
from typing import NamedTuple

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
        wanted = np.array(keys, np.int64)
        starts, ends = np.searchsorted(self._keys, wanted, "left"), np.searchsorted(self._keys, wanted, "right")
        for at in np.flatnonzero(ends > starts).tolist():
            numbers = self._numbers[starts[at] : ends[at]].tolist()
            found[keys[at]] = [number for number in numbers if number != GONE] if self._gone else numbers
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
        wanted = np.array([key for key, _ in rows], np.int64)
        starts, ends = np.searchsorted(self._keys, wanted, "left"), np.searchsorted(self._keys, wanted, "right")
        for (key, number), low, high in zip(rows, starts.tolist(), ends.tolist(), strict=True):
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
        self._keys = np.concatenate([self._keys[:start], self._keys[end:]])
        self._numbers = np.concatenate([self._numbers[:start], self._numbers[end:]])

    def _fold(self) -> None:
        """Sort in what was held apart, and drop what is gone."""
        if self._gone:
            there = self._numbers != GONE
            self._keys, self._numbers, self._gone = self._keys[there], self._numbers[there], 0
        if not self._apart:
            return
        rows = np.array([(key, number) for key in sorted(self._tail) for number in self._tail[key]], np.int64)
        at = np.searchsorted(self._keys, rows[:, 0], "right")
        self._keys = np.insert(self._keys, at, rows[:, 0])
        self._numbers = np.insert(self._numbers, at, rows[:, 1])
        self._tail, self._apart = {}, 0


class Event(NamedTuple):
    """What happened to the young postings of a table in a transaction: the table was ``cleared`` first; ``keys``,
    ``numbers`` int64[n], and whether each ``came`` or left, bool[n]."""

    cleared: bool
    keys: Numbers
    numbers: Numbers
    came: NDArray[np.bool_]


_ENTRY = np.dtype([("key", "<i8"), ("number", "<i8"), ("came", "u1")])
_HEAD = np.dtype([("entries", "<u4"), ("cleared", "u1")])


def record_of(events: Mapping[str, Mapping[Row, bool]], cleared: Collection[str]) -> bytes:
    """A transaction's record: of each table whether it was cleared, and the postings that came or left afterwards."""
    parts = [_entries(events.get(table, {})) for table in SPREAD]
    head = np.array([(len(part), table in cleared) for table, part in zip(SPREAD, parts, strict=True)], _HEAD)
    return head.tobytes() + b"".join(part.tobytes() for part in parts)


def events_of(record: bytes) -> dict[str, Event]:
    """What a transaction's record says, by table."""
    head = np.frombuffer(record, _HEAD, len(SPREAD))
    every = np.frombuffer(record, _ENTRY, offset=head.nbytes)
    ends = np.cumsum(head["entries"].astype(np.int64)).tolist()
    found = {}
    for table, cleared, (low, high) in zip(SPREAD, head["cleared"].tolist(), pairwise([0, *ends]), strict=True):
        rows = every[low:high]
        found[table] = Event(bool(cleared), rows["key"], rows["number"], rows["came"] != 0)
    return found


def _entries(events: Mapping[Row, bool]) -> NDArray[np.void]:
    entries = np.empty(len(events), _ENTRY)
    if events:
        rows = np.array(list(events), np.int64)
        entries["key"], entries["number"], entries["came"] = rows[:, 0], rows[:, 1], list(events.values())
    return entries


class YoungTables:
    """The young postings of all tables as one connection knows them: up to which transaction, and with which each part
    of the keys moved into its table last."""

    def __init__(self) -> None:
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
        told = [(number, events_of(record)) for number, record in records]
        for part in np.flatnonzero(passed != self._passed).tolist():
            for table, young in self._tables.items():
                young.let_go(*bounds_of(table, part))
        self._passed = passed
        for table in SPREAD:
            self._follow(table, [(number, events[table]) for number, events in told])
        self._seen = records[-1][0] if records else self._seen

    def add(self, number: int) -> None:
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

    def _follow(self, table: str, events: Sequence[tuple[int, Event]]) -> None:
        if any(event.cleared for _, event in events):
            last = max(at for at, (_, event) in enumerate(events) if event.cleared)
            events = events[last:]
            self._tables[table] = Young()
        if not len(self._tables[table]):
            self._tables[table] = left_of(table, events, self._passed)
            return
        young = self._tables[table]
        for number, event in events:
            fresh = number > self._passed[part_of(table, event.keys)]
            rows = zip(event.keys.tolist(), event.numbers.tolist(), event.came.tolist(), fresh.tolist(), strict=True)
            wanted = [((key, its), came) for key, its, came, counts in rows if counts]
            young.remove([row for row, came in wanted if not came])
            young.add(row for row, came in wanted if came)


def left_of(table: str, events: Sequence[tuple[int, Event]], passed: Numbers) -> Young:
    """What is young after these transactions, where part i of the keys moved into its table with transaction
    ``passed[i]``: of each posting the last that happened to it counts."""
    if not events:
        return Young()
    every = [event for _, event in events]
    keys, numbers = np.concatenate([one.keys for one in every]), np.concatenate([one.numbers for one in every])
    came = np.concatenate([one.came for one in every])
    when = np.repeat(np.array([number for number, _ in events], np.int64), [len(one.keys) for one in every])
    fresh = when > passed[part_of(table, keys)]
    keys, numbers, came = keys[fresh], numbers[fresh], came[fresh]
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
