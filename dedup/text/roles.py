"""What every line of an article is: body by the trained line model, headline and meta lines by what they say."""

from __future__ import annotations

import re
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dedup.text import trees
from dedup.text.charclass import QUOTE, STOP
from dedup.text.evidence import LineEvidence, title_forms
from dedup.text.features import line_features
from dedup.text.lexicon import lexicon, line_hash
from dedup.text.scan import COLUMN, RAW, Scan

REPEATED_SHORT, REPEATED_LONG = 2, 3
"""Different stories of one outlet that a line must stand in to count as furniture: a sentence of LONG_WORDS or more
may be quoted in two stories (a statement, a tweet), three are furniture."""
LONG_WORDS = 12
EVIDENCE = 6.0
"""Log-odds that the feed's evidence takes off a line: outweighs all but the surest body line (log-odds up to 6)."""
DATED_WORDS = 30
_MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?"
_DATE = re.compile(
    rf"(?i)\b{_MONTH}\s+\d{{1,2}}\b|\b\d{{1,2}}\s+{_MONTH}\s+\d{{4}}|\b\d{{1,2}}/\d{{1,2}}/\d{{2,4}}"
    r"|\b(?:19|20)\d\d[-./]\d\d[-./]\d\d|\b(?:mins?|minutes|hrs?|hours|days?) ago\b|\b\d{1,2}:\d\d\s?(?:[ap]\.?m|et\b|gmt)"
    r"|^\W*(?:last )?(?:updated|posted|published)\b|\d{4}年\d{1,2}月\d{1,2}日"
)
_BY = re.compile(r"(?i)^\W*(?:by|von|par|por|di|автор)\b")
_SOURCE = re.compile(r"(?i)^\W*(?:source|copyright|©|\(c\)|quelle|fuente|fonte|источник|来源|來源|출처)\b")
_PHOTO = re.compile(r"(?i)\b(?:photo|image|caption|getty|shutterstock|file|pictured)\b")
_VISIT = re.compile(r"(?i)^\W*(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*,?\s+\w+\.?\s+\w+,?\s+\d{4}\W*$")


class Decision(NamedTuple):
    """Role letters of all lines; ``units`` the numbers of those not empty, and their log-odds of being body."""

    roles: str
    units: NDArray[np.int64]
    log_odds: NDArray[np.float32]


def decide(text: str, found: Scan, title: str | None, feed: LineEvidence | None) -> Decision:
    """One letter a line: T headline, B body, L meta, F furniture, - empty."""
    units, rows = line_features(found, title)
    odds = trees.log_odds(trees.load("line_model"), rows)
    if feed is not None:
        odds = odds - EVIDENCE * against(found, feed)[units]
    roles = ["-"] * len(found.starts)
    for unit, value in zip(units, odds, strict=True):
        roles[unit] = "B" if value > 0 else "F"
    lines = [text[start:end].strip() for start, end in zip(found.starts, found.ends, strict=True)]
    _headline(roles, lines, found, title)
    _meta(roles, lines, found)
    return Decision("".join(roles), units, odds)


def against(found: Scan, feed: LineEvidence) -> NDArray[np.bool_]:
    """Lines that the feed says are furniture."""
    long = found.raw[:, COLUMN["words"]] >= LONG_WORDS
    repeated = feed.repeated >= np.where(long, REPEATED_LONG, REPEATED_SHORT)
    return np.asarray(repeated | feed.opening)


def _headline(roles: list[str], lines: list[str], found: Scan, title: str | None) -> None:
    """The article's own headline: lines equal to its title, else the likeliest line before the body."""
    wanted = {line_hash(form) for form in title_forms(title)} - {0}
    hits = [i for i in range(len(roles)) if roles[i] != "-" and int(found.hashes[i, 0]) in wanted]
    if hits:
        for i in hits:
            roles[i] = "T"
        return
    words = found.raw[:, COLUMN["words"]] + found.raw[:, COLUMN["wide"]] * np.float32(-0.5)
    body = [i for i, role in enumerate(roles) if role == "B"]
    closed = np.isin(found.raw[:, COLUMN["last_class"]], (STOP + 1, QUOTE + 1)) | (words > 30)
    first = next((i for i in body if closed[i] and words[i] >= 8), body[0] if body else len(roles))
    likely = [i for i in range(first) if _like_headline(roles[i], lines[i], words[i], found.raw[i])]
    if likely:
        roles[max(likely, key=lambda i: (min(words[i], 12), i))] = "T"


def _like_headline(role: str, line: str, words: float, raw: NDArray[np.float32]) -> bool:
    if role not in "FB" or not 4 <= words <= 30 or raw[COLUMN["phrase"]] or raw[COLUMN["links"]]:
        return False
    return not (
        line[-1] in "»)]"
        or "»" in line
        or _PHOTO.search(line)
        or _BY.match(line)
        or _DATE.search(line)
        or line.endswith(".")
    )


def _meta(roles: list[str], lines: list[str], found: Scan) -> None:
    """Byline, date and credit lines among those that are not body; a bare day before the headline is the page's own."""
    kinds = {name: len(RAW) + number for number, name in enumerate(lexicon().names)}
    columns = [kinds[name] for name in ("month", "clock", "by", "staff", "agency")]
    likely = (found.raw[:, columns].sum(axis=1) > 0) | (found.raw[:, COLUMN["wide"]] > 0)
    likely &= found.raw[:, COLUMN["words"]] <= DATED_WORDS
    title = next((i for i, role in enumerate(roles) if role == "T"), -1)
    body = [i for i, role in enumerate(roles) if role == "B"]
    last = body[-1] + 8 if body else len(roles)
    for i in np.flatnonzero(likely):
        if roles[i] == "F" and i <= last and _is_meta(lines[i]) and not (i < title and _VISIT.match(lines[i])):
            roles[i] = "L"


def _is_meta(line: str) -> bool:
    if _PHOTO.search(line) and not _BY.match(line):
        return False
    if _BY.match(line) or _SOURCE.match(line):
        return True
    return line[-1] not in ".…" and len(line.split()) <= 16 and bool(_DATE.search(line))
