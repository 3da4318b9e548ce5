"""Lines of any language that are about an article and not of it: dates, authors, sources, notes of rights and desks.

The words of English pages are judged in roles.py; here are the forms that need no English.
"""

from __future__ import annotations

import re
from functools import lru_cache

from dedup.text import dates
from dedup.text.agencies import agencies
from dedup.text.credits import names_source
from dedup.text.names import NAMES
from dedup.text.signatures import signatures

LONGEST = 90
"""Characters of a line that can be nothing but meta."""
BESIDE_DATE = 28
"""Letters beside the date and clock of a dated line: "Veröffentlicht am", "来源：新华社"."""
_INITIALS = re.compile(r"^[a-zA-Z]{2,4}(?:\s?//?\s?[a-zA-Z]{2,4}){1,4}$")
_ADDRESS = re.compile(r"^\S+@[\w-]+\.[\w.-]+$")
_END = re.compile(r"[.!?…。！？][\"”»」』]?$")
_FILE = re.compile(r"(?i)\.(?:jpe?g|png|gif|pdf)$")
_DIGIT = re.compile(r"\d")
_NUMBERS = re.compile(r"[\W\d_]+")


@lru_cache(maxsize=1)
def _patterns() -> tuple[re.Pattern[str], re.Pattern[str], re.Pattern[str]]:
    words = signatures()
    by = re.compile(rf"^\W{{0,3}}(?i:{words.by}):?\s+{NAMES}(?:\s*[,|/—–-].{{0,60}}|\s+(?i:avec|mit)\s.{{0,40}})?$")
    note = re.compile(rf"(?i)^\W{{0,3}}(?:{words.note})(?=$|[\W\d_]|[^\x00-\x7f])|^\W{{0,3}}(?:©|ⓒ)")
    return by, note, re.compile(words.camera)


def is_signed(line: str) -> bool:
    """Whether a short line is a date, an author, a source or a note of rights, in any of the languages known."""
    if len(line) > LONGEST:
        return False
    by, note, camera = _patterns()
    if note.match(line) or _ADDRESS.match(line) or _INITIALS.match(line):
        return True
    if _END.search(line) or _FILE.search(line) or camera.search(line):
        return False
    return _is_dated(line) or by.match(line) is not None or _is_author(line) or is_mark(line)


def is_mark(line: str) -> bool:
    """Whether a line is a source alone: "(AFP)", "Lusa/Fim", "Con información de Europa Press"; an agency without mark
    or word of that may be a photo's."""
    hit = agencies().name.search(line)
    if hit is None:
        return False
    before, after = line[: hit.start()], line[hit.end() :]
    if names_source(before):
        return not _NUMBERS.sub("", after)
    rest = len(_NUMBERS.sub("", after))
    return not _NUMBERS.sub("", before) and (after[:1] == "/" if rest else bool(before.strip())) and rest <= 3


def _is_dated(line: str) -> bool:
    if not _DIGIT.search(line):
        return False
    table = dates.table()
    rest, found = table.day.subn(" ", line)
    if not found:
        return False
    return len(_NUMBERS.sub("", table.zone.sub(" ", table.clock.sub(" ", rest, count=1), count=1))) <= BESIDE_DATE


def _is_author(line: str) -> bool:
    if line.isascii():
        return False
    return any(len(line) - len(hit.group()) <= 30 for one in signatures().authors if (hit := one.search(line)))
