"""Rare words that two articles share, as they are spelled: names that a reader can look for in both."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from dedup.match import packed as parts
from dedup.match.compiled import compiled
from dedup.match.profile import Profile
from dedup.match.similarity import idf_of

RAREST = 4
"""Shared words that are named: as many as a reader finds in both texts in ten seconds."""

HEAVY = 4 * RAREST
"""Shared words among which the rarest are looked for: those that both texts are about."""

RARE = 5.0
"""Idf from which a word is called rare: 1 in 55 background articles has it, while Korea and Ukraine are in 1 of 17."""

HYPHENS = "-‐‑"

Places = npt.NDArray[np.int32]


def rarest(a: Profile, b: Profile) -> list[str]:
    """The rarest of the words that weigh most in both and stand in both bodies; none that many articles have. The same
    for (b, a)."""
    heavy = _heaviest(a, b, parts.VECTOR, parts.RARE_LOADS, HEAVY)
    idf = idf_of(a.hashes[heavy[:, 0]])
    order = np.argsort(-idf, kind="stable")
    return _spellings(a, b, heavy[order[: np.count_nonzero(idf >= RARE)]])


def of_headlines(a: Profile, b: Profile) -> list[str]:
    """The words that weigh most in both headlines, as they stand in both bodies; the same for (b, a)."""
    return _spellings(a, b, _heaviest(a, b, parts.TITLE, parts.TITLE_LOADS, 2 * RAREST))


def _heaviest(a: Profile, b: Profile, kind: int, load: int, most: int) -> Places:
    """Where those of the ``most`` heaviest words of a section that stand in both bodies first do, int32[m, 2]."""
    found: Places = _common((a.set(kind), a.load(load), a.hashes), (b.set(kind), b.load(load), b.hashes), most)
    return found[(found >= 0).all(1)]


def _spellings(a: Profile, b: Profile, places: Places) -> list[str]:
    """The first few words, as they are spelled."""
    chosen: list[str] = []
    for here, there in places.tolist():
        spelled = _spelled(a, here, b, there)
        if spelled and spelled not in chosen:
            chosen.append(spelled)
        if len(chosen) == RAREST:
            break
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


def _spelled(a: Profile, here: int, b: Profile, there: int) -> str:
    """A word in the form with fewer capitals; "" for a single character, or for the tail of a word with hyphens
    ("Won-sik")."""
    if _is_tail(a, here) or _is_tail(b, there):
        return ""
    forms = a.spelled(here, here), b.spelled(there, there)
    shown = min(forms, key=lambda text: (sum(map(str.isupper, text)), text))
    return shown if len(shown) > 1 else ""


def _is_tail(item: Profile, at: int) -> bool:
    start = int(item.words.starts[at])
    return start > 0 and item.text[start - 1] in HYPHENS
