"""What an index asks of a store: records, postings and a few names, inside transactions. Nothing about articles.

A record is bytes under a 64-bit signed key; a posting is a pair (key, number), kept once, in order. Everything the
index knows is put into these two shapes (``codec.py`` says how), so that a new store is a page of code.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol

from dedup.errors import IndexStoreError

STORE_FORMAT = 4
"""Raised whenever records or postings change shape; a store of another format is refused, never guessed at."""

NUMBERS = 1 << 31
"""Articles that have numbers of their own, at most."""
LEAST, MOST = -(1 << 63), (1 << 63) - 1
"""Bounds of keys and numbers."""

RECORDS: tuple[str, ...] = (
    "article",  # number -> fields and text as delivered
    "page",  # number -> roles of the lines and what was read from them
    "facts",  # number -> id, digests and sizes: what a query needs of every article it meets
    "verdict",  # number -> what was answered when it came
    "revision",  # running number -> an earlier text of an article
    "line",  # key of an outlet's line -> in how many articles, smallest and largest sketch
    "opening",  # key of a headline or lead -> the same
    "first",  # kind and digest of equal articles -> the one that stands for all
    "term",  # word and running number -> articles it weighs heavily in: long lists, so kept packed
    "links",  # number -> the pairs it is part of
    "match",  # both numbers -> the compared pair
    "place",  # number -> who speaks for its group, and its story
    "story",  # digest of the story's id -> its articles and groups
    "told",  # the same -> what was told of the story last
    "event",  # running number -> what happened to a story
    "stale",  # number -> nothing: an article whose evidence changed since it was cleaned
    "loose",  # number -> a mark of when: an article whose story is to be worked out again
    "cap",  # digest of a limit's name -> the name and how often it was met
)
POSTINGS: tuple[str, ...] = (
    "name",  # digest of an id -> number
    "band",
    "sample",
    "same",  # kind and digest -> numbers of equal articles
    "begins",  # first words of a line -> numbers of the articles it stands in
    "time",  # seconds since 1970 -> number
)


class Reading(Protocol):
    """A consistent view of a store."""

    def get(self, table: str, keys: Sequence[int]) -> dict[int, bytes]:
        """The records under the keys; keys without one are left out."""
        ...

    def scan(self, table: str, low: int = LEAST, high: int = MOST) -> Iterator[tuple[int, bytes]]:
        """Records with low <= key <= high, ascending."""
        ...

    def ranges(self, table: str, bounds: Sequence[tuple[int, int]]) -> list[list[tuple[int, bytes]]]:
        """What ``scan`` gives for each pair of bounds, asked for at once."""
        ...

    def count(self, table: str) -> int:
        """How many records or postings a table holds."""
        ...

    def last(self, table: str) -> int | None:
        """The greatest key of a table of records."""
        ...

    def posted(self, table: str, keys: Sequence[int], most: int | None = None) -> dict[int, list[int]]:
        """The numbers posted under each key, ascending, the first ``most`` of them; keys without any are left out."""
        ...

    def scan_posted(self, table: str, low: int = LEAST, high: int = MOST) -> Iterator[tuple[int, int]]:
        """Postings with low <= key <= high, ascending."""
        ...

    def names(self) -> Mapping[str, str]:
        """What ``name`` was given, such as the digest of the settings."""
        ...


def damaged_records(view: Reading) -> list[str]:
    """Read every record once, so that each checksum is tried: of each table the first that is wrong."""
    wrong = []
    for table in RECORDS:
        try:
            for _ in view.scan(table):
                pass
        except IndexStoreError as error:
            wrong.append(error.what)
    return wrong


class Writing(Reading, Protocol):
    """A transaction: all of it is kept or nothing, and it sees its own writes."""

    def put(self, table: str, items: Iterable[tuple[int, bytes]]) -> None:
        """Write records, over what was there."""
        ...

    def drop(self, table: str, keys: Iterable[int]) -> None:
        """Delete the records under the keys; a key without one is passed over."""
        ...

    def post(self, table: str, rows: Iterable[tuple[int, int]]) -> None:
        """Add postings (key, number); one that is there stays once."""
        ...

    def unpost(self, table: str, rows: Iterable[tuple[int, int]]) -> None:
        """Delete postings; one that is not there is passed over."""
        ...

    def name(self, name: str, value: str) -> None:
        """Keep a short text under a name."""
        ...

    def clear(self, table: str) -> None:
        """Delete everything in a table."""
        ...


class Store(Protocol):
    """Where an index lives. Every failure of the store is an IndexStoreError that names ``place``."""

    place: str
    most: int
    """Articles inside up to which all of them may be written in one transaction, as filling in bulk does."""

    def reading(self) -> AbstractContextManager[Reading]:
        """A view that later transactions do not change."""
        ...

    def writing(self) -> AbstractContextManager[Writing]:
        """A transaction; committed at the end of the block, undone when the block raises."""
        ...

    def check(self) -> list[str]:
        """What is wrong with the store itself, in sentences; empty when it is sound."""
        ...

    def notices(self) -> list[str]:
        """What this store does not promise here though it could elsewhere, in sentences."""
        ...

    def size(self) -> int:
        """Bytes taken on disk (or in memory, as far as counted)."""
        ...

    def backup(self, target: Path) -> None:
        """Write a copy that ``open_index`` opens."""
        ...

    def close(self) -> None:
        """Let go of files and connections; closing twice does nothing."""
        ...
