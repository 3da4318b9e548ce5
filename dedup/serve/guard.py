"""What every request passes before it is answered: a size limit, a token where one is asked for, and counting."""

from __future__ import annotations

import hmac
import json
import threading
import time
from collections import Counter
from collections.abc import Awaitable, Callable, MutableMapping
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


class Guard:
    """ASGI middleware: 413 for a body above ``most`` bytes, 401 without the bearer ``token``, 500 without details."""

    def __init__(self, app: App, metrics: Metrics, most: int, token: str | None) -> None:
        self._app, self._metrics, self._most, self._token = app, metrics, most, token

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began, status = time.perf_counter(), [500]

        async def watched(message: Message) -> None:
            if message["type"] == "http.response.start":
                status[0] = message["status"]
            await send(message)

        try:
            await self._answer(scope, receive, watched)
        finally:
            method = scope["method"] if scope["method"] in METHODS else "other"
            self._metrics.request(method, status[0], time.perf_counter() - began)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = {name.lower(): value for name, value in scope["headers"]}
        if not self._allowed(scope["path"], headers.get(b"authorization", b"")):
            await _refuse(send, 401, "give the token as: Authorization: Bearer TOKEN", (b"www-authenticate", b"Bearer"))
            return
        length = headers.get(b"content-length", b"0")
        if not length.isdigit() or int(length) > self._most:
            await _refuse(send, 413, f"a body may hold {self._most} bytes at most")
            return
        body = await _whole_body(receive, self._most)
        if body is None:
            await _refuse(send, 413, f"a body may hold {self._most} bytes at most")
            return
        sent = [False]

        async def replay() -> Message:
            if sent[0]:
                return await receive()
            sent[0] = True
            return {"type": "http.request", "body": body, "more_body": False}

        await self._app(scope, replay, send)

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


async def _refuse(send: Send, status: int, detail: str, *more: tuple[bytes, bytes]) -> None:
    headers = [(b"content-type", b"application/json"), (b"connection", b"close"), *more]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": json.dumps({"detail": detail}).encode()})
