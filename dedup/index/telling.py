"""Which articles make a story, worked out again where something changed: for one component of the graph of matches at a
time, by the very functions that the batch uses for a whole feed, since a story depends on its component alone."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from dedup.index.answers import EventKind
from dedup.index.codec import (
    DIGEST,
    Place,
    Plan,
    core_bytes,
    core_of,
    key_of,
    place_bytes,
    place_of,
    plan_bytes,
    plan_of,
)
from dedup.index.contract import Reading, Writing
from dedup.index.keeping import MARGIN, pair_key
from dedup.index.shelf import Shelf
from dedup.index.web import DERIVED, Pair, Web, pair_of
from dedup.models import Match
from dedup.settings import Settings
from dedup.stories import build_groups
from dedup.stories.stories import Unit, cluster_units


@dataclass(frozen=True, slots=True)
class Component:
    """Articles whose grouping hangs together: their numbers by id, the pairs compared among them."""

    numbers: Mapping[str, int]
    matches: tuple[Match, ...]
    speakers: Mapping[int, int]


class Pairs:
    """Compared pairs within one transaction, and those that grouping asks for beyond them."""

    def __init__(self, view: Reading, shelf: Shelf, web: Web) -> None:
        self._view = view
        self._shelf = shelf
        self._web = web
        self._known: dict[Pair, Match] = {}

    def among(self, reached: Collection[int]) -> dict[Pair, Match]:
        """The compared pairs with both articles among these, without passages and reasons."""
        pairs: set[Pair] = set()
        for number in reached:
            for other in self._web.kept(number)["other"].tolist():
                if other in reached:
                    pairs.add((min(number, other), max(number, other)))
        wanted = sorted(pair for pair in pairs if pair not in self._known)
        found = self._view.get("match", [pair_key(pair) for pair in wanted])
        self._known |= {pair: core_of(found[pair_key(pair)]) for pair in wanted}
        return {pair: self._known[pair] for pair in sorted(pairs)}

    def between(self, pairs: Sequence[Pair]) -> list[Match]:
        """The matches of pairs, lesser number first: those of compared pairs, the others made now in one call."""
        missing = [pair for pair in dict.fromkeys(pairs) if pair not in self._known]
        compared = [pair for pair in missing if pair[1] in self._web.kept(pair[0])["other"]]
        found = self._view.get("match", [pair_key(pair) for pair in compared])
        self._known |= {pair: core_of(found[pair_key(pair)]) for pair in compared if pair_key(pair) in found}
        missing = [pair for pair in missing if pair not in self._known]
        self._known |= dict(zip(missing, self._shelf.compare_all(missing), strict=True))
        return [self._known[pair] for pair in pairs]


class Teller:
    """Regroups within one transaction."""

    def __init__(self, view: Writing, settings: Settings, shelf: Shelf, web: Web, now: datetime) -> None:
        self._view = view
        self._settings = settings
        self._shelf = shelf
        self._web = web
        self._now = now
        self._floor = settings.story_floor
        self._pairs = Pairs(view, shelf, web)

    def retell(self, loose: Iterable[int], most: int | None = None) -> set[int]:
        """Work out the stories of these articles and of all that hang together with them.

        Returns the articles left as they were, because more than ``most`` would have to be looked at.
        """
        waiting, left = set(loose), set[int]()
        if most is not None:
            left.update(self._view.get("loose", sorted(waiting)))
            waiting -= left
        while waiting:
            reached, whole = self._reach({min(waiting)}, most)
            if whole:
                self._replace(reached)
            else:
                left |= waiting & reached
            waiting -= reached
        return left

    # --- what hangs together -----------------------------------------------------------------------------------

    def _reach(self, seeds: set[int], most: int | None) -> tuple[set[int], bool]:
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
        """What the speakers of the groups are, were these articles all."""
        facts = self._shelf.facts(sorted(reached))
        numbers = {item.id: number for number, item in facts.items()}
        matches = tuple(self._pairs.among(reached).values())
        speakers = {number: number for number in reached}
        for group in build_groups(numbers, matches, ById(self._pairs, numbers)):
            speakers |= {numbers[name]: numbers[group.representative] for name in group.members}
        return Component(numbers, matches, speakers)

    # --- what comes of it ------------------------------------------------------------------------------------------

    def _replace(self, reached: set[int]) -> None:
        facts = self._shelf.facts(sorted(reached))
        numbers = {item.id: number for number, item in facts.items()}
        found = self._pairs.among(reached)
        matches = tuple(found.values())
        compare = ById(self._pairs, numbers)
        _, clusters = cluster_units(numbers, matches, compare, self._settings)
        every = [unit for units in clusters for unit in units]
        speakers = {numbers[name]: numbers[unit.speaker] for unit in every for name in unit.members}
        parts = self._parts(Component(numbers, matches, speakers))
        before = {number: place_of(data) for number, data in self._view.get("place", sorted(reached)).items()}
        old = self._plans({place.story for place in before.values()})
        home = {numbers[name]: at for at, units in enumerate(clusters) for unit in units for name in unit.members}
        told, asked = _at_home(found, home), _at_home(compare.asked, home)
        plans = [
            self._plan(units, numbers, told.get(at, {}), tuple(sorted(asked.get(at, {}))))
            for at, units in enumerate(clusters)
        ]
        self._place(plans, parts, before)
        self._write(plans, old)
        self._view.drop("loose", sorted(reached))

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

    def _place(self, plans: Iterable[Plan], parts: Mapping[int, int], before: Mapping[int, Place]) -> None:
        """Write the places that changed."""
        fresh = {
            number: Place(speaker, key_of(plan.story_id), parts[number])
            for plan in plans
            for number, speaker in zip(plan.numbers, plan.speakers, strict=True)
        }
        changed = {number: place for number, place in fresh.items() if before.get(number) != place}
        self._view.unpost("part", [(before[n].component, n) for n in changed if n in before])
        self._view.post("part", [(place.component, number) for number, place in changed.items()])
        self._view.put("place", [(number, place_bytes(place)) for number, place in changed.items()])

    def _plans(self, keys: Iterable[int]) -> dict[int, Plan]:
        return {key: plan_of(data) for key, data in self._view.get("story", sorted(set(keys))).items()}

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
        for match in component.matches:
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

    def _write(self, plans: Sequence[Plan], old: Mapping[int, Plan]) -> None:
        """Put the plans that are not as they were; what was told of the others stays."""
        fresh = {key_of(plan.story_id): plan for plan in plans}
        gone = [key for key in old if key not in fresh]
        changed = {key: plan for key, plan in fresh.items() if key not in old or old[key].digest != plan.digest}
        self._view.drop("story", gone)
        self._view.drop("told", gone)
        self._view.put("story", [(key, plan_bytes(plan)) for key, plan in changed.items()])
        self._record(_events(plans, list(old.values())))

    def _record(self, events: Iterable[tuple[EventKind, str, tuple[str, ...], tuple[str, ...]]]) -> None:
        happened = list(events)
        if not happened:
            return
        records = []
        for number, (kind, story_id, was, articles) in enumerate(happened, (self._view.last("event") or 0) + 1):
            record = {"kind": kind, "story_id": story_id, "was": was, "articles": articles, "at": self._now.isoformat()}
            records.append((number, json.dumps(record, separators=(",", ":")).encode()))
        self._view.put("event", records)

    def end(self, number: int) -> None:
        """Take an article that left out of its story; the others of it are to be told again."""
        data = self._view.get("place", [number]).get(number)
        if data is None:
            return
        place = place_of(data)
        self._view.drop("place", [number])
        self._view.unpost("part", [(place.component, number)])
        plan = self._plans([place.story]).get(place.story)
        if plan is not None and plan.numbers == (number,):
            self._view.drop("story", [place.story])
            self._view.drop("told", [place.story])
            self._record([("ended", plan.story_id, (plan.story_id,), plan.names)])


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


def _at_home(pairs: Mapping[Pair, Match], home: Mapping[int, int]) -> dict[int, dict[Pair, Match]]:
    """The pairs within each story, by the number that ``home`` gives to its articles."""
    found: dict[int, dict[Pair, Match]] = {}
    for pair, match in pairs.items():
        if home[pair[0]] == home[pair[1]]:
            found.setdefault(home[pair[0]], {})[pair] = match
    return found


def _events(
    stories: Sequence[Plan], old: Sequence[Plan]
) -> Iterator[tuple[EventKind, str, tuple[str, ...], tuple[str, ...]]]:
    """Kind, id, former ids, and articles that came or went, for every story that is not as it was."""
    home = {name: story.story_id for story in old for name in story.names}
    parts: dict[str, set[str]] = {}
    for story in stories:
        for name in story.names:
            if name in home:
                parts.setdefault(home[name], set()).add(story.story_id)
    held = {story.story_id: set(story.names) for story in old}
    for story in sorted(stories, key=lambda item: item.story_id):
        names = set(story.names)
        was = tuple(sorted({home[name] for name in names if name in home}))
        came = tuple(sorted(name for name in names if name not in home))
        stayed = sum(name in home for name in names)
        if not was:
            yield "created", story.story_id, (), came
        elif len(was) > 1:
            yield "merged", story.story_id, was, came
        elif len(parts[was[0]]) > 1:
            yield "split", story.story_id, was, tuple(sorted(names))
        elif came:
            yield "grown", story.story_id, was, came
        elif stayed < len(held[was[0]]):
            yield "shrunk", story.story_id, was, tuple(sorted(held[was[0]] - names))
    for story in sorted(old, key=lambda item: item.story_id):
        if story.story_id not in parts:
            yield "ended", story.story_id, (story.story_id,), story.names
