"""Which pairs of a feed are compared, and how: most at a glance, the others by the profiles of their articles."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from dedup.match.candidates import candidate_pairs
from dedup.match.compiled import compiled
from dedup.match.neighbours import Found, Join, Keys, choose, join_keys, join_part, plan_join
from dedup.match.outline import Drawn, Glances, Outlines, draw
from dedup.match.pairs import distinct, keys_of, pairs_of
from dedup.match.profile import make_profiles
from dedup.match.relation import compare_many
from dedup.match.shelf import OutlineShelf, shelve
from dedup.match.table import MatchTable, join_matches, table_of, told_apart
from dedup.models import CleanArticle, Match
from dedup.pipeline.runner import Chunks, Made, Progress, Runner
from dedup.settings import Settings
from dedup.sketch import SketchTable
from dedup.sketch.table import join_tables
from dedup.spill import Kept
from dedup.spill.pages import CleanFeed
from dedup.spill.records import MATCHES

Pairs = npt.NDArray[np.int32]
"""Pairs of places of articles, [m, 2]."""

ARTICLES_A_CHUNK = 256
GLANCES_A_CHUNK = 8192
PAIRS_A_CHUNK, PROFILES_A_CHUNK = 8192, 2000
"""Pairs that share the profiles of their articles, as many as have so many articles (of 45 kB each): in 50,000 articles
with 2.4 such pairs each a profile is made 1.6 times."""


# --- candidates -------------------------------------------------------------------------------------------------


class DrawnFeed(NamedTuple):
    """What finds pairs of a feed and tells most of them apart."""

    shelf: OutlineShelf
    keys: Keys
    sketches: SketchTable


@dataclass(frozen=True, slots=True)
class Proposed:
    """Candidate pairs, sorted; how many articles were too short to sketch; what limits left out."""

    pairs: Pairs
    unsketched: int
    caps: Mapping[str, int]


def draw_all(cleaned: CleanFeed, settings: Settings, runner: Runner, progress: Progress, hold: int) -> DrawnFeed:
    """Outlines, keys and sketches of a feed; outlines beyond ``hold`` bytes wait in a file."""
    chunks: Sequence[Sequence[CleanArticle]] = Chunks(cleaned, ARTICLES_A_CHUNK) if cleaned else [()]
    keys: list[Keys] = []
    sketches: list[SketchTable] = []
    shelf = shelve(_taken_apart(runner.map(_draw_chunk, settings, chunks), keys, sketches), hold)
    table = join_tables(_emptied(sketches))
    progress("sketching", len(cleaned), len(cleaned))
    return DrawnFeed(shelf, join_keys(keys), table)


def _draw_chunk(settings: Settings, cleaned: Sequence[CleanArticle]) -> Drawn:
    return draw(cleaned, settings)


def _taken_apart(parts: Iterable[Drawn], keys: list[Keys], sketches: list[SketchTable]) -> Iterator[Outlines]:
    for part in parts:
        keys.append(part.keys)
        sketches.append(part.sketches)
        yield part.outlines


def _emptied(items: list[Made]) -> Iterator[Made]:
    """The items in order, none of which is held longer."""
    items.reverse()
    while items:
        yield items.pop()


def propose_copies(sketches: SketchTable, settings: Settings) -> Proposed:
    """The pairs that may be copies."""
    copies = candidate_pairs(sketches, settings)
    return Proposed(copies.pairs, int(np.count_nonzero(sketches.words < settings.min_words)), copies.caps)


def with_neighbours(
    proposed: Proposed, shelf: OutlineShelf, keys: Keys, settings: Settings, runner: Runner, progress: Progress
) -> Proposed:
    """The same, and the pairs that may tell one story."""
    join = plan_join(shelf.light.days, keys, settings)
    alike = choose(join, _told(runner.map(join_part, join, join.parts), join, progress), settings)
    return Proposed(_all_pairs(proposed.pairs, alike.pairs), proposed.unsketched, {**proposed.caps, **alike.caps})


def _told(parts: Iterable[Found], join: Join, progress: Progress) -> Iterator[Found]:
    for (_, done), part in zip(join.parts, parts, strict=True):
        progress("proposing pairs", done, len(join.stands))
        yield part


def _all_pairs(*parts: Pairs) -> Pairs:
    """Every pair of the parts once, sorted."""
    return np.ascontiguousarray(pairs_of(distinct(np.concatenate([keys_of(part) for part in parts]))))


# --- comparison -------------------------------------------------------------------------------------------------


class Comparing(NamedTuple):
    """What pairs of places in ``cleaned`` are compared by, and how their chunks are mapped."""

    cleaned: Sequence[CleanArticle]
    shelf: OutlineShelf
    settings: Settings
    runner: Runner


class Compared(NamedTuple):
    """Matches of some pairs; ``said`` are those that are shown, whole, in the order that ``table.listed`` counts."""

    table: MatchTable
    said: list[Match]


def compare_all(given: Comparing, pairs: Pairs, progress: Progress) -> Iterator[Compared]:
    """The matches of pairs, in any order: at a glance where that is enough. Those of unrelated pairs have no reasons,
    and a score only where they took a closer look."""
    if len(pairs) > GLANCES_A_CHUNK:
        pairs = pairs[_close_together(pairs, len(given.cleaned))]
    left, done = [pairs[:0]], 0
    glances = Chunks(pairs, GLANCES_A_CHUNK)
    for chunk, seen in zip(glances, given.runner.map(_glance_chunk, given.shelf, glances), strict=True):
        left.append(chunk[~seen.unrelated])
        done += len(chunk) - len(left[-1])
        progress("comparing", done, len(pairs))
        yield Compared(told_apart(chunk, seen), [])
    rest = _by_articles(np.concatenate(left), len(given.cleaned))
    for part in given.runner.map(_compare_chunk, (given.cleaned, given.settings), rest):
        done += len(part.table)
        progress("comparing", done, len(pairs))
        yield part


def _glance_chunk(shelf: OutlineShelf, pairs: Pairs) -> Glances:
    return shelf.glance(pairs)


def _by_articles(pairs: Pairs, count: int) -> list[Pairs]:
    """The pairs in order, cut where a chunk has enough of them or of their articles, of which there are ``count``."""
    chunks, start, met = [], 0, np.full(count, -1, np.int64)
    while start < len(pairs):
        end = int(_chunk_end(pairs, start, (PAIRS_A_CHUNK, PROFILES_A_CHUNK), met))
        chunks.append(pairs[start:end])
        start = end
    return chunks


@compiled
def _chunk_end(pairs: Any, start: Any, most: Any, met: Any) -> Any:
    articles = 0
    for row in range(start, min(len(pairs), start + most[0])):
        if articles >= most[1]:
            return row
        for side in range(2):
            articles += met[pairs[row, side]] != start
            met[pairs[row, side]] = start
    return min(len(pairs), start + most[0])


def _close_together(pairs: Pairs, count: int) -> npt.NDArray[np.int64]:
    """An order of the pairs that keeps those of one article near each other, so that its profile is made once or
    twice: that of the reverse Cuthill-McKee numbering of the graph of pairs (George 1971)."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import reverse_cuthill_mckee

    both = np.concatenate([pairs, pairs[:, ::-1]])
    graph = coo_array((np.ones(len(both), np.int8), (both[:, 0], both[:, 1])), shape=(count, count)).tocsr()
    number = np.empty(count, np.int64)
    number[reverse_cuthill_mckee(graph, symmetric_mode=True)] = np.arange(count)
    ends = np.sort(number[pairs], axis=1)
    return np.lexsort((ends[:, 1], ends[:, 0]))


def _compare_chunk(shared: tuple[Sequence[CleanArticle], Settings], pairs: Pairs) -> Compared:
    cleaned, settings = shared
    names = np.unique(pairs).tolist()
    profiles = dict(zip(names, make_profiles([cleaned[i] for i in names], settings), strict=True))
    matches = compare_many([(profiles[i], profiles[j]) for i, j in pairs.tolist()], settings)
    return Compared(table_of(pairs, matches), [match for match in matches if match.relation != "unrelated"])


class Matches:
    """Matches as they are made, first those of the candidates; of those that are shown, what is beyond ``hold`` bytes
    waits in a file."""

    def __init__(self, made: Iterable[Compared], hold: int) -> None:
        self._said = Kept(MATCHES, hold)
        self.candidates = join_matches(self._kept(part) for part in made)
        self._others = join_matches(())
        self._fresh: list[MatchTable] = []

    def add(self, made: Iterable[Compared]) -> None:
        """Matches of pairs that were not known before. Raises SpillError where the file cannot grow."""
        self._fresh += [self._kept(part) for part in made]

    def _kept(self, made: Compared) -> MatchTable:
        listed = made.table.listed
        moved = np.where(listed >= 0, listed + len(self._said), -1)
        for match in made.said:
            self._said.add(match)
        return replace(made.table, listed=moved)

    @property
    def others(self) -> MatchTable:
        """Those that were added, sorted by pair."""
        if self._fresh:
            self._others, self._fresh = join_matches([self._others, *self._fresh]), []
        return self._others

    def shown(self) -> Sequence[Match]:
        """Those that are shown, whole, sorted by pair."""
        tables = (self.candidates, self.others)
        rows = [table.shown for table in tables]
        keys = np.concatenate([table.keys[own] for table, own in zip(tables, rows, strict=True)])
        places = np.concatenate([table.listed[table.close[own]] for table, own in zip(tables, rows, strict=True)])
        said = self._said.ordered(places[np.argsort(keys)].tolist())
        return said if said.spilled else tuple(said)
