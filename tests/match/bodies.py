"""Clean articles for the tests of this folder: every line given is body."""

from __future__ import annotations

from collections.abc import Sequence

from dedup.match.profile import Profile, make_profile
from dedup.models import Article, CleanArticle
from dedup.settings import Settings


def body(name: str, lines: Sequence[str], furniture: Sequence[str] = ()) -> CleanArticle:
    """An article of body lines, followed by furniture."""
    every = [*lines, *furniture]
    starts, ends, place = [], [], 0
    for line in every:
        starts.append(place)
        ends.append(place + len(line))
        place += len(line) + 1
    text = "\n".join(every)
    roles = "B" * len(lines) + "F" * len(furniture)
    return CleanArticle(Article(name, text), text, tuple(starts), tuple(ends), roles)


def profile(name: str, lines: Sequence[str], furniture: Sequence[str] = ()) -> Profile:
    return make_profile(body(name, lines, furniture), Settings())
