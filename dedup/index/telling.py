"""Stories of an index, worked out again where something changed: for one component of the graph of matches at a time,
by the very function that the batch uses for a whole feed, since a story depends on its component alone."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from dedup.index.answers import EventKind
from dedup.index.codec import Place, Told, facts_of, key_of, match_of, place_bytes, place_of, told_bytes, told_of
from dedup.index.contract import Reading, Writing
from dedup.index.keeping import MARGIN, pair_key
from dedup.index.shelf import Shelf
from dedup.index.web import DERIVED, RELATED, Pair, Web
from dedup.models import Match, Story
from dedup.settings import Settings
from dedup.stories import build_groups, build_stories


@dataclass(frozen=True, slots=True)
class Component:
    """Articles whose grouping hangs together: their numbers by id, the pairs compared among them."""

    numbers: Mapping[str, int]
    matches: tuple[Match, ...]
    speakers: Mapping[int, int]


class Teller:
    """Regroups within one transaction."""

    def __init__(self, view: Writing, settings: Settings, shelf: Shelf, web: Web, now: datetime) -> None:
        self._view = view
        self._settings = settings
        self._shelf = shelf
        self._web = web
        self._now = now
        self._floor = settings.story_floor
        self._known: dict[Pair, Match] = {}

    def retell(self, loose: Iterable[int], most: int | None = None) -> set[int]:
        """Work out the stories of these articles and of all that hang together with them.

        Returns the articles left as they were, because more than ``most`` would have to be looked at.
        """
        waiting = set(loose)
        left: set[int] = set()
        while waiting:
            seed = min(waiting)
            reached = self._reach({seed}, most)
            if reached is None:
                left.add(seed)
                waiting.discard(seed)
                continue
            self._replace(reached)
            waiting -= reached
        return left

    # --- what hangs together -----------------------------------------------------------------------------------

    def _reach(self, seeds: set[int], most: int | None) -> set[int] | None:
        """All articles connected with the seeds by links that can shape a story, now or when they were last told."""
        reached: set[int] = set()
        fresh = self._present(seeds)
        while fresh:
            reached |= fresh
            if most is not None and len(reached) > most:
                return None
            fresh = self._present(self._next_to(fresh, most) - reached)
            if not fresh:
                fresh = self._present(self._by_speakers(reached) - reached)
        return reached

    def _present(self, numbers: set[int]) -> set[int]:
        return set(self._view.get("facts", sorted(numbers)))

    def _next_to(self, numbers: set[int], most: int | None) -> set[int]:
        """Neighbours; of long lists so many that the reader knows they are more than ``most``."""
        enough = None if most is None else most + 1
        self._web.load(numbers)
        found: set[int] = set()
        for number in numbers:
            links = self._web.kept(number)
            strong = (links["story"] >= self._floor - MARGIN) | ((links["flags"] & DERIVED) != 0)
            found.update(links["other"][strong].tolist())
        facts = [facts_of(data) for data in self._view.get("facts", sorted(numbers)).values()]
        same = sorted({key for item in facts for key in (item.same, item.alike)})
        parts = sorted({place_of(data).component for data in self._view.get("place", sorted(numbers)).values()})
        for table, keys in (("same", same), ("part", parts)):
            for posted in self._view.posted(table, keys, enough).values():
                found.update(posted)
        return found

    def _by_speakers(self, reached: set[int]) -> set[int]:
        """Articles outside whose group is told by one that is close to the speaker of a group inside."""
        outside: dict[int, set[int]] = {}
        for number in reached:
            outside[number] = set(self._web.kept(number)["other"].tolist()) - reached
        others = set().union(*outside.values())
        if not others:
            return set()
        component = self._component(reached)
        places = {number: place_of(data) for number, data in self._view.get("place", sorted(others)).items()}
        found: set[int] = set()
        for number, near in outside.items():
            mine = component.speakers[number]
            for other in near:
                theirs = places[other].speaker if other in places else other
                if (mine, theirs) == (number, other) or other in found:
                    continue
                if self.between(mine, theirs).same_story_score >= self._floor - MARGIN:
                    found |= {other, theirs}
        return found

    def _component(self, reached: set[int]) -> Component:
        names = self._names(reached)
        numbers = {name: number for number, name in names.items()}
        matches = tuple(self._matches(reached).values())
        speakers = {number: number for number in reached}
        for group in build_groups(numbers, matches, self._compare_ids(numbers)):
            speakers |= {numbers[name]: numbers[group.representative] for name in group.members}
        return Component(numbers, matches, speakers)

    def _names(self, numbers: Iterable[int]) -> dict[int, str]:
        return {number: facts_of(data).id for number, data in self._view.get("facts", sorted(numbers)).items()}

    def _matches(self, reached: set[int]) -> dict[Pair, Match]:
        """The compared pairs with both articles among these."""
        pairs: set[Pair] = set()
        for number in reached:
            for other in self._web.kept(number)["other"].tolist():
                if other in reached:
                    pairs.add((min(number, other), max(number, other)))
        wanted = sorted(pair for pair in pairs if pair not in self._known)
        found = self._view.get("match", [pair_key(pair) for pair in wanted])
        self._known |= {pair: match_of(found[pair_key(pair)]) for pair in wanted}
        return {pair: self._known[pair] for pair in sorted(pairs)}

    def between(self, a: int, b: int) -> Match:
        """The match of two articles: that of a compared pair, or one made now."""
        pair = (min(a, b), max(a, b))
        if pair in self._known:
            return self._known[pair]
        kept = self._web.kept(a)["other"].tolist() + self._web.kept(b)["other"].tolist()
        if a in kept or b in kept:
            data = self._view.get("match", [pair_key(pair)]).get(pair_key(pair))
            if data is not None:
                self._known[pair] = match_of(data)
                return self._known[pair]
        return self._shelf.compare(a, b)

    def _compare_ids(self, numbers: Mapping[str, int]) -> _ById:
        return _ById(self, numbers)

    # --- what comes of it ------------------------------------------------------------------------------------------

    def _replace(self, reached: set[int]) -> None:
        component = self._component(reached)
        self._shelf.load(reached)
        articles = {name: self._shelf.clean(number) for name, number in sorted(component.numbers.items())}
        compare = self._compare_ids(component.numbers)
        stories = build_stories(articles, component.matches, compare, self._settings)
        before = {number: place_of(data) for number, data in self._view.get("place", sorted(reached)).items()}
        old = self._told({place.story for place in before.values()})
        parts = self._parts(component)
        self._view.unpost("part", ((place.component, number) for number, place in before.items()))
        self._view.post("part", ((part, number) for number, part in parts.items()))
        places: list[tuple[int, bytes]] = []
        for story in stories:
            for member in story.articles:
                number = component.numbers[member.id]
                place = Place(component.speakers[number], key_of(story.story_id), parts[number])
                places.append((number, place_bytes(place)))
        self._view.put("place", places)
        self._write(stories, component.numbers, old, compare.asked)
        self._view.drop("loose", sorted(reached))

    def _told(self, keys: Iterable[int]) -> dict[int, Told]:
        return {key: told_of(data) for key, data in self._view.get("story", sorted(set(keys))).items()}

    def _parts(self, component: Component) -> dict[int, int]:
        """The least number of the articles that each hangs together with, by groups and close speakers."""
        parent = {number: number for number in component.speakers}

        def find(number: int) -> int:
            while parent[number] != number:
                parent[number] = parent[parent[number]]
                number = parent[number]
            return number

        def join(a: int, b: int) -> None:
            low, high = sorted((find(a), find(b)))
            parent[high] = low

        for number, speaker in component.speakers.items():
            join(number, speaker)
        for match in component.matches:
            a, b = component.numbers[match.a], component.numbers[match.b]
            if match.derived or match.same_story_score >= self._floor - MARGIN:
                join(a, b)
                continue
            speakers = component.speakers[a], component.speakers[b]
            if speakers != (a, b) and self.between(*speakers).same_story_score >= self._floor - MARGIN:
                join(*speakers)
        return {number: find(number) for number in parent}

    def _write(
        self, stories: Sequence[Story], numbers: Mapping[str, int], old: Mapping[int, Told], asked: Mapping[Pair, Match]
    ) -> None:
        fresh = {key_of(story.story_id): story for story in stories}
        self._view.drop("story", (key for key in old if key not in fresh))
        for key, story in fresh.items():
            held = old.get(key)
            plain = replace(story, related=())
            changed = self._now
            if held is not None and replace(held.story, related=()) == plain:
                changed = held.changed
            members = tuple(numbers[member.id] for member in story.articles)
            inside = set(members)
            made = tuple(match for pair, match in sorted(asked.items()) if inside.issuperset(pair))
            self._view.put("story", [(key, told_bytes(Told(plain, members, changed, made)))])
        self._record(_events(stories, [told.story for told in old.values()]))

    def _record(self, events: Iterable[tuple[EventKind, str, tuple[str, ...], tuple[str, ...]]]) -> None:
        number = (self._view.last("event") or 0) + 1
        for kind, story_id, was, articles in events:
            record = {"kind": kind, "story_id": story_id, "was": was, "articles": articles, "at": self._now.isoformat()}
            self._view.put("event", [(number, json.dumps(record, separators=(",", ":")).encode())])
            number += 1

    def end(self, number: int) -> None:
        """Take an article that left out of its story; the others of it are to be told again."""
        data = self._view.get("place", [number]).get(number)
        if data is None:
            return
        place = place_of(data)
        self._view.drop("place", [number])
        self._view.unpost("part", [(place.component, number)])
        told = self._told([place.story]).get(place.story)
        if told is not None and told.numbers == (number,):
            self._view.drop("story", [place.story])
            self._record([("ended", told.story.story_id, (told.story.story_id,), (told.story.articles[0].id,))])


@dataclass(frozen=True, slots=True)
class _ById:
    """Compares by id, as the stages ask; ``asked`` are the matches that were made for it."""

    teller: Teller
    numbers: Mapping[str, int]
    asked: dict[Pair, Match] = field(default_factory=dict)

    def __call__(self, pairs: Sequence[tuple[str, str]]) -> list[Match]:
        return [self._of(a, b) for a, b in pairs]

    def _of(self, a: str, b: str) -> Match:
        one, other = self.numbers[a], self.numbers[b]
        pair = (one, other) if one < other else (other, one)
        if pair not in self.asked:
            self.asked[pair] = self.teller.between(one, other)
        return self.asked[pair]


def _events(
    stories: Sequence[Story], old: Sequence[Story]
) -> Iterator[tuple[EventKind, str, tuple[str, ...], tuple[str, ...]]]:
    """Kind, id, former ids, and articles that came or went, for every story that is not as it was."""
    home = {member.id: story.story_id for story in old for member in story.articles}
    parts: dict[str, set[str]] = {}
    for story in stories:
        for member in story.articles:
            if member.id in home:
                parts.setdefault(home[member.id], set()).add(story.story_id)
    size = {story.story_id: len(story.articles) for story in old}
    for story in sorted(stories, key=lambda item: item.story_id):
        names = {member.id for member in story.articles}
        was = tuple(sorted({home[name] for name in names if name in home}))
        came = tuple(sorted(name for name in names if name not in home))
        stayed = sum(name in home for name in names)
        if not was:
            yield "created", story.story_id, (), came
        elif len(was) > 1:
            yield "merged", story.story_id, was, came
        elif len(parts[was[0]]) > 1:
            yield "split", story.story_id, was, tuple(sorted(names))
        elif came:
            yield "grown", story.story_id, was, came
        elif stayed < size[was[0]]:
            gone = {name for name, place in home.items() if place == was[0]} - names
            yield "shrunk", story.story_id, was, tuple(sorted(gone))
    for story in sorted(old, key=lambda item: item.story_id):
        if story.story_id not in parts:
            yield "ended", story.story_id, (story.story_id,), tuple(member.id for member in story.articles)


def all_stories(view: Reading, since: datetime | None = None) -> tuple[Story, ...]:
    """Every story with the ids of its related ones, largest first, then by id: those that changed since, if given."""
    home: dict[int, int] = {number: place_of(data).story for number, data in view.scan("place")}
    related: dict[int, set[int]] = {}
    web = Web(view, Settings())
    for number in home:
        links = web.kept(number)
        for other in links["other"][(links["flags"] & RELATED) != 0].tolist():
            if other in home and home[other] != home[number]:
                related.setdefault(home[number], set()).add(home[other])
                related.setdefault(home[other], set()).add(home[number])
    told = {key: told_of(data) for key, data in view.scan("story")}
    names = {key: item.story.story_id for key, item in told.items()}
    finished = [
        replace(item.story, related=tuple(sorted(names[other] for other in related.get(key, ()))))
        for key, item in told.items()
        if since is None or item.changed >= since
    ]
    return tuple(sorted(finished, key=lambda story: (-len(story.articles), story.story_id)))
