"""What the contract promises, tried on every store."""

from contextlib import suppress

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dedup.errors import IndexStoreError
from dedup.index.contract import LEAST, MOST, Store
from dedup.index.memory import MemoryStore


class StopError(Exception):
    """Raised by a test inside a transaction."""


def test_a_record_is_read_as_it_was_written_last(store: Store) -> None:
    with store.writing() as view:
        view.put("article", [(1, b"old"), (2, b""), (LEAST, b"least"), (MOST, b"most")])
        view.put("article", [(1, b"new")])
        assert view.get("article", [1]) == {1: b"new"}
    with store.reading() as view:
        assert view.get("article", [1, 2, 3, LEAST, MOST]) == {1: b"new", 2: b"", LEAST: b"least", MOST: b"most"}
        assert view.get("facts", [1]) == {}
        assert view.count("article") == 4
        assert view.last("article") == MOST
        assert view.last("facts") is None


def test_records_are_scanned_in_order_of_key_within_bounds(store: Store) -> None:
    with store.writing() as view:
        view.put("match", [(key, bytes([key])) for key in (7, 3, 5, 1)])
    with store.reading() as view:
        assert list(view.scan("match", 2, 5)) == [(3, b"\3"), (5, b"\5")]
        assert [key for key, _ in view.scan("match")] == [1, 3, 5, 7]


def test_several_ranges_are_answered_in_their_order(store: Store) -> None:
    with store.writing() as view:
        view.put("term", [(key, bytes([key])) for key in (7, 3, 5, 1)])
        assert view.ranges("term", [(4, 9), (0, 1), (8, 9)]) == [[(5, b"\5"), (7, b"\7")], [(1, b"\1")], []]
    with store.writing() as view:
        view.put("term", [(4, b"four"), (5, b"five")])
        view.drop("term", [3])
        assert view.ranges("term", [(2, 5), (7, 7)]) == [[(4, b"four"), (5, b"five")], [(7, b"\7")]]
        assert view.last("term") == 7
        view.drop("term", [7])
        assert view.last("term") == 5
    with store.reading() as view:
        assert view.ranges("term", [(2, 5), (7, 7)]) == [[(4, b"four"), (5, b"five")], []]
        assert view.ranges("facts", []) == []


def test_postings_are_kept_once_and_in_order(store: Store) -> None:
    with store.writing() as view:
        view.post("band", [(5, 9), (5, 2), (-5, 1), (5, 9)])
        view.post("band", [(5, 2)])
    with store.reading() as view:
        assert view.posted("band", [5, -5, 6]) == {5: [2, 9], -5: [1]}
        assert view.posted("band", [5, -5, 6, 5], most=1) == {5: [2], -5: [1]}
        assert list(view.scan_posted("band")) == [(-5, 1), (5, 2), (5, 9)]
        assert list(view.scan_posted("band", 0)) == [(5, 2), (5, 9)]
        assert view.count("band") == 3


def test_what_is_dropped_is_gone_and_what_is_missing_is_passed_over(store: Store) -> None:
    with store.writing() as view:
        view.put("story", [(1, b"a"), (2, b"b")])
        view.post("same", [(1, 1), (1, 2)])
    with store.writing() as view:
        view.drop("story", [1, 99])
        view.unpost("same", [(1, 1), (4, 4)])
    with store.reading() as view:
        assert view.get("story", [1, 2]) == {2: b"b"}
        assert view.posted("same", [1]) == {1: [2]}
    with store.writing() as view:
        view.clear("story")
        view.clear("same")
        assert (view.count("story"), view.count("same")) == (0, 0)


def test_a_transaction_that_raises_leaves_nothing_behind(store: Store) -> None:
    with store.writing() as view:
        view.put("article", [(1, b"kept")])
        view.post("band", [(1, 1)])
        view.name("settings", "kept")
    with pytest.raises(StopError):
        _write_and_stop(store)
    with store.reading() as view:
        assert view.get("article", [1, 2]) == {1: b"kept"}
        assert view.posted("band", [1]) == {1: [1]}
        assert view.names() == {"settings": "kept"}


def _write_and_stop(store: Store) -> None:
    with store.writing() as view:
        view.put("article", [(1, b"lost"), (2, b"lost")])
        view.drop("article", [1])
        view.post("band", [(1, 2)])
        view.unpost("band", [(1, 1)])
        view.name("settings", "lost")
        view.name("other", "lost")
        raise StopError


def test_more_keys_than_one_query_takes_are_all_answered(store: Store) -> None:
    keys = list(range(3000))
    with store.writing() as view:
        view.put("facts", [(key, str(key).encode()) for key in keys])
        view.post("sample", [(key, key + 1) for key in keys])
    with store.reading() as view:
        assert len(view.get("facts", keys)) == 3000
        assert view.posted("sample", keys)[2999] == [3000]


def test_a_sound_store_has_nothing_to_report(store: Store) -> None:
    with store.writing() as view:
        view.put("article", [(1, b"text")])
    assert store.check() == []
    assert store.size() > 0


STEPS = st.lists(
    st.tuples(st.sampled_from(["put", "drop", "post", "unpost", "fail"]), st.integers(-3, 3), st.integers(0, 3)),
    max_size=30,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40, deadline=None)
@given(STEPS)
def test_every_store_does_what_the_one_in_memory_does(store: Store, steps: list[tuple[str, int, int]]) -> None:
    twin = MemoryStore()
    with store.writing() as view:
        view.clear("story")
        view.clear("same")
    for step in steps:
        _take(store, *step)
        _take(twin, *step)
    with store.reading() as view, twin.reading() as expected:
        assert list(view.scan("story")) == list(expected.scan("story"))
        assert list(view.scan_posted("same")) == list(expected.scan_posted("same"))


def _take(store: Store, kind: str, key: int, number: int) -> None:
    with suppress(StopError), store.writing() as view:
        if kind in ("put", "fail"):
            view.put("story", [(key, bytes([number]))])
        if kind == "drop":
            view.drop("story", [key])
        if kind in ("post", "fail"):
            view.post("same", [(key, number)])
        if kind == "unpost":
            view.unpost("same", [(key, number)])
        if kind == "fail":
            raise StopError


def test_memory_has_no_backup(tmp_path) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(IndexStoreError, match="open the index with a path"):
        MemoryStore().backup(tmp_path / "copy.db")
