"""Same-story probability: what raises it, what lowers it, what leaves it alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dedup.match.same_story import FEATURES, Model, StoryProfile, features, model, same_story_score, story_profile
from dedup.match.similarity import vectorise
from dedup.models import Article, CleanArticle

DAY = datetime(2024, 3, 18, 9, tzinfo=UTC)
QUAKE = """A magnitude 6.4 earthquake struck near Petrinja in Croatia on Tuesday, killing seven people, officials said.
The quake collapsed roofs in Petrinja and was felt in Zagreb, where people ran into the streets.
Prime Minister Andrej Plenkovic visited the town and said the army was there to help."""
SAME_QUAKE = """Seven people died on Tuesday when a strong earthquake hit the Croatian town of Petrinja.
Plenkovic, the prime minister, said soldiers would help clear the rubble of Petrinja's houses.
The tremor, of magnitude 6.4, shook buildings in the capital, Zagreb."""
OTHER_QUAKE = """A magnitude 5.9 earthquake struck near Khost in Afghanistan on Wednesday, killing 1,000 people,
officials said. The quake destroyed homes of mud in Paktika province, and was felt in Islamabad.
The Taliban's supreme leader, Haibatullah Akhundzada, asked aid agencies to help."""


def profile(text: str, headline: str | None = None, published: datetime | None = None) -> StoryProfile:
    source = Article("a", text, headline, published=published)
    clean = CleanArticle(source, text, (0,), (len(text),), "B", headline=headline, published=published)
    return story_profile(clean, vectorise(clean))


def value(a: StoryProfile, b: StoryProfile, name: str) -> float:
    return features(a, b)[FEATURES.index(name)]


def test_one_event_is_told_from_another_of_its_kind() -> None:
    assert same_story_score(profile(QUAKE), profile(SAME_QUAKE)) > 0.5
    assert same_story_score(profile(QUAKE), profile(OTHER_QUAKE)) < 0.15


def test_the_score_is_symmetric_and_highest_for_the_article_itself() -> None:
    a, b = profile(QUAKE, "Quake in Croatia", DAY), profile(SAME_QUAKE, None, DAY)
    assert same_story_score(a, b) == same_story_score(b, a) < same_story_score(a, a)


def test_days_between_lower_the_score_and_a_missing_date_is_no_distance() -> None:
    a = profile(QUAKE, published=DAY)
    scores = [same_story_score(a, profile(SAME_QUAKE, published=DAY + timedelta(days=n))) for n in (0, 3, 30, 300)]
    assert scores == sorted(scores, reverse=True)
    assert value(a, profile(SAME_QUAKE), "log_days") == value(a, profile(SAME_QUAKE), "dated") == 0.0


@pytest.mark.parametrize(
    ("one", "other", "differs"),
    [
        ("It happened on Monday.", "On Mon. it happened.", 0.0),
        ("It happened on Monday.", "It happened on Tuesday.", 1.0),
        ("It happened on Monday.", "It happened on Tuesday, not on Monday.", 0.0),
        ("It happened on Monday.", "It happened in May.", 0.0),
        ("It happened on Monday.", "They sat and wed in the sun.", 0.0),
        ("Monday " + "word " * 200, "word " * 200 + "Tuesday", 0.0),
    ],
)
def test_weekdays_differ_only_where_both_name_one(one: str, other: str, differs: float) -> None:
    assert value(profile(one), profile(other), "other_weekday") == differs


def test_names_are_capitalised_words_that_are_not_common() -> None:
    a, b = profile("The Plenkovic said so."), profile("Then Plenkovic went. The Zagreb.")
    assert value(a, b, "names") > 0
    assert value(profile("The plenkovic said so."), b, "names") == 0.0


def test_a_missing_headline_is_stood_for_by_the_first_words() -> None:
    assert value(profile(QUAKE), profile("Nothing here.", "Earthquake struck Petrinja"), "headline") > 0.5


def test_furniture_does_not_matter() -> None:
    furniture = "Must read: Akhundzada in Khost on Wednesday\n"
    source = Article("a", furniture + QUAKE)
    spans = ((0, len(furniture) - 1), (len(furniture), len(furniture) + len(QUAKE)))
    framed = CleanArticle(source, source.text, (spans[0][0], spans[1][0]), (spans[0][1], spans[1][1]), "FB")
    other = profile(SAME_QUAKE)
    assert features(story_profile(framed, vectorise(framed)), other) == features(profile(QUAKE), other)


def test_articles_without_words_are_no_story() -> None:
    assert same_story_score(profile(""), profile("")) < 0.05


def test_more_in_common_never_lowers_the_score() -> None:
    weights = dict(zip(FEATURES, model().weights, strict=True))
    assert all(weights[name] >= 0 for name in ("rare", "lead", "headline", "names"))
    assert weights["other_weekday"] < 0
    assert weights["log_days"] < 0


@given(st.floats(-1e4, 1e4))
def test_a_probability_whatever_the_intercept(intercept: float) -> None:
    score = replace(model(), intercept=intercept).score([0.0] * len(FEATURES))
    assert 0.0 <= score <= 1.0


def test_a_feature_that_is_not_named_has_no_weight() -> None:
    assert Model.from_json({"intercept": 0, "weights": {"lead": 2}}).weights[FEATURES.index("lead")] == 2.0
    assert Model.from_json({"intercept": 0, "weights": {}}).score([1.0] * len(FEATURES)) == 0.5
