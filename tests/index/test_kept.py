"""What an open index keeps between calls: bounded, and the same as if it were made anew."""

import dataclasses

import numpy as np

import dedup
from dedup.index.kept import Recent, alone, outlines_of, rows_of
from dedup.index.memory import MemoryStore
from dedup.index.shelf import Shelf
from dedup.match.outline import draw
from dedup.match.profile import QUOTED_GRAM, make_profile, make_profiles
from dedup.match.relation import compare_many
from dedup.pipeline import clean_feed
from tests.index.sites import site_feed

CLEANED = clean_feed(site_feed(stories=6, seed=3))
SETTINGS = dedup.Settings()


def test_what_was_not_used_for_longest_goes_first() -> None:
    held: Recent[str, str] = Recent(10, len)
    for key in ("one", "two", "three"):
        held.put(key, "xxxx")
        held.get("one")
    assert held.get("one") == "xxxx"
    assert held.get("two") is None
    assert held.weight == 8
    held.put("one", "xxxxxx")
    assert (len(held), held.weight) == (2, 10)
    held.put("large", "x" * 11)
    assert (len(held), held.weight) == (0, 0)


def test_a_profile_alone_is_the_one_made_alone() -> None:
    for item, profile in zip(CLEANED, make_profiles(CLEANED, SETTINGS), strict=True):
        one, other = alone(profile), make_profile(item, SETTINGS)
        for name, column, wanted in zip(one.packed._fields, one.packed, other.packed, strict=True):
            # No window begins at the last words; what stands there was never written.
            # Nor was there anything written beyond the last stem.
            end = max(0, len(column) - QUOTED_GRAM + 1) if name in ("grams", "places") else len(column)
            assert np.array_equal(column[:end], wanted[:end]), name
            assert name not in ("sets", "loads", "hashes") or len(column) <= len(wanted)
        assert not any(np.may_share_memory(*pair) for pair in zip(one.packed, profile.packed, strict=True))
        for field in dataclasses.fields(one):
            assert field.name == "packed" or getattr(one, field.name) == getattr(other, field.name)


def test_profiles_alone_compare_as_those_made_together() -> None:
    together = make_profiles(CLEANED, SETTINGS)
    apart = [alone(profile) for profile in together]
    places = [(a, b) for a in range(len(CLEANED)) for b in range(a)]
    said = [compare_many([(some[a], some[b]) for a, b in places], SETTINGS) for some in (together, apart)]
    assert said[0] == said[1]


def test_outlines_put_together_again_are_those_that_were_drawn() -> None:
    drawn = draw(CLEANED, SETTINGS).outlines
    for column, wanted in zip(outlines_of(rows_of(drawn)), drawn, strict=True):
        assert np.array_equal(column, wanted, equal_nan=column.dtype.kind == "f")


def test_the_index_compares_a_pair_as_the_batch_does() -> None:
    feed = site_feed(stories=6, seed=3)
    batch = dedup.find_stories(feed).matches
    with dedup.index.Index(MemoryStore()) as index:
        index.add_many(feed)
        assert index.result().matches == batch
        with index._view() as view:
            shelf = Shelf(view, SETTINGS, index._memory)
            numbers = shelf.numbers([article.id for article in feed])
            pairs = [(numbers[match.a], numbers[match.b]) for match in batch]
            assert shelf.compare_all([pair[::-1] for pair in pairs]) == list(batch)
            assert shelf.compare_all(pairs) == shelf.compare_new(pairs) == list(batch)
