"""What a result says, counted for the index and the summary: views of its stories, nothing compared again."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from dedup.models import Credit, Group, Member, Result, Stats, Story

__all__ = [
    "UNKNOWN_OUTLET",
    "Agency",
    "Facts",
    "Outlet",
    "Period",
    "credit_state",
    "gather",
    "groups_of",
    "is_syndicated",
    "named",
    "suppliers",
    "uncredited",
]

UNKNOWN_OUTLET = "outlet unknown"
MOST_PERIODS = 40
"""Rows of the table of times; beyond that the next longer of hours, days, months and years is taken."""


@dataclass(frozen=True, slots=True)
class Agency:
    """An agency: articles that carry its text, of these without its name; groups, stories, outlets; lone credits."""

    name: str
    carried: int
    uncredited: int
    texts: int
    stories: int
    outlets: int
    lone: int


@dataclass(frozen=True, slots=True)
class Outlet:
    """An outlet: its articles, how many share their text with another outlet's, were first, or name no agency."""

    name: str
    articles: int
    shared: int
    first: int
    uncredited: int


@dataclass(frozen=True, slots=True)
class Period:
    """A span of time of the feed: its name, articles published in it and how many of them share their text."""

    name: str
    articles: int
    shared: int


@dataclass(frozen=True, slots=True)
class Facts:
    """The figures of a result. ``shared`` counts articles in the ``groups`` that two outlets or more carry,
    ``versions`` those whose text only articles of their own outlet have, ``multi`` stories of several articles."""

    stats: Stats
    articles: int
    outlets: int
    stories: int
    multi: int
    groups: int
    shared: int
    versions: int
    uncredited: int
    origins: int
    first: datetime | None
    last: datetime | None
    undated: int
    by_agency: tuple[Agency, ...]
    by_outlet: tuple[Outlet, ...]
    periods: tuple[Period, ...]

    @property
    def share(self) -> float:
        """The syndicated share: articles whose text another outlet carries too, of all articles, 0..1."""
        return self.shared / self.articles if self.articles else 0.0


def gather(result: Result) -> Facts:
    """Count what the stories of a result hold."""
    members = [member for story in result.stories for member in story.articles]
    groups = [group for story in result.stories for group in story.groups]
    syndicated = [group for group in groups if is_syndicated(group)]
    shared = {member.id for group in syndicated for member in group.articles}
    times = sorted(member.published for member in members if member.published)
    return Facts(
        stats=result.stats,
        articles=len(members),
        outlets=len({member.outlet for member in members if member.outlet}),
        stories=len(result.stories),
        multi=sum(len(story.articles) > 1 for story in result.stories),
        groups=len(syndicated),
        shared=len(shared),
        versions=len({member.id for group in groups for member in group.articles} - shared),
        uncredited=sum(len(uncredited(group)) for group in syndicated),
        origins=sum(story.origins for story in result.stories),
        first=times[0] if times else None,
        last=times[-1] if times else None,
        undated=len(members) - len(times),
        by_agency=_agencies(result.stories),
        by_outlet=_outlets(result.stories),
        periods=_periods(members, shared),
    )


def is_syndicated(group: Group) -> bool:
    """Whether two outlets or more carry a group's text: versions of one outlet's live blog are no syndication. An
    article without outlet counts as one of its own."""
    named = {member.outlet for member in group.articles if member.outlet}
    return len(named) + sum(not member.outlet for member in group.articles) > 1


def suppliers(group: Group) -> tuple[str, ...]:
    """The agencies credited with a group's text, the surest first."""
    return _surest_first(group.credits)


def named(member: Member) -> tuple[str, ...]:
    """The agencies that an article names, the surest first."""
    return _surest_first(member.credits)


def credit_state(member: Member, group: Group | None) -> str:
    """One of "named", "itself" (it is the supplier), "missing" (others name a supplier of this text, this one does
    not), "unknown" (no other outlet does)."""
    if group is None:
        return "named" if member.credits else "unknown"
    if member.credited:
        return "named" if member.credits else "itself"
    return "missing" if group.credits and is_syndicated(group) else "unknown"


def uncredited(group: Group) -> tuple[Member, ...]:
    """Members whose own text names no supplier although that of another outlet does."""
    counted = group.credits and is_syndicated(group)
    return tuple(member for member in group.articles if not member.credited) if counted else ()


def groups_of(story: Story) -> Mapping[str, Group]:
    """The group of each article of a story that is in one."""
    found: dict[str, Group] = {}
    for group in story.groups:
        for member in group.articles:
            found.setdefault(member.id, group)
    return found


def _surest_first(credits: Iterable[Credit]) -> tuple[str, ...]:
    names = [item.agency for item in sorted(credits, key=lambda item: (-item.confidence, item.agency))]
    return tuple(dict.fromkeys(names))


def _agencies(stories: Iterable[Story]) -> tuple[Agency, ...]:
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    outlets: dict[str, set[str]] = defaultdict(set)
    for story in stories:
        in_story = set()
        held = groups_of(story)
        for group in story.groups:
            for name in suppliers(group)[:1]:
                in_story.add(name)
                counts[name].update(carried=len(group.articles), uncredited=len(uncredited(group)), texts=1)
                outlets[name].update(member.outlet for member in group.articles if member.outlet)
        for member in story.articles:
            for name in named(member)[:1] if member.id not in held else ():
                in_story.add(name)
                counts[name].update(carried=1, lone=1, texts=1)
                outlets[name].update({member.outlet} if member.outlet else ())
        for name in in_story:
            counts[name].update(stories=1)
    made = [
        Agency(name, c["carried"], c["uncredited"], c["texts"], c["stories"], len(outlets[name]), c["lone"])
        for name, c in counts.items()
    ]
    return tuple(sorted(made, key=lambda item: (-item.carried, item.name)))


def _outlets(stories: Iterable[Story]) -> tuple[Outlet, ...]:
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for story in stories:
        held = groups_of(story)
        for member in story.articles:
            group = held.get(member.id)
            shared = group is not None and is_syndicated(group)
            counts[member.outlet or UNKNOWN_OUTLET].update(
                articles=1,
                shared=int(shared),
                first=int(group is not None and shared and group.origin.id == member.id),
                uncredited=int(credit_state(member, group) == "missing"),
            )
    made = [Outlet(name, c["articles"], c["shared"], c["first"], c["uncredited"]) for name, c in counts.items()]
    return tuple(sorted(made, key=lambda item: (-item.articles, -item.shared, item.name)))


def _periods(members: Iterable[Member], shared: set[str]) -> tuple[Period, ...]:
    dated = sorted((member.published.astimezone(UTC), member.id in shared) for member in members if member.published)
    made: dict[str, list[int]] = {}
    days = (dated[-1][0] - dated[0][0]).days if dated else 0
    for pattern, most_days in (("%Y-%m-%d %H:00", 2), ("%Y-%m-%d", 100), ("%Y-%m", 3000), ("%Y", 10**9)):
        if days > most_days:
            continue
        made = {}
        for when, derived in dated:
            counts = made.setdefault(when.strftime(pattern), [0, 0])
            counts[0] += 1
            counts[1] += derived
        if len(made) <= MOST_PERIODS:
            break
    return tuple(Period(name, total, derived) for name, (total, derived) in made.items())
