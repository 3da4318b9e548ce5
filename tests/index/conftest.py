"""Every store, for the one test body that all of them must pass. PostgreSQL and Redis are real servers on loopback."""

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from dedup.index.contract import Store
from dedup.index.memory import MemoryStore
from dedup.index.postgres import PostgresStore
from dedup.index.redisdb import RedisStore
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
    port = _free_port()
    with tempfile.TemporaryDirectory() as folder:
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


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


class RedisServer:
    """A server of its own in a folder, with an append-only file; it can be stopped, killed and started again."""

    def __init__(self, program: str, folder: Path, *options: str) -> None:
        self.port = _free_port()
        self.address = f"redis://127.0.0.1:{self.port}/0"
        kept = ["--appendonly", "yes", "--appendfsync", "always", "--save", ""]
        self._command = [program, "--port", str(self.port), "--bind", "127.0.0.1", "--dir", str(folder)]
        self._command += [*kept, "--daemonize", "no", *options]
        self.start()

    def start(self) -> None:
        """Start it and wait until it answers."""
        import redis

        self._running = subprocess.Popen(self._command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        client = redis.Redis.from_url(self.address)
        for _ in range(300):
            with suppress(redis.RedisError):
                if client.ping():
                    break
            time.sleep(0.05)
        client.close()

    def kill(self) -> None:
        """End it without a word."""
        self._running.kill()
        self._running.wait()


@pytest.fixture(scope="session")
def redis_program() -> str:
    """The program of the server."""
    pytest.importorskip("redis", reason="the extra redis is not installed")
    program = shutil.which("redis-server")
    if program is None:
        pytest.skip("Redis is not installed (Debian: apt-get install redis-server)")
    return program


@pytest.fixture(scope="session")
def redis_server(redis_program: str) -> Iterator[RedisServer]:
    """A server that is made for this run and thrown away after it."""
    with tempfile.TemporaryDirectory() as folder:
        server = RedisServer(redis_program, Path(folder))
        yield server
        server.kill()


@pytest.fixture
def redis_address(redis_server: RedisServer) -> str:
    """An address with a prefix of its own."""
    return f"{redis_server.address}?prefix=s{os.urandom(6).hex()}"


@pytest.fixture
def in_redis(redis_address: str) -> RedisStore:
    """A store under a prefix of its own."""
    return RedisStore(redis_address)


@pytest.fixture(params=["redis", "sqlite"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Path | str:
    """Where an index can be that several processes add to."""
    address: str = request.getfixturevalue("redis_address") if request.param == "redis" else ""
    return address or tmp_path / "news.db"


@pytest.fixture(params=["memory", "postgres", "redis", "sqlite", "sqlite-moving"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """Each store in turn."""
    made = (
        request.getfixturevalue(f"in_{request.param}")
        if request.param in ("postgres", "redis")
        else _local(request.param, tmp_path)
    )
    yield made
    made.close()


@pytest.fixture(params=["postgres", "redis"])
def far_store(request: pytest.FixtureRequest) -> Iterator[Store]:
    """Each store on a server."""
    made: Store = request.getfixturevalue(f"in_{request.param}")
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
    """In ``sqlite`` postings move into their tables after some articles, in ``sqlite-moving`` after one transaction."""
    if name == "memory":
        return MemoryStore()
    return SqliteStore(folder / "store.db", young=2 if name == "sqlite-moving" else 400)
