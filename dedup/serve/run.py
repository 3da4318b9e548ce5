"""Serving until told to stop."""

from __future__ import annotations

import ipaddress

from dedup.errors import MissingExtraError, SettingsError
from dedup.index import Index

LOOPBACK = "127.0.0.1"


def serve(index: Index, host: str = LOOPBACK, port: int = 8765, token: str | None = None) -> None:
    """Serve an open index over HTTP. Another address than loopback asks for a token: SettingsError without one."""
    if token is None and not _is_loopback(host):
        raise SettingsError(
            f"{host} can be reached from other machines and no token is asked for",
            remedy="give a token with --token-file, or serve on 127.0.0.1",
        )
    try:
        import fastapi  # noqa: F401
        import uvicorn
    except ImportError as error:
        raise MissingExtraError(error.name or "fastapi", "serve", "serving over HTTP") from error
    from dedup.serve.app import create_app

    uvicorn.run(create_app(index, token), host=host, port=port, log_level="warning", server_header=False)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
