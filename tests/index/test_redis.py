"""The Redis store: whose keys it takes, how writers take turns, what readers see, and what happens when the server
stops, forgets, or has no memory left."""

import multiprocessing
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

import dedup
from dedup.errors import IndexStoreError
from dedup.index import redisdb, redisview
from dedup.index.redisdb import RedisStore
from dedup.index.redisserver import parse_address, promises, refuse_server, remedy
from dedup.settings import Settings
from tests.index.conftest import RedisServer
from tests.index.sites import site_feed

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture
def raw(redis_server: RedisServer) -> Iterator[Any]:
    """A client that does not know of indexes."""
    import redis

    with closing(redis.Redis.from_url(redis_server.address)) as client:
        yield client


@pytest.fixture
def lone_server(redis_program: str, tmp_path: Path) -> Iterator[RedisServer]:
    """A server for one test, which may kill it."""
    server = RedisServer(redis_program, tmp_path)
    yield server
    server.kill()


def _prefix(address: str) -> str:
    return parse_address(address).prefix


def _write(store: RedisStore, key: int) -> None:
    with store.writing() as view:
        view.put("facts", [(key, b"x")])
        view.post("band", [(1, key)])


def _write_while(store: RedisStore, key: int, what: Callable[[], object]) -> None:
    with store.writing() as view:
        view.put("facts", [(key, b"x")])
        what()


def _fill(store: RedisStore, kept: list[int]) -> None:
    for key in range(1000):
        with store.writing() as view:
            view.put("facts", [(key, bytes(5000))])
            view.post("band", [(1, key)])
        kept.append(key)


def _held(store: RedisStore) -> list[int]:
    with store.reading() as view:
        keys = [key for key, _ in view.scan("facts")]
        assert view.posted("band", [1]).get(1, []) == keys
        return keys


# --- whose keys ---------------------------------------------------------------------------------------------------


def test_an_address_opens_an_index_and_others_settings_are_refused(redis_address: str) -> None:
    feed = site_feed(1, 4)
    with dedup.open_index(redis_address, Settings(shingle_words=4)) as index:
        told = index.add(feed[0])
    with dedup.open_index(redis_address, readonly=True) as index:
        assert index.settings == Settings(shingle_words=4)
        assert index.verdict(feed[0].id) == told
        with pytest.raises(IndexStoreError, match="reading only"):
            index.add(feed[1])
        with pytest.raises(IndexStoreError, match="redis-cli --rdb"):
            index.backup("copy.db")
    with pytest.raises(IndexStoreError, match=r"another scheme of signatures: .*words4.*, not .*words5"):
        dedup.open_index(redis_address, Settings())


def test_another_format_of_the_store_is_refused(redis_address: str, raw: Any) -> None:
    dedup.open_index(redis_address).close()
    raw.hset(f"{_prefix(redis_address)}:names", "format", "0")
    with pytest.raises(IndexStoreError, match="another format of the store: 0, not 4"):
        dedup.open_index(redis_address)


def test_a_newer_layout_of_keys_is_refused(redis_address: str, raw: Any) -> None:
    RedisStore(redis_address).close()
    raw.hset(f"{_prefix(redis_address)}:meta", "layout", "99")
    with pytest.raises(IndexStoreError, match=r"keys of layout 99; this one knows 1\); upgrade news-dedup"):
        RedisStore(redis_address)


@pytest.mark.parametrize("key", ["meta", "r:article", "names"])
def test_keys_of_someone_else_are_refused_and_left_alone(key: str, redis_address: str, raw: Any) -> None:
    prefix = _prefix(redis_address)
    raw.set(f"{prefix}:{key}", "notes")
    with pytest.raises(IndexStoreError, match="name another prefix for the index"):
        RedisStore(redis_address)
    assert raw.keys(f"{prefix}:*") == [f"{prefix}:{key}".encode()]
    assert raw.get(f"{prefix}:{key}") == b"notes"


def test_an_index_that_is_not_there_is_not_made_by_a_reader(redis_address: str, raw: Any) -> None:
    with pytest.raises(IndexStoreError, match=r"is not there; make it with: dedup ingest FEED --index redis://"):
        RedisStore(redis_address, readonly=True)
    assert raw.keys(f"{_prefix(redis_address)}:*") == []


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("redis://h/zero", "'zero' is no number of a database"),
        ("redis://h/0?colour=3", "unknown option 'colour'"),
        ("redis://h/0?prefix=a:b", "'a:b' is no prefix"),
        ("redis://h/0?ttl=soon", "ttl=soon is no span of time"),
    ],
)
def test_an_address_that_says_something_else_is_refused(address: str, said: str) -> None:
    with pytest.raises(IndexStoreError, match=said):
        parse_address(address)


def test_the_place_of_an_index_names_no_password_and_opens_it_again() -> None:
    held = parse_address("rediss://user:secret@db.example:7000/3?ttl=36h&ssl_cert_reqs=none")
    assert held.place == "rediss://db.example:7000/3?prefix=dedup_index"
    assert parse_address(held.place).place == held.place
    assert (held.ttl, parse_address("redis://h").ttl, parse_address("redis://h?ttl=never").ttl) == (129600, None, 0)
    assert parse_address("redis://[::1]").place == "redis://[::1]:6379/0?prefix=dedup_index"


# --- servers ------------------------------------------------------------------------------------------------------


def test_a_server_that_does_not_answer_is_named(redis_address: str) -> None:
    with pytest.raises(IndexStoreError, match=r"redis://127\.0\.0\.1:1/0.*see that a Redis server answers there"):
        dedup.open_index("redis://127.0.0.1:1/0")
    with pytest.raises(IndexStoreError, match="give user and password in the address") as caught:
        RedisStore(redis_address.replace("redis://", "redis://me:secret@"))
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("info", "said"),
    [
        ({"redis_version": "6.2.14"}, "is Redis 6.2.14; use 7.0 or newer"),
        ({"redis_mode": "cluster"}, "is part of a Redis Cluster"),
        ({"role": "slave"}, "is a replica; name the primary server"),
        ({"maxmemory": 1, "maxmemory_policy": "allkeys-lru"}, "allkeys-lru.*set maxmemory-policy noeviction"),
    ],
)
def test_a_server_that_cannot_keep_an_index_whole_is_refused(info: dict[str, object], said: str) -> None:
    sound = {"redis_version": "7.0.15", "redis_mode": "standalone", "role": "master", "maxmemory": 0}
    refuse_server(sound, "here")
    with pytest.raises(IndexStoreError, match=said):
        refuse_server(sound | info, "here")


@pytest.mark.parametrize(
    ("error", "said"),
    [
        ("OutOfMemoryError command not allowed when used memory > 'maxmemory'.", "raise the server's maxmemory"),
        ("ResponseError MISCONF Redis is configured to save RDB snapshots, but cannot persist", "make room there"),
        ("ReadOnlyError You can't write against a read only replica.", "name the primary server"),
        ("BusyLoadingError Redis is loading the dataset in memory", "still reading its data"),
        ("NoPermissionError this user has no permissions to run the 'eval' command", "let the user of the address"),
        ("ResponseError WRONGTYPE Operation against a key holding the wrong kind of value", "somebody else writes"),
        ("TimeoutError Timeout reading from socket", "may have been kept"),
    ],
)
def test_every_refusal_of_a_server_has_its_remedy(error: str, said: str) -> None:
    assert said in remedy(error)


def test_what_a_server_does_not_promise_is_said(redis_address: str, redis_server: RedisServer, raw: Any) -> None:
    assert promises({"aof_enabled": 1}, "always", "power") == promises({"aof_enabled": 1}, "everysec", "crash") == []
    assert "appendfsync everysec" in promises({"aof_enabled": 1}, "everysec", "power")[0]
    with dedup.open_index(redis_address) as index:
        assert index.notices() == ()
        raw.config_set("appendonly", "no")
        try:
            (notice,) = index.check().notices
        finally:
            raw.config_set("appendonly", "yes")
    assert "no append-only file" in notice


def test_what_was_acknowledged_survives_the_end_of_the_server(lone_server: RedisServer) -> None:
    store = RedisStore(lone_server.address)
    for key in range(20):
        _write(store, key)
    lone_server.kill()
    with pytest.raises(IndexStoreError, match="see that a Redis server answers there"), store.reading():
        pass
    with pytest.raises(IndexStoreError, match="redis://127"), store.writing():
        pass
    lone_server.start()
    assert _held(store) == list(range(20))
    _write(store, 20)
    assert _held(store) == list(range(21))
    assert store.check() == []
    store.close()


def test_a_server_that_stops_within_a_transaction_keeps_none_of_it(lone_server: RedisServer) -> None:
    store = RedisStore(lone_server.address)
    _write(store, 1)
    with pytest.raises(IndexStoreError, match=r"a commit under way may have been kept|see that"):
        _write_while(store, 2, lone_server.kill)
    lone_server.start()
    assert _held(store) == [1]
    store.close()


def test_a_server_without_memory_is_an_error_and_work_goes_on_when_there_is_room(lone_server: RedisServer) -> None:
    import redis

    store, client = RedisStore(lone_server.address), redis.Redis.from_url(lone_server.address)
    client.config_set("maxmemory", client.info("memory")["used_memory"] + 300_000)
    kept: list[int] = []
    with pytest.raises(IndexStoreError, match=r"OOM command not allowed.*; raise the server's maxmemory"):
        _fill(store, kept)
    client.config_set("maxmemory", 1)
    assert _held(store) == kept != []
    client.config_set("maxmemory", 0)
    _write(store, len(kept))
    assert _held(store) == [*kept, len(kept)]
    client.close()
    store.close()


def test_a_server_busy_with_a_large_commit_is_waited_for(lone_server: RedisServer) -> None:
    import redis

    store, client = RedisStore(lone_server.address), redis.Redis.from_url(lone_server.address)
    _write(store, 1)
    client.config_set("lua-time-limit", 1)
    working = threading.Thread(target=client.eval, args=("for i = 1, 4e6 do redis.call('PING') end", 0))
    working.start()
    time.sleep(0.1)
    before = store._wire.trips
    _write(store, 2)
    assert store._wire.trips - before > 4
    working.join()
    assert _held(store) == [1, 2]
    client.close()
    store.close()


def test_an_index_with_a_time_to_live_goes_as_a_whole(redis_address: str, raw: Any) -> None:
    store = RedisStore(f"{redis_address}&ttl=1s")
    _write(store, 1)
    RedisStore(redis_address, readonly=True).close()
    left = {raw.pttl(key) for key in raw.keys(f"{_prefix(redis_address)}:*") if not key.endswith(b":readers")}
    assert all(0 < span <= 1000 for span in left)
    time.sleep(1.1)
    assert raw.keys(f"{_prefix(redis_address)}:*") == []
    with pytest.raises(IndexStoreError, match=r"is gone from the server"), store.reading():
        pass
    with pytest.raises(IndexStoreError, match=r"is gone from the server"), store.writing():
        pass
    store.close()
    store = RedisStore(f"{redis_address}&ttl=1h")
    _write(store, 1)
    RedisStore(f"{redis_address}&ttl=never").close()
    _write(store, 2)
    assert {raw.ttl(key) for key in raw.keys(f"{_prefix(redis_address)}:*")} == {-1}
    store.close()


def test_a_damaged_record_is_named_where_it_is_read(redis_address: str, raw: Any) -> None:
    store, prefix = RedisStore(redis_address), _prefix(redis_address)
    for key in range(3):
        _write(store, key)
    raw.hset(f"{prefix}:r:facts", redisview.packed(1), b"\0\0\0\0other")
    with pytest.raises(IndexStoreError, match="record 1 of table facts is damaged"), store.reading() as view:
        view.get("facts", [0, 1])
    assert store.check() == ["the record 1 of table facts is damaged"]
    raw.hdel(f"{prefix}:r:facts", redisview.packed(1))
    assert store.check() == ["the record 1 of table facts is damaged"]
    raw.zrem(f"{prefix}:o:facts", redisview.packed(1))
    assert store.check() == []
    raw.zrem(f"{prefix}:o:facts", redisview.packed(2))
    raw.zadd(f"{prefix}:p:band", {b"short": 0})
    assert store.check() == ["table facts has 2 records, 1 of them in its order", "a posting of table band is damaged"]
    store.close()


# --- turns --------------------------------------------------------------------------------------------------------


def _write_many(address: str, first: int, each: int) -> None:
    store = RedisStore(address)
    for key in range(first, first + each):
        _write(store, key)
    store.close()


def test_processes_take_turns_and_readers_see_whole_transactions(redis_address: str) -> None:
    reader = RedisStore(redis_address)
    spawn = multiprocessing.get_context("spawn")
    workers = [spawn.Process(target=_write_many, args=(redis_address, 1000 * i, 25)) for i in range(3)]
    for worker in workers:
        worker.start()
    while any(worker.is_alive() for worker in workers):
        _held(reader)
    assert [worker.exitcode for worker in workers] == [0] * 3
    assert len(_held(reader)) == 75
    assert reader.check() == []
    reader.close()


HELD = """
import sys
from dedup.index.redisdb import RedisStore
store = RedisStore(sys.argv[1])
with store.writing() as view:
    view.put("facts", [(99, b"never")])
    print("holds", flush=True)
    sys.stdin.read()
"""


def test_a_writer_that_is_killed_gives_its_turn_to_the_next(redis_address: str) -> None:
    store = RedisStore(redis_address)
    command = [sys.executable, "-c", HELD, redis_address]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as run:
        assert run.stdout is not None
        assert run.stdout.readline() == b"holds\n"
        run.kill()
        run.wait()
    began = time.monotonic()
    _write(store, 1)
    assert time.monotonic() - began < 10
    assert _held(store) == [1]
    store.close()


def test_a_writer_that_lost_its_turn_commits_nothing(redis_address: str, raw: Any) -> None:
    slow, quick = RedisStore(redis_address), RedisStore(redis_address)

    def overtake() -> None:
        raw.delete(f"{_prefix(redis_address)}:holder")  # as if its lease had ended
        _write(quick, 2)

    with pytest.raises(IndexStoreError, match="lost its turn"):
        _write_while(slow, 1, overtake)
    assert _held(quick) == [2]
    _write(slow, 3)
    assert _held(quick) == [2, 3]
    slow.close()
    quick.close()


def test_a_transaction_too_large_for_one_message_is_refused_before_it_is_sent(
    redis_address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = RedisStore(redis_address)
    _write(store, 1)
    monkeypatch.setattr(redisdb, "MESSAGE_BYTES", 1000)
    with pytest.raises(IndexStoreError, match=r"\d+ bytes at once are too many.*add fewer articles at a time"):
        _fill(store, [])
    assert _held(store) == [1]
    store.close()


def test_a_writer_waits_for_the_one_before_it(redis_address: str) -> None:
    first, second = RedisStore(redis_address), RedisStore(redis_address)
    later = threading.Thread(target=_write, args=(second, 2))
    with first.writing() as view:
        later.start()
        time.sleep(1.3)  # longer than it takes to ask whether this writer lives
        assert view.get("facts", [2]) == {}
        view.put("facts", [(1, b"x")])
        view.post("band", [(1, 1)])
    later.join()
    assert _held(first) == [1, 2]
    first.close()
    second.close()


# --- views --------------------------------------------------------------------------------------------------------


def test_a_commit_waits_for_a_view_and_new_views_wait_for_the_commit(redis_address: str) -> None:
    writer, reader = RedisStore(redis_address), RedisStore(redis_address)
    _write(writer, 1)
    writing = threading.Thread(target=_write, args=(writer, 2))
    with reader.reading() as view:
        writing.start()
        for _ in range(5):
            time.sleep(0.05)
            assert view.count("facts") == 1
        assert writing.is_alive()
    writing.join()
    assert _held(reader) == [1, 2]
    writer.close()
    reader.close()


def test_a_view_that_is_read_too_slowly_ends_in_an_error(redis_address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(redisview, "READ_LEASE", 200)
    writer, reader = RedisStore(redis_address), RedisStore(redis_address)
    with reader.reading() as view:
        assert view.count("facts") == 0
        _write(writer, 1)  # waits until the mark of the reader is old
        with pytest.raises(IndexStoreError, match="was changed while it was read"):
            view.count("facts")
    assert _held(reader) == [1]
    writer.close()
    reader.close()


def test_a_handle_cannot_begin_twice(redis_address: str) -> None:
    store = RedisStore(redis_address)
    with store.writing() as view:
        view.put("facts", [(1, b"x")])
        with store.reading() as same:
            assert same.get("facts", [1]) == {1: b"x"}
        with pytest.raises(IndexStoreError, match="by this handle"), store.writing():
            pass
    store.close()


# --- the index ----------------------------------------------------------------------------------------------------


def test_an_article_takes_few_round_trips(redis_address: str) -> None:
    feed = site_feed(4, 8)
    with dedup.open_index(redis_address) as index:
        index.add_many(feed[:-5])
        store = index._store
        assert isinstance(store, RedisStore)
        before = store._wire.trips
        for article in feed[-5:]:
            index.add(article)
        assert store._wire.trips - before <= 5 * 40
        before = store._wire.trips
        index.add(feed[0])
        assert store._wire.trips - before <= 8


def test_a_handle_is_refused_after_a_fork_and_a_closed_one_says_so(redis_address: str) -> None:
    index = dedup.open_index(redis_address)
    index._process = os.getpid() + 1
    with pytest.raises(IndexStoreError, match="open the index in each process"):
        index.notices()
    index.close()
    index.close()
    index._process = os.getpid()
    with pytest.raises(IndexStoreError, match="open the index again"):
        index.stories()
