"""Headlines that are furniture are not shown as headlines."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from dedup.models import Article, CleanArticle
from dedup.report import write_report
from dedup.report.titles import title_of, titled
from tests.report.make_result import clean, seed_result

TEXT = "The lamp factory of Orsa closes in May, its owner said on Monday, after orders had fallen by half."


def _headed(headline: str | None) -> CleanArticle:
    return replace(clean(Article("x", TEXT), "B"), headline=headline)


@pytest.mark.parametrize(
    "headline",
    ["Print", "Share on Facebook", "PRINT THIS PAGE", "March 18, 2024", "Monday, 18 March 2024", "2024-03-18 10:30",
     "Skip to main content", "Share on Facebook."],
)  # fmt: skip
def test_for_buttons_and_bare_dates_the_opening_is_shown(headline: str) -> None:
    assert title_of(_headed(headline)) == "The lamp factory of Orsa closes in May, its owner said on Monday, after ..."


@pytest.mark.parametrize(
    "headline",
    ["Print is dead, says lamp maker", "Share prices fall", "March 18, 2024: the day the lamps went out", "Home prices",
     "Menu of the future", None],
)  # fmt: skip
def test_a_headline_stays_as_it_is(headline: str | None) -> None:
    assert title_of(_headed(headline)) == headline


def test_without_a_text_the_headline_stays() -> None:
    assert title_of(replace(clean(Article("x", "Menu"), "F"), headline="Print")) == "Print"


def test_the_pages_show_the_opening_and_the_data_the_headline(tmp_path: Path) -> None:
    whole = seed_result()
    assert titled(whole) == whole
    told = whole.stories[0]
    members = tuple(replace(m, headline="Share on Facebook") for m in told.articles)
    groups = tuple(
        replace(g, articles=tuple(replace(m, headline="Share on Facebook") for m in g.articles)) for g in told.groups
    )
    story = replace(told, headline="Share on Facebook", articles=members, groups=groups)
    write_report(replace(whole, stories=(story, *whole.stories[1:])), tmp_path / "r")
    page = (tmp_path / "r" / "stories" / "s-000.html").read_text("utf-8")
    assert "Share on Facebook</" not in page
    assert "Share on Facebook" in (tmp_path / "r" / "stories.jsonl").read_text("utf-8")
