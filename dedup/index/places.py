"""Where an index lives, by its address, and whether what is there was made as this version would make it."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict
from typing import get_args

from dedup.errors import IndexStoreError, SettingsError
from dedup.index.contract import STORE_FORMAT, Store
from dedup.index.memory import MemoryStore
from dedup.index.postgres import PREFIXES as POSTGRES
from dedup.index.postgres import PostgresStore
from dedup.index.redisdb import PREFIXES as REDIS
from dedup.index.redisdb import RedisStore
from dedup.index.sqlite import Durability, SqliteStore
from dedup.settings import Settings
from dedup.sketch import scheme


def store_at(path: str | os.PathLike[str], durability: Durability, readonly: bool) -> Store:
    """The store at an address, opened or made. IndexStoreError for an address or a durability that there is not."""
    if durability not in get_args(Durability):
        known = " or ".join(f'"{name}"' for name in get_args(Durability))
        raise IndexStoreError(f"there is no durability {durability!r}", remedy=f"give {known}")
    if os.fspath(path) == MemoryStore.place:
        return _in_memory(path, readonly)
    if isinstance(path, str) and path.startswith(POSTGRES):
        return PostgresStore(path, durability, readonly)
    if isinstance(path, str) and path.startswith(REDIS):
        return RedisStore(path, durability, readonly)
    if isinstance(path, str) and "://" in path:
        raise IndexStoreError(
            "no index can be kept there", place=path, remedy="give a file, redis://... or postgresql://..."
        )
    return SqliteStore(path, durability, readonly)


def _in_memory(path: str | os.PathLike[str], readonly: bool) -> MemoryStore:
    """A new store in memory. What gives a Path, as the commands do, means a file or would keep nothing."""
    if readonly or not isinstance(path, str):
        raise IndexStoreError(
            "an index in memory is empty at first and gone with the program", place=str(path), remedy="name a file"
        )
    return MemoryStore()


def agree(store: Store, settings: Settings | None, readonly: bool) -> tuple[Settings, bool]:
    """The settings of the index, written to a new one, and whether it was new; IndexStoreError when it was made
    otherwise."""
    with store.reading() as view:
        names = view.names()
    made = False
    if not names and not readonly:
        with store.writing() as writing:
            names = writing.names()
            made = not names
            if made:
                for name, value in _fingerprint(settings or Settings()).items():
                    writing.name(name, value)
                names = writing.names()
    kept = _kept_settings(names, store.place)
    wanted = settings or kept
    for name, value in _fingerprint(wanted).items():
        if names.get(name) != value:
            raise IndexStoreError(
                f"was made with another {_SAID[name]}: {names.get(name)}, not {value}",
                place=store.place,
                remedy="open it with the settings it was made with, or ingest the feeds into a new index",
            )
    return wanted, made


_SAID = {"format": "format of the store", "scheme": "scheme of signatures", "digest": "set of settings", "settings": ""}


def _fingerprint(settings: Settings) -> dict[str, str]:
    return {
        "format": str(STORE_FORMAT),
        "scheme": scheme(settings),
        "digest": settings.digest(),
        "settings": json.dumps(asdict(settings), sort_keys=True),
    }


def _kept_settings(names: Mapping[str, str], place: str) -> Settings:
    try:
        return Settings(**json.loads(names.get("settings", "")))
    except (ValueError, TypeError, SettingsError) as error:
        raise IndexStoreError(
            f"was made with settings this version does not know ({error})",
            place=place,
            remedy="ingest the feeds into a new index",
        ) from error
