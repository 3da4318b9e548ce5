"""A Redis server as the store talks to it: its address, one connection, what it promises, and its refusals in words."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from dedup.errors import IndexStoreError, MissingExtraError

PREFIXES = ("redis://", "rediss://")
PREFIX = "dedup_index"
OLDEST = (7, 0)
"""Older ones take at most a million words in a message: 2,000 articles."""
ANSWER_SECONDS = 60.0
"""A large commit keeps the server busy for seconds; one that says nothing for a minute is given up."""
CONNECT_SECONDS = 10.0
BUSY_PAUSE = 0.05

Command = tuple[bytes | str | int, ...]

_NAME = re.compile(r"[A-Za-z0-9_.-]{1,64}")
_SPAN = re.compile(r"(\d{1,6})([smhdw])")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
_TLS = {"ssl_ca_certs", "ssl_cert_reqs", "ssl_certfile", "ssl_keyfile", "ssl_check_hostname"}
_PASSED_ON = {"socket_timeout", "socket_connect_timeout"} | _TLS


@dataclass(frozen=True, slots=True)
class Address:
    """Where an index is: ``url`` for the connection, the ``prefix`` of its keys, seconds it lives after the last
    commit (``ttl``, None: as it was, 0: for good), and ``place``, which names it without a password."""

    url: str
    prefix: str
    ttl: int | None
    place: str


def parse_address(address: str) -> Address:
    """``redis://[user:password@]host[:port][/db][?prefix=NAME&ttl=30d]``; IndexStoreError for another form."""
    parts = urlsplit(address)
    options = dict(parse_qsl(parts.query, keep_blank_values=True))
    prefix, ttl = options.pop("prefix", PREFIX), options.pop("ttl", None)
    host = re.sub(r".*@|:\d*$", "", parts.netloc) or "localhost"
    shown = f"{parts.scheme}://{host}:{_port(parts.netloc)}/{parts.path.strip('/') or 0}"
    unknown = sorted(options.keys() - _PASSED_ON)
    if unknown or not re.fullmatch(r"/?\d*", parts.path):
        what = f"unknown option {unknown[0]!r}" if unknown else f"{parts.path.strip('/')!r} is no number of a database"
        raise IndexStoreError(what, place=shown, remedy="write redis://host:port/0?prefix=NAME&ttl=30d")
    if not _NAME.fullmatch(prefix):
        raise IndexStoreError(f"{prefix!r} is no prefix", place=shown, remedy="use up to 64 letters, digits or ._-")
    url = urlunsplit((parts.scheme, parts.netloc, parts.path, urlencode(options), ""))
    return Address(url, prefix, None if ttl is None else _span(ttl, shown), f"{shown}?prefix={prefix}")


def _port(netloc: str) -> str:
    found = re.search(r":(\d+)$", netloc)
    return found[1] if found else "6379"


def _span(text: str, place: str) -> int:
    if text in ("0", "never"):
        return 0
    found = _SPAN.fullmatch(text)
    if not found or not int(found[1]):
        raise IndexStoreError(f"ttl={text} is no span of time", place=place, remedy="give 36h, 30d or never")
    return int(found[1]) * _SECONDS[found[2]]


class Wire:
    """One connection. ``ask`` is one round trip; ``trips`` counts them. Nothing is sent again on its own: whether a
    commit was kept whose answer got lost is not for this class to guess."""

    def __init__(self, address: Address) -> None:
        try:
            import redis
            from redis.backoff import NoBackoff
            from redis.retry import Retry
        except ImportError as error:
            raise MissingExtraError("redis", "redis", "an index in Redis") from error
        self._place = address.place
        self._error: type[Exception] = redis.RedisError
        self._closed = False
        self.trips = 0
        try:
            self._client = redis.Redis.from_url(
                address.url,
                max_connections=1,
                protocol=2,
                retry=Retry(NoBackoff(), 0),
                socket_timeout=ANSWER_SECONDS,
                socket_connect_timeout=CONNECT_SECONDS,
            )
        except ValueError as error:
            raise IndexStoreError(str(error), place=address.place) from error

    def ask(self, *commands: Command) -> list[Any]:
        """Send commands together; their answers in order. The first refusal among them is raised."""
        if self._closed:
            raise IndexStoreError("is closed", place=self._place, remedy="open the index again")
        until = time.monotonic() + ANSWER_SECONDS
        while True:
            try:
                return self._send(commands)
            except IndexStoreError as error:
                # Somebody's large commit is being carried out, and of this nothing was looked at: ask again.
                if not error.what.startswith("BUSY") or time.monotonic() > until:
                    raise
                time.sleep(BUSY_PAUSE)

    def _send(self, commands: tuple[Command, ...]) -> list[Any]:
        self.trips += 1
        with self.errors():
            pipe: Any = self._client.pipeline(transaction=False)
            for command in commands:
                pipe.execute_command(*command)
            return list(pipe.execute())

    def close(self) -> None:
        """Let go of the connection."""
        self._closed = True
        self._client.close()

    @contextmanager
    def errors(self) -> Iterator[None]:
        """Errors of the client as IndexStoreError with the remedy that fits."""
        try:
            yield
        except (self._error, OSError) as error:
            what = _server_words(error) or type(error).__name__
            raise IndexStoreError(what, place=self._place, remedy=remedy(f"{type(error).__name__} {error}")) from error


_REMEDIES = (
    ("maxmemory", "raise the server's maxmemory and go on; what was acknowledged is kept"),
    ("MISCONF|persist", "the server cannot write to its disk: make room there; what was acknowledged is kept"),
    ("ReadOnly|READONLY", "name the primary server: this one is a replica"),
    ("Authentication|NOAUTH|WRONGPASS", "give user and password in the address: redis://user:password@host:6379/0"),
    ("NoPermission|NOPERM", "let the user of the address use all commands on keys of this prefix"),
    ("BusyLoading|LOADING", "the server is still reading its data: try again in a while"),
    ("WRONGTYPE", "somebody else writes to these keys: name another prefix for the index"),
    ("connecting to|Name or service|Connection refused", "see that a Redis server answers there"),
)
_UNSURE = "a commit under way may have been kept: give its articles again, those that are known change nothing"


def remedy(error: str) -> str:
    """What a user can do about an error of the server."""
    for pattern, said in _REMEDIES:
        if re.search(pattern, error):
            return said
    return _UNSURE


def _server_words(error: Exception) -> str:
    """What the server said, without the command that redis-py quotes, which holds the article."""
    text = " ".join(str(error).split())
    found = re.match(r"Command # \d+ .* of pipeline caused error: (.*)", text)
    said = found[1] if found else text
    if type(error).__name__ == "OutOfMemoryError":  # redis-py takes the code away
        said = "OOM " + said
    return re.sub(r",? ?script: [0-9a-f]{40}.*", "", said).rstrip(". ")


def refuse_server(info: Mapping[str, Any], place: str) -> None:
    """IndexStoreError for a server that cannot keep an index whole."""
    version = tuple(int(part) for part in re.findall(r"\d+", str(info.get("redis_version", "")))[:2])
    if version < OLDEST:
        raise IndexStoreError(
            f"is Redis {info.get('redis_version')}", place=place, remedy=f"use {OLDEST[0]}.{OLDEST[1]} or newer"
        )
    if info.get("redis_mode") == "cluster":
        raise IndexStoreError("is part of a Redis Cluster", place=place, remedy="use a server that is not in a cluster")
    if info.get("role") == "slave":
        raise IndexStoreError("is a replica", place=place, remedy="name the primary server: readers leave a mark too")
    policy = str(info.get("maxmemory_policy", "noeviction"))
    if int(info.get("maxmemory", 0)) and policy != "noeviction":
        raise IndexStoreError(
            f"deletes keys when its memory is full (maxmemory-policy {policy}), and with one key the index",
            place=place,
            remedy="set maxmemory-policy noeviction, or keep the index on a server of its own",
        )


def promises(info: Mapping[str, Any], appendfsync: str | None, durability: str) -> list[str]:
    """What of ``durability`` the server does not give, in sentences."""
    if not int(info.get("aof_enabled", 0)):
        return [
            "this Redis server keeps no append-only file: when it stops, what came after its last snapshot is lost "
            "(set appendonly yes)"
        ]
    if durability == "power" and appendfsync != "always":
        return [
            f"this Redis server does not wait for its disk (appendfsync {appendfsync or 'unknown'}): a power "
            'cut may take the last commits (set appendfsync always, or open the index with durability "crash")'
        ]
    return []
