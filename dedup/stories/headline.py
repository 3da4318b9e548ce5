"""The headline of a story: one of its members', that says what the members tell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from functools import lru_cache
from itertools import pairwise

from dedup.match.similarity import idf_of
from dedup.models import CleanArticle
from dedup.text.headlines import is_doubtful
from dedup.text.tokens import tokenise_many

__all__ = ["choose_headline", "shown_headline"]

LEAD_CHARACTERS = 600
"""Characters of the body that a headline sums up: the first two paragraphs."""

FULL = 24.0
"""Sum of idf above 1 that a headline needs to count in full: four words of a subject. "Print", "CBS News" or a date
hold less, so that a word that stands everywhere earns nothing."""

NEARLY = 0.75
"""The first headline in the given order with this share of the best support is taken: order is evidence too."""

OPENING_WORDS, OPENING_CHARACTERS = 12, 120
"""Of a text that has no headline; the second holds where a script has no spaces."""

NONE = "(no headline)"

TELLING = 4
"""Letters of a word that says something of a text; shorter ones stand in any."""

MOST = 40
"""Members looked at, in the given order; with more the choice does not change."""


def choose_headline(members: Sequence[CleanArticle]) -> str:
    """The headline whose words most members' headlines and openings hold; ``members`` most important first.

    A site's furniture that stands where a headline should ("Print", a date, a weather widget) is in no opening.
    Where no member has a headline, the opening words of the first member with a text; "(no headline)" without any.
    """
    members = members[:MOST]
    if len(members) == 1:
        return shown_headline(members[0]) or _opening_words(members[0]) or NONE
    openings = _words([_opening(item) for item in members])
    titles = [_headline(item) for item in members]
    weighed = zip(titles, _weights(titles), strict=True)
    supported = [(text, _support(words, at, openings)) for at, (text, words) in enumerate(weighed) if text]
    best = max((support for _, support in supported), default=0.0)
    for text, support in supported:
        if support >= NEARLY * best:
            return text
    return next((_opening_words(item) for item in members if item.body.strip()), NONE)


def shown_headline(item: CleanArticle) -> str | None:
    """The headline of an article; where a line of its page stands in place of one ("Print", a date, a caption's author)
    and says nothing of the text, the words that the text opens with."""
    headline = _headline(item)
    opening = _beginning(item).casefold()
    if not headline or any(word in opening for word in headline.casefold().split() if len(word) >= TELLING):
        return headline or None
    return (_opening_words(item) if _is_doubtful(headline) else "") or headline


@lru_cache(maxsize=1024)
def _is_doubtful(headline: str) -> bool:
    """Kept for the moment: an article's headline is looked at as a member's and as its story's."""
    return is_doubtful(headline)


def _beginning(item: CleanArticle) -> str:
    """The first LEAD_CHARACTERS of the body, without the rest of it."""
    if item.insets:
        return item.body[:LEAD_CHARACTERS]
    lines, size = [], 0
    for start, end, letter in zip(item.starts, item.ends, item.roles, strict=True):
        if letter == "B":
            lines.append(item.text[start:end])
            size += end - start + 1
            if size > LEAD_CHARACTERS:
                break
    return "\n".join(lines)[:LEAD_CHARACTERS]


def _headline(item: CleanArticle) -> str:
    return " ".join((item.headline or item.article.title or "").split())


def _opening(item: CleanArticle) -> str:
    return f"{_headline(item)}\n{_beginning(item)}"


def _opening_words(item: CleanArticle) -> str:
    words = _beginning(item).split()
    opening = " ".join(words[:OPENING_WORDS])[:OPENING_CHARACTERS]
    return opening + (" …" if len(words) > OPENING_WORDS or len(opening) == OPENING_CHARACTERS else "")


def _words(texts: Sequence[str]) -> list[frozenset[int]]:
    """The different words of each text, as hashes."""
    packed = tokenise_many(texts)
    hashes, bounds = packed.hashes.tolist(), packed.indptr.tolist()
    return [frozenset(hashes[start:end]) for start, end in pairwise(bounds)]


def _weights(texts: Sequence[str]) -> list[dict[int, float]]:
    """The different words of each text, as hashes, and how rare they are."""
    packed = tokenise_many(texts)
    hashes, bounds = packed.hashes.tolist(), packed.indptr.tolist()
    rare = (idf_of(packed.hashes) - 1.0).tolist()
    return [dict(sorted(zip(hashes[low:high], rare[low:high], strict=True))) for low, high in pairwise(bounds)]


def _support(weights: Mapping[int, float], number: int, openings: Sequence[Set[int]]) -> float:
    """Mean share of a headline's rare words in the other openings (in its own body's, where it is alone)."""
    full = max(sum(weights.values()), FULL)
    others = [opening for at, opening in enumerate(openings) if at != number] or [openings[number]]
    held = sum(weight for opening in others for word, weight in weights.items() if word in opening)
    return round(held / (full * len(others)), 6)
