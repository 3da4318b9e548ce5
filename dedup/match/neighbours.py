"""Which pairs of articles may tell the same story: those that share enough of their heaviest words.

Each article's heaviest TF-IDF words are its keys. Two articles are neighbours when they share enough keys and the part
of their cosine that falls on shared keys reaches a floor, a higher one when they are far apart in time: a rule about
the pair alone, so that batch and index agree. Pairs are found by adding up along postings (scan count: Li, Lu and Lu,
ICDE 2008), so nothing is missed; what the two caps leave out is counted.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from dedup.match.compiled import compiled
from dedup.match.postings import Packed, Postings, Rule, pairs_of_rows, postings_of
from dedup.match.similarity import Vector, cosine, vectorise_many
from dedup.models import CleanArticle
from dedup.settings import Settings

SECONDS_A_DAY = 86400.0

ROWS_A_PART = 1 << 13
"""Rows that are met with all before them in one go; the cuts of all words are looked for once a part."""

FOUND_A_CHOICE = 1 << 21
"""Pairs found since those that cannot be among the best were let go last, at least."""


@dataclass(frozen=True, slots=True)
class Neighbours:
    """``pairs`` int32[m, 2] of positions, i < j, sorted, no repeats. ``caps`` counts what limits left out, by name:
    ``neighbour_terms`` words in more articles than ``neighbour_bucket``, which bring no pair together on their own;
    ``neighbours_each`` pairs beyond the best of both their articles."""

    pairs: npt.NDArray[np.int32]
    caps: Mapping[str, int] = field(default_factory=dict)


class Keys(NamedTuple):
    """The heaviest words of n articles: ``ids`` uint64[n, k] and ``weights`` float32[n, k], of which the first
    ``sizes`` int64[n] are used."""

    ids: npt.NDArray[np.uint64]
    weights: npt.NDArray[np.float32]
    sizes: npt.NDArray[np.int64]


def neighbour_keys(vector: Vector, settings: Settings) -> Vector:
    """The article's keys: its ``neighbour_terms`` heaviest words, ties to the lesser id, with their weights."""
    best = np.sort(np.lexsort((vector.ids, -vector.weights))[: settings.neighbour_terms])
    return Vector(vector.ids[best], vector.weights[best])


def are_neighbours(a: CleanArticle, b: CleanArticle, keys: tuple[Vector, Vector], settings: Settings) -> bool:
    """The rule for one pair, before caps: the plain twin of neighbour_pairs, and what an index asks.

    ``keys`` are the ``neighbour_keys`` of a and b.
    """
    shared = len(np.intersect1d(keys[0].ids, keys[1].ids, assume_unique=True))
    far = abs(_day(a) - _day(b)) > settings.neighbour_days
    floor = settings.neighbour_cosine_far if far else settings.neighbour_cosine
    return shared >= settings.neighbour_shared and cosine(*keys) >= floor


def neighbour_pairs(
    cleaned: Sequence[CleanArticle], settings: Settings, vectors: Sequence[Vector] | None = None
) -> Neighbours:
    """Pairs that may tell the same story. ``vectors`` are those of ``vectorise_many(cleaned)``, made here if None.

    Of articles with the same keys, the one of the least id stands for all; the others are paired with it alone.
    """
    vectors = vectorise_many(cleaned) if vectors is None else vectors
    ids = np.concatenate([np.empty(0, np.uint64), *(item.ids for item in vectors)])
    weights = np.concatenate([np.empty(0, np.float32), *(item.weights for item in vectors)])
    indptr = np.cumsum([0, *(len(item.ids) for item in vectors)])
    keys = heaviest(ids, weights, indptr, settings)
    order = np.array(sorted(range(len(cleaned)), key=lambda i: cleaned[i].id), np.int64)
    days = np.array([_day(cleaned[i]) for i in order], np.float64)
    found = neighbours_by_keys(days, Keys(keys.ids[order], keys.weights[order], keys.sizes[order]), settings)
    pairs = np.sort(order[found.pairs], axis=1).astype(np.int32)
    return Neighbours(pairs[np.lexsort((pairs[:, 1], pairs[:, 0]))], found.caps)


def heaviest(
    ids: npt.NDArray[np.uint64], weights: npt.NDArray[np.float32], indptr: npt.NDArray[np.int64], settings: Settings
) -> Keys:
    """The ``neighbour_keys`` of vectors that stand after each other, the heaviest first."""
    shape = (len(indptr) - 1, settings.neighbour_terms)
    keys = Keys(np.zeros(shape, np.uint64), np.zeros(shape, np.float32), np.zeros(shape[0], np.int64))
    _heaviest(ids, weights, indptr, *keys)
    return keys


def join_keys(parts: Iterable[Keys]) -> Keys:
    """Keys after each other, one part or more."""
    ids, weights, sizes = (np.concatenate(column) for column in zip(*parts, strict=True))
    return Keys(ids, weights, sizes)


def neighbours_by_keys(days: npt.NDArray[np.float64], keys: Keys, settings: Settings) -> Neighbours:
    """``neighbour_pairs`` of articles sorted by id whose keys are known; ``days`` float64[n] since 1970, or nan."""
    join = plan_join(days, keys, settings)
    return choose(join, (join_part(join, part) for part in join.parts), settings)


class Join(NamedTuple):
    """What pairs are found by: the rows that are met with each other and, of n articles, where they stand, int32[rows];
    the articles with keys whose keys another one had before, which has them for all, int64[m, 2]."""

    packed: Packed
    postings: Postings
    rule: Rule
    stands: npt.NDArray[np.int32]
    twins: npt.NDArray[np.int32]

    @property
    def parts(self) -> list[tuple[int, int]]:
        """The rows, cut into parts that can be joined apart from each other, in any order."""
        count = len(self.stands)
        return [(begin, min(begin + ROWS_A_PART, count)) for begin in range(0, count, ROWS_A_PART)]


class Found(NamedTuple):
    """Pairs of positions, a < b, and the part of their cosine on shared keys."""

    a: npt.NDArray[np.int32]
    b: npt.NDArray[np.int32]
    cosine: npt.NDArray[np.float32]


def plan_join(days: npt.NDArray[np.float64], keys: Keys, settings: Settings) -> Join:
    """Articles sorted by id laid out for the join; of those with the same keys the first stands for all."""
    packed = _pack(days, keys)
    every, first = np.arange(len(days), dtype=np.int32), _stand_ins(packed)
    stands, twins = (every[(packed.sizes > 0) & those] for those in (first == every, first != every))
    packed = Packed(*(column[stands] for column in packed))
    floors = (settings.neighbour_cosine, settings.neighbour_cosine_far)
    rule = Rule(settings.neighbour_shared, settings.neighbour_bucket, settings.neighbour_days, *floors)
    return Join(packed, postings_of(packed), rule, stands, np.column_stack([first[twins], twins]))


def join_part(join: Join, part: tuple[int, int]) -> Found:
    """The pairs that pass the rule of the rows of a part with those before them."""
    pairs, cosines = pairs_of_rows(join.packed, join.postings, join.rule, part)
    return Found(join.stands[pairs[:, 0]], join.stands[pairs[:, 1]], cosines)


def choose(join: Join, parts: Iterable[Found], settings: Settings) -> Neighbours:
    """The best pairs of each article among those of all parts, and its twins."""
    articles = int(max(join.stands.max(initial=-1), join.twins.max(initial=-1))) + 1
    held, total, since = [nothing_found()], 0, 0
    for part in parts:
        held.append(part)
        total, since = total + len(part.a), since + len(part.a)
        if since > len(held[0].a) + FOUND_A_CHOICE:
            held, since = [best_found(together(held), articles, settings.neighbours_each)], 0
    best = best_found(together(held), articles, settings.neighbours_each)
    pairs = np.concatenate([np.column_stack([best.a, best.b]), join.twins])
    hot = int(np.count_nonzero(np.diff(join.postings.starts) > settings.neighbour_bucket))
    caps = {"neighbour_terms": hot, "neighbours_each": total - len(best.a)}
    return Neighbours(pairs[np.lexsort((pairs[:, 1], pairs[:, 0]))], caps)


def _day(clean: CleanArticle) -> float:
    return clean.published.timestamp() / SECONDS_A_DAY if clean.published else math.nan


def _pack(days: npt.NDArray[np.float64], chosen: Keys) -> Packed:
    shape = chosen.ids.shape
    used = np.arange(shape[1]) < chosen.sizes[:, None]
    keys = np.full(shape, -1, np.int32)
    keys[used] = np.unique(chosen.ids[used], return_inverse=True)[1]
    order = np.argsort(-keys, axis=1, kind="stable")
    return Packed(
        np.take_along_axis(keys, order, axis=1),
        np.take_along_axis(chosen.weights, order, axis=1),
        chosen.sizes,
        days,
    )


def _stand_ins(packed: Packed) -> npt.NDArray[np.int32]:
    """For each article the first one with its keys."""
    if not len(packed.keys):
        return np.empty(0, np.int32)
    _, at, inverse = np.unique(packed.keys, axis=0, return_index=True, return_inverse=True)
    return at.astype(np.int32)[inverse.reshape(-1)]


def nothing_found() -> Found:
    """No pairs."""
    return Found(np.empty(0, np.int32), np.empty(0, np.int32), np.empty(0, np.float32))


def together(parts: list[Found]) -> Found:
    """Pairs after each other, one part or more."""
    return Found(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))


def best_found(found: Found, articles: int, each: int) -> Found:
    """The pairs among the ``each`` of highest cosine of one of their two articles, ties to the lesser other."""
    degrees = np.bincount(found.a, minlength=articles) + np.bincount(found.b, minlength=articles)
    kept = np.zeros(len(found.a), np.bool_)
    _mark_best(found, np.concatenate([[0], np.cumsum(degrees)]), each, kept)
    return Found(found.a[kept], found.b[kept], found.cosine[kept])


@compiled
def _mark_best(found: Any, bounds: Any, each: int, kept: Any) -> None:
    """Mark the best pairs of every article; their places by article, 8 bytes a pair, are all that is held beside."""
    ends, places = bounds[:-1].copy(), np.empty(bounds[-1], np.int32)
    for row in range(len(kept)):
        for article in (found.a[row], found.b[row]):
            places[ends[article]] = row
            ends[article] += 1
    bits = found.cosine.view(np.uint32)
    for article in range(len(ends)):
        own = places[bounds[article] : bounds[article + 1]]
        ranks = np.empty(len(own), np.uint64)
        for k in range(len(own)):
            other = found.a[own[k]] + found.b[own[k]] - article
            ranks[k] = np.uint64(~bits[own[k]]) << np.uint64(32) | np.uint64(other)
        last = np.sort(ranks)[each - 1] if len(own) > each else np.uint64(0xFFFFFFFFFFFFFFFF)
        for k in range(len(own)):
            kept[own[k]] |= ranks[k] <= last


@compiled
def _heaviest(ids: Any, weights: Any, indptr: Any, chosen: Any, best: Any, sizes: Any) -> None:
    """The heaviest words of each article, ties to the lesser id, by insertion into a short list."""
    most = chosen.shape[1]
    for row in range(len(sizes)):
        size = 0
        for at in range(indptr[row], indptr[row + 1]):
            weight = weights[at]
            if size == most and weight <= best[row, most - 1]:
                continue
            place = size if size < most else most - 1
            while place > 0 and best[row, place - 1] < weight:
                best[row, place] = best[row, place - 1]
                chosen[row, place] = chosen[row, place - 1]
                place -= 1
            best[row, place] = weight
            chosen[row, place] = ids[at]
            size = min(size + 1, most)
        sizes[row] = size
