"""Every store, for the one test body that all of them must pass."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from dedup.index.contract import Store
from dedup.index.memory import MemoryStore
from dedup.index.sqlite import SqliteStore

STORES: dict[str, Callable[[Path], Store]] = {
    "memory": lambda folder: MemoryStore(),
    "sqlite": lambda folder: SqliteStore(folder / "store.db"),
}


@pytest.fixture(params=sorted(STORES))
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    made = STORES[request.param](tmp_path)
    yield made
    made.close()
