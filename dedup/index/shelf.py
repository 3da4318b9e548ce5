"""Articles of the index as objects: read from records, with the profiles of those compared last kept at hand."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass, field

from dedup.index.codec import article_of, facts_of, key_of, match_bytes, match_of, page_of
from dedup.index.contract import Reading
from dedup.match.profile import Profile, make_profile
from dedup.match.relation import compare_profiles
from dedup.models import CleanArticle, Match
from dedup.settings import Settings

PROFILES = 2048
"""Profiles kept: about 50 kB each. A new article is mostly compared with those of the same day."""


@dataclass(slots=True)
class Profiles:
    """The profiles used last, by number and stamp: an article cleaned anew, by any process, is another entry."""

    held: OrderedDict[tuple[int, bytes], Profile] = field(default_factory=OrderedDict)

    def get(self, number: int, stamp: bytes) -> Profile | None:
        profile = self.held.get((number, stamp))
        if profile is not None:
            self.held.move_to_end((number, stamp))
        return profile

    def put(self, number: int, stamp: bytes, profile: Profile) -> None:
        self.held[(number, stamp)] = profile
        while len(self.held) > PROFILES:
            self.held.popitem(last=False)


class Shelf:
    """Articles and matches within one transaction."""

    def __init__(self, view: Reading, settings: Settings, profiles: Profiles) -> None:
        self._view = view
        self._settings = settings
        self._profiles = profiles
        self._cleaned: dict[int, CleanArticle] = {}
        self._stamps: dict[int, bytes] = {}
        self._compared: dict[tuple[int, int], Match] = {}

    def number(self, name: str) -> int | None:
        """The number of the article with this id, or None."""
        numbers = self._view.posted("name", [key_of(name)]).get(key_of(name), [])
        for number, data in self._view.get("facts", numbers).items():
            if facts_of(data).id == name:
                return number
        return None

    def take(self, number: int, clean: CleanArticle) -> None:
        """Hold an article that was just cleaned; what was known of an older text of it is forgotten."""
        if number in self._cleaned:
            self.forget(number)
        self._cleaned[number] = clean

    def clean(self, number: int) -> CleanArticle:
        """The clean article of a number."""
        self.load([number])
        return self._cleaned[number]

    def load(self, numbers: Iterable[int]) -> None:
        """Read many articles at once."""
        wanted = sorted({number for number in numbers if number not in self._cleaned})
        pages = self._view.get("page", wanted)
        for number, data in self._view.get("article", wanted).items():
            self._cleaned[number] = page_of(pages[number], article_of(data))

    def compare(self, a: int, b: int) -> Match:
        """The match of two articles, made now unless it was made in this transaction; lesser id first."""
        pair = (a, b) if a < b else (b, a)
        if pair not in self._compared:
            one, other = sorted((self._profile(a), self._profile(b)), key=lambda profile: profile.id)
            # As it is read back from the store, so that a match is the same object fresh or stored.
            self._compared[pair] = match_of(match_bytes(compare_profiles(one, other, self._settings)))
        return self._compared[pair]

    def forget(self, number: int) -> None:
        """Drop what is held of an article that left."""
        self._cleaned.pop(number, None)
        self._stamps.pop(number, None)
        self._compared = {pair: match for pair, match in self._compared.items() if number not in pair}

    def _profile(self, number: int) -> Profile:
        stamp = self._stamp(number)
        profile = self._profiles.get(number, stamp)
        if profile is None:
            profile = make_profile(self.clean(number), self._settings)
            self._profiles.put(number, stamp, profile)
        return profile

    def _stamp(self, number: int) -> bytes:
        if number not in self._stamps:
            self._stamps[number] = facts_of(self._view.get("facts", [number])[number]).stamp
        return self._stamps[number]
