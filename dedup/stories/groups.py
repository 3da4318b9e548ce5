"""Syndication groups: articles whose text derives from one source text, each verified against a representative.

Groups are stars, not connected components: a representative and the articles that were found to derive from it (Aslam,
Pelekhov and Rus, "The star clustering algorithm", JGAA 2004), so that a chain of versions, a live blog or a round-up
glues nothing together. The result for a component of the graph of derived matches depends on that component alone.
"""

from __future__ import annotations

import heapq
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from dedup.models import Match
from dedup.stories.links import Compare, Links, key, story_score, taken

STRONG = frozenset(("copy", "excerpt", "rewrite"))
"""Relations that make a group; a partial joins one, and makes one only of two texts that are left over, tell the same
event and are SURE."""

MOSTLY = 0.5
"""An article half of whose text stands in another belongs to that one, whatever else it quotes."""

SAME_STORY = 0.5
"""Probability from which two articles tell the same event."""

STRANGERS = 0.2
"""Two pieces of one article are strangers below this probability of telling the same event."""

STRAY = 0.25
"""A few strangers among the pieces of an article are stray matches; from this share of them on it is a round-up."""

ROUND_UP = 3
"""Events, strangers to one another, whose texts a round-up quotes. With two it may be a report and its background."""

SNIPPET = 0.1
"""An excerpt that holds less of the longer text is a teaser or an index entry unless it tells the same event."""

AGREEING = 2 / 3
"""Share of a group's members that an article must derive from, when it does not match the representative. In a chain
of versions an article just outside the star matches less than half of it."""

RIVAL = 0.5
"""An article joins the text it takes most from unless it takes half as much from another: then it is a round-up."""


SUPPORT = 0.25
"""Share of a text's other relatives that a rewrite of it must derive from too. One likeness of what is told may be
chance; a rewrite of a text is like its copies, cuts and other rewrites."""

FEW_RELATIVES = 3
"""Of fewer other relatives none needs to know the rewrite."""

SURE = 0.7
"""A rewrite or partial that no third text vouches for needs this probability. With .5 the groups of two
feeds of real news gained 20 articles by retelling, among them reports of one statement; with .7 they gain 10."""


@dataclass(frozen=True, slots=True)
class Grouping:
    """Two or more articles, sorted, and the one that every other was verified against."""

    representative: str
    members: tuple[str, ...]


class Edge(NamedTuple):
    """A derived match seen from one side: ``share`` of that side's text is explained by it, 0..1."""

    match: Match
    share: float


Around = Mapping[str, Edge]
Graph = Mapping[str, Around]
Stars = dict[str, set[str]]


def build_groups(ids: Iterable[str], matches: Sequence[Match], compare: Compare) -> tuple[Grouping, ...]:
    """Syndication groups among ``ids``, sorted by least member; an article is in one group at most.

    ``matches`` are the compared candidate pairs; ``compare`` is asked for a few more. The order of both is no matter.
    """
    wanted = set(ids)
    links = Links.of((match for match in matches if match.a in wanted and match.b in wanted), compare)
    return groups_of(derivations_of(links))


class Derivations(NamedTuple):
    """Derived matches as a graph of ``classes`` of equal texts, each under the least of its ids."""

    links: Links
    classes: Mapping[str, tuple[str, ...]]
    graph: Graph


def derivations_of(links: Links) -> Derivations:
    """The derived matches among the links."""
    derived = sorted((pair, match) for pair, match in links.matches.items() if match.derived)
    classes = _equal_texts(links, derived)
    return Derivations(links, classes, _contract(derived, classes))


def groups_of(found: Derivations) -> tuple[Grouping, ...]:
    """``build_groups`` of the articles of a graph."""
    links, classes, whole = found
    graph = _without_lone_rewrites(_without_foreign_pieces(whole, links))
    stars = _reassign(_stars(_strong(graph)), graph)
    stars = _with_versions_between(stars, graph)
    stars = _attach(stars, graph)
    loose = _leftovers(stars, graph)
    stars.update(_stars(loose))
    return _expand(stars, classes)


Pairs = Sequence[tuple[tuple[str, str], Match]]


def _equal_texts(links: Links, derived: Pairs) -> dict[str, tuple[str, ...]]:
    """Articles with the same set of shingles, under the least of their ids."""
    leader: dict[str, str] = {}

    def find(name: str) -> str:
        while leader.get(name, name) != name:
            name = leader[name]
        return name

    for (a, b), match in derived:
        if match.jaccard == 1.0 and match.relation == "copy":
            low, high = key(find(a), find(b))
            leader[high] = low
    classes: dict[str, list[str]] = {}
    for name in sorted(links.neighbours):
        classes.setdefault(find(name), []).append(name)
    return {name: tuple(members) for name, members in classes.items()}


def _contract(derived: Pairs, classes: Mapping[str, tuple[str, ...]]) -> dict[str, dict[str, Edge]]:
    """Derived matches between classes of equal texts: of several, the one of the highest score."""
    of = {name: leader for leader, members in classes.items() for name in members}
    graph: dict[str, dict[str, Edge]] = {leader: {} for leader in classes}
    for (a, b), match in derived:
        one, other = of[a], of[b]
        if one == other:
            continue
        held = graph[one].get(other)
        if held is None or match.score > held.match.score:
            graph[one][other], graph[other][one] = Edge(match, _share(match, a)), Edge(match, _share(match, b))
    return graph


def _share(match: Match, name: str) -> float:
    """How much of ``name`` the match explains: all of it where it is a copy or was reworded."""
    return 1.0 if match.relation in ("copy", "rewrite") else taken(match, name)


def _without_foreign_pieces(graph: Graph, links: Links) -> dict[str, dict[str, Edge]]:
    """The graph without the matches through which an article would glue together texts foreign to one another."""
    foreign = {key(name, other) for name, around in graph.items() for other in _foreign_pieces(around, links)}
    return {
        name: {other: edge for other, edge in around.items() if key(name, other) not in foreign}
        for name, around in graph.items()
    }


def _foreign_pieces(around: Around, links: Links) -> list[str]:
    """Of the texts that make up less than most of an article: those that are strangers to the largest, or, when there
    are many of them, all, because the article is a round-up."""
    pieces = sorted((-edge.share, other) for other, edge in around.items() if edge.share < MOSTLY)
    if len(pieces) < 2:
        return []
    others = [other for _, other in pieces[1:]]
    matches = links.between_all([(pieces[0][1], other) for other in others])
    strange = [other for other, match in zip(others, matches, strict=True) if _strangers(match)]
    return [other for _, other in pieces] if len(strange) >= STRAY * len(pieces) else strange


def round_ups_of(found: Derivations) -> frozenset[str]:
    """Articles that take from so many texts foreign to one another that they tell no event of their own.

    They are in no story but their own; what they took from which text stands in the matches.
    """
    links, classes, graph = found
    return frozenset(
        one for leader, around in graph.items() if _tells_many_events(around, links) for one in classes[leader]
    )


def _tells_many_events(around: Around, links: Links) -> bool:
    """Whether ROUND_UP pieces of a text, none of them most of it, are strangers to one another: largest first."""
    told: list[str] = []
    for _, piece in sorted((-edge.share, other) for other, edge in around.items() if edge.share < MOSTLY):
        if all(map(_strangers, links.between_all([(piece, other) for other in told]))):
            told.append(piece)
        if len(told) == ROUND_UP:
            return True
    return False


def _strangers(match: Match) -> bool:
    return not match.derived and match.same_story_score < STRANGERS


def _without_lone_rewrites(graph: Graph) -> dict[str, dict[str, Edge]]:
    """The graph without rewrites that the relatives of either text know nothing of."""
    strong = _strong(graph)
    lone = {
        key(name, other)
        for name, around in graph.items()
        for other, edge in around.items()
        if edge.match.relation == "rewrite" and _lone(edge.match, strong[name].keys(), strong[other].keys() - {name})
    }
    return {
        name: {other: edge for other, edge in around.items() if key(name, other) not in lone}
        for name, around in graph.items()
    }


def _lone(match: Match, relatives: Collection[str], others: Collection[str]) -> bool:
    """Whether too few of ``others``, the further relatives of one text, are ``relatives`` of the other text."""
    common = sum(name in relatives for name in others)
    if len(others) >= FEW_RELATIVES and common < SUPPORT * len(others):
        return True
    return not common and match.score < SURE


def _strong(graph: Graph) -> dict[str, dict[str, Edge]]:
    return {
        name: {other: edge for other, edge in around.items() if edge.match.relation in STRONG and _firm(edge.match)}
        for name, around in graph.items()
    }


def _stars(graph: Graph) -> Stars:
    """Centre by centre, the article with most neighbours left takes them all; ties to the lesser id."""
    left = {name: len(around) for name, around in graph.items()}
    heap = [(-degree, name) for name, degree in left.items() if degree]
    heapq.heapify(heap)
    stars: Stars = {}
    while heap:
        degree, centre = heapq.heappop(heap)
        if centre not in left or left[centre] != -degree:
            continue
        taken_now = {other for other in graph[centre] if other in left}
        if not taken_now:
            continue
        stars[centre] = taken_now
        for name in (centre, *sorted(taken_now)):
            del left[name]
        for name in (centre, *sorted(taken_now)):
            for other in graph[name]:
                if other in left:
                    left[other] -= 1
                    heapq.heappush(heap, (-left[other], other))
    return stars


def _reassign(stars: Stars, graph: Graph) -> Stars:
    """Every member goes to the centre it has most in common with."""
    moved: Stars = {centre: set() for centre in stars}
    for centre, members in stars.items():
        for name in members:
            choices = [
                (edge.match.jaccard, edge.match.score, other == centre, other)
                for other, edge in graph[name].items()
                if other in stars and edge.match.relation in STRONG and _firm(edge.match)
            ]
            moved[max(choices)[3]].add(name)
    return {centre: members for centre, members in moved.items() if members}


def _with_versions_between(stars: Stars, graph: Graph) -> Stars:
    """The stars, and those of versions that stand between two: texts in no star, most of which is in a member of one,
    and that have more in common with two members or more than those have with their centres."""
    centre_of = _centre_of(stars)
    between: Stars = {
        name: set()
        for name, around in _strong(graph).items()
        if name not in centre_of
        and any(edge.share >= MOSTLY for edge in around.values())
        and _home(graph[name], stars, centre_of) is None
    }
    drawn = _reassign({**stars, **between}, graph)
    return _reassign({**stars, **{name: set() for name in between if len(drawn.get(name, ())) > 1}}, graph)


def _centre_of(stars: Stars) -> dict[str, str]:
    return {name: centre for centre, members in stars.items() for name in (centre, *members)}


def _attach(stars: Stars, graph: Graph) -> Stars:
    """Add articles in no star to the one they clearly take from; all decisions are made before any is carried out."""
    centre_of = _centre_of(stars)
    joining: list[tuple[str, str]] = []
    for name in graph:
        if name not in centre_of:
            home = _home(graph[name], stars, centre_of)
            if home is not None:
                joining.append((home, name))
    joined = {centre: set(members) for centre, members in stars.items()}
    for home, name in joining:
        joined[home].add(name)
    return joined


def _home(around: Around, stars: Stars, centre_of: Mapping[str, str]) -> str | None:
    """The centre whose star the article belongs to, or None."""
    cover: dict[str, float] = {}
    for other, edge in around.items():
        text = centre_of.get(other, other)
        cover[text] = max(cover.get(text, 0.0), edge.share)
    best = max(cover, key=lambda text: (cover[text], text), default=None)
    if best is None or best not in stars:
        return None
    rivals = [share for text, share in cover.items() if text != best]
    if rivals and max(rivals) >= RIVAL * cover[best]:
        return None
    return best if _verified(around, best, stars[best]) else None


def _verified(around: Around, centre: str, members: Collection[str]) -> bool:
    """Derived from the representative, or from most of the group."""
    direct = around.get(centre)
    if direct is not None and _firm(direct.match):
        return True
    agreeing = sum(1 for other in (centre, *members) if other in around and _firm(around[other].match))
    return agreeing >= AGREEING * (1 + len(members))


def _firm(match: Match) -> bool:
    """Whether so much is shared that it can be nothing else, or both tell the same event besides."""
    plain = match.relation == "copy" or (match.relation == "excerpt" and min(match.containment) >= SNIPPET)
    return plain or story_score(match) >= SAME_STORY


def _makes_group(match: Match) -> bool:
    """Whether two texts that nothing else speaks for are a group."""
    return _firm(match) and (match.relation in STRONG or match.score >= SURE)


def _leftovers(stars: Stars, graph: Graph) -> dict[str, dict[str, Edge]]:
    """Matches among the articles in no star that have no match into one."""
    inside = _centre_of(stars)
    alone = {name for name in graph if name not in inside and not any(other in inside for other in graph[name])}
    return {
        name: {other: edge for other, edge in graph[name].items() if other in alone and _makes_group(edge.match)}
        for name in alone
    }


def _expand(stars: Stars, classes: Mapping[str, tuple[str, ...]]) -> tuple[Grouping, ...]:
    """Stars of classes as groups of articles, with classes of equal texts that met nothing else."""
    inside = _centre_of(stars)
    alone: Stars = {name: set() for name, members in classes.items() if len(members) > 1 and name not in inside}
    groups = [
        Grouping(centre, tuple(sorted(one for name in (centre, *members) for one in classes[name])))
        for centre, members in {**stars, **alone}.items()
    ]
    return tuple(sorted(groups, key=lambda group: group.members))
