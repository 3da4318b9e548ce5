"""What stands around a line: the compiled columns against a plain twin."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from dedup.text.features import NAMES, line_features
from dedup.text.lexicon import lexicon, word_hashes
from dedup.text.near import WINDOW
from dedup.text.scan import COLUMN, scan

LINES = st.lists(
    st.sampled_from(
        [
            "Zoltan Kurashvili said that the glacier of Morteratsch had lost a metre.",
            "The glacier of Morteratsch is closed",
            "Photo: Zoltan Kurashvili, AP",
            "Read more",
            "",
            "1987 was the year of the flood, 2002 that of the drought (AP)",
            "The glacier of Morteratsch is closed to all but Zoltan",
        ]
    ),
    min_size=1,
    max_size=20,
)


def known(lines: list[str], at: int, others: list[int]) -> float:
    """Share of the rarer words of a line, by weight, that stand in other lines: the plain twin."""
    rarity = {int(key): float(rare) for key, rare in zip(lexicon().keys, lexicon().rarity, strict=True)}
    there = {word for other in others for word in word_hashes(lines[other])}
    weights = [(word, rarity.get(word, 1.0)) for word in word_hashes(lines[at])]
    rarer = [(word, rare) for word, rare in weights if rare > 0.3]
    total = sum(rare for _, rare in rarer)
    return sum(rare for word, rare in rarer if word in there) / max(total, 0.1)


@settings(max_examples=60, deadline=None)
@given(LINES)
def test_shares_known_before_and_after_are_those_of_a_plain_count(lines: list[str]) -> None:
    units, rows = line_features(scan("\n".join(lines), lexicon()), None)
    filled = [i for i, line in enumerate(lines) if line]
    assert units.tolist() == filled
    for row, (place, at) in zip(rows, enumerate(filled), strict=True):
        before, after = filled[max(0, place - WINDOW) : place], filled[place + 1 : place + 1 + WINDOW]
        assert abs(row[NAMES.index("known_before")] - known(lines, at, before)) < 1e-4
        assert abs(row[NAMES.index("known_after")] - known(lines, at, after)) < 1e-4


def test_marks_at_the_ends_of_a_line_and_its_years_are_counted() -> None:
    found = scan(
        "Photo of a lake in 1987 by the Reuters agency (AP)\nIn 2002 and 1999 they left 12,000 behind", lexicon()
    )
    marks = found.raw[:, [COLUMN[name] for name in ("head_marks", "tail_marks", "years")]]
    assert marks[0, 0] == 1
    assert marks[0, 1] >= 2
    assert marks[:, 2].tolist() == [1, 2]


def test_a_line_that_opens_as_another_does_is_seen() -> None:
    text = "The minister opened the bridge at noon today.\nOther words\nThe minister opened the bridge at noon..."
    rows = line_features(scan(text, lexicon()), None)[1]
    assert rows[:, NAMES.index("opening_copies")].tolist() == [1, 0, 1]
