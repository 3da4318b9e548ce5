"""The reasons of a match rest on what decided: weights order them, and rules that overruled the weights are named."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from bodies import profile
from test_relation import QUOTATIONS, seed_lines

from dedup.index.codec import match_bytes, match_of
from dedup.match.decision import MEASURED, Called, decisions
from dedup.match.features import NAMES, evidence_of
from dedup.match.model import Model, Regression, grounds_of, model
from dedup.match.profile import Profile
from dedup.match.rare_words import rarest
from dedup.match.relation import relate
from dedup.match.same_story import FEATURES
from dedup.models import Match
from dedup.settings import Settings

SETTINGS = Settings()


def seeds(a: str, b: str) -> tuple[Profile, Profile]:
    return profile("a", seed_lines(a)), profile("b", seed_lines(b))


def regression(intercept: float, **weights: float) -> Regression:
    """A regression of a few features, of which nothing is usual."""
    return Regression(intercept, np.array([weights.get(name, 0.0) for name in NAMES]), np.zeros(len(NAMES)))


def judged(pair: tuple[Profile, Profile], **regressions: Regression) -> Match:
    """The pair by the shipped model with other regressions."""
    return relate(*pair, SETTINGS, replace(model(), **regressions))


def codes(match: Match) -> list[str]:
    return [fact.code for fact in match.facts]


@pytest.mark.parametrize("names", [("000", "002"), ("000", "000"), ("000", "001"), ("001", "004")])
def test_each_reason_has_its_fact_and_the_order_of_a_pair_changes_none(names: tuple[str, str]) -> None:
    one, other = judged(seeds(*names)), judged(seeds(*names[::-1]))
    assert len(one.facts) == len(one.reasons) > 0
    assert (one.reasons, one.facts) == (other.reasons, other.facts)


def test_what_weighs_more_comes_first() -> None:
    cut = seeds("000", "002")
    by_order = judged(cut, derived=regression(0.0, ordered=6.0, longest=0.5))
    by_length = judged(cut, derived=regression(0.0, ordered=1.0, longest=2.0))
    assert codes(by_order)[:3] == ["held", "order", "longest"]
    assert codes(by_length)[:3] == ["held", "longest", "order"]
    assert by_order.facts[1].weight == pytest.approx(6.0, abs=0.5)


def test_of_the_shipped_model_too_the_weights_fall() -> None:
    match = judged(seeds("000", "002"))
    weights = [fact.weight for fact in match.facts[1:] if fact.weight > 0]
    assert len(weights) >= 2
    assert weights == sorted(weights, reverse=True)


def test_a_topic_without_weight_is_not_said() -> None:
    assert "order" not in codes(judged(seeds("000", "002"), derived=regression(5.0)))


def test_what_speaks_strongly_against_it_is_said_once_after_although() -> None:
    lines = seed_lines("000")
    mixed = profile("a", lines), profile("b", [*lines[6:], *lines[3:6], *lines[:3]])
    match = judged(mixed, derived=regression(9.0, ordered=-5.0, cites=-3.0))
    said = [text for text in match.reasons if text.startswith("although ")]
    assert match.derived
    assert said == ["although what they share comes in another order"]
    assert match.facts[match.reasons.index(said[0])].weight < -1


def test_the_weights_of_a_pair_are_all_that_its_probability_is_made_of() -> None:
    pair, weights = [seeds("000", "002")], model()
    values = evidence_of(pair).values
    grounds = grounds_of(values, weights)
    called = Called(["partial"], np.array([0.0]), np.array([0.0]))
    found = decisions(values, np.zeros((1, len(FEATURES))), grounds, called, weights)[0]
    usual = weights.derived.intercept + float(weights.derived.weights @ weights.derived.usual)
    chance = float(grounds.worded[0])
    assert set(found.weights) <= set(MEASURED)
    assert usual + sum(found.weights.values()) == pytest.approx(math.log(chance / (1 - chance)), abs=0.1)


def test_a_text_that_stands_whole_in_another_says_that_this_overruled_the_wording() -> None:
    pair = profile("a", QUOTATIONS), profile("b", [*QUOTATIONS, "“And the mayor may come and taste it.”"])
    match = judged(pair, derived=regression(-9.0))
    assert match.derived
    assert codes(match)[0] == "whole"
    assert "so much was taken" in match.reasons[0]


def test_wording_without_a_passage_says_that_it_counts_for_nothing() -> None:
    match = judged(seeds("000", "001"), derived=regression(9.0))
    assert not match.derived
    assert "scattered" in codes(match)
    assert "no 8 words in a row are shared, so that common wording counts for nothing" in match.reasons
    assert "scattered" not in codes(judged(seeds("000", "001")))


def test_too_few_retold_sentences_are_named_with_how_many_are_needed() -> None:
    match = judged(seeds("000", "001"), retold=regression(9.0))
    assert not match.derived
    said = match.reasons[codes(match).index("few_told")]
    assert said.endswith("where 5 are needed to call it retold")


def test_a_share_near_the_line_of_an_excerpt_says_where_the_line_is() -> None:
    pair = seeds("000", "002")
    share = float(evidence_of([pair]).values[0, NAMES.index("aligned_s")])
    shipped = model()
    near = Model(shipped.derived, shipped.retold, shipped.reworded, {**shipped.cuts, "excerpt": share - 0.01})
    match = relate(*pair, SETTINGS, near)
    assert "cut" in codes(match)
    assert "an excerpt has" in match.reasons[codes(match).index("cut")]


def test_an_exact_copy_keeps_its_plain_sentence() -> None:
    match = judged(seeds("000", "000"))
    assert match.reasons[0] == "both texts are the same, word for word"
    assert codes(match)[0] == "equal"


def test_the_longest_passage_is_quoted_from_the_shorter_text() -> None:
    match = judged(seeds("000", "002"))
    said = match.reasons[codes(match).index("longest")]
    start, end = said.split("“")[1].rstrip("”").split(" ... ")
    text = " ".join(seed_lines("002"))
    assert start in text
    assert end in text


def test_a_passage_below_a_title_of_its_own_does_not_open_the_text() -> None:
    lines = seed_lines("002")
    plain = judged((profile("a", lines), profile("b", ["SEOUL (AP) - " + lines[0], *lines[1:6]])))
    titled = judged((profile("a", lines), profile("b", ["KOREAN BORDER", *lines[:6]])))
    assert any(text.startswith("both open with the same ") for text in plain.reasons)
    assert not any("open with" in text for text in titled.reasons)
    assert any(text.startswith("the longest shared passage has ") for text in titled.reasons)


def test_it_is_the_longer_text_of_which_little_is_held_where_the_shorter_stands_in_it() -> None:
    lines = seed_lines("000")
    pair = profile("a", lines), profile("b", lines[:4])
    short, long = sorted((pair[0].size, pair[1].size))
    match = judged(pair, derived=regression(9.0, contained_l=-9.0))
    (said,) = [text for text in match.reasons if text.startswith("although ")]
    assert said == f"although of the longer text's {long} words only {short} stand word for word in the shorter one"


def test_no_quotation_is_cut_inside_an_abbreviation() -> None:
    text = [
        "Envoys of Aldera, of the U.S. and Oster met in the port of Brandal on Monday to speak about grain and tolls.",
        "They left late and said nothing, and ships that wait off the coast may be let in by U.S. or by the U.N.",
    ]
    said = judged((profile("a", text), profile("b", [*text, "Nobody else was asked."]))).reasons
    assert any("“Envoys of Aldera, of the U.S. ... U.S. or by the U.N.”" in reason for reason in said), said


def test_rare_words_that_are_named_are_facts() -> None:
    match = judged(seeds("000", "001"))
    event = next(fact for fact in match.facts if fact.code == "event")
    assert event.about
    assert all(word in match.reasons[match.facts.index(event)] for word in event.about)
    assert {"Shin", "containers"} <= set(event.about)
    assert "sik" not in event.about
    assert not {"Korea", "Korean", "Ukraine"} & set(event.about)


def test_common_words_are_not_called_rare() -> None:
    common = "The president of Russia and the president of Ukraine spoke about the war in the east."
    one, other = seed_lines("000"), seed_lines("004")
    pair = profile("a", [common, *one[-3:]]), profile("b", [common.replace("spoke", "talked"), *other[-3:]])
    assert not {"Russia", "Ukraine", "president"} & set(rarest(*pair))
    assert rarest(*pair) == rarest(*pair[::-1])


def test_facts_are_kept_by_the_index() -> None:
    match = judged(seeds("000", "002"))
    assert match_of(match_bytes(match)) == match


def test_every_code_is_in_the_documentation() -> None:
    table = (Path(__file__).parents[2] / "docs" / "relations.md").read_text("utf-8")
    named = ("000", "001", "002", "003", "004")
    pairs = [seeds(a, b) for a in named for b in named]
    pairs += [(profile("a", QUOTATIONS), profile("b", QUOTATIONS[:3])), (profile("a", []), profile("b", QUOTATIONS))]
    found = {code for pair in pairs for code in codes(judged(pair))}
    assert len(found) >= 8
    assert {code for code in found if f"`{code}`" not in table} == set()
