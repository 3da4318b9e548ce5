"""How articles, matches and stories are written as records, and read back to the same objects.

JSON where it is read by the piece, packed little-endian arrays where it is read by the thousand; texts are deflated.
"""

from __future__ import annotations

import hashlib
import json
import struct
import zlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields, replace
from datetime import datetime
from itertools import accumulate
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dedup.models import RELATIONS, Article, CleanArticle, Credit, Fact, Group, Match, Member, Origin, Passage, Story
from dedup.stories.stories import story_id
from dedup.text.weigh import PARTS

LEVEL = 1
"""Of zlib: a text of 2.8 kB in 0.05 ms to 52%; level 6 takes three times as long for 4% less."""
DIGEST = 16
"""Bytes of a plan's digest."""

_ARTICLE = tuple(item.name for item in fields(Article) if item.name not in ("text", "html", "published", "repairs"))
_MATCH, _STORY, _MEMBER, _ORIGIN = (
    tuple(item.name for item in fields(kind)) for kind in (Match, Story, Member, Origin)
)


def key_of(text: str) -> int:
    """A 64-bit signed key for an id or a name."""
    return int.from_bytes(hashlib.blake2b(_utf8(text), digest_size=8).digest(), "little", signed=True)


def signed(value: int) -> int:
    """An unsigned 64-bit hash as the signed key of the same bits."""
    return value - (1 << 64) if value >> 63 else value


def content_digest(article: Article) -> bytes:
    """16 bytes naming what an article says: the same digest, the same delivery."""
    said = (article.text, article.html, article.title, article.url, article.outlet, _time(article.published))
    return hashlib.blake2b(_utf8(repr(said)), digest_size=16).digest()


def _utf8(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _name(data: bytes) -> str:
    return data.decode("utf-8", "surrogatepass")


_ENCODER = json.JSONEncoder(separators=(",", ":"))


def _json(value: object) -> bytes:
    return _ENCODER.encode(value).encode()


def _time(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


def _time_of(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


# --- articles ----------------------------------------------------------------------------------------------------


def article_bytes(article: Article) -> bytes:
    """Every field of an article."""
    known = {name: getattr(article, name) for name in _ARTICLE if getattr(article, name) is not None}
    known |= {"published": _time(article.published), "repairs": list(article.repairs)}
    head, text, html = _json(known), _utf8(article.text), _utf8(article.html or "")
    sizes = struct.pack("<II?", len(head), len(text), article.html is not None)
    return zlib.compress(sizes + head + text + html, LEVEL)


def article_of(data: bytes) -> Article:
    """The article of ``article_bytes``."""
    raw = zlib.decompress(data)
    head, text, paged = struct.unpack_from("<II?", raw)
    known = json.loads(raw[9 : 9 + head])
    known |= {"published": _time_of(known["published"]), "repairs": tuple(known["repairs"])}
    body = raw[9 + head :]
    html = body[text:].decode("utf-8", "surrogatepass") if paged else None
    return Article(text=body[:text].decode("utf-8", "surrogatepass"), html=html, **known)


def page_bytes(page: bytes) -> bytes:
    """What cleaning found, without the article itself, from ``page_json``."""
    return zlib.compress(page, LEVEL)


def page_json(clean: CleanArticle) -> bytes:
    """What cleaning found as JSON."""
    found: dict[str, Any] = {
        "text": None if clean.text == clean.article.text else clean.text,
        "starts": _steps(clean.starts),
        "ends": _steps(clean.ends),
        "roles": clean.roles,
        "headline": clean.headline,
        "byline": clean.byline,
        "dateline": clean.dateline,
        "credits": [list(credit) for credit in clean.credits],
        "published": _time(clean.published),
        "notes": list(clean.notes),
    }
    if clean.insets:
        found["insets"] = [list(inset) for inset in clean.insets]
    return _json(found)


def page_of(data: bytes, article: Article) -> CleanArticle:
    """The clean article of ``page_bytes`` and its article."""
    found = json.loads(zlib.decompress(data))
    found |= {name: tuple(accumulate(found[name])) for name in ("starts", "ends")}
    found["text"] = article.text if found["text"] is None else found["text"]
    found["credits"] = tuple(Credit(*credit) for credit in found["credits"])
    found |= {"published": _time_of(found["published"]), "notes": tuple(found["notes"])}
    found["insets"] = tuple((start, end) for start, end in found.get("insets", ()))
    return CleanArticle(article=article, **found)


def _steps(places: tuple[int, ...]) -> list[int]:
    return [place - before for before, place in zip((0, *places), places, strict=False)]


# --- facts -------------------------------------------------------------------------------------------------------


class Facts(NamedTuple):
    """What a query needs of every article it meets.

    ``content`` names what was delivered and ``stamp`` what cleaning made of it, 16 and 8 bytes; ``words`` and
    ``sampled`` are sizes; ``same`` the key of its sequence of words (0: no words) and ``alike`` that of its heaviest
    words; ``lead`` the first 64 bits of its signature (0: not sketched); ``outlet`` the key of its outlet; ``days``
    since 1970, or nan; ``sketch`` uint16[9] as evidence counts it; ``ids`` uint64 and ``weights`` float32 its heaviest
    words.
    """

    id: str
    content: bytes
    stamp: bytes
    words: int
    sampled: int
    same: int
    alike: int
    lead: int
    outlet: int
    days: float
    sketch: NDArray[np.uint16]
    ids: NDArray[np.uint64]
    weights: NDArray[np.float32]


FactsOf = Callable[[Iterable[int]], Mapping[int, Facts]]
"""Gives the facts of those of the articles that are there."""

_FACTS = struct.Struct(f"<16s8siiqqQqdH{2 * PARTS}s")


def facts_bytes(facts: Facts) -> bytes:
    """A packed record of about 350 bytes."""
    head = _FACTS.pack(
        facts.content, facts.stamp, facts.words, facts.sampled, facts.same, facts.alike, facts.lead,
        facts.outlet, facts.days, len(facts.ids), facts.sketch.astype("<u2").tobytes(),
    )  # fmt: skip
    return head + facts.ids.astype("<u8").tobytes() + facts.weights.astype("<f4").tobytes() + _utf8(facts.id)


def facts_of(data: bytes) -> Facts:
    """The facts of ``facts_bytes``; arrays are views."""
    content, stamp, words, sampled, same, alike, lead, outlet, days, count, sketch = _FACTS.unpack_from(data)
    at = _FACTS.size
    ids = np.frombuffer(data, "<u8", count, at)
    weights = np.frombuffer(data, "<f4", count, at + 8 * count)
    name = data[at + 12 * count :].decode("utf-8", "surrogatepass")
    parts = np.frombuffer(sketch, "<u2")
    return Facts(name, content, stamp, words, sampled, same, alike, lead, outlet, days, parts, ids, weights)


# --- places, matches and stories -----------------------------------------------------------------------------------


class Place(NamedTuple):
    """Where an article stands: number of who speaks for its group (itself when alone), and key of its story."""

    speaker: int
    story: int


def place_bytes(place: Place) -> bytes:
    return struct.pack("<qq", *place)


def place_of(data: bytes) -> Place:
    return Place(*struct.unpack("<qq", data))


_CORE = struct.Struct("<BddddddII")


def match_bytes(match: Match) -> bytes:
    """A match: numbers and ids as they are, floats whole; then, where it has any, passages, reasons and facts,
    deflated."""
    one, other = _utf8(match.a), _utf8(match.b)
    head = _CORE.pack(
        RELATIONS.index(match.relation), match.score, match.same_story_score, match.jaccard, *match.containment,
        match.cosine, len(one), len(other),
    )  # fmt: skip
    said = [match.passages, match.reasons, match.facts]
    shown = zlib.compress(_json(said), LEVEL) if match.passages or match.reasons else b""
    return head + one + other + shown


def core_of(data: bytes) -> Match:
    """The match of ``match_bytes`` without passages and reasons, which grouping does not ask for."""
    relation, score, same, jaccard, of_a, of_b, cosine, one, other = _CORE.unpack_from(data)
    middle = _CORE.size + one
    a, b = data[_CORE.size : middle], data[middle : middle + other]
    return Match(_name(a), _name(b), RELATIONS[relation], score, same, jaccard, (of_a, of_b), cosine)


def match_of(data: bytes) -> Match:
    """The match of ``match_bytes``."""
    one, other = _CORE.unpack_from(data)[-2:]
    core, shown = core_of(data), data[_CORE.size + one + other :]
    if not shown:
        return core
    passages, reasons, *facts = json.loads(zlib.decompress(shown))
    runs = tuple(Passage(*numbers) for numbers in passages)
    return replace(core, passages=runs, reasons=tuple(reasons), facts=_facts(facts[0] if facts else ()))


def _facts(rows: Iterable[Any]) -> tuple[Fact, ...]:
    """The facts of a match; an index made before there were any has none."""
    return tuple(Fact(code, tuple(about), weight) for code, about, weight in rows)


def core_bytes(match: Match) -> bytes:
    """What tells two matches of the same pair apart."""
    return _CORE.pack(
        RELATIONS.index(match.relation), match.score, match.same_story_score, match.jaccard, *match.containment,
        match.cosine, 0, 0,
    )  # fmt: skip


class Plan(NamedTuple):
    """What a story is made of: ids and numbers of its articles, by id, and who speaks for the group of each (itself
    when alone); the pairs inside that grouping had compared beyond those of the index; when the story last changed;
    and a digest of all that its telling depends on."""

    names: tuple[str, ...]
    numbers: tuple[int, ...]
    speakers: tuple[int, ...]
    asked: tuple[tuple[int, int], ...]
    changed: datetime
    digest: bytes

    @property
    def story_id(self) -> str:
        """The id of the story."""
        return story_id(self.names)

    def group(self, number: int) -> tuple[str, ...]:
        """Ids of the articles in one group with this one."""
        speaker = self.speakers[self.numbers.index(number)]
        return tuple(name for name, other in zip(self.names, self.speakers, strict=True) if other == speaker)


_PLAN = struct.Struct("<16sHII")


def plan_bytes(plan: Plan) -> bytes:
    """A plan in some ten bytes and the id for an article."""
    members = np.array([plan.numbers, plan.speakers], "<i8").tobytes()
    asked = np.array(plan.asked, "<i8").tobytes()
    changed, names = plan.changed.isoformat().encode(), _json(plan.names)
    head = _PLAN.pack(plan.digest, len(changed), len(plan.numbers), len(plan.asked))
    return head + changed + members + asked + names


def plan_of(data: bytes) -> Plan:
    """The plan of ``plan_bytes``."""
    digest, dated, count, pairs = _PLAN.unpack_from(data)
    at = _PLAN.size + dated
    changed = datetime.fromisoformat(data[_PLAN.size : at].decode())
    numbers, speakers = np.frombuffer(data, "<i8", 2 * count, at).reshape(2, count).tolist()
    at += 16 * count
    asked = tuple((a, b) for a, b in np.frombuffer(data, "<i8", 2 * pairs, at).reshape(pairs, 2).tolist())
    names = tuple(json.loads(data[at + 16 * pairs :]))
    return Plan(names, tuple(numbers), tuple(speakers), asked, changed, digest)


@dataclass(frozen=True, slots=True)
class Told:
    """A story as told of a plan with this digest: without its related stories, which are read from the matches;
    ``asked`` the matches between its articles that were made for it, beyond the compared pairs."""

    story: Story
    digest: bytes
    asked: tuple[Match, ...] = ()


def told_bytes(told: Told) -> bytes:
    """A story, the digest of its plan, and the matches made for it."""
    story = told.story
    record: dict[str, Any] = {name: getattr(story, name) for name in _STORY}
    record |= {"related": [], "first": _time(story.first), "last": _time(story.last)}
    record["articles"] = [_member_record(member) for member in story.articles]
    record["groups"] = [
        {
            "group_id": group.group_id,
            "articles": [member.id for member in group.articles],
            "origin": {name: getattr(group.origin, name) for name in _ORIGIN},
            "credits": group.credits,
        }
        for group in story.groups
    ]
    asked = [{name: getattr(match, name) for name in _MATCH} for match in told.asked]
    whole = {"story": record, "asked": asked}
    return told.digest + zlib.compress(_json(whole), LEVEL)


def told_digest(data: bytes) -> bytes:
    """The digest of a told story's plan."""
    return data[:DIGEST]


def _member_record(member: Member) -> dict[str, Any]:
    record = {name: getattr(member, name) for name in _MEMBER}
    record["published"] = _time(member.published)
    return record


def told_of(data: bytes) -> Told:
    """The story of ``told_bytes``."""
    record = json.loads(zlib.decompress(data[DIGEST:]))
    raw = record["story"]
    members = {item["id"]: _member(item) for item in raw["articles"]}
    raw |= {"articles": tuple(members.values()), "related": ()}
    raw |= {"groups": tuple(_group(group, members) for group in raw["groups"])}
    raw |= {name: _time_of(raw[name]) for name in ("first", "last")}
    asked = tuple(_asked(item) for item in record["asked"])
    return Told(Story(**raw), told_digest(data), asked)


def _asked(record: Mapping[str, Any]) -> Match:
    known = dict(record)
    known["containment"] = (known["containment"][0], known["containment"][1])
    known["passages"] = tuple(Passage(*numbers) for numbers in known["passages"])
    known["reasons"] = tuple(known["reasons"])
    known["facts"] = _facts(known.get("facts", ()))
    return Match(**known)


def _member(raw: dict[str, Any]) -> Member:
    credits = tuple(Credit(*credit) for credit in raw["credits"])
    return Member(**{**raw, "published": _time_of(raw["published"]), "credits": credits})


def _group(raw: dict[str, Any], members: Mapping[str, Member]) -> Group:
    origin = raw["origin"]
    return Group(
        raw["group_id"],
        tuple(members[name] for name in raw["articles"]),
        Origin(**{**origin, "reasons": tuple(origin["reasons"]), "doubts": tuple(origin.get("doubts", ()))}),
        tuple(Credit(*credit) for credit in raw["credits"]),
    )
