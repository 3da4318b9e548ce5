"""Large stories worked out from a view while others go on writing, and put in afterwards, unless what they rest on has
changed meanwhile. What came meanwhile goes on waiting: it is as if everything had been worked out a moment ago."""

from __future__ import annotations

from collections.abc import Mapping, Set
from datetime import datetime
from typing import NamedTuple

from dedup.index.contract import Reading, Writing
from dedup.index.kept import Memory
from dedup.index.planning import Planner, Work
from dedup.index.shelf import Shelf
from dedup.index.telling import TURN, Teller
from dedup.index.web import Web
from dedup.settings import Settings

TOGETHER = 100
"""Articles that wait whose stories are worked out together: some tenths of a second, in which others seldom change what
they rest on."""


class Seen(NamedTuple):
    """What must still be so when stories are put in: the count of times that waiting ones were, where their articles
    stand, and the plans of the stories that could merge with them."""

    turn: str
    places: dict[int, bytes]
    rivals: dict[int, bytes]


class Ahead(NamedTuple):
    """The stories of some articles, who speaks for whom, the marks of those that waited, and what was seen."""

    work: Work
    speakers: Mapping[int, int]
    waited: dict[int, bytes]
    seen: Seen


def work_ahead(view: Reading, settings: Settings, memory: Memory, now: datetime, waiting: Set[int]) -> Ahead:
    """The stories of the first of the articles that wait."""
    planner = Planner(view, settings, Shelf(view, settings, memory), Web(view, settings), now)
    region = planner.reach(set(sorted(waiting)[:TOGETHER]), waiting)
    work, speakers = planner.work_out(region), planner.speakers(region.inside)
    return Ahead(work, speakers, dict(view.get("loose", sorted(region.inside))), _seen(view, planner, speakers))


def put_ahead(view: Writing, settings: Settings, memory: Memory, now: datetime, ahead: Ahead) -> bool:
    """Write what was worked out, unless what it rests on has changed; whether it could be."""
    shelf, web = Shelf(view, settings, memory), Web(view, settings)
    marks = view.get("loose", sorted(ahead.waited))
    planner = Planner(view, settings, shelf, web, now)
    if len(marks) < len(ahead.waited) or _seen(view, planner, ahead.speakers) != ahead.seen:
        return False
    teller = Teller(view, settings, shelf, web, now)
    teller.put(ahead.work._replace(plans=[plan._replace(changed=now) for plan in ahead.work.plans]))
    view.drop("loose", [number for number, mark in marks.items() if mark == ahead.waited[number]])
    return True


def _seen(view: Reading, planner: Planner, speakers: Mapping[int, int]) -> Seen:
    """What the stories of these articles rest on."""
    rivals = view.get("story", sorted(planner.rivals(speakers)))
    return Seen(view.names().get(TURN, ""), dict(view.get("place", sorted(speakers))), dict(rivals))
