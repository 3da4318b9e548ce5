"""Why a pair was judged so, in sentences that an editor can check against the two texts."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from dedup.match import packed as parts
from dedup.match.features import NAMES, Evidence
from dedup.match.marks import QUOTED
from dedup.match.overlap import PASSAGE_WORDS
from dedup.match.packed import loads, section
from dedup.match.profile import BOUND, Profile, Words
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

SENTENCES = 3
"""A text of fewer sentences is not said to be retold: one alike is chance."""

BOUND_SHARE = 0.6
"""Share of the shared words, from which it is worth saying that they are quoted or of stock phrases."""

RAREST = 4
"""Shared words that are named: as many as a reader finds in both texts in ten seconds."""


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
    verbatim = [_held(a, b, found), *_longest(found)]
    told = _retold(value) if relation == "rewrite" else []
    said = told + verbatim if value["covered_s"] < LITTLE else verbatim + told
    said += _edited(value, bool(_passages(found)))
    if not told and value["twins"] > 1.0 and value["twins_ordered"] >= IN_ORDER:
        said.append("the shared sentences come in the same order in both")
    said += _suppliers(a, b)
    if value["cites"]:
        said.append("one of the two names the other's outlet")
    return said


def _held(a: Profile, b: Profile, found: Evidence) -> str:
    """The words of the passages, beside the length of both: what is shown of a pair gives the shares."""
    short, long = sorted((a.size, b.size))
    shared = sum(length for _, _, length in _passages(found))
    if not shared:
        return f"no {PASSAGE_WORDS} words in a row are shared"
    if short == long:
        return f"{shared:,} of the {short:,} words of either text stand word for word in the other"
    return f"{shared:,} of the shorter text's {short:,} words stand word for word in the longer one, which has {long:,}"


def _passages(found: Evidence) -> list[tuple[int, int, int]]:
    """The runs of words that are shown as shared passages: where they begin in each text, and their length."""
    return [(i, j, length) for i, j, length in found.tiles.tolist() if length >= PASSAGE_WORDS]


def _edited(value: dict[str, float], passages: bool) -> list[str]:
    """What is shared beyond the words that are the same: passages with edits inside, then sentences in other words;
    the latter are further ones where something is said before them."""
    said, counted = [], value["covered_s"]
    if value["aligned_s"] - counted >= TELLING:
        counted = value["aligned_s"]
        said.append(f"with small edits counted in, {_percent(counted)} of the shorter text is shared")
    reworded = value["echo_s"] - max(counted, value["twin_s"])
    if reworded >= TELLING:
        share = f"a further {_percent(reworded)}" if passages or said else _percent(reworded)
        said.append(f"{share} of the shorter text is in sentences that look reworded")
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
    if not partners or every < SENTENCES:
        return []
    order = ", in the same order" if partners > 2 and value["told_ordered"] >= IN_ORDER else ""
    resemble = "resembles" if partners == 1 else "resemble"
    said = [f"{partners} of the shorter text's {every} sentences {resemble} a sentence of the other{order}"]
    names, numbers = round(math.expm1(value["own_names"])), round(math.expm1(value["own_numbers"]))
    if not names and not numbers:
        said.append("the shorter text brings no name or number of its own")
    else:
        said.append(f"of its own the shorter text brings {_number(names, 'name')} and {_number(numbers, 'number')}")
    return said


def _number(count: int, what: str) -> str:
    return f"{count or 'no'} {what}{'' if count == 1 else 's'}"


def _longest(found: Evidence) -> list[str]:
    passages = _passages(found)
    if not passages:
        return []
    i, j, length = max(passages, key=lambda tile: (tile[2], -tile[0] - tile[1]))
    if i <= OPENING and j <= OPENING:
        return [f"both open with the same {length:,} words, the longest shared passage"]
    return [f"the longest shared passage has {length:,} words"]


def _of_other(a: Profile, b: Profile, value: dict[str, float], found: Evidence, relation: Relation) -> list[str]:
    if not (a.size and b.size):
        where = "either" if a.size == b.size else "one of the two"
        what = "nothing" if relation == "unrelated" else "only headlines"
        return [f"no article text was found in {where}, so {what} could be compared"]
    said = []
    if a.kind == b.kind == "page":
        said.append("neither of the two pages holds an article")
    elif "page" in (a.kind, b.kind):
        said.append("one of the two pages holds no article")
    elif a.kind == b.kind == "brief":
        same, longer = _same_words(a, b), max(a.size, b.size)
        said.append(f"both are too short to tell; {same} of {longer} words are the same")
    elif "brief" in (a.kind, b.kind):
        said.append("one of the two is too short to compare by its passages")
    if a.kind != "brief" and b.kind != "brief":
        said.append(_shared(a, b, found))
    said.append(_subject(a, b, found, relation))
    return said


def _same_words(a: Profile, b: Profile) -> int:
    """How many words of the one the other has too, each as often as both have it."""
    return (Counter(a.words.hashes.tolist()) & Counter(b.words.hashes.tolist())).total()


def _shared(a: Profile, b: Profile, found: Evidence) -> str:
    """How many words stand in shared passages, and how many of these in quotations or stock phrases."""
    shared = quoted = stock = 0
    for i, j, length in _passages(found):
        either = a.words.flags[i : i + length] | b.words.flags[j : j + length]
        inside = (either & QUOTED) != 0
        shared += length
        quoted += int(inside.sum())
        stock += int((((either & BOUND) != 0) & ~inside).sum())
    if not shared:
        return f"no {PASSAGE_WORDS} words in a row are shared"
    if quoted == shared:
        return f"the {shared:,} shared words are all quoted"
    if stock == shared:
        return f"the {shared:,} shared words are all of stock phrases"
    if quoted + stock >= BOUND_SHARE * shared:
        kinds = [f"{number:,} {kind}" for number, kind in ((quoted, "quoted"), (stock, "of stock phrases")) if number]
        return f"of the {shared:,} shared words {' and '.join(kinds)}"
    return f"only {shared:,} words are shared in passages of {PASSAGE_WORDS} or more"


def _subject(a: Profile, b: Profile, found: Evidence, relation: Relation) -> str:
    """What the words of both have in common; of reports of one event, with names to look for."""
    likeness = f"(likeness of all words {found.cosine:.2f} of 1)"
    if relation == "unrelated":
        return f"the vocabulary has little in common {likeness}"
    if relation == "related":
        return f"they share the words of a subject {likeness}"
    rarest = _rarest(a, b)
    if not rarest:
        return f"their words point to one event {likeness}"
    named = f"{', '.join(rarest[:-1])} and {rarest[-1]}" if len(rarest) > 1 else rarest[0]
    return f"rare words in both point to one event: {named} {likeness}"


def _rarest(a: Profile, b: Profile) -> list[str]:
    """The names that weigh most in the bodies of both, then other rare words; the same for (b, a)."""
    chosen: list[str] = []
    texts = (a.text, a.words), (b.text, b.words)
    for kind, load in ((parts.STORY_NAMES, parts.NAME_LOADS), (parts.VECTOR, parts.RARE_LOADS)):
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
