"""The index inside other people's machinery: asyncio, Scrapy."""

import asyncio
from pathlib import Path
from types import SimpleNamespace

import pytest

import dedup
from dedup.index.aio import AsyncIndex
from tests.index.sites import site_feed


def test_asyncio_tasks_share_an_index_and_nothing_is_lost(tmp_path: Path) -> None:
    feed = site_feed(2, 5)

    async def deliver() -> tuple[dedup.Story, ...]:
        async with AsyncIndex(dedup.open_index(tmp_path / "news.db")) as index:
            verdicts = await asyncio.gather(*(index.add(article) for article in feed[:8]))
            assert [verdict.id for verdict in verdicts] == [article.id for article in feed[:8]]
            await index.add_many(feed[8:])
            assert await index.matches(feed[0].id) == index.index.matches(feed[0].id)
            assert len(await index.events()) > 0
            assert not await index.remove("nobody")
            return await index.stories()

    assert asyncio.run(deliver()) == dedup.find_stories(feed).stories


def test_the_loop_turns_while_the_index_works(tmp_path: Path) -> None:
    turns = 0

    async def deliver() -> None:
        nonlocal turns
        async with AsyncIndex(dedup.open_index(tmp_path / "news.db")) as index:
            adding = asyncio.ensure_future(index.add_many(site_feed(2, 5)))
            while not adding.done():
                turns += 1
                await asyncio.sleep(0.001)

    asyncio.run(deliver())
    assert turns > 5


class _Settings(dict):  # type: ignore[type-arg]
    def getdict(self, name: str) -> dict[str, str]:
        return dict(self.get(name, {}))


def _crawler(path: Path, **settings: object) -> SimpleNamespace:
    return SimpleNamespace(settings=_Settings(DEDUP_INDEX=str(path), **settings))


def _items(feed: list[dedup.Article]) -> list[dict[str, object]]:
    return [{"url": f"https://x.example/{item.id}", "body": item.text, "title": item.title} for item in feed]


@pytest.fixture
def copies() -> list[dedup.Article]:
    text = site_feed(1, 5)[0].text
    return [dedup.Article(id=name, text=text) for name in ("one", "two")]


def test_scraped_items_bear_their_verdict(tmp_path: Path, copies: list[dedup.Article]) -> None:
    scrapy = pytest.importorskip("scrapy", reason="Scrapy is not installed")
    from dedup.serve.scrapy import DedupPipeline

    pipeline = DedupPipeline.from_crawler(_crawler(tmp_path / "news.db", DEDUP_FIELDS={"text": "body"}))
    pipeline.open_spider()
    first, second = [pipeline.process_item(item) for item in _items(copies)]
    empty = pipeline.process_item({"url": "https://x.example/empty", "body": ""})
    pipeline.close_spider()
    assert first["dedup"]["is_new"]
    assert second["dedup"]["relation"] == "copy"
    assert second["dedup"]["match"]["a"] == "https://x.example/one"
    assert "dedup" not in empty
    assert scrapy.__version__


def test_scraped_copies_are_dropped_where_asked_for(tmp_path: Path, copies: list[dedup.Article]) -> None:
    exceptions = pytest.importorskip("scrapy.exceptions", reason="Scrapy is not installed")
    from dedup.serve.scrapy import DedupPipeline

    pipeline = DedupPipeline.from_crawler(
        _crawler(tmp_path / "news.db", DEDUP_FIELDS={"text": "body"}, DEDUP_ON_COPY="drop")
    )
    pipeline.open_spider()
    items = _items(copies)
    pipeline.process_item(items[0])
    with pytest.raises(exceptions.DropItem, match=r"copy with 'https://x\.example/one'"):
        pipeline.process_item(items[1])
    pipeline.close_spider()
    with pytest.raises(exceptions.NotConfigured, match="give 'tag' or 'drop'"):
        DedupPipeline.from_crawler(_crawler(tmp_path / "news.db", DEDUP_ON_COPY="hide"))
    with pytest.raises(exceptions.NotConfigured, match="names no file"):
        DedupPipeline.from_crawler(SimpleNamespace(settings=_Settings()))
