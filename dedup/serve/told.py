"""The order of stories that pages are cut from, kept until the index changes; the stories of a page are told as it is
asked for, so that no list of all of them is held."""

from __future__ import annotations

import threading
import time
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from dedup.index import Index
from dedup.models import Story

COSTLY = 0.1
PAUSE = 10
"""An order that took longer than ``COSTLY`` seconds to work out is taken again for ``PAUSE`` times as long. What
``add`` left is worked out each time: those who add need not wait for it, but share the interpreter with it."""

Numbers = NDArray[np.int64]


class Told:
    """Stories of an index. ``reader`` is a second handle on it, open for reading only: telling stories takes a while,
    in which the first handle goes on taking articles."""

    def __init__(self, index: Index, reader: Index | None = None) -> None:
        self._index, self._reader = index, reader or index
        self._lock = threading.Lock()
        self._order: Numbers = np.zeros(0, np.int64)
        self._event = -1
        self._again = 0.0

    def page(self, offset: int, limit: int, since: datetime | None = None) -> tuple[int, tuple[Story, ...]]:
        """How many stories there are, and some of them, in the order of ``Index.stories``; those that changed since, if
        given. A story stays in its place in the order while it grows, until the order is worked out anew."""
        order = self._up_to_date()
        if since is not None:
            order = self._index.listed_by(self._reader, since)
        return len(order), self._index.told_by(self._reader, order[offset : offset + limit].tolist())

    def _up_to_date(self) -> Numbers:
        with self._lock:
            # Each time: an article that waits is worked out once, whoever asks, and many at once take long.
            self._index.settle_by(self._reader)
            began = time.monotonic()
            if began >= self._again:
                self._work_out()
                took = time.monotonic() - began
                self._again = began + (1 + PAUSE) * took if took > COSTLY else 0.0
            return self._order

    def _work_out(self) -> None:
        # Read before the order: what comes in between makes the next call work it out again.
        event = self._reader.last_event()
        if event != self._event:
            self._order, self._event = self._index.listed_by(self._reader), event
