"""The work of one writing transaction: articles in, articles out, and what that means for those already there."""

from __future__ import annotations

import json
import struct
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from itertools import islice
from typing import NamedTuple

from dedup.errors import ArticleError
from dedup.index.answers import Verdict
from dedup.index.caps import add_caps
from dedup.index.codec import article_bytes, content_digest, match_bytes, match_of, place_of, plan_of
from dedup.index.contract import Reading, Writing
from dedup.index.keeping import Keeper
from dedup.index.kept import Memory
from dedup.index.ledger import concerned, enter, evidence_for, leave, sharing, traces_of, traces_seen
from dedup.index.prepared import prepare, stamp_of
from dedup.index.shelf import Shelf
from dedup.index.telling import Teller
from dedup.models import Article, Match
from dedup.settings import Settings
from dedup.stories.stories import group_id, story_id
from dedup.text.clean import clean, clean_looked, look_at

AT_ONCE = 32
"""Articles to be looked at up to which ``add`` works stories out at once: some hundred compared pairs, 20 ms."""
STALE_TOGETHER = 8
"""Articles whose lines others said something new about, from which on ``add`` cleans them anew, so many at once: in one
call they cost a third. Fewer wait for the next ones or for ``settle``."""
TOGETHER = 256
"""Articles cleaned, sketched and compared in one call."""
SHARERS = 256
"""Articles read again when one leaves, to know what is left of the evidence of the lines they share."""
REVISION_BITS = 16
COUNT = "articles"


class _Came(NamedTuple):
    """What is known of an article as it comes: the number of its text, the limits it met, its best match among those
    that were there before."""

    revision: int
    caps: Counter[str]
    match: Match | None


class _Fresh(NamedTuple):
    """An article that is to be put in."""

    number: int
    article: Article
    revision: int


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
        self._came: dict[int, _Came] = {}
        self._given: dict[int, Verdict] = {}

    def add(self, articles: Sequence[Article]) -> list[int]:
        """Take articles in; their numbers. One that is there with the same content is left as it is."""
        refuse_empty(articles)
        return [number for part in _distinct(articles) for number in self._add_some(part)]

    def _add_some(self, articles: Sequence[Article]) -> list[int]:
        """The same for a few articles of different ids."""
        known = self._shelf.numbers([article.id for article in articles])
        new = any(article.id not in known for article in articles)
        following = (self._view.last("facts") or 0) + 1 if new else 0
        numbers, fresh = [], []
        for article in articles:
            number, revision = known.get(article.id), 1
            if number is None:
                number, following = following, following + 1
                self._more += 1
            elif self._shelf.facts([number])[number].content == content_digest(article):
                numbers.append(number)
                continue
            else:
                revision = self._revise(number)
            numbers.append(number)
            fresh.append(_Fresh(number, article, revision))
        if fresh:
            self._put(fresh)
        return numbers

    def remove(self, number: int) -> None:
        """Take an article out, its text, keys and history, as if it had never come."""
        self._more -= 1
        self._take_out(number)
        self._keeper.touched |= self._teller().end(number)
        self._keeper.erase(number)
        self._view.drop("loose", [number])
        self._keeper.touched.discard(number)
        low = number << REVISION_BITS
        self._view.drop(
            "revision", [key for key, _ in self._view.scan("revision", low, low + (1 << REVISION_BITS) - 1)]
        )

    def settle(self, most: int | None = None) -> None:
        """Clean anew the articles whose evidence changed: all, or ``most`` of them if so many wait."""
        stale = self._view.scan("stale")
        waiting = [number for number, _ in (stale if most is None else islice(stale, most))]
        if most is not None and len(waiting) < min(most, STALE_TOGETHER):
            return
        for at in range(0, len(waiting), TOGETHER):
            self._refresh(waiting[at : at + TOGETHER])
        self._view.drop("stale", waiting)

    def finish(self, most: int | None = AT_ONCE) -> None:
        """Tell the stories of whatever was touched, those that wait included when ``most`` is None."""
        self._keeper.save()
        teller, waiting = self._teller(), self._keeper.touched
        if most is None:
            teller.retell_all(waiting | {number for number, _ in self._view.scan("loose")})
            teller.clear()
        else:
            teller.defer(teller.retell(waiting, most))
        add_caps(self._view, self._caps + self._keeper.caps)
        if self._more:
            self._view.name(COUNT, str(article_count(self._view) + self._more))
            self._more = 0
        self._keeper.save()
        self._give_verdicts()

    @property
    def took(self) -> bool:
        """Whether an article came that was not known as it is."""
        return bool(self._came)

    def verdicts(self, numbers: Sequence[int]) -> list[Verdict]:
        """The verdicts of articles by number: those just given, those given when they came."""
        held = self._view.get("verdict", sorted({number for number in numbers if number not in self._given}))
        return [self._given[n] if n in self._given else verdict_of(held[n]) for n in numbers]

    def _teller(self) -> Teller:
        return Teller(self._view, self._settings, self._shelf, self._keeper.web, self._now)

    def _put(self, fresh: Sequence[_Fresh]) -> None:
        articles, numbers = [one.article for one in fresh], [one.number for one in fresh]
        looked = look_at(articles)
        traces = traces_seen(looked, [_plain_text(article) for article in articles])
        evidence, changes = enter(self._view, list(zip(numbers, traces, strict=True)))
        cleaned = clean_looked(looked, evidence)
        arrivals = self._keeper.insert(prepare(numbers, cleaned, traces, self._settings))
        self._mark_stale(concerned(self._view, numbers, changes, self._shelf.facts))
        for one, arrival in zip(fresh, arrivals, strict=True):
            self._came[one.number] = _Came(one.revision, arrival.caps, best_match(arrival.matches))

    def _take_out(self, number: int) -> None:
        cleaned = self._shelf.clean(number)
        traces = traces_of([cleaned.article], [cleaned.text])[0]
        near = sharing(self._view, number, traces)[:SHARERS]
        self._shelf.load(near)
        held = [self._shelf.clean(other) for other in near]
        others = traces_of([other.article for other in held], [other.text for other in held])
        changes, kept = leave(self._view, number, traces, dict(zip(near, others, strict=True)))
        self._caps["evidence_of_removed"] += kept
        self._mark_stale(concerned(self._view, [number], changes, self._shelf.facts))
        self._keeper.extract(prepare([number], [cleaned], [traces], self._settings))

    def _mark_stale(self, numbers: Iterable[int]) -> None:
        self._view.put("stale", ((number, b"") for number in numbers))

    def _refresh(self, numbers: Sequence[int]) -> None:
        there = list(self._shelf.facts(numbers))
        if not there:
            return
        self._shelf.load(there)
        old = [self._shelf.clean(number) for number in there]
        looked = look_at([item.article for item in old])
        traces = traces_seen(looked, [item.text for item in old])
        cleaned = clean_looked(looked, evidence_for(self._view, traces))
        facts = self._shelf.facts(there)
        known = [facts[number] for number in there]
        changed = [at for at, item in enumerate(cleaned) if stamp_of(item, known[at].content) != known[at].stamp]
        if not changed:
            return
        numbers, traces = [there[at] for at in changed], [traces[at] for at in changed]
        self._keeper.extract(prepare(numbers, [old[at] for at in changed], traces, self._settings))
        self._keeper.insert(prepare(numbers, [cleaned[at] for at in changed], traces, self._settings))

    def _revise(self, number: int) -> int:
        """Keep the text that goes under the number of its revision; the number of the one that comes."""
        old = self._shelf.clean(number).article
        low = number << REVISION_BITS
        count = sum(1 for _ in self._view.scan("revision", low, low + (1 << REVISION_BITS) - 1)) + 1
        kept = json.dumps({"replaced": self._now.isoformat()}).encode()
        record = len(kept).to_bytes(4, "little") + kept + article_bytes(old)
        self._view.put("revision", [(low + count, record)])
        self._teller().revised(number)
        self._take_out(number)
        return count + 1

    def _give_verdicts(self) -> None:
        """Say what the articles that came are, and keep it."""
        numbers = sorted(self._came)
        places = {number: place_of(data) for number, data in self._view.get("place", numbers).items()}
        loose = self._view.get("loose", numbers)
        for number in numbers:
            deferred = number not in places or number in loose
            self._given[number] = self._verdict(number, self._came[number], deferred)
        self._view.put("verdict", [(number, verdict_bytes(self._given[number])) for number in numbers])

    def _verdict(self, number: int, came: _Came, deferred: bool) -> Verdict:
        match, name = came.match, self._shelf.facts([number])[number].id
        story_id, group_id = _homes(self._view, name, number, match, self._shelf.number)
        relation = match.relation if match else "unrelated"
        is_new = match is None or not (match.derived or match.relation == "same_story")
        met = {name: count for name, count in sorted(came.caps.items()) if count}
        return Verdict(name, relation, is_new, group_id, story_id, match, met, deferred, came.revision)


def _distinct(articles: Sequence[Article]) -> Iterator[list[Article]]:
    """The articles in order, TOGETHER at most at a time, and none of an id with another of the same."""
    part: dict[str, Article] = {}
    for article in articles:
        if article.id in part or len(part) == TOGETHER:
            yield list(part.values())
            part = {}
        part[article.id] = article
    if part:
        yield list(part.values())


def refuse_empty(articles: Iterable[Article]) -> None:
    """ArticleError for one that has neither text nor html."""
    for article in articles:
        if not article.text.strip() and not article.html:
            raise ArticleError(
                "has neither text nor html", place=f"article {article.id!r}", remedy="leave it out of the index"
            )


def article_count(view: Reading) -> int:
    """How many articles the index holds, without counting them."""
    return int(view.names().get(COUNT, "0"))


def _plain_text(article: Article) -> str:
    return article.text if article.text.strip() else clean(article).text


def best_match(matches: Iterable[Match]) -> Match | None:
    """The match that says most: derived before same story before related, then by score."""
    return max((match for match in matches if match.relation != "unrelated"), key=_weight, default=None)


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
        if at in plan.numbers:  # while it waits, another story may have come under that key
            group = plan.group(at)
            return plan.story_id, group_id(group) if len(group) > 1 else None
    return story_id([name]), None


def _name(match: Match, name: str) -> str:
    return match.b if match.a == name else match.a


def _other(match: Match | None, name: str, find: Callable[[str], int | None]) -> int | None:
    if match is None or not (match.derived or match.relation == "same_story"):
        return None
    return find(_name(match, name))


_SIZE = struct.Struct("<I")


def verdict_bytes(verdict: Verdict) -> bytes:
    """What was answered, so that a redelivery gets the same answer."""
    return verdict_head(verdict) + (b"" if verdict.match is None else match_bytes(verdict.match))


def verdict_head(verdict: Verdict) -> bytes:
    """The part of ``verdict_bytes`` before the match."""
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
    head = json.dumps(record, separators=(",", ":")).encode()
    return _SIZE.pack(len(head)) + head


def verdict_of(data: bytes) -> Verdict:
    """The verdict of ``verdict_bytes``."""
    end = _SIZE.size + _SIZE.unpack_from(data)[0]
    return Verdict(match=match_of(data[end:]) if len(data) > end else None, **json.loads(data[_SIZE.size : end]))
