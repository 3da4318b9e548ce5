"""What articles are looked up by, for a whole set of them at once: facts, ids, times, classes of equal words, bands,
samples and heavy words."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dedup.index.bulk.rows import Numbers, key_ranges, parts_of, post_rows, post_sorted, ranks_of
from dedup.index.codec import Facts, facts_bytes, key_of
from dedup.index.contract import Writing
from dedup.index.prepared import alike, band_keys
from dedup.index.terms import CHUNK, CHUNK_BITS, ENTRY
from dedup.match.neighbours import Keys
from dedup.settings import Settings
from dedup.sketch import SketchTable

_FIRST = struct.Struct("<q")

Counts = NDArray[np.int64]


class Feed(NamedTuple):
    """n articles: their ``numbers`` int64[n], ascending; ``ids``, ascending; and, since the batch counts by id and the
    index by number, ``seats`` int64[n]: which of the numbers each id has, ``places`` int64[n] the other way, and
    ``by_place`` int64[n], the numbers in the order of ids."""

    numbers: Numbers
    ids: Sequence[str]
    seats: Numbers
    places: Numbers
    by_place: Numbers

    @classmethod
    def of(cls, numbers: Numbers, ids: Sequence[str]) -> Feed:
        """The same of ids in the order of their numbers."""
        seats = np.array(sorted(range(len(ids)), key=ids.__getitem__), np.int64)
        places = np.empty(len(ids), np.int64)
        places[seats] = np.arange(len(ids))
        return cls(numbers, [ids[seat] for seat in seats.tolist()], seats, places, numbers[seats])


class Known(NamedTuple):
    """Of n articles in order of number: digests of what was delivered, uint8[n, 16], and of what cleaning made of it,
    uint8[n, 8]; keys of their outlets int64[n]; marks uint16[n, 9]. In order of id: ``days``, sketches, and the
    heaviest words."""

    content: NDArray[np.uint8]
    stamps: NDArray[np.uint8]
    outlets: Numbers
    marks: NDArray[np.uint16]
    days: NDArray[np.float64]
    sketches: SketchTable
    keys: Keys


class Classes(NamedTuple):
    """By place: keys of the sequence of words and of the heaviest words, int64[n], 0 for none; and for each article the
    place of the one that stands for all with its words, and with its heaviest words."""

    same: Numbers
    alike: Numbers
    first: Numbers
    near_first: Numbers


class Full(NamedTuple):
    """How many buckets each article found full as it came, int64[n] in order of number."""

    band_buckets: Counts
    sample_buckets: Counts
    neighbour_terms: Counts


def sorted_keys(keys: Keys) -> Keys:
    """The heaviest words of each article, ascending."""
    used = np.arange(keys.ids.shape[1]) < keys.sizes[:, None]
    order = np.argsort(np.where(used, keys.ids, np.uint64(0xFFFFFFFFFFFFFFFF)), axis=1, kind="stable")
    return Keys(np.take_along_axis(keys.ids, order, 1), np.take_along_axis(keys.weights, order, 1), keys.sizes)


def classes_of(known: Known, first: Numbers, near_first: Numbers) -> Classes:
    """The classes of articles whose heaviest words are sorted."""
    same = np.where(known.sketches.words > 0, known.sketches.digests[:, 0].view(np.int64), 0)
    sizes = known.keys.sizes.tolist()
    near = np.array([alike(own[:size]) for own, size in zip(known.keys.ids, sizes, strict=True)], np.int64)
    return Classes(same, near, first, near_first)


def write_facts(view: Writing, feed: Feed, known: Known, classes: Classes) -> None:
    """Write facts and ids."""
    sampled = np.diff(known.sketches.sample_bounds)
    leads = known.sketches.signatures[:, :2].astype(np.uint64)
    lead = np.where(known.sketches.sketched, leads[:, 0] << np.uint64(32) | leads[:, 1], np.uint64(0))
    columns = (known.sketches.words, sampled, classes.same, classes.alike, lead)
    for part in parts_of(len(feed.numbers)):
        places, records = feed.places[part], []
        rows = zip(
            range(part.start, part.stop),
            places.tolist(),
            *(column[places].tolist() for column in columns),
            known.outlets[part].tolist(),
            known.days[places].tolist(),
            known.keys.sizes[places].tolist(),
            strict=True,
        )
        for seat, at, words, sampled_, same, near, first, outlet, days, size in rows:
            content, stamp = known.content[seat].tobytes(), known.stamps[seat].tobytes()
            heavy = known.keys.ids[at, :size], known.keys.weights[at, :size]
            facts = Facts(
                feed.ids[at],
                content,
                stamp,
                words,
                sampled_,
                same,
                near,
                first,
                outlet,
                days,
                known.marks[seat],
                *heavy,
            )
            records.append(facts_bytes(facts))
        view.put("facts", zip(feed.numbers[part].tolist(), records, strict=True))
    post_rows(view, "name", np.array([key_of(name) for name in feed.ids], np.int64), feed.by_place)


def write_classes(view: Writing, feed: Feed, classes: Classes) -> None:
    """Write who has equal words, and who stands for all of them: the one of the least id, as in the batch, however
    many there are."""
    numbers = feed.by_place
    keys, those, firsts = [], [], []
    for own, first in ((classes.same, classes.first), (classes.alike, classes.near_first)):
        used = np.flatnonzero(own)
        keys.append(own[used])
        those.append(numbers[used])
        firsts.append(first[used] == used)
    key, number, stands = np.concatenate(keys), np.concatenate(those), np.concatenate(firsts)
    post_rows(view, "same", key, number)
    key, number = key[stands], number[stands]
    order = np.argsort(key, kind="stable")
    rows = zip(key[order].tolist(), number[order].tolist(), strict=True)
    view.put("first", ((own, _FIRST.pack(first)) for own, first in rows))


def write_buckets(
    view: Writing, feed: Feed, known: Known, standing: tuple[NDArray[Any], NDArray[Any]], settings: Settings
) -> Full:
    """Post bands and samples of the articles that stand for their words, and heavy words of those that stand for these.

    Into a bucket with too many the first ones are posted, as they came. Who came later met it full; an article that
    stood for its words only until one of a lesser id came is not counted as one that did.
    """
    copies, near = (those[np.argsort(feed.seats[those])] for those in standing)
    seats = feed.seats[copies]
    sketches, most = known.sketches, settings.bucket_articles
    bands = band_keys(sketches.signatures[copies], settings.bands)
    full_bands = _write_buckets(view, feed, "band", (bands.ravel(), np.repeat(seats, settings.bands)), most)
    bounds = sketches.sample_bounds
    sizes = bounds[copies + 1] - bounds[copies]
    at = np.arange(sizes.sum()) + np.repeat(bounds[copies] - (np.cumsum(sizes) - sizes), sizes)
    samples = (sketches.sample[at].view(np.int64), np.repeat(seats, sizes))
    full_samples = _write_buckets(view, feed, "sample", samples, most)
    return Full(full_bands, full_samples, _write_terms(view, feed, known.keys, near, settings.neighbour_bucket))


def _write_buckets(view: Writing, feed: Feed, table: str, rows: tuple[Numbers, Numbers], most: int) -> Counts:
    """Post (key, seat), the seats ascending, ``most`` a key; how many keys each seat found full."""
    keys, seats = rows
    full = np.zeros(len(feed.numbers), np.int64)
    for part in key_ranges(keys):
        own, those = keys[part], seats[part]
        order = np.argsort(own, kind="stable")
        own, those = own[order], those[order]
        room = ranks_of(own) < most
        full += np.bincount(those[~room], minlength=len(full))
        post_sorted(view, table, own[room], feed.numbers[those[room]])
    return full


def _write_terms(view: Writing, feed: Feed, keys: Keys, near: Numbers, most: int) -> Counts:
    """Put the lists of heavy words, in chunks; how many words each seat found in too many articles."""
    used = np.arange(keys.ids.shape[1]) < keys.sizes[near][:, None]
    heads = (keys.ids[near][used] >> np.uint64(CHUNK_BITS) << np.uint64(CHUNK_BITS)).view(np.int64)
    seats = np.repeat(feed.seats[near], keys.sizes[near])
    order = np.argsort(heads, kind="stable")
    heads, seats = heads[order], seats[order]
    ranks = ranks_of(heads)
    room = ranks <= most
    full = np.bincount(seats[~room], minlength=len(feed.numbers))
    entries = np.empty(int(room.sum()), ENTRY)
    entries["number"], entries["weight"] = feed.numbers[seats[room]], keys.weights[near][used][order[room]]
    heads, ranks = heads[room], ranks[room]
    starts = np.flatnonzero(ranks % CHUNK == 0)
    ends = np.append(starts[1:], len(entries))
    chunk_keys = heads[starts] + ranks[starts] // CHUNK
    for part in parts_of(len(starts)):
        low, data = int(starts[part][0]), entries[starts[part][0] : ends[part][-1]].tobytes()
        bounds = zip((starts[part] - low).tolist(), (ends[part] - low).tolist(), strict=True)
        cut = (data[ENTRY.itemsize * begin : ENTRY.itemsize * end] for begin, end in bounds)
        view.put("term", zip(chunk_keys[part].tolist(), cut, strict=True))
    return full
