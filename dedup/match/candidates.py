"""Which pairs of articles are worth comparing: those that meet in a band of their signatures or share samples.

Every band and every sampled shingle is a 64-bit key, packed with the article's number into one integer and sorted, so
that articles with one key stand side by side; then the pairs of one article after the other are counted, and only
counts of one article are held at a time (Gustavson's row-wise sparse product of the article-key matrix with itself).
Articles are numbered by signature, so that near copies have near numbers; a bucket with too many articles is joined
only between near numbers, in time linear in its size, and counted.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dedup.match.compiled import compiled
from dedup.settings import Settings
from dedup.sketch import SketchTable
from dedup.sketch.scheme import sample_bound

KEYS_A_PART = 1 << 24
"""Keys sorted at a time: 128 MB."""
PAIRS_A_PART = 1 << 20
"""Pairs that the counting kernel writes before it returns, at least."""

LAST, HOT, BAND = np.uint32(1 << 31), np.uint32(1 << 30), np.uint32(1 << 29)
NUMBER = np.uint32((1 << 29) - 1)
BAND_HIT = 1 << 24


@dataclass(frozen=True, slots=True)
class Candidates:
    """Pairs proposed, not yet compared.

    ``pairs`` int32[m, 2], i < j, sorted, no repeats. Of articles with the same words, the first stands for all: the
    others are paired with it alone, and ``first`` int32[n] names it for each article (itself where there is none).
    ``scores`` float32[m] estimates of how much the smaller text shares: the share of its sample, or the Jaccard that
    the bands met speak for, whichever is more (1 for equal bodies).
    ``caps`` counts what limits left out, by name: sampled shingles and bands in more than ``bucket_articles``
    articles (joined within a window), and pairs beyond ``candidates_each``.
    """

    pairs: NDArray[np.int32]
    first: NDArray[np.int32]
    scores: NDArray[np.float32]
    caps: Mapping[str, int] = field(default_factory=dict)


class _Rows(NamedTuple):
    """The articles to join, in order of number: int64[n] rows of the table, and size of sample int32[n]; and the
    same rows ascending, with their numbers, to read the table in its order."""

    articles: NDArray[np.int64]
    sampled: NDArray[np.int32]
    ascending: NDArray[np.int64]
    numbers: NDArray[np.int64]


class _Scored(NamedTuple):
    """Pairs of article numbers and their estimates, as in ``Candidates.scores``."""

    a: NDArray[np.int32]
    b: NDArray[np.int32]
    score: NDArray[np.float32]


class Met(NamedTuple):
    """All pairs that pass the rules. ``first`` int32[n] as in ``Candidates``; the others stand for all of their words
    and are numbered so that ties go to the lesser: ``rows`` int64[k] of the table by number, pairs ``a`` < ``b`` of
    numbers int32[m] with their ``scores`` float32[m]. ``caps`` as in ``Candidates``, before the best are chosen."""

    first: NDArray[np.int32]
    rows: NDArray[np.int64]
    a: NDArray[np.int32]
    b: NDArray[np.int32]
    scores: NDArray[np.float32]
    caps: Mapping[str, int]


def meet(table: SketchTable, settings: Settings) -> Met:
    """Every pair that meets in a band or shares enough of its samples, of articles that stand for their words."""
    first = equal_bodies(table)
    stands = (first == np.arange(len(table))) & table.sketched
    rows = _number(table, np.flatnonzero(stands))
    scored, hot_samples, hot_bands = _join(table, rows, settings)
    return Met(first, rows.articles, *scored, {"sample_buckets": hot_samples, "band_buckets": hot_bands})


def candidate_pairs(table: SketchTable, settings: Settings) -> Candidates:
    """The pairs to compare: equal bodies, pairs that meet in a band, pairs that share enough of their samples.

    The result does not depend on the order of the articles, but that equal bodies are paired with their first. Bodies
    without words are never paired.
    """
    met = meet(table, settings)
    kept = _best(_Scored(met.a, met.b, met.scores), len(met.rows), settings.candidates_each)
    twins = np.flatnonzero(met.first != np.arange(len(table)))
    a = np.concatenate([met.rows[kept.a], met.first[twins]])
    b = np.concatenate([met.rows[kept.b], twins])
    pairs = np.column_stack([np.minimum(a, b), np.maximum(a, b)]).astype(np.int32)
    scores = np.concatenate([kept.score, np.ones(len(twins), np.float32)])
    order = np.lexsort((pairs[:, 1], pairs[:, 0]))
    caps = {**met.caps, "candidates_each": len(met.a) - len(kept.a)}
    return Candidates(pairs[order], met.first, scores[order], {name: count for name, count in caps.items() if count})


def equal_bodies(table: SketchTable) -> NDArray[np.int32]:
    """For each article the first with the same sequence of words, int32[n]; one without words stands for itself."""
    first = np.arange(len(table), dtype=np.int32)
    worded = np.flatnonzero(table.words > 0)
    digests = table.digests[worded]
    order = np.lexsort((worded, digests[:, 1], digests[:, 0]))
    same = np.all(digests[order[1:]] == digests[order[:-1]], axis=1)
    begins = np.flatnonzero(np.r_[True, ~same][: len(order)])
    heads = np.repeat(worded[order[begins]], np.diff(np.r_[begins, len(order)]))
    first[worded[order]] = heads
    return first


def _number(table: SketchTable, index: NDArray[np.int64]) -> _Rows:
    """Number articles by signature, then digest, so that near copies are neighbours and order of input is nothing."""
    leads = table.signatures[index, :2].astype(np.uint64)
    lead = leads[:, 0] << np.uint64(32) | leads[:, 1]
    order = np.argsort(lead)
    index, lead = index[order], lead[order]
    ties = np.zeros(len(index) + 1, np.bool_)
    ties[1:-1] = lead[1:] == lead[:-1]
    tied = np.flatnonzero(ties[1:] | ties[:-1])
    digests = table.digests[index[tied]]
    index[tied] = index[tied][np.lexsort((digests[:, 1], digests[:, 0], lead[tied]))]
    sampled = (table.sample_bounds[index + 1] - table.sample_bounds[index]).astype(np.int32)
    numbers = np.argsort(index)
    return _Rows(index, sampled, index[numbers], numbers)


# --- the join ----------------------------------------------------------------------------------------------------


def _join(table: SketchTable, rows: _Rows, settings: Settings) -> tuple[_Scored, int, int]:
    members, hot_samples, hot_bands = _buckets(table, rows, settings)
    bounds, places = _postings(members, len(rows.articles))
    limits = (
        settings.sample_shared,
        settings.sample_share,
        settings.sample_passage,
        settings.bands,
        settings.rows,
        settings.bucket_window,
    )
    parts = list(_count((members, bounds, places), rows.sampled, limits))
    a, b, score = (np.concatenate(columns) for columns in zip(*parts, strict=True))
    return _Scored(a, b, score), hot_samples, hot_bands


def _buckets(table: SketchTable, rows: _Rows, settings: Settings) -> tuple[NDArray[np.uint32], int, int]:
    """Members of all buckets of two and more, bucket after bucket, with flags; and how many were over the cap."""
    total = int(rows.sampled.sum()) + len(rows.articles) * settings.bands
    bits = max(1, (total // KEYS_A_PART).bit_length())
    lead = 64 - sample_bound(settings.sample_rate).bit_length()
    found, hot = [np.zeros(0, np.uint32)], np.zeros(2, np.int64)
    for part in range(1 << bits):
        keys = _part_of_keys(table, rows, settings, (part, bits, lead))
        _sort_keys(keys, np.empty_like(keys), bits)
        out = np.empty(len(keys), np.uint32)
        found.append(out[: _flag(keys, _mask(len(rows.articles)), settings.bucket_articles, out, hot)].copy())
    return np.concatenate(found), int(hot[0]), int(hot[1])


def _part_of_keys(
    table: SketchTable, rows: _Rows, settings: Settings, part: tuple[int, int, int]
) -> NDArray[np.uint64]:
    which, bits, lead = part
    plan = (lead, _mask(len(rows.articles)), which, bits)
    banded = which >> (bits - 1)
    most = len(rows.articles) * settings.bands if banded else int(rows.sampled.sum())
    keys = np.empty(most + 1, np.uint64)
    if banded:
        count = _band_keys(table.signatures, settings.bands, rows.ascending, rows.numbers, plan, keys)
    else:
        bounds = table.sample_bounds
        count = _sample_keys(table.sample, bounds, rows.ascending, rows.numbers, plan, keys)
    return keys[:count].copy()


def _mask(count: int) -> np.uint64:
    return np.uint64((1 << max(1, count.bit_length())) - 1)


@compiled
def _sample_keys(sample: Any, bounds: Any, articles: Any, numbers: Any, plan: Any, out: Any) -> int:
    """Keys of sampled shingles whose leading bits are ``part``: 0, leading bits of the hash, number of the article."""
    lead, mask, part, bits = plan
    count, clear, shift = 0, ~mask, np.uint64(64 - bits)
    for row in range(len(articles)):
        number = np.uint64(numbers[row])
        for at in range(bounds[articles[row]], bounds[articles[row] + 1]):
            key = ((sample[at] << np.uint64(lead)) >> np.uint64(1)) & clear | number
            out[count] = key
            count += key >> shift == part
    return count


@compiled
def _band_keys(signatures: Any, bands: Any, articles: Any, numbers: Any, plan: Any, out: Any) -> int:
    """Keys of bands whose leading bits are ``part``: 1, leading bits of a hash of band and rows, number."""
    _, mask, part, bits = plan
    count, clear, shift = 0, ~mask, np.uint64(64 - bits)
    rows = signatures.shape[1] // bands
    for at in range(len(articles)):
        number = np.uint64(numbers[at])
        for band in range(bands):
            state = np.uint64(band + 1) * np.uint64(0x9E3779B97F4A7C15)
            for row in range(band * rows, band * rows + rows):
                state = (state ^ np.uint64(signatures[articles[at], row])) * np.uint64(0xD6E8FEB86659FD93)
                state ^= state >> np.uint64(32)
            key = (state >> np.uint64(1) | np.uint64(1 << 63)) & clear | number
            out[count] = key
            count += key >> shift == part
    return count


@compiled
def _sort_keys(keys: Any, spare: Any, known: Any) -> None:
    """Sort keys that agree in their first ``known`` bits and are spread evenly in the bits after those, in place.

    By 8 bits into 256 parts that fit in the cache, each part by the next bits into slots of about 8 keys, then by
    insertion: four times as fast as np.sort where that has no vector code for this processor.
    """
    shift = max(0, 64 - known - 8)
    bounds = _scatter(keys, spare, shift, 8)
    for part in range(256):
        low, high = bounds[part], bounds[part + 1]
        bits = 0
        while (8 << bits) < high - low and bits < shift:
            bits += 1
        _scatter(spare[low:high], keys[low:high], shift - bits, bits)
    for at in range(1, len(keys)):
        key, place = keys[at], at
        while place > 0 and keys[place - 1] > key:
            keys[place] = keys[place - 1]
            place -= 1
        keys[place] = key


@compiled
def _scatter(source: Any, target: Any, shift: Any, bits: Any) -> Any:
    """Move keys to ``target`` in order of the ``bits`` bits above ``shift``, stably; returns the slots' bounds."""
    mask = np.uint64((1 << bits) - 1)
    bounds = np.zeros((1 << bits) + 1, np.int64)
    for at in range(len(source)):
        bounds[np.int64((source[at] >> np.uint64(shift)) & mask) + 1] += 1
    for slot in range(1 << bits):
        bounds[slot + 1] += bounds[slot]
    ends = bounds.copy()
    for at in range(len(source)):
        goes = np.int64((source[at] >> np.uint64(shift)) & mask)
        target[ends[goes]] = source[at]
        ends[goes] += 1
    return bounds


@compiled
def _flag(keys: Any, mask: Any, most: Any, out: Any, hot: Any) -> int:
    """Write the members of every run of one hash that has two or more, with flags; returns how many."""
    count, start, clear = 0, 0, ~mask
    while start < len(keys):
        end = start + 1
        while end < len(keys) and keys[end] & clear == keys[start] & clear:
            end += 1
        if end - start > 1:
            band = keys[start] >> np.uint64(63)
            flags = BAND if band else np.uint32(0)
            if end - start > most:
                flags |= HOT
                hot[band] += 1
            for at in range(start, end):
                out[count] = np.uint32(keys[at] & mask) | flags
                count += 1
            out[count - 1] |= LAST
        start = end
    return count


def _postings(members: NDArray[np.uint32], count: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """For each article the places in ``members`` where it stands: int64[n + 1] bounds and the places."""
    bounds = np.zeros(count + 1, np.int64)
    np.cumsum(np.bincount(members & NUMBER, minlength=count), out=bounds[1:])
    places = np.empty(len(members), np.int64)
    _place(members, bounds[:-1].copy(), places)
    return bounds, places


@compiled
def _place(members: Any, ends: Any, places: Any) -> None:
    for at in range(len(members)):
        number = members[at] & NUMBER
        places[ends[number]] = at
        ends[number] += 1


def _count(
    joined: tuple[NDArray[np.uint32], NDArray[np.int64], NDArray[np.int64]],
    sampled: NDArray[np.int32],
    limits: tuple[int, float, int, int, int, int],
) -> Iterator[_Scored]:
    number, count = 0, len(sampled)
    counts, met = np.zeros(count, np.int32), np.empty(count, np.int32)
    while True:
        size = max(PAIRS_A_PART, count)
        out = _Scored(np.empty(size, np.int32), np.empty(size, np.int32), np.empty(size, np.float32))
        number, written = _count_pairs(joined, sampled, limits, (counts, met), number, out)
        yield _Scored(out.a[:written].copy(), out.b[:written].copy(), out.score[:written].copy())
        if number >= count:
            return


@compiled
def _count_pairs(joined: Any, sampled: Any, limits: Any, scratch: Any, number: Any, out: Any) -> tuple[int, int]:
    """Write the pairs of article ``number`` and after with higher numbers until ``out`` could overflow."""
    members, bounds, places = joined
    counts, met = scratch
    least_shared, least_share, passage, bands, rows, window = limits
    written = 0
    while number < len(sampled) and written + len(sampled) - number <= len(out.a):
        touched = 0
        for which in range(bounds[number], bounds[number + 1]):
            at = places[which]
            stop = at + window if members[at] & HOT else len(members)
            while not members[at] & LAST and at < stop:
                at += 1
                other = members[at] & NUMBER
                if counts[other] == 0:
                    met[touched] = other
                    touched += 1
                counts[other] += BAND_HIT if members[at] & BAND else 1
        for which in range(touched):
            other = met[which]
            shared, banded = counts[other] & (BAND_HIT - 1), counts[other] // BAND_HIT
            counts[other] = 0
            smaller = max(1, min(sampled[number], sampled[other]))
            enough = shared >= passage or (shared >= least_shared and shared >= least_share * smaller)
            if banded or enough:
                out.a[written], out.b[written] = number, other
                out.score[written] = max(shared / smaller, (banded / bands) ** (1 / rows))
                written += 1
        number += 1
    return number, written


def _best(scored: _Scored, count: int, most: int) -> _Scored:
    """The pairs that are among the best ``most`` of either of their articles."""
    degrees = np.bincount(scored.a, minlength=count) + np.bincount(scored.b, minlength=count)
    if len(scored.a) == 0 or degrees.max() <= most:
        return scored
    ends = np.concatenate([scored.a, scored.b])
    others = np.concatenate([scored.b, scored.a])
    order = np.lexsort((others, -np.concatenate([scored.score, scored.score]), ends))
    begins = np.concatenate([[0], np.cumsum(degrees)])[ends[order]]
    good = order[np.arange(len(order)) - begins < most]
    keep = np.zeros(len(scored.a), np.bool_)
    keep[good % len(scored.a)] = True
    return _Scored(scored.a[keep], scored.b[keep], scored.score[keep])
