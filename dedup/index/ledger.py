"""The feed's evidence about lines, kept up to date one article at a time.

The counts are those of ``dedup.text.evidence``, one record a key instead of one table a feed. What a new article
changes for articles that came before it is found through the first words of their lines, and those are marked stale.
"""

from __future__ import annotations

import struct
from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import accumulate, pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dedup.index.codec import FactsOf, key_of
from dedup.index.contract import Reading, Writing
from dedup.index.tracing import BEFORE, BEGINS, ENOUGH, WORDS, count_in, matters, told, trace
from dedup.models import Article
from dedup.text.clean import Looked
from dedup.text.evidence import (
    Asked,
    FeedEvidence,
    Table,
    asked_of,
    empty_table,
    keys_of_units,
    outlet_of,
)
from dedup.text.packed import Hashed, Titles, batches, hash_units, hashed_in, see_titles
from dedup.text.weigh import PARTS

SETTLED = 64
"""Articles of different stories from which nobody is looked at again for a line: what could still change it (so many
removals, or a round-up of openings that has it) is left to ``rebuild``, and lines of every page stay cheap."""

ROW = np.dtype([("articles", "<u4"), ("low", "<u2", (PARTS,)), ("high", "<u2", (PARTS,))])
_ROW = struct.Struct(f"<I{2 * PARTS}s{2 * PARTS}s")


class Row(NamedTuple):
    """In how many articles a key stands, and the smallest and largest marks of each, uint16[9]."""

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
    """What happened to one key: whom it can concern (those with these first words and, for a line, of this outlet),
    and what stood there before and after."""

    table: str
    begins: int
    outlet: int
    old: Row | None
    new: Row | None


def traces_of(articles: Sequence[Article], texts: Sequence[str]) -> list[Traces]:
    """The traces of articles whose plain texts are ``texts``, in order."""
    found: dict[int, Traces] = {}
    for paged in (False, True):
        these = [at for at, article in enumerate(articles) if (not article.text.strip()) == paged]
        for low, high in batches([len(texts[at]) for at in these]):
            some = these[low:high]
            hashed = hash_units([texts[at] for at in some], as_lines=paged)
            own = [articles[at] for at in some]
            titles = see_titles([article.title for article in own])
            found |= zip(some, _traces(own, hashed, titles, asked_of(own, titles)), strict=True)
    return [found[at] for at in range(len(articles))]


def traces_seen(looked: Looked, texts: Sequence[str]) -> list[Traces]:
    """``traces_of`` of articles that were looked at."""
    given = (
        one
        for articles, batch, asked in looked.looks
        for one in _traces(articles, hashed_in(batch), batch.titles, asked)
    )
    pages = [at for at, article in enumerate(looked.articles) if not article.text.strip()]
    read = dict(zip(pages, traces_of([looked.articles[at] for at in pages], [texts[at] for at in pages]), strict=True))
    return [read[at] if at in read else next(given) for at in range(len(looked.articles))]


def _traces(articles: Sequence[Article], found: Hashed, titles: Titles, asked: Asked) -> list[Traces]:
    keys = keys_of_units(asked, found)
    forms = titles.keys, titles.heads, titles.begins, titles.bounds
    words, begins, before, counts = trace(found.lines, found.hashes, asked.outlets, forms)
    lines, openings = (_split(part, sizes) for part, sizes in zip(keys[:2], keys.counts, strict=True))
    looked_up, first = _split(words, counts[:, WORDS]), _split(begins, counts[:, BEGINS])
    behind = _split(before[:, 0], counts[:, BEFORE]), _split(before[:, 1], counts[:, BEFORE])
    made = []
    for at, article in enumerate(articles):
        held: dict[str, tuple[int, ...]] = {"line": lines[at], "opening": openings[at]}
        known = dict(zip(behind[0][at], behind[1][at], strict=True))
        if not article.text.strip():
            held, known = {"line": (), "opening": ()}, {}
        wanted = {"line": lines[at], "opening": looked_up[at]}
        made.append(Traces(held, wanted, known, first[at], keys.marks[at], key_of(outlet_of(article))))
    return made


def _split(keys: NDArray[np.uint64], counts: NDArray[np.int64]) -> list[tuple[int, ...]]:
    """The keys of each article, signed."""
    every = _signed(keys)
    return [tuple(every[low:high]) for low, high in pairwise([*accumulate(counts.tolist(), initial=0)])]


def evidence_for(view: Reading, traces: Iterable[Traces]) -> FeedEvidence:
    """The part of the feed's evidence that cleaning articles with these traces can ask for."""
    return _held(view, [one.asked for one in traces])


def enter(view: Writing, entries: Sequence[tuple[int, Traces]]) -> tuple[FeedEvidence, list[Change]]:
    """Count articles in, and post the first words of those lines that later evidence can still change.

    Returns what cleaning them can ask of the feed's evidence, themselves included, and what changed.
    """
    held = _held(view, [keys for _, one in entries for keys in (one.asked, one.keys)])
    marks = np.stack([one.sketch for _, one in entries])
    lines, changed = _counted(view, "line", held.lines, entries, marks)
    openings, more = _counted(view, "opening", held.openings, entries, marks)
    posted: list[tuple[int, int]] = []
    for number, one in entries:
        settled = _settled(lines, one)
        posted += [(key, number) for key in one.begins if key not in settled]
    view.post("begins", posted)
    return FeedEvidence(lines, openings, held.articles + len(entries)), [*changed, *more]


def _counted(
    view: Writing, name: str, old: Table, entries: Sequence[tuple[int, Traces]], marks: NDArray[np.uint16]
) -> tuple[Table, list[Change]]:
    """Count the keys that came, and write their rows: the table with them, and what changed for somebody else."""
    keys = np.array([key for _, one in entries for key in one.keys[name]], np.int64).view(np.uint64)
    of = np.array([at for at, (_, one) in enumerate(entries) for _ in one.keys[name]], np.int64)
    made, places = count_in(tuple(old), (keys, of), marks, name == "opening")
    new = Table(*made)
    numbers, rows = _signed(new.keys[places[:, 0]]), _packed(new, places[:, 0])
    size = ROW.itemsize
    view.put(name, [(key, rows[size * i : size * (i + 1)]) for i, key in enumerate(numbers)])
    changes = []
    for key, (now, was, last, changed) in zip(numbers, places.tolist(), strict=True):
        if not changed:
            continue  # most lines come once: nobody else can see the change
        one = entries[last][1]
        before = None if was < 0 else _row_at(old, was)
        changes.append(Change(name, one.before.get(key, 0), one.outlet, before, _row_at(new, now)))
    return new, changes


def _row_at(table: Table, place: int) -> Row:
    return Row(int(table.counts[place]), table.low[place], table.high[place])


def _packed(table: Table, places: NDArray[np.int64]) -> bytes:
    rows = np.empty(len(places), ROW)
    rows["articles"], rows["low"], rows["high"] = table.counts[places], table.low[places], table.high[places]
    return rows.tobytes()


def _settled(lines: Table, one: Traces) -> set[int]:
    """First words of an article's lines, where all lines that begin so are furniture on SETTLED pages and more."""
    many = lines.keys[lines.counts >= SETTLED]
    if not len(many):
        return set()
    often = set(_signed(many)).intersection(one.keys["line"])
    at = dict(zip(_signed(many), np.flatnonzero(lines.counts >= SETTLED).tolist(), strict=True))
    sketch = one.sketch[np.newaxis]
    settled = {key for key in often if _says("line", _row_at(lines, at[key]), sketch)[0] >= ENOUGH}
    open_still = {one.before.get(key, 0) for key in one.keys["line"] if key not in settled}
    return {one.before.get(key, 0) for key in settled} - open_still


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
            changes.append(Change(table, traces.before.get(key, 0), traces.outlet, row, left))
    return [change for change in changes if _matters(change)], kept


def concerned(view: Reading, own: Collection[int], changes: Sequence[Change], known: FactsOf) -> list[int]:
    """Numbers of the articles, other than these, for which a change says something else than before, ascending."""
    if not changes:
        return []
    posted = view.posted("begins", sorted({change.begins for change in changes}))
    near = {key: [number for number in numbers if number not in own] for key, numbers in posted.items()}
    facts = known(sorted({number for numbers in near.values() for number in numbers}))
    found: set[int] = set()
    for change in changes:
        line = change.table == "line"
        others = [n for n in near.get(change.begins, ()) if n not in found and n in facts]
        others = [n for n in others if not line or facts[n].outlet == change.outlet]
        if others:
            turned = _turned(change, np.stack([facts[number].sketch for number in others]))
            found.update(number for number, turns in zip(others, turned.tolist(), strict=True) if turns)
    return sorted(found)


def sharing(view: Reading, number: int, traces: Traces) -> list[int]:
    """Numbers of the other articles known to share first words of a line with it, ascending."""
    posted = view.posted("begins", sorted({*traces.begins, *traces.before.values()}))
    return sorted({other for numbers in posted.values() for other in numbers if other != number})


def _matters(change: Change) -> bool:
    """Whether anybody else can see the change."""
    return bool(matters(change.table == "opening", _columns(change.old), _columns(change.new)))


def _turned(change: Change, sketches: NDArray[np.uint16]) -> NDArray[np.bool_]:
    """For which articles of these sketches (rows) the key says something else than before."""
    turned: NDArray[np.bool_] = _says(change.table, change.old, sketches) != _says(change.table, change.new, sketches)
    return turned


def _says(table: str, row: Row | None, sketches: NDArray[np.uint16]) -> NDArray[np.int64]:
    """What a key says to articles of these sketches (rows)."""
    said: NDArray[np.int64] = told(table == "opening", _columns(row), sketches)
    return said


def _columns(row: Row | None) -> tuple[int, NDArray[np.uint16], NDArray[np.uint16]]:
    """A row as the kernels take it."""
    return (0, _NO_MARKS, _NO_MARKS) if row is None else (row.articles, row.low, row.high)


_NO_MARKS = np.zeros(PARTS, np.uint16)


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
    return Row(articles, np.frombuffer(low, "<u2").astype(np.uint16), np.frombuffer(high, "<u2").astype(np.uint16))


def _held(view: Reading, asked: Iterable[Mapping[str, Sequence[int]]]) -> FeedEvidence:
    """The rows of these keys."""
    keys: dict[str, set[int]] = {"line": set(), "opening": set()}
    for one in asked:
        for table, these in one.items():
            keys[table].update(these)
    return FeedEvidence(_table(view, "line", keys["line"]), _table(view, "opening", keys["opening"]), 1)


def _table(view: Reading, table: str, keys: Iterable[int]) -> Table:
    held = view.get(table, sorted(keys))
    if not held:
        return empty_table()
    keys_held = np.fromiter(held, np.int64, len(held)).view(np.uint64)
    order = keys_held.argsort()
    rows = np.frombuffer(b"".join(held.values()), ROW)[order]
    columns = rows["articles"].astype(np.uint32), rows["low"].astype(np.uint16), rows["high"].astype(np.uint16)
    return Table(keys_held[order], *columns)


def _signed(keys: NDArray[np.uint64]) -> list[int]:
    signed: list[int] = keys.astype(np.int64).tolist()
    return signed
