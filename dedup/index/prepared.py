"""One cleaned article as the index looks it up: keys of its bands, samples and heaviest words."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dedup.index.codec import Facts, content_digest, page_json, signed
from dedup.index.kept import Outline, rows_of
from dedup.index.ledger import Traces
from dedup.match.neighbours import SECONDS_A_DAY, Keys
from dedup.match.outline import draw
from dedup.models import CleanArticle
from dedup.settings import Settings
from dedup.sketch import Sketch

_GOLDEN, _STEP = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xD6E8FEB86659FD93)
_ALIKE = 0x5851F42D4C957F2D
"""Keeps keys of equal bodies and of equal heaviest words apart in one table."""


Heaviest = tuple[NDArray[np.uint64], NDArray[np.float32]]


class Prepared(NamedTuple):
    """An article with its keys and its outline; ``page`` is what cleaning found as JSON. ``bands`` and ``samples`` are
    empty for a body too short to sketch."""

    number: int
    clean: CleanArticle
    page: bytes
    facts: Facts
    outline: Outline
    bands: tuple[int, ...]
    samples: tuple[int, ...]


def prepare(
    numbers: Sequence[int], cleaned: Sequence[CleanArticle], traces: Sequence[Traces], settings: Settings
) -> list[Prepared]:
    """Sketch, weigh and outline articles."""
    drawn = draw(cleaned, settings)
    words = [(_heaviest(drawn.keys, at), outline) for at, outline in enumerate(rows_of(drawn.outlines))]
    return [
        _prepared(number, (cleaned[at], traces[at]), drawn.sketches[at], words[at], settings)
        for at, number in enumerate(numbers)
    ]


def _heaviest(keys: Keys, row: int) -> Heaviest:
    """The heaviest words of one article, ascending."""
    ids, weights = keys.ids[row, : keys.sizes[row]], keys.weights[row, : keys.sizes[row]]
    order = np.argsort(ids)
    return ids[order], weights[order]


def _prepared(
    number: int,
    item: tuple[CleanArticle, Traces],
    sketch: Sketch,
    words: tuple[Heaviest, Outline],
    settings: Settings,
) -> Prepared:
    (clean, traces), ((ids, weights), outline) = item, words
    page = page_json(clean)
    content = content_digest(clean.article)
    facts = Facts(
        id=clean.id,
        content=content,
        stamp=stamp_of_page(page, content),
        words=sketch.words,
        sampled=len(sketch.sample),
        same=signed(sketch.digest[0]) if sketch.words else 0,
        alike=alike(ids),
        lead=_lead(sketch.signature),
        outlet=traces.outlet,
        days=clean.published.timestamp() / SECONDS_A_DAY if clean.published else float("nan"),
        sketch=traces.sketch,
        ids=ids,
        weights=weights,
    )
    if sketch.signature is None:
        return Prepared(number, clean, page, facts, outline, (), ())
    bands = tuple(band_keys(sketch.signature[None], settings.bands)[0].tolist())
    samples = tuple(sketch.sample.astype(np.int64).tolist())
    return Prepared(number, clean, page, facts, outline, bands, samples)


def stamp_of(clean: CleanArticle, content: bytes) -> bytes:
    """8 bytes naming what cleaning made of an article, so that a kept profile is known to be of this text; ``content``
    is the digest of what was delivered."""
    return stamp_of_page(page_json(clean), content)


def stamp_of_page(page: bytes, content: bytes) -> bytes:
    """The same, where the page is JSON already."""
    return hashlib.blake2b(page, digest_size=8, key=content).digest()


def alike(ids: NDArray[np.uint64]) -> int:
    """The key of an article's heaviest words, given ascending; 0 for none."""
    if not len(ids):
        return 0
    digest = hashlib.blake2b(ids.astype("<u8").tobytes(), digest_size=8).digest()
    return signed(int.from_bytes(digest, "little") ^ _ALIKE)


def _lead(signature: NDArray[np.uint32] | None) -> int:
    """The first two rows in one number, by which the batch numbers articles."""
    return 0 if signature is None else int(signature[0]) << 32 | int(signature[1])


def band_keys(signatures: NDArray[np.uint32], bands: int) -> NDArray[np.int64]:
    """One key a band, from its number and rows: int64[n, bands] of n signatures."""
    rows = signatures.reshape(len(signatures), bands, signatures.shape[1] // bands)
    state = np.tile(np.arange(1, bands + 1, dtype=np.uint64) * _GOLDEN, (len(rows), 1))
    for column in range(rows.shape[2]):
        state = (state ^ rows[:, :, column]) * _STEP
        state ^= state >> np.uint64(32)
    return state.view(np.int64)
