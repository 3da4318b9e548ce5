"""The SQLite file: whose it is, what happens to it when the disk or another program fails."""

import multiprocessing
import random
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from dedup.errors import IndexStoreError
from dedup.index.schema import APPLICATION, MIGRATIONS
from dedup.index.sqlite import SqliteStore, log_is_at_risk


def _filled(path: Path, records: int = 200) -> Path:
    store = SqliteStore(path)
    with store.writing() as view:
        view.put("article", [(key, b"text %d " % key * 40) for key in range(records)])
        view.post("band", [(key * 7919, key) for key in range(records)])
    store.close()
    return path


def _everything(path: Path) -> tuple[object, ...]:
    store = SqliteStore(path, readonly=True)
    try:
        with store.reading() as view:
            return tuple(view.scan("article")), tuple(view.scan_posted("band")), tuple(store.check())
    finally:
        store.close()


FOREIGN: dict[str, Callable[[Path], object]] = {
    "text": lambda path: path.write_text("not a database at all, but somebody's notes\n" * 20),
    "other-sqlite": lambda path: sqlite3.connect(path).execute("CREATE TABLE notes(text)").connection.close(),
}


@pytest.mark.parametrize("kind", sorted(FOREIGN))
def test_a_file_of_someone_else_is_refused_and_left_alone(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "theirs"
    FOREIGN[kind](path)
    before = path.read_bytes()
    with pytest.raises(IndexStoreError, match="name another file for the index"):
        SqliteStore(path)
    assert path.read_bytes() == before
    assert [item.name for item in tmp_path.iterdir()] == ["theirs"]


def test_a_file_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    path = _filled(tmp_path / "store.db")
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version=99")
    connection.close()
    with pytest.raises(IndexStoreError, match=r"newer news-dedup .*version 99.*upgrade"):
        SqliteStore(path)


def test_an_index_that_is_not_there_is_not_made_by_a_reader(tmp_path: Path) -> None:
    with pytest.raises(IndexStoreError, match="is not there"):
        SqliteStore(tmp_path / "store.db", readonly=True)
    assert not list(tmp_path.iterdir())
    with pytest.raises(IndexStoreError, match="its folder does not exist"):
        SqliteStore(tmp_path / "nowhere" / "store.db")


def test_each_migration_commits_with_its_record(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = _filled(tmp_path / "store.db", 3)
    good, bad = ("CREATE TABLE extra(x)",), ("CREATE TABLE more(x)", "no SQL at all")
    monkeypatch.setattr("dedup.index.schema.MIGRATIONS", (*MIGRATIONS, good, bad))
    with pytest.raises(IndexStoreError, match="syntax error"):
        SqliteStore(path)
    connection = sqlite3.connect(path)
    tables = {row[0] for row in connection.execute("SELECT name FROM sqlite_master")}
    assert "extra" in tables
    assert "more" not in tables
    assert connection.execute("PRAGMA user_version").fetchone() == (len(MIGRATIONS) + 1,)
    assert connection.execute("PRAGMA application_id").fetchone() == (APPLICATION,)
    connection.close()
    monkeypatch.setattr("dedup.index.schema.MIGRATIONS", (*MIGRATIONS, good, ("CREATE TABLE more(x)",)))
    SqliteStore(path).close()
    assert len(_everything(path)[0]) == 3  # type: ignore[arg-type]


@pytest.mark.parametrize("seed", range(40))
def test_a_damaged_file_gives_an_error_or_the_right_answer(seed: int, tmp_path: Path) -> None:
    path = _filled(tmp_path / "store.db")
    right = _everything(path)
    draw = random.Random(seed)
    data = bytearray(path.read_bytes())
    if seed % 4 == 0:
        data = data[: draw.randrange(len(data))]
    else:
        for _ in range(1 if seed % 2 else 20):
            data[draw.randrange(len(data))] ^= 1 << draw.randrange(8)
    path.write_bytes(data)
    error, answer = None, None
    try:
        answer = _everything(path)
    except IndexStoreError as caught:
        error = caught
    if answer is None:
        assert str(path) in str(error)
    else:
        articles, postings, wrong = answer
        assert articles == right[0]
        assert postings == right[1] or wrong
    assert path.read_bytes() == data


CHANGES = {
    "UPDATE p_name SET key = key + 1 WHERE number = 7": "the postings of table name are damaged",
    "UPDATE p_name SET number = number + 4096 WHERE number = 7": "the postings of table name are damaged",
    "DELETE FROM p_name WHERE number = 7": "the postings of table name are damaged",
    "INSERT INTO p_name(key, number) VALUES(1, 1)": "the postings of table name are damaged",
    "UPDATE p_name SET number = 'seven' WHERE number = 7": "the postings of table name are damaged",
    "INSERT INTO p_band(key, number) VALUES(1, 1)": "the postings of table band are damaged",
    "UPDATE young SET value = zeroblob(15) WHERE key = 1": "the record 1 of table young is damaged",
    "DELETE FROM young WHERE key = 1": "records of the log of postings are missing",
    "DELETE FROM young WHERE key = 2": "records of the log of postings are missing",
    "UPDATE young SET key = key + (1 << 33) WHERE key = 2": "the record 8589934594 of table young is damaged",
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_posting_that_was_changed_is_found(change: str, tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "store.db")
    for table in ("name", "band"):
        with store.writing() as view:
            view.post(table, [(key * 7919, key) for key in range(200)])
        with store.writing() as view:
            view.post(table, [(0, 0), (5, 5), (5, 6)])  # the first is there already
            view.unpost(table, [(5, 5), (5, 7)])  # the second is not
            view.post("same", [(1, 1)])
            view.clear("same")
    assert store.check() == []
    store._connection.execute(change)
    assert store.check() == [CHANGES[change]]
    store.close()


def test_a_full_disk_is_an_error_and_work_goes_on_when_there_is_room(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "store.db")
    connection = store._connection
    kept: list[int] = []
    for pages in range(30, 60, 3):
        connection.execute(f"PRAGMA max_page_count={pages}")
        with pytest.raises(IndexStoreError, match="make room on the disk"):
            _fill(store, kept)
        with store.reading() as view:
            assert view.count("article") == view.count("band") == len(kept)
    connection.execute("PRAGMA max_page_count=100000")
    with store.writing() as view:
        view.put("article", [(-1, b"room again")])
    assert store.check() == []
    store.close()


def _fill(store: SqliteStore, kept: list[int]) -> None:
    while True:
        with store.writing() as view:
            view.put("article", [(len(kept), bytes(1000))])
            view.post("band", [(len(kept) * 7919, len(kept))])
        kept.append(len(kept))


FULL_FILE = """
import resource, signal, sys
from pathlib import Path
from dedup.errors import IndexStoreError
from dedup.index.sqlite import SqliteStore
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
store = SqliteStore(sys.argv[1])
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), resource.RLIM_INFINITY))
kept = 0
try:
    for key in range(10_000):
        with store.writing() as view:
            view.put("article", [(key, bytes(2000))])
        kept = key + 1
except IndexStoreError as error:
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    with store.writing() as view:
        assert view.count("article") == kept, (view.count("article"), kept)
        view.put("article", [(kept, b"after")])
    assert store.check() == []
    print(kept)
"""


def test_a_write_that_fails_in_the_system_keeps_what_was_acknowledged(tmp_path: Path) -> None:
    for number in range(6):
        path = tmp_path / f"{number}.db"
        limit = 300_000 + 1731 * number
        run = subprocess.run([sys.executable, "-c", FULL_FILE, str(path), str(limit)], capture_output=True, text=True)
        assert run.returncode == 0, run.stderr
        assert 0 < int(run.stdout) < 10_000
        assert len(_everything(path)[0]) == int(run.stdout) + 1  # type: ignore[arg-type]


def _write(path: str, first: int, each: int) -> None:
    store = SqliteStore(path)
    for key in range(first, first + each):
        with store.writing() as view:
            view.put("article", [(key, b"x")])
            view.post("band", [(1, key)])
    store.close()


def test_processes_take_turns_and_nobody_is_locked_out(tmp_path: Path) -> None:
    path = _filled(tmp_path / "store.db", 0)
    spawn = multiprocessing.get_context("spawn")
    workers = [spawn.Process(target=_write, args=(str(path), 1000 * i, 25)) for i in range(4)]
    for worker in workers:
        worker.start()
    reader = SqliteStore(path, readonly=True)
    while any(worker.is_alive() for worker in workers):
        with reader.reading() as view:
            assert view.count("article") == view.count("band")
    reader.close()
    assert [worker.exitcode for worker in workers] == [0] * 4
    articles, postings, wrong = _everything(path)
    assert (len(articles), len(postings), wrong) == (100, 100, ())  # type: ignore[arg-type]


def test_a_reader_keeps_its_view_while_another_writes(tmp_path: Path) -> None:
    path = _filled(tmp_path / "store.db", 2)
    writer, reader = SqliteStore(path), SqliteStore(path, readonly=True)
    with reader.reading() as view:
        assert view.count("article") == 2
        with writer.writing() as other:
            other.put("article", [(77, b"later")])
        assert view.count("article") == 2
    with reader.reading() as view:
        assert view.count("article") == 3
    with pytest.raises(IndexStoreError, match="for reading only"), reader.writing():
        pass
    writer.close()
    reader.close()


def test_a_backup_taken_while_writing_opens_as_an_index(tmp_path: Path) -> None:
    path = _filled(tmp_path / "store.db", 50)
    store = SqliteStore(path)
    store.backup(tmp_path / "copy.db")
    with pytest.raises(IndexStoreError, match="is there already"):
        store.backup(tmp_path / "copy.db")
    store.close()
    assert _everything(tmp_path / "copy.db") == _everything(path)


def test_a_closed_store_says_so(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "store.db")
    store.close()
    store.close()
    with pytest.raises(IndexStoreError, match="open the index again"), store.reading():
        pass


@pytest.mark.parametrize(
    ("version", "risk"),
    [((3, 40, 1), True), ((3, 44, 6), False), ((3, 50, 7), False), ((3, 51, 2), True), ((3, 51, 3), False)],
)
def test_versions_of_sqlite_that_can_corrupt_a_log_are_known(version: tuple[int, int, int], risk: bool) -> None:
    assert log_is_at_risk(version) is risk
