"""What decided of a pair: how much each topic of its evidence adds to the relation it is called, against the nearest
other one, and which rules had a say.

A feature adds its weight times its difference from a pair of which nothing is known. Features that measure one thing
(shares of 3-grams, of 5-grams, of words) hold each other in check with weights of both signs, so only the sum of a
topic says something a reader can check.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from dedup.match.compiled import compiled
from dedup.match.features import NAMES
from dedup.match.model import DERIVED_SCORE, Grounds, Model, Regression
from dedup.match.same_story import FEATURES
from dedup.models import DERIVED, Relation

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

MEASURED: Mapping[str, str] = {
    "held": "jaccard contained_s contained_l contained3_s contained3_l covered_s covered_l free_covered_s"
    " free_covered_l free_words tiles aligned_s aligned_l words_s words_l ratio free_s free_l",
    "longest": "longest longest_free free_8 free_15 free_weight prose prose_tiles prose_weight wording wording_share_s"
    " mixed",
    "order": "ordered start_s start_l twins_ordered echoes_ordered",
    "alike": "twins twin_s twin_l echo_s echo_l mean_s mean_l lead echoes best_echo lead_in reworded words_in_l"
    " words_in_s cosine headline numbers_s numbers_l names_s names_l",
    "quoted": "spoken one_sided quoted_shared quoted_covered_s quotes",
    "cites": "cites",
    "told": "told told_s told_l told_mean told_ordered told_paired rare_together sentences",
    "own": "own_s own_l own_name_share own_names own_number_share own_numbers",
}
"""The topics of two texts and the features that measure them: words in common, the longest runs, their order, likeness
of sentences and vocabulary, quotations, naming the other's outlet; what is retold, and what is the shorter's own."""

OF_EVENT: Mapping[str, str] = {
    "event": "rare lead names",
    "headline": "headline",
    "time": "log_days dated",
    "weekday": "other_weekday",
}
"""The same for what tells whether two texts report one event."""

NEAR = 0.03
"""Distance of a share from a cut within which it is said where the cut lies."""


def _topic_of(topics: Mapping[str, str], names: Sequence[str]) -> npt.NDArray[np.int64]:
    """The number of each feature's topic."""
    known = {feature: at for at, listed in enumerate(topics.values()) for feature in listed.split()}
    return np.array([known[name] for name in names])


_TOPIC, _EVENT_TOPIC = _topic_of(MEASURED, NAMES), _topic_of(OF_EVENT, FEATURES)
_ALIGNED_S, _ALIGNED_L, _THREES_S, _THREES_L = (
    NAMES.index(name) for name in "aligned_s aligned_l contained3_s contained3_l".split()
)


class Decision(NamedTuple):
    """Why a pair is called so: ``weights`` of topics are what each adds to the log-odds against the nearest other
    relation, to two decimals, those with no say left out. ``taken``: whether text was taken was the nearest question
    (else how much of it, or whether both tell one event). ``rules`` that overruled the weights, or whose line is near:
    "whole", "scattered", "few_told", "copy_cut", "excerpt_cut"; ``cuts`` are those of the model."""

    weights: Mapping[str, float]
    taken: bool
    rules: tuple[str, ...]
    cuts: Mapping[str, float]


class Called(NamedTuple):
    """What n pairs are called, and how likely text was taken and both tell one event."""

    relations: Sequence[Relation]
    scores: Floats
    story_scores: Floats

    def among(self, *names: str) -> Flags:
        return np.array([relation in names for relation in self.relations], np.bool_)


def decisions(values: Floats, of_event: Floats, grounds: Grounds, called: Called, weights: Model) -> list[Decision]:
    """The decision of each of n pairs. ``values`` are rows of features, ``of_event`` what each feature of same_story
    adds."""
    derived = called.among(*DERIVED)
    by_kind = derived & _kind_is_nearer(grounds, called)
    other_event = np.where(called.among("same_story"), 1 - called.story_scores, called.story_scores)
    by_event = ~derived & (other_event >= called.scores)
    measured = _measured(values, grounds, derived, weights)
    measured[by_kind] = _of_kind(values, grounds, called, weights)[by_kind]
    measured[by_event] = 0.0
    event = np.zeros((values.shape[0], len(OF_EVENT)))
    sign = np.where(called.among("same_story"), 1.0, -1.0)
    _sum(of_event * np.where(by_event, sign, 0.0)[:, None], _EVENT_TOPIC, event)
    topics = (*MEASURED, *OF_EVENT)
    rules = _rules(values, grounds, called, weights.cuts)
    found = []
    for row, near, said in zip(
        np.hstack([measured, event]).round(2).tolist(), (~by_kind & ~by_event).tolist(), rules, strict=True
    ):
        known = {topic: weight for topic, weight in zip(topics, row, strict=True) if weight}
        found.append(Decision(known, near, said, weights.cuts))
    return found


def _kind_is_nearer(grounds: Grounds, called: Called) -> Flags:
    """Whether a rewrite is nearer to a partial copy, or the other way round, than to a text that took nothing."""
    asked = called.among("partial", "rewrite") & (grounds.by_words >= DERIVED_SCORE)
    chance = np.where(called.among("rewrite"), grounds.reworded, 1 - grounds.reworded)
    return asked & (chance < called.scores)


def _measured(values: Floats, grounds: Grounds, derived: Flags, weights: Model) -> Floats:
    """What the topics add to whether text was taken: by what both have word for word, or by what is retold."""
    worded, retold = _additions(values, weights.derived), _additions(values, weights.retold)
    by_telling = grounds.enough & (
        grounds.retold >= np.maximum(grounds.by_words, np.where(derived, DERIVED_SCORE, 0.0))
    )
    chosen = np.where(by_telling[:, None], retold, worded)
    return np.where(derived[:, None], chosen, -chosen)


def _of_kind(values: Floats, grounds: Grounds, called: Called, weights: Model) -> Floats:
    """What the topics add to a rewrite against a partial copy, or the other way round; to a rewrite also, where that
    says so alone, what is retold."""
    rewrite = called.among("rewrite")
    told = rewrite & grounds.enough & (grounds.retold >= DERIVED_SCORE)
    kind = np.where(rewrite, 1.0, -1.0)[:, None] * _additions(values, weights.reworded)
    return np.asarray(kind + np.where(told[:, None], _additions(values, weights.retold), 0.0))


def _additions(values: Floats, regression: Regression) -> Floats:
    """What each topic adds to the answer of a regression, float64[n, len(MEASURED)]."""
    out = np.zeros((values.shape[0], len(MEASURED)))
    _sum(regression.weights * (values - regression.usual), _TOPIC, out)
    return out


@compiled
def _sum(found: Any, topic: Any, out: Any) -> None:
    """Sums by topic, made feature by feature, so that they do not depend on how many rows there are."""
    for row in range(found.shape[0]):
        for k in range(found.shape[1]):
            out[row, topic[k]] += found[row, k]


def _rules(values: Floats, grounds: Grounds, called: Called, cuts: Mapping[str, float]) -> list[tuple[str, ...]]:
    """The rules that had a say, by pair."""
    derived = called.among(*DERIVED)
    worded, retold = grounds.worded >= DERIVED_SCORE, grounds.retold >= DERIVED_SCORE
    common_s = np.maximum(values[:, _ALIGNED_S], values[:, _THREES_S])
    common_l = np.maximum(values[:, _ALIGNED_L], values[:, _THREES_L])
    beyond = np.minimum(common_s - cuts["copy_s"], common_l - cuts["copy_l"])
    said = {
        "whole": derived & ~worded & (grounds.by_words >= DERIVED_SCORE),
        "scattered": grounds.scattered & (worded | (grounds.whole >= DERIVED_SCORE)),
        "few_told": ~derived & ~grounds.enough & retold & (grounds.by_words < DERIVED_SCORE),
        "copy_cut": called.among("copy", "excerpt") & (np.abs(beyond) < NEAR),
        "excerpt_cut": called.among("excerpt", "partial", "rewrite") & (np.abs(common_s - cuts["excerpt"]) < NEAR),
    }
    held = np.column_stack(list(said.values()))
    return [
        tuple(name for name, yes in zip(said, row, strict=True) if yes) if any(row) else () for row in held.tolist()
    ]
