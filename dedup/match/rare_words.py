"""Rare words that two articles share, as they are spelled: names that a reader can look for in both."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from dedup.match import packed as parts
from dedup.match.packed import loads, section
from dedup.match.profile import Profile, Words

RAREST = 4
"""Shared words that are named: as many as a reader finds in both texts in ten seconds."""

OF_TEXT = ((parts.STORY_NAMES, parts.NAME_LOADS), (parts.VECTOR, parts.RARE_LOADS))
OF_HEADLINE = ((parts.TITLE, parts.TITLE_LOADS),)
"""Sections of words with their weights, those to be named first."""


def rarest(a: Profile, b: Profile, sections: Iterable[tuple[int, int]] = OF_TEXT) -> list[str]:
    """The words of the sections that weigh most in both and stand in both bodies; the same for (b, a)."""
    chosen: list[str] = []
    texts = (a.text, a.words), (b.text, b.words)
    for kind, load in sections:
        for word in _common(a, b, kind, load)[: 2 * RAREST].tolist():
            if len(chosen) == RAREST:
                return chosen
            spelled = _spelled(texts, np.uint64(word))
            if spelled and spelled not in chosen:
                chosen.append(spelled)
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
    """A word as it first stands in the two bodies, in the form with fewer capitals; "" where it is not in both."""
    forms = []
    for text, words in texts:
        places = (words.hashes == word).nonzero()[0]
        if not places.size:
            return ""
        forms.append(text[words.starts[places[0]] : words.ends[places[0]]])
    shown = min(forms, key=lambda text: (sum(map(str.isupper, text)), text))
    return shown if len(shown) > 1 else ""
