"""The list of stories that pages are cut from, kept until the index changes."""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from datetime import datetime

from dedup.index import Index
from dedup.index.answers import IndexStats
from dedup.models import Story

MOST_SECONDS = 60.0
"""A list is worked out anew after this long, whatever the counts say: a rebuild may change a headline and no count."""
COSTLY = 0.1
PAUSE = 10
"""A list that took longer than ``COSTLY`` seconds to tell is given again for ``PAUSE`` times as long. Telling works out
what ``add`` left for later, which nobody can add meanwhile: with 5,000 articles inside, clients that asked every two
seconds kept those who post waiting for more than six seconds, one time in a hundred."""


class Told:
    """Stories of an index. ``reader`` is a second handle on it, open for reading only: telling thousands of stories
    takes a while, in which the first handle goes on taking articles."""

    def __init__(self, index: Index, reader: Index | None = None) -> None:
        self._index, self._reader = index, reader or index
        self._lock = threading.Lock()
        self._state: IndexStats | None = None
        self._stories: tuple[Story, ...] = ()
        self._at = self._again = 0.0

    def stories(self, since: datetime | None = None) -> tuple[Story, ...]:
        """As ``Index.stories``; those of all times are kept, so that page after page costs one telling."""
        with self._lock:
            began = time.monotonic()
            if began >= self._again:
                self._tell(began)
                took = time.monotonic() - began
                self._again = began + (1 + PAUSE) * took if took > COSTLY else 0.0
            stories = self._stories
        return stories if since is None else self._index.told_by(self._reader, since)

    def _tell(self, now: float) -> None:
        self._index.settle()
        # Read before the stories: what comes in between makes the next call tell them again.
        state = replace(self._reader.stats(), bytes=0)
        if state != self._state or now - self._at > MOST_SECONDS:
            self._stories, self._state, self._at = self._index.told_by(self._reader), state, now
