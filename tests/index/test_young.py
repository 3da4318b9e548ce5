"""Postings that are young first: whatever happens to them, they read as in a store that has only tables."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dedup.index.memory import MemoryStore
from dedup.index.sqlite import SqliteStore
from dedup.index.young import FOLD, PARTS, SPREAD, Young, bounds_of, part_of

BANDS = [-(1 << 63), -(1 << 40), -1, 0, 7, 1 << 40, (1 << 63) - 1]
TABLES = {"band": BANDS, "sample": [0, 7, 1 << 40, (1 << 61) - 1, 1 << 62], "same": [1, 2]}

ROWS = st.lists(st.tuples(st.integers(0, 6), st.integers(1, 4)), max_size=5)
STEP = st.tuples(st.sampled_from(("post", "unpost", "clear")), st.sampled_from(sorted(TABLES)), ROWS)
CALL = st.tuples(st.booleans(), st.booleans(), st.lists(STEP, max_size=4))


class UndoneError(Exception):
    """Raised to undo a transaction."""


@given(calls=st.lists(CALL, max_size=12), most=st.sampled_from((0, 3, 6, 1000)))
def test_postings_read_as_in_tables_whoever_wrote_them_and_whatever_was_undone(
    calls: list[tuple[bool, bool, list[tuple[str, str, list[tuple[int, int]]]]]],
    most: int,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    path = tmp_path_factory.mktemp("young") / "store.db"
    plain, stores = MemoryStore(), (SqliteStore(path, "crash", young=most), SqliteStore(path, "crash", young=most))
    for second, undone, steps in calls:
        for store in (stores[second],) if undone else (plain, stores[second]):
            _run(store, steps, undone)
        with plain.reading() as right, stores[second].reading() as view:
            for table, keys in TABLES.items():
                assert list(view.scan_posted(table)) == list(right.scan_posted(table))
                assert list(view.scan_posted(table, -1, 7)) == list(right.scan_posted(table, -1, 7))
                assert view.posted(table, keys) == right.posted(table, keys)
                assert view.posted(table, keys, 1) == right.posted(table, keys, 1)
                assert view.count(table) == right.count(table)
    assert stores[0].check() == []
    for store in stores:
        store.close()


def _run(store: MemoryStore | SqliteStore, steps: list[tuple[str, str, list[tuple[int, int]]]], undone: bool) -> None:
    try:
        with store.writing() as view:
            for what, table, rows in steps:
                keys = TABLES[table]
                if what == "clear":
                    view.clear(table)
                else:
                    getattr(view, what)(table, [(keys[at % len(keys)], number) for at, number in rows])
            if undone:
                raise UndoneError
    except UndoneError:
        pass


def test_the_parts_of_a_table_are_all_of_its_keys_in_order() -> None:
    for table in SPREAD:
        bounds = [bounds_of(table, part) for part in range(PARTS)]
        assert bounds[0][0] == -(1 << 63)
        assert bounds[-1][1] == (1 << 63) - 1
        assert all(low == high + 1 for (_, high), (low, _) in pairwise(bounds))
        edges = [edge for pair in bounds for edge in pair]
        assert [part_of(table, _keys([edge]))[0] for edge in edges] == [at // 2 for at in range(2 * PARTS)]


def _keys(keys: list[int]) -> "np.ndarray[tuple[int], np.dtype[np.int64]]":
    return np.array(keys, np.int64)


def test_many_young_postings_are_sorted_in_without_a_change() -> None:
    young = Young()
    rows = [(key % 977 - 400, key) for key in range(FOLD + 1000)]
    for at in range(0, len(rows), 100):
        young.add(rows[at : at + 100])
    young.remove(rows[::3])
    left = sorted(set(rows) - set(rows[::3]))
    assert len(young) == len(left)
    assert {key: sorted(numbers) for key, numbers in young.look([5, 6, 9999]).items()} == {
        key: [number for its, number in left if its == key] for key in (5, 6)
    }
    assert young.between(-400, 0) == [row for row in left if row[0] <= 0]
    young.let_go(-400, 0)
    assert young.between(-(1 << 63), 1 << 40) == [row for row in left if row[0] > 0]
    assert len(young) == len([row for row in left if row[0] > 0])


def test_a_large_call_goes_to_the_table_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dedup.index.sqliteview.DIRECT", 10)
    store = SqliteStore(tmp_path / "store.db")
    rows = [(key, 1) for key in range(20)]
    with store.writing() as view:
        view.post("band", rows[:5])
        view.post("band", rows)
    with store.reading() as view:
        assert list(view.scan_posted("band")) == rows
        assert view.posted("band", [0]) == {0: [1]}
    assert store._connection.execute("SELECT count(*) FROM p_band").fetchone() == (20,)
    assert store.check() == []
    store.close()


def test_an_index_of_before_there_was_a_log_is_brought_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from dedup.index.schema import MIGRATIONS

    path = tmp_path / "store.db"
    with monkeypatch.context() as earlier:
        earlier.setattr("dedup.index.schema.MIGRATIONS", MIGRATIONS[:1])
        SqliteStore(path).close()
    store = SqliteStore(path)
    with store.writing() as view:
        view.post("band", [(1, 1)])
    with store.reading() as view:
        assert view.posted("band", [1]) == {1: [1]}
    store.close()
