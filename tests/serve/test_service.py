"""The service over a real socket: verdicts as the library gives them, and nothing a request can do but be answered."""

import contextlib
import http.client
import json
import os
import random
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import dedup
from dedup.errors import SettingsError
from dedup.serve.run import check_address
from tests.index.sites import site_feed
from tests.index.test_commands import COMMAND, _row

pytest.importorskip("fastapi", reason="the extra serve is not installed")
uvicorn = pytest.importorskip("uvicorn", reason="the extra serve is not installed")

TOKEN = "open sesame"


class Client:
    """Requests to one server, each on a connection of its own."""

    def __init__(self, port: int) -> None:
        self.port = port

    def ask(
        self, method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None
    ) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            kind = {"Content-Type": "application/json"} if body is not None else {}
            connection.request(method, path, body, kind | (headers or {}))
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def kind(self, path: str) -> str:
        """The content type of what a path answers."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        connection.request("GET", path)
        with contextlib.closing(connection), connection.getresponse() as answer:
            return answer.headers["Content-Type"]

    def post(self, article: dedup.Article) -> dict[str, object]:
        status, body = self.ask("POST", "/articles", json.dumps(_row(article)).encode())
        assert status == 200, body
        answer: dict[str, object] = json.loads(body)
        return answer


def _served(index: dedup.Index, token: str | None = None, seconds: float = 30, at_once: int = 64) -> Iterator[Client]:
    from dedup.serve.app import create_app
    from dedup.serve.guard import Limits
    from dedup.serve.run import warm_up

    warm_up(index)
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(128)
    with dedup.open_index(index.place, readonly=True) as reader:
        app = create_app(index, token, Limits(1 << 20, at_once, seconds), reader)
        config = uvicorn.Config(app, log_level="critical", lifespan="off")
        yield from _until_told_to_stop(uvicorn.Server(config), listener)


def _until_told_to_stop(server: Any, listener: socket.socket) -> Iterator[Client]:
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        yield Client(listener.getsockname()[1])
    finally:
        server.should_exit = True
        thread.join()
        listener.close()


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dedup.Index]:
    with dedup.open_index(tmp_path_factory.mktemp("serve") / "news.db", durability="crash") as opened:
        yield opened


@pytest.fixture(scope="module")
def client(index: dedup.Index) -> Iterator[Client]:
    yield from _served(index)


@pytest.fixture(scope="module")
def feed(client: Client) -> list[dedup.Article]:
    articles = site_feed(2, 6)
    for article in articles:
        client.post(article)
    return articles


def test_posted_articles_are_told_as_the_batch_tells_them(client: Client, feed: list[dedup.Article]) -> None:
    status, body = client.ask("GET", "/stories?limit=1000")
    batch = dedup.find_stories(feed)
    told = json.loads(body)
    assert status == 200
    assert told["total"] == len(batch.stories)
    assert [story["story_id"] for story in told["stories"]] == [story.story_id for story in batch.stories]
    one = json.loads(client.ask("GET", f"/stories/{batch.stories[0].story_id}")[1])
    assert [item["id"] for item in one["articles"]] == [member.id for member in batch.stories[0].articles]


def test_a_redelivered_article_gets_the_same_answer(client: Client, feed: list[dedup.Article]) -> None:
    assert client.post(feed[1]) == client.post(feed[1])


def test_the_matches_of_an_article_are_listed(client: Client, feed: list[dedup.Article], index: dedup.Index) -> None:
    name = feed[1].id
    told = json.loads(client.ask("GET", f"/articles/{name}/matches")[1])
    assert [(item["a"], item["b"]) for item in told["matches"]] == [(m.a, m.b) for m in index.matches(name)]


def test_pages_of_stories_cover_them_once(client: Client, feed: list[dedup.Article]) -> None:
    whole = json.loads(client.ask("GET", "/stories")[1])
    pages = [json.loads(client.ask("GET", f"/stories?limit=1&offset={i}")[1]) for i in range(whole["total"])]
    assert [page["stories"][0] for page in pages] == whole["stories"]


@pytest.mark.parametrize("path", ["/stories/nobody", "/articles/no/body/matches", "/nothing"])
def test_what_is_not_there_is_404(client: Client, path: str) -> None:
    assert client.ask("GET", path)[0] == 404


def test_health_and_metrics_say_how_much_there_is(client: Client, feed: list[dedup.Article]) -> None:
    assert json.loads(client.ask("GET", "/health")[1]) == {"status": "ok", "articles": len(feed)}
    said = client.ask("GET", "/metrics")[1].decode()
    assert f"dedup_articles {len(feed)}\n" in said
    assert 'dedup_requests_total{method="POST",status="200"}' in said
    assert "dedup_verdicts_total{relation=" in said
    assert "version=0.0.4" in client.kind("/metrics")


MALFORMED = {
    "empty": b"",
    "no-json": b"{{{",
    "list": b"[]",
    "no-id": b'{"text": "x"}',
    "empty-id": b'{"id": "", "text": "x"}',
    "number": b'{"id": 5, "text": "x"}',
    "unknown-field": b'{"id": "a", "text": "x", "colour": 1}',
    "no-text": b'{"id": "a"}',
    "bad-time": b'{"id": "a", "text": "x", "published": "yesterday"}',
    "bad-utf8": b'{"id": "a", "text": "\xff\xfe"}',
    "deep": b"[" * 50_000,
}


@pytest.mark.parametrize("kind", sorted(MALFORMED))
def test_a_malformed_request_gets_one_sentence(client: Client, kind: str) -> None:
    status, body = client.ask("POST", "/articles", MALFORMED[kind])
    assert status in (400, 422)
    detail = json.loads(body)["detail"]
    assert isinstance(detail, str)
    assert "Traceback" not in detail
    assert len(body) < 2000


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("empty", "the body: field required"),
        ("no-json", "the body: no JSON from character 2 on"),
        ("list", "the body: no JSON object sent as application/json"),
        ("no-id", "id: field required"),
        ("empty-id", "id: string should have at least 1 character"),
        ("number", "id: input should be a valid string"),
        ("unknown-field", "colour: not known here"),
        ("no-text", "the body: neither text nor html"),
        ("bad-time", "published: not a time of ISO 8601"),
    ],
)
def test_what_is_wrong_in_a_request_is_named(client: Client, kind: str, said: str) -> None:
    status, answer = client.ask("POST", "/articles", MALFORMED[kind])
    assert (status, json.loads(answer)) == (422, {"detail": f"not as /openapi.json says: {said}"})


def test_names_of_a_clients_choice_do_not_make_an_answer_long(client: Client) -> None:
    many = {f"{number} \x1b" + "k" * 500: 1 for number in range(500)}
    status, answer = client.ask("POST", "/articles", json.dumps({"id": "a", "text": "x", **many}).encode())
    assert status == 422
    assert len(answer) < 2000
    assert json.loads(answer)["detail"].endswith("; and 490 more")
    assert b"limit: " in client.ask("GET", "/stories?limit=0")[1]


def test_half_a_character_is_mended_as_the_readers_do(client: Client, index: dedup.Index) -> None:
    status, body = client.ask("POST", "/articles", b'{"id": "half", "text": "Ferry \\ud800 late."}')
    assert status == 200, body
    held = index.get("half")
    assert held is not None
    assert held.text == "Ferry \ufffd late."
    assert index.remove("half")


def test_a_body_above_the_limit_is_refused_named_or_not(client: Client) -> None:
    start = b"POST /articles HTTP/1.1\r\nHost: x\r\n"
    chunk = b"10000\r\n" + b"x" * 65536 + b"\r\n"
    for rest in (b"Content-Length: 1048577\r\n\r\n", b"Transfer-Encoding: chunked\r\n\r\n" + chunk * 17):
        with socket.create_connection(("127.0.0.1", client.port), timeout=30) as plain:
            plain.sendall(start + rest)
            assert b" 413 " in plain.recv(4096)


def _noise(draw: random.Random) -> tuple[str, str, bytes]:
    method = draw.choice(["GET", "POST", "PUT", "DELETE", "HEAD", "PATCH"])
    words = ["articles", "stories", "..", "%00", "matches", "%ff", "?limit=-1", "?since=x", "a" * draw.randint(1, 3000)]
    path = "/" + "/".join(draw.choices(words, k=draw.randint(1, 4)))
    body = draw.choice([b"", draw.randbytes(draw.randint(1, 300)), draw.choice(list(MALFORMED.values()))[:5000]])
    return method, path, body


def _is_bounded(client: Client, count: int) -> None:
    draw = random.Random(9)
    for _ in range(count):
        status, body = client.ask(*_noise(draw))
        assert 200 <= status < 500, (status, body)
        assert b"Traceback" not in body
        assert len(body) < 100_000
    assert client.ask("GET", "/health")[0] == 200


def test_malformed_requests_are_answered_and_nothing_breaks(client: Client, feed: list[dedup.Article]) -> None:
    _is_bounded(client, 150)


@pytest.mark.slow
def test_ten_thousand_malformed_requests_are_answered(client: Client, feed: list[dedup.Article]) -> None:
    _is_bounded(client, 10_000)


def _schemathesis() -> str:
    beside = Path(sys.executable).with_name("schemathesis")
    found = str(beside) if beside.exists() else shutil.which("schemathesis")
    if found is None:
        pytest.skip("schemathesis is not installed: pip install 'news-dedup[test-slow]'")
    return found


@pytest.mark.slow
def test_schemathesis_finds_nothing(tmp_path: Path) -> None:
    command = [_schemathesis(), "run", "--checks", "all", "--max-examples", "200", "--seed", "1", "--no-color"]
    with dedup.open_index(tmp_path / "news.db", durability="crash") as opened:
        for client in _served(opened, TOKEN):
            place = [f"http://127.0.0.1:{client.port}/openapi.json", "--header", f"Authorization: Bearer {TOKEN}"]
            run = subprocess.run([*command, *place], cwd=tmp_path, capture_output=True, text=True, check=False)
            assert run.returncode == 0, run.stdout[-5000:]


def test_the_document_says_where_the_token_is_asked_for(tmp_path: Path) -> None:
    with dedup.open_index(tmp_path / "news.db") as opened:
        for client in _served(opened, TOKEN):
            headers = {"Authorization": f"Bearer {TOKEN}"}
            document = json.loads(client.ask("GET", "/openapi.json", headers=headers)[1])
            assert document["security"] == [{"token": []}]
            assert document["paths"]["/health"]["get"]["security"] == []
            for page in ("/docs", "/redoc"):
                assert client.ask("GET", page, headers=headers)[0] == 404


@pytest.mark.parametrize("when", [b"0.5", b"5", b'"5"', b'"99"'])
def test_a_time_is_a_text_and_no_number(client: Client, when: bytes) -> None:
    assert client.ask("POST", "/articles", b'{"id": "a", "text": "x", "published": %b}' % when)[0] == 422
    assert client.ask("GET", f"/stories?since={when.decode().strip(chr(34))}")[0] == 422


@pytest.mark.parametrize("when", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"])
def test_a_time_beyond_the_calendar_is_answered(client: Client, when: str) -> None:
    body = json.dumps({"id": "edge", "text": "Ferry late.", "published": when}).encode()
    assert client.ask("POST", "/articles", body)[0] in (200, 400, 422)
    assert client.ask("GET", f"/stories?since={when.replace('+', '%2B')}")[0] in (200, 400, 422)


def test_a_body_that_does_not_come_is_given_up(tmp_path: Path) -> None:
    with dedup.open_index(tmp_path / "news.db") as opened:
        for client in _served(opened, seconds=0.2):
            with socket.create_connection(("127.0.0.1", client.port), timeout=30) as slow:
                slow.sendall(b"POST /articles HTTP/1.1\r\nHost: x\r\nContent-Length: 99\r\n\r\n{")
                assert b" 408 " in slow.recv(4096)
            assert client.ask("GET", "/health")[0] == 200


def test_more_requests_at_once_than_allowed_are_told_to_come_again(tmp_path: Path) -> None:
    with dedup.open_index(tmp_path / "news.db") as opened:
        for client in _served(opened, at_once=1):
            with socket.create_connection(("127.0.0.1", client.port), timeout=30) as slow:
                slow.sendall(b"POST /articles HTTP/1.1\r\nHost: x\r\nContent-Length: 99\r\n\r\n{")
                while client.ask("GET", "/stories")[0] != 503:
                    time.sleep(0.01)
                assert client.ask("GET", "/health")[0] == 200
            while client.ask("GET", "/stories")[0] != 200:
                time.sleep(0.01)


def test_the_order_of_stories_is_kept_until_something_changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from dedup.serve.told import Told

    first, second, *_ = site_feed(2, 6)
    with dedup.open_index(tmp_path / "news.db") as opened, dedup.open_index(opened.place, readonly=True) as reader:
        told, worked_out = Told(opened, reader), []
        whole = opened.listed_by
        monkeypatch.setattr(opened, "listed_by", lambda *more: worked_out.append(1) or whole(*more))

        def page() -> tuple[dedup.Story, ...]:
            total, stories = told.page(0, 100)
            assert total == len(stories)
            return stories

        opened.add(first)
        once = page()
        assert page() == once
        assert len(worked_out) == 1
        opened.add(second)
        assert page() == opened.stories() != once
        opened.add(dedup.Article(id=second.id, text="Another text altogether, of a ferry that was late."))
        assert page() == opened.stories()
        opened.remove(first.id)
        assert page() == opened.stories()


def test_an_order_that_is_long_in_working_out_is_taken_again_for_a_while(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dedup.serve import told

    now = [100.0]
    monkeypatch.setattr(told, "time", SimpleNamespace(monotonic=lambda: now[0]))
    first, second, *_ = site_feed(2, 6)
    other = dedup.Article(id="other", text="Sturgeon spawn in the upper river again. " * 8)
    with dedup.open_index(tmp_path / "news.db") as opened:
        listed = opened.listed_by
        monkeypatch.setattr(opened, "listed_by", lambda reader: (now.append(now.pop() + 0.5), listed(reader))[1])
        opened.add(first)
        kept = told.Told(opened)
        (story,) = kept.page(0, 9)[1]
        opened.add_many([second, other])
        now[0] += 4
        total, (story,) = kept.page(0, 9)
        assert (total, len(story.articles)) == (1, 2)  # the story as it is by now, in its place
        now[0] += 9
        assert kept.page(0, 9) == (2, opened.stories())


def test_a_token_is_asked_for_everywhere_but_health(tmp_path: Path) -> None:
    with dedup.open_index(tmp_path / "news.db") as opened:
        for client in _served(opened, TOKEN):
            assert client.ask("GET", "/health")[0] == 200
            for headers in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": TOKEN}):
                assert client.ask("GET", "/stories", headers=headers)[0] == 401
            assert client.ask("GET", "/stories", headers={"Authorization": f"Bearer {TOKEN}"})[0] == 200


def test_the_command_serves_on_loopback_and_nowhere_else_without_a_token(tmp_path: Path) -> None:
    environment = {name: value for name, value in os.environ.items() if name != "DEDUP_TOKEN"}
    command = [*COMMAND, "serve", "--index", str(tmp_path / "news.db"), "--host", "0.0.0.0"]
    refused = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60, env=environment)
    assert refused.returncode == 1
    assert "give a token with --token-file" in refused.stderr
    empty = tmp_path / "token"
    empty.write_text("\n", encoding="utf-8")
    refused = subprocess.run([*command, "--token-file", str(empty)], capture_output=True, text=True, check=False)
    assert "holds no token" in refused.stderr


def test_a_port_in_use_is_named_before_anything_is_opened() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(SettingsError, match=rf"127\.0\.0\.1:{port} .*--port"):
            check_address("127.0.0.1", port)


@pytest.mark.parametrize("zone", ["00:00", "0530"])
def test_a_plus_that_was_not_escaped_is_named(client: Client, zone: str) -> None:
    status, answer = client.ask("GET", f"/stories?since=2026-01-01T00:00:00+{zone}")
    assert status == 422
    assert "since: a + in an address is a blank: write it as %2B, or give the time in UTC with Z" in answer.decode()
    body = b'{"id": "a", "text": "x", "published": "2026-01-01T00:00:00 00:00"}'
    assert b"%2B" not in client.ask("POST", "/articles", body)[1]
