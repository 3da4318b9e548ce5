"""Outlines of a feed: those of the first articles are held, the others wait in a file and are read for the pairs at
hand."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from dedup.match.compiled import compiled
from dedup.match.outline import Glances, Outlines, glance, join_outlines
from dedup.spill import Room

Arrays = tuple[npt.NDArray[Any], ...]


@dataclass(frozen=True, slots=True, eq=False)
class OutlineShelf:
    """The outlines of n articles, ``held`` those of the first ones. The words and windows of the others, 5 kB an
    article, stand in ``room`` at ``places``; what else there is of all, 100 bytes, in ``light``."""

    held: Outlines
    light: Outlines
    places: tuple[int, ...] = ()
    room: Room | None = None

    def glance(self, pairs: npt.NDArray[np.int32]) -> Glances:
        """``outline.glance`` of pairs of rows."""
        if self.room is None:
            return glance(self.held, pairs)
        rows, places = np.unique(pairs, return_inverse=True)
        return glance(self._read(rows, self.room), places.reshape(pairs.shape).astype(np.int32))

    def _read(self, rows: npt.NDArray[np.int32], room: Room) -> Outlines:
        made = _empty(self.light, rows)
        first = len(self.held.plain)
        for row, target in zip(rows.tolist(), _by_row(made), strict=True):
            if row >= first:
                room.into(self.places[row - first], target)
            else:
                for own, column in zip(_row(self.held, row), target, strict=True):
                    column[:] = own
        return made


def shelve(parts: Iterable[Outlines], hold: int) -> OutlineShelf:
    """The outlines of the parts after each other, one part or more; those beyond ``hold`` bytes go to a file. Raises
    SpillError where it cannot grow."""
    waiting = iter(parts)
    held = join_outlines(_first(waiting, hold))
    light, places, room = [_without_words(held)], [0][:0], None
    for part in waiting:
        room = room or Room()
        rows, bounds = _in_rows(part)
        places += (room.put(rows.data) + bounds).tolist()
        light.append(_without_words(part))
    return OutlineShelf(held, join_outlines(light), tuple(places), room)


def _first(parts: Iterator[Outlines], hold: int) -> Iterator[Outlines]:
    """The first part, and others until they take ``hold`` bytes."""
    for part in parts:
        yield part
        hold -= sum(column.nbytes for column in part)
        if hold <= 0:
            return


def _without_words(part: Outlines) -> Outlines:
    heavy = {name: np.empty(0, getattr(part, name).dtype) for name in ("ids", "weights", "marks", "grams")}
    return part._replace(**heavy)


def _in_rows(part: Outlines) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.int64]]:
    """The bytes of words and windows row by row, and where each row begins."""
    columns = (part.ids, part.weights, part.marks, part.grams)
    sizes = np.diff(part.bounds) * sum(column.itemsize for column in columns[:3])
    sizes += np.diff(part.gram_bounds) * part.grams.itemsize
    bounds = np.concatenate([np.zeros(1, np.int64), np.cumsum(sizes)])
    rows = np.empty(bounds[-1], np.uint8)
    flat = tuple((column.view(np.uint8), column.itemsize) for column in columns)
    _interleave(flat, part.bounds, part.gram_bounds, rows)
    return rows, bounds[:-1]


@compiled
def _interleave(columns: Any, bounds: Any, gram_bounds: Any, out: Any) -> None:
    (ids, wide), (weights, middle), (marks, narrow), (grams, half) = columns
    at = 0
    for row in range(bounds.shape[0] - 1):
        low, high = bounds[row], bounds[row + 1]
        at = _put(ids[low * wide : high * wide], out, at)
        at = _put(weights[low * middle : high * middle], out, at)
        at = _put(marks[low * narrow : high * narrow], out, at)
        at = _put(grams[gram_bounds[row] * half : gram_bounds[row + 1] * half], out, at)


@compiled
def _put(data: Any, out: Any, at: int) -> int:
    end: int = at + data.shape[0]
    out[at:end] = data
    return end


def _empty(light: Outlines, rows: npt.NDArray[np.int32]) -> Outlines:
    """Outlines of some rows, whose words and windows are to be filled in."""
    bounds, gram_bounds = (
        np.concatenate([np.zeros(1, np.int64), np.cumsum(np.diff(every)[rows])])
        for every in (light.bounds, light.gram_bounds)
    )
    return Outlines(
        ids=np.empty(bounds[-1], light.ids.dtype),
        weights=np.empty(bounds[-1], light.weights.dtype),
        marks=np.empty(bounds[-1], light.marks.dtype),
        bounds=bounds,
        grams=np.empty(gram_bounds[-1], light.grams.dtype),
        gram_bounds=gram_bounds,
        norms=light.norms[rows],
        days=light.days[rows],
        weekdays=light.weekdays[rows],
        pages=light.pages[rows],
        plain=light.plain[rows],
    )


def _by_row(part: Outlines) -> Iterator[Arrays]:
    """Words and windows of each row, as views."""
    cuts = zip(pairwise(part.bounds.tolist()), pairwise(part.gram_bounds.tolist()), strict=True)
    for (low, high), (begin, end) in cuts:
        yield part.ids[low:high], part.weights[low:high], part.marks[low:high], part.grams[begin:end]


def _row(part: Outlines, row: int) -> Arrays:
    low, high = part.bounds[row], part.bounds[row + 1]
    begin, end = part.gram_bounds[row], part.gram_bounds[row + 1]
    return part.ids[low:high], part.weights[low:high], part.marks[low:high], part.grams[begin:end]
