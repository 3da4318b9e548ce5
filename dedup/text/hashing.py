"""The half of ``measure`` that a feed's evidence needs: hashes of lines and sketches of texts, nothing counted but
words and full stops; a third of the time."""

from __future__ import annotations

import numpy as np
from numba import njit

from dedup.text.charclass import APOSTROPHE, IGNORED, STOP, WIDE
from dedup.text.measure import LONG, add_to_sketch
from dedup.text.scan import EMPTY, SKETCH
from dedup.text.spots import blank

WORDS, STOPS = 1, 8
"""Columns of ``Scan.raw`` that are filled; none behind them is there."""
_SEED, _PRIME = np.uint64(0xCBF29CE484222325), np.uint64(0x100000001B3)


@njit(cache=True, nogil=True)
def hash_texts(codes, bounds, lines, starts, ends, table, found):  # type: ignore[no-untyped-def]
    """Fill ``hashes`` and ``sketch`` as ``measure_texts`` does, and two columns of ``raw`` (lines x STOPS + 1)."""
    hashes, raw, sketch = found
    for text in range(len(bounds) - 1):
        low = bounds[text]
        for line in range(lines[text], lines[text + 1]):
            held = hashes[line], raw[line], sketch[text]
            _hash_line(codes, low + starts[line], low + ends[line], table, held)


@njit(cache=True, nogil=True)
def _hash_line(codes, start, end, table, held):  # type: ignore[no-untyped-def]
    hashes, raw, sketch = held
    whole, older, old = _SEED, np.uint64(0), np.uint64(0)
    words = stops = 0
    i = start
    while i < end:
        kind = table[codes[i]] >> np.uint32(24)
        if kind - np.uint32(1) < np.uint32(4):
            i, word = _read_word(codes, i, end, table)
            if end - start >= LONG and words >= 2:
                add_to_sketch(older * np.uint64(3) + old * np.uint64(5) + word, sketch)
            older, old = old, word
        else:
            i += 1
            stops += kind == STOP
            if kind != WIDE:
                continue
            word = np.uint64(codes[i - 1])
        words += 1
        whole = (whole ^ word) * _PRIME
        whole ^= whole >> np.uint64(31)
        if words == 6:
            hashes[1] = whole
        elif words == 12:
            hashes[2] = whole
    if words > 0:
        hashes[0] = whole
    raw[WORDS], raw[STOPS] = words, stops


@njit(cache=True, nogil=True)
def _read_word(codes, i, end, table):  # type: ignore[no-untyped-def]
    """The place after the word that begins at ``i``, and its hash, as ``measure._read_word`` has them."""
    word = _SEED
    while True:
        kind = np.uint32(0)
        while i < end:
            entry = table[codes[i]]
            kind = entry >> np.uint32(24)
            if kind - np.uint32(1) >= np.uint32(4):
                break
            word = (word ^ np.uint64(entry & np.uint32(0xFFFFFF))) * _PRIME
            i += 1
        if i >= end or (kind != APOSTROPHE and kind != IGNORED):
            return i, word if word != np.uint64(0) else np.uint64(1)
        i += 1


@njit(cache=True, nogil=True)
def head_hashes(codes, edges, many, table, whole):  # type: ignore[no-untyped-def]
    """How many words each text ``codes[edges[i]:edges[i + 1]]`` has (``words_apart``), the hash of the first ``many``
    of them, and the hashes of the first six hashed words of the text and of these: of all where there are fewer.
    ``whole`` are the texts' own hashes."""
    texts = len(edges) - 1
    counts = np.zeros(texts, dtype=np.int64)
    heads = np.zeros(texts, dtype=np.uint64)
    begins = np.zeros((texts, 2), dtype=np.uint64)
    raw, sketch = np.empty(STOPS + 1, dtype=np.float32), np.full(SKETCH, EMPTY, dtype=np.uint64)
    for text in range(texts):
        counts[text], end = words_apart(codes, edges[text], edges[text + 1], many, table)
        hashes = np.zeros(3, dtype=np.uint64)
        _hash_line(codes, edges[text], end, table, (hashes, raw, sketch))
        heads[text] = hashes[0]
        for column, found in enumerate((whole[text], hashes)):
            begins[text, column] = found[1] if found[1] != np.uint64(0) else found[0]
    return counts, heads, begins


@njit(cache=True, nogil=True)
def words_apart(codes, low, high, many, table):  # type: ignore[no-untyped-def]
    """How many words between white space there are, ``many + 1`` for more than ``many``, and where the last of the
    first ``many`` ends."""
    count, end, inside = 0, low, False
    for i in range(low, high):
        apart = blank(codes[i], table)
        count += not apart and not inside
        inside = not apart
        if count > many:
            break
        if inside:
            end = i + 1
    return count, end
