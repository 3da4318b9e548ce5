"""The words that were changed between two copies, or between two versions of a brief."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import NamedTuple

from dedup.models import CleanArticle, Match
from dedup.report.pairs import TOO_SHORT

__all__ = ["Changes", "changes"]

SHOWN = 5
WIDTH = 80
MOST = 5000
"""Words of a text up to which changes are looked for: the time grows with the square of them, 7 ms for so many."""
SAME = 0.5
"""Share of the longer of two briefs that both have, from which they are versions of one text."""

FAR_LONGER = 3
"""A run of words more than so many times as long as what stands in its place, and a few, was not put in its place: one
was left out and the other added."""

Word = tuple[str, str]
"""What is compared of a word, its letters and digits in lower case, and the word."""

Run = tuple[int, int, int, int]
"""Start and end of a run of words in the one text, and in the other."""


class Changes(NamedTuple):
    """The first changes in words, and how many more there are."""

    shown: tuple[str, ...]
    more: int


NONE = Changes((), 0)


def changes(match: Match, a: CleanArticle, b: CleanArticle, names: tuple[str, str] = ("A", "B")) -> Changes:
    """What was changed between two copies, or two texts too short to tell that are nearly the same; marks, spaces and
    capitals are no difference."""
    brief = any(fact.code == TOO_SHORT for fact in match.facts)
    if match.relation != "copy" and not brief:
        return NONE
    one, other = _words(a.body), _words(b.body)
    longer = max(len(one), len(other))
    if longer > MOST:
        return NONE
    found = _different(one, other)
    lost = sum(end - start for start, end, _, _ in found)
    if brief and len(one) - lost < SAME * longer:
        return NONE
    said = [_said(_quoted(one[start:end]), _quoted(other[low:high]), names) for start, end, low, high in found[:SHOWN]]
    return Changes(tuple(said), max(0, len(found) - SHOWN))


def _different(one: Sequence[Word], other: Sequence[Word]) -> list[Run]:
    """Runs of words that differ."""
    from rapidfuzz.distance import Indel

    found: list[Run] = []
    for step in Indel.opcodes([key for key, _ in one], [key for key, _ in other]):
        if step.tag == "equal":
            continue
        if found and found[-1][1] == step.src_start and found[-1][3] == step.dest_start:
            found[-1] = (found[-1][0], step.src_end, found[-1][2], step.dest_end)
        else:
            found.append((step.src_start, step.src_end, step.dest_start, step.dest_end))
    return [part for run in found for part in _apart(run)]


def _apart(run: Run) -> list[Run]:
    """A change, or what was left out and what was added beside it."""
    start, end, low, high = run
    short, long = sorted((end - start, high - low))
    if not short or long <= FAR_LONGER * (short + 1):
        return [run]
    return [(start, end, low, low), (end, end, low, high)]


def _words(body: str) -> list[Word]:
    keys = (("".join(filter(str.isalnum, word)).casefold(), word) for word in body.split())
    return [(key, word) for key, word in keys if key]


def _quoted(words: Sequence[Word]) -> str:
    return textwrap.shorten(" ".join(word for _, word in words), WIDTH, placeholder=" ...")


def _said(one: str, other: str, names: tuple[str, str]) -> str:
    if one and other:
        return f"“{one}” in {names[0]}, “{other}” in {names[1]}"
    return f"“{one or other}” only in {names[0] if one else names[1]}"
