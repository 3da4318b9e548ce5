"""Exact overlap in bulk, against sets."""

from __future__ import annotations

import random

import numpy as np
import pytest

from dedup.match.shared import ShingleShelf, shared_shingles
from dedup.settings import Settings
from dedup.sketch import sketch_many
from dedup.sketch.table import join_tables, sketch_blocks
from tests.match.test_candidates import prose


@pytest.mark.parametrize("at_once", [0, 100, 300, 1 << 20])
def test_shared_shingles_are_those_of_the_sets_however_many_bodies_are_held(at_once):
    whole = prose(1, 200)
    bodies = [" ".join(whole[at : at + 30 + at] + prose(at, 20)) for at in range(0, 60, 3)] + ["too short", ""]
    table = sketch_many(bodies, Settings(), shingles=True)
    sets = [set(table[at].shingles.tolist()) for at in range(len(bodies))]
    pairs = np.array(sorted(random.Random(4).sample([(a, b) for b in range(22) for a in range(b)], 90)), np.int32)
    expected = [(len(sets[a] & sets[b]), len(sets[a]), len(sets[b])) for a, b in pairs]
    assert shared_shingles(table, pairs).tolist() == [list(row) for row in expected]
    shelf = ShingleShelf()
    half = len(bodies) // 2
    blocks = [*sketch_blocks(bodies[:half], Settings(), True), *sketch_blocks(bodies[half:], Settings(), True)]
    without = join_tables(shelf.take(blocks))
    assert shelf.shared(pairs, at_once).tolist() == [list(row) for row in expected]
    assert len(without.shingles) == 0
    assert without.signatures.tolist() == table.signatures.tolist()
    assert max(row[0] for row in expected) > 0


def test_no_pairs_give_no_rows():
    assert ShingleShelf().shared(np.zeros((0, 2), np.int32)).shape == (0, 3)
