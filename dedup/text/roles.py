"""What every line of an article is: body by the trained line model, headline and meta lines by what they say."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dedup.text import features, region
from dedup.text.agencies import agencies
from dedup.text.bylines import dateline_alone, dateline_of_body, is_name
from dedup.text.charclass import APOSTROPHE, QUOTE, STOP
from dedup.text.evidence import LineEvidence, title_forms
from dedup.text.headlines import is_doubtful
from dedup.text.lexicon import lexicon
from dedup.text.metalines import is_signed
from dedup.text.packed import Rows, see_rows
from dedup.text.scan import COLUMN, RAW, Scan, line_key

if TYPE_CHECKING:
    from dedup.text.html import Page

REPEATED_SHORT, REPEATED_LONG = 2, 3
"""Different stories of one outlet that a line must stand in to count as furniture: a sentence of LONG_WORDS or more
may be quoted in two stories (a statement, a tweet), three are furniture."""
LONG_WORDS = 12
EVIDENCE = 6.0
"""Log-odds that the feed's evidence takes off a line: outweighs all but the surest body line (log-odds up to 6)."""
TWICE = 4.0
TWICE_WORDS = 4
"""Log-odds off a line given twice in a row, and its least words: "Yes." and "___" may be repeated."""
PAGE_LINES, PAGE_SHARE, PAGE_LIMIT = 60, 0.5, -0.6
"""A text of 60 lines of which fewer than half are body is a whole page; the limit was chosen by cross-validation."""
BRIEF_LINES, BRIEF_BODY, BRIEF_SENTENCE, BRIEF_OPEN, BRIEF_LIMIT = 12, 80, 8, 30, -3.5
"""A brief: at most so many lines, so few words of body, and sentences of so many words (cut off at its end: so many)
above this log-odds."""
GIVEN = 0.5
"""What being the given title adds to a line's share of the body's words: outweighs all but a wrong title."""
OWN_WORDS = 0.4
"""Share of a doubtful title's rarer words in the body from which it is a headline after all ("Fans share photos")."""
OFFERED = 0.1
"""The least such share of a line that is not the given title: below it stand the names of sections and papers."""
TOPIC = features.NAMES.index("cohesion_core")
DATED_WORDS = 30
CARRIED_TOPIC = 0.2
"""Least share of its rarer words that a carried paragraph has in common with the prose around it: 85% of the body
paragraphs of 600 news articles have it, 7% of the leads of other articles planted among them."""
_CUT = re.compile(r"[\w,;]\s?(?:\.\.\.|…)\W*$")
_MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?"
_DATE = re.compile(
    rf"(?i)\b{_MONTH}\s+\d{{1,2}}\b|\b\d{{1,2}}\s+{_MONTH}\s+\d{{4}}|\b\d{{1,2}}/\d{{1,2}}/\d{{2,4}}"
    r"|\b(?:19|20)\d\d[-./]\d\d[-./]\d\d|\b(?:mins?|minutes|hrs?|hours|days?) ago\b"
    r"|\b\d{1,2}:\d\d\s?(?:[ap]\.?m|et\b|gmt)"
    r"|^\W*(?:last )?(?:updated|posted|published)\b|\d{4}年\d{1,2}月\d{1,2}日"
)
_BY = re.compile(r"^\W*(?i:by|von|par|por|di|автор):?(?=\s+[^\W\d_a-zß-öø-ÿ]|\W*$)(?!\s+(?i:clicking|signing))")
_SOURCE = re.compile(r"(?i)^\W*(?:source|copyright|©|\(c\)|quelle|fuente|fonte|источник|来源|來源|출처)\b")
_PHOTO = re.compile(r"(?i)\b(?:photo|image|caption|getty|shutterstock|file|pictured|epa|via)\b")
_HANDLE = re.compile(r"\(@\w+\)|^\W*[—–]\s")
_FILE = re.compile(r"(?i)\.(?:jpe?g|png|gif|pdf)$")
_LINK = re.compile(r"^(?:https?://)?(?:www\.)?\w[\w-]*\.(?:com|org|net|co\.uk|news)/\S+$")
_ALONE = re.compile(r"(?i)^(?:by|von|par|por|\S+@\S+\.\w+|updated|;? ?posted|published)$")
_SIGNED = re.compile(
    r"(?:^|[,|•—–-]\s*)(?:The )?(?i:associated press|reuters|agence france-presse|afp|usa today)\b\W*$"
)
_PUBLISHED = re.compile(r"(?i)\b(?:published|updated|posted)\b.{0,12}\d")
_CLOSING = re.compile(
    r"(?i)\bcontributed (?:to|reporting)\b|\breported from\b|^\W*(?:additional )?(?:reporting|writing|editing) by\b"
    r"|\bmay be reached at\b|\bfollow (?:him|her|them) on twitter\b|^\W*(?:©|copyright\b)|\ball rights reserved\b"
)
CLOSING_WORDS = 80
DATE_DIGITS = 6
"""Digits of a line that may be a date without a word: 2024-03-18."""
_VISIT = re.compile(r"(?i)^\W*(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*,?\s+\w+\.?\s+\w+,?\s+\d{4}\W*$")


class Decision(NamedTuple):
    """Role letters of all lines; ``units`` the numbers of those not empty, and their log-odds of being body."""

    roles: str
    units: NDArray[np.int64]
    log_odds: NDArray[np.float32]


def decide(
    text: str, found: Scan, title: str | None, feed: LineEvidence | None, known: Rows | None = None
) -> Decision:
    """One letter a line of plain text: T headline, B body, L meta, F furniture, - empty.

    ``known`` are the features and log-odds of the lines where they were computed for many texts at once.
    """
    units, rows, odds = known or see_rows(found, title)
    odds = odds - TWICE * twice_running(found, units)
    if feed is not None:
        odds = odds - EVIDENCE * against(text, found, feed, units, rows, odds)
    inside = region.lines_before_end(found, units, rows, odds)
    kept = (odds > limit_of(odds, inside)) & (np.arange(len(units)) < inside)
    kept |= brief(found, units, odds, kept, title)
    return _finish(text, found, title, units, rows, odds, kept)


def decide_page(text: str, found: Scan, page: Page, title: str | None, feed: LineEvidence | None) -> Decision:
    """The same for the lines of an HTML page, with what its structure says."""
    from dedup.text.html import html_odds

    units, rows, odds = html_odds(found, page)
    if feed is not None:
        odds = odds - EVIDENCE * against(text, found, feed, units, rows, odds)
    return _finish(text, found, title, units, rows, odds, odds > 0)


def _finish(
    text: str,
    found: Scan,
    title: str | None,
    units: NDArray[np.int64],
    rows: NDArray[np.float32],
    odds: NDArray[np.float32],
    kept: NDArray[np.bool_],
) -> Decision:
    roles = ["-"] * len(found.starts)
    for unit, body in zip(units.tolist(), kept.tolist(), strict=True):
        roles[unit] = "B" if body else "F"
    topic = np.zeros(len(roles), dtype=np.float32)
    topic[units] = rows[:, TOPIC]
    lines = [text[start:end].strip() for start, end in zip(found.starts.tolist(), found.ends.tolist(), strict=True)]
    _headline(roles, lines, found, topic, title)
    _meta(roles, lines, found)
    _deck(roles, lines)
    return Decision("".join(roles), units, odds)


def brief(
    found: Scan, units: NDArray[np.int64], odds: NDArray[np.float32], kept: NDArray[np.bool_], title: str | None
) -> NDArray[np.bool_]:
    """Sentences that are the body of a text of few lines, where next to nothing else is: lines about the story have no
    prose around them to be known by. Whole pages, galleries and indexes have more lines, or name photos."""
    raw = found.raw[units]
    if len(units) > BRIEF_LINES or raw[kept, COLUMN["words"]].sum() >= BRIEF_BODY:
        return np.zeros(len(units), dtype=np.bool_)
    kinds = {name: len(RAW) + number for number, name in enumerate(lexicon().names)}
    closed = np.isin(raw[:, COLUMN["last_class"]], (STOP + 1, QUOTE + 1, APOSTROPHE + 1))
    page = raw[:, [kinds[name] for name in ("interface", "social", "offer", "photo")]].sum(axis=1)
    own = (raw[:, COLUMN["phrase"]] == 0) & (raw[:, COLUMN["links"]] == 0) & (page < 2) & (raw[:, kinds["photo"]] == 0)
    words = raw[:, COLUMN["words"]] - raw[:, COLUMN["wide"]] / 2
    credit = (raw[:, kinds["photo"]] > 0) & (words < BRIEF_SENTENCE)
    own[:-1] &= ~credit[1:]
    long = (closed & (words >= BRIEF_SENTENCE)) | (words >= BRIEF_OPEN)
    whole = found.hashes[units, 0]
    forms = np.array([line_key(form) for form in title_forms(title)], dtype=np.uint64)
    alone = (whole[:, None] == whole[None, :]).sum(axis=1) == 1
    return np.asarray(long & own & alone & ~np.isin(whole, forms) & (odds > BRIEF_LIMIT))


def twice_running(found: Scan, units: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Lines of TWICE_WORDS words or more given twice in a row: captions and teasers, not paragraphs."""
    whole = found.hashes[units, 0]
    same = np.zeros(len(units) + 1, dtype=np.bool_)
    same[1:-1] = whole[1:] == whole[:-1]
    return np.asarray((same[1:] | same[:-1]) & (found.raw[units, COLUMN["words"]] >= TWICE_WORDS))


def limit_of(odds: NDArray[np.float32], inside: int) -> float:
    """Log-odds above which a line is body: lower on whole pages, where a lost paragraph costs more than a kept line."""
    page = len(odds) >= PAGE_LINES and float((odds[:inside] > 0).sum()) < PAGE_SHARE * len(odds)
    return PAGE_LIMIT if page else 0.0


def against(
    text: str,
    found: Scan,
    feed: LineEvidence,
    units: NDArray[np.int64],
    rows: NDArray[np.float32],
    odds: NDArray[np.float32],
) -> NDArray[np.bool_]:
    """Which of the lines ``units`` the feed says are furniture."""
    long = found.raw[units, COLUMN["words"]] >= LONG_WORDS
    repeated = feed.repeated[units] >= np.where(long, REPEATED_LONG, REPEATED_SHORT)
    condemned = np.asarray(repeated | feed.opening[units])
    may_be = feed.paragraph[units] & ~repeated & (odds > 0) & (rows[:, TOPIC] >= CARRIED_TOPIC)
    for run in np.split(np.flatnonzero(may_be), np.flatnonzero(np.diff(np.flatnonzero(may_be)) > 1) + 1):
        if len(run) and _amid_body(run, condemned, odds) and not any(_is_cut(text, found, units[i]) for i in run):
            condemned[run] = False
    return condemned


def _amid_body(run: NDArray[np.int64], condemned: NDArray[np.bool_], odds: NDArray[np.float32]) -> bool:
    """Whether the lines before and after a run are body: a column that carries a paragraph, no list of teasers."""
    before, after = int(run[0]) - 1, int(run[-1]) + 1
    return all(0 <= i < len(odds) and odds[i] > 0 and not condemned[i] for i in (before, after))


def _is_cut(text: str, found: Scan, unit: int) -> bool:
    return bool(_CUT.search(text[found.starts[unit] : found.ends[unit]][-12:]))


def _headline(roles: list[str], lines: list[str], found: Scan, topic: NDArray[np.float32], title: str | None) -> None:
    """The article's own headline: the line before the body that shares most with it, the given title preferred.

    A dump's title may be any line of the page ("Enter City and State or Zip Code"); ``topic`` is the share of each
    line's rarer words that the body knows.
    """
    words = found.raw[:, COLUMN["words"]] - found.raw[:, COLUMN["wide"]] * np.float32(0.5)
    body = [i for i, role in enumerate(roles) if role == "B"]
    kind = found.raw[:, COLUMN["last_class"]]
    closed = (kind == STOP + 1) | (kind == QUOTE + 1) | (words > 30)
    first = next((i for i in body if closed[i] and words[i] >= 8), body[0] if body else len(roles))
    wanted = {line_key(form) for form in title_forms(title)} - {0}
    doubtful: bool | None = None
    best, best_score = -1, 0.0
    for i in range(min(first, len(roles))):
        named = int(found.hashes[i, 0]) in wanted
        if named and (float(topic[i]) < OWN_WORDS or words[i] < 4):
            doubtful = is_doubtful(title or "") if doubtful is None else doubtful
            named = not doubtful
        like = float(topic[i]) >= OFFERED and _like_headline(roles[i], lines[i], words[i], found.raw[i])
        if roles[i] == "-" or not (named or like):
            continue
        score = float(topic[i]) + GIVEN * named + 0.3 * min(float(words[i]), 12.0) / 12
        if score > best_score and (named or not is_doubtful(lines[i])):
            best, best_score = i, score
    if best < 0:
        return
    for i in np.flatnonzero(found.hashes[:, 0] == found.hashes[best, 0]).tolist():
        if roles[i] != "-":
            roles[i] = "T"


def _like_headline(role: str, line: str, words: float, raw: NDArray[np.float32]) -> bool:
    if role not in "FB" or not 4 <= words <= 30 or raw[COLUMN["phrase"]] or raw[COLUMN["links"]]:
        return False
    if is_name(line) or dateline_of_body(line):
        return False
    return not (
        line[-1] in "»)]"
        or "»" in line
        or _PHOTO.search(line)
        or _BY.match(line)
        or _DATE.search(line)
        or line[-1] == "."
    )


def _deck(roles: list[str], lines: list[str]) -> None:
    """The line between headline and meta lines is the headline's second part."""
    filled = [i for i, role in enumerate(roles) if role != "-"]
    for above, i, below in zip(filled, filled[1:], filled[2:], strict=False):
        if roles[above] == "T" and roles[i] in "FB" and roles[below] == "L" and 5 <= len(lines[i].split()) <= 40:
            if not _PHOTO.search(lines[i]) and lines[i] != lines[above]:
                roles[i] = "T"
            return


def _meta(roles: list[str], lines: list[str], found: Scan) -> None:
    """Byline, date and credit lines among those that are not body; a bare day before the headline is the page's own."""
    kinds = {name: len(RAW) + number for number, name in enumerate(lexicon().names)}
    columns = [kinds[name] for name in ("month", "clock", "by", "staff", "agency")]
    likely = (found.raw[:, columns].sum(axis=1) > 0) | (found.raw[:, COLUMN["wide"]] > 0)
    likely |= found.raw[:, COLUMN["digits"]] >= DATE_DIGITS
    likely &= found.raw[:, COLUMN["words"]] <= CLOSING_WORDS
    title = next((i for i, role in enumerate(roles) if role == "T"), -1)
    body = [i for i, role in enumerate(roles) if role == "B"]
    last = body[-1] + 8 if body else len(roles)
    for i in np.flatnonzero(likely):
        if roles[i] == "F" and i <= last and (_is_meta(lines[i]) or is_signed(lines[i])):
            roles[i] = "F" if i < title and _VISIT.match(lines[i]) else "L"
    _unspaced(roles, lines, found, body)
    first = min((i for i, role in enumerate(roles) if role in "TB"), default=0)
    _near_meta(roles, lines, max(0, first - 4), last)


def _unspaced(roles: list[str], lines: list[str], found: Scan, body: list[int]) -> None:
    """Chinese and Japanese lines of the body that are interface phrases, or meta lines at its borders: without spaces
    between words the line model has little to go by."""
    for i in body:
        if found.raw[i, COLUMN["wide"]] == 0:
            continue
        if found.raw[i, COLUMN["phrase"]]:
            roles[i] = "F"
        elif (i <= body[0] + 2 or i >= body[-1] - 2) and is_signed(lines[i]):
            roles[i] = "L"


def _near_meta(roles: list[str], lines: list[str], first: int, last: int) -> None:
    """Lines beside meta lines that are nothing but a name, an agency, an address or a separator word of such."""
    for i, role in enumerate(roles):
        if role != "F" or not first <= i <= last or len(lines[i]) > 120:
            continue
        beside = _beside(roles, i)
        around = {roles[j] for j in beside}
        border = not {"B"} <= {roles[j] for j in beside[:2]} or "B" not in {roles[j] for j in beside[2:]}
        named = is_name(lines[i]) and border and ("L" in around or roles[i - 1] == "T")
        other = _ALONE.match(lines[i]) or agencies().name.fullmatch(lines[i]) or dateline_alone(lines[i])
        if named or (other and "L" in around):
            roles[i] = "L"


def _beside(roles: list[str], i: int) -> list[int]:
    """The nearest two lines that are not empty on either side."""
    before = [j for j in range(i - 1, -1, -1) if roles[j] != "-"][:2]
    after = [j for j in range(i + 1, len(roles)) if roles[j] != "-"][:2]
    return before + after


def _is_meta(line: str) -> bool:
    if _HANDLE.search(line):
        return False
    if (_PHOTO.search(line) or _FILE.search(line)) and not _BY.match(line):
        return False
    if _LINK.match(line) or dateline_alone(line) or (_SIGNED.search(line) and len(line) < 90):
        return True
    words = len(line.split())
    if _CLOSING.search(line):
        return True
    if words > DATED_WORDS:
        return False
    if _BY.match(line) or _SOURCE.match(line) or _PUBLISHED.search(line):
        return True
    closed = line[-1] in ".…" and not line.endswith(("a.m.", "p.m."))
    return not closed and words <= 16 and bool(_DATE.search(line))
