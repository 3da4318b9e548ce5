"""The service under load on loopback: requests a second, waiting times, memory as the index grows, broken requests.

``python -m benchmarks.service_load FEED --seconds 480`` starts ``dedup serve`` on a new index and posts the feed's
articles over ``--clients`` kept connections, while one more client asks for stories every ``--pause`` seconds. It
prints what was seen, the memory at ten places on the way and its slope over the second half. Then it sends
``--malformed`` broken requests. Memory is read from /proc, so that it runs on Linux alone.
"""

from __future__ import annotations

import argparse
import http.client
import json
import random
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from dedup import Article, read_feed

HOST = "127.0.0.1"
PLACES = 10
BROKEN = (b"", b"{{{", b"[]", b'{"id": 5}', b'{"id": "a", "text": "\xff"}', b"[" * 50_000, b'{"id": "a"}', b"\x00" * 99)

PARTS = ("articles", "stories", "..", "%00", "%ff", "?limit=-1", "x" * 2000)


@dataclass(slots=True)
class Seen:
    """Milliseconds of each answer, by request, and the statuses."""

    times: dict[str, list[float]] = field(default_factory=dict)
    statuses: Counter[int] = field(default_factory=Counter)

    def note(self, name: str, status: int, began: float) -> None:
        """Count one answer."""
        self.times.setdefault(name, []).append(1000 * (time.perf_counter() - began))
        self.statuses[status] += 1


class Client:
    """One kept connection; opened again when the server closed it."""

    def __init__(self, port: int, seen: Seen) -> None:
        self._port, self._seen = port, seen
        self._connection = http.client.HTTPConnection(HOST, port, timeout=120)

    def ask(self, name: str, method: str, path: str, body: bytes | None = None) -> int:
        """The status of the answer, which is read to its end and timed under ``name``."""
        began = time.perf_counter()
        try:
            self._connection.request(method, path, body, {"Content-Type": "application/json"})
            answer = self._connection.getresponse()
            answer.read()
        except (http.client.HTTPException, ConnectionError):
            self._connection.close()
            self._seen.statuses[0] += 1
            return 0
        self._seen.note(name, answer.status, began)
        return answer.status


@dataclass(frozen=True, slots=True)
class Server:
    """A running service: its port, its process, and where it writes what it has to say."""

    port: int
    process: int
    said: Path

    def memory(self) -> float:
        """Resident MB."""
        lines = Path(f"/proc/{self.process}/status").read_text(encoding="utf-8").splitlines()
        return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS"))


@contextmanager
def service(folder: Path) -> Iterator[Server]:
    """``dedup serve`` on a new index, until the block ends."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port = probe.getsockname()[1]
    said = folder / "said.txt"
    command = [sys.executable, "-m", "dedup", "serve", "--index", str(folder / "news.db"), "--port", str(port)]
    with said.open("wb") as log, subprocess.Popen(command, stdout=log, stderr=log) as run:
        try:
            while Client(port, Seen()).ask("health", "GET", "/health") != 200:
                time.sleep(0.2)
            yield Server(port, run.pid, said)
        finally:
            run.terminate()


def bodies(feed: Path) -> Iterator[bytes]:
    """The feed's articles as requests."""
    for item in read_feed(feed):
        if isinstance(item, Article):
            when = item.published.isoformat() if item.published else None
            fields = {"id": item.id, "text": item.text, "title": item.title, "outlet": item.outlet, "published": when}
            yield json.dumps(fields).encode()


class Load:
    """Posts a feed from several threads until it or the time ends."""

    def __init__(self, server: Server, feed: Path, seconds: float, pause: float) -> None:
        self._server, self._feed, self._pause = server, bodies(feed), pause
        self._end = time.perf_counter() + seconds
        self._lock = threading.Lock()
        self._over = threading.Event()
        self.seen = Seen()

    def run(self, clients: int) -> list[tuple[int, float]]:
        """Posted articles and the server's memory, at each second."""
        posting = [threading.Thread(target=self._post) for _ in range(clients)]
        asking = threading.Thread(target=self._ask)
        for thread in (*posting, asking):
            thread.start()
        memory = []
        while any(thread.is_alive() for thread in posting):
            memory.append((len(self.seen.times.get("POST /articles", ())), self._server.memory()))
            time.sleep(1)
        self._over.set()
        asking.join()
        return memory

    def _post(self) -> None:
        client = Client(self._server.port, self.seen)
        while time.perf_counter() < self._end:
            with self._lock:
                body = next(self._feed, None)
            if body is None:
                return
            client.ask("POST /articles", "POST", "/articles", body)

    def _ask(self) -> None:
        client = Client(self._server.port, self.seen)
        while not self._over.wait(self._pause):
            client.ask("GET /stories", "GET", "/stories?limit=50")
            client.ask("GET /health", "GET", "/health")


def say_times(seen: Seen) -> None:
    """Median and 99th percentile of every request, over all and over the last tenth."""
    for name, times in seen.times.items():
        for part, values in (("all", times), ("last tenth", times[-max(1, len(times) // 10) :])):
            middle, late = np.percentile(values, (50, 99))
            print(f"{name:16} {part:10} {len(values):7} answers, median {middle:8.1f} ms, p99 {late:8.1f} ms")
    print(f"statuses: {dict(sorted(seen.statuses.items()))}", flush=True)


def say_memory(memory: list[tuple[int, float]]) -> None:
    """Memory at ten places, and the slope of the second half."""
    posted = memory[-1][0]
    for tenth in range(PLACES + 1):
        at = min(memory, key=lambda place: abs(place[0] - posted * tenth / PLACES))
        print(f"after {at[0]:6} posts {at[1]:7.0f} MB")
    late = [place for place in memory if place[0] >= posted / 2]
    slope = np.polyfit(*zip(*late, strict=True), 1)[0] if len(late) > 2 else float("nan")
    print(f"second half: {1024 * slope:.2f} kB a post", flush=True)


def say_malformed(server: Server, count: int) -> None:
    """Broken requests: their statuses, what they cost, and that the server said nothing of its insides."""
    draw, seen, before = random.Random(9), Seen(), server.memory()
    client, began = Client(server.port, seen), time.perf_counter()
    for _ in range(count):
        path = draw.choice(("/articles", "/" + "/".join(draw.choices(PARTS, k=2))))
        client.ask("malformed", draw.choice(("GET", "POST", "PUT", "HEAD")), path, draw.choice(BROKEN))
    took = time.perf_counter() - began
    print(f"{count} malformed requests in {took:.0f} s; memory {before:.0f} MB before, {server.memory():.0f} MB after")
    say_times(seen)
    said = server.said.read_bytes()
    print(f"the server wrote {len(said)} bytes, {said.count(b'Traceback')} traces", flush=True)


def main() -> None:
    """Read the arguments, start the service and load it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("feed", type=Path)
    parser.add_argument("--seconds", type=float, default=480)
    parser.add_argument("--clients", type=int, default=4)
    parser.add_argument("--pause", type=float, default=2.0, help="seconds between questions for stories")
    parser.add_argument("--malformed", type=int, default=10_000)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, service(Path(folder)) as server:
        load, began = Load(server, given.feed, given.seconds, given.pause), time.perf_counter()
        memory = load.run(given.clients)
        took = time.perf_counter() - began
        posts = len(load.seen.times["POST /articles"])
        print(f"{posts} posts in {took:.0f} s: {posts / took:.1f} a second, {given.clients} clients")
        say_times(load.seen)
        say_memory(memory)
        print(f"index: {sum(file.stat().st_size for file in Path(folder).glob('news.db*')) / 2**20:.0f} MB", flush=True)
        say_malformed(server, given.malformed)


if __name__ == "__main__":
    main()
