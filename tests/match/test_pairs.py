"""Pairs of places as one number each."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from dedup.match.pairs import distinct, keys_of, pairs_of

places = st.integers(0, 2**31 - 1)
some_pairs = st.lists(st.tuples(places, places), max_size=20)


@given(some_pairs)
def test_keys_give_back_their_pairs_and_sort_as_they_do(given_: list[tuple[int, int]]) -> None:
    pairs = np.array(given_, np.int32).reshape(len(given_), 2)
    assert pairs_of(keys_of(pairs)).tolist() == pairs.tolist()
    assert pairs_of(np.sort(keys_of(pairs))).tolist() == sorted(pairs.tolist())


@given(some_pairs)
def test_distinct_keys_are_those_of_the_set_of_pairs(given_: list[tuple[int, int]]) -> None:
    pairs = np.array(given_ + given_[:3], np.int32).reshape(len(given_) + len(given_[:3]), 2)
    assert pairs_of(distinct(keys_of(pairs))).tolist() == sorted(map(list, set(given_)))
