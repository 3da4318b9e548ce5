"""The compared pairs of a whole set of articles: their numbers in columns, and whole those that are shown."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from dedup.index.bulk.keys import Feed
from dedup.index.bulk.rows import parts_of
from dedup.index.bulk.stories import CORE, cores_of
from dedup.index.codec import match_bytes
from dedup.index.contract import Writing
from dedup.index.keeping import NUMBER_BITS
from dedup.match.table import MatchTable
from dedup.pipeline.comparing import Compared
from dedup.spill import Codec, Kept

_SIZES = struct.Struct("<II")
_BYTES: Codec[bytes] = Codec(bytes, bytes, len)


class Records:
    """Matches that are shown, as records; beyond ``hold`` bytes they wait in a file."""

    def __init__(self, hold: int) -> None:
        self.kept = Kept(_BYTES, hold)

    def taken_from(self, made: Iterable[Compared]) -> Iterator[Compared]:
        """The same without whole matches; ``listed`` counts the records."""
        for part in made:
            listed = np.where(part.table.listed >= 0, part.table.listed + len(self.kept), -1)
            for match in part.said:
                self.kept.add(match_bytes(match))
            yield Compared(replace(part.table, listed=listed), [])


@dataclass(frozen=True, slots=True, eq=False)
class Said:
    """The table of all compared pairs, and the records of those that are shown."""

    table: MatchTable
    records: Records

    def bytes_of(self, row: int) -> bytes:
        """The record of a match that is shown."""
        return self.records.kept[int(self.table.listed[self.table.close[row]])]

    def write(self, view: Writing, feed: Feed) -> None:
        """Write every match, in order of key."""
        table = self.table
        numbers = np.sort(feed.by_place[table.pairs], axis=1)
        keys = numbers[:, 1] << NUMBER_BITS | numbers[:, 0]
        order = np.argsort(keys, kind="stable")
        listed = np.full(len(table), -1, np.int64)
        looked = table.close >= 0
        listed[looked] = table.listed[table.close[looked]]
        names = [name.encode("utf-8", "surrogatepass") for name in feed.ids]
        for part in parts_of(len(order)):
            rows = order[part]
            cores, kept = cores_of(table.at(rows)).tobytes(), self.records.kept
            records = []
            for at, (where, (a, b)) in enumerate(zip(listed[rows].tolist(), table.pairs[rows].tolist(), strict=True)):
                if where >= 0:
                    records.append(kept[where])
                    continue
                head = cores[at * CORE.itemsize : (at + 1) * CORE.itemsize - _SIZES.size]
                records.append(head + _SIZES.pack(len(names[a]), len(names[b])) + names[a] + names[b])
            view.put("match", zip(keys[rows].tolist(), records, strict=True))
