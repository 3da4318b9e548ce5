"""Authors: which lines of an article name them, each with the span that says so."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple, Protocol

from dedup.text.agencies import agencies
from dedup.text.datelines import dateline_alone as dateline_alone
from dedup.text.datelines import dateline_of_body as dateline_of_body
from dedup.text.hints import Hinted, hints_of, initials_of
from dedup.text.names import NAME, NAMES, WORD, trimmed
from dedup.text.names import is_name as is_name
from dedup.text.signatures import signatures

_WORDS = signatures()
_SAYS = rf"(?=[{initials_of(_WORDS.by)}])(?i:{_WORDS.by})"
_BY = re.compile(rf"(?:^|\b){_SAYS}:?\s+({NAMES})")
_BY_WORDS = hints_of(_WORDS.by)
_BY_ALONE = re.compile(rf"(?i)(?:{_WORDS.by}):?")
_OPENS_BY = re.compile(rf"^\W{{0,3}}(?:this\s+\w+\s+)?{_SAYS}:?\s+({NAMES})(?P<rest>.{{0,80}})$")
_FROM_OWN = re.compile(rf"^\W*From\s+(?P<agency>[^'’]{{2,30}})['’]s\s+({NAMES})\W*$")
_PLAIN = re.compile(
    rf"^\W*({NAMES})(?=\s*(?:$|[,|•·/\-—–(\[@]|\s(?i:posted|published|updated|about|may be|is|reported|reports)\b))"
)
_LEAD_WORDS = re.compile(
    r"(?i)^\W*(?:(?:last\s+)?(?:posted|published|updated)[^,]*?\bby\s+|(?:written|story|text|words)?\s*\bby:?\s+)"
)
_GLUED = re.compile(r"(?<=[a-zß-ÿ])(?=[A-Z])(?<!\bMc)(?<!\bMac)(?<!\bDe)(?<!\bLe)(?<!\bVan)(?<!\bO')")
_CASE_CHANGES = re.compile(r"[a-zß-ÿ][A-Z]")
_HANDLE = re.compile(r"\(@\w+\)")
_OPENED = re.compile(r"^\W*[—–-]+\s")
_PHOTO_LINE = re.compile(r"^\W*\([^)]*(?:/|\bvia\b)")
_EMAIL = re.compile(r"[\w.+-]+@[\w-]+\.[\w.-]+")
_CONTRIBUTED = re.compile(r"(?i)\b(?:contributed|reported from|reporting|editing|copyright)\b|©")
_TAIL_SIGN = re.compile(
    rf"[.!?”\"]\s+({WORD}(?:[ -]{WORD}){{1,3}}),\s+[A-Z][A-Z .'-]{{2,30}},\s+[A-Z]{{2,6}}(?:/[A-Z]+)?\s*$"
)
_LISTED = re.compile(rf"^\W{{0,3}}{_SAYS}\s[^\d]{{3,60}}\d{{0,2}},?\s+(?:19|20)\d\d\b")
_REACHED = re.compile(rf"\s(?i:{_WORDS.join})\s+({NAME})\s+(?:at|via|on)\s")
_FOLLOW = re.compile(
    rf"^\W*(?=[{initials_of(_WORDS.follow)}])(?i:{_WORDS.follow})\s+({NAMES})(?=\s+(?i:on|at|via|sur|auf|en|su|no|bei)\b|\s*[,@:]|\s*$)"
)
_NOTE = re.compile(r"^[\w'’ ]{3,20}:\s+")
_BIO = re.compile(rf"^\W*(?:[\w'’ ]{{3,20}}:\s+)?({NAME})(?:,[^,]{{2,60}},)?\s+(?i:{_WORDS.being})\b")
_TRADE = re.compile(rf"(?i)\b(?:{_WORDS.trade})s?\b|@\w")
_SAYS_BY = Hinted(re.compile(rf"(?i)\b(?:{_WORDS.by})\b|['’]s\s"), (*_BY_WORDS, "'s"))
_UNSPACED = re.compile(r"[㐀-鿿가-힣]")
"""Letters of the languages whose names no capitals show."""
_NO_LETTERS = re.compile(r"[\W\d_]*")

HEAD_LINES = 14
"""Lines that are not empty, before the body, among which the author is sought."""
HEAD_BODY, TAIL_BODY, TAIL_LINES = 3, 2, 8
"""Body lines at the opening and the close, and lines after the body, that are still looked at."""
OPENING_CHARS = 60
"""Characters of a body line in which its dateline names the author: "（新华社北京3月18日电 记者王小明）"."""
LONE = 0.6
"""How sure a name is that nothing but its place speaks for; one that the text speaks of is no author."""
BIO_WORDS, LIST_LINES = 90, 4


class Lines(Protocol):
    """The lines of a text by their number, without white space around them."""

    def __len__(self) -> int: ...

    def __getitem__(self, number: int, /) -> str: ...


class Byline(NamedTuple):
    """Author names, how sure that is, and the number of the line that says so (-1 where it is no line)."""

    names: str
    confidence: float
    line: int = -1


class Marks(NamedTuple):
    """A letter a line, "x" where it may name an author: where the article opens, and where it closes."""

    opening: str
    closing: str


def find_byline(
    lines: Lines, roles: str, given: str | None, dateline: str | None, marks: Marks | None = None
) -> Byline | None:
    """The authors of an article whose lines have their roles: in the lines above the body, in the dump's own field
    (``given``), in the lines that close it. The ``dateline`` is no author. Where ``marks`` are known, other lines are
    not looked at."""
    marks = marks or Marks("x" * len(roles), "x" * len(roles))
    first = roles.find("B")
    until = roles.find("B", roles.find("B", first + 1) + 1) if first >= 0 else -1
    if "x" in (marks.opening if until < 0 else marks.opening[: until + 1]):
        head = _in_head(lines, roles, dateline, marks.opening)
        if head:
            return head
    if given:
        return Byline(trimmed(given) or given, 0.9)
    last = roles.rfind("B")
    if "x" not in marks.closing[max(0, roles.rfind("B", 0, max(last, 0))) :] and "x" not in marks.closing[: first + 1]:
        return None
    tail = _in_tail(lines, roles, marks.closing)
    return tail if tail and tail.names != dateline else None


def _in_head(lines: Lines, roles: str, dateline: str | None, marks: str) -> Byline | None:
    body = list(itertools.islice(_body(roles), HEAD_BODY))
    first, until = (body[0], body[-1]) if body else (len(roles), len(roles))
    before = [i for i in range(first) if roles[i] != "-"]
    lowest = before[-HEAD_LINES:][0] if before else 0
    under = {below for above, below in itertools.pairwise(before) if roles[above] == "T"}
    asked = [i for i in before if marks[i] == "x" and (roles[i] == "L" or i >= lowest or i in under)]
    asked += [i for i in range(first, until) if marks[i] == "x" and roles[i] in "LF"]
    found = [byline._replace(line=i) for i in asked if (byline := _head_line(lines, roles, i, before))]
    asked = [i for i in body if marks[i] == "x"]
    found += [Byline(names, 0.9, i) for i in asked if (names := _other_language(lines[i][:OPENING_CHARS]))]
    spoken = "\n".join(lines[i] for i in _body(roles)) if any(byline.confidence == LONE for byline in found) else ""
    found = [
        item for item in found if item.names != dateline and not (item.confidence == LONE and item.names in spoken)
    ]
    if not found or _is_list(found, lines):
        return None
    best = max(found, key=lambda byline: (byline.confidence, -byline.line))
    if best.confidence > 0.7:
        return best
    beside = [byline for byline in found if byline.confidence == best.confidence and byline.names != best.names]
    return _joined(best, beside, lines, roles)


def _body(roles: str) -> Iterator[int]:
    """Numbers of the body lines."""
    return (i for i, role in enumerate(roles) if role == "B")


def _head_line(lines: Lines, roles: str, i: int, near: list[int]) -> Byline | None:
    line = re.sub(r"\s{2,}", " ", lines[i])
    if len(line) > 300:
        return None
    if roles[i] == "L":
        after_by = i > 0 and _BY_ALONE.fullmatch(lines[i - 1]) is not None
        return byline_of_line(line, after_by)
    if len(line) <= 160 and _SAYS_BY.finds(line, line.lower()):
        return _byline_of_other(line)
    if len(near) > 1 and i == near[-1] and roles[near[-2]] == "T" and len(line.split()) <= 6:
        names = trimmed(line)
        if names and line.startswith(names) and is_name(names):
            return Byline(names, LONE)
    plain = len(line) < 80 and not any(mark in line for mark in "|/") and not line.startswith("A ")
    if plain and is_name(_without_agency(line)) and _signs_head(lines, roles, i, near):
        return Byline(_without_agency(line), LONE)
    return None


def _signs_head(lines: Lines, roles: str, i: int, near: list[int]) -> bool:
    """Whether a lone name stands where authors do: first of the text, over an agency, between headline and body."""
    at = near.index(i) if i in near else -1
    if at > 0 and _without_agency(lines[i]) != lines[i]:
        stated = "," in lines[i] or agencies().name.match(lines[i]) is not None
        return stated and roles[near[at - 1]] in "TL"
    if at > 0 and at == len(near) - 1 and roles[near[at - 1]] == "T":
        return True
    if at < 0 or len(near) - at > 4:
        return False
    below = lines[near[at + 1]] if at + 1 < len(near) else ""
    if "T" in (roles[k] for k in near[at:]):
        return False
    over_paper = bool(below) and agencies().name.fullmatch(below.strip(" •|")) is not None
    return over_paper or (at == 0 and len(near) <= 3 and near[0] == next(k for k, r in enumerate(roles) if r != "-"))


def _byline_of_other(line: str) -> Byline | None:
    """The authors that a line not known as meta names in so many words: "Analysis by A, Paper", "From CNN's A"."""
    agency = agencies().name.match(line)
    hit = _OPENS_BY.match(line[agency.end() :] if agency else line)
    if hit:
        names = trimmed(hit.group(1))
        rest = hit.group("rest")
        rest = rest.strip()
        ended = not rest or rest[0] in ",|•·/-—–(;" or agencies().name.match(rest) is not None
        return Byline(names, 0.85) if names and ended and not rest.endswith((".", "!", "?")) else None
    own = _FROM_OWN.match(line)
    if own and agencies().name.fullmatch(own.group("agency")):
        names = trimmed(own.group(2))
        return Byline(names, 0.75) if names else None
    return None


def _is_list(found: list[Byline], lines: Lines) -> bool:
    """Whether authors stand with dates in lines apart from each other: a column of other posts, no byline."""
    last = max(byline.line for byline in found)
    dated = [i for i in range(last + LIST_LINES) if i < len(lines) and _LISTED.match(lines[i])]
    return len({lines[i] for i in dated}) > 1 and dated[-1] - dated[0] > 1


def _joined(best: Byline, beside: list[Byline], lines: Lines, roles: str) -> Byline:
    """Authors given one a line, those at the end of the text included where they are set in the same capitals."""
    if not is_name(lines[best.line]):
        return best
    names, last = [best.names], best.line
    for other in beside:
        apart = [lines[i] for i in range(last + 1, other.line) if roles[i] != "-"]
        if other.line > last and is_name(lines[other.line]) and not any(_parts(line) for line in apart):
            names.append(other.names)
            last = other.line
    if best.names.isupper() and "B" in roles:
        closing = [i for i in range(roles.rfind("B") + 1, len(roles)) if roles[i] != "-"][:TAIL_LINES]
        names += [lines[i] for i in closing if lines[i].isupper() and is_name(lines[i]) and lines[i] not in names]
    return best._replace(names=", ".join(dict.fromkeys(names)))


def _parts(line: str) -> bool:
    """Whether a line between two names keeps them apart: all but agencies and marks without letters do."""
    return not (_NO_LETTERS.fullmatch(line) or agencies().name.fullmatch(line))


def _in_tail(lines: Lines, roles: str, marks: str) -> Byline | None:
    """An author named where the article closes: after the last sentence, to be followed, or described."""
    first, last = roles.find("B"), roles.rfind("B")
    if marks[last] == "x" and (tail := byline_in_tail(lines[last])):
        return tail._replace(line=last)
    before = [k for k in range(last) if roles[k] == "B"][1 - TAIL_BODY :]
    after = [i for i in range(last + 1, len(roles)) if roles[i] != "-"][:TAIL_LINES]
    opening = [i for i in range(first) if roles[i] != "-"][-2:]
    opening += [first] if marks[first] == "x" and _NOTE.match(lines[first]) else []
    for i in (*before, last, *after, *opening):
        if marks[i] == "x":
            known = (lines[j] for j in range(last) if roles[j] == "B" and j != i)
            if found := closing_byline(lines[i], known, roles[i]):
                return found._replace(line=i)
    return None


def closing_byline(line: str, known: Iterable[str], role: str = "F") -> Byline | None:
    """The author of "Follow A on Twitter", "Write to A at ..." or "A is a columnist for ...": nobody whom the text
    itself (the lines ``known``) speaks of."""
    for pattern, confidence in ((_FOLLOW, 0.8), (_BIO, 0.7)):
        hit = pattern.match(line)
        if hit is None or (pattern is _BIO and not _TRADE.search(line, hit.end(1))) or len(line.split()) > BIO_WORDS:
            continue
        others = [more.group(1) for more in _REACHED.finditer(line, hit.end(1))] if pattern is _FOLLOW else []
        names = trimmed(_undoubled(" and ".join([hit.group(1), *others])))
        if names and not any(names in text for text in known):
            return Byline(names, confidence)
    if role != "L" or _CONTRIBUTED.search(line) or len(line.split()) > BIO_WORDS:
        return None
    return byline_of_line(line)


def _undoubled(names: str) -> str:
    """A name given twice in a row, as author boxes do: picture text and name."""
    words = names.split()
    half = len(words) // 2
    return " ".join(words[:half]) if len(words) % 2 == 0 and words[:half] == words[half:] else names


def byline_of_line(text: str, after_by: bool = False) -> Byline | None:
    """Authors named by a meta line: "By A and B, Agency", "A, Agency", "A" (``after_by``: the line above is "By")."""
    line = " ".join(text.split())
    if _CASE_CHANGES.search(line):
        line = _GLUED.sub(" | ", line)
    if ("(@" in line and _HANDLE.search(line)) or _OPENED.match(line) or ("(" in line and _PHOTO_LINE.match(line)):
        return None
    other = _other_language(line)
    if other:
        return Byline(other, 0.9)
    by = _by_before_agency(line)
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
            return Byline(names, 0.95 if after_by else 0.7)
    if email and after_by and len(text.split()) == 1:
        return Byline(email.group(), 0.4)
    return None


def _by_before_agency(line: str) -> re.Match[str] | None:
    """What follows "by", the one before an agency's name if there is such."""
    low = line.lower()
    if low.isascii() and not any(word in low for word in _BY_WORDS):
        return None
    hit = agencies().name.search(line)
    return (_BY.search(line[: hit.start()]) if hit else None) or _BY.search(line)


def _other_language(line: str) -> str | None:
    """Names where a language sets them without capitals or before the word for reporter."""
    if line.isascii() or not _UNSPACED.search(line):
        return None
    for pattern in _WORDS.authors:
        hit = pattern.search(line)
        if hit:
            return hit.group(1).strip()
    return None


def _without_agency(line: str) -> str:
    hit = agencies().name.search(line)
    return line if hit is None else line[: hit.start()].rstrip(" ,|-—–•") or line[hit.end() :].lstrip(" ,|-—–•")


def byline_in_tail(text: str) -> Byline | None:
    """An author signed after the last sentence: "... Shin said. KIM TONG-HYUNG, SEOUL, MDT/AP"."""
    if not "A" <= text.rstrip()[-1:] <= "Z":
        return None
    hit = _TAIL_SIGN.search(text[-160:])
    if hit is None or not hit.group(1).isupper():
        return None
    return Byline(hit.group(1), 0.85)
