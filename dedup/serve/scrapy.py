"""A Scrapy item pipeline: every scraped item is told what it is, or dropped when it is a copy.

In settings.py::

    ITEM_PIPELINES = {"dedup.serve.scrapy.DedupPipeline": 800}
    DEDUP_INDEX = "news.db"
    DEDUP_ON_COPY = "tag"                       # or "drop"
    DEDUP_FIELDS = {"text": "body"}             # fields of an Article from fields of the item, where names differ
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from itemadapter import ItemAdapter
from scrapy.exceptions import DropItem, NotConfigured

from dedup.index.handle import Index, open_index
from dedup.models import Article
from dedup.report.verdicts import verdict_record

FIELDS = ("id", "text", "title", "url", "outlet", "published", "html", "byline", "credit")
TAG = "dedup"
"""Field of the item that the verdict is put into."""


class DedupPipeline:
    """Adds items to an index as they are scraped. ``on_copy`` is "tag" or "drop": a dropped copy is in the index too,
    so that its story knows of it."""

    def __init__(self, path: str, on_copy: str, fields: Mapping[str, str]) -> None:
        if on_copy not in ("tag", "drop"):
            raise NotConfigured(f"DEDUP_ON_COPY is {on_copy!r}; give 'tag' or 'drop'")
        self._path, self._on_copy = path, on_copy
        self._fields = {name: fields.get(name, name) for name in FIELDS}
        self._index: Index | None = None

    @classmethod
    def from_crawler(cls, crawler: Any) -> DedupPipeline:
        """The pipeline that the crawler's settings ask for; off when they name no DEDUP_INDEX."""
        settings = crawler.settings
        path = settings.get("DEDUP_INDEX")
        if not path:
            raise NotConfigured("DEDUP_INDEX names no file")
        return cls(path, settings.get("DEDUP_ON_COPY", "tag"), settings.getdict("DEDUP_FIELDS"))

    def open_spider(self) -> None:
        """Open the index."""
        self._index = open_index(self._path)

    def close_spider(self) -> None:
        """Close the index."""
        if self._index is not None:
            self._index.close()

    def process_item(self, item: Any) -> Any:
        """The item with its verdict under ``dedup``; DropItem for a copy where copies are dropped."""
        assert self._index is not None
        adapter = ItemAdapter(item)
        article = _article({name: adapter.get(field) for name, field in self._fields.items()})
        if article is None:
            return item
        verdict = self._index.add(article)
        if self._on_copy == "drop" and verdict.match is not None and verdict.match.derived:
            raise DropItem(f"{article.id!r} is derived: {verdict.relation} with {_other(verdict.match, article.id)!r}")
        adapter[TAG] = verdict_record(verdict)
        return item


def _other(match: Any, name: str) -> str:
    return str(match.b if match.a == name else match.a)


def _article(values: dict[str, Any]) -> Article | None:
    """The article of an item, its address for an id where it has none; None for an item without text."""
    name = values["id"] or values["url"]
    if not name or not (values["text"] or values["html"]):
        return None
    when = values["published"]
    when = datetime.fromisoformat(when) if isinstance(when, str) else when
    when = when.replace(tzinfo=UTC) if when is not None and when.tzinfo is None else when
    return Article(**{**values, "id": str(name), "text": values["text"] or "", "published": when})
