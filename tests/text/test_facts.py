"""Facts are shown with the words that say so."""

from __future__ import annotations

from datetime import UTC, datetime

from dedup.models import Article
from dedup.text.clean import clean
from dedup.text.facts import explain_facts

PROSE = "The talks between the two governments opened on Monday in a hotel outside the city, officials said."
TEXT = f"""Talks open outside the city
By Jane Doe, Associated Press
July 16, 2018 2:05 p.m. EDT
HELSINKI (AP) — {PROSE}
Both sides said that they had come with proposals on trade and on the border, and that they would stay until Friday.
The minister told reporters that she had waited three years for this week and that she would not leave without a deal.
"""


def test_every_fact_has_its_line_span_and_confidence() -> None:
    article = Article(id="a", text=TEXT, title="Talks open outside the city")
    facts = {fact.name: fact for fact in explain_facts(clean(article))}
    lines = TEXT.splitlines()
    assert {name: (fact.value, fact.line) for name, fact in facts.items()} == {
        "byline": ("Jane Doe", 2),
        "dateline": ("HELSINKI", 4),
        "credit": ("AP", 4),
        "published": ("2018-07-16T14:05:00-04:00", 3),
    }
    assert all(lines[fact.line - 1][fact.start : fact.end] == fact.words for fact in facts.values())
    assert facts["byline"].confidence == 0.95
    assert facts["credit"].confidence == 0.97


def test_what_the_dump_says_itself_has_no_line() -> None:
    when = datetime(2018, 7, 16, tzinfo=UTC)
    facts = explain_facts(clean(Article(id="a", text=PROSE, byline="Jo Roe", credit="Reuters", published=when)))
    assert [(fact.name, fact.line) for fact in facts] == [("byline", 0), ("credit", 0), ("published", 0)]
