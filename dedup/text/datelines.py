"""Datelines: the place, with its region and date, that opens a text."""

from __future__ import annotations

import re

from dedup.text.agencies import agencies
from dedup.text.names import WORD
from dedup.text.signatures import signatures

_MONTHS = (
    r"(?:Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?|Sept?(?:ember)?|Oct(?:ober)?"
    r"|Nov(?:ember)?|Dec(?:ember)?)\.?"
)
_DATE = rf"(?:{_MONTHS}\s+\d{{1,2}}(?:,\s+\d{{4}})?|\d{{1,2}}\.?\s+\w{{3,12}}\.?(?:\s+\d{{4}})?)"
_CAPITALS = r"[^\W\d_a-zß-öø-ÿа-яё]{2,}"
_CITY_SHOUTED = rf"(?:{_CAPITALS}|ST\.|[A-Z]\.)(?:[ '’.\-/]+(?:{_CAPITALS}|del|de|la|\w\.))*"
_REGION = r"[^\W\d_a-zß-öø-ÿ][\w.'’\-]*(?:\s+(?:of|and|the|[^\W\d_a-zß-öø-ÿ][\w.'’\-]*)){0,3}"
_CITY_PLAIN = rf"{WORD}(?:[ \-](?:de |del |la )?{WORD}){{0,3}}"
_SIGN = r"[—–‒―]|--?(?=\s|[“\"A-Z])|_(?=\s)|:-|\.-"
_SHOUTED = re.compile(
    rf"^\W{{0,3}}(?P<line>(?P<place>{_CITY_SHOUTED}(?:/{_CITY_SHOUTED})?(?:,\s+(?!{_MONTHS}\s+\d){_REGION})?)(?:,?\s+{_DATE})?)"
    rf"\.?\s*(?:[(\[/][^)\]/]{{2,40}}[)\]/]\.?\s*:?\s*(?:{_SIGN}|:)?|(?:{_SIGN}|:(?=\s)))"
)
_PLAIN_PLACE = re.compile(
    rf"^\W{{0,3}}(?P<line>(?P<place>{_CITY_PLAIN}(?:/{WORD})?(?:,\s+(?!{_MONTHS}\s+\d){_REGION})?)(?:(?P<date>,?\s+{_DATE})|(?=\s*[(/])))"
    rf"\.?\s*(?:[(\[/](?P<agency>[^)\]/]{{2,40}})[)\]/]\.?\s*:?\s*(?:{_SIGN}|:)?|(?:{_SIGN}|:(?=\s)))"
)
_DASHED = re.compile(
    rf"^(?P<line>(?P<place>{WORD}(?: {WORD}){{0,2}}(?:,\s+{WORD}(?: {WORD})?)?))"
    r"\s?[—–]\s?(?=[^\W\d_a-zß-öø-ÿа-яё]|[“\"])(?![^—–]{0,60}\s[—–]\s)"
)
_NOT_PLACES = re.compile(
    r"(?i)^(?!the (?:hague|bronx|villages|woodlands|dalles|valley)\b|key (?:west|largo)\b|live oak\b|a coruña\b)"
    r"(?:file|photos?|video|watch|updated?|breaking|exclusive|opinion|analysis|live|note|correction|editor"
    r"|q|a|question|answer|related|read|more|image|us|the|by|from|world|politics|news|sports?|business|health|today"
    r"|first|second|third|finally|and|but|yes|no|what|who|why|how|when|where|advertisement|fact|host|key|sign up)\b"
)
_LONE = re.compile(rf"^\W{{0,3}}(?P<line>{_CITY_SHOUTED},\s+{_REGION})\W*$")
_LONE_CITY = re.compile(rf"^(?P<line>{_CITY_SHOUTED})$")


def dateline_of_body(text: str, first: bool = False) -> str | None:
    """Place and date that open a body line: "SEOUL, Aug. 27" of "SEOUL, Aug. 27 (Yonhap) -- North Korea ...".

    ``first`` says that the line opens the body: there "Moscow – President ..." is enough.
    """
    head = text[:140].lstrip()
    for pattern in () if head[:1].isalpha() and head[:12].isascii() else signatures().datelines:
        other = pattern.match(head)
        if other:
            return _tidy(other.group("line"))
    hit = _SHOUTED.match(head)
    if hit and len(head) > hit.end() and _is_place(hit):
        return _tidy(hit.group("line"))
    hit = _PLAIN_PLACE.match(head)
    if hit is not None and not _NOT_PLACES.search(hit.group("place")):
        agency = hit.group("agency")
        if hit.group("date") or (agency and agencies().name.search(f"({agency})")):
            return _tidy(hit.group("line"))
    hit = _DASHED.match(head) if first else None
    return _tidy(hit.group("line")) if hit and _is_place(hit) else None


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


def city_alone(line: str, text: str, signed: bool = False) -> str | None:
    """A line that is nothing but a city in capitals: "HELSINKI". The text must name it in mid-sentence, unless an
    agency signs right above (``signed``)."""
    hit = _LONE_CITY.match(line) if 3 <= len(line) <= 30 else None
    if hit is None or _NOT_PLACES.search(line) or agencies().name.search(line):
        return None
    named = signed or re.search(rf"[\w,] {re.escape(line.title())}\b", text)
    return _tidy(line) if named else None


def _tidy(text: str) -> str:
    line = re.sub(r"\s+", " ", text).strip(" ,(-—–")
    first, _, second = line.partition(" - ")
    return first if first == second else line
