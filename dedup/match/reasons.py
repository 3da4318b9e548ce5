"""Why a pair was judged so, in sentences that an editor can check against the two texts.

What weighed most comes first (dedup/match/decision.py); of what speaks against it the weightiest is said after
"although". A rule that overruled the weights is named.
"""

from __future__ import annotations

from dedup.match.apart import of_other
from dedup.match.profile import Profile
from dedup.match.sentences import AGAINST, FOR, LEAST, Reason, Seen, although, outlet_named, overruled, weighed
from dedup.models import DERIVED, Fact, Relation
from dedup.text.agencies import possessive

FURTHER = 2
"""Topics said beside those that always are: more are not read in ten seconds."""


def reasons(seen: Seen, relation: Relation) -> list[Reason]:
    """Reasons, the most important first; none repeats another. The same for (b, a)."""
    return _of_derived(seen, relation) if relation in DERIVED else of_other(seen, relation)


def _of_derived(seen: Seen, relation: Relation) -> list[Reason]:
    if seen.a.size == seen.b.size and seen.a.hashes.tobytes() == seen.b.hashes.tobytes():
        return [*weighed([("equal", "both texts are the same, word for word")]), *_suppliers(seen.a, seen.b)]
    but = although(seen, AGAINST)
    codes = {reason.fact.code for reason in but}
    said = weighed(overruled(seen))
    for topic in _topics(seen, relation):
        if topic not in codes:
            said += weighed(FOR[topic](seen), seen.decision.weights.get(topic, 0.0))
    cited = [] if "cites" in codes else weighed(outlet_named(seen))
    return [*said, *but, *_suppliers(seen.a, seen.b), *cited]


def _topics(seen: Seen, relation: Relation) -> list[str]:
    """What is said, the weightiest first; the share first where it alone tells a copy or excerpt from less. How much is
    shared is always said, and of a rewrite what it keeps and brings."""
    always = ("held", "longest", "told", "own") if relation == "rewrite" else ("held", "longest")
    weight = seen.decision.weights
    ranked = sorted(FOR, key=lambda topic: -weight.get(topic, 0.0))
    further = [topic for topic in ranked if topic not in always and weight.get(topic, 0.0) >= LEAST][:FURTHER]
    chosen = [topic for topic in ranked if topic in always or topic in further]
    if relation in ("copy", "excerpt"):
        chosen.remove("held")
        return ["held", *chosen]
    return chosen


def _suppliers(a: Profile, b: Profile) -> list[Reason]:
    """Agencies that both have the text from; an outlet that is itself the agency does not credit itself."""
    own = set(a.own) | set(b.own)
    said = [
        Reason(Fact("sites", (name,)), f"both stand on {possessive(name)} own site")
        for name in sorted(set(a.own) & set(b.own))
    ]
    owed = (set(a.own) & set(b.credits) - set(b.own)) | (set(b.own) & set(a.credits) - set(a.own))
    said += [
        Reason(Fact("site", (name,)), f"one stands on {possessive(name)} own site, and the other credits {name}")
        for name in sorted(owed)
    ]
    both = tuple(sorted((set(a.credits) & set(b.credits)) - own))
    return said + ([Reason(Fact("credit", both), f"both credit {' and '.join(both)}")] if both else [])
