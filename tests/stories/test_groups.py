"""Syndication groups: who belongs to one text, and what must not glue two together."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dedup.models import Match, Relation
from dedup.stories.groups import build_groups, derivations_of, round_ups_of
from dedup.stories.links import Links, story_score
from tests.stories.making import Table, match


def members(table: Table, ids: str | list[str]) -> list[tuple[str, ...]]:
    return [group.members for group in build_groups(ids, table.matches, table)]


def test_copies_and_cuts_of_one_text_are_one_group() -> None:
    table = Table(
        match("a", "b", "copy"),
        match("a", "c", "excerpt", held=(0.4, 0.9)),
        match("b", "c", "excerpt", held=(0.4, 0.9)),
    )
    assert members(table, "abcd") == [("a", "b", "c")]


def test_same_story_and_related_make_no_group() -> None:
    assert members(Table(match("a", "b", "same_story"), match("b", "c", "related")), "abc") == []


def live_blog(versions: int, turnover: float) -> Table:
    """Versions that each replace a share of the text: after 1/turnover steps nothing is left."""
    found = []
    for i, j in combinations(range(versions), 2):
        held = max(0.0, 1 - turnover * (j - i))
        relation: Relation | None = (
            "copy" if held >= 0.8 else "excerpt" if held >= 0.6 else "partial" if held > 0 else None
        )
        if relation:
            found.append(match(f"v{i:03d}", f"v{j:03d}", relation, held=(held, held), jaccard=held / (2 - held)))
    return Table(*found)


def test_a_live_blog_of_200_versions_is_no_chain() -> None:
    table = live_blog(200, 0.08)
    groups = build_groups([f"v{i:03d}" for i in range(200)], table.matches, table)
    assert sum(len(group.members) for group in groups) == 200
    for group in groups:
        for name in group.members:
            if name != group.representative:
                assert table.of(name, group.representative).containment[0] >= 0.6


def test_a_version_between_two_stars_is_the_centre_of_its_own() -> None:
    """x stands in c and d alone, which went to the versions before and after."""
    before = [match("b", name, "copy", jaccard=0.7) for name in ("a1", "a2", "c")]
    after = [match("e", name, "copy", jaccard=0.7) for name in ("f1", "f2", "d")]
    table = Table(*before, *after, match("c", "x", "copy", jaccard=0.9), match("d", "x", "copy", jaccard=0.9))
    assert members(table, sorted({name for m in table.matches for name in (m.a, m.b)})) == [
        ("a1", "a2", "b"),
        ("c", "d", "x"),
        ("e", "f1", "f2"),
    ]


def five_stories(round_ups: int) -> Table:
    """Five stories of three copies, and round-ups that hold a whole copy of each and are copies of one another."""
    found: list[Match] = []
    for story in "abcde":
        for one, other in combinations("123", 2):
            found.append(match(story + one, story + other, "copy"))
        for k in range(round_ups):
            found += [match(story + n, f"r{k}", "excerpt", held=(0.95, 0.2), jaccard=0.2) for n in "123"]
    for one, other in combinations(range(round_ups), 2):
        found.append(match(f"r{one}", f"r{other}", "copy"))
    return Table(*found)


@pytest.mark.parametrize("round_ups", [1, 2, 3])
def test_a_round_up_of_five_stories_joins_none_and_glues_none(round_ups: int) -> None:
    ids = [story + n for story in "abcde" for n in "123"] + [f"r{k}" for k in range(round_ups)]
    own = [tuple(f"r{k}" for k in range(round_ups))] if round_ups > 1 else []
    assert members(five_stories(round_ups), ids) == [tuple(s + n for n in "123") for s in "abcde"] + own


@pytest.mark.parametrize("round_ups", [1, 2])
def test_a_round_up_is_known_by_what_it_takes_from_strangers(round_ups: int) -> None:
    table = five_stories(round_ups)
    assert round_ups_of(derivations_of(Links.of(table.matches, table))) == {f"r{k}" for k in range(round_ups)}


def test_a_report_with_background_from_another_story_is_no_round_up() -> None:
    copies = [match("a", "b", "copy"), match("x", "y", "copy")]
    quoted = [match(name, "p", "partial", held=(0.3, 0.3), jaccard=0.1) for name in "abxy"]
    table = Table(*copies, *quoted)
    assert round_ups_of(derivations_of(Links.of(table.matches, table))) == frozenset()


def test_the_same_background_under_two_texts_tells_no_event() -> None:
    """What is left of a cosine of .5 is next to nothing where half of both texts is the same."""
    background = match("a", "b", "partial", held=(0.5, 0.5), story=0.95)
    assert story_score(background) == 0.0
    assert story_score(replace(background, cosine=0.7)) == 0.95
    assert story_score(replace(background, containment=(0.1, 0.1))) == 0.95
    assert story_score(replace(background, relation="excerpt")) == 0.95


def test_a_partial_joins_the_one_group_it_takes_from() -> None:
    copies = [match(*pair, "copy") for pair in combinations("abc", 2)]
    lifted = [match(name, "p", "partial", held=(0.2, 0.3), jaccard=0.1) for name in "abc"]
    assert members(Table(*copies, *lifted), "abcp") == [("a", "b", "c", "p")]


def test_a_partial_of_two_texts_joins_neither() -> None:
    copies = [match("a", "b", "copy"), match("x", "y", "copy")]
    lifted = [match(name, "p", "partial", held=(0.2, 0.3), jaccard=0.1) for name in "abxy"]
    assert members(Table(*copies, *lifted), "abxyp") == [("a", "b"), ("x", "y")]


def test_a_partial_about_another_event_joins_nothing() -> None:
    copies = [match("a", "b", "copy")]
    lifted = [match(name, "p", "partial", held=(0.2, 0.3), jaccard=0.1, story=0.1) for name in "ab"]
    assert members(Table(*copies, *lifted), "abp") == [("a", "b")]


def test_two_stories_of_one_agency_stay_apart_though_they_share_background() -> None:
    copies = [match(*pair, "copy") for text in ("abc", "xyz") for pair in combinations(text, 2)]
    shared = [match(a, b, "partial", held=(0.25, 0.25), jaccard=0.1) for a in "abc" for b in "xyz"]
    assert members(Table(*copies, *shared), "abcxyz") == [("a", "b", "c"), ("x", "y", "z")]


def test_a_teaser_that_tells_another_event_is_no_member() -> None:
    copies = [match("a", "b", "copy")]
    teaser = [match("a", "t", "excerpt", held=(0.03, 0.9), jaccard=0.03, story=0.05)]
    assert members(Table(*copies, *teaser), "abt") == [("a", "b")]


def test_equal_texts_are_one_group_though_each_was_compared_with_the_first_alone() -> None:
    twins = [match("a", name, "copy", held=(1.0, 1.0), jaccard=1.0) for name in "bcdef"]
    cut = [match("a", "x", "excerpt", held=(0.4, 1.0), jaccard=0.4)]
    assert members(Table(*twins, *cut), "abcdefx") == [("a", "b", "c", "d", "e", "f", "x")]


def test_matches_of_articles_that_are_not_asked_for_are_left_out() -> None:
    assert members(Table(match("a", "b", "copy"), match("b", "c", "copy")), "ac") == []


RELATIONS: list[Relation] = ["copy", "excerpt", "partial", "rewrite", "same_story"]
drawn = st.lists(
    st.tuples(
        st.sampled_from(list(combinations("abcdefg", 2))),
        st.sampled_from(RELATIONS),
        st.tuples(st.integers(1, 9), st.integers(1, 9)),
        st.integers(0, 9),
    ),
    unique_by=lambda item: item[0],
    max_size=21,
)


def table_of(items: list[tuple[tuple[str, str], Relation, tuple[int, int], int]]) -> Table:
    return Table(
        *(
            match(a, b, relation, held=(held[0] / 10, held[1] / 10), jaccard=min(held) / 12, story=story / 10)
            for (a, b), relation, held, story in items
        )
    )


@given(drawn, st.randoms(use_true_random=False))
def test_order_is_no_matter_and_every_member_is_verified(items: list[object], random: object) -> None:
    table = table_of(items)  # type: ignore[arg-type]
    groups = build_groups("abcdefg", table.matches, table)
    shuffled = list(table.matches)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert build_groups("gfedcba", shuffled, table) == groups
    names = [name for group in groups for name in group.members]
    assert len(names) == len(set(names))
    for group in groups:
        assert group.representative in group.members
        assert len(group.members) > 1
        for name in group.members:
            others = [other for other in group.members if other != name]
            derived = [other for other in others if table.of(name, other).derived]
            assert name == group.representative or group.representative in derived or len(derived) * 2 >= len(others)


@given(drawn)
def test_an_unrelated_article_changes_no_group(items: list[object]) -> None:
    table = table_of(items)  # type: ignore[arg-type]
    alone = build_groups("abcdefg", table.matches, table)
    more = Table(*table.matches, match("y", "z", "copy"))
    assert set(build_groups("abcdefgyz", more.matches, more)) >= set(alone)


def told_again(witnesses: str) -> Table:
    """Five cuts of one text, and x, which retells "a" and the ``witnesses``."""
    cuts = [match(one, other, "excerpt", held=(0.8, 0.8)) for one, other in combinations("abcde", 2)]
    return Table(*cuts, *(match(name, "x", "rewrite", held=(0.02, 0.02)) for name in ("a", *witnesses)))


def test_a_rewrite_joins_a_group_that_knows_it() -> None:
    assert members(told_again("b"), "abcdex") == [("a", "b", "c", "d", "e", "x")]
    assert members(told_again(""), "abcdex") == [("a", "b", "c", "d", "e")]


def test_a_rewrite_that_nobody_vouches_for_must_be_sure() -> None:
    assert members(Table(match("a", "x", "rewrite", held=(0.02, 0.02))), "ax") == [("a", "x")]
    unsure = match("a", "x", "rewrite", held=(0.02, 0.02), score=0.6)
    assert members(Table(unsure), "ax") == []
    vouched = (match("a", "b", "copy"), match("b", "x", "rewrite", held=(0.02, 0.02), score=0.6))
    assert members(Table(unsure, *vouched), "abx") == [("a", "b", "x")]
