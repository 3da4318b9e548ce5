"""What an open index keeps of articles it met, so that the next ones need not be read and made again; all of it bounded
in bytes or by number, since an index is open for months."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field, replace
from sys import getsizeof
from typing import Generic, NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt

from dedup.match.outline import Outlines
from dedup.match.packed import one_row
from dedup.match.profile import Profile
from dedup.models import Match

PROFILE_BYTES = 96 << 20
"""Of profiles: some 2,000 of 48 kB. Half of the pairs need them, and a new article is mostly near those of its day."""
OUTLINE_BYTES = 48 << 20
"""Of outlines: some 8,000 of 6 kB. Every pair is looked at by them first."""
MATCHES = 4096
"""Matches that grouping asked for beyond the compared pairs, which it asks again as their story grows: .3 to 2 kB each.
Compared pairs themselves are asked for once, and stand in the store then."""
OBJECTS = 800
"""Bytes that Python and numpy add to an outline; to a profile some three times as much."""

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")
Stamped = tuple[str, bytes]
"""Id and stamp of an article: one that is cleaned anew, by any process, is another entry."""


class Recent(Generic[Key, Value]):
    """The values used last, by key: as many as weigh ``most`` together, by default one each."""

    def __init__(self, most: int, weigh: Callable[[Value], int] = lambda _: 1) -> None:
        self._most = most
        self._weigh = weigh
        self._held: OrderedDict[Key, Value] = OrderedDict()
        self.weight = 0

    def __len__(self) -> int:
        return len(self._held)

    def get(self, key: Key) -> Value | None:
        """The value under a key, now the one used last; or None."""
        value = self._held.get(key)
        if value is not None:
            self._held.move_to_end(key)
        return value

    def put(self, key: Key, value: Value) -> None:
        """Keep a value; those not used for longest go while all weigh too much."""
        self.drop(key)
        self._held[key] = value
        self.weight += self._weigh(value)
        while self.weight > self._most:
            self.weight -= self._weigh(self._held.popitem(last=False)[1])

    def drop(self, key: Key) -> None:
        """Let go of a value; one that is not there is passed over."""
        if key in self._held:
            self.weight -= self._weigh(self._held.pop(key))


class Outline(NamedTuple):
    """One row of ``Outlines``, in arrays of its own."""

    ids: npt.NDArray[np.uint64]
    weights: npt.NDArray[np.float32]
    marks: npt.NDArray[np.uint16]
    grams: npt.NDArray[np.uint32]
    norms: npt.NDArray[np.float64]
    rest: tuple[float, int, bool, bool]


def _bytes_of_outline(outline: Outline) -> int:
    return OBJECTS + sum(column.nbytes for column in outline[:5])


def _bytes_of_profile(profile: Profile) -> int:
    return 3 * OBJECTS + getsizeof(profile.text) + sum(column.nbytes for column in profile.packed)


@dataclass(frozen=True, slots=True)
class Memory:
    """Profiles, outlines and matches of earlier transactions."""

    profiles: Recent[Stamped, Profile] = field(default_factory=lambda: Recent(PROFILE_BYTES, _bytes_of_profile))
    outlines: Recent[Stamped, Outline] = field(default_factory=lambda: Recent(OUTLINE_BYTES, _bytes_of_outline))
    matches: Recent[tuple[Stamped, Stamped], Match] = field(default_factory=lambda: Recent(MATCHES))


def rows_of(outlines: Outlines) -> list[Outline]:
    """Each row on its own, so that one that is kept does not hold on to the others."""
    words, grams = outlines.bounds.tolist(), outlines.gram_bounds.tolist()
    rest = (outlines.days.tolist(), outlines.weekdays.tolist(), outlines.pages.tolist(), outlines.plain.tolist())
    return [
        Outline(
            outlines.ids[words[row] : words[row + 1]].copy(),
            outlines.weights[words[row] : words[row + 1]].copy(),
            outlines.marks[words[row] : words[row + 1]].copy(),
            outlines.grams[grams[row] : grams[row + 1]].copy(),
            outlines.norms[row].copy(),
            own,
        )
        for row, own in enumerate(zip(*rest, strict=True))
    ]


def outlines_of(rows: Sequence[Outline]) -> Outlines:
    """One row or more, together again."""
    ids, weights, marks, grams, norms, rest = zip(*rows, strict=True)
    days, weekdays, pages, plain = zip(*rest, strict=True)
    return Outlines(
        ids=np.concatenate(ids),
        weights=np.concatenate(weights),
        marks=np.concatenate(marks),
        bounds=_bounds(ids),
        grams=np.concatenate(grams),
        gram_bounds=_bounds(grams),
        norms=np.stack(norms),
        days=np.array(days, np.float64),
        weekdays=np.array(weekdays, np.int64),
        pages=np.array(pages, np.bool_),
        plain=np.array(plain, np.bool_),
    )


def _bounds(parts: Sequence[npt.NDArray[np.generic]]) -> npt.NDArray[np.int64]:
    return np.cumsum([0, *map(len, parts)], dtype=np.int64)


def alone(profile: Profile) -> Profile:
    """A profile in arrays of its own: of those made together each would hold on to all."""
    return replace(profile, packed=one_row(profile.packed, profile.row), row=0)
