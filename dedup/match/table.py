"""Matches as columns: 65 bytes each, without the passages and reasons of those that are shown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt

from dedup.match.outline import Glances
from dedup.models import DERIVED, RELATIONS, Match

UNRELATED = RELATIONS.index("unrelated")
_NUMBER_OF = {name: number for number, name in enumerate(RELATIONS)}
_IS_DERIVED = np.array([name in DERIVED for name in RELATIONS], np.bool_)

(SCORE, TOLD, JACCARD, HELD_A, HELD_B, COSINE) = range(6)
NUMBERS = 6
"""Score, same-story score, Jaccard, containment of the first and of the second, cosine."""


@dataclass(frozen=True, slots=True, eq=False)
class MatchTable:
    """m matches of articles by their places in a list that is sorted by id.

    ``pairs`` int32[m, 2], the lesser place first; ``relations`` uint8[m] as numbered in RELATIONS; ``numbers``
    float64[m, NUMBERS]; ``shown`` int64[m] where the whole match stands in a list of those that are shown, or -1.
    """

    pairs: npt.NDArray[np.int32]
    relations: npt.NDArray[np.uint8]
    numbers: npt.NDArray[np.float64]
    shown: npt.NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.pairs)

    @property
    def derived(self) -> npt.NDArray[np.bool_]:
        """bool[m]: whether the relation says that text was taken."""
        return _IS_DERIVED[self.relations]

    def at(self, rows: npt.NDArray[np.int64]) -> MatchTable:
        """Some rows, in the order given."""
        return MatchTable(*(getattr(self, item.name)[rows] for item in fields(self)))

    def find(self, pairs: npt.NDArray[np.int32]) -> npt.NDArray[np.int64]:
        """Of a sorted table the row of each pair, or -1."""
        if not len(self):
            return np.full(len(pairs), -1, np.int64)
        keys, wanted = _keys(self.pairs), _keys(pairs)
        rows = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
        return np.where(keys[rows] == wanted, rows, -1)

    def matches(self, ids: Sequence[str]) -> list[Match]:
        """Every match, without passages and reasons."""
        relations, numbers = self.relations.tolist(), self.numbers.tolist()
        return [
            Match(ids[i], ids[j], RELATIONS[relation], score, told, jaccard, (held_a, held_b), cosine)
            for (i, j), relation, (score, told, jaccard, held_a, held_b, cosine) in zip(
                self.pairs.tolist(), relations, numbers, strict=True
            )
        ]


def table_of(pairs: npt.NDArray[np.int32], matches: Sequence[Match]) -> MatchTable:
    """The matches of these pairs; ``shown`` counts those that are not unrelated."""
    numbers = [(m.score, m.same_story_score, m.jaccard, *m.containment, m.cosine) for m in matches]
    relations = np.array([_NUMBER_OF[match.relation] for match in matches], np.uint8)
    shown = relations != UNRELATED
    return MatchTable(
        pairs,
        relations,
        np.array(numbers, np.float64).reshape(len(pairs), NUMBERS),
        np.where(shown, np.cumsum(shown) - 1, -1).astype(np.int64),
    )


def told_apart(pairs: npt.NDArray[np.int32], seen: Glances) -> MatchTable:
    """The matches of those pairs that are unrelated at a glance."""
    numbers = np.zeros((len(pairs), NUMBERS))
    numbers[:, TOLD], numbers[:, COSINE] = seen.story_scores, seen.cosines
    rows = seen.unrelated
    count = int(np.count_nonzero(rows))
    unrelated = np.full(count, UNRELATED, np.uint8)
    return MatchTable(pairs[rows], unrelated, numbers[rows], np.full(count, -1, np.int64))


def join_matches(parts: Iterable[MatchTable]) -> MatchTable:
    """Tables without a pair in common as one, sorted by pair."""
    held = [*parts, table_of(np.empty((0, 2), np.int32), ())]
    order = np.argsort(np.concatenate([_keys(part.pairs) for part in held]), kind="stable")
    return MatchTable(
        *(np.concatenate([getattr(part, item.name) for part in held])[order] for item in fields(MatchTable))
    )


def _keys(pairs: npt.NDArray[np.int32]) -> npt.NDArray[np.int64]:
    """The places of a pair in one number."""
    return pairs[:, 0].astype(np.int64) << 32 | pairs[:, 1]
