"""Boxes of links that run into a sentence leave the body and nothing else does."""

from __future__ import annotations

import time

import pytest

from dedup.index.codec import page_bytes, page_json, page_of
from dedup.models import Article
from dedup.pipeline import clean, compare
from dedup.report.records import article_of, article_record
from dedup.text.insets import insets_of

BOX = " Orla Maria VennHarbour tax divides the council | Five things to watch in Karsholm Venn's rivals at sea MORE"
SPACED = " Orla Maria Venn Harbour tax divides the council Five things to watch in Karsholm MORE"
OTHERS = (
    "The committee of the upper house met for four hours on Tuesday and heard two former masters of the port.",
    "Nobody in the chamber expected the vote on the dredging of the northern channel to be taken before the summer.",
    "Fishing families had come in buses, and the stairs were full of children with paper boats in their hands.",
)


def told(box: str) -> str:
    sentence = f"The proposal by Sen. Orla Venn{box} (L-Karsholm) would double the dues of ferries, her office said."
    return "\n".join((sentence, *OTHERS))


@pytest.mark.parametrize("box", [BOX, SPACED])
def test_a_box_of_links_in_a_sentence_is_no_body(box: str) -> None:
    text = told(box)
    found = clean(Article("a", text))
    assert [text[start:end] for start, end in found.insets] == [box]
    assert found.body == told("")
    assert [line.text for line in found.lines] == text.split("\n")


def test_two_boxes_in_one_line_leave_the_words_between_them() -> None:
    line = f"Sen. Orla Venn{BOX} and Rep. Ib Dahl Ib Krag DahlNew poll has ferries ahead of bridges MORE met."
    kept, at = "", 0
    for start, end in insets_of(line, [(0, len(line))]):
        kept, at = kept + line[at:start], end
    assert kept + line[at:] == "Sen. Orla Venn and Rep. Ib Dahl met."


@pytest.mark.parametrize(
    "line",
    [
        "They want MORE, said Venn, and Venn will get it: New York, New York, has MORE ferries than any other town.",
        "“Amazon should be charging MUCH MORE!” wrote Venn, whom Venn Brothers of Karsholm had paid for the advice.",
        "READ MORE about Orla Venn",
    ],
)
def test_the_word_alone_makes_no_box(line: str) -> None:
    assert insets_of(line, [(0, len(line))]) == ()


def test_boxes_are_looked_for_in_the_lines_given() -> None:
    text = told(BOX)
    assert insets_of(text, [(len(told(BOX).split("\n")[0]) + 1, len(text))]) == ()


def test_boxes_make_nobody_a_copy() -> None:
    other = (
        f"Ferries will cost more if Sen. Orla Venn{BOX} has her way, and the island of Orsa has no bridge.",
        "Its mayor has asked for an exemption and says that the council of the region was not told of the plans.",
        "A ticket to the mainland costs nine crowns today and was six crowns when the line was opened by the king.",
    )
    match = compare(Article("a", told(BOX)), Article("b", "\n".join(other)))
    assert not match.derived
    assert not match.passages


def test_boxes_survive_being_stored() -> None:
    found = clean(Article("a", told(BOX)))
    assert page_of(page_bytes(page_json(found)), found.article) == found
    assert article_of(article_record(found)).body == found.body


def test_names_and_marks_without_end_take_no_longer_than_their_length() -> None:
    line = "Aa." * 30_000 + " said that MORE people came, " + "Ib Ib. MORE " * 20_000
    begun = time.process_time()
    assert len(insets_of(line, [(0, len(line))])) == 0
    assert time.process_time() - begun < 2
