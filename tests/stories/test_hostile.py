"""The feeds of benchmarks/hostile.py in small, from invented texts: what each hazard may not do."""

from __future__ import annotations

import json
import random

import pytest

import dedup
from benchmarks.hostile import (
    chain_figures,
    evasion_figures,
    live_blogs,
    poison_figures,
    short_figures,
)
from benchmarks.make_feed import Sources
from dedup.models import Article
from tests.stories.newsroom import BED, carried, groups, members, paragraphs


@pytest.fixture(scope="module")
def sources() -> Sources:
    rows = [row for file in sorted(BED.glob("*.json")) for row in json.loads(file.read_text("utf-8"))["articles"]]
    texts = [row["text"].split("\n\n") for row in rows]
    return Sources(texts, [row["title"] for row in rows], [word for row in rows for word in row["text"].split()])


# --- row 2: boilerplate -----------------------------------------------------------------------------------------

CARRIED = ("ferry", "museum", "snow")
HEADS = (
    "Parking fees rise again",
    "A new boathouse for the club",
    "Twelve soups for a cold evening",
    "Why the old pier will not reopen",
    "Choir looks for tenors",
    "Ten questions on school meals",
    "Bus line 4 takes another way from Monday",
    "Museum shows its cellar",
)


def template(edition: int) -> str:
    """One headline is a sentence, which cleaning takes for the text of the page."""
    heads = [f"The council of district {edition} has lost its nerve. It walked into a trap.", *HEADS]
    return "\n".join(["Must read", *heads, "Sign up for our newsletter", "All rights reserved.", f"Edition {edition}"])


def boilerplate_feed() -> list[Article]:
    """Three events carried three times, 60 pages of furniture alone, and ten of which most is a template."""
    bare = [f"{template(at % 5)}\nUpdated {at}" for at in range(60)]
    others = [file.stem for file in sorted(BED.glob("*.json")) if file.stem not in CARRIED][:10]
    mostly = ["\n".join([template(at % 5), *paragraphs(name)[:3], template(at % 5)]) for at, name in enumerate(others)]
    pages = [Article(f"x{at:02d}", text, outlet=f"x{at % 7}.example") for at, text in enumerate([*bare, *mostly])]
    return [*(item for name in CARRIED for item in carried(name)), *pages]


def test_pages_of_furniture_make_no_group_and_cost_no_copy() -> None:
    result = dedup.find_stories(boilerplate_feed())
    assert groups(result) == [{f"{name}-copy{at}" for at in range(3)} for name in CARRIED]
    assert max(len(members(story)) for story in result.stories) == 3


# --- row 3: chains ----------------------------------------------------------------------------------------------


def test_chains_break_where_versions_have_little_in_common(sources: Sources) -> None:
    figures = chain_figures(sources, chains=2, versions=40, round_ups=0)
    assert figures["groups that hold two chains or stories"] == 0
    assert figures["stories that hold two chains or stories"] == 0
    assert figures["least text in common with the best representative"] >= 0.3


@pytest.mark.parametrize("alone", [True, False])
def test_round_ups_join_no_two_stories(sources: Sources, alone: bool) -> None:
    figures = chain_figures(sources, chains=0, versions=0, round_ups=10, alone=alone)
    assert figures["stories that hold two chains or stories"] == 0
    assert figures["planted stories in one group"] >= 0.7


def test_every_version_is_in_a_group_where_cleaning_leaves_the_posts(sources: Sources) -> None:
    figures = chain_figures(sources, chains=1, versions=40, round_ups=4, alone=True)
    assert figures["versions in a group"] == 1.0
    assert figures["groups that hold two chains or stories"] == 0


def test_a_live_blog_of_the_benchmark_turns_over_a_twelfth(sources: Sources) -> None:
    one, other = live_blogs(sources, 1, 2, random.Random(1))
    assert len(set(one.text.split("\n\n")) & set(other.text.split("\n\n"))) == 11


# --- row 4: empty and very short --------------------------------------------------------------------------------


def test_short_texts_are_grouped_only_when_their_words_are_equal(sources: Sources) -> None:
    figures = short_figures(sources, items=600)
    assert figures["groups with an empty text"] == 0
    assert figures["groups of different words"] == 0


@pytest.mark.parametrize("text", ["", " ", "...", "\u200b", "\n\n", "• • •"])
def test_texts_without_a_word_are_nobody_s_copy(text: str) -> None:
    feed = [Article(f"e{at}", text) for at in range(5)]
    result = dedup.find_stories([*feed, Article("x", "Ferry hits pier at Karsholm, 27 hurt, police say.")])
    assert groups(result) == []
    assert all(len(members(story)) == 1 for story in result.stories)
    assert result.stats.read == result.stats.accepted + result.stats.rejected == 6


def test_equal_briefs_are_copies_and_one_other_word_sets_them_apart() -> None:
    brief = "Officials say the bridge at Storsund will open to traffic on Friday morning."
    feed = [
        Article("a", brief),
        Article("b", brief.upper()),
        Article("c", brief.replace("open", "close")),
        Article("d", "Officials say."),
    ]
    assert groups(dedup.find_stories(feed)) == [{"a", "b"}]


# --- rows 21 and 22: forgers ------------------------------------------------------------------------------------


def test_chosen_words_that_lift_signatures_make_no_group(sources: Sources) -> None:
    figures = poison_figures(sources, articles=12, length=13, pool=12_000)
    assert figures["Jaccard by signatures"] > 0.6
    assert figures["compared"] > 0
    assert figures["derived"] == figures["groups"] == 0


def test_disguised_copies_are_grouped_with_their_source_and_nothing_else_is(sources: Sources) -> None:
    figures = evasion_figures(sources, copies=20)
    assert all(value >= 0.95 for name, value in figures.items() if name.startswith("recall"))
    assert all(value == 0 for name, value in figures.items() if name.startswith("false"))
    assert figures["the text given is kept for display"]
    assert figures["Latin and Cyrillic texts in one group"] == 0
