"""The pairs of a whole set of articles: all that pass the rules, the best of either article, and their links.

The pairs and their scores are those of the batch, also where a bucket or a heavy word is in too many articles: one
article at a time would compare others there, so that these lists are what ``rebuild`` promises, and later articles are
laid beside what was posted.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dedup.index.bulk.keys import Feed
from dedup.index.contract import Writing
from dedup.index.web import (
    COPY_TOP,
    DERIVED,
    HELD,
    KEPT,
    LINK,
    NEAR_TOP,
    RELATED,
    SAME_HEAVY,
    SAME_WORDS,
    trimmed,
)
from dedup.match.candidates import Met
from dedup.match.compiled import compiled
from dedup.match.neighbours import Found, Join, best_found, join_part, nothing_found, together
from dedup.match.pairs import distinct, keys_of, pairs_of
from dedup.match.table import UNRELATED, MatchTable

SEATS_AT_ONCE = 8192
"""Articles whose links are put together at a time."""
PAIRS = 1 << 24
"""Pairs of neighbours, 20 bytes each, that are held beyond the best of each article: those of news are 4 to 50 an
article, but words that a feed makes up, all of them rare, bring together thousands."""
ONE, OTHER = 1, 2
"""A pair is among the best of its first article, of its second."""

Places = NDArray[np.int32]


class Listed(NamedTuple):
    """Pairs of seats of one kind that pass its rules, ``one`` and ``other`` int32[m], ``scores`` float32[m] that rank
    them, and of whom they are among the ``best``, uint8[m]; those of seat i stand at ``rows[starts[i]:starts[i + 1]]``.
    Who has equal words is paired with who stands for them: ``twins`` int64[k, 2] of seats, this one first."""

    one: Places
    other: Places
    scores: NDArray[np.float32]
    best: NDArray[np.uint8]
    starts: NDArray[np.int64]
    rows: Places
    twins: NDArray[np.int64]


def copies_listed(met: Met, feed: Feed, most: int) -> Listed:
    """The pairs that may be copies; those that rank the same go by the order in which the batch numbers articles."""
    seats = feed.seats[met.rows].astype(np.int32)
    order = np.zeros(len(feed.seats), np.uint32)
    order[seats] = np.arange(len(seats), dtype=np.uint32)
    others = np.flatnonzero(met.first != np.arange(len(met.first)))
    twins = np.column_stack([met.first[others], others])
    return _listed((seats[met.a], seats[met.b], met.scores), order, most, feed.seats[twins])


def near_listed(join: Join, found: Found, feed: Feed, most: int) -> Listed:
    """The pairs that may tell one story; those that rank the same go by id."""
    seats = feed.seats.astype(np.int32)
    pairs = (seats[found.a], seats[found.b], found.cosine)
    return _listed(pairs, feed.places.astype(np.uint32), most, feed.seats[join.twins])


def compared_pairs(kinds: tuple[Listed, ...], feed: Feed) -> NDArray[np.int32]:
    """The pairs of places to compare, sorted, each once."""
    found = []
    for kind in kinds:
        kept = kind.best > 0
        for a, b in ((kind.one[kept], kind.other[kept]), (kind.twins[:, 0], kind.twins[:, 1])):
            found.append(keys_of(np.sort(np.column_stack([feed.places[a], feed.places[b]]), axis=1)))
    return np.ascontiguousarray(pairs_of(distinct(np.concatenate(found))))


def write_links(view: Writing, feed: Feed, kinds: tuple[Listed, Listed], table: MatchTable) -> int:
    """Write the links of all articles; how many were left out where one has too many. ``table`` holds the matches of
    ``compared_pairs``."""
    dropped = 0
    for low in range(0, len(feed.numbers), SEATS_AT_ONCE):
        owners, links = _links(feed, kinds, table, (low, min(low + SEATS_AT_ONCE, len(feed.numbers))))
        used, starts = np.unique(owners, return_index=True)
        records = []
        for own in np.split(links, starts[1:]):
            dropped += max(0, len(own) - HELD)
            records.append((trimmed(own) if len(own) > HELD else own).tobytes())
        view.put("links", zip(feed.numbers[used].tolist(), records, strict=False))
    return dropped


def _links(
    feed: Feed, kinds: tuple[Listed, Listed], table: MatchTable, seats: tuple[int, int]
) -> tuple[NDArray[np.int64], NDArray[np.void]]:
    """The links of some articles with the seat of each."""
    sides = [_sides(kind, *seats) for kind in kinds]
    twins = [kind.twins[(kind.twins[:, 1] >= seats[0]) & (kind.twins[:, 1] < seats[1])] for kind in kinds]
    keys = [*(side.keys for side in sides), *(keys_of(own[:, ::-1]) for own in twins)]
    every = np.unique(np.concatenate(keys))
    at = [np.searchsorted(every, own) for own in keys]
    owners, others = pairs_of(every).T
    links = np.zeros(len(every), LINK)
    links["other"], links["copy"], links["near"] = feed.numbers[others], -1, -1
    for name, side, own, flag in zip(("copy", "near"), sides, at, (COPY_TOP, NEAR_TOP), strict=False):
        links[name][own] = side.scores
        links["flags"][own] |= (side.best * flag).astype(np.uint8)
    links["flags"][at[2]] |= SAME_WORDS
    links["flags"][at[3]] |= SAME_HEAVY
    _note(links, table, np.sort(feed.places[np.column_stack([owners, others])], axis=1).astype(np.int32))
    return owners.astype(np.int64), links


def _note(links: NDArray[np.void], table: MatchTable, pairs: NDArray[np.int32]) -> None:
    """Note what comparing the pairs found."""
    rows = table.find(pairs)
    kept = rows >= 0
    rows = rows[kept]
    relations = table.relations[rows]
    flags = KEPT + DERIVED * table.derived[rows].astype(np.uint8) + RELATED * (relations != UNRELATED).astype(np.uint8)
    links["story"][kept] = table.told[rows]
    links["flags"][kept] |= flags.astype(np.uint8)


class _Sides(NamedTuple):
    """Pairs as their articles list them: keys of seat and other seat, scores, whether it is among the best of seat."""

    keys: NDArray[np.int64]
    scores: NDArray[np.float32]
    best: NDArray[np.bool_]


def _sides(kind: Listed, low: int, high: int) -> _Sides:
    rows = kind.rows[kind.starts[low] : kind.starts[high]]
    owners = np.repeat(np.arange(low, high, dtype=np.int32), np.diff(kind.starts[low : high + 1]))
    first = kind.one[rows] == owners
    others = np.where(first, kind.other[rows], kind.one[rows])
    best = (kind.best[rows] & np.where(first, ONE, OTHER)) > 0
    return _Sides(keys_of(np.column_stack([owners, others])), kind.scores[rows], best)


def _listed(
    pairs: tuple[Places, Places, NDArray[np.float32]],
    order: NDArray[np.uint32],
    most: int,
    twins: NDArray[np.int64],
) -> Listed:
    one, other, scores = pairs
    degrees = np.bincount(one, minlength=len(order)) + np.bincount(other, minlength=len(order))
    starts = np.concatenate([[0], np.cumsum(degrees)])
    rows, best = np.empty(starts[-1], np.int32), np.zeros(len(one), np.uint8)
    _mark_best((one, other, scores.view(np.uint32)), (starts, rows), order, most, best)
    return Listed(one, other, scores, best, starts, rows, twins.reshape(-1, 2))


@compiled
def _mark_best(pairs: Any, lists: Any, order: Any, most: int, best: Any) -> None:
    """List the pairs of every article, and mark its ``most`` of highest score, ties to the other that is first in
    order."""
    (one, other, bits), (starts, rows) = pairs, lists
    ends = starts[:-1].copy()
    for row in range(len(one)):
        for seat in (one[row], other[row]):
            rows[ends[seat]] = row
            ends[seat] += 1
    for seat in range(len(ends)):
        own = rows[starts[seat] : starts[seat + 1]]
        ranks = np.empty(len(own), np.uint64)
        for k in range(len(own)):
            there = other[own[k]] if one[own[k]] == seat else one[own[k]]
            ranks[k] = np.uint64(~bits[own[k]]) << np.uint64(32) | np.uint64(order[there])
        last = np.sort(ranks)[most - 1] if len(own) > most else np.uint64(0xFFFFFFFFFFFFFFFF)
        for k in range(len(own)):
            if ranks[k] <= last:
                best[own[k]] |= 1 if one[own[k]] == seat else 2


def find_near(join: Join, articles: int, each: int) -> tuple[Found, int]:
    """All pairs of neighbours, or of very many the best of each of the articles, more than ``each``; and how often one
    is not listed for that."""
    most, total, since = max(each, PAIRS // max(1, articles)), 0, 0
    held = [nothing_found()]
    for part in join.parts:
        held.append(join_part(join, part))
        total, since = total + len(held[-1].a), since + len(held[-1].a)
        if since > len(held[0].a) + PAIRS:
            held, since = [best_found(together(held), articles, most)], 0
    found = together(held)
    if total > len(found.a):
        found = best_found(found, articles, most)
    return found, 2 * (total - len(found.a))
