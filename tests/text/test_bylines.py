"""Authors and datelines, line by line and where they stand among the lines of an article."""

from __future__ import annotations

import time

import pytest

from dedup.text.bylines import byline_of_line, closing_byline, find_byline
from dedup.text.datelines import city_alone, dateline_of_body
from dedup.text.names import is_name, trimmed

META_LINES = [
    ("by Jane Doe July 16 at 10:28 AM Email the author", "Jane Doe"),
    ("By JANE DOE AND AJ ROE, CNN", "JANE DOE AND AJ ROE"),
    ("By Jane Doe and Joan Ann Roe New York Times", "Jane Doe and Joan Ann Roe"),
    ("Jane Doe , Example Republic Published 7:05 a.m. MT July 16, 2018", "Jane Doe"),
    ("E. Jane Doe", "E. Jane Doe"),
    ("Von Anna Schmidt", "Anna Schmidt"),
    ("Par Jean Dupont, avec AFP", "Jean Dupont"),
    ("Автор: Иван Петров", "Иван Петров"),
    ("김민수 기자 kim@example.kr", "김민수"),
    ("本报记者 王小明、李华", "王小明、李华"),
    ("【ソウル＝山田太郎記者】", "山田太郎"),
]
NO_AUTHORS = [
    "A   A",
    "World World",
    "jane@example.com",
    "July 16, 2018",
    "The Associated Press",
    "Updated 3:55 a.m. ET",
]
DATELINES = [
    ("HELSINKI (Reuters) - The leaders met.", "HELSINKI"),
    ("HELSINKI - President Doe met his guest.", "HELSINKI"),
    ("Moscow – President Doe met his guest.", "Moscow"),
    ("Berlin (dpa) - Der Minister trat zurück.", "Berlin"),
    ("Madrid, 22 nov (EFE).- El ministro dimitió.", "Madrid, 22 nov"),
    ("(ANSA) - ROMA, 18 MAR - Il ministro si è dimesso.", "ROMA, 18 MAR"),
    ("МОСКВА, 18 марта. /ТАСС/. Министр ушел в отставку.", "МОСКВА, 18 марта"),
    ("(서울=연합뉴스) 김민수 기자 = 장관이 사임했다.", "서울"),
    ("【東京＝共同】大臣が辞任した。", "東京"),
    ("（新华社北京3月18日电）部长辞职。", "北京3月18日"),
    ("新华社北京3月18日电（记者王小明）部长辞职。", "北京3月18日"),
]
NO_PLACES = [
    "Russia — and grandma — defy all expectations.",
    "Trump – who spoke first – said no.",
    "Analysis — The minister resigned.",
    "The minister resigned on Monday.",
]


@pytest.mark.parametrize(("line", "names"), META_LINES)
def test_the_names_of_a_meta_line_are_read(line: str, names: str) -> None:
    found = byline_of_line(line)
    assert found is not None
    assert found.names == names


@pytest.mark.parametrize("line", NO_AUTHORS)
def test_a_meta_line_without_an_author_has_none(line: str) -> None:
    assert byline_of_line(line) is None


def test_an_address_is_an_author_only_right_after_by() -> None:
    assert byline_of_line("jane@example.com", after_by=True) is not None


def test_authors_one_a_line_are_one_byline() -> None:
    lines = ["Talks open", "JANE DOE", "The Associated Press", "JO ROE", "The talks opened on Monday, she said."]
    found = find_byline(lines, "TLLLB", None, None)
    assert found is not None
    assert (found.names, found.line) == ("JANE DOE, JO ROE", 1)


def test_a_column_of_other_posts_is_no_byline() -> None:
    lines = [
        "by Jane Doe - Jul 14, 2018 7:00 am",
        "Gold rose.",
        "by the raven - Jul 14, 2018 2:45 pm",
        "The talks opened.",
    ]
    assert find_byline(lines, "LFLB", None, None) is None


def test_the_name_between_headline_and_body_is_the_author() -> None:
    found = find_byline(["Talks open", "Jane Doe", "The talks opened on Monday."], "TFB", None, None)
    assert found is not None
    assert found.names == "Jane Doe"


@pytest.mark.parametrize(
    ("line", "names"),
    [
        ("Follow Jane Doe on Twitter @janedoe", "Jane Doe"),
        ("You can follow Jane Doe on Facebook, or email her at jane@example.com.", "Jane Doe"),
        ("Write to Jane Doe at jane@example.com and Jo Roe at jo@example.com", "Jane Doe and Jo Roe"),
        ("Jane Doe is a columnist for the Example.", "Jane Doe"),
        ("Jane Doe Jane Doe writes about foreign affairs.", "Jane Doe"),
        ("Editor's note: Jane Doe is the author of a book on trade.", "Jane Doe"),
    ],
)
def test_an_author_is_named_where_the_article_closes(line: str, names: str) -> None:
    found = closing_byline(line, ["The talks opened on Monday."])
    assert found is not None
    assert found.names == names


def test_a_person_of_the_story_is_not_its_author() -> None:
    assert closing_byline("Jane Doe is a professor of law.", ["It was wrong, said Jane Doe."]) is None


@pytest.mark.parametrize(("line", "place"), DATELINES)
def test_a_dateline_is_read_in_every_form(line: str, place: str) -> None:
    assert dateline_of_body(line, first=True) == place


@pytest.mark.parametrize("line", NO_PLACES)
def test_a_sentence_with_dashes_has_no_dateline(line: str) -> None:
    assert dateline_of_body(line, first=True) is None


def test_a_city_alone_must_be_named_by_the_text_or_signed_by_an_agency() -> None:
    assert city_alone("HELSINKI", "He landed in Helsinki on Monday.") == "HELSINKI"
    assert city_alone("SHARES", "He landed in Helsinki on Monday.") is None
    assert city_alone("NEW YORK", "He landed on Monday.", signed=True) == "NEW YORK"


def test_names_are_cut_where_a_date_or_a_title_begins() -> None:
    assert trimmed("Greg Doe July") == "Greg Doe"
    assert trimmed("Jane Doe Senior Writer") == "Jane Doe"
    assert not is_name("A Request From Moscow")


@pytest.mark.parametrize("text", ["Aa " * 20_000, "By " + "Aa, " * 20_000, "A. " * 20_000, "AA-" * 20_000])
def test_long_lines_are_read_in_no_time(text: str) -> None:
    start = time.perf_counter()
    dateline_of_body(text, first=True)
    byline_of_line(text[:5000])
    assert time.perf_counter() - start < 1


@pytest.mark.parametrize("label", ["FILE", "PHOTO", "WATCH", "VIDEO", "UPDATED", "CORRECTION"])
def test_labels_are_no_places(label: str) -> None:
    for line in (f"{label} — Protesters gather in front of the palace.", f"{label} (AP) - Protesters gather."):
        assert dateline_of_body(line) is None
        assert dateline_of_body(line, first=True) is None
    assert city_alone(label, f"Many a {label.title()} was seen.", signed=True) is None
    assert dateline_of_body("WATCHUNG, N.J. (AP) — Protesters gather in front of the palace.") == "WATCHUNG, N.J."


@pytest.mark.parametrize("place", ["THE HAGUE, Netherlands", "KEY WEST, Fla.", "LIVE OAK, Fla."])
def test_places_that_begin_like_labels_are_places(place: str) -> None:
    assert dateline_of_body(f"{place} (AP) — Judges have said on Monday that it will be heard.") == place
