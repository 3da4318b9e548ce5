"""The compiled sketch against its plain twin, datasketch, and the golden file."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dedup.settings import Settings
from dedup.sketch import join_tables, scheme, sketch, sketch_many, to_datasketch
from dedup.sketch.plain import plain_sketch
from dedup.sketch.scheme import permutations
from tests.sketch import make_golden

WORDS = "alpha beta gamma delta epsilon zeta eta theta Korea’s 7,000 — “quoted” über 北京 Москва".split()


def test_signatures_and_samples_are_those_of_the_golden_file():
    golden = json.loads(make_golden.GOLDEN.read_text(encoding="utf-8"))
    assert make_golden.digests() == golden


@pytest.mark.parametrize("name", ["words", "shingles", "signature", "sample"])
def test_the_kernel_gives_what_the_plain_twin_gives(name):
    for text in make_golden.texts()[:80]:
        fast, plain = getattr(sketch(text, Settings()), name), getattr(plain_sketch(text, Settings()), name)
        assert (fast.tolist() if isinstance(fast, np.ndarray) else fast) == plain


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(WORDS), max_size=60), st.integers(2, 7), st.sampled_from([1, 3, 8, 64]))
def test_kernel_and_plain_twin_agree_for_other_settings(words, size, rate):
    chosen = Settings(shingle_words=size, sample_rate=rate, permutations=32, bands=8, seed=7, min_words=3)
    text = " ".join(words)
    fast, plain = sketch(text, chosen), plain_sketch(text, chosen)
    assert fast.shingles.tolist() == plain.shingles
    assert fast.sample.tolist() == plain.sample
    assert (fast.signature is None) == (plain.signature is None)
    assert fast.signature is None or fast.signature.tolist() == plain.signature


@pytest.mark.parametrize(("seed", "count"), [(1, 128), (0, 16), (42, 256), (2**32 - 1, 64)])
def test_permutations_are_datasketch_s_own(seed, count):
    from datasketch import MinHash

    theirs = MinHash(num_perm=count, seed=seed, scheme="affine32").permutations
    ours = permutations(seed, count)
    assert np.array_equal(ours[0], theirs[0])
    assert np.array_equal(ours[1], theirs[1])


def test_a_signature_is_the_minhash_that_datasketch_computes():
    from datasketch import MinHash

    chosen = Settings()
    for text in make_golden.texts()[100:140]:
        ours = sketch(text, chosen)
        theirs = MinHash(num_perm=128, seed=1, scheme="affine32", hashfunc=lambda value: int(value) & 0xFFFFFFFF)
        theirs.update_batch(ours.shingles)
        if ours.signature is None:
            assert to_datasketch(ours, chosen).is_empty()
        else:
            assert np.array_equal(ours.signature, theirs.hashvalues)
            assert to_datasketch(ours, chosen).jaccard(theirs) == 1.0


def test_a_row_depends_on_its_body_alone():
    bodies = make_golden.texts()[:50]
    table = sketch_many(bodies, Settings(), shingles=True)
    parts = join_tables([sketch_many(bodies[:7], Settings(), shingles=True), sketch_many(bodies[7:], Settings(), True)])
    for at in range(len(bodies)):
        for one, other in ((table[at], parts[at]), (table[at], sketch(bodies[at], Settings()))):
            assert one.words == other.words
            assert one.digest == other.digest
            assert np.array_equal(one.shingles, other.shingles)
            assert np.array_equal(one.sample, other.sample)


def test_short_and_empty_bodies_are_not_sketched():
    table = sketch_many(["", "\x00\ud800", "nineteen " * 19, "twenty " * 20], Settings())
    assert table.sketched.tolist() == [False, False, False, True]
    assert table.words.tolist() == [0, 0, 19, 20]
    assert table[0].signature is None
    assert len(table[2].sample) == 0
    assert len(sketch_many([], Settings())) == 0


def test_the_scheme_names_every_setting_that_shapes_a_sketch():
    for change in ({"seed": 2}, {"permutations": 64}, {"shingle_words": 4}, {"sample_rate": 4}, {"min_words": 30}):
        assert scheme(Settings(**change)) != scheme(Settings())
    assert scheme(Settings(bands=16)) == scheme(Settings())
