"""How two articles relate: from evidence to a relation, with a calibrated score and reasons.

Three questions in turn: is one derived from the other (or both from one text)? If so, how much of it? If not, do
they tell the same event, or another event of the same subject? The numbers are data (``data/relation_model.json``,
made by training/train_relations.py).
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
import numpy.typing as npt

from dedup.match.features import NAMES, Evidence, evidence
from dedup.match.overlap import PASSAGE_WORDS
from dedup.match.profile import Profile
from dedup.match.reasons import reasons
from dedup.match.same_story import SECONDS_A_DAY, features_of
from dedup.match.same_story import model as same_story_model
from dedup.models import Match, Passage, Relation
from dedup.settings import Settings

DERIVED_SCORE = 0.5
"""Probability from which a pair is derived."""

SAME_STORY = 0.5
"""Probability from which two articles tell the same event."""

RETOLD_SENTENCES, RETOLD_WORDS = 3, 60
"""A retelling shows in at least so many sentences, and in a text of so many words: the facts of a teaser or brief stand
in every report of its event. Without this rule two real feeds (354 and 383 articles) had 60 pairs retold instead of 22,
and most of the others were teasers."""

PAGE_SCORE = 0.49
"""Factor on the score of an article and a page without one, so that it stays below DERIVED_SCORE."""

RELATED = 0.2
"""TF-IDF cosine from which two articles share their running subject. The seeds have .31 and more; of 20,000 random
pairs of a mixed feed of political news 1.5% reach .15 and .2% reach .2."""


_TOLD, _WORDS = NAMES.index("told"), NAMES.index("words_s")


@dataclass(frozen=True, slots=True, eq=False)
class Regression:
    """A logistic regression: ``weights`` float64[len(NAMES)] act on the features as they are."""

    intercept: float
    weights: npt.NDArray[np.float64]

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> Regression:
        """Read ``{"intercept": x, "weights": {feature: x}}``; a feature that is not named has weight 0."""
        return cls(float(raw["intercept"]), np.array([float(raw["weights"].get(name, 0.0)) for name in NAMES]))

    def to_json(self) -> dict[str, Any]:
        """What ``from_json`` reads, without features of weight 0."""
        named = {name: round(float(x), 5) for name, x in zip(NAMES, self.weights, strict=True) if x}
        return {"intercept": round(self.intercept, 5), "weights": named}

    def score(self, values: npt.NDArray[np.float64]) -> float:
        """Probability for one row of features, 0..1."""
        logit = self.intercept + float(np.dot(self.weights, values))
        return 1 / (1 + math.exp(-min(max(logit, -30.0), 30.0)))


@dataclass(frozen=True, slots=True, eq=False)
class Model:
    """Is a pair ``derived`` by common wording, or ``retold`` in other words; if so, and under the cuts of copy and
    excerpt, was it ``reworded`` throughout or taken in part?

    ``cuts`` are shares of what an article has in common with the other: copy_s and copy_l (of the shorter and the
    longer article, for a copy) and excerpt (of the shorter).
    """

    derived: Regression
    retold: Regression
    reworded: Regression
    cuts: Mapping[str, float]

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> Model:
        """Read the JSON object of ``data/relation_model.json``."""
        derived, retold, reworded = (Regression.from_json(raw[name]) for name in ("derived", "retold", "reworded"))
        return cls(derived, retold, reworded, dict(raw["cuts"]))

    def to_json(self) -> dict[str, Any]:
        """What ``from_json`` reads."""
        regressions = {"derived": self.derived, "retold": self.retold, "reworded": self.reworded}
        return {**{name: item.to_json() for name, item in regressions.items()}, "cuts": dict(self.cuts)}


@cache
def model() -> Model:
    """The model shipped with the package."""
    return Model.from_json(json.loads(files("dedup.match").joinpath("data/relation_model.json").read_text("utf-8")))


def tells_enough(values: npt.NDArray[np.float64]) -> bool:
    """Whether a pair with this evidence has enough sentences in common, by what they tell, to be a retelling."""
    told, words = np.expm1(values[_TOLD]), np.expm1(values[_WORDS])
    return bool(round(told) >= RETOLD_SENTENCES and round(words) >= RETOLD_WORDS)


def compare_profiles(a: Profile, b: Profile, settings: Settings) -> Match:
    """Compare two articles. Relation and scores are the same for (b, a); containment and passages follow the order."""
    return relate(a, b, settings, model())


def relate(a: Profile, b: Profile, settings: Settings, weights: Model) -> Match:
    """``compare_profiles`` with a given model."""
    found = evidence(a, b)
    days = math.nan if a.time is None or b.time is None else abs(a.time / SECONDS_A_DAY - b.time / SECONDS_A_DAY)
    story_score = same_story_model().score(features_of(found.cosines[1:], (a.weekdays, b.weekdays), days))
    score, derived = _derivation(a, b, found, settings, weights)
    relation = derived or _other_relation(a, b, found, story_score)
    return Match(
        a=a.id,
        b=b.id,
        relation=relation,
        score=score,
        same_story_score=story_score,
        jaccard=found.grams.jaccard,
        containment=found.grams.containment,
        cosine=found.cosine,
        passages=_passages(a, b, found),
        reasons=reasons(a, b, found, relation),
    )


def _derivation(
    a: Profile, b: Profile, found: Evidence, settings: Settings, weights: Model
) -> tuple[float, Relation | None]:
    """Score and derived relation, or None. Texts too short to sketch are copies when equal, and nothing else; an index
    that shows a teaser of an article is not derived from it."""
    if min(a.size, b.size) < settings.min_words:
        same = a.size > 0 and np.array_equal(a.words.hashes, b.words.hashes)
        return (1.0, "copy") if same else (0.0, None)
    score = weights.derived.score(found.values)
    if tells_enough(found.values):
        score = max(score, weights.retold.score(found.values))
    if (a.kind == "page") != (b.kind == "page"):
        return score * PAGE_SCORE, None
    return score, (_kind(found, weights) if score >= DERIVED_SCORE else None)


def _kind(found: Evidence, weights: Model) -> Relation:
    """Which derived relation. What an article has in common is its shared runs with the edits inside them, or its
    shared 3-grams where those are more (a text cut into small pieces)."""
    value, cuts = dict(zip(NAMES, found.values, strict=True)), weights.cuts
    common_s = max(value["aligned_s"], value["contained3_s"])
    common_l = max(value["aligned_l"], value["contained3_l"])
    if common_s >= cuts["copy_s"] and common_l >= cuts["copy_l"]:
        return "copy"
    if common_s >= cuts["excerpt"]:
        return "excerpt"
    if weights.derived.score(found.values) < DERIVED_SCORE:
        return "rewrite"
    return "rewrite" if weights.reworded.score(found.values) >= 0.5 else "partial"


def _other_relation(a: Profile, b: Profile, found: Evidence, story_score: float) -> Relation:
    """Who tells the same event must tell something: a page without an article is at most related."""
    if story_score >= SAME_STORY and "page" not in (a.kind, b.kind):
        return "same_story"
    return "related" if found.cosine >= RELATED else "unrelated"


def _passages(a: Profile, b: Profile, found: Evidence) -> tuple[Passage, ...]:
    long = found.tiles[found.tiles[:, 2] >= PASSAGE_WORDS]
    if not long.shape[0]:
        return ()
    one, other = a.words, b.words
    last = long[:, 2] - 1
    columns = (
        one.starts[long[:, 0]],
        one.ends[long[:, 0] + last],
        other.starts[long[:, 1]],
        other.ends[long[:, 1] + last],
        long[:, 2],
    )
    return tuple(map(Passage._make, np.column_stack(columns).tolist()))
