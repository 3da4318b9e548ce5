"""The evidence of a feed is counted by hashes alone, and found as by the plain ways."""

from __future__ import annotations

import re

import numpy as np
from hypothesis import example, given, settings
from hypothesis import strategies as st

from dedup.models import Article
from dedup.text import evidence, packed, weigh
from dedup.text.headlines import is_doubtful, title_forms
from dedup.text.scan import codes_of, line_key, split_lines

WORDS = st.sampled_from(
    "The president said, it\u2019s  K\u00fcche a\u00adb 首相 5.000 \u00a0 \u200b e\u0301 . ? \n \n\n \r\n \x1f".split(
        " "
    )
)
TEXTS = st.lists(WORDS | st.text(max_size=3), max_size=60).flatmap(
    lambda words: st.sampled_from([" ", "\n", ""]).map(lambda gap: gap.join(words))
)
TITLES = st.lists(WORDS | st.sampled_from(["|", "-", "BBC", "News", "\u2028"]), max_size=12).map(" ".join)
BREAKS = re.compile("\r\n|[\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029]")


@settings(max_examples=300, deadline=None)
@given(st.lists(TEXTS, max_size=4))
@example(["a b c d e f g h i j k l m n o p q r s t u v w x y z and some more words that make it long. So."])
@example(["x" * 500 + ". " + "word " * 80])
def test_units_are_hashed_as_they_are_seen(texts: list[str]) -> None:
    seen, hashed = packed.see(texts, [None] * len(texts)), packed.hash_units(texts)
    assert np.array_equal(seen.lines, hashed.lines)
    assert np.array_equal(seen.found.hashes, hashed.hashes)
    assert np.array_equal(seen.found.sketch, hashed.sketch)
    for column in (1, 8):
        assert np.array_equal(seen.found.raw[:, column], hashed.raw[:, column])


@settings(max_examples=300, deadline=None)
@given(TEXTS | st.text(max_size=200).map(lambda text: (text + "\n" + "x" * 70) * 3))
@example("x" * 31 + "\n" + "y" * 32 + "\r\n" + "z" * 63 + "\u2029")
@example("x" * 32 + "\r" + "y" * 200 + "\x85\n")
def test_lines_end_at_every_separator(text: str) -> None:
    starts, ends = split_lines(codes_of(text))
    assert [text[start:end] for start, end in zip(starts, ends, strict=True)] == BREAKS.split(text)


def _page_of(article: Article) -> str:
    title = next(reversed(title_forms(article.title)), "")
    named = len(title.split()) >= evidence.PAGE_WORDS and not is_doubtful(title)
    return title if named else article.url or ""


def _openings(title: str | None) -> list[str]:
    found = []
    for form in title_forms(title):
        words = form.split()
        if len(words) >= 4:
            found += [form, " ".join(words[:6])] if len(words) > 6 else [form]
    return found


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(TEXTS, st.none() | TITLES, st.none() | st.just("http://a.example/1")), max_size=4))
def test_keys_of_a_batch_are_those_of_its_articles(made: list[tuple[str, str | None, str | None]]) -> None:
    articles = [Article(id=str(i), text=text, title=title, url=url) for i, (text, title, url) in enumerate(made)]
    keys = evidence.batch_keys(articles)
    batch = packed.see([article.text for article in articles], [None] * len(articles))
    plain = evidence.keys_of(articles, [packed.scan_of(batch, i) for i in range(len(articles))])
    assert keys.lines.tolist() == [key for lines, _, _ in plain for key in lines.tolist()]
    assert keys.openings.tolist() == [key for _, openings, _ in plain for key in openings.tolist()]
    assert keys.counts.tolist() == [[len(row[which]) for row in plain] for which in (0, 1)]
    assert keys.marks.tolist() == [marks.tolist() for _, _, marks in plain]


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(st.none() | TITLES, st.none() | st.just("http://a.example/1")), max_size=4))
def test_titles_and_pages_have_the_keys_of_their_words(made: list[tuple[str | None, str | None]]) -> None:
    articles = [Article(id=str(i), text="x", title=title, url=url) for i, (title, url) in enumerate(made)]
    titles = packed.see_titles([article.title for article in articles])
    assert evidence.pages_of(articles, titles).tolist() == [line_key(_page_of(article)) for article in articles]
    keys, bounds = evidence.title_keys(titles)
    for i, article in enumerate(articles):
        assert keys[bounds[i] : bounds[i + 1]].tolist() == [line_key(form) for form in _openings(article.title)]


@settings(deadline=None)
@given(st.lists(st.integers(1, 2**64 - 1) | st.integers(1, 50), max_size=40), st.lists(st.integers(0, 2**64 - 1)))
@example([2**64 - 1], [0, 2**64 - 1])
def test_a_key_is_found_where_it_stands(held: list[int], others: list[int]) -> None:
    keys = np.array(sorted(set(held)), dtype=np.uint64)
    for key in (*held, *others, *(key - 1 for key in held)):
        place = np.searchsorted(keys, np.uint64(key))
        there = place < len(keys) and keys[place] == np.uint64(key)
        assert weigh.slot(keys, np.uint64(key)) == (place if there else -1)
