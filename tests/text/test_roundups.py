"""Round-up items credit themselves alone; what a feed condemns stays out of short articles; pages are explained."""

from __future__ import annotations

import pytest

from dedup.models import Article
from dedup.text.clean import clean
from dedup.text.evidence import collect_evidence
from dedup.text.explain import explain_lines

ITEMS = [
    "The council of the town voted on Monday to close the old swimming baths at the end of the summer, to the anger of"
    " some two hundred residents who had gathered outside the hall with banners and whistles.",
    "The harbour master has warned owners of small boats to move them before the weekend, when the quay is to be dug up"
    " for the first time since the great flood of fifty years ago, he told the meeting.",
    "A fire in a bakery on the market square was put out within an hour on Sunday night, and nobody was hurt, the chief"
    " of the volunteer brigade said, adding that an oven was the likely cause.",
    "The library will open on Sundays from the first week of October, as it did until the cuts of seven years ago,"
    " after the county found the money for two more posts, its director said.",
]


def body_of(signs: dict[int, str]) -> Article:
    lines = [signs.get(number, "") + text for number, text in enumerate(ITEMS)]
    return Article(id="a", text="\n\n".join(lines), title="News in brief", outlet="example.org")


def sure(article: Article) -> list[str]:
    return [credit.agency for credit in clean(article).credits if credit.confidence >= 0.5]


def test_a_dateline_on_the_first_item_credits_the_article() -> None:
    assert sure(body_of({0: "LONDON (AP) — "})) == ["AP"]


@pytest.mark.parametrize("place", [2, 3])
def test_a_dateline_after_whole_paragraphs_credits_its_item_alone(place: int) -> None:
    cleaned = clean(body_of({place: "LONDON (AP) — "}))
    assert [(credit.agency, credit.confidence) for credit in cleaned.credits] == [("AP", 0.45)]
    assert cleaned.dateline is None


def test_datelines_of_two_agencies_credit_their_items_alone() -> None:
    assert sure(body_of({0: "LONDON (AP) — ", 1: "PARIS (Reuters) - "})) == []


def test_a_press_release_has_its_city_without_dashes() -> None:
    article = Article(id="a", text=f"LONDON--(BUSINESS WIRE)--{ITEMS[0]}\n{ITEMS[1]}\n{ITEMS[2]}")
    assert clean(article).dateline == "LONDON"


@pytest.mark.parametrize("title", ["", "  ", "\n\n"])
def test_an_empty_title_is_no_headline(title: str) -> None:
    assert clean(Article(id="a", text=ITEMS[0], title=title)).headline is None


def test_what_the_feed_condemns_stays_out_of_a_short_article() -> None:
    shared = "The Example Gazette is written by its readers and paid for by the friends of the town, who thank you."
    feed = [
        Article(id=f"a{i}", text=f"{item}\n{shared}", title=item[:40], outlet="example.org")
        for i, item in enumerate(ITEMS)
    ]
    evidence = collect_evidence(feed)
    for article in feed:
        assert shared not in clean(article, evidence).body
        explained = {line.text: line for line in explain_lines(article, evidence)}
        assert explained[shared].role != "body"
        assert "stands in 4 articles here" in explained[shared].why


def test_a_page_with_one_long_line_is_explained() -> None:
    html = f"<html><body><article><p>{' '.join(ITEMS)}</p></article></body></html>"
    explained = explain_lines(Article(id="a", text="", html=html))
    assert [line.role for line in explained] == ["body"]
    assert "by the page's structure" in explained[0].why
