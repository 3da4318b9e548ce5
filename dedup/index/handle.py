"""The index as its user sees it: one handle, safe for threads, on a store that other processes may hold open too."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType

import numpy as np
from numpy.typing import NDArray

from dedup.errors import ArticleError, IndexStoreError
from dedup.index.ahead import TOGETHER, put_ahead, work_ahead
from dedup.index.answers import Check, IndexStats, Revision, StoryEvent, Verdict
from dedup.index.bulk.add import add_in_bulk
from dedup.index.caps import read_caps
from dedup.index.codec import content_digest, facts_of, key_of, place_of, told_bytes
from dedup.index.contract import Reading, Store, Writing
from dedup.index.desk import REVISION_BITS, STALE_TOGETHER, Desk, article_count, verdict_of
from dedup.index.keeping import equals_of
from dedup.index.kept import Memory
from dedup.index.lookup import all_articles, clean_of, event_of, number_of, revision_of
from dedup.index.mend import differences, rebuild
from dedup.index.narrating import Narrator, Tale, matches_between, with_related
from dedup.index.places import agree, store_at
from dedup.index.sqlite import Durability
from dedup.index.web import Web
from dedup.models import Article, CleanArticle, Match, Result, Stats, Story
from dedup.pipeline.intake import check_article
from dedup.settings import Settings

Clock = Callable[[], datetime]

KEPT_AT_ONCE = 500
"""Stories written in one transaction when they were told for the first time: some 30 ms."""

CLEANED_AT_ONCE = 16
"""Articles cleaned anew in one transaction where others wait to add: some 50 ms."""
TRIES = 3
"""Times that stories are worked out ahead. Where each time others changed what they rest on, nobody adds meanwhile."""


def open_index(
    path: str | os.PathLike[str],
    settings: Settings | None = None,
    *,
    durability: Durability = "power",
    readonly: bool = False,
    clock: Clock | None = None,
) -> Index:
    """Open the index in a SQLite file, or make one; ``postgresql://...`` and ``redis://...`` are those on a server, and
    ":memory:" is a new one in memory.

    Without ``settings``, those the index was made with. ``durability`` "power": what ``add`` returned survives a
    power cut; "crash": kill -9, faster. ``clock`` dates events (now, in UTC). Raises IndexStoreError for a file that
    is no index, is damaged, or was made with other settings, another format or scheme of signatures; the file is
    then left as it is.
    """
    store = store_at(path, durability, readonly)
    try:
        return Index(store, settings, readonly=readonly, clock=clock)
    except BaseException:
        store.close()
        raise


class Index:
    """A durable index: one article in, a verdict out; stories and events at any time. A context manager.

    Threads may share a handle. A process made by fork must open its own. Many processes may read and add at once.
    ``made``: there was no index, and opening this handle made one.
    """

    def __init__(
        self, store: Store, settings: Settings | None = None, *, readonly: bool = False, clock: Clock | None = None
    ) -> None:
        self._store = store
        self._readonly = readonly
        self._clock = clock or (lambda: datetime.now(UTC))
        self._process = os.getpid()
        self._lock = threading.RLock()
        self._memory = Memory()
        self.settings, self.made = agree(store, settings, readonly)

    @property
    def place(self) -> str:
        """The file, or the address without a password."""
        return self._store.place

    @property
    def most(self) -> int:
        """Articles inside up to which a call that brings very many is worked out in bulk, by the kind of store."""
        return self._store.most

    def add(self, article: Article) -> Verdict:
        """Take one article in and say what it is; durable when it returns.

        The same id with the same content gets the stored verdict; with other content it is a revision, and the
        earlier text goes to ``history``. Raises ArticleError for an article without text and html.
        """
        return self.add_many((article,))[0]

    def add_many(self, articles: Iterable[Article]) -> list[Verdict]:
        """Take articles in, in one transaction: all or none. Verdicts in their order, of each text its own.

        A call that brings very many is worked out all at once, several times as fast (``bulk/add.py``).
        """
        parts, verdicts = list(_of_one_text(_checked(articles))), list[Verdict]()
        with self._writing() as view:
            if parts and (given := add_in_bulk(view, self.settings, self._clock(), parts[0], self._store.most)):
                parts, verdicts = parts[1:], given
            for part in parts:
                desk = self._desk_on(view)
                numbers = desk.add(part)
                if desk.took:
                    desk.settle(max(STALE_TOGETHER, len(part)))
                    desk.finish()
                verdicts += desk.verdicts(numbers)
        return verdicts

    def remove(self, article_id: str) -> bool:
        """Take an article out with its text and history, as if it had never come; False when it is not there."""
        return self._remove([article_id]) == 1

    def expire(self, before: datetime) -> int:
        """Remove all articles published before a time (aware); how many. Articles without a date stay. Raises
        ArticleError for a time without a zone."""
        _refuse_naive("before", before)
        with self._view() as view:
            stamp = int(before.timestamp()) - 1
            numbers = [number for _, number in view.scan_posted("time", high=stamp)]
            names = [facts_of(data).id for data in view.get("facts", numbers).values()]
        return self._remove(names)

    def get(self, article_id: str) -> CleanArticle | None:
        """The article with the roles of its lines as the index sees them now, or None."""
        with self._view() as view:
            number = number_of(view, article_id)
            return None if number is None else clean_of(view, number)

    def verdict(self, article_id: str) -> Verdict | None:
        """What was answered when the article came, or None."""
        with self._view() as view:
            number = number_of(view, article_id)
            return None if number is None else verdict_of(view.get("verdict", [number])[number])

    def history(self, article_id: str) -> tuple[Revision, ...]:
        """The earlier texts of an article, oldest first."""
        with self._view() as view:
            number = number_of(view, article_id)
            if number is None:
                return ()
            low = number << REVISION_BITS
            rows = view.scan("revision", low, low + (1 << REVISION_BITS) - 1)
            return tuple(revision_of(key - low, data) for key, data in rows)

    def matches(self, article_id: str) -> tuple[Match, ...]:
        """Every compared pair of an article that is at least related, sorted by ids."""
        with self._view() as view:
            number = number_of(view, article_id)
            if number is None:
                return ()
            found = matches_between(view, Web(view, self.settings), number, equals_of(view, number))
        return tuple(sorted(filter(_says, found), key=lambda match: (match.a, match.b)))

    def stories(self, since: datetime | None = None) -> tuple[Story, ...]:
        """The stories of all articles, largest first, then by id: those of ``find_stories`` over the same articles.

        With ``since`` (aware), those that changed at or after it: in what they hold, in a text, or in a match between
        their articles. Whatever waits to be worked out is worked out first; a handle open for reading only answers with
        what was told last. Raises ArticleError for a time without a zone.
        """
        _refuse_naive("since", since)
        self.settle()
        with self._view() as view:
            tales = Narrator(view, self.settings, self._memory).every(since)
            stories = with_related(view, tales)
        self._keep(tales)
        return stories

    def listed_by(self, reader: Index, since: datetime | None = None) -> NDArray[np.int64]:
        """The order of ``stories`` as they were worked out last: for each the number of one of its articles, 8 bytes a
        story. Read by another handle on the same index: this one goes on taking articles meanwhile."""
        with reader._view() as view:
            return np.array(Narrator(view, reader.settings, reader._memory).listed(since), np.int64)

    def told_by(self, reader: Index, numbers: Sequence[int]) -> tuple[Story, ...]:
        """The stories that the articles of these numbers are in by now, in the order of ``stories``; read and kept as
        by ``listed_by``."""
        with reader._view() as view:
            tales = Narrator(view, reader.settings, reader._memory).around(numbers)
            stories = with_related(view, tales)
        self._keep(tales)
        return stories

    def last_event(self) -> int:
        """The number of the last event, 0 before the first: while it stays, each story has the same articles."""
        with self._view() as view:
            return view.last("event") or 0

    def story(self, story_id: str) -> Story | None:
        """One story as its articles stand now, without the ids of related ones, or None."""
        with self._view() as view:
            return self._story(view, key_of(story_id))

    def story_of(self, article_id: str) -> Story | None:
        """The story an article is in, or None while that waits to be worked out."""
        with self._view() as view:
            number = number_of(view, article_id)
            data = view.get("place", [number]).get(number) if number is not None else None
            return None if data is None else self._story(view, place_of(data).story)

    def events(self, since: datetime | int | None = None) -> tuple[StoryEvent, ...]:
        """What happened to stories, in order: all of it, that from a time (aware) on, or that after an event's number.
        Raises ArticleError for a time without a zone, or what is no time."""
        if not isinstance(since, int):
            _refuse_naive("since", since)
        self.settle()
        with self._view() as view:
            low = since + 1 if isinstance(since, int) else 0
            found = [event_of(number, json.loads(data)) for number, data in view.scan("event", low)]
        return tuple(event for event in found if not isinstance(since, datetime) or event.at >= since)

    def result(self, since: datetime | None = None) -> Result:
        """Stories (those that changed since, if given), their articles and matches, as a batch would return them."""
        _refuse_naive("since", since)
        self.settle()
        with self._view() as view:
            tales = Narrator(view, self.settings, self._memory).every(since)
            stories, web = with_related(view, tales), Web(view, self.settings)
            numbers = [number for tale in tales.values() for number in tale.plan.numbers]
            articles = {item.id: item for item in (clean_of(view, number) for number in numbers)}
            found = [match for number in numbers for match in matches_between(view, web, number)]
        self._keep(tales)
        asked = [match for tale in tales.values() for match in tale.told.asked]
        matches = {(match.a, match.b): match for match in (*found, *asked) if _says(match)}
        kept = tuple(match for pair, match in sorted(matches.items()) if set(pair) <= articles.keys())
        count = len(articles)
        stats = Stats(
            read=count,
            accepted=count,
            articles=count,
            compared=len(kept),
            derived=sum(match.derived for match in kept),
            stories=len(stories),
            groups=sum(len(story.groups) for story in stories),
        )
        return Result(stories, kept, (), stats, dict(sorted(articles.items())), self.settings.digest())

    def settle(self) -> None:
        """Work out whatever ``add`` left for later: lines whose evidence changed, large stories."""
        with self._view() as view:
            waiting = view.count("stale") + view.count("loose")
        if waiting and not self._readonly:
            with self._desk() as (_, desk):
                desk.settle()
                desk.finish(None)

    def settle_by(self, reader: Index) -> None:
        """Work out what waits now. Large stories are worked out by another handle on the same index, open for reading:
        this one goes on taking articles meanwhile. What comes meanwhile may wait for the next time."""
        with reader._view() as view:
            stale = view.count("stale")
        for at in range(0, stale, CLEANED_AT_ONCE):
            with self._desk() as (_, desk):
                desk.settle(CLEANED_AT_ONCE if stale - at > CLEANED_AT_ONCE else None)
                desk.finish()
        for _ in range(TRIES):
            if self._put_ahead(reader):
                return
        self.settle()

    def _put_ahead(self, reader: Index) -> bool:
        """Work out stories from views of the reader; whether all of them could be put in."""
        with reader._view() as view:
            waiting = {number for number, _ in view.scan("loose")}
        whole, again = True, set[int]()
        while waiting or again:
            seeds = again or set(sorted(waiting)[:TOGETHER])
            with reader._view() as view:
                ahead = work_ahead(view, self.settings, reader._memory, self._clock(), seeds)
            with self._writing() as writing:
                done = put_ahead(writing, self.settings, self._memory, self._clock(), ahead)
            whole, again = whole and done, ahead.part.again if done else set()
            waiting -= ahead.part.work.numbers | seeds
        return whole

    def check(self, deep: bool = False) -> Check:
        """Whether the store is sound, and which limits were met; ``deep`` runs the batch over all articles as well and
        says where it differs."""
        if deep:
            self.settle()
        self._refuse_fork()
        with self._lock:
            damage = self._store.check()
        found: list[str] = []
        with self._view() as view:
            caps = read_caps(view)
            if deep and not damage:
                found = differences(view, self.settings, self._memory)
        return Check(tuple(damage), tuple(found), caps, self.notices())

    def notices(self) -> tuple[str, ...]:
        """What the store does not promise here though it could elsewhere, such as to survive a power cut."""
        self._refuse_fork()
        with self._lock:
            return tuple(self._store.notices())

    def rebuild(self) -> None:
        """Work everything out anew from the articles, as the batch does: mends what limits made different."""
        with self._writing() as view:
            rebuild(view, self.settings, self._clock())

    def stats(self) -> IndexStats:
        """Counts and size."""
        with self._view() as view:
            return IndexStats(
                articles=article_count(view),
                stories=view.count("story"),
                matches=view.count("match"),
                revisions=view.count("revision"),
                events=view.count("event"),
                bytes=self._store.size(),
                waiting=view.count("stale") + view.count("loose"),
                caps=read_caps(view),
            )

    def size(self) -> int:
        """Bytes of the index."""
        self._refuse_fork()
        return self._store.size()

    def articles(self) -> Iterator[Article]:
        """Every article as delivered last, in the order of first arrival."""
        with self._view() as view:
            found = [article for _, article in all_articles(view)]
        return iter(found)

    def backup(self, target: str | os.PathLike[str]) -> None:
        """Write a copy of the index to a file that does not exist yet, while others go on writing."""
        self._refuse_fork()
        with self._lock:
            self._store.backup(Path(target))

    def close(self) -> None:
        """Close the store; closing twice does nothing."""
        with self._lock:
            self._store.close()

    def __enter__(self) -> Index:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __len__(self) -> int:
        with self._view() as view:
            return article_count(view)

    def _story(self, view: Reading, key: int) -> Story | None:
        tale = Narrator(view, self.settings, self._memory).tales([key]).get(key)
        return None if tale is None else tale.told.story

    def _keep(self, tales: Mapping[int, Tale]) -> None:
        """Keep what was told for the first time, unless the story is gone meanwhile; some at a time, so that who adds
        waits for little. Where that cannot be written it is told again: who only asks is not to fail for it."""
        if self._readonly:
            return
        fresh = [(key, told_bytes(tale.told)) for key, tale in tales.items() if tale.fresh]
        for at in range(0, len(fresh), KEPT_AT_ONCE):
            part = fresh[at : at + KEPT_AT_ONCE]
            with suppress(IndexStoreError), self._desk() as (view, _):
                there = view.get("story", [key for key, _ in part])
                view.put("told", [(key, data) for key, data in part if key in there])

    def _remove(self, names: Iterable[str]) -> int:
        with self._desk() as (view, desk):
            numbers = [number for number in (number_of(view, name) for name in names) if number is not None]
            for number in numbers:
                desk.remove(number)
            desk.settle(max(STALE_TOGETHER, len(numbers)))
            desk.finish()
        return len(numbers)

    @contextmanager
    def _view(self) -> Iterator[Reading]:
        self._refuse_fork()
        with self._lock, self._store.reading() as view, self._whole():
            yield view

    @contextmanager
    def _desk(self) -> Iterator[tuple[Writing, Desk]]:
        with self._writing() as view:
            yield view, self._desk_on(view)

    @contextmanager
    def _writing(self) -> Iterator[Writing]:
        self._refuse_fork()
        with self._lock, self._store.writing() as view, self._whole():
            yield view

    def _desk_on(self, view: Writing) -> Desk:
        return Desk(view, self.settings, self._memory, self._clock())

    @contextmanager
    def _whole(self) -> Iterator[None]:
        """A record whose key was damaged is not found under it: what names it is then no answer but an error."""
        try:
            yield
        except KeyError as error:
            raise IndexStoreError(
                f"a record that others name is missing ({error})",
                place=self._store.place,
                remedy="the file was left as it is: restore a backup, or ingest the feeds into a new index",
            ) from error

    def _refuse_fork(self) -> None:
        if os.getpid() != self._process:
            raise IndexStoreError(
                "was opened before this process was forked",
                place=self._store.place,
                remedy="open the index in each process that uses it",
            )


def _of_one_text(articles: Iterable[Article]) -> Iterator[list[Article]]:
    """The articles in order, cut where one comes with another text than it had since the last cut: a verdict is given
    when a part is done, and the texts of an article have one each."""
    part: list[Article] = []
    last: dict[str, Article] = {}
    for article in articles:
        before = last.setdefault(article.id, article)
        if before is not article and content_digest(before) != content_digest(article):
            yield part
            part, last = [], {article.id: article}
        part.append(article)
    if part:
        yield part


def _checked(articles: Iterable[Article]) -> Iterator[Article]:
    for number, article in enumerate(articles, 1):
        check_article(article, number)
        yield article


def _refuse_naive(name: str, when: object) -> None:
    """ArticleError for what is no time, or one that says nothing of its zone: it would mean another hour elsewhere."""
    if when is None or (isinstance(when, datetime) and when.tzinfo is not None):
        return
    raise ArticleError(f"{name} is {when!r}, not a datetime with a time zone", remedy="pass datetime(..., tzinfo=UTC)")


def _says(match: Match) -> bool:
    return match.relation != "unrelated"
