"""Matches as a graph: who was compared with whom, from either side."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from dedup.models import Match

Ids = tuple[str, str]
Compare = Callable[[Sequence[Ids]], Sequence[Match]]
"""Answers for pairs of ids, the lesser first: many at once, since that is far cheaper than one by one."""

BACKGROUND = 0.15
"""Share of two texts, word for word the same, from which it may be background that makes them look alike."""

REST = 0.12
"""What two texts must have in common beside such background: TF-IDF cosine of the rest. Of the 126 partial pairs of two
labelled event sets and a day's crawl the least has .13; invented items of one agency and day with the same two
paragraphs of background have .03 to .11."""

WHOLE = frozenset(("copy", "excerpt", "rewrite"))
"""Relations of texts that are alike throughout, so that what they share is no mere background."""


@dataclass(frozen=True, slots=True)
class Links:
    """Every match by its two ids, and for each article the others it was compared with, ascending."""

    matches: Mapping[tuple[str, str], Match]
    neighbours: Mapping[str, tuple[str, ...]]
    compare: Compare

    @classmethod
    def of(cls, matches: Iterable[Match], compare: Compare) -> Links:
        """``compare`` answers for pairs that are not in ``matches``."""
        known = {key(match.a, match.b): match for match in matches if match.a != match.b}
        around: dict[str, list[str]] = {}
        for a, b in known:
            around.setdefault(a, []).append(b)
            around.setdefault(b, []).append(a)
        return cls(known, {name: tuple(sorted(others)) for name, others in around.items()}, compare)

    def known(self, a: str, b: str) -> Match | None:
        """The match of two articles, if they were candidates."""
        return self.matches.get(key(a, b))

    def between(self, a: str, b: str) -> Match:
        """The match of two articles, made now where they were no candidates."""
        return self.known(a, b) or self.compare([key(a, b)])[0]

    def between_all(self, pairs: Sequence[Ids]) -> list[Match]:
        """``between`` of each pair."""
        missing = [key(a, b) for a, b in pairs if not self.known(a, b)]
        made = dict(zip(missing, self.compare(missing), strict=True))
        return [self.known(a, b) or made[key(a, b)] for a, b in pairs]

    def around(self, name: str) -> Iterator[tuple[str, Match]]:
        """Other article and match, for every candidate pair of ``name``."""
        for other in self.neighbours.get(name, ()):
            yield other, self.matches[key(name, other)]


def key(a: str, b: str) -> tuple[str, str]:
    """Two ids in one order."""
    return (a, b) if a < b else (b, a)


def taken(match: Match, name: str) -> float:
    """Share of the text of ``name`` that the other article holds too, 0..1."""
    return match.containment[0] if match.a == name else match.containment[1]


def story_score(match: Match) -> float:
    """Probability that both tell the same event: 0 where hardly more is alike than passages that stand in both, as in
    the items that an agency ends with the same background all day."""
    shared = math.sqrt(match.containment[0] * match.containment[1])
    if match.relation in WHOLE or shared < BACKGROUND:
        return match.same_story_score
    return match.same_story_score if match.cosine - shared >= REST * (1 - shared) else 0.0
