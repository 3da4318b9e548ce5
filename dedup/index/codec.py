"""How articles, matches and stories are written as records, and read back to the same objects.

JSON where it is read by the piece, packed little-endian arrays where it is read by the thousand; texts are deflated.
"""

from __future__ import annotations

import hashlib
import json
import struct
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dedup.models import Article, CleanArticle, Credit, Fact, Group, Match, Member, Origin, Passage, Story

LEVEL = 1
"""Of zlib: a text of 2.8 kB in 0.05 ms to 52%; level 6 takes three times as long for 4% less."""

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


def _json(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


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


def page_bytes(clean: CleanArticle) -> bytes:
    """What cleaning found, without the article itself."""
    return zlib.compress(page_json(clean), LEVEL)


def page_json(clean: CleanArticle) -> bytes:
    """The same as JSON."""
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
    found |= {name: tuple(np.cumsum(found[name]).tolist()) for name in ("starts", "ends")}
    found["text"] = article.text if found["text"] is None else found["text"]
    found["credits"] = tuple(Credit(*credit) for credit in found["credits"])
    found |= {"published": _time_of(found["published"]), "notes": tuple(found["notes"])}
    found["insets"] = tuple((start, end) for start, end in found.get("insets", ()))
    return CleanArticle(article=article, **found)


def _steps(places: tuple[int, ...]) -> list[int]:
    return np.diff(np.array(places, np.int64), prepend=0).tolist() if places else []


# --- facts -------------------------------------------------------------------------------------------------------


class Facts(NamedTuple):
    """What a query needs of every article it meets.

    ``content`` names what was delivered and ``stamp`` what cleaning made of it, 16 and 8 bytes; ``words`` and
    ``sampled`` are sizes; ``same`` the key of its sequence of words (0: no words) and ``alike`` that of its heaviest
    words; ``outlet`` the key of its outlet; ``days`` since 1970, or nan; ``sketch`` uint16[8] as evidence counts it;
    ``ids`` uint64 and ``weights`` float32 its heaviest words.
    """

    id: str
    content: bytes
    stamp: bytes
    words: int
    sampled: int
    same: int
    alike: int
    outlet: int
    days: float
    sketch: NDArray[np.uint16]
    ids: NDArray[np.uint64]
    weights: NDArray[np.float32]


_FACTS = struct.Struct("<16s8siiqqqdH16s")


def facts_bytes(facts: Facts) -> bytes:
    """A packed record of about 350 bytes."""
    head = _FACTS.pack(
        facts.content, facts.stamp, facts.words, facts.sampled, facts.same, facts.alike, facts.outlet, facts.days,
        len(facts.ids), facts.sketch.astype("<u2").tobytes(),
    )  # fmt: skip
    return head + facts.ids.astype("<u8").tobytes() + facts.weights.astype("<f4").tobytes() + _utf8(facts.id)


def facts_of(data: bytes) -> Facts:
    """The facts of ``facts_bytes``; arrays are views."""
    content, stamp, words, sampled, same, alike, outlet, days, count, sketch = _FACTS.unpack_from(data)
    at = _FACTS.size
    ids = np.frombuffer(data, "<u8", count, at)
    weights = np.frombuffer(data, "<f4", count, at + 8 * count)
    name = data[at + 12 * count :].decode("utf-8", "surrogatepass")
    parts = np.frombuffer(sketch, "<u2")
    return Facts(name, content, stamp, words, sampled, same, alike, outlet, days, parts, ids, weights)


# --- places, matches and stories -----------------------------------------------------------------------------------


class Place(NamedTuple):
    """Where an article stands: number of who speaks for its group (itself when alone), key of its story, and the least
    number of the articles whose grouping hangs together with its own."""

    speaker: int
    story: int
    component: int


def place_bytes(place: Place) -> bytes:
    return struct.pack("<qqq", *place)


def place_of(data: bytes) -> Place:
    return Place(*struct.unpack("<qqq", data))


def match_bytes(match: Match) -> bytes:
    """A match, floats whole."""
    return zlib.compress(_json(_match_record(match)), LEVEL)


def _match_record(match: Match) -> dict[str, Any]:
    return {name: getattr(match, name) for name in _MATCH}


def match_of(data: bytes) -> Match:
    """The match of ``match_bytes``."""
    return match_from(json.loads(zlib.decompress(data)))


def match_from(record: Mapping[str, Any]) -> Match:
    """The match of a decoded record."""
    known = dict(record)
    known["containment"] = (known["containment"][0], known["containment"][1])
    known["passages"] = tuple(Passage(*numbers) for numbers in known["passages"])
    known["reasons"] = tuple(known["reasons"])
    known["facts"] = tuple(Fact(code, tuple(about), weight) for code, about, weight in known.get("facts", ()))
    return Match(**known)


@dataclass(frozen=True, slots=True)
class Told:
    """A story as stored: without its related stories, which are read from the matches; ``changed`` when it last was;
    ``asked`` the matches between its articles that were made for grouping, beyond the compared pairs."""

    story: Story
    numbers: tuple[int, ...]
    changed: datetime
    asked: tuple[Match, ...] = ()


def told_bytes(told: Told) -> bytes:
    """A story, its members' numbers and when it changed."""
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
    asked = [_match_record(match) for match in told.asked]
    whole = {"story": record, "numbers": told.numbers, "changed": _time(told.changed), "asked": asked}
    return zlib.compress(_json(whole), LEVEL)


def _member_record(member: Member) -> dict[str, Any]:
    record = {name: getattr(member, name) for name in _MEMBER}
    record["published"] = _time(member.published)
    return record


def told_of(data: bytes) -> Told:
    """The story of ``told_bytes``."""
    record = json.loads(zlib.decompress(data))
    raw = record["story"]
    members = {item["id"]: _member(item) for item in raw["articles"]}
    raw |= {"articles": tuple(members.values()), "related": ()}
    raw |= {"groups": tuple(_group(group, members) for group in raw["groups"])}
    raw |= {name: _time_of(raw[name]) for name in ("first", "last")}
    asked = tuple(match_from(item) for item in record["asked"])
    return Told(Story(**raw), tuple(record["numbers"]), datetime.fromisoformat(record["changed"]), asked)


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
