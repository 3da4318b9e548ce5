"""Lines of any shape: separators, one long line, wrapped paragraphs; and evidence of a feed."""

from __future__ import annotations

import pickle
import random
import textwrap

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dedup.models import Article
from dedup.text.clean import clean
from dedup.text.evidence import collect_evidence, merge_evidence
from dedup.text.explain import explain_lines
from dedup.text.lexicon import lexicon, line_hash
from dedup.text.scan import line_key, scan

TOPICS = ("harvest", "election", "railway", "hospital", "museum", "drought", "budget", "festival", "bridge", "strike")


def _story(number: int, paragraphs: int = 7) -> list[str]:
    """Paragraphs whose every run of three words holds a name of this story alone."""
    rng = random.Random(number)
    names = ["".join(rng.choice(pair) for pair in ("bdkl", "aeio", "mnrst", "aeiou", "lnrs")) for _ in range(30)]

    def word() -> str:
        return rng.choice(names)

    topic = TOPICS[number % len(TOPICS)]
    return [
        f"The {word()} {topic} of {word()} was {word()} on {word()} by {word()} who {word()} said that {word()} would"
        f" {word()} the {word()} {topic} before {word()} had {word()} them in {word()} and {word()}."
        for _ in range(paragraphs)
    ]


@pytest.mark.parametrize("mark", ["\n", "\r\n", "\r", "\u2028", "\u2029", "\x85", "\v", "\f"])
def test_every_line_separator_ends_a_line(mark: str) -> None:
    result = clean(Article(id="a", text=mark.join(_story(1))))
    assert [line.text for line in result.lines] == _story(1)
    assert result.roles == "B" * 7


@settings(max_examples=80, deadline=None)
@given(st.text(st.characters(codec=None), max_size=300))
def test_any_text_is_cleaned_and_its_lines_stand_where_they_say(text: str) -> None:
    result = clean(Article(id="a", text=text))
    assert len(result.starts) == len(result.ends) == len(result.roles)
    assert all(0 <= start <= end <= len(text) for start, end in zip(result.starts, result.ends, strict=True))
    assert set(result.roles) <= set("TBLF-")


@given(st.text(max_size=60))
def test_compiled_hash_of_a_line_is_the_plain_one(text: str) -> None:
    line = " ".join(text.split())
    assert line_key(line) == line_hash(line)


def test_a_text_of_one_line_is_taken_apart_into_sentences() -> None:
    text = "By Mr. J. Doe of the U.S. Navy was said on Jan. 5 to be ill. " + " ".join(_story(2))
    lines = [line.text for line in clean(Article(id="a", text=text)).lines]
    assert lines[0].endswith("to be ill.")
    assert lines[1:] == _story(2)


def test_wrapped_paragraphs_have_the_roles_of_unwrapped_ones() -> None:
    paragraphs = [*_story(3), "Read more", "Share this article"]
    wrapped = "\n\n".join(textwrap.fill(paragraph, 70) for paragraph in paragraphs)
    result = clean(Article(id="a", text=wrapped))
    body = " ".join(line.text for line in result.lines if line.role == "body")
    assert body == " ".join(_story(3))


def _feed() -> list[Article]:
    sidebar = "Our readers in the valley have trusted these reporters since the spring of 1911 to tell them everything."
    return [
        Article(id=f"a{i}", outlet="valley.example", title=f"Council of district {i} debates the {TOPICS[i]} at length",
                text="\n".join([*_story(i), sidebar]))
        for i in range(10)
    ]  # fmt: skip


def test_a_line_in_different_stories_of_an_outlet_is_furniture() -> None:
    articles = _feed()
    evidence = collect_evidence(articles)
    assert all(clean(article, evidence).roles == "BBBBBBBF" for article in articles)


def test_copies_of_one_story_do_not_condemn_each_other() -> None:
    text = "\n".join(_story(4))
    copies = [
        Article(id=f"c{i}", outlet="valley.example", title="Strike talks of the valley go on", text=text)
        for i in range(6)
    ]
    evidence = collect_evidence(copies)
    assert {clean(copy, evidence).roles for copy in copies} == {"B" * 7}


def test_headline_and_lead_of_another_article_are_furniture() -> None:
    articles = _feed()
    lead = articles[5].text.split("\n")[0]
    host = Article(
        id="host", outlet="other.example", text="\n".join([*_story(11), articles[5].title or "", lead, *_story(12)[:1]])
    )
    roles = clean(host, collect_evidence([*articles, host])).roles
    assert roles[7:9] == "FF"


def _carrier(between: str) -> str:
    """Roles of a column on the valley's harvest that has one more line amid its body, in a feed that knows the line."""
    lead = _story(11, 8)[7]
    source = Article(
        id="s", outlet="wire.example", title="What the valley dreads", text="\n".join([lead, *_story(12, 12)])
    )
    column = [*_story(11, 4), between.format(lead=lead, cut=lead[:120]), *_story(11, 7)[4:]]
    host = Article(id="h", outlet="other.example", text="\n".join(column))
    return clean(host, collect_evidence([source, host])).roles


def test_a_paragraph_carried_whole_amid_body_on_its_subject_is_body() -> None:
    assert _carrier("{lead}") == "B" * 8


@pytest.mark.parametrize("between", ["{cut}...", "{cut}…", "What the valley dreads\n{lead}"])
def test_a_lead_that_is_cut_or_stands_under_its_headline_is_a_teaser(between: str) -> None:
    roles = _carrier(between)
    assert set(roles[4:-3]) == {"F"}
    assert roles[:4] + roles[-3:] == "B" * 7


def test_evidence_is_the_same_in_any_order_and_chunking_and_survives_a_process_border() -> None:
    articles = _feed()
    whole = collect_evidence(articles)
    random.Random(3).shuffle(articles)
    parts = [collect_evidence(articles[start : start + 3]) for start in range(0, 10, 3)]
    assert merge_evidence(reversed(parts)) == whole
    assert pickle.loads(pickle.dumps(whole)) == whole  # noqa: S301
    assert merge_evidence([]) == collect_evidence([])


def test_every_line_is_explained() -> None:
    article = Article(id="a", text="\n".join([*_story(1), "", "Read more"]))
    explained = explain_lines(article)
    assert [line.role for line in explained] == [line.role for line in clean(article).lines]
    assert all(line.why for line in explained)
    assert "log-odds" in explained[-1].why


def test_scan_counts_what_stands_in_a_line() -> None:
    found = scan("Share this: 3 Photos\n북한이 미사일을 발사했다.", lexicon())
    assert found.raw[0, 1] == 4
    assert found.hashes[0, 0] == line_hash("share THIS 3 photos")
