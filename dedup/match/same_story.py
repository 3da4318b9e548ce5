"""How likely two articles tell the same event: a logistic regression over cosines and the time between them.

The weights are data (``data/same_story.json``, made by training/train_same_story.py, which also cross-validates
them). What was tried and left out is in docs/stories.md.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
import numpy.typing as npt

from dedup.match.compiled import compiled
from dedup.match.similarity import TermIds, Vector, Weights, cosine_many, idf_of, weigh
from dedup.models import CleanArticle
from dedup.text.tokens import tokenise

FEATURES = ("body", "rare", "lead", "log_days", "dated")
"""Square roots of three cosines: of headline and body; the same with idf squared, which leaves names, numbers and odd
words; that of headline and lead alone. Then ln(1 + days between the two), 0 where a date is missing; 1 where both have
a date. Every weight of a root is positive, so that more in common never makes a pair less likely."""

LEAD_WORDS = 60
"""Words of the body that count as lead: two to three sentences, where news says what happened."""

LEAD_CHARACTERS = 1200
"""Enough text for LEAD_WORDS words of any European language."""

SECONDS_A_DAY = 86400.0


@dataclass(frozen=True, slots=True, eq=False)
class StoryProfile:
    """What same_story_score needs of an article.

    ``ids`` uint64[n] and ``body`` float32[n] are the article's Vector; ``rare`` float32[n] the weights with idf
    squared, of length 1; ``lead`` the vector of headline and lead with idf squared; ``published`` days since 1970,
    or nan.
    """

    ids: TermIds
    body: Weights
    rare: Weights
    lead: Vector
    published: float


@dataclass(frozen=True, slots=True)
class Model:
    """Intercept and one weight for each of FEATURES, in that order."""

    intercept: float
    weights: tuple[float, ...]

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> Model:
        """Read ``{"intercept": x, "weights": {feature: x}}``; a feature that is not named has weight 0."""
        return cls(float(raw["intercept"]), tuple(float(raw["weights"].get(name, 0.0)) for name in FEATURES))

    def score(self, features: Sequence[float]) -> float:
        """Probability for one row of features, 0..1."""
        return _probability(self.intercept + sum(w * x for w, x in zip(self.weights, features, strict=True)))


@cache
def model() -> Model:
    """The weights shipped with the package."""
    return Model.from_json(json.loads(files("dedup.match").joinpath("data/same_story.json").read_text("utf-8")))


def story_profile(clean: CleanArticle, vector: Vector) -> StoryProfile:
    """Prepare an article for same_story_score; ``vector`` is ``vectorise(clean)``."""
    headline = tokenise(clean.headline or "").hashes
    lead = tokenise(clean.body[:LEAD_CHARACTERS]).hashes[:LEAD_WORDS]
    ids = weigh(np.unique(np.concatenate([headline, lead])), np.unique(headline), 1.0)
    return StoryProfile(
        ids=vector.ids,
        body=vector.weights,
        rare=_sharpen(vector),
        lead=Vector(ids.ids, _sharpen(ids)),
        published=clean.published.timestamp() / SECONDS_A_DAY if clean.published else math.nan,
    )


def same_story_score(a: StoryProfile, b: StoryProfile) -> float:
    """Probability that both articles tell the same event, 0..1; the same whichever comes first."""
    return model().score(features(a, b))


def features(a: StoryProfile, b: StoryProfile) -> tuple[float, ...]:
    """The numbers of FEATURES for a pair, in that order."""
    body, rare, lead = _dots(
        (a.ids, a.body, a.rare), (b.ids, b.body, b.rare), (a.lead.ids, a.lead.weights), (b.lead.ids, b.lead.weights)
    )
    days = abs(a.published - b.published)
    dated = not math.isnan(days)
    time = math.log1p(days) if dated else 0.0
    return (math.sqrt(body), math.sqrt(rare), math.sqrt(lead), time, float(dated))


def features_many(profiles: Sequence[StoryProfile], pairs: npt.NDArray[np.int32]) -> npt.NDArray[np.float64]:
    """``features`` of pairs int32[m, 2] of positions, float64[m, len(FEATURES)], by matrix products (memory n * n)."""
    i, j = pairs[:, 0], pairs[:, 1]
    columns: list[npt.NDArray[np.float64]] = []
    kinds = (
        [Vector(item.ids, item.body) for item in profiles],
        [Vector(item.ids, item.rare) for item in profiles],
        [item.lead for item in profiles],
    )
    for vectors in kinds:
        values = cosine_many(vectors, vectors)[i, j].astype(np.float64)
        columns.append(np.sqrt(values))
    published = np.array([item.published for item in profiles], np.float64)
    days = np.abs(published[i] - published[j])
    dated = ~np.isnan(days)
    columns += [np.where(dated, np.log1p(np.where(dated, days, 0.0)), 0.0), dated.astype(np.float64)]
    return np.stack(columns, axis=1)


def _probability(logit: float) -> float:
    """The logistic function, without overflow."""
    return 1 / (1 + math.exp(-logit)) if logit >= 0 else 1 - 1 / (1 + math.exp(logit))


def _sharpen(vector: Vector) -> Weights:
    """The weights once more times idf, of length 1: names, numbers and odd words decide."""
    weights = vector.weights * idf_of(vector.ids)
    norm = float(np.sqrt(np.dot(weights, weights)))
    return weights / np.float32(norm) if norm > 0 else weights


@compiled
def _dots(a: Any, b: Any, a_lead: Any, b_lead: Any) -> Any:
    """Cosines of body, rare words and lead, each at most 1, by merges of ascending ids."""
    i, j, body, rare = 0, 0, 0.0, 0.0
    while i < len(a[0]) and j < len(b[0]):
        if a[0][i] == b[0][j]:
            body += float(a[1][i]) * float(b[1][j])
            rare += float(a[2][i]) * float(b[2][j])
            i, j = i + 1, j + 1
        elif a[0][i] < b[0][j]:
            i += 1
        else:
            j += 1
    i, j, lead = 0, 0, 0.0
    while i < len(a_lead[0]) and j < len(b_lead[0]):
        if a_lead[0][i] == b_lead[0][j]:
            lead += float(a_lead[1][i]) * float(b_lead[1][j])
            i, j = i + 1, j + 1
        elif a_lead[0][i] < b_lead[0][j]:
            i += 1
        else:
            j += 1
    return min(body, 1.0), min(rare, 1.0), min(lead, 1.0)
