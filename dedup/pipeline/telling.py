"""From matches to stories, some components at a time, on as many processes as the runner has."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from dedup.match.table import MatchTable
from dedup.models import Match, Story
from dedup.pipeline.comparing import Compared, Comparing, Matches, Pairs, compare_all
from dedup.pipeline.runner import Progress, SerialRunner, no_progress
from dedup.stories.clusters import Floor
from dedup.stories.feed import (
    Batch,
    Groups,
    Places,
    Scores,
    Telling,
    Units,
    batches_of_copies,
    batches_of_stories,
    batches_of_units,
    group_batch,
    merge_batch,
    spoken,
    story_of,
    story_scores,
    tell_batch,
    unit_pairs,
    units_of,
    with_related,
)
from dedup.stories.links import Ids


def tell(given: Comparing, ids: Sequence[str], matches: Matches, progress: Progress) -> tuple[Story, ...]:
    """The stories of all articles. What is asked for beside the matches of the candidates is added to them."""
    table = matches.candidates
    units, story = plan(given, ids, matches)
    telling = Telling(given.cleaned, ids, table, units, story)
    batches = batches_of_stories(table, story)
    shared = (given, matches.others, telling)
    stories: list[Story] = []
    done = 0
    for batch, made in zip(batches, given.runner.map(_tell_chunk, shared, batches), strict=True):
        stories += made.told
        matches.add(made.asked)
        done += len(batch.places)
        progress("grouping", done, len(ids))
    return with_related(stories, table, {name: at for at, name in enumerate(ids)})


def plan(given: Comparing, ids: Sequence[str], matches: Matches) -> tuple[Units, Places]:
    """The units of all articles, and the story of each by its least place. The matches grow by what is asked for."""
    units = _units(given, ids, matches)
    return units, story_of(units, _merged(given, _scores(given, units, matches), len(ids)))


def _units(given: Comparing, ids: Sequence[str], matches: Matches) -> Units:
    """Groups, and the articles in none."""
    groups: list[Groups] = []
    shared = (given, matches.candidates, ids)
    for made in given.runner.map(_group_chunk, shared, batches_of_copies(matches.candidates, len(ids))):
        groups.append(made.groups)
        matches.add(made.asked)
    return units_of(groups, len(ids))


def _scores(given: Comparing, units: Units, matches: Matches) -> Scores:
    """Same-story score of every two units with a match between them: that of their speakers."""
    pairs = unit_pairs(matches.candidates, units)
    asked = spoken(pairs, units)
    rows = matches.candidates.find(asked)
    known, others = rows >= 0, asked[rows < 0]
    matches.add(compare_all(given, others[matches.others.find(others) < 0], no_progress))
    values = np.empty(len(pairs))
    values[known] = story_scores(matches.candidates)[rows[known]]
    made = matches.others
    values[~known] = story_scores(made.at(made.find(others)))
    return Scores(pairs, values)


def _merged(given: Comparing, scores: Scores, count: int) -> Iterator[tuple[int, ...]]:
    """The units of every story that has more than one."""
    floor = Floor(given.settings.story_pair, given.settings.story_floor)
    for clusters in given.runner.map(_merge_chunk, (scores, floor), batches_of_units(scores, floor, count)):
        yield from clusters


def _merge_chunk(shared: tuple[Scores, Floor], batch: Batch) -> list[tuple[int, ...]]:
    return merge_batch(batch, *shared)


class _Grouped(NamedTuple):
    groups: Groups
    asked: list[Compared]


class _Told(NamedTuple):
    told: list[Story]
    asked: list[Compared]


def _group_chunk(shared: tuple[Comparing, MatchTable, Sequence[str]], batch: Batch) -> _Grouped:
    given, table, ids = shared
    comparer = _Comparer(given, ids, None, batch)
    return _Grouped(group_batch(batch, table, ids, comparer), comparer.made)


def _tell_chunk(shared: tuple[Comparing, MatchTable, Telling], batch: Batch) -> _Told:
    given, known, telling = shared
    comparer = _Comparer(given, telling.ids, known, batch)
    return _Told(tell_batch(batch, telling, comparer), comparer.made)


class _Comparer:
    """Answers for pairs of ids of a batch that are no candidates: a match of the ``known``, or one made now and kept;
    without passages and reasons."""

    def __init__(self, given: Comparing, ids: Sequence[str], known: MatchTable | None, batch: Batch) -> None:
        self._given = given._replace(runner=SerialRunner())
        self._ids, self._known = ids, known
        self._place = {ids[at]: at for at in batch.places.tolist()}
        self._matches: dict[Ids, Match] = {}
        self.made: list[Compared] = []

    def __call__(self, pairs: Sequence[Ids]) -> list[Match]:
        missing = sorted({pair for pair in pairs if pair not in self._matches})
        if missing:
            self._take(np.array([(self._place[a], self._place[b]) for a, b in missing], np.int32))
        return [self._matches[pair] for pair in pairs]

    def _take(self, pairs: Pairs) -> None:
        if self._known is not None:
            rows = self._known.find(pairs)
            self._note(self._known.at(rows[rows >= 0]))
            pairs = pairs[rows < 0]
        made = list(compare_all(self._given, pairs, no_progress)) if len(pairs) else []
        self.made += made
        for part in made:
            self._note(part.table)

    def _note(self, table: MatchTable) -> None:
        self._matches.update(((match.a, match.b), match) for match in table.matches(self._ids))
