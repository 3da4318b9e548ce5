"""The seed articles: every line, credit, byline and dateline of gold.json comes out of the general code."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from dedup.models import Article, CleanArticle
from dedup.text.clean import clean, clean_many
from dedup.text.evidence import collect_evidence

SEEDS = Path(__file__).parents[2] / "seeds"
GOLD = json.loads((SEEDS / "gold.json").read_text(encoding="utf-8"))
FILES = sorted(GOLD["lines"])
ARTICLES = [Article(id=name, text=(SEEDS / name).read_text(encoding="utf-8")) for name in FILES]


@pytest.fixture(scope="module", params=["alone", "with the feed"])
def cleaned(request: pytest.FixtureRequest) -> dict[str, CleanArticle]:
    evidence = collect_evidence(ARTICLES) if request.param == "with the feed" else None
    return {article.id: clean(article, evidence) for article in ARTICLES}


@pytest.mark.parametrize("name", FILES)
def test_every_line_is_body_or_not_as_labelled(name: str, cleaned: dict[str, CleanArticle]) -> None:
    found = ["B" if line.role == "body" else "." for line in cleaned[name].lines]
    assert found == ["B" if letter == "B" else "." for letter in GOLD["lines"][name]]


@pytest.mark.parametrize("name", FILES)
def test_empty_lines_and_headline_are_as_labelled(name: str, cleaned: dict[str, CleanArticle]) -> None:
    gold = GOLD["lines"][name]
    assert [i for i, letter in enumerate(cleaned[name].roles) if letter in "-T"] == [
        i for i, letter in enumerate(gold) if letter in "-T"
    ]


@pytest.mark.parametrize("name", FILES)
def test_credits_are_as_labelled_the_surer_first(name: str, cleaned: dict[str, CleanArticle]) -> None:
    assert [credit.agency for credit in cleaned[name].credits] == GOLD["credit"][name[:3]]


@pytest.mark.parametrize("name", FILES)
def test_byline_and_dateline_are_as_labelled(name: str, cleaned: dict[str, CleanArticle]) -> None:
    assert cleaned[name].byline == GOLD["byline"].get(name[:3])
    assert cleaned[name].dateline == GOLD["dateline"].get(name[:3])


def test_day_of_the_page_visit_is_not_the_day_of_publication(cleaned: dict[str, CleanArticle]) -> None:
    visits = {"001": date(2024, 4, 15), "002": date(2024, 12, 14)}
    for name, result in cleaned.items():
        if name[:3] in visits:
            assert result.published is None or result.published.date() != visits[name[:3]]


def test_dateline_gives_the_day_with_the_year_of_the_page(cleaned: dict[str, CleanArticle]) -> None:
    result = next(result for name, result in cleaned.items() if name.startswith("002"))
    assert result.published == datetime(2024, 3, 18, tzinfo=UTC)
    assert "published-day-only" in result.notes


def test_one_by_one_and_in_a_batch_are_the_same() -> None:
    assert clean_many(ARTICLES) == [clean(article) for article in ARTICLES]
