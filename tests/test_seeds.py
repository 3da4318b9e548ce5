"""The expected answer of the five seed articles (seeds/gold.json) comes out of the general code, entirely."""

import json
from datetime import date
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest

import dedup
from dedup.text.tokens import words

SEEDS = Path(__file__).parent.parent / "seeds"
GOLD: dict[str, Any] = json.loads((SEEDS / "gold.json").read_text(encoding="utf-8"))


def _short(article_id: str) -> str:
    return article_id[:3]


@pytest.fixture(scope="module")
def result() -> dedup.Result:
    return dedup.find_stories(dedup.read_feed(SEEDS))


@pytest.fixture(scope="module")
def articles(result: dedup.Result) -> dict[str, dedup.CleanArticle]:
    return {_short(item.id): item for item in result.articles.values()}


def test_every_file_of_the_folder_is_an_article_or_a_rejection(result: dedup.Result) -> None:
    assert result.stats.read == result.stats.accepted + result.stats.rejected
    assert result.stats.accepted == 5


@pytest.mark.parametrize("name", sorted(GOLD["lines"]))
@pytest.mark.parametrize("alone", [True, False], ids=["alone", "in the feed"])
def test_every_line_is_body_or_not_as_labelled(name: str, alone: bool, result: dedup.Result) -> None:
    item = next(item for item in result.articles.values() if _short(item.id) == name[:3])
    cleaned = dedup.clean(item.article) if alone else item
    texts = (SEEDS / name).read_text(encoding="utf-8").split("\n")
    got = [(line.text, line.role == "body") for line in cleaned.lines if line.text.strip()]
    letters = [letter for letter in GOLD["lines"][name] if letter != "-"]
    want = [(text, letter == "B") for text, letter in zip((t for t in texts if t.strip()), letters, strict=True)]
    assert got == want


def test_every_relation_is_as_labelled(articles: dict[str, dedup.CleanArticle]) -> None:
    want = {(a, b): relation for a, b, relation in GOLD["relations"]}
    got = {(a, b): dedup.compare(articles[a], articles[b]).relation for a, b in combinations(sorted(articles), 2)}
    assert got == want


def test_the_stories_and_groups_are_as_labelled(result: dedup.Result) -> None:
    stories = sorted(sorted(_short(member.id) for member in story.articles) for story in result.stories)
    assert stories == sorted(GOLD["stories"])
    groups = [
        sorted(_short(member.id) for member in group.articles) for story in result.stories for group in story.groups
    ]
    assert groups == GOLD["syndication_groups"]


@pytest.mark.parametrize("name", sorted(GOLD["credit"]))
def test_the_agencies_credited_are_as_labelled(name: str, articles: dict[str, dedup.CleanArticle]) -> None:
    credits = sorted(articles[name].credits, key=lambda credit: -credit.confidence)
    assert [credit.agency for credit in credits] == GOLD["credit"][name]


def test_bylines_and_datelines_are_as_labelled(articles: dict[str, dedup.CleanArticle]) -> None:
    bylines = {name: item.byline for name, item in articles.items() if item.byline}
    datelines = {name: item.dateline for name, item in articles.items() if item.dateline}
    assert bylines == GOLD["byline"]
    assert datelines == GOLD["dateline"]


@pytest.mark.parametrize(("name", "visited"), [("001", date(2024, 4, 15)), ("002", date(2024, 12, 14))])
def test_the_day_the_page_was_visited_is_not_the_day_of_publication(
    name: str, visited: date, articles: dict[str, dedup.CleanArticle]
) -> None:
    published = articles[name].published
    assert published is None or published.date() != visited


def test_a_dated_page_keeps_its_publication_day(articles: dict[str, dedup.CleanArticle]) -> None:
    published = articles["004"].published
    assert published is not None
    assert published.date() == date(2024, 8, 27)


def test_the_passages_of_the_copy_stand_in_both_texts(result: dedup.Result) -> None:
    (match,) = [match for match in result.matches if match.derived]
    a, b = result.articles[match.a], result.articles[match.b]
    assert match.passages
    for passage in match.passages:
        ours = " ".join(a.text[passage.a_start : passage.a_end].split())
        theirs = " ".join(b.text[passage.b_start : passage.b_end].split())
        assert ours == theirs
        assert passage.words == len(words(ours))
