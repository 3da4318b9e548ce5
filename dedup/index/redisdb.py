"""The store in a Redis server, for an index that several machines add to and that fits in memory.

A transaction is kept here (``overlay.py``) and sent as one message, which the server carries out whole. Writers take
turns: the one whose turn it is has a number, and a commit under an older number is refused. Readers leave a mark that
commits wait for, so that a view does not change; one that is read too slowly ends in an error, never in a mixture.
"""

from __future__ import annotations

import os
import struct
import threading
import time
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from dedup.errors import IndexStoreError
from dedup.index import redislua
from dedup.index.contract import LEAST, MOST, POSTINGS, RECORDS, Reading
from dedup.index.overlay import Overlay, Range
from dedup.index.redisserver import PREFIXES, Command, Wire, parse_address, promises, refuse_server

APPLICATION = "news-dedup index"
LAYOUT = 1
"""Raised whenever the keys change shape."""
ORDERED = frozenset(("facts", "revision", "term", "event"))
"""Tables asked for ranges or for their greatest key. Only they pay for an order beside their records (100 bytes a
record); the others are put in order here, when they are read whole."""
WRITE_LEASE, READ_LEASE, GATE_LEASE = 60_000, 5_000, 5_000
"""Milliseconds without a word after which a writer loses its turn if somebody waits for it, a commit no longer waits
for a reader, and readers no longer wait for a commit."""
WAKE = 1
"""Seconds after which one who waits for a turn looks whether the writer before it still lives."""
AT_ONCE = 500
"""Records, postings or keys in one command: far below what the server's language can unpack."""
PAUSE = 0.002

T = TypeVar("T")

_BIAS = 1 << 63
_ROW = struct.Struct(">QQ")
_SUM = struct.Struct("<I")


class _Keys:
    """Names of the keys of an index."""

    def __init__(self, prefix: str) -> None:
        self.meta, self.holder, self.turn = f"{prefix}:meta", f"{prefix}:holder", f"{prefix}:turn"
        self.readers, self.gate, self.names = f"{prefix}:readers", f"{prefix}:gate", f"{prefix}:names"
        self.table = {table: f"{prefix}:r:{table}" for table in RECORDS}
        self.table |= {table: f"{prefix}:p:{table}" for table in POSTINGS}
        self.order = {table: f"{prefix}:o:{table}" for table in sorted(ORDERED)}
        self.data = (self.names, *self.table.values(), *self.order.values())


class _Turn(NamedTuple):
    """A turn at writing: under which name it is held, and its number."""

    name: str
    fence: int
    ttl: int


class RedisStore:
    """Opens, or makes, the index at an address. IndexStoreError where the server refuses or holds something else under
    the prefix; MissingExtraError without redis. ``durability`` only says what is expected of the server, for
    ``notices``: it is the server that writes to its disk, or does not."""

    def __init__(self, address: str, durability: str = "power", readonly: bool = False) -> None:
        where = parse_address(address)
        self.place = where.place
        self._durability, self._readonly = durability, readonly
        self._keys = _Keys(where.prefix)
        self._guard = threading.RLock()
        self._inside: Reading | None = None
        self._wire = Wire(where)
        try:
            self._prepare(where.ttl)
        except BaseException:
            self._wire.close()
            raise

    @contextmanager
    def reading(self) -> Iterator[Reading]:
        with self._guard:
            if self._inside is not None:
                yield self._inside
                return
            reader = os.urandom(8).hex()
            self._inside = _View(self._wire, self._keys, self.place, _Stay(reader, self._enter(reader)))
            try:
                yield self._inside
            finally:
                self._inside = None
                with suppress(IndexStoreError):
                    self._wire.ask(("ZREM", self._keys.readers, reader))

    @contextmanager
    def writing(self) -> Iterator[Overlay]:
        if self._readonly:
            raise IndexStoreError("is open for reading only", place=self.place, remedy="open it with readonly=False")
        with self._guard:
            if self._inside is not None:
                raise IndexStoreError("is being read or written by this handle", place=self.place)
            turn = self._take_turn()
            change = Overlay(_View(self._wire, self._keys, self.place, None))
            self._inside = change
            try:
                yield change
                if change.changed:
                    self._commit(change, turn)
                else:
                    self._release(turn)
            except BaseException:
                with suppress(IndexStoreError):
                    self._release(turn)
                raise
            finally:
                self._inside = None

    def check(self) -> list[str]:
        with self.reading() as view:
            assert isinstance(view, _View)
            return [sentence for table in (*RECORDS, *POSTINGS) for sentence in view.damage(table)]

    def notices(self) -> list[str]:
        with self._guard:
            (info,) = self._wire.ask(("INFO",))
            try:
                (found,) = self._wire.ask(("CONFIG", "GET", "appendfsync"))
            except IndexStoreError:  # managed servers forbid it
                found = []
        return promises(info, found[1].decode() if len(found) > 1 else None, self._durability)

    def size(self) -> int:
        with self._guard:
            sizes = self._wire.ask(*(("MEMORY", "USAGE", key) for key in (self._keys.meta, *self._keys.data)))
        return sum(size or 0 for size in sizes)

    def backup(self, target: Path) -> None:
        raise IndexStoreError(
            "is kept by a Redis server", place=self.place, remedy="copy the whole server with: redis-cli --rdb FILE"
        )

    def close(self) -> None:
        with self._guard:
            self._wire.close()

    # --- opening -------------------------------------------------------------------------------------------------

    def _prepare(self, ttl: int | None) -> None:
        keys = self._keys
        info, kind, data = self._wire.ask(("INFO",), ("TYPE", keys.meta), ("EXISTS", *keys.data))
        refuse_server(info, self.place)
        if kind == b"none" and not data:
            if self._readonly:
                raise IndexStoreError(
                    "is not there", place=self.place, remedy="make it with: dedup ingest FEED --index " + self.place
                )
            self._wire.ask(("EVAL", redislua.CREATE, 2, keys.meta, keys.turn, APPLICATION, LAYOUT))
        self._refuse_foreign()
        if ttl is not None and not self._readonly:
            lifetime: list[Command] = [("HSET", keys.meta, "ttl", 1000 * ttl)]
            lifetime += [("PEXPIRE", key, 1000 * ttl) if ttl else ("PERSIST", key) for key in (keys.meta, *keys.data)]
            self._wire.ask(*lifetime)

    def _refuse_foreign(self) -> None:
        (kind,) = self._wire.ask(("TYPE", self._keys.meta))
        said: list[Any] = [None, None]
        if kind == b"hash":
            (said,) = self._wire.ask(("HMGET", self._keys.meta, "application", "layout"))
        if said[0] != APPLICATION.encode():
            raise IndexStoreError(
                "its keys are of something else, or of an index that lost some",
                place=self.place,
                remedy="name another prefix for the index: redis://host:port/0?prefix=NAME",
            )
        if said[1] != str(LAYOUT).encode():
            raise IndexStoreError(
                f"was written by another news-dedup (keys of layout {said[1].decode()}; this one knows {LAYOUT})",
                place=self.place,
                remedy="upgrade news-dedup",
            )

    # --- turns ---------------------------------------------------------------------------------------------------

    def _enter(self, reader: str) -> int:
        """Leave the mark of a reader, once no commit waits; the version that it reads."""
        keys = self._keys
        enter: Command = ("EVAL", redislua.ENTER, 3, keys.meta, keys.readers, keys.gate, reader, READ_LEASE)
        while True:
            try:
                ((entered, version),) = self._wire.ask(enter)
            except IndexStoreError as error:
                if "maxmemory" not in error.what:
                    raise
                # No room for a mark: the view is read without one, and ends in an error should a commit come between.
                (version,) = self._wire.ask(("HGET", keys.meta, "version"))
                entered = -1 if version is None else 1
            if entered < 0:
                raise _gone(self.place)
            if entered:
                return int(version)
            time.sleep(PAUSE)

    def _take_turn(self) -> _Turn:
        """Wait in line; one whose turn was never given back because it died is passed over."""
        keys = self._keys
        while True:
            _, client = self._wire.ask(("BLPOP", keys.turn, WAKE), ("CLIENT", "ID"))
            name = f"{client} {os.urandom(8).hex()}"
            fence, held, ttl = self._try(name, "")
            if not fence and not self._lives(held):
                fence, held, ttl = self._try(name, held)
            if fence < 0:
                raise _gone(self.place)
            if fence:
                return _Turn(name, fence, ttl)

    def _try(self, name: str, dead: str) -> tuple[int, str, int]:
        keys = self._keys
        take: Command = ("EVAL", redislua.TAKE, 2, keys.meta, keys.holder, name, WRITE_LEASE, dead)
        (fence, held), ttl = self._wire.ask(take, ("HGET", keys.meta, "ttl"))
        return int(fence), held.decode(), int(ttl or 0)

    def _lives(self, holder: str) -> bool:
        """Whether the connection of a writer is open; the kernel closes it with the process."""
        try:
            return bool(self._wire.ask(("CLIENT", "LIST", "ID", holder.split()[0]))[0])
        except IndexStoreError:  # a user may be forbidden to ask; its lease will end
            return True

    def _release(self, turn: _Turn) -> None:
        keys = self._keys
        self._wire.ask(("EVAL", redislua.RELEASE, 3, keys.holder, keys.turn, keys.gate, turn.name))

    def _commit(self, change: Overlay, turn: _Turn) -> None:
        keys = self._keys
        own = (keys.meta, keys.holder, keys.turn, keys.readers, keys.gate, *keys.data)
        words: list[bytes | str | int] = [turn.name, turn.fence, GATE_LEASE, turn.ttl]
        for command in _commands(keys, change):
            words += (len(command), *command)
        while True:
            (answer,) = self._wire.ask(("EVAL", redislua.COMMIT, len(own), *own, *words))
            if answer == b"done":
                return
            if answer == b"lost":
                raise IndexStoreError(
                    f"lost its turn after {WRITE_LEASE // 1000} seconds without a word; nothing of this call was kept",
                    place=self.place,
                    remedy="try again, with fewer articles at once or while nobody else writes",
                )
            self._wait_for_readers(turn)

    def _wait_for_readers(self, turn: _Turn) -> None:
        """Until none is left or the last word of each is too long ago; new ones wait meanwhile."""
        keys = self._keys
        while True:
            time.sleep(PAUSE)
            (seconds, micros), *_, readers = self._wire.ask(
                ("TIME",),
                ("SET", keys.gate, turn.name, "PX", GATE_LEASE),
                ("PEXPIRE", keys.holder, WRITE_LEASE),
                ("ZRANGE", keys.readers, 0, -1, "WITHSCORES"),
            )
            if all(float(until) < 1000 * seconds + micros / 1000 for _, until in _pairs(readers)):
                return


def _gone(place: str) -> IndexStoreError:
    return IndexStoreError(
        "is gone from the server: its time to live ended, or it was deleted",
        place=place,
        remedy="open the index again and ingest the feeds",
    )


def _pairs(found: Sequence[Any]) -> Iterable[tuple[Any, Any]]:
    return zip(found[::2], found[1::2], strict=True)


class _Stay:
    """A reader's mark, the version it reads, and when it last spoke."""

    def __init__(self, reader: str, version: int) -> None:
        self.reader, self.version = reader, version
        self.spoke = time.monotonic()


class _View:
    """Reads of what is committed: by a reader, who makes sure that nothing was committed since it began, or by the
    one whose turn it is to write (``stay`` is None)."""

    def __init__(self, wire: Wire, keys: _Keys, place: str, stay: _Stay | None) -> None:
        self._wire, self._keys, self._place, self._stay = wire, keys, place, stay
        self._spoke = time.monotonic()

    def get(self, table: str, keys: Sequence[int]) -> dict[int, bytes]:
        parts = list(self._parts(keys))
        name = self._keys.table[table]
        commands: list[Command] = [("HMGET", name, *map(_packed, part)) for part in parts]
        answers = self._ask(*commands)
        rows = zip((key for part in parts for key in part), (one for answer in answers for one in answer), strict=True)
        return {key: self._sound(table, key, data) for key, data in rows if data is not None}

    def scan(self, table: str, low: int = LEAST, high: int = MOST) -> Iterator[tuple[int, bytes]]:
        if table not in ORDERED:
            for part in self._parts([key for key in self._all_keys(table) if low <= key <= high]):
                yield from self.get(table, part).items()
            return
        start = b"[" + _packed(low)
        while True:
            (rows,) = self._ranges(table, [(start, b"[" + _packed(high))], AT_ONCE)
            yield from rows
            if len(rows) < AT_ONCE:
                return
            start = b"(" + _packed(rows[-1][0])

    def ranges(self, table: str, bounds: Sequence[Range]) -> list[list[tuple[int, bytes]]]:
        if table not in ORDERED or len(bounds) == 1:
            return [list(self.scan(table, low, high)) for low, high in bounds]
        packed = [(b"[" + _packed(low), b"[" + _packed(high)) for low, high in bounds]
        return [rows for part in self._parts(packed) for rows in self._ranges(table, part, -1)]

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
        wanted = (b"".join(map(_packed, part)) for part in self._parts(list(dict.fromkeys(keys))))
        found: dict[int, list[int]] = {}
        for rows in self._ask(*(("EVAL", redislua.POSTED, 1, name, part, limit) for part in wanted)):
            for key, number in self._rows(table, rows):
                found.setdefault(key, []).append(number)
        return found

    def scan_posted(self, table: str, low: int = LEAST, high: int = MOST) -> Iterator[tuple[int, int]]:
        start, end = b"[" + _packed(low), b"[" + _packed(high) + b"\xff" * 8
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
            raise _gone(self._place)
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
        return [[(_key(key), self._sound(table, _key(key), data)) for key, data in _pairs(rows)] for rows in found]

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


_RESTORE = "restore a snapshot of the server, or ingest the feeds into a new index"


def _commands(keys: _Keys, change: Overlay) -> Iterator[tuple[bytes | str, ...]]:
    """What a transaction wrote, as commands of the server."""
    for table in sorted(change.cleared):
        yield ("UNLINK", keys.table[table], *([keys.order[table]] if table in ORDERED else []))
    for table in RECORDS:
        yield from _record_commands(keys, table, change.records[table].values)
    for table in POSTINGS:
        rows = [(key, number, there) for key, of in change.postings[table].items() for number, there in of.items()]
        for there, word, weight in ((True, "ZADD", (b"0",)), (False, "ZREM", ())):
            packed = [(*weight, _packed(key) + _packed(number)) for key, number, on in rows if on is there]
            yield from _chunked((word, keys.table[table]), packed)
    if change.named:
        yield ("HSET", keys.names, *(word for pair in change.named.items() for word in pair))


def _record_commands(keys: _Keys, table: str, values: Mapping[int, bytes | None]) -> Iterator[tuple[bytes | str, ...]]:
    put = [(key, value) for key, value in values.items() if value is not None]
    gone = [(_packed(key),) for key, value in values.items() if value is None]
    summed = [(_packed(key), _SUM.pack(_sum(key, value)) + value) for key, value in put]
    yield from _chunked(("HSET", keys.table[table]), summed)
    yield from _chunked(("HDEL", keys.table[table]), gone)
    if table in ORDERED:
        yield from _chunked(("ZADD", keys.order[table]), [(b"0", _packed(key)) for key, _ in put])
        yield from _chunked(("ZREM", keys.order[table]), gone)


def _chunked(head: tuple[str, str], rows: Sequence[tuple[bytes, ...]]) -> Iterator[tuple[bytes | str, ...]]:
    for at in range(0, len(rows), AT_ONCE):
        yield (*head, *(word for row in rows[at : at + AT_ONCE] for word in row))


def _packed(number: int) -> bytes:
    """8 bytes that sort as the numbers do."""
    return (number + _BIAS).to_bytes(8, "big")


def _key(data: bytes) -> int:
    return int.from_bytes(data, "big") - _BIAS


def _sum(key: int, value: bytes) -> int:
    return zlib.crc32(value, key & 0xFFFFFFFF)


__all__ = ["PREFIXES", "RedisStore"]
