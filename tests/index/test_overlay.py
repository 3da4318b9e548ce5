"""A transaction kept in memory reads as if it had been written, and carries out to the same."""

from collections.abc import Callable

from hypothesis import given, settings
from hypothesis import strategies as st

from dedup.index.contract import Writing
from dedup.index.memory import MemoryStore
from dedup.index.overlay import Overlay

KEYS = st.integers(-3, 3)
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["put", "drop", "post", "unpost", "clear story", "clear same", "name", "ask"]),
        KEYS,
        st.integers(0, 5),
    ),
    max_size=40,
)


def _step(view: Writing, kind: str, key: int, number: int) -> None:
    steps: dict[str, Callable[[], object]] = {
        "put": lambda: view.put("story", [(key, bytes([number]))]),
        "drop": lambda: view.drop("story", [key]),
        "post": lambda: view.post("same", [(key, number)]),
        "unpost": lambda: view.unpost("same", [(key, number)]),
        "clear story": lambda: view.clear("story"),
        "clear same": lambda: view.clear("same"),
        "name": lambda: view.name(f"n{key}", str(number)),
        "ask": lambda: _answers(view, key, number),
    }
    steps[kind]()


def _answers(view: Writing, key: int, most: int) -> list[object]:
    keys = [key, key + 1, key]
    return [
        view.get("story", keys),
        list(view.scan("story", key, key + most)),
        view.ranges("story", [(key, key + 1), (-9, 9), (2, 1)]),
        (view.count("story"), view.last("story"), view.count("same")),
        view.posted("same", keys),
        view.posted("same", keys, most + 1),
        list(view.scan_posted("same", key, key + most)),
        view.names(),
    ]


def _carry_out(change: Overlay, view: Writing) -> None:
    for table in change.cleared:
        view.clear(table)
    for table, written in change.records.items():
        for key, value in written.values.items():
            view.drop(table, [key]) if value is None else view.put(table, [(key, value)])
    for table, postings in change.postings.items():
        for key, numbers in postings.items():
            for number, there in numbers.items():
                (view.post if there else view.unpost)(table, [(key, number)])
    for name, value in change.named.items():
        view.name(name, value)


@settings(max_examples=200, deadline=None)
@given(before=STEPS, steps=STEPS, key=KEYS, most=st.integers(0, 5))
def test_what_is_laid_over_a_store_answers_as_the_store_would(
    before: list[tuple[str, int, int]], steps: list[tuple[str, int, int]], key: int, most: int
) -> None:
    base, twin = MemoryStore(), MemoryStore()
    for store in (base, twin):
        with store.writing() as view:
            for step in before:
                _step(view, *step)
    with base.reading() as below, twin.writing() as written:
        change = Overlay(below)
        for step in steps:
            _step(change, *step)
            _step(written, *step)
        expected = _answers(written, key, most)
        assert _answers(change, key, most) == expected
    with base.writing() as view:
        _carry_out(change, view)
        assert _answers(view, key, most) == expected


def test_nothing_written_is_nothing_to_commit() -> None:
    with MemoryStore().reading() as below:
        change = Overlay(below)
        assert change.get("story", [1]) == {}
        assert not change.changed
        change.drop("story", [1])
        assert change.changed
