"""How two articles relate: from evidence to a relation, with a calibrated score and reasons.

Three questions in turn: is one derived from the other (or both from one text)? If so, how much of it? If not, do
they tell the same event, or another event of the same subject? The numbers are data (``data/relation_model.json``,
made by training/train_relations.py).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from dedup.match.decision import Called, Decision, decisions
from dedup.match.features import NAMES, Findings, Pair, column, evidence_of
from dedup.match.model import DERIVED_SCORE, Grounds, Model, grounds_of, model
from dedup.match.passages import passages_of
from dedup.match.profile import Profile
from dedup.match.reasons import reasons
from dedup.match.same_story import SECONDS_A_DAY, additions, probabilities
from dedup.match.sentences import Seen
from dedup.models import Match, Relation
from dedup.settings import Settings

SAME_STORY = 0.5
"""Probability from which two articles tell the same event."""

PAGE_SCORE = 0.49
"""Factor on the score of a pair of which one or both are pages without an article, so that it stays below
DERIVED_SCORE."""

BRIEF_COSINE, BRIEF_TOLD = 0.5, 0.49
"""Least TF-IDF cosine of two texts too short to sketch that tell one event, and the most that is said of others: in a
handful of words one rare word in common is up to half of the likeness."""

RELATED = 0.2
"""TF-IDF cosine from which two articles share their running subject. The seeds have .31 and more; of 20,000 random
pairs of a mixed feed of political news 1.5% reach .15 and .2% reach .2."""


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
    return _compare(pairs, settings, model(), every=False)


def relate(a: Profile, b: Profile, settings: Settings, weights: Model) -> Match:
    """``compare_profiles`` with a given model."""
    return _compare([(a, b)], settings, weights, every=True)[0]


def _compare(pairs: Sequence[Pair], settings: Settings, weights: Model, every: bool) -> list[Match]:
    """The matches of pairs; of ``every`` one with passages and reasons, or of those that are not unrelated."""
    found = evidence_of(pairs)
    grounds = grounds_of(found.values, weights)
    judged = _judge(pairs, found, grounds, settings, weights)
    shown = [k for k, relation in enumerate(judged.relations) if every or relation != "unrelated"]
    decided = iter(_decisions(pairs, found, grounds, judged, weights, shown))
    return _matches(pairs, found, judged, {k: next(decided) for k in shown})


def _decisions(
    pairs: Sequence[Pair], found: Findings, grounds: Grounds, judged: Judgements, weights: Model, shown: Sequence[int]
) -> list[Decision]:
    """Why the pairs that are shown are called so."""
    rows = np.array(shown, np.int64)
    of_event = additions(found.cosines[rows, 1:], *_days([pairs[k] for k in shown]))
    chances = (np.array([column[k] for k in shown]) for column in (judged.scores, judged.story_scores))
    called = Called([judged.relations[k] for k in shown], *chances)
    return decisions(found.values[rows], of_event, grounds.at(rows), called, weights)


def _matches(
    pairs: Sequence[Pair], found: Findings, judged: Judgements, decided: Mapping[int, Decision]
) -> list[Match]:
    """Matches of the pairs; those of which is known what decided have passages and reasons."""
    made = []
    passages = iter(passages_of(pairs, found, list(decided)))
    jaccard, in_b, in_a = (share.tolist() for share in found.shares)
    cosines, swapped = found.cosines.tolist(), found.swapped.tolist()
    columns = zip(pairs, *judged, jaccard, zip(in_b, in_a, strict=True), strict=True)
    for k, ((a, b), relation, score, story_score, alike, contained) in enumerate(columns):
        known = (a.id, b.id, relation, score, story_score, alike, contained, cosines[k][0])
        if k not in decided:
            made.append(Match(*known))
            continue
        shown = next(passages)
        said = reasons(Seen(a, b, found.values[k], cosines[k], swapped[k], shown, decided[k]), relation)
        facts, texts = zip(*said, strict=True) if said else ((), ())
        made.append(Match(*known, shown.places, texts, facts))
    return made


def _judge(pairs: Sequence[Pair], found: Findings, grounds: Grounds, settings: Settings, weights: Model) -> Judgements:
    """Each pair's relation and scores. Who tells the same event must tell something: a page without an article is at
    most related to an article, and to another such page not at all."""
    best, worded = grounds.taken, grounds.by_words >= DERIVED_SCORE
    both = column(pairs, "size", np.int64)
    sizes, pages = both.min(1), column(pairs, "kind", object) == "page"
    told = np.where(pages.all(1), 0.0, probabilities(found.cosines[:, 1:], *_days(pairs)))
    short = (both.max(1) < settings.min_words) & (found.cosines[:, 0] < BRIEF_COSINE)
    told = np.where(short & (told >= SAME_STORY), BRIEF_TOLD, told)
    same_story = (told >= SAME_STORY) & ~pages.any(1)
    related = (found.cosines[:, 0] >= RELATED) & ~pages.all(1)
    relations = np.where(same_story, "same_story", np.where(related, "related", "unrelated")).tolist()
    scores = best.tolist()
    for k in np.flatnonzero((best >= DERIVED_SCORE) | (sizes < settings.min_words) | pages.any(1)).tolist():
        scores[k], taken = _derivation(*pairs[k], scores[k], settings)
        if taken == "part":
            relations[k] = _kind(found.values[k], bool(worded[k]), bool(grounds.reworded[k] >= 0.5), weights)
        elif taken == "all":
            relations[k] = "copy"
    return Judgements(relations, scores, told.tolist())


def _days(pairs: Sequence[Pair]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]:
    """Of n pairs the weekdays that both name, int64[n, 2], and the days between them, or nan."""
    times = column(pairs, "time", object).astype(np.float64)
    days = np.abs(np.diff(times / SECONDS_A_DAY, axis=1)[:, 0])
    return column(pairs, "weekdays", np.int64), days


def _derivation(
    a: Profile, b: Profile, score: float, settings: Settings
) -> tuple[float, Literal["all", "part", "none"]]:
    """Score, and whether text was taken. Texts too short to sketch are copies when they are equal briefs, and nothing
    else; an index that shows a teaser of an article is not derived from it, nor are indexes that show the same teasers
    derived from each other."""
    if min(a.size, b.size) < settings.min_words:
        same = a.size > 0 and a.kind == b.kind == "brief" and np.array_equal(a.hashes, b.hashes)
        return (1.0, "all") if same else (0.0, "none")
    if "page" in (a.kind, b.kind):
        return score * PAGE_SCORE, "none"
    return score, ("part" if score >= DERIVED_SCORE else "none")


_COMMON = [[NAMES.index(f"{name}_{side}") for name in ("aligned", "contained3")] for side in "sl"]


def _kind(values: npt.NDArray[np.float64], worded: bool, reworded: bool, weights: Model) -> Relation:
    """Which derived relation; ``worded`` is whether common wording shows it, ``reworded`` whether throughout. What an
    article has in common is its shared runs with the edits inside, or its shared 3-grams where those are more (a text
    cut into small pieces)."""
    cuts = weights.cuts
    common_s, common_l = (max(values.item(at) for at in side) for side in _COMMON)
    if common_s >= cuts["copy_s"] and common_l >= cuts["copy_l"]:
        return "copy"
    if common_s >= cuts["excerpt"]:
        return "excerpt"
    return "rewrite" if reworded or not worded else "partial"
