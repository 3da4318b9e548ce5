"""An index filled at once holds what one filled by a few articles at a time does, record for record."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

import dedup
from dedup import Article, ArticleError, Settings
from dedup.index import Index, web
from dedup.index.bulk import add, fill, links, rows, stories
from dedup.index.contract import POSTINGS, RECORDS, Store
from dedup.index.desk import best_match
from dedup.index.memory import MemoryStore
from dedup.index.terms import CHUNK_BITS, ENTRY
from dedup.index.web import DERIVED, GIVEN, KEPT, LINK, RELATED
from dedup.match import neighbours as neighbours_module
from tests.feeds import paragraphs
from tests.index.sites import site_feed
from tests.index.towns import new_text, town_feed

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
OF_THE_ORDER = {"verdict", "event", "told"}
NEVER = 10**9


def _index(store: Store, settings: Settings | None = None) -> Index:
    return Index(store, settings, clock=lambda: NOON)


def _by_few(
    monkeypatch: pytest.MonkeyPatch, feed: Sequence[Article], settings: Settings | None = None, few: int = 7
) -> Store:
    """A store filled by calls of a few articles, one laid beside the other."""
    store = MemoryStore()
    index = _index(store, settings)
    with monkeypatch.context() as patch:
        patch.setattr(add, "LEAST", NEVER)
        for at in range(0, len(feed), few):
            index.add_many(feed[at : at + few])
    index.settle()
    return store


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever fills an empty index is worked out in bulk."""
    monkeypatch.setattr(add, "LEAST", 1)


def _tables(store: Store) -> dict[str, object]:
    """What a store holds, without what depends on the order in which it came there."""
    with store.reading() as view:
        records = {table: dict(view.scan(table)) for table in RECORDS if table not in OF_THE_ORDER}
        postings = {table: list(view.scan_posted(table)) for table in POSTINGS}
        names = {name: value for name, value in view.names().items() if name != "turn"}
    links = {key: _links(data) for key, data in records.pop("links").items()}
    return {**records, **postings, "names": names, "links": links, "term": _terms(records.pop("term"))}


def _links(data: bytes) -> list[tuple[float, ...]]:
    """What is left of a pair that is no longer compared, or is listed at its other article alone, is left out."""
    links = np.frombuffer(data, LINK)
    listed = (links["copy"] >= 0) | (links["near"] >= 0) | ((links["flags"] & GIVEN) != 0)
    links = links[listed]
    gone = (links["flags"] & KEPT) == 0
    links["story"][gone] = 0
    links["flags"][gone] &= 0xFF - DERIVED - RELATED
    rows: list[tuple[float, ...]] = sorted(links.tolist())
    return rows


def _terms(chunks: dict[int, bytes]) -> dict[int, list[tuple[int, float]]]:
    found: dict[int, list[tuple[int, float]]] = {}
    for key, data in chunks.items():
        if data:
            found.setdefault(key >> CHUNK_BITS, []).extend(np.frombuffer(data, ENTRY).tolist())
    return {term: sorted(entries) for term, entries in found.items()}


def _assert_same(store: Store, other: Store) -> None:
    one, two = _tables(store), _tables(other)
    assert one.keys() == two.keys()
    for table in one:
        assert one[table] == two[table], table


def _page(article: Article) -> Article:
    """The same as a page of html."""
    lines = "".join(f"<p>{line}</p>" for line in article.text.split("\n"))
    html = f"<html><head><title>{article.title or ''}</title></head><body><article>{lines}</article></body></html>"
    return replace(article, text="", html=html)


def _mixed_feed() -> list[Article]:
    """Texts, pages and pages without an article, some with ids that sort otherwise than they come."""
    feed = town_feed(120, seed=5)
    feed = [_page(article) if at % 4 == 1 else article for at, article in enumerate(feed)]
    feed.insert(3, Article("nothing", "", html="<html><body></body></html>"))
    return feed


def _crowd(count: int) -> list[Article]:
    """Articles that share three paragraphs and have one of their own, among others; by id as they come, so that nobody
    stands for the words of others only for a while."""
    rng = random.Random(8)
    common = paragraphs(rng, 3)
    texts = [[*paragraphs(rng, 1), *common] for _ in range(count)] + [paragraphs(rng, 4) for _ in range(20)]
    rng.shuffle(texts)
    return [Article(f"a{at:03d}", "\n".join(lines), outlet=f"o{at}.example") for at, lines in enumerate(texts)]


def _seeds() -> list[Article]:
    folder = Path(__file__).parent.parent.parent / "seeds"
    return [item for item in dedup.read_feed(folder) if isinstance(item, Article)]


FEEDS = {
    "towns": lambda: town_feed(300, seed=3),
    "sites": lambda: site_feed(stories=12, seed=4),
    "seeds": _seeds,
    "pages": _mixed_feed,
    "one": lambda: [Article("a", "One article alone.")],
    "no words": lambda: [Article("a", "..."), Article("b", "...")],
}


@pytest.mark.parametrize("name", FEEDS)
@pytest.mark.usefixtures("at_once")
def test_what_is_filled_at_once_is_what_comes_by_few(
    near_store: Store, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    feed = FEEDS[name]()
    index = _index(near_store)
    verdicts = index.add_many(feed)
    assert [verdict.id for verdict in verdicts] == [article.id for article in feed]
    few = _by_few(monkeypatch, feed)
    _assert_same(few, near_store)
    assert index.stories() == _index(few).stories()


@pytest.mark.usefixtures("at_once")
def test_of_too_many_pairs_the_same_are_compared(near_store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    settings, feed = Settings(candidates_each=3, neighbours_each=3), site_feed(stories=10, seed=2)
    _index(near_store, settings).add_many(feed)
    _assert_same(_by_few(monkeypatch, feed, settings), near_store)


@pytest.mark.usefixtures("at_once")
def test_full_buckets_are_those_of_few_and_the_pairs_those_of_the_batch(
    near_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = Settings(bucket_articles=8, bucket_window=3, neighbour_bucket=12)
    feed = _crowd(40)
    index, few = _index(near_store, settings), _by_few(monkeypatch, feed, settings, few=len(feed))
    index.add_many(feed)
    one, other = _tables(few), _tables(near_store)
    for table in ("band", "sample", "term", "same", "first", "facts", "line", "opening", "begins"):
        assert one[table] == other[table], table
    caps = index.check().caps
    assert caps.keys() >= {"band_buckets", "sample_buckets", "neighbour_terms"}
    assert one["cap"] == other["cap"]
    batch = dedup.find_stories(feed, settings)
    assert index.result().stories == batch.stories
    assert index.result().matches == batch.matches


def _verdict_of(index: Index, article: Article, before: set[str]) -> dedup.Match | None:
    """The best match of an article with those that were there before it."""
    found = [match for match in index.matches(article.id) if {match.a, match.b} - {article.id} <= before]
    return best_match(found)


@pytest.mark.usefixtures("at_once")
def test_a_verdict_is_of_those_that_were_there_before(near_store: Store) -> None:
    feed = _mixed_feed()
    index = _index(near_store)
    verdicts = index.add_many([*feed, feed[2]])
    assert verdicts[-1] == verdicts[2]
    before: set[str] = set()
    for article, verdict in zip(feed, verdicts, strict=False):
        assert verdict.match == _verdict_of(index, article, before)
        before.add(article.id)
        story = index.story_of(article.id)
        assert story is not None
        group = [g.group_id for g in story.groups if article.id in {member.id for member in g.articles}]
        assert (verdict.story_id, verdict.group_id) == (story.story_id, *(group or [None]))
        assert (verdict.deferred, verdict.revision) == (False, 1)
        assert index.verdict(article.id) == verdict
    assert [event.kind for event in index.events()] == ["created"] * len(index.stories())


@pytest.mark.usefixtures("at_once")
def test_a_second_text_of_one_call_is_a_revision(near_store: Store) -> None:
    feed = town_feed(60, seed=1)
    changed = new_text(feed[7], seed=1)
    index = _index(near_store)
    verdicts = index.add_many([*feed, changed, feed[3]])
    assert [verdict.revision for verdict in verdicts] == [1] * 60 + [2, 1]
    assert verdicts[-1] == verdicts[3]
    assert [revision.text for revision in index.history(changed.id)] == [feed[7].text]
    batch = dedup.find_stories([*feed[:7], changed, *feed[8:]])
    assert index.stories() == batch.stories


def test_more_than_there_are_makes_the_index_anew(near_store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    feed = town_feed(150, seed=2)
    index = _index(near_store)
    first = index.add_many(feed[:60])
    index.add(new_text(feed[0], seed=5))
    index.remove(feed[1].id)
    now, last = index.stories(), index.last_event()
    monkeypatch.setattr(add, "LEAST", 50)
    verdicts = index.add_many([*feed[40:], feed[1]])
    assert verdicts[:20] == first[40:]
    assert index.verdict(feed[5].id) == first[5]
    assert len(index.history(feed[0].id)) == 1
    assert index.stories() == dedup.find_stories([new_text(feed[0], seed=5), *feed[1:]]).stories
    told = {story.story_id: {member.id for member in story.articles} for story in now}
    for event in index.events(last):
        for name in event.was:
            told.pop(name)
        if event.kind != "ended":
            told[event.story_id] = {
                m.id for m in next(iter(s for s in index.stories() if s.story_id == event.story_id)).articles
            }
    assert told == {story.story_id: {member.id for member in story.articles} for story in index.stories()}


@pytest.mark.usefixtures("at_once")
def test_a_rebuilt_index_holds_what_it_held(near_store: Store) -> None:
    index = _index(near_store)
    index.add_many(town_feed(120, seed=9))
    held, events = _tables(near_store), index.events()
    index.rebuild()
    assert _tables(near_store) == held
    assert index.events() == events


@pytest.mark.usefixtures("at_once")
def test_an_index_goes_on_from_what_was_filled_at_once(near_store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    feed = town_feed(200, seed=4)
    index = _index(near_store)
    index.add_many(feed[:120])
    monkeypatch.setattr(add, "LEAST", NEVER)
    for article in feed[120:]:
        index.add(article)
    for article in feed[::5]:
        index.remove(article.id)
    left = [article for at, article in enumerate(feed) if at % 5]
    assert index.stories() == dedup.find_stories(left).stories
    held = _tables(near_store)
    index.rebuild()
    assert _tables(near_store) == held


@pytest.mark.usefixtures("at_once")
def test_an_article_without_text_keeps_all_of_a_call_out(near_store: Store) -> None:
    index = _index(near_store)
    with pytest.raises(ArticleError):
        index.add_many([*town_feed(20, seed=1), Article("empty", " ")])
    assert len(index) == 0
    assert not index.stories()


@pytest.mark.usefixtures("at_once")
def test_a_store_that_takes_fewer_is_filled_as_usual(monkeypatch: pytest.MonkeyPatch) -> None:
    feed, store = town_feed(30, seed=1), MemoryStore()
    monkeypatch.setattr(store, "most", 20)
    index = _index(store)
    index.add_many(feed)
    assert index.stories() == dedup.find_stories(feed).stories


@pytest.mark.usefixtures("at_once")
def test_what_is_held_and_written_at_a_time_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    feed, store, pieces = _mixed_feed(), MemoryStore(), MemoryStore()
    verdicts = _index(store).add_many(feed)
    monkeypatch.setattr(rows, "SORTED_AT_ONCE", 50)
    monkeypatch.setattr(stories, "STORIES_AT_ONCE", 2)
    monkeypatch.setattr(links, "SEATS_AT_ONCE", 16)
    monkeypatch.setattr(fill, "TOGETHER", 8)
    monkeypatch.setattr(fill, "HOLD", 1 << 12)
    assert _index(pieces).add_many(feed) == verdicts
    _assert_same(store, pieces)


@pytest.mark.usefixtures("at_once")
def test_lists_that_are_too_long_are_cut_and_counted(near_store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    settings, feed = Settings(candidates_each=2, neighbours_each=2), site_feed(stories=10, seed=2)
    for module in (web, links):
        monkeypatch.setattr(module, "HELD", 6)
    index = _index(near_store, settings)
    index.add_many(feed)
    with near_store.reading() as view:
        assert max(len(data) for _, data in view.scan("links")) // LINK.itemsize == 6
    assert index.check().caps["pairs_held"] > 0
    assert index.stories() == dedup.find_stories(feed, settings).stories


@pytest.mark.usefixtures("at_once")
def test_of_very_many_neighbours_the_best_are_listed(near_store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    settings, feed = Settings(neighbours_each=2), town_feed(150, seed=3)
    monkeypatch.setattr(neighbours_module, "ROWS_A_PART", 16)
    monkeypatch.setattr(links, "PAIRS", 40)
    index = _index(near_store, settings)
    index.add_many(feed)
    assert index.check().caps["pairs_held"] > 0
    assert index.stories() == dedup.find_stories(feed, settings).stories


@pytest.mark.usefixtures("at_once")
def test_first_words_of_lines_on_every_page_are_posted_as_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    rng, store = random.Random(3), MemoryStore()
    ends = ["Read the morning letter of the post, free for all.", "Advertisement"]
    feed = [
        Article(f"a{at:03d}", "\n".join([*paragraphs(rng, 2), *ends[: 1 + at % 2]]), outlet="post.example")
        for at in range(180)
    ]
    _index(store).add_many(feed)
    one, other = _tables(_by_few(monkeypatch, feed, few=1)), _tables(store)
    assert one["line"] == other["line"]
    assert one["begins"] == other["begins"]


def test_an_empty_index_can_be_rebuilt(near_store: Store) -> None:
    index = _index(near_store)
    index.add(Article("a", "One article alone."))
    index.remove("a")
    index.rebuild()
    assert index.stories() == ()
    assert index.add(Article("a", "One article alone.")).is_new


def test_every_server_is_filled_at_once(far_store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    feed = _mixed_feed()
    few = _by_few(monkeypatch, feed)
    monkeypatch.setattr(add, "LEAST", 1)
    _index(far_store).add_many(feed)
    _assert_same(few, far_store)
