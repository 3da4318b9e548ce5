"""Agencies: real credits told from mentions, photo credits and round-ups."""

from __future__ import annotations

import pytest

from dedup.models import Article, CleanArticle
from dedup.text.agencies import agency_of_host
from dedup.text.clean import clean
from dedup.text.credits import Site, find_credits, is_source_line, judge_line, suppliers

SIGNED = [
    ("SEOUL (AP) — North Korea said on Monday it had fired.", "B", "AP"),
    ("PARIS, Jan 2 (AFP) – The minister resigned on Tuesday.", "B", "AFP"),
    ("LONDON, March 5 (Reuters) - Shares fell on Monday.", "B", "Reuters"),
    ("BEIJING, Nov. 22 (Xinhua) -- China said on Monday.", "B", "Xinhua"),
    ("MOSCOW, November 22. /TASS/. The ministry said so.", "B", "TASS"),
    ("Madrid, 22 nov (EFE).- El presidente anunció ayer.", "B", "EFE"),
    ("NEW YORK--(BUSINESS WIRE)--Example Corp. announced.", "B", "Business Wire"),
    ("(서울=연합뉴스) 김기자 기자 = 북한이 미사일을 발사했다.", "B", "Yonhap"),
    ("By Jane Doe, The Associated Press", "L", "AP"),
    ("Copyright 2026 The Associated Press. All rights reserved", "L", "AP"),
    ("Associated Press writer Joe Roe contributed to this report.", "L", "AP"),
    ("Source : VOA News", "L", "VOA"),
    ("The-CNN-Wire ™ & © 2026 Cable News Network", "L", "CNN"),
]
UNSIGNED = [
    ("The prisoner told The Associated Press that he was well.", "B"),
    ("The minister said to Reuters on Monday that talks went on.", "B"),
    ("Bloomberg reported last week that there was unrest.", "B"),
    ("Demonstrators gather in the square. (AP Photo/Jane Doe)", "F"),
    ("The minister leaves the palace. (Evan Vucci / AP)", "B"),
    ("Getty Images via AFP", "F"),
]


def _credits(text: str, role: str, opening: bool = True, closing: bool = False) -> dict[str, float]:
    found = judge_line(Site(0, text, role, opening, closing))
    return {item.agency: item.confidence for item in found if item.confidence >= 0.5}


@pytest.mark.parametrize(("text", "role", "agency"), SIGNED)
def test_signed_text_is_credited(text: str, role: str, agency: str) -> None:
    assert agency in _credits(text, role)


@pytest.mark.parametrize(("text", "role"), UNSIGNED)
def test_mentions_and_photo_credits_are_no_credits(text: str, role: str) -> None:
    assert not _credits(text, role)


def test_an_agency_after_one_paragraph_of_a_round_up_is_no_credit_of_the_whole() -> None:
    assert not _credits("A ship ran aground off the coast on Monday. (AP)", "B", opening=False)
    assert _credits("A ship ran aground off the coast on Monday. (AP)", "B", opening=False, closing=True) == {"AP": 0.9}


def test_the_outlet_itself_is_not_its_supplier() -> None:
    site = Site(0, "By Jane Doe, The Washington Post", "L", True, False)
    assert not find_credits([site], Article(id="a", text="", outlet="washingtonpost.com"))
    assert find_credits([site], Article(id="a", text="", outlet="example.com"))[0].agency == "WaPo"


@pytest.mark.parametrize(
    ("outlet", "url"),
    [
        ("apnews.com", None),
        ("Associated Press", None),
        ("The Associated Press (online)", None),
        (None, "https://www.apnews.com/1"),
    ],
)
def test_an_agency_on_its_own_site_is_the_origin_and_credits_nobody(outlet: str | None, url: str | None) -> None:
    site = Site(0, "SEOUL (AP) — North Korea said on Monday it had fired.", "B", True, False)
    article = Article(id="a", text="", outlet=outlet, url=url)
    assert not find_credits([site], article)
    assert [credit.agency for credit in suppliers(CleanArticle(article, "", (), (), ""))] == ["AP"]


def test_another_agency_is_credited_on_an_agencys_site() -> None:
    site = Site(0, "SEOUL (Reuters) - North Korea said on Monday.", "B", True, False)
    found = find_credits([site], Article(id="a", text="", outlet="CNN (Web News)"))
    assert [credit.agency for credit in found] == ["Reuters"]


SOURCE_LINES = [
    "ABC News•",
    "Jane Doe, Bloomberg",
    "thedailybeast.com/some-story",
    "from The Conversation",
    "Newser — Jo Roe",
]


@pytest.mark.parametrize("line", SOURCE_LINES)
def test_a_line_that_is_nothing_but_the_source_is_known(line: str) -> None:
    assert is_source_line(line)


@pytest.mark.parametrize(
    "line", ["Jane Doe / Reuters", "Jane Doe | AFP | Getty Images", "Reuters says so", "example.com/ap"]
)
def test_photo_credits_and_sentences_are_no_source_lines(line: str) -> None:
    assert not is_source_line(line)


def test_hosts_of_agencies_and_their_subdomains_are_known() -> None:
    assert agency_of_host("www.apnews.com") == "AP"
    assert agency_of_host("notapnews.com") is None


def test_a_credit_field_of_the_dump_counts() -> None:
    credits = clean(Article(id="a", text="The vote was lost on Monday, the house said.", credit="Reuters")).credits
    assert [credit.agency for credit in credits] == ["Reuters"]


def test_a_line_of_capitals_before_a_bracket_is_judged_at_once() -> None:
    capitals = "NORTHCAROLINAGOVERNMENT" * 3
    site = Site(0, f"{capitals} said x (AP) - More.", "B", True, False)
    assert [found.kind for found in judge_line(site)] == []
