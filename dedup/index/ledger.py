"""The feed's evidence about lines, kept up to date one article at a time.

The counts are those of ``dedup.text.evidence``, one record a key instead of one table a feed. What a new article
changes for articles that came before it is found through the first words of their lines, and those are marked stale.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dedup.index.codec import Facts, facts_of, key_of
from dedup.index.contract import Reading, Writing
from dedup.models import Article
from dedup.text.evidence import FeedEvidence, Table, empty_table, keys_of, mixed, outlet_of
from dedup.text.headlines import title_forms
from dedup.text.lexicon import lexicon, line_hash
from dedup.text.roles import REPEATED_LONG, REPEATED_SHORT
from dedup.text.scan import Scan, scan
from dedup.text.weigh import OPENS_OWN, PARTS, SAME_STORY, WEIGHTS

ENOUGH = max(REPEATED_SHORT, REPEATED_LONG)
"""Articles of different stories from which a line is furniture for good: a higher count changes nothing, so nobody is
looked at again for it."""

ROW = np.dtype([("articles", "<u4"), ("low", "<u2", (PARTS,)), ("high", "<u2", (PARTS,))])
_ROW = struct.Struct(f"<I{2 * PARTS}s{2 * PARTS}s")


class Row(NamedTuple):
    """In how many articles a key stands, and the smallest and largest parts of their sketches, uint16[9]."""

    articles: int
    low: NDArray[np.uint16]
    high: NDArray[np.uint16]


class Traces(NamedTuple):
    """What one article leaves in the ledger: its keys by table, the first words behind each, its sketch, its outlet.

    ``begins`` are the first words of all its lines, ``asked`` the keys its cleaning looks up. An article that has only
    html leaves no keys, as in the batch.
    """

    keys: Mapping[str, tuple[int, ...]]
    asked: Mapping[str, tuple[int, ...]]
    before: Mapping[int, int]
    begins: tuple[int, ...]
    sketch: NDArray[np.uint16]
    outlet: int


class Change(NamedTuple):
    """What happened to one key: whom it can concern, and what stood there before and after."""

    table: str
    begins: int
    old: Row | None
    new: Row | None


def traces_of(article: Article, text: str) -> Traces:
    """The traces of an article whose plain text is ``text``."""
    found = scan(text, lexicon())
    lines, openings, sketch = keys_of([article], [found])[0]
    outlet = key_of(outlet_of(article))
    begins = _begins(found)
    words = np.unique(found.hashes)
    asked = {"line": tuple(_signed(lines)), "opening": tuple(_signed(words[words != 0]))}
    if not article.text:
        return Traces({"line": (), "opening": ()}, asked, {}, begins, sketch, outlet)
    keys = {"line": tuple(_signed(lines)), "opening": tuple(_signed(openings))}
    return Traces(keys, asked, _before(article, found), begins, sketch, outlet)


def evidence_for(view: Reading, traces: Traces) -> FeedEvidence:
    """The part of the feed's evidence that cleaning an article with these traces can ask for."""
    return FeedEvidence(_table(view, "line", traces.asked["line"]), _table(view, "opening", traces.asked["opening"]), 1)


def enter(view: Writing, number: int, traces: Traces) -> list[Change]:
    """Count an article in, and post the first words of those lines that later evidence can still change."""
    changes: list[Change] = []
    settled: set[int] = set()
    for table, keys in traces.keys.items():
        held = _rows(view, table, keys)
        fresh = {key: _joined(held.get(key), traces.sketch) for key in keys}
        view.put(table, ((key, _row_bytes(row)) for key, row in fresh.items()))
        for key, row in fresh.items():
            begins = traces.before.get(key, 0)
            changes.append(Change(table, begins, held.get(key), row))
            if table == "line" and _says(table, row, traces.sketch) >= ENOUGH:
                settled.add(begins)
    view.post("begins", ((key, number) for key in traces.begins if key not in settled))
    return changes


def leave(view: Writing, number: int, traces: Traces, others: Mapping[int, Traces]) -> tuple[list[Change], int]:
    """Count an article out. ``others`` are the traces of the articles that share first words with it.

    Returns the changes, and how many keys kept the sketch parts of the article that left: those in more articles than
    are known by their first words.
    """
    view.unpost("begins", ((key, number) for key in traces.begins))
    changes: list[Change] = []
    kept = 0
    for table, keys in traces.keys.items():
        held = _rows(view, table, keys)
        for key, row in held.items():
            sketches = [other.sketch for other in others.values() if key in other.keys[table]]
            left = _without(row, sketches)
            kept += left is not None and len(sketches) != left.articles
            if left is None:
                view.drop(table, [key])
            else:
                view.put(table, [(key, _row_bytes(left))])
            changes.append(Change(table, traces.before.get(key, 0), row, left))
    return changes, kept


def concerned(view: Reading, number: int, traces: Traces, changes: Iterable[Change]) -> list[int]:
    """Numbers of the other articles for which a change says something else than before, ascending."""
    open_changes = [change for change in changes if _matters(change)]
    if not open_changes:
        return []
    posted = view.posted("begins", sorted({change.begins for change in open_changes}))
    near = sorted({other for numbers in posted.values() for other in numbers if other != number})
    facts = {other: facts_of(data) for other, data in view.get("facts", near).items()}
    found: set[int] = set()
    for change in open_changes:
        for other in posted.get(change.begins, ()):
            if other in facts and other not in found and _turns(change, facts[other], traces.outlet):
                found.add(other)
    return sorted(found)


def sharing(view: Reading, number: int, traces: Traces) -> list[int]:
    """Numbers of the other articles known to share first words of a line with it, ascending."""
    posted = view.posted("begins", sorted({*traces.begins, *traces.before.values()}))
    return sorted({other for numbers in posted.values() for other in numbers if other != number})


def _matters(change: Change) -> bool:
    """Whether anybody else can see the change."""
    old, new = change.old, change.new
    if old is None or new is None:
        return change.table == "opening"
    same_parts = np.array_equal(old.low, new.low) and np.array_equal(old.high, new.high)
    return not same_parts or (change.table == "line" and min(old.articles, ENOUGH) != min(new.articles, ENOUGH))


def _turns(change: Change, facts: Facts, outlet: int) -> bool:
    if change.table == "line" and facts.outlet != outlet:
        return False
    return _says(change.table, change.old, facts.sketch) != _says(change.table, change.new, facts.sketch)


def _says(table: str, row: Row | None, sketch: NDArray[np.uint16]) -> int:
    """What line_evidence of dedup.text.evidence makes of a key for an article with this sketch: in how many articles
    a line stands, ENOUGH for more and 0 for those of its own story; 1 for an opening of another story."""
    if row is None:
        return 0
    agreeing = int(WEIGHTS[(row.low == sketch) | (row.high == sketch)].sum())
    if table == "opening":
        return int(agreeing < OPENS_OWN)
    alone = int(WEIGHTS[row.low == row.high].sum()) >= SAME_STORY
    return 0 if alone and agreeing >= SAME_STORY else min(row.articles, ENOUGH)


def _joined(row: Row | None, sketch: NDArray[np.uint16]) -> Row:
    if row is None:
        return Row(1, sketch, sketch)
    return Row(row.articles + 1, np.minimum(row.low, sketch), np.maximum(row.high, sketch))


def _without(row: Row, sketches: Sequence[NDArray[np.uint16]]) -> Row | None:
    """The row with one article less, its parts taken again from the others where all of them are known."""
    if row.articles <= 1:
        return None
    if len(sketches) != row.articles - 1:
        return Row(row.articles - 1, row.low, row.high)
    stacked = np.stack(sketches)
    return Row(row.articles - 1, stacked.min(axis=0), stacked.max(axis=0))


def _rows(view: Reading, table: str, keys: Sequence[int]) -> dict[int, Row]:
    return {key: _row_of(data) for key, data in view.get(table, keys).items()}


def _row_bytes(row: Row) -> bytes:
    return _ROW.pack(row.articles, row.low.astype("<u2").tobytes(), row.high.astype("<u2").tobytes())


def _row_of(data: bytes) -> Row:
    articles, low, high = _ROW.unpack(data)
    return Row(articles, np.frombuffer(low, "<u2"), np.frombuffer(high, "<u2"))


def _table(view: Reading, table: str, keys: Sequence[int]) -> Table:
    held = view.get(table, keys)
    if not held:
        return empty_table()
    ordered = sorted((key & 0xFFFFFFFFFFFFFFFF, data) for key, data in held.items())
    rows = np.frombuffer(b"".join(data for _, data in ordered), ROW)
    keys_held = np.array([key for key, _ in ordered], np.uint64)
    return Table(keys_held, rows["articles"], rows["low"], rows["high"])


def _signed(keys: NDArray[np.uint64]) -> list[int]:
    return [int(key) for key in keys.astype(np.int64)]


def _begins(found: Scan) -> tuple[int, ...]:
    """First six words of every line, or the whole of a shorter one."""
    first = np.where(found.hashes[:, 1] != 0, found.hashes[:, 1], found.hashes[:, 0])
    return tuple(_signed(np.unique(first[first != 0])))


def _before(article: Article, found: Scan) -> dict[int, int]:
    """First words behind every key of an article's lines, its title and its lead."""
    first = np.where(found.hashes[:, 1] != 0, found.hashes[:, 1], found.hashes[:, 0])
    lines = mixed(found.hashes[:, 0], np.uint64(line_hash(outlet_of(article))))
    before = dict(zip(_signed(lines), _signed(first), strict=True))
    before |= dict(zip(_signed(found.hashes[:, 1]), _signed(first), strict=True))
    before |= dict(zip(_signed(found.hashes[:, 2]), _signed(first), strict=True))
    forms = [form.split() for form in title_forms(article.title)]
    titles = scan("\n".join(" ".join(part) for form in forms for part in (form, form[:6])), lexicon())
    first = np.where(titles.hashes[:, 1] != 0, titles.hashes[:, 1], titles.hashes[:, 0])
    return before | dict(zip(_signed(titles.hashes[:, 0]), _signed(first), strict=True))
