"""Matches as columns: 29 bytes each, 40 more of those that took a closer look, without passages and reasons."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields, replace

import numpy as np
import numpy.typing as npt

from dedup.match.outline import Glances
from dedup.match.pairs import Keys, keys_of, pairs_of
from dedup.models import DERIVED, RELATIONS, Match
from dedup.sketch.table import Column

UNRELATED = RELATIONS.index("unrelated")
_NUMBER_OF = {name: number for number, name in enumerate(RELATIONS)}
_IS_DERIVED = np.array([name in DERIVED for name in RELATIONS], np.bool_)

(SCORE, JACCARD, HELD_A, HELD_B) = range(4)
NUMBERS = 4
"""Score, Jaccard, containment of the first and of the second."""

_OF_CLOSE = ("numbers", "listed")


@dataclass(frozen=True, slots=True, eq=False)
class MatchTable:
    """m matches of articles by their places in a list that is sorted by id, k of which took a closer look.

    ``keys`` int64[m] of the pairs, the lesser place first; ``relations`` uint8[m] as numbered in RELATIONS; ``told``
    float64[m] the same-story scores; ``cosines`` float64[m]; ``close`` int32[m] the row of the closer look, or -1.
    Of these, in any order and maybe with others: ``numbers`` float64[k, NUMBERS], 0 for all others, and ``listed``
    int64[k] where the whole match stands in a list of those that are shown, or -1.
    """

    keys: Keys
    relations: npt.NDArray[np.uint8]
    told: npt.NDArray[np.float64]
    cosines: npt.NDArray[np.float64]
    close: npt.NDArray[np.int32]
    numbers: npt.NDArray[np.float64]
    listed: npt.NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.keys)

    @property
    def pairs(self) -> npt.NDArray[np.int32]:
        """int32[m, 2]: the places of each pair; a view."""
        return pairs_of(self.keys)

    @property
    def shown(self) -> npt.NDArray[np.int64]:
        """The rows of matches that are shown."""
        looked = np.flatnonzero(self.close >= 0)
        return looked[self.listed[self.close[looked]] >= 0]

    @property
    def derived(self) -> npt.NDArray[np.bool_]:
        """bool[m]: whether the relation says that text was taken."""
        return _IS_DERIVED[self.relations]

    def at(self, rows: npt.NDArray[np.int64]) -> MatchTable:
        """Some rows, in the order given."""
        return replace(
            self,
            keys=self.keys[rows],
            relations=self.relations[rows],
            told=self.told[rows],
            cosines=self.cosines[rows],
            close=self.close[rows],
        )

    def find(self, pairs: npt.NDArray[np.int32]) -> npt.NDArray[np.int64]:
        """Of a sorted table the row of each pair, or -1."""
        if not len(self):
            return np.full(len(pairs), -1, np.int64)
        wanted = keys_of(pairs)
        rows = np.minimum(np.searchsorted(self.keys, wanted), len(self.keys) - 1)
        return np.where(self.keys[rows] == wanted, rows, -1)

    def matches(self, ids: Sequence[str]) -> list[Match]:
        """Every match, without passages and reasons."""
        numbers, looked = np.zeros((len(self), NUMBERS)), np.flatnonzero(self.close >= 0)
        numbers[looked] = self.numbers[self.close[looked]]
        columns = (self.pairs, self.relations, numbers, self.told, self.cosines)
        return [
            Match(ids[i], ids[j], RELATIONS[relation], score, told, jaccard, (held_a, held_b), cosine)
            for (i, j), relation, (score, jaccard, held_a, held_b), told, cosine in zip(
                *(column.tolist() for column in columns), strict=True
            )
        ]


def table_of(pairs: npt.NDArray[np.int32], matches: Sequence[Match]) -> MatchTable:
    """The matches of these pairs, all of which took a closer look; ``listed`` counts those that are not unrelated."""
    relations = np.array([_NUMBER_OF[match.relation] for match in matches], np.uint8)
    shown = relations != UNRELATED
    numbers = [(match.score, match.jaccard, *match.containment) for match in matches]
    return MatchTable(
        keys_of(pairs),
        relations,
        np.array([match.same_story_score for match in matches], np.float64),
        np.array([match.cosine for match in matches], np.float64),
        np.arange(len(matches), dtype=np.int32),
        np.array(numbers, np.float64).reshape(len(matches), NUMBERS),
        np.where(shown, np.cumsum(shown) - 1, -1).astype(np.int64),
    )


def told_apart(pairs: npt.NDArray[np.int32], seen: Glances) -> MatchTable:
    """The matches of those pairs that are unrelated at a glance."""
    rows = seen.unrelated
    keys = keys_of(pairs[rows])
    return MatchTable(
        keys,
        np.full(len(keys), UNRELATED, np.uint8),
        seen.story_scores[rows],
        seen.cosines[rows],
        np.full(len(keys), -1, np.int32),
        np.empty((0, NUMBERS), np.float64),
        np.empty(0, np.int64),
    )


def join_matches(parts: Iterable[MatchTable]) -> MatchTable:
    """Tables without a pair in common as one, sorted by pair; parts that are made as they are asked for are not held
    twice. Each holds the closer looks of its own rows alone."""
    empty = table_of(np.empty((0, 2), np.int32), ())
    columns = {item.name: Column(getattr(empty, item.name)) for item in fields(MatchTable)}
    looked = 0
    for part in parts:
        for name, column in columns.items():
            own = getattr(part, name)
            column.add(np.where(own >= 0, own + np.int32(looked), own) if name == "close" else own)
        looked += len(part.numbers)
    keys = columns["keys"].done()
    order = np.argsort(keys, kind="stable")
    joined = {name: column.done() for name, column in columns.items()}
    for name in joined.keys() - set(_OF_CLOSE):
        joined[name] = joined[name][order]
    return MatchTable(**joined)
