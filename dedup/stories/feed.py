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

from dedup.match.table import COSINE, HELD_A, HELD_B, TOLD, UNRELATED, MatchTable
from dedup.models import RELATIONS, CleanArticle, Story
from dedup.stories.clusters import UNITS, Floor, average_linkage
from dedup.stories.groups import derivations_of, groups_of, round_ups_of
from dedup.stories.links import BACKGROUND, REST, WHOLE, Compare, Links
from dedup.stories.stories import Unit, tell_story

Places = npt.NDArray[np.int64]
"""Places of articles in the feed, which is sorted by id."""

Pairs = npt.NDArray[np.int32]

BATCH = 4096
"""Articles and matches of a batch, or more where one component has more."""

_WHOLE = np.array([name in WHOLE for name in RELATIONS], np.bool_)


class Batch(NamedTuple):
    """Some components of a graph: the ``places`` of their articles, ascending in each, the ``rows`` of the matches
    between two articles of one component, and those of the scores between two of its units."""

    places: Places
    rows: Places
    scores: Places


class Groups(NamedTuple):
    """What a batch came to, by places: of each group who speaks for it and its members, ascending; the round-ups."""

    groups: list[tuple[int, list[int]]]
    round_ups: list[int]


@dataclass(frozen=True, slots=True)
class Units:
    """What tells a story once, a group or an article in none, by the least place of its members: ``of`` int64[n] the
    unit of each article; and of each unit its ``speaker`` int64[n] and whether that is a round-up, ``mixed`` bool[n]."""

    of: Places
    speaker: Places
    mixed: npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Scores:
    """Pairs of units, int64[k, 2], the lesser first, sorted, and how likely both tell one event, float64[k]."""

    pairs: Places
    values: npt.NDArray[np.float64]


# --- groups -----------------------------------------------------------------------------------------------------


def batches_of_copies(table: MatchTable, count: int) -> list[Batch]:
    """The components of derived matches among ``count`` articles."""
    part = _components(table.pairs[table.derived], count)
    return _batches(part, table.pairs, _NO_PAIRS, alone=2)


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


def unit_pairs(table: MatchTable, units: Units) -> Places:
    """Every two units with a match between them, int64[k, 2], sorted. A round-up, which would pass for a report of what
    it tells first, is paired with other round-ups alone."""
    met = np.sort(units.of[table.pairs], axis=1)
    apart = (met[:, 0] != met[:, 1]) & (units.mixed[met[:, 0]] == units.mixed[met[:, 1]])
    return np.unique(met[apart], axis=0)


def spoken(pairs: Places, units: Units) -> Pairs:
    """Who speaks for the units of each pair, the lesser place first."""
    return np.sort(units.speaker[pairs], axis=1).astype(np.int32)


def story_scores(table: MatchTable) -> npt.NDArray[np.float64]:
    """``links.story_score`` of every match."""
    numbers = table.numbers
    shared = np.sqrt(numbers[:, HELD_A] * numbers[:, HELD_B])
    counts = _WHOLE[table.relations] | (shared < BACKGROUND) | (numbers[:, COSINE] - shared >= REST * (1 - shared))
    return np.where(counts, numbers[:, TOLD], 0.0)


# --- stories ----------------------------------------------------------------------------------------------------


def batches_of_stories(table: MatchTable, units: Units, scores: Scores, floor: Floor) -> list[Batch]:
    """Every article, with all that may be in a story with it."""
    may_merge = np.rint(scores.values * UNITS) >= np.floor(floor.many * UNITS)
    part = _components(scores.pairs[may_merge], len(units.of))[units.of]
    return _batches(part, table.pairs, scores.pairs, alone=1)


class Telling(NamedTuple):
    """What stories are told from. ``articles`` and ``ids`` are in the order of places."""

    articles: Sequence[CleanArticle]
    ids: Sequence[str]
    table: MatchTable
    units: Units
    scores: Scores
    floor: Floor


def tell_batch(batch: Batch, given: Telling, compare: Compare) -> list[Story]:
    """The stories of some components, without those related to them."""
    ids, places = given.ids, batch.places.tolist()
    links = Links.of(given.table.at(batch.rows).matches(ids), compare)
    articles = {ids[at]: given.articles[at] for at in places}
    members: dict[int, list[str]] = {}
    for at, unit in zip(places, given.units.of[batch.places].tolist(), strict=True):
        members.setdefault(unit, []).append(ids[at])
    speakers = dict(zip(members, given.units.speaker[list(members)].tolist(), strict=True))
    units = {unit: Unit(ids[speakers[unit]], tuple(names)) for unit, names in members.items()}
    pairs, values = given.scores.pairs[batch.scores].tolist(), given.scores.values[batch.scores].tolist()
    scores = {(a, b): score for (a, b), score in zip(pairs, values, strict=True)}
    clusters = average_linkage(units, scores, given.floor)
    return [tell_story([units[unit] for unit in cluster], articles, links) for cluster in clusters]


def with_related(stories: Sequence[Story], table: MatchTable, place: dict[str, int]) -> tuple[Story, ...]:
    """The stories with the ids of those that a match that is not unrelated joins them to, largest first, then by id."""
    ordered = sorted(stories, key=lambda story: (-len(story.articles), story.story_id))
    of = np.empty(len(place), np.int64)
    for number, story in enumerate(ordered):
        of[[place[member.id] for member in story.articles]] = number
    met = of[table.pairs[table.relations != UNRELATED]]
    met = np.unique(np.sort(met[met[:, 0] != met[:, 1]], axis=1), axis=0)
    related: dict[int, list[str]] = {}
    for one, other in met.tolist():
        related.setdefault(one, []).append(ordered[other].story_id)
        related.setdefault(other, []).append(ordered[one].story_id)
    return tuple(
        replace(story, related=tuple(sorted(related[number]))) if number in related else story
        for number, story in enumerate(ordered)
    )


# --- components -------------------------------------------------------------------------------------------------

_NO_PAIRS = np.empty((0, 2), np.int64)


def _components(edges: npt.NDArray[np.integer], count: int) -> Places:
    """The number of the component of each of ``count`` nodes, which edges (int[m, 2]) join."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    graph = coo_array((np.ones(len(edges), np.int8), (edges[:, 0], edges[:, 1])), shape=(count, count))
    return connected_components(graph, directed=False)[1].astype(np.int64)


def _batches(part: Places, matches: Pairs, scores: Places, alone: int) -> list[Batch]:
    """Components of ``alone`` articles or more, in batches; ``part`` is the component of each article."""
    sizes = np.bincount(part)
    columns = [np.flatnonzero(sizes[part] >= alone), *(_inside(part, pairs, sizes >= alone) for pairs in (matches, scores))]
    labels = [part[columns[0]], part[matches[columns[1], 0]], part[scores[columns[2], 0]]]
    weight = sum(np.bincount(own, minlength=len(sizes)) for own in labels)
    number = (np.cumsum(weight) - weight) // BATCH
    cuts = []
    for column, own in zip(columns, labels, strict=True):
        order = np.argsort(own, kind="stable")
        ends = np.searchsorted(number[own][order], np.unique(number[sizes >= alone]), side="right")
        cuts.append(np.split(column[order], ends[:-1]))
    return [Batch(*own) for own in zip(*cuts, strict=True)]


def _inside(part: Places, pairs: npt.NDArray[np.integer], kept: npt.NDArray[np.bool_]) -> Places:
    """The rows of pairs inside one of the components that are kept."""
    one = part[pairs[:, 0]]
    return np.flatnonzero((one == part[pairs[:, 1]]) & kept[one])
