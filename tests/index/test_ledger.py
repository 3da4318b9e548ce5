"""Whom a change of the evidence concerns: nobody is left out who would read something else."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from dedup.index.ledger import Change, Row, _matters, _turned
from dedup.text.weigh import PARTS

MARKS = st.lists(st.integers(0, 2), min_size=PARTS, max_size=PARTS).map(lambda marks: np.array(marks, np.uint16))


@st.composite
def changes(draw: st.DrawFn) -> Change:
    """A key that stood in some articles, and stands in one more."""
    sketches = np.stack(draw(st.lists(MARKS, min_size=2, max_size=6)))
    old = Row(len(sketches) - 1, sketches[:-1].min(axis=0), sketches[:-1].max(axis=0))
    new = Row(len(sketches), sketches.min(axis=0), sketches.max(axis=0))
    return Change(draw(st.sampled_from(("line", "opening"))), 1, 1, old, new)


@given(changes(), st.lists(MARKS, min_size=1, max_size=20))
@settings(max_examples=1000, deadline=None)
def test_a_change_that_is_passed_over_says_the_same_to_everybody(change: Change, asking: list[np.ndarray]) -> None:
    if not _matters(change):
        assert not _turned(change, np.stack(asking)).any()


def test_an_opening_that_is_no_longer_of_one_story_concerns_those_it_is_of() -> None:
    own, other = np.full(PARTS, 1, np.uint16), np.full(PARTS, 2, np.uint16)
    change = Change("opening", 1, 1, Row(1, own, own), Row(2, own, other))
    assert _turned(change, np.stack([own, other, np.full(PARTS, 3, np.uint16)])).tolist() == [True, True, False]
