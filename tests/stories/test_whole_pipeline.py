"""Properties of the whole pipeline on drawn feeds of invented text, and its answers against all pairs one by one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import dedup
from dedup.match.candidates import candidate_pairs
from dedup.match.neighbours import neighbour_pairs
from dedup.match.table import table_of
from dedup.models import RELATIONS, Article, Match, Passage, Result
from dedup.pipeline import clean_feed
from dedup.settings import Settings
from dedup.sketch import sketch_many
from dedup.stories import build_groups, build_stories, feed
from dedup.stories.clusters import Floor
from dedup.stories.links import key, story_score
from tests.stories.newsroom import a_day_of_an_agency, carried, live_blog, members, round_up, told, versions_of_an_item
from tests.stories.test_clusters import plain

EVENTS = ("ferry", "flood", "snow", "museum", "mayor", "icecore")
KINDS = ("source", "light", "voice", "translated", "short", "independent", "independent2", "sibling")
TOPS = ("Home | News | Sport | Weather", "Advertisement", "Subscribe now and get three months for the price of one")
BELOW = (
    "Sign up for our newsletter",
    "Must read\nTwelve soups for a cold evening\nWhy the old pier will not reopen this year",
    "Share this article",
    "More stories\nCouncil debates parking fees again\nRowing club seeks a new boathouse",
    "Copyright 2025 The Lantern. All rights reserved.",
    "Follow us on Facebook and Twitter",
)

SHARES = st.floats(0, 1)

made = st.builds(told, st.sampled_from(EVENTS), st.sampled_from(KINDS))


def cut(article: Article, kept: int) -> Article:
    return replace(article, text="\n\n".join(article.text.split("\n\n")[:kept]))


drawn = st.builds(cut, made, st.integers(3, 14))
feeds = st.lists(drawn, min_size=2, max_size=10).map(
    lambda items: [replace(item, id=f"n{at}-{item.id}", outlet=f"n{at}.example") for at, item in enumerate(items)]
)


def framed(article: Article, tops: list[str], below: list[str]) -> Article:
    return replace(article, text="\n\n".join([*tops, article.text, *below]))


furniture = st.tuples(
    st.lists(st.sampled_from(TOPS), unique=True), st.lists(st.sampled_from(BELOW), min_size=1, unique=True)
)


@settings(max_examples=250, deadline=None, derandomize=True)
@given(drawn, drawn)
def test_a_pair_is_the_same_from_both_sides(a: Article, b: Article) -> None:
    one, other = dedup.compare(a, b), dedup.compare(b, a)
    passages = tuple(Passage(p.b_start, p.b_end, p.a_start, p.a_end, p.words) for p in other.passages)
    turned = replace(other, a=other.b, b=other.a, containment=other.containment[::-1], passages=passages)
    assert replace(turned, passages=(), reasons=(), facts=()) == replace(one, passages=(), reasons=(), facts=())
    assert sorted(turned.passages) == sorted(one.passages)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(st.one_of(drawn.map(lambda item: item.text), st.text(min_size=1, max_size=300)))
def test_a_text_is_a_copy_of_itself(text: str) -> None:
    a, b = Article("a", text), Article("b", text)
    found = dedup.compare(a, b)
    if dedup.clean(a).body.strip() and found.jaccard:
        assert (found.relation, found.jaccard, found.containment) == ("copy", 1.0, (1.0, 1.0))
        assert found.score > 0.9


@settings(max_examples=250, deadline=None, derandomize=True)
@given(made, made, furniture, furniture)
def test_furniture_around_the_texts_changes_no_relation(a: Article, b: Article, one, other) -> None:  # type: ignore[no-untyped-def]
    bare, dressed = dedup.compare(a, b), dedup.compare(framed(a, *one), framed(b, *other))
    assert dressed.relation == bare.relation
    assert dressed.jaccard == pytest.approx(bare.jaccard, abs=0.1)


def told_of(result: Result) -> set[tuple[frozenset[str], frozenset[frozenset[str]]]]:
    """Members and groups of every story."""
    return {
        (frozenset(members(story)), frozenset(frozenset(m.id for m in group.articles) for group in story.groups))
        for story in result.stories
    }


@settings(max_examples=60, deadline=None, derandomize=True)
@given(feeds, st.sampled_from(("appeal", "cycling", "probe", "rentbill")))
def test_an_unrelated_article_changes_no_other_story(feed: list[Article], other: str) -> None:
    stranger = told(other, "source")
    before, after = told_of(dedup.find_stories(feed)), told_of(dedup.find_stories([*feed, stranger]))
    assert after - before == {(frozenset([stranger.id]), frozenset())}


@settings(max_examples=60, deadline=None, derandomize=True)
@given(feeds, furniture)
def test_the_same_furniture_on_every_page_changes_no_story(feed: list[Article], around) -> None:  # type: ignore[no-untyped-def]
    assert told_of(dedup.find_stories([framed(item, *around) for item in feed])) == told_of(dedup.find_stories(feed))


@settings(max_examples=60, deadline=None, derandomize=True)
@given(feeds, st.randoms(use_true_random=False))
def test_stories_hold_every_article_once_whatever_the_order(feed: list[Article], random) -> None:  # type: ignore[no-untyped-def]
    result = dedup.find_stories(feed)
    names = [member.id for story in result.stories for member in story.articles]
    assert sorted(names) == sorted(item.id for item in feed)
    shuffled = feed[:]
    random.shuffle(shuffled)
    assert dedup.find_stories(shuffled).stories == result.stories


# --- against all pairs ------------------------------------------------------------------------------------------


def mixed_day() -> list[Article]:
    return [
        *live_blog(10),
        *versions_of_an_item(),
        *a_day_of_an_agency(2),
        *(item for name in ("appeal", "cycling", "museum") for item in carried(name, 2)),
        round_up("round", ("appeal", "cycling", "museum")),
        *(told(name, kind) for name in ("ferry", "flood") for kind in KINDS),
    ]


@pytest.fixture(scope="module")
def fast() -> Result:
    return dedup.find_stories(mixed_day())


@pytest.fixture(scope="module")
def every_pair(fast: Result) -> Mapping[tuple[str, str], Match]:
    cleaned = sorted(clean_feed(sorted(mixed_day(), key=lambda item: item.id)), key=lambda item: item.id)
    return {(a.id, b.id): dedup.compare(a, b) for a, b in combinations(cleaned, 2)}


@pytest.fixture(scope="module")
def proposed(every_pair: Mapping[tuple[str, str], Match], fast: Result) -> list[Match]:
    """The matches of the pairs that bands, samples and heaviest words bring together."""
    cleaned = [fast.articles[name] for name in sorted(fast.articles)]
    copies = candidate_pairs(sketch_many([item.body for item in cleaned], Settings()), Settings())
    pairs = {*map(tuple, copies.pairs.tolist()), *map(tuple, neighbour_pairs(cleaned, Settings()).pairs.tolist())}
    return [every_pair[cleaned[a].id, cleaned[b].id] for a, b in sorted(pairs)]


def test_no_derived_pair_of_a_day_is_missed(fast: Result, every_pair: Mapping[tuple[str, str], Match]) -> None:
    found = {(match.a, match.b): match for match in fast.matches}
    derived = {pair for pair, match in every_pair.items() if match.derived}
    assert derived <= found.keys()
    assert all(found[pair] == every_pair[pair] for pair in found)


def test_groups_are_those_of_all_pairs_and_stories_no_larger(
    fast: Result, every_pair: Mapping[tuple[str, str], Match]
) -> None:
    """Reports that share no heavy words are not proposed, so that a story may be in pieces, but never joined."""
    every = list(every_pair.values())
    whole = build_stories(fast.articles, every, lambda pairs: [every_pair[pair] for pair in pairs], Settings())
    home = {member.id: story.story_id for story in whole for member in story.articles}
    for story in fast.stories:
        assert len({home[name] for name in members(story)}) == 1
    assert len(fast.stories) - len(whole) <= 1
    grouped = {frozenset(m.id for m in group.articles) for story in whole for group in story.groups}
    assert grouped == {frozenset(m.id for m in group.articles) for story in fast.stories for group in story.groups}


def test_stories_are_those_of_a_plain_clusterer(
    fast: Result, every_pair: Mapping[tuple[str, str], Match], proposed: list[Match]
) -> None:
    """Every group speaks by its representative, every other article for itself; the round-up tells no event."""
    groups = build_groups(fast.articles, proposed, lambda pairs: [every_pair[pair] for pair in pairs])
    voice = {name: name for name in fast.articles}
    voice |= {name: group.representative for group in groups for name in group.members}
    met = {key(voice[m.a], voice[m.b]) for m in proposed if voice[m.a] != voice[m.b] and "round" not in (m.a, m.b)}
    scores = {pair: story_score(every_pair[pair]) for pair in met}
    wanted = plain(sorted(set(voice.values())), scores, Floor(Settings().story_pair, Settings().story_floor))
    found = [sorted({voice[name] for name in members(story)}) for story in fast.stories]
    assert sorted(found) == sorted(map(list, wanted))


def test_every_group_has_a_member_from_which_all_others_derive(
    fast: Result, every_pair: Mapping[tuple[str, str], Match]
) -> None:
    for group in (group for story in fast.stories for group in story.groups):
        names = [member.id for member in group.articles]
        assert any(all(one == other or every_pair[key(one, other)].derived for other in names) for one in names), names


@pytest.mark.parametrize("size", [1, 40, 1 << 20])
def test_stories_made_in_batches_are_those_made_at_once(
    fast: Result,
    every_pair: Mapping[tuple[str, str], Match],
    proposed: list[Match],
    size: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(feed, "BATCH", size)
    whole = build_stories(fast.articles, proposed, lambda pairs: [every_pair[pair] for pair in pairs], Settings())
    assert dedup.find_stories(mixed_day()).stories == whole


@given(
    rows=st.lists(
        st.builds(
            Match,
            st.just("a"),
            st.just("b"),
            st.sampled_from(RELATIONS),
            SHARES,
            SHARES,
            SHARES,
            st.tuples(SHARES, SHARES),
            SHARES,
        ),
        max_size=9,
    )
)
def test_scores_of_a_table_are_those_of_its_matches(rows: list[Match]) -> None:
    pairs = np.array([(0, number) for number in range(1, len(rows) + 1)], np.int32).reshape(len(rows), 2)
    assert feed.story_scores(table_of(pairs, rows)).tolist() == [story_score(match) for match in rows]
