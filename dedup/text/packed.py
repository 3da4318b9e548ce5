"""Many texts seen at once: lines, units and features of a batch in a few compiled calls instead of some per article.

The same kernels as ``scan``, ``units`` and ``features`` use for one text, run over one buffer; texts whose units are
not their lines (sentences, wrapped paragraphs) are left to ``scan_units``. What comes out is the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dedup.text import charclass as cc
from dedup.text import features, trees
from dedup.text.lexicon import lexicon
from dedup.text.measure import split_texts
from dedup.text.scan import Scan, codes_of, measured
from dedup.text.units import ONE_LINE, WRAPPED_HIGH, WRAPPED_LINES, WRAPPED_LOW, Units, scan_units

BATCH_CHARS = 1 << 20
"""Characters scanned in one buffer: some 25 bytes of arrays each."""
_LIMITS = (ONE_LINE, WRAPPED_LINES, WRAPPED_LOW, WRAPPED_HIGH)


class Rows(NamedTuple):
    """Lines that are not empty: ``numbers`` int64, ``rows`` float32 (lines x features.NAMES), ``odds`` float32, the
    line model's log-odds of being body."""

    numbers: NDArray[np.int64]
    rows: NDArray[np.float32]
    odds: NDArray[np.float32]


class Seen(NamedTuple):
    """A text's lines and units, what stands in each unit, and the hashes of its title's words in order."""

    units: Units
    found: Scan
    title_words: NDArray[np.uint64]


def see_rows(found: Scan, title: str | None) -> Rows:
    """Features and log-odds of one text's lines."""
    numbers, rows = features.line_features(found, title)
    return Rows(numbers, rows, trees.log_odds(trees.load("line_model"), rows))


def rows_of(seen: Sequence[Seen]) -> list[Rows]:
    """``see_rows`` of every text; the line model walks the lines of all of them together."""
    parts = [features.features_of(item.found, item.title_words) for item in seen]
    if not parts:
        return []
    odds = trees.log_odds(trees.load("line_model"), np.concatenate([rows for _, rows in parts]))
    ends = np.cumsum([len(numbers) for numbers, _ in parts]).tolist()
    return [
        Rows(numbers, rows, odds[end - len(numbers) : end]) for (numbers, rows), end in zip(parts, ends, strict=True)
    ]


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


def see(texts: Sequence[str], titles: Sequence[str]) -> list[Seen]:
    """Units and scans of texts, as ``scan_units`` has them, and the words of their titles."""
    title_words = _title_words(titles)
    codes, bounds = _packed(texts)
    starts, ends, lines, special = split_texts(codes, bounds, _LIMITS, cc.joined())
    raw, hashes, sketch, words, rarity, word_ends, word_bounds = measured(codes, bounds, lines, starts, ends, lexicon())
    seen = []
    numbers = np.arange(int(np.diff(lines).max(initial=0)))
    line_edges, word_edges = lines.tolist(), word_bounds.tolist()
    for i in range(len(texts)):
        (low, high), (first, last) = line_edges[i : i + 2], word_edges[i : i + 2]
        if special[i]:
            seen.append(Seen(*scan_units(texts[i]), title_words[i]))
            continue
        own = starts[low:high], ends[low:high]
        found = Scan(
            *own, raw[low:high], hashes[low:high], sketch[i], words[first:last], rarity[first:last], word_ends[low:high]
        )
        seen.append(Seen(Units(*own, *own, numbers[: high - low]), found, title_words[i]))
    return seen


def _packed(texts: Sequence[str]) -> tuple[NDArray[np.uint32], NDArray[np.int64]]:
    bounds = np.zeros(len(texts) + 1, dtype=np.int64)
    np.cumsum([len(text) for text in texts], out=bounds[1:])
    return codes_of("".join(texts)), bounds


def _title_words(titles: Sequence[str]) -> list[NDArray[np.uint64]]:
    codes, bounds = _packed(titles)
    lines = np.arange(len(titles) + 1, dtype=np.int64)
    found = measured(codes, bounds, lines, np.zeros(len(titles), dtype=np.int64), np.diff(bounds), lexicon())
    edges = zip(found.word_bounds[:-1].tolist(), found.word_bounds[1:].tolist(), strict=True)
    return [found.words[low:high] for low, high in edges]
