"""How two articles relate: from evidence to a relation, with a calibrated score and reasons.

Three questions in turn: is one derived from the other (or both from one text)? If so, how much of it? If not, do
they tell the same event, or another event of the same subject? The numbers are data (``data/relation_model.json``,
made by training/train_relations.py).
"""

from __future__ import annotations

import json
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
from dedup.match.same_story import same_story_score
from dedup.models import Match, Passage, Relation
from dedup.settings import Settings

SAME_STORY = 0.5
"""Probability from which two articles tell the same event."""

RELATED = 0.15
"""TF-IDF cosine from which two articles share their running subject; chosen in docs/relations.md."""


@dataclass(frozen=True, slots=True, eq=False)
class Model:
    """A logistic regression over the features, and the cuts between the derived relations.

    ``weights`` float64[len(NAMES)] act on the features as they are. ``cuts`` are shares of shingles of 3 words:
    copy_s and copy_l (of the shorter and longer article, for a copy), excerpt (of the shorter), and ``rewrite``,
    ln(1 + free shared words) below which the text was reworded.
    """

    intercept: float
    weights: npt.NDArray[np.float64]
    cuts: Mapping[str, float]

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> Model:
        """Read the JSON object of ``data/relation_model.json``; a feature that is not named has weight 0."""
        named = raw["derived"]["weights"]
        weights = np.array([float(named.get(name, 0.0)) for name in NAMES])
        return cls(float(raw["derived"]["intercept"]), weights, dict(raw["cuts"]))

    def score(self, values: npt.NDArray[np.float64]) -> float:
        """Probability that the pair is derived, 0..1."""
        logit = self.intercept + float(np.dot(self.weights, values))
        return float(1 / (1 + np.exp(-np.clip(logit, -30, 30))))


@cache
def model() -> Model:
    """The model shipped with the package."""
    return Model.from_json(json.loads(files("dedup.match").joinpath("data/relation_model.json").read_text("utf-8")))


def compare_profiles(a: Profile, b: Profile, settings: Settings) -> Match:
    """Compare two articles. Relation and scores are the same for (b, a); containment and passages follow the order."""
    found = evidence(a, b)
    story_score = same_story_score(a.story, b.story)
    score, derived = _derivation(a, b, found, settings)
    relation = derived or _other_relation(found, story_score)
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


def _derivation(a: Profile, b: Profile, found: Evidence, settings: Settings) -> tuple[float, Relation | None]:
    """Score and derived relation, or None. Texts too short to sketch are copies when equal, and nothing else."""
    if min(a.size, b.size) < settings.min_words:
        same = a.size > 0 and np.array_equal(a.words.hashes, b.words.hashes)
        return (1.0, "copy") if same else (0.0, None)
    score = model().score(found.values)
    return score, (_kind(found) if score >= 0.5 else None)


def _kind(found: Evidence) -> Relation:
    value, cuts = dict(zip(NAMES, found.values, strict=True)), model().cuts
    if value["contained3_s"] >= cuts["copy_s"] and value["contained3_l"] >= cuts["copy_l"]:
        return "copy"
    if value["contained3_s"] >= cuts["excerpt"]:
        return "excerpt"
    return "rewrite" if value["free_words"] < cuts["rewrite"] else "partial"


def _other_relation(found: Evidence, story_score: float) -> Relation:
    if story_score >= SAME_STORY:
        return "same_story"
    return "related" if found.cosine >= RELATED else "unrelated"


def _passages(a: Profile, b: Profile, found: Evidence) -> tuple[Passage, ...]:
    return tuple(
        Passage(
            int(a.words.starts[i]),
            int(a.words.ends[i + length - 1]),
            int(b.words.starts[j]),
            int(b.words.ends[j + length - 1]),
            int(length),
        )
        for i, j, length in found.tiles
        if length >= PASSAGE_WORDS
    )
