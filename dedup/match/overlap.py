"""Exact overlap of two token arrays: shared shingles, and the passages that both texts have in common.

Passages are found by greedy tiling (Wise 1993, "String similarity via greedy string tiling"): maximal common
runs, longest first, no word used twice. Arrays only; ``plain_tiles`` is the slow, obvious twin for the tests.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from dedup.match.compiled import compiled

Hashes = npt.NDArray[np.uint64]
Tiles = npt.NDArray[np.int32]

TILE_WORDS = 5
"""Shortest common run, in words, that counts as evidence: the length of a shingle."""

PASSAGE_WORDS = 8
"""Shortest run, in words, shown as a passage: below it most runs of the Helsinki pairs are names and stock phrases."""

REPEATS = 32
"""How many places of one 5-gram in a text are looked at: only a chorus or a table repeats more often."""

STEPS_PER_WORD = 400
"""Words compared per word of both texts while runs are extended; only texts that repeat themselves need more, and what
is found by then covers them."""

RUNS_PER_WORD = 8
"""Common runs kept per word of the shorter text; more come only from texts that repeat themselves."""


class Overlap(NamedTuple):
    """Sizes of two sets and of what they share."""

    shared: int
    a: int
    b: int

    @property
    def jaccard(self) -> float:
        """|A∩B| / |A∪B|, 0 for two empty sets."""
        union = self.a + self.b - self.shared
        return self.shared / union if union else 0.0

    @property
    def containment(self) -> tuple[float, float]:
        """|A∩B| / |A| and |A∩B| / |B|, 0 where the set is empty."""
        return (self.shared / self.a if self.a else 0.0, self.shared / self.b if self.b else 0.0)


@compiled
def rolling(tokens: Any, size: int) -> Any:
    """Hash of every window of ``size`` tokens, uint64, in text order; empty where the text is shorter."""
    count = max(tokens.shape[0] - size + 1, 0)
    out = np.empty(count, np.uint64)
    for i in range(count):
        value = np.uint64(0x9E3779B97F4A7C15)
        for k in range(size):
            value = (value ^ tokens[i + k]) * np.uint64(0xFF51AFD7ED558CCD)
            value ^= value >> np.uint64(32)
        out[i] = value
    return out


@compiled
def shared_sorted(a: Any, b: Any) -> int:
    """How many values two sorted arrays without repeats share. Hashes come in no order that a processor could guess, so
    that steps by comparison are three times as fast as branches."""
    i = j = shared = 0
    while i < a.shape[0] and j < b.shape[0]:
        one, other = a[i], b[j]
        shared += one == other
        i += one <= other
        j += other <= one
    return shared


@compiled
def meetings(one: Any, other: Any) -> Any:
    """For each value of an ascending array that stands in another too, int32[m, 2] where, and where it first stands
    there. Steps have no branch, as in ``shared_sorted``."""
    found = np.empty((one.shape[0] + 1, 2), np.int32)
    i = j = count = 0
    while i < one.shape[0] and j < other.shape[0]:
        here, there = one[i], other[j]
        found[count, 0], found[count, 1] = i, j
        count += here == there
        i += here <= there
        j += there < here
    return found[:count]


def overlap(a: Hashes, b: Hashes) -> Overlap:
    """Exact overlap of two sets given as sorted arrays without repeats."""
    return Overlap(int(shared_sorted(a, b)), int(a.shape[0]), int(b.shape[0]))


@compiled
def _run_length(a: Any, b: Any, i: int, j: int) -> int:
    length = 0
    while i + length < a.shape[0] and j + length < b.shape[0] and a[i + length] == b[j + length]:
        length += 1
    return length


@compiled
def _first_places(a: Any, b: Any) -> Any:
    """For each window of a in text order where the first equal one stands among b's sorted windows, or -1; and whether
    there is any."""
    first = np.full(a.grams.shape[0], -1, np.int32)
    i = j = 0
    found = False
    while i < a.ascending.shape[0] and j < b.ascending.shape[0]:
        one, other = a.ascending[i], b.ascending[j]
        if one == other:
            first[a.places[i]] = j
            found = True
        i += one <= other
        j += other < one
    return first, found


@compiled
def _common_runs(a: Any, b: Any, one: Any, other: Any, first: Any) -> Any:
    """Maximal common runs as rows of length, place in a, place in b. ``one`` and ``other`` are the windows of a and b,
    ``first`` what ``_first_places`` says of them."""
    grams, ascending = one.grams, other.ascending
    size = a.shape[0] - grams.shape[0] + 1
    limit = RUNS_PER_WORD * min(a.shape[0], b.shape[0]) + 16
    runs = np.empty((limit, 3), np.int32)
    count = 0
    steps = STEPS_PER_WORD * (a.shape[0] + b.shape[0])
    for i in range(grams.shape[0]):
        if first[i] < 0:
            continue
        for place in range(first[i], min(first[i] + REPEATS, ascending.shape[0])):
            if ascending[place] != grams[i]:
                break
            j = other.places[place]
            if i > 0 and j > 0 and a[i - 1] == b[j - 1]:
                continue  # the run began earlier
            if steps < 0:
                return runs[:count]
            length = _run_length(a, b, i, j)
            steps -= length
            if length >= size and count < limit:
                runs[count, 0] = length
                runs[count, 1] = i
                runs[count, 2] = j
                count += 1
    return runs[:count]


@compiled
def _lay(runs: Any, ranks: Any, sizes: Any, minimum: int) -> Any:
    """Take runs in the order of ``ranks``, cut to words that no earlier tile covers."""
    in_a = np.zeros(sizes[0], np.bool_)
    in_b = np.zeros(sizes[1], np.bool_)
    tiles = np.empty((max(min(sizes[0], sizes[1]) // minimum, 1), 3), np.int32)
    count = 0
    for rank in ranks:
        length, i, j = runs[rank]
        start = 0
        while start < length:
            if in_a[i + start] or in_b[j + start]:
                start += 1
                continue
            end = start
            while end < length and not in_a[i + end] and not in_b[j + end]:
                end += 1
            if end - start >= minimum:
                in_a[i + start : i + end] = True
                in_b[j + start : j + end] = True
                tiles[count, 0] = i + start
                tiles[count, 1] = j + start
                tiles[count, 2] = end - start
                count += 1
            start = end
    return tiles[:count]


class Windows(NamedTuple):
    """Hashes of the windows of a text in order, uint64; the same sorted; and where each of those stands, int32."""

    grams: Hashes
    ascending: Hashes
    places: npt.NDArray[np.int32]


def windows(words: Hashes, size: int = TILE_WORDS) -> Windows:
    """The windows of ``size`` words of a text; equal ones stand in text order."""
    grams = rolling(words, size)
    places = np.argsort(grams, kind="stable")
    return Windows(grams, grams[places], places.astype(np.int32))


def tiles(a: Hashes, b: Hashes, minimum: int = TILE_WORDS) -> Tiles:
    """Common runs of at least ``minimum`` tokens, greedily longest first, no token used twice.

    Returns int32 rows of place in a, place in b, length, sorted by place in a. Deterministic; ties go to the run
    that stands earlier in a, then in b.
    """
    found: Tiles = tiles_of(a, b, windows(a, minimum), windows(b, minimum))
    return found


@compiled
def tiles_of(a: Any, b: Any, a_windows: Any, b_windows: Any) -> Any:
    """``tiles`` of texts whose windows are known already; the shortest tile is one window."""
    first, found = _first_places(a_windows, b_windows)
    if not found:
        return np.empty((0, 3), np.int32)
    runs = _common_runs(a, b, a_windows, b_windows, first)
    ranks = np.argsort(-runs[:, 0], kind="mergesort")
    minimum = a.shape[0] - a_windows.grams.shape[0] + 1
    laid = _lay(runs, ranks, (a.shape[0], b.shape[0]), minimum)
    return laid[np.argsort(laid[:, 0], kind="mergesort")]


def plain_tiles(a: list[int], b: list[int], minimum: int = TILE_WORDS) -> list[tuple[int, int, int]]:
    """The same tiles as ``tiles`` by trying every pair of places, for texts without many repeats; for tests."""
    runs = []
    for i in range(len(a)):
        for j in range(len(b)):
            if i and j and a[i - 1] == b[j - 1]:
                continue
            length = 0
            while i + length < len(a) and j + length < len(b) and a[i + length] == b[j + length]:
                length += 1
            if length >= minimum:
                runs.append((-length, i, j))
    used_a: set[int] = set()
    used_b: set[int] = set()
    found = []
    for negative, i, j in sorted(runs):
        piece: list[int] = []
        for k in [*range(-negative), None]:
            if k is not None and i + k not in used_a and j + k not in used_b:
                piece.append(k)
                continue
            if len(piece) >= minimum:
                found.append((i + piece[0], j + piece[0], len(piece)))
                used_a.update(i + p for p in piece)
                used_b.update(j + p for p in piece)
            piece = []
    return sorted(found)
