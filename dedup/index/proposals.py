"""Which stored articles a new one must be compared with: the rules of ``match.candidates`` and ``match.neighbours``,
asked of postings instead of sorted arrays. Articles that stand for others (equal words) are the only ones posted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import chain
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dedup.index.codec import Facts, FactsOf
from dedup.index.contract import Reading, Writing
from dedup.index.prepared import Prepared
from dedup.index.terms import Posted, entries_of, post_terms, unpost_terms
from dedup.match.compiled import compiled
from dedup.settings import Settings

Scores = dict[int, float]

LOOKED_AT = 1024
"""Articles whose heaviest words are laid side by side because one of the words is too frequent to count by."""


class Buckets(NamedTuple):
    """Numbers posted under the bands and the samples of an article."""

    band: Mapping[int, Sequence[int]]
    sample: Mapping[int, Sequence[int]]


def buckets_of(view: Reading, item: Prepared) -> Buckets:
    """What is posted where the article is to be."""
    return Buckets(view.posted("band", item.bands), view.posted("sample", item.samples))


def copies_of(item: Prepared, buckets: Buckets, settings: Settings, known: FactsOf) -> Scores:
    """Numbers that share a band or enough samples, with what ranks them: the ``scores`` of ``match.candidates``."""
    shared, banded = _counts(buckets.sample), _counts(buckets.band)
    least = min(settings.sample_shared, settings.sample_passage)
    wanted = [n for n, count in shared.items() if count >= least and n not in banded] + list(banded)
    found: Scores = {}
    for number, facts in known(wanted).items():
        smaller = max(1, min(item.facts.sampled, facts.sampled))
        count, bands = shared[number], banded[number]
        share_met = count >= settings.sample_shared and count >= settings.sample_share * smaller
        enough = share_met or count >= settings.sample_passage
        if number != item.number and (bands or enough):
            found[number] = max(count / smaller, (bands / settings.bands) ** (1 / settings.rows))
    return found


def post_copies(view: Writing, item: Prepared, buckets: Buckets, settings: Settings) -> Counter[str]:
    """Post bands and samples, except where a bucket is full; counts of those."""
    caps: Counter[str] = Counter()
    for table, keys, held in (("band", item.bands, buckets.band), ("sample", item.samples, buckets.sample)):
        full = {key for key, numbers in held.items() if len(numbers) >= settings.bucket_articles}
        view.post(table, [(key, item.number) for key in keys if key not in full])
        caps[f"{table}_buckets"] += len(full)
    return caps


def unpost_copies(view: Writing, item: Prepared) -> None:
    """Take bands and samples away."""
    view.unpost("band", ((key, item.number) for key in item.bands))
    view.unpost("sample", ((key, item.number) for key in item.samples))


def near_to(
    item: Prepared, posted: Sequence[Posted], settings: Settings, known: FactsOf
) -> tuple[Scores, Counter[str]]:
    """Numbers that share enough heavy words, with the part of the cosine on them; and what limits left out. ``posted``
    are the lists of its heavy words."""
    hot = sum(one.hot for one in posted)
    caps: Counter[str] = Counter(neighbour_terms=hot)
    numbers, shared, total = _added_up(posted, item.facts.weights, item.number)
    if hot:
        best = np.lexsort((numbers, -total))
        caps["neighbours_looked_at"] += max(0, len(best) - LOOKED_AT)
        chosen = best[:LOOKED_AT]
    else:
        floor = min(settings.neighbour_cosine, settings.neighbour_cosine_far)
        chosen = np.flatnonzero((shared >= settings.neighbour_shared) & (total >= floor))
    columns = (column[chosen].tolist() for column in (numbers, shared, total))
    sums = {number: (count, value) for number, count, value in zip(*columns, strict=True)}
    found: Scores = {}
    for number, facts in known(sums).items():
        count, value = _overlap(item.facts, facts) if hot else sums[number]
        far = abs(item.facts.days - facts.days) > settings.neighbour_days
        floor = settings.neighbour_cosine_far if far else settings.neighbour_cosine
        if count >= settings.neighbour_shared and value >= floor:
            found[number] = value
    return found, caps


def post_near(view: Writing, item: Prepared, posted: Sequence[Posted]) -> None:
    """Post the heaviest words, except those in too many articles."""
    post_terms(view, posted, item.number, item.facts.weights)


def unpost_near(view: Writing, item: Prepared) -> None:
    """Take the heaviest words away."""
    unpost_terms(view, item.facts.ids, item.number)


def _counts(buckets: Mapping[int, Sequence[int]]) -> Counter[int]:
    return Counter(chain.from_iterable(buckets.values()))


def _added_up(
    posted: Sequence[Posted], weights: NDArray[np.float32], own: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """Numbers met along the words that are not hot, how many words each shares and the sum of the products."""
    used = [at for at, one in enumerate(posted) if not one.hot]
    if not used:
        return np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0, np.float64)
    numbers, shared, total = add_up(entries_of([posted[at] for at in used]), weights[used], own)
    return numbers, shared, total


def _overlap(a: Facts, b: Facts) -> tuple[int, float]:
    _, i, j = np.intersect1d(a.ids, b.ids, assume_unique=True, return_indices=True)
    return len(i), float((a.weights[i] * b.weights[j]).sum(dtype=np.float64))


@compiled
def add_up(entries: Any, weights: Any, own: int) -> Any:
    """Of the articles posted under words, but for ``own``: their numbers, ascending, how many of the words each shares,
    and the sum of the products of their weights with the words' ``weights``, in the order of the words."""
    numbers, held, sizes = entries
    products = np.empty(len(numbers), np.float64)
    at = 0
    for word in range(len(sizes)):
        for _ in range(sizes[word]):
            products[at] = held[at] * weights[word]  # rounded as in the batch
            at += 1
    order = np.argsort(numbers, kind="mergesort")
    distinct, shared = np.empty(len(numbers), np.int64), np.empty(len(numbers), np.int64)
    total = np.empty(len(numbers), np.float64)
    count, last = 0, own
    for place in order:
        if numbers[place] == own:
            continue
        if numbers[place] != last:
            last = numbers[place]
            distinct[count], shared[count], total[count] = last, 0, 0.0
            count += 1
        shared[count - 1] += 1
        total[count - 1] += products[place]
    return distinct[:count].copy(), shared[:count].copy(), total[:count].copy()
