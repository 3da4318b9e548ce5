"""What the metadata of a page gives: headline, byline, time, credits, canonical address."""

from __future__ import annotations

import json
from typing import Any

import pytest

from dedup.models import Article, CleanArticle
from dedup.text.blocks import parse
from dedup.text.clean import clean
from dedup.text.page import PageMeta, claimed_texts, read_page_meta

pytest.importorskip("trafilatura")

PARAGRAPHS = "".join(
    f"<p>The minister said on Monday that vote number {i} had been lost by the government and she would resign.</p>"
    for i in range(8)
)


def page(head: str, body: str = PARAGRAPHS) -> str:
    return f"<html><head>{head}</head><body><h1>Minister resigns after the vote</h1>{body}</body></html>"


def linked(*items: dict[str, Any]) -> str:
    data = [{"@context": "https://schema.org", **item} for item in items]
    return f'<script type="application/ld+json">{json.dumps(data if len(data) > 1 else data[0])}</script>'


def article(**fields: Any) -> dict[str, Any]:
    return {"@type": "NewsArticle", "headline": "Minister resigns after the vote", **fields}


def meta(head: str, body: str = PARAGRAPHS) -> PageMeta:
    return read_page_meta(parse(page(head, body)))


def read(head: str, body: str = PARAGRAPHS, **fields: Any) -> CleanArticle:
    return clean(Article(id="a", text="", html=page(head, body), **fields))


AGENCY_CLAIMS = [
    linked(article(creditText="Reuters")),
    linked(article(copyrightHolder={"@type": "Organization", "name": "Reuters"})),
    linked(article(copyrightNotice="© 2024 Reuters. All rights reserved")),
    linked(article(sourceOrganization={"name": "Reuters"})),
    linked(article(sourceOrganization=[{"name": "Our Paper"}, {"name": "Reuters"}])),
    linked(article(provider={"@id": "#wire"}), {"@type": "Organization", "@id": "#wire", "name": "Reuters"}),
    linked(article(isBasedOn="https://www.reuters.com/world/1")),
    linked(article(isBasedOn={"@type": "CreativeWork", "url": "https://www.reuters.com/world/1"})),
    '<meta name="syndication-source" content="https://www.reuters.com/world/1">',
    '<meta name="original-source" content="https://www.reuters.com/world/1">',
    '<meta name="dc.source" content="Reuters">',
    '<meta name="DC.rights" content="Copyright Reuters 2024">',
    '<meta name="copyright" content="Reuters">',
]


@pytest.mark.parametrize("head", AGENCY_CLAIMS)
def test_a_supplier_named_in_the_metadata_is_a_credit_with_its_words(head: str) -> None:
    credits = read(head, url="https://paper.example/2").credits
    assert [credit.agency for credit in credits] == ["Reuters"]
    assert "Reuters" in credits[0].evidence


def test_a_canonical_on_an_agencys_site_is_a_credit_and_replaces_no_address() -> None:
    head = '<link rel="canonical" href="https://apnews.com/article/1">'
    result = read(head, url="https://paper.example/2", outlet="paper.example")
    assert [(credit.agency, credit.evidence) for credit in result.credits] == [
        ("AP", "canonical: AP https://apnews.com/article/1")
    ]
    assert (result.article.url, result.article.outlet) == ("https://paper.example/2", "paper.example")
    assert result.article.canonical == "https://apnews.com/article/1"


@pytest.mark.parametrize("url", ["https://apnews.com/article/2", "https://www.apnews.com/article/2", None])
def test_a_canonical_on_the_pages_own_site_or_of_a_page_of_no_address_is_no_credit(url: str | None) -> None:
    assert read('<link rel="canonical" href="https://apnews.com/article/1">', url=url).credits == ()


@pytest.mark.parametrize("address", ["/2", "article/2", "http://[", "javascript:alert(1)", "", "https://"])
def test_a_canonical_without_a_host_says_nothing(address: str) -> None:
    head = f'<link rel="canonical" href="{address}"><meta name="original-source" content="{address}">'
    result = read(head, url="https://paper.example/2")
    assert result.article.canonical is None
    assert result.credits == ()


def test_the_feeds_own_canonical_stays() -> None:
    head = '<link rel="canonical" href="https://one.example/1">'
    assert read(head, canonical="https://two.example/1").article.canonical == "https://two.example/1"


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (linked(article(author={"name": "Jane Doe"})), "Jane Doe"),
        (linked(article(author=["Jane Doe", "Jim Roe"])), "Jane Doe and Jim Roe"),
        (linked(article(author={"@id": "#jane"}), {"@type": "Person", "@id": "#jane", "name": "Jane Doe"}), "Jane Doe"),
        (linked(article(author={"@id": "#unknown"})), None),
        (linked(article(author="https://paper.example/jane")), None),
        ('<meta name="author" content="Jane Doe">', "Jane Doe"),
        ('<meta property="article:author" content="https://facebook.com/jane">', None),
    ],
)
def test_author(head: str, expected: str | None) -> None:
    assert meta(head).byline == expected


@pytest.mark.parametrize(
    "body",
    [
        '<span itemprop="author"><b itemprop="name">Jane Doe</b> of our staff</span>',
        '<span itemprop="author">Jane Doe</span>',
        '<a rel="author" href="/jane">Jane Doe</a>',
    ],
)
def test_author_marked_in_the_page(body: str) -> None:
    assert meta("", body).byline == "Jane Doe"


EXACT = "2024-03-18T09:00:00+09:00"


@pytest.mark.parametrize(
    ("head", "body"),
    [
        (linked(article(datePublished=EXACT, dateModified="2024-03-19T09:00:00+09:00")), ""),
        (f'<meta property="article:published_time" content="{EXACT}">', ""),
        (f'<meta itemprop="datePublished" content="{EXACT}">', ""),
        ("", f'<time datetime="{EXACT}">March 18</time><time datetime="2024-03-20T09:00:00Z">later</time>'),
        ("", f'<time datetime="2024-03-20">x</time><time itemprop="datePublished" datetime="{EXACT}">y</time>'),
        (linked(article(datePublished="2024-03-18")), f'<time datetime="{EXACT}">March 18</time>'),
        ('<meta name="date" content="March 18, 2024 9:00 am KST">', ""),
    ],
)
def test_time_of_publication_with_its_zone(head: str, body: str) -> None:
    result = read(head, body + PARAGRAPHS)
    assert result.published is not None
    assert result.published.isoformat() == EXACT
    assert not [note for note in result.notes if note.startswith("published")]


@pytest.mark.parametrize(
    ("head", "note"),
    [
        (linked(article(datePublished="2024-03-18")), "published-day-only"),
        (linked(article(datePublished="2024-03-18T09:00:00")), "published-day-only"),
        ('<meta property="article:modified_time" content="2024-03-18T00:00:00+00:00">', "published-is-last-change"),
    ],
)
def test_a_time_that_is_not_exactly_that_is_noted(head: str, note: str) -> None:
    result = read(head)
    assert result.published is not None
    assert result.published.isoformat() == "2024-03-18T00:00:00+00:00"
    assert note in result.notes


@pytest.mark.parametrize(
    "body",
    [
        '<aside><time datetime="2024-03-18T09:00:00Z">x</time></aside>',
        '<time datetime="PT1M30S">video</time>',
        '<time datetime="yesterday">x</time>',
    ],
)
def test_times_of_other_things_are_no_publication(body: str) -> None:
    assert meta("", body).published is None


def test_of_several_articles_the_one_of_the_pages_address_counts() -> None:
    other = article(headline="Another story altogether", author="Jim Roe", datePublished=EXACT, url="https://e.org/2")
    own = article(author="Jane Doe", mainEntityOfPage={"@id": "https://e.org/1"})
    found = meta('<link rel="canonical" href="https://e.org/1">' + linked({"@graph": [other, own]}))
    assert (found.title, found.byline) == ("Minister resigns after the vote", "Jane Doe")


def test_of_articles_of_unknown_address_the_first_told_fully_counts() -> None:
    first = article(author="Jane Doe", datePublished=EXACT)
    assert meta(linked({"@graph": [first, article(author="Jim Roe", datePublished=EXACT)]})).byline == "Jane Doe"


@pytest.mark.parametrize(
    "data",
    ["", "{", "[" * 100_000, "null", "1", '{"@type": 5, "author": [[[1]]]}', '{"@type": "NewsArticle", "author": {}}'],
)
def test_broken_linked_data_harms_nothing(data: str) -> None:
    result = read(f'<script type="application/ld+json">{data}</script>')
    assert "minister" in result.body


@pytest.mark.parametrize("frame", ["<!-- {} -->", "//<![CDATA[\n{}\n//]]>", "/*<![CDATA[*/{}/*]]>*/"])
def test_linked_data_in_a_wrapping_is_read(frame: str) -> None:
    data = frame.format(json.dumps(article(author="Jane Doe")))
    assert meta(f'<script type="application/ld+json">{data}</script>').byline == "Jane Doe"


def test_the_body_that_the_metadata_give_is_read_without_markup() -> None:
    head = linked(article(articleBody="<p>One &amp; two.</p><p>Three.</p>", description="In short"))
    body, summary = claimed_texts(parse(page(head)))
    assert (body.split(), summary.split()) == (["One", "&", "two.", "Three."], ["In", "short"])
