"""The evidence of one pair as numbers. Every feature is the same whichever article comes first.

``s`` is the shorter article (fewer words; ties by content), ``l`` the longer. A word is *free* when it stands in no
quotation and in no stock phrase of either text: only free words can show that prose was taken.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain, groupby
from operator import attrgetter
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from dedup.match import packed as parts
from dedup.match.build import QUOTED_GRAM
from dedup.match.compiled import compiled
from dedup.match.overlap import Overlap, Tiles, Windows, shared_sorted, tiles_of
from dedup.match.packed import loads, section
from dedup.match.profile import Profile
from dedup.match.retold import RETOLD_FEATURES, retold_features
from dedup.match.similarity import dot, dots
from dedup.match.stems import stems_of
from dedup.match.tilefeatures import TILE_FEATURES, tile_features
from dedup.match.twins import TWIN_FEATURES, twin_features

PAIR_FEATURES = (
    "words_s words_l ratio free_s free_l jaccard contained_s contained_l contained3_s contained3_l cosine headline"
    " numbers_s numbers_l names_s names_l cites"
).split()
NAMES: tuple[str, ...] = (*PAIR_FEATURES, *TILE_FEATURES, *TWIN_FEATURES, *RETOLD_FEATURES)
TILES_AT = len(PAIR_FEATURES)
TWINS_AT = TILES_AT + len(TILE_FEATURES)
RETOLD_AT = TWINS_AT + len(TWIN_FEATURES)

COUNTED = (parts.GRAMS, parts.SHORT, parts.NUMBERS, parts.NAMES, parts.HEADLINE)
"""Sets whose overlap is counted, in this order."""
(GRAMS_AT, THREES_AT, NUMBERS_AT, NAMES_AT, HEADLINES_AT) = range(5)

COSINES = (
    (parts.VECTOR, parts.VECTOR_LOADS),
    (parts.VECTOR, parts.RARE_LOADS),
    (parts.LEAD, parts.LEAD_LOADS),
    (parts.TITLE, parts.TITLE_LOADS),
    (parts.STORY_NAMES, parts.NAME_LOADS),
)
"""Vectors whose cosine is taken: of the whole, then the four of ``same_story``."""
RARE_AT = 1

DISTANT = 0.15
"""Cosine of rare words below which two articles that share no five words in a row are not held against each other
sentence by sentence: they have no twins and retell nothing. All versions of the test bed of rewrites have .24 or more
with each other, and more than half of the candidate pairs of a mixed feed are distant."""


Floats = npt.NDArray[np.float64]


class Evidence(NamedTuple):
    """What was found about a pair in the order given: ``values`` float64[len(NAMES)]; ``tiles`` rows of place in
    a, place in b, length; ``grams`` the overlap of shingles; ``cosines`` those of COSINES; ``swapped`` whether a is
    the longer article."""

    values: npt.NDArray[np.float64]
    tiles: Tiles
    grams: Overlap
    cosines: tuple[float, ...]
    swapped: bool

    @property
    def cosine(self) -> float:
        """TF-IDF cosine of the two texts."""
        return self.cosines[0]


class Findings(NamedTuple):
    """The evidence of n pairs, each as its shorter article sees it: ``values`` float64[n, len(NAMES)], ``counts``
    int64[n, len(COUNTED), 3] of what is shared and what each has, ``cosines`` float64[n, len(COSINES)]; the ``tiles``
    of pair k are rows ``bounds[k]:bounds[k + 1]``; ``swapped`` bool[n]."""

    values: npt.NDArray[np.float64]
    counts: npt.NDArray[np.int64]
    cosines: npt.NDArray[np.float64]
    tiles: Tiles
    bounds: npt.NDArray[np.int64]
    swapped: npt.NDArray[np.bool_]

    @property
    def shares(self) -> tuple[Floats, Floats, Floats]:
        """Of each pair in the order it was given in: Jaccard index of the shingles, share of a's in b, of b's in a."""
        shared, own, other = self.counts[:, GRAMS_AT].T
        a, b = np.where(self.swapped, other, own), np.where(self.swapped, own, other)
        jaccard, in_b, in_a = (_shares(shared, whole) for whole in (a + b - shared, a, b))
        return jaccard, in_b, in_a

    def evidence(self, k: int) -> Evidence:
        """All about pair k, in the order it was given in."""
        found, swapped = self.tiles[self.bounds[k] : self.bounds[k + 1]], bool(self.swapped[k])
        if swapped and found.shape[0]:
            found = found[:, [1, 0, 2]]
            found = found[np.argsort(found[:, 0], kind="stable")]
        shared, own, other = self.counts[k, GRAMS_AT].tolist()
        grams = Overlap(shared, other, own) if swapped else Overlap(shared, own, other)
        return Evidence(self.values[k], found, grams, tuple(self.cosines[k].tolist()), swapped)


def _shares(part: npt.NDArray[np.int64], whole: npt.NDArray[np.int64]) -> Floats:
    return np.divide(part, whole, out=np.zeros(len(whole)), where=whole > 0)


Pair = tuple[Profile, Profile]


def evidence(a: Profile, b: Profile) -> Evidence:
    """All evidence about two articles."""
    return evidence_of([(a, b)]).evidence(0)


def evidence_of(pairs: Sequence[Pair]) -> Findings:
    """All evidence about many pairs; fastest where their profiles were made together."""
    count = len(pairs)
    sizes = column(pairs, "size", np.int64)
    swapped = sizes[:, 1] < sizes[:, 0]
    for k in np.flatnonzero(sizes[:, 0] == sizes[:, 1]).tolist():
        swapped[k] = _before(pairs[k][1], pairs[k][0])
    ordered = [(b, a) if turned else (a, b) for (a, b), turned in zip(pairs, swapped.tolist(), strict=True)]
    rows = column(ordered, "row", np.int64)
    values, bounds = np.zeros((count, len(NAMES))), np.zeros(count + 1, np.int64)
    counts, cosines = np.zeros((count, len(COUNTED), 3), np.int64), np.zeros((count, len(COSINES)))
    tiles: list[Tiles] = []
    for start, end in runs_of(ordered):
        short, long = ordered[start]
        out = (values[start:end], counts[start:end], cosines[start:end], bounds[start + 1 : end + 1])
        tiles.append(measure_all(short.packed, long.packed, rows[start:end], out))
    return Findings(values, counts, cosines, np.concatenate([_NONE, *tiles]), np.cumsum(bounds), swapped)


def column(pairs: Sequence[Pair], name: str, kind: type[Any]) -> npt.NDArray[Any]:
    """One field of both profiles of n pairs, [n, 2]."""
    fields = map(attrgetter(name), chain.from_iterable(pairs))
    return np.fromiter(fields, kind, 2 * len(pairs)).reshape(len(pairs), 2)


_NONE: Tiles = np.empty((0, 3), np.int32)


def runs_of(pairs: Sequence[Pair]) -> Iterator[tuple[int, int]]:
    """Start and end of the runs of pairs whose profiles stand in the same arrays."""
    start = 0
    for _, run in groupby(pairs, key=lambda pair: (id(pair[0].packed), id(pair[1].packed))):
        end = start + sum(1 for _ in run)
        yield start, end
        start = end


def _before(a: Profile, b: Profile) -> bool:
    """Whether a of two articles of equal length counts as the shorter: by the first words, then by id."""
    return (a.hashes[:64].tobytes(), a.id) < (b.hashes[:64].tobytes(), b.id)


@compiled
def measure_all(one: Any, other: Any, rows: Any, out: Any) -> Any:
    """``measure`` for pairs of ``rows`` of the shorter and the longer article; returns their tiles, one after the
    other, and writes how many each has."""
    values, counts, cosines, sizes = out
    tiles = np.empty((4 * rows.shape[0] + 64, 3), np.int32)
    used = 0
    for k in range(rows.shape[0]):
        found = measure(one, rows[k, 0], other, rows[k, 1], (values[k], counts[k], cosines[k]))
        sizes[k] = found.shape[0]
        if used + found.shape[0] > tiles.shape[0]:
            larger = np.empty((2 * tiles.shape[0] + found.shape[0], 3), np.int32)
            larger[:used] = tiles[:used]
            tiles = larger
        tiles[used : used + found.shape[0]] = found
        used += found.shape[0]
    return tiles[:used].copy()


@compiled
def measure(one: Any, i: int, other: Any, j: int, out: Any) -> Any:
    """Write values, counts and cosines of the shorter article ``one[i]`` and ``other[j]``, which hold zeros before;
    returns their tiles."""
    values, counts, cosines = out
    _cosines(one, i, other, j, cosines)
    tiles = _tiles(one, i, other, j)
    distant = tiles.shape[0] == 0 and cosines[RARE_AT] < DISTANT
    _count(one, i, other, j, distant, counts)
    sides = (_side(one, i), _side(other, j))
    free, sizes = (sides[0][2], sides[1][2]), (sides[0][0].shape[0], sides[1][0].shape[0])
    _pair_features(sizes, free, 0.0 if distant else _cites(one, i, other, j), out)
    tile_features(tiles, sides[0], sides[1], values[TILES_AT:])
    if not distant:
        twin_features(_terms(one, i), _terms(other, j), values[TWINS_AT:RETOLD_AT])
        retold_features(tiles, stems_of(one, i), stems_of(other, j), values[RETOLD_AT:])
    return tiles


@compiled
def _cosines(one: Any, i: int, other: Any, j: int, out: Any) -> None:
    whole, rare = COSINES[0], COSINES[RARE_AT]
    out[0], out[RARE_AT] = dots(
        (section(one, i, whole[0]), loads(one, i, whole[1]), loads(one, i, rare[1])),
        (section(other, j, whole[0]), loads(other, j, whole[1]), loads(other, j, rare[1])),
    )
    for k in range(RARE_AT + 1, len(COSINES)):
        name, load = COSINES[k]
        out[k] = dot(section(one, i, name), loads(one, i, load), section(other, j, name), loads(other, j, load))
    for k in range(len(COSINES)):
        out[k] = min(1.0, out[k])


@compiled
def _count(one: Any, i: int, other: Any, j: int, distant: bool, counts: Any) -> None:
    """Sizes of the sets of COUNTED; of articles that are not distant also what they share."""
    for k in range(len(COUNTED)):
        short, long = section(one, i, COUNTED[k]), section(other, j, COUNTED[k])
        if k == GRAMS_AT or not distant:
            counts[k, 0] = shared_sorted(short, long)
        counts[k, 1], counts[k, 2] = short.shape[0], long.shape[0]


@compiled
def _columns(packed: Any, row: int) -> Any:
    """Hashes of the words of one article, and its windows."""
    low, high = packed.words[row, 0], packed.words[row, 1]
    last = max(high - QUOTED_GRAM + 1, low)
    found = Windows(packed.grams[low:last], section(packed, row, parts.ASCENDING), packed.places[low:last])
    return packed.hashes[low:high], found


@compiled
def _tiles(one: Any, i: int, other: Any, j: int) -> Any:
    short, long = _columns(one, i), _columns(other, j)
    return tiles_of(short[0], long[0], short[1], long[1])


@compiled
def _side(packed: Any, row: int) -> Any:
    """What ``tile_features`` needs of one article."""
    low, high = packed.words[row, 0], packed.words[row, 1]
    sums = packed.sums[row]
    return packed.flags[low:high], packed.weights[low:high], sums[parts.FREE], sums[parts.QUOTES]


@compiled
def _terms(packed: Any, row: int) -> Any:
    """What ``twin_features`` needs of one article."""
    hashes, start = section(packed, row, parts.TERMS), packed.term_starts[row]
    low, high = packed.sentences[row], packed.sentences[row + 1]
    sentence = packed.term_sentence[start : start + hashes.shape[0]]
    weights, norms = loads(packed, row, parts.TERM_LOADS), packed.norms[low:high]
    return hashes, sentence, weights, norms, packed.sizes[low:high], packed.sums[row, parts.DISTINCT]


@compiled
def _cites(one: Any, i: int, other: Any, j: int) -> float:
    """1 where one of the two names the other's outlet."""
    there = shared_sorted(section(one, i, parts.OUTLET), section(other, j, parts.NAMES))
    here = shared_sorted(section(other, j, parts.OUTLET), section(one, i, parts.NAMES))
    return 1.0 if there or here else 0.0


@compiled
def _share(part: float, whole: float) -> float:
    return part / whole if whole else 0.0


@compiled
def _pair_features(sizes: Any, free: Any, cites: float, out: Any) -> None:
    """Write the values of PAIR_FEATURES; of words and free words, those of the shorter first."""
    values, counts, cosines = out
    values[0] = np.log1p(sizes[0])
    values[1] = np.log1p(sizes[1])
    values[2] = _share(sizes[0], sizes[1])
    values[3] = np.log1p(free[0])
    values[4] = np.log1p(free[1])
    values[5] = _jaccard(counts[GRAMS_AT])
    values[6:8] = _containment(counts[GRAMS_AT])
    values[8:10] = _containment(counts[THREES_AT])
    values[10] = cosines[0]
    values[11] = _jaccard(counts[HEADLINES_AT])
    values[12:14] = _containment(counts[NUMBERS_AT])
    values[14:16] = _containment(counts[NAMES_AT])
    values[16] = cites


@compiled
def _jaccard(counts: Any) -> float:
    return _share(counts[0], counts[1] + counts[2] - counts[0])


@compiled
def _containment(counts: Any) -> Any:
    return np.array([_share(counts[0], counts[1]), _share(counts[0], counts[2])])
