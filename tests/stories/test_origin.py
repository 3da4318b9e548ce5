"""Which copy came first, with reasons that name the evidence."""

from __future__ import annotations

import pytest

from dedup.models import CleanArticle
from dedup.stories.links import Links
from dedup.stories.origin import find_origin, group_credits, host, is_credited
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
    assert "the other copy credits AP" in found.reasons


def test_the_first_published_is_the_origin() -> None:
    found = origin(article("a", hours=30), article("b", hours=5), article("c", hours=12))
    assert found.id == "b"
    assert "published first, 2024-03-18 05:00 UTC, 7 hours before the next" in found.reasons


def test_a_date_without_a_clock_does_not_beat_one_of_the_same_day() -> None:
    found = origin(article("a", hours=0), article("b", hours=5))
    assert found.confidence < 0.6


TIMES = (
    ("all have one", (5, 12, 30), "b", "clock", ()),
    ("only one has one", (5, None, None), "b", "none", ("it is the only one with a time of publication",)),
    ("one has none", (5, 12, None), "b", "clock", ("1 of the 2 others has no time",)),
    ("none has one", (None, None, None), "b", "none", ("none of them has a time of publication",)),
    ("two are level", (5, 5, 12), "b", "day", ()),
    ("five minutes apart", (5, 5.08, 12), "b", "text", ()),
    ("dates of one day", (0, 0, 0), "b", "none", ()),
    ("dates of three days", (0, 24, 48), "b", "clock", ()),
)


@pytest.mark.parametrize(("hours", "first", "basis", "doubts"), [row[1:] for row in TIMES], ids=[r[0] for r in TIMES])
def test_what_the_clocks_tell_is_said_and_what_they_do_not(
    hours: tuple[float | None, ...], first: str, basis: str, doubts: tuple[str, ...]
) -> None:
    found = origin(*(article(name, hours=when) for name, when in zip("bcd", hours, strict=True)))
    assert (found.id, found.doubts) == (first, doubts)
    assert found.basis == ("text" if basis == "day" else basis)


def test_confidence_falls_when_the_others_have_no_clock() -> None:
    def sure(*hours: float | None) -> float:
        return origin(*(article(name, hours=when) for name, when in zip("abc", hours, strict=True))).confidence

    assert sure(5, 12, 30) > sure(5, 12, None) > sure(5, None, None) == pytest.approx(1 / 3, abs=1e-4)


def test_a_fuller_text_alone_does_not_make_the_first() -> None:
    found = origin(article("a"), article("b"), table=Table(match("a", "b", "excerpt", held=(1.0, 0.5))))
    assert (found.id, found.basis) == ("b", "text")
    assert found.confidence < 0.65


def test_a_press_release_is_the_company_s_whoever_carries_it() -> None:
    found = origin(article("a", credits=("PR Newswire",), hours=5), article("b", credits=("PR Newswire",), hours=9))
    assert found.release
    assert found.reasons[0] == ("a press release, distributed by PR Newswire: its origin is the company that issued it")
    own = origin(article("a", credits=("PR Newswire",)), article("b", url="https://www.prnewswire.com/1"))
    assert "published on PR Newswire's own site, which distributed the text" in own.reasons
    assert not origin(article("a", credits=("AP",)), article("b", credits=("AP",))).release


def test_the_fullest_version_is_the_origin() -> None:
    table = Table(
        match("a", "b", "excerpt", held=(1.0, 0.4)),
        match("a", "c", "excerpt", held=(0.9, 0.9)),
        match("b", "c", "excerpt", held=(0.4, 1.0)),
    )
    found = origin(article("a"), article("b"), article("c"), table=table)
    assert found.id == "b"
    assert "holds 100% of what the other copies say, on average" in found.reasons


def test_an_early_text_of_which_the_copies_hold_little_is_not_the_origin() -> None:
    copies = [match(*pair, "copy") for pair in ("bc", "bd", "cd")]
    early = [match("a", name, "partial", held=(0.2, 0.2)) for name in "bcd"]
    found = origin(article("a", hours=1), *(article(name, hours=9) for name in "bcd"), table=Table(*copies, *early))
    assert found.id == "b"
    assert found.reasons[0] == "is most like the others: 67% of the shorter text is shared, on average"
    assert found.doubts == ("1 of the others carries an earlier time",)


def test_a_page_that_names_another_address_is_a_copy() -> None:
    copy = article("a", url="https://one.example/x", canonical="https://two.example/y")
    found = origin(copy, article("b", url="https://www.two.example/y"))
    assert found.id == "b"
    assert "the other copy names its site as the original" in found.reasons


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
    assert "published on Reuters' own site, which supplied the text" in found.reasons


def test_an_agency_s_site_that_credits_another_agency_does_not_name_itself() -> None:
    own, copy = article("b", url="https://www.cnn.com/2", credits=("AP",)), article("a", credits=("AP",))
    assert [credit.agency for credit in group_credits([own, copy])] == ["AP"]


SUPPLIED = (
    ("names the supplier", article("a", credits=("AP",)), {"AP"}, True),
    ("names another", article("a", credits=("Reuters",)), {"AP"}, False),
    ("names nobody", article("a"), {"AP"}, False),
    ("is a wire's own site", article("a", url="https://apnews.com/1"), {"AP"}, True),
    ("is a paper's own site", article("a", url="https://www.washingtonpost.com/1"), {"WaPo"}, True),
)


@pytest.mark.parametrize(("item", "agencies", "wanted"), [row[1:] for row in SUPPLIED], ids=[r[0] for r in SUPPLIED])
def test_who_is_the_supplier_is_credited_and_who_names_another_is_not(
    item: CleanArticle, agencies: set[str], wanted: bool
) -> None:
    assert is_credited(item, agencies) is wanted
