"""What shows at a glance that two articles are unrelated, in some 5 kB an article: most pairs need no profile.

An outline holds the vectors of a profile packed in one, so that one pass over two outlines gives all their cosines, and
half of each hash of a window of words. A pair that shares no window and is DISTANT shares no wording and retells
nothing; what is left to say of it, the cosines say.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from dedup.match.compiled import compiled
from dedup.match.features import DISTANT
from dedup.match.neighbours import Keys, heaviest
from dedup.match.overlap import TILE_WORDS, rolling
from dedup.match.packed import sort_hashes
from dedup.match.profile import Read, kinds_of, known_tables, read_words
from dedup.match.relation import RELATED, SAME_STORY
from dedup.match.same_story import (
    HEADLINE_WORDS,
    LEAD_WORDS,
    NAME_IDF,
    SECONDS_A_DAY,
    WEEKDAY_WORDS,
    probabilities,
    weekdays_in,
)
from dedup.match.similarity import HEADLINE_COUNT, look_up, put_vector, vectorise_many
from dedup.models import CleanArticle
from dedup.settings import Settings
from dedup.sketch import SketchTable, sketch_many
from dedup.sketch.table import Column, sketch_hashes
from dedup.text.tokens import tokenise

IN_LEAD, IN_TITLE, ONE_NAME = 1, 2, 4
"""Marks of a word: whether it stands in lead or title, and in the bits above how often it is a name."""

GRAM_BITS = 16
"""Of 2^16 bits the windows of an article of 430 words set 1 in 150."""

MOST_NAMES = (1 << 14) - 1

(RARE, LEAD_ONCE, LEAD, TITLE_ONCE, TITLE, NAMES) = range(6)
NORMS = 6
"""Lengths that weights are divided by: of idf squared, of lead and title (first of idf, then squared), of names."""


class Outlines(NamedTuple):
    """n articles. Their distinct words stand at ``bounds[i]:bounds[i + 1]``: ``ids`` uint64 ascending, ``weights``
    float32 as in ``Profile.vector``, ``marks`` uint16. ``grams`` uint32, ascending, are the first halves of their
    window hashes, at ``gram_bounds``. ``norms`` float64[n, NORMS]; ``days`` float64[n] since 1970, or nan; ``weekdays``
    int64[n]; ``pages`` bool[n] whether it is a page without an article; ``plain`` bool[n] whether a glance may decide.
    """

    ids: npt.NDArray[np.uint64]
    weights: npt.NDArray[np.float32]
    marks: npt.NDArray[np.uint16]
    bounds: npt.NDArray[np.int64]
    grams: npt.NDArray[np.uint32]
    gram_bounds: npt.NDArray[np.int64]
    norms: npt.NDArray[np.float64]
    days: npt.NDArray[np.float64]
    weekdays: npt.NDArray[np.int64]
    pages: npt.NDArray[np.bool_]
    plain: npt.NDArray[np.bool_]


class Glances(NamedTuple):
    """Of n pairs ``unrelated`` bool[n], whether a glance shows it; and if so their ``cosines`` and ``story_scores``,
    those of a comparison."""

    unrelated: npt.NDArray[np.bool_]
    cosines: npt.NDArray[np.float64]
    story_scores: npt.NDArray[np.float64]


class Drawn(NamedTuple):
    """What finds pairs of n articles and tells most of them apart: outlines, keys of neighbours, sketches of bodies."""

    outlines: Outlines
    keys: Keys
    sketches: SketchTable


def draw(cleaned: Sequence[CleanArticle], settings: Settings) -> Drawn:
    """Outlines, keys and sketches of articles, in order, from one reading of their words; fastest for some hundred."""
    if not cleaned:
        return Drawn(*_none(settings), sketch_many((), settings))
    read = read_words(cleaned)
    told = np.array(["B" in item.roles for item in cleaned], np.bool_)
    apart = [row for row, item in enumerate(cleaned) if item.insets or not told[row]]
    outlines = _outlines_of(cleaned, read, told, settings)
    keys = heaviest(outlines.ids, outlines.weights, outlines.bounds, settings)
    for row, vector in zip(apart, vectorise_many([cleaned[row] for row in apart]), strict=True):
        one = heaviest(vector.ids, vector.weights, np.array([0, len(vector.ids)]), settings)
        keys.ids[row], keys.weights[row], keys.sizes[row] = one.ids[0], one.weights[0], one.sizes[0]
    return Drawn(outlines, keys, sketch_hashes(*_body_words(cleaned, read, apart), settings))


def outlined(cleaned: Sequence[CleanArticle], settings: Settings) -> Outlines:
    """The outlines of ``draw`` alone; of one article or more."""
    told = np.array(["B" in item.roles for item in cleaned], np.bool_)
    return _outlines_of(cleaned, read_words(cleaned), told, settings)


def _body_words(
    cleaned: Sequence[CleanArticle], read: Read, apart: Sequence[int]
) -> tuple[npt.NDArray[np.uint64], npt.NDArray[np.int64]]:
    """The words of the bodies: those that were read, but for articles whose lines are not those of their body."""
    bounds = read.tokens.indptr[np.column_stack([read.pieces[:-1], read.pieces[1:] - 1])].tolist()
    words = [read.tokens.hashes[low:high] for low, high in bounds]
    for row in apart:
        words[row] = tokenise(cleaned[row].body).hashes
    return np.concatenate(words), _summed(np.array([len(own) for own in words], np.int64))


def _outlines_of(
    cleaned: Sequence[CleanArticle], read: Read, told: npt.NDArray[np.bool_], settings: Settings
) -> Outlines:
    tokens, pieces, sizes = read.tokens, read.pieces, np.diff(read.tokens.indptr)
    first = read.codes[tokens.starts + np.repeat(read.places[:, 0], sizes)]
    made = _outlines((tokens.hashes, first, tokens.indptr, pieces, told), settings)
    kinds = kinds_of(cleaned, read, settings)
    days = [item.published.timestamp() / SECONDS_A_DAY if item.published else math.nan for item in cleaned]
    return made._replace(pages=np.array([kind == "page" for kind in kinds], np.bool_), days=np.array(days, np.float64))


def _none(settings: Settings) -> tuple[Outlines, Keys]:
    empty = (np.empty(0, np.uint64), np.empty(0, np.uint32), np.zeros(1, np.int64), np.zeros(1, np.int64))
    made = _outlines((*empty, np.empty(0, np.bool_)), settings)
    return made, heaviest(made.ids, made.weights, made.bounds, settings)


def _outlines(given: Any, settings: Settings) -> Outlines:
    articles, every = given[3].shape[0] - 1, given[0].shape[0]
    room = Outlines(
        ids=np.empty(every, np.uint64),
        weights=np.empty(every, np.float32),
        marks=np.zeros(every, np.uint16),
        bounds=np.zeros(articles + 1, np.int64),
        grams=np.empty(every, np.uint32),
        gram_bounds=np.zeros(articles + 1, np.int64),
        norms=np.empty((articles, NORMS), np.float64),
        days=np.empty(articles, np.float64),
        weekdays=np.empty(articles, np.int64),
        pages=np.empty(articles, np.bool_),
        plain=np.ones(articles, np.bool_),
    )
    _outline_all(given, known_tables(), (min(TILE_WORDS, settings.shingle_words), settings.min_words), room)
    words, grams = room.bounds[-1], room.gram_bounds[-1]
    return room._replace(
        ids=room.ids[:words].copy(),
        weights=room.weights[:words].copy(),
        marks=room.marks[:words].copy(),
        grams=room.grams[:grams].copy(),
    )


def join_outlines(parts: Iterable[Outlines]) -> Outlines:
    """Outlines after each other, one part or more; parts that are made as they are asked for are not held twice."""
    columns: list[Column] = []
    for part in parts:
        arrays: list[npt.NDArray[Any]] = list(_sized(part))
        columns = columns or [Column(own) for own in arrays]
        for column, own in zip(columns, arrays, strict=True):
            column.add(own)
    joined = Outlines(*(column.done() for column in columns))
    return joined._replace(bounds=_summed(joined.bounds), gram_bounds=_summed(joined.gram_bounds))


def _sized(part: Outlines) -> Outlines:
    return part._replace(bounds=np.diff(part.bounds), gram_bounds=np.diff(part.gram_bounds))


def _summed(sizes: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    return np.concatenate([np.zeros(1, np.int64), np.cumsum(sizes, dtype=np.int64)])


def glance(outlines: Outlines, pairs: npt.NDArray[np.int32]) -> Glances:
    """Which pairs of rows are unrelated by what their outlines show."""
    cosines, apart = np.zeros((len(pairs), 5)), np.zeros(len(pairs), np.bool_)
    _glance_all(outlines, pairs, known_tables().idf, cosines, apart)
    pages = outlines.pages[pairs]
    days = np.abs(outlines.days[pairs[:, 1]] - outlines.days[pairs[:, 0]])
    told = probabilities(cosines[:, 1:], outlines.weekdays[pairs], days)
    told = np.where(pages.all(1), 0.0, told)
    close = ((told >= SAME_STORY) & ~pages.any(1)) | ((cosines[:, 0] >= RELATED) & ~pages.all(1))
    return Glances(apart & ~close, cosines[:, 0], told)


# --- the compiled path -------------------------------------------------------------------------------------------


@compiled
def _outline_all(given: Any, tables: Any, limits: Any, out: Any) -> None:
    hashes, first, indptr, pieces, told = given
    window, least = limits
    idf = np.empty(hashes.shape[0], np.float32)
    for row in range(pieces.shape[0] - 1):
        low, high = indptr[pieces[row]], indptr[pieces[row + 1] - 1]
        words, headline = hashes[low:high], hashes[high : indptr[pieces[row + 1]]]
        body = words if told[row] else words[:0]
        begin, at = out.bounds[row], out.gram_bounds[row]
        ascending, order = sort_hashes(words)
        count = _put_words(ascending, headline, tables.idf, (out.ids[begin:], idf, out.weights[begin:]))
        end = begin + count
        out.bounds[row + 1] = end
        own = (out.ids[begin:end], idf[:count], out.weights[begin:end], out.marks[begin:end])
        _mark_parts(own, headline, body)
        norms = out.norms[row]
        norms[RARE] = _rare_norm(own[2], own[1])
        norms[LEAD_ONCE], norms[LEAD] = _part_norms(own, IN_LEAD)
        norms[TITLE_ONCE], norms[TITLE] = _part_norms(own, IN_TITLE)
        few = _mark_names(own, (ascending, order), first[low:high], tables.capitals) if told[row] else True
        norms[NAMES] = _name_norm(own)
        out.weekdays[row] = weekdays_in(body[:WEEKDAY_WORDS], tables.weekdays)
        out.plain[row] = few and words.shape[0] >= least
        grams = sort_hashes(rolling(words, window))[0]
        for k in range(grams.shape[0]):
            out.grams[at + k] = grams[k] >> np.uint64(32)
        out.gram_bounds[row + 1] = at + grams.shape[0]


@compiled
def _put_words(ascending: Any, headline: Any, table: Any, out: Any) -> int:
    known = np.empty(ascending.shape[0], np.float32)
    for k in range(ascending.shape[0]):
        known[k] = known[k - 1] if k and ascending[k] == ascending[k - 1] else look_up(ascending[k], table)
    return put_vector((ascending, known), np.sort(headline), HEADLINE_COUNT, table, out)


@compiled
def _mark_parts(own: Any, headline: Any, body: Any) -> None:
    """Mark the words of lead and title."""
    ids, _, _, marks = own
    for word in headline:
        marks[np.searchsorted(ids, word)] |= np.uint16(IN_LEAD | IN_TITLE)
    for k in range(min(body.shape[0], LEAD_WORDS)):
        titled = k < HEADLINE_WORDS and not headline.shape[0]
        marks[np.searchsorted(ids, body[k])] |= np.uint16(IN_LEAD | IN_TITLE if titled else IN_LEAD)


@compiled
def _mark_names(own: Any, found: Any, first: Any, capitals: Any) -> bool:
    """Count for each word how often it is a name; whether all counts are small enough to keep."""
    ids, idf, _, marks = own
    ascending, order = found
    at, few = 0, True
    start = 0
    while start < order.shape[0]:
        end, count = start, 0
        while end < order.shape[0] and ascending[end] == ascending[start]:
            count += capitals[min(first[order[end]], capitals.shape[0] - 1)]
            end += 1
        while ids[at] != ascending[start]:
            at += 1
        if count and idf[at] > NAME_IDF:
            few = few and count <= MOST_NAMES
            marks[at] |= np.uint16(min(count, MOST_NAMES) * ONE_NAME)
        start = end
    return few


@compiled
def _length(squares: float) -> float:
    return np.sqrt(squares) if squares > 0 else 1.0


@compiled
def _rare_norm(weights: Any, idf: Any) -> float:
    squares = 0.0
    for k in range(weights.shape[0]):
        value = weights[k] * idf[k]
        squares += value * value
    return _length(squares)


@compiled
def _part_norms(own: Any, mark: int) -> Any:
    """Length of the idf of the marked words, and of what ``_sharp`` makes of them without it."""
    _, idf, _, marks = own
    squares = 0.0
    for k in range(idf.shape[0]):
        if marks[k] & mark:
            squares += np.float64(idf[k]) * np.float64(idf[k])
    once, squares = _length(squares), 0.0
    for k in range(idf.shape[0]):
        if marks[k] & mark:
            value = np.float32(idf[k] / once) * idf[k]
            squares += value * value
    return once, _length(squares)


@compiled
def _name_norm(own: Any) -> float:
    _, idf, _, marks = own
    squares = 0.0
    for k in range(idf.shape[0]):
        if marks[k] >= ONE_NAME:
            value = _name_weight(marks[k], idf[k])
            squares += value * value
    return _length(squares)


@compiled
def _name_weight(mark: Any, idf: Any) -> float:
    count = np.int64(mark) // ONE_NAME
    return (1 + np.log(count)) * idf if count > 1 else np.float64(idf)


@compiled
def _sharp(idf: Any, once: float, twice: float) -> Any:
    """Weight of a word of lead or title: that of ``same_story.put_once``, to the last bit."""
    return np.float32(idf / once) * idf / np.float32(twice)


@compiled
def _glance_all(outlines: Any, pairs: Any, table: Any, cosines: Any, apart: Any) -> None:
    met = np.empty((np.diff(outlines.bounds).max() + 1 if pairs.shape[0] else 1, 2), np.int64)
    bits, marked = np.zeros(1 << (GRAM_BITS - 6), np.uint64), -1
    for k in range(pairs.shape[0]):
        i, j = pairs[k, 0], pairs[k, 1]
        if not (outlines.plain[i] and outlines.plain[j]):
            continue
        if i != marked:
            _mark_grams(outlines, i, bits)
            marked = i
        if not _meet(outlines, (i, j), bits):
            _cosines(outlines, (i, j), met[: _shared(outlines, i, j, met)], table, cosines[k])
            apart[k] = cosines[k, 1] < DISTANT


@compiled
def _shared(outlines: Any, i: int, j: int, met: Any) -> int:
    """Write where the words that two articles share stand; how many. Steps have no branch, as in ``shared_sorted``."""
    ids = outlines.ids
    a, b = outlines.bounds[i], outlines.bounds[j]
    last_a, last_b = outlines.bounds[i + 1], outlines.bounds[j + 1]
    count = 0
    while a < last_a and b < last_b:
        here, there = ids[a], ids[b]
        met[count, 0], met[count, 1] = a, b
        count += here == there
        a += here <= there
        b += there <= here
    return count


@compiled
def _cosines(outlines: Any, rows: Any, met: Any, table: Any, out: Any) -> None:
    """The five cosines of ``features``: the same numbers, in float32 as there, added in the same order."""
    ids, weights, marks = outlines.ids, outlines.weights, outlines.marks
    one, other = outlines.norms[rows[0]], outlines.norms[rows[1]]
    for k in range(met.shape[0]):
        a, b = met[k, 0], met[k, 1]
        idf, both = look_up(ids[a], table), marks[a] & marks[b]
        out[0] += weights[a] * weights[b]
        out[1] += weights[a] * idf / np.float32(one[RARE]) * (weights[b] * idf / np.float32(other[RARE]))
        if both & IN_LEAD:
            out[2] += _sharp(idf, one[LEAD_ONCE], one[LEAD]) * _sharp(idf, other[LEAD_ONCE], other[LEAD])
        if both & IN_TITLE:
            out[3] += _sharp(idf, one[TITLE_ONCE], one[TITLE]) * _sharp(idf, other[TITLE_ONCE], other[TITLE])
        if marks[a] >= ONE_NAME and marks[b] >= ONE_NAME:
            named = np.float32(_name_weight(marks[a], idf) / one[NAMES])
            out[4] += named * np.float32(_name_weight(marks[b], idf) / other[NAMES])
    for k in range(5):
        out[k] = min(1.0, out[k])


@compiled
def _mark_grams(outlines: Any, i: int, bits: Any) -> None:
    """Set the bits of an article's windows, and no others."""
    bits[:] = 0
    for k in range(outlines.gram_bounds[i], outlines.gram_bounds[i + 1]):
        at = outlines.grams[k] >> np.uint32(32 - GRAM_BITS)
        bits[at >> np.uint32(6)] |= np.uint64(1) << np.uint64(at & np.uint32(63))


@compiled
def _meet(outlines: Any, rows: Any, bits: Any) -> bool:
    """Whether the halves of hashes of windows meet: always where a window is shared, by chance once in 20,000 pairs.
    ``bits`` are those of the first article, so that few windows of the other are looked for in it."""
    low, high = outlines.gram_bounds[rows[0]], outlines.gram_bounds[rows[0] + 1]
    own = outlines.grams[low:high]
    for k in range(outlines.gram_bounds[rows[1]], outlines.gram_bounds[rows[1] + 1]):
        gram = outlines.grams[k]
        at = gram >> np.uint32(32 - GRAM_BITS)
        if bits[at >> np.uint32(6)] >> np.uint64(at & np.uint32(63)) & np.uint64(1):
            place = np.searchsorted(own, gram)
            if place < own.shape[0] and own[place] == gram:
                return True
    return False
