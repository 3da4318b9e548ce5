"""One cleaned article as the index looks it up: keys of its bands, samples and heaviest words."""

from __future__ import annotations

import hashlib
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dedup.index.codec import Facts, content_digest, page_json, signed
from dedup.index.ledger import Traces
from dedup.match.neighbours import SECONDS_A_DAY, neighbour_keys
from dedup.match.similarity import vectorise
from dedup.models import CleanArticle
from dedup.settings import Settings
from dedup.sketch import sketch_many

_GOLDEN, _STEP = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xD6E8FEB86659FD93)
_ALIKE = 0x5851F42D4C957F2D
"""Keeps keys of equal bodies and of equal heaviest words apart in one table."""


class Prepared(NamedTuple):
    """An article with its keys. ``bands`` and ``samples`` are empty for a body too short to sketch."""

    number: int
    clean: CleanArticle
    facts: Facts
    bands: tuple[int, ...]
    samples: tuple[int, ...]


def prepare(number: int, clean: CleanArticle, traces: Traces, settings: Settings) -> Prepared:
    """Sketch and weigh one article."""
    sketch = sketch_many((clean.body,), settings)[0]
    words = neighbour_keys(vectorise(clean), settings)
    facts = Facts(
        id=clean.id,
        content=content_digest(clean.article),
        stamp=stamp_of(clean),
        words=sketch.words,
        sampled=len(sketch.sample),
        same=signed(sketch.digest[0]) if sketch.words else 0,
        alike=_alike(words.ids),
        outlet=traces.outlet,
        days=clean.published.timestamp() / SECONDS_A_DAY if clean.published else float("nan"),
        sketch=traces.sketch,
        ids=words.ids,
        weights=words.weights,
    )
    if sketch.signature is None:
        return Prepared(number, clean, facts, (), ())
    samples = tuple(int(value) for value in sketch.sample.astype(np.int64))
    return Prepared(number, clean, facts, _band_keys(sketch.signature, settings.bands), samples)


def stamp_of(clean: CleanArticle) -> bytes:
    """8 bytes naming what cleaning made of an article, so that a kept profile is known to be of this text."""
    return hashlib.blake2b(page_json(clean), digest_size=8, key=content_digest(clean.article)).digest()


def _alike(ids: NDArray[np.uint64]) -> int:
    if not len(ids):
        return 0
    digest = hashlib.blake2b(ids.astype("<u8").tobytes(), digest_size=8).digest()
    return signed(int.from_bytes(digest, "little") ^ _ALIKE)


def _band_keys(signature: NDArray[np.uint32], bands: int) -> tuple[int, ...]:
    """One key a band, from its number and rows."""
    rows = signature.reshape(bands, -1).astype(np.uint64)
    state = np.arange(1, bands + 1, dtype=np.uint64) * _GOLDEN
    for column in rows.T:
        state = (state ^ column) * _STEP
        state ^= state >> np.uint64(32)
    return tuple(int(value) for value in state.astype(np.int64))
