"""What a feed says about the lines of one article: lines repeated across different stories, other articles' headlines.

Counts of hashes only. A line's key is kept with the smallest and largest sketch parts of the articles it stands
in: where they agree, the articles are copies of one text, and a line of theirs is no furniture for that.
Sketches are one-permutation MinHash (Li, Owen, Zhang 2012) over the words of long lines.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple
from urllib.parse import urlsplit

import numpy as np
from numpy.typing import NDArray

from dedup.models import Article
from dedup.text.charclass import APOSTROPHE, QUOTE, STOP
from dedup.text.scan import COLUMN, SKETCH, Scan, line_key
from dedup.text.units import scan_units

MAX_KEYS = 2_000_000
"""Keys a table keeps: 40 bytes each. Above it, keys with large hashes go; which ones depends on the feed alone."""
SAME_STORY = 2
"""Sketch parts of 8 that must agree for one story: strangers agree in none, a cut copy in as many as it kept."""
OPENS_OWN = 3
"""Parts that must agree before another article's opening may be one's own story's: a paragraph lifted whole brings one
or two parts with it. An article's own opening lines are never held against it, so that a short cut is safe."""
PARAGRAPH_WORDS = 16
"""Words from which an opening given whole may be a paragraph that was quoted or carried: shorter ones are teasers."""
LEAD_LINES = 3
"""Long lines of an article that count as its lead: teasers quote the first paragraph, captions push it down."""
_BATCH = 512
_PARTS = np.arange(1, SKETCH + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)


class Table(NamedTuple):
    """Sorted ``keys`` (uint64), how many articles hold each (uint32), smallest and largest sketch parts (uint16)."""

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
    """Per line: in how many articles of different stories of the outlet it stands (0 if of one story), whether it
    opens another story's article, and whether it only does so as a paragraph given whole, which may be a quotation."""

    repeated: NDArray[np.float32]
    opening: NDArray[np.bool_]
    paragraph: NDArray[np.bool_]


def outlet_of(article: Article) -> str:
    """Name that an article's outlet is counted by: outlet, or the host of its address."""
    name = article.outlet or (urlsplit(article.url).hostname if article.url else None) or ""
    return name.lower().removeprefix("www.")


def collect_evidence(articles: Iterable[Article]) -> FeedEvidence:
    """One pass over a feed. Memory is bounded by MAX_KEYS a table, whatever the feed's size."""
    tables = [empty_table(), empty_table()]
    rows: list[tuple[NDArray[np.uint64], NDArray[np.uint64], NDArray[np.uint16]]] = []
    count = 0
    for article in articles:
        count += 1
        if article.text:
            rows.append(article_keys(article, scan_units(article.text)[1]))
        if len(rows) >= _BATCH:
            tables = _fold(tables, rows)
            rows = []
    tables = _fold(tables, rows)
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
    parts = np.zeros((0, SKETCH), dtype=np.uint16)
    return Table(np.zeros(0, dtype=np.uint64), np.zeros(0, dtype=np.uint32), parts, parts)


def article_keys(article: Article, found: Scan) -> tuple[NDArray[np.uint64], NDArray[np.uint64], NDArray[np.uint16]]:
    """Keys of an article's lines and openings, each once, and its sketch parts."""
    outlet = np.uint64(line_key(outlet_of(article)))
    whole = found.hashes[:, 0]
    lines = np.unique(_mixed(whole[whole != 0], outlet))
    return lines, np.unique(_openings(article, found)), short_sketch(found)


def _openings(article: Article, found: Scan) -> NDArray[np.uint64]:
    """Whole headline, and first six words of headline and lead paragraphs."""
    keys: list[int] = []
    titles = [title for title in title_forms(article.title) if len(title.split()) >= 4]
    for title in titles:
        keys += [line_key(title), line_key(" ".join(title.split()[:6])) if len(title.split()) > 6 else 0]
    lead = found.hashes[_lead(found), 1:3].ravel()
    return np.array([*(key for key in keys if key), *(int(key) for key in lead if key)], dtype=np.uint64)


def _lead(found: Scan) -> NDArray[np.int64]:
    """Numbers of the first LEAD_LINES long lines."""
    long_lines = (found.raw[:, COLUMN["words"]] >= 12) & (found.raw[:, COLUMN["stops"]] > 0)
    return np.flatnonzero(long_lines)[:LEAD_LINES]


def title_forms(title: str | None) -> list[str]:
    """A title as given and without the site's name after a bar or dash."""
    if not title:
        return []
    forms = [title.strip()]
    for sign in (" | ", " – ", " — ", " - ", " » ", " :: "):
        head, found, tail = title.rpartition(sign)
        if found and len(tail.split()) <= 5 and len(head.split()) >= 4:
            forms.append(head.strip())
    return forms


def short_sketch(found: Scan) -> NDArray[np.uint16]:
    """Sketch parts cut to 16 bits; parts that no word fell into are filled from the whole text's hash."""
    text = np.uint64(0) if not len(found.hashes) else np.bitwise_xor.reduce(found.hashes[:, 0])
    filled = np.where(found.sketch == np.uint64(0xFFFFFFFFFFFFFFFF), text * _PARTS ^ _PARTS, found.sketch)
    return ((filled >> np.uint64(16)) & np.uint64(0xFFFF)).astype(np.uint16)


def _mixed(keys: NDArray[np.uint64], outlet: np.uint64) -> NDArray[np.uint64]:
    mixed = (keys ^ (outlet >> np.uint64(7))) * np.uint64(0xFF51AFD7ED558CCD)
    return mixed ^ (mixed >> np.uint64(32))


def _fold(
    tables: Sequence[Table], rows: Sequence[tuple[NDArray[np.uint64], NDArray[np.uint64], NDArray[np.uint16]]]
) -> list[Table]:
    if not rows:
        return list(tables)
    folded = []
    for which, table in enumerate(tables):
        keys = np.concatenate([row[which] for row in rows])
        sizes = [len(row[which]) for row in rows]
        sketches = np.repeat(np.stack([row[2] for row in rows]), sizes, axis=0)
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


def line_evidence(article: Article, found: Scan, evidence: FeedEvidence) -> LineEvidence:
    """What the feed says about each line of an article that is (or could be) part of it."""
    outlet = np.uint64(line_key(outlet_of(article)))
    sketch = short_sketch(found)
    whole = found.hashes[:, 0]
    repeated = np.zeros(len(whole), dtype=np.float32)
    slot, known = _lookup(evidence.lines.keys, _mixed(whole, outlet))
    if len(evidence.lines.keys):
        low, high = evidence.lines.low[slot], evidence.lines.high[slot]
        strange = ((low == high).sum(axis=1) < SAME_STORY) | _strange(low, high, sketch)
        use = known & (whole != 0) & strange
        repeated[use] = evidence.lines.counts[slot][use]
    opening = np.zeros(len(whole), dtype=np.bool_)
    own = np.array([line_key(form) for form in title_forms(article.title)], dtype=np.uint64)
    teaser = (found.raw[:, COLUMN["words"]] < 12) | (found.raw[:, COLUMN["last_code"]] == 0x2026)
    teaser |= (found.raw[:, COLUMN["last_code"]] == 0x2E) & (found.raw[:, COLUMN["stops"]] >= 3)
    # six words may open any paragraph ("The president said in a"): alone they condemn only what looks cut or short
    headed = np.zeros(len(whole), dtype=np.bool_)
    for column, fits in enumerate((True, teaser, True)):
        hits = _opens_other(found, column, evidence.openings, sketch) & fits & ~np.isin(whole, own)
        opening |= hits
        headed |= hits if column == 0 else np.False_
    opening[_lead(found)] = False
    closed = np.isin(found.raw[:, COLUMN["last_class"]], (STOP + 1, QUOTE + 1, APOSTROPHE + 1))
    long = found.raw[:, COLUMN["words"]] >= PARAGRAPH_WORDS
    return LineEvidence(repeated, opening, opening & ~headed & closed & long)


def _opens_other(found: Scan, column: int, table: Table, sketch: NDArray[np.uint16]) -> NDArray[np.bool_]:
    keys = found.hashes[:, column]
    slot, known = _lookup(table.keys, keys)
    if not len(table.keys):
        return known
    return np.asarray(known & (keys != 0) & _strange(table.low[slot], table.high[slot], sketch, OPENS_OWN))


def _strange(
    low: NDArray[np.uint16], high: NDArray[np.uint16], sketch: NDArray[np.uint16], same: int = SAME_STORY
) -> NDArray[np.bool_]:
    """Whether the articles behind a key are other stories than the one with ``sketch``."""
    return np.asarray(((low == sketch) | (high == sketch)).sum(axis=1) < same)


def _lookup(table: NDArray[np.uint64], keys: NDArray[np.uint64]) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    if not len(table):
        return np.zeros(len(keys), dtype=np.int64), np.zeros(len(keys), dtype=np.bool_)
    slot = np.minimum(np.searchsorted(table, keys), len(table) - 1)
    return slot, table[slot] == keys
