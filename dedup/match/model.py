"""The weights and the rules by which a pair is judged: data (``data/relation_model.json``, made by
training/train_relations.py), and what was read of pairs that weights alone got wrong."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from dedup.match.compiled import compiled
from dedup.match.features import NAMES
from dedup.match.overlap import PASSAGE_WORDS

DERIVED_SCORE = 0.5
"""Probability from which a pair is derived."""

RETOLD_WORDS, RETOLD_SENTENCES = 60, 5
"""A retelling shows in a text of so many words, and in so many sentences: the facts of a teaser or brief stand in every
report of its event. With 3 sentences 55 of 60 short reports called rewrites in ECB+ were independent when read; 3 for
texts that bring no name or number of their own found 4 more of 17 short rewrites in the test bed, and 10 that are none
in four real feeds."""

WHOLE, WHOLE_WORDS = 0.85, 60
"""A text of so many words of which this share stands in the other, edits included, is derived even where
it is all quotation, an interview or a speech: the share is the least of its probability. All 73 labelled and read pairs
from this share on are derived, of 84 from .8 on 81."""

SCATTERED_SCORE = 0.49
STREWN_RUNS, STREWN_WORDS, STREWN_ORDER = 8, 7.0, 0.4
"""Most that common wording can say of two texts of which no PASSAGE_WORDS in a row agree, or that share STREWN_RUNS and
more of fewer words than STREWN_WORDS on average, less than STREWN_ORDER of them in the same order: phrases strewn
about, by chance or to lift signatures. Of 291 labelled and read pairs without a passage 6 are derived, 5 of them
rewrites, all of low confidence; of those with so many runs none has less than .47 of them in order."""

_TOLD, _WORDS, _ALIGNED, _LONGEST, _RUNS, _COVERED, _ORDERED = (
    NAMES.index(name) for name in "told words_s aligned_s longest tiles covered_s ordered".split()
)


@dataclass(frozen=True, slots=True, eq=False)
class Regression:
    """A logistic regression: ``weights`` float64[len(NAMES)] act on the features as they are. ``usual`` float64[same]
    is a pair of which nothing is known, halfway between the means of those that are and of those that are not: what a
    feature adds to the answer is its weight times its difference from there."""

    intercept: float
    weights: npt.NDArray[np.float64]
    usual: npt.NDArray[np.float64]

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> Regression:
        """Read ``{"intercept": x, "weights": {feature: x}, "usual": {feature: x}}``; a feature that is not named has
        weight 0."""
        columns = (np.array([float(raw[part].get(name, 0.0)) for name in NAMES]) for part in ("weights", "usual"))
        return cls(float(raw["intercept"]), *columns)

    def to_json(self) -> dict[str, Any]:
        """What ``from_json`` reads, without features of weight 0."""
        used = np.flatnonzero(self.weights).tolist()
        columns = {"weights": self.weights, "usual": self.usual}
        named = {part: {NAMES[k]: round(float(x[k]), 5) for k in used} for part, x in columns.items()}
        return {"intercept": round(self.intercept, 5), **named}

    def scores(self, values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Probability for each row of features, 0..1; a row's is the same among any others."""
        out = np.empty(values.shape[0])
        _probabilities(values, self.weights, self.intercept, out)
        return out


@compiled
def _probabilities(values: Any, weights: Any, intercept: float, out: Any) -> None:
    """Sums are made feature by feature, so that they do not depend on how many rows there are."""
    for row in range(values.shape[0]):
        logit = intercept
        for k in range(weights.shape[0]):
            logit += weights[k] * values[row, k]
        out[row] = 1 / (1 + np.exp(-min(max(logit, -30.0), 30.0)))


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


def tells_enough(values: npt.NDArray[np.float64]) -> npt.NDArray[np.bool_]:
    """Which pairs, by rows of features, have enough sentences in common, by what they tell, to be a retelling."""
    told, words = np.round(np.expm1(values[:, _TOLD])), np.round(np.expm1(values[:, _WORDS]))
    found: npt.NDArray[np.bool_] = (words >= RETOLD_WORDS) & (told >= RETOLD_SENTENCES)
    return found


def _whole(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """The share of the shorter text that stands in the other, where that is nearly all of it; else 0."""
    share = values[:, _ALIGNED]
    nearly = (share >= WHOLE) & (np.round(np.expm1(values[:, _WORDS])) >= WHOLE_WORDS)
    return np.where(nearly, np.minimum(share, 1.0), 0.0)


def _scattered(values: npt.NDArray[np.float64]) -> npt.NDArray[np.bool_]:
    """Which pairs share no passage, or only short runs in no order."""
    runs, words = np.round(np.expm1(values[:, _RUNS])), np.round(np.expm1(values[:, _WORDS]))
    strewn = (runs >= STREWN_RUNS) & (values[:, _COVERED] * words < STREWN_WORDS * runs)
    found: npt.NDArray[np.bool_] = np.round(np.expm1(values[:, _LONGEST])) < PASSAGE_WORDS
    return found | (strewn & (values[:, _ORDERED] < STREWN_ORDER))


class Grounds(NamedTuple):
    """What the judgement of n pairs rests on: the probabilities of the regressions, float64[n], and where a rule holds.

    ``worded``, ``retold`` and ``reworded`` are those of the regressions; ``whole`` the share that stands in the other
    where that is nearly all, else 0; ``scattered`` and ``enough`` bool[n]: common wording counts for nothing; there are
    sentences enough to be a retelling.
    """

    worded: npt.NDArray[np.float64]
    retold: npt.NDArray[np.float64]
    reworded: npt.NDArray[np.float64]
    whole: npt.NDArray[np.float64]
    scattered: npt.NDArray[np.bool_]
    enough: npt.NDArray[np.bool_]

    @property
    def by_words(self) -> npt.NDArray[np.float64]:
        """Probability that text was taken, by what both have word for word."""
        most = np.maximum(self.worded, self.whole)
        return np.where(self.scattered, np.minimum(most, SCATTERED_SCORE), most)

    @property
    def taken(self) -> npt.NDArray[np.float64]:
        """Probability that text was taken."""
        return np.where(self.enough, np.maximum(self.by_words, self.retold), self.by_words)

    def at(self, rows: npt.NDArray[np.int64]) -> Grounds:
        """Those of some of the pairs."""
        worded, retold, reworded = self.worded[rows], self.retold[rows], self.reworded[rows]
        return Grounds(worded, retold, reworded, self.whole[rows], self.scattered[rows], self.enough[rows])


def grounds_of(values: npt.NDArray[np.float64], weights: Model) -> Grounds:
    """The grounds of pairs, by rows of features."""
    worded, retold, reworded = (item.scores(values) for item in (weights.derived, weights.retold, weights.reworded))
    return Grounds(worded, retold, reworded, _whole(values), _scattered(values), tells_enough(values))
