"""Which copy came first, with reasons that name the evidence."""

from __future__ import annotations

import pytest

from dedup.models import CleanArticle
from dedup.stories.links import Links
from dedup.stories.origin import find_origin, group_credits, host
from tests.stories.making import Table, article, match


def origin(*articles: CleanArticle, table: Table | None = None):  # type: ignore[no-untyped-def]
    names = [item.id for item in articles]
    table = table or Table(*(match(a, b, "copy") for a in names for b in names if a < b))
    return find_origin(articles, Links.of(table.matches, table), names[0])


def test_the_agency_s_own_site_is_the_origin_though_a_copy_has_an_earlier_clock() -> None:
    copy = article("a", credits=("AP",), url="https://example.com/1", hours=1)
    own = article("b", credits=("AP",), url="https://apnews.com/2", hours=3)
    found = origin(copy, own)
    assert found.id == "b"
    assert found.confidence > 0.9
    assert found.reasons[0] == "published on AP's own site, which supplied the text"
    assert "1 of the other copies credit AP" in found.reasons


def test_the_first_published_is_the_origin() -> None:
    found = origin(article("a", hours=30), article("b", hours=5), article("c", hours=12))
    assert found.id == "b"
    assert "published first, 2024-03-18 05:00 UTC, 7 hours before the next" in found.reasons


def test_a_date_without_a_clock_does_not_beat_one_of_the_same_day() -> None:
    found = origin(article("a", hours=0), article("b", hours=5))
    assert found.confidence < 0.6


def test_the_fullest_version_is_the_origin() -> None:
    table = Table(
        match("a", "b", "excerpt", held=(1.0, 0.4)),
        match("a", "c", "excerpt", held=(0.9, 0.9)),
        match("b", "c", "excerpt", held=(0.4, 1.0)),
    )
    found = origin(article("a"), article("b"), article("c"), table=table)
    assert found.id == "b"
    assert "holds 100% of what the other copies say" in found.reasons


def test_an_early_text_of_which_the_copies_hold_little_is_not_the_origin() -> None:
    copies = [match(*pair, "copy") for pair in ("bc", "bd", "cd")]
    early = [match("a", name, "partial", held=(0.2, 0.2)) for name in "bcd"]
    found = origin(article("a", hours=1), *(article(name, hours=9) for name in "bcd"), table=Table(*copies, *early))
    assert found.id == "b"
    assert found.reasons[0] == "shares 67% of the shorter text with the average copy"


def test_a_page_that_names_another_address_is_a_copy() -> None:
    copy = article("a", url="https://one.example/x", canonical="https://two.example/y")
    found = origin(copy, article("b", url="https://www.two.example/y"))
    assert found.id == "b"
    assert "1 of the other pages name its site as the original" in found.reasons


def test_without_evidence_the_confidence_is_even() -> None:
    table = Table(match("a", "b", "copy", held=(0.0, 0.0)))
    assert origin(article("a"), article("b"), table=table).confidence == pytest.approx(0.5)


def test_the_group_s_agencies_are_those_that_its_members_name() -> None:
    named = [
        article("a", credits=("AP",)),
        article("b", credits=("AP",)),
        article("c"),
        article("d", credits=("AP",)),
        article("e", credits=("AP", "Reuters")),
    ]
    assert [credit.agency for credit in group_credits(named)] == ["AP"]
    assert group_credits([article("x")]) == ()


@pytest.mark.parametrize(
    ("address", "wanted"),
    [("https://www.a.example/x", "a.example"), ("a.example", "a.example"), (None, ""), ("http://[bad", ""), ("", "")],
)
def test_hosts(address: str | None, wanted: str) -> None:
    assert host(address) == wanted


def test_a_group_from_an_agency_s_own_site_shows_the_agency_though_no_copy_names_it() -> None:
    own, copy = article("b", url="https://www.reuters.com/2"), article("a", url="https://example.com/1")
    assert [credit.agency for credit in group_credits([own, copy])] == ["Reuters"]
    found = origin(copy, own)
    assert found.id == "b"
    assert "published on Reuters's own site, which supplied the text" in found.reasons


def test_an_agency_s_site_that_credits_another_agency_does_not_name_itself() -> None:
    own, copy = article("b", url="https://www.cnn.com/2", credits=("AP",)), article("a", credits=("AP",))
    assert [credit.agency for credit in group_credits([own, copy])] == ["AP"]
