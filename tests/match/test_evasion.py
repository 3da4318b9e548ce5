"""Copies made to look different to a machine and the same to a reader (RELIABILITY 22), and what must stay apart."""

from __future__ import annotations

import random

import numpy as np
import pytest

from benchmarks.disguises import DISGUISES, disguised, lifting_runs, transliterated
from dedup.match.candidates import candidate_pairs
from dedup.match.shared import shared_shingles
from dedup.settings import Settings
from dedup.sketch import sketch_many
from tests.match.test_candidates import prose


def derived(first: list[str], second: list[str]) -> np.ndarray:
    """Which text of ``second`` is found to hold at least half of its number in ``first``."""
    settings = Settings()
    table = sketch_many(first + second, settings, shingles=True)
    candidates = candidate_pairs(table, settings)
    sizes = shared_shingles(table, candidates.pairs)
    equal = candidates.first[candidates.pairs[:, 0]] == candidates.first[candidates.pairs[:, 1]]
    good = candidates.pairs[equal | (2 * sizes[:, 0] >= sizes[:, 1:].min(axis=1))]
    found = {(int(a), int(b)) for a, b in good}
    return np.array([(at, at + len(first)) in found for at in range(len(second))])


@pytest.mark.parametrize("how", DISGUISES, ids=lambda how: how.__name__)
@pytest.mark.parametrize("share", [0.01, 0.2])
def test_disguised_copies_are_found(how, share):
    rng = random.Random(5)
    texts = [" ".join(["a", *prose(at, 150), "I", "so", "as"]) for at in range(40)]
    assert derived(texts, [disguised(text, how, share, rng) for text in texts]).mean() >= 0.95


def test_texts_in_cyrillic_are_not_those_in_latin_letters():
    latin = [" ".join(prose(at, 150)) for at in range(10)]
    cyrillic_texts = [transliterated(text) for text in latin]
    assert not derived(latin, cyrillic_texts).any()
    assert derived(cyrillic_texts, [text.upper() for text in cyrillic_texts]).all()


def test_signatures_lifted_by_chosen_words_make_no_match():
    settings = Settings()
    poison = " ".join(lifting_runs(prose(11, 50_000), settings))
    table = sketch_many([" ".join(prose(at, 1500)) + " " + poison for at in range(40)], settings, shingles=True)
    candidates = candidate_pairs(table, settings)
    alike = (table.signatures[candidates.pairs[:, 0]] == table.signatures[candidates.pairs[:, 1]]).mean(axis=1)
    assert alike.mean() > 0.9
    sizes = shared_shingles(table, candidates.pairs)
    assert (sizes[:, 0] < 0.35 * sizes[:, 1:].min(axis=1)).all()
