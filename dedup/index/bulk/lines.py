"""What a whole set of articles leaves in the ledger of lines: the counts of ``ledger``, from arrays of all of them.

The rows of lines and openings are those that counting the articles in one by one ends with. First words are posted
where later evidence can still change one of the lines behind them: of a line in SETTLED articles and more the first
ones are posted, as when the articles come one by one; whether it is furniture by then is said by the counts of all.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dedup.index.bulk.rows import post_rows, put_blocks
from dedup.index.contract import Writing
from dedup.index.ledger import ROW, SETTLED
from dedup.models import Article
from dedup.text.evidence import FeedEvidence, Table, asked_of, empty_table, keys_of_units, mixed
from dedup.text.packed import batches, hash_units
from dedup.text.weigh import PARTS, SAME_STORY, WEIGHTS

Seats = NDArray[np.int64]
"""Places of articles in the order of their numbers."""


class _Keys(NamedTuple):
    """Keys uint64[m], and the article that has each, ascending for one key."""

    keys: NDArray[np.uint64]
    seats: NDArray[np.int32]


class _Units(NamedTuple):
    """Of the lines of articles the key of their first words and of the line, uint64[m]; 0 for a line that is not
    counted."""

    seats: NDArray[np.int32]
    first: NDArray[np.uint64]
    lines: NDArray[np.uint64]


class Trail:
    """What the articles leave, in order of number; ``marks`` uint16[n, 9] as evidence counts them."""

    def __init__(self, count: int) -> None:
        self.marks = np.zeros((count, PARTS), np.uint16)
        self._lines: list[_Keys] = []
        self._openings: list[_Keys] = []
        self._units: list[_Units] = []

    def take(self, seats: Seats, articles: Sequence[Article], texts: Sequence[str], paged: bool = False) -> None:
        """Take in articles with their plain texts; ``paged``: read from html, which leaves no keys, as in the batch."""
        for low, high in batches([len(text) for text in texts]):
            self._some(seats[low:high], articles[low:high], texts[low:high], paged)

    def evidence(self) -> FeedEvidence:
        """What the feed says, however many lines it has."""
        self._lines, self._openings = [_sorted(self._lines)], [_sorted(self._openings)]
        tables = [_counted(keys, self.marks) for keys in (*self._lines, *self._openings)]
        return FeedEvidence(tables[0], tables[1], len(self.marks))

    def write(self, view: Writing, evidence: FeedEvidence, numbers: NDArray[np.int64]) -> None:
        """Write lines, openings and first words; ``evidence`` is that of all, asked for before."""
        for name, table in (("line", evidence.lines), ("opening", evidence.openings)):
            _write(view, name, table)
        units = _Units(*(np.concatenate(column) for column in zip(_no_units(), *self._units, strict=True)))
        first, seats = _open_still(units, _settled(units, self._lines[0], evidence.lines, self.marks))
        post_rows(view, "begins", first.view(np.int64), numbers[seats])

    def _some(self, seats: Seats, articles: Sequence[Article], texts: Sequence[str], paged: bool) -> None:
        found, asked = hash_units(texts, as_lines=paged), asked_of(articles)
        keys = keys_of_units(asked, found)
        self.marks[seats] = keys.marks
        rows = np.repeat(np.arange(len(seats)), np.diff(found.lines))
        first = np.where(found.hashes[:, 1] != 0, found.hashes[:, 1], found.hashes[:, 0])
        lines = np.zeros(len(first), np.uint64)
        if not paged:
            lines = _mixed(found.hashes[:, 0], asked.outlets[rows])
            for held, own, counts in zip((self._lines, self._openings), keys[:2], keys.counts, strict=True):
                held.append(_Keys(own, np.repeat(seats, counts).astype(np.int32)))
        used = first != 0
        self._units.append(_Units(seats[rows[used]].astype(np.int32), first[used], lines[used]))


def _mixed(hashes: NDArray[np.uint64], outlets: NDArray[np.uint64]) -> NDArray[np.uint64]:
    keys = mixed(hashes, outlets)  # type: ignore[arg-type]
    keys[hashes == 0] = 0
    return keys


def _no_units() -> _Units:
    return _Units(np.empty(0, np.int32), np.empty(0, np.uint64), np.empty(0, np.uint64))


def _sorted(parts: Sequence[_Keys]) -> _Keys:
    keys = np.concatenate([np.empty(0, np.uint64), *(part.keys for part in parts)])
    seats = np.concatenate([np.empty(0, np.int32), *(part.seats for part in parts)])
    order = np.argsort(keys, kind="stable")
    return _Keys(keys[order], seats[order])


def _counted(held: _Keys, marks: NDArray[np.uint16]) -> Table:
    """How many articles hold each key, and the smallest and largest marks of them."""
    if not len(held.keys):
        return empty_table()
    first = np.flatnonzero(np.concatenate(([True], held.keys[1:] != held.keys[:-1])))
    counts = np.diff(np.append(first, len(held.keys))).astype(np.uint32)
    own = marks[held.seats]
    return Table(held.keys[first], counts, np.minimum.reduceat(own, first), np.maximum.reduceat(own, first))


def _write(view: Writing, name: str, table: Table) -> None:
    keys = table.keys.view(np.int64)
    order = np.argsort(keys, kind="stable")
    rows = np.empty(len(keys), ROW)
    rows["articles"], rows["low"], rows["high"] = table.counts[order], table.low[order], table.high[order]
    put_blocks(view, name, keys[order], rows)


# --- first words ------------------------------------------------------------------------------------------------


def _settled(units: _Units, held: _Keys, table: Table, marks: NDArray[np.uint16]) -> NDArray[np.bool_]:
    """Of each line whether it is furniture for good, as far as its article is concerned."""
    settled = np.zeros(len(units.lines), np.bool_)
    many = table.keys[table.counts >= SETTLED]
    if not len(many):
        return settled
    at = np.minimum(np.searchsorted(many, units.lines), len(many) - 1)
    chosen = np.flatnonzero(many[at] == units.lines)
    rows = np.searchsorted(table.keys, units.lines[chosen])
    low, high, own = table.low[rows], table.high[rows], marks[units.seats[chosen]]
    agreeing = ((low == own) | (high == own)) @ WEIGHTS
    of_one = (low == high) @ WEIGHTS >= SAME_STORY
    late = _rank(units.lines[chosen], units.seats[chosen], held) + 1 >= SETTLED
    settled[chosen] = late & ~(of_one & (agreeing >= SAME_STORY))
    return settled


def _rank(lines: NDArray[np.uint64], seats: NDArray[np.int32], held: _Keys) -> Seats:
    """How many articles had each line before."""
    begins, wanted = np.searchsorted(held.keys, lines), np.empty(len(lines), np.int64)
    ends = np.searchsorted(held.keys, lines, side="right")
    for line in np.unique(begins).tolist():
        own = np.flatnonzero(begins == line)
        wanted[own] = np.searchsorted(held.seats[line : ends[own[0]]], seats[own])
    return wanted


def _open_still(units: _Units, settled: NDArray[np.bool_]) -> tuple[NDArray[np.uint64], NDArray[np.int32]]:
    """First words and their articles, each once, but those of which every line is settled."""
    order = np.lexsort((units.seats, units.first))
    first, seats = units.first[order], units.seats[order]
    heads = np.ones(len(first), np.bool_)
    heads[1:] = (first[1:] != first[:-1]) | (seats[1:] != seats[:-1])
    starts = np.flatnonzero(heads)
    if not len(starts):
        return first, seats
    kept = starts[~np.logical_and.reduceat(settled[order], starts)]
    return first[kept], seats[kept]
