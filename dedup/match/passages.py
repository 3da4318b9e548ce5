"""The runs of words that are shown of pairs as shared, and how many of their words are nobody's own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from dedup.match.build import BOUND
from dedup.match.compiled import compiled
from dedup.match.features import Findings, Pair, column, runs_of
from dedup.match.marks import QUOTED
from dedup.match.overlap import PASSAGE_WORDS
from dedup.models import Passage

Run = tuple[int, int, int]


class Passages(NamedTuple):
    """The passages of one pair, in the order of a: ``runs`` say where they begin in each text and how long they are, in
    words, ``places`` the same in characters. Of their ``words`` one of the two has so many in quotations (``quoted``),
    and so many of the others are of stock phrases (``stock``)."""

    runs: Sequence[Run] = ()
    places: tuple[Passage, ...] = ()
    words: int = 0
    quoted: int = 0
    stock: int = 0


NO_PASSAGES = Passages()


def passages_of(pairs: Sequence[Pair], found: Findings, shown: Sequence[int]) -> list[Passages]:
    """The passages of the pairs that are shown, by their numbers."""
    chosen, numbers = [pairs[k] for k in shown], np.array(shown, np.int64)
    rows = column(chosen, "row", np.int64)
    tiles = np.column_stack([found.bounds[numbers], found.bounds[numbers + 1]])
    made: list[Passages] = []
    for start, end in runs_of(chosen):
        a, b = chosen[start]
        out = np.empty((int(np.diff(tiles[start:end]).sum()), 8), np.int32), np.zeros((end - start, 4), np.int64)
        given = (rows[start:end], tiles[start:end], found.swapped[numbers[start:end]])
        used = _put_passages((a.packed, b.packed), given, found.tiles, out)
        made += _told(out[0][:used], out[1])
    return made


def _told(spans: Any, counts: Any) -> list[Passages]:
    runs = list(map(tuple, spans[:, :3].tolist()))
    places = list(map(Passage._make, spans[:, 3:].tolist()))
    made, start = [], 0
    for count, *sums in counts.tolist():
        end = start + count
        made.append(Passages(runs[start:end], tuple(places[start:end]), *sums) if count else NO_PASSAGES)
        start = end
    return made


@compiled
def _put_passages(sides: Any, given: Any, tiles: Any, out: Any) -> int:
    """Write of each passage place in a, place in b, length and the fields of ``Passage``; of each pair how many there
    are, their words, quoted and stock. Returns how many there are in all. ``given`` are the rows of each pair, where
    its tiles stand, which have the shorter article first, and whether that is b."""
    one, other = sides
    rows, bounds, swapped = given
    spans, counts = out
    used = 0
    for k in range(rows.shape[0]):
        first, begin_a, begin_b = used, one.words[rows[k, 0], 0], other.words[rows[k, 1], 0]
        for t in range(bounds[k, 0], bounds[k, 1]):
            length = tiles[t, 2]
            if length < PASSAGE_WORDS:
                continue
            i, j = (tiles[t, 1], tiles[t, 0]) if swapped[k] else (tiles[t, 0], tiles[t, 1])
            span = spans[used]
            span[0], span[1], span[2], span[7] = i, j, length, length
            a, b = begin_a + i, begin_b + j
            span[3], span[4] = one.starts[a], one.ends[a + length - 1]
            span[5], span[6] = other.starts[b], other.ends[b + length - 1]
            for n in range(length):
                either = one.flags[a + n] | other.flags[b + n]
                counts[k, 2] += (either & QUOTED) != 0
                counts[k, 3] += (either & BOUND) != 0 and (either & QUOTED) == 0
            counts[k, 1] += length
            used += 1
        counts[k, 0] = used - first
        if swapped[k] and counts[k, 0] > 1:
            spans[first:used] = spans[first:used][np.argsort(spans[first:used, 0], kind="mergesort")]
    return used
