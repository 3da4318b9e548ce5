"""Average linkage against a plain clusterer, and what makes its answer local."""

from __future__ import annotations

from fractions import Fraction
from itertools import combinations, pairwise, product

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dedup.stories.clusters import UNITS, Floor, average_linkage
from dedup.stories.linkage import linkage, linked

NAMES = [f"n{i}" for i in range(8)]
FLOOR = Floor(0.5, 0.2)

scores = st.dictionaries(
    st.sampled_from(list(combinations(NAMES, 2))), st.integers(0, 20).map(lambda n: n / 20), max_size=28
)


def plain(names: list[str], scores: dict[tuple[str, str], float], floor: Floor) -> list[tuple[str, ...]]:
    """All pairs of clusters, again and again."""
    clusters = [(name,) for name in sorted(names)]
    while True:
        choices = []
        for one, other in combinations(clusters, 2):
            total = sum(round(scores.get((min(a, b), max(a, b)), 0.0) * UNITS) for a, b in product(one, other))
            mean = Fraction(total, len(one) * len(other))
            if total and mean >= Fraction(floor.of(len(one) * len(other)) * UNITS):
                choices.append((-float(mean), min(one, other), max(one, other)))
        if not choices:
            return sorted(clusters)
        _, one, other = min(choices)
        clusters = sorted([item for item in clusters if item not in (one, other)] + [tuple(sorted(one + other))])


@given(scores)
def test_agrees_with_a_plain_all_pairs_clusterer(scores: dict[tuple[str, str], float]) -> None:
    assert list(average_linkage(NAMES, scores, FLOOR)) == plain(NAMES, scores, FLOOR)


@given(scores, st.randoms(use_true_random=False))
def test_order_of_names_and_scores_is_no_matter(scores: dict[tuple[str, str], float], random: object) -> None:
    names, items = list(NAMES), list(scores.items())
    random.shuffle(names)  # type: ignore[attr-defined]
    random.shuffle(items)  # type: ignore[attr-defined]
    assert average_linkage(names, dict(items), FLOOR) == average_linkage(NAMES, scores, FLOOR)


@given(scores, scores)
def test_two_components_do_not_touch_each_other(
    one: dict[tuple[str, str], float], other: dict[tuple[str, str], float]
) -> None:
    moved = {(f"x{a}", f"x{b}"): score for (a, b), score in other.items()}
    names = [f"x{name}" for name in NAMES]
    apart = {*average_linkage(NAMES, one, FLOOR), *average_linkage(names, moved, FLOOR)}
    assert set(average_linkage([*NAMES, *names], {**one, **moved}, FLOOR)) == apart


def test_two_texts_need_more_than_large_stories() -> None:
    assert average_linkage("ab", {("a", "b"): 0.4}, FLOOR) == (("a",), ("b",))
    tied = {pair: 0.9 for group in ("abcd", "efgh") for pair in combinations(group, 2)}
    weak = dict.fromkeys(product("abcd", "efgh"), 0.25)
    assert average_linkage("abcdefgh", {**tied, **weak}, FLOOR) == (tuple("abcdefgh"),)


def test_a_chain_is_no_story() -> None:
    names = [f"{i:02d}" for i in range(20)]
    chain = dict.fromkeys(pairwise(names), 0.9)
    assert max(map(len, average_linkage(names, chain, FLOOR))) < 8


def test_nothing_gives_nothing() -> None:
    assert average_linkage([], {}, FLOOR) == ()


places = st.integers(0, 30)
scored = st.dictionaries(
    st.tuples(places, places).filter(lambda pair: pair[0] < pair[1]),
    st.integers(0, 40).map(lambda n: n / 40),
    max_size=120,
)


@given(scored, st.sampled_from([FLOOR, Floor(0.5, 0.05), Floor(0.2, 0.2)]))
@settings(deadline=None)  # the first one compiles
def test_arrays_give_the_clusters_of_the_plain_twin(scores: dict[tuple[int, int], float], floor: Floor) -> None:
    nodes = sorted({place for pair in scores for place in pair})
    wanted = [cluster for cluster in average_linkage(nodes, scores, floor) if len(cluster) > 1]
    pairs = np.array(list(scores), np.int64).reshape(len(scores), 2)
    assert linkage(np.array(nodes, np.int64), pairs, np.array(list(scores.values()), np.float64), floor) == wanted


@given(scores)
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_many_scores_give_the_clusters_of_few(
    monkeypatch: pytest.MonkeyPatch, scores: dict[tuple[str, str], float]
) -> None:
    monkeypatch.setattr("dedup.stories.linkage.MANY", 1)
    assert linked(NAMES[::-1], scores, FLOOR) == average_linkage(NAMES, scores, FLOOR)
