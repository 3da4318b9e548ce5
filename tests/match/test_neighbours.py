"""Neighbour pairs against the rule asked pair by pair, and what the caps count."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dedup.match import neighbours, postings
from dedup.match.neighbours import are_neighbours, neighbour_keys, neighbour_pairs
from dedup.match.similarity import vectorise_many
from dedup.models import Article, CleanArticle
from dedup.settings import Settings

DAY = datetime(2024, 3, 18, tzinfo=UTC)
SETTINGS = Settings(neighbour_terms=6)
WORDS = "quake petrinja croatia zagreb bridge drava minister cracks bank shares fell points the and of".split()


def article(name: str, text: str, day: int | None = None) -> CleanArticle:
    when = None if day is None else DAY + timedelta(days=day)
    return CleanArticle(Article(name, text, published=when), text, (0,), (len(text),), "B", published=when)


def ids(cleaned: list[CleanArticle], config: Settings = SETTINGS) -> set[tuple[str, ...]]:
    pairs = neighbour_pairs(cleaned, config).pairs
    assert pairs.dtype == np.int32
    return {tuple(sorted((cleaned[i].id, cleaned[j].id))) for i, j in pairs}


def plain(cleaned: list[CleanArticle], config: Settings) -> set[tuple[str, ...]]:
    """The rule for every two articles; of articles with the same keys the first stands for all."""
    cleaned = sorted(cleaned, key=lambda item: item.id)
    keys = [neighbour_keys(vector, config) for vector in vectorise_many(cleaned)]
    first = [next(j for j, other in enumerate(keys) if other.ids.tolist() == own.ids.tolist()) for own in keys]
    found = {(cleaned[first[i]].id, item.id) for i, item in enumerate(cleaned) if first[i] != i and len(keys[i].ids)}
    for i, j in combinations(range(len(cleaned)), 2):
        if first[i] == i and first[j] == j and are_neighbours(cleaned[i], cleaned[j], (keys[i], keys[j]), config):
            found.add((cleaned[i].id, cleaned[j].id))
    return found


texts = st.lists(st.sampled_from(WORDS), max_size=10).map(" ".join)
feeds = st.lists(st.tuples(texts, st.one_of(st.none(), st.integers(0, 60))), max_size=9)


@settings(max_examples=150, deadline=None)
@given(
    feeds,
    st.randoms(use_true_random=False),
    st.sampled_from([2, 4096]),
    st.sampled_from([1, 3, 1 << 16]),
    st.sampled_from([1, 4, 1 << 13]),
)
def test_agrees_with_the_rule_pair_by_pair_in_any_order_and_in_any_parts(
    feed: list[tuple[str, int | None]], random: object, bucket: int, block: int, part: int
) -> None:
    whole = _agrees(feed, random, bucket)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(postings, "BLOCK", block)
        patch.setattr(neighbours, "ROWS_A_PART", part)
        assert _agrees(feed, random, bucket) == whole


@settings(max_examples=60, deadline=None)
@given(feeds, st.sampled_from([1, 2, 3]))
def test_pairs_let_go_as_parts_come_are_those_let_go_at_the_end(feed: list[tuple[str, int | None]], each: int) -> None:
    config = replace(SETTINGS, neighbours_each=each)
    cleaned = [article(f"a{i}", text, day) for i, (text, day) in enumerate(feed)]
    whole = neighbour_pairs(cleaned, config)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(neighbours, "ROWS_A_PART", 1)
        patch.setattr(neighbours, "FOUND_A_CHOICE", 0)
        parts = neighbour_pairs(cleaned, config)
    assert (parts.pairs.tolist(), parts.caps) == (whole.pairs.tolist(), whole.caps)


def _agrees(feed: list[tuple[str, int | None]], random: object, bucket: int) -> set[tuple[str, ...]]:
    """What is found where words in more articles than ``bucket`` bring no pair together."""
    config = replace(SETTINGS, neighbour_cosine=0.2, neighbour_cosine_far=0.6)
    cleaned = [article(f"a{i}", text, day) for i, (text, day) in enumerate(feed)]
    wanted = plain(cleaned, config)
    random.shuffle(cleaned)  # type: ignore[attr-defined]
    assert ids(cleaned, config) == wanted
    found = ids(cleaned, replace(config, neighbour_bucket=bucket))
    assert found <= wanted
    return found


def test_two_reports_of_one_event_are_neighbours_and_others_are_not() -> None:
    feed = [article("a", "quake petrinja croatia"), article("b", "petrinja quake zagreb"), article("c", "bank shares")]
    assert ids(feed) == {("a", "b")}


def test_one_shared_word_is_not_enough() -> None:
    assert ids([article("a", "petrinja bank"), article("b", "petrinja bridge")]) == set()


def test_far_apart_in_time_more_must_be_shared() -> None:
    config = replace(SETTINGS, neighbour_cosine=0.3, neighbour_cosine_far=0.95)
    near = [article("a", "quake petrinja croatia", 0), article("b", "petrinja quake zagreb", 14)]
    far = [near[0], article("b", "petrinja quake zagreb", 15)]
    assert ids(near, config) == {("a", "b")}
    assert ids(far, config) == set()


def test_many_equal_texts_cost_one_pair_each() -> None:
    feed = [article(f"a{i:02d}", "quake petrinja croatia zagreb") for i in range(30)]
    assert ids(feed) == {("a00", f"a{i:02d}") for i in range(1, 30)}


def test_the_best_pairs_of_each_article_are_kept_and_the_others_counted() -> None:
    feed = [article(f"a{i}", f"quake petrinja {word}") for i, word in enumerate(WORDS[3:11])]
    found = neighbour_pairs(feed, replace(SETTINGS, neighbours_each=1))
    assert found.caps["neighbours_each"] == 8 * 7 // 2 - len(found.pairs) > 0
    assert set(found.pairs.ravel().tolist()) == set(range(8))


def test_words_in_too_many_articles_bring_no_pair_together_and_are_counted() -> None:
    feed = [article(f"a{i}", f"quake petrinja {word}") for i, word in enumerate(WORDS[3:11])]
    found = neighbour_pairs(feed, replace(SETTINGS, neighbour_bucket=4))
    assert (len(found.pairs), found.caps["neighbour_terms"]) == (0, 2)


@pytest.mark.parametrize("feed", [[], [article("a", "quake petrinja")], [article("a", ""), article("b", "")]])
def test_nothing_to_pair(feed: list[CleanArticle]) -> None:
    assert neighbour_pairs(feed, SETTINGS).pairs.shape == (0, 2)
