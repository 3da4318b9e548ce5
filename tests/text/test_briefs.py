"""Articles of one to four sentences, and short pages that hold no article."""

from __future__ import annotations

import pytest

from dedup.models import Article
from dedup.text.clean import clean
from dedup.text.explain import explain_lines

SENTENCES = [
    "A farmer from the valley was charged on Monday with taking forty sheep from his neighbour in the spring of 1998.",
    "The police said that a tip had led them to the animals' descendants.",
    "He faces up to three years in prison if a jury finds him guilty.",
    "“We never stopped looking for them,” the neighbour told reporters outside the court.",
]
HEADLINE = "Farmer charged over sheep stolen twenty years ago"
GERMAN = [
    "Die Polizei hat am Montag einen Landwirt festgenommen, der seinem Nachbarn vierzig Schafe gestohlen haben soll.",
    "Ihm drohen bis zu drei Jahre Haft, wie das Gericht mitteilte.",
]


@pytest.mark.parametrize("count", [1, 2, 3, 4])
@pytest.mark.parametrize("mark", ["\n", "\n\n"])
def test_sentences_of_a_brief_are_its_body(count: int, mark: str) -> None:
    result = clean(Article(id="a", text=mark.join(SENTENCES[:count])))
    assert [line.role for line in result.lines if line.text] == ["body"] * count


def test_a_brief_in_another_language_has_a_body() -> None:
    assert clean(Article(id="a", text="\n".join(GERMAN))).roles == "BB"


@pytest.mark.parametrize("title", [None, HEADLINE])
def test_the_lines_around_a_brief_stay_what_they_are(title: str | None) -> None:
    text = "\n".join([HEADLINE, "By Jane Doe", "June 4, 2018", *SENTENCES[:2], "Share on Facebook", "Read more"])
    result = clean(Article(id="a", title=title, text=text))
    assert result.roles[1:] == "LLBBFF"
    assert result.headline == HEADLINE


@pytest.mark.parametrize(
    "lines",
    [
        ["Fullscreen", "Visitors look at the sheep on the market square on Monday.", "Jane Doe / Getty Images"] * 3,
        ["Politics", "Council votes on bridge", "Sport", "Rovers win at home", "Weather", "More rain is on its way"],
        ["Sheep are driven over the bridge in the valley on Monday. (Jane Doe/AP Photo)", "Share", "Next"],
        [HEADLINE, HEADLINE, "Subscribe to our newsletter to get the day's stories in your inbox.", "Read more"],
    ],
)
def test_short_pages_without_an_article_get_no_body(lines: list[str]) -> None:
    assert "B" not in clean(Article(id="a", title=HEADLINE, text="\n".join(lines))).roles


def test_an_index_of_full_sentences_is_no_brief() -> None:
    teasers = [
        line for day in range(9) for line in (f"Story {day}", f"On day {day} the council met again in the town hall.")
    ]
    assert "B" not in clean(Article(id="a", text="\n".join(teasers))).roles


def test_why_a_sentence_of_a_brief_is_body_is_told() -> None:
    explained = explain_lines(Article(id="a", text=SENTENCES[2]))
    assert explained[0].role == "body"
    assert "few lines" in explained[0].why


@pytest.mark.parametrize(
    ("text", "role"),
    [
        ("Oil prices rise after talks fail in Vienna", "B"),
        ("BREAKING: Mayor of Orsa resigns over ferry", "B"),
        ("Mayor resigns", "F"),
        ("Sign up for our newsletter to get it daily", "F"),
        ("Subscribe to continue reading this article", "F"),
        ("404 - Page not found on this server", "F"),
        ("This content is not available in your region", "F"),
        ("Just a moment... checking your browser", "F"),
        ("© 2026 The Example Company. All rights reserved.", "F"),
    ],
)
def test_a_text_of_one_line_is_all_that_there_is_to_it(text: str, role: str) -> None:
    assert clean(Article(id="a", text=text)).roles.replace("L", "F") == role


def test_the_one_line_of_a_text_that_repeats_its_title_is_its_headline() -> None:
    title = "Oil prices rise after talks fail in Vienna"
    assert clean(Article(id="a", text=title, title=title)).roles == "T"
