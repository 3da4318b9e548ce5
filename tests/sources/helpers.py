"""What the tests of the readers share: feeds made from a seed of random numbers, and reading them back."""

from __future__ import annotations

import json
import random
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from dedup.models import Article, Rejection
from dedup.sources import read_feed

WORDS = "the minister said on Tuesday that talks would resume after rain closed roads near river port".split()


class Read(NamedTuple):
    articles: list[Article]
    rejections: list[Rejection]

    @property
    def ids(self) -> list[str]:
        return [article.id for article in self.articles]

    @property
    def codes(self) -> list[str]:
        return [rejection.code for rejection in self.rejections]


def records(count: int, seed: int = 1, words: int = 60) -> list[dict[str, str]]:
    rng = random.Random(seed)
    return [
        {
            "id": f"a{number}",
            "title": " ".join(rng.choices(WORDS, k=6)),
            "text": " ".join(rng.choices(WORDS, k=words)) + f" {rng.random()}",
            "url": f"https://www.example.org/{number}",
            "published": "2024-03-18T10:00:00+09:00",
        }
        for number in range(count)
    ]


def lines(rows: list[dict[str, str]]) -> bytes:
    return b"".join(json.dumps(row, ensure_ascii=False).encode() + b"\n" for row in rows)


def read(path: Path | str, fields: Mapping[str, str] | None = None) -> Read:
    """Read a feed to its end and hold every item to the contract."""
    result = Read([], [])
    for item in read_feed(path, fields=fields):
        if isinstance(item, Rejection):
            assert item.position.split()[0] in ("line", "row", "record", "offset")
            assert item.position.split()[1].isdecimal()
            assert item.code
            assert item.message
            assert item.digest
            assert len(item.raw) <= 65536
            result.rejections.append(item)
        else:
            assert_utf8(item)
            result.articles.append(item)
    return result


def assert_utf8(article: Article) -> None:
    for name in ("id", "text", "title", "url", "outlet", "html", "byline", "credit", "canonical"):
        value = getattr(article, name)
        assert value is None or (isinstance(value, str) and "\0" not in value)
        (value or "").encode("utf-8")


def read_bytes(folder: Path, data: bytes, name: str = "feed") -> Read:
    path = folder / name
    path.write_bytes(data)
    return read(path)
