"""Who supplied the text: real credits told from mentions, photo credits and round-up credits.

Every agency name found in a line is judged by what stands before and after it and by the role of its line.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple
from urllib.parse import urlsplit

from dedup.models import Article, Credit
from dedup.text.agencies import agencies, agency_of_host

_DASH = r"(?:[\u2014\u2013\u2012\u2015\-_\u2022]+|:|\.\s?[-\u2013])"
_AFTER_DATELINE = re.compile(rf"^[^\s)\]/】]{{0,3}}[)\]/】]\s*{_DASH}|^[)\]/】]\.?\s*{_DASH}?\s|^】")
_IN_DATELINE = re.compile(
    r"^\W{0,3}(?:(?:[^\W_a-zß-öø-ÿ]\S*(?=\s|[(\[/【]$)|de|del|of|la|and|the|el|\w{3,9}\.?(?=\s\d|\s*[(\[/]))[\s,/\])]*){0,9}[(\[/【]$"
)
_PLACE_EQUALS = re.compile(r"^\W{0,3}[(\[【][^)\]】]{1,20}=$")
_NAMED_PHOTO = re.compile(r"[(\[][^\W\d_a-z][\w.'’-]*(?: [\w.'’-]+){0,4}\s*/\s*(?:the\s+)?$|\bvia\s+$")
_SLASHED = re.compile(r"(?:[A-Z][\w.'-]*\s*/\s*|\s-\s|\|\s*)$")
_PHOTO = re.compile(
    r"(?i)\b(?:photos?|foto|fotos|image|images|getty|pool|file|pictures?|handout|video|screenshot|illustration|caption"
    r"|courtesy|credit|shutterstock|epa)\b|사진|写真|图片"
)
_COPYRIGHT = re.compile(r"(?i)(?:copyright|©|\(c\)|™|저작권자)[^.]{0,60}$")
_MENTION = re.compile(
    r"(?i)\b(?:told|tells|telling|shared with|obtained by|seen by|reviewed by|provided to|given to|interview with"
    r"|said to|spoke to|spoke with|speaking to|confirmed to|statement to|according to|reported by|cited by|quoted by)"
    r"(?:\s+(?:by|the))?\s*$"
)
_CLOSERS = ' .)]】|/-\u2013\u2014"”'
_MENTIONS = ("told", "tells", "telling", "with", "by", "to", "the")
_SHARED = re.compile(r"(?i)\b(?:shared with|obtained by|seen by|reviewed by|provided to)(?:\s+the)?\s*$")
_SOURCE = re.compile(
    r"(?i)(?:\b(?:source|sources|quelle|fuente|fonte|agency|agencies|agence|via|courtesy of|distributed by"
    r"|republished (?:from|by|with)|originally (?:published|appeared) (?:by|on|in|at)|report by|syndicated (?:by|from)"
    r"|with inputs? from|con información de|avec|mit material von)|источник|来源|來源|출처)\s*[:：]?\s*(?:the\s+)?$"
)
_CONTRIBUTED = re.compile(
    r"(?i)^['’]?s?\s*(?:national |political |congressional |religion |business |medical |science |sports |video)?"
    r"(?:writers?|reporters?|journalists?|correspondents?|staff|contributed|researcher)\b"
)
_REPORT = re.compile(r"(?i)^(?:\s+news)?\s*(?:contributed|was first published)")
_FROM_FEED = re.compile(r"(?i)syndicated (?:news )?feed|was first published|all rights reserved|may not be published")


SIGNED = 400
"""Characters below which a line may credit an agency by its sign alone."""


class Site(NamedTuple):
    """A line that may name an agency: its number, text, role letter, and whether it opens or closes the article.

    ``places`` are where in it a name may begin, ascending; None when that is not known.
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


def find_credits(sites: Iterable[Site], article: Article) -> tuple[Credit, ...]:
    """Credits of an article, the surest first, one an agency. ``sites`` are the lines worth looking at."""
    best: dict[str, Found] = {}
    for found in _all_found(sites, article):
        known = best.get(found.agency)
        if known is None or found.confidence > known.confidence:
            best[found.agency] = found
    ordered = sorted(best.values(), key=lambda found: (-found.confidence, found.line, found.agency))
    return tuple(Credit(found.agency, found.evidence, found.confidence) for found in ordered)


def _all_found(sites: Iterable[Site], article: Article) -> list[Found]:
    found = [item for site in sites for item in judge_line(site)]
    for field in (article.credit, article.byline):
        if field:
            found += judge_line(Site(-1, field, "L", True, False))
    own = own_papers(article) if found else frozenset()
    return [item for item in found if item.agency not in own]


def own_papers(article: Article) -> frozenset[str]:
    """Papers that are the outlet itself: naming oneself is no credit (an agency's own site keeps its mark)."""
    table = agencies()
    hosts = (article.outlet, urlsplit(article.url).hostname if article.url else None)
    found = {agency_of_host(host) for host in hosts} - {None}
    return frozenset(short for short in found if short and table.kinds[short] == "paper")


def judge_line(site: Site) -> list[Found]:
    """Every agency that the line credits, with how sure that is."""
    table = agencies()
    found: list[Found] = []
    for hit in names_in(site, table.name):
        short = table.owner[" ".join(hit.group().lower().split())]
        kind, confidence = _judge(site, site.text[: hit.start()], site.text[hit.end() :], table.kinds[short])
        if confidence > 0:
            found.append(Found(short, _evidence(site.text, hit.start(), hit.end()), confidence, site.number, kind))
    if len(site.text) < SIGNED and (site.closing or site.role == "L"):
        for short, sign in table.signs:
            hit_sign = sign.search(site.text)
            if hit_sign:
                found.append(Found(short, hit_sign.group()[:120], 0.7, site.number, "sign"))
    return found


def names_in(site: Site, name: re.Pattern[str]) -> Iterator[re.Match[str]]:
    """What ``name.finditer`` finds, looked for only where it may be."""
    if site.places is None:
        yield from name.finditer(site.text)
        return
    end = 0
    for place in site.places:
        if place >= end and (hit := name.match(site.text, place)):
            end = hit.end()
            yield hit


def _judge(site: Site, before: str, after: str, kind: str) -> tuple[str, float]:
    """Kind of evidence and confidence of one name; confidence 0 is no credit. The first rule that fits decides."""
    if may_mention(before) and _MENTION.search(before):
        return ("mention", 0.3) if _SHARED.search(before) and site.role == "B" else ("mention", 0.0)
    if _PLACE_EQUALS.match(before) and after[:1] in (")", "]", "】", " "):
        return "dateline", 0.97 if site.opening else 0.45
    if len(before) <= 90 and _AFTER_DATELINE.match(after) and _IN_DATELINE.match(before):
        return "dateline", 0.97 if site.opening else 0.45
    if has_copyright(before[-80:]):  # longer than the expression ever reaches back
        return _copyright(site, after)
    if site.role == "B" and not site.closing and "contributed" not in after and after.strip(_CLOSERS):
        return "mention", 0.0
    if _is_photo(site, before, after):
        return "photo", 0.0
    if _CONTRIBUTED.match(after) and ("contributed" in after or site.role == "L"):
        return "contributed", 0.85
    if (site.role != "B" or site.closing) and _SOURCE.search(before):
        return "source", 0.9
    if kind == "paper" and site.role == "B":
        return "mention", 0.0
    return _by_place(site, before, after)


def may_mention(before: str) -> bool:
    """Whether the last word is one that _MENTION can end with; other letters than ASCII may be of another case."""
    last = before[-64:].rstrip()[-8:]
    return not last or not last.isascii() or last.lower().endswith(_MENTIONS)


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
    if _NAMED_PHOTO.search(before):
        return True
    near = before[-40:] + " " + after[:25]
    return bool(_PHOTO.search(near)) and not (site.role == "B" and len(before) > 200 and not _PHOTO.search(after[:25]))


def _by_place(site: Site, before: str, after: str) -> tuple[str, float]:
    """Names that nothing but their place speaks for."""
    rest = after.strip(_CLOSERS)
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
