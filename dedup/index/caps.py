"""Limits that were met: counted in the index, so that ``check`` can say where it may differ from the batch."""

from __future__ import annotations

import struct
from collections import Counter

from dedup.index.codec import key_of
from dedup.index.contract import Reading, Writing


def add_caps(view: Writing, caps: Counter[str]) -> None:
    """Add counts by name to those of the index."""
    held = read_caps(view)
    for name, count in sorted(caps.items()):
        if count:
            total = held.get(name, 0) + count
            view.put("cap", [(key_of(name), struct.pack("<Q", total) + name.encode())])


def read_caps(view: Reading) -> dict[str, int]:
    """How often each limit was met since the index was made or rebuilt, by name."""
    found = {data[8:].decode(): int(struct.unpack_from("<Q", data)[0]) for _, data in view.scan("cap")}
    return dict(sorted(found.items()))
