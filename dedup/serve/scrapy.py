"""A Scrapy item pipeline: every scraped item is told what it is, or dropped when it is a copy.

In settings.py::

    ITEM_PIPELINES = {"dedup.serve.scrapy.DedupPipeline": 800}
    DEDUP_INDEX = "news.db"                     # made with the default settings where it is not there
    DEDUP_ON_COPY = "tag"                       # or "drop"
    DEDUP_FIELDS = {"text": "story_text"}       # fields of an Article from fields of the item, where ours guess wrong
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from itemadapter import ItemAdapter
from scrapy.exceptions import DropItem, NotConfigured

from dedup.errors import FeedError
from dedup.index.handle import Index, open_index
from dedup.models import Article, Rejection
from dedup.report.verdicts import verdict_record
from dedup.sources.fields import FieldTable
from dedup.sources.records import RecordMaker

TAG = "dedup"
"""Field of the item that the verdict is put into."""

_log = logging.getLogger(__name__)


class DedupPipeline:
    """Adds items to an index as they are scraped. ``on_copy`` is "tag" or "drop": a dropped copy is in the index too,
    so that its story knows of it. ``fields`` are names as for ``--map``; ``stats`` a crawler's counters."""

    def __init__(self, path: str, on_copy: str, fields: Mapping[str, str], stats: Any) -> None:
        if on_copy not in ("tag", "drop"):
            raise NotConfigured(f"DEDUP_ON_COPY is {on_copy!r}; give 'tag' or 'drop'")
        try:
            self._maker = RecordMaker("scrapy", FieldTable(fields), unit="item")
        except FeedError as error:
            raise NotConfigured(f"DEDUP_FIELDS: {error}") from error
        self._path, self._on_copy, self._stats = path, on_copy, stats
        self._index: Index | None = None
        self._seen = 0

    @classmethod
    def from_crawler(cls, crawler: Any) -> DedupPipeline:
        """The pipeline that the crawler's settings ask for; off when they name no DEDUP_INDEX."""
        settings = crawler.settings
        path = settings.get("DEDUP_INDEX")
        if not path:
            raise NotConfigured("DEDUP_INDEX names no file")
        return cls(str(path), settings.get("DEDUP_ON_COPY", "tag"), settings.getdict("DEDUP_FIELDS"), crawler.stats)

    def open_spider(self, spider: Any = None) -> None:
        """Open the index. Scrapy before 2.14 gives the spider to each of these three."""
        self._index = open_index(self._path)

    def close_spider(self, spider: Any = None) -> None:
        """Close the index."""
        if self._index is not None:
            self._index.close()

    def process_item(self, item: Any, spider: Any = None) -> Any:
        """The item with its verdict under ``dedup``, or as it came where it is no article; DropItem for a copy where
        copies are dropped. What becomes of items is counted in the crawler's stats."""
        assert self._index is not None
        adapter = ItemAdapter(item)
        self._seen += 1
        article = self._maker.make(adapter.asdict(), self._seen, b"")
        if isinstance(article, Rejection):
            return self._passed(item, "no_article", article.message.replace("--map text=FIELD", "DEDUP_FIELDS"))
        verdict = self._index.add(article)
        self._stats.inc_value(f"{TAG}/{verdict.relation}")
        if self._on_copy == "drop" and verdict.match is not None and verdict.match.derived:
            raise DropItem(f"{article.id!r} is derived: {verdict.relation} with {_other(verdict.match, article)!r}")
        try:
            adapter[TAG] = verdict_record(verdict)
        except KeyError:
            return self._passed(item, "untagged", f"{type(item).__name__} has no field {TAG!r}")
        return item

    def _passed(self, item: Any, what: str, why: str) -> Any:
        """The item as it is; the first of a kind is told of, all are counted."""
        if not self._stats.get_value(f"{TAG}/{what}"):
            _log.warning("%s: %s; items like it go on without a verdict", self._maker.unit + f" {self._seen}", why)
        self._stats.inc_value(f"{TAG}/{what}")
        return item


def _other(match: Any, article: Article) -> str:
    return str(match.b if match.a == article.id else match.a)
