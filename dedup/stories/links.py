"""Matches as a graph: who was compared with whom, from either side."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from dedup.models import Match

Compare = Callable[[str, str], Match]


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
        return self.known(a, b) or self.compare(*key(a, b))

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
