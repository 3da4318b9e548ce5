"""Rows of tables in bulk, from arrays and in order of key: what is written side by side lands on one page."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dedup.index.contract import Writing

AT_ONCE = 20_000
"""Rows handed over in one call, as Python objects: 2 MB."""
POSTED_AT_ONCE = 120_000
"""Postings handed over in one call at least, if there are so many: a file of SQLite lets fewer wait in its log."""
SORTED_AT_ONCE = 1 << 20
"""Postings sorted at a time: 16 MB, and as much again for their order."""

Numbers = NDArray[np.int64]


def parts_of(count: int, size: int = AT_ONCE) -> Iterator[slice]:
    """Slices of so many rows."""
    for low in range(0, count, size):
        yield slice(low, min(low + size, count))


def put_blocks(view: Writing, table: str, keys: Numbers, rows: NDArray[Any]) -> None:
    """Put a row of fixed size under each key."""
    size = rows.itemsize
    for part in parts_of(len(keys)):
        data = rows[part].tobytes()
        view.put(table, ((key, data[size * i : size * (i + 1)]) for i, key in enumerate(keys[part].tolist())))


def post_rows(view: Writing, table: str, keys: Numbers, numbers: Numbers) -> None:
    """Post numbers under keys, each pair once, in order."""
    for part in key_ranges(keys):
        own, those = keys[part], numbers[part]
        order = np.lexsort((those, own))
        post_sorted(view, table, own[order], those[order])


def post_sorted(view: Writing, table: str, keys: Numbers, numbers: Numbers) -> None:
    """The same of pairs in order."""
    calls = max(1, len(keys) // POSTED_AT_ONCE)
    for part in parts_of(len(keys), len(keys) // calls + 1):
        view.post(table, zip(keys[part].tolist(), numbers[part].tolist(), strict=True))


def key_ranges(keys: Numbers) -> Iterator[Any]:
    """Where the keys of one range after the other stand, so that not all are sorted at once: hashes spread evenly."""
    count = -(-len(keys) // SORTED_AT_ONCE)
    if count <= 1:
        yield slice(None)
        return
    low, high = int(keys.min()), int(keys.max()) + 1
    bounds = [low + (high - low) * at // count for at in range(count + 1)]
    for begin, end in pairwise(bounds):
        yield np.flatnonzero((keys >= begin) & (keys < end))


def ranks_of(keys: NDArray[Any]) -> Numbers:
    """Of sorted keys how many equal ones stand before each."""
    heads = np.ones(len(keys), np.bool_)
    heads[1:] = keys[1:] != keys[:-1]
    starts = np.flatnonzero(heads)
    return np.arange(len(keys)) - np.repeat(starts, np.diff(np.append(starts, len(keys))))
