"""Profiles of many articles in a few arrays, so that compiled code builds and compares them without Python objects.

Columns have one entry a word of the batch; sets and lists of varying length stand one after the other in one array,
article by article, section by section, with the bounds of every section beside it.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from dedup.match.compiled import compiled

(ASCENDING, GRAMS, SHORT, NUMBERS, NAMES, HEADLINE, OUTLET) = range(7)
(TERMS, VECTOR, LEAD, TITLE, STORY_NAMES) = range(7, 12)
SETS = 12
"""Sections of hashes, each ascending and, but for ASCENDING and TERMS, without repeats."""

(TERM_LOADS, VECTOR_LOADS, RARE_LOADS, LEAD_LOADS, TITLE_LOADS, NAME_LOADS) = range(6)
LOADS = 6
"""Sections of weights; those of TERMS, of VECTOR twice (RARE_LOADS are of idf squared), of LEAD, TITLE, STORY_NAMES."""

(DISTINCT, FREE, QUOTES, WEEKDAYS, SPECIFIC) = range(5)
SUMS = SPECIFIC + 3
"""Numbers of an article: weight of its distinct free words, free words, quoted words, bits of the weekdays named; its
specifics (``dedup.match.stems``)."""

MOVES = 16
"""Moves a value that sorting by leading bits may take; hashes take less than one, chosen ones would take thousands."""


class Packed(NamedTuple):
    """n articles. Columns over words, those of article i at ``words[i, 0]:words[i, 1]``: ``hashes`` uint64, ``starts``,
    ``ends``, ``sentence`` int32, ``flags`` uint8, ``weights`` float32, and of the windows that begin at each word
    ``grams`` uint64 and ``places`` int32 (where the sorted ones stand).

    ``sets`` uint64 with ``set_bounds`` int64[n, SETS + 1]; ``loads`` float32 with ``load_bounds`` int64[n, LOADS + 1].
    ``term_sentence`` int32 goes with TERMS, from ``term_starts`` int64[n] on. ``sizes`` int32 and ``norms`` float64,
    one a sentence, with ``sentences`` int64[n + 1]. ``sums`` float64[n, SUMS].

    The columns of ``Stems`` (``dedup.match.stems``) by stem, ``stems`` to ``stem_loads``, of which article i uses the
    first ``stem_counts[i]`` from ``words[i, 0]`` on; by word ``stem_places``; by sentence ``stem_weights`` and
    ``stem_sizes``.
    """

    words: npt.NDArray[np.int64]
    hashes: npt.NDArray[np.uint64]
    starts: npt.NDArray[np.int32]
    ends: npt.NDArray[np.int32]
    sentence: npt.NDArray[np.int32]
    flags: npt.NDArray[np.uint8]
    weights: npt.NDArray[np.float32]
    grams: npt.NDArray[np.uint64]
    places: npt.NDArray[np.int32]
    sets: npt.NDArray[np.uint64]
    set_bounds: npt.NDArray[np.int64]
    loads: npt.NDArray[np.float32]
    load_bounds: npt.NDArray[np.int64]
    term_sentence: npt.NDArray[np.int32]
    term_starts: npt.NDArray[np.int64]
    sizes: npt.NDArray[np.int32]
    norms: npt.NDArray[np.float64]
    sentences: npt.NDArray[np.int64]
    sums: npt.NDArray[np.float64]
    stems: npt.NDArray[np.uint64]
    stem_ends: npt.NDArray[np.int32]
    stem_marks: npt.NDArray[np.uint8]
    stem_rarity: npt.NDArray[np.float32]
    stem_loads: npt.NDArray[np.float32]
    stem_counts: npt.NDArray[np.int64]
    stem_places: npt.NDArray[np.int32]
    stem_weights: npt.NDArray[np.float64]
    stem_sizes: npt.NDArray[np.int32]


def one_row(packed: Packed, row: int) -> Packed:
    """One article in arrays of its own."""
    low, high = packed.words[row].tolist()
    words, one = slice(low, high), slice(row, row + 1)
    stems = slice(low, low + int(packed.stem_counts[row]))
    sets, loads, start = packed.set_bounds[one], packed.load_bounds[one], int(packed.term_starts[row])
    terms = slice(start, start + int(loads[0, TERM_LOADS + 1] - loads[0, TERM_LOADS]))
    bounds = packed.sentences[row : row + 2]
    sentences = slice(int(bounds[0]), int(bounds[1]))
    return Packed(
        words=np.array([[0, high - low]], np.int64),
        hashes=packed.hashes[words].copy(),
        starts=packed.starts[words].copy(),
        ends=packed.ends[words].copy(),
        sentence=packed.sentence[words].copy(),
        flags=packed.flags[words].copy(),
        weights=packed.weights[words].copy(),
        grams=packed.grams[words].copy(),
        places=packed.places[words].copy(),
        sets=packed.sets[sets[0, 0] : sets[0, -1]].copy(),
        set_bounds=sets - sets[0, 0],
        loads=packed.loads[loads[0, 0] : loads[0, -1]].copy(),
        load_bounds=loads - loads[0, 0],
        term_sentence=packed.term_sentence[terms].copy(),
        term_starts=np.zeros(1, np.int64),
        sizes=packed.sizes[sentences].copy(),
        norms=packed.norms[sentences].copy(),
        sentences=bounds - bounds[0],
        sums=packed.sums[one].copy(),
        stems=packed.stems[stems].copy(),
        stem_ends=packed.stem_ends[stems].copy(),
        stem_marks=packed.stem_marks[stems].copy(),
        stem_rarity=packed.stem_rarity[stems].copy(),
        stem_loads=packed.stem_loads[stems].copy(),
        stem_counts=packed.stem_counts[one].copy(),
        stem_places=packed.stem_places[words].copy(),
        stem_weights=packed.stem_weights[sentences].copy(),
        stem_sizes=packed.stem_sizes[sentences].copy(),
    )


@compiled
def section(packed: Any, row: int, name: int) -> Any:
    """One section of ``sets``."""
    return packed.sets[packed.set_bounds[row, name] : packed.set_bounds[row, name + 1]]


@compiled
def loads(packed: Any, row: int, name: int) -> Any:
    """One section of ``loads``."""
    return packed.loads[packed.load_bounds[row, name] : packed.load_bounds[row, name + 1]]


@compiled
def sort_hashes(values: Any) -> Any:
    """The values ascending and where each stood, equal ones in order: by their leading bits, then by insertion, since
    hashes spread evenly; values chosen to crowd are sorted by merging instead."""
    count = values.shape[0]
    bits = 4
    while (1 << bits) < count and bits < 16:
        bits += 1
    shift = np.uint64(64 - bits)
    heads = np.zeros((1 << bits) + 1, np.int32)
    for i in range(count):
        heads[np.int64(values[i] >> shift) + 1] += 1
    for i in range(1, heads.shape[0]):
        heads[i] += heads[i - 1]
    ascending, order = np.empty(count, np.uint64), np.empty(count, np.int32)
    for i in range(count):
        bucket = np.int64(values[i] >> shift)
        ascending[heads[bucket]] = values[i]
        order[heads[bucket]] = i
        heads[bucket] += 1
    if not _insert(ascending, order, MOVES * count + 1024):
        merged = np.argsort(values, kind="mergesort")
        for i in range(count):
            order[i] = merged[i]
            ascending[i] = values[merged[i]]
    return ascending, order


@compiled
def _insert(ascending: Any, order: Any, moves: int) -> bool:
    """Finish sorting by insertion; False when it takes more moves."""
    for i in range(1, ascending.shape[0]):
        value, place = ascending[i], order[i]
        at = i
        while at > 0 and ascending[at - 1] > value:
            ascending[at] = ascending[at - 1]
            order[at] = order[at - 1]
            at -= 1
        ascending[at] = value
        order[at] = place
        moves -= i - at
        if moves < 0:
            return False
    return True


@compiled
def put_kept(found: Any, kept: Any, sets: Any, at: int) -> int:
    """Write the distinct values of what ``sort_hashes`` found that stood at a kept place; where the next go."""
    ascending, order = found
    start = at
    for i in range(ascending.shape[0]):
        if kept[order[i]] and (at == start or sets[at - 1] != ascending[i]):
            sets[at] = ascending[i]
            at += 1
    return at


@compiled
def put_distinct(ascending: Any, sets: Any, at: int) -> int:
    """Write the distinct values of a sorted array; where the next go."""
    start = at
    for i in range(ascending.shape[0]):
        if at == start or sets[at - 1] != ascending[i]:
            sets[at] = ascending[i]
            at += 1
    return at


@compiled
def all_kept(kept: Any, size: int) -> Any:
    """For each window of ``size`` words whether all of them are kept."""
    count = max(kept.shape[0] - size + 1, 0)
    out = np.empty(count, np.bool_)
    run = 0
    for i in range(kept.shape[0]):
        run = run + 1 if kept[i] else 0
        if i >= size - 1:
            out[i - size + 1] = run >= size
    return out
