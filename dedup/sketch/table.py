"""Bodies to sketches: what is kept of a text so that candidates for comparison can be found without the text."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, fields
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dedup.settings import Settings
from dedup.sketch.kernel import Outputs, Recipe, sketch_words
from dedup.sketch.scheme import permutations, powers, sample_bound
from dedup.text.tokens import word_hashes

if TYPE_CHECKING:
    from datasketch import MinHash

CHARACTERS_A_BLOCK = 1 << 18
"""Bodies are sketched in blocks of about this many characters: at a million the buffers fall out of the cache."""

BLOCKS_AHEAD = 4
"""Blocks read ahead for each thread: enough that none waits, few enough that bodies do not pile up."""


class Sketch(NamedTuple):
    """The sketch of one body. ``words`` counts its words; ``shingles`` are its distinct shingle hashes, sorted;
    ``signature`` uint32[permutations], or None for a body too short to sketch (then the others are empty);
    ``sample`` the shingle hashes below the fixed bound, sorted; ``digest`` 128 bits naming the sequence of words."""

    words: int
    shingles: NDArray[np.uint64]
    signature: NDArray[np.uint32] | None
    sample: NDArray[np.uint64]
    digest: tuple[int, int]


@dataclass(frozen=True, slots=True)
class SketchTable:
    """The sketches of n bodies, packed.

    ``words`` int32[n]; ``sketched`` bool[n], false for bodies too short; ``digests`` uint64[n, 2]; ``signatures``
    uint32[n, permutations]; the sample of body i is ``sample[sample_bounds[i]:sample_bounds[i + 1]]``, sorted, and
    its shingles likewise where they were asked for (else empty).
    """

    words: NDArray[np.int32]
    sketched: NDArray[np.bool_]
    digests: NDArray[np.uint64]
    signatures: NDArray[np.uint32]
    sample: NDArray[np.uint64]
    sample_bounds: NDArray[np.int64]
    shingles: NDArray[np.uint64]
    shingle_bounds: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.words)

    def __getitem__(self, at: int) -> Sketch:
        """The sketch of body ``at``, as views."""
        sampled = slice(self.sample_bounds[at], self.sample_bounds[at + 1])
        shingled = slice(self.shingle_bounds[at], self.shingle_bounds[at + 1])
        return Sketch(
            int(self.words[at]),
            self.shingles[shingled],
            self.signatures[at] if self.sketched[at] else None,
            self.sample[sampled],
            (int(self.digests[at, 0]), int(self.digests[at, 1])),
        )


def sketch(body: str, settings: Settings) -> Sketch:
    """The sketch of one body (its editorial text), every shingle kept."""
    return sketch_many((body,), settings, shingles=True)[0]


def sketch_many(bodies: Iterable[str], settings: Settings, shingles: bool = False, threads: int = 1) -> SketchTable:
    """The sketches of many bodies, in their order; with ``shingles``, every distinct shingle hash as well.

    Row i depends on body i and the settings alone, whatever the threads (the kernels run without the interpreter
    lock, so that bodies may be read meanwhile). About 1 kB an article, and 8 bytes a shingle where they are kept.
    """
    return join_tables(sketch_blocks(bodies, settings, shingles, threads))


def sketch_blocks(
    bodies: Iterable[str], settings: Settings, shingles: bool = False, threads: int = 1
) -> Iterator[SketchTable]:
    """``sketch_many`` in parts, one or more, of some hundred thousand characters each."""
    recipe = _recipe(settings, shingles)
    return _in_threads(bodies, recipe, threads) if threads > 1 else _one_by_one(bodies, recipe)


def _one_by_one(bodies: Iterable[str], recipe: Recipe) -> Iterator[SketchTable]:
    return (_sketch_block(block, recipe) for block in _blocks(bodies))


def _in_threads(bodies: Iterable[str], recipe: Recipe, threads: int) -> Iterator[SketchTable]:
    """The tables of the blocks, in order; only a few blocks are read ahead."""
    _sketch_block((), recipe)  # compiles or loads the kernels before the threads ask for them
    running: deque[Future[SketchTable]] = deque()
    with ThreadPoolExecutor(threads) as pool:
        for block in _blocks(bodies):
            running.append(pool.submit(_sketch_block, block, recipe))
            if len(running) > BLOCKS_AHEAD * threads:
                yield running.popleft().result()
        while running:
            yield running.popleft().result()


def join_tables(tables: Iterable[SketchTable]) -> SketchTable:
    """Several tables of the same settings, one or more, after each other as one."""
    columns: dict[str, Column] = {}
    for table in tables:
        for item in fields(SketchTable):
            part = getattr(table, item.name)
            if item.name.endswith("_bounds"):
                part = np.diff(part)
            columns.setdefault(item.name, Column(part)).add(part)
    joined = {name: column.done() for name, column in columns.items()}
    for name in ("sample_bounds", "shingle_bounds"):
        joined[name] = np.concatenate([np.zeros(1, np.int64), np.cumsum(joined[name], dtype=np.int64)])
    return SketchTable(**joined)


class Column:
    """An array that grows in place: a large one is moved by the system's page table, so that it is never held twice."""

    def __init__(self, like: NDArray[Any]) -> None:
        self._array = np.empty((0, *like.shape[1:]), like.dtype)
        self._end = 0

    def add(self, part: NDArray[Any]) -> None:
        end = self._end + len(part)
        if end > len(self._array):
            self._array.resize((end + end // 8, *part.shape[1:]), refcheck=False)
        self._array[self._end : end] = part
        self._end = end

    def done(self) -> NDArray[Any]:
        self._array.resize((self._end, *self._array.shape[1:]), refcheck=False)
        return self._array


def to_datasketch(sketched: Sketch, settings: Settings) -> MinHash:
    """The signature as a ``datasketch.MinHash`` (scheme affine32); an unsketched body gives the empty MinHash."""
    from datasketch import MinHash

    values = sketched.signature
    if values is None:
        return MinHash(num_perm=settings.permutations, seed=settings.seed, scheme="affine32")
    return MinHash(num_perm=settings.permutations, seed=settings.seed, scheme="affine32", hashvalues=values)


@lru_cache(maxsize=8)
def _recipe(settings: Settings, keep: bool) -> Recipe:
    a, b = permutations(settings.seed, settings.permutations)
    bound = np.uint64(sample_bound(settings.sample_rate))
    return Recipe(powers(settings.shingle_words), a, b, bound, settings.min_words, keep)


def _blocks(bodies: Iterable[str]) -> Iterator[list[str]]:
    """One block or more; the last may be empty."""
    block: list[str] = []
    size = 0
    for body in bodies:
        block.append(body)
        size += len(body)
        if size >= CHARACTERS_A_BLOCK:
            yield block
            block, size = [], 0
    yield block


def sketch_hashes(words: NDArray[np.uint64], bounds: NDArray[np.int64], settings: Settings) -> SketchTable:
    """``sketch_many`` of bodies whose words are known: those of body i are ``words[bounds[i]:bounds[i + 1]]``."""
    return _sketch_words(words, bounds, _recipe(settings, False))


def _sketch_block(bodies: Sequence[str], recipe: Recipe) -> SketchTable:
    return _sketch_words(*word_hashes(bodies), recipe)


def _sketch_words(words: NDArray[np.uint64], bounds: NDArray[np.int64], recipe: Recipe) -> SketchTable:
    count = len(bounds) - 1
    out = Outputs(
        words=np.empty(count, np.int32),
        digests=np.empty((count, 2), np.uint64),
        signatures=np.empty((count, len(recipe.a)), np.uint32),
        sample=np.empty(len(words), np.uint64),
        sample_bounds=np.zeros(count + 1, np.int64),
        shingles=np.empty(len(words) if recipe.keep else 0, np.uint64),
        shingle_bounds=np.zeros(count + 1, np.int64),
    )
    sketch_words(words, bounds, recipe, out)
    return SketchTable(
        words=out.words,
        sketched=out.words >= max(recipe.least, len(recipe.factors)),
        digests=out.digests,
        signatures=out.signatures,
        sample=out.sample[: out.sample_bounds[-1]].copy(),
        sample_bounds=out.sample_bounds,
        shingles=out.shingles[: out.shingle_bounds[-1]].copy(),
        shingle_bounds=out.shingle_bounds,
    )
