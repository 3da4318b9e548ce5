"""How an index lies in Redis: names of keys, reads of what is committed, and a transaction as commands.

A table of records is a hash of key to checksum and value, with a sorted set of the keys where the table is asked for
ranges; a table of postings is a sorted set of key and number, 16 bytes that sort as the two do.
"""

from __future__ import annotations

import struct
import time
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar

from dedup.errors import IndexStoreError
from dedup.index import redislua
from dedup.index.contract import LEAST, MOST, POSTINGS, RECORDS
from dedup.index.overlay import Overlay, Range
from dedup.index.redisserver import Command, Wire

ORDERED = frozenset(("facts", "revision", "term", "event"))
"""Tables asked for ranges or for their greatest key. Only they pay for an order beside their records (100 bytes a
record); the others are put in order here, when they are read whole."""
AT_ONCE = 500
"""Records, postings or keys in one command: far below what the server's language can unpack."""
READ_LEASE, WRITE_LEASE = 5_000, 60_000
"""Milliseconds without a word after which a commit no longer waits for a reader, and after which a writer loses its
turn if somebody waits for it."""

T = TypeVar("T")

_BIAS = 1 << 63
_ROW = struct.Struct(">QQ")
_SUM = struct.Struct("<I")
_RESTORE = "restore a snapshot of the server, or ingest the feeds into a new index"


class Keys:
    """Names of the keys of an index."""

    def __init__(self, prefix: str) -> None:
        self.meta, self.holder, self.turn = f"{prefix}:meta", f"{prefix}:holder", f"{prefix}:turn"
        self.readers, self.gate, self.names = f"{prefix}:readers", f"{prefix}:gate", f"{prefix}:names"
        self.table = {table: f"{prefix}:r:{table}" for table in RECORDS}
        self.table |= {table: f"{prefix}:p:{table}" for table in POSTINGS}
        self.order = {table: f"{prefix}:o:{table}" for table in sorted(ORDERED)}
        self.data = (self.names, *self.table.values(), *self.order.values())


def gone(place: str) -> IndexStoreError:
    """The error of an index that was there when it was opened."""
    return IndexStoreError(
        "is gone from the server: its time to live ended, or it was deleted",
        place=place,
        remedy="open the index again and ingest the feeds",
    )


def pairs_of(found: Sequence[Any]) -> Iterable[tuple[Any, Any]]:
    """Keys and values, or members and scores, of a flat answer."""
    return zip(found[::2], found[1::2], strict=True)


class Stay(NamedTuple):
    """A reader's mark, and the version it reads."""

    reader: str
    version: int


class View:
    """Reads of what is committed: by a reader, who makes sure that nothing was committed since it began, or by the
    one whose turn it is to write (``stay`` is None)."""

    def __init__(self, wire: Wire, keys: Keys, place: str, stay: Stay | None) -> None:
        self._wire, self._keys, self._place, self._stay = wire, keys, place, stay
        self._spoke = time.monotonic()

    def get(self, table: str, keys: Sequence[int]) -> dict[int, bytes]:
        parts = list(self._parts(keys))
        name = self._keys.table[table]
        commands: list[Command] = [("HMGET", name, *map(packed, part)) for part in parts]
        answers = self._ask(*commands)
        rows = zip((key for part in parts for key in part), (one for answer in answers for one in answer), strict=True)
        return {key: self._sound(table, key, data) for key, data in rows if data is not None}

    def scan(self, table: str, low: int = LEAST, high: int = MOST) -> Iterator[tuple[int, bytes]]:
        if table not in ORDERED:
            for part in self._parts([key for key in self._all_keys(table) if low <= key <= high]):
                yield from self.get(table, part).items()
            return
        start = b"[" + packed(low)
        while True:
            (rows,) = self._ranges(table, [(start, b"[" + packed(high))], AT_ONCE)
            yield from rows
            if len(rows) < AT_ONCE:
                return
            start = b"(" + packed(rows[-1][0])

    def ranges(self, table: str, bounds: Sequence[Range]) -> list[list[tuple[int, bytes]]]:
        if table not in ORDERED or len(bounds) == 1:
            return [list(self.scan(table, low, high)) for low, high in bounds]
        within = [(b"[" + packed(low), b"[" + packed(high)) for low, high in bounds]
        return [rows for part in self._parts(within) for rows in self._ranges(table, part, -1)]

    def count(self, table: str) -> int:
        (found,) = self._ask(("HLEN" if table in RECORDS else "ZCARD", self._keys.table[table]))
        return int(found)

    def last(self, table: str) -> int | None:
        if table not in ORDERED:
            return max(self._all_keys(table), default=None)
        (found,) = self._ask(("ZRANGE", self._keys.order[table], -1, -1))
        return _key(found[0]) if found else None

    def posted(self, table: str, keys: Sequence[int], most: int | None = None) -> dict[int, list[int]]:
        name, limit = self._keys.table[table], -1 if most is None else most
        wanted = (b"".join(map(packed, part)) for part in self._parts(list(dict.fromkeys(keys))))
        found: dict[int, list[int]] = {}
        for rows in self._ask(*(("EVAL", redislua.POSTED, 1, name, part, limit) for part in wanted)):
            for key, number in self._rows(table, rows):
                found.setdefault(key, []).append(number)
        return found

    def scan_posted(self, table: str, low: int = LEAST, high: int = MOST) -> Iterator[tuple[int, int]]:
        start, end = b"[" + packed(low), b"[" + packed(high) + b"\xff" * 8
        while True:
            (rows,) = self._ask(("ZRANGEBYLEX", self._keys.table[table], start, end, "LIMIT", 0, AT_ONCE))
            yield from self._rows(table, b"".join(rows))
            if len(rows) < AT_ONCE:
                return
            start = b"(" + rows[-1]

    def names(self) -> Mapping[str, str]:
        (found,) = self._ask(("HGETALL", self._keys.names))
        return {name.decode(): value.decode() for name, value in found.items()}

    def damage(self, table: str) -> Iterator[str]:
        """What is wrong with a table."""
        try:
            rows = self.scan(table) if table in RECORDS else self.scan_posted(table)
            held = sum(1 for _ in rows)
        except IndexStoreError as error:
            yield error.what
            return
        if table in RECORDS and held != self.count(table):
            yield f"table {table} has {self.count(table)} records, {held} of them in its order"

    def _ask(self, *commands: Command) -> list[Any]:
        """The answers, with what keeps the turn or the mark and, for a reader, with proof that nothing changed."""
        if not commands:
            return []
        stay, before, now = self._stay, [], time.monotonic()
        lease = WRITE_LEASE if stay is None else READ_LEASE
        if now - self._spoke > lease / 4000:
            self._spoke = now
            before.append(self._stay_on())
        if stay is None:
            return self._wire.ask(*before, *commands)[len(before) :]
        *answers, version = self._wire.ask(*before, *commands, ("HGET", self._keys.meta, "version"))
        if version is None:
            raise gone(self._place)
        if int(version) != stay.version:
            raise IndexStoreError(
                f"was changed while it was read with pauses of over {READ_LEASE // 1000} seconds",
                place=self._place,
                remedy="ask again, or while nobody writes",
            )
        return answers[len(before) :]

    def _stay_on(self) -> Command:
        if self._stay is None:
            return ("PEXPIRE", self._keys.holder, WRITE_LEASE)
        return ("EVAL", redislua.STAY, 1, self._keys.readers, self._stay.reader, READ_LEASE)

    def _ranges(self, table: str, bounds: Sequence[tuple[bytes, bytes]], most: int) -> list[list[tuple[int, bytes]]]:
        names = self._keys.order[table], self._keys.table[table]
        words = [word for pair in bounds for word in pair]
        (found,) = self._ask(("EVAL", redislua.RANGES, 2, *names, most, *words))
        return [[(_key(key), self._sound(table, _key(key), data)) for key, data in pairs_of(rows)] for rows in found]

    def _all_keys(self, table: str) -> list[int]:
        (found,) = self._ask(("HKEYS", self._keys.table[table]))
        return sorted(map(_key, found))

    @staticmethod
    def _parts(items: Sequence[T]) -> Iterator[Sequence[T]]:
        return (items[at : at + AT_ONCE] for at in range(0, len(items), AT_ONCE))

    def _rows(self, table: str, rows: bytes) -> Iterator[tuple[int, int]]:
        if len(rows) % _ROW.size:
            raise IndexStoreError(f"a posting of table {table} is damaged", place=self._place, remedy=_RESTORE)
        return ((key - _BIAS, number - _BIAS) for key, number in _ROW.iter_unpack(rows))

    def _sound(self, table: str, key: int, data: bytes | None) -> bytes:
        if data is None or data[: _SUM.size] != _SUM.pack(_sum(key, data[_SUM.size :])):
            raise IndexStoreError(f"the record {key} of table {table} is damaged", place=self._place, remedy=_RESTORE)
        return data[_SUM.size :]


def commands_of(keys: Keys, change: Overlay) -> Iterator[tuple[bytes | str, ...]]:
    """What a transaction wrote, as commands of the server."""
    for table in sorted(change.cleared):
        yield ("UNLINK", keys.table[table], *([keys.order[table]] if table in ORDERED else []))
    for table in RECORDS:
        yield from _record_commands(keys, table, change.records[table].values)
    for table in POSTINGS:
        rows = [(key, number, there) for key, of in change.postings[table].items() for number, there in of.items()]
        for there, word, weight in ((True, "ZADD", (b"0",)), (False, "ZREM", ())):
            members = [(*weight, packed(key) + packed(number)) for key, number, on in rows if on is there]
            yield from _chunked((word, keys.table[table]), members)
    if change.named:
        yield ("HSET", keys.names, *(word for pair in change.named.items() for word in pair))


def _record_commands(keys: Keys, table: str, values: Mapping[int, bytes | None]) -> Iterator[tuple[bytes | str, ...]]:
    put = [(key, value) for key, value in values.items() if value is not None]
    dropped = [(packed(key),) for key, value in values.items() if value is None]
    summed = [(packed(key), _SUM.pack(_sum(key, value)) + value) for key, value in put]
    yield from _chunked(("HSET", keys.table[table]), summed)
    yield from _chunked(("HDEL", keys.table[table]), dropped)
    if table in ORDERED:
        yield from _chunked(("ZADD", keys.order[table]), [(b"0", packed(key)) for key, _ in put])
        yield from _chunked(("ZREM", keys.order[table]), dropped)


def _chunked(head: tuple[str, str], rows: Sequence[tuple[bytes, ...]]) -> Iterator[tuple[bytes | str, ...]]:
    for at in range(0, len(rows), AT_ONCE):
        yield (*head, *(word for row in rows[at : at + AT_ONCE] for word in row))


def packed(number: int) -> bytes:
    """8 bytes that sort as the numbers do."""
    return (number + _BIAS).to_bytes(8, "big")


def _key(data: bytes) -> int:
    return int.from_bytes(data, "big") - _BIAS


def _sum(key: int, value: bytes) -> int:
    return zlib.crc32(value, key & 0xFFFFFFFF)
