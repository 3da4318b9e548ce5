"""Every store, for the one test body that all of them must pass. PostgreSQL is a real server on loopback."""

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from dedup.index.contract import Store
from dedup.index.memory import MemoryStore
from dedup.index.postgres import PostgresStore
from dedup.index.sqlite import SqliteStore


def _program(name: str) -> str | None:
    """A program of PostgreSQL, also where Debian's package keeps it off the path."""
    beside = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), reverse=True)
    return str(beside[0]) if beside else shutil.which(name)


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The address of a server that is made for this run and thrown away after it."""
    pytest.importorskip("psycopg", reason="the extra postgres is not installed")
    initdb, server = _program("initdb"), _program("postgres")
    if initdb is None or server is None:
        pytest.skip("PostgreSQL is not installed (Debian: apt-get install postgresql)")
    as_user = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    with tempfile.TemporaryDirectory() as folder, socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        free.close()
        Path(folder).chmod(0o777)
        data = f"{folder}/data"
        made = subprocess.run([*as_user, initdb, "-A", "trust", "-U", "dedup", data], capture_output=True, text=True)
        if made.returncode:
            pytest.skip(f"PostgreSQL cannot be set up here: {made.stderr.strip()[-200:]}")
        options = ["-D", data, "-p", str(port), "-h", "127.0.0.1", "-k", folder, "-F"]
        with subprocess.Popen([*as_user, server, *options], stderr=subprocess.DEVNULL) as running:
            yield from _answering(f"postgresql://dedup@127.0.0.1:{port}/postgres", running)


def _answering(address: str, running: "subprocess.Popen[bytes]") -> Iterator[str]:
    import psycopg

    for _ in range(300):
        try:
            psycopg.connect(address).close()
            break
        except psycopg.OperationalError:
            time.sleep(0.1)
    try:
        yield address
    finally:
        running.terminate()
        running.wait()


@pytest.fixture(params=["memory", "postgres", "sqlite"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """Each store in turn."""
    made = request.getfixturevalue("in_postgres") if request.param == "postgres" else _local(request.param, tmp_path)
    yield made
    made.close()


@pytest.fixture(params=["memory", "sqlite"])
def near_store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """Each store without a server."""
    made = _local(request.param, tmp_path)
    yield made
    made.close()


@pytest.fixture
def in_postgres(postgres: str) -> PostgresStore:
    """A schema of its own."""
    return PostgresStore(postgres, schema=f"s{os.urandom(6).hex()}")


def _local(name: str, folder: Path) -> Store:
    return MemoryStore() if name == "memory" else SqliteStore(folder / "store.db")
