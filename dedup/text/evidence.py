"""What a feed says about the lines of one article: lines repeated across different stories, other articles' headlines.

Counts of hashes only. A line's key is kept with the smallest and largest sketch parts of the articles it stands
in, and of the keys of their pages: where they agree, the articles are copies of one text or versions of one page, and a
line of theirs is no furniture for that.
Sketches are one-permutation MinHash (Li, Owen, Zhang 2012) over the words of long lines.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from typing import NamedTuple
from urllib.parse import urlsplit

import numpy as np
from numpy.typing import NDArray

from dedup.models import Article
from dedup.text import weigh
from dedup.text.packed import (
    HEAD_WORDS,
    Batch,
    Hashed,
    Titles,
    batches,
    hash_units,
    line_keys,
    see_titles,
)
from dedup.text.scan import Scan

MAX_KEYS = 2_000_000
"""Keys a table keeps: 48 bytes each. Above it, keys with large hashes go; which ones depends on the feed alone."""
PAGE_WORDS = 4
"""Least words of a title that names a page: "Live" and "News in brief" name many."""
OPENING_LEAST = 4
"""Least words of a title that counts as an opening."""
_BATCH = 512


class Table(NamedTuple):
    """Sorted ``keys`` (uint64), how many articles hold each (uint32), smallest and largest marks (uint16)."""

    keys: NDArray[np.uint64]
    counts: NDArray[np.uint32]
    low: NDArray[np.uint16]
    high: NDArray[np.uint16]


def _same(one: Table, other: Table) -> bool:
    return (
        np.array_equal(one.keys, other.keys)
        and np.array_equal(one.counts, other.counts)
        and np.array_equal(one.low, other.low)
        and np.array_equal(one.high, other.high)
    )


@dataclass(frozen=True, slots=True, eq=False)
class FeedEvidence:
    """Counts of a feed, the same whatever the order and the chunks it was collected in.

    ``lines``: lines by outlet. ``openings``: headlines and lead paragraphs of all articles, by their first six
    words and (short ones) whole. ``articles``: how many were seen.
    """

    lines: Table
    openings: Table
    articles: int

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, FeedEvidence):
            return NotImplemented
        same = _same(self.lines, other.lines) and _same(self.openings, other.openings)
        return self.articles == other.articles and same

    def __hash__(self) -> int:
        return self.articles


class LineEvidence(NamedTuple):
    """Per unit of a batch: in how many articles of different stories of the outlet it stands (0 if of one story);
    whether it opens another story's article (its own first lines never do); and whether it opens, its own first lines
    included, articles of other stories too, as a paragraph given whole, which may be a quotation."""

    repeated: NDArray[np.float32]
    opening: NDArray[np.bool_]
    paragraph: NDArray[np.bool_]


def outlet_of(article: Article) -> str:
    """Name that an article's outlet is counted by: outlet, or the host of its address."""
    name = article.outlet or (urlsplit(article.url).hostname if article.url else None) or ""
    return name.lower().removeprefix("www.")


def pages_of(articles: Sequence[Article], titles: Titles) -> NDArray[np.uint64]:
    """Keys (uint64) of what the versions of one page have in common: a title of PAGE_WORDS or more without the site's
    name, unless it is likely a line of every page, else the address; 0 where neither is known."""
    named = (titles.sizes >= PAGE_WORDS) & ~titles.doubtful
    keys = np.zeros(len(articles), dtype=np.uint64)
    last = titles.bounds[1:] - 1
    by_title = last >= titles.bounds[:-1]
    by_title[by_title] = named[last[by_title]]
    keys[by_title] = titles.keys[last[by_title]]
    if not by_title.all():
        keys[~by_title] = line_keys([articles[i].url or "" for i in np.flatnonzero(~by_title).tolist()])
    return keys


def collect_evidence(articles: Iterable[Article]) -> FeedEvidence:
    """One pass over a feed. Memory is bounded by MAX_KEYS a table, whatever the feed's size."""
    tables = [empty_table(), empty_table()]
    count = 0
    waiting = iter(articles)
    while held := list(islice(waiting, _BATCH)):
        count += len(held)
        given = [article for article in held if article.text]
        ranges = batches([len(article.text) for article in given])
        tables = _fold(tables, [batch_keys(given[first:last]) for first, last in ranges])
    return FeedEvidence(tables[0], tables[1], count)


def merge_evidence(parts: Iterable[FeedEvidence]) -> FeedEvidence:
    """The evidence of all parts together, as if collected in one pass; parts must not share articles."""
    held = list(parts)
    if not held:
        return FeedEvidence(empty_table(), empty_table(), 0)
    lines = _reduce([part.lines for part in held])
    openings = _reduce([part.openings for part in held])
    return FeedEvidence(lines, openings, sum(part.articles for part in held))


def empty_table() -> Table:
    """A table of nothing."""
    parts = np.zeros((0, weigh.PARTS), dtype=np.uint16)
    return Table(np.zeros(0, dtype=np.uint64), np.zeros(0, dtype=np.uint32), parts, parts)


class Asked(NamedTuple):
    """What articles are counted by besides their texts: ``outlets`` and ``pages``, keys (uint64) one an article;
    ``titles``: those of the title of article i, as an opening, are ``titles[bounds[i]:bounds[i + 1]]``."""

    outlets: NDArray[np.uint64]
    pages: NDArray[np.uint64]
    titles: NDArray[np.uint64]
    bounds: NDArray[np.int64]


def asked_of(articles: Sequence[Article], titles: Titles | None = None) -> Asked:
    """What articles are counted by besides their texts; ``titles`` are theirs, where these were seen already."""
    seen = see_titles([article.title for article in articles]) if titles is None else titles
    keys, bounds = title_keys(seen)
    return Asked(outlets_of(articles), pages_of(articles, seen), keys, bounds)


def outlets_of(articles: Sequence[Article]) -> NDArray[np.uint64]:
    """Key of the outlet of each article, uint64."""
    return np.array([_outlet_key(outlet_of(article)) for article in articles], dtype=np.uint64)


@lru_cache(maxsize=4096)
def _outlet_key(outlet: str) -> int:
    return int(line_keys([outlet])[0])


def title_keys(seen: Titles) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
    """Keys of the forms of titles of OPENING_LEAST words and more, and of the first HEAD_WORDS of longer ones."""
    keys = np.empty((len(seen.keys), 2), dtype=np.uint64)
    keys[:, 0], keys[:, 1] = seen.keys, seen.heads
    kept = np.empty((len(seen.keys), 2), dtype=np.bool_)
    kept[:, 0], kept[:, 1] = seen.sizes >= OPENING_LEAST, seen.sizes > HEAD_WORDS
    ends = np.zeros(len(seen.keys) + 1, dtype=np.int64)
    kept.sum(axis=1).cumsum(out=ends[1:])
    return keys[kept], ends[seen.bounds]


class Keys(NamedTuple):
    """Keys of the lines and of the openings of articles, those of each article once, sorted; how many each article has
    of both (int64[2, n]), and its marks (uint16[n, 9]): the parts of its sketch and its page."""

    lines: NDArray[np.uint64]
    openings: NDArray[np.uint64]
    counts: NDArray[np.int64]
    marks: NDArray[np.uint16]


def batch_keys(articles: Sequence[Article]) -> Keys:
    """``keys_of`` of a batch of articles, from their texts."""
    return keys_of_units(asked_of(articles), hash_units([article.text for article in articles]))


def keys_of_units(asked: Asked, found: Hashed) -> Keys:
    """``keys_of`` of articles whose units are hashed."""
    return Keys(*weigh.keys_of_texts(found.lines, found[1:], asked[2:], asked[:2]))


def keys_of(
    articles: Sequence[Article], scans: Sequence[Scan]
) -> list[tuple[NDArray[np.uint64], NDArray[np.uint64], NDArray[np.uint16]]]:
    """Of each article the keys of its lines and of its openings, each once, and its marks, as in ``Keys``."""
    asked, rows = asked_of(articles), []
    for i, found in enumerate(scans):
        titles = asked.titles[asked.bounds[i] : asked.bounds[i + 1]]
        openings = weigh.opening_keys(found.hashes, found.raw, titles)
        marks = weigh.marks(found.hashes, found.sketch, asked.pages[i])
        rows.append((weigh.line_keys(found.hashes, asked.outlets[i]), openings, marks))
    return rows


def mixed(keys: NDArray[np.uint64], outlet: np.uint64) -> NDArray[np.uint64]:
    """Keys of lines as those of one outlet: uint64, in the order given."""
    mixed = (keys ^ (outlet >> np.uint64(7))) * np.uint64(0xFF51AFD7ED558CCD)
    return mixed ^ (mixed >> np.uint64(32))


def _fold(tables: Sequence[Table], parts: Sequence[Keys]) -> list[Table]:
    if not parts:
        return list(tables)
    folded = []
    for which, table in enumerate(tables):
        keys = np.concatenate([part[which] for part in parts])
        sketches = np.concatenate([np.repeat(part.marks, part.counts[which], axis=0) for part in parts])
        fresh = Table(keys, np.ones(len(keys), dtype=np.uint32), sketches, sketches)
        folded.append(_reduce([table, fresh]))
    return folded


def _reduce(tables: Sequence[Table]) -> Table:
    """One table of several: counts added, smallest and largest sketch parts kept, bounded by MAX_KEYS."""
    keys = np.concatenate([table.keys for table in tables])
    if not len(keys):
        return empty_table()
    order = np.argsort(keys, kind="stable")
    keys = keys[order]
    first = np.flatnonzero(np.concatenate(([True], keys[1:] != keys[:-1])))
    counts = np.add.reduceat(np.concatenate([table.counts for table in tables])[order], first)
    low = np.minimum.reduceat(np.concatenate([table.low for table in tables])[order], first)
    high = np.maximum.reduceat(np.concatenate([table.high for table in tables])[order], first)
    keys = keys[first]
    bound = len(keys)
    if bound > MAX_KEYS:
        # The largest power-of-two share of the hash space that fits: depends on the set of keys only, so that
        # cutting early and cutting late leave the same keys.
        limit = 1 << 63
        while bound > MAX_KEYS:
            bound = int(np.searchsorted(keys, np.uint64(limit)))
            limit >>= 1
    return Table(keys[:bound].copy(), counts[:bound].astype(np.uint32), low[:bound].copy(), high[:bound].copy())


def line_evidence(articles: Sequence[Article], batch: Batch, evidence: FeedEvidence) -> LineEvidence:
    """What the feed says about each unit of a batch of articles that is (or could be) part of them."""
    return evidence_of_lines(batch, (outlets_of(articles), pages_of(articles, batch.titles)), evidence)


def evidence_of_lines(
    batch: Batch, names: tuple[NDArray[np.uint64], NDArray[np.uint64]], evidence: FeedEvidence
) -> LineEvidence:
    """``line_evidence`` of articles whose keys of outlets and pages are known."""
    found, titles = batch.found, batch.titles
    return LineEvidence(
        *weigh.weigh_texts(
            batch.lines,
            (found.hashes, found.raw, found.sketch),
            (titles.keys, titles.bounds),
            names,
            (tuple(evidence.lines), tuple(evidence.openings)),
        )
    )
