"""Whole feeds of invented text: what must be one group, one story, or neither. The index answers as the batch does."""

from __future__ import annotations

import random

import pytest

import dedup
from dedup.models import Article, Result
from tests.stories.newsroom import (
    SHOWN,
    a_day_of_an_agency,
    carried,
    groups,
    live_blog,
    members,
    paragraphs,
    round_up,
    story_of,
    told,
    versions_of_an_item,
)

FIVE = ("appeal", "charitytrial", "cupfinal", "cycling", "factory")
KINDS = ("ferry", "flood", "snow", "takeover", "mayor", "appeal")


def five_events() -> list[Article]:
    return [article for name in FIVE for article in carried(name)]


def test_a_live_blog_in_twenty_versions_is_one_story_of_verified_groups() -> None:
    result = dedup.find_stories(live_blog(20))
    assert len(result.stories) == 1
    found = groups(result)
    assert set().union(*found) == {f"v{at:02d}" for at in range(20)}, "no version is left alone"
    assert len(found) >= 2, "the first and the last version share nothing"
    for names in found:
        numbers = sorted(int(name[1:]) for name in names)
        assert numbers == list(range(numbers[0], numbers[-1] + 1))
        assert len(numbers) <= 2 * SHOWN - 1, "each has a post in common with the one in the middle"


def test_a_live_blog_takes_in_no_other_story() -> None:
    blog = live_blog(6)
    result = dedup.find_stories([*blog, *carried("ferry")])
    assert [members(story) for story in result.stories] == [{item.id for item in blog}, set(ids(carried("ferry")))]


def ids(articles: list[Article]) -> list[str]:
    return [article.id for article in articles]


def test_alert_leads_update_and_correction_are_versions_of_one_item() -> None:
    feed = versions_of_an_item()
    assert groups(dedup.find_stories([*feed, *carried("snow")])) == sorted(
        [set(ids(feed)), set(ids(carried("snow")))], key=sorted
    )


def test_a_correction_joins_the_group_of_what_it_corrects() -> None:
    copies = carried("museum")
    note = "CORRECTION: An earlier version of this story gave a wrong number of stolen rings. It is 14, not 41."
    source = told("museum", "source")
    corrected = Article("museum-corrected", f"{note}\n\n{source.text}", f"CORRECTED: {source.title}")
    assert groups(dedup.find_stories([*copies, corrected])) == [{*ids(copies), "museum-corrected"}]


def test_items_of_one_day_with_the_same_background_are_stories_of_their_own() -> None:
    found = dedup.find_stories(a_day_of_an_agency())
    wanted = [{f"{name}{at}" for at in range(3)} for name in ("strike", "verdict", "wolf")]
    assert groups(found) == wanted
    assert sorted(map(members, found.stories), key=sorted) == wanted
    assert any(match.relation == "partial" for match in found.matches), "the background is found, and shown"


def test_an_item_in_one_outlet_does_not_join_the_group_with_its_background() -> None:
    lone = [item for item in a_day_of_an_agency() if item.id.startswith("strike") or item.id in ("verdict0", "wolf0")]
    assert groups(dedup.find_stories(lone)) == [{"strike0", "strike1", "strike2"}]


@pytest.mark.parametrize("copies", [1, 3])
def test_a_round_up_is_partial_to_several_stories_and_joins_none(copies: int) -> None:
    names = [f"round{at}" for at in range(copies)]
    result = dedup.find_stories([*five_events(), *(round_up(name, FIVE) for name in names)])
    assert members(story_of(result, "round0")) == set(names)
    wanted = [set(ids(carried(name))) for name in FIVE]
    assert [found for found in groups(result) if "round0" not in found] == wanted
    near = {story.story_id for story in result.stories if "round0" not in members(story)}
    assert len(near) == 5
    assert set(story_of(result, "round0").related) == near


def test_a_round_up_shows_what_it_took_from_which_story() -> None:
    result = dedup.find_stories([*five_events(), round_up("round0", FIVE)])
    taken = [match for match in result.matches if match.derived and "round0" in (match.a, match.b)]
    assert {match.relation for match in taken} == {"partial"}
    assert all(match.passages for match in taken)
    events = {name.partition("-")[0] for match in taken for name in (match.a, match.b)} - {"round0"}
    assert len(events) >= 4


def test_a_round_up_named_before_or_after_the_stories_changes_nothing() -> None:
    for name in ("a-round", "zz-round"):
        result = dedup.find_stories([*five_events(), round_up(name, FIVE)])
        assert members(story_of(result, name)) == {name}


def test_two_events_of_one_kind_stay_apart_and_reports_come_to_their_own() -> None:
    feed = [a for name in KINDS for a in (*carried(name, 2), told(name, "independent"), told(name, "sibling"))]
    second = [
        Article(f"{item.id}-copy", item.text, item.title, outlet="again.example", published=item.published)
        for item in feed
        if item.id.endswith("sibling")
    ]
    found = [members(story) for story in dedup.find_stories([*feed, *second]).stories]
    for name in KINDS:
        assert {f"{name}-copy0", f"{name}-copy1", f"{name}-independent"} in found
        assert {f"{name}-sibling", f"{name}-sibling-copy"} in found


def test_one_story_cut_in_the_middle_of_another_page_joins_only_its_own() -> None:
    """A page with most of one item and the lead of a second."""
    first, second = paragraphs("ferry"), paragraphs("museum")
    page = Article("page", "\n\n".join([*first[:8], second[0]]), "Ferry hits pier")
    found = groups(dedup.find_stories([*carried("ferry"), *carried("museum"), page]))
    assert found == [{*ids(carried("ferry")), "page"}, set(ids(carried("museum")))]


def a_hard_day() -> list[Article]:
    return [
        *live_blog(14),
        *versions_of_an_item(),
        *a_day_of_an_agency(2),
        *five_events(),
        round_up("round0", FIVE),
        round_up("round1", FIVE, sentences=4),
        *(
            told(name, kind)
            for name in ("ferry", "flood")
            for kind in ("source", "independent", "translated", "sibling")
        ),
    ]


def shapes(result: Result) -> list[tuple[list[str], list[list[str]], tuple[str, ...]]]:
    return [
        (sorted(members(story)), [sorted(m.id for m in group.articles) for group in story.groups], story.related)
        for story in result.stories
    ]


@pytest.mark.parametrize("seed", [1, 2])
def test_the_index_tells_the_stories_of_the_batch_in_any_order(seed: int, tmp_path) -> None:  # type: ignore[no-untyped-def]
    feed = a_hard_day()
    batch = dedup.find_stories(feed)
    random.Random(seed).shuffle(feed)
    with dedup.open_index(tmp_path / "news.db") as index:
        for article in feed:
            index.add(article)
        assert tuple(index.stories()) == batch.stories


def test_no_order_of_a_hard_day_changes_its_stories() -> None:
    feed = a_hard_day()
    wanted = shapes(dedup.find_stories(feed))
    random.Random(3).shuffle(feed)
    assert shapes(dedup.find_stories(feed)) == wanted
