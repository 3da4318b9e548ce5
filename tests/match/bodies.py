"""Clean articles for the tests of this folder: every line given is body."""

from __future__ import annotations

from collections.abc import Sequence

from dedup.match.profile import Profile, make_profile
from dedup.models import Article, CleanArticle
from dedup.settings import Settings


def body(name: str, lines: Sequence[str], furniture: Sequence[str] = ()) -> CleanArticle:
    """An article of body lines, followed by furniture."""
    return with_roles(name, [*lines, *furniture], "B" * len(lines) + "F" * len(furniture))


def with_roles(name: str, lines: Sequence[str], roles: str) -> CleanArticle:
    """An article of lines, of which line i has the role of letter i."""
    starts, ends, place = [], [], 0
    for line in lines:
        starts.append(place)
        ends.append(place + len(line))
        place += len(line) + 1
    text = "\n".join(lines)
    return CleanArticle(Article(name, text), text, tuple(starts), tuple(ends), roles)


def profile(name: str, lines: Sequence[str], furniture: Sequence[str] = ()) -> Profile:
    return make_profile(body(name, lines, furniture), Settings())
