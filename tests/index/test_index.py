"""The index answers as the batch does, whatever came in which order, more than once, or was taken out again."""

import io
import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

import dedup
from dedup.errors import ArticleError
from dedup.index import Index, ahead, handle, narrating
from dedup.index.contract import Store
from dedup.index.desk import Desk
from dedup.index.memory import MemoryStore
from dedup.models import Article, Result
from dedup.report import write_stories_jsonl
from dedup.settings import Settings
from tests.index.sites import site_feed
from tests.index.towns import ring_feed, town_feed

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def feed() -> list[Article]:
    return site_feed(stories=6, seed=4)


@pytest.fixture
def index(near_store: Store) -> Index:
    return Index(near_store, clock=_ticking())


def _ticking() -> Callable[[], datetime]:
    minutes = iter(range(10**9))
    return lambda: NOON + timedelta(minutes=next(minutes))


def _bytes(result: Result) -> bytes:
    stream = io.BytesIO()
    write_stories_jsonl(result, stream)
    return stream.getvalue()


def _same_as_batch(index: Index, articles: list[Article], settings: Settings | None = None) -> None:
    batch = dedup.find_stories(articles, settings)
    told = index.result()
    assert told.stories == batch.stories
    assert _bytes(told) == _bytes(batch)
    assert told.articles == batch.articles
    home = {member.id: story.story_id for story in batch.stories for member in story.articles}
    assert set(told.matches) <= set(batch.matches)
    assert {m for m in batch.matches if home[m.a] == home[m.b]} <= set(told.matches)


@pytest.mark.parametrize("seed", range(6))
def test_stories_are_those_of_the_batch_though_links_lead_from_each_to_all_others(
    monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    draw, feed = random.Random(seed), ring_feed(events=12, articles=100, seed=seed)
    monkeypatch.setattr(Desk.finish, "__defaults__", (draw.choice((8, 32, 1000)),))
    index, inside = Index(MemoryStore()), dict[str, Article]()
    for at, article in enumerate(draw.sample(feed, len(feed))):
        index.add(article)
        inside[article.id] = article
        if at % 7 == 6:
            index.remove(gone := draw.choice(sorted(inside)))
            del inside[gone]
        if at % 15 == 14:
            _same_as_batch(index, list(inside.values()))
    linked = dedup.find_stories(inside.values())
    strong = [(match.a, match.b) for match in linked.matches if match.same_story_score >= index.settings.story_floor]
    assert len(_reached(sorted(inside)[0], strong)) > len(inside) / 2
    assert len(linked.stories) >= 6
    _same_as_batch(index, list(inside.values()))


def test_another_story_may_come_under_the_key_of_one_that_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = Settings(neighbours_each=4, story_floor=0.05, story_pair=0.3)
    index, feed = Index(MemoryStore(), settings), ring_feed(events=3, articles=60, seed=1)
    index.add_many(feed[:-1])
    names = next(story for story in index.stories() if len(story.articles) > 12).articles
    assert len(index.matches(names[0].id)) < len(names) - 1
    monkeypatch.setattr(Desk.finish, "__defaults__", (1,))
    first = Article(names[0].id, "Sturgeon spawn in the upper river again. " * 8, outlet="river.example")
    index.remove(first.id)
    assert index.stats().waiting >= len(names) - 1
    assert index.add(first).story_id == dedup.find_stories([first]).stories[0].story_id
    index.add(feed[-1])
    _same_as_batch(index, [first, *(article for article in feed if article.id != first.id)], settings)


def _reached(start: str, pairs: list[tuple[str, str]]) -> set[str]:
    found, fresh = {start}, {start}
    while fresh:
        fresh = {name for pair in pairs if fresh & set(pair) for name in pair} - found
        found |= fresh
    return found


@pytest.mark.parametrize("seed", range(2))
def test_any_order_of_adding_tells_the_stories_of_the_batch(index: Index, feed: list[Article], seed: int) -> None:
    shuffled = feed[:]
    random.Random(seed).shuffle(shuffled)
    for article in shuffled:
        index.add(article)
    _same_as_batch(index, feed)
    assert index.check(deep=True).sound


@pytest.mark.parametrize("seed", range(3))
def test_of_too_many_pairs_the_same_are_compared_as_in_the_batch(near_store: Store, seed: int) -> None:
    settings = Settings(candidates_each=3, neighbours_each=3)
    feed = site_feed(stories=8, seed=seed)
    shuffled = feed[:]
    random.Random(seed).shuffle(shuffled)
    index = Index(near_store, settings, clock=_ticking())
    index.add_many(shuffled[:20])
    for article in shuffled[20:]:
        index.add(article)
    _same_as_batch(index, feed, settings)
    for article in shuffled[::4]:
        index.remove(article.id)
    gone = {article.id for article in shuffled[::4]}
    _same_as_batch(index, [article for article in feed if article.id not in gone], settings)


def test_adding_many_at_once_is_as_adding_one_by_one(index: Index, feed: list[Article]) -> None:
    index.add_many(feed[10:])
    verdicts = index.add_many(feed[:15])
    assert [verdict.id for verdict in verdicts] == [article.id for article in feed[:15]]
    _same_as_batch(index, feed)


def test_the_seeds_are_told_as_expected(index: Index) -> None:
    folder = Path(__file__).parent.parent.parent / "seeds"
    items = [item for item in dedup.read_feed(folder) if isinstance(item, Article)]
    for article in reversed(items):
        index.add(article)
    _same_as_batch(index, items)
    ids = sorted(article.id for article in items)
    verdict = index.verdict(ids[0])
    assert verdict is not None
    assert verdict.match is not None
    assert verdict.match.derived
    assert {verdict.match.a, verdict.match.b} == {ids[0], ids[2]}
    assert verdict.group_id is not None
    assert not verdict.is_new


def test_a_redelivered_article_gets_its_stored_verdict(index: Index, feed: list[Article]) -> None:
    draw = random.Random(1)
    deliveries = [article for article in feed for _ in range(draw.randint(1, 4))]
    draw.shuffle(deliveries)
    first: dict[str, dedup.Verdict] = {}
    for article in deliveries:
        verdict = index.add(article)
        assert first.setdefault(article.id, verdict) == verdict
    assert len(index) == len(feed)
    _same_as_batch(index, feed)


@pytest.mark.parametrize("held", [1, 2, 40])
@pytest.mark.parametrize("name", ["a", "z"])
def test_an_equal_text_is_a_copy_whatever_its_id(near_store: Store, feed: list[Article], held: int, name: str) -> None:
    index = Index(near_store)
    index.add_many(Article(id=f"m{number:02d}", text=feed[0].text) for number in range(held))
    verdict = index.add(Article(id=name, text=feed[0].text))
    assert verdict.match is not None
    assert (verdict.relation, verdict.is_new) == ("copy", False)
    assert verdict.match in index.matches(name)
    assert verdict.match in index.matches(({verdict.match.a, verdict.match.b} - {name}).pop())
    assert len(index.matches("a" if name == "a" else "m00")) == held


def test_a_new_text_of_an_id_is_a_revision_with_history(index: Index, feed: list[Article]) -> None:
    index.add_many(feed)
    old, other = feed[0], feed[5]
    changed = replace(old, text=other.text, title="Corrected: " + (old.title or ""))
    verdict = index.add(changed)
    assert verdict.revision == 2
    assert [(item.number, item.text) for item in index.history(old.id)] == [(1, old.text)]
    _same_as_batch(index, [changed, *feed[1:]])
    index.add(old)
    assert [item.text for item in index.history(old.id)] == [old.text, other.text]
    _same_as_batch(index, feed)


def test_texts_of_an_article_in_one_call_have_a_verdict_each(index: Index, feed: list[Article]) -> None:
    index.add_many(feed)
    first, second = replace(feed[0], text=feed[5].text), replace(feed[0], text="Road closed until further notice.")
    came, changed, again, back = index.add_many([first, second, second, first])
    assert [verdict.revision for verdict in (came, changed, again, back)] == [2, 3, 3, 4]
    assert came.match is not None
    assert came.match.derived
    assert changed == again
    assert came.relation != changed.relation
    assert index.verdict(feed[0].id) == back
    assert [item.text for item in index.history(feed[0].id)] == [feed[0].text, first.text, second.text]
    _same_as_batch(index, [first, *feed[1:]])


@pytest.mark.parametrize("seed", range(1))
def test_what_is_removed_leaves_no_trace_in_any_answer(index: Index, feed: list[Article], seed: int) -> None:
    draw = random.Random(seed)
    index.add_many(draw.sample(feed, len(feed)))
    gone = {article.id for article in draw.sample(feed, 12)}
    for name in sorted(gone):
        assert index.remove(name)
        assert not index.remove(name)
        assert (index.get(name), index.verdict(name), index.story_of(name)) == (None, None, None)
    _same_as_batch(index, [article for article in feed if article.id not in gone])
    index.add_many([article for article in feed if article.id in gone])
    _same_as_batch(index, feed)


def test_a_number_given_again_brings_nothing_back_of_the_article_that_had_it(index: Index, feed: list[Article]) -> None:
    index.add_many([*feed[:4], replace(feed[5], id="first")])
    assert index.remove("first")
    index.add(replace(feed[5], id="second"))
    assert {"first"}.isdisjoint(name for match in index.matches("second") for name in (match.a, match.b))
    _same_as_batch(index, [*feed[:4], replace(feed[5], id="second")])


def test_a_story_is_told_when_asked_for_and_read_from_the_store_then(
    near_store: Store, feed: list[Article], monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[int] = []
    whole = narrating.tell_story
    monkeypatch.setattr(narrating, "tell_story", lambda units, *more: told.append(len(units)) or whole(units, *more))
    index = Index(near_store, clock=_ticking())
    index.add_many(feed)
    assert not told
    stories = index.stories()
    assert len(told) == len(stories)
    assert index.stories() == stories
    assert len(told) == len(stories)
    index.add(Article(id="x", text="Sturgeon spawn in the upper river again. " * 8, outlet="river.example"))
    assert {story.story_id for story in index.stories()} > {story.story_id for story in stories}
    assert len(told) == len(stories) + 1


def test_what_a_reader_tells_is_kept_by_the_one_who_writes(
    tmp_path: Path, feed: list[Article], monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[int] = []
    whole = narrating.tell_story
    monkeypatch.setattr(narrating, "tell_story", lambda units, *more: told.append(len(units)) or whole(units, *more))
    with dedup.open_index(tmp_path / "news.db") as index:
        index.add_many(feed)
        index.settle()
        with dedup.open_index(index.place, readonly=True) as reader:
            order = index.listed_by(reader).tolist()
            assert not told
            stories = tuple(story for number in order for story in index.told_by(reader, [number]))
            assert len(told) == len(stories) == len(order) > 0
            assert reader.stories() == index.told_by(reader, order) == index.stories() == stories
            assert index.told_by(reader, order[1:3]) == stories[1:3]
            assert len(told) == len(stories)


def test_a_story_keeps_its_place_in_an_order_while_it_grows(tmp_path: Path, feed: list[Article]) -> None:
    with dedup.open_index(tmp_path / "news.db") as index:
        index.add_many(feed[: len(feed) // 2])
        index.settle()
        order, last = index.listed_by(index).tolist(), index.last_event()
        index.add_many(feed[len(feed) // 2 :])
        index.settle()
        assert index.last_event() > last
        firsts = {feed[number - 1].id for number in order}
        now = [story for story in index.stories() if firsts & {member.id for member in story.articles}]
        assert list(index.told_by(index, order)) == now
        assert index.told_by(index, [10**6]) == ()


def test_the_order_of_what_changed_since_is_that_of_the_stories(tmp_path: Path, feed: list[Article]) -> None:
    moments = iter(datetime(2026, 4, 1, tzinfo=UTC) + timedelta(hours=hour) for hour in range(100))
    with dedup.open_index(tmp_path / "news.db", clock=lambda: next(moments)) as index:
        for at in range(0, len(feed), 5):
            index.add_many(feed[at : at + 5])
        for hour in (0, 2, 4, 99):
            since = datetime(2026, 4, 1, hour % 24, tzinfo=UTC) + timedelta(days=hour // 24)
            index.settle()
            order = index.listed_by(index, since).tolist()
            assert index.told_by(index, order) == index.stories(since)


@pytest.mark.parametrize("seed", range(6))
def test_stories_worked_out_ahead_are_right_whatever_happens_meanwhile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    draw, feed = random.Random(seed), site_feed(stories=14, seed=4)
    inside: dict[str, Article] = {}
    with dedup.open_index(tmp_path / "news.db") as index, dedup.open_index(index.place, readonly=True) as reader:

        def change(kind: str) -> None:
            if kind == "add":
                part = draw.sample(feed, 7)
                index.add_many(part)
                inside.update((article.id, article) for article in part)
            elif kind == "remove" and inside:
                index.remove(name := draw.choice(sorted(inside)))
                del inside[name]
            elif kind == "revise" and inside:
                article = replace(inside[draw.choice(sorted(inside))], text=draw.choice(feed).text)
                index.add(article)
                inside[article.id] = article
            elif kind == "settle":
                index.settle()

        def meanwhile(*given: Any) -> ahead.Ahead:
            found = ahead.work_ahead(*given)
            for kind in draw.choices(("add", "remove", "revise", "settle"), (3, 1, 1, 1), k=draw.randint(0, 2)):
                change(kind)
            return found

        monkeypatch.setattr(Desk.finish, "__defaults__", (draw.choice((0, 4, 32)),))
        monkeypatch.setattr(handle, "work_ahead", meanwhile)
        index.add_many(feed[:40])
        inside.update((article.id, article) for article in feed[:40])
        for _ in range(6):
            change(draw.choice(("add", "remove", "revise")))
            index.settle_by(reader)
        monkeypatch.undo()
        index.settle_by(reader)
        assert index.stats().waiting == 0
        _same_as_batch(index, list(inside.values()))


def test_what_changes_while_its_story_is_worked_out_waits_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    feed = site_feed(stories=14, seed=4)
    changed = Article(id=feed[3].id, text="Sturgeon spawn in the upper river again. " * 8, outlet="river.example")
    with dedup.open_index(tmp_path / "news.db") as index, dedup.open_index(index.place, readonly=True) as reader:

        def meanwhile(*given: Any) -> ahead.Ahead:
            found = ahead.work_ahead(*given)
            if feed[3].id in {name for plan in found.part.work.plans for name in plan.names} and not told:
                told.append(index.add(changed))
            return found

        told: list[dedup.Verdict] = []
        monkeypatch.setattr(Desk.finish, "__defaults__", (1,))
        index.add_many(feed)
        with monkeypatch.context() as patched:
            patched.setattr(handle, "work_ahead", meanwhile)
            index.settle_by(reader)
        assert told
        index.settle_by(reader)
        assert index.stats().waiting == 0
        _same_as_batch(index, [*feed[:3], changed, *feed[4:]])


def test_after_everything_is_removed_the_store_is_empty(near_store: Store, feed: list[Article]) -> None:
    index = Index(near_store)
    index.add_many(feed)
    index.add(replace(feed[0], text=feed[1].text))
    for article in feed:
        index.remove(article.id)
    index.settle()
    with near_store.reading() as view:
        from dedup.index.contract import POSTINGS, RECORDS

        left = {table: view.count(table) for table in (*RECORDS, *POSTINGS) if view.count(table)}
    left.pop("term", None)
    assert left.keys() <= {"event", "cap"}
    assert len(index) == 0


def test_articles_before_a_time_expire(index: Index, feed: list[Article]) -> None:
    index.add_many(feed)
    times = sorted(article.published for article in feed if article.published)
    limit = times[len(times) // 2]
    old = [article for article in feed if article.published and article.published < limit]
    assert index.expire(before=limit) == len(old) > 5
    _same_as_batch(index, [article for article in feed if article not in old])


@pytest.mark.parametrize("told", [True, False])
def test_a_story_that_expires_as_a_whole_is_gone(index: Index, told: bool) -> None:
    feed = [replace(article, published=None) for article in town_feed(60, seed=4)]
    stories = [story for story in dedup.find_stories(feed).stories if len(story.articles) in (1, 2, 3)]
    gone = {member.id for story in stories for member in story.articles}
    index.add_many([replace(article, published=NOON) if article.id in gone else article for article in feed])
    if told:
        index.stories()
    else:
        index.settle()
    assert index.expire(NOON + timedelta(days=1)) == len(gone)
    _same_as_batch(index, [article for article in feed if article.id not in gone])
    ended = [event for event in index.events() if event.kind == "ended"]
    assert {event.story_id for event in ended} >= {story.story_id for story in stories}
    assert {name for event in ended for name in event.articles} >= gone
    assert index.check(deep=True).sound


@pytest.mark.parametrize("told", [True, False])
def test_a_story_that_waits_is_told_without_those_removed(index: Index, told: bool) -> None:
    feed = site_feed(stories=14, seed=4)
    index.add_many(feed)
    index.settle()
    first = index.story_of(feed[0].id) if told else None
    inside = {article.id for article in feed}
    for name in [article.id for article in feed[1:30]]:
        index.remove(name)
        inside.discard(name)
    assert index.stats().waiting > 0
    story = index.story_of(feed[0].id)
    assert story is not None
    assert story != first
    assert feed[0].id in {member.id for member in story.articles} <= inside
    _same_as_batch(index, [article for article in feed if article.id in inside])


def test_a_random_history_ends_where_the_batch_does(index: Index, feed: list[Article]) -> None:
    draw = random.Random(7)
    inside: dict[str, Article] = {}
    for _ in range(80):
        kind = draw.choice(("add", "add", "add", "many", "remove", "revise"))
        if kind == "add":
            article = draw.choice(feed)
            index.add(article)
            inside[article.id] = article
        elif kind == "many":
            part = draw.sample(feed, 6)
            index.add_many(part)
            inside.update((article.id, article) for article in part)
        elif inside and kind == "remove":
            index.remove(name := draw.choice(sorted(inside)))
            del inside[name]
        elif inside:
            name = draw.choice(sorted(inside))
            inside[name] = replace(inside[name], text=draw.choice(feed).text)
            index.add(inside[name])
    _same_as_batch(index, list(inside.values()))


def _replay(events: Iterator[dedup.StoryEvent] | tuple[dedup.StoryEvent, ...]) -> set[str]:
    known: set[str] = set()
    for event in events:
        assert set(event.was) <= known, event
        if event.kind != "split":
            known -= set(event.was)
        if event.kind != "ended":
            known.add(event.story_id)
        assert event.kind != "created" or not event.was
    return known


def test_events_follow_every_story_from_name_to_name(index: Index, feed: list[Article]) -> None:
    for article in random.Random(3).sample(feed, len(feed)):
        index.add(article)
    for article in feed[::3]:
        index.remove(article.id)
    events = index.events()
    assert [event.number for event in events] == list(range(1, len(events) + 1))
    assert {event.kind for event in events} >= {"created", "grown", "ended"}
    assert {story.story_id for story in index.stories()} <= _replay(events)
    middle = events[len(events) // 2]
    assert index.events(since=middle.number) == events[len(events) // 2 + 1 :]
    assert index.events(since=middle.at)[0].at == middle.at


def test_stories_since_a_time_are_those_that_changed(near_store: Store, feed: list[Article]) -> None:
    now = [NOON]
    index = Index(near_store, clock=lambda: now[0])
    index.add_many(feed[:8])
    now[0] += timedelta(hours=1)
    index.add(Article(id="x", text="Sturgeon spawn in the upper river again. " * 8, outlet="river.example"))
    (late,) = index.stories(since=now[0])
    assert [member.id for member in late.articles] == ["x"]
    assert len(index.stories()) > 1
    assert index.stories(since=now[0] + timedelta(seconds=1)) == ()


@pytest.mark.parametrize("asked_before", [False, True])
def test_a_corrected_text_is_told_of_whether_anybody_asked_before_or_not(near_store: Store, asked_before: bool) -> None:
    now, text = [NOON], "The mill was fined {} dollars." + " It let dyes into the river in the dry month of June." * 5
    index = Index(near_store, clock=lambda: now[0])
    index.add_many(Article(id=name, text=text.format(100), title="Mill fined") for name in "ab")
    if asked_before:
        assert len(index.stories()) == 1
    now[0] += timedelta(hours=1)
    last = index.last_event()
    index.add(Article(id="a", text=text.format(900), title="Mill fined"))
    (corrected,) = index.stories(since=now[0])
    (event,) = index.events(since=last)
    assert (event.kind, event.story_id, event.articles) == ("revised", corrected.story_id, ("a",))
    assert index.stories(since=now[0] + timedelta(seconds=1)) == ()


@pytest.mark.parametrize("ask", ["stories", "events", "result", "expire"])
@pytest.mark.parametrize("when", [datetime(2026, 1, 1), "2026-01-01"])
def test_a_time_without_a_zone_is_refused(index: Index, ask: str, when: object) -> None:
    with pytest.raises(ArticleError, match="not a datetime with a time zone"):
        getattr(index, ask)(when)


def test_what_is_no_article_is_refused_by_name(index: Index, feed: list[Article]) -> None:
    with pytest.raises(ArticleError, match="item 2: the feed holds a dict where an Article"):
        index.add_many([feed[0], {"id": "a"}])  # type: ignore[list-item]
    assert len(index) == 0


def test_an_article_without_text_is_refused_and_the_others_of_its_call_too(index: Index, feed: list[Article]) -> None:
    with pytest.raises(dedup.ArticleError, match="neither text nor html"):
        index.add_many([feed[0], Article(id="empty", text=" \n")])
    assert len(index) == 0


def test_a_limit_that_makes_a_difference_is_told_and_mended(near_store: Store, feed: list[Article]) -> None:
    settings = Settings(bucket_articles=2, bucket_window=1, neighbour_bucket=3, candidates_each=2, neighbours_each=2)
    index = Index(near_store, settings)
    for article in random.Random(2).sample(feed, len(feed)):
        index.add(article)
    told = index.check(deep=True)
    assert told.caps
    assert not told.sound
    assert any("story" in sentence for sentence in told.differences)
    index.rebuild()
    _same_as_batch(index, feed, settings)
    after = index.check(deep=True)
    assert after.sound
    assert not after.caps
    index.add(Article(id="later", text=feed[3].text, outlet="later.example"))
    assert index.get("later") is not None


def test_rebuilding_what_is_right_changes_nothing_and_tells_no_events(index: Index, feed: list[Article]) -> None:
    index.add_many(feed)
    before = (index.result(), len(index.events()), [index.verdict(article.id) for article in feed])
    index.rebuild()
    assert (index.result(), len(index.events()), [index.verdict(article.id) for article in feed]) == before


def test_large_components_wait_and_say_so(index: Index) -> None:
    text = site_feed(1, 9)[0].text
    verdicts = [index.add(Article(id=f"n{i:03d}", text=f"{text}\nEdition {i}.")) for i in range(80)]
    assert not verdicts[5].deferred
    assert verdicts[-1].deferred
    assert verdicts[-1].group_id == verdicts[5].group_id
    assert not verdicts[-1].is_new
    assert index.stats().waiting > 0
    assert len(index.stories()) == 1
    assert index.stats().waiting == 0


def test_an_index_on_a_server_answers_as_the_batch_does(far_store: Store, feed: list[Article]) -> None:
    index = Index(far_store, clock=_ticking())
    index.add_many(feed[3:])
    for article in feed[:6]:
        index.add(article)
    index.remove(feed[5].id)
    _same_as_batch(index, [article for article in feed if article is not feed[5]])
    assert index.check(deep=True).sound
    before = index.result()
    index.rebuild()
    assert index.result() == before
    assert index.stats().bytes > 0
    index.close()
    with pytest.raises(dedup.IndexStoreError, match="open the index again"):
        index.add(feed[5])


def test_an_address_opens_an_index_in_postgres(postgres: str, feed: list[Article]) -> None:
    with dedup.open_index(postgres, durability="crash") as index:
        index.add(feed[0])
    with dedup.open_index(postgres, readonly=True) as index:
        assert len(index) == 1
        with pytest.raises(dedup.IndexStoreError, match="reading only"):
            index.add(feed[1])
        with pytest.raises(dedup.IndexStoreError, match="pg_dump"):
            index.backup("copy.db")
    with pytest.raises(dedup.IndexStoreError, match="set of settings"):
        dedup.open_index(postgres, Settings(story_floor=0.5))
    with pytest.raises(dedup.IndexStoreError, match=r"127\.0\.0\.1"):
        dedup.open_index("postgresql://nobody@127.0.0.1:1/none?connect_timeout=2")
