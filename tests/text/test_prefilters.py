"""What is left out before an expression is asked, the expression would not have found."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from dedup.text import (
    authors,
    bylines,
    credits,
    dates,
    headlines,
    insets,
    mentions,
    metalines,
    packed,
    roles,
    spots,
)
from dedup.text.agencies import agencies, names_in
from dedup.text.charclass import joined
from dedup.text.credits import Site, judge_line
from dedup.text.datelines import city_alone, dateline_of_body
from dedup.text.hints import Hinted
from dedup.text.names import is_name
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


def _marks(batch: packed.Batch, letters: str) -> tuple[bylines.Marks, bool]:
    found, codes = batch.found, np.frombuffer(letters.encode(), dtype=np.uint8)
    words = found.raw, found.words, found.word_ends, found.word_bounds
    places = batch.codes, batch.bounds, batch.starts, batch.ends, agencies().trie
    marked, asked = authors.marks(batch.lines, codes, words, places, joined(), authors.clues())
    return bylines.Marks(*(mark.tobytes().decode("ascii") for mark in marked)), bool(asked[0])


NAMED = (PARTS | st.sampled_from(["Jane Doe", "Jane Doe", "By", "Follow", "AP", "is", "columnist", "(AP)"])).map(str)
TEXTS = st.lists(st.tuples(st.sampled_from("TBLFF"), st.lists(NAMED, max_size=5).map(" ".join) | LINES), max_size=7)


@settings(max_examples=800, deadline=None)
@given(TEXTS)
@example([("F", "Jane Doe, AP"), ("B", "x")])
@example([("B", "Mary van der Berg, a poet, is a writer."), ("F", "AP")])
@example([("B", "x"), ("F", "Jane Doe WRITES a column")])
@example([("B", "x"), ("F", "J. K. Doe Jr. i\u017f a columnist")])
@example([("B", "x"), ("F", "Poſted by Jane Doe")])
@example([("B", "x"), ("F", "\u0300 Follow Jane Doe on")])
@example([("T", "x"), ("F", "\u0301Jane Doe"), ("B", "x"), ("F", "Note: Jane van Doe is a columnist")])
def test_lines_that_are_not_marked_name_no_author(made: list[tuple[str, str]]) -> None:
    made = [(role, "".join(line.split("\n"))) for role, line in made]
    batch = packed.see(["\n".join(line for _, line in made)], [None], as_lines=True)
    if len(batch.starts) != len(made):
        return
    lines = [packed.line_of(batch, i) for i in range(len(made))]
    roles_of = "".join(role if batch.found.raw[i, 0] else "-" for i, (role, _) in enumerate(made))
    marks, asked = _marks(batch, roles_of)
    known = bylines.find_byline(lines, roles_of, None, None)
    assert bylines.find_byline(lines, roles_of, None, None, marks) == known
    assert asked or known is None


CASED = NAMED | st.sampled_from("Trump Orders New Sanctions|On|and|AND|Jr.|O'Brien|&|du|IN|Is".split("|"))


@settings(max_examples=800, deadline=None)
@given(LINES | st.lists(CASED, max_size=9).map(" ".join))
@example("Jane van der Berg, Max Muster & J. R. R. Doe, AP")
@example("ANNA UND MAX MUSTER AND JANE J. DOE Jr.")
def test_a_line_of_names_may_be_one(line: str) -> None:
    batch = _batch(line.strip())
    assert authors.may_be_name(batch.codes, 0, len(batch.codes), joined()) or not is_name(line)


@settings(max_examples=800, deadline=None)
@given(st.lists(st.lists(CASED, max_size=9).map(" ".join) | LINES, max_size=4))
@example(
    [
        "zip code\u017f",
        "5 minute\u017f ago x",
        "a\nb\nc d e f",
        "x " * 200,
        "Updated 3 May 2019: x",
        "a — b —",
        "by\u0301 X y",
    ]
)
@example(
    ["Getty Images and more of it", "A word (ap  photo", "unſubscribe from this list", "Order reprints of this article"]
)
def test_titles_are_doubted_together_as_they_are_alone(titles: list[str]) -> None:
    seen = packed.see_titles(titles)
    assert seen.doubtful.tolist() == [headlines.is_doubtful(form) for form in seen.forms]
    for number, title in enumerate(titles):
        if title:
            assert packed.is_doubtful_title(seen, number, title) == headlines.is_doubtful(title)


MENTIONED = st.sampled_from(
    """the Associated Press|AP|Reuters|CNN|The New York Times|according to|obtained by the|seen by|the|Provided to|
courtesy of|via|Source:|©|COPYRIGHT|(c)|contributed to|First published by|Dateline (|said.|told|ap.org|新华社|=|x
""".replace("\n", "").split("|")
)


@settings(max_examples=1000, deadline=None)
@given(st.lists(MENTIONED | PARTS, max_size=8).map(" ".join), st.booleans(), st.booleans())
@example(
    "It was seen by \u0301 AP and others who stood there for some time and did not go away until later", False, False
)
@example(
    "((( AP 记者北京3月5日电 and others who stood there for some time and did not go away until later on", True, False
)
@example("http://www.reuters.com/CNN" + "x" * 400, False, True)
def test_a_body_line_that_only_mentions_credits_nobody(line: str, opening: bool, closing: bool) -> None:
    batch = _batch(line)
    places = batch.codes, batch.bounds, batch.starts, batch.ends
    for unit in range(len(batch.starts)):
        named = np.zeros(len(batch.codes) + 1, dtype=np.int64)
        low, high = batch.starts[unit], batch.ends[unit]
        named = named[: spots.name_places(batch.codes, low, high, agencies().trie, named, 0)]
        sites, letters = np.array([[0, unit, opening, closing, 0, len(named)]]), np.full(unit + 1, ord("B"), np.uint8)
        kept, left = mentions.credible(sites, named, letters, places, joined(), mentions.longest_name())
        text = packed.unit_of(batch, unit)
        site = Site(0, text.strip(), "B", opening, closing, [int(at) - len(text) + len(text.lstrip()) for at in named])
        assert len(kept) or not judge_line(site)
        if len(kept):
            assert left.tolist() in ([], named.tolist())
            assert len(left) or judge_line(site) == judge_line(site._replace(places=[]))


@settings(deadline=None)
@given(st.lists(st.text(max_size=30) | st.sampled_from(["MORE", "MOR", "A MORE b", "EMORE"]), max_size=4))
def test_texts_with_a_box_hold_its_last_word(texts: list[str]) -> None:
    assert insets.may_hold(*packed.pack(texts)).tolist() == [insets.LAST in text for text in texts]


@settings(max_examples=300, deadline=None)
@given(LINES | st.from_regex(dates.table().day))
def test_a_day_has_a_digit(line: str) -> None:
    assert metalines._DIGIT.search(line) or not dates.table().day.search(line)
