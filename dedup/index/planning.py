"""Which articles make a story: worked out, without writing, for one component of the graph of matches at a time, by the
very functions that the batch uses for a whole feed, since a story depends on its component alone."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

import numpy as np

from dedup.index.codec import DIGEST, Plan, core_bytes, core_of, place_of
from dedup.index.contract import Reading
from dedup.index.keeping import MARGIN, pair_key
from dedup.index.shelf import Shelf
from dedup.index.web import DERIVED, Pair, Web, pair_of
from dedup.models import Match
from dedup.settings import Settings
from dedup.stories.groups import Derivations, Grouping, derivations_of, groups_of
from dedup.stories.links import Links
from dedup.stories.stories import Unit, cluster_groups

FEW = 32
"""Articles whose pairs are told apart one by one in less time than by sorting them as arrays."""


class Pairs:
    """Compared pairs within one transaction, and those that grouping asks for beyond them."""

    def __init__(self, view: Reading, shelf: Shelf, web: Web) -> None:
        self._view = view
        self._shelf = shelf
        self._web = web
        self._known: dict[Pair, Match] = {}

    def among(self, reached: Collection[int]) -> dict[Pair, Match]:
        """The compared pairs with both articles among these, without passages and reasons."""
        pairs = self._compared(reached)
        wanted = [pair for pair in pairs if pair not in self._known]
        found = self._view.get("match", [pair_key(pair) for pair in wanted])
        self._known |= {pair: core_of(found[pair_key(pair)]) for pair in wanted}
        return {pair: self._known[pair] for pair in pairs}

    def _compared(self, reached: Collection[int]) -> list[Pair]:
        """The compared pairs with both articles among these, in order."""
        others = [self._web.kept(number)["other"] for number in reached]
        if len(others) <= FEW:
            links = zip(reached, others, strict=True)
            return sorted({pair_of(n, other) for n, near in links for other in near.tolist() if other in reached})
        near = np.concatenate(others)
        own = np.repeat(np.fromiter(reached, np.int64, len(reached)), [len(part) for part in others])
        inside = np.isin(near, np.fromiter(reached, np.int64, len(reached)))
        both = np.sort(np.stack([own[inside], near[inside]], axis=1), axis=1)
        return list(map(tuple, np.unique(both, axis=0).tolist()))

    def between(self, pairs: Sequence[Pair]) -> list[Match]:
        """The matches of pairs, lesser number first: those of compared pairs, the others made now in one call."""
        missing = [pair for pair in dict.fromkeys(pairs) if pair not in self._known]
        compared = [pair for pair in missing if pair[1] in self._web.kept(pair[0])["other"]]
        found = self._view.get("match", [pair_key(pair) for pair in compared])
        self._known |= {pair: core_of(found[pair_key(pair)]) for pair in compared if pair_key(pair) in found}
        missing = [pair for pair in missing if pair not in self._known]
        self._known |= dict(zip(missing, self._shelf.compare_all(missing), strict=True))
        return [self._known[pair] for pair in pairs]


@dataclass(frozen=True, slots=True)
class ById:
    """Compares by id, as the stages ask; ``asked`` are the matches that were made for it."""

    pairs: Pairs
    numbers: Mapping[str, int]
    asked: dict[Pair, Match] = field(default_factory=dict)

    def __call__(self, pairs: Sequence[tuple[str, str]]) -> list[Match]:
        wanted = [pair_of(self.numbers[a], self.numbers[b]) for a, b in pairs]
        fresh = [pair for pair in dict.fromkeys(wanted) if pair not in self.asked]
        self.asked.update(zip(fresh, self.pairs.between(fresh), strict=True))
        return [self.asked[pair] for pair in wanted]


@dataclass(frozen=True, slots=True)
class Component:
    """Articles whose grouping hangs together: their numbers by id, the pairs compared among them, the groups, and who
    speaks for whom."""

    reached: frozenset[int]
    numbers: Mapping[str, int]
    found: Mapping[Pair, Match]
    compare: ById
    derivations: Derivations
    groupings: tuple[Grouping, ...]
    speakers: Mapping[int, int]


class Work(NamedTuple):
    """What comes of a component: the plans of its stories, and for each article the least number of those that it hangs
    together with."""

    plans: list[Plan]
    parts: dict[int, int]


class Planner:
    """Regroups within one view."""

    def __init__(self, view: Reading, settings: Settings, shelf: Shelf, web: Web, now: datetime) -> None:
        self._view = view
        self._settings = settings
        self._shelf = shelf
        self._web = web
        self._now = now
        self._floor = settings.story_floor
        self._pairs = Pairs(view, shelf, web)
        self._last: Component | None = None

    def reach(self, seeds: set[int], most: int | None = None) -> tuple[set[int], bool]:
        """The articles connected with the seeds by links that can shape a story, now or when they were last told, and
        whether these are all. They are not when there are more than ``most``, or one of them waits for being in so
        large a component already."""
        reached = set(seeds)
        fresh = self._present(seeds)
        while fresh:
            reached |= fresh
            if most is not None and (len(reached) > most or self._view.get("loose", sorted(fresh))):
                return reached, False
            fresh = self._present(self._next_to(fresh, most) - reached)
            if not fresh:
                fresh = self._present(self._by_speakers(reached) - reached)
        return reached, True

    def _present(self, numbers: set[int]) -> set[int]:
        return set(self._shelf.facts(sorted(numbers)))

    def _next_to(self, numbers: set[int], most: int | None) -> set[int]:
        """Neighbours; of long lists so many that the reader knows they are more than ``most``."""
        enough = None if most is None else most + 1
        self._web.load(numbers)
        found: set[int] = set()
        for number in numbers:
            links = self._web.kept(number)
            strong = (links["story"] >= self._floor - MARGIN) | ((links["flags"] & DERIVED) != 0)
            found.update(links["other"][strong].tolist())
        facts = self._shelf.facts(sorted(numbers)).values()
        same = sorted({key for item in facts for key in (item.same, item.alike) if key})
        parts = sorted({place_of(data).component for data in self._view.get("place", sorted(numbers)).values()})
        for table, keys in (("same", same), ("part", parts)):
            for posted in self._view.posted(table, keys, enough).values():
                found.update(posted)
        return found

    def _by_speakers(self, reached: set[int]) -> set[int]:
        """Articles outside whose group is told by one that is close to the speaker of a group inside."""
        outside: dict[int, set[int]] = {}
        for number in reached:
            outside[number] = set(self._web.kept(number)["other"].tolist()) - reached
        others = set().union(*outside.values())
        if not others:
            return set()
        speakers = self._component(reached).speakers
        told = {number: place_of(data).speaker for number, data in self._view.get("place", sorted(others)).items()}
        there = self._shelf.facts(sorted(set(told.values())))
        asked: dict[Pair, set[int]] = {}
        for number, near in outside.items():
            for other in near:
                theirs = told[other] if told.get(other) in there else other
                if (speakers[number], theirs) != (number, other):
                    asked.setdefault(pair_of(speakers[number], theirs), set()).update((other, theirs))
        found: set[int] = set()
        for match, near in zip(self._pairs.between(list(asked)), asked.values(), strict=True):
            if match.same_story_score >= self._floor - MARGIN:
                found |= near
        return found

    def _component(self, reached: set[int]) -> Component:
        """What the groups are, were these articles all. The last answer is kept: it is mostly asked for twice."""
        if self._last is None or self._last.reached != reached:
            self._last = self._grouped(frozenset(reached))
        return self._last

    def _grouped(self, reached: frozenset[int]) -> Component:
        numbers = {item.id: number for number, item in self._shelf.facts(sorted(reached)).items()}
        found = self._pairs.among(reached)
        compare = ById(self._pairs, numbers)
        derivations = derivations_of(Links.of(found.values(), compare))
        groupings = groups_of(derivations)
        speakers = {number: number for number in reached}
        for group in groupings:
            speakers |= dict.fromkeys((numbers[name] for name in group.members), numbers[group.representative])
        return Component(reached, numbers, found, compare, derivations, groupings, speakers)

    # --- what comes of it ------------------------------------------------------------------------------------------

    def work_out(self, reached: set[int]) -> Work:
        """The stories of articles that are a whole component, or several."""
        component = self._component(reached)
        numbers = component.numbers
        clusters = cluster_groups(numbers, component.derivations, component.groupings, self._settings)
        home = {numbers[name]: at for at, units in enumerate(clusters) for unit in units for name in unit.members}
        told, asked = _at_home(component.found, home), _at_home(component.compare.asked, home)
        plans = [
            self._plan(units, numbers, told.get(at, {}), tuple(sorted(asked.get(at, {}))))
            for at, units in enumerate(clusters)
        ]
        return Work(plans, self._parts(component))

    def _plan(
        self, units: Sequence[Unit], numbers: Mapping[str, int], told: Mapping[Pair, Match], asked: tuple[Pair, ...]
    ) -> Plan:
        """A story's plan; its digest names the texts, the grouping and the matches that its telling rests on."""
        of = {name: numbers[unit.speaker] for unit in units for name in unit.members}
        names = tuple(sorted(of))
        plan = Plan(names, tuple(numbers[name] for name in names), tuple(of[n] for n in names), asked, self._now, b"")
        digest = hashlib.blake2b(repr(plan[:4]).encode(), digest_size=DIGEST)
        for item in self._shelf.facts(plan.numbers).values():
            digest.update(item.stamp)
        for match in sorted(told.values(), key=lambda match: (match.a, match.b)):
            digest.update(core_bytes(match))
        return plan._replace(digest=digest.digest())

    def _parts(self, component: Component) -> dict[int, int]:
        """The least number of the articles that each hangs together with, by groups and close speakers."""
        parent = {number: number for number in component.speakers}

        def find(number: int) -> int:
            while parent[number] != number:
                parent[number] = parent[parent[number]]
                number = parent[number]
            return number

        def join(a: int, b: int) -> None:
            low, high = sorted((find(a), find(b)))
            parent[high] = low

        for number, speaker in component.speakers.items():
            join(number, speaker)
        far: list[Pair] = []
        for match in component.found.values():
            a, b = component.numbers[match.a], component.numbers[match.b]
            if match.derived or match.same_story_score >= self._floor - MARGIN:
                join(a, b)
                continue
            if (component.speakers[a], component.speakers[b]) != (a, b):
                far.append(pair_of(component.speakers[a], component.speakers[b]))
        for pair, match in zip(far, self._pairs.between(far), strict=True):
            if match.same_story_score >= self._floor - MARGIN:
                join(*pair)
        return {number: find(number) for number in parent}


def _at_home(pairs: Mapping[Pair, Match], home: Mapping[int, int]) -> dict[int, dict[Pair, Match]]:
    """The pairs within each story, by the number that ``home`` gives to its articles."""
    found: dict[int, dict[Pair, Match]] = {}
    for pair, match in pairs.items():
        if home[pair[0]] == home[pair[1]]:
            found.setdefault(home[pair[0]], {})[pair] = match
    return found


def members_left(places: Mapping[int, bytes], key: int, plan: Plan) -> set[int]:
    """The articles of a story that were not taken out since it was planned; a number may be another's by now."""
    return {n for n in plan.numbers if n in places and place_of(places[n]).story == key}
