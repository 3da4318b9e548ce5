"""Putting cleaned articles in and taking them out: keys, pairs, matches. The state that results depends on the set of
articles inside, not on the order they came in."""

from __future__ import annotations

import struct
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from dedup.index.codec import article_bytes, facts_bytes, facts_of, key_of, match_bytes, page_bytes
from dedup.index.contract import Reading, Writing
from dedup.index.ledger import traces_of
from dedup.index.prepared import Prepared, prepare
from dedup.index.proposals import buckets_of, copies_of, near_to, post_copies, post_near, unpost_copies, unpost_near
from dedup.index.shelf import Shelf
from dedup.index.terms import term_lists
from dedup.index.web import Changes, Pair, Web
from dedup.models import Match
from dedup.settings import Settings

KINDS = ("copy", "near")
TWINS = 1000
"""Equal articles up to which another may come to stand for all of them; with more, the one that does stays, counted."""
NUMBER_BITS = 31
"""Of an article's number, so that the numbers of a pair fit one key."""


def pair_key(pair: Pair) -> int:
    """The key of a pair's match: the matches of an article that comes are written side by side."""
    return pair[1] << NUMBER_BITS | pair[0]


class Arrival(NamedTuple):
    """What was met as an article came: its number, the limits, and its pairs with what was there before."""

    number: int
    caps: Counter[str]
    matches: tuple[Match, ...]


class _Due:
    """Pairs to compare and matches to drop at the end of a call: what is left of all that happened in it.

    ``asked`` are all pairs that were wanted at some time; ``brought`` those of an article that came itself.
    """

    def __init__(self) -> None:
        self.made: set[Pair] = set()
        self.gone: set[Pair] = set()
        self.asked: set[Pair] = set()
        self.brought: set[Pair] = set()

    def add(self, changes: Changes, came: int | None = None) -> list[Pair]:
        """Take in what happened; the new pairs of the article that ``came``."""
        for pair in changes.gone:
            if pair in self.made:
                self.made.discard(pair)
            else:
                self.gone.add(pair)
        for pair in changes.made:
            self.asked.add(pair)
            if pair in self.gone:
                self.gone.discard(pair)
            else:
                self.made.add(pair)
        own = sorted(pair for pair in changes.made if came in pair)
        self.brought.update(own)
        return own


class Keeper:
    """Insertion and extraction within one transaction."""

    def __init__(self, view: Writing, settings: Settings, shelf: Shelf) -> None:
        self._view = view
        self._settings = settings
        self._shelf = shelf
        self.web = Web(view, settings, shelf.facts)
        self.caps: Counter[str] = Counter()
        self.touched: set[int] = set()

    def insert(self, items: Sequence[Prepared]) -> list[Arrival]:
        """Post articles one after the other, find the pairs of each, and compare all of them at once."""
        view = self._view
        view.put("article", [(item.number, article_bytes(item.clean.article)) for item in items])
        view.put("page", [(item.number, page_bytes(item.page)) for item in items])
        view.put("facts", [(item.number, facts_bytes(item.facts)) for item in items])
        view.post("name", [(key_of(item.clean.id), item.number) for item in items])
        view.post("time", [row for item in items for row in _times(item)])
        for item in items:
            self._shelf.take(item.number, item.clean, item.facts, item.outline)
        due = _Due()
        found = []
        for item in items:
            before = Counter(self.caps)
            for kind in KINDS:
                self._join(kind, item)
            made = due.add(self.web.settle(), item.number)
            found.append((item.number, self.caps - before, made))
            self.touched.add(item.number)
        matches = self._carry_out(due)
        return [Arrival(number, caps, tuple(matches[pair] for pair in made)) for number, caps, made in found]

    def extract(self, items: Iterable[Prepared]) -> None:
        """Take the keys, pairs and matches of articles away, as if they had never come. Their records stay."""
        for item in items:
            for kind in KINDS:
                self._part(kind, item)
            self._settle()
            self.web.forget(item.number)
            self._view.unpost("time", _times(item))
            self.touched.add(item.number)

    def erase(self, number: int) -> None:
        """Delete the records of an article that was extracted."""
        name = self._name(number)
        self._view.unpost("name", [(key_of(name), number)])
        for table in ("article", "page", "facts", "verdict", "stale"):
            self._view.drop(table, [number])
        self._shelf.forget(number)

    def save(self) -> None:
        """Write the links of all articles that were touched."""
        self.web.save(self._view)
        self.caps["pairs_held"] += self.web.dropped
        self.web.dropped = 0

    def _prepared(self, number: int) -> Prepared:
        clean = self._shelf.clean(number)
        return prepare([number], [clean], traces_of([clean.article], [clean.text]), self._settings)[0]

    def _settle(self) -> None:
        due = _Due()
        due.add(self.web.settle())
        self._carry_out(due)

    def _carry_out(self, due: _Due) -> dict[Pair, Match]:
        """Drop the matches of the pairs that are gone, and compare those that are new; the matches of all pairs that
        were wanted at any time.

        The stories of both articles of such a pair are to be told again; but a pair of an article that came changes
        nothing among those that were there.
        """
        gone = sorted(due.gone)
        self._view.drop("match", [pair_key(pair) for pair in gone])
        self.touched.update(number for pair in gone for number in pair)
        asked = sorted(due.asked)
        matches = dict(zip(asked, self._shelf.compare_new(asked), strict=True))
        made = sorted(due.made)
        self._view.put("match", [(pair_key(pair), match_bytes(matches[pair])) for pair in made])
        for pair in made:
            match = matches[pair]
            self.web.note(pair, match)
            if pair not in due.brought:
                self.touched.update(pair)
        return matches

    # --- articles of equal words, of which one stands for all ----------------------------------------------------

    def _join(self, kind: str, item: Prepared) -> None:
        key = _class_key(kind, item)
        if not key:
            return
        first = self._first(key)
        self._view.post("same", [(key, item.number)])
        if first is None:
            self._stand(kind, item)
            return
        if self._name(first) < item.clean.id:
            self.web.twin(item.number, first, kind, True)
            return
        others = [number for number in self._view.posted("same", [key])[key] if number != item.number]
        if len(others) > TWINS:
            self.caps["equal_articles"] += 1
            self.web.twin(item.number, first, kind, True)
            return
        self._stand_down(kind, self._prepared(first), others)
        self._stand(kind, item)
        self._follow(kind, item.number, others)

    def _part(self, kind: str, item: Prepared) -> None:
        key = _class_key(kind, item)
        if not key:
            return
        first = self._first(key)
        self._view.unpost("same", [(key, item.number)])
        if first != item.number:
            if first is not None:
                self.web.twin(item.number, first, kind, False)
            return
        others = self._view.posted("same", [key]).get(key, [])
        self._stand_down(kind, item, others)
        self._view.drop("first", [key])
        if others:
            self.caps["equal_articles"] += len(others) > TWINS
            heir = min(others[: TWINS + 1], key=self._name)
            self._stand(kind, self._prepared(heir))
            self._follow(kind, heir, [number for number in others if number != heir])

    def _stand(self, kind: str, item: Prepared) -> None:
        """Post an article that stands for all of its words, and list its pairs."""
        self._view.put("first", [(_class_key(kind, item), struct.pack("<q", item.number))])
        if kind == "near":
            lists = term_lists(self._view, item.facts.ids, self._settings.neighbour_bucket)
            scores, caps = near_to(item, lists, self._settings, self._shelf.facts)
            self.caps += caps
            post_near(self._view, item, lists)
        elif item.bands:
            buckets = buckets_of(self._view, item)
            scores = copies_of(item, buckets, self._settings, self._shelf.facts)
            self.caps += post_copies(self._view, item, buckets, self._settings)
        else:
            return
        self.web.link(item.number, kind, scores)

    def _stand_down(self, kind: str, item: Prepared, others: Sequence[int]) -> None:
        unpost_near(self._view, item) if kind == "near" else unpost_copies(self._view, item)
        self.web.unlink(item.number, kind)
        for other in others:
            if other != item.number:
                self.web.twin(other, item.number, kind, False)

    def _follow(self, kind: str, first: int, others: Sequence[int]) -> None:
        for other in others:
            self.web.twin(other, first, kind, True)

    def _first(self, key: int) -> int | None:
        data = self._view.get("first", [key]).get(key)
        return None if data is None else int(struct.unpack("<q", data)[0])

    def _name(self, number: int) -> str:
        return self._shelf.facts([number])[number].id


def equals_of(view: Reading, number: int, most: int | None = None) -> list[int]:
    """The articles that this one stands for (``most`` a kind, at least): their pairs with it are in their lists, and
    not in its own."""
    facts = facts_of(view.get("facts", [number])[number])
    keys = [key for key in (facts.same, facts.alike) if key]
    held = view.get("first", keys)
    own = [key for key in keys if key in held and struct.unpack("<q", held[key])[0] == number]
    limit = None if most is None else most + 1
    return sorted({other for numbers in view.posted("same", own, limit).values() for other in numbers} - {number})


def _class_key(kind: str, item: Prepared) -> int:
    return item.facts.same if kind == "copy" else item.facts.alike


def _times(item: Prepared) -> list[tuple[int, int]]:
    published = item.clean.published
    return [(int(published.timestamp()), item.number)] if published else []
