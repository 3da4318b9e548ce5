"""What is said of a pair: who holds what of whom, and who may have it from whom; no more than the evidence gives."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from dedup.models import Article, CleanArticle, Credit, Fact, Match, Passage, Relation
from dedup.report.changes import changes
from dedup.report.match_text import match_to_text
from dedup.report.pairs import Held, Party, beyond, direction, held, likely, own_sites, sentence, turned, why_told

NOON = datetime(2024, 3, 18, 12, 0, tzinfo=UTC)
SAME: Held = (0.97, 0.96)


def pair(relation: Relation, *passages: Passage) -> Match:
    return Match("x", "y", relation, 0.9, 0.9, 0.5, (0.5, 0.5), 0.5, passages)


def party(name: str, *credits: str, own: str = "", minutes: float | None = None) -> Party:
    when = None if minutes is None else NOON + timedelta(minutes=minutes)
    return Party(name, credits, frozenset({own} if own else ()), when)


SENTENCES = (
    ("copy", (1.0, 1.0), "The same text but for details."),
    ("copy", (0.97, 0.96), "The same text but for details: 97% of A stands word for word in B, and 96% of B in A."),
    ("copy", (0.85, 0.86), "The same text, edited: 85% of A stands word for word in B, and 86% of B in A."),
    ("copy", (0.83, 0.9),
     "The same text, but A has more of it than B: 90% of B stands word for word in A, and makes 83% of it."),
    ("copy", (0.84, 1.0),
     "The same text, but A has more of it than B: 100% of B stands word for word in A, and makes 84% of it."),
    ("copy", (0.99, 0.91),
     "The same text, but B has more of it than A: 99% of A stands word for word in B, and makes 91% of it."),
    ("rewrite", (0.12, 0.2),
     "Looks like one text told in other words: the same things, but word for word only 12% of A in B, and 20% "
     "of B in A."),
    ("rewrite", (0.0, 0.0), "Looks like one text told in other words: the same things, but no passage is shared."),
    ("excerpt", (0.4, 1.0),
     "B is a cut of A, or A was expanded from it: 100% of B stands word for word in A, and makes 40% of it."),
    ("excerpt", (0.98, 0.3),
     "A is a cut of B, or B was expanded from it: 98% of A stands word for word in B, and makes 30% of it."),
    ("excerpt", (0.08, 1.0),
     "B is a small part of A: 100% of B stands word for word in A, and makes 8% of it."),
    ("excerpt", (0.5, 0.3),
     "A is a cut of B, or B was expanded from it: 50% of A stands word for word in B, and makes 30% of it; "
     "the rest was edited, or is its own."),
    ("excerpt", (0.7, 0.65),
     "Most of each stands in the other, beside text that only one has: 70% of A stands word for word in B, and 65% of "
     "B in A."),
    ("partial", (0.3, 0.1), "They share a part: 30% of A stands word for word in B, and 10% of B in A."),
    ("same_story", (0.0, 0.0), "Two reports of one event, each in its own words."),
    ("related", (0.0, 0.0), "One of the two is no article, but a page that names the event of the other."),
)  # fmt: skip


def test_only_equal_texts_are_the_same_word_for_word() -> None:
    match = replace(pair("copy"), facts=(Fact("equal"),))
    assert sentence(match, (1.0, 1.0)) == "The same text, word for word."


@pytest.mark.parametrize(("relation", "shares", "wanted"), SENTENCES)
def test_the_sentence_names_who_holds_what_of_whom(relation: Relation, shares: Held, wanted: str) -> None:
    assert sentence(pair(relation), shares) == wanted


def test_of_two_related_articles_no_more_is_said_than_is_known() -> None:
    related = replace(pair("related"), same_story_score=0.3)
    assert sentence(related, (0.0, 0.0)) == "The same subject, but not enough in common to call it one event."


@pytest.mark.parametrize(("relation", "shares", "wanted"), [row for row in SENTENCES if row[0] != "partial"])
def test_the_piece_and_the_whole_stay_so_from_the_other_side(relation: Relation, shares: Held, wanted: str) -> None:
    if abs(shares[0] - shares[1]) >= 0.1:
        assert sentence(pair(relation), shares[::-1], "B", "A") == wanted  # type: ignore[arg-type]


UNTOLD = "The texts do not say who took it from whom: "
DIRECTIONS = (
    ("the supplier's own site", party("A", own="AP", minutes=60), party("B", "AP", minutes=0), SAME,
     "B has it from A: it credits AP, and A is AP."),
    ("both credit one agency", party("A", "AP", minutes=0), party("B", "AP", minutes=180), SAME,
     "Both credit AP and probably have it from there; A carried it 3 hours earlier."),
    ("both credit one, no times", party("A", "AP"), party("B", "AP"), SAME,
     "Both credit AP and probably have it from there; which carried it first cannot be told: neither has a time of "
     "publication."),
    ("different suppliers", party("A", "AP", minutes=0), party("B", "Reuters", minutes=90), SAME,
     UNTOLD + "A credits AP and B Reuters."),
    ("the clock points, the texts are alike", party("A", minutes=120), party("B", minutes=0), SAME,
     "A probably took the shared text from B, or both from one source: B published it 2 hours earlier."),
    ("clock and fuller text point one way", party("A", "AP", minutes=0), party("B", minutes=120), (0.4, 1.0),
     "Both probably have it from AP, which A credits, or B from A: A published it 2 hours earlier, and is the fuller "
     "text."),
    ("a small part does not tell the fuller", party("A", minutes=0), party("B", minutes=120), (1.0, 0.08),
     "B may have taken the shared text from A, or both from one source: A published it 2 hours earlier."),
    ("clock and fuller text point apart", party("A", minutes=0), party("B", minutes=120), (1.0, 0.4),
     UNTOLD + "A published it 2 hours earlier, but B is the fuller text."),
    ("minutes do not tell", party("A", minutes=0), party("B", minutes=5), SAME,
     UNTOLD + "they were published within minutes of each other."),
    ("one time does not tell", party("A", minutes=0), party("B"), (0.4, 1.0),
     UNTOLD + "A is the fuller text, but only A has a time of publication."),
    ("dates of one day do not tell", party("A", minutes=-720), party("B", minutes=5), SAME,
     UNTOLD + "their dates do not tell hours apart."),
    ("one supplier, no clock", party("A"), party("B", "AFP"), SAME,
     UNTOLD + "neither has a time of publication. Perhaps both from AFP, which B credits."),
)  # fmt: skip


@pytest.mark.parametrize(
    ("a", "b", "shares", "wanted"), [row[1:] for row in DIRECTIONS], ids=[r[0] for r in DIRECTIONS]
)
def test_the_direction_is_said_as_far_as_credits_clocks_and_texts_go(
    a: Party, b: Party, shares: Held, wanted: str
) -> None:
    assert direction(pair("copy"), shares, a, b) == wanted
    if "credits AP and B Reuters" not in wanted:
        assert direction(turned(pair("copy")), (shares[1], shares[0]), b, a) == wanted


def test_a_press_release_comes_from_its_company() -> None:
    said = direction(pair("copy"), SAME, party("A", "PR Newswire"), party("B", "PR Newswire"), release=True)
    assert said == "Both carry a press release distributed by PR Newswire; its origin is the company that issued it."


def test_what_is_less_sure_is_said_with_less_force() -> None:
    said = direction(pair("rewrite"), SAME, party("A", minutes=0), party("B", minutes=99))
    assert said.startswith("B may have taken the shared text from A, or both from one source: ")
    assert sentence(replace(pair("rewrite"), score=0.6), (0.0, 0.0)).startswith("Perhaps one text told")


def test_two_texts_of_one_outlet_are_not_taken_from_each_other() -> None:
    one, other = (replace(party(name, minutes=at), outlet="x.example") for name, at in (("A", 0), ("B", 80)))
    said = direction(pair("excerpt"), (0.4, 1.0), one, other)
    assert said == "Both are from x.example: an update, or one text used twice; A carried it 80 minutes earlier."
    bare = direction(pair("copy"), SAME, party("A"), party("B"))
    assert bare == UNTOLD + "neither has a time of publication."


def test_nothing_is_said_of_texts_that_were_not_taken() -> None:
    assert direction(pair("same_story"), (0.0, 0.0), party("A", minutes=0), party("B", minutes=99)) == ""


def _article(text: str, roles: str) -> CleanArticle:
    lines, starts = text.split("\n"), [0]
    for line in lines[:-1]:
        starts.append(starts[-1] + len(line) + 1)
    ends = tuple(start + len(line) for start, line in zip(starts, lines, strict=True))
    return CleanArticle(Article("x", text), text, tuple(starts), ends, roles)


def test_shares_are_of_the_letters_that_a_reader_sees_marked() -> None:
    a, b = _article("Menu\nabcd efgh.\nijkl mnop.", "FBB"), _article("abcd efgh.", "B")
    whole = Passage(5, 14, 0, 9, 2)
    assert held(pair("excerpt", whole), a, b) == (0.5, 1.0)
    assert held(pair("excerpt", whole, Passage(5, 9, 0, 4, 1)), a, b) == (0.5, 1.0)
    assert held(pair("excerpt", whole), _article("Menu\nabcd efgh.", "F-"), b)[0] == 0.0


def told(match: Match, *reasons: tuple[str, str, tuple[str, ...]]) -> Match:
    """The match with reasons of the given codes, words and agencies."""
    facts = tuple(Fact(code, about) for code, _, about in reasons)
    return replace(match, reasons=tuple(text for _, text, _ in reasons), facts=facts)


def test_reasons_that_repeat_the_sentences_are_left_out_by_their_codes() -> None:
    match = told(pair("copy"), ("held", "so many words", ()), ("longest", "a run", ()), ("credit", "the wire", ("AP",)))
    said = direction(match, SAME, party("A", "AP", minutes=0), party("B", "AP", minutes=180))
    assert beyond(match, said) == ["a run"]
    assert beyond(match) == ["a run", "the wire"]
    assert beyond(replace(match, facts=())) == list(match.reasons)


SITE = ("site", "the one is the wire of the other", ("Reuters",))


def test_a_reason_of_suppliers_is_left_out_only_where_the_direction_used_it() -> None:
    match = told(pair("copy"), SITE, ("credit", "both credit AP", ("AP",)))
    used = direction(match, SAME, party("A", own="Reuters"), party("B", "Reuters"))
    assert beyond(match, used) == ["both credit AP"]
    unused = direction(match, SAME, party("A", "AP"), party("B", "Reuters"))
    assert beyond(match, unused) == list(match.reasons)


def test_the_site_of_an_agency_is_known_by_the_facts_of_the_match() -> None:
    match = told(pair("copy"), SITE)
    credit = (Credit("Reuters", "(Reuters)", 0.9),)
    assert own_sites(match, (), credit) == ({"Reuters"}, set())
    assert own_sites(match, credit, ()) == (set(), {"Reuters"})
    assert own_sites(match, credit, credit) == (set(), set())
    both = told(pair("copy"), ("sites", "one", ("Reuters",)), ("sites", "other", ("AP",)))
    assert own_sites(both, (), ()) == ({"Reuters", "AP"}, {"Reuters", "AP"})


@pytest.mark.parametrize("relation", ["rewrite", "partial"])
def test_of_rewrites_and_parts_no_branch_says_more_than_may(relation: Relation) -> None:
    owed = direction(pair(relation), SAME, party("A", own="AP"), party("B", "AP"))
    assert owed == "B may have it from A: it credits AP, and A is AP."
    common = party("A", "AP", minutes=0), party("B", "AP", minutes=180)
    assert (
        direction(pair(relation), SAME, *common) == "Both credit AP and may have it from there; A carried it 3 hours "
        "earlier."
    )
    assert direction(pair(relation), SAME, *common, release=True).startswith("Both may draw on a press release ")


PARAGRAPHS = (
    "The lamp factory of Orsa closes in May.",
    "Its owner said orders had fallen by half.",
    "Some forty people work there, most for decades.",
    "The council wants to buy the halls for a school.",
)


def _cut_of(kept: str) -> str:
    """The sentence of an excerpt whose one line stands in a long text."""
    whole = _article(
        "\n".join([*PARAGRAPHS, *(f"Line {n} on quite other things of the town." for n in range(14))]), "B" * 18
    )
    start = whole.text.index(kept)
    match = pair("excerpt", Passage(start, start + len(kept), 0, len(kept), 8))
    piece = _article(kept, "B")
    return sentence(match, held(match, whole, piece), texts=(whole, piece))


def test_a_piece_that_the_whole_begins_with_is_its_beginning() -> None:
    assert _cut_of(PARAGRAPHS[0]).startswith("B is the beginning of A: 100% of B stands word for word in A")
    assert _cut_of("Line 7 on quite other things of the town.").startswith("B is a small part of A: ")


CORRECTIONS = (
    ("Correction: Lamp factory closes in May", PARAGRAPHS[0], True),
    ("CORRECTED-UPDATE 1-Lamp factory closes in May", PARAGRAPHS[0], True),
    ("Lamp factory closes in May", f"(Corrects month in first line) {PARAGRAPHS[0]}", True),
    ("Berichtigung: Lampenwerk schließt im Mai", PARAGRAPHS[0], True),
    ("Correction officers protest at the lamp factory", PARAGRAPHS[0], False),
    ("CORRECTION OFFICERS PROTEST", "The owner corrects a report.", False),
)


@pytest.mark.parametrize(("headline", "body", "marked"), CORRECTIONS)
def test_a_correction_is_named_as_one(headline: str, body: str, marked: bool) -> None:
    one, other = _article(PARAGRAPHS[0], "B"), replace(_article(body, "B"), headline=headline)
    said = sentence(pair("copy"), SAME, texts=(one, other))
    assert said.endswith(" B is marked as a correction.") is marked
    assert sentence(pair("copy"), SAME, texts=(other, other)).endswith(" Both are marked as corrections.") is marked
    assert "correction" not in sentence(pair("same_story"), SAME, texts=(one, other))


def test_texts_that_could_not_be_compared_get_no_likelihood_of_taking() -> None:
    bare = told(pair("unrelated"), ("no_text", "one of the two is bare", ()))
    texts = _article("Menu", "F"), _article("The lamp factory closes.", "B")
    assert sentence(bare, (0.0, 0.0), texts=texts) == "No article text was found in A, so nothing could be compared."
    assert likely(bare) == "same event: 90% likely"
    short = told(pair("same_story"), ("short", "both are too short to tell; 16 of 18 words are the same", ()))
    assert sentence(short, (0.0, 0.0)) == "Both are too short to tell; 16 of 18 words are the same."
    assert likely(short) == "same event: 90% likely"
    assert beyond(short) == []


def test_a_page_that_names_an_event_is_not_said_to_tell_it() -> None:
    page = told(pair("related"), ("page", "the page “y” holds no article to compare", ("y",)))
    assert sentence(page, (0.0, 0.0)) == "B is no article, but a page that names the event of A."
    named = sentence(page, (0.0, 0.0), "the left text", "ap.org")
    assert named == "ap.org is no article, but a page that names the event of the left text."
    assert sentence(turned(page), (0.0, 0.0)) == "A is no article, but a page that names the event of B."
    old = told(pair("related"), ("page", "one has no article", ()))
    assert sentence(old, (0.0, 0.0)) == "One of the two is no article, but a page that names the event of the other."
    assert "same event" not in likely(page)
    assert beyond(page, sentence(page, (0.0, 0.0))) == []


def test_it_is_said_which_of_two_pages_holds_no_article() -> None:
    page = pair("unrelated")
    page = told(page, ("page", "the page “x” holds no article to compare", ("x",)))
    assert sentence(page, (0.0, 0.0)) == "They have little in common; the page of A holds no article."
    assert beyond(page, sentence(page, (0.0, 0.0))) == []
    assert why_told(page, "x.example", "this article") == ("the page of x.example holds no article to compare",)
    assert why_told(turned(page), "x.example", "this article") == ("this page holds no article to compare",)
    short = told(pair("same_story"), ("one_short", "“y” has 12 words, too few to say whether text was taken", ("y",)))
    assert sentence(short, (0.0, 0.0)) == "Both tell one event, but B is too short to say whether text was taken."
    assert why_told(short, "A", "B") == ("B has 12 words, too few to say whether text was taken",)


def _compared(one: str, other: str, relation: Relation = "copy") -> str:
    a, b = (_article(text, "B" * (text.count("\n") + 1)) for text in (one, other))
    return match_to_text(replace(pair(relation), passages=()), a, b, lambda item: 0)


def test_of_copies_the_words_that_were_changed_are_shown() -> None:
    text = "\n".join(PARAGRAPHS)
    said = _compared(text, text.replace("forty people", "fifty people").replace("for decades", "for long decades"))
    assert "words changed:\n  - “forty” in A, “fifty” in B\n  - “long” only in B\n" in said
    assert "words changed" not in _compared(text, text.replace("by half.", "by  half!").upper())
    assert "words changed" not in _compared(text, text.replace("forty", "fifty"), "excerpt")


def test_of_two_versions_of_a_brief_the_changed_words_are_shown() -> None:
    a, b = (
        _article(f"A jury found former mayor Tom Brandal {word} of fraud.", "B") for word in ("not guilty", "guilty")
    )
    short = told(pair("same_story"), ("short", "both are too short to tell; 9 of 10 words are the same", ()))
    assert "words changed:\n  - “not” only in A\n" in match_to_text(short, a, b, lambda item: 0)
    assert changes(short, b, a, ("the left text", "the right text")).shown == ("“not” only in the right text",)
    other = _article("A storm hit the coast of Aldera and found nobody awake.", "B")
    assert changes(short, a, other).shown == ()


def test_of_many_changes_the_first_are_shown_and_the_rest_counted() -> None:
    words = [f"word{n}" for n in range(20)]
    said = _compared(" ".join(words), " ".join(f"{word}x" if n % 3 == 1 else word for n, word in enumerate(words)))
    assert said.count(" in A, ") == 5
    assert "“word1” in A, “word1x” in B" in said
    assert "and 2 more changes" in said


def test_a_long_cut_beside_a_word_that_was_added_is_no_change_of_the_one_into_the_other() -> None:
    kept, tail = "The council voted on Monday to repair the old bridge over the Drava river", "Work begins in May."
    cut = "after engineers had found deep cracks in both of its piers and closed it to lorries last autumn"
    whole, short = (_article(f"{kept} {part}. {tail}", "B") for part in (cut, "(updated)"))
    shown = changes(pair("copy"), whole, short).shown
    assert [part.rsplit(" ", 3)[-3:] for part in shown] == [["only", "in", "A"], ["only", "in", "B"]]
    assert "(updated)" in shown[1]
