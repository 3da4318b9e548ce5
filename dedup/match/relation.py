"""How two articles relate: from evidence to a relation, with a calibrated score and reasons.

Three questions in turn: is one derived from the other (or both from one text)? If so, how much of it? If not, do
they tell the same event, or another event of the same subject? The numbers are data (``data/relation_model.json``,
made by training/train_relations.py).
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from dedup.match.compiled import compiled
from dedup.match.features import NAMES, Evidence, Findings, Pair, evidence_of
from dedup.match.overlap import PASSAGE_WORDS
from dedup.match.profile import Profile
from dedup.match.reasons import reasons
from dedup.match.same_story import SECONDS_A_DAY, probabilities
from dedup.models import Match, Passage, Relation
from dedup.settings import Settings

DERIVED_SCORE = 0.5
"""Probability from which a pair is derived."""

SAME_STORY = 0.5
"""Probability from which two articles tell the same event."""

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

PAGE_SCORE = 0.49
"""Factor on the score of a pair of which one or both are pages without an article, so that it stays below
DERIVED_SCORE."""

BRIEF_COSINE, BRIEF_TOLD = 0.5, 0.49
"""Least TF-IDF cosine of two texts too short to sketch that tell one event, and the most that is said of others: in a
handful of words one rare word in common is up to half of the likeness."""

RELATED = 0.2
"""TF-IDF cosine from which two articles share their running subject. The seeds have .31 and more; of 20,000 random
pairs of a mixed feed of political news 1.5% reach .15 and .2% reach .2."""


_TOLD, _WORDS, _ALIGNED, _LONGEST, _RUNS, _COVERED, _ORDERED = (
    NAMES.index(name) for name in "told words_s aligned_s longest tiles covered_s ordered".split()
)


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


class Judgements(NamedTuple):
    """How n pairs relate, without the words for it: lists of relations, scores and same-story scores."""

    relations: list[Relation]
    scores: list[float]
    story_scores: list[float]


def compare_profiles(a: Profile, b: Profile, settings: Settings) -> Match:
    """Compare two articles. Relation and scores are the same for (b, a); containment and passages follow the order."""
    return relate(a, b, settings, model())


def compare_many(pairs: Sequence[Pair], settings: Settings) -> list[Match]:
    """The matches of many pairs, in order. Those of unrelated articles, which nobody is shown, have no passages and
    no reasons; else a match is the same as alone."""
    found = evidence_of(pairs)
    judged = _judge(pairs, found, settings, model())
    return _matches(pairs, found, judged, [relation != "unrelated" for relation in judged.relations])


def relate(a: Profile, b: Profile, settings: Settings, weights: Model) -> Match:
    """``compare_profiles`` with a given model."""
    pairs = [(a, b)]
    found = evidence_of(pairs)
    return _matches(pairs, found, _judge(pairs, found, settings, weights), [True])[0]


def _matches(pairs: Sequence[Pair], found: Findings, judged: Judgements, shown: Sequence[bool]) -> list[Match]:
    """Matches of the pairs; those that are shown have passages and reasons."""
    made = []
    columns = zip(pairs, *judged, found.grams, found.cosines[:, 0].tolist(), shown, strict=True)
    for k, ((a, b), relation, score, story_score, grams, cosine, full) in enumerate(columns):
        passages: tuple[Passage, ...] = ()
        said: tuple[str, ...] = ()
        if full:
            whole = found.evidence(k)
            passages, said = _passages(a, b, whole), reasons(a, b, whole, relation)
        known = (relation, score, story_score, grams.jaccard, grams.containment, cosine)
        made.append(Match(a.id, b.id, *known, passages, said))
    return made


def _judge(pairs: Sequence[Pair], found: Findings, settings: Settings, weights: Model) -> Judgements:
    """Each pair's relation and scores. Who tells the same event must tell something: a page without an article is at
    most related to an article, and to another such page not at all."""
    worded = np.maximum(weights.derived.scores(found.values), _whole(found.values))
    worded = np.where(_scattered(found.values), np.minimum(worded, SCATTERED_SCORE), worded)
    best = np.where(tells_enough(found.values), np.maximum(worded, weights.retold.scores(found.values)), worded)
    both = np.array([(a.size, b.size) for a, b in pairs]).reshape(len(pairs), 2)
    sizes = both.min(1)
    pages = np.array([(a.kind == "page", b.kind == "page") for a, b in pairs]).reshape(len(pairs), 2)
    told = np.where(pages.all(1), 0.0, _story_scores(pairs, found.cosines[:, 1:]))
    short = (both.max(1) < settings.min_words) & (found.cosines[:, 0] < BRIEF_COSINE)
    told = np.where(short & (told >= SAME_STORY), BRIEF_TOLD, told)
    same_story = (told >= SAME_STORY) & ~pages.any(1)
    related = (found.cosines[:, 0] >= RELATED) & ~pages.all(1)
    relations = np.where(same_story, "same_story", np.where(related, "related", "unrelated")).tolist()
    scores = best.tolist()
    for k in np.flatnonzero((best >= DERIVED_SCORE) | (sizes < settings.min_words) | pages.any(1)).tolist():
        scores[k], taken = _derivation(*pairs[k], scores[k], settings)
        if taken == "part":
            relations[k] = _kind(found.values[k], bool(worded[k] >= DERIVED_SCORE), weights)
        elif taken == "all":
            relations[k] = "copy"
    return Judgements(relations, scores, told.tolist())


def _story_scores(pairs: Sequence[Pair], cosines: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    times = [(math.nan if a.time is None else a.time, math.nan if b.time is None else b.time) for a, b in pairs]
    days = np.abs(np.diff(np.array(times).reshape(len(pairs), 2) / SECONDS_A_DAY, axis=1)[:, 0])
    weekdays = np.array([(a.weekdays, b.weekdays) for a, b in pairs], np.int64).reshape(len(pairs), 2)
    return probabilities(cosines, weekdays, days)


def _derivation(
    a: Profile, b: Profile, score: float, settings: Settings
) -> tuple[float, Literal["all", "part", "none"]]:
    """Score, and whether text was taken. Texts too short to sketch are copies when they are equal briefs, and nothing
    else; an index that shows a teaser of an article is not derived from it, nor are indexes that show the same teasers
    derived from each other."""
    if min(a.size, b.size) < settings.min_words:
        same = a.size > 0 and a.kind == b.kind == "brief" and np.array_equal(a.words.hashes, b.words.hashes)
        return (1.0, "all") if same else (0.0, "none")
    if "page" in (a.kind, b.kind):
        return score * PAGE_SCORE, "none"
    return score, ("part" if score >= DERIVED_SCORE else "none")


def _kind(values: npt.NDArray[np.float64], worded: bool, weights: Model) -> Relation:
    """Which derived relation; ``worded`` is whether common wording shows it. What an article has in common is its
    shared runs with the edits inside, or its shared 3-grams where those are more (a text cut into small pieces)."""
    value, cuts = dict(zip(NAMES, values.tolist(), strict=True)), weights.cuts
    common_s = max(value["aligned_s"], value["contained3_s"])
    common_l = max(value["aligned_l"], value["contained3_l"])
    if common_s >= cuts["copy_s"] and common_l >= cuts["copy_l"]:
        return "copy"
    if common_s >= cuts["excerpt"]:
        return "excerpt"
    if not worded:
        return "rewrite"
    return "rewrite" if weights.reworded.scores(values[None, :])[0] >= 0.5 else "partial"


def _passages(a: Profile, b: Profile, found: Evidence) -> tuple[Passage, ...]:
    if not found.tiles.shape[0]:
        return ()
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
