"""Where an article says who wrote it, where, for whom and when: each fact with its line, span and confidence."""

from __future__ import annotations

from typing import NamedTuple

from dedup.models import CleanArticle
from dedup.text import bylines, dates

DATED_LINE = 90
"""Characters of a line without a dateline in which a date of publication is looked for."""


class Fact(NamedTuple):
    """A fact and its evidence: ``line`` counts from 1 (0: no line says so), ``start`` and ``end`` are characters of it;
    ``confidence`` is 0..1 or None where none is estimated; ``words`` the matched span, or what says so instead."""

    name: str
    value: str
    line: int
    start: int
    end: int
    confidence: float | None
    words: str


def explain_facts(clean: CleanArticle) -> list[Fact]:
    """Byline, dateline, credits and time of a cleaned article, in this order, those that it has."""
    lines = [line.text for line in clean.lines]
    facts = [_byline(clean, lines), _dateline(clean, lines)]
    facts += [
        _span("credit", credit.agency, credit.evidence, lines, credit.confidence, "the dump's own field")
        for credit in clean.credits
    ]
    return [fact for fact in (*facts, _published(clean, lines)) if fact is not None]


def _span(
    name: str, value: str, words: str, lines: list[str], confidence: float | None, otherwise: str, first: int = 0
) -> Fact:
    """The fact with the first line that holds the words, from line ``first`` on."""
    for i in range(first, len(lines)):
        start = lines[i].find(words)
        if start >= 0:
            return Fact(name, value, i + 1, start, start + len(words), confidence, words)
    return Fact(name, value, 0, 0, 0, confidence, otherwise)


def _byline(clean: CleanArticle, lines: list[str]) -> Fact | None:
    if clean.byline is None:
        return None
    stripped = [line.strip() for line in lines]
    found = bylines.find_byline(stripped, clean.roles, clean.article.byline, clean.dateline)
    sure, first = (found.confidence, max(found.line, 0)) if found else (None, 0)
    head = clean.byline.split(", ")[0]
    fact = _span("byline", clean.byline, clean.byline, lines, sure, "the dump's own field", first)
    return fact if fact.line else _span("byline", clean.byline, head, lines, sure, fact.words, first)


def _dateline(clean: CleanArticle, lines: list[str]) -> Fact | None:
    if clean.dateline is None:
        return None
    first = next((i for i, line in enumerate(lines) if line.lstrip("([【（ ").startswith(clean.dateline)), 0)
    return _span("dateline", clean.dateline, clean.dateline, lines, None, "the lines of the page", first)


def _published(clean: CleanArticle, lines: list[str]) -> Fact | None:
    when = clean.published
    if when is None:
        return None
    value = when.isoformat()
    if clean.article.published is not None:
        return Fact("published", value, 0, 0, 0, None, "the dump's own time")
    day = (when.month, when.day)
    dated = [i for i, role in enumerate(clean.roles) if role == "L"]
    dated += [
        i for i, line in enumerate(lines) if len(line) < DATED_LINE or (clean.dateline and clean.dateline in line)
    ]
    for i in dated:
        hit = next((hit for hit in dates.table().day.finditer(lines[i]) if _is_of(hit.group(), day)), None)
        if hit is not None:
            return Fact("published", value, i + 1, hit.start(), hit.end(), None, hit.group())
    return Fact("published", value, 0, 0, 0, None, "the page's metadata" if clean.article.html else "its lines")


def _is_of(text: str, day: tuple[int, int]) -> bool:
    """Whether a date read alone is of a day; either reading of 3/4/2024 will do."""
    return any(moment[1:3] == day for first in (False, True) for moment in dates.moments(text, first))
