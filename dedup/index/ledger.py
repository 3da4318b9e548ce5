"""The feed's evidence about lines, kept up to date one article at a time.

The counts are those of ``dedup.text.evidence``, one record a key instead of one table a feed. What a new article
changes for articles that came before it is found through the first words of their lines, and those are marked stale.
"""

from __future__ import annotations

import struct
from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dedup.index.codec import FactsOf, key_of
from dedup.index.contract import Reading, Writing
from dedup.models import Article
from dedup.text.evidence import (
    FeedEvidence,
    Table,
    asked_of,
    empty_table,
    keys_of_units,
    merge_evidence,
    mixed,
    outlet_of,
)
from dedup.text.headlines import title_forms
from dedup.text.packed import Hashed, batches, hash_units
from dedup.text.roles import REPEATED_LONG, REPEATED_SHORT
from dedup.text.weigh import OPENS_OWN, PARTS, SAME_STORY, WEIGHTS

ENOUGH = max(REPEATED_SHORT, REPEATED_LONG)
"""Articles of different stories from which a line is furniture: a higher count says no more of it."""
LEAST_SEEN = min(REPEATED_SHORT, REPEATED_LONG)
"""Articles from which on a line can be furniture."""

SETTLED = 64
"""Articles of different stories from which nobody is looked at again for a line: what could still change it (so many
removals, or a round-up of openings that has it) is left to ``rebuild``, and lines of every page stay cheap."""

ROW = np.dtype([("articles", "<u4"), ("low", "<u2", (PARTS,)), ("high", "<u2", (PARTS,))])
_ROW = struct.Struct(f"<I{2 * PARTS}s{2 * PARTS}s")
UNSIGNED = 0xFFFFFFFFFFFFFFFF


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
            found |= zip(some, _traces([articles[at] for at in some], hashed), strict=True)
    return [found[at] for at in range(len(articles))]


def _traces(articles: Sequence[Article], found: Hashed) -> list[Traces]:
    made = []
    asked = asked_of(articles)
    keys = keys_of_units(asked, found)
    lines, openings = (_split(part, counts) for part, counts in zip(keys[:2], keys.counts, strict=True))
    for at, (article, title) in enumerate(zip(articles, _titles_seen(articles), strict=True)):
        hashes = found.hashes[found.lines[at] : found.lines[at + 1]]
        words, first = np.unique(hashes), _first(hashes)
        held = {"line": lines[at], "opening": openings[at]}
        outlet, begins = key_of(outlet_of(article)), tuple(_signed(np.unique(first[first != 0])))
        if article.text.strip():
            before = _before(hashes, first, title, asked.outlets[at])
        else:
            held, before = {"line": (), "opening": ()}, {}
        looked_up = {"line": lines[at], "opening": tuple(_signed(words[words != 0]))}
        made.append(Traces(held, looked_up, before, begins, keys.marks[at], outlet))
    return made


def _split(keys: NDArray[np.uint64], counts: NDArray[np.int64]) -> list[tuple[int, ...]]:
    """The keys of each article, signed."""
    ends = np.cumsum(counts).tolist()
    every = _signed(keys)
    return [tuple(every[low:high]) for low, high in zip([0, *ends], ends, strict=False)]


def evidence_for(view: Reading, traces: Iterable[Traces]) -> FeedEvidence:
    """The part of the feed's evidence that cleaning articles with these traces can ask for."""
    return _held(view, [one.asked for one in traces])


def enter(view: Writing, entries: Sequence[tuple[int, Traces]]) -> tuple[FeedEvidence, list[Change]]:
    """Count articles in, and post the first words of those lines that later evidence can still change.

    Returns what cleaning them can ask of the feed's evidence, themselves included, and what changed.
    """
    held = _held(view, [keys for _, one in entries for keys in (one.asked, one.keys)])
    merged = merge_evidence([held, _evidence_of([one for _, one in entries])])
    changes = [
        *_counted(view, "line", (held.lines, merged.lines), entries),
        *_counted(view, "opening", (held.openings, merged.openings), entries),
    ]
    posted: list[tuple[int, int]] = []
    for number, one in entries:
        settled = _settled(merged.lines, one)
        posted += [(key, number) for key in one.begins if key not in settled]
    view.post("begins", posted)
    return merged, changes


def _evidence_of(traces: Sequence[Traces]) -> FeedEvidence:
    """What these articles alone say."""
    tables = []
    for name in ("line", "opening"):
        keys = np.array([key for one in traces for key in one.keys[name]], np.int64).view(np.uint64)
        sizes = [len(one.keys[name]) for one in traces]
        sketches = np.repeat(np.stack([one.sketch for one in traces]), sizes, axis=0)
        tables.append(Table(keys, np.ones(len(keys), np.uint32), sketches, sketches))
    return FeedEvidence(tables[0], tables[1], len(traces))


def _counted(
    view: Writing, name: str, tables: tuple[Table, Table], entries: Iterable[tuple[int, Traces]]
) -> list[Change]:
    """Write the rows of the keys that came, and say which of them changed for somebody else."""
    old, new = tables
    came = {key: one for _, one in entries for key in one.keys[name]}
    keys = np.array(sorted(key & UNSIGNED for key in came), np.uint64)
    at = np.searchsorted(new.keys, keys)
    rows = _packed(new, at)
    numbers = _signed(keys)
    size = ROW.itemsize
    view.put(name, [(key, rows[size * i : size * (i + 1)]) for i, key in enumerate(numbers)])
    changes = []
    few = (new.counts[at] < LEAST_SEEN).tolist() if name == "line" else [False] * len(numbers)
    for key, was, now, unseen in zip(numbers, _places(old, keys), at.tolist(), few, strict=True):
        if was is None and unseen:
            continue  # most lines come once: nobody else can see the change
        one = came[key]
        before = None if was is None else _row_at(old, was)
        change = Change(name, one.before.get(key, 0), one.outlet, before, _row_at(new, now))
        if _matters(change):
            changes.append(change)
    return changes


def _places(table: Table, keys: NDArray[np.uint64]) -> list[int | None]:
    """Where each key stands in a table, or None."""
    at = np.searchsorted(table.keys, keys)
    there = at < len(table.keys)
    there[there] = table.keys[at[there]] == keys[there]
    return [place if known else None for place, known in zip(at.tolist(), there.tolist(), strict=True)]


def _row_at(table: Table, place: int) -> Row:
    return Row(int(table.counts[place]), table.low[place], table.high[place])


def _packed(table: Table, places: NDArray[np.int64]) -> bytes:
    rows = np.empty(len(places), ROW)
    rows["articles"], rows["low"], rows["high"] = table.counts[places], table.low[places], table.high[places]
    return rows.tobytes()


def _settled(lines: Table, one: Traces) -> set[int]:
    """First words of an article's lines, where all lines that begin so are furniture on SETTLED pages and more."""
    keys = np.array(one.keys["line"], np.int64).view(np.uint64)
    at = np.searchsorted(lines.keys, keys)
    many = np.flatnonzero(lines.counts[at] >= SETTLED) if len(keys) else np.empty(0, np.int64)
    rows = ((one.keys["line"][i], _row_at(lines, int(at[i]))) for i in many.tolist())
    settled = {key for key, row in rows if _says("line", row, one.sketch) >= ENOUGH}
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
    return changes, kept


def concerned(view: Reading, own: Collection[int], changes: Iterable[Change], known: FactsOf) -> list[int]:
    """Numbers of the articles, other than these, for which a change says something else than before, ascending."""
    open_changes = [change for change in changes if _matters(change)]
    if not open_changes:
        return []
    posted = view.posted("begins", sorted({change.begins for change in open_changes}))
    near = {key: [number for number in numbers if number not in own] for key, numbers in posted.items()}
    facts = known(sorted({number for numbers in near.values() for number in numbers}))
    found: set[int] = set()
    for change in open_changes:
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
    old, new = change.old, change.new
    if old is None and new is not None and change.table == "line":
        return new.articles >= LEAST_SEEN  # several came at once
    if old is None or new is None:
        return change.table == "opening"
    if change.table == "line" and min(old.articles, ENOUGH) != min(new.articles, ENOUGH):
        return True
    if np.array_equal(old.low, new.low) and np.array_equal(old.high, new.high):
        return False
    # Of a line in articles of different stories all that is said is their number, whoever asks.
    return change.table == "opening" or _one_story(old) or _one_story(new)


def _turned(change: Change, sketches: NDArray[np.uint16]) -> NDArray[np.bool_]:
    """For which articles of these sketches the key says something else than before."""
    turned: NDArray[np.bool_] = _says(change.table, change.old, sketches) != _says(change.table, change.new, sketches)
    return turned


def _says(table: str, row: Row | None, sketch: NDArray[np.uint16]) -> NDArray[np.int64]:
    """What line_evidence of dedup.text.evidence makes of a key for articles of a sketch or several (rows): in how many
    articles a line stands, ENOUGH for more and 0 for those of its own story; 2 for an opening of another story, 1 for
    one of its own story and of others."""
    if row is None:
        return np.zeros(sketch.shape[:-1], np.int64)
    agreeing = ((row.low == sketch) | (row.high == sketch)) @ WEIGHTS
    if table == "opening":
        return np.where(agreeing < OPENS_OWN, 2, int(not _one_story(row)))
    return np.where(_one_story(row) & (agreeing >= SAME_STORY), 0, min(row.articles, ENOUGH))


def _one_story(row: Row) -> bool:
    """Whether all articles of a key are of one story."""
    return int(WEIGHTS[row.low == row.high].sum()) >= SAME_STORY


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
    ordered = sorted((key & UNSIGNED, data) for key, data in held.items())
    rows = np.frombuffer(b"".join(data for _, data in ordered), ROW)
    keys_held = np.array([key for key, _ in ordered], np.uint64)
    return Table(keys_held, rows["articles"], rows["low"], rows["high"])


def _signed(keys: NDArray[np.uint64]) -> list[int]:
    signed: list[int] = keys.astype(np.int64).tolist()
    return signed


def _before(
    hashes: NDArray[np.uint64], first: NDArray[np.uint64], titles: NDArray[np.uint64], outlet: np.uint64
) -> dict[int, int]:
    """First words behind every key of an article's lines, its title and its lead."""
    before: dict[int, int] = {}
    begins = _signed(first)
    for keys in (mixed(hashes[:, 0], outlet), hashes[:, 1], hashes[:, 2]):
        before |= zip(_signed(keys), begins, strict=True)
    return before | dict(zip(_signed(titles[:, 0]), _signed(_first(titles)), strict=True))


def _titles_seen(articles: Iterable[Article]) -> list[NDArray[np.uint64]]:
    """Hashes of the forms of each article's title, whole and by their first six words, a row each."""
    forms = [[form.split() for form in title_forms(article.title)] for article in articles]
    texts = ["\n".join(" ".join(part) for form in own for part in (form, form[:6])) for own in forms]
    found = hash_units(texts, as_lines=True)
    edges = found.lines.tolist()
    return [found.hashes[low:high] for low, high in pairwise(edges)]


def _first(hashes: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Hash of the first six words of every line, or of the whole of a shorter one."""
    return np.where(hashes[:, 1] != 0, hashes[:, 1], hashes[:, 0])
