"""Round-up items credit themselves alone; what a feed condemns stays out of short articles; pages are explained."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from dedup.models import Article
from dedup.text.clean import clean
from dedup.text.evidence import collect_evidence, line_evidence
from dedup.text.explain import explain_lines
from dedup.text.packed import odds_of, rows_of, see
from dedup.text.roles import against

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


OTHERS = [
    "Farmers along the river have been told to bring their cattle in by Friday, before the sluices are opened for the"
    " first time since spring, the water board said in a letter that reached them on Tuesday.",
    "A choir of two hundred miners sang on the steps of the old exchange on Saturday to mark the day on which the last"
    " pit of the valley was closed, thirty years after the strike that made it known.",
    "The ferry to the islands stays in port until the new engine has been tested, its owners said, and nobody in the"
    " harbour believes any more that the summer timetable will be kept this year.",
]


def with_more(name: str, first: str, outlet: str) -> Article:
    """An article of its own, which ``first`` opens: what follows are the words of OTHERS in an order of their own."""
    rng, words = random.Random(name), " ".join([*OTHERS, *ITEMS]).lower().replace(".", "").split()
    own = [" ".join(rng.sample(words, 30)).capitalize() + "." for _ in range(8)]
    return Article(id=name, text="\n\n".join([first, *own]), title=f"{first[:50]} {name}", outlet=outlet)


def test_a_live_blog_keeps_the_posts_that_stand_in_many_of_its_versions() -> None:
    posts = [*ITEMS, *OTHERS]
    feed = [
        Article(
            id=f"v{version}",
            text="\n\n".join(posts[version : version + 4]),
            title="Live: the week in Orsa as it happens",
            outlet="example.org",
        )
        for version in range(4)
    ]
    evidence = collect_evidence(feed)
    assert [clean(article, evidence).roles.replace("-", "") for article in feed] == ["BBBB"] * 4


def test_the_same_paragraph_under_other_titles_is_furniture() -> None:
    feed = [with_more(f"v{i}", f"{other}\n\n{ITEMS[0]}", "example.org") for i, other in enumerate(OTHERS)]
    batch = see([article.text for article in feed], [article.title for article in feed])
    told = line_evidence(feed, batch, collect_evidence(feed))
    assert sorted(told.repeated.tolist())[-3:] == [3, 3, 3]


def test_a_round_up_of_other_articles_openings_keeps_its_items() -> None:
    feed = [with_more(f"s{i}", item, f"paper{i}.example") for i, item in enumerate(ITEMS)]
    briefs = [Article(id=f"r{i}", text="\n\n".join(ITEMS), title="In brief", outlet="brief.example") for i in range(3)]
    briefs += [Article(id="q", text="\n\n".join([*ITEMS[1:], OTHERS[1]]), title="In brief", outlet="brief.example")]
    evidence = collect_evidence([*feed, *briefs])
    for article in briefs:
        assert clean(article, evidence).roles.replace("-", "") == "BBBB"


def test_openings_beside_a_longer_article_are_condemned() -> None:
    feed = [with_more(f"s{i}", item, f"paper{i}.example") for i, item in enumerate(ITEMS)]
    own = with_more("own", "Bakers of the valley strike on Monday, their guild said on Thursday night.", "a.example")
    page = Article(id="page", text=f"{own.text}\n\n{ITEMS[1]}\n\n{ITEMS[2]}", title=own.title, outlet="a.example")
    batch = see([page.text], [page.title])
    rows, told = rows_of(batch), line_evidence([page], batch, collect_evidence([*feed, page]))
    assert against(batch, rows, told, odds_of(rows)).tolist() == [False] * 9 + [True] * 2


def test_a_notice_that_heads_an_outlets_pages_is_no_round_up() -> None:
    notice = "This article was first published by the Valley Record, which friends of the town have kept since 1921."
    feed = [with_more(f"n{i}", f"{notice}\n\n{item}", "example.org") for i, item in enumerate([*ITEMS, *OTHERS])]
    brief = Article(id="b", text=f"{notice}\n\nRain is expected on Friday in the whole valley.", outlet="example.org")
    batch = see([brief.text], [None])
    told = line_evidence([brief], batch, collect_evidence([*feed, brief]))
    rows = rows_of(batch)
    assert against(batch, rows, told, odds_of(rows)).tolist() == [True, False]


def test_a_title_that_is_a_line_of_every_page_names_no_page() -> None:
    notice = "Readers of the valley can reach the editors by letter, at the counter and by the old telephone line."
    feed = [
        replace(with_more(f"n{i}", f"{item}\n\n{notice}", "example.org"), title="Enter City and State or Zip Code")
        for i, item in enumerate([*ITEMS, *OTHERS])
    ]
    batch = see([article.text for article in feed], [article.title for article in feed])
    assert line_evidence(feed, batch, collect_evidence(feed)).repeated.max() == len(feed)
