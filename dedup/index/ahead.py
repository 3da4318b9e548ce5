"""Large stories worked out from a view while others go on writing, and put in afterwards, unless what they rest on has
changed meanwhile. What came meanwhile goes on waiting: it is as if everything had been worked out a moment ago."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from dedup.index.codec import place_of
from dedup.index.contract import Reading, Writing
from dedup.index.kept import Memory
from dedup.index.planning import Planner, Work
from dedup.index.shelf import Shelf
from dedup.index.telling import TURN, Teller
from dedup.index.web import Web
from dedup.settings import Settings

TOGETHER = 1000
"""Articles, about, of the stories that are put in together: one commit for many small ones."""


class Seen(NamedTuple):
    """What must still be so when stories are put in: the count of times that waiting ones were, where their articles
    stand, and in which plans."""

    turn: str
    places: dict[int, bytes]
    plans: dict[int, bytes]


class Ahead(NamedTuple):
    """The stories of a component, the marks of its articles that waited for them, and what was seen."""

    work: Work
    waited: dict[int, bytes]
    seen: Seen


def work_ahead(view: Reading, settings: Settings, memory: Memory, now: datetime, waiting: Iterable[int]) -> list[Ahead]:
    """The stories of the first of the articles that wait, and of all that hang together with them."""
    shelf, web = Shelf(view, settings, memory), Web(view, settings)
    planner = Planner(view, settings, shelf, web, now)
    found: list[Ahead] = []
    left, count = set(waiting), 0
    while left and count < TOGETHER:
        reached, _ = planner.reach({min(left)})
        waited = dict(view.get("loose", sorted(reached)))
        found.append(Ahead(planner.work_out(reached), waited, _seen(view, reached)))
        left -= reached
        count += len(reached)
    return found


def put_ahead(view: Writing, settings: Settings, memory: Memory, now: datetime, found: Sequence[Ahead]) -> bool:
    """Write what was worked out, but what no longer can be; whether that was all."""
    good = [ahead for ahead in found if _seen(view, ahead.work.parts) == ahead.seen]
    teller = Teller(view, settings, Shelf(view, settings, memory), Web(view, settings), now)
    for ahead in good:
        teller.put(ahead.work._replace(plans=[plan._replace(changed=now) for plan in ahead.work.plans]))
        marks = view.get("loose", sorted(ahead.waited))
        view.drop("loose", [number for number, mark in marks.items() if mark == ahead.waited[number]])
    if good:
        teller.end_turn()
    return len(good) == len(found)


def _seen(view: Reading, numbers: Collection[int]) -> Seen:
    places = dict(view.get("place", sorted(numbers)))
    plans = view.get("story", sorted({place_of(data).story for data in places.values()}))
    return Seen(view.names().get(TURN, ""), places, dict(plans))
