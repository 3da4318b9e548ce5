"""Many texts seen at once: lines, units and features of a batch in a few compiled calls instead of some per article.

Everything stands in arrays over all units of all texts, text after text; a text alone is a batch of one.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dedup.text import charclass as cc
from dedup.text import features, hashing, trees
from dedup.text.headlines import doubtful, is_doubtful, title_forms
from dedup.text.lexicon import lexicon
from dedup.text.measure import split_texts
from dedup.text.scan import EMPTY, SKETCH, Measured, Scan, codes_of, measured
from dedup.text.units import ONE_LINE, Units, units_of

BATCH_CHARS = 1 << 17
"""Characters scanned in one buffer: some 25 bytes of arrays each, which fit a core's cache."""


HEAD_WORDS = 6
"""Words of a title by which a longer one is known too."""


class Titles(NamedTuple):
    """Hashes of the forms of n titles: those of title i are ``keys[bounds[i]:bounds[i + 1]]`` (uint64), and the words
    of the title as given are ``words[spans[i, 0]:spans[i, 1]]`` (uint64); ``raw`` float32, a row of ``Scan.raw`` a
    title (zeros for none). ``forms`` are the forms themselves, ``doubtful`` says which are likely no headline, and
    ``codes`` and ``edges`` are their code points and where each begins. ``sizes`` int64 is how many words between white
    space each form has, HEAD_WORDS + 1 for more; ``heads`` (uint64) the key of the first HEAD_WORDS of them; ``begins``
    (uint64, two columns) that of the first six hashed words of a form and of its head, or of all where they are fewer.
    """

    keys: NDArray[np.uint64]
    bounds: NDArray[np.int64]
    words: NDArray[np.uint64]
    spans: NDArray[np.int64]
    raw: NDArray[np.float32]
    forms: Sequence[str]
    doubtful: NDArray[np.bool_]
    codes: NDArray[np.uint32]
    edges: NDArray[np.int64]
    sizes: NDArray[np.int64]
    heads: NDArray[np.uint64]
    begins: NDArray[np.uint64]


class Batch(NamedTuple):
    """n texts. Text i is ``codes[bounds[i]:bounds[i + 1]]`` (uint32) and has the units ``lines[i]`` to ``lines[i + 1]``
    (int64[n + 1]), whose ``starts`` and ``ends`` (int64) count from its own start; ``found`` is what stands in them.

    ``edges`` is ``lines`` as Python's numbers; ``apart`` holds the texts whose units are not their lines.
    """

    texts: Sequence[str]
    codes: NDArray[np.uint32]
    bounds: NDArray[np.int64]
    lines: NDArray[np.int64]
    starts: NDArray[np.int64]
    ends: NDArray[np.int64]
    found: Measured
    apart: Mapping[int, Units]
    titles: Titles
    edges: Sequence[int]


class Rows(NamedTuple):
    """Units that are not empty: those of text i are ``bounds[i]`` to ``bounds[i + 1]``. ``numbers`` int64, their place
    among all units of the batch; ``rows`` float32, units x features.NAMES. ``ids`` int32 numbers the distinct
    words of each text, one a word of the batch; ``distinct`` int64 is how many those are."""

    bounds: NDArray[np.int64]
    numbers: NDArray[np.int64]
    rows: NDArray[np.float32]
    ids: NDArray[np.int32] = np.empty(0, dtype=np.int32)
    distinct: NDArray[np.int64] = np.empty(0, dtype=np.int64)


def batches(sizes: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Ranges of texts of the given sizes that fit one buffer; a larger text stands alone."""
    first = held = 0
    for number, size in enumerate(sizes):
        if number > first and held + size > BATCH_CHARS:
            yield first, number
            first, held = number, 0
        held += size
    if first < len(sizes):
        yield first, len(sizes)


def see(texts: Sequence[str], titles: Sequence[str | None], as_lines: bool = False) -> Batch:
    """Units of texts and what stands in them. ``as_lines``: every line is a unit, whatever the text looks like."""
    lined = _lined(texts, as_lines)
    found = measured(*lined[:5], lexicon())
    return Batch(texts, *lined[:2], *lined[2:5], found, lined.apart, see_titles(titles), lined.lines.tolist())


class _Lined(NamedTuple):
    """Fields of a ``Batch``."""

    codes: NDArray[np.uint32]
    bounds: NDArray[np.int64]
    lines: NDArray[np.int64]
    starts: NDArray[np.int64]
    ends: NDArray[np.int64]
    apart: Mapping[int, Units]


def _lined(texts: Sequence[str], as_lines: bool = False) -> _Lined:
    codes, bounds = pack(texts)
    starts, ends, lines, special = split_texts(codes, bounds, ONE_LINE, cc.joined())
    apart: dict[int, Units] = {}
    for i in [] if as_lines else np.flatnonzero(special).tolist():
        own = slice(lines[i], lines[i + 1])
        apart[i] = units_of(texts[i], codes[bounds[i] : bounds[i + 1]], starts[own], ends[own])
    if apart:
        starts, ends, lines = _with_units(starts, ends, lines, apart)
    return _Lined(codes, bounds, lines, starts, ends, apart)


class Hashed(NamedTuple):
    """Hashes of the units of n texts, those of text i from ``lines[i]`` on, as ``Measured`` has them; ``raw`` holds its
    first columns, of which words and full stops are counted."""

    lines: NDArray[np.int64]
    hashes: NDArray[np.uint64]
    raw: NDArray[np.float32]
    sketch: NDArray[np.uint64]


def hash_units(texts: Sequence[str], as_lines: bool = False) -> Hashed:
    """The hashes that ``see`` finds, at a third of its cost."""
    codes, bounds, lines, starts, ends, _ = _lined(texts, as_lines)
    return _hashed(codes, bounds, lines, starts, ends)


def hashed_in(batch: Batch) -> Hashed:
    """``hash_units`` of the texts of a batch."""
    return Hashed(batch.lines, batch.found.hashes, batch.found.raw, batch.found.sketch)


def _hashed(
    codes: NDArray[np.uint32],
    bounds: NDArray[np.int64],
    lines: NDArray[np.int64],
    starts: NDArray[np.int64],
    ends: NDArray[np.int64],
) -> Hashed:
    found = Hashed(
        lines,
        np.zeros((len(starts), 3), dtype=np.uint64),
        np.zeros((len(starts), hashing.STOPS + 1), dtype=np.float32),
        np.full((len(bounds) - 1, SKETCH), EMPTY, dtype=np.uint64),
    )
    hashing.hash_texts(codes, bounds, lines, starts, ends, cc.joined(), found[1:])
    return found


def _with_units(
    starts: NDArray[np.int64], ends: NDArray[np.int64], lines: NDArray[np.int64], apart: Mapping[int, Units]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Starts, ends and bounds with the units of the texts ``apart`` in place of their lines."""
    parts: list[tuple[NDArray[np.int64], NDArray[np.int64]]] = []
    sizes = np.diff(lines)
    done = 0
    for i, units in apart.items():
        parts.append((starts[done : lines[i]], ends[done : lines[i]]))
        parts.append((units.unit_starts, units.unit_ends))
        sizes[i] = len(units.unit_starts)
        done = int(lines[i + 1])
    parts.append((starts[done:], ends[done:]))
    changed = np.concatenate(([0], np.cumsum(sizes)))
    return np.concatenate([part[0] for part in parts]), np.concatenate([part[1] for part in parts]), changed


def scan_of(batch: Batch, number: int) -> Scan:
    """What was found in the units of one text, as ``scan`` has it."""
    own, found = slice(batch.lines[number], batch.lines[number + 1]), batch.found
    words = slice(found.word_bounds[number], found.word_bounds[number + 1])
    return Scan(
        batch.starts[own],
        batch.ends[own],
        found.raw[own],
        found.hashes[own],
        found.sketch[number],
        found.words[words],
        found.rarity[words],
        found.word_ends[own],
    )


def unit_of(batch: Batch, number: int) -> str:
    """Text of a unit, numbered among all of the batch."""
    text = bisect_right(batch.edges, number) - 1
    return batch.texts[text][batch.starts[number] : batch.ends[number]]


def line_of(batch: Batch, number: int) -> str:
    """Text of a unit without white space around it."""
    return unit_of(batch, number).strip()


def rows_of(batch: Batch) -> Rows:
    """Features of all units of a batch that are not empty."""
    filled = batch.found.raw[:, 0] > 0
    numbers = np.flatnonzero(filled)
    bounds = np.searchsorted(numbers, batch.lines)
    rows = np.zeros((len(numbers), len(features.NAMES)), dtype=np.float32)
    found, titles = batch.found, batch.titles
    ids = np.empty(int(found.word_bounds[-1]), dtype=np.int32)
    distinct = features.fill_texts(
        batch.lines,
        bounds,
        numbers,
        (found.raw, found.hashes, found.words, found.rarity, found.word_ends, found.word_bounds),
        (titles.words, titles.spans),
        ids,
        rows,
    )
    return Rows(bounds, numbers, rows, ids, distinct)


def odds_of(rows: Rows) -> NDArray[np.float32]:
    """The line model's log-odds that a unit is body."""
    return trees.log_odds(trees.load("line_model"), rows.rows)


def see_titles(titles: Sequence[str | None]) -> Titles:
    """Hashes of titles, of their forms (``title_forms``) and of their words."""
    forms = [title_forms(title) for title in titles]
    lines = np.array([*accumulate(map(len, forms), initial=0)], dtype=np.int64)
    sizes = lines[1:] - lines[:-1]
    flat = [form for own in forms for form in own]
    codes, edges = pack(flat)
    bounds = edges[lines]
    first = np.repeat(bounds[:-1], sizes)
    found = measured(codes, bounds, lines, edges[:-1] - first, edges[1:] - first, lexicon())
    given = sizes > 0
    whole = lines[:-1][given]
    spans = np.empty((len(titles), 2), dtype=np.int64)
    spans[:, 0] = spans[:, 1] = found.word_bounds[:-1]
    spans[given, 1] += found.word_ends[whole]
    raw = np.zeros((len(titles), found.raw.shape[1]), dtype=np.float32)
    raw[given] = found.raw[whole]
    doubts = doubtful(flat, codes, edges, found.raw)
    heads = hashing.head_hashes(codes, edges, HEAD_WORDS, cc.joined(), found.hashes)
    return Titles(found.hashes[:, 0].copy(), lines, found.words, spans, raw, flat, doubts, codes, edges, *heads)


def is_doubtful_title(titles: Titles, number: int, title: str) -> bool:
    """``is_doubtful`` of a title as given."""
    first = titles.bounds[number]
    if title == titles.forms[first]:
        return bool(titles.doubtful[first])
    return is_doubtful(title, titles.raw[number])


def line_keys(texts: Sequence[str]) -> NDArray[np.uint64]:
    """``line_key`` of each text, uint64."""
    codes, bounds = pack(texts)
    count = len(texts)
    found = _hashed(codes, bounds, np.arange(count + 1), np.zeros(count, np.int64), bounds[1:] - bounds[:-1])
    return found.hashes[:, 0].copy()


def pack(texts: Sequence[str]) -> tuple[NDArray[np.uint32], NDArray[np.int64]]:
    """Texts as one array of code points, and where each begins: int64[n + 1]."""
    bounds = np.array([*accumulate(map(len, texts), initial=0)], dtype=np.int64)
    return codes_of(texts[0] if len(texts) == 1 else "".join(texts)), bounds
