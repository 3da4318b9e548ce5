"""Putting cleaned articles in and taking them out: keys, pairs, matches. The state that results depends on the set of
articles inside, not on the order they came in."""

from __future__ import annotations

import struct
from collections import Counter
from collections.abc import Iterable, Sequence

from dedup.index.codec import article_bytes, facts_bytes, key_of, match_bytes, page_bytes
from dedup.index.contract import Writing
from dedup.index.ledger import traces_of
from dedup.index.prepared import Prepared, prepare
from dedup.index.proposals import copies_of, near_to, post_copies, post_near, unpost_copies, unpost_near
from dedup.index.shelf import Shelf
from dedup.index.terms import term_lists
from dedup.index.web import Pair, Web
from dedup.settings import Settings

KINDS = ("copy", "near")
TWINS = 1000
"""Equal articles up to which another may come to stand for all of them; with more, the one that does stays, counted."""
NUMBER_BITS = 31
"""Of an article's number, so that the numbers of a pair fit one key."""
MARGIN = 1e-3
"""Links below the floor of stories by this much still count as edges: their scores are kept in single precision."""


def pair_key(pair: Pair) -> int:
    """The key of a pair's match."""
    return pair[0] << NUMBER_BITS | pair[1]


class Keeper:
    """Insertion and extraction within one transaction."""

    def __init__(self, view: Writing, settings: Settings, shelf: Shelf) -> None:
        self._view = view
        self._settings = settings
        self._shelf = shelf
        self.web = Web(view, settings)
        self.caps: Counter[str] = Counter()
        self.touched: set[int] = set()

    def insert(self, item: Prepared) -> None:
        """Post an article, find its pairs and compare them."""
        view, number = self._view, item.number
        view.put("article", [(number, article_bytes(item.clean.article))])
        view.put("page", [(number, page_bytes(item.clean))])
        view.put("facts", [(number, facts_bytes(item.facts))])
        view.post("name", [(key_of(item.clean.id), number)])
        view.post("time", _times(item))
        self._shelf.take(number, item.clean, item.facts)
        for kind in KINDS:
            self._join(kind, item)
        self._carry_out(number)
        self.touched.add(number)

    def extract(self, number: int) -> None:
        """Take an article's keys, pairs and matches away, as if it had never come. Its records stay."""
        item = self._prepared(number)
        for kind in KINDS:
            self._part(kind, item)
        self._carry_out()
        self.web.forget(number)
        self._view.unpost("time", _times(item))
        self.touched.add(number)

    def impose(self, wanted: set[Pair], numbers: Iterable[int]) -> None:
        """Compare exactly these pairs among the articles of these numbers."""
        listed: set[Pair] = set()
        kept: set[Pair] = set()
        for number in numbers:
            for pairs, links in ((listed, self.web.of(number)), (kept, self.web.kept(number))):
                pairs.update((min(number, other), max(number, other)) for other in links["other"].tolist())
        for pair in sorted((listed - wanted) | (wanted - kept)):
            self.web.impose(pair, pair in wanted)
        self._carry_out()

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
        return prepare(number, clean, traces_of(clean.article, clean.text), self._settings)

    def _carry_out(self, came: int | None = None) -> None:
        """Compare the pairs that are new and drop the matches of those that are gone.

        The stories of both articles of such a pair are to be told again; but a weak pair of the article that ``came``
        brings nothing to the other's story, unless something else makes them hang together.
        """
        changes = self.web.settle()
        for pair in sorted(changes.gone):
            self._view.drop("match", [pair_key(pair)])
            self.touched.update(pair)
        made = sorted(changes.made)
        matches = self._shelf.compare_all(made)
        self._view.put("match", [(pair_key(pair), match_bytes(m)) for pair, m in zip(made, matches, strict=True)])
        for pair, match in zip(made, matches, strict=True):
            self.web.note(pair, match)
            strong = match.derived or match.same_story_score >= self._settings.story_floor - MARGIN
            if strong or came not in pair:
                self.touched.update(pair)

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
            scores, caps = near_to(self._view, item, lists, self._settings)
            self.caps += caps
            post_near(self._view, item, lists)
        elif item.bands:
            scores = copies_of(self._view, item, self._settings)
            self.caps += post_copies(self._view, item, self._settings)
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


def _class_key(kind: str, item: Prepared) -> int:
    return item.facts.same if kind == "copy" else item.facts.alike


def _times(item: Prepared) -> list[tuple[int, int]]:
    published = item.clean.published
    return [(int(published.timestamp()), item.number)] if published else []
