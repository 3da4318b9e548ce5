"""Who supplied the text: real credits told from mentions, photo credits and round-up credits.

Every agency name found in a line is judged by what stands before and after it and by the role of its line.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import NamedTuple

from dedup.models import Article, CleanArticle, Credit
from dedup.text.agencies import agencies, agency_of_host, agency_of_outlet, host_of, names_in
from dedup.text.hints import Hinted
from dedup.text.names import NAMES

_DASH = r"(?:[\u2014\u2013\u2012\u2015\-_\u2022]+|:|\.\s?[-\u2013])"
_AFTER_DATELINE = re.compile(rf"^[^\s)\]/】]{{0,3}}[)\]/】]\s*{_DASH}|^[)\]/】]\.?\s*{_DASH}?\s|^】")
_IN_DATELINE = re.compile(
    r"^\W{0,3}(?:(?:[^\W_a-zß-öø-ÿ]\S*(?=\s|[(\[/【]$)|de|del|of|la|and|the|el|\w{3,9}\.?(?=\s\d|\s*[(\[/]))[\s,/\])]*){0,9}[(\[/【]$"
)
_PLACE_EQUALS = re.compile(r"^\W{0,3}[(\[【][^)\]】]{1,20}(?:[=＝]|[ァ-ヿ㐀-鿿])$")
_CLOSES_PLACE = (")", "]", "】", " ", "）")
_WIRED = re.compile(r"^(?:记者|記者)?[㐀-鿿]{2,9}?(?:\d{1,2}月)?\d{1,2}日(?:专|專)?(?:电|電)")
_NAMED_PHOTO = re.compile(r"[(\[][^\W\d_a-z][\w.'’-]*(?: [\w.'’-]+){0,4}\s*/\s*(?:the\s+)?$|\bvia\s+$")
_SLASHED = re.compile(r"(?:[A-Z][\w.'-]*\s*/\s*|\s-\s|\|\s*)$")
_PHOTO = Hinted(
    re.compile(
        r"(?i)\b(?:photos?|foto|fotos|image|images|getty|pool|file|pictures?|handout|video|screenshot|illustration|caption"
        r"|courtesy|credit|crédit|imagen|bild|фото|shutterstock|epa)\b|사진|写真|图片"
    ),
    (
        *("photo", "foto", "image", "getty", "pool", "file", "picture", "handout", "video", "screenshot", "caption"),
        *("illustration", "courtesy", "credit", "bild", "shutterstock", "epa"),
    ),
)
_COPYRIGHT = re.compile(r"(?i)(?:copyright|©|\(c\)|™|저작권자)[^.]{0,60}$")
_MENTION = re.compile(
    r"(?i)\b(?:told|tells|telling|shared with|obtained by|seen by|reviewed by|provided to|given to|interview with"
    r"|said to|spoke to|spoke with|speaking to|confirmed to|statement to|according to|reported by|cited by|quoted by)"
    r"(?:\s+(?:by|the))?\s*$"
)
_CLOSERS = ' .)]】|/-\u2013\u2014"”'
_MENTIONS = ("told", "tells", "telling", "with", "by", "to", "the")
_SOURCES = (
    *("source", "sources", "quelle", "fuente", "fonte", "agency", "agencies", "agence", "via"),
    *("of", "by", "from", "with", "on", "in", "at", "de", "avec", "von", "the"),
)
_SHARED = re.compile(r"(?i)\b(?:shared with|obtained by|seen by|reviewed by|provided to)(?:\s+the)?\s*$")
_SOURCE = re.compile(
    r"(?i)(?:\b(?:source|sources|quelle|fuente|fonte|agency|agencies|agence|via|courtesy of|distributed by"
    r"|republished (?:from|by|with)|(?:originally|first) (?:published|appeared) (?:by|on|in|at)|report by"
    r"|syndicated (?:by|from)"
    r"|content (?:created|provided) by|with inputs? from|con información de|avec|mit material von)"
    r"|источник|по материалам|来源|來源|출처|出典)\s*[:：]?\s*(?:the\s+)?$"
)
_CONTRIBUTED = re.compile(
    r"(?i)^['’]?s?\s*(?:national |political |congressional |religion |business |medical |science |sports |video)?"
    r"(?:writers?|reporters?|journalists?|correspondents?|staff|contributed|researcher)\b"
)
_OWN_STAFF = re.compile(r"^['’]s\s+[^\W\d_a-z][^.]{3,120}\bcontributed\b")
_REPORT = re.compile(r"(?i)^(?:\s+news)?\s*(?:contributed|was first published)")
_ADDRESS = re.compile(r"^\W*(?:https?://)?((?:[\w-]+\.){1,4}[a-z]{2,4})(?:/\S*)?\W*$")
_ALONE = re.compile(rf"^[^\w(]*(?:(?i:from|via|by|source|quelle|fuente|fonte)\W\s*|{NAMES}\s*(?:[,•–—-]|\s)\s*)?$")
_SIGNS = re.compile(rf"^[—–-]\s*{NAMES}$")
_FROM_FEED = re.compile(r"(?i)syndicated (?:news )?feed|was first published|all rights reserved|may not be published")


REACH = 120
"""Characters before a name that say what it is there for: more than the expressions ever reach back."""
SIGN_CHARS = 400
"""Characters below which a line may credit an agency by its sign alone."""
SIGNED = 0.5
"""From this confidence of a named agency on, another one's sign says nothing: initials close the text of several."""
ONE_ITEM = 0.45
"""How sure a credit is that holds for one item of a round-up: datelines of several agencies open its items."""
OWN_SITE = 0.9
"""How sure it is that a wire agency's own site carries the agency's own text."""


class Site(NamedTuple):
    """A line that may name an agency: its number, text, role letter, and whether it opens or closes the article.

    Besides the roles of lines there is S: a line of furniture that stands where sources are named. ``places`` are where
    in it a name may begin, ascending; None when that is not known.
    """

    number: int
    text: str
    role: str
    opening: bool
    closing: bool
    places: Sequence[int] | None = None


class Found(NamedTuple):
    """A judged name: agency, the words, confidence, line number and kind of evidence."""

    agency: str
    evidence: str
    confidence: float
    line: int
    kind: str


def is_source_line(text: str, places: Sequence[int] | None = None) -> bool:
    """Whether a short line is nothing but an agency, its site's address, or an author and the agency."""
    if len(text) > 120:
        return False
    address = _ADDRESS.match(text) if "." in text else None
    if address:
        return agency_of_host(address.group(1)) is not None
    hit = next(names_in(text, places), None)
    if hit is None:
        return False
    before, after = text[: hit.start()], text[hit.end() :].strip(" •|.·")
    alone = _ALONE.match(before) is not None or names_source(before)
    return (not after and alone) or (not before.strip() and bool(_SIGNS.match(after)))


def names_source(before: str) -> bool:
    """Whether a few words before an agency's name say that it is the source: "Con información de"."""
    return len(before) < 30 and may_source(before) and _SOURCE.search(before) is not None


def find_credits(sites: Iterable[Site], article: Article) -> tuple[Credit, ...]:
    """Credits of an article, the surest first, one an agency. ``sites`` are the lines worth looking at."""
    every = _all_found(sites, article)
    if not every:
        return ()
    best: dict[str, Found] = {}
    for found in every:
        known = best.get(found.agency)
        if known is None or found.confidence > known.confidence:
            best[found.agency] = found
    if any(found.kind != "sign" and found.confidence >= SIGNED for found in best.values()):
        best = {short: found for short, found in best.items() if found.kind != "sign"}
    ordered = sorted(best.values(), key=lambda found: (-found.confidence, found.line, found.agency))
    return tuple(Credit(found.agency, found.evidence, found.confidence) for found in ordered)


def _all_found(sites: Iterable[Site], article: Article) -> list[Found]:
    texts = [Site(-1, field, "L", True, False) for field in (article.credit, article.byline) if field]
    found = [item for site in (*sites, *texts) for item in judge_line(site)]
    if len({item.agency for item in found if item.kind == "dateline"}) > 1:
        found = [item._replace(confidence=ONE_ITEM) if item.kind == "dateline" else item for item in found]
    own = own_agencies(article) if found else frozenset()
    return [item for item in found if item.agency not in own]


def own_agencies(article: Article) -> frozenset[str]:
    """Agencies and papers that are the outlet itself, by the host of its address or by its name: naming oneself is no
    credit."""
    return _own_agencies(article.outlet, host_of(article.url))


@lru_cache(maxsize=4096)
def _own_agencies(outlet: str | None, host: str | None) -> frozenset[str]:
    found = (agency_of_host(outlet), agency_of_host(host), agency_of_outlet(outlet))
    return frozenset(short for short in found if short)


def suppliers(clean: CleanArticle) -> tuple[Credit, ...]:
    """The credits of an article; where it has none and stands on the site of a wire agency, that agency."""
    if clean.credits:
        return clean.credits
    kinds = agencies().kinds
    own = sorted(short for short in own_agencies(clean.article) if kinds[short] in ("wire", "release"))
    place = clean.article.outlet or clean.article.url or ""
    return tuple(Credit(short, f"published by {place}", OWN_SITE) for short in own[:1])


def judge_line(site: Site) -> list[Found]:
    """Every agency that the line credits, with how sure that is."""
    table = agencies()
    found: list[Found] = []
    addressed = "." in site.text and (site.role in "LS" or site.closing)
    address = _ADDRESS.match(site.text) if addressed else None
    host = agency_of_host(address.group(1)) if address else None
    if host:
        return [Found(host, site.text.strip()[:120], 0.85, site.number, "source")]
    for hit in names_in(site.text, site.places):
        short = table.owner[" ".join(hit.group().lower().split())]
        kind, confidence = _judge(site, site.text[: hit.start()], site.text[hit.end() :], table.kinds[short])
        if confidence > 0:
            found.append(Found(short, _evidence(site.text, hit.start(), hit.end()), confidence, site.number, kind))
    if len(site.text) < SIGN_CHARS and (site.closing or site.role == "L"):
        for short, sign in table.signs:
            hit_sign = sign.search(site.text)
            if hit_sign:
                found.append(Found(short, hit_sign.group()[:120], 0.7, site.number, "sign"))
    return found


def _judge(site: Site, before: str, after: str, kind: str) -> tuple[str, float]:
    """Kind of evidence and confidence of one name; confidence 0 is no credit. The first rule that fits decides."""
    if may_mention(before) and _MENTION.search(before[-REACH:]):
        return ("mention", 0.3) if site.role == "B" and _SHARED.search(before[-REACH:]) else ("mention", 0.0)
    if _opens(before, after):
        return "dateline", 0.97 if site.opening else 0.45
    if has_copyright(before[-80:]):  # longer than the expression ever reaches back
        return _copyright(site, after)
    if site.role == "B" and not site.closing and "contributed" not in after and after.strip(_CLOSERS):
        return "mention", 0.0
    if site.closing and "contributed" in after and not before.strip(" (-–—") and _OWN_STAFF.match(after):
        return "contributed", 0.85
    if _is_photo(site, before, after):
        return "photo", 0.0
    if _CONTRIBUTED.match(after) and ("contributed" in after or site.role == "L"):
        return "contributed", 0.85
    if (site.role != "B" or site.closing) and may_source(before) and _SOURCE.search(before[-REACH:]):
        return "source", 0.9
    if kind == "paper" and site.role == "B":
        return "mention", 0.0
    return _by_place(site, before, after)


def _opens(before: str, after: str) -> bool:
    """Whether a name stands in a dateline: "SEOUL (", "【北京=" or nothing before it, and what closes it behind it."""
    if after[:1] in _CLOSES_PLACE and _PLACE_EQUALS.match(before):
        return True
    if not before.strip("（(【 ") and _WIRED.match(after):
        return True
    return bool(len(before) <= 90 and _AFTER_DATELINE.match(after) and _IN_DATELINE.match(before))


def may_mention(before: str) -> bool:
    """Whether the last word is one that _MENTION can end with; other letters than ASCII may be of another case."""
    last = before[-64:].rstrip()[-8:]
    return not last or not last.isascii() or last.lower().endswith(_MENTIONS)


def may_source(before: str) -> bool:
    """The same of the words that _SOURCE can end with, a colon after them included."""
    last = before[-REACH:].rstrip().rstrip(":：").rstrip()[-8:]
    return not last or not last.isascii() or last.lower().endswith(_SOURCES)


def has_copyright(before: str) -> bool:
    if before.isascii():
        low = before.lower()
        if "copyright" not in low and "(c)" not in low:
            return False
    return bool(_COPYRIGHT.search(before))


def _copyright(site: Site, after: str) -> tuple[str, float]:
    if site.role == "F" and not _FROM_FEED.search(after):
        return "photo", 0.0
    return "copyright", 0.9


def _is_photo(site: Site, before: str, after: str) -> bool:
    """A photo credit: photo words near the name, or a caption line (furniture)."""
    if site.role == "F":
        return True
    if ("/" in before or "via" in before) and _NAMED_PHOTO.search(before):
        return True
    near = before[-40:] + " " + after[:25]
    if not _PHOTO.finds(near, near.lower()):
        return False
    return not (site.role == "B" and len(before) > 200 and not _PHOTO.pattern.search(after[:25]))


def _by_place(site: Site, before: str, after: str) -> tuple[str, float]:
    """Names that nothing but their place speaks for."""
    rest = after.strip(_CLOSERS)
    if site.role == "S":
        return "source", 0.85
    if site.role == "L":
        return "byline", 0.9 if len(site.text) < 200 else 0.75
    if site.role == "B" and not rest and before.rstrip()[-1:] in "([/【":
        if before.rstrip().endswith("/") and not _SLASHED.search(before):
            return "tail", 0.0
        return "tail", 0.9 if site.closing else 0.45
    if site.role == "B" and _REPORT.match(after) and site.closing:
        return "contributed", 0.8
    return "mention", 0.0


def _evidence(text: str, start: int, end: int) -> str:
    low, high = max(0, start - 40), min(len(text), end + 30)
    return text[low:high].strip()
