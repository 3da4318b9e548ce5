"""Stories: syndication groups and independent reports that tell the same event."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, replace

from dedup.models import CleanArticle, Group, Match, Member, Story
from dedup.settings import Settings
from dedup.stories.clusters import Floor
from dedup.stories.groups import Derivations, Grouping, derivations_of, groups_of, round_ups_of
from dedup.stories.headline import choose_headline, shown_headline
from dedup.stories.linkage import linked
from dedup.stories.links import Compare, Links, key, story_score, taken
from dedup.stories.origin import find_origin, group_credits, is_credited

Articles = Mapping[str, CleanArticle]


@dataclass(frozen=True, slots=True)
class Unit:
    """What tells a story once: a syndication group, or an article in none. ``speaker`` is compared for all."""

    speaker: str
    members: tuple[str, ...]


def build_stories(
    articles: Articles, matches: Sequence[Match], compare: Compare, settings: Settings
) -> tuple[Story, ...]:
    """Every article in exactly one story; stories sorted by size, largest first, then id.

    ``matches`` are the compared candidate pairs and ``compare`` answers for any other pair. A story depends only on
    its component of the graph of matches, and on no order.
    """
    links, clusters = cluster_units(articles, matches, compare, settings)
    of = {name: cluster[0].members[0] for cluster in clusters for unit in cluster for name in unit.members}
    related = _related(links, of)
    made = {cluster[0].members[0]: tell_story(cluster, articles, links) for cluster in clusters}
    ids = {name: story.story_id for name, story in made.items()}
    finished = [
        _with_related(story, sorted(ids[other] for other in related.get(name, ()))) for name, story in made.items()
    ]
    return tuple(sorted(finished, key=lambda story: (-len(story.articles), story.story_id)))


def cluster_units(
    names: Collection[str], matches: Sequence[Match], compare: Compare, settings: Settings
) -> tuple[Links, list[tuple[Unit, ...]]]:
    """The matches among these articles, and the units of each of their stories by least member: who belongs
    together, without what is told of it."""
    links = Links.of((match for match in matches if match.a in names and match.b in names), compare)
    derivations = derivations_of(links)
    return links, cluster_groups(names, derivations, groups_of(derivations), settings)


def cluster_groups(
    names: Collection[str], derivations: Derivations, groupings: Sequence[Grouping], settings: Settings
) -> list[tuple[Unit, ...]]:
    """The units of each story, where the groups are known."""
    units = _units(names, groupings)
    scores = _scores(units, derivations.links, round_ups_of(derivations))
    clusters = linked(units, scores, Floor(settings.story_pair, settings.story_floor))
    return [tuple(units[name] for name in cluster) for cluster in clusters]


def story_id(members: Iterable[str]) -> str:
    """Id of a story from its least member."""
    return "s" + _digest(min(members))


def group_id(members: Iterable[str]) -> str:
    """Id of a syndication group from its least member."""
    return "g" + _digest(min(members))


def _digest(name: str) -> str:
    return hashlib.blake2b(name.encode("utf-8", "surrogatepass"), digest_size=6).hexdigest()


def _units(names: Collection[str], groupings: Sequence[Grouping]) -> dict[str, Unit]:
    """Units by their least member."""
    grouped = {name for grouping in groupings for name in grouping.members}
    units = {name: Unit(name, (name,)) for name in names if name not in grouped}
    units.update({item.members[0]: Unit(item.representative, item.members) for item in groupings})
    return units


def _scores(units: Mapping[str, Unit], links: Links, round_ups: frozenset[str]) -> dict[tuple[str, str], float]:
    """Same-story score of every two units with a compared pair between them: that of their speakers.

    A round-up, which would pass for a report of what it tells first, is scored with other round-ups alone.
    """
    of = {name: unit_name for unit_name, unit in units.items() for name in unit.members}
    mixed = {name for name, unit in units.items() if unit.speaker in round_ups}
    inside = ((of[a], of[b]) for a, b in links.matches if a in of and b in of)
    pairs = {key(a, b) for a, b in inside if a != b}
    pairs = {(a, b) for a, b in pairs if (a in mixed) == (b in mixed)}
    ordered = sorted(pairs)
    told = links.between_all([(units[a].speaker, units[b].speaker) for a, b in ordered])
    return {pair: story_score(match) for pair, match in zip(ordered, told, strict=True)}


def _related(links: Links, of: Mapping[str, str]) -> dict[str, set[str]]:
    """Stories between whose members a match is related or more."""
    found: dict[str, set[str]] = {}
    for (a, b), match in links.matches.items():
        one, other = of[a], of[b]
        if one != other and match.relation != "unrelated":
            found.setdefault(one, set()).add(other)
            found.setdefault(other, set()).add(one)
    return found


def _with_related(story: Story, related: Sequence[str]) -> Story:
    return replace(story, related=tuple(related)) if related else story


def tell_story(units: Sequence[Unit], articles: Articles, links: Links) -> Story:
    """What is told of the articles of some units: it depends on them and on the matches among them alone."""
    groups: list[Group] = []
    members: list[Member] = []
    for unit in units:
        if len(unit.members) > 1:
            groups.append(_group(unit, articles, links))
            members += groups[-1].articles
        else:
            members.append(_member(articles[unit.speaker]))
    members.sort(key=lambda member: member.id)
    groups.sort(key=lambda group: (-len(group.articles), group.group_id))
    times = sorted(member.published for member in members if member.published)
    return Story(
        story_id=story_id(member.id for member in members),
        headline=_headline(groups, units, articles, links),
        articles=tuple(members),
        groups=tuple(groups),
        origins=_origins(units, articles, links),
        first=times[0] if times else None,
        last=times[-1] if times else None,
    )


def _group(unit: Unit, articles: Articles, links: Links) -> Group:
    texts = [articles[name] for name in unit.members]
    origin = find_origin(texts, links, unit.speaker)
    credits = group_credits(texts)
    agencies = {credit.agency for credit in credits}
    members = []
    for article in texts:
        relation, share = ("origin", 1.0) if article.id == origin.id else _to_group(article.id, origin.id, unit, links)
        members.append(_member(article, relation, share, is_credited(article, agencies)))
    return Group(group_id(unit.members), tuple(members), origin, credits)


def _to_group(name: str, origin: str, unit: Unit, links: Links) -> tuple[str, float]:
    """Relation of a member to the origin, and the share of its text used; where it does not derive from the origin
    itself, the same to the representative that it was verified against, at least partial."""
    match = links.between(origin, name)
    if match.derived or unit.speaker in (name, origin):
        return (match.relation if match.derived else "partial"), taken(match, origin)
    to_speaker = links.between(unit.speaker, name)
    return (to_speaker.relation if to_speaker.derived else "partial"), taken(to_speaker, unit.speaker)


def _member(article: CleanArticle, relation: str = "independent", share: float = 0.0, credited: bool = False) -> Member:
    source = article.article
    return Member(
        id=article.id,
        headline=shown_headline(article),
        outlet=source.outlet,
        url=source.url,
        published=article.published,
        byline=article.byline,
        dateline=article.dateline,
        credits=article.credits,
        relation=relation,
        share=share,
        credited=credited,
    )


def _origins(units: Sequence[Unit], articles: Articles, links: Links) -> int:
    """Independent texts: groups, and articles with a text that derives from nothing else in the story."""
    inside = {name for unit in units for name in unit.members}
    return max(1, sum(len(unit.members) > 1 or _stands_alone(unit.speaker, inside, articles, links) for unit in units))


def _stands_alone(name: str, inside: Set[str], articles: Articles, links: Links) -> bool:
    """Whether an article has a text of which it owes nothing to the others of its story."""
    if not articles[name].body.strip():
        return False
    return not any(
        match.derived and other in inside and _owes(name, other, match) for other, match in links.around(name)
    )


def _owes(name: str, other: str, match: Match) -> bool:
    """Whether ``name`` rather than the other counts as the one that took text: the one with less of its own."""
    mine, theirs = taken(match, name), taken(match, other)
    return (mine, name) > (theirs, other)


def _headline(groups: Sequence[Group], units: Sequence[Unit], articles: Articles, links: Links) -> str:
    """Origins of groups first, the largest group's before the others', then the reports most like the rest."""
    order = [*(group.origin.id for group in groups), *_by_centrality(units, links)]
    order += sorted(name for unit in units for name in unit.members)
    return choose_headline([articles[name] for name in dict.fromkeys(order)])


def _by_centrality(units: Sequence[Unit], links: Links) -> list[str]:
    """Speakers, the one most like the others first."""
    speakers = {unit.speaker for unit in units}
    if len(speakers) < 2:
        return sorted(speakers)
    return sorted(speakers, key=lambda name: (-round(_centrality(name, speakers, links), 6), name))


def _centrality(name: str, others: set[str], links: Links) -> float:
    return sum(match.same_story_score for other, match in links.around(name) if other in others)
