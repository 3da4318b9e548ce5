"""Which article of a syndication group came first, and why: evidence added up, in words that a reader can check."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence, Set
from datetime import UTC
from typing import NamedTuple
from urllib.parse import urlsplit

from dedup.models import CLOSE, CleanArticle, Credit, Match, Origin, has_clock
from dedup.stories.links import Links, taken
from dedup.text.agencies import agencies, possessive
from dedup.text.credits import own_agencies, suppliers

OWN_SITE = 4.0
NAMED_BY_COPIES = 3.0
CANONICAL = 3.0
POINTS_AWAY = -2.0
FULLEST = 1.0
CENTRAL = 3.0
OWN_ADDITIONS = -0.5
CREDITED = 0.5
EARLIEST = 2.0
EARLIEST_DAY = 1.0
"""Weights of the evidence, in log odds: set by hand in this order, because no labelled origins exist: what a supplier's
own site or a canonical address says outweighs clocks, which feeds set to the time of the last edit or of the crawl. A
fuller text weighs less than a clock: it may be the source of a cut as well as a later write-through. A clock counts
by the share of the others that have one too: the only one with a time is not the first by that."""

BASES = ("site", "canonical", "clock")
"""Kinds of evidence that say who was first, the hardest first; the others say only who holds most."""

LEAST_LIFT = 0.05
"""Evidence that speaks no more for one copy than for the others is no reason."""

SPREAD = 2 / 3
"""Share of the other members that must derive from an origin: the share that lets an article into a group at all."""

HOUR = 3600.0


class _Finding(NamedTuple):
    """Evidence of one kind: its weight and words for it."""

    kind: str
    weight: float
    reason: str


def group_credits(members: Sequence[CleanArticle]) -> tuple[Credit, ...]:
    """The agencies that supplied a group's text, most often named first: those named by a third of its members that
    name any, each with the surest evidence found; an agency's own site names itself."""
    named: dict[str, list[Credit]] = {}
    crediting = 0
    for article in sorted(members, key=lambda item: item.id):
        credits = suppliers(article)
        crediting += bool(credits)
        for agency in sorted({credit.agency for credit in credits}):
            best = max((c for c in credits if c.agency == agency), key=lambda c: c.confidence)
            named.setdefault(agency, []).append(best)
    found = [
        (len(given), max(given, key=lambda credit: credit.confidence))
        for given in named.values()
        if 3 * len(given) >= crediting
    ]
    found.sort(key=lambda item: (-item[0], -item[1].confidence, item[1].agency))
    return tuple(credit for _, credit in found)


def is_credited(article: CleanArticle, agencies: Set[str]) -> bool:
    """Whether an article names one of the agencies that supplied its text, or stands on the site of one: a paper whose
    story others carry need not credit itself."""
    return any(credit.agency in agencies for credit in suppliers(article)) or bool(
        own_agencies(article.article) & agencies
    )


def find_origin(members: Sequence[CleanArticle], links: Links, representative: str) -> Origin:
    """The best-supported first article of a group, with reasons, most important first.

    ``confidence`` is its share of the evidence among all members, 0..1: 1/n where nothing tells them apart.
    """
    ordered = sorted(members, key=lambda item: item.id)
    credits = group_credits(ordered)
    equal = _equal([item.id for item in ordered], links)
    group = _Group(ordered, {credit.agency for credit in credits}, links, representative, equal)
    findings = {item.id: _findings(item, group) for item in ordered}
    scores = {name: round(sum(found.weight for found in items), 6) for name, items in findings.items()}
    able = [item for item in ordered if _spread(item.id, group)] or [i for i in ordered if i.id == representative]
    top = max(scores[item.id] for item in able)
    best = min((item for item in able if scores[item.id] == top), key=lambda item: (_time(item), item.id))
    total = sum(math.exp(score - top) for score in scores.values())
    ranked = _telling(best.id, findings)
    released = _released(credits) if _releases(credits) else ()
    return Origin(
        id=best.id,
        reasons=(*released, *(item.reason for item in ranked)) or (_fallback(len(able), len(ordered)),),
        confidence=round(1 / total, 4),
        basis=next((kind for kind in BASES if any(item.kind == kind for item in ranked)), "text" if ranked else "none"),
        doubts=tuple(_doubts(best, ordered)),
        release=bool(released),
    )


def _fallback(able: int, members: int) -> str:
    if able < members:
        return "is what the others derive from, which not all of them do from one another"
    return "nothing in the texts tells the copies apart"


def is_release(members: Sequence[CleanArticle]) -> bool:
    """Whether the first supplier of a text, by what its carriers name, distributes press releases."""
    return _releases(group_credits(members))


def _releases(credits: Sequence[Credit]) -> bool:
    return bool(credits) and agencies().kinds.get(credits[0].agency) == "release"


def _released(credits: Sequence[Credit]) -> tuple[str, ...]:
    """What is to be said of a press release."""
    return (f"a press release, distributed by {credits[0].agency}: its origin is the company that issued it",)


def _doubts(best: CleanArticle, members: Sequence[CleanArticle]) -> Iterator[str]:
    """What the clocks do not tell, or tell against the best."""
    others = [item for item in members if item.id != best.id]
    dated = [item for item in others if item.published]
    if best.published is None:
        several = f"{len(dated)} of the {len(others)} others {_have(len(dated))} one"
        timed = several if len(others) > 1 else "the other has one"
        yield f"it has no time of publication; {timed}" if dated else "none of them has a time of publication"
        return
    if not dated:
        yield "it is the only one with a time of publication"
    elif len(dated) < len(others):
        yield f"{len(others) - len(dated)} of the {len(others)} others {_have(len(others) - len(dated))} no time"
    earlier = sum(1 for item in dated if _time(item) < _time(best) and _tell(item, best))
    if earlier:
        yield f"{earlier} of the others {'carries' if earlier == 1 else 'carry'} an earlier time"


def _have(number: int) -> str:
    return "has" if number == 1 else "have"


def _tell(one: CleanArticle, other: CleanArticle) -> bool:
    """Whether two times tell which was first: dates without a clock only where they are a day apart."""
    clocks = all(item.published is not None and has_clock(item.published) for item in (one, other))
    return clocks or abs(_time(one) - _time(other)) >= 24 * HOUR


def _spread(name: str, group: _Group) -> bool:
    """Whether an article can be what the group was taken from: enough of the others derive from it."""
    others = [other.id for other in group.members if other.id != name]
    derived = sum(1 for other in others if (match := _match(name, other, group)) is not None and match.derived)
    return derived >= SPREAD * len(others)


def _telling(best: str, findings: Mapping[str, Sequence[_Finding]]) -> list[_Finding]:
    """What speaks for the best more than for the average other member, by how much more."""
    others = [{found.kind: found.weight for found in items} for name, items in findings.items() if name != best]
    lifts = {
        found: found.weight - sum(other.get(found.kind, 0.0) for other in others) / max(len(others), 1)
        for found in findings[best]
    }
    telling = [found for found, lift in lifts.items() if lift > LEAST_LIFT and found.weight > 0]
    return sorted(telling, key=lambda found: (-round(lifts[found], 6), found.reason))


class _Group(NamedTuple):
    """``equal`` names, for each member, the members with the very same shingles, itself included."""

    members: Sequence[CleanArticle]
    agencies: Set[str]
    links: Links
    representative: str
    equal: Mapping[str, Sequence[str]]


def _findings(item: CleanArticle, group: _Group) -> list[_Finding]:
    return [*_supplier(item, group), *_canonical(item, group), *_clock(item, group), *_extent(item, group)]


def host(address: str | None) -> str:
    """Host of an address without www, "" where there is none."""
    if not address:
        return ""
    try:
        found = urlsplit(address if "//" in address else f"//{address}").hostname or ""
    except ValueError:
        return ""
    return found.removeprefix("www.")


def _supplier(item: CleanArticle, group: _Group) -> Iterator[_Finding]:
    """Whether the article stands on the site of the agency that the group credits, or credits that agency."""
    for own in sorted(own_agencies(item.article) & group.agencies)[:1]:
        crediting = sum(1 for other in group.members if other.id != item.id and own in _named(other))
        did = "distributed" if agencies().kinds.get(own) == "release" else "supplied"
        yield _Finding("site", OWN_SITE, f"published on {possessive(own)} own site, which {did} the text")
        if crediting:
            said = f"{_of_others(crediting, group)} {'credits' if crediting == 1 else 'credit'} {own}"
            yield _Finding("named", NAMED_BY_COPIES, said)
        return
    if group.agencies & _named(item):
        yield _Finding("credit", CREDITED, f"credits {', '.join(sorted(group.agencies & _named(item)))}")


def _of_others(number: int, group: _Group) -> str:
    """ "the other copy", "both other copies", "3 of the 5 other copies"."""
    others = len(group.members) - 1
    if number == others:
        return {1: "the other copy", 2: "both other copies"}.get(others, f"all {others} other copies")
    return f"{number} of the {others} other copies"


def _named(item: CleanArticle) -> set[str]:
    return {credit.agency for credit in item.credits}


def _canonical(item: CleanArticle, group: _Group) -> Iterator[_Finding]:
    """What the pages' own rel=canonical say, where it points to another host."""
    home, away = host(item.article.url), host(item.article.canonical)
    if away and home and away != home:
        yield _Finding("away", POINTS_AWAY, "its page names another address as the original")
    pointing = sum(1 for other in group.members if _points_to(other, home))
    if pointing:
        said = f"{_of_others(pointing, group)} {'names' if pointing == 1 else 'name'} its site as the original"
        yield _Finding("canonical", CANONICAL, said)


def _points_to(other: CleanArticle, home: str) -> bool:
    return bool(home) and host(other.article.canonical) == home != host(other.article.url)


def _time(item: CleanArticle) -> float:
    return item.published.timestamp() if item.published else math.inf


def _clock(item: CleanArticle, group: _Group) -> Iterator[_Finding]:
    """Whether it was published first of those that have a time, which counts by how many have one; a date without time
    of day only tells days apart."""
    others = [other for other in group.members if other.id != item.id and other.published]
    if item.published is None or not others:
        return
    known = len(others) / (len(group.members) - 1)
    among = "" if known == 1.0 else f" of the {len(others) + 1} with a time"
    if any(_time(other) < _time(item) and _tell(other, item) for other in others):
        return
    level = [other for other in others if not _tell(other, item) or _time(other) == _time(item)]
    lead = (min((_time(other) for other in others if other not in level), default=_time(item)) - _time(item)) / HOUR
    if level or not has_clock(item.published):
        day = f"published on the first day{among}, {item.published:%Y-%m-%d}"
        yield _Finding("day" if level else "clock", EARLIEST_DAY * known, day)
        return
    weight = EARLIEST if lead >= 1 else EARLIEST_DAY
    when = f"{item.published.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    if lead * HOUR < CLOSE.total_seconds():
        said = f"has the earliest time{among}, {when}, but the next came within {int(lead * 60) + 1} min"
        yield _Finding("close", weight * known, said)
        return
    yield _Finding("clock", weight * known, f"published first{among}, {when}{_span(lead)}")


def _span(hours: float) -> str:
    """How long before the next one, in the largest unit of which there are two."""
    for size, unit in ((24.0, "days"), (1.0, "hours"), (1 / 60, "minutes")):
        if hours >= 2 * size:
            return f", {round(hours / size)} {unit} before the next"
    return ""


def _extent(item: CleanArticle, group: _Group) -> Iterator[_Finding]:
    """Whether it holds what the others hold, and how much of its own they do not."""
    held, shared = [], []
    for other in group.members:
        if other.id != item.id:
            match = _match(item.id, other.id, group)
            held.append(taken(match, match.b if match.a in group.equal[item.id] else match.a) if match else 0.0)
            shared.append(taken(match, match.a if match.a in group.equal[item.id] else match.b) if match else 0.0)
    mean, own = sum(held) / len(held), 1 - max(shared)
    central = sum(map(max, held, shared)) / len(held)
    single = len(held) == 1
    others = "the other copy says" if single else "the other copies say, on average"
    yield _Finding("extent", FULLEST * mean, f"holds {round(100 * mean)}% of what {others}")
    like = f"is most like the others: {round(100 * central)}% of the shorter text is shared, on average"
    yield _Finding("centre", CENTRAL * central, like)
    if own > 0:
        yield _Finding("own", OWN_ADDITIONS * own, f"{round(100 * own)}% of it is in no other copy")


def _equal(names: Sequence[str], links: Links) -> dict[str, tuple[str, ...]]:
    """Each member with those of its candidates that have the same shingles, least id first."""
    inside = set(names)
    return {
        name: tuple(sorted({name, *(o for o, match in links.around(name) if match.jaccard == 1.0 and o in inside)}))
        for name in names
    }


def _match(a: str, b: str, group: _Group) -> Match | None:
    """The match of two members: their own, that of texts equal to them, or None where they were no candidates.

    Equal texts are paired with one of them alone when candidates are proposed.
    """
    for one in (a, group.equal[a][0]):
        for other in (b, group.equal[b][0]):
            match = group.links.known(one, other) if one != other else None
            if match is not None and not (one in group.equal[b] and other in group.equal[a] and one != a):
                return match
    return group.links.between(a, b) if group.representative in (a, b) else None
