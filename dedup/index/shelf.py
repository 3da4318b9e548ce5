"""Articles of the index as objects: read from records, with what was compared last kept at hand."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from dedup.index.codec import Facts, article_of, facts_of, key_of, page_of
from dedup.index.contract import Reading
from dedup.index.kept import Memory, Outline, Recent, Stamped, alone, outlines_of, rows_of
from dedup.match.outline import glance, outlined
from dedup.match.profile import Profile, make_profiles
from dedup.match.relation import compare_many
from dedup.models import CleanArticle, Match
from dedup.settings import Settings

TOGETHER = 32
"""Outlines or profiles made in one call: one by one they take half as long again."""
COMPARED = 512
"""Pairs compared in one call, so that not all profiles of a large call are held at once."""
CLEANED = 2048
"""Articles held within a transaction: some 10 kB each. What is let go of is read again."""

Pair = tuple[int, int]


class Shelf:
    """Articles and matches within one transaction."""

    def __init__(self, view: Reading, settings: Settings, memory: Memory) -> None:
        self._view = view
        self._settings = settings
        self._memory = memory
        self._cleaned: Recent[int, CleanArticle] = Recent(CLEANED)
        self._facts: dict[int, Facts] = {}

    def number(self, name: str) -> int | None:
        """The number of the article with this id, or None."""
        return self.numbers([name]).get(name)

    def numbers(self, names: Sequence[str]) -> dict[str, int]:
        """The numbers of those of these ids that are there."""
        posted = self._view.posted("name", [key_of(name) for name in names])
        facts = self.facts(sorted({number for numbers in posted.values() for number in numbers}))
        wanted = set(names)
        return {item.id: number for number, item in facts.items() if item.id in wanted}

    def take(self, number: int, clean: CleanArticle, facts: Facts, outline: Outline) -> None:
        """Hold an article that was just cleaned and written, in place of what was known of an older text of it."""
        self._cleaned.put(number, clean)
        self._facts[number] = facts
        self._memory.outlines.put((facts.id, facts.stamp), outline)

    def clean(self, number: int) -> CleanArticle:
        """The clean article of a number."""
        held = self._cleaned.get(number)
        return self._read([number])[number] if held is None else held

    def facts(self, numbers: Iterable[int]) -> dict[int, Facts]:
        """The facts of those of the articles that are there, each read once."""
        asked = list(numbers)
        missing = [number for number in asked if number not in self._facts]
        if missing:
            self._facts |= {number: facts_of(data) for number, data in self._view.get("facts", missing).items()}
        return {number: self._facts[number] for number in asked if number in self._facts}

    def load(self, numbers: Iterable[int]) -> None:
        """Read many articles at once."""
        self._read(sorted({number for number in numbers if self._cleaned.get(number) is None}))

    def compare_all(self, pairs: Sequence[Pair]) -> list[Match]:
        """The matches of many pairs of articles, in order: those at hand, and the others made now and kept."""
        stamped = self._stamped(pairs)
        keys = [_ordered(stamped[a], stamped[b]) for a, b in pairs]
        held = {key: self._memory.matches.get(key) for key in keys}
        missing = {key: pair for key, pair in zip(keys, pairs, strict=True) if held[key] is None}
        for key, match in zip(missing, self.compare_new(list(missing.values())), strict=True):
            self._memory.matches.put(key, match)
            held[key] = match
        return [match for match in (held[key] for key in keys) if match is not None]

    def compare_new(self, pairs: Sequence[Pair]) -> list[Match]:
        """The matches of pairs that nobody asks for again, in order; the lesser id first in each."""
        stamped = self._stamped(pairs)
        ordered = [(a, b) if stamped[a] < stamped[b] else (b, a) for a, b in pairs]
        parts = [ordered[at : at + COMPARED] for at in range(0, len(ordered), COMPARED)]
        return [match for part in parts for match in self._compared(part, stamped)]

    def _compared(self, pairs: Sequence[Pair], stamped: Mapping[int, Stamped]) -> list[Match]:
        """The same of a few pairs in their order: at a glance where that is enough, as in the batch."""
        rows = {number: row for row, number in enumerate(dict.fromkeys(number for pair in pairs for number in pair))}
        outlines = outlines_of(self._outlines({number: stamped[number] for number in rows}))
        seen = glance(outlines, np.array([(rows[a], rows[b]) for a, b in pairs], np.int32))
        left = [pair for pair, apart in zip(pairs, seen.unrelated.tolist(), strict=True) if not apart]
        profiles = self._profiles({number: stamped[number] for pair in left for number in pair})
        closer = iter(compare_many([(profiles[a], profiles[b]) for a, b in left], self._settings) if left else ())
        columns = zip(pairs, *(column.tolist() for column in seen), strict=True)
        return [
            Match(stamped[a][0], stamped[b][0], "unrelated", 0.0, told, 0.0, (0.0, 0.0), cosine)
            if apart
            else next(closer)
            for (a, b), apart, cosine, told in columns
        ]

    def forget(self, number: int) -> None:
        """Drop what is held of an article that left."""
        self._cleaned.drop(number)
        self._facts.pop(number, None)

    def _read(self, numbers: Sequence[int]) -> dict[int, CleanArticle]:
        """Articles from their records, held for a while."""
        pages = self._view.get("page", numbers) if numbers else {}
        articles = self._view.get("article", numbers) if numbers else {}
        found = {number: page_of(pages[number], article_of(data)) for number, data in articles.items()}
        for number, clean in found.items():
            self._cleaned.put(number, clean)
        return found

    def _cleaned_of(self, numbers: Sequence[int]) -> list[CleanArticle]:
        """Some articles, however few of all can be held."""
        held = {number: clean for number in numbers if (clean := self._cleaned.get(number)) is not None}
        held |= self._read([number for number in numbers if number not in held])
        return [held[number] for number in numbers]

    def _stamped(self, pairs: Iterable[Pair]) -> dict[int, Stamped]:
        facts = self.facts({number for pair in pairs for number in pair})
        return {number: (item.id, item.stamp) for number, item in facts.items()}

    def _outlines(self, wanted: Mapping[int, Stamped]) -> list[Outline]:
        """The outlines of articles, in order."""
        found = {number: self._memory.outlines.get(key) for number, key in wanted.items()}
        for part in _parts([number for number, outline in found.items() if outline is None]):
            drawn = outlined(self._cleaned_of(part), self._settings)
            for number, outline in zip(part, rows_of(drawn), strict=True):
                self._memory.outlines.put(wanted[number], outline)
                found[number] = outline
        return [outline for outline in found.values() if outline is not None]

    def _profiles(self, wanted: Mapping[int, Stamped]) -> dict[int, Profile]:
        found = {number: self._memory.profiles.get(key) for number, key in wanted.items()}
        for part in _parts([number for number, profile in found.items() if profile is None]):
            made = make_profiles(self._cleaned_of(part), self._settings)
            for number, profile in zip(part, map(alone, made), strict=True):
                self._memory.profiles.put(wanted[number], profile)
                found[number] = profile
        return {number: profile for number, profile in found.items() if profile is not None}


def _ordered(one: Stamped, other: Stamped) -> tuple[Stamped, Stamped]:
    return (one, other) if one < other else (other, one)


def _parts(numbers: Sequence[int]) -> list[Sequence[int]]:
    return [numbers[at : at + TOGETHER] for at in range(0, len(numbers), TOGETHER)]
