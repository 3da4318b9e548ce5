"""Stories as a whole: who is in them, what they are called, and what leaves them alone."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dedup.models import Relation, Story
from dedup.settings import Settings
from dedup.stories import build_stories
from dedup.stories.headline import shown_headline
from tests.stories.making import Table, article, match


def stories(ids: str, table: Table, **kept: object) -> tuple[Story, ...]:
    articles = {name: kept.get(name) or article(name) for name in ids}
    return build_stories(articles, table.matches, table, Settings())  # type: ignore[arg-type]


def names(found: tuple[Story, ...]) -> list[list[str]]:
    return [[member.id for member in story.articles] for story in found]


TABLE = Table(
    match("a", "b", "copy"),
    match("a", "c", "same_story", story=0.8),
    match("b", "c", "same_story", story=0.8),
    match("a", "d", "related", story=0.2),
)


def test_a_group_an_independent_report_and_a_related_story() -> None:
    found = stories("abcde", TABLE)
    assert names(found) == [["a", "b", "c"], *sorted([["d"], ["e"]], key=lambda m: found_id(m[0]))]
    story = found[0]
    assert [[member.id for member in group.articles] for group in story.groups] == [["a", "b"]]
    assert story.origins == 2
    relations = {member.id: member.relation for member in story.articles}
    assert sorted(relations[name] for name in "ab") == ["copy", "origin"]
    assert relations["c"] == "independent"
    other = next(item for item in found if item.articles[0].id == "d")
    assert story.related == (other.story_id,)
    assert other.related == (story.story_id,)


def found_id(name: str) -> str:
    return "s" + hashlib.blake2b(name.encode(), digest_size=6).hexdigest()


def test_ids_come_from_the_least_member() -> None:
    story = stories("abc", TABLE)[0]
    assert story.story_id == found_id("a")
    assert story.groups[0].group_id == "g" + found_id("a")[1:]


def test_ten_copies_of_one_text_are_one_origin() -> None:
    table = Table(*(match(a, b, "copy") for a, b in combinations("abcdefghij", 2)))
    story = stories("abcdefghij", table)[0]
    assert len(story.articles) == 10
    assert story.origins == 1


def test_who_credits_the_supplier_is_told_from_who_does_not() -> None:
    found = stories("abc", TABLE, a=article("a", credits=("AP",)))[0]
    assert {member.id: member.credited for member in found.articles} == {"a": True, "b": False, "c": False}
    assert [credit.agency for credit in found.groups[0].credits] == ["AP"]


def test_share_is_of_the_origin_s_text() -> None:
    table = Table(match("a", "b", "excerpt", held=(0.3, 1.0)))
    found = stories("ab", table, a=article("a", hours=1), b=article("b", hours=9))[0]
    shares = {member.id: (member.relation, member.share) for member in found.articles}
    assert shares == {"a": ("origin", 1.0), "b": ("excerpt", 0.3)}


def test_the_headline_is_that_of_the_origin_of_the_largest_group() -> None:
    made = {"a": article("a", headline="Late copy", hours=9), "b": article("b", headline="First copy", hours=1)}
    assert stories("abc", TABLE, **made, c=article("c", headline="Report"))[0].headline == "First copy"


def test_a_story_without_headlines_is_called_by_its_first_words() -> None:
    long = article("a", " ".join(f"word{i}" for i in range(20)))
    assert stories("a", Table(), a=long)[0].headline.endswith("word11 …")
    assert stories("a", Table(), a=article("a", ""))[0].headline == "(no headline)"


def test_first_and_last_are_the_times_known() -> None:
    story = stories("abc", TABLE, a=article("a", hours=5), b=article("b", hours=2))[0]
    assert story.first is not None
    assert story.last is not None
    assert (story.last - story.first).total_seconds() == 3 * 3600


def test_two_events_of_one_kind_stay_apart() -> None:
    """Each quake is told three times; the reports of different quakes look somewhat alike."""
    alike = [match(a, b, "same_story", story=0.7) for quake in ("abc", "xyz") for a, b in combinations(quake, 2)]
    between = [match(a, b, "related", story=0.1) for a in "abc" for b in "xyz"]
    assert sorted(names(stories("abcxyz", Table(*alike, *between)))) == [["a", "b", "c"], ["x", "y", "z"]]


def test_matches_of_unknown_articles_are_left_out() -> None:
    assert names(stories("d", TABLE)) == [["d"]]


RELATIONS: list[Relation] = ["copy", "excerpt", "partial", "rewrite", "same_story", "related", "unrelated"]
drawn = st.lists(
    st.tuples(
        st.sampled_from(list(combinations("abcdef", 2))),
        st.sampled_from(RELATIONS),
        st.integers(1, 9),
        st.integers(0, 9),
    ),
    unique_by=lambda item: item[0],
    max_size=15,
)


def table_of(items: list[tuple[tuple[str, str], Relation, int, int]]) -> Table:
    return Table(
        *(match(a, b, kind, held=(h / 10, h / 10), jaccard=h / 12, story=s / 10) for (a, b), kind, h, s in items)
    )


@settings(max_examples=60)
@given(drawn, st.randoms(use_true_random=False))
def test_every_article_is_in_one_story_whatever_the_order(items: list[object], random: object) -> None:
    table = table_of(items)  # type: ignore[arg-type]
    found = stories("abcdef", table)
    assert sorted(name for story in names(found) for name in story) == list("abcdef")
    turned = [
        m
        if random.random() < 0.5
        else type(m)(  # type: ignore[attr-defined]
            m.b, m.a, m.relation, m.score, m.same_story_score, m.jaccard, m.containment[::-1], m.cosine
        )
        for m in table.matches
    ]
    random.shuffle(turned)  # type: ignore[attr-defined]
    articles = {name: article(name) for name in "fedcba"}
    assert build_stories(articles, turned, table, Settings()) == found


@settings(max_examples=60)
@given(drawn)
def test_an_unrelated_article_changes_no_other_story(items: list[object]) -> None:
    table = table_of(items)  # type: ignore[arg-type]
    assert set(stories("abcdefz", table)) - set(stories("abcdef", table)) == set(stories("z", Table()))


def test_a_page_without_a_text_is_no_independent_text() -> None:
    told = [match("a", "b", "same_story"), match("a", "p", "same_story")]
    (story,) = stories("abp", Table(*told), p=replace(article("p", "Menu"), roles="F"))
    assert len(story.articles) == 3
    assert story.origins == 2


LINES = ("Print", "Share on Facebook", "March 18, 2024", "\u2022", "Email Bio Follow", "8:00 AM ET")
HEADLINES = ("Share prices fall", "Print is dead, says lamp maker", "The lamps of Orsa", "Menu of the future")
TEXT = "The lamp factory of Orsa closes in May, its owner said after prices fell by half."


@pytest.mark.parametrize("line", LINES)
def test_a_line_of_the_page_in_place_of_a_headline_gives_way_to_the_opening(line: str) -> None:
    item = article("a", TEXT, headline=line)
    assert shown_headline(item) == "The lamp factory of Orsa closes in May, its owner said after \u2026"
    assert stories("a", Table(), a=item)[0].articles[0].headline == shown_headline(item)
    assert shown_headline(article("a", "", headline=line)) == line


@pytest.mark.parametrize("line", HEADLINES)
def test_a_headline_is_shown_as_it_is(line: str) -> None:
    assert shown_headline(article("a", TEXT, headline=line)) == line
