"""One compiled pass over a text: its lines, what stands in each, and the hashes that evidence is counted by.

The kernels (``measure.py``) take the text as UTF-32 codes and fill plain arrays; nothing here decides what a line is.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dedup.text import charclass as cc
from dedup.text.lexicon import Lexicon, lexicon
from dedup.text.measure import measure_texts, split_texts

RAW = (
    "chars words letters upper digits wide capitalised shouted stops commas quotes dashes brackets symbols"
    " first_class last_class last_code number_words links inner_stops phrase prefix upper_start caseless"
).split()
"""Names of the counted columns of a line; the lexicon's word kinds follow."""
KINDS = 24
MARKS = "tail_marks head_marks years".split()
"""Columns after the kinds, see measure.py."""
WIDTH = len(RAW) + KINDS + len(MARKS)
COLUMN = {name: number for number, name in enumerate([*RAW, *[""] * KINDS, *MARKS])}
SKETCH = 8
"""Parts of an article's sketch: eight partitions tell copies (half or more agree) from strangers (none does)."""

EMPTY = np.uint64(0xFFFFFFFFFFFFFFFF)
"""A part of a sketch that no word fell into."""


class Scan(NamedTuple):
    """What one pass over one text found. ``starts``, ``ends``: the lines, int64. ``raw``: float32, lines x columns.

    ``hashes``: uint64, lines x 3: whole line, first six words, first twelve words, letters and digits only,
    lower case (0 where the line has no or too few words). ``sketch``: uint64 of SKETCH parts over long lines.
    ``words``: uint64, all word hashes in order; ``rarity``: float32, theirs; line i has those up to ``word_ends[i]``.
    """

    starts: NDArray[np.int64]
    ends: NDArray[np.int64]
    raw: NDArray[np.float32]
    hashes: NDArray[np.uint64]
    sketch: NDArray[np.uint64]
    words: NDArray[np.uint64]
    rarity: NDArray[np.float32]
    word_ends: NDArray[np.int64]


def codes_of(text: str) -> NDArray[np.uint32]:
    """The text as UTF-32 codes, one a character, lone surrogates included."""
    if not text:
        return np.zeros(0, dtype=np.uint32)
    return np.array([text]).view(np.uint32)  # numpy keeps text as UTF-32: half the time of encoding it


def scan(text: str, words_known: Lexicon) -> Scan:
    """Lines of ``text`` (separators \\n, \\r\\n, \\r, \\v, \\f, U+0085, U+2028, U+2029) and what stands in each."""
    codes = codes_of(text)
    starts, ends = split_lines(codes)
    return scan_spans(codes, starts, ends, words_known)


def line_key(text: str) -> int:
    """Hash of the words of a text in order, as ``Scan.hashes`` has it for a line; 0 without words."""
    return int(_one_line(text).hashes[0, 0])


def words_of(text: str) -> NDArray[np.uint64]:
    """Hash of every word of a text in order, uint64."""
    return _one_line(text).words


def _one_line(text: str) -> Scan:
    codes = codes_of(text)
    return scan_spans(codes, np.zeros(1, dtype=np.int64), np.full(1, len(codes), dtype=np.int64), lexicon())


def scan_spans(
    codes: NDArray[np.uint32], starts: NDArray[np.int64], ends: NDArray[np.int64], words_known: Lexicon
) -> Scan:
    """What stands in each span of a text given as codes."""
    bounds, lines = np.array([0, len(codes)]), np.array([0, len(starts)])
    raw, hashes, sketch, words, rarity, word_ends, word_bounds = measured(
        codes, bounds, lines, starts, ends, words_known
    )
    count = int(word_bounds[1])
    return Scan(starts, ends, raw, hashes, sketch[0], words[:count], rarity[:count], word_ends)


class Measured(NamedTuple):
    """The arrays of a Scan for all texts one after the other: text i has words from ``word_bounds[i]`` on, counted by
    ``word_ends`` from there."""

    raw: NDArray[np.float32]
    hashes: NDArray[np.uint64]
    sketch: NDArray[np.uint64]
    words: NDArray[np.uint64]
    rarity: NDArray[np.float32]
    word_ends: NDArray[np.int64]
    word_bounds: NDArray[np.int64]


def measured(
    codes: NDArray[np.uint32],
    bounds: NDArray[np.int64],
    lines: NDArray[np.int64],
    starts: NDArray[np.int64],
    ends: NDArray[np.int64],
    words_known: Lexicon,
) -> Measured:
    """Scan of many texts: text i is ``codes[bounds[i]:bounds[i + 1]]`` and has the lines from ``lines[i]`` on, whose
    ``starts`` and ``ends`` count from the text's own start."""
    found = Measured(
        np.zeros((len(starts), WIDTH), dtype=np.float32),
        np.zeros((len(starts), 3), dtype=np.uint64),
        np.full((len(bounds) - 1, SKETCH), EMPTY, dtype=np.uint64),
        np.empty(len(codes) + 1, dtype=np.uint64),
        np.empty(len(codes) + 1, dtype=np.float32),
        np.zeros(len(starts), dtype=np.int64),
        np.zeros(len(bounds), dtype=np.int64),
    )
    measure_texts(codes, bounds, lines, starts, ends, cc.joined(), words_known[:4], found)
    return found


def split_lines(codes: NDArray[np.uint32]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Start and end of every line, the empty ones included; a text always has at least one."""
    starts, ends, _, _ = split_texts(codes, np.array([0, len(codes)]), 1, cc.joined())
    return starts, ends
