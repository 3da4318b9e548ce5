"""Many texts seen at once: lines, units and features of a batch in a few compiled calls instead of some per article.

Everything stands in arrays over all units of all texts, text after text; a text alone is a batch of one.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dedup.text import charclass as cc
from dedup.text import features, trees
from dedup.text.headlines import title_forms
from dedup.text.lexicon import lexicon
from dedup.text.measure import split_texts
from dedup.text.scan import Measured, Scan, codes_of, measured
from dedup.text.units import ONE_LINE, Units, units_of

BATCH_CHARS = 1 << 17
"""Characters scanned in one buffer: some 25 bytes of arrays each, which fit a core's cache."""


class Titles(NamedTuple):
    """Hashes of the forms of n titles: those of title i are ``keys[bounds[i]:bounds[i + 1]]`` (uint64), and the words
    of the title as given are ``words[spans[i, 0]:spans[i, 1]]`` (uint64); ``raw`` float32, a row of ``Scan.raw`` a
    title (zeros for none)."""

    keys: NDArray[np.uint64]
    bounds: NDArray[np.int64]
    words: NDArray[np.uint64]
    spans: NDArray[np.int64]
    raw: NDArray[np.float32]


class Batch(NamedTuple):
    """n texts. Text i is ``codes[bounds[i]:bounds[i + 1]]`` (uint32) and has the units ``lines[i]`` to ``lines[i + 1]``
    (int64[n + 1]), whose ``starts`` and ``ends`` (int64) count from its own start; ``found`` is what stands in them.

    ``apart`` holds the texts whose units are not their lines.
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
    codes, bounds = pack(texts)
    starts, ends, lines, special = split_texts(codes, bounds, ONE_LINE, cc.joined())
    apart: dict[int, Units] = {}
    for i in [] if as_lines else np.flatnonzero(special).tolist():
        own = slice(lines[i], lines[i + 1])
        apart[i] = units_of(texts[i], codes[bounds[i] : bounds[i + 1]], starts[own], ends[own])
    if apart:
        starts, ends, lines = _with_units(starts, ends, lines, apart)
    found = measured(codes, bounds, lines, starts, ends, lexicon())
    return Batch(texts, codes, bounds, lines, starts, ends, found, apart, see_titles(titles))


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
    text = bisect_right(batch.lines, number) - 1
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
    sizes = np.array([len(own) for own in forms], dtype=np.int64)
    lines = np.concatenate((np.zeros(1, dtype=np.int64), np.cumsum(sizes)))
    flat = [form for own in forms for form in own]
    codes, edges = pack(flat)
    bounds = edges[lines]
    first = np.repeat(bounds[:-1], sizes)
    found = measured(codes, bounds, lines, edges[:-1] - first, edges[1:] - first, lexicon())
    spans = np.stack((found.word_bounds[:-1], found.word_bounds[:-1]), axis=1)
    given = sizes > 0
    spans[given, 1] += found.word_ends[lines[:-1][given]]
    raw = np.zeros((len(titles), found.raw.shape[1]), dtype=np.float32)
    raw[given] = found.raw[lines[:-1][given]]
    return Titles(found.hashes[:, 0].copy(), lines, found.words, spans, raw)


def line_keys(texts: Sequence[str]) -> NDArray[np.uint64]:
    """``line_key`` of each text, uint64."""
    codes, bounds = pack(texts)
    count = len(texts)
    found = measured(codes, bounds, np.arange(count + 1), np.zeros(count, np.int64), np.diff(bounds), lexicon())
    return found.hashes[:, 0].copy()


def pack(texts: Sequence[str]) -> tuple[NDArray[np.uint32], NDArray[np.int64]]:
    """Texts as one array of code points, and where each begins: int64[n + 1]."""
    bounds = np.zeros(len(texts) + 1, dtype=np.int64)
    np.cumsum([len(text) for text in texts], out=bounds[1:])
    return codes_of("".join(texts)), bounds
