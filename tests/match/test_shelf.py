"""Outlines that wait in a file say what they say in memory; a table of matches is the list it was made of."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dedup.match.outline import draw, glance, join_outlines
from dedup.match.shelf import shelve
from dedup.match.table import join_matches, table_of
from dedup.models import RELATIONS, Match
from tests.match.bodies import body
from tests.match.test_outline import SETTINGS, Made, article, articles


@pytest.mark.parametrize("hold", [0, 1 << 12, 1 << 30])
@settings(max_examples=30, deadline=None)
@given(feed=st.lists(articles, min_size=2, max_size=9))
def test_a_glance_is_the_same_wherever_outlines_are(hold: int, feed: list[Made]) -> None:
    cleaned = [article(number, made) for number, made in enumerate(feed)]
    parts = [draw(cleaned[at : at + 2], SETTINGS).outlines for at in range(0, len(cleaned), 2)]
    pairs = np.array(list(combinations(range(len(cleaned)), 2)), np.int32)
    want, got = glance(join_outlines(parts), pairs), shelve(parts, hold).glance(pairs)
    for one, other in zip(want, got, strict=True):
        np.testing.assert_array_equal(one, other)


def test_what_waits_in_a_file_is_not_held_besides() -> None:
    parts = [draw([body(f"a{number}", ["A minister opened the bridge."])], SETTINGS).outlines for number in range(3)]
    shelf = shelve(parts, 0)
    assert len(shelf.held.plain) == 1
    assert len(shelf.light.plain) == 3
    assert all(column.base is None or column.base.size <= 64 for column in (shelf.light.ids, shelf.light.grams))


numbers = st.floats(0, 1)
rows = st.dictionaries(
    st.sampled_from(list(combinations("abcdef", 2))),
    st.builds(
        Match,
        st.just(""),
        st.just(""),
        st.sampled_from(RELATIONS),
        numbers,
        numbers,
        numbers,
        st.tuples(numbers, numbers),
        numbers,
    ),
    max_size=8,
)


@given(rows=rows, cut=st.integers(0, 8))
def test_a_table_holds_its_matches_and_finds_them(rows: dict[tuple[str, str], Match], cut: int) -> None:
    ids = list("abcdef")
    given_ = [replace(match, a=a, b=b) for (a, b), match in rows.items()]
    places = np.array([(ids.index(m.a), ids.index(m.b)) for m in given_], np.int32).reshape(len(given_), 2)
    table = join_matches([table_of(places[:cut], given_[:cut]), table_of(places[cut:], given_[cut:])])
    assert table.matches(ids) == sorted(given_, key=lambda match: (match.a, match.b))
    assert table.derived.tolist() == [match.derived for match in table.matches(ids)]
    every = np.array(list(combinations(range(6), 2)), np.int32)
    for pair, row in zip(every.tolist(), table.find(every).tolist(), strict=True):
        assert (row < 0) == (pair not in places.tolist())
        assert row < 0 or table.pairs[row].tolist() == pair
