"""What every line of an article is: body by the trained line model, headline and meta lines by what they say."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from dedup.text import choose, features, region
from dedup.text.agencies import agencies
from dedup.text.bylines import dateline_alone, dateline_of_body, is_name
from dedup.text.charclass import APOSTROPHE, QUOTE, STOP
from dedup.text.evidence import LineEvidence
from dedup.text.headlines import is_doubtful, title_forms
from dedup.text.hints import Hinted
from dedup.text.lexicon import lexicon
from dedup.text.metalines import is_signed
from dedup.text.packed import Batch, Rows, is_doubtful_title, line_of, odds_of, rows_of, scan_of
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
BRIEF_LINES, BRIEF_BODY, BRIEF_SENTENCE, BRIEF_OPEN, BRIEF_LIMIT, BRIEF_ALONE = 17, 80, 8, 30, -3.5, 4
"""A brief: at most so many lines, so few words of body, and sentences of so many words (cut off at its end: so many)
above this log-odds. The last is for a text of one line, which is all that there is to it (an alert, a post)."""
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
_DATE = Hinted(
    re.compile(
        rf"(?i)\b{_MONTH}\s+\d{{1,2}}\b|\b\d{{1,2}}\s+{_MONTH}\s+\d{{4}}|\b\d{{1,2}}/\d{{1,2}}/\d{{2,4}}"
        r"|\b(?:19|20)\d\d[-./]\d\d[-./]\d\d|\b(?:mins?|minutes|hrs?|hours|days?) ago\b"
        r"|\b\d{1,2}:\d\d\s?(?:[ap]\.?m|et\b|gmt)"
        r"|^\W*(?:last )?(?:updated|posted|published)\b|\d{4}年\d{1,2}月\d{1,2}日"
    ),
    (*"0123456789", " ago", "updated", "posted", "published"),
)
_BY = re.compile(r"^\W*(?i:by|von|par|por|di|автор):?(?=\s+[^\W\d_a-zß-öø-ÿ]|\W*$)(?!\s+(?i:clicking|signing))")
_SOURCE = re.compile(r"(?i)^\W*(?:source|copyright|©|\(c\)|quelle|fuente|fonte|источник|来源|來源|출처)\b")
_PHOTO = Hinted(
    re.compile(r"(?i)\b(?:photo|image|caption|getty|shutterstock|file|pictured|epa|via)\b"),
    ("photo", "image", "caption", "getty", "shutterstock", "file", "pictured", "epa", "via"),
)
_HANDLE = re.compile(r"\(@\w+\)")
_OPENED = re.compile(r"^\W*[—–]\s")
_FILE = Hinted(
    re.compile(r"(?i)\.(?:jpe?g|png|gif|pdf)$"),
    (".jp", ".png", ".gif", ".pdf"),
)
_LINK = re.compile(r"^(?:https?://)?(?:www\.)?\w[\w-]*\.(?:com|org|net|co\.uk|news)/\S+$")
_ALONE = re.compile(r"(?i)^(?:by|von|par|por|\S+@\S+\.\w+|updated|;? ?posted|published)$")
_SIGNED = Hinted(
    re.compile(r"(?:^|[,|•—–-]\s*)(?:The )?(?i:associated press|reuters|agence france-presse|afp|usa today)\b\W*$"),
    ("associated press", "reuters", "agence france-presse", "afp", "usa today"),
)
_PUBLISHED = Hinted(
    re.compile(r"(?i)\b(?:published|updated|posted)\b.{0,12}\d"),
    ("published", "updated", "posted"),
)
_CLOSING = Hinted(
    re.compile(
        r"(?i)\bcontributed (?:to|reporting)\b|\breported from\b|^\W*(?:additional )?(?:reporting|writing|editing) by\b"
        r"|\bmay be reached at\b|\bfollow (?:him|her|them) on twitter\b|^\W*(?:©|copyright\b)|\ball rights reserved\b"
    ),
    ("contributed", "reported from", "ing by", "reached at", "on twitter", "copyright", "rights reserved"),
)
CLOSING_WORDS = 80
_VISIT = re.compile(r"(?i)^\W*(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*,?\s+\w+\.?\s+\w+,?\s+\d{4}\W*$")


def decide(batch: Batch, titles: Sequence[str | None], feed: LineEvidence | None = None) -> NDArray[np.uint8]:
    """One letter (its code) a unit of plain texts: T headline, B body, L meta, F furniture, - empty.

    ``feed`` is what a feed says of each unit.
    """
    rows = rows_of(batch)
    odds = weighed(batch, rows, odds_of(rows))
    condemned = np.zeros(len(odds), dtype=np.bool_) if feed is None else against(batch, rows, feed, odds)
    odds -= EVIDENCE * condemned
    inside = ends(batch, rows, odds)
    letters = kept_lines(batch, rows, odds, inside)
    short = choose.few_words(rows.bounds, rows.numbers, batch.found.raw, letters, (BRIEF_LINES, BRIEF_BODY))
    for i in np.flatnonzero(short).tolist():
        own = slice(rows.bounds[i], rows.bounds[i + 1])
        numbers = rows.numbers[own]
        kept = letters[numbers] == choose.BODY
        more = brief(scan_of(batch, i), numbers - batch.lines[i], odds[own], kept, titles[i])
        letters[numbers[more & ~condemned[own]]] = choose.BODY
    return name_lines(batch, titles, topic_of(batch, rows), letters)


def ends(batch: Batch, rows: Rows, odds: NDArray[np.float64]) -> NDArray[np.int64]:
    """How many rows of each text stand before the end of its article: all of them but on long texts, for what follows
    an article are comments and other stories of a whole page."""
    sizes = np.diff(rows.bounds)
    if not (sizes >= PAGE_LINES).any():
        return sizes
    return np.where(sizes >= PAGE_LINES, region.ends_of(batch.found, batch.lines, rows, odds), sizes)


def decide_page(batch: Batch, page: Page, title: str | None, feed: LineEvidence | None) -> NDArray[np.uint8]:
    """The same for the lines of an HTML page, the one text of its batch, with what its structure says."""
    from dedup.text.html import html_odds

    units, columns, odds = html_odds(scan_of(batch, 0), page)
    rows = Rows(np.array([0, len(units)]), units, columns)
    told = odds if feed is None else odds - EVIDENCE * against(batch, rows, feed, odds)
    letters = np.full(len(batch.starts), choose.NOTHING, dtype=np.uint8)
    letters[units] = np.where(told > 0, choose.BODY, choose.FURNITURE)
    return name_lines(batch, [title], topic_of(batch, rows), letters)


def kept_lines(
    batch: Batch, rows: Rows, odds: NDArray[np.floating[Any]], inside: NDArray[np.int64]
) -> NDArray[np.uint8]:
    """Body and furniture by log-odds alone; ``inside`` is how many rows of each text stand before its end."""
    letters = np.full(len(batch.starts), choose.NOTHING, dtype=np.uint8)
    choose.keep_body(rows.bounds, rows.numbers, odds, inside, (PAGE_LINES, PAGE_SHARE, PAGE_LIMIT), letters)
    return letters


def topic_of(batch: Batch, rows: Rows) -> NDArray[np.float32]:
    """Share of each unit's rarer words that the body knows, 0 for empty ones."""
    topic = np.zeros(len(batch.starts), dtype=np.float32)
    topic[rows.numbers] = rows.rows[:, TOPIC]
    return topic


def weighed(batch: Batch, rows: Rows, odds: NDArray[np.floating[Any]]) -> NDArray[np.float64]:
    """Log-odds less what a line loses for being given twice in a row."""
    out = odds.astype(np.float64)
    found = batch.found
    choose.weigh_twice(rows.bounds, rows.numbers, found.hashes, found.raw, TWICE, TWICE_WORDS, out)
    return out


def name_lines(
    batch: Batch, titles: Sequence[str | None], topic: NDArray[np.float32], letters: NDArray[np.uint8]
) -> NDArray[np.uint8]:
    """Headlines and meta lines among the lines whose letters say what is body."""
    found, lines = batch.found, batch.lines
    best, ask, stops = choose.headlines(
        lines,
        letters,
        topic,
        (found.raw, found.hashes),
        (batch.titles.keys, batch.titles.bounds),
        (GIVEN, OWN_WORDS, OFFERED),
    )
    for i in np.flatnonzero(ask).tolist():
        best[i] = _asked_headline(batch, i, int(stops[i]), letters, topic, titles[i])
    choose.set_headlines(lines, letters, found.hashes, best)
    for i, title in choose.meta_lines(lines, letters, found.raw, _meta_columns(), CLOSING_WORDS).tolist():
        line = line_of(batch, i)
        if (_is_meta(line) or is_signed(line)) and not (i < title and _VISIT.match(line)):
            letters[i] = choose.META
    for i in choose.unspaced(lines, letters, found.raw).tolist():
        if is_signed(line_of(batch, i)):
            letters[i] = choose.META
    for i in choose.beside_any(lines, letters).tolist():
        _near_meta(batch, letters, int(lines[i]), int(lines[i + 1]))
        _deck(batch, letters, int(lines[i]), int(lines[i + 1]))
    return letters


@lru_cache(maxsize=1)
def _meta_columns() -> NDArray[np.int64]:
    names = lexicon().names
    return np.array([len(RAW) + names.index(name) for name in ("month", "clock", "by", "staff", "agency")])


def brief(
    found: Scan, units: NDArray[np.int64], odds: NDArray[np.floating[Any]], kept: NDArray[np.bool_], title: str | None
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
    if len(units) == 1:
        plain = raw[:, COLUMN["prefix"]] == 0
        return np.asarray(own & plain & (words >= BRIEF_ALONE) & ~np.isin(whole, forms))
    alone = (whole[:, None] == whole[None, :]).sum(axis=1) == 1
    return np.asarray(long & own & alone & ~np.isin(whole, forms) & (odds > BRIEF_LIMIT))


def limit_of(odds: NDArray[np.floating[Any]], inside: int) -> float:
    """Log-odds above which a line is body: lower on whole pages, where a lost paragraph costs more than a kept line."""
    page = len(odds) >= PAGE_LINES and float((odds[:inside] > 0).sum()) < PAGE_SHARE * len(odds)
    return PAGE_LIMIT if page else 0.0


def against(batch: Batch, rows: Rows, feed: LineEvidence, odds: NDArray[np.floating[Any]]) -> NDArray[np.bool_]:
    """Which of the rows the feed says are furniture."""
    words = batch.found.raw[rows.numbers, COLUMN["words"]]
    limits = REPEATED_SHORT, REPEATED_LONG, LONG_WORDS, CARRIED_TOPIC
    held = rows.bounds, rows.numbers, tuple(feed), words, rows.rows[:, TOPIC]
    condemned, runs = choose.condemn(*held, odds, limits)
    for first, last in runs.tolist():
        if not any(_CUT.search(line_of(batch, i)[-12:]) for i in rows.numbers[first:last].tolist()):
            condemned[first:last] = False
    return np.asarray(condemned)


def _asked_headline(
    batch: Batch, text: int, stop: int, letters: NDArray[np.uint8], topic: NDArray[np.float32], title: str | None
) -> int:
    """The article's own headline: the line before the body that shares most with it, the given title preferred; -1
    where there is none.

    A dump's title may be any line of the page ("Enter City and State or Zip Code"); ``topic`` is the share of each
    line's rarer words that the body knows. Lines are asked in the order of the most that they can come to.
    """
    low, found = int(batch.lines[text]), batch.found
    own = slice(low, stop)
    keys = batch.titles.keys[batch.titles.bounds[text] : batch.titles.bounds[text + 1]]
    wanted = set(keys.tolist()) - {0}
    raw = found.raw[own]
    sizes = (raw[:, COLUMN["words"]] - raw[:, COLUMN["wide"]] * np.float32(0.5)).tolist()
    seen = zip(found.hashes[own, 0].tolist(), letters[own].tolist(), topic[own].tolist(), sizes, strict=True)
    most = [
        (-(share + GIVEN * (key in wanted) + 0.3 * min(size, 12.0) / 12), i, key in wanted, share, size)
        for i, (key, letter, share, size) in enumerate(seen)
        if letter != choose.NOTHING
    ]
    best, best_score = -1, 0.0
    doubtful: bool | None = None
    for bound, i, named, share, size in sorted(most):
        if -bound < best_score or (-bound == best_score and i > best):
            break
        if named and (share < OWN_WORDS or size < 4):
            doubtful = is_doubtful_title(batch.titles, text, title or "") if doubtful is None else doubtful
            named = not doubtful
        score = share + GIVEN * named + 0.3 * min(size, 12.0) / 12
        if score < best_score or (score == best_score and (best < 0 or i > best)):
            continue
        if not named:
            line = line_of(batch, low + i)
            if share < OFFERED or not _like_headline(line, size, raw[i]) or is_doubtful(line, raw[i]):
                continue
        best, best_score = i, score
    return low + best if best >= 0 else -1


def _like_headline(line: str, words: float, raw: NDArray[np.float32]) -> bool:
    if not 4 <= words <= 30 or raw[COLUMN["phrase"]] or raw[COLUMN["links"]]:
        return False
    if line[-1] in "»)]." or "»" in line or _BY.match(line):
        return False
    low = line.lower()
    if _PHOTO.finds(line, low) or _DATE.finds(line, low):
        return False
    return not (is_name(line) or dateline_of_body(line))


def _deck(batch: Batch, letters: NDArray[np.uint8], low: int, high: int) -> None:
    """The line between headline and meta lines is the headline's second part."""
    at, above = choose.next_deck(low, high, low, letters)
    while at >= 0:
        line = line_of(batch, at)
        if 5 <= len(line.split()) <= 40:
            if not _PHOTO.finds(line, line.lower()) and line != line_of(batch, above):
                letters[at] = choose.HEADLINE
            return
        at, above = choose.next_deck(low, high, at + 1, letters)


def _near_meta(batch: Batch, letters: NDArray[np.uint8], low: int, high: int) -> None:
    """Lines beside meta lines that are nothing but a name, an agency, an address or a separator word of such."""
    first, last = choose.near_article(low, high, letters)
    at, meta, border = choose.next_beside(low, high, first, last, letters)
    while at >= 0:
        line = line_of(batch, at)
        if len(line) <= 120 and ((border and is_name(line)) or (meta and _is_beside_meta(line))):
            letters[at] = choose.META
        at, meta, border = choose.next_beside(low, high, at + 1, last, letters)


def _is_beside_meta(line: str) -> bool:
    return bool(_ALONE.match(line) or agencies().name.fullmatch(line) or dateline_alone(line))


def _is_meta(line: str) -> bool:
    low = line.lower()
    if ("(@" in low and _HANDLE.search(line)) or _OPENED.match(line):
        return False
    by = bool(_BY.match(line))
    if not by and (_PHOTO.finds(line, low) or _FILE.finds(line, low)):
        return False
    if _LINK.match(line) or ("," in line and dateline_alone(line)) or (len(line) < 90 and _SIGNED.finds(line, low)):
        return True
    words = len(line.split())
    if _CLOSING.finds(line, low):
        return True
    if words > DATED_WORDS:
        return False
    if by or _SOURCE.match(line) or _PUBLISHED.finds(line, low):
        return True
    closed = line[-1] in ".…" and not line.endswith(("a.m.", "p.m."))
    return not closed and words <= 16 and _DATE.finds(line, low)
