"""Large stories worked out from a view while others go on writing, and put in afterwards, unless what they rest on has
changed meanwhile. What came meanwhile goes on waiting: it is as if everything had been worked out a moment ago."""

from __future__ import annotations

from collections.abc import Mapping, Set
from datetime import datetime
from typing import NamedTuple

from dedup.index.contract import Reading, Writing
from dedup.index.kept import Memory
from dedup.index.planning import Part, Planner
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
    """Some stories, the marks of those of their articles that waited, and what was seen."""

    part: Part
    waited: dict[int, bytes]
    seen: Seen


def work_ahead(view: Reading, settings: Settings, memory: Memory, now: datetime, seeds: Set[int]) -> Ahead:
    """The stories of some of the articles that wait."""
    planner = Planner(view, settings, Shelf(view, settings, memory), Web(view, settings), now)
    part = planner.work_some(seeds)
    return Ahead(part, dict(view.get("loose", sorted(part.work.numbers))), _seen(view, planner, part.speakers))


def put_ahead(view: Writing, settings: Settings, memory: Memory, now: datetime, ahead: Ahead) -> bool:
    """Write what was worked out, unless what it rests on has changed; whether it could be."""
    shelf, web = Shelf(view, settings, memory), Web(view, settings)
    marks = view.get("loose", sorted(ahead.waited))
    planner = Planner(view, settings, shelf, web, now)
    if len(marks) < len(ahead.waited) or _seen(view, planner, ahead.part.speakers) != ahead.seen:
        return False
    teller = Teller(view, settings, shelf, web, now)
    work = ahead.part.work
    teller.put(work._replace(plans=[plan._replace(changed=now) for plan in work.plans]))
    view.drop("loose", [number for number, mark in marks.items() if mark == ahead.waited[number]])
    # Those to start from again wait too: who changes one of them meanwhile then marks it anew.
    teller.defer(ahead.part.again - view.get("loose", sorted(ahead.part.again)).keys())
    return True


def _seen(view: Reading, planner: Planner, speakers: Mapping[int, int]) -> Seen:
    """What the stories of these articles rest on."""
    rivals = view.get("story", sorted(planner.rivals(speakers)))
    return Seen(view.names().get(TURN, ""), dict(view.get("place", sorted(speakers))), dict(rivals))
