"""Rows of the report's lists: a story in a line, an article under its outlet or agency."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from dedup.models import Group, Member, Story
from dedup.report.facts import UNKNOWN_OUTLET, credit_state, groups_of, is_syndicated, named, suppliers, uncredited
from dedup.report.safe import file_name
from dedup.report.storypage import by_time
from dedup.report.words import SPREAD

__all__ = ["Carried", "Entry", "by_agency", "by_outlet", "has_page", "hrefs", "make_entry"]


@dataclass(frozen=True, slots=True)
class Entry:
    """A story in a list: where it leads, what its articles are to each other, who supplied and who carried it.

    ``shared`` articles carry the ``texts`` that two outlets or more have, ``versions`` one of their own outlet alone;
    ``missing`` of the shared ones name no supplier although others do.
    """

    story: Story
    href: str
    spread: tuple[tuple[str, int], ...]
    agencies: tuple[str, ...]
    outlets: tuple[str, ...]
    texts: int
    shared: int
    versions: int
    missing: int


@dataclass(frozen=True, slots=True)
class Carried:
    """An article in a list; ``credit`` as in ``storypage.Carrier``."""

    member: Member
    entry: Entry
    credit: str


def has_page(story: Story) -> bool:
    """Whether a story has a page of its own: it has something to compare or to lead on to."""
    return len(story.articles) > 1 or bool(story.related)


def hrefs(told: Iterable[Story], lone: Iterable[Story], lone_a_page: int) -> dict[str, str]:
    """Where each story is shown, relative to the report folder."""
    found = {story.story_id: f"stories/{file_name(story.story_id)}.html" for story in told}
    for number, story in enumerate(lone):
        page = number // lone_a_page + 1
        name = "alone.html" if page == 1 else f"alone-{page}.html"
        found[story.story_id] = f"{name}#{file_name(story.story_id)}"
    return found


def make_entry(story: Story, href: str) -> Entry:
    """The line of a story."""
    relations = Counter(member.relation for member in story.articles)
    agencies = Counter(name for group in story.groups for name in suppliers(group)[:1] for _ in group.articles)
    held = groups_of(story)
    agencies.update(name for m in story.articles if m.id not in held for name in named(m)[:1])
    syndicated = [group for group in story.groups if is_syndicated(group)]
    shared = {member.id for group in syndicated for member in group.articles}
    outlets = dict.fromkeys(member.outlet for member in by_time(story.articles) if member.outlet)
    return Entry(
        story=story,
        href=href,
        spread=tuple((name, relations[name]) for name in SPREAD if relations[name]),
        agencies=tuple(sorted(agencies, key=lambda name: (-agencies[name], name))),
        outlets=tuple(outlets),
        texts=len(syndicated),
        shared=len(shared),
        versions=len(held.keys() - shared),
        missing=sum(len(uncredited(group)) for group in story.groups),
    )


def by_outlet(entries: Iterable[Entry]) -> Mapping[str, list[Carried]]:
    """Each outlet's articles that tell a story others tell too, in the order of the stories."""
    found: dict[str, list[Carried]] = defaultdict(list)
    for entry in entries:
        held = groups_of(entry.story)
        if len(entry.story.articles) > 1:
            for member in by_time(entry.story.articles):
                found[member.outlet or UNKNOWN_OUTLET].append(_carried(member, entry, held.get(member.id)))
    return found


def by_agency(entries: Iterable[Entry]) -> Mapping[str, list[Carried]]:
    """The articles that carry each agency's text, in the order of the stories."""
    found: dict[str, list[Carried]] = defaultdict(list)
    for entry in entries:
        held = groups_of(entry.story)
        for member in by_time(entry.story.articles):
            group = held.get(member.id)
            for name in (suppliers(group) if group else named(member))[:1]:
                found[name].append(_carried(member, entry, group))
    return found


def _carried(member: Member, entry: Entry, group: Group | None) -> Carried:
    return Carried(member, entry, credit_state(member, group))
