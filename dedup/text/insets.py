"""Furniture set into a line of body text: boxes of links that a page shows beside a name and its plain text runs in.

The one kind known so far is that of The Hill, whose text goes "Sen. Marco Rubio Marco Antonio RubioGOP senators plan to
... Paul's demand rankles colleagues MORE (R-Fla.) said": behind a name its full form, headlines, and the word MORE.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

__all__ = ["insets_of"]

Span = tuple[int, int]

LAST = "MORE"
"""The word that ends a box."""

_NAME = r"[A-Z][\w.'’\-]*?[a-zß-ÿ][\w.'’\-]*"
_FULL = r"(?:[A-Z(][\w.'’()\-]*\s){0,5}"
_REST = r"[^\n]{10,1200}?\b" + LAST + r"\b"
_GLUED = re.compile(
    rf"(?<!\w)(?P<name>{_NAME})(?P<box>\s{_FULL}(?P=name)(?<=[a-zß-ÿ.])(?=[A-Z0-9“‘\"'(|]){_REST})",
)
"""A name, up to five capitalised words, the name again with a headline stuck to it, and text as far as LAST."""

_APART = re.compile(
    rf"(?<!\w)(?P<first>{_NAME})\s(?P<name>{_NAME})(?P<box>\s(?P=first)\s{_FULL}(?P=name)\s(?=[A-Z0-9“‘\"']){_REST})",
)
"""The same where a space was put between: then first and last name must both come again."""


def insets_of(text: str, lines: Iterable[Span]) -> tuple[Span, ...]:
    """Character ranges of ``text`` that are boxes inside the given lines, ascending and apart."""
    return tuple(_found(text, lines)) if LAST in text else ()


def _found(text: str, lines: Iterable[Span]) -> Iterator[Span]:
    for start, end in lines:
        if text.find(LAST, start, end) >= 0:
            yield from _in_line(text, start, end)


def _in_line(text: str, start: int, end: int) -> Iterator[Span]:
    """Boxes in one line; the slower expression is asked only about what the faster one left."""
    at = start
    for low, high in [*(match.span("box") for match in _GLUED.finditer(text, start, end)), (end, end)]:
        if text.find(LAST, at, low) >= 0:
            yield from (match.span("box") for match in _APART.finditer(text, at, low))
        if high > low:
            yield low, high
        at = high
