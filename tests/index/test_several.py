"""Articles that come together count together: whoever asks about their lines is told."""

from __future__ import annotations

import random
from pathlib import Path

import dedup
from dedup.models import Article
from tests.feeds import paragraphs

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
