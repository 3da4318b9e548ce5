"""What a glance says of pairs against the comparison of their profiles."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import UTC, datetime
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dedup.match.neighbours import neighbour_pairs, neighbours_by_keys
from dedup.match.outline import GRAM_BITS, _mark_grams, _meet, draw, glance, join_outlines, outlined
from dedup.match.profile import make_profiles
from dedup.match.relation import compare_many
from dedup.models import CleanArticle
from dedup.settings import Settings
from dedup.sketch import SketchTable, sketch_many
from tests.match.bodies import body

SETTINGS = Settings(min_words=6)
WORDS = (
    "Quake PETRINJA Croatia Zagreb bridge Drava minister cracks bank shares fell points the and of on Monday Friday"
    " 7.5 million Élodie the Seine said a mayor opened village school storm Ukraine Paris"
).split()
lines = st.lists(st.sampled_from(WORDS), min_size=1, max_size=14).map(" ".join)
Made = tuple[list[str], str | None, int | None, bool]
articles = st.tuples(
    st.lists(lines, max_size=3),
    st.one_of(st.none(), lines),
    st.one_of(st.none(), st.integers(1, 28)),
    st.booleans(),
)
MENU = [f"Section {number} of our site and all that it offers to readers" for number in range(20)]


def article(number: int, made: Made) -> CleanArticle:
    own, headline, day, on_a_page = made
    when = None if day is None else datetime(2024, 3, day, tzinfo=UTC)
    return replace(body(f"a{number:02}", own, MENU if on_a_page else ()), headline=headline, published=when)


@pytest.mark.parametrize("shingle", [3, 5, 7])
@settings(max_examples=60, deadline=None)
@given(feed=st.lists(articles, min_size=2, max_size=8))
def test_what_is_unrelated_at_a_glance_is_so_by_comparison(shingle: int, feed: list[Made]) -> None:
    config = replace(SETTINGS, shingle_words=shingle)
    cleaned = [article(number, made) for number, made in enumerate(feed)]
    parts = [draw(cleaned[:3], config).outlines, draw(cleaned[3:], config).outlines]
    pairs = np.array(list(combinations(range(len(cleaned)), 2)), np.int32)
    seen = glance(join_outlines(parts), pairs)
    profiles = make_profiles(cleaned, config)
    matches = compare_many([(profiles[i], profiles[j]) for i, j in pairs.tolist()], config)
    for k in np.flatnonzero(seen.unrelated).tolist():
        match = matches[k]
        assert (match.relation, match.jaccard, match.containment) == ("unrelated", 0.0, (0.0, 0.0))
        assert (match.cosine, match.same_story_score) == (seen.cosines[k], seen.story_scores[k])


def test_pages_without_an_article_that_tell_one_event_are_unrelated_at_a_glance() -> None:
    told = "Ukraine Croatia Drava"
    pages = [body(f"p{number}", [f"{told} {word}"], MENU) for number, word in enumerate(["school", "storm"])]
    plain = [body(f"q{number}", [f"{told} {word} mayor bridge"]) for number, word in enumerate(["school", "storm"])]
    assert [item.kind for item in make_profiles([*pages, *plain], SETTINGS)] == ["page", "page", "article", "article"]
    seen = glance(draw([*pages, *plain], SETTINGS).outlines, np.array([[0, 1], [2, 3]], np.int32))
    assert seen.story_scores[0] == 0.0 < seen.story_scores[1]


def test_strangers_are_told_apart_at_a_glance_and_versions_are_not() -> None:
    cleaned = [
        body("a1", ["The minister opened the bridge over the Drava on Monday after repairs of seven months."]),
        body("a2", ["Shares of the bank fell by three points when traders in London read its report at noon."]),
        body("a3", ["Repairs took long: the minister opened the bridge over the Drava with a walk to the village."]),
    ]
    outlines = draw(cleaned, SETTINGS).outlines
    assert glance(outlines, np.array([[0, 1], [0, 2], [1, 2]], np.int32)).unrelated.tolist() == [True, False, True]


@settings(max_examples=60, deadline=None)
@given(feed=st.lists(articles, max_size=8))
def test_keys_and_sketches_are_those_of_vectors_and_bodies(feed: list[Made]) -> None:
    cleaned = [article(number, made) for number, made in enumerate(feed)]
    cleaned = [replace(item, insets=((0, 4),)) if k % 3 == 2 and item.text else item for k, item in enumerate(cleaned)]
    drawn = draw(cleaned, SETTINGS)
    found, plain = neighbours_by_keys(drawn.outlines.days, drawn.keys, SETTINGS), neighbour_pairs(cleaned, SETTINGS)
    assert found.pairs.tolist() == plain.pairs.tolist()
    assert found.caps == plain.caps
    sketches = sketch_many([item.body for item in cleaned], SETTINGS)
    for item in fields(SketchTable):
        np.testing.assert_array_equal(getattr(drawn.sketches, item.name), getattr(sketches, item.name))
    for one, other in zip(drawn.outlines, outlined(cleaned, SETTINGS) if cleaned else drawn.outlines, strict=True):
        np.testing.assert_array_equal(one, other)


windows = st.lists(st.one_of(st.integers(0, 40), st.integers(0, 2**32 - 1)), max_size=60)


@settings(max_examples=60, deadline=None)
@given(a=windows, b=windows)
def test_windows_meet_as_sets_do(a: list[int], b: list[int]) -> None:
    grams = np.array([*sorted(a), *sorted(b)], np.uint32)
    outlines = draw([], SETTINGS).outlines._replace(grams=grams, gram_bounds=np.array([0, len(a), len(grams)]))
    bits = np.full(1 << (GRAM_BITS - 6), 5, np.uint64)
    _mark_grams(outlines, 0, bits)
    assert _meet(outlines, (0, 1), bits) == bool({*a} & {*b})
