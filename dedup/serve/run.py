"""Serving until told to stop."""

from __future__ import annotations

import ipaddress
import socket
import sys

from dedup.errors import MissingExtraError, SettingsError
from dedup.index import Index
from dedup.index.memory import MemoryStore
from dedup.models import Article

LOOPBACK = "127.0.0.1"
SWITCH = 0.0001
"""Seconds that a thread may go on while another waits for the interpreter. An article that is added gives it away some
70 times, each time the store is asked; with the usual .005 it waited up to so long each time while stories are told."""


def serve(
    index: Index, host: str = LOOPBACK, port: int = 8765, token: str | None = None, reader: Index | None = None
) -> None:
    """Serve an open index over HTTP; ``reader`` is as for ``create_app``. Another address than loopback asks for a
    token: SettingsError without one."""
    check_token(host, token)
    try:
        import fastapi  # noqa: F401
        import uvicorn
    except ImportError as error:
        raise MissingExtraError(error.name or "fastapi", "serve", "serving over HTTP") from error
    from dedup.serve.app import create_app

    warm_up(index)
    sys.setswitchinterval(SWITCH)
    uvicorn.run(create_app(index, token, reader=reader), host=host, port=port, log_level="warning", server_header=False)


def check_token(host: str, token: str | None) -> None:
    """SettingsError where other machines could reach the service and no token is asked for."""
    if token is None and not _is_loopback(host):
        raise SettingsError(
            f"{host} can be reached from other machines and no token is asked for",
            remedy="give a token with --token-file, or serve on 127.0.0.1",
        )


def check_address(host: str, port: int) -> None:
    """SettingsError where nothing can be served there: the port is in use, or the address is none of this machine."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        socket.create_server((host, port), family=family).close()
    except (OSError, OverflowError) as error:
        raise SettingsError(
            f"{host}:{port} cannot be served on ({error})", remedy="name another with --port or --host"
        ) from error


def warm_up(index: Index) -> None:
    """Load what the first article needs, or on a new machine compile it, in an index that is thrown away: no client
    then waits for it."""
    lines = [f"The {word} ferry left the harbour at night, the captain of line {word} said." for word in "abcdefghijkl"]
    with Index(MemoryStore(), index.settings) as scratch:
        scratch.add_many(Article(id=name, text="\n".join(lines), outlet=name) for name in ("one", "two"))
        scratch.add(Article(id="cut", text="\n".join(lines[:7]), outlet="three"))
        scratch.stories()


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
