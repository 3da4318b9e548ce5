"""Which articles make a story: worked out, without writing, around what changed, by the very functions that the batch
uses for a whole feed.

A story need not be worked out with all that hangs together with it, which is most of a feed. Average linkage takes the
best merger first, so that among some articles it does what it does among all, as long as none of them merges with
another. The articles whose stories something changed are therefore linked together with those of the stories that
could merge with theirs; where no merger leads out, their stories are those of the whole feed, and where one does, the
stories it led to are taken in. Stories that wait to be worked out themselves are left out: they look back at these
when it is their turn. What holds at all times: the stories that do not wait are those of a feed of their articles
alone.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Collection, Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import datetime
from itertools import accumulate
from typing import NamedTuple

import numpy as np

from dedup.index.codec import DIGEST, Plan, core_bytes, core_of, place_of, plan_of
from dedup.index.contract import Reading
from dedup.index.keeping import pair_key
from dedup.index.shelf import Shelf
from dedup.index.web import DERIVED, Pair, Web, pair_of
from dedup.models import Match
from dedup.settings import Settings
from dedup.stories.groups import Derivations, Grouping, derivations_of, groups_of
from dedup.stories.links import Links
from dedup.stories.stories import Unit, cluster_groups

FEW = 32
"""Articles whose pairs are told apart one by one in less time than by sorting them as arrays."""


MARGIN = 1e-3
"""Scores that miss what a merger needs by this much may reach it: those of links are kept in single precision."""


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
    """Articles with all that derive from one another: their numbers by id, the pairs compared among them, the groups,
    and who speaks for whom."""

    reached: frozenset[int]
    numbers: Mapping[str, int]
    found: Mapping[Pair, Match]
    compare: ById
    derivations: Derivations
    groupings: tuple[Grouping, ...]
    speakers: Mapping[int, int]


class Region(NamedTuple):
    """Articles whose stories are worked out together: those ``inside``, with the whole of the stories they were in;
    the ``rivals``, stories by key with their articles that could merge with these; and whether that is all, or there
    were too many."""

    inside: frozenset[int]
    rivals: Mapping[int, frozenset[int]]
    whole: bool = True

    @property
    def articles(self) -> frozenset[int]:
        """Those inside and those of the rivals."""
        return self.inside.union(*self.rivals.values())


class Linked(NamedTuple):
    """The units of each story of a region, of articles that may be more: all that derive from one another."""

    region: Region
    component: Component
    stories: list[tuple[Unit, ...]]


class Work(NamedTuple):
    """The plans of the stories of some articles."""

    plans: list[Plan]
    numbers: frozenset[int]


class Part(NamedTuple):
    """Some stories that are worked out, and the articles to start from ``again`` when these are in their places: those
    that mergers lead to and from; and who speaks for whom among all that were inside."""

    work: Work
    again: set[int]
    speakers: Mapping[int, int]


class Planner:
    """Regroups within one view."""

    def __init__(self, view: Reading, settings: Settings, shelf: Shelf, web: Web, now: datetime) -> None:
        self._view = view
        self._settings = settings
        self._shelf = shelf
        self._web = web
        self._now = now
        self._pairs = Pairs(view, shelf, web)
        self._components: dict[frozenset[int], Component] = {}
        self._linked: Linked | None = None

    # --- how far it reaches ------------------------------------------------------------------------------------------

    def reach(self, seeds: Set[int], waiting: Set[int], most: int) -> Region:
        """The articles whose stories are worked out with those of the seeds; ``waiting`` are all that are still to be.
        Not whole when there are more than ``most``, as far as that can be told by what stories were planned of, or one
        of them waits for having been among so many before."""
        inside = self._closed(seeds, most)
        while True:
            if len(inside) > most or self._view.get("loose", sorted(inside)):
                return Region(inside, {}, False)
            near = self._near(self.speakers(inside))
            plans = self._plans(near[: most + 1])
            if sum(len(plan.numbers) for plan in plans.values()) > most:
                return Region(inside, {}, False)
            region = Region(inside, self._free(plans, waiting))
            if len(region.articles) > most:
                return region._replace(whole=False)
            led_to = self._led_to(region)
            if not led_to:
                return region
            inside = self._closed(inside | led_to, most)

    def work_some(self, seeds: Set[int], waiting: Set[int] = frozenset()) -> Part:
        """The stories of many seeds as far as no merger leads out of them; the others are to be the seeds ``again``.
        ``waiting`` are articles that wait and are not marked for it."""
        inside = self._closed(seeds)
        speakers = self.speakers(inside)
        region = Region(inside, self.rivals(speakers, waiting))
        again = self._led_to(region)
        if not again:
            return Part(self.work_out(region), again, speakers)
        again = _with_wholes(again, [*self._stories(region), *self._members(self._plans_of(inside)).values()])
        return Part(self.work_out(region, again), again, speakers)

    def speakers(self, inside: frozenset[int]) -> Mapping[int, int]:
        """Who speaks for whom among articles with all that derive from one another."""
        return self._component(inside).speakers

    def rivals(self, speakers: Mapping[int, int], waiting: Set[int] = frozenset()) -> dict[int, frozenset[int]]:
        """The stories, by key, that could merge with some of these articles, by who speaks for them, and that do not
        wait to be worked out."""
        return self._free(self._plans(self._near(speakers)), waiting)

    def _near(self, speakers: Mapping[int, int]) -> list[int]:
        """The keys of the stories that could merge with some of these articles."""
        return [key for key, scores in self._scores(speakers).items() if self._could_merge(scores)]

    def _free(self, plans: Mapping[int, Plan], waiting: Set[int]) -> dict[int, frozenset[int]]:
        """The articles of those of the stories that do not wait to be worked out, by key."""
        rivals = self._members(plans)
        marked = self._view.get("loose", sorted(set().union(*rivals.values()) - waiting))
        return {
            key: members
            for key, members in rivals.items()
            if members.isdisjoint(waiting) and members.isdisjoint(marked)
        }

    def _could_merge(self, scores: Sequence[float]) -> bool:
        """Whether clusters that have these scores between them could ever merge: those of a and b units need a sum of
        ``story_pair`` times the root of a b, and have no more than the a b best of the scores."""
        best = sorted(scores, reverse=True)
        needed = self._settings.story_pair - MARGIN
        sums = accumulate(best)
        merge = any(total >= needed * math.sqrt(pairs) for pairs, total in enumerate(sums, 1))
        return merge and best[0] >= self._settings.story_floor - MARGIN

    def _plans(self, keys: Collection[int]) -> dict[int, Plan]:
        """The plans of those of these stories that are there, by key."""
        return {key: plan_of(data) for key, data in self._view.get("story", sorted(keys)).items()}

    def _members(self, plans: Mapping[int, Plan]) -> dict[int, frozenset[int]]:
        """The articles that are left of each story."""
        places = self._view.get("place", sorted({number for plan in plans.values() for number in plan.numbers}))
        return {key: frozenset(members_left(places, key, plan)) for key, plan in plans.items()}

    def _closed(self, seeds: Set[int], most: int | None = None) -> frozenset[int]:
        """The seeds with all that derive from one another and all of the stories that these were in; of long lists so
        many that the reader knows there are more than ``most``."""
        reached: set[int] = set()
        fresh = self._present(seeds)
        while fresh and (most is None or len(reached) <= most):
            reached |= fresh
            more = self._kin(fresh, most) | self._mates(fresh, most)
            if most is not None and len(more | reached) > most:
                return frozenset(reached | more)
            fresh = self._present(more) - reached
        return frozenset(reached | fresh)

    def _related(self, numbers: frozenset[int]) -> frozenset[int]:
        """The articles with all that derive from one another."""
        reached: set[int] = set()
        fresh = set(numbers)
        while fresh:
            reached |= fresh
            fresh = self._present(self._kin(fresh, None)) - reached
        return frozenset(reached)

    def _present(self, numbers: Set[int]) -> set[int]:
        return set(self._shelf.facts(sorted(numbers)))

    def _kin(self, numbers: Set[int], most: int | None) -> set[int]:
        """Articles that these derive from or that derive from them, and those of equal words."""
        enough = None if most is None else most + 1
        self._web.load(numbers)
        found: set[int] = set()
        for number in numbers:
            links = self._web.kept(number)
            found.update(links["other"][(links["flags"] & DERIVED) != 0].tolist())
        facts = self._shelf.facts(sorted(numbers)).values()
        same = sorted({key for item in facts for key in (item.same, item.alike) if key})
        for posted in self._view.posted("same", same, enough).values():
            found.update(posted)
        return found

    def _mates(self, numbers: Set[int], most: int | None) -> set[int]:
        """The articles of the stories that these were in; when they were planned of more than ``most``, all those."""
        plans = self._plans_of(numbers)
        planned = {number for plan in plans.values() for number in plan.numbers}
        return planned if most is not None and len(planned) > most else set().union(*self._members(plans).values())

    def _plans_of(self, numbers: Set[int]) -> dict[int, Plan]:
        """The plans of the stories that some of these were in, by key."""
        return self._plans({place_of(data).story for data in self._view.get("place", sorted(numbers)).values()})

    def _scores(self, speakers: Mapping[int, int]) -> dict[int, list[float]]:
        """Of each story outside, by key, the scores of its units with those of the articles inside, by who speaks for
        them: at least what comparing the speakers says. Articles without a story yet are passed over."""
        self._web.load(speakers)
        links = {number: self._web.kept(number) for number in speakers}
        met = [
            (number, other, score)
            for number, its in links.items()
            for other, score in zip(its["other"].tolist(), its["story"].tolist(), strict=True)
            if other not in speakers
        ]
        placed = self._view.get("place", sorted({other for _, other, _ in met}))
        places = {number: place_of(data) for number, data in placed.items()}
        there = self._shelf.facts(sorted({place.speaker for place in places.values()}))
        between: dict[Pair, int] = {}
        known: dict[Pair, float] = {}
        for number, other, score in met:
            if other in places:
                place = places[other]
                pair = speakers[number], place.speaker if place.speaker in there else other
                between[pair] = place.story
                if pair == (number, other):
                    known[pair] = score
        self._web.load({theirs for pair in between.keys() - known.keys() for theirs in pair})
        scores: dict[int, list[float]] = {}
        for pair, story in between.items():
            scores.setdefault(story, []).append(known[pair] if pair in known else self._score(*pair))
        return scores

    def _score(self, a: int, b: int) -> float:
        """The score of two articles where they were compared, else the most that it could be."""
        for number, other in ((a, b), (b, a)):
            links = self._web.kept(number)
            found = links["story"][links["other"] == other]
            if len(found):
                return float(found[0])
        return 1.0

    def _led_to(self, region: Region) -> set[int]:
        """The articles of the stories that mergers lead out to and in from; and of rivals that do not come out as they
        are known, if there were any."""
        if not region.rivals:
            return set()
        home = {number: key for key, members in region.rivals.items() for number in members}
        found: set[int] = set()
        for cluster in self._stories(region):
            homes = {home.get(number) for number in cluster}
            (first, *others) = homes
            if others or (first is not None and len(cluster) < len(region.rivals[first])):
                found.update(cluster, *(region.rivals[key] for key in homes if key is not None))
        return found

    def _stories(self, region: Region) -> list[set[int]]:
        """The articles of each story of ``_link``."""
        component, stories = self._link(region)
        return [{component.numbers[name] for unit in units for name in unit.members} for units in stories]

    # --- what comes of it ------------------------------------------------------------------------------------------

    def _link(self, region: Region) -> tuple[Component, list[tuple[Unit, ...]]]:
        """The units of each story among the articles inside and those of the rivals, and what these are from."""
        if self._linked is None or self._linked.region != region:
            component = self._component(self._related(region.articles))
            articles = region.articles
            names = {name for name, number in component.numbers.items() if number in articles}
            groupings = [grouping for grouping in component.groupings if grouping.members[0] in names]
            stories = cluster_groups(names, component.derivations, groupings, self._settings)
            self._linked = Linked(region, component, stories)
        return self._linked.component, self._linked.stories

    def _component(self, reached: frozenset[int]) -> Component:
        """What the groups are among articles with all that derive from one another. The last answers are kept: they
        are mostly asked for twice."""
        if reached not in self._components:
            if len(self._components) > 1:
                self._components.clear()
            self._components[reached] = self._grouped(reached)
        return self._components[reached]

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

    def work_out(self, region: Region, without: Set[int] = frozenset()) -> Work:
        """The stories of the articles inside a region that is whole, or of those of them that are not ``without``."""
        component, stories = self._link(region)
        numbers, inside = component.numbers, region.inside - without
        clusters = [units for units in stories if numbers[units[0].speaker] in inside]
        home = {numbers[name]: at for at, units in enumerate(clusters) for unit in units for name in unit.members}
        told, asked = _at_home(component.found, home), _at_home(component.compare.asked, home)
        plans = [
            self._plan(units, numbers, told.get(at, {}), tuple(sorted(asked.get(at, {}))))
            for at, units in enumerate(clusters)
        ]
        return Work(plans, inside)

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


def _with_wholes(numbers: Set[int], wholes: Sequence[Set[int]]) -> set[int]:
    """The numbers, with the whole of every set that holds one of them."""
    found = set(numbers)
    while more := [whole for whole in wholes if not whole.isdisjoint(found) and not whole <= found]:
        found.update(*more)
    return found


def _at_home(pairs: Mapping[Pair, Match], home: Mapping[int, int]) -> dict[int, dict[Pair, Match]]:
    """The pairs within each story, by the number that ``home`` gives to its articles."""
    found: dict[int, dict[Pair, Match]] = {}
    for pair, match in pairs.items():
        at = home.get(pair[0])
        if at is not None and at == home.get(pair[1]):
            found.setdefault(at, {})[pair] = match
    return found


def members_left(places: Mapping[int, bytes], key: int, plan: Plan) -> set[int]:
    """The articles of a story that were not taken out since it was planned; a number may be another's by now."""
    return {n for n in plan.numbers if n in places and place_of(places[n]).story == key}
