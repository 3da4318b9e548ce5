"""The store in a Redis server, for an index that several machines add to and that fits in memory.

A transaction is kept here (``overlay.py``) and sent as one message, which the server carries out whole. Writers take
turns: the one whose turn it is has a number, and a commit under an older number is refused. Readers leave a mark that
commits wait for, so that a view does not change; one that is read too slowly ends in an error, never in a mixture.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple

from dedup.errors import IndexStoreError
from dedup.index import redislua, redisview
from dedup.index.contract import POSTINGS, RECORDS, Reading
from dedup.index.overlay import Overlay
from dedup.index.redisserver import PREFIXES, Command, Wire, parse_address, promises, refuse_server
from dedup.index.redisview import WRITE_LEASE, Keys, Stay, View, commands_of, gone, pairs_of

APPLICATION = "news-dedup index"
LAYOUT = 1
"""Raised whenever the keys change shape."""
GATE_LEASE = 5_000
"""Milliseconds without a word after which readers no longer wait for a commit."""
WAKE = 1
"""Seconds after which one who waits for a turn looks whether the writer before it still lives."""
MESSAGE_BYTES = 900 << 20
"""In one transaction: the server ends a connection that sends it a gigabyte (client-query-buffer-limit)."""
ARTICLES = 10_000
"""Articles that are worked out in bulk: kept here until they are sent they take 1.1 GB, and 25,000, the most that one
transaction may hold (a minute of the server's time), 2.3 GB."""
PAUSE = 0.002


class _Turn(NamedTuple):
    """A turn at writing: under which name it is held, and its number."""

    name: str
    fence: int
    ttl: int


class RedisStore:
    """Opens, or makes, the index at an address. IndexStoreError where the server refuses or holds something else under
    the prefix; MissingExtraError without redis. ``durability`` only says what is expected of the server, for
    ``notices``: it is the server that writes to its disk, or does not."""

    most = ARTICLES

    def __init__(self, address: str, durability: str = "power", readonly: bool = False) -> None:
        where = parse_address(address)
        self.place = where.place
        self._durability, self._readonly = durability, readonly
        self._keys = Keys(where.prefix)
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
            self._inside = View(self._wire, self._keys, self.place, Stay(reader, self._enter(reader)))
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
            change = Overlay(View(self._wire, self._keys, self.place, None))
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
            assert isinstance(view, View)
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
        enter: Command = ("EVAL", redislua.ENTER, 3, keys.meta, keys.readers, keys.gate, reader, redisview.READ_LEASE)
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
                raise gone(self.place)
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
                raise gone(self.place)
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
        for command in commands_of(keys, change):
            words += (len(command), *command)
        size = sum(len(word) for word in words if not isinstance(word, int))
        if size > MESSAGE_BYTES:
            raise IndexStoreError(
                f"{size} bytes at once are too many for one transaction",
                place=self.place,
                remedy="add fewer articles at a time; to rebuild, ingest the feeds under another prefix",
            )
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
            if all(float(until) < 1000 * seconds + micros / 1000 for _, until in pairs_of(readers)):
                return


__all__ = ["PREFIXES", "RedisStore"]
