"""Why a pair was judged so, in sentences that an editor can check against the two texts."""

from __future__ import annotations

import math

from dedup.match.features import NAMES, Evidence
from dedup.match.marks import QUOTED
from dedup.match.profile import BOUND, Profile
from dedup.models import DERIVED, Relation

OPENING = 3
"""A passage that begins within so many words of the start opens the text."""


IN_ORDER = 0.85
"""Share of likeness that stands in the same order, from which the order is called the same."""

LITTLE = 0.2
"""Share of the shorter text that stands word for word in the other, below which what is retold is said first."""


def reasons(a: Profile, b: Profile, found: Evidence, relation: Relation) -> tuple[str, ...]:
    """Sentences, the most important first; none repeats another. The same for (b, a)."""
    value = dict(zip(NAMES, found.values.tolist(), strict=True))
    if relation in DERIVED:
        return tuple(_of_derived(a, b, value, found, relation))
    return tuple(_of_other(a, b, value, found, relation))


def _percent(share: float) -> str:
    return f"{round(100 * share)}%"


def _of_derived(a: Profile, b: Profile, value: dict[str, float], found: Evidence, relation: Relation) -> list[str]:
    if a.size == b.size and a.words.hashes.tobytes() == b.words.hashes.tobytes():
        return ["both texts are the same, word for word"]
    verbatim = [f"{_percent(value['covered_s'])} of the shorter text stands word for word in the other"]
    verbatim += _longest(found)
    told = _retold(value) if relation == "rewrite" else []
    said = told + verbatim if value["covered_s"] < LITTLE else verbatim + told
    if value["twin_s"] >= 0.1:
        said.append(f"{_percent(value['twin_s'])} of the shorter text is in sentences with a near twin in the other")
    if value["echo_s"] - value["twin_s"] >= 0.15:
        said.append(f"a further {_percent(value['echo_s'] - value['twin_s'])} is in sentences that look reworded")
    if not told and value["twins"] > 1.0 and value["twins_ordered"] >= IN_ORDER:
        said.append("these sentences come in the same order in both")
    both = sorted(set(a.credits) & set(b.credits))
    if both:
        said.append(f"both credit {' and '.join(both)}")
    if value["cites"]:
        said.append("one of the two names the other's outlet")
    return said


def _retold(value: dict[str, float]) -> list[str]:
    """What a rewrite keeps, and what it brings of its own."""
    partners, every = round(math.expm1(value["told"])), round(math.expm1(value["sentences"]))
    if not partners:
        return []
    order = ", in the same order" if partners > 2 and value["told_ordered"] >= IN_ORDER else ""
    said = [f"{partners} of the shorter text's {every} sentences have a partner that says the same{order}"]
    names, numbers = round(math.expm1(value["own_names"])), round(math.expm1(value["own_numbers"]))
    if not names and not numbers:
        said.append("it brings no name or number of its own")
    else:
        said.append(f"of its own it brings {_number(names, 'name')} and {_number(numbers, 'number')}")
    return said


def _number(count: int, what: str) -> str:
    return f"{count or 'no'} {what}{'' if count == 1 else 's'}"


def _longest(found: Evidence) -> list[str]:
    if not found.tiles.shape[0]:
        return []
    i, j, length = max(found.tiles.tolist(), key=lambda tile: (tile[2], -tile[0] - tile[1]))
    if i <= OPENING and j <= OPENING:
        return [f"both open with the same {length} words"]
    return [f"the longest shared passage has {length} words"]


def _bound_share(a: Profile, b: Profile, found: Evidence) -> tuple[int, int]:
    """Shared words, and how many of them stand in quotations or stock phrases."""
    shared = bound = 0
    for i, j, length in found.tiles.tolist():
        either = a.words.flags[i : i + length] | b.words.flags[j : j + length]
        shared += length
        bound += int(((either & BOUND) != 0).sum())
    return shared, bound


def _of_other(a: Profile, b: Profile, value: dict[str, float], found: Evidence, relation: Relation) -> list[str]:
    said = []
    if not (a.size and b.size):
        said.append("no editorial text was found in " + ("both" if a.size == b.size else "one of the two"))
    elif "page" in (a.kind, b.kind):
        said.append("one of the two pages holds no article")
    elif "brief" in (a.kind, b.kind):
        said.append("one of the two is too short to compare by passages, and they are not equal")
    shared, bound = _bound_share(a, b, found)
    if not shared:
        said.append("no five words in a row are shared")
    elif bound == shared:
        quoted = any((a.words.flags[i] | b.words.flags[j]) & QUOTED for i, j, _ in found.tiles.tolist())
        said.append(f"the {shared} shared words are all {'quotations' if quoted else 'stock phrases'}")
    elif bound >= 0.6 * shared:
        said.append(f"{bound} of the {shared} shared words are quotations or stock phrases")
    else:
        said.append(f"only {shared} words are shared in runs of five or more, {_percent(value['covered_s'])} of a text")
    if relation == "same_story":
        said.append(f"words, names and dates point to one event (likeness {found.cosine:.2f})")
    elif relation == "related":
        said.append(f"the two share a subject, not an event (likeness {found.cosine:.2f})")
    else:
        said.append(f"the vocabulary has little in common (likeness {found.cosine:.2f})")
    return said
