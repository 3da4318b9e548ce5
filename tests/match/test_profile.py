"""Profiles built in one compiled pass against the parts they are made of, one by one."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dedup.match.packed import sort_hashes
from dedup.match.profile import Profile, make_profile, make_profiles
from dedup.match.relation import compare_many, compare_profiles
from dedup.match.same_story import same_story_score, story_profile
from dedup.match.similarity import vectorise
from dedup.models import CleanArticle
from dedup.settings import Settings
from tests.match.bodies import body

SETTINGS = Settings()
LINES = (
    "PARIS (AP) — Élodie Martin said on Tuesday that the bridge over the Seine will close for repairs in May.",
    "“We have no choice but to close it for the summer,” she told Le Monde, and Mr. Dupont agreed with her.",
    "The Seine bridge carries 40,000 cars a day, says Paris; works cost 7.5 million euros, the mayor's office said.",
    "Readers who said “we have no choice but to close it for the summer” were wrong about the bridge and the Seine.",
)


def article(number: int) -> CleanArticle:
    shuffled = [LINES[(number + k) % len(LINES)] for k in range(number % 5)]
    clean = body(f"a{number:03}", [*shuffled, *(f"Line {number * k} is of its own." for k in range(number % 3))])
    day = datetime(2024, 3, 1 + number % 28, tzinfo=UTC) if number % 2 else None
    return replace(clean, headline=("Bridge closes" if number % 4 else None), published=day)


ARTICLES = [article(number) for number in range(71)]


def arrays(profile: Profile) -> list[np.ndarray]:
    found = [getattr(profile.words, item.name) for item in fields(profile.words)]
    vectors = [profile.vector, *(getattr(profile.story, name) for name in ("rare", "lead", "headline", "names"))]
    return [*found, *(part for vector in vectors for part in (vector.ids, vector.weights))]


def test_a_profile_is_the_same_alone_and_among_others() -> None:
    many = make_profiles(ARTICLES, SETTINGS)
    assert [item.id for item in many] == [item.id for item in ARTICLES]
    for clean, batch in zip(ARTICLES, many, strict=True):
        for one, other in zip(arrays(make_profile(clean, SETTINGS)), arrays(batch), strict=True):
            np.testing.assert_array_equal(one, other)
    alone = [make_profile(item, SETTINGS) for item in ARTICLES]
    assert compare_profiles(many[4], many[68], SETTINGS) == compare_profiles(alone[4], alone[68], SETTINGS)


@pytest.mark.parametrize("number", range(10))
def test_the_story_part_is_that_of_the_plain_way(number: int) -> None:
    clean = ARTICLES[number]
    vector = vectorise(clean)
    made, plain = make_profile(clean, SETTINGS), story_profile(clean, vector)
    np.testing.assert_array_equal(made.vector.ids, vector.ids)
    np.testing.assert_array_equal(made.vector.weights, vector.weights)
    for name in ("rare", "lead", "headline", "names"):
        np.testing.assert_array_equal(getattr(made.story, name).ids, getattr(plain, name).ids)
        np.testing.assert_array_equal(getattr(made.story, name).weights, getattr(plain, name).weights)
    assert made.story.weekdays == plain.weekdays
    np.testing.assert_equal(made.story.published, plain.published)


def test_no_articles_have_no_profiles() -> None:
    assert make_profiles([], SETTINGS) == []


@settings(deadline=None)
@given(st.lists(st.one_of(st.integers(0, 2**64 - 1), st.integers(0, 9)), max_size=300))
def test_hashes_are_sorted_with_equal_ones_in_order(values: list[int]) -> None:
    ascending, order = sort_hashes(np.array(values, np.uint64))
    assert ascending.tolist() == sorted(values)
    assert order.tolist() == sorted(range(len(values)), key=lambda i: values[i])


def test_values_chosen_to_crowd_are_sorted_too() -> None:
    values = np.arange(3000, 0, -1, dtype=np.uint64)
    ascending, order = sort_hashes(values)
    assert ascending.tolist() == list(range(1, 3001))
    assert order.tolist() == list(range(2999, -1, -1))


def test_a_match_is_the_same_alone_and_among_others() -> None:
    profiles = make_profiles(ARTICLES, SETTINGS)
    apart = [make_profile(item, SETTINGS) for item in ARTICLES[:12]]
    pairs = [(a, b) for a in profiles[:12] for b in (*profiles[12:20], *apart)]
    for (a, b), match in zip(pairs, compare_many(pairs, SETTINGS), strict=True):
        alone = compare_profiles(a, b, SETTINGS)
        if match.relation == "unrelated":
            alone = replace(alone, passages=(), reasons=(), facts=())
        assert match == alone
    assert compare_many([], SETTINGS) == []


def test_scores_of_one_event_are_those_of_the_plain_way() -> None:
    for a, b in zip(ARTICLES[:30], ARTICLES[7:37], strict=True):
        one, other = make_profile(a, SETTINGS), make_profile(b, SETTINGS)
        found = compare_profiles(one, other, SETTINGS).same_story_score
        assert found == pytest.approx(same_story_score(one.story, other.story))
