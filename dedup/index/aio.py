"""The index for asyncio: every call runs in one thread of its own, so that the event loop never waits for the disk."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from types import TracebackType
from typing import TypeVar

from dedup.index.answers import StoryEvent, Verdict
from dedup.index.handle import Index
from dedup.models import Article, Match, Story

Made = TypeVar("Made")


class AsyncIndex:
    """Wraps an open Index; an async context manager that closes it. Calls are answered in the order they were made.

    A call that is cancelled is still carried out: what ``add`` began is committed or undone as a whole.
    """

    def __init__(self, index: Index) -> None:
        self.index = index
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="dedup-index")

    async def add(self, article: Article) -> Verdict:
        """As ``Index.add``."""
        return await self._run(lambda: self.index.add(article))

    async def add_many(self, articles: Iterable[Article]) -> list[Verdict]:
        """As ``Index.add_many``."""
        taken = list(articles)
        return await self._run(lambda: self.index.add_many(taken))

    async def remove(self, article_id: str) -> bool:
        """As ``Index.remove``."""
        return await self._run(lambda: self.index.remove(article_id))

    async def matches(self, article_id: str) -> tuple[Match, ...]:
        """As ``Index.matches``."""
        return await self._run(lambda: self.index.matches(article_id))

    async def stories(self, since: datetime | None = None) -> tuple[Story, ...]:
        """As ``Index.stories``."""
        return await self._run(lambda: self.index.stories(since))

    async def events(self, since: datetime | int | None = None) -> tuple[StoryEvent, ...]:
        """As ``Index.events``."""
        return await self._run(lambda: self.index.events(since))

    async def close(self) -> None:
        """Close the index once the calls made before have been answered."""
        await self._run(self.index.close)
        self._thread.shutdown()

    async def __aenter__(self) -> AsyncIndex:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def _run(self, work: Callable[[], Made]) -> Made:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)
