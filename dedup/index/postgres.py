"""The store in a schema of a PostgreSQL database, for an index that several machines add to.

Each request to the server is a round trip, some ninety of them an article: slower than a file, and shared. Writers
take turns at an advisory lock, as they do at the lock file of SQLite.
"""

from __future__ import annotations

import re
import threading
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from dedup.errors import IndexStoreError, MissingExtraError
from dedup.index.codec import key_of
from dedup.index.contract import LEAST, MOST, NUMBERS, POSTINGS, RECORDS, damaged_records

if TYPE_CHECKING:
    from psycopg import Connection

SCHEMA = "dedup_index"
PREFIXES = ("postgresql://", "postgres://")
_NAME = re.compile(r"[a-z_][a-z0-9_]{0,40}")


class PostgresStore:
    """Opens, or makes, the tables of an index in ``schema``. IndexStoreError where the server refuses;
    MissingExtraError without psycopg. ``durability`` "crash" lets a power cut of the server take the last commits."""

    most = NUMBERS

    def __init__(self, address: str, durability: str = "power", readonly: bool = False, schema: str = SCHEMA) -> None:
        try:
            import psycopg
        except ImportError as error:
            raise MissingExtraError("psycopg", "postgres", "an index in PostgreSQL") from error
        if not _NAME.fullmatch(schema):
            raise IndexStoreError(f"{schema!r} is no name of a schema", remedy="use lower-case letters, digits and _")
        parts = urlsplit(address)
        self.place = f"postgresql://{parts.hostname or ''}{parts.path}/{schema}"
        self._error: type[Exception] = psycopg.Error
        self._readonly, self._schema = readonly, schema
        self._guard = threading.RLock()
        with self._errors():
            self._connection = psycopg.connect(address, autocommit=True)
        try:
            with self._errors():
                self._prepare(durability)
        except BaseException:
            self._connection.close()
            raise

    @contextmanager
    def reading(self) -> Iterator[_View]:
        with self._guard, self._errors():
            if self._connection.info.transaction_status:
                yield _View(self._connection, self.place)
                return
            with self._connection.transaction():
                self._connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
                yield _View(self._connection, self.place)

    @contextmanager
    def writing(self) -> Iterator[_Transaction]:
        if self._readonly:
            raise IndexStoreError("is open for reading only", place=self.place, remedy="open it with readonly=False")
        with self._guard, self._errors(), self._connection.transaction():
            self._connection.execute("SELECT pg_advisory_xact_lock(%s)", (key_of(self.place),))
            yield _Transaction(self._connection, self.place)

    def check(self) -> list[str]:
        with self.reading() as view:
            return damaged_records(view)

    def notices(self) -> list[str]:
        return []

    def size(self) -> int:
        query = "SELECT sum(pg_total_relation_size(c.oid)) FROM pg_class c WHERE c.relnamespace = %s::regnamespace"
        with self._guard, self._errors():
            row = self._connection.execute(query + " AND c.relkind = 'r'", (self._schema,)).fetchone()
        return int(row[0] or 0) if row else 0

    def backup(self, target: Path) -> None:
        raise IndexStoreError(
            "is kept by a PostgreSQL server", place=self.place, remedy=f"copy it with: pg_dump --schema {self._schema}"
        )

    def close(self) -> None:
        with self._guard:
            self._connection.close()

    def _prepare(self, durability: str) -> None:
        run = self._connection.execute
        if durability == "crash":
            run("SET synchronous_commit TO off")
        if not self._readonly:
            with self._connection.transaction():
                run("SELECT pg_advisory_xact_lock(%s)", (key_of(self.place),))
                run(f"CREATE SCHEMA IF NOT EXISTS {self._schema}")
                run(f"SET LOCAL search_path TO {self._schema}")
                for statement in _tables():
                    run(statement)
        run(f"SET search_path TO {self._schema}")

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except self._error as error:
            closed = "closed" in str(error)
            raise IndexStoreError(
                " ".join(str(error).split()) or type(error).__name__,
                place=self.place,
                remedy="open the index again" if closed else "nothing of this call was kept; see the server's log",
            ) from error


def _tables() -> list[str]:
    records = [
        f"CREATE TABLE IF NOT EXISTS r_{name}(key bigint PRIMARY KEY, value bytea NOT NULL, sum bigint NOT NULL)"
        for name in RECORDS
    ]
    postings = [
        f"CREATE TABLE IF NOT EXISTS p_{name}(key bigint, number bigint, PRIMARY KEY(key, number))" for name in POSTINGS
    ]
    return [*records, *postings, "CREATE TABLE IF NOT EXISTS names(name text PRIMARY KEY, value text NOT NULL)"]


class _View:
    """Reads inside one transaction."""

    def __init__(self, connection: Connection[Any], place: str) -> None:
        self._connection = connection
        self._place = place

    def get(self, table: str, keys: Sequence[int]) -> dict[int, bytes]:
        if not keys:
            return {}
        rows = self._rows(f"SELECT key, value, sum FROM r_{table} WHERE key = ANY(%s)", (list(keys),))
        return {key: self._sound(table, key, value, sum_) for key, value, sum_ in rows}

    def scan(self, table: str, low: int = LEAST, high: int = MOST) -> Iterator[tuple[int, bytes]]:
        query = f"SELECT key, value, sum FROM r_{table} WHERE key BETWEEN %s AND %s ORDER BY key"
        for key, value, sum_ in self._rows(query, (low, high)):
            yield key, self._sound(table, key, value, sum_)

    def ranges(self, table: str, bounds: Sequence[tuple[int, int]]) -> list[list[tuple[int, bytes]]]:
        return [list(self.scan(table, low, high)) for low, high in bounds]

    def count(self, table: str) -> int:
        name = f"r_{table}" if table in RECORDS else f"p_{table}"
        return int(next(self._rows(f"SELECT count(*) FROM {name}", ()))[0])

    def last(self, table: str) -> int | None:
        found = next(self._rows(f"SELECT max(key) FROM r_{table}", ()))[0]
        return None if found is None else int(found)

    def posted(self, table: str, keys: Sequence[int], most: int | None = None) -> dict[int, list[int]]:
        found: dict[int, list[int]] = {}
        query = (
            f"SELECT k.key, p.number FROM unnest(%s::bigint[]) AS k(key), LATERAL"
            f" (SELECT number FROM p_{table} WHERE key = k.key ORDER BY number LIMIT %s) AS p ORDER BY k.key, p.number"
        )
        for key, number in self._rows(query, (list(set(keys)), most)) if keys else ():
            found.setdefault(key, []).append(number)
        return found

    def scan_posted(self, table: str, low: int = LEAST, high: int = MOST) -> Iterator[tuple[int, int]]:
        query = f"SELECT key, number FROM p_{table} WHERE key BETWEEN %s AND %s ORDER BY key, number"
        yield from ((key, number) for key, number in self._rows(query, (low, high)))

    def names(self) -> Mapping[str, str]:
        return dict(self._rows("SELECT name, value FROM names", ()))

    def _rows(self, query: str, values: Sequence[object]) -> Iterator[Any]:
        return iter(self._connection.execute(query.encode(), values, binary=True).fetchall())

    def _sound(self, table: str, key: int, value: bytes, sum_: int) -> bytes:
        if zlib.crc32(value, key & 0xFFFFFFFF) != sum_:
            raise IndexStoreError(
                f"the record {key} of table {table} is damaged",
                place=self._place,
                remedy="restore a backup, or ingest the feeds into a new index",
            )
        return bytes(value)


class _Transaction(_View):
    """Reads and writes inside one transaction."""

    def put(self, table: str, items: Iterable[tuple[int, bytes]]) -> None:
        query = (
            f"INSERT INTO r_{table}(key, value, sum) VALUES (%s, %s, %s)"
            " ON CONFLICT (key) DO UPDATE SET value = excluded.value, sum = excluded.sum"
        )
        self._many(query, [(key, value, zlib.crc32(value, key & 0xFFFFFFFF)) for key, value in items])

    def drop(self, table: str, keys: Iterable[int]) -> None:
        self._connection.execute(f"DELETE FROM r_{table} WHERE key = ANY(%s)".encode(), (list(keys),))

    def post(self, table: str, rows: Iterable[tuple[int, int]]) -> None:
        self._many(f"INSERT INTO p_{table}(key, number) VALUES (%s, %s) ON CONFLICT DO NOTHING", sorted(rows))

    def unpost(self, table: str, rows: Iterable[tuple[int, int]]) -> None:
        self._many(f"DELETE FROM p_{table} WHERE key = %s AND number = %s", sorted(rows))

    def name(self, name: str, value: str) -> None:
        query = "INSERT INTO names VALUES (%s, %s) ON CONFLICT (name) DO UPDATE SET value = excluded.value"
        self._connection.execute(query, (name, value))

    def clear(self, table: str) -> None:
        self._connection.execute(f"DELETE FROM {'r' if table in RECORDS else 'p'}_{table}".encode())

    def _many(self, query: str, rows: Sequence[tuple[object, ...]]) -> None:
        if rows:
            with self._connection.cursor() as cursor:
                cursor.executemany(query.encode(), rows)
