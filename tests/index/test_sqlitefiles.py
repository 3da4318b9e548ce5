"""The files of an index in SQLite: copies are whole or not there, what may only be read is, the log stays small."""

import ctypes
import os
import resource
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import dedup
from dedup.cli import cli
from dedup.errors import IndexStoreError
from dedup.index.sqlite import SqliteStore
from tests.index.sites import site_feed


def _filled(path: Path, records: int = 200) -> Path:
    store = SqliteStore(path)
    with store.writing() as view:
        view.put("article", [(key, b"text %d " % key * 40) for key in range(records)])
    store.close()
    return path


def _count(store: SqliteStore) -> int:
    with store.reading() as view:
        return view.count("article")


def _names(folder: Path) -> list[str]:
    return sorted(item.name for item in folder.iterdir())


# --- copies -------------------------------------------------------------------------------------------------------

KILLED = """
import os, signal, sys
from pathlib import Path
from dedup.index import sqlitefiles
from dedup.index.sqlite import SqliteStore
copy = sqlitefiles._copy
def copied_but_not_named(connection, beside):
    copy(connection, beside)
    os.truncate(beside, 5000)
    os.kill(os.getpid(), signal.SIGKILL)
sqlitefiles._copy = copied_but_not_named
SqliteStore(sys.argv[1]).backup(Path(sys.argv[2]))
"""


def test_a_copy_that_is_killed_leaves_nothing_under_its_name(tmp_path: Path) -> None:
    store = SqliteStore(_filled(tmp_path / "store.db"))
    target = tmp_path / "copies" / "copy.db"
    target.parent.mkdir()
    run = subprocess.run([sys.executable, "-c", KILLED, str(tmp_path / "store.db"), str(target)], check=False)
    assert run.returncode == -signal.SIGKILL
    assert _names(target.parent) == ["copy.db.unfinished"]
    store.backup(target)
    store.close()
    assert _names(target.parent) == ["copy.db"]
    assert _count(SqliteStore(target, readonly=True)) == 200


def test_a_copy_that_fails_names_its_file_and_is_taken_away(tmp_path: Path) -> None:
    store, target = SqliteStore(_filled(tmp_path / "store.db")), tmp_path / "copies" / "copy.db"
    target.parent.mkdir()
    limits, before = resource.getrlimit(resource.RLIMIT_FSIZE), signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, limits[1]))
    try:
        with pytest.raises(IndexStoreError, match=r"copies/copy.db: .*the copy was not made; see that there is room"):
            store.backup(target)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, before)
    assert _names(target.parent) == []
    with pytest.raises(IndexStoreError, match=r"nowhere/copy.db: cannot be written \(No such file or directory\)"):
        store.backup(tmp_path / "nowhere" / "copy.db")
    store.backup(target)
    store.close()
    with pytest.raises(IndexStoreError, match=r"store.db: .*closed.*open the index again"):
        store.backup(tmp_path / "copies" / "other.db")
    assert _names(target.parent) == ["copy.db"]


def test_two_copies_to_one_file_do_not_mix(tmp_path: Path) -> None:
    fcntl = pytest.importorskip("fcntl")
    store = SqliteStore(_filled(tmp_path / "store.db"))
    with (tmp_path / "copy.db.unfinished").open("wb") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        with pytest.raises(IndexStoreError, match="just being written by another backup"):
            store.backup(tmp_path / "copy.db")
        assert "copy.db.unfinished" in _names(tmp_path)
    store.close()


# --- what may only be read ----------------------------------------------------------------------------------------

CAPABILITIES, OVERRIDE = 0x20080522, 0b110  # version 3; to write and to read what one's mode forbids


def _as_anybody(do: Callable[[], object]) -> object:
    """Do it in a thread without root's right to pass over the modes of files."""
    done: list[object] = []

    def within() -> None:
        if os.geteuid() == 0:
            libc, head, data = ctypes.CDLL(None), (ctypes.c_uint32 * 2)(CAPABILITIES, 0), (ctypes.c_uint32 * 6)()
            assert libc.capget(head, data) == 0
            data[0], data[1] = data[0] & ~OVERRIDE, data[1] & ~OVERRIDE
            assert libc.capset(head, data) == 0
        try:
            done.append(do())
        except Exception as error:  # noqa: BLE001 - raised again by who waits
            done.append(error)

    thread = threading.Thread(target=within)
    thread.start()
    thread.join()
    if isinstance(done[0], Exception):
        raise done[0]
    return done[0]


needs_modes = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs the modes of Linux")


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    made = tmp_path / "theirs"
    made.mkdir()
    yield made
    made.chmod(0o755)


def _modes(path: Path, file: int, folder: int) -> None:
    for item in path.parent.iterdir():
        item.chmod(file)
    path.parent.chmod(folder)


def _read(path: Path) -> int:
    store = SqliteStore(path, readonly=True)
    try:
        assert store.check() == []
        return _count(store)
    finally:
        store.close()


@needs_modes
@pytest.mark.parametrize("modes", [(0o644, 0o555), (0o444, 0o555), (0o444, 0o755)])
def test_what_may_not_be_written_is_read_and_left_as_it_is(modes: tuple[int, int], folder: Path) -> None:
    path = _filled(folder / "store.db")
    _modes(path, *modes)
    before = _names(folder)
    assert _as_anybody(lambda: _read(path)) == 200
    assert _names(folder) == before


@needs_modes
@pytest.mark.parametrize("modes", [(0o444, 0o555), (0o444, 0o755)])
def test_what_may_not_be_written_is_read_while_its_owner_writes(modes: tuple[int, int], folder: Path) -> None:
    path = _filled(folder / "store.db")
    reader = _as_anybody(lambda: _with_modes(path, *modes))
    assert isinstance(reader, SqliteStore)
    assert _as_anybody(lambda: _count(reader)) == 200
    _modes(path, 0o644, 0o755)
    owner = SqliteStore(path)
    for key in range(1000, 1003):
        with owner.writing() as view:
            view.put("article", [(key, b"later")])
        _modes(path, *modes)
        assert _as_anybody(lambda: _count(reader)) == 200 + key - 999
        _modes(path, 0o644, 0o755)
    reader.close()
    owner.close()


def _with_modes(path: Path, *modes: int) -> SqliteStore:
    _modes(path, *modes)
    return SqliteStore(path, readonly=True)


@needs_modes
def test_a_reading_that_another_wrote_into_is_an_error(folder: Path) -> None:
    path = _filled(folder / "store.db")
    reader = _as_anybody(lambda: _with_modes(path, 0o444, 0o555))
    assert isinstance(reader, SqliteStore)
    with pytest.raises(IndexStoreError, match=r"was written to while it was read.*ask again"):
        _write_amid_a_reading(reader, path)
    assert _count(reader) == 201
    reader.close()


def _write_amid_a_reading(reader: SqliteStore, path: Path) -> None:
    with reader.reading():
        _modes(path, 0o644, 0o755)
        owner = SqliteStore(path)
        with owner.writing() as view:
            view.put("article", [(1000, b"later")])
        owner.close()


@needs_modes
def test_a_log_that_cannot_be_read_is_named(folder: Path, tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "store.db")
    with store.writing() as view:
        view.put("article", [(1, b"x")])
    for end in ("", "-wal"):
        shutil.copy(tmp_path / f"store.db{end}", folder)
    store.close()
    _modes(folder / "store.db", 0o644, 0o555)
    with pytest.raises(IndexStoreError, match=r"its log store.db-wal holds what is not in the file.*copy both"):
        _as_anybody(lambda: _read(folder / "store.db"))


@needs_modes
@pytest.mark.parametrize("end", ["", "-wal", "-shm", "-lock"])
def test_who_may_not_write_is_told_of_which_file_before_any_is_made(end: str, folder: Path) -> None:
    path = _filled(folder / "store.db")
    guilty = Path(f"{path}{end}")
    guilty.touch()
    guilty.chmod(0o444)
    before = _names(folder)
    with pytest.raises(IndexStoreError, match=rf"store.db{end}: may not be written; let it be written, or open"):
        _as_anybody(lambda: SqliteStore(path))
    assert _names(folder) == before


@needs_modes
def test_who_may_not_write_the_folder_is_told(folder: Path) -> None:
    path = _filled(folder / "store.db")
    folder.chmod(0o555)
    for name in ("store.db", "new.db"):
        with pytest.raises(IndexStoreError, match=rf"{name}: its folder .*theirs may not be written"):
            _as_anybody(lambda name=name: SqliteStore(path.with_name(name)))  # type: ignore[misc]


def _run(*arguments: object) -> Result:
    done = _as_anybody(lambda: CliRunner().invoke(cli, [str(item) for item in arguments]))
    assert isinstance(done, Result)
    return done


@needs_modes
@pytest.mark.parametrize("modes", [(0o644, 0o555), (0o444, 0o755)])
def test_commands_that_ask_answer_of_an_index_that_may_not_be_written(
    modes: tuple[int, int], folder: Path, tmp_path: Path
) -> None:
    path, feed = folder / "news.db", site_feed(2, 3)
    with dedup.open_index(path, durability="crash") as index:
        index.add_many(feed)
        index.settle()
    _modes(path, *modes)
    before = _names(folder)
    for command in (["stories"], ["show", feed[0].id], ["check", "--deep"], ["export", "-o", tmp_path / "x.csv"]):
        done = _run(*command, "--index", path)
        assert (done.exit_code, "may not be" in done.output, bool(done.output)) == (0, False, True), done.output
    assert _run("backup", tmp_path / "copy.db", "--index", path).exit_code == 0
    refused = _run("rebuild", "--index", path)
    assert "may not be written" in f"{refused.output}{refused.exception}"
    assert _names(folder) == before


@needs_modes
def test_what_waits_in_an_index_that_may_not_be_written_is_said(folder: Path) -> None:
    path, feed = folder / "news.db", site_feed(2, 3)
    with dedup.open_index(path, durability="crash") as index:
        index.add_many(feed)
        index.settle()
        with index._writing() as view:
            view.put("stale", [(1, b"")])
    _modes(path, 0o444, 0o555)
    done = _run("stories", "--index", path)
    assert done.exit_code == 0
    assert "may not be written: what 1 article changed waits to be worked out" in done.output


# --- the log ------------------------------------------------------------------------------------------------------


def _reads(path: Path, stop: threading.Event, delay: float) -> None:
    reader = SqliteStore(path, readonly=True)
    time.sleep(delay)
    while not stop.is_set():
        with reader.reading() as view:
            view.get("article", [1])
            time.sleep(0.02)
    reader.close()


def test_the_log_stays_small_beside_two_who_read_by_turns(tmp_path: Path) -> None:
    path, most = _filled(tmp_path / "store.db"), 1_000_000
    store, log = SqliteStore(path, "crash", log_bytes=most), tmp_path / "store.db-wal"
    store._connection.execute("PRAGMA wal_autocheckpoint=200")
    stop, longest = threading.Event(), 0
    readers = [threading.Thread(target=_reads, args=(path, stop, delay)) for delay in (0, 0.01)]
    for reader in readers:
        reader.start()
    for key in range(400):
        with store.writing() as view:
            view.put("article", [(key, os.urandom(50_000))])
        longest = max(longest, log.stat().st_size)
    store.close()
    left = log.stat().st_size
    stop.set()
    for reader in readers:
        reader.join()
    assert longest < 8 * most  # of 20 that are written
    assert left == 0
    assert _count(SqliteStore(path, readonly=True)) == 400


def test_a_log_that_a_large_call_made_long_is_cut_again(tmp_path: Path) -> None:
    store, log = SqliteStore(tmp_path / "store.db", "crash", log_bytes=1_000_000), tmp_path / "store.db-wal"
    with store.writing() as view:
        view.put("article", [(key, bytes(50_000)) for key in range(100)])
    assert log.stat().st_size > 4_000_000
    with store.writing() as view:
        view.put("article", [(1, b"x")])
    assert log.stat().st_size <= 1_000_000
    store.close()


def test_one_who_reads_for_long_neither_fails_a_writer_nor_stops_it_each_time(tmp_path: Path) -> None:
    path = _filled(tmp_path / "store.db")
    store, reader = SqliteStore(path, "crash", log_bytes=200_000), SqliteStore(path, readonly=True)
    with reader.reading() as before:
        assert before.count("article") == 200
        start = time.monotonic()
        for key in range(1000, 1012):
            with store.writing() as view:
                view.put("article", [(key, os.urandom(50_000))])
        assert time.monotonic() - start < 6
        assert before.count("article") == 200
    with store.writing() as view:
        view.put("article", [(2000, b"x")])
    assert (tmp_path / "store.db-wal").stat().st_size > 200_000
    store.close()
    assert _count(reader) == 213
    reader.close()


# --- how it is opened ---------------------------------------------------------------------------------------------


def test_a_name_in_memory_opens_a_store_in_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    feed = site_feed(1, 2)
    with dedup.open_index(":memory:") as index:
        assert index.made
        index.add_many(feed)
        assert len(index) == len(feed)
    with pytest.raises(IndexStoreError, match="gone with the program; name a file"):
        dedup.open_index(":memory:", readonly=True)
    with pytest.raises(IndexStoreError, match="gone with the program; name a file"):
        dedup.open_index(Path(":memory:"))
    assert _names(tmp_path) == []


@pytest.mark.parametrize("place", ["news.db", "redis://localhost/0", "postgresql://localhost/x", ":memory:"])
def test_an_unknown_durability_is_named(place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(IndexStoreError, match='there is no durability \'fast\'; give "power" or "crash"'):
        dedup.open_index(place, durability="fast")  # type: ignore[arg-type]
    assert _names(tmp_path) == []


def test_files_beside_a_link_are_those_beside_what_it_leads_to(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    _filled(tmp_path / "real" / "store.db")
    (tmp_path / "link.db").symlink_to(tmp_path / "real" / "store.db")
    store = SqliteStore(tmp_path / "link.db", "crash", log_bytes=100_000)
    with store.writing() as view:
        view.put("article", [(1, bytes(500_000))])
    with store.writing() as view:
        view.put("article", [(2, b"x")])
    assert (tmp_path / "real" / "store.db-wal").stat().st_size <= 100_000
    connection = sqlite3.connect(tmp_path / "real" / "store.db")
    store.close()
    connection.close()
