"""The pairs an article is part of, and which of them are compared: the best of either of their two articles.

One record an article lists every pair that passed the rules with its scores, so that a pair pushed out by better ones
comes back when those are removed. A pair of articles with equal words is listed at the one that does not stand for
the other, since thousands may have one stand-in.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dedup.index.codec import Facts, FactsOf, facts_of
from dedup.index.contract import Reading, Writing
from dedup.models import Match
from dedup.settings import Settings

LINK = np.dtype([("other", "<i8"), ("copy", "<f4"), ("near", "<f4"), ("story", "<f4"), ("flags", "u1")])
"""``copy`` and ``near`` rank the pair among copies and neighbours, -1 where it is none; ``story`` is the same-story
score of a compared pair."""

COPY_TOP, NEAR_TOP, SAME_WORDS, SAME_HEAVY, KEPT, DERIVED, RELATED = 1, 2, 4, 8, 16, 32, 64
GIVEN = SAME_WORDS | SAME_HEAVY
OWN = COPY_TOP | NEAR_TOP | GIVEN
HELD = 4096
"""Pairs listed for one article: 32 times the best that are compared; what falls off the end is counted."""

MOST_HASH = (1 << 64) - 1

Links = NDArray[np.void]
Pair = tuple[int, int]


class Changes(NamedTuple):
    """Pairs (lesser number first) to compare, and pairs that are no longer to be."""

    made: set[Pair]
    gone: set[Pair]


class _Order(NamedTuple):
    """Ascending numbers of articles, and the place of each; those of equal texts have the same."""

    numbers: NDArray[np.int64]
    places: NDArray[np.int64]


class _Ranked(NamedTuple):
    """Of a list, where the pairs stand that are among the best, and those that rank the same, of which some are."""

    above: NDArray[np.int64]
    level: NDArray[np.int64]
    most: int

    @property
    def is_tied(self) -> bool:
        """Whether not all of those that rank the same are taken."""
        return len(self.level) > self.most

    def best(self, others: NDArray[np.int64], order: _Order) -> NDArray[np.int64]:
        """Where the best stand."""
        if not self.is_tied:
            return np.concatenate([self.above, self.level])
        places = order.places[np.searchsorted(order.numbers, others[self.level])]
        return np.concatenate([self.above, self.level[np.argsort(places, kind="stable")[: self.most]]])


class Web:
    """The links of the articles one transaction touches; ``save`` writes those that changed."""

    def __init__(self, view: Reading, settings: Settings, known: FactsOf | None = None) -> None:
        self._view = view
        self._known = known or self._read_facts
        self._most = {"copy": settings.candidates_each, "near": settings.neighbours_each}
        self._held: dict[int, Links] = {}
        self._touched: set[int] = set()
        self._unranked: set[int] = set()
        self._thinned: set[int] = set()
        self._asked: set[Pair] = set()
        self.dropped = 0

    def of(self, number: int) -> Links:
        """The links of an article, in order of entry."""
        if number not in self._held:
            data = self._view.get("links", [number]).get(number, b"")
            self._held[number] = np.frombuffer(data, LINK).copy()
        return self._held[number]

    def kept(self, number: int) -> Links:
        """The links of pairs that are compared."""
        links = self.of(number)
        kept: Links = links[(links["flags"] & KEPT) != 0]
        return kept

    def load(self, numbers: Iterable[int]) -> None:
        """Read the links of many articles at once."""
        wanted = [number for number in numbers if number not in self._held]
        found = self._view.get("links", wanted)
        for number in wanted:
            self._held[number] = np.frombuffer(found.get(number, b""), LINK).copy()

    def link(self, number: int, kind: str, scores: dict[int, float]) -> None:
        """List pairs of one kind, ``copy`` or ``near``, at both their articles."""
        if not scores:
            return
        self.load([number, *scores])
        links = self._extend(number, scores)
        at = {other: place for place, other in enumerate(links["other"].tolist())}
        links[kind][[at[other] for other in scores]] = list(scores.values())
        self._touched.add(number)
        self._unranked.add(number)
        for other, score in scores.items():
            self._set(other, number, kind, score)
            self._asked.add(pair_of(number, other))

    def unlink(self, number: int, kind: str) -> None:
        """Take all pairs of one kind away from an article and from the others'."""
        links = self.of(number)
        others = links["other"][links[kind] >= 0].tolist()
        self.load(others)
        self._thinned.update((number, *others))
        for other in others:
            self._set(number, other, kind, -1.0)
            self._set(other, number, kind, -1.0)
            self._asked.add(pair_of(number, other))

    def twin(self, number: int, first: int, kind: str, is_one: bool) -> None:
        """Whether ``number`` is compared with ``first``, who stands for it among those of equal words."""
        at, flag = self._at(number, first), SAME_WORDS if kind == "copy" else SAME_HEAVY
        flags = self._held[number]["flags"]
        flags[at] = flags[at] | flag if is_one else flags[at] & (0xFF - flag)
        self._touched.add(number)
        if not is_one:
            self._thinned.add(number)
        self._asked.add(pair_of(number, first))

    def settle(self) -> Changes:
        """Rank anew whatever was touched; which pairs are now compared, and which no longer."""
        tops = {(n, kind): self._ranked(self.of(n), kind) for n in sorted(self._unranked) for kind in self._most}
        ranked = {key: one for key, one in tops.items() if one is not None}
        orders = {kind: self._places(kind, ranked) for kind in self._most} if ranked else {}
        for number in sorted(self._unranked):
            links = self.of(number)
            kinds = [kind for kind in self._most if (number, kind) in ranked]
            best = {kind: ranked[number, kind].best(links["other"], orders[kind]) for kind in kinds}
            self._rank(number, best)
        self._unranked.clear()
        changes = Changes(set(), set())
        for a, b in sorted(self._asked):
            places = [(number, at) for number, at in ((a, self._row(a, b)), (b, self._row(b, a))) if at is not None]
            each = [int(self._held[number]["flags"][at]) for number, at in places]
            was, now = any(flags & KEPT for flags in each), any(flags & OWN for flags in each)
            if now == was:
                continue
            (changes.made if now else changes.gone).add((a, b))
            if not now:
                self._thinned.update((a, b))
            for (number, at), flags in zip(places, each, strict=True):
                self._held[number]["flags"][at] = flags | KEPT if now else flags & (0xFF - KEPT)
                self._touched.add(number)
        self._asked.clear()
        return changes

    def note(self, pair: Pair, match: Match) -> None:
        """Keep what comparing a pair found, so that a component is walked without reading its matches."""
        found = (DERIVED if match.derived else 0) | (RELATED if match.relation != "unrelated" else 0)
        for number, other in (pair, pair[::-1]):
            links, at = self.of(number), self._row(number, other)
            if at is not None:
                links["story"][at] = match.same_story_score
                links["flags"][at] = int(links["flags"][at]) & (0xFF - DERIVED - RELATED) | found
                self._touched.add(number)

    def forget(self, number: int) -> None:
        """Drop the list of an article that left; its pairs were taken away before."""
        self._held[number] = np.empty(0, LINK)
        self._touched.add(number)

    def save(self, view: Writing) -> None:
        """Write every list that changed, and drop those that are empty."""
        fresh: list[int] = []
        empty: list[int] = []
        for number in sorted(self._touched):
            links = self.of(number)
            if number in self._thinned or len(links) > HELD:
                links = self._held[number] = self._trimmed(links)
            (fresh if len(links) else empty).append(number)
        view.put("links", ((number, self._held[number].tobytes()) for number in fresh))
        view.drop("links", empty)
        self._touched.clear()
        self._thinned.clear()

    def _set(self, number: int, other: int, kind: str, score: float) -> None:
        at = self._at(number, other)
        self._held[number][kind][at] = score
        self._touched.add(number)
        self._unranked.add(number)

    def _at(self, number: int, other: int) -> int:
        found = self._row(number, other)
        if found is not None:
            return found
        links = self._held[number]
        longer = np.empty(len(links) + 1, LINK)
        longer[:-1] = links
        longer[-1] = (other, -1, -1, 0, 0)
        self._held[number] = longer
        return len(links)

    def _extend(self, number: int, others: Iterable[int]) -> Links:
        """Make room for pairs that are not listed yet, all at once."""
        links = self._held[number]
        known = set(links["other"].tolist())
        fresh = [other for other in others if other not in known]
        more = np.zeros(len(fresh), LINK)
        more["other"], more["copy"], more["near"] = fresh, -1, -1
        longer: Links = np.concatenate([links, more])
        self._held[number] = longer
        return longer

    def _row(self, number: int, other: int) -> int | None:
        """Where a pair stands in a list: most often at the end, since who came last is asked about."""
        others = self.of(number)["other"]
        if len(others) and others[-1] == other:
            return len(others) - 1
        found = (others == other).nonzero()[0]
        return int(found[0]) if len(found) else None

    def _rank(self, number: int, best: Mapping[str, NDArray[np.int64]]) -> None:
        links = self.of(number)
        flags = links["flags"]
        own = flags & GIVEN
        for kind, flag in (("copy", COPY_TOP), ("near", NEAR_TOP)):
            if kind in best:
                own[best[kind]] |= flag
            else:
                own |= (links[kind] >= 0).view(np.uint8) * np.uint8(flag)
        changed = own != flags & OWN
        if changed.any():
            for other in links["other"][changed].tolist():
                self._asked.add(pair_of(number, other))
            links["flags"] = flags & (0xFF - OWN) | own

    def _ranked(self, links: Links, kind: str) -> _Ranked | None:
        """None where all are taken."""
        listed = links[kind] >= 0
        most = self._most[kind]
        if np.count_nonzero(listed) <= most:
            return None
        ranked = np.flatnonzero(listed)
        scores = links[kind][ranked]
        least = np.partition(scores, len(scores) - most)[len(scores) - most]
        above, level = ranked[scores > least], ranked[scores == least]
        return _Ranked(above, level, most - len(above))

    def _places(self, kind: str, ranked: Mapping[tuple[int, str], _Ranked]) -> _Order:
        """The order in which the batch takes pairs that rank the same: it numbers articles by signature for copies, by
        id for neighbours. Of all lists at once, since articles that are much alike stand in each other's."""
        tied = [self.of(n)["other"][one.level] for (n, its), one in ranked.items() if its == kind and one.is_tied]
        numbers = np.unique(np.concatenate(tied)) if tied else np.empty(0, np.int64)
        facts = self._known(numbers.tolist())
        keys = [_batch_order(facts[number], kind) for number in numbers.tolist()]
        place = {key: at for at, key in enumerate(sorted(set(keys)))}
        return _Order(numbers, np.array([place[key] for key in keys], np.int64))

    def _read_facts(self, numbers: Iterable[int]) -> dict[int, Facts]:
        return {number: facts_of(data) for number, data in self._view.get("facts", list(numbers)).items()}

    def _trimmed(self, links: Links) -> Links:
        """Without pairs that are none any more, and without those that are too many."""
        alive: Links = links[(links["copy"] >= 0) | (links["near"] >= 0) | ((links["flags"] & (GIVEN | KEPT)) != 0)]
        if len(alive) <= HELD:
            return alive
        self.dropped += len(alive) - HELD
        return trimmed(alive)


def trimmed(links: Links) -> Links:
    """Of too many, those that are compared and then the best."""
    best = np.maximum(links["copy"], links["near"]) + 2.0 * ((links["flags"] & KEPT) != 0)
    kept: Links = links[np.sort(np.argsort(-best, kind="stable")[:HELD])]
    return kept


def _batch_order(facts: Facts, kind: str) -> tuple[int, int] | str:
    """Ascending in the order in which the batch numbers articles."""
    return (facts.lead, facts.same & MOST_HASH) if kind == "copy" else facts.id


def pair_of(a: int, b: int) -> Pair:
    """Two numbers as a pair, the lesser first."""
    return (a, b) if a < b else (b, a)
