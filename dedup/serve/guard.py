"""What every request passes before it is answered: a size limit, a token where one is asked for, and counting."""

from __future__ import annotations

import asyncio
import hmac
import json
import threading
import time
from collections import Counter
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from typing import Any

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

OPEN_PATHS = frozenset(("/health",))


class Metrics:
    """Counts for Prometheus, safe for threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._requests: Counter[tuple[str, int]] = Counter()
        self._verdicts: Counter[str] = Counter()
        self._seconds = 0.0

    def request(self, method: str, status: int, seconds: float) -> None:
        """Count one answered request."""
        with self._lock:
            self._requests[(method, status)] += 1
            self._seconds += seconds

    def verdict(self, relation: str) -> None:
        """Count one verdict."""
        with self._lock:
            self._verdicts[relation] += 1

    def text(self, articles: int, size: int) -> str:
        """The Prometheus text format, version 0.0.4."""
        with self._lock:
            requests, verdicts, seconds = sorted(self._requests.items()), sorted(self._verdicts.items()), self._seconds
        lines = ["# TYPE dedup_articles gauge", f"dedup_articles {articles}"]
        lines += ["# TYPE dedup_index_bytes gauge", f"dedup_index_bytes {size}", "# TYPE dedup_requests_total counter"]
        lines += [f'dedup_requests_total{{method="{m}",status="{s}"}} {count}' for (m, s), count in requests]
        lines += ["# TYPE dedup_request_seconds summary", f"dedup_request_seconds_sum {seconds:.6f}"]
        lines += [f"dedup_request_seconds_count {sum(count for _, count in requests)}"]
        lines += ["# TYPE dedup_verdicts_total counter"]
        lines += [f'dedup_verdicts_total{{relation="{relation}"}} {count}' for relation, count in verdicts]
        return "\n".join(lines) + "\n"


METHODS = frozenset(("GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"))


@dataclass(frozen=True, slots=True)
class Limits:
    """What requests may cost: bytes of a body, requests at once, seconds until a body has come. Together they bound the
    memory that clients can take: ``at_once`` times ``body``."""

    body: int = 8 << 20
    at_once: int = 64
    seconds: float = 30.0


class Guard:
    """ASGI middleware: 401 without the bearer ``token``, 413 for a body that is too large, 408 for one that does not
    come, 503 while too many requests are being answered. Every answer is counted."""

    def __init__(self, app: App, metrics: Metrics, limits: Limits, token: str | None) -> None:
        self._app, self._metrics, self._limits, self._token = app, metrics, limits, token
        self._inside = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began, status = time.perf_counter(), [500]

        async def watched(message: Message) -> None:
            if message["type"] == "http.response.start":
                status[0] = message["status"]
            await send(message)

        self._inside += 1
        try:
            await self._answer(scope, receive, watched)
        finally:
            self._inside -= 1
            method = scope["method"] if scope["method"] in METHODS else "other"
            self._metrics.request(method, status[0], time.perf_counter() - began)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = {name.lower(): value for name, value in scope["headers"]}
        if not self._allowed(scope["path"], headers.get(b"authorization", b"")):
            await _refuse(send, 401, "give the token as: Authorization: Bearer TOKEN", (b"www-authenticate", b"Bearer"))
            return
        if self._inside > self._limits.at_once and scope["path"] not in OPEN_PATHS:
            await _refuse(send, 503, "too many requests at once; try again", (b"retry-after", b"1"))
            return
        length = headers.get(b"content-length", b"0")
        if not length.isdigit() or int(length) > self._limits.body:
            await self._too_large(send)
            return
        try:
            async with asyncio.timeout(self._limits.seconds):
                body = await _whole_body(receive, self._limits.body)
        except TimeoutError:
            await _refuse(send, 408, f"the body did not come within {self._limits.seconds:g} seconds")
            return
        if body is None:
            await self._too_large(send)
        else:
            await self._app(scope, _replayed(body, receive), send)

    async def _too_large(self, send: Send) -> None:
        await _refuse(send, 413, f"a body may hold {self._limits.body} bytes at most")

    def _allowed(self, path: str, given: bytes) -> bool:
        if self._token is None or path in OPEN_PATHS:
            return True
        return hmac.compare_digest(given, b"Bearer " + self._token.encode())


async def _whole_body(receive: Receive, most: int) -> bytes | None:
    """The body, or None when it grows above ``most`` bytes or the client left."""
    parts, size = [], 0
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return None
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if size > most:
            return None
        if not message.get("more_body", False):
            return b"".join(parts)


def _replayed(body: bytes, receive: Receive) -> Receive:
    """Gives the body that was read, then whatever follows it."""
    sent = [False]

    async def replay() -> Message:
        if sent[0]:
            return await receive()
        sent[0] = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replay


async def _refuse(send: Send, status: int, detail: str, *more: tuple[bytes, bytes]) -> None:
    headers = [(b"content-type", b"application/json"), (b"connection", b"close"), *more]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": json.dumps({"detail": detail}).encode()})
