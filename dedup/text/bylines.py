"""Author lines and datelines, each with the span that says so."""

from __future__ import annotations

import re
from typing import NamedTuple

from dedup.text.agencies import agencies

_PARTICLE = r"(?:de|del|della|di|da|do|dos|van|von|der|den|ter|al|el|bin|ibn|bint|la|le|du|st\.?|y|e)"
_WORD = r"(?:[^\W\d_a-zß-öø-ÿ]\.(?:\s?[A-Z]\.)*|(?:[OD]['’])?[^\W\d_a-zß-öø-ÿ][\w'’\-]*\.?)"
_NAME = rf"{_WORD}(?:\s+(?:{_PARTICLE}\s+)*{_WORD}){{1,3}}(?:,?\s+(?:Jr|Sr|II|III)\b\.?)?"
_NAMES = rf"{_NAME}(?:\s*(?:,\s*(?:and\s+)?|\s+and\s+|\s*&\s*|\s+und\s+|\s+et\s+|\s+y\s+|\s+e\s+|\s+и\s+){_NAME})*"
_BY = re.compile(rf"(?i:^|\b)(?:(?i:by|von|par|por|di|written by|story by|автор):?\s+)({_NAMES})")
_BY_WORDS = ("by", "von", "par", "por", "di")
_PLAIN = re.compile(
    rf"^\W*({_NAMES})(?=\s*(?:$|[,|•·/\-—–(\[@]|\s(?i:posted|published|updated|about|may be|is|reported|reports)\b))"
)
_JOINTS = re.compile(r"\s*,\s*(?:and\s+)?|\s+(?:and|und|et|y|e|и)\s+|\s*&\s*")
_ONLY_NAMES = re.compile(_NAMES)
_CONNECT = re.compile(r"(?i)\s*(?:,\s*(?:and\s+)?|\band\b|&)\s*$")
_DAYS = re.compile(
    r"(?i)\b(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?\b|\b(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?"
    r"|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\.?\s+\d"
)
_LEAD_WORDS = re.compile(
    r"(?i)^\W*(?:(?:last\s+)?(?:posted|published|updated)[^,]*?\bby\s+|(?:written|story|text|words)?\s*\bby:?\s+)"
)
_NOT_NAMES = re.compile(
    r"(?i)\b(?:staff|writers?|reporters?|editors?|news|press|agency|posted|published|updated|read|more|share|email"
    r"|copyright|reserved|senior|correspondents?|comments?|the|report|media|times|post|daily|service|network|today|tribune"
    r"|advance|republic|observer|herald|journal|university|professor|contributor|special|bureau|online|desk|team|wire"
    r"|source|mirror|follow|view|print|save|hours?|minutes?|mins?|ago|opinion|analysis|exclusive|newsroom|associated"
    r"|sports?|bbc|npr|cbs|nbc|abc|archive|about|may be|is|for|columnist|show|images?|photos?|getty|magazine"
    r"|frontpage|app|video|privacy|policy|breaking"
    r"|sign|subscribe|watch|latest|related|popular|trending|advertisement|must|top|stories|story|home|search|edition|continue|reading|below|connect|tweet"
    r"|county|facebook|twitter|click|clicking|shot)\b"
)
_GLUED = re.compile(r"(?<=[a-zß-ÿ])(?=[A-Z])(?<!\bMc)(?<!\bMac)(?<!\bDe)(?<!\bLe)(?<!\bVan)(?<!\bO')")
_CASE_CHANGES = re.compile(r"[a-zß-ÿ][A-Z]")
_HANDLE = re.compile(r"\(@\w+\)")
_OPENED = re.compile(r"^\W*[—–-]+\s")
_EMAIL = re.compile(r"[\w.+-]+@[\w-]+\.[\w.-]+")
_TAIL_SIGN = re.compile(
    rf"[.!?”\"]\s+({_WORD}(?:[ -]{_WORD}){{1,3}}),\s+[A-Z][A-Z .'-]{{2,30}},\s+[A-Z]{{2,6}}(?:/[A-Z]+)?\s*$"
)


class Byline(NamedTuple):
    """Author names and how sure that is."""

    names: str
    confidence: float


def byline_of_line(text: str, after_by: bool = False) -> Byline | None:
    """Authors named by a meta line: "By A and B, Agency", "A, Agency", "A" (``after_by``: the line above is "By")."""
    line = " ".join(text.split())
    if _CASE_CHANGES.search(line):
        line = _GLUED.sub(" | ", line)
    low = line.lower()
    if ("(@" in low and _HANDLE.search(line)) or _OPENED.match(line):
        return None
    by = _BY.search(line) if not low.isascii() or any(word in low for word in _BY_WORDS) else None
    if by:
        names = trimmed(by.group(1))
        if names:
            return Byline(names, 0.95)
    email = _EMAIL.search(text) if "@" in text else None
    if _LEAD_WORDS.match(line) and not by:
        return Byline(email.group(), 0.5) if email and after_by else None
    plain = _PLAIN.match(_without_agency(line))
    if plain:
        names = trimmed(plain.group(1))
        if names:
            return Byline(names, 0.7)
    if email and len(text.split()) == 1:
        return Byline(email.group(), 0.4)
    return None


def _without_agency(line: str) -> str:
    hit = agencies().name.search(line)
    return line if hit is None else line[: hit.start()].rstrip(" ,|-—–•") or line[hit.end() :].lstrip(" ,|-—–•")


def trimmed(names: str) -> str | None:
    """Names without what is no name: agencies, organisations, dates, job titles; None when nothing is left."""
    for cut in (agencies().name, _DAYS, _NOT_NAMES):
        hit = cut.search(names)
        if hit:
            names = names[: hit.start()]
    names = _full_names(_strip_end(names))
    words = names.split()
    if len(words) < 2 or len(words) > 24 or any(char.isdigit() for char in names):
        return None
    return names


def _strip_end(names: str) -> str:
    while True:
        shorter = _CONNECT.sub("", names).rstrip(" ,;|-—–•")
        if shorter == names:
            return names
        names = shorter


def _full_names(names: str) -> str:
    """The leading part of a list whose names all have two words: "EJ Montini, Arizona" is one name."""
    end = len(names)
    for hit in _JOINTS.finditer(names):
        following = _JOINTS.split(names[hit.end() :], maxsplit=1)[0]
        if len(following.split()) < 2:
            end = hit.start()
            break
    return _strip_end(names[:end])


def is_name(text: str) -> bool:
    """Whether a line is nothing but one to three names."""
    line = text.strip()
    return bool(_ONLY_NAMES.fullmatch(line)) and trimmed(line) == line and len(line) < 80


def byline_in_tail(text: str) -> Byline | None:
    """An author signed after the last sentence: "... Shin said. KIM TONG-HYUNG, SEOUL, MDT/AP"."""
    if not "A" <= text.rstrip()[-1:] <= "Z":
        return None
    hit = _TAIL_SIGN.search(text[-160:])
    if hit is None or not hit.group(1).isupper():
        return None
    return Byline(hit.group(1), 0.85)


_MONTHS = (
    r"(?:Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?|Sept?(?:ember)?|Oct(?:ober)?"
    r"|Nov(?:ember)?|Dec(?:ember)?)\.?"
)
_DATE = rf"(?:{_MONTHS}\s+\d{{1,2}}(?:,\s+\d{{4}})?|\d{{1,2}}\.?\s+\w{{3,12}}\.?(?:\s+\d{{4}})?)"
_CAPITALS = r"[^\W\d_a-zß-öø-ÿ]{2,}"
_CITY_SHOUTED = rf"(?:{_CAPITALS}|ST\.|[A-Z]\.)(?:[ '’.\-/]+(?:{_CAPITALS}|del|de|la|\w\.))*"
_REGION = r"[^\W\d_a-zß-öø-ÿ][\w.'’\-]*(?:\s+(?:of|and|the|[^\W\d_a-zß-öø-ÿ][\w.'’\-]*)){0,3}"
_CITY_PLAIN = rf"{_WORD}(?:[ \-](?:de |del |la )?{_WORD}){{0,3}}"
_SIGN = r"[—–‒―]|--?(?=\s|[“\"A-Z])|_(?=\s)|:-|\.-"
_SHOUTED = re.compile(
    rf"^\W{{0,3}}(?P<line>(?P<place>{_CITY_SHOUTED}(?:/{_CITY_SHOUTED})?(?:,\s+(?!{_MONTHS}\s+\d){_REGION})?)(?:,?\s+{_DATE})?)"
    rf"\.?\s*(?:[(\[/][^)\]/]{{2,40}}[)\]/]\.?\s*:?\s*(?:{_SIGN}|:)?|(?:{_SIGN}|:(?=\s)))"
)
_PLAIN_PLACE = re.compile(
    rf"^\W{{0,3}}(?P<line>(?P<place>{_CITY_PLAIN}(?:,\s+(?!{_MONTHS}\s+\d){_REGION})?)(?:(?P<date>,?\s+{_DATE})|(?=\s*[(/])))"
    rf"\.?\s*(?:[(\[/](?P<agency>[^)\]/]{{2,40}})[)\]/]\.?\s*:?\s*(?:{_SIGN}|:)?|(?:{_SIGN}|:(?=\s)))"
)
_NOT_PLACES = re.compile(
    r"(?i)^(?:file|photo|photos|video|watch|update|updated|breaking|exclusive|opinion|analysis|live|note|correction|editor"
    r"|q|a|question|answer|related|read|more|image|us|the)\\b"
)
_LONE = re.compile(rf"^\W{{0,3}}(?P<line>{_CITY_SHOUTED},\s+{_REGION})\W*$")


def dateline_of_body(text: str) -> str | None:
    """Place and date that open a body line: "SEOUL, Aug. 27" of "SEOUL, Aug. 27 (Yonhap) -- North Korea ..."."""
    head = text[:140].lstrip()
    hit = _SHOUTED.match(head)
    if hit and len(head) > hit.end() and _is_place(hit):
        return _tidy(hit.group("line"))
    hit = _PLAIN_PLACE.match(head)
    if hit is None:
        return None
    agency = hit.group("agency")
    if hit.group("date") or (agency and agencies().name.search(f"({agency})")):
        return _tidy(hit.group("line"))
    return None


def _is_place(hit: re.Match[str]) -> bool:
    """A colon after capitals makes a speaker or a label, unless a date stands before it."""
    place, line = hit.group("place"), hit.group("line")
    if sum(char.isalpha() for char in place) < 3 or _NOT_PLACES.search(place):
        return False
    return not hit.group().rstrip().endswith(":") or len(line) > len(place) or ")" in hit.group()


def dateline_alone(text: str) -> str | None:
    """A meta line that is nothing but a place: "GLASGOW, Scotland"."""
    hit = _LONE.match(text.strip())
    return _tidy(hit.group("line")) if hit else None


def _tidy(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip(" ,(")
