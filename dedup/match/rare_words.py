"""Rare words that two articles share, as they are spelled: names that a reader can look for in both."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from dedup.match import packed as parts
from dedup.match.compiled import compiled
from dedup.match.profile import Profile

RAREST = 4
"""Shared words that are named: as many as a reader finds in both texts in ten seconds."""

OF_TEXT = ((parts.STORY_NAMES, parts.NAME_LOADS), (parts.VECTOR, parts.RARE_LOADS))
OF_HEADLINE = ((parts.TITLE, parts.TITLE_LOADS),)
"""Sections of words with their weights, those to be named first."""


def rarest(a: Profile, b: Profile, sections: Iterable[tuple[int, int]] = OF_TEXT) -> list[str]:
    """The words of the sections that weigh most in both and stand in both bodies; the same for (b, a)."""
    chosen: list[str] = []
    for kind, load in sections:
        found = _common((a.set(kind), a.load(load), a.hashes), (b.set(kind), b.load(load), b.hashes), 2 * RAREST)
        for here, there in found.tolist():
            if len(chosen) == RAREST:
                return chosen
            spelled = _spelled(a.spelled(here, here), b.spelled(there, there)) if here >= 0 and there >= 0 else ""
            if spelled and spelled not in chosen:
                chosen.append(spelled)
    return chosen


@compiled
def _common(one: Any, other: Any, most: int) -> Any:
    """The words that two ascending arrays share and that weigh most in both, the heaviest first: where each first
    stands in the bodies, int32[up to ``most``, 2], -1 where it does not. Of both are given words, weights and body."""
    (ids, weights, body), (ids_other, weights_other, body_other) = one, other
    words, best = np.zeros(most + 1, np.uint64), np.zeros(most + 1, np.float32)
    i = j = count = 0
    while i < ids.shape[0] and j < ids_other.shape[0]:
        here, there = ids[i], ids_other[j]
        if here == there:
            weight, at = weights[i] * weights_other[j], count
            while at > 0 and best[at - 1] < weight:
                words[at], best[at] = words[at - 1], best[at - 1]
                at -= 1
            words[at], best[at] = here, weight
            count = min(count + 1, most)
        i += here <= there
        j += there <= here
    places = np.empty((count, 2), np.int32)
    for k in range(count):
        places[k, 0], places[k, 1] = _first(body, words[k]), _first(body_other, words[k])
    return places


@compiled
def _first(body: Any, word: Any) -> int:
    for k in range(body.shape[0]):
        if body[k] == word:
            return k
    return -1


def _spelled(*forms: str) -> str:
    """A word in the form with fewer capitals; "" for a single character."""
    shown = min(forms, key=lambda text: (sum(map(str.isupper, text)), text))
    return shown if len(shown) > 1 else ""
