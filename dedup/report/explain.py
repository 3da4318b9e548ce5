"""Why two articles of a written report were, or were not, put together: read from the report, nothing recomputed."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from dedup.errors import ReportError
from dedup.models import Group, Match, Member, Result, Story
from dedup.report.facts import groups_of
from dedup.report.match_text import SizeOf, match_to_text
from dedup.report.pairs import held, own_sites, party, turned
from dedup.report.safe import terminal_safe
from dedup.report.store import read_report
from dedup.report.words import origin_role, percent

__all__ = ["explain_pair"]

Place = tuple[Story, Member]


def explain_pair(report: str | os.PathLike[str], a: str, b: str, size_of: SizeOf) -> str:
    """The evidence about two articles, and where each stands, as text safe for a terminal. ``size_of`` counts words.

    Raises ReportError when the folder is no report or does not hold an article.
    """
    result = read_report(report)
    places = {member.id: (story, member) for story in result.stories for member in story.articles}
    for name in (a, b):
        if name not in places:
            raise ReportError(
                f"holds no article {terminal_safe(name, one_line=True)!r}",
                place=str(Path(report)),
                remedy=_nearest(name, places),
            )
    lines = [*_match_lines(result, places[a], places[b], size_of), "", _together(places[a][0], places[b][0], a, b)]
    lines += [_standing(result, *places[name]) for name in dict.fromkeys((a, b))]
    return "\n".join(terminal_safe(line) for line in lines)


def _nearest(name: str, known: Iterable[str]) -> str:
    """The remedy for an id that is not there: the ids most like it (Jaro-Winkler similarity, beginnings count)."""
    from rapidfuzz.distance import JaroWinkler
    from rapidfuzz.process import extract

    close = extract(name, sorted(known), scorer=JaroWinkler.normalized_similarity, limit=3, score_cutoff=0.7)
    if not close:
        return "the ids are in its stories.jsonl"
    return "did you mean " + " or ".join(terminal_safe(found, one_line=True) for found, _, _ in close)


def _match_lines(result: Result, first: Place, second: Place, size_of: SizeOf) -> list[str]:
    """What the kept match of the two says, the one named first as A."""
    (story, one), (other_story, other) = first, second
    a, b = one.id, other.id
    if a == b:
        return [f"{a} is one article"]
    match = _kept(result, a, b)
    group = groups_of(story).get(a)
    inside = group if group is not None and group == groups_of(other_story).get(b) else None
    if match is None:
        return [_unmatched(a, b, inside)]
    left, right = result.articles.get(a), result.articles.get(b)
    if left is None or right is None:
        return [f"{a} and {b}: {match.relation}", *(f"  - {reason}" for reason in match.reasons)]
    sites = own_sites(match, one.credits, other.credits)
    own = (party("A", one, inside, sites[0]).own, party("B", other, inside, sites[1]).own)
    release = inside is not None and inside.origin.release
    return match_to_text(match, left, right, size_of, own, release=release).splitlines()


def _kept(result: Result, a: str, b: str) -> Match | None:
    """The match of two articles with ``a`` first, None where none was kept."""
    found = next((match for match in result.matches if {match.a, match.b} == {a, b}), None)
    return turned(found) if found is not None and found.a != a else found


def _unmatched(a: str, b: str, group: Group | None) -> str:
    if group is not None:
        return f"{a} and {b} were not compared with each other; each derives from others of their group"
    return f"{a} and {b}: no match was kept; they were not proposed to each other, or compared and found unrelated"


def _together(first: Story, second: Story, a: str, b: str) -> str:
    if first.story_id != second.story_id:
        linked = second.story_id in first.related or first.story_id in second.related
        return "They are in different stories" + (", which are related." if linked else ".")
    held = groups_of(first)
    one, other = held.get(a), held.get(b)
    if one is not None and other is not None and one.group_id == other.group_id:
        return f"They are in one story and in one syndication group ({one.group_id})."
    return "They are in one story, but do not carry one text."


def _standing(result: Result, story: Story, member: Member) -> str:
    group = groups_of(story).get(member.id)
    return f"{member.id}: story {story.story_id} ({story.headline}), {_role(result, member, group)}"


def _role(result: Result, member: Member, group: Group | None) -> str:
    if group is None:
        return "independent: in no syndication group with another article here"
    if group.origin.id == member.id:
        why = [*group.origin.reasons, *(f"but {doubt}" for doubt in group.origin.doubts)]
        said = origin_role(group.origin) + f", {percent(group.origin.confidence)} of the evidence"
        return f"{said} ({'; '.join(why)})" if why else said
    return f"{member.relation} beside {group.origin.id}: it holds {percent(_uses(result, member, group))} of that text"


def _uses(result: Result, member: Member, group: Group) -> float:
    """The share of the origin's text that a member holds: of what the comparison shows, where the two were compared."""
    match = _kept(result, group.origin.id, member.id)
    origin, article = result.articles.get(group.origin.id), result.articles.get(member.id)
    if match is None or origin is None or article is None:
        return member.share
    return held(match, origin, article)[0]
