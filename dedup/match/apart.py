"""Why text was not taken, and whether two articles tell one event: what is said of pairs that are not derived."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from functools import cache

from dedup.match import packed as parts
from dedup.match.decision import OF_EVENT
from dedup.match.overlap import PASSAGE_WORDS
from dedup.match.rare_words import of_headlines, rarest
from dedup.match.same_story import SECONDS_A_DAY, WEEKDAYS
from dedup.match.sentences import (
    LEAST,
    Reason,
    Said,
    Seen,
    Sentence,
    although,
    bound,
    in_order,
    longest,
    overruled,
    same_quotations,
    told,
    weighed,
)
from dedup.models import Fact, Relation

BOUND_SHARE = 0.6
"""Share of the shared words, from which it is worth saying that they are quoted or of stock phrases."""

UNLIKE_HEADLINES = 0.05
"""Cosine of headlines under which they have no rare word in common."""
_HEADLINES_AT = 3


def of_other(seen: Seen, relation: Relation) -> list[Reason]:
    """The reasons of a pair of which none has text of the other."""
    a, b = seen.a, seen.b
    if not (a.size and b.size):
        what = "nothing" if relation == "unrelated" else "only headlines"
        if a.size == b.size:
            return weighed([("no_text", f"no article text was found in either, so {what} could be compared")])
        bare = a if b.size else b
        text = f"no article text was found in “{bare.id}”, so {what} could be compared"
        return [Reason(Fact("no_text", (bare.id,)), text)]
    taken = [] if "brief" in (a.kind, b.kind) else _taken(seen)
    event = _event(seen, relation)
    but = _against(seen, relation)
    if any(reason.fact.code == "event" for reason in but):  # the same topic, which is weighed once
        event = [
            Reason(Fact("subject"), text) if fact.code == "subject" else Reason(fact, text) for fact, text in event
        ]
    both = [*taken, *event] if seen.decision.taken else [*event, *taken]
    return [*_kinds(seen), *both, *but]


def _kinds(seen: Seen) -> list[Reason]:
    """Why a pair could not be compared as two articles. Of one of the two, its id says which."""
    a, b = seen.a, seen.b
    if a.kind == b.kind == "page":
        return weighed([("pages", "neither of the two pages holds an article")])
    if "page" in (a.kind, b.kind):
        page = a.id if a.kind == "page" else b.id
        return [Reason(Fact("page", (page,)), f"the page “{page}” holds no article to compare")]
    if a.kind == b.kind == "brief":
        same, longer = _same_words(seen), max(a.size, b.size)
        return weighed([("short", f"both are too short to tell; {same} of {longer} words are the same")])
    if "brief" in (a.kind, b.kind):
        brief = a if a.kind == "brief" else b
        text = f"“{brief.id}” has {brief.size} words, too few to say whether text was taken"
        return [Reason(Fact("one_short", (brief.id,)), text)]
    return []


def _same_words(seen: Seen) -> int:
    """How many words of the one the other has too, each as often as both have it."""
    return (Counter(seen.a.hashes.tolist()) & Counter(seen.b.hashes.tolist())).total()


def _taken(seen: Seen) -> list[Reason]:
    """How little is shared, and the rules that kept what is from counting."""
    rules, decision = overruled(seen), seen.decision
    if "scattered" not in decision.rules or seen.passages.runs:
        rules = [("shared", _shared(seen)), *rules]
    return weighed(rules, round(sum(decision.weights.values()), 2) if decision.taken else 0.0)


def _shared(seen: Seen) -> str:
    """How many words stand in shared passages, and how many of these in quotations or stock phrases."""
    _, _, shared, quoted, stock = seen.passages
    if not shared:
        return f"no {PASSAGE_WORDS} words in a row are shared"
    if quoted == shared:
        return f"the {shared:,} shared words are all quoted"
    if stock == shared:
        return f"the {shared:,} shared words are all of stock phrases"
    if quoted + stock >= BOUND_SHARE * shared:
        return bound(shared, quoted, stock)
    return f"only {shared:,} words are shared in passages of {PASSAGE_WORDS} or more"


def _event(seen: Seen, relation: Relation) -> list[Reason]:
    """What speaks for one event, or against it, the weightiest first; what the words have in common is always said."""
    weights, same = seen.decision.weights, relation == "same_story"
    found = {topic: weights.get(topic, 0.0) for topic in OF_EVENT}
    said: list[Reason] = []
    for topic in sorted(found, key=lambda topic: -found[topic]):
        if topic == "event":
            said.append(_subject(seen, relation, found[topic]))
        elif found[topic] >= LEAST:
            said += weighed((_ALIKE if same else _UNLIKE).get(topic, _nothing)(seen), found[topic])
    return said


def _subject(seen: Seen, relation: Relation, weight: float) -> Reason:
    """What the words of both have in common; of reports of one event, with names to look for."""
    likeness = f"(likeness of all words {seen.cosines[0]:.2f} of 1)"
    if relation == "unrelated":
        return Reason(Fact("subject", (), weight), f"the vocabulary has little in common {likeness}")
    if relation == "related":
        few = ", but few rare ones" if weight >= LEAST else ""
        return Reason(Fact("subject", (), weight), f"they share the words of a subject{few} {likeness}")
    words = rarest(seen.a, seen.b)
    if weight < 0:
        text = f"both have the rare words {_listed(words)}" if words else "few rare words are in both"
    else:
        text = f"rare words in both point to one event: {_listed(words)}" if words else "their words point to one event"
    return Reason(Fact("event", tuple(words), weight), f"{text} {likeness}")


def _listed(words: list[str]) -> str:
    return f"{', '.join(words[:-1])} and {words[-1]}" if len(words) > 1 else words[0]


def _against(seen: Seen, relation: Relation) -> list[Reason]:
    """What speaks for the nearest other relation, if it is strong."""
    if seen.decision.taken:
        return although(seen, _TAKEN) if seen.a.kind == seen.b.kind == "article" else []
    return although(seen, _UNLIKE if relation == "same_story" else _ALIKE)


def _nothing(seen: Seen) -> Said:
    return []


def _one_event(seen: Seen) -> Said:
    words = rarest(seen.a, seen.b)
    return [("event", f"both have the rare words {_listed(words)}")] if words else []


def _same_headlines(seen: Seen) -> Said:
    words = of_headlines(seen.a, seen.b) if _headlines(seen) else []
    return [("headline", f"their headlines share {_listed(words)}")] if words else []


def _other_headlines(seen: Seen) -> Said:
    apart = seen.cosines[_HEADLINES_AT] < UNLIKE_HEADLINES and _headlines(seen)
    return [("headline", "their headlines have hardly a word in common")] if apart else []


def _headlines(seen: Seen) -> bool:
    return seen.a.has(parts.HEADLINE) and seen.b.has(parts.HEADLINE)


def _time(seen: Seen) -> Said:
    if seen.a.time is None or seen.b.time is None:
        return []
    days = abs(seen.a.time - seen.b.time) / SECONDS_A_DAY
    apart = "within a day of each other" if days <= 1 else f"{math.ceil(days):,} days apart"
    return [("time", f"they were published {apart}")]


def _other_weekdays(seen: Seen) -> Said:
    """The first words of both say when it happened, and disagree."""
    days = sorted(_days(bits) for bits in (seen.a.weekdays, seen.b.weekdays))
    return [("weekday", f"one speaks of {days[0]}, the other of {days[1]}")] if all(days) and days[0] != days[1] else []


@cache
def _days(bits: int) -> str:
    return " and ".join(name.capitalize() for day, name in enumerate(WEEKDAYS) if bits >> day & 1)


_ALIKE: Mapping[str, Sentence] = {"event": _one_event, "headline": _same_headlines, "time": _time}
_UNLIKE: Mapping[str, Sentence] = {"headline": _other_headlines, "time": _time, "weekday": _other_weekdays}
"""What shows that two articles tell one event, and what that they tell two."""

_TAKEN: Mapping[str, Sentence] = {"longest": longest, "order": in_order, "quoted": same_quotations, "told": told}
"""What shows that text was taken after all, beside how little of it there is."""
