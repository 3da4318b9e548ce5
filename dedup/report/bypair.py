"""The matches of a result by the ids of their articles, without a copy of those that wait in a file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from dedup.models import Match


class MatchesByPair(Mapping[tuple[str, str], Match]):
    """Reads a match when it is asked for."""

    def __init__(self, matches: Sequence[Match]) -> None:
        self._matches = matches
        self._places = {(match.a, match.b): at for at, match in enumerate(matches)}

    def __getitem__(self, pair: tuple[str, str]) -> Match:
        return self._matches[self._places[pair]]

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)
