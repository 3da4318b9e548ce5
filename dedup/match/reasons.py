"""Why a pair was judged so, in sentences that an editor can check against the two texts."""

from __future__ import annotations

from dedup.match.features import NAMES, Evidence
from dedup.match.profile import Profile
from dedup.models import DERIVED, Relation


def reasons(a: Profile, b: Profile, found: Evidence, relation: Relation) -> tuple[str, ...]:
    """Sentences, the most important first; none repeats another."""
    value = dict(zip(NAMES, (float(x) for x in found.values), strict=True))
    if relation in DERIVED:
        return tuple(_of_derived(a, b, value, found))
    return tuple(_of_other(value, found, relation))


def _of_derived(a: Profile, b: Profile, value: dict[str, float], found: Evidence) -> list[str]:
    share = round(100 * value["covered_s"])
    said = [f"{share}% of the shorter text stands word for word in the other"]
    if found.tiles.shape[0]:
        i, j, length = max(found.tiles.tolist(), key=lambda tile: (tile[2], -tile[0]))
        said.append(
            f"both open with the same {length} words"
            if i <= 3 and j <= 3
            else f"the longest shared passage has {length} words"
        )
    if value["twin_s"] >= 0.1:
        said.append(f"{round(100 * value['twin_s'])}% of the shorter text's sentences have a near twin in the other")
    both = sorted(set(a.credits) & set(b.credits))
    if both:
        said.append(f"both credit {' and '.join(both)}")
    return said


def _of_other(value: dict[str, float], found: Evidence, relation: Relation) -> list[str]:
    said = []
    if found.tiles.shape[0] and value["free_words"] == 0:
        said.append("the shared words are all inside quotations or stock phrases")
    elif not found.tiles.shape[0]:
        said.append("no five words in a row are shared")
    if relation == "same_story":
        said.append("names, numbers and words point to the same event")
    elif relation == "related":
        said.append("the two share a subject, not an event")
    return said
