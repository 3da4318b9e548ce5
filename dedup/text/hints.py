"""Expressions that are only asked where a plain search finds one of the words that they need."""

from __future__ import annotations

import re
from typing import NamedTuple


class Hinted(NamedTuple):
    """``pattern``, and strings in lower case of which every ASCII text that it finds something in holds one."""

    pattern: re.Pattern[str]
    hints: tuple[str, ...]

    def finds(self, line: str, low: str) -> bool:
        """Whether the pattern finds something in a line; ``low`` is the line in lower case.

        Other letters than ASCII are left to the pattern: some are of one case with ASCII letters (\u017f and s).
        """
        if low.isascii():
            for hint in self.hints:
                if hint in low:
                    break
            else:
                return False
        return bool(self.pattern.search(line))


def hints_of(alternatives: str) -> tuple[str, ...]:
    """Hints of an expression of plain words and phrases, joined by bars as in ``signatures``: the longest part of each,
    none that holds another one."""
    longest = {max(re.sub(r"\\(?!s)", "", one).split(r"\s+"), key=len) for one in alternatives.split("|")}
    parts = {part for part in longest if part.isascii()}
    return tuple(sorted(part for part in parts if not any(other in part for other in parts - {part})))


def initials_of(alternatives: str) -> str:
    """Set of the letters that such an expression can begin with in any case, ready to stand in brackets."""
    first = {word[0] for word in alternatives.split("|")}
    return "".join(sorted(first | {char.upper() for char in first} | set("\u0130\u0131\u017f\u212a")))
