"""Which article of a syndication group came first, and why: evidence added up, in words that a reader can check."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence, Set
from datetime import UTC
from typing import NamedTuple
from urllib.parse import urlsplit

from dedup.models import CleanArticle, Credit, Match, Origin
from dedup.stories.links import Links, taken
from dedup.text.credits import own_agencies, suppliers

OWN_SITE = 4.0
NAMED_BY_COPIES = 3.0
CANONICAL = 3.0
POINTS_AWAY = -2.0
FULLEST = 2.0
CENTRAL = 3.0
OWN_ADDITIONS = -0.5
CREDITED = 0.5
EARLIEST = 2.0
EARLIEST_DAY = 1.0
"""Weights of the evidence, in log odds: set by hand in this order, because no labelled origins exist: what a supplier's
own site or a canonical address says outweighs clocks, which feeds set to the time of the last edit or of the crawl."""

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


def find_origin(members: Sequence[CleanArticle], links: Links, representative: str) -> Origin:
    """The best-supported first article of a group, with reasons, most important first.

    ``confidence`` is its share of the evidence among all members, 0..1: 1/n where nothing tells them apart.
    """
    ordered = sorted(members, key=lambda item: item.id)
    agencies = {credit.agency for credit in group_credits(ordered)}
    equal = _equal([item.id for item in ordered], links)
    group = _Group(ordered, agencies, links, representative, equal)
    findings = {item.id: _findings(item, group) for item in ordered}
    scores = {name: round(sum(found.weight for found in items), 6) for name, items in findings.items()}
    able = [item for item in ordered if _spread(item.id, group)] or [i for i in ordered if i.id == representative]
    top = max(scores[item.id] for item in able)
    best = min((item for item in able if scores[item.id] == top), key=lambda item: (_time(item), item.id)).id
    total = sum(math.exp(score - top) for score in scores.values())
    ranked = _telling(best, findings)
    reasons = tuple(item.reason for item in ranked) or ("nothing in the texts tells the copies apart",)
    return Origin(best, reasons, round(1 / total, 4))


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
        others = sum(1 for other in group.members if other.id != item.id and own in _named(other))
        yield _Finding("site", OWN_SITE, f"published on {own}'s own site, which supplied the text")
        if others:
            yield _Finding("named", NAMED_BY_COPIES, f"{others} of the other copies credit {own}")
        return
    if group.agencies & _named(item):
        yield _Finding("credit", CREDITED, f"credits {', '.join(sorted(group.agencies & _named(item)))}")


def _named(item: CleanArticle) -> set[str]:
    return {credit.agency for credit in item.credits}


def _canonical(item: CleanArticle, group: _Group) -> Iterator[_Finding]:
    """What the pages' own rel=canonical say, where it points to another host."""
    home, away = host(item.article.url), host(item.article.canonical)
    if away and home and away != home:
        yield _Finding("away", POINTS_AWAY, "its page names another address as the original")
    pointing = sum(1 for other in group.members if _points_to(other, home))
    if pointing:
        yield _Finding("canonical", CANONICAL, f"{pointing} of the other pages name its site as the original")


def _points_to(other: CleanArticle, home: str) -> bool:
    return bool(home) and host(other.article.canonical) == home != host(other.article.url)


def _time(item: CleanArticle) -> float:
    return item.published.timestamp() if item.published else math.inf


def _clock(item: CleanArticle, group: _Group) -> Iterator[_Finding]:
    """Whether it was published first; a date without time of day only tells days apart."""
    dated = sorted((other for other in group.members if other.published), key=_time)
    if item.published is None or not dated:
        return
    first = _time(dated[0])
    clocked = _has_clock(item) and all(_has_clock(other) for other in dated if _time(other) == first)
    if not clocked:
        if _time(item) - first < 24 * HOUR:
            yield _Finding("clock", EARLIEST_DAY, f"published on the first day, {item.published:%Y-%m-%d}")
    elif _time(item) == first:
        later = [_time(other) for other in dated if _time(other) > first]
        lead = (min(later) - first) / HOUR if later else 0.0
        weight = EARLIEST if lead >= 1 else EARLIEST_DAY
        when = f"{item.published.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
        yield _Finding("clock", weight, f"published first, {when}{_span(lead)}")


def _has_clock(item: CleanArticle) -> bool:
    time = item.published
    return time is not None and (time.hour, time.minute, time.second) != (0, 0, 0)


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
    yield _Finding("extent", FULLEST * mean, f"holds {round(100 * mean)}% of what the other copies say")
    yield _Finding(
        "centre", CENTRAL * central, f"shares {round(100 * central)}% of the shorter text with the average copy"
    )
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
