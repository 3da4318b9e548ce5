"""Pairs and sums of what is posted: compiled code finds what the plain rules say."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from dedup.index.planning import FEW, Pairs
from dedup.index.proposals import add_up
from dedup.index.terms import ENTRY, Posted, entries_of
from dedup.index.web import KEPT, LINK, Web
from dedup.settings import Settings

WEIGHT = st.floats(0.125, 2, width=32)
LISTS = st.lists(st.tuples(WEIGHT, st.dictionaries(st.integers(1, 9), WEIGHT)), max_size=6)


@given(LISTS)
@settings(max_examples=300, deadline=None)
def test_the_words_that_articles_share_are_added_up(lists: list[tuple[float, dict[int, float]]]) -> None:
    posted = [Posted(np.array(list(held.items()), ENTRY).tobytes(), False, (0, b"")) for _, held in lists]
    weights = np.array([weight for weight, _ in lists], np.float32)
    entries = entries_of(posted)
    numbers, shared, total = add_up(entries, weights, 5)
    distinct, place, count = np.unique(entries.numbers, return_inverse=True, return_counts=True)
    products = entries.weights * np.repeat(weights, entries.sizes)
    sums = np.bincount(place, products, minlength=len(distinct))
    other = distinct != 5
    assert numbers.tolist() == distinct[other].tolist()
    assert shared.tolist() == count[other].tolist()
    assert total.tobytes() == sums[other].tobytes()


class _Kept:
    """A view whose articles are each compared with the next three."""

    def get(self, table: str, keys: list[int]) -> dict[int, bytes]:
        others = {key: [other for other in range(key - 3, key + 4) if other not in (key, -1)] for key in keys}
        rows = {key: np.zeros(len(near), LINK) for key, near in others.items()}
        for key, row in rows.items():
            row["other"], row["flags"] = others[key], KEPT
        return {key: row.tobytes() for key, row in rows.items()}


def test_pairs_of_many_articles_are_those_of_few() -> None:
    pairs = Pairs(None, None, Web(_Kept(), Settings()))  # type: ignore[arg-type]
    many = set(range(1, 2 * FEW, 2)) | {100, 101, 102}
    some = pairs._compared(many)
    assert some == sorted({(a, b) for a in many for b in many if a < b <= a + 3})
    few = set(sorted(many)[: FEW // 2])
    assert pairs._compared(few) == [pair for pair in some if set(pair) <= few]
