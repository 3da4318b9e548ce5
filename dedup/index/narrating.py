"""What is told of stories: headline, groups, origins. Told when somebody asks, not when an article comes.

A story is told of its plan. What was told is kept beside the digest of the plan it was told of, and told again where
the plan has another one by now.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple

from dedup.index.codec import Plan, Told, match_of, place_of, plan_of, told_digest, told_of
from dedup.index.contract import Reading
from dedup.index.keeping import pair_key
from dedup.index.kept import Memory
from dedup.index.planning import ById, Pairs, members_left
from dedup.index.shelf import Shelf
from dedup.index.web import RELATED, Web, pair_of
from dedup.models import Match, Story
from dedup.settings import Settings
from dedup.stories.links import Links
from dedup.stories.stories import Unit, tell_story

AT_ONCE = 256
"""Stories told with what is held of one another's articles: some MB."""


class Tale(NamedTuple):
    """A story's plan and what is told of it; ``fresh`` where that is not kept in the store yet."""

    plan: Plan
    told: Told
    fresh: bool


class Narrator:
    """Tells stories within one view, without writing."""

    def __init__(self, view: Reading, settings: Settings, memory: Memory) -> None:
        self._view = view
        self._settings = settings
        self._memory = memory

    def tales(self, keys: Sequence[int], since: datetime | None = None) -> dict[int, Tale]:
        """The stories under these keys: those that changed since, if given."""
        found: dict[int, Tale] = {}
        for at in range(0, len(keys), AT_ONCE):
            found.update(self._some(keys[at : at + AT_ONCE], since))
        return found

    def every(self, since: datetime | None = None) -> dict[int, Tale]:
        """All stories, or those that changed since."""
        return self.tales([key for key, _ in self._view.scan("story")], since)

    def listed(self, since: datetime | None = None) -> list[int]:
        """One article of each story, by number, in the order of the stories: of all, or those that changed since."""
        plans = (plan_of(data) for _, data in self._view.scan("story"))
        found = [
            (-len(plan.numbers), plan.story_id, plan.numbers[0])
            for plan in plans
            if since is None or plan.changed >= since
        ]
        return [number for _, _, number in sorted(found)]

    def around(self, numbers: Sequence[int]) -> dict[int, Tale]:
        """The stories that these articles are in by now; one that is gone is passed over."""
        places = self._view.get("place", numbers)
        return self.tales(list(dict.fromkeys(place_of(places[n]).story for n in numbers if n in places)))

    def _some(self, keys: Sequence[int], since: datetime | None) -> Iterator[tuple[int, Tale]]:
        plans = {key: plan_of(data) for key, data in self._view.get("story", keys).items()}
        plans = {key: plan for key, plan in plans.items() if since is None or plan.changed >= since}
        held = self._view.get("told", list(plans))
        late = {key for key, plan in plans.items() if key not in held or told_digest(held[key]) != plan.digest}
        members = {number for key in late for number in plans[key].numbers}
        places = self._view.get("place", sorted(members))
        plans |= {key: _of_members(plans[key], members_left(places, key, plans[key])) for key in late}
        members = {number for key in late for number in plans[key].numbers}
        shelf = Shelf(self._view, self._settings, self._memory)
        web = Web(self._view, self._settings)
        pairs = Pairs(self._view, shelf, web)
        shelf.load(members)
        web.load(sorted(members))
        pairs.among(members)  # those of all stories are read at once
        for key, plan in plans.items():
            told = told_of(held[key]) if key in held else None
            if key in late or told is None:
                told = self._tell(plan, shelf, pairs)
            yield key, Tale(plan, told, key in late)

    def _tell(self, plan: Plan, shelf: Shelf, pairs: Pairs) -> Told:
        numbers = dict(zip(plan.names, plan.numbers, strict=True))
        articles = {name: shelf.clean(number) for name, number in numbers.items()}
        compare = ById(pairs, numbers)
        links = Links.of(pairs.among(set(plan.numbers)).values(), compare)
        story = tell_story(_units(plan), articles, links)
        asked = tuple(shelf.compare_all(sorted({*plan.asked, *compare.asked})))
        return Told(story, plan.digest, asked)


def _of_members(plan: Plan, left: Set[int]) -> Plan:
    """The plan without articles that were taken out and are not missed yet: where one spoke for others, the first of
    these does."""
    if len(left) == len(plan.numbers):
        return plan
    rows = [row for row in zip(plan.names, plan.numbers, plan.speakers, strict=True) if row[1] in left]
    speaks = {speaker: speaker if speaker in left else number for _, number, speaker in reversed(rows)}
    return plan._replace(
        names=tuple(name for name, _, _ in rows),
        numbers=tuple(number for _, number, _ in rows),
        speakers=tuple(speaks[speaker] for _, _, speaker in rows),
        asked=tuple(pair for pair in plan.asked if left >= set(pair)),
    )


def _units(plan: Plan) -> list[Unit]:
    """The units of a story, by least member."""
    names = dict(zip(plan.numbers, plan.names, strict=True))
    members: dict[int, list[str]] = {}
    for name, speaker in zip(plan.names, plan.speakers, strict=True):
        members.setdefault(speaker, []).append(name)
    units = [Unit(names[speaker], tuple(inside)) for speaker, inside in members.items()]
    return sorted(units, key=lambda unit: unit.members)


def with_related(view: Reading, tales: Mapping[int, Tale]) -> tuple[Story, ...]:
    """The stories with the ids of their related ones, largest first, then by id."""
    web = Web(view, Settings())
    web.load([number for tale in tales.values() for number in tale.plan.numbers])
    others = {key: _related_to(tale.plan, web) for key, tale in tales.items()}
    wanted = sorted({number for numbers in others.values() for number in numbers})
    homes = {number: place_of(data).story for number, data in view.get("place", wanted).items()}
    names = {key: tale.plan.story_id for key, tale in tales.items()}
    missing = sorted(set(homes.values()) - names.keys())
    names |= {key: plan_of(data).story_id for key, data in view.get("story", missing).items()}
    finished = []
    for key, tale in tales.items():
        near = {homes[number] for number in others[key] if number in homes} - {key}
        related = tuple(sorted(names[other] for other in near))
        finished.append(replace(tale.told.story, related=related) if related else tale.told.story)
    return tuple(sorted(finished, key=lambda story: (-len(story.articles), story.story_id)))


def _related_to(plan: Plan, web: Web) -> set[int]:
    """Articles that those of a story are related to or more."""
    found: set[int] = set()
    for number in plan.numbers:
        links = web.kept(number)
        found.update(links["other"][(links["flags"] & RELATED) != 0].tolist())
    return found


def matches_between(view: Reading, web: Web, number: int, equals: Iterable[int] = ()) -> list[Match]:
    """The compared pairs of an article, passages and reasons included; of ``equals``, the articles it stands for, those
    that were compared."""
    listed = {pair_key(pair_of(number, other)) for other in web.kept(number)["other"].tolist()}
    perhaps = {pair_key(pair_of(number, other)) for other in equals}
    held = view.get("match", sorted(listed | perhaps))
    return [match_of(held[key]) for key in sorted(listed | held.keys())]
