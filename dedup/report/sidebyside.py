"""Two articles beside each other: which lines stand in one row, and which parts of them are shared passages."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import NamedTuple

from dedup.models import CleanArticle, Passage

__all__ = ["Block", "Piece", "Row", "TextLine", "rows", "shared_parts", "single"]

FOLD_FROM = 3
"""Furniture lines in a run from which they are folded away: two lines are read past, a sidebar is not."""
LONGEST_CHAIN = 400
"""Passages considered when lines are put into rows (quadratic); the longest ones are kept, all are marked."""

Span = tuple[int, int]


class Piece(NamedTuple):
    """A run of a line's text: ``number`` of its passage (0: none), ``opens`` if that begins there, ``aside`` if it is
    furniture set into the line."""

    text: str
    number: int = 0
    opens: bool = False
    aside: bool = False


class TextLine(NamedTuple):
    """A line of an article: its role and its pieces."""

    role: str
    pieces: tuple[Piece, ...]


class Block(NamedTuple):
    """Lines shown together; ``folded`` ones are furniture behind a summary."""

    folded: bool
    lines: tuple[TextLine, ...]


class Row(NamedTuple):
    """What stands side by side: blocks of the left and of the right article; either may be empty."""

    left: tuple[Block, ...]
    right: tuple[Block, ...]


class _Side:
    """One article with its shown lines and the places of its body text."""

    def __init__(self, item: CleanArticle) -> None:
        self.text = item.text
        self.insets = item.insets
        spans = zip(item.starts, item.ends, item.lines, strict=True)
        shown = [(start, end, line.role) for start, end, line in spans if line.text.strip()]
        self.spans: list[Span] = [(start, end) for start, end, _ in shown]
        self.roles = [role for _, _, role in shown]
        self.body = [(start, end) for start, end, role in shown if role == "body"]
        self._starts = [start for start, _ in self.body]
        self._before = [0]
        for start, end in self.body:
            self._before.append(self._before[-1] + end - start)

    @property
    def length(self) -> int:
        """Characters of body text."""
        return self._before[-1]

    def place(self, offset: int) -> int:
        """The place in the body text alone of an offset in the whole text."""
        index = bisect_right(self._starts, offset) - 1
        if index < 0:
            return 0
        start, end = self.body[index]
        return self._before[index] + min(offset, end) - start

    def line_at(self, place: int) -> int:
        """The number of the shown line that holds a place of the body text."""
        index = min(max(bisect_right(self._before, place) - 1, 0), len(self.body) - 1)
        return bisect_right(self.spans, (self.body[index][0], len(self.text))) - 1

    def lines_of(self, start: int, end: int) -> list[tuple[int, int, int]]:
        """Line number, start and end in places of every body line that the places start..end touch."""
        first = max(bisect_right(self._before, start) - 1, 0)
        found = []
        for index in range(first, len(self.body)):
            low, high = max(start, self._before[index]), min(end, self._before[index + 1])
            if self._before[index] >= end:
                break
            if high > low:
                found.append((self.line_at(low), low, high))
        return found


def rows(left: CleanArticle, right: CleanArticle, passages: Sequence[Passage]) -> tuple[Row, ...]:
    """Both articles in order, lines that share a passage in the same row; passages numbered by their left place.

    ``passages`` hold offsets into ``left.text`` (a) and ``right.text`` (b). Empty lines are left out.
    """
    a, b = _Side(left), _Side(right)
    numbered = sorted(passages)
    shown_a = _lines(a, [(p.a_start, p.a_end) for p in numbered])
    shown_b = _lines(b, [(p.b_start, p.b_end) for p in numbered])
    made: list[Row] = []
    at_a = at_b = 0
    for (low_a, high_a), (low_b, high_b) in _anchors(a, b, numbered):
        made.append(Row(_blocks(shown_a[at_a:low_a]), _blocks(shown_b[at_b:low_b])))
        made.append(Row(_blocks(shown_a[low_a : high_a + 1]), _blocks(shown_b[low_b : high_b + 1])))
        at_a, at_b = high_a + 1, high_b + 1
    made.append(Row(_blocks(shown_a[at_a:]), _blocks(shown_b[at_b:])))
    return tuple(row for row in made if row.left or row.right)


def single(item: CleanArticle) -> tuple[Block, ...]:
    """One article alone, furniture folded."""
    return _blocks(_lines(_Side(item), []))


def shared_parts(origin: CleanArticle, spans: Iterable[Span]) -> tuple[tuple[float, float], ...]:
    """Where in the origin's body text (0..1) the given character ranges lie, merged and in order."""
    side = _Side(origin)
    if not side.length:
        return ()
    merged: list[list[int]] = []
    for start, end in sorted((side.place(start), side.place(end)) for start, end in spans):
        if merged and start <= merged[-1][1]:
            merged[-1][1] = max(end, merged[-1][1])
        elif end > start:
            merged.append([start, end])
    return tuple((start / side.length, end / side.length) for start, end in merged)


def _anchors(a: _Side, b: _Side, passages: Sequence[Passage]) -> list[tuple[Span, Span]]:
    """Ranges of lines (first, last) of both sides that stand in one row, in order and without overlap."""
    if not a.body or not b.body:
        return []
    pairs = sorted(pair for passage in _chain(passages) for pair in _line_pairs(a, b, passage))
    made: list[tuple[Span, Span]] = []
    for line_a, line_b in pairs:
        if not made or (line_a > made[-1][0][1] and line_b > made[-1][1][1]):
            made.append(((line_a, line_a), (line_b, line_b)))
            continue
        (low_a, high_a), (low_b, high_b) = made[-1]
        made[-1] = ((low_a, max(high_a, line_a)), (min(low_b, line_b), max(high_b, line_b)))
    return _without_overlap(made)


def _without_overlap(ranges: list[tuple[Span, Span]]) -> list[tuple[Span, Span]]:
    """Join ranges that came to overlap on the right when a later pair stretched one of them."""
    made: list[tuple[Span, Span]] = []
    for span_a, span_b in ranges:
        while made and span_b[0] <= made[-1][1][1]:
            (low_a, _), (low_b, high_b) = made.pop()
            span_a, span_b = (low_a, span_a[1]), (min(low_b, span_b[0]), max(high_b, span_b[1]))
        made.append((span_a, span_b))
    return made


def _line_pairs(a: _Side, b: _Side, passage: Passage) -> list[Span]:
    """Lines that face each other within one passage, told by how far into it they begin: its words are the same."""
    low_a, high_a = a.place(passage.a_start), a.place(passage.a_end)
    low_b, high_b = b.place(passage.b_start), b.place(passage.b_end)
    if high_a <= low_a or high_b <= low_b:
        return []
    scale = (high_b - low_b) / (high_a - low_a)
    pairs = []
    for line, start, end in a.lines_of(low_a, high_a):
        pairs.append((line, b.line_at(low_b + int(((start + end) / 2 - low_a) * scale))))
    for line, start, end in b.lines_of(low_b, high_b):
        pairs.append((a.line_at(low_a + int(((start + end) / 2 - low_b) / scale)), line))
    return pairs


def _chain(passages: Sequence[Passage]) -> list[Passage]:
    """The passages that stand in the same order in both texts, with the most words in all."""
    kept = sorted(sorted(passages, key=lambda p: (-p.words, p))[:LONGEST_CHAIN])
    best = [passage.words for passage in kept]
    before = [-1] * len(kept)
    for i, later in enumerate(kept):
        for j in range(i):
            follows = kept[j].a_end <= later.a_start and kept[j].b_end <= later.b_start
            if follows and best[j] + later.words > best[i]:
                best[i], before[i] = best[j] + later.words, j
    at = max(range(len(kept)), key=best.__getitem__, default=-1)
    chain = []
    while at >= 0:
        chain.append(kept[at])
        at = before[at]
    return chain[::-1]


def _lines(side: _Side, passages: Sequence[Span]) -> list[TextLine]:
    """The shown lines cut into pieces; where passages overlap, the earlier one keeps the words."""
    opened: set[int] = set()
    marks = _marks(passages)
    lines, at = [], 0
    for (start, end), role in zip(side.spans, side.roles, strict=True):
        while at < len(marks) and marks[at][1] <= start:
            at += 1
        inside = marks[at : _first_after(marks, at, end)] if role == "body" else []
        asides = [(low, high, 0) for low, high in side.insets if start <= low and high <= end]
        lines.append(TextLine(role, _pieces(side.text, start, end, _around(inside, asides), opened)))
    return lines


def _first_after(marks: Sequence[tuple[int, int, int]], at: int, end: int) -> int:
    while at < len(marks) and marks[at][0] < end:
        at += 1
    return at


def _marks(passages: Sequence[Span]) -> list[tuple[int, int, int]]:
    """Start, end and number, in order of the text and without overlap."""
    marks: list[tuple[int, int, int]] = []
    for start, end, number in sorted((start, end, number) for number, (start, end) in enumerate(passages, 1)):
        start = max(start, marks[-1][1]) if marks else start
        if end > start:
            marks.append((start, end, number))
    return marks


Mark = tuple[int, int, int]
"""Start, end, and number of a passage, or 0 for furniture inside a line."""


def _around(marks: Sequence[Mark], asides: Sequence[Mark]) -> list[Mark]:
    """The marks without what stands in asides, and the asides, in order."""
    parts = list(asides)
    for low, high, number in marks:
        for start, end, _ in asides:
            if low < start < high:
                parts.append((low, start, number))
            if start < high and low < end:
                low = max(low, end)
        if low < high:
            parts.append((low, high, number))
    return sorted(parts)


def _pieces(text: str, start: int, end: int, marks: Sequence[Mark], opened: set[int]) -> tuple[Piece, ...]:
    pieces, at = [], start
    for low, high, number in marks:
        low, high = max(low, at), min(high, end)
        if high <= low:
            continue
        if low > at:
            pieces.append(Piece(text[at:low]))
        pieces.append(Piece(text[low:high], number, bool(number) and number not in opened, aside=not number))
        opened.add(number)
        at = high
    if at < end:
        pieces.append(Piece(text[at:end]))
    return tuple(pieces)


def _blocks(lines: Sequence[TextLine]) -> tuple[Block, ...]:
    blocks = []
    for furniture, run in groupby(lines, key=lambda line: line.role == "furniture"):
        held = tuple(run)
        blocks.append(Block(furniture and len(held) >= FOLD_FROM, held))
    return tuple(blocks)
