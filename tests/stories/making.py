"""Articles and matches for the tests of stories, from plain words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from dedup.models import Article, CleanArticle, Credit, Match, Relation

DAY = datetime(2024, 3, 18, tzinfo=UTC)


def article(
    name: str,
    text: str = "Some text of its own.",
    *,
    headline: str | None = None,
    url: str | None = None,
    canonical: str | None = None,
    credits: tuple[str, ...] = (),
    hours: float | None = None,
) -> CleanArticle:
    """An article all of whose text is body; ``hours`` after the start of one day, or undated."""
    when = None if hours is None else DAY + timedelta(hours=hours)
    source = Article(name, text, headline, url, published=when, canonical=canonical)
    named = tuple(Credit(agency, f"({agency})", 0.9) for agency in credits)
    return CleanArticle(source, text, (0,), (len(text),), "B", headline=headline, credits=named, published=when)


def match(
    a: str,
    b: str,
    relation: Relation,
    *,
    held: tuple[float, float] = (0.9, 0.9),
    jaccard: float = 0.8,
    story: float = 0.9,
    score: float = 0.9,
) -> Match:
    """A compared pair; ``held`` is the share of a in b and of b in a; ``score`` counts where it is derived."""
    derived = relation in ("copy", "excerpt", "partial", "rewrite")
    return Match(a, b, relation, score if derived else 0.1, story, jaccard, held if derived else (0.0, 0.0), 0.5)


class Table:
    """A compare function from the given matches; every other pair is unrelated."""

    def __init__(self, *matches: Match) -> None:
        self.matches = matches
        self._known: Mapping[frozenset[str], Match] = {frozenset((m.a, m.b)): m for m in matches}

    def __call__(self, pairs: Sequence[tuple[str, str]]) -> list[Match]:
        return [self.of(a, b) for a, b in pairs]

    def of(self, a: str, b: str) -> Match:
        return self._known.get(frozenset((a, b))) or match(a, b, "unrelated", story=0.0)
