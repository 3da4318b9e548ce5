"""What a person's name looks like, and what is cut off one."""

from __future__ import annotations

import re

from dedup.text.agencies import agencies
from dedup.text.signatures import signatures

_JOIN = signatures().join
_SMALL = "a-zß-öø-ÿа-яё"
PARTICLES = "de del della di da do dos van von der den ter zu al el bin ibn bint la le du st y e".split()
"""Words of names that are written small."""
_PARTICLE = rf"(?:{'|'.join(PARTICLES)}|st\.)"
NO_NAME = "with for from in on at of to the is".split()
"""Words that no name has, in whatever case they are written."""
_NO_WORD = rf"(?!(?i:{_JOIN}|{'|'.join(NO_NAME)})(?=\s|$))"
WORD = rf"(?:{_NO_WORD}(?:[^\W\d_{_SMALL}]\.(?:\s?[A-Z]\.)*|(?:[OD]['’])?[^\W\d_{_SMALL}][\w'’\-]*\.?))"
NAME = rf"{WORD}(?:\s+(?:{_PARTICLE}\s+)*{WORD}){{1,3}}(?:,?\s+(?:Jr|Sr|II|III)\b\.?)?"
NAMES = rf"{NAME}(?:\s*(?:,\s*(?:and\s+)?|\s+(?i:{_JOIN})\s+|\s*&\s*){NAME})*"
_JOINTS = re.compile(rf"\s*,\s*(?:and\s+)?|\s+(?i:{_JOIN})\s+|\s*&\s*")
_ONLY_NAMES = re.compile(NAMES)
_CONNECT = re.compile(rf"(?i)\s*(?:,\s*(?:and\s+)?|\b(?:{_JOIN})\b|&)\s*$")
_DAYS = re.compile(
    r"(?i)\b(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?\b|\b(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?"
    r"|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\b\.?(?=\s*\d|$)"
)
_NOT_NAMES = re.compile(
    r"(?i)\b(?:staff|writers?|reporters?|editors?|news|press|agency|posted|published|updated|read|more|share|email"
    r"|copyright|reserved|senior|correspondents?|comments?|the|report|media|times|post|daily|service|network|today|tribune"
    r"|advance|republic|observer|herald|journal|university|college|institute|professor|contributor|special|bureau|online|desk|team|wire"
    r"|source|mirror|follow|view|print|save|hours?|minutes?|mins?|ago|opinion|analysis|exclusive|newsroom|associated"
    r"|sports?|bbc|npr|cbs|nbc|abc|archive|about|may be|is|for|columnist|show|images?|photos?|getty|magazine"
    r"|frontpage|app|video|privacy|policy|breaking|redaktion|redaktör|redazione|redacción|redação|rédaction|редакция"
    r"|sign|subscribe|watch|latest|related|popular|trending|advertisement|must|top|stories|story|home|search|edition|continue|reading|below|connect|tweet"
    r"|county|contact|facebook|twitter|click|clicking|shot|mailonline|politics|white house|latest)\b"
)


def trimmed(names: str) -> str | None:
    """Names without what is no name: agencies, organisations, dates, job titles; None when nothing is left."""
    for cut in (agencies().name, _DAYS, _NOT_NAMES):
        hit = cut.search(names)
        if hit and (cut is not _DAYS or hit.start() > 0):
            names = names[: hit.start()]
    names = _full_names(_strip_end(names))
    words = names.split()
    if len(words) < 2 or len(words) > 24 or any(char.isdigit() for char in names):
        return None
    return names if max(map(len, words)) > 1 and len(set(words)) > 1 else None


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
