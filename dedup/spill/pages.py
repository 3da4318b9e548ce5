"""Cleaned articles of a feed: what cleaning found waits beside the articles, whose texts are not written twice."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple, overload

import numpy as np
import numpy.typing as npt

from dedup.models import Article, CleanArticle, Credit
from dedup.spill.kept import Codec, Kept
from dedup.spill.records import ARTICLES, OBJECTS, json_bytes, json_of

_SIZES = struct.Struct("<iiii")
_NONE = -1


class Page(NamedTuple):
    """What cleaning found, as in ``CleanArticle``, without what the article itself holds. ``article`` and ``text`` are
    None where they are those given; ``rest`` are the fields of CleanArticle from ``roles`` on."""

    article: Article | None
    text: str | None
    starts: npt.NDArray[np.int32]
    ends: npt.NDArray[np.int32]
    rest: tuple[Any, ...]


def page_of(given: Article, item: CleanArticle) -> Page:
    """What cleaning an article found."""
    own = None if item.article is given else item.article
    text = None if item.text == (own or given).text else item.text
    said = (item.headline, item.byline, item.dateline, item.credits, item.published, item.notes)
    starts, ends = np.array(item.starts, np.int32), np.array(item.ends, np.int32)
    return Page(own, text, starts, ends, (item.roles, *said, item.insets))


def cleaned_of(given: Article, found: Page) -> CleanArticle:
    """The clean article whose ``page_of`` was found."""
    article = found.article or given
    text = article.text if found.text is None else found.text
    return CleanArticle(article, text, tuple(found.starts.tolist()), tuple(found.ends.tolist()), *found.rest)


def _to_hold(item: CleanArticle) -> CleanArticle:
    """The same with one object for each small number: those of the lines of all articles would take 2 kB an article."""
    numbers = _numbers()
    starts, ends = (tuple(numbers[at] if at < len(numbers) else at for at in ats) for ats in (item.starts, item.ends))
    return replace(item, starts=starts, ends=ends)


@lru_cache(maxsize=1)
def _numbers() -> tuple[int, ...]:
    return tuple(range(1 << 15))


def _page_bytes(page: Page) -> bytes:
    roles, headline, byline, dateline, credits, published, notes, insets = page.rest
    when = published.isoformat() if published else None
    head = json_bytes([roles, headline, byline, dateline, [*map(tuple, credits)], when, notes, insets])
    own = b"" if page.article is None else ARTICLES.encode(page.article)
    text = b"" if page.text is None else page.text.encode("utf-8", "surrogatepass")
    text_size = _NONE if page.text is None else len(text)
    sizes = _SIZES.pack(len(page.starts), len(own), text_size, len(head))
    return b"".join((sizes, page.starts.tobytes(), page.ends.tobytes(), own, text, head))


def _page_of(data: bytes) -> Page:
    lines, own, text, _ = _SIZES.unpack_from(data)
    places = np.frombuffer(data, np.int32, 2 * lines, _SIZES.size)
    at = _SIZES.size + places.nbytes
    begin, end = at + own, at + own + max(text, 0)
    roles, headline, byline, dateline, credits, when, notes, insets = json_of(data[end:])
    rest = (
        roles,
        headline,
        byline,
        dateline,
        tuple(Credit(*credit) for credit in credits),
        datetime.fromisoformat(when) if when else None,
        tuple(notes),
        tuple((low, high) for low, high in insets),
    )
    return Page(
        ARTICLES.decode(data[at:begin]) if own else None,
        None if text == _NONE else data[begin:end].decode("utf-8", "surrogatepass"),
        places[:lines],
        places[lines:],
        rest,
    )


def _page_size(_: Page) -> int:
    return OBJECTS


PAGES = Codec(_page_bytes, _page_of, _page_size)
"""Of what cleaning found."""


class CleanFeed(Sequence[CleanArticle]):
    """The clean articles of kept articles, in their order: held where the article is held."""

    def __init__(self, articles: Kept[Article]) -> None:
        self._articles = articles
        self._pages = Kept(PAGES, 0)
        self._rows: list[CleanArticle | int] = []

    def add(self, found: Page) -> None:
        """What was found in the next article. Raises SpillError where it cannot be written."""
        at = len(self._rows)
        if self._articles.holds(at):
            self._rows.append(_to_hold(cleaned_of(self._articles[at], found)))
        else:
            self._rows.append(len(self._pages))
            self._pages.add(found)

    def ordered(self, order: Sequence[int]) -> CleanFeed:
        """The clean articles at some places, in that order; nothing is copied."""
        made = CleanFeed(self._articles.ordered(order))
        made._pages, made._rows = self._pages, [self._rows[at] for at in order]
        return made

    @property
    def spilled(self) -> bool:
        """Whether any article waits in a file."""
        return self._articles.spilled

    def __len__(self) -> int:
        return len(self._rows)

    @overload
    def __getitem__(self, at: int) -> CleanArticle: ...
    @overload
    def __getitem__(self, at: slice) -> list[CleanArticle]: ...
    def __getitem__(self, at: int | slice) -> CleanArticle | list[CleanArticle]:
        if isinstance(at, slice):
            return [self._made(place) for place in range(*at.indices(len(self)))]
        return self._made(at)

    def __iter__(self) -> Iterator[CleanArticle]:
        return map(self._made, range(len(self)))

    def _made(self, at: int) -> CleanArticle:
        row = self._rows[at]
        return cleaned_of(self._articles[at], self._pages[row]) if isinstance(row, int) else row
