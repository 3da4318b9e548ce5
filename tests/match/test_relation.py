"""What a compared pair is called, on the seeds, on paraphrases written for these tests, and under changes that must
not matter."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from bodies import body, profile, with_roles
from hypothesis import given, settings
from hypothesis import strategies as st

from dedup.match.profile import make_profile
from dedup.match.relation import compare_profiles
from dedup.models import Article, Match
from dedup.settings import Settings
from dedup.text.clean import clean

SETTINGS = Settings()
SEEDS = Path(__file__).parents[2] / "seeds"
GOLD = json.loads((SEEDS / "gold.json").read_text("utf-8"))
BED = json.loads((Path(__file__).parent / "cases" / "paraphrases.json").read_text("utf-8"))


def seed_lines(name: str) -> list[str]:
    """The body lines of a seed, by the roles that gold.json gives."""
    file, roles = next(item for item in GOLD["lines"].items() if item[0].startswith(name))
    lines = (SEEDS / file).read_text("utf-8").split("\n")
    return [line for line, role in zip(lines, roles, strict=False) if role == "B"]


def compared(a: list[str], b: list[str]) -> Match:
    return compare_profiles(profile("a", a), profile("b", b), SETTINGS)


def same_judgement(one: Match, other: Match) -> bool:
    return (one.relation, one.score, one.same_story_score, one.jaccard, one.cosine) == (
        other.relation,
        other.score,
        other.same_story_score,
        other.jaccard,
        other.cosine,
    )


@pytest.mark.parametrize(("a", "b", "relation"), [row for row in GOLD["relations"] if row[2] == "excerpt"])
def test_a_cut_seed_is_an_excerpt(a: str, b: str, relation: str) -> None:
    match = compared(seed_lines(a), seed_lines(b))
    assert match.relation == relation
    assert match.score > 0.95


@pytest.mark.parametrize(("a", "b"), [row[:2] for row in GOLD["relations"] if row[2] != "excerpt"])
def test_seeds_of_other_origin_are_not_derived(a: str, b: str) -> None:
    match = compared(seed_lines(a), seed_lines(b))
    assert not match.derived
    assert match.score < 0.3


@pytest.mark.parametrize("case", BED["cases"], ids=lambda case: case["name"])
def test_paraphrases_are_told_from_independent_texts(case: dict[str, Any]) -> None:
    match = compared(case.get("of") or seed_lines(BED["source"]), case["lines"])
    assert match.relation in case["relations"]
    if not case.get("hard"):
        assert match.derived is case["derived"]


def test_an_article_is_a_copy_of_itself() -> None:
    match = compared(seed_lines("000"), seed_lines("000"))
    assert match.relation == "copy"
    assert match.score > 0.99
    assert match.jaccard == 1.0
    assert match.containment == (1.0, 1.0)


@pytest.mark.parametrize("a", ["000", "001", "002"])
@pytest.mark.parametrize("b", ["000", "002", "003"])
def test_the_order_of_a_pair_changes_nothing(a: str, b: str) -> None:
    one, other = compared(seed_lines(a), seed_lines(b)), compared(seed_lines(b), seed_lines(a))
    assert same_judgement(one, other)
    assert one.containment == other.containment[::-1]
    assert {(p.a_start, p.b_start, p.words) for p in one.passages} == {
        (p.b_start, p.a_start, p.words) for p in other.passages
    }


def test_furniture_changes_no_judgement() -> None:
    a, b = seed_lines("000"), seed_lines("002")
    furniture = ["Must read", "Trump arrives in Finland for closely watched Putin summit", *seed_lines("004")[:2]]
    plain = compare_profiles(profile("a", a), profile("b", b), SETTINGS)
    framed = compare_profiles(profile("a", a, furniture), profile("b", b, furniture), SETTINGS)
    assert same_judgement(plain, framed)


def test_passages_show_the_same_words_in_both_texts() -> None:
    a, b = body("a", seed_lines("000"), ["Weather"]), body("b", seed_lines("002"))
    match = compare_profiles(make_profile(a, SETTINGS), make_profile(b, SETTINGS), SETTINGS)
    assert match.passages
    for passage in match.passages:
        shown = a.text[passage.a_start : passage.a_end], b.text[passage.b_start : passage.b_end]
        assert shown[0].split()[1:-1] == shown[1].split()[1:-1]
        assert passage.words >= 8


def test_short_texts_are_copies_only_when_equal() -> None:
    brief = ["Oil prices rose on Monday after talks failed."]
    assert compared(brief, ["OIL PRICES ROSE on Monday, after talks failed"]).relation == "copy"
    assert not compared(brief, ["Oil prices rose on Tuesday after talks failed."]).derived


def test_one_rare_word_makes_no_event_of_two_lines() -> None:
    fine = ["Court fines bakery over its bagels after a long trial"]
    assert compared(fine, ["Bagels and cream for the winners of the race"]).relation in ("related", "unrelated")
    assert compared(fine, ["Bakery fined over bagels as court trial ends"]).relation == "same_story"


def test_empty_texts_are_unrelated() -> None:
    match = compared([], [])
    assert match.relation == "unrelated"
    assert match.score == 0.0
    assert not compared([], seed_lines("000")).derived


def test_a_page_without_an_article_tells_no_story() -> None:
    links = [f"Headline number {i} of the day about containers, shells and North Korea" for i in range(30)]
    page, article = profile("a", [], links), profile("b", seed_lines("000"))
    assert page.kind == "page"
    assert compare_profiles(page, article, SETTINGS).relation in ("related", "unrelated")


def test_a_page_of_one_paragraph_is_compared_on_it() -> None:
    lead = " ".join(seed_lines("000")[:2])
    stub, whole = profile("a", [], ["Yesterday", lead[:-30], "More"]), profile("b", seed_lines("000"))
    assert compare_profiles(stub, whole, SETTINGS).relation == "excerpt"


def test_lost_words_and_cut_ends_stay_derived() -> None:
    lines = seed_lines("000")
    for kept in range(4, len(lines)):
        match = compared(lines, lines[:kept])
        assert match.relation in ("copy", "excerpt"), kept


@settings(max_examples=25, deadline=None)
@given(st.sets(st.integers(0, 9), min_size=5, max_size=10), st.integers(12, 40))
def test_dropped_paragraphs_and_changed_words_stay_derived(kept: set[int], step: int) -> None:
    lines = [line for i, line in enumerate(seed_lines("000")) if i in kept]
    words = "\n".join(lines).split(" ")
    edited = " ".join("indeed" if i % step == 3 else word for i, word in enumerate(words)).split("\n")
    assert compared(seed_lines("000"), edited).relation in ("copy", "excerpt")


def test_reasons_name_shares_and_passages() -> None:
    match = compared(seed_lines("000"), seed_lines("002"))
    reasons, shown = match.reasons, sum(passage.words for passage in match.passages)
    assert reasons[0].startswith(f"{shown} of the shorter text's ")
    assert len(set(reasons)) == len(reasons)


def test_reasons_say_how_much_of_each_text_is_held() -> None:
    lines = seed_lines("000")
    said = compared(lines, lines[:-1]).reasons[0]
    assert said == "378 of the shorter text's 378 words stand word for word in the longer one, which has 403"
    whole, cut = compared(lines, seed_lines("002")), compared(seed_lines("002"), lines)
    assert whole.reasons == cut.reasons


def test_a_reason_counts_no_passage_that_is_not_shown() -> None:
    """Runs of five to seven words are evidence, but nobody is shown them."""
    for a, b in (("000", "001"), ("001", "003"), ("000", "003")):
        match = compared(seed_lines(a), seed_lines(b))
        shown = sum(passage.words for passage in match.passages)
        said = " ".join(match.reasons)
        assert (
            (f"{shown} shared words" in said or f"{shown} words are shared" in said)
            if shown
            else ("no 8 words in a row are shared" in said)
        )


def test_texts_too_short_to_tell_say_how_many_words_are_the_same() -> None:
    one = ["Oil prices rose on Monday after talks failed in Orsa."]
    reasons = compared(one, ["Oil prices fell on Monday after talks failed in Orsa."]).reasons
    assert reasons[0] == "both are too short to tell; 9 of 10 words are the same"
    assert not any("in a row" in reason for reason in reasons)


def test_where_there_is_no_text_nothing_else_is_said() -> None:
    assert compared([], []).reasons == ("no article text was found in either, so nothing could be compared",)
    alone = compared([], seed_lines("000")).reasons
    assert alone == ("no article text was found in “a”, so nothing could be compared",)


def test_quoted_words_and_stock_phrases_are_counted_apart() -> None:
    own = "The gardeners of the eastern allotments met again to talk about slugs, snails and a new water pump."
    other = "Passengers waited for hours at the northern terminal while crews looked for spare parts and fuel."
    quote = "“I have kept bees on this roof for thirty years and nobody has ever asked me,” said Orla."
    reasons = compared([own, quote], [other, quote.replace("said Orla", "she told them")]).reasons
    assert any(reason.startswith("the ") and reason.endswith("shared words are all quoted") for reason in reasons)


def test_two_reports_of_one_event_name_the_rarest_words_of_both() -> None:
    a, b = compared(seed_lines("000"), seed_lines("001")), compared(seed_lines("001"), seed_lines("000"))
    assert a.relation == "same_story"
    assert a.reasons == b.reasons
    said = next(reason for reason in a.reasons if reason.startswith("rare words in both point to one event: "))
    texts = [" ".join(seed_lines(name)).lower() for name in ("000", "001")]
    named = said.split(": ")[1].split(" (")[0].replace(" and ", ", ").split(", ")
    assert len(named) == 4
    assert all(word.lower() in text for word in named for text in texts)


SUPPLIED = (
    (("wire.example", "(AP)"), ("other.example", "(AP)"), "both credit AP"),
    (("reuters.com", ""), ("other.example", "(Reuters)"),
     "one stands on Reuters' own site, and the other credits Reuters"),
    (("washingtonpost.com", ""), ("other.example", "The Washington Post"),
     "one stands on WaPo's own site, and the other credits WaPo"),
    (("reuters.com", ""), ("uk.reuters.com", ""), "both stand on Reuters' own site"),
)  # fmt: skip


@pytest.mark.parametrize(("one", "other", "wanted"), SUPPLIED, ids=[wanted for *_, wanted in SUPPLIED])
def test_reasons_tell_a_supplier_from_those_who_credit_it(
    one: tuple[str, str], other: tuple[str, str], wanted: str
) -> None:
    text = "\n".join(seed_lines("001"))
    pair = [
        make_profile(clean(Article(name, text, outlet=outlet, credit=credit or None)), SETTINGS)
        for name, (outlet, credit) in zip("ab", (one, other), strict=True)
    ]
    said = [reason for reason in compare_profiles(*pair, SETTINGS).reasons if "credit" in reason or "site" in reason]
    assert said == [wanted]


QUOTATIONS = [
    "“I have kept bees on this roof for thirty years and nobody has ever asked me what they eat,” said Orla.",
    "“They eat lime blossom in June and whatever the botanic garden has to offer in the weeks after that.”",
    "“If you take away the limes I shall have to feed them sugar, and nobody wants honey made of sugar beet.”",
    "“My neighbour says that they are loud. My neighbour plays the trombone, and we came to an understanding.”",
]


def test_a_text_of_quotations_alone_that_stands_in_another_was_taken() -> None:
    match = compared(QUOTATIONS, [*QUOTATIONS, "“And the mayor may come and taste it, as nobody has.”"])
    assert match.relation in ("copy", "excerpt")
    assert match.score >= 0.85


def test_a_quotation_among_other_words_makes_no_copy() -> None:
    other = ["The beekeepers met on Monday to talk about limes and the new order of the council.", *QUOTATIONS]
    assert not compared(QUOTATIONS[:1], other).derived


def test_pages_of_furniture_with_one_line_left_are_no_copies() -> None:
    menu = [f"Section {number} of our site and all its offers" for number in range(12)]
    one, other = (profile(name, ["Mayor of Orsa resigns over the ferry."], [*menu, name]) for name in "ab")
    match = compare_profiles(one, other, SETTINGS)
    assert (one.kind, match.relation, match.score) == ("page", "unrelated", 0.0)
    alone = [profile(name, ["Mayor of Orsa resigns over the ferry."]) for name in "ab"]
    assert compare_profiles(*alone, SETTINGS).relation == "copy"


def test_pages_of_furniture_with_lines_left_here_and_there_are_no_copies() -> None:
    menu = [f"Section {number} of our site and all its offers" for number in range(8)]
    lines = [
        "Mayor of Orsa resigns over the ferry that nobody ordered.",
        "Council of Orsa: “We never saw the ship, or its bill.”",
    ]
    apart = [*menu, lines[0], *menu, lines[1], *menu]
    roles = "F" * 8 + "B" + "F" * 8 + "B" + "F" * 8 + "F"
    one, other = (make_profile(with_roles(name, [*apart, name], roles), SETTINGS) for name in "ab")
    match = compare_profiles(one, other, SETTINGS)
    assert (one.kind, match.relation) == ("page", "unrelated")
    assert one.size >= SETTINGS.min_words
    together = with_roles("c", [*menu, *lines, *menu], "F" * 8 + "BB" + "F" * 8)
    assert make_profile(together, SETTINGS).kind == "article"
