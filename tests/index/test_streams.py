"""The recipe of docs/index.md with a real Redis stream: a consumer that dies between the commit and the acknowledgement
loses nothing and leaves nothing twice."""

import json
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

import dedup
from dedup.models import Article
from tests.index.conftest import RedisServer
from tests.index.sites import site_feed

ROOT = Path(__file__).parent.parent.parent
_, RECIPE, _ = re.findall(r"```python\n(.*?)```", (ROOT / "docs" / "index.md").read_text(encoding="utf-8"), re.DOTALL)

DYING = """
import os, signal, sys
import dedup, redis
exec(open(sys.argv[1]).read())
client = redis.Redis.from_url(sys.argv[2], protocol=2)
client.xack = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
with dedup.open_index(sys.argv[4]) as index:
    take(client, index, sys.argv[3], "dedup", "first")
"""


@pytest.fixture(scope="module")
def feed() -> list[Article]:
    return site_feed(stories=3, seed=6)


@pytest.fixture
def client(redis_server: RedisServer) -> Iterator[Any]:
    import redis

    with closing(redis.Redis.from_url(redis_server.address, protocol=2)) as made:
        yield made


@pytest.fixture
def stream(client: Any, feed: list[Article], request: pytest.FixtureRequest) -> str:
    """A stream of the feed's articles, some bad entries among them, with a group that has read nothing."""
    name = f"articles:{request.node.name}"
    for at, article in enumerate(feed):
        client.xadd(name, {"article": json.dumps(_row(article))})
        if at == 4:
            client.xadd(name, {"article": "{not JSON"})
            client.xadd(name, {"article": '{"id": "empty", "text": " "}'})
            client.xadd(name, {"other": "field"})
    client.xgroup_create(name, "dedup", id="0")
    return name


def _row(article: Article) -> dict[str, str | None]:
    when = article.published.isoformat() if article.published else None
    fields = ("id", "title", "text", "outlet")
    return {"published": when} | {name: getattr(article, name) for name in fields}


def _pending(client: Any, stream: str) -> int:
    return int(client.xpending(stream, "dedup")["pending"])


def test_a_consumer_that_dies_before_it_acknowledges_loses_nothing_and_doubles_nothing(
    place: Path | str, client: Any, stream: str, feed: list[Article], redis_server: RedisServer, tmp_path: Path
) -> None:
    (tmp_path / "recipe.py").write_text(RECIPE)
    command = [sys.executable, "-c", DYING, tmp_path / "recipe.py", redis_server.address, stream, place]
    assert subprocess.run(list(map(str, command)), cwd=ROOT, check=False).returncode == -signal.SIGKILL
    assert _pending(client, stream) == len(feed) + 3

    recipe: dict[str, Any] = {}
    exec(RECIPE, recipe)
    with dedup.open_index(place) as index:
        stored = [index.verdict(article.id) for article in feed]
        events = index.events()
        assert recipe["take"](client, index, stream, "dedup", "second", idle=0) == stored
        assert _pending(client, stream) == 0
        assert index.events() == events
        assert len(index) == len(feed)
        assert index.stories() == dedup.find_stories(feed).stories

        again = Article(id="later", text=feed[0].text, outlet="later.example")
        client.xadd(stream, {"article": json.dumps(_row(again))})
        (verdict,) = recipe["take"](client, index, stream, "dedup", "second")
        assert (verdict.id, verdict.relation) == ("later", "copy")
        assert _pending(client, stream) == 0
    assert {entry[b"article"] for _, entry in client.xrange(f"{stream}:bad") if b"article" in entry} == {
        b"{not JSON",
        b'{"id": "empty", "text": " "}',
    }


def _filter(place: Path | str) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-m", "dedup", "ingest", "-", "--index", str(place), "--emit", "verdicts"]
    return subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)


def _through(run: "subprocess.Popen[bytes]", fields: dict[bytes, bytes]) -> str:
    """The id in the verdict of one entry."""
    assert run.stdin is not None
    assert run.stdout is not None
    run.stdin.write(fields[b"article"] + b"\n")
    run.stdin.flush()
    return str(json.loads(run.stdout.readline())["id"])


def test_the_filter_acknowledges_what_it_committed_and_takes_again_what_it_did_not(
    client: Any, redis_address: str, feed: list[Article], request: pytest.FixtureRequest
) -> None:
    stream = f"articles:{request.node.name}"
    for article in feed[:8]:
        client.xadd(stream, {"article": json.dumps(_row(article))})
    client.xgroup_create(stream, "dedup", id="0")
    ((_, entries),) = client.xreadgroup("dedup", "first", {stream: ">"}, count=5)
    with _filter(redis_address) as run:
        for at, (name, fields) in enumerate(entries):
            assert _through(run, fields) == feed[at].id
            if at < 3:
                client.xack(stream, "dedup", name)
        run.kill()  # two are committed and not acknowledged
    _, left, *_ = client.xautoclaim(stream, "dedup", "second", 0)
    ((_, fresh),) = client.xreadgroup("dedup", "second", {stream: ">"})
    assert (len(left), len(fresh)) == (2, 3)
    with _filter(redis_address) as run:
        assert [_through(run, fields) for _, fields in left + fresh] == [article.id for article in feed[3:8]]
        assert run.stdin is not None
        run.stdin.close()
        assert run.wait() == 0
    client.xack(stream, "dedup", *(name for name, _ in left + fresh))
    assert _pending(client, stream) == 0
    with dedup.open_index(redis_address) as index:
        assert len(index) == 8
        assert index.history(feed[3].id) == ()
        assert index.stories() == dedup.find_stories(feed[:8]).stories
