"""What every line of an article is, from what stands in it and around it."""

from __future__ import annotations

import re

import numpy as np
from numpy.typing import NDArray

from dedup.text.evidence import LineEvidence, title_forms
from dedup.text.lexicon import lexicon, line_hash
from dedup.text.scan import COLUMN, RAW, Scan

_STOPS, _QUOTE, _UPPER_KIND = 8, 9, 3
_DATE = re.compile(
    r"(?i)\b(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?\s+\d{1,2}\b|\b\d{1,2}\s+(?:jan|feb|mar|apr|may|jun|jul|"
    r"aug|sep|oct|nov|dec)[a-z]*\.?\s+\d{4}|\b\d{1,2}/\d{1,2}/\d{2,4}|\b(?:19|20)\d\d-\d\d-\d\d|\b(?:mins?|minutes|hrs?|hours|days?) ago\b"
)
_BY = re.compile(r"(?i)^\W*(?:by|von|par|por|di|автор)\b")
_ELLIPSIS = re.compile(r"(?:\.\.\.|…)\W*$")
_SOURCE = re.compile(r"(?i)^\W*(?:source|copyright|©|\(c\)|quelle|fuente|fonte|источник|来源|來源|출처)\b")
_CAPTION = re.compile(
    r"(?i)\b(?:photo|image|file photo|caption|pictured|getty images|shutterstock)\b|\[[A-Z .]{4,40}\]$"
)


def rule_roles(text: str, found: Scan, title: str | None, feed: LineEvidence | None) -> str:
    """One letter a line: T headline, B body, L meta, F furniture, - empty."""
    names = {name: len(RAW) + number for number, name in enumerate(lexicon().names)}
    lines = [text[start:end].strip() for start, end in zip(found.starts, found.ends, strict=True)]
    raw = found.raw
    roles = [_alone(line, raw[i], names) for i, line in enumerate(lines)]
    _duplicates(roles, found)
    if feed is not None:
        for i in range(len(roles)):
            many = feed.repeated[i] >= (2 if raw[i, 1] < 12 else 3)
            if roles[i] in "BTL" and (many or feed.opening[i]):
                roles[i] = "F"
    _headline(roles, lines, found, title)
    _edges(roles, lines, raw)
    return "".join(roles)


def _alone(line: str, raw: NDArray[np.float32], names: dict[str, int]) -> str:
    words = raw[COLUMN["words"]] + raw[COLUMN["wide"]] / 2
    if not line:
        return "-"
    if raw[COLUMN["phrase"]]:
        return "F"
    closed = raw[COLUMN["last_class"]] in (_STOPS, _QUOTE) or line[-1] in ")]:"
    if words >= 8 and _ELLIPSIS.search(line) and words < 40:
        return "F"
    if words < 60 and raw[names["photo"]] >= 1 and _CAPTION.search(line):
        return "F"
    if words < 40 and (_BY.match(line) or _SOURCE.match(line) or (_DATE.search(line) and words < 20 and not closed)):
        return "L"
    if words >= 30 or (words >= 8 and closed) or (words >= 14 and raw[names["function"]] >= 4):
        return "B"
    return "b" if closed else "F"


def _duplicates(roles: list[str], found: Scan) -> None:
    whole = found.hashes[:, 0]
    keys, counts = np.unique(whole[whole != 0], return_counts=True)
    repeated = {int(key) for key in keys[counts > 1]}
    for i, key in enumerate(whole):
        if int(key) in repeated:
            roles[i] = "F"


def _headline(roles: list[str], lines: list[str], found: Scan, title: str | None) -> None:
    first = next((i for i, role in enumerate(roles) if role == "B" and len(lines[i]) > 60), len(roles))
    wanted = {line_hash(form) for form in title_forms(title)}
    hits = [i for i in range(len(roles)) if int(found.hashes[i, 0]) in wanted and roles[i] != "-"]
    if hits:
        for i in hits[:2]:
            roles[i] = "T"
        return
    words = found.raw[:, 1]
    likely = [
        i for i in range(first) if roles[i] in "Fb" and 5 <= words[i] <= 30 and not found.raw[i, COLUMN["phrase"]]
    ]
    likely = [i for i in likely if "»" not in lines[i] and not _CAPTION.search(lines[i])]
    if likely:
        roles[max(likely, key=lambda i: (min(words[i], 12), i))] = "T"


def _edges(roles: list[str], lines: list[str], raw: NDArray[np.float32]) -> None:
    """Short closed lines belong to the body between body lines; dates before the headline are the page's own."""
    body = [i for i, role in enumerate(roles) if role == "B"]
    title = next((i for i, role in enumerate(roles) if role == "T"), -1)
    for i, role in enumerate(roles):
        if role == "b":
            roles[i] = "B" if body and body[0] < i < body[-1] else "F"
        elif (
            role == "L"
            and i < title
            and not _BY.match(lines[i])
            and raw[i, COLUMN["digits"]] >= 4
            and ":" not in lines[i]
        ):
            roles[i] = "F"
    if body:
        gaps = [b for a, b in zip(body, body[1:], strict=False) if _furniture_between(roles, a, b) >= 2]
        if gaps and sum(i >= gaps[0] for i in body) <= len(body) // 3:
            for i in body:
                if i >= gaps[0]:
                    roles[i] = "F"


def _furniture_between(roles: list[str], low: int, high: int) -> int:
    return sum(role in "F" for role in roles[low + 1 : high])
