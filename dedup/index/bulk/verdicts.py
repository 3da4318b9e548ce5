"""The verdicts of many articles at once: each is laid beside those that were there before it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

from dedup.index.answers import Verdict
from dedup.index.bulk.keys import Feed
from dedup.index.bulk.matches import Said
from dedup.index.bulk.rows import parts_of
from dedup.index.bulk.stories import Homes
from dedup.index.codec import match_of
from dedup.index.contract import Writing
from dedup.index.desk import verdict_head
from dedup.match.table import HELD_A, HELD_B, SCORE, MatchTable
from dedup.models import RELATIONS, Match

SAME = RELATIONS.index("same_story")


def give_verdicts(
    view: Writing, feed: Feed, since: int, said: Said, homes: Homes, caps: Mapping[str, NDArray[np.int64]]
) -> list[Verdict]:
    """Write and give the verdicts of the articles from seat ``since`` on. Story and group are those of the end."""
    best = _best_rows(said.table, feed)[since:]
    names = sorted(caps)
    given: list[Verdict] = []
    for part in parts_of(len(best)):
        records = []
        met = zip(*(caps[name][since:][part].tolist() for name in names), strict=True)
        matches = _matches(said, best[part])
        rows = zip(feed.places[since:][part].tolist(), matches, met, strict=True)
        for place, (match, data), counts in rows:
            story, group = homes.of(feed.ids, place)
            of_all = {name: count for name, count in zip(names, counts, strict=True) if count}
            verdict = _verdict(feed.ids[place], match, (story, group), of_all)
            records.append(verdict_head(verdict) + data)
            given.append(verdict)
        view.put("verdict", zip(feed.numbers[since:][part].tolist(), records, strict=True))
    return given


def _verdict(name: str, match: Match | None, home: tuple[str, str | None], caps: Mapping[str, int]) -> Verdict:
    (story, group), relation = home, match.relation if match else "unrelated"
    is_new = match is None or not (match.derived or match.relation == "same_story")
    return Verdict(name, relation, is_new, group, story, match, caps)


def _matches(said: Said, rows: NDArray[np.int64]) -> Iterator[tuple[Match | None, bytes]]:
    for row in rows.tolist():
        data = b"" if row < 0 else said.bytes_of(row)
        yield match_of(data) if data else None, data


def _best_rows(table: MatchTable, feed: Feed) -> NDArray[np.int64]:
    """For each seat the row of its best match with an article before it, as ``desk.best_match`` has it, or -1."""
    rows = table.shown
    numbers = table.numbers[table.close[rows]]
    pairs, derived = table.pairs[rows], table.derived[rows]
    owner = feed.seats[pairs].max(axis=1)
    weight = np.where(derived, numbers[:, SCORE], 0.0) + np.maximum(numbers[:, HELD_A], numbers[:, HELD_B])
    ranked = (table.cosines[rows], table.told[rows], table.relations[rows] == SAME, weight, derived)
    order = np.lexsort((pairs[:, 1], pairs[:, 0], *ranked, owner))
    best = np.full(len(feed.numbers), -1, np.int64)
    best[owner[order]] = rows[order]  # of one seat the last, which is the best, stays
    return best
