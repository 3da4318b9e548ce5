"""Pages of HTML: metadata, hostile pages under the time limit, encodings."""

from __future__ import annotations

import time

import pytest

from dedup.models import Article, CleanArticle
from dedup.text.clean import clean

pytest.importorskip("trafilatura")

PARAGRAPHS = "".join(
    f"<p>The minister said on Monday that vote number {i} had been lost by the government and she would resign.</p>"
    for i in range(8)
)
HEAD = """<title>t</title><link rel="canonical" href="https://wire.example/1">
<script type="application/ld+json">{"@type": "NewsArticle", "headline": "Minister resigns after the vote",
"author": {"name": "Jane Doe"}, "datePublished": "2024-03-18T09:00:00+09:00", "creditText": "Reuters"}</script>"""


def page(body: str, head: str = "") -> str:
    return f"<html><head>{head}</head><body>{body}</body></html>"


def read(html: str, **fields: str) -> CleanArticle:
    return clean(Article(id="a", text="", html=html, **fields))  # type: ignore[arg-type]


def test_body_and_metadata_of_a_page() -> None:
    html = page(f"<nav><a href='/'>Home</a></nav><h1>Minister resigns after the vote</h1>{PARAGRAPHS}", HEAD)
    result = read(html, url="https://paper.example/2", outlet="paper.example")
    assert result.body.count("\n") == 7
    assert (result.headline, result.byline) == ("Minister resigns after the vote", "Jane Doe")
    assert result.published is not None
    assert result.published.isoformat() == "2024-03-18T09:00:00+09:00"
    assert [credit.agency for credit in result.credits] == ["Reuters"]
    assert (result.article.url, result.article.outlet) == ("https://paper.example/2", "paper.example")


def test_a_page_is_never_run() -> None:
    result = read(page(f"<script>document.write('planted')</script><style>p {{}}</style>{PARAGRAPHS}"))
    assert "planted" not in result.text


HOSTILE = {
    "flat": "<p>x y z word</p>" * 100_000,
    "tables": "<table><tr><td>" * 200 + "text" + "</td></tr></table>" * 200,
    "large": "<p>" + "word and more text. " * 260_000 + "</p>",
    "unclosed": "<div>a b c" * 100_000,
    "unclosed inline": "<b>a b c" * 100_000,
    "breaks": "word and more text, he said.<br>" * 100_000,
    "many prose": PARAGRAPHS * 5_000,
    "attributes": "<p class='article-body share nav'>x y</p>" * 60_000,
    "one word": "<p>" + "x" * 5_000_000 + "</p>",
    "entities": "<p>" + "&lt;&nbsp;" * 400_000 + "</p>",
    "no end of a tag": "<p " * 1_000_000,
    "comments": "<!-- " * 500_000 + "x",
    "scripts": "<script>" * 100_000 + "x",
    "lists": "<ul><li>" * 20_000 + "x",
}


@pytest.mark.parametrize("name", ["tables", "unclosed", "flat"])
def test_a_slow_page_is_stopped_and_the_next_one_unharmed(name: str) -> None:
    _stopped_in_time(HOSTILE[name])


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(HOSTILE))
def test_no_page_of_full_size_takes_longer_than_the_limit(name: str) -> None:
    _stopped_in_time(HOSTILE[name])


def _stopped_in_time(body: str) -> None:
    read(page(PARAGRAPHS))  # the worker is up
    start = time.monotonic()
    result = read(page(body))
    assert time.monotonic() - start < 4.0  # the limit is 1.8 s; the rest is for a busy machine
    assert result.text or {"extract-timeout", "text-truncated", "too-large", "no-text"} & set(result.notes)
    assert read(page(PARAGRAPHS)).body.count("\n") == 7


@pytest.mark.parametrize("depth", [10, 255, 257, 5000])
@pytest.mark.parametrize("text", ["MARKER of the depth", "MARKER", "MARKER &amp; more"])
@pytest.mark.parametrize("tag", ["div", "b", "blockquote", "span"])
def test_text_nested_deeply_is_kept_or_its_loss_is_noted(tag: str, text: str, depth: int) -> None:
    result = read(page(f"<{tag}>" * depth + text + f"</{tag}>" * depth))
    assert "MARKER" in result.text or "text-truncated" in result.notes


def test_a_nested_page_that_lost_nothing_is_not_said_to_be_cut() -> None:
    assert "text-truncated" not in read(page("<div>" * 300 + PARAGRAPHS + "</div>" * 300)).notes


@pytest.mark.parametrize(
    "dirt",
    ["\x00", "\ud800", "\u2028", "\r\n", "\ufeff", "&#0;", "&#xD800;", "<?xml version='1.0' encoding='utf-16'?>"],
)
def test_dirty_characters_leave_strict_text(dirt: str) -> None:
    result = read(dirt + page(f"<p>before {dirt} after</p>{PARAGRAPHS}"))
    assert "minister" in result.body
    result.text.encode("utf-8")


@pytest.mark.parametrize(
    "fragment",
    ["<p>{}</p>", "<div>{}</div>", "{}<br/>More was said then.", "{} <b>He</b> said so.", "<p>{}</p><p>{}</p>"],
)
def test_a_fragment_of_a_page_as_feeds_carry_it_keeps_its_text(fragment: str) -> None:
    sentence = "The council of the harbour town voted on Monday to keep the old ferry, the mayor said in a statement."
    item = clean(Article(id="a", text="", html=fragment.format(sentence, sentence)))
    assert sentence in item.body
