"""Dates and times of ten languages, with the zones they have and no others."""

from __future__ import annotations

from datetime import date

import pytest

from dedup.models import Article
from dedup.text.clean import clean
from dedup.text.dates import country_of, exact, instant, moments, settled, with_year

DAYS = [
    "July 16, 2018",
    "16 July 2018",
    "16th July 2018",
    "07/16/2018",
    "2018-07-16",
    "2018.07.16",
    "2018. 7. 16.",
    "16.07.2018",
    "16. Juli 2018",
    "16 juillet 2018",
    "16 de julio de 2018",
    "16 luglio 2018",
    "16 lug 2018",
    "16 de julho de 2018",
    "16 июля 2018",
    "16 июл. 2018",
    "2018年7月16日",
    "2018년 7월 16일",
]
CLOCKS = [
    ("July 16, 2018 2:05 p.m. ET", "2018-07-16T18:05"),
    ("Jan. 16, 2018 2:05 p.m. ET", "2018-01-16T19:05"),
    ("Updated 7:05 a.m. MT March 11, 2018", "2018-03-11T13:05"),
    ("Published 4:53 am PT, November 4, 2018", "2018-11-04T12:53"),
    ("2018-07-16T14:05:00Z", "2018-07-16T14:05"),
    ("2018-07-16 14:05 +0900", "2018-07-16T05:05"),
    ("16 июля 2018, 14:05 (МСК)", "2018-07-16T11:05"),
    ("16.07.2018, 14:05 Uhr MESZ", "2018-07-16T12:05"),
    ("2018年07月16日 14:05 北京时间", "2018-07-16T06:05"),
    ("2018.07.16 오후 2:05 KST", "2018-07-16T05:05"),
]
NO_ZONE = ["16 juillet 2018 à 14h05", "16. Juli 2018, 14:05 Uhr", "2018年7月16日14時05分", "2018년 7월 16일 14시 5분"]
NO_DATES = ["4 hrs ago", "hace 4 horas", "18 out of 20", "il y a 4 heures", "set 5 records", "4 Stunden", "3시간 전"]


@pytest.mark.parametrize("line", DAYS)
def test_a_day_is_read_in_every_language(line: str) -> None:
    assert [moment[:3] for moment in moments(line)] == [(2018, 7, 16)]


@pytest.mark.parametrize(("line", "when"), CLOCKS)
def test_a_clock_with_a_zone_is_an_instant(line: str, when: str) -> None:
    (moment,) = moments(line)
    found = instant(moment)
    assert exact(moment)
    assert found is not None
    assert found.utctimetuple()[:5] == tuple(int(n) for n in when.replace("T", "-").replace(":", "-").split("-"))


@pytest.mark.parametrize(
    "line", ["16 juillet 2018 à 14h05", "16. Juli 2018, 14:05 Uhr", "2018年7月16日14時05分", "2018년 7월 16일 14시 5분"]
)
def test_a_clock_without_a_zone_gives_the_day_alone(line: str) -> None:
    (moment,) = moments(line)
    assert moment.minute == 14 * 60 + 5
    assert not exact(moment)


@pytest.mark.parametrize("line", NO_DATES)
def test_what_is_no_date_is_none(line: str) -> None:
    assert moments(line) == []


def test_a_zone_of_two_countries_is_known_where_the_country_is() -> None:
    (moment,) = moments("16 July 2018 14:05 BST")
    british, other = settled(moment, country_of("https://www.bbc.co.uk/1", None)), settled(moment, "bd")
    assert str(instant(british)) == "2018-07-16 14:05:00+01:00"
    assert not exact(other)


def test_a_zone_before_its_law_is_not_guessed() -> None:
    (moment,) = moments("July 16, 2001 2:05 p.m. ET")
    assert not exact(moment)


def test_a_day_without_a_year_takes_the_nearest_before_the_known_dates() -> None:
    (moment,) = moments("3월 18일")
    assert with_year(moment, [date(2024, 3, 20)]) == (2024, 3, 18, -1, None, "")


def test_numbers_are_read_as_the_outlet_s_country_writes_them() -> None:
    said = "The talks on the border opened on Monday, the ministry said in a statement to the press."
    text = f"Talks open\nPublished 3/4/2024\n{said}\n"
    for url, month in (("https://a.example.fr/", 4), ("https://a.example.com/", 3)):
        found = clean(Article(id="a", text=text, title="Talks open", url=url)).published
        assert found is not None
        assert found.month == month
