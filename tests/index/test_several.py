"""Whoever asks about a line is told what others say of it, whether they come together, leave, or come late."""

from __future__ import annotations

import random
from pathlib import Path

import dedup
from dedup.models import Article
from tests.feeds import paragraphs
from tests.text.test_roundups import ITEMS

NOTICE = "This page was made by the friends of the valley who have kept its papers for more than sixty years."


def page(name: str, number: int, *, html: bool) -> Article:
    lines = [*paragraphs(random.Random(number), 6), NOTICE]
    text = "\n".join(f"<p>{line}</p>" for line in lines) if html else "\n\n".join(lines)
    title = f"What the valley did on day {number}"
    if html:
        return Article(
            name, " \n", title, outlet="v.example", html=f"<html><body><article>{text}</article></body></html>"
        )
    return Article(name, text, title, outlet="v.example")


def test_a_page_of_html_is_told_of_lines_that_come_in_several_articles_at_once(tmp_path: Path) -> None:
    first, rest = page("h", 0, html=True), [page(f"t{number}", number, html=False) for number in range(1, 5)]
    with dedup.open_index(tmp_path / "a.db") as index:
        index.add(first)
        index.add_many(rest)
        index.stories()
        assert index.check(deep=True).sound


def test_a_line_of_three_pages_is_body_again_when_one_of_them_leaves(tmp_path: Path) -> None:
    with dedup.open_index(tmp_path / "a.db") as index:
        for number in range(3):
            index.add(page(f"t{number}", number, html=False))
        index.remove("t0")
        index.stories()
        assert index.check(deep=True).sound


def test_a_round_up_keeps_its_items_when_their_articles_come_later(tmp_path: Path) -> None:
    own = [
        Article(f"o{at}", "\n\n".join([item, *paragraphs(random.Random(200 + at), 6)]), f"Own words of item {at} here")
        for at, item in enumerate(ITEMS)
    ]
    more = [
        Article(f"m{at}", "\n\n".join([*paragraphs(random.Random(300 + at), 60), *ITEMS]), outlet="v.example")
        for at in range(5)
    ]
    brief = Article("r", "\n\n".join(ITEMS), "In brief", outlet="v.example")
    with dedup.open_index(tmp_path / "a.db") as index:
        for article in [*more, brief, *own]:
            index.add(article)
        index.stories()
        assert index.check(deep=True).sound
