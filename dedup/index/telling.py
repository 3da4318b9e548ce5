"""Stories worked out again where something changed, and written with what happened to them."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime

from dedup.index.answers import EventKind
from dedup.index.codec import Place, Plan, key_of, place_bytes, place_of, plan_bytes, plan_of
from dedup.index.contract import Writing
from dedup.index.planning import Planner, Work, members_left
from dedup.index.shelf import Shelf
from dedup.index.web import Web
from dedup.settings import Settings

TOGETHER = 1000
"""Articles that wait whose stories are worked out at once: of neighbours those beside them are looked at once."""
TURN = "turn"
"""Name of the count of times that all that waited was worked out: who works some out ahead looks at it."""


class Teller:
    """Regroups within one transaction."""

    def __init__(self, view: Writing, settings: Settings, shelf: Shelf, web: Web, now: datetime) -> None:
        self._view = view
        self._now = now
        self._planner = Planner(view, settings, shelf, web, now)

    def retell(self, loose: Iterable[int], most: int) -> set[int]:
        """Work out the stories of these articles, of one after the other.

        Returns the articles left as they were, because more than ``most`` would have to be looked at, or had before.
        """
        waiting = set(loose)
        left = set(self._view.get("loose", sorted(waiting)))
        waiting -= left
        for seed in sorted(waiting):
            if seed not in waiting:
                continue
            region = self._planner.reach({seed}, waiting | left, most)
            if region.whole:
                self.put(self._planner.work_out(region))
                left -= region.inside
            else:
                left |= waiting & region.inside
            waiting -= region.inside | {seed}
        return left

    def retell_all(self, loose: Iterable[int]) -> None:
        """Work out the stories of these articles, of many at a time."""
        waiting, again = set(loose), set[int]()
        while waiting or again:
            seeds = again or set(sorted(waiting)[:TOGETHER])
            part = self._planner.work_some(seeds, waiting)
            self._view.drop("loose", sorted(part.work.numbers))
            self.put(part.work)
            waiting -= part.work.numbers | seeds
            again = part.again

    def defer(self, numbers: Iterable[int]) -> None:
        """Let articles wait, each time with another mark: who works stories out ahead takes off only marks it saw."""
        mark = os.urandom(8)
        self._view.put("loose", ((number, mark) for number in sorted(numbers)))

    def clear(self) -> None:
        """Nobody waits any longer."""
        self._view.drop("loose", [number for number, _ in self._view.scan("loose")])
        self._view.name(TURN, str(int(self._view.names().get(TURN, "0")) + 1))

    def put(self, work: Work) -> None:
        """Write what is not as it was, and record what happened."""
        before = {number: place_of(data) for number, data in self._view.get("place", sorted(work.numbers)).items()}
        old = self.plans({place.story for place in before.values()})
        self._place(work.plans, before)
        self.write(work.plans, old)

    def _place(self, plans: Iterable[Plan], before: Mapping[int, Place]) -> None:
        """Write the places that changed."""
        fresh = {
            number: Place(speaker, key_of(plan.story_id))
            for plan in plans
            for number, speaker in zip(plan.numbers, plan.speakers, strict=True)
        }
        changed = {number: place for number, place in fresh.items() if before.get(number) != place}
        self._view.put("place", [(number, place_bytes(place)) for number, place in changed.items()])

    def plans(self, keys: Iterable[int]) -> dict[int, Plan]:
        """The plans that are there, by key."""
        return {key: plan_of(data) for key, data in self._view.get("story", sorted(set(keys))).items()}

    def write(self, plans: Sequence[Plan], old: Mapping[int, Plan]) -> None:
        """Put the plans that are not as they were, ``old`` those of the same articles; what was told of the others
        stays."""
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

    def revised(self, number: int) -> None:
        """Record that an article of a story has another text."""
        for place in map(place_of, self._view.get("place", [number]).values()):
            for plan in self.plans([place.story]).values():
                if number in plan.numbers:  # while it waits, another story may have come under that key
                    name = plan.names[plan.numbers.index(number)]
                    self._record([("revised", plan.story_id, (plan.story_id,), (name,))])

    def end(self, number: int) -> set[int]:
        """Take an article that left out of its story; the others of it, which are to be told again: all of them, since
        another story can be under the story's key by then."""
        data = self._view.get("place", [number]).get(number)
        if data is None:
            return set()
        place = place_of(data)
        self._view.drop("place", [number])
        # What was told names it; a plan of which nobody is left would not be met again.
        self._view.drop("told", [place.story])
        plan = self.plans([place.story]).get(place.story)
        if plan is None:
            return set()
        others = members_left(self._view.get("place", plan.numbers), place.story, plan)
        if not others:
            self._view.drop("story", [place.story])
            self._record([("ended", plan.story_id, (plan.story_id,), plan.names)])
        return others


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
