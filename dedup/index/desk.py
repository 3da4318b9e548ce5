"""The work of one writing transaction: articles in, articles out, and what that means for those already there."""

from __future__ import annotations

import json
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from dedup.errors import ArticleError
from dedup.index.answers import Verdict
from dedup.index.caps import add_caps
from dedup.index.codec import article_bytes, content_digest, core_of, match_bytes, match_of, place_of, plan_of
from dedup.index.contract import Reading, Writing
from dedup.index.keeping import Keeper, pair_key
from dedup.index.ledger import concerned, enter, evidence_for, leave, sharing, traces_of
from dedup.index.prepared import prepare, stamp_of
from dedup.index.shelf import Memory, Shelf
from dedup.index.telling import Teller
from dedup.index.web import Pair
from dedup.models import Article, Match
from dedup.settings import Settings
from dedup.stories.stories import group_id, story_id
from dedup.text.clean import clean

AT_ONCE = 32
"""Articles in a component up to which ``add`` works its stories out at once: some hundred compared pairs, 20 ms."""
STALE_AT_ONCE = 1
"""Articles that one ``add`` cleans anew because of what others said about their lines; more wait for the next ones or
for ``settle``. In a real feed every third article makes one stale; 4 at once took the slowest adds 80 ms."""
SHARERS = 256
"""Articles read again when one leaves, to know what is left of the evidence of the lines they share."""
REVISION_BITS = 16
COUNT = "articles"


class _Arrival(NamedTuple):
    """What is known of an article as it comes: the number of its text, the limits it met, its best match among those
    that were there before."""

    revision: int
    caps: Counter[str]
    match: Match | None


class Desk:
    """One transaction. ``finish`` must be called before it is committed."""

    def __init__(self, view: Writing, settings: Settings, memory: Memory, now: datetime) -> None:
        self._view = view
        self._settings = settings
        self._now = now
        self._shelf = Shelf(view, settings, memory)
        self._keeper = Keeper(view, settings, self._shelf)
        self._caps: Counter[str] = Counter()
        self._more = 0
        self._came: dict[int, _Arrival] = {}

    def add(self, article: Article) -> int:
        """Take an article in; its number. One that is there with the same content is left as it is."""
        if not article.text.strip() and not article.html:
            raise ArticleError(
                "has neither text nor html", place=f"article {article.id!r}", remedy="leave it out of the index"
            )
        number = self._shelf.number(article.id)
        revision = 1
        if number is None:
            number = (self._view.last("facts") or 0) + 1
            self._more += 1
        elif self._shelf.facts([number])[number].content == content_digest(article):
            return number
        else:
            revision = self._revise(number)
        before = Counter(self._keeper.caps)
        self._put(number, article)
        match = best_match(self._view, self._keeper, number)
        self._came[number] = _Arrival(revision, self._keeper.caps - before, match)
        return number

    def remove(self, number: int) -> None:
        """Take an article out, its text, keys and history, as if it had never come."""
        self._more -= 1
        self._take_out(number)
        self._teller().end(number)
        self._keeper.erase(number)
        self._view.drop("loose", [number])
        self._keeper.touched.discard(number)
        low = number << REVISION_BITS
        self._view.drop(
            "revision", [key for key, _ in self._view.scan("revision", low, low + (1 << REVISION_BITS) - 1)]
        )

    def settle(self, most: int | None = None) -> None:
        """Clean anew the articles whose evidence changed, ``most`` of them or all."""
        for at, (number, _) in enumerate(list(self._view.scan("stale"))):
            if most is not None and at >= most:
                return
            self._refresh(number)
            self._view.drop("stale", [number])

    def finish(self, most: int | None = AT_ONCE) -> None:
        """Tell the stories of whatever was touched, those that wait included when ``most`` is None."""
        self._keeper.save()
        waiting = self._keeper.touched
        if most is None:
            waiting |= {number for number, _ in self._view.scan("loose")}
        left = self._teller().retell(waiting, most)
        self._view.put("loose", ((number, b"") for number in sorted(left)))
        if most is None:
            self._view.drop("loose", [number for number, _ in self._view.scan("loose")])
        add_caps(self._view, self._caps + self._keeper.caps)
        if self._more:
            self._view.name(COUNT, str(article_count(self._view) + self._more))
            self._more = 0
        self._keeper.save()
        for number, arrival in sorted(self._came.items()):
            put_verdict(self._view, self._verdict(number, arrival), number)

    def put_all(self, articles: Sequence[tuple[int, Article]], pairs: set[Pair]) -> None:
        """Put articles into an index that was emptied, with exactly these pairs compared."""
        left = []
        for number, article in articles:
            traces = traces_of(article, _plain_text(article))
            enter(self._view, number, traces)
            left.append(traces)
        for (number, article), traces in zip(articles, left, strict=True):
            cleaned = clean(article, evidence_for(self._view, traces))
            self._keeper.insert(prepare(number, cleaned, traces, self._settings))
        self._keeper.impose(pairs, [number for number, _ in articles])

    def _teller(self) -> Teller:
        return Teller(self._view, self._settings, self._shelf, self._keeper.web, self._now)

    def _put(self, number: int, article: Article) -> None:
        traces = traces_of(article, _plain_text(article))
        changes = enter(self._view, number, traces)
        cleaned = clean(article, evidence_for(self._view, traces))
        self._keeper.insert(prepare(number, cleaned, traces, self._settings))
        self._mark_stale(concerned(self._view, number, traces, changes))

    def _take_out(self, number: int) -> None:
        cleaned = self._shelf.clean(number)
        traces = traces_of(cleaned.article, cleaned.text)
        near = sharing(self._view, number, traces)
        others = {}
        self._shelf.load(near[:SHARERS])
        for other in near[:SHARERS]:
            held = self._shelf.clean(other)
            others[other] = traces_of(held.article, held.text)
        changes, kept = leave(self._view, number, traces, others)
        self._caps["evidence_of_removed"] += kept
        self._mark_stale(concerned(self._view, number, traces, changes))
        self._keeper.extract(number)

    def _mark_stale(self, numbers: Iterable[int]) -> None:
        self._view.put("stale", ((number, b"") for number in numbers))

    def _refresh(self, number: int) -> None:
        if not self._shelf.facts([number]):
            return
        old = self._shelf.clean(number)
        traces = traces_of(old.article, old.text)
        fresh = clean(old.article, evidence_for(self._view, traces))
        if stamp_of(fresh) == stamp_of(old):
            return
        self._keeper.extract(number)
        self._keeper.insert(prepare(number, fresh, traces, self._settings))

    def _revise(self, number: int) -> int:
        """Keep the text that goes under the number of its revision; the number of the one that comes."""
        old = self._shelf.clean(number).article
        low = number << REVISION_BITS
        count = sum(1 for _ in self._view.scan("revision", low, low + (1 << REVISION_BITS) - 1)) + 1
        kept = json.dumps({"replaced": self._now.isoformat()}).encode()
        record = len(kept).to_bytes(4, "little") + kept + article_bytes(old)
        self._view.put("revision", [(low + count, record)])
        self._take_out(number)
        return count + 1

    def _verdict(self, number: int, arrival: _Arrival) -> Verdict:
        match = arrival.match
        place = self._view.get("place", [number]).get(number)
        deferred = place is None or bool(self._view.get("loose", [number]))
        story_id, group_id = _homes(self._view, self._shelf.clean(number).id, number, match, self._shelf.number)
        relation = match.relation if match else "unrelated"
        is_new = match is None or not (match.derived or match.relation == "same_story")
        met = {name: count for name, count in sorted(arrival.caps.items()) if count}
        name = self._shelf.clean(number).id
        return Verdict(name, relation, is_new, group_id, story_id, match, met, deferred, arrival.revision)


def article_count(view: Reading) -> int:
    """How many articles the index holds, without counting them."""
    return int(view.names().get(COUNT, "0"))


def _plain_text(article: Article) -> str:
    return article.text if article.text.strip() else clean(article).text


def best_match(view: Reading, keeper: Keeper, number: int) -> Match | None:
    """The pair of an article that says most: derived before same story before related, then by score."""
    others = keeper.web.kept(number)["other"].tolist()
    keys = [pair_key((min(number, other), max(number, other))) for other in others]
    found = view.get("match", keys)
    told = [(core_of(data), data) for data in found.values()]
    told = [(match, data) for match, data in told if match.relation != "unrelated"]
    best = max(told, key=lambda item: _weight(item[0]), default=None)
    return None if best is None else match_of(best[1])


def _weight(match: Match) -> tuple[bool, float, bool, float, float, str, str]:
    score = match.score if match.derived else 0.0
    same = match.relation == "same_story"
    return (match.derived, score + max(match.containment), same, match.same_story_score, match.cosine, match.a, match.b)


def _homes(
    view: Reading, name: str, number: int, match: Match | None, find: Callable[[str], int | None]
) -> tuple[str, str | None]:
    """Story and group of an article; where its own story waits to be told, those of its best match."""
    for at in (number, _other(match, name, find)):
        data = view.get("place", [at]).get(at) if at is not None else None
        if data is None or at is None:
            continue
        key = place_of(data).story
        plan = plan_of(view.get("story", [key])[key])
        group = plan.group(at)
        return plan.story_id, group_id(group) if len(group) > 1 else None
    return story_id([name]), None


def _name(match: Match, name: str) -> str:
    return match.b if match.a == name else match.a


def _other(match: Match | None, name: str, find: Callable[[str], int | None]) -> int | None:
    if match is None or not (match.derived or match.relation == "same_story"):
        return None
    return find(_name(match, name))


def put_verdict(view: Writing, verdict: Verdict, number: int) -> None:
    """Keep what was answered, so that a redelivery gets the same answer."""
    record = {
        "id": verdict.id,
        "relation": verdict.relation,
        "is_new": verdict.is_new,
        "group_id": verdict.group_id,
        "story_id": verdict.story_id,
        "caps": dict(verdict.caps),
        "deferred": verdict.deferred,
        "revision": verdict.revision,
    }
    head = zlib.compress(json.dumps(record, separators=(",", ":")).encode(), 1)
    view.put("verdict", [(number, head + (b"" if verdict.match is None else match_bytes(verdict.match)))])


def verdict_of(data: bytes) -> Verdict:
    """The verdict of ``put_verdict``."""
    unpack = zlib.decompressobj()
    record = json.loads(unpack.decompress(data))
    match = match_of(unpack.unused_data) if unpack.unused_data else None
    return Verdict(match=match, **record)
