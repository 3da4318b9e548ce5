"""The stories of a whole set of articles, planned from the table of its matches as ``planning`` plans those
around what changed."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dedup.index.bulk.keys import Feed
from dedup.index.bulk.rows import Numbers, put_blocks
from dedup.index.codec import DIGEST, Plan, key_of, place_of
from dedup.index.contract import Writing
from dedup.index.telling import Teller
from dedup.match.table import HELD_A, HELD_B, JACCARD, SCORE, MatchTable
from dedup.pipeline.comparing import Comparing, Matches
from dedup.pipeline.telling import plan
from dedup.stories.feed import Units, components
from dedup.stories.stories import group_id, story_id

CORE = np.dtype([("relation", "u1"), ("numbers", "<f8", (6,)), ("sizes", "<u4", (2,))])
"""The head of ``codec.match_bytes``: score, same-story score, Jaccard, both containments, cosine, sizes of ids."""
_PLACE = np.dtype([("speaker", "<i8"), ("story", "<i8")])
STORIES_AT_ONCE = 2048
"""Stories written in one call."""

Pairs = NDArray[np.int32]
Places = NDArray[np.int64]


def cores_of(table: MatchTable) -> NDArray[np.void]:
    """The heads of matches, without the sizes of their ids."""
    numbers = np.zeros((len(table), table.numbers.shape[1]))
    looked = table.close >= 0
    numbers[looked] = table.numbers[table.close[looked]]
    columns = (
        numbers[:, SCORE],
        table.told,
        numbers[:, JACCARD],
        numbers[:, HELD_A],
        numbers[:, HELD_B],
        table.cosines,
    )
    cores = np.zeros(len(table), CORE)
    cores["relation"], cores["numbers"] = table.relations, np.column_stack(columns)
    return cores


@dataclass(frozen=True, slots=True, eq=False)
class Homes:
    """By place: the units of articles, ``sizes`` int64[n] of those, and the ``story`` int64[n] of each article by its
    least place. ``asked`` int32[m, 2] are the pairs of places compared for it, beyond the candidates."""

    units: Units
    sizes: Places
    story: Places
    asked: Pairs

    def of(self, ids: Sequence[str], place: int) -> tuple[str, str | None]:
        """Story and group of an article."""
        unit = int(self.units.of[place])
        return story_id([ids[self.story[place]]]), group_id([ids[unit]]) if self.sizes[unit] > 1 else None


def find_homes(given: Comparing, feed: Feed, matches: Matches) -> Homes:
    """Work out who is in one group and in one story."""
    units, story = plan(given, feed.ids, matches)
    asked = matches.others.pairs
    return Homes(units, np.bincount(units.of, minlength=len(units.of)), story, asked)


# --- writing ----------------------------------------------------------------------------------------------------


class _Former(NamedTuple):
    """The key of the story that each article was in before, int64[n] by place, and whether it was in one."""

    keys: Numbers
    known: NDArray[np.bool_]


class Within(NamedTuple):
    """What is said of the pairs of a list that hold two articles of one story, by story and then in order; and those
    stories."""

    said: NDArray[Any]
    stories: Places

    def of(self, story: int) -> NDArray[Any]:
        """What is said of the pairs of one story."""
        low, high = np.searchsorted(self.stories, (story, story + 1))
        return self.said[low:high]


def _within(story: Places, pairs: Pairs) -> tuple[Places, Places]:
    """The rows of pairs within stories, by story, and the stories."""
    one = story[pairs[:, 0]]
    rows = np.flatnonzero(one == story[pairs[:, 1]])
    rows = rows[np.argsort(one[rows], kind="stable")]
    return rows, one[rows]


class Planned(NamedTuple):
    """What stories are planned from; ``stamps`` uint8[n, 8] in order of number."""

    feed: Feed
    homes: Homes
    stamps: NDArray[np.uint8]
    now: datetime
    matched: Within
    asked: Within

    @classmethod
    def of(cls, feed: Feed, homes: Homes, table: MatchTable, stamps: NDArray[np.uint8], now: datetime) -> Planned:
        """The same from the matches of the candidates."""
        rows, stories = _within(homes.story, table.pairs)
        matched = Within(cores_of(table.at(rows)), stories)
        rows, stories = _within(homes.story, homes.asked)
        beyond = np.sort(feed.by_place[homes.asked[rows]], axis=1)
        return cls(feed, homes, stamps, now, matched, Within(beyond, stories))


def write_stories(view: Writing, given: Planned, teller: Teller) -> None:
    """Write stories and places; what happened to the stories that the articles were in before is recorded."""
    feed, homes = given.feed, given.homes
    former = _former(view, feed)
    keys = np.empty(len(feed.ids), np.int64)
    for group in _groups(homes.story, former):
        plans = [_plan(given, members) for members in group]
        for made, members in zip(plans, group, strict=True):
            keys[members] = key_of(made.story_id)
        every = np.concatenate(group)
        teller.write(plans, teller.plans(np.unique(former.keys[every][former.known[every]]).tolist()))
    places, numbers = np.empty(len(keys), _PLACE), feed.by_place
    places["speaker"], places["story"] = numbers[homes.units.speaker[homes.units.of]], keys
    put_blocks(view, "place", feed.numbers, places[feed.places])


def _former(view: Writing, feed: Feed) -> _Former:
    former = _Former(np.zeros(len(feed.ids), np.int64), np.zeros(len(feed.ids), np.bool_))
    place_by_number = dict(zip(feed.by_place.tolist(), range(len(feed.ids)), strict=True))
    for number, data in view.scan("place"):
        place = place_by_number[number]
        former.keys[place], former.known[place] = place_of(data).story, True
    return former


def _groups(story: Places, former: _Former) -> Iterator[list[Places]]:
    """The members of some stories at a time, with all that were in one story with any of them before."""
    known = np.flatnonzero(former.known)
    _, first, same = np.unique(former.keys[known], return_index=True, return_inverse=True)
    both = (np.column_stack([known, known[first][same]]), np.column_stack([np.arange(len(story)), story]))
    part = components(np.concatenate(both), len(story))
    order = np.lexsort((story, part))
    starts = np.flatnonzero(np.concatenate(([True], story[order][1:] != story[order][:-1]))[: len(order)])
    group: list[Places] = []
    for members in np.split(order, starts[1:]):
        if len(group) >= STORIES_AT_ONCE and part[members[0]] != part[group[-1][0]]:
            yield group
            group = []
        group.append(members)
    if len(story):
        yield group


def _plan(given: Planned, members: Places) -> Plan:
    """The plan of a story, as ``planning`` makes it."""
    feed, homes = given.feed, given.homes
    numbers = feed.by_place
    names = tuple(feed.ids[place] for place in members.tolist())
    more = tuple((a, b) for a, b in sorted(given.asked.of(members[0]).tolist()))
    speakers = numbers[homes.units.speaker[homes.units.of[members]]]
    plan = Plan(names, tuple(numbers[members].tolist()), tuple(speakers.tolist()), more, given.now, b"")
    digest = hashlib.blake2b(repr(plan[:4]).encode(), digest_size=DIGEST)
    digest.update(given.stamps[feed.seats[members]].tobytes())
    digest.update(given.matched.of(members[0]).tobytes())
    return plan._replace(digest=digest.digest())
