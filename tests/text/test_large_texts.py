"""Texts of megabytes and of very many lines are cleaned in time that grows with their size only."""

from __future__ import annotations

import time

import pytest

from dedup.models import Article
from dedup.text.clean import clean

TEXTS = {
    "prose": ("The minister said on Monday that vote number one had been lost by the government. " * 4 + "\n") * 15_000,
    "one line of words": "word and " * 560_000,
    "one line of capitals": "ABC " * 1_250_000,
    "one word": "x" * 5_000_000,
    "dots": ". " * 2_500_000,
    "dates": "".join(f"March {i % 28 + 1}, 2019\n" for i in range(15_000)),
    "sentences": "".join(f"The minister said on Monday that vote {i} had been lost.\n" for i in range(100_000)),
    "no spaces": "日本語の文章" * 300_000,
    "one line of sentences": "The minister said on Monday that vote was lost. " * 105_000,
    "short lines": "short line here\n" * 100_000,
    "short lines that differ": "".join(f"line {i} of it\n" for i in range(100_000)),
}
LIMIT = 4.0
"""Seconds: the aim is 2 on a quiet machine."""


@pytest.mark.slow
@pytest.mark.parametrize("text", [pytest.param(text, id=name) for name, text in TEXTS.items()])
def test_a_large_text_is_cleaned_in_seconds(text: str) -> None:
    clean(Article(id="warm", text="A text that is cleaned first, so that nothing is compiled on the clock."))
    start = time.monotonic()
    cleaned = clean(Article(id="a", text=text))
    assert time.monotonic() - start < LIMIT
    assert len(cleaned.text) == len(text)


def test_a_million_empty_lines_are_an_article_without_text() -> None:
    assert clean(Article(id="a", text="\n" * 100_000)).body == ""
