"""Rare words that two articles share, as they are spelled: names that a reader can look for in both."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from dedup.match import packed as parts
from dedup.match.packed import loads, section
from dedup.match.profile import Profile, Words
from dedup.match.similarity import idf_of

RAREST = 4
"""Shared words that are named: as many as a reader finds in both texts in ten seconds."""

HEAVY = 4 * RAREST
"""Shared words among which the rarest are looked for: those that both texts are about."""

RARE = 5.0
"""Idf from which a word is called rare: 1 in 55 background articles has it, while Korea and Ukraine are in 1 of 17."""

HYPHENS = "-‐‑"


def rarest(a: Profile, b: Profile) -> list[str]:
    """The rarest of the words that weigh most in both and stand in both bodies; none that many articles have. The same
    for (b, a)."""
    heavy = _common(a, b, parts.VECTOR, parts.RARE_LOADS)[:HEAVY]
    idf = idf_of(heavy)
    order = np.argsort(-idf, kind="stable")
    return _spellings(a, b, heavy[order[: np.count_nonzero(idf >= RARE)]])


def of_headlines(a: Profile, b: Profile) -> list[str]:
    """The words that weigh most in both headlines, as they stand in both bodies; the same for (b, a)."""
    return _spellings(a, b, _common(a, b, parts.TITLE, parts.TITLE_LOADS)[: 2 * RAREST])


def _spellings(a: Profile, b: Profile, words: npt.NDArray[np.uint64]) -> list[str]:
    """The first words that stand in both bodies, as they are spelled."""
    texts = (a.text, a.words), (b.text, b.words)
    chosen: list[str] = []
    for word in words:
        spelled = _spelled(texts, word)
        if spelled and spelled not in chosen:
            chosen.append(spelled)
        if len(chosen) == RAREST:
            break
    return chosen


def _common(a: Profile, b: Profile, kind: int, load: int) -> npt.NDArray[np.uint64]:
    """The words of one section that both have, those that weigh most in both first."""
    one, other = section(a.packed, a.row, kind), section(b.packed, b.row, kind)
    if not (one.size and other.size):
        return np.empty(0, np.uint64)
    at = np.minimum(np.searchsorted(other, one), other.size - 1)
    same = np.flatnonzero(other[at] == one)
    weights = loads(a.packed, a.row, load)[same] * loads(b.packed, b.row, load)[at[same]]
    found: npt.NDArray[np.uint64] = one[same[np.argsort(-weights, kind="stable")]]
    return found


def _spelled(texts: Iterable[tuple[str, Words]], word: np.uint64) -> str:
    """A word as it first stands in the two bodies, in the form with fewer capitals; "" where it is not in both, or
    the tail of a word with hyphens ("Won-sik")."""
    forms = []
    for text, words in texts:
        places = (words.hashes == word).nonzero()[0]
        if not places.size:
            return ""
        start = words.starts[places[0]]
        if start and text[start - 1] in HYPHENS:
            return ""
        forms.append(text[start : words.ends[places[0]]])
    shown = min(forms, key=lambda text: (sum(map(str.isupper, text)), text))
    return shown if len(shown) > 1 else ""
