"""Candidate pairs against all pairs, and what must hold for hot buckets, short texts and planted shingles."""

from __future__ import annotations

import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dedup.match.candidates import Candidates, candidate_pairs, equal_bodies
from dedup.settings import Settings
from dedup.sketch import SketchTable, sketch_many

VOCABULARY = [f"{a}{b}{c}" for a in "bdfgklmnprst" for b in "aeiou" for c in "bdfgklmnprst"]


def prose(seed: int, words: int) -> list[str]:
    return random.Random(seed).choices(VOCABULARY, k=words)


def linked(candidates: Candidates) -> set[tuple[int, int]]:
    return {(int(a), int(b)) for a, b in candidates.pairs}


def propose(bodies: list[str], **chosen: float) -> Candidates:
    picked = Settings(**chosen)
    return candidate_pairs(sketch_many(bodies, picked), picked)


def plain_candidates(table: SketchTable, chosen: Settings) -> set[tuple[int, int]]:
    """All pairs one by one: what the sorted join has to give where no cap is met."""
    found, first = set(), {}
    for at in range(len(table)):
        if table.words[at] and first.setdefault(table[at].digest, at) != at:
            found.add((first[table[at].digest], at))
    stand = [at for at in range(len(table)) if table.sketched[at] and first[table[at].digest] == at]
    for one in stand:
        for other in (x for x in stand if x > one):
            a, b = table[one], table[other]
            shared = len(set(a.sample.tolist()) & set(b.sample.tolist()))
            smaller = max(1, min(len(a.sample), len(b.sample)))
            bands = np.all((a.signature == b.signature).reshape(chosen.bands, -1), axis=1)
            share = shared >= chosen.sample_shared and shared >= chosen.sample_share * smaller
            if bands.any() or share or shared >= chosen.sample_passage:
                found.add((one, other))
    return found


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 60), st.integers(0, 120)), max_size=25))
def test_the_join_proposes_what_all_pairs_compared_one_by_one_would(cuts):
    sources = [prose(seed, 120) for seed in range(6)]
    bodies = [" ".join(sources[which][low:high]) for which, low, high in cuts]
    for chosen in (Settings(), Settings(sample_rate=2, sample_shared=3, sample_share=0.3, sample_passage=20, bands=16)):
        table = sketch_many(bodies, chosen)
        candidates = candidate_pairs(table, chosen)
        assert linked(candidates) == plain_candidates(table, chosen)
        assert len(candidates.pairs) == len(linked(candidates))
        assert candidates.caps == {}


def test_pairs_do_not_depend_on_the_order_of_articles():
    bodies = [" ".join(prose(at % 40, 150)[: 60 + at]) + f" end{at}" for at in range(120)]
    order = list(range(len(bodies)))
    expected = None
    for seed in range(4):
        random.Random(seed).shuffle(order)
        candidates = propose([bodies[at] for at in order], bucket_articles=2, bucket_window=1, candidates_each=1)
        pairs = {frozenset((order[a], order[b])) for a, b in linked(candidates)}
        expected = expected or (pairs, candidates.caps)
        assert (pairs, candidates.caps) == expected
        assert np.array_equal(candidates.pairs, np.unique(candidates.pairs, axis=0))
    assert expected[1]["candidates_each"] > 0


@pytest.mark.parametrize("kept", [1.0, 0.6, 0.4])
def test_copies_cut_to_a_share_of_the_text_are_proposed(kept):
    whole = [prose(seed, 400) for seed in range(60)]
    rest = [prose(1000 + seed, 400) for seed in range(60)]
    cut = [a[: int(400 * kept)] + b[: int(400 * (1 - kept))] for a, b in zip(whole, rest, strict=True)]
    found = linked(propose([" ".join(words) for words in whole + cut]))
    assert sum((at, at + 60) in found for at in range(60)) >= 59
    assert len(found) <= 61


def test_scores_estimate_what_the_smaller_text_shares():
    whole = prose(2, 4000)
    bodies = [" ".join(whole), " ".join(whole[:1000] + prose(3, 1000)), " ".join(whole), " ".join(prose(4, 2000))]
    candidates = propose(bodies)
    estimates = dict(zip(map(tuple, candidates.pairs.tolist()), candidates.scores.tolist(), strict=True))
    assert set(estimates) == {(0, 1), (0, 2)}
    assert estimates[0, 1] == pytest.approx(0.5, abs=0.1)
    assert estimates[0, 2] == 1.0


def test_identical_bodies_are_paired_with_the_first_only():
    bodies = ["x"] + [" ".join(prose(1, 100))] * 3000 + [" ".join(prose(1, 100)[:70])]
    candidates = propose(bodies)
    assert linked(candidates) == {(1, at) for at in range(2, 3001)} | {(1, 3001)}
    assert candidates.first[3000] == 1
    assert candidates.caps == {}


def test_short_texts_match_only_when_their_words_are_equal():
    bodies = ["", "", "\x00", "Breaking: quake hits Tokyo", "breaking — QUAKE hits Tokyo!", "quake hits Tokyo", "Tokyo"]
    assert linked(propose(bodies)) == {(3, 4)}
    assert equal_bodies(sketch_many(bodies, Settings())).tolist() == [0, 1, 2, 3, 3, 5, 6]


def test_a_hot_template_keeps_true_copies_and_is_counted():
    template = " ".join(prose(7, 120))
    stories = [" ".join(prose(100 + at, 150)) for at in range(600)]
    bodies = [f"{template} {text}" for text in stories] + [f"{template} {text} by staff" for text in stories[:100]]
    candidates = propose(bodies, bucket_articles=64, bucket_window=8)
    found = linked(candidates)
    assert sum((at, at + 600) in found for at in range(100)) == 100
    assert candidates.caps["sample_buckets"] > 0
    assert len(found) <= len(bodies) * 40


def test_a_story_in_more_articles_than_the_cap_stays_connected():
    text = prose(3, 300)
    bodies = [" ".join([*text[:at], "changed", *text[at + 1 :]]) for at in range(300)]
    candidates = propose(bodies, bucket_articles=50, bucket_window=5, candidates_each=20)
    parent = list(range(300))

    def root(at: int) -> int:
        while parent[at] != at:
            at = parent[at]
        return at

    for a, b in linked(candidates):
        parent[root(a)] = root(b)
    assert len({root(at) for at in range(300)}) == 1
    assert candidates.caps["candidates_each"] > 0


def test_the_best_candidates_of_an_article_stay():
    whole = prose(5, 400)
    bodies = [" ".join(whole)] + [" ".join(whole[:size] + prose(size, 300)) for size in range(60, 100)]
    bodies += [" ".join(whole[:380])]
    found = linked(propose(bodies, candidates_each=3))
    assert (0, 41) in found


def test_chosen_words_that_lift_a_signature_do_not_hide_other_pairs():
    """Words picked so that their shingles are least under the known permutations join strangers in a bucket only."""
    stuffing = " ".join(prose(9, 128))
    bodies = [" ".join(prose(200 + at, 120)) + " " + stuffing for at in range(400)] + [" ".join(prose(200, 120))]
    found = linked(propose(bodies, bucket_articles=32, bucket_window=4))
    assert (0, 400) in found
