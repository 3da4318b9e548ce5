"""Pairs of the test bed of rewritten news copy (tests/match/cases/rewrites), and what a model makes of them.

All versions of one event but the independent reports and the sibling derive from one text, so any two of them are
derived; any other two are not. Two strong rewrites of one source have less in common than either has with it.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime
from itertools import combinations
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from dedup.match.features import evidence
from dedup.match.model import Model
from dedup.match.profile import Profile, make_profiles
from dedup.match.relation import relate
from dedup.models import Article, Match
from dedup.settings import Settings
from dedup.text.clean import clean_many

BED = Path(__file__).parent.parent / "tests" / "match" / "cases" / "rewrites"

SAME_TEXT = frozenset(("source", "light", "reordered", "voice", "short", "translated"))
"""Versions that derive from the event's source text."""


class Bed(NamedTuple):
    """Pairs of versions of one event: ``profiles`` int, int; their ``events`` and ``kinds``; ``derived`` or not; and
    ``values`` float64[pairs, len(NAMES)]."""

    profiles: list[tuple[Profile, Profile]]
    events: npt.NDArray[np.str_]
    kinds: list[tuple[str, str]]
    derived: npt.NDArray[np.bool_]
    values: npt.NDArray[np.float64]


def bed_articles(path: Path = BED) -> list[Article]:
    """All articles of the test bed, event by event in file order."""
    rows = [row for file in sorted(path.glob("*.json")) for row in json.loads(file.read_text("utf-8"))["articles"]]
    return [
        Article(row["id"], row["text"], row["title"], None, row["outlet"], datetime.fromisoformat(row["published"]))
        for row in rows
    ]


def load_bed() -> Bed:
    """Every two versions of an event, cleaned each alone."""
    known = make_profiles(clean_many(bed_articles()), Settings())
    profiles = [(a, b) for a, b in combinations(known, 2) if _event(a.id) == _event(b.id)]
    kinds = [(_kind(a.id), _kind(b.id)) for a, b in profiles]
    return Bed(
        profiles,
        np.array([_event(a.id) for a, _ in profiles]),
        kinds,
        np.array([a in SAME_TEXT and b in SAME_TEXT for a, b in kinds]),
        np.array([evidence(a, b).values for a, b in profiles]),
    )


def _event(name: str) -> str:
    return name.rpartition("-")[0]


def _kind(name: str) -> str:
    return name.rpartition("-")[2]


def report_bed(bed: Bed, fit_without: Callable[[str], Model]) -> None:
    """Print what each version is called against its source, and each kind of pair, by models that did not see the
    event."""
    models = {event: fit_without(event) for event in sorted(set(bed.events))}
    matches = [relate(a, b, Settings(), models[event]) for (a, b), event in zip(bed.profiles, bed.events, strict=True)]
    print("test bed of rewrites, each event by a model that did not see it")
    for kind in dict.fromkeys(b for a, b in bed.kinds if a == "source"):
        _line(f"source, {kind}", [m for m, pair in zip(matches, bed.kinds, strict=True) if pair == ("source", kind)])
    for wanted, name in ((True, "two versions of one text"), (False, "an independent report or sibling, a version")):
        rest = [
            match
            for match, pair, derived in zip(matches, bed.kinds, bed.derived, strict=True)
            if derived == wanted and pair[0] != "source"
        ]
        _line(name, rest)


def _line(name: str, matches: Sequence[Match]) -> None:
    scores = np.quantile([match.score for match in matches], (0.0, 0.5, 1.0))
    called = dict(Counter(match.relation for match in matches).most_common())
    print(f"   {name}: {called}; score least {scores[0]:.2f}, middle {scores[1]:.2f}, most {scores[2]:.2f}")
