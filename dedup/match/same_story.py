"""How likely two articles tell the same event: a logistic regression over cosines, weekdays and the time between them.

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
from dedup.match.similarity import TermIds, Vector, cosine, idf_of, normalise, weigh
from dedup.models import CleanArticle
from dedup.text.tokens import hash_word, tokenise

FEATURES = ("rare", "lead", "headline", "names", "other_weekday", "log_days", "dated")
"""Square roots of four cosines: of headline and body with idf squared, which leaves names, numbers and odd words; of
headline and lead; of the headlines; of the names. Then 1 where both say on which weekday it happened and none agrees;
ln(1 + days between the two), 0 where a date is missing; 1 where both have a date. Every weight of a root is positive,
so that more in common never makes a pair less likely."""

LEAD_WORDS = 60
"""Words of the body that count as lead: two to three sentences, where news says what happened. 30 and 120 are worse."""

HEADLINE_WORDS = 15
"""Words of the body that stand for a headline that is missing."""

WEEKDAY_WORDS = 120
"""Words of the body in which a weekday is that of the event. It differs in 15% of the same-story candidate pairs of
giveme5w1h that name one, and in 45% of the others."""

NAME_IDF = 3.5
"""A capitalised word counts as a name when at most 1 in 12 background articles has it: neither "The" nor "Monday"."""

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
SHORT_WEEKDAYS = {"mon": 0, "tue": 1, "tues": 1, "thu": 3, "thur": 3, "thurs": 3, "fri": 4}
"""Without wed, sat and sun, which are words."""

SECONDS_A_DAY = 86400.0


@dataclass(frozen=True, slots=True, eq=False)
class StoryProfile:
    """What same_story_score needs of an article: vectors with idf squared of its text (``rare``), headline and lead
    (``lead``) and ``headline``; the vector of its ``names``; ``weekdays`` of its first words, bit 0 for Monday;
    ``published`` in days since 1970, or nan."""

    rare: Vector
    lead: Vector
    headline: Vector
    names: Vector
    weekdays: int
    published: float


@dataclass(frozen=True, slots=True)
class Model:
    """Intercept and one weight for each of FEATURES, in that order; ``usual`` is a pair of which nothing is known: what
    a feature adds to the answer is its weight times its difference from there."""

    intercept: float
    weights: tuple[float, ...]
    usual: tuple[float, ...] = (0.0,) * len(FEATURES)

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> Model:
        """Read ``{"intercept": x, "weights": {feature: x}, "usual": {feature: x}}``; a feature that is not named has
        weight 0."""
        named = (raw.get(part, {}) for part in ("weights", "usual"))
        return cls(float(raw["intercept"]), *(tuple(float(part.get(name, 0.0)) for name in FEATURES) for part in named))

    def score(self, features: Sequence[float]) -> float:
        """Probability for one row of features, 0..1."""
        return _probability(self.intercept + sum(w * x for w, x in zip(self.weights, features, strict=True)))


@cache
def model() -> Model:
    """The weights shipped with the package."""
    return Model.from_json(json.loads(files("dedup.match").joinpath("data/same_story.json").read_text("utf-8")))


def story_profile(clean: CleanArticle, vector: Vector) -> StoryProfile:
    """Prepare an article for same_story_score; ``vector`` is ``vectorise(clean)``."""
    body = clean.body
    words = tokenise(body)
    headline = tokenise(clean.headline or "").hashes
    return StoryProfile(
        rare=_sharpen(vector),
        lead=_sharpen(_once(np.concatenate([headline, words.hashes[:LEAD_WORDS]]))),
        headline=_sharpen(_once(headline if len(headline) else words.hashes[:HEADLINE_WORDS])),
        names=weigh(_names(body, words.hashes, words.starts), np.empty(0, np.uint64), 1.0),
        weekdays=_weekdays(words.hashes[:WEEKDAY_WORDS]),
        published=clean.published.timestamp() / SECONDS_A_DAY if clean.published else math.nan,
    )


def same_story_score(a: StoryProfile, b: StoryProfile) -> float:
    """Probability that both articles tell the same event, 0..1; the same whichever comes first."""
    return model().score(features(a, b))


def features(a: StoryProfile, b: StoryProfile) -> tuple[float, ...]:
    """The numbers of FEATURES for a pair, in that order."""
    likeness = (
        cosine(a.rare, b.rare),
        cosine(a.lead, b.lead),
        cosine(a.headline, b.headline),
        cosine(a.names, b.names),
    )
    return features_of(likeness, (a.weekdays, b.weekdays), abs(a.published - b.published))


def features_of(likeness: Sequence[float], weekdays: tuple[int, int], days: float) -> tuple[float, ...]:
    """The numbers of FEATURES from the four cosines, the weekdays of both and the days between them (or nan)."""
    dated = not math.isnan(days)
    return (
        *map(math.sqrt, likeness),
        float(bool(weekdays[0] and weekdays[1] and not weekdays[0] & weekdays[1])),
        math.log1p(days) if dated else 0.0,
        float(dated),
    )


def probabilities(
    likeness: npt.NDArray[np.float64], weekdays: npt.NDArray[np.int64], days: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """``same_story_score`` of n pairs: float64[n, 4] cosines, int64[n, 2] weekdays, float64[n] days between, or nan."""
    out = np.empty(likeness.shape[0])
    _score_all(likeness, weekdays, days, np.array([model().intercept, *model().weights]), out)
    return out


def additions(
    likeness: npt.NDArray[np.float64], weekdays: npt.NDArray[np.int64], days: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """What each of FEATURES adds to the answer for n pairs, float64[n, len(FEATURES)]; arguments as of
    ``probabilities``."""
    dated = ~np.isnan(days)
    other = weekdays.all(1) & ((weekdays[:, 0] & weekdays[:, 1]) == 0)
    found = np.column_stack([np.sqrt(likeness), other, np.log1p(np.where(dated, days, 0.0)), dated])
    return np.asarray(np.array(model().weights) * (found - np.array(model().usual)))


@compiled
def _score_all(likeness: Any, weekdays: Any, days: Any, weights: Any, out: Any) -> None:
    """Sums are made in the order of FEATURES, so that a pair's does not depend on the others."""
    for k in range(out.shape[0]):
        logit = weights[0]
        for c in range(4):
            logit += weights[1 + c] * np.sqrt(likeness[k, c])
        if weekdays[k, 0] and weekdays[k, 1] and not weekdays[k, 0] & weekdays[k, 1]:
            logit += weights[5]
        if not np.isnan(days[k]):
            logit += weights[6] * np.log1p(days[k]) + weights[7]
        out[k] = 1 / (1 + np.exp(-logit)) if logit >= 0 else 1 - 1 / (1 + np.exp(logit))


def _probability(logit: float) -> float:
    """The logistic function, without overflow."""
    return 1 / (1 + math.exp(-logit)) if logit >= 0 else 1 - 1 / (1 + math.exp(logit))


def _once(words: TermIds) -> Vector:
    """The vector of a text's distinct words, each counted once."""
    return weigh(np.unique(words), np.empty(0, np.uint64), 1.0)


def _sharpen(vector: Vector) -> Vector:
    """The weights once more times idf, of length 1: names, numbers and odd words decide."""
    return Vector(vector.ids, _scaled(vector.weights * idf_of(vector.ids)))


@compiled
def _scaled(weights: Any) -> Any:
    """The weights, float32, divided by their length as float32."""
    squares = 0.0
    for weight in weights:
        squares += float(weight) * float(weight)
    return weights / np.float32(np.sqrt(squares)) if squares > 0 else weights


@compiled
def put_sharpened(weights: Any, idf: Any, out: Any) -> None:
    """``_sharpen`` for compiled code: write the new weights."""
    squares = 0.0
    for k in range(len(weights)):
        out[k] = weights[k] * idf[k]
        squares += float(out[k]) * float(out[k])
    length = np.float32(np.sqrt(squares)) if squares > 0 else np.float32(1)
    for k in range(len(weights)):
        out[k] = out[k] / length


@compiled
def put_once(idf: Any, out: Any) -> None:
    """Write the sharpened vector of distinct words, each counted once, of which the idf is given."""
    normalise(idf, out)
    put_sharpened(out[: len(idf)], idf, out)


@compiled
def weekdays_in(words: Any, known: Any) -> int:
    """Bits of the weekdays among the words; ``known`` are ascending hashes and the bit of each."""
    found, heads = 0, np.uint64(0)
    for word in known[0]:
        heads |= np.uint64(1) << (word >> np.uint64(58))
    for word in words:
        if not heads >> (word >> np.uint64(58)) & np.uint64(1):
            continue
        at = np.searchsorted(known[0], word)
        if at < len(known[0]) and known[0][at] == word:
            found |= known[1][at]
    return found


def _names(text: str, words: TermIds, starts: npt.NDArray[np.int32]) -> TermIds:
    """Hashes of capitalised words that are not common ones, in text order, with repeats."""
    capital = np.fromiter((text[start].isupper() for start in starts.tolist()), np.bool_, len(starts))
    found = words[capital]
    return found[idf_of(found) > NAME_IDF]


@cache
def weekday_bits() -> Mapping[int, int]:
    """By the hash of its name, the bit of each weekday."""
    numbered = {name: day for day, name in enumerate(WEEKDAYS)} | SHORT_WEEKDAYS
    return {hash_word(name): 1 << day for name, day in numbered.items()}


def _weekdays(words: TermIds) -> int:
    bits, found = weekday_bits(), 0
    for word in words.tolist():
        found |= bits.get(word, 0)
    return found
