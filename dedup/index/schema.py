"""The tables of an index file, the steps that brought them about, and how a file of someone else is told."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from dedup.errors import IndexStoreError
from dedup.index.contract import POSTINGS, RECORDS

APPLICATION = 0x4E445831
"""SQLite's application id of our files: "NDX1"."""

_HEADER = b"SQLite format 3\x00"
_APPLICATION_AT = 68


def _first_tables() -> tuple[str, ...]:
    records = [f"CREATE TABLE r_{name}(key INTEGER PRIMARY KEY, value BLOB NOT NULL, sum INTEGER)" for name in RECORDS]
    postings = [
        f"CREATE TABLE p_{name}(key INTEGER NOT NULL, number INTEGER NOT NULL, PRIMARY KEY(key, number)) WITHOUT ROWID"
        for name in POSTINGS
    ]
    names = "CREATE TABLE names(name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID"
    sums = "CREATE TABLE sums(name TEXT PRIMARY KEY, sum INTEGER NOT NULL) WITHOUT ROWID"  # of every table of postings
    return (*records, *postings, names, sums)


def _log_of_postings() -> tuple[str, ...]:
    return ("CREATE TABLE young(key INTEGER PRIMARY KEY, value BLOB NOT NULL, sum INTEGER)",)  # see young.py


MIGRATIONS: tuple[tuple[str, ...], ...] = (_first_tables(), _log_of_postings())
"""Step i brings a file of version i to version i + 1; each commits together with the record that it ran."""


def refuse_foreign(path: Path, readonly: bool) -> None:
    """IndexStoreError unless ``path`` can become an index (missing or empty) or says that it is one."""
    place = str(path)
    if not path.exists():
        if readonly:
            raise IndexStoreError(
                "is not there", place=place, remedy="make it with: dedup ingest FEED --index " + place
            )
        if not path.absolute().parent.is_dir():
            raise IndexStoreError(
                "its folder does not exist", place=place, remedy=f"make {path.absolute().parent} first"
            )
        return
    try:
        with path.open("rb") as stream:
            head = stream.read(100)
    except OSError as error:
        remedy = "name a file in it" if path.is_dir() else "make it a file that you may read"
        raise IndexStoreError(f"cannot be read ({error.strerror})", place=place, remedy=remedy) from error
    if not head and not readonly:
        return
    if not head.startswith(_HEADER):
        raise IndexStoreError("is no index: not a SQLite file", place=place, remedy="name another file for the index")
    if int.from_bytes(head[_APPLICATION_AT : _APPLICATION_AT + 4], "big") != APPLICATION:
        raise IndexStoreError(
            "is a SQLite file, but no index of news-dedup", place=place, remedy="name another file for the index"
        )


def migrate(connection: sqlite3.Connection, place: str, readonly: bool) -> None:
    """Bring the file to this version's tables. IndexStoreError for a file that a newer version wrote."""
    version = int(connection.execute("PRAGMA user_version").fetchone()[0])
    if version > len(MIGRATIONS):
        raise IndexStoreError(
            f"was written by a newer news-dedup (tables of version {version}; this one knows {len(MIGRATIONS)})",
            place=place,
            remedy="upgrade news-dedup",
        )
    if readonly:
        if version < len(MIGRATIONS):
            raise IndexStoreError("has older tables", place=place, remedy="open it once for writing to bring it up")
        return
    if version == 0:
        connection.execute(f"PRAGMA application_id={APPLICATION}")
    connection.execute("PRAGMA journal_mode=WAL")
    for step in range(version, len(MIGRATIONS)):
        _run_step(connection, step)


def _run_step(connection: sqlite3.Connection, step: int) -> None:
    connection.execute("BEGIN IMMEDIATE")
    try:
        if int(connection.execute("PRAGMA user_version").fetchone()[0]) == step:
            for statement in MIGRATIONS[step]:
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version={step + 1}")
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
