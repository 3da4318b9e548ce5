"""Shared shingles and passages: the compiled path against the obvious one, and against plain sets."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from dedup.match.overlap import Overlap, overlap, plain_tiles, rolling, tiles

WORDS = st.lists(st.integers(0, 6), max_size=40)


def hashes(words: list[int]) -> np.ndarray:
    return np.array(words, np.uint64) * np.uint64(0x9E3779B97F4A7C15)


@settings(max_examples=150, deadline=None)
@given(WORDS, WORDS, st.integers(2, 5))
def test_tiles_are_those_of_the_plain_twin(a: list[int], b: list[int], minimum: int) -> None:
    found = [tuple(row) for row in tiles(hashes(a), hashes(b), minimum).tolist()]
    assert found == plain_tiles(a, b, minimum)


@settings(max_examples=100, deadline=None)
@given(WORDS, WORDS)
def test_tiles_hold_equal_words_and_use_no_word_twice(a: list[int], b: list[int]) -> None:
    used_a: set[int] = set()
    used_b: set[int] = set()
    for i, j, length in tiles(hashes(a), hashes(b), 3).tolist():
        assert a[i : i + length] == b[j : j + length]
        assert not used_a & set(range(i, i + length))
        assert not used_b & set(range(j, j + length))
        used_a |= set(range(i, i + length))
        used_b |= set(range(j, j + length))


@settings(max_examples=100, deadline=None)
@given(WORDS, WORDS, st.integers(1, 4))
def test_overlap_is_that_of_sets(a: list[int], b: list[int], size: int) -> None:
    windows = [{tuple(text[i : i + size]) for i in range(len(text) - size + 1)} for text in (a, b)]
    found = overlap(*(np.unique(rolling(hashes(text), size)) for text in (a, b)))
    assert found == Overlap(len(windows[0] & windows[1]), len(windows[0]), len(windows[1]))


def test_nothing_shares_nothing() -> None:
    none = np.empty(0, np.uint64)
    assert tiles(none, hashes([1, 2, 3, 4, 5])).shape == (0, 3)
    assert overlap(none, none).jaccard == 0.0
    assert overlap(none, hashes([1])).containment == (0.0, 0.0)


def test_a_text_of_one_word_over_and_over_is_tiled_in_time() -> None:
    same = hashes([1] * 20_000)
    assert tiles(same, same).tolist() == [[0, 0, 20_000]]
    assert tiles(same, same[:15_000]).tolist() == [[0, 0, 15_000]]
