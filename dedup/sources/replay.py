"""A quarantine file as a feed: its records, mended by hand or by a later version, are read again."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

from dedup.errors import FeedError
from dedup.models import Article, Rejection
from dedup.sources.fields import FieldTable
from dedup.sources.quarantine import from_entry
from dedup.sources.records import RecordMaker

Item = Article | Rejection

Reader = Callable[[str, bytes, RecordMaker], Iterator[Item]]
"""Reads the bytes of one record that was rejected in the format named."""


_CODE: Final = "bad-quarantine"


class ReplayMaker(RecordMaker):
    """Makes of every quarantined record what its own reader makes of it now, under the place where it stood first."""

    def __init__(self, file: str, fields: FieldTable, reader: Reader) -> None:
        super().__init__(file, fields, unit="line", format="quarantine")
        self._reader = reader

    def make(
        self, record: Mapping[str, Any], number: int, raw: bytes, repairs: tuple[str, ...] = (), *, clean: bool = False
    ) -> Item:
        """The item of a quarantined record. One that the quarantine does not hold completely is rejected as it was; a
        line that is no quarantined record is read as an article."""
        if "quarantine" not in record:
            return super().make(record, number, raw, repairs, clean=clean)
        try:
            kept = from_entry(record)
            complete = bool(record["complete"]) and kept.format != ""
        except (KeyError, TypeError, ValueError) as error:
            return self.reject(number, _CODE, f"this is no quarantined record ({error!r})"[:300], raw)
        return self._again(kept) if complete else kept

    def _again(self, kept: Rejection) -> Item:
        maker = RecordMaker(kept.file, self.fields, format=kept.format)
        try:
            items = list(self._reader(kept.format, kept.raw, maker))
        except FeedError as error:
            return replace(kept, code=_CODE, message=f"{error.what}; {error.remedy}")
        if len(items) == 1:
            return replace(items[0], file=kept.file, position=kept.position)
        message = f"the mended record holds {len(items)} records; give each of them a line of its own"
        return replace(kept, code=_CODE, message=message)
