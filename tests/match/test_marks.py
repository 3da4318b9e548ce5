"""Sentences, quotations, speakers and posts, as typography shows them."""

from __future__ import annotations

import pytest
from bodies import profile

from dedup.match.marks import QUOTED, SPOKEN
from dedup.match.profile import STOCK


def flagged(lines: list[str], flag: int) -> list[str]:
    made = profile("a", lines)
    words = made.words
    return [
        made.text[start:end]
        for start, end, flags in zip(words.starts, words.ends, words.flags, strict=True)
        if flags & flag
    ]


@pytest.mark.parametrize(
    ("line", "quoted"),
    [
        ("He said “we will not go home” and left.", "we will not go home"),
        ('He said "we will not go home" and left.', "we will not go home"),
        ("He said ‘we will not go home,’ and left.", "we will not go home"),
        ("He said „wir gehen nicht nach Hause“ und ging.", "wir gehen nicht nach Hause"),
        ("Il a dit « nous ne partons pas ce soir » et partit.", "nous ne partons pas ce soir"),
        ("“We will not go home tonight or tomorrow", "We will not go home tonight or tomorrow"),
        ("The so-called “deep state” is a phrase.", ""),
        ("Angola 's first satellite and the workers' union met today.", ""),
        ("MOSCOW: Russia's space experts regained control today.", ""),
    ],
)
def test_quotations_are_known_by_their_marks(line: str, quoted: str) -> None:
    assert " ".join(flagged([line], QUOTED)) == quoted


def test_a_quotation_is_known_again_where_it_has_no_marks() -> None:
    said = "nobody should mistake our patience for weakness today"
    assert len(flagged([f"He said: “{said}” on air.", f"{said} was the line."], QUOTED)) == 16


def test_an_embedded_post_is_a_quotation_and_so_is_the_line_it_signs() -> None:
    lines = ["Heading to the summit now with high hopes", "— The President (@president) July 15, 2018", "It rained."]
    assert flagged(lines, QUOTED)[:3] == ["Heading", "to", "the"]
    assert "rained" not in flagged(lines, QUOTED)


def test_the_line_that_signs_a_post_may_be_furniture() -> None:
    made = profile("a", ["Heading to the summit now with high hopes"], ["— The President (@president) July 15, 2018"])
    assert ((made.words.flags & QUOTED) != 0).all()
    made = profile("a", ["Heading to the summit now with high hopes"], ["Share this"])
    assert not (made.words.flags & QUOTED).any()


def test_a_transcript_is_speech_only_with_several_speakers() -> None:
    lines = ["SMITH: That is not what happened", "JONES: Then what did happen there", "SMITH: Ask the others"]
    assert len(flagged(lines, QUOTED)) == 16
    assert flagged(lines[:1], QUOTED) == []


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("Mr. Smith met Sen. Jones in the U.S. Capitol. They talked.", 2),
        ("It rose 1.5 percent. Then it fell.", 2),
        ("It was launched this week.The satellite failed.", 2),
        ("Did it work? Yes! It did.", 3),
        ("雨が降った。風が吹いた。", 2),
    ],
)
def test_sentences_part_where_they_end(text: str, sentences: int) -> None:
    assert int(profile("a", [text]).words.sentence[-1]) + 1 == sentences


def test_speakers_words_and_stock_phrases_are_marked() -> None:
    assert flagged(["I think we can do our part"], SPOKEN) == ["I", "we", "our"]
    assert flagged(["He met the president of the united states there"], STOCK)[-1] == "states"
