"""Pairs of places as one number each: sorted and looked up many times as fast as rows of two."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Keys = npt.NDArray[np.int64]
"""The first place in the upper half, the second in the lower: sorted as pairs are."""

PLACE_BITS = 32


def keys_of(pairs: npt.NDArray[np.integer[Any]]) -> Keys:
    """The key of each pair of places, int[m, 2], of less than 2^31."""
    keys = pairs[:, 0].astype(np.int64)
    keys <<= PLACE_BITS
    keys |= pairs[:, 1]
    return keys


def pairs_of(keys: Keys) -> npt.NDArray[np.int32]:
    """The pairs of keys, int32[m, 2]; a view."""
    return keys.astype("<i8", copy=False).view("<i4").reshape(len(keys), 2)[:, ::-1]


def distinct(keys: Keys) -> Keys:
    """The keys sorted, each once. The array given is sorted too, so that it is not held twice."""
    keys.sort()
    first = np.ones(len(keys), np.bool_)
    np.not_equal(keys[1:], keys[:-1], out=first[1:])
    return keys[first]
