"""Articles cleaned in a batch come out as they do one by one."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dedup.models import Article
from dedup.text import packed, scan
from dedup.text.clean import clean, clean_many
from dedup.text.evidence import collect_evidence, merge_evidence
from dedup.text.lexicon import line_hash
from dedup.text.units import scan_units

LINES = [
    "SEOUL (AP) — North Korea said on Monday that it had fired two missiles, and the president told reporters so.",
    "The minister of foreign affairs resigned on Tuesday after a vote in the parliament of the country.",
    "By Jane Doe",
    "Read more",
    "",
    "   ",
    "Must read: ten ways to save money",
    "首相は月曜日に辞任したと発表した。",
    "a line of a text that was wrapped by hand at some",
    "\u200b",
]
TEXTS = st.lists(st.sampled_from(LINES), max_size=12).flatmap(
    lambda lines: st.sampled_from(["\n", "\r\n", "\n\n", " ", "\u2029"]).map(lambda sign: sign.join(lines))
)
ARTICLES = st.lists(st.tuples(TEXTS, st.none() | st.sampled_from(LINES)), max_size=6).map(
    lambda given: [Article(id=f"a{i}", text=text, title=title) for i, (text, title) in enumerate(given)]
)


@settings(max_examples=40, deadline=None)
@given(ARTICLES)
def test_a_batch_is_cleaned_as_its_articles_are(articles: list[Article]) -> None:
    evidence = collect_evidence(articles)
    assert clean_many(articles) == [clean(article) for article in articles]
    assert clean_many(articles, evidence) == [clean(article, evidence) for article in articles]


@settings(max_examples=40, deadline=None)
@given(ARTICLES)
def test_evidence_is_the_same_collected_at_once_and_one_by_one(articles: list[Article]) -> None:
    assert collect_evidence(articles) == merge_evidence(collect_evidence([article]) for article in articles)


@pytest.mark.parametrize("size", [10, 300, 1 << 20])
def test_texts_are_seen_the_same_in_buffers_of_any_size(size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packed, "BATCH_CHARS", size)
    texts = ["\n".join(LINES[i:] + LINES[:i]) for i in range(len(LINES))]
    ranges = list(packed.batches([len(text) for text in texts]))
    assert [i for first, last in ranges for i in range(first, last)] == list(range(len(texts)))
    for first, last in ranges:
        batch = packed.see(texts[first:last], texts[first:last])
        for number, text in enumerate(texts[first:last]):
            units, found = scan_units(text)
            seen = packed.scan_of(batch, number)
            assert all((a == b).all() for a, b in zip(found, seen, strict=True))
            low, high = batch.titles.spans[number]
            assert batch.titles.words[low:high].tolist() == scan.words_of(text.strip()).tolist()
            if number in batch.apart:
                assert all((a == b).all() for a, b in zip(units, batch.apart[number], strict=True))
            else:
                assert units.starts.tolist() == seen.starts.tolist() == units.unit_starts.tolist()


@given(st.text(max_size=40))
def test_the_key_of_a_line_is_its_hash(text: str) -> None:
    assert scan.line_key(text) == line_hash(text)


def test_no_articles_make_no_batch() -> None:
    assert clean_many([]) == []
    assert replace(collect_evidence([]), articles=0) == collect_evidence([])
