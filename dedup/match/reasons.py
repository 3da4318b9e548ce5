"""Why a pair was judged so, in sentences that an editor can check against the two texts."""

from __future__ import annotations

import math

from dedup.match.features import NAMES, Evidence
from dedup.match.marks import QUOTED
from dedup.match.profile import BOUND, Profile
from dedup.models import DERIVED, Relation
from dedup.text.agencies import possessive

OPENING = 3
"""A passage that begins within so many words of the start opens the text."""


IN_ORDER = 0.85
"""Share of likeness that stands in the same order, from which the order is called the same."""

TELLING = 0.05
"""Share of the shorter text from which it is worth a sentence."""

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
        return ["both texts are the same, word for word", *_suppliers(a, b)]
    verbatim = [_held(a, b, value), *_longest(found)]
    told = _retold(value) if relation == "rewrite" else []
    said = told + verbatim if value["covered_s"] < LITTLE else verbatim + told
    said += _edited(value)
    if not told and value["twins"] > 1.0 and value["twins_ordered"] >= IN_ORDER:
        said.append("the shared sentences come in the same order in both")
    said += _suppliers(a, b)
    if value["cites"]:
        said.append("one of the two names the other's outlet")
    return said


def _held(a: Profile, b: Profile, value: dict[str, float]) -> str:
    """What stands word for word in both, as a share of each: of a cut the two differ, and the reader sees how much."""
    short, long = sorted((a.size, b.size))
    if short == long:
        return f"{_percent(value['covered_s'])} of either text ({short:,} words) stands word for word in the other"
    return (
        f"{_percent(value['covered_s'])} of the shorter text ({short:,} words) stands word for word in the longer one"
        f" ({long:,} words), and is {_percent(value['covered_l'])} of it"
    )


def _edited(value: dict[str, float]) -> list[str]:
    """What is shared beyond the words that are the same: passages with edits inside, then sentences in other words."""
    said, counted = [], value["covered_s"]
    if value["aligned_s"] - counted >= TELLING:
        counted = value["aligned_s"]
        said.append(f"with small edits counted in, {_percent(counted)} of the shorter text is shared")
    reworded = value["echo_s"] - max(counted, value["twin_s"])
    if reworded >= TELLING:
        said.append(f"a further {_percent(reworded)} is in sentences that look reworded")
    return said


def _suppliers(a: Profile, b: Profile) -> list[str]:
    """Agencies that both have the text from; an outlet that is itself the agency does not credit itself."""
    own = set(a.own) | set(b.own)
    said = [f"both stand on {possessive(name)} own site" for name in sorted(set(a.own) & set(b.own))]
    owed = (set(a.own) & set(b.credits) - set(b.own)) | (set(b.own) & set(a.credits) - set(a.own))
    said += [f"one stands on {possessive(name)} own site, and the other credits {name}" for name in sorted(owed)]
    both = sorted((set(a.credits) & set(b.credits)) - own)
    return said + ([f"both credit {' and '.join(both)}"] if both else [])


def _retold(value: dict[str, float]) -> list[str]:
    """What a rewrite keeps, and what it brings of its own."""
    partners, every = round(math.expm1(value["told"])), round(math.expm1(value["sentences"]))
    if not partners:
        return []
    order = ", in the same order" if partners > 2 and value["told_ordered"] >= IN_ORDER else ""
    said = [f"{partners} of the shorter text's {every} sentences resemble one of the other{order}"]
    names, numbers = round(math.expm1(value["own_names"])), round(math.expm1(value["own_numbers"]))
    if not names and not numbers:
        said.append("the shorter text brings no name or number of its own")
    else:
        said.append(f"of its own the shorter text brings {_number(names, 'name')} and {_number(numbers, 'number')}")
    return said


def _number(count: int, what: str) -> str:
    return f"{count or 'no'} {what}{'' if count == 1 else 's'}"


def _longest(found: Evidence) -> list[str]:
    if not found.tiles.shape[0]:
        return []
    i, j, length = max(found.tiles.tolist(), key=lambda tile: (tile[2], -tile[0] - tile[1]))
    if i <= OPENING and j <= OPENING:
        return [f"both open with the same {length:,} words, the longest shared passage"]
    return [f"the longest shared passage has {length:,} words"]


def _bound_share(a: Profile, b: Profile, found: Evidence) -> tuple[int, int, int]:
    """Shared words, how many of them stand in quotations, and how many in quotations or stock phrases."""
    shared = quoted = bound = 0
    for i, j, length in found.tiles.tolist():
        either = a.words.flags[i : i + length] | b.words.flags[j : j + length]
        shared += length
        quoted += int(((either & QUOTED) != 0).sum())
        bound += int(((either & BOUND) != 0).sum())
    return shared, quoted, bound


def _of_other(a: Profile, b: Profile, value: dict[str, float], found: Evidence, relation: Relation) -> list[str]:
    said = []
    if not (a.size and b.size):
        where = "both" if a.size == b.size else "one of the two"
        return [f"no editorial text was found in {where}, so that nothing could be compared but headlines"]
    if "page" in (a.kind, b.kind):
        said.append("one of the two pages holds no article")
    elif "brief" in (a.kind, b.kind):
        said.append("one of the two is too short to compare by passages, and they are not equal")
    shared, quoted, bound = _bound_share(a, b, found)
    if not shared:
        said.append("no five words in a row are shared")
    elif bound == shared and quoted in (0, shared):
        said.append(f"the {shared} shared words are all {'quotations' if quoted else 'stock phrases'}")
    elif bound >= 0.6 * shared:
        said.append(f"of the {shared} shared words {quoted} are quoted and {bound - quoted} stock phrases")
    else:
        of = f"{_percent(value['covered_s'])} of the shorter text"
        said.append(f"only {shared} words are shared in runs of five or more, {of}")
    if relation == "same_story":
        dates = "" if a.time is None or b.time is None else " and times"
        said.append(f"rare words, names{dates} point to one event (likeness of all words {found.cosine:.2f} of 1)")
    elif relation == "related":
        said.append(f"they share the words of a subject (likeness {found.cosine:.2f} of 1)")
    else:
        said.append(f"the vocabulary has little in common (likeness {found.cosine:.2f} of 1)")
    return said
