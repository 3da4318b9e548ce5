"""Texts wrapped at a fixed width are read as the paragraphs they were; others are left as they are."""

from __future__ import annotations

import json
import textwrap
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dedup.models import Article
from dedup.text import wrapped
from dedup.text.charclass import joined
from dedup.text.clean import clean
from dedup.text.scan import codes_of, split_lines
from dedup.text.units import scan_units

SEEDS = Path(__file__).parents[2] / "seeds"
CASES = Path(__file__).parent / "cases" / "languages"
GOLD = json.loads((SEEDS / "gold.json").read_text(encoding="utf-8"))
_WORDS = st.lists(st.text("abcdefghijklmnop", min_size=4, max_size=11), min_size=140, max_size=180)


def width_of(text: str) -> int:
    codes = codes_of(text)
    return int(wrapped.width_of(codes, *split_lines(codes), joined()))


def wrap(text: str, width: int) -> str:
    """Every line of a text wrapped by the standard library, the independent answer to what wrapping is."""
    wrapper = textwrap.TextWrapper(width, break_long_words=False, break_on_hyphens=False)
    return "\n".join(line for part in text.split("\n") for line in wrapper.wrap(part) or [""])


@settings(max_examples=60, deadline=None)
@given(st.lists(_WORDS, min_size=2, max_size=5), st.integers(50, 90))
def test_paragraphs_of_a_wrapped_text_are_found(paragraphs: list[list[str]], width: int) -> None:
    texts = [" ".join(words).capitalize() + "." for words in paragraphs]
    units, _ = scan_units(wrap("\n\n".join(texts), width))
    lines = units.starts
    assert len(set(units.unit_of.tolist())) == len(texts) * 2 - 1, (
        "a paragraph and the empty line after it, each a unit"
    )
    assert len(lines) > len(texts) * 2


@settings(max_examples=60, deadline=None)
@given(st.lists(_WORDS, min_size=1, max_size=4), st.integers(50, 90))
def test_the_width_is_the_longest_line_that_breaks_off(paragraphs: list[list[str]], width: int) -> None:
    text = wrap("\n".join(" ".join(words) + "." for words in paragraphs), width)
    assert width - 11 <= width_of(text) <= width


@pytest.mark.parametrize("name", sorted(GOLD["lines"]))
def test_a_text_that_is_not_wrapped_keeps_its_lines(name: str) -> None:
    assert width_of((SEEDS / name).read_text(encoding="utf-8")) == 0


def test_short_lines_are_no_wrapped_text() -> None:
    poem = "\n".join(f"and a line of {word} goes by" for word in "one two three four five six seven eight nine".split())
    assert width_of(poem) == 0


@pytest.mark.parametrize("width", [64, 70, 78])
@pytest.mark.parametrize("name", sorted(GOLD["lines"]))
def test_wrapping_changes_next_to_nothing_of_what_is_body(name: str, width: int) -> None:
    text = (SEEDS / name).read_text(encoding="utf-8")
    whole = clean(Article(id="a", text=text)).body.split()
    cut = clean(Article(id="a", text=wrap(text, width))).body.split()
    assert abs(len(whole) - len(cut)) <= 0.1 * len(whole), "a line that happens to be full takes the next with it"


@pytest.mark.parametrize("name", sorted(GOLD["lines"]))
def test_a_text_of_one_line_is_read_by_sentences(name: str) -> None:
    text = (SEEDS / name).read_text(encoding="utf-8")
    whole = clean(Article(id="a", text=text)).body.split()
    line = clean(Article(id="a", text=" ".join(text.split())))
    assert len(line.lines) > 8
    kept = line.body.split()
    assert len(set(whole) & set(kept)) >= 0.85 * len(set(whole))


@pytest.mark.parametrize("width", [50, 60, 70])
@pytest.mark.parametrize("language", ["de", "en", "es", "fr", "it", "pt", "ru"])
def test_short_wrapped_bodies_of_any_language_are_found(language: str, width: int) -> None:
    case = json.loads((CASES / f"{language}_1.json").read_text(encoding="utf-8"))
    body = "\n\n".join(line for kind, line in case["lines"] if kind == "B")
    assert width - 12 <= width_of(wrap(body, width)) <= width
    assert width_of(body) == 0


def test_a_script_without_cases_breaks_off_as_well() -> None:
    case = json.loads((CASES / "ko_1.json").read_text(encoding="utf-8"))
    body = "\n\n".join(line for kind, line in case["lines"] if kind == "B")
    assert width_of(wrap(body, 44)) == 44
