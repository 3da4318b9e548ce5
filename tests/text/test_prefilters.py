"""What is left out before an expression is asked, the expression would not have found."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from dedup.text import authors, bylines, credits, headlines, packed, roles, spots
from dedup.text.agencies import agencies, names_in
from dedup.text.charclass import joined
from dedup.text.credits import Site, judge_line
from dedup.text.datelines import city_alone, dateline_of_body
from dedup.text.hints import Hinted
from dedup.text.signatures import signatures

PARTS = st.sampled_from(
    """SEOUL Paris,|St.|O’Brien|J. K.|NEW YORK|Rio de Janeiro|ST. LOUIS|of|the |Aug. 27|May 5, 2018|12. mars 2018|(AP)
(Reuters)|[AFP]|/PRNewswire/|—|--| - |:|_ |:-|Северная|Корея|北京|共同|’|\u02bc|\u0301|\u200b|é|ā|ß|K|ſ|ı|²|٣|.|,
The Associated  Press|the\u00a0associated press|The-CNN-Wire|xAP|AP_|AP’s|ČTK|told The |shared with|photo
Photo by|©|Copyright|(c) 2018|contributed|Source: |via |updated|10:30 p.m.|3 hours ago|jan 5|.jpg|Getty Images
all rights reserved|follow her on twitter|zip code|>|a@b.cd|By|by Jane|reporting by|12/5/2018|By Jane Doe
written by|Jane Doe, AP|JaneDoe|(@jane)|Posted 5 May by Jane Doe|von|di|Moscow – |Kyiv, Ukraine—
（新华社北京3月18日电|【北京共同】|【ソウル聯合】|(서울=연합뉴스)|МОСКВА, 18 марта.|(ANSA) - ROMA, 18 MAR
记者王小明|ロイター|연합뉴스|AFP通信|AP통신|(中央社|cnn.com|www.bbc.co.uk/news|Источник: ТАСС|•|×
Follow Jane Doe on|Note:|is a columnist|Jane van der Berg|contributed
’s Jane Doe contributed|From CNN’s""".replace("\n", "|").split("|")
)
LINES = st.lists(PARTS | st.text(max_size=3), max_size=7).flatmap(
    lambda parts: st.sampled_from([" ", "", "  "]).map(lambda gap: gap.join(parts))
)


def _batch(line: str) -> packed.Batch:
    return packed.see([line], [None], as_lines=True)


@settings(max_examples=600, deadline=None)
@given(LINES)
@example("\u0301 PARIS — x")
@example("ĀB — x")
def test_a_line_with_a_dateline_may_open_with_one(line: str) -> None:
    batch = _batch(line)
    for unit in range(len(batch.starts)):
        places = batch.codes, batch.bounds, batch.starts, batch.ends
        may, city = spots.datelines(*places, np.array([[unit]]), joined())
        line = packed.line_of(batch, unit)
        assert may[0, 0] or (dateline_of_body(line) is None and dateline_of_body(line, first=True) is None)
        assert city[0, 0] or city_alone(line, "", signed=True) is None


@settings(max_examples=600, deadline=None)
@given(LINES)
def test_agencies_are_found_where_they_may_be(line: str) -> None:
    batch = _batch(line)
    for unit in range(len(batch.starts)):
        text, named = packed.unit_of(batch, unit), np.zeros(len(line) + 1, dtype=np.int64)
        low, high = batch.starts[unit], batch.ends[unit]
        places = named[: spots.name_places(batch.codes, low, high, agencies().trie, named, 0)].tolist()
        plain = [hit.span() for hit in agencies().name.finditer(text)]
        site = Site(0, text, "B", True, True, places)
        assert [hit.span() for hit in names_in(text, places)] == plain
        assert credits.is_source_line(text, places) == credits.is_source_line(text)
        assert judge_line(site) == judge_line(site._replace(places=None))


HINTED = {
    f"{module.__name__}.{name}": value
    for module in (roles, headlines, bylines, credits)
    for name, value in vars(module).items()
    if isinstance(value, Hinted)
}


@pytest.mark.parametrize("name", sorted(HINTED))
@settings(max_examples=150, deadline=None)
@given(st.data())
def test_every_line_that_an_expression_finds_something_in_has_a_hint(name: str, data: st.DataObject) -> None:
    hinted = HINTED[name]
    made = st.from_regex(re.compile(hinted.pattern.pattern, hinted.pattern.flags))
    line = data.draw(made | LINES)
    assert hinted.finds(line, line.lower()) == bool(hinted.pattern.search(line))


@settings(max_examples=400, deadline=None)
@given(LINES)
def test_what_precedes_a_name_is_judged_as_by_the_expressions_alone(before: str) -> None:
    assert credits.may_mention(before) or not credits._MENTION.search(before)
    assert credits.may_source(before) or not credits._SOURCE.search(before)
    assert "/" in before or "via" in before or not credits._NAMED_PHOTO.search(before)
    assert credits.has_copyright(before) == bool(credits._COPYRIGHT.search(before))


@settings(max_examples=600, deadline=None)
@given(LINES)
def test_bylines_need_what_is_looked_for_first(line: str) -> None:
    low = line.lower()
    assert bylines._CASE_CHANGES.search(line) or not bylines._GLUED.search(line)
    assert "(@" in line or not bylines._HANDLE.search(line)
    assert "(" in line or not bylines._PHOTO_LINE.search(line)
    assert "@" in line or not bylines._EMAIL.search(line)
    assert not low.isascii() or any(word in low for word in bylines._BY_WORDS) or not bylines._BY.search(line)
    assert bylines._UNSPACED.search(line) or not any(one.search(line) for one in signatures().authors)
    signed = bylines._TAIL_SIGN.search(line[-160:])
    assert (bylines.byline_in_tail(line) is not None) == bool(signed and signed.group(1).isupper())


@pytest.mark.parametrize("number", range(len(signatures().authors)))
@settings(max_examples=100, deadline=None)
@given(st.data())
def test_authors_without_capitals_have_a_letter_of_their_script(number: int, data: st.DataObject) -> None:
    assert bylines._UNSPACED.search(data.draw(st.from_regex(signatures().authors[number])))


def _marks(batch: packed.Batch, letters: str) -> bylines.Marks:
    found, codes = batch.found, np.frombuffer(letters.encode(), dtype=np.uint8)
    words = found.words, found.word_ends, found.word_bounds
    places = batch.codes, batch.bounds, batch.starts, batch.ends, agencies().trie
    marked = authors.marks(batch.lines, codes, words, places, joined(), authors.first_words())
    return bylines.Marks(*(mark.tobytes().decode("ascii") for mark in marked))


NAMED = (PARTS | st.sampled_from(["Jane Doe", "Jane Doe", "By", "Follow", "AP", "is", "columnist", "(AP)"])).map(str)
TEXTS = st.lists(st.tuples(st.sampled_from("TBLFF"), st.lists(NAMED, max_size=5).map(" ".join) | LINES), max_size=7)


@settings(max_examples=800, deadline=None)
@given(TEXTS)
@example([("F", "Jane Doe, AP"), ("B", "x")])
@example([("B", "Mary van der Berg, a poet, is a writer."), ("F", "AP")])
@example([("B", "x"), ("F", "Jane Doe WRITES a column")])
@example([("B", "x"), ("F", "J. K. Doe Jr. i\u017f a columnist")])
@example([("B", "x"), ("F", "Poſted by Jane Doe")])
@example([("T", "x"), ("F", "\u0301Jane Doe"), ("B", "x"), ("F", "Note: Jane van Doe is a columnist")])
def test_lines_that_are_not_marked_name_no_author(made: list[tuple[str, str]]) -> None:
    made = [(role, "".join(line.split("\n"))) for role, line in made]
    batch = packed.see(["\n".join(line for _, line in made)], [None], as_lines=True)
    if len(batch.starts) != len(made):
        return
    lines = [packed.line_of(batch, i) for i in range(len(made))]
    roles_of = "".join(role if batch.found.raw[i, 0] else "-" for i, (role, _) in enumerate(made))
    known = bylines.find_byline(lines, roles_of, None, None, _marks(batch, roles_of))
    assert known == bylines.find_byline(lines, roles_of, None, None)
