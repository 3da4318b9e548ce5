"""What the page of one story shows, as plain data for its template."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from dedup.models import CleanArticle, Group, Match, Member, Story
from dedup.report.changes import Changes, changes
from dedup.report.facts import credit_state, groups_of, is_syndicated, suppliers, uncredited
from dedup.report.pairs import (
    APART,
    SMALL,
    Held,
    beyond,
    direction,
    held,
    likely,
    own_sites,
    party,
    sentence,
    turned,
    why_told,
)
from dedup.report.sidebyside import Row, rows, shared_parts
from dedup.report.words import SPREAD, delay, moment, source

__all__ = ["Carrier", "Comparison", "Lane", "StoryPage", "StoryText", "by_time", "story_page"]

COMPARISONS_A_PAGE = 10
"""Side-by-side views on one page: 10 pairs of 4 kB articles make a page of some 150 kB, quick on a phone."""

Matches = Mapping[tuple[str, str], Match]
Articles = Mapping[str, CleanArticle]


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two articles side by side, on a page of the story. ``match`` is turned so that ``a`` is the left one; ``held`` is
    the share of the left text in the right one and of the right in the left; ``reasons`` go beyond the sentences."""

    number: int
    page: int
    left: Member
    right: Member
    match: Match
    rows: tuple[Row, ...]
    changes: Changes
    shared_words: int
    held: Held
    sentence: str
    direction: str
    reasons: tuple[str, ...]
    likely: str


@dataclass(frozen=True, slots=True)
class Carrier:
    """A row of the table of who carried a text.

    ``parts`` are the places in the origin's text (0..1) that it shares, ``uses`` the share of it that they are, and
    ``own`` what share of its own text that is (None where the two were not compared); ``version`` is "cut",
    "expanded" or "", as told by these. ``credit`` is "named", "itself" (it is the supplier), "missing" (the others name
    a supplier, this one does not) or "unknown" (no other outlet names one). ``told_with`` is, for an article in its
    own words, the match that speaks most for its place in the story, and ``why`` its reasons; ``textless``
    whether its page is known to hold no article text.
    """

    member: Member
    when: str
    delay: str
    parts: tuple[tuple[float, float], ...]
    uses: float
    own: float | None
    version: str
    credit: str
    comparison: Comparison | None
    told_with: Match | None
    why: tuple[str, ...]
    textless: bool


@dataclass(frozen=True, slots=True)
class StoryText:
    """One syndication group of a story, its members by time; ``syndicated`` where two outlets or more carry it."""

    number: int
    group: Group
    origin: Member
    agencies: tuple[str, ...]
    carriers: tuple[Carrier, ...]
    missing: int
    syndicated: bool
    spread: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Lane:
    """One line of the timeline: the articles of one relation at their places in the story's time, 0..1."""

    relation: str
    ticks: tuple[tuple[float, str], ...]


@dataclass(frozen=True, slots=True)
class StoryPage:
    """All that the pages of a story show; ``uncompared`` counts articles of a text without a side-by-side view."""

    story: Story
    texts: tuple[StoryText, ...]
    independents: tuple[Carrier, ...]
    lanes: tuple[Lane, ...]
    undated: int
    pages: tuple[tuple[Comparison, ...], ...]
    uncompared: int
    outlets: int


def story_page(story: Story, matches: Matches, articles: Articles) -> StoryPage:
    """Lay out a story. ``matches`` are keyed by both ids in order; ``articles`` may lack some or all texts."""
    members = by_time(story.articles)
    held_in = groups_of(story)
    groups = sorted(story.groups, key=lambda group: (-len(group.articles), group.group_id))
    alone = [member for member in members if member.id not in held_in]
    table = _Comparisons(matches, articles, held_in)
    carriers = _Carriers(story, held_in, table, members)
    for member in [*(member for group in groups for member in by_time(group.articles)), *alone]:
        facing = carriers.facing(member)
        if facing is not None:
            table.add(facing, member)
    return StoryPage(
        story=story,
        texts=tuple(_text(number, group, carriers) for number, group in enumerate(groups, 1)),
        independents=tuple(carriers.row(member) for member in alone),
        lanes=_lanes(story, members),
        undated=sum(member.published is None for member in members),
        pages=table.pages(),
        uncompared=sum(group.origin.id != m.id and m.id not in table.made for group in groups for m in group.articles),
        outlets=len({member.outlet for member in members if member.outlet}),
    )


def by_time(members: Iterable[Member]) -> list[Member]:
    """Members by time of publication, those without one last, then by id."""
    return sorted(members, key=lambda m: (m.published is None, m.published.timestamp() if m.published else 0, m.id))


class _Comparisons:
    """The side-by-side views of a story, numbered in the order asked for; none where no match was kept."""

    def __init__(self, matches: Matches, articles: Articles, groups: Mapping[str, Group]) -> None:
        self._matches = matches
        self._articles = articles
        self._held = groups
        self.made: dict[str, Comparison] = {}

    def add(self, left: Member, right: Member) -> None:
        a, b, match = self._articles.get(left.id), self._articles.get(right.id), self.match(left.id, right.id)
        if a is None or b is None or match is None or left.id == right.id:
            return
        number, shares = len(self.made) + 1, held(match, a, b)
        one, other = _names(left, right)
        own = own_sites(match, left.credits, right.credits)
        group = self._held.get(right.id)
        inside = group if group is not None and group is self._held.get(left.id) else None
        said = sentence(match, shares, one, other, (a, b))
        took = direction(
            match,
            shares,
            party(one, left, inside, own[0]),
            party(other, right, inside, own[1]),
            release=inside is not None and inside.origin.release,
        )
        self.made[right.id] = Comparison(
            number=number,
            page=(number - 1) // COMPARISONS_A_PAGE + 1,
            left=left,
            right=right,
            match=match,
            rows=rows(a, b, match.passages),
            changes=changes(match, a, b, ("the left text", "the right text")),
            shared_words=sum(passage.words for passage in match.passages),
            held=shares,
            sentence=said,
            direction=took,
            reasons=tuple(beyond(match, f"{said} {took}")),
            likely=_capital(likely(match)),
        )

    def match(self, a: str, b: str) -> Match | None:
        """The match of two articles, turned so that ``a`` comes first."""
        found = self._matches.get((a, b))
        if found is not None:
            return found
        found = self._matches.get((b, a))
        return turned(found) if found is not None else None

    def parts(self, origin: str, member: str) -> tuple[tuple[float, float], ...]:
        """Where in the origin's text the member's shared passages lie."""
        match, article = self.match(origin, member), self._articles.get(origin)
        if match is None or article is None:
            return ()
        return shared_parts(article, ((item.a_start, item.a_end) for item in match.passages))

    def textless(self, name: str) -> bool:
        """Whether the page of an article is known to hold no article text."""
        article = self._articles.get(name)
        return article is not None and not article.body_spans

    def pages(self) -> tuple[tuple[Comparison, ...], ...]:
        listed = tuple(self.made.values())
        return tuple(listed[at : at + COMPARISONS_A_PAGE] for at in range(0, len(listed), COMPARISONS_A_PAGE))


class _Carriers:
    """Makes the rows of a story's tables, and says which article each is best held against."""

    def __init__(self, story: Story, held: Mapping[str, Group], table: _Comparisons, members: Sequence[Member]) -> None:
        self._story = story
        self._held = held
        self._table = table
        self._members = members

    def facing(self, member: Member) -> Member | None:
        """The origin, or the closest other carrier where the origin is not what this one was matched with.

        For an article in its own words: the one it shares a passage with and is most surely of one event with.
        """
        group = self._held.get(member.id)
        if group is None:
            match = self._closest(member, self._members, with_passages=True)
        elif group.origin.id == member.id:
            return None
        else:
            match = self._table.match(group.origin.id, member.id)
            if match is None or not match.derived:
                match = self._closest(member, group.articles) or match
        return next((item for item in self._members if match is not None and item.id == match.a), None)

    def _closest(self, member: Member, others: Iterable[Member], *, with_passages: bool = False) -> Match | None:
        """The match with the surest of the others, derived ones first; the other stands as ``a``. A page without an
        article is only related to the others of its story."""
        found = (self._table.match(other.id, member.id) for other in others if other.id != member.id)
        near = [item for item in found if item is not None and (item.passages or not with_passages)]
        sure = [item for item in near if item.derived or item.relation == "same_story"]
        return min(sure or ([] if with_passages else near), key=_surest_first, default=None)

    def _named(self, name: str) -> str:
        return next((source(item) for item in self._members if item.id == name), name)

    def row(self, member: Member) -> Carrier:
        group = self._held.get(member.id)
        whole = group is not None and group.origin.id == member.id
        parts = self._table.parts(group.origin.id, member.id) if group is not None and not whole else ()
        view = self._table.made.get(member.id)
        shares = view.held if view is not None and group is not None and view.left.id == group.origin.id else None
        told_with = self._closest(member, self._members) if group is None else None
        return Carrier(
            member=member,
            when=moment(member.published),
            delay=delay(self._story.first, member.published),
            parts=((0.0, 1.0),) if whole else parts,
            uses=shares[0] if shares else member.share,
            own=shares[1] if shares else None,
            version=_version(shares) if member.relation == "excerpt" else "",
            credit=credit_state(member, group),
            comparison=view,
            told_with=told_with,
            why=why_told(told_with, self._named(told_with.a), "this article") if told_with is not None else (),
            textless=self._table.textless(member.id),
        )


def _version(shares: Held | None) -> str:
    """Whether the other text is a cut of the origin or holds it and more; "" where one is only a part of a long one."""
    if shares is None or abs(shares[0] - shares[1]) < APART or min(shares) < SMALL:
        return ""
    return "cut" if shares[0] < shares[1] else "expanded"


def _names(left: Member, right: Member) -> tuple[str, str]:
    """What to call the two: their outlets, or their sides where these are one outlet's."""
    one, other = source(left), source(right)
    return (one, other) if one != other else ("the left text", "the right text")


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _surest_first(match: Match) -> tuple[bool, float, float, str]:
    return (not match.derived, -max(match.containment), -match.same_story_score, match.a)


def _text(number: int, group: Group, carriers: _Carriers) -> StoryText:
    members = by_time(group.articles)
    relations = Counter(member.relation for member in members)
    return StoryText(
        number=number,
        group=group,
        origin=next((member for member in members if member.id == group.origin.id), members[0]),
        agencies=suppliers(group),
        carriers=tuple(carriers.row(member) for member in members),
        missing=len(uncredited(group)),
        syndicated=is_syndicated(group),
        spread=tuple((name, relations[name]) for name in SPREAD if relations[name]),
    )


def _lanes(story: Story, members: Sequence[Member]) -> tuple[Lane, ...]:
    times = [member.published for member in members if member.published]
    if len(times) < 2 or times[0] == times[-1]:
        return ()
    first, length = times[0], (times[-1] - times[0]).total_seconds()
    lanes = []
    for name in SPREAD:
        ticks = tuple(
            _tick(member, first, length) for member in members if member.relation == name and member.published
        )
        if ticks:
            lanes.append(Lane(name, ticks))
    return tuple(lanes)


def _tick(member: Member, first: datetime, length: float) -> tuple[float, str]:
    assert member.published is not None  # the caller leaves out articles without a time
    place = (member.published - first).total_seconds() / length
    return place, f"{source(member)}, {moment(member.published)}"
