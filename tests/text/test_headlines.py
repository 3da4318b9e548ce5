"""Titles of a dump that are no headlines, and what is given in their place."""

from __future__ import annotations

import pytest

from dedup.models import Article
from dedup.text.clean import clean
from dedup.text.headlines import best_title, is_doubtful

HEADLINE = "Ferry company of the northern islands drops its plan for night sailings"
BODY = [
    "The ferry company that serves the northern islands said on Tuesday that it dropped its plan for night sailings.",
    "Its director told the islands' council that too few passengers had booked a night crossing during the trial.",
    "“The islands asked for the sailings, and the company tried them in earnest,” said the council's chairman.",
    "Hauliers who carry fish had hoped that night sailings would bring their ferry loads to market early.",
    "The company will keep its six daily crossings and return to its plan for the islands in spring.",
]
NO_HEADLINES = [
    "March 3, 2017, 8:15 AM UTC", "Sunday, Mar 5th 2017 5-Day Forecast", "Enter City and State or Zip Code", "e-mail",
    "To find out more about Facebook commenting please read the Conversation Guidelines and FAQs", "Subscribe",
    "by Harbour Notes - Mar 3, 2017 7:00 am", "Share on Facebook Share on Twitter", "editor@islands.example", "•",
    "Tags: mayor | ferry | free press of Orsa",
    "Subscribe to Breaking News emails", "Jane Doe | Getty Images", "— Island Ferries (@ferries) March 3, 2017",
]  # fmt: skip
HEADLINES = [
    HEADLINE,
    "Facebook told to pay local papers for stories it shows",
    "Storm in March 2017 was the worst in a century, study says",
    "By cutting winter sailings, the company may lose its licence",
    "Photographer of the year waits nine hours in a ditch",
]


@pytest.mark.parametrize("title", NO_HEADLINES)
def test_a_line_of_the_page_given_as_title_gives_way_to_the_headline(title: str) -> None:
    text = "\n".join([title, HEADLINE, "March 3, 2017", *BODY])
    assert clean(Article(id="a", title=title, text=text)).headline == HEADLINE


@pytest.mark.parametrize("title", NO_HEADLINES)
def test_where_the_page_offers_none_the_given_title_stays(title: str) -> None:
    assert clean(Article(id="a", title=title, text="\n".join([title, *BODY]))).headline == title


@pytest.mark.parametrize("title", HEADLINES)
def test_a_headline_is_not_doubted_for_one_word_of_the_page(title: str) -> None:
    assert not is_doubtful(title)


def test_a_title_that_is_not_on_the_page_is_kept_against_its_lines() -> None:
    title = "Islanders lose their night boat"
    assert clean(Article(id="a", title=title, text="\n".join([HEADLINE, *BODY]))).headline == title


def test_a_title_with_the_name_of_its_paper_is_given_without_it() -> None:
    text = "\n".join([HEADLINE, *BODY])
    assert clean(Article(id="a", title=f"{HEADLINE} | Harbour Notes", text=text)).headline == HEADLINE


def test_a_long_title_is_judged_at_once() -> None:
    assert is_doubtful("12:30" + " \u00bb" * 500_000)


@pytest.mark.parametrize(
    ("given", "of_page", "best"),
    [
        (None, HEADLINE, HEADLINE),
        ("Subscribe", HEADLINE, HEADLINE),
        ("Subscribe", None, "Subscribe"),
        ("Subscribe", "Home", "Subscribe"),
        ("Islanders lose their night boat", HEADLINE, "Islanders lose their night boat"),
    ],
)
def test_the_page_s_own_title_stands_in_for_a_doubtful_one(given: str, of_page: str, best: str) -> None:
    assert best_title(given, of_page) == best
