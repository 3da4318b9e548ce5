"""Articles as they are given: sorted by id, each once, and what was refused."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from dedup.errors import ArticleError
from dedup.models import Article, Rejection
from dedup.pipeline.runner import Progress
from dedup.spill import Kept
from dedup.spill.records import ARTICLES

EVERY = 256
"""Articles between two reports of progress."""


@dataclass(frozen=True, slots=True)
class Intake:
    """Distinct articles sorted by id; rejections, those given first, then those made here; counts of what was read."""

    articles: Kept[Article]
    ids: list[str]
    rejections: tuple[Rejection, ...]
    read: int
    redelivered: int
    repairs: Mapping[str, int] = field(default_factory=dict)


_CONFLICT = "has another text than the one kept under the same id, which was published later or is the longer"


def take_in(items: Iterable[Article | Rejection], progress: Progress, hold: int) -> Intake:
    """Sort articles by id, count what was given twice, and refuse all but one text of an id.

    Of several texts under one id the one published last stays, then the longer, then the one of the greater
    digest: a rule that no order of delivery changes. Articles beyond ``hold`` bytes wait in a file.
    """
    kept = Kept(ARTICLES, hold)
    places: dict[str, int] = {}
    given: list[Rejection] = []
    refused: list[Rejection] = []
    repairs: Counter[str] = Counter()
    read = redelivered = 0
    for read, item in enumerate(items, 1):
        if read % EVERY == 0:
            progress("reading", read, 0)
        if isinstance(item, Rejection):
            given.append(item)
            continue
        check_article(item, read)
        repairs.update(item.repairs)
        if not item.text.strip() and not item.html:
            refused.append(refuse(item, "no-text", "has neither text nor html"))
        elif item.id not in places:
            places[item.id] = len(kept)
            kept.add(item)
        else:
            before = kept[places[item.id]]
            if _content(before) == _content(item):
                redelivered += 1
                continue
            stays, goes = sorted((before, item), key=_precedence, reverse=True)
            if stays is item:
                kept.put(places[item.id], item)
            refused.append(refuse(goes, "id-conflict", _CONFLICT))
    progress("reading", read, read)
    ids = sorted(places)
    articles = kept.ordered(places[name] for name in ids)
    return Intake(articles, ids, (*given, *refused), read, redelivered, dict(sorted(repairs.items())))


def check_article(item: object, number: int) -> None:
    """ArticleError for what is no Article; ``number`` counts the items given."""
    if not isinstance(item, Article):
        raise ArticleError(
            f"the feed holds a {type(item).__name__} where an Article or Rejection is expected",
            place=f"item {number}",
            remedy="for a dump use dedup.read_feed(path); else make each dedup.Article(id=..., text=...)",
        )


def _content(article: Article) -> tuple[object, ...]:
    when = article.published.isoformat() if article.published else None
    return (article.text, article.html, article.title, article.url, article.outlet, when)


def _precedence(article: Article) -> tuple[float, int, bytes]:
    published = article.published.timestamp() if article.published else float("-inf")
    return (published, len(article.text) + len(article.html or ""), _digest(article))


def _digest(article: Article) -> bytes:
    text = repr(_content(article)).encode("utf-8", "surrogatepass")
    return hashlib.blake2b(text, digest_size=16).digest()


def refuse(article: Article, code: str, message: str) -> Rejection:
    """A rejection of an article that was read; ``message`` goes on after its name."""
    return Rejection(
        file=article.file or "articles given",
        position=article.position or f"article {article.id!r}",
        code=code,
        message=f"article {article.id!r} {message}",
        digest=_digest(article).hex(),
    )
