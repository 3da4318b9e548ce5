"""The handle: who may open what, what a failure leaves, threads, forks and processes that die."""

import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

import dedup
from dedup.errors import IndexStoreError
from dedup.index import Index
from dedup.index.contract import POSTINGS, RECORDS, Writing
from dedup.index.memory import MemoryStore
from dedup.models import Article
from dedup.settings import Settings
from tests.index.sites import site_feed

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture(scope="module")
def feed() -> list[Article]:
    return site_feed(stories=4, seed=8)


def test_an_index_opens_again_with_the_settings_it_was_made_with(tmp_path: Path, feed: list[Article]) -> None:
    path = tmp_path / "news.db"
    settings = Settings(shingle_words=4)
    with dedup.open_index(path, settings) as index:
        index.add_many(feed[:4])
        told = index.stories()
    with dedup.open_index(path) as index:
        assert index.settings == settings
        assert index.stories() == told


@pytest.mark.parametrize(
    ("settings", "named"),
    [(Settings(shingle_words=4), "scheme of signatures"), (Settings(story_floor=0.5), "set of settings")],
)
def test_other_settings_are_refused_naming_both_fingerprints(tmp_path: Path, settings: Settings, named: str) -> None:
    path = tmp_path / "news.db"
    dedup.open_index(path, Settings()).close()
    before = path.read_bytes()
    with pytest.raises(IndexStoreError, match=named) as caught:
        dedup.open_index(path, settings)
    if named == "set of settings":
        assert settings.digest() in str(caught.value)
        assert Settings().digest() in str(caught.value)
    assert path.read_bytes() == before


def test_another_format_of_the_store_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "news.db"
    dedup.open_index(path).close()
    connection = sqlite3.connect(path)
    connection.execute("UPDATE names SET value = '0' WHERE name = 'format'")
    connection.commit()
    connection.close()
    with pytest.raises(IndexStoreError, match="another format of the store: 0, not 4"):
        dedup.open_index(path)


def test_an_index_whose_settings_are_unknown_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "news.db"
    dedup.open_index(path).close()
    connection = sqlite3.connect(path)
    connection.execute("UPDATE names SET value = ? WHERE name = 'settings'", (json.dumps({"colour": 3}),))
    connection.commit()
    connection.close()
    with pytest.raises(IndexStoreError, match="settings this version does not know"):
        dedup.open_index(path)


def test_a_reader_sees_what_another_handle_adds_and_cannot_write(tmp_path: Path, feed: list[Article]) -> None:
    path = tmp_path / "news.db"
    with dedup.open_index(path) as writer, dedup.open_index(path, readonly=True) as reader:
        assert len(reader) == 0
        writer.add(feed[0])
        assert [story.articles[0].id for story in reader.stories()] == [feed[0].id]
        with pytest.raises(IndexStoreError, match="reading only"):
            reader.add(feed[1])


def test_a_closed_index_says_so(tmp_path: Path, feed: list[Article]) -> None:
    index = dedup.open_index(tmp_path / "news.db")
    index.close()
    index.close()
    with pytest.raises(IndexStoreError, match="open the index again"):
        index.add(feed[0])


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")
@pytest.mark.filterwarnings("ignore:.*use of fork.*:DeprecationWarning")
def test_a_handle_is_refused_after_a_fork(tmp_path: Path, feed: list[Article]) -> None:
    with dedup.open_index(tmp_path / "news.db") as index:
        index.add(feed[0])
        child = os.fork()
        if child == 0:
            code = 1
            try:
                index.add(feed[1])
            except IndexStoreError as error:
                code = 0 if "open the index in each process" in str(error) else 2
            finally:
                os._exit(code)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        index.add(feed[2])
        assert len(index) == 2


def test_a_backup_is_an_index_of_its_own(tmp_path: Path, feed: list[Article]) -> None:
    with dedup.open_index(tmp_path / "news.db") as index:
        index.add_many(feed)
        index.backup(tmp_path / "copy.db")
        told = index.stories()
        index.remove(feed[0].id)
    with dedup.open_index(tmp_path / "copy.db") as copy:
        assert copy.stories() == told


class _FailingStore(MemoryStore):
    """Fails the write after the next ``left``, once."""

    left = -1

    @contextmanager
    def writing(self) -> Iterator[Writing]:
        with super().writing() as view:
            yield _FailingView(self, view)  # type: ignore[misc]

    def count_down(self) -> None:
        if self.left == 0:
            self.left = -1
            raise IndexStoreError("the disk failed", place=self.place)
        self.left -= self.left > 0


class _FailingView:
    def __init__(self, store: _FailingStore, view: Writing) -> None:
        self._store, self._view = store, view

    def __getattr__(self, name: str) -> object:
        if name in ("put", "post", "drop", "unpost", "name"):
            self._store.count_down()
        return getattr(self._view, name)


def _dump(store: MemoryStore) -> object:
    with store.reading() as view:
        records = {table: dict(view.scan(table)) for table in RECORDS}
        return records, {table: list(view.scan_posted(table)) for table in POSTINGS}


def test_the_nth_write_may_fail_for_every_n_and_nothing_is_half_done(feed: list[Article]) -> None:
    store = _FailingStore()
    index = Index(store)
    index.add_many(feed[:6])
    copy = Article(id="copy", text=feed[0].text, outlet="copy.example")
    before, failures = _dump(store), 0
    for number in range(10**6):
        store.left = number
        try:
            index.add(copy)
        except IndexStoreError:
            failures += 1
            assert _dump(store) == before
        else:
            break
    assert failures > 20
    assert index.stories() == dedup.find_stories([*feed[:6], copy]).stories


ADDER = """
import sys, threading
import dedup
from tests.index.sites import site_feed
path, which, of, threads, stories = sys.argv[1], *map(int, sys.argv[2:])
mine = site_feed(stories=stories, seed=8)[which::of]
failed = []
with dedup.open_index(path, durability="crash") as index:
    def add(part):
        try:
            for article in part:
                index.add(article)
        except Exception as error:
            failed.append(error)
    parts = [threading.Thread(target=add, args=(mine[i::threads],)) for i in range(threads)]
    for part in parts: part.start()
    for part in parts: part.join()
sys.exit(repr(failed) if failed else 0)
"""


def _run_adders(path: Path | str, processes: int, threads: int, stories: int) -> None:
    dedup.open_index(path).close()
    command = [sys.executable, "-c", ADDER, str(path)]
    adders = [
        subprocess.Popen([*command, *map(str, (which, processes, threads, stories))], cwd=ROOT, stderr=subprocess.PIPE)
        for which in range(processes)
    ]
    with dedup.open_index(path, readonly=True) as reader:
        while any(adder.poll() is None for adder in adders):
            assert reader.stats().articles >= 0
            reader.stories()
    for adder in adders:
        _, said = adder.communicate()
        assert adder.returncode == 0, said.decode()
    feed = site_feed(stories=stories, seed=8)
    with dedup.open_index(path) as index:
        assert len(index) == len(feed)
        assert index.stories() == dedup.find_stories(feed).stories
        assert index.check().sound


def test_processes_and_threads_add_at_once_and_nothing_is_lost(place: Path | str) -> None:
    _run_adders(place, processes=2, threads=2, stories=4)


@pytest.mark.slow
def test_eight_processes_of_four_threads_add_at_once(tmp_path: Path) -> None:
    _run_adders(tmp_path / "news.db", processes=8, threads=4, stories=60)


KILLED = """
import sys
import dedup
from tests.index.sites import site_feed
feed = site_feed(stories=int(sys.argv[2]), seed=8)
with dedup.open_index(sys.argv[1]) as index:
    done = len(index)  # in the order of the feed: up to four come again, so that the first line is of fresh work
    for at in range(done - done % 5, len(feed), 5):
        index.add_many(feed[at:at + 3])
        for article in feed[at + 3:at + 5]:
            index.add(article)
        print(*(article.id for article in feed[at:at + 5]), flush=True)
"""


def _kill_while_adding(path: Path | str, kills: int, stories: int) -> None:
    draw = random.Random(5)
    acknowledged: set[str] = set()
    struck = 0
    feed = {article.id: article for article in site_feed(stories=stories, seed=8)}
    for _ in range(kills):
        run = subprocess.Popen(
            [sys.executable, "-c", KILLED, str(path), str(stories)], cwd=ROOT, stdout=subprocess.PIPE, text=True
        )
        assert run.stdout is not None
        acknowledged |= set(run.stdout.readline().split())
        time.sleep(draw.random() * 0.2)
        run.send_signal(signal.SIGKILL)
        acknowledged |= {name for line in run.stdout for name in line.split()}
        run.stdout.close()
        struck += run.wait() == -signal.SIGKILL
        with dedup.open_index(path, readonly=True) as index:
            held = {article.id: article for article in index.articles()}
            assert acknowledged <= held.keys()
            assert all(held[name] == feed[name] for name in held)
            assert index.check().damage == ()
    assert struck > 0.9 * kills, f"only {struck} of {kills} died while adding: give a longer feed"
    with dedup.open_index(path) as index:
        _is_as_if_never_interrupted(index, list(feed.values())[: len(index)])


def _is_as_if_never_interrupted(index: Index, feed: list[dedup.Article]) -> None:
    with Index(MemoryStore()) as whole:
        for at in range(0, len(feed), 5):
            whole.add_many(feed[at : at + 3])
            for article in feed[at + 3 : at + 5]:
                whole.add(article)
        assert index.stories() == whole.stories()
        assert list(map(_undated, index.events())) == list(map(_undated, whole.events()))
        assert [index.verdict(article.id) for article in feed] == [whole.verdict(article.id) for article in feed]
        # Above limits, order of arrival makes a difference that the batch does not know.
        if not whole.stats().caps:
            assert index.stories() == dedup.find_stories(feed).stories


def _undated(event: dedup.StoryEvent) -> tuple[object, ...]:
    return event.kind, event.story_id, event.was, event.articles


def test_what_was_acknowledged_survives_being_killed(place: Path | str) -> None:
    _kill_while_adding(place, kills=3, stories=30)


@pytest.mark.slow
def test_what_was_acknowledged_survives_two_hundred_kills(tmp_path: Path) -> None:
    _kill_while_adding(tmp_path / "news.db", kills=200, stories=400)


def test_many_equal_articles_make_no_later_one_slower(tmp_path: Path) -> None:
    text = site_feed(1, 3)[0].text
    with dedup.open_index(tmp_path / "news.db", durability="crash") as index:
        index.add_many(Article(id=f"m{i:04d}", text=text) for i in range(300))
        with index._store.reading() as view:
            posted = [view.count(table) for table in ("band", "sample")]
        index.add_many(Article(id=f"n{i:04d}", text=text) for i in range(300))
        with index._store.reading() as view:
            assert [view.count(table) for table in ("band", "sample")] == posted
        verdict = index.add(Article(id="z", text=text))
        assert verdict.relation == "copy"
        assert verdict.match is not None
        assert verdict.match.a == "m0000"


def test_an_address_of_no_store_is_refused_and_makes_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(dedup.IndexStoreError, match=r"ftp://news: no index can be kept there; give a file"):
        dedup.open_index("ftp://news")
    assert not list(tmp_path.iterdir())
