"""A whole set of articles put into an index at once, from the batch's own arrays instead of article by article.

What an index holds is a function of the articles in it, so that every table here is the one that adding them one by one
ends with, but for what depends on the order they came in: which of a full bucket's articles are posted, who stands for
more than a thousand equal ones, and events. The pairs are exactly those of the batch.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dedup.index.answers import Verdict
from dedup.index.bulk.keys import Feed, Full, Known, classes_of, sorted_keys, write_buckets, write_classes, write_facts
from dedup.index.bulk.lines import Trail
from dedup.index.bulk.links import Listed, compared_pairs, copies_listed, find_near, near_listed, write_links
from dedup.index.bulk.matches import Records, Said
from dedup.index.bulk.rows import parts_of
from dedup.index.bulk.stories import Planned, find_homes, write_stories
from dedup.index.bulk.verdicts import give_verdicts
from dedup.index.codec import content_digest, key_of, page_bytes, page_json
from dedup.index.contract import POSTINGS, RECORDS, Writing
from dedup.index.kept import Memory
from dedup.index.prepared import stamp_of_page
from dedup.index.shelf import Shelf
from dedup.index.telling import Teller
from dedup.index.web import Web
from dedup.match.candidates import meet
from dedup.match.neighbours import plan_join
from dedup.match.shelf import OutlineShelf
from dedup.models import Article, CleanArticle
from dedup.pipeline.comparing import Comparing, Matches, compare_all, draw_all
from dedup.pipeline.run import HOLD_MB, collecting_seldom
from dedup.pipeline.runner import SerialRunner, no_progress
from dedup.settings import Settings
from dedup.spill import Kept
from dedup.spill.pages import CleanFeed, page_of
from dedup.spill.records import ARTICLES
from dedup.text.clean import clean_many
from dedup.text.evidence import outlet_of

KEPT_BY_REFILLING = frozenset(("article", "revision", "event", "verdict", "place", "story", "told"))
"""The stories stay until they are told again, so that events say what changed."""
HOLD = HOLD_MB << 20
"""Bytes of articles, of outlines and of matches that are held; what is beyond waits in files, as in the batch."""
TOGETHER = 256
"""Articles whose lines are counted, or that are cleaned, in one call."""


class Given(NamedTuple):
    """n articles with their ``numbers`` int64[n], ascending; those from ``since`` on came just now."""

    numbers: NDArray[np.int64]
    articles: Kept[Article]
    since: int


class Filled(NamedTuple):
    """The verdicts of the articles that came, in order, and the limits that were met."""

    verdicts: list[Verdict]
    caps: Counter[str]


def given_of(articles: Iterable[tuple[int, Article]], since: int | None = None) -> Given:
    """Articles by ascending number; those from number ``since`` on came just now."""
    numbers, kept = list[int](), Kept(ARTICLES, HOLD)
    for number, article in articles:
        numbers.append(number)
        kept.add(article)
    every = np.array(numbers, np.int64)
    return Given(every, kept, len(every) if since is None else int(np.searchsorted(every, since)))


def refill(view: Writing, settings: Settings, now: datetime, given: Given) -> Filled:
    """Make every table anew but those of articles, their history, events and earlier verdicts, from all articles of
    the index; the stories that are not as they were get events."""
    for table in (*RECORDS, *POSTINGS):
        if table not in KEPT_BY_REFILLING:
            view.clear(table)
    with collecting_seldom():
        return _fill(view, settings, now, given)


def _fill(view: Writing, settings: Settings, now: datetime, given: Given) -> Filled:
    feed = Feed.of(given.numbers, [article.id for article in given.articles])
    cleaned, traces = _clean(view, given)
    cleaned = cleaned.ordered(feed.seats.tolist())
    shelf, proposed = _propose(view, feed, (cleaned, traces), settings)
    comparing = Comparing(cleaned, shelf, settings, SerialRunner())
    records = Records(HOLD)
    made = compare_all(comparing, compared_pairs(proposed.kinds, feed), no_progress)
    matches = Matches(records.taken_from(made), HOLD)
    said = Said(matches.candidates, records)
    said.write(view, feed)
    dropped = proposed.left_out + write_links(view, feed, proposed.kinds, said.table)
    homes = find_homes(comparing, feed, matches)
    teller = Teller(view, settings, Shelf(view, settings, Memory()), Web(view, settings), now)
    write_stories(view, Planned.of(feed, homes, said.table, traces.stamps, now), teller)
    teller.clear()
    full = proposed.full._asdict()
    verdicts = give_verdicts(view, feed, given.since, said, homes, full)
    return Filled(verdicts, Counter({"pairs_held": dropped, **{name: int(own.sum()) for name, own in full.items()}}))


# --- lines and cleaning -----------------------------------------------------------------------------------------


class _Left(NamedTuple):
    """In order of number: what ``Known`` has of texts and lines."""

    content: NDArray[np.uint8]
    stamps: NDArray[np.uint8]
    outlets: NDArray[np.int64]
    marks: NDArray[np.uint16]


def _clean(view: Writing, given: Given) -> tuple[CleanFeed, _Left]:
    """Clean the articles by the evidence of all, and write lines, pages and times."""
    count = len(given.numbers)
    trail, cleaned = Trail(count), CleanFeed(given.articles)
    for part in parts_of(count, TOGETHER):
        some = [(seat, one) for seat, one in enumerate(given.articles[part], part.start) if one.text.strip()]
        articles = [one for _, one in some]
        trail.take(np.array([seat for seat, _ in some], np.int64), articles, [one.text for one in articles])
    evidence = trail.evidence()
    left = _Left(
        np.empty((count, 16), np.uint8), np.empty((count, 8), np.uint8), np.empty(count, np.int64), trail.marks
    )
    times: list[tuple[int, int]] = []
    for part in parts_of(count, TOGETHER):
        articles = given.articles[part]
        found = clean_many(articles, evidence)
        for one, item in zip(articles, found, strict=True):
            cleaned.add(page_of(one, item))
        paged = [at for at, one in enumerate(articles) if not one.text.strip()]
        seats, texts = np.array(paged, np.int64) + part.start, [found[at].text for at in paged]
        trail.take(seats, [articles[at] for at in paged], texts, paged=True)
        numbers = given.numbers[part].tolist()
        times += [(int(when.timestamp()), number) for when, number in _dated(found, numbers)]
        view.put("page", zip(numbers, _pages(part, articles, found, left), strict=True))
    trail.write(view, evidence, given.numbers)
    view.post("time", times)
    return cleaned, left


def _dated(found: Sequence[CleanArticle], numbers: Sequence[int]) -> Iterator[tuple[datetime, int]]:
    for item, number in zip(found, numbers, strict=True):
        if item.published:
            yield item.published, number


def _pages(part: slice, articles: Sequence[Article], found: Sequence[CleanArticle], left: _Left) -> Iterator[bytes]:
    """What cleaning found, as records; digests and outlets are noted."""
    for seat, article, item in zip(range(part.start, part.stop), articles, found, strict=True):
        page, content = page_json(item), content_digest(article)
        left.content[seat] = np.frombuffer(content, np.uint8)
        left.stamps[seat] = np.frombuffer(stamp_of_page(page, content), np.uint8)
        left.outlets[seat] = key_of(outlet_of(article))
        yield page_bytes(page)


# --- keys and pairs ---------------------------------------------------------------------------------------------


class _Proposed(NamedTuple):
    """The pairs of both kinds that pass the rules, what buckets were full, and how often a pair is not listed."""

    kinds: tuple[Listed, Listed]
    full: Full
    left_out: int


def _propose(
    view: Writing, feed: Feed, given: tuple[CleanFeed, _Left], settings: Settings
) -> tuple[OutlineShelf, _Proposed]:
    """Outlines of articles and their pairs; what they are looked up by is written."""
    cleaned, left = given
    drawn = draw_all(cleaned, settings, SerialRunner(), no_progress, HOLD)
    days = drawn.shelf.light.days
    known = Known(*left, days, drawn.sketches, sorted_keys(drawn.keys))
    met, join = meet(drawn.sketches, settings), plan_join(days, drawn.keys, settings)
    near_first = np.arange(len(feed.ids))
    near_first[join.twins[:, 1]] = join.twins[:, 0]
    classes = classes_of(known, met.first.astype(np.int64), near_first)
    write_facts(view, feed, known, classes)
    write_classes(view, feed, classes)
    full = write_buckets(view, feed, known, (met.rows, join.stands), settings)
    found, left_out = find_near(join, len(feed.ids), settings.neighbours_each)
    kinds = (
        copies_listed(met, feed, settings.candidates_each),
        near_listed(join, found, feed, settings.neighbours_each),
    )
    return drawn.shelf, _Proposed(kinds, full, left_out)
