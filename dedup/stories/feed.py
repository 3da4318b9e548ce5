"""Stories of a whole feed from a table of its matches, some components at a time: the same that ``build_stories`` makes
of all at once, with one batch in memory, and batches may go to several processes.

A group depends on the component of derived matches around it alone. Stories are joined from groups and single articles
along scores, and clusters between which every score is below the floor never merge: so they can be told apart first.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from dedup.match.pairs import distinct, keys_of, pairs_of
from dedup.match.table import HELD_A, HELD_B, UNRELATED, MatchTable
from dedup.models import RELATIONS, CleanArticle, Story
from dedup.stories.clusters import UNITS, Floor
from dedup.stories.groups import derivations_of, groups_of, round_ups_of
from dedup.stories.linkage import linkage
from dedup.stories.links import BACKGROUND, REST, WHOLE, Compare, Links
from dedup.stories.stories import Unit, tell_story

Places = npt.NDArray[np.int64]
"""Places of articles in the feed, which is sorted by id."""

Pairs = npt.NDArray[np.int32]

BATCH = 4096
"""Articles and matches of a batch, or more where one component has more."""

_WHOLE = np.array([name in WHOLE for name in RELATIONS], np.bool_)


class Batch(NamedTuple):
    """Some components of a graph: the ``places`` of their nodes, ascending in each, and the ``rows`` of a table of
    pairs that hold two nodes of one component."""

    places: Places
    rows: Places


class Groups(NamedTuple):
    """What a batch came to, by places: of each group who speaks for it and its members, ascending; the round-ups."""

    groups: list[tuple[int, list[int]]]
    round_ups: list[int]


@dataclass(frozen=True, slots=True)
class Units:
    """What tells a story once, a group or an article in none, by the least place of its members: ``of`` int64[n] is the
    unit of each article; ``speaker`` int64[n] of each unit, and ``mixed`` bool[n] whether that one is a round-up."""

    of: Places
    speaker: Places
    mixed: npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Scores:
    """Pairs of units, int32[k, 2], the lesser first, sorted, and how likely both tell one event, float64[k]."""

    pairs: Pairs
    values: npt.NDArray[np.float64]


# --- groups -----------------------------------------------------------------------------------------------------


def batches_of_copies(table: MatchTable, count: int) -> list[Batch]:
    """The components of derived matches among ``count`` articles."""
    return _batches(components(table.pairs[table.derived], count), table.pairs, least=2)


def group_batch(batch: Batch, table: MatchTable, ids: Sequence[str], compare: Compare) -> Groups:
    """The syndication groups and round-ups of some components."""
    found = derivations_of(Links.of(table.at(batch.rows).matches(ids), compare))
    place = {ids[at]: at for at in batch.places.tolist()}
    groups = [(place[one.representative], [place[name] for name in one.members]) for one in groups_of(found)]
    return Groups(groups, [place[name] for name in round_ups_of(found)])


def units_of(found: Iterable[Groups], count: int) -> Units:
    """The units of ``count`` articles."""
    units = Units(np.arange(count), np.arange(count), np.zeros(count, np.bool_))
    round_ups: list[int] = []
    for part in found:
        round_ups += part.round_ups
        for speaker, members in part.groups:
            units.of[members] = members[0]
            units.speaker[members[0]] = speaker
    mixed = np.zeros(count, np.bool_)
    mixed[round_ups] = True
    units.mixed[:] = mixed[units.speaker]
    return units


# --- scores -----------------------------------------------------------------------------------------------------


def unit_pairs(table: MatchTable, units: Units) -> Pairs:
    """Every two units with a match between them, int32[k, 2], sorted. A round-up, which would pass for a report of what
    it tells first, is paired with other round-ups alone."""
    of = units.of.astype(np.int32)
    one, other = (of[column] for column in table.pairs.T)
    apart = (one != other) & (units.mixed[one] == units.mixed[other])
    one, other = one[apart], other[apart]
    return pairs_of(distinct(keys_of(np.column_stack([np.minimum(one, other), np.maximum(one, other)]))))


def spoken(pairs: Pairs, units: Units) -> Pairs:
    """Who speaks for the units of each pair, the lesser place first."""
    told = units.speaker.astype(np.int32)[pairs]
    told.sort(axis=1)
    return told


def story_scores(table: MatchTable) -> npt.NDArray[np.float64]:
    """``links.story_score`` of every match; where nothing is shared that is the score told."""
    scores = table.told.copy()
    looked = np.flatnonzero(table.close >= 0)
    numbers = table.numbers[table.close[looked]]
    shared = np.sqrt(numbers[:, HELD_A] * numbers[:, HELD_B])
    rest = table.cosines[looked] - shared >= REST * (1 - shared)
    scores[looked[~(_WHOLE[table.relations[looked]] | (shared < BACKGROUND) | rest)]] = 0.0
    return scores


# --- stories ----------------------------------------------------------------------------------------------------


def batches_of_units(scores: Scores, floor: Floor, count: int) -> list[Batch]:
    """Units that may be merged: clusters between which every score is below the floor are not."""
    may_merge = np.rint(scores.values * UNITS) >= np.floor(floor.many * UNITS)
    return _batches(components(scores.pairs[may_merge], count), scores.pairs, least=2)


def merge_batch(batch: Batch, scores: Scores, floor: Floor) -> list[tuple[int, ...]]:
    """The units of each story of several, ascending, of some components."""
    return linkage(np.sort(batch.places), scores.pairs[batch.rows], scores.values[batch.rows], floor)


def story_of(units: Units, merged: Iterable[tuple[int, ...]]) -> Places:
    """The story of each article, int64[n], by its least place."""
    story = np.arange(len(units.of))
    for cluster in merged:
        story[list(cluster)] = cluster[0]
    return story[units.of]


def batches_of_stories(table: MatchTable, story: Places) -> list[Batch]:
    """Every article, with those of its story."""
    return _batches(story, table.pairs, least=1)


class Telling(NamedTuple):
    """What stories are told from. ``articles`` and ``ids`` are in the order of places; ``story`` int64[n] is the least
    place of the story of each."""

    articles: Sequence[CleanArticle]
    ids: Sequence[str]
    table: MatchTable
    units: Units
    story: Places


def tell_batch(batch: Batch, given: Telling, compare: Compare) -> list[Story]:
    """Some stories, without those related to them."""
    ids, places = given.ids, batch.places.tolist()
    links = Links.of(given.table.at(batch.rows).matches(ids), compare)
    articles = {ids[at]: given.articles[at] for at in places}
    members: dict[int, dict[int, list[str]]] = {}
    columns = (places, given.story[batch.places].tolist(), given.units.of[batch.places].tolist())
    for at, story, unit in zip(*columns, strict=True):
        members.setdefault(story, {}).setdefault(unit, []).append(ids[at])
    speaker = given.units.speaker
    return [
        tell_story([Unit(ids[speaker[unit]], tuple(names)) for unit, names in units.items()], articles, links)
        for units in members.values()
    ]


def with_related(stories: Sequence[Story], table: MatchTable, place: dict[str, int]) -> tuple[Story, ...]:
    """The stories with the ids of those that a match that is not unrelated joins them to, largest first, then by id."""
    ordered = sorted(stories, key=lambda story: (-len(story.articles), story.story_id))
    of = np.empty(len(place), np.int64)
    for number, story in enumerate(ordered):
        of[[place[member.id] for member in story.articles]] = number
    met = of[table.pairs[table.relations != UNRELATED]]
    met = pairs_of(distinct(keys_of(np.sort(met[met[:, 0] != met[:, 1]], axis=1))))
    ids = [story.story_id for story in ordered]
    rank = np.argsort(np.argsort(np.array(ids, np.str_), kind="stable"))
    one, other = np.concatenate([met, met[:, ::-1]]).T
    order = np.lexsort((rank[other], one))
    bounds = np.concatenate([[0], np.cumsum(np.bincount(one, minlength=len(ordered)))])
    for number in np.unique(one).tolist():
        others = other[order[bounds[number] : bounds[number + 1]]].tolist()
        ordered[number] = replace(ordered[number], related=tuple(ids[at] for at in others))
    return tuple(ordered)


# --- components -------------------------------------------------------------------------------------------------


def components(edges: npt.NDArray[np.integer], count: int) -> Places:
    """The number of the component of each of ``count`` nodes, which edges (int[m, 2]) join."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    graph = coo_array((np.ones(len(edges), np.int8), (edges[:, 0], edges[:, 1])), shape=(count, count))
    return np.asarray(connected_components(graph, directed=False)[1], np.int64)


def _batches(part: npt.NDArray[np.integer], pairs: npt.NDArray[np.integer], least: int) -> list[Batch]:
    """The nodes and pairs of components of ``least`` nodes or more; ``part`` is the number of each node's component."""
    sizes, part = np.bincount(part), part.astype(np.int32)
    places = np.flatnonzero(sizes[part] >= least)
    one = part[pairs[:, 0]]
    rows = np.flatnonzero((one == part[pairs[:, 1]]) & (sizes[one] >= least))
    weight = np.bincount(part[places], minlength=len(sizes)) + np.bincount(one[rows], minlength=len(sizes))
    number = (np.cumsum(weight) - weight) // BATCH
    used = np.unique(number[part[places]])
    columns = [_cut(places, part[places], number, used), _cut(rows, one[rows], number, used)]
    return [Batch(*own) for own in zip(*columns, strict=True)]


def _cut(items: Places, part: npt.NDArray[np.integer], number: Places, used: Places) -> list[Places]:
    """The items of each batch, by component; ``number`` is the batch of each component."""
    order = np.argsort(part, kind="stable")
    return np.split(items[order], np.searchsorted(number[part[order]], used[1:]))
