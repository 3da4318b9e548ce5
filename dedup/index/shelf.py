"""Articles of the index as objects: read from records, with what was compared last kept at hand."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Generic, TypeVar

from dedup.index.codec import Facts, article_of, facts_of, key_of, page_of
from dedup.index.contract import Reading
from dedup.match.profile import Profile, make_profiles
from dedup.match.relation import compare_many
from dedup.models import CleanArticle, Match
from dedup.settings import Settings

PROFILES = 3072
"""Profiles kept: about 40 kB each. A new article is mostly compared with those of the same day."""
MATCHES = 16384
"""Matches kept: about 2 kB each. Grouping asks again for those of a growing story that are no candidate pairs."""
TOGETHER = 8
"""Profiles made in one call: they share arrays that live as long as one of them is kept."""
COMPARED = 1024
"""Pairs compared in one call, so that not all profiles of a large call are held at once."""

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")
Stamped = tuple[str, bytes]


class Recent(Generic[Key, Value]):
    """The ``most`` values used last, by key."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._held: OrderedDict[Key, Value] = OrderedDict()

    def get(self, key: Key) -> Value | None:
        """The value under a key, now the one used last; or None."""
        value = self._held.get(key)
        if value is not None:
            self._held.move_to_end(key)
        return value

    def put(self, key: Key, value: Value) -> None:
        """Keep a value; the one not used for longest goes when there are too many."""
        self._held[key] = value
        while len(self._held) > self._most:
            self._held.popitem(last=False)


@dataclass(frozen=True, slots=True)
class Memory:
    """Profiles and matches of earlier transactions, by id and stamp: an article cleaned anew, by any process, is
    another entry."""

    profiles: Recent[Stamped, Profile] = field(default_factory=lambda: Recent(PROFILES))
    matches: Recent[tuple[Stamped, Stamped], Match] = field(default_factory=lambda: Recent(MATCHES))


class Shelf:
    """Articles and matches within one transaction."""

    def __init__(self, view: Reading, settings: Settings, memory: Memory) -> None:
        self._view = view
        self._settings = settings
        self._memory = memory
        self._cleaned: dict[int, CleanArticle] = {}
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

    def take(self, number: int, clean: CleanArticle, facts: Facts) -> None:
        """Hold an article that was just cleaned, in place of what was known of an older text of it."""
        self._cleaned[number] = clean
        self._facts[number] = facts

    def clean(self, number: int) -> CleanArticle:
        """The clean article of a number."""
        if number not in self._cleaned:
            self.load([number])
        return self._cleaned[number]

    def facts(self, numbers: Iterable[int]) -> dict[int, Facts]:
        """The facts of those of the articles that are there, each read once."""
        asked = list(numbers)
        missing = [number for number in asked if number not in self._facts]
        if missing:
            self._facts |= {number: facts_of(data) for number, data in self._view.get("facts", missing).items()}
        return {number: self._facts[number] for number in asked if number in self._facts}

    def load(self, numbers: Iterable[int]) -> None:
        """Read many articles at once."""
        wanted = sorted({number for number in numbers if number not in self._cleaned})
        if not wanted:
            return
        pages = self._view.get("page", wanted)
        for number, data in self._view.get("article", wanted).items():
            self._cleaned[number] = page_of(pages[number], article_of(data))

    def compare(self, a: int, b: int) -> Match:
        """The match of two articles; lesser id first."""
        return self.compare_all([(a, b)])[0]

    def compare_all(self, pairs: Sequence[tuple[int, int]]) -> list[Match]:
        """The matches of many pairs of articles, in order: those at hand, and the others made in one call."""
        numbers = {number for pair in pairs for number in pair}
        stamped = {number: (facts.id, facts.stamp) for number, facts in self.facts(numbers).items()}
        keys = [_ordered(stamped[a], stamped[b]) for a, b in pairs]
        held = {key: self._memory.matches.get(key) for key in keys}
        missing = [key for key, match in held.items() if match is None]
        known = {stamp: number for number, stamp in stamped.items()}
        for at in range(0, len(missing), COMPARED):
            part = missing[at : at + COMPARED]
            profiles = self._profiles({stamp: known[stamp] for key in part for stamp in key})
            made = compare_many([(profiles[one], profiles[other]) for one, other in part], self._settings)
            for key, match in zip(part, made, strict=True):
                self._memory.matches.put(key, match)
                held[key] = match
        return [match for match in (held[key] for key in keys) if match is not None]

    def forget(self, number: int) -> None:
        """Drop what is held of an article that left."""
        self._cleaned.pop(number, None)
        self._facts.pop(number, None)

    def _profiles(self, wanted: Mapping[Stamped, int]) -> dict[Stamped, Profile]:
        found = {key: self._memory.profiles.get(key) for key in wanted}
        missing = iter([key for key, profile in found.items() if profile is None])
        while part := list(islice(missing, TOGETHER)):
            self.load(wanted[key] for key in part)
            made = _trimmed(make_profiles([self._cleaned[wanted[key]] for key in part], self._settings))
            for key, profile in zip(part, made, strict=True):
                self._memory.profiles.put(key, profile)
                found[key] = profile
        return {key: profile for key, profile in found.items() if profile is not None}


def _ordered(one: Stamped, other: Stamped) -> tuple[Stamped, Stamped]:
    return (one, other) if one < other else (other, one)


def _trimmed(profiles: Sequence[Profile]) -> list[Profile]:
    """The same without the room left over at the end of their arrays: a third of what they hold."""
    packed = profiles[0].packed
    fitting = packed._replace(
        sets=packed.sets.copy(),
        loads=packed.loads.copy(),
        term_sentence=packed.term_sentence.copy(),
        sizes=packed.sizes.copy(),
        norms=packed.norms.copy(),
    )
    return [replace(profile, packed=fitting) for profile in profiles]
