"""Word hashes to shingles, signature and sample, compiled, over packed buffers and without the GIL.

Nothing compiled elsewhere is called from here: numba's cache on disk does not notice when a callee in another file
has changed.
"""

from __future__ import annotations

from typing import NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray

BIG = np.uint64(0xFFFFFFFF)


class Recipe(NamedTuple):
    """What a sketch is made with: shingle factors uint64[k]; permutations a, b uint32[p]; greatest sampled hash;
    least words; whether to keep every shingle."""

    factors: NDArray[np.uint64]
    a: NDArray[np.uint32]
    b: NDArray[np.uint32]
    bound: np.uint64
    least: int
    keep: bool


class Outputs(NamedTuple):
    """Where the kernel writes, a row a text; ``sample`` and ``shingles`` are packed, with int64[n + 1] bounds."""

    words: NDArray[np.int32]
    digests: NDArray[np.uint64]
    signatures: NDArray[np.uint32]
    sample: NDArray[np.uint64]
    sample_bounds: NDArray[np.int64]
    shingles: NDArray[np.uint64]
    shingle_bounds: NDArray[np.int64]


@numba.njit(cache=True, nogil=True)
def _finish(state: np.uint64) -> np.uint64:
    """MurmurHash3's 64-bit finaliser."""
    state = (state ^ (state >> np.uint64(33))) * np.uint64(0xFF51AFD7ED558CCD)
    state = (state ^ (state >> np.uint64(33))) * np.uint64(0xC4CEB9FE1A85EC53)
    return state ^ (state >> np.uint64(33))


@numba.njit(cache=True, nogil=True)
def _digest_words(hashes: NDArray[np.uint64]) -> tuple[np.uint64, np.uint64]:
    """A 128-bit digest of a sequence of words, by two chains of different form (not meant against an adversary)."""
    one, two = np.uint64(len(hashes)), np.uint64(0x8EBC6AF09C88C6E3)
    for at in range(len(hashes)):
        one = (one ^ hashes[at]) * np.uint64(0xD6E8FEB86659FD93)
        one ^= one >> np.uint64(32)
        two = ((two << np.uint64(23)) | (two >> np.uint64(41))) + hashes[at]
        two *= np.uint64(0x589965CC75374CC3)
    return _finish(one), _finish(two)


@numba.njit(cache=True, nogil=True)
def _shingle(hashes: NDArray[np.uint64], factors: NDArray[np.uint64], out: NDArray[np.uint64]) -> int:
    size, count = len(factors), len(hashes)
    for at in range(count - size + 1):
        state = np.uint64(0)
        for word in range(size):
            state += hashes[at + word] * factors[word]
        out[at] = _finish(state)
    return count - size + 1


@numba.njit(cache=True, nogil=True)
def _mix(shingle: np.uint64) -> np.uint32:
    """MurmurHash3's 32-bit finaliser over the low half: datasketch's pre-mix."""
    state = np.uint32(shingle & BIG)
    state = np.uint32((state ^ (state >> np.uint32(16))) * np.uint32(0x85EBCA6B))
    state = np.uint32((state ^ (state >> np.uint32(13))) * np.uint32(0xC2B2AE35))
    return np.uint32(state ^ (state >> np.uint32(16)))


@numba.njit(cache=True, nogil=True)
def _sign(shingles: NDArray[np.uint64], count: int, recipe: Recipe, row: NDArray[np.uint32]) -> None:
    """The least value of every permutation; four shingles at a time, so that the row stays in registers longer."""
    a, b = recipe.a, recipe.b
    row[:] = np.uint32(0xFFFFFFFF)
    at = 0
    while at < count:
        last = count - 1
        h0, h1 = _mix(shingles[at]), _mix(shingles[min(at + 1, last)])
        h2, h3 = _mix(shingles[min(at + 2, last)]), _mix(shingles[min(at + 3, last)])
        for which in range(len(row)):
            low = min(np.uint32(a[which] * h0 + b[which]), np.uint32(a[which] * h1 + b[which]))
            high = min(np.uint32(a[which] * h2 + b[which]), np.uint32(a[which] * h3 + b[which]))
            row[which] = min(row[which], min(low, high))
        at += 4


@numba.njit(cache=True, nogil=True)
def sort_unique(values: NDArray[np.uint64], count: int, bound: np.uint64, spare: NDArray[np.uint64]) -> int:
    """Sort hashes spread evenly over 0..bound in place and drop repeats: buckets by leading bits, then insertion."""
    if count < 2:
        return count
    bits, top = 0, 0
    while (1 << bits) < count:
        bits += 1
    while top < 64 and (bound >> np.uint64(top)) != 0:
        top += 1
    shift = np.uint64(max(0, top - bits))
    ends = np.zeros((1 << bits) + 1, np.int64)
    for at in range(count):
        ends[(values[at] >> shift) + np.uint64(1)] += 1
    for bucket in range(1 << bits):
        ends[bucket + 1] += ends[bucket]
    for at in range(count):
        bucket = values[at] >> shift
        spare[ends[bucket]] = values[at]
        ends[bucket] += 1
    return _insert_unique(spare, count, values)


@numba.njit(cache=True, nogil=True)
def _insert_unique(nearly: NDArray[np.uint64], count: int, out: NDArray[np.uint64]) -> int:
    kept = 0
    for at in range(count):
        value, place = nearly[at], kept
        while place > 0 and out[place - 1] > value:
            place -= 1
        if place > 0 and out[place - 1] == value:
            continue
        for back in range(kept, place, -1):
            out[back] = out[back - 1]
        out[place] = value
        kept += 1
    return kept


@numba.njit(cache=True, nogil=True)
def sketch_words(words: NDArray[np.uint64], bounds: NDArray[np.int64], recipe: Recipe, out: Outputs) -> None:
    """Sketch the text of every ``words[bounds[i]:bounds[i + 1]]`` into row i of ``out``."""
    longest = 0
    for text in range(len(bounds) - 1):
        longest = max(longest, bounds[text + 1] - bounds[text])
    values, spare, sampled = (np.empty(longest, np.uint64), np.empty(longest, np.uint64), np.empty(longest, np.uint64))
    for text in range(len(bounds) - 1):
        hashes = words[bounds[text] : bounds[text + 1]]
        out.words[text] = len(hashes)
        out.digests[text, 0], out.digests[text, 1] = _digest_words(hashes)
        out.sample_bounds[text + 1] = out.sample_bounds[text]
        out.shingle_bounds[text + 1] = out.shingle_bounds[text]
        if len(hashes) < recipe.least or len(hashes) < len(recipe.factors):
            out.signatures[text, :] = np.uint32(0xFFFFFFFF)
            continue
        size = _shingle(hashes, recipe.factors, values)
        _sign(values, size, recipe, out.signatures[text])
        taken = 0
        for at in range(size):
            sampled[taken] = values[at]
            taken += values[at] <= recipe.bound
        taken = sort_unique(sampled, taken, recipe.bound, spare)
        at = out.sample_bounds[text]
        out.sample[at : at + taken] = sampled[:taken]
        out.sample_bounds[text + 1] = at + taken
        if recipe.keep:
            size = sort_unique(values, size, np.uint64(0xFFFFFFFFFFFFFFFF), spare)
            at = out.shingle_bounds[text]
            out.shingles[at : at + size] = values[:size]
            out.shingle_bounds[text + 1] = at + size
