"""The index inside other people's machinery: asyncio, Scrapy."""

import asyncio
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from html import escape
from pathlib import Path

import pytest
from scrapy.exceptions import DropItem, NotConfigured
from scrapy.utils.test import get_crawler

import dedup
from dedup.index.aio import AsyncIndex
from dedup.serve.scrapy import DedupPipeline
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


def _pipeline(path: Path | None, **settings: object) -> DedupPipeline:
    named = {} if path is None else {"DEDUP_INDEX": str(path)}
    return DedupPipeline.from_crawler(get_crawler(settings_dict=named | settings))


def _items(feed: list[dedup.Article]) -> list[dict[str, object]]:
    return [{"url": f"https://x.example/{item.id}", "story": item.text, "headline": item.title} for item in feed]


@dataclass
class Scraped:
    """An item of fixed fields."""

    url: str
    text: str
    published: str


@pytest.fixture
def copies() -> list[dedup.Article]:
    text = site_feed(1, 5)[0].text
    return [dedup.Article(id=name, text=text) for name in ("one", "two")]


def test_scraped_items_bear_their_verdict(tmp_path: Path, copies: list[dedup.Article]) -> None:
    pipeline = _pipeline(tmp_path / "news.db", DEDUP_FIELDS={"text": "story"})
    pipeline.open_spider()
    first, second = [pipeline.process_item(item) for item in _items(copies)]
    pipeline.close_spider()
    assert first["dedup"]["is_new"]
    assert second["dedup"]["relation"] == "copy"
    assert second["dedup"]["match"]["a"] == "https://x.example/one"


def test_scraped_copies_are_dropped_where_asked_for(tmp_path: Path, copies: list[dedup.Article]) -> None:
    pipeline = _pipeline(tmp_path / "news.db", DEDUP_FIELDS={"text": "story"}, DEDUP_ON_COPY="drop")
    pipeline.open_spider()
    items = _items(copies)
    pipeline.process_item(items[0])
    with pytest.raises(DropItem, match=r"copy with 'https://x\.example/one'"):
        pipeline.process_item(items[1])
    pipeline.close_spider()


def test_scraped_items_that_can_bear_no_verdict_go_on_and_are_counted(
    tmp_path: Path, copies: list[dedup.Article], caplog: pytest.LogCaptureFixture
) -> None:
    crawler = get_crawler(settings_dict={"DEDUP_INDEX": str(tmp_path / "news.db")})
    pipeline = DedupPipeline.from_crawler(crawler)
    pipeline.open_spider()
    given = [
        Scraped(url="https://x.example/one", text=copies[0].text, published="some day"),
        {"price": 5},
        {"text": ""},
    ]
    assert [pipeline.process_item(item) for item in given] == given
    pipeline.close_spider()
    counts = {name: value for name, value in crawler.stats.get_stats().items() if name.startswith("dedup/")}
    assert counts == {"dedup/unrelated": 1, "dedup/untagged": 1, "dedup/no_article": 2}
    assert [record.getMessage() for record in caplog.records if record.name == "dedup.serve.scrapy"] == [
        "item 1: Scraped has no field 'dedup'; items like it go on without a verdict",
        "item 2: no field holds a text (fields: price); name it with DEDUP_FIELDS; items like it go on without a "
        "verdict",
    ]
    with dedup.open_index(tmp_path / "news.db") as index:
        assert len(index) == 1


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"DEDUP_ON_COPY": "hide"}, "give 'tag' or 'drop'"),
        ({"DEDUP_FIELDS": {"words": "body"}}, "no article field 'words'"),
        ({"DEDUP_INDEX": ""}, "names no file"),
    ],
)
def test_a_crawler_set_up_wrongly_is_told_so(tmp_path: Path, settings: dict[str, object], said: str) -> None:
    with pytest.raises(NotConfigured, match=said):
        _pipeline(None, **{"DEDUP_INDEX": str(tmp_path / "news.db")} | settings)


SPIDER = """
import scrapy

class Papers(scrapy.Spider):
    name = "papers"
    start_urls = URLS
    custom_settings = {"ITEM_PIPELINES": {"dedup.serve.scrapy.DedupPipeline": 800}, "DEDUP_INDEX": "news.db"}

    def parse(self, response):
        body = "\\n".join(response.css("p::text").getall())
        yield {"url": response.url, "title": response.css("h1::text").get(), "body": body}
"""


def test_a_crawl_leaves_an_index_and_items_with_verdicts(tmp_path: Path, copies: list[dedup.Article]) -> None:
    for item in copies:
        lines = "".join(f"<p>{escape(line)}</p>" for line in item.text.splitlines() if line.strip())
        (tmp_path / f"{item.id}.html").write_text(f"<h1>{item.id}</h1>{lines}", encoding="utf-8")
    urls = [(tmp_path / f"{item.id}.html").as_uri() for item in copies]
    (tmp_path / "papers.py").write_text(f"URLS = {urls}\n{SPIDER}", encoding="utf-8")
    command = [sys.executable, "-m", "scrapy", "runspider", "papers.py", "-o", "items.jsonl"]
    here = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, [str(Path.cwd()), os.environ.get("PYTHONPATH")]))}
    crawl = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, env=here, check=False)
    assert crawl.returncode == 0, crawl.stderr
    items = [json.loads(line) for line in (tmp_path / "items.jsonl").read_text(encoding="utf-8").splitlines()]
    assert sorted(item["url"] for item in items) == urls
    assert sorted(item["dedup"]["relation"] for item in items) == ["copy", "unrelated"]
    with dedup.open_index(tmp_path / "news.db") as index:
        assert [len(story.articles) for story in index.stories()] == [2]
