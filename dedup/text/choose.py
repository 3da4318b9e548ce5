"""The compiled half of ``roles``: what can be decided of all lines of a batch without reading them.

Role letters are kept as codes (uint8), one a unit. Where an expression has to be asked, these kernels only say where:
they may name a line too many, never one too few.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from dedup.text.scan import COLUMN

HEADLINE, BODY, META, FURNITURE, NOTHING = (ord(letter) for letter in "TBLF-")
_WORDS, _WIDE, _LAST_CLASS, _PHRASE, _LINKS, _DIGITS = (
    COLUMN[name] for name in ("words", "wide", "last_class", "phrase", "links", "digits")
)
_CLOSED_STOP, _CLOSED_QUOTE = 8, 9
DATE_DIGITS = 6
"""Digits of a line that may be a date without a word: 2024-03-18."""
BORDER = 2
"""Lines from the first and the last of the body that may be meta lines written without spaces."""


@njit(cache=True, nogil=True)
def weigh_twice(bounds, numbers, hashes, raw, weight, least, odds):  # type: ignore[no-untyped-def]
    """Take ``weight`` off the log-odds of lines of ``least`` words or more that are given twice in a row."""
    for text in range(len(bounds) - 1):
        for row in range(bounds[text], bounds[text + 1]):
            key = hashes[numbers[row], 0]
            same = row > bounds[text] and hashes[numbers[row - 1], 0] == key
            same |= row + 1 < bounds[text + 1] and hashes[numbers[row + 1], 0] == key
            if same and raw[numbers[row], _WORDS] >= least:
                odds[row] -= weight


@njit(cache=True, nogil=True)
def condemn(bounds, numbers, feed, words, topic, odds, limits):  # type: ignore[no-untyped-def]
    """Which rows the feed says are furniture, and the runs of them that may be carried: whole paragraphs on the subject
    of the body around them, or all that there is to a text of quoted openings (int64, first row and the one after the
    last). ``limits``: REPEATED_SHORT, REPEATED_LONG, LONG_WORDS, CARRIED_TOPIC; ``words`` and ``topic`` a row."""
    repeated, opening, paragraph = feed
    short_limit, long_limit, long_words, least_topic = limits
    out = np.zeros(len(numbers), dtype=np.bool_)
    may_be = np.zeros(len(numbers), dtype=np.bool_)
    for row in range(len(numbers)):
        i = numbers[row]
        often = repeated[i] >= (long_limit if words[row] >= long_words else short_limit)
        out[row] = often or opening[i]
        may_be[row] = paragraph[i] and opening[i] and not often and odds[row] > 0
        may_be[row] &= np.float64(topic[row]) >= least_topic
    runs = np.empty((len(numbers), 2), dtype=np.int64)
    count = 0
    for text in range(len(bounds) - 1):
        low, high = bounds[text], bounds[text + 1]
        if _all_quoted(low, high, numbers, out, paragraph, odds, words):
            for row in range(low, high):
                if out[row] and paragraph[numbers[row]] and odds[row] > 0:
                    runs[count, 0], runs[count, 1] = row, row + 1
                    count += 1
            continue
        row = low
        while row < high:
            first = row
            while row < high and may_be[row]:
                row += 1
            if first < row and low < first and row < high:
                before, after = first - 1, row
                if odds[before] > 0 and odds[after] > 0 and not out[before] and not out[after]:
                    runs[count, 0], runs[count, 1] = first, row
                    count += 1
            row += 1
    return out, runs[:count]


@njit(cache=True, nogil=True)
def _all_quoted(low, high, numbers, out, paragraph, odds, words):  # type: ignore[no-untyped-def]
    """Whether several paragraphs that open other stories' articles are most of what reads as body: a round-up. One
    alone may be a notice that heads the pages of an outlet."""
    many, quoted, own = 0, 0.0, 0.0
    for row in range(low, high):
        if odds[row] > 0 and out[row] and paragraph[numbers[row]]:
            many += 1
            quoted += words[row]
        elif odds[row] > 0 and not out[row]:
            own += words[row]
    return many > 1 and quoted > own


@njit(cache=True, nogil=True)
def ends_of(bounds, over):  # type: ignore[no-untyped-def]
    """Number of rows of each text before its end: the maximum of the prefix sum of the log-odds not to be over."""
    out = np.zeros(len(bounds) - 1, dtype=np.int64)
    for text in range(len(out)):
        best = total = 0.0
        for row in range(bounds[text], bounds[text + 1]):
            total += -np.float64(over[row])
            if total > best:
                best = total
                out[text] = row + 1 - bounds[text]
    return out


@njit(cache=True, nogil=True)
def keep_body(bounds, numbers, odds, inside, page, letters):  # type: ignore[no-untyped-def]
    """Body and furniture, by log-odds and end; ``page``: lines, share of body and limit of a whole page."""
    page_lines, page_share, page_limit = page
    for text in range(len(bounds) - 1):
        first, many = bounds[text], bounds[text + 1] - bounds[text]
        likely = 0
        for row in range(first, first + inside[text]):
            likely += odds[row] > 0
        limit = page_limit if many >= page_lines and likely < page_share * many else 0.0
        for row in range(first, first + many):
            kept = odds[row] > limit and row < first + inside[text]
            letters[numbers[row]] = BODY if kept else FURNITURE


@njit(cache=True, nogil=True)
def few_words(bounds, numbers, raw, letters, brief):  # type: ignore[no-untyped-def]
    """Texts of at most ``brief[0]`` lines with fewer than ``brief[1]`` words of body."""
    out = np.zeros(len(bounds) - 1, dtype=np.bool_)
    for text in range(len(out)):
        many = bounds[text + 1] - bounds[text]
        if 0 < many <= brief[0]:
            words = 0.0
            for row in range(bounds[text], bounds[text + 1]):
                if letters[numbers[row]] == BODY:
                    words += raw[numbers[row], _WORDS]
            out[text] = words < brief[1]
    return out


@njit(cache=True, nogil=True)
def _size(raw):  # type: ignore[no-untyped-def]
    return raw[_WORDS] - raw[_WIDE] * np.float32(0.5)


@njit(cache=True, nogil=True)
def headlines(lines, letters, topic, found, titles, limits):  # type: ignore[no-untyped-def]
    """Per text: the line that is its headline (or -1), whether that has to be asked, and where its body begins.

    ``limits``: GIVEN, OWN_WORDS, OFFERED. A line counts as asked when an expression could make it win.
    """
    raw, hashes = found
    keys, key_bounds = titles
    given, own_words, offered = limits
    best_of = np.full(len(lines) - 1, -1, dtype=np.int64)
    ask = np.zeros(len(lines) - 1, dtype=np.bool_)
    stops = np.zeros(len(lines) - 1, dtype=np.int64)
    for text in range(len(lines) - 1):
        stop = stops[text] = _body_start(lines[text], lines[text + 1], letters, raw)
        best = hoped = -1
        best_score = hoped_score = 0.0
        for i in range(lines[text], stop):
            if letters[i] == NOTHING:
                continue
            named = False
            if hashes[i, 0] != np.uint64(0):
                for key in keys[key_bounds[text] : key_bounds[text + 1]]:
                    named |= key == hashes[i, 0]
            words = _size(raw[i])
            score = np.float64(topic[i]) + given * named + 0.3 * min(np.float64(words), 12.0) / 12
            if named and np.float64(topic[i]) >= own_words and words >= 4:
                if score > best_score:
                    best, best_score = i, score
            elif (named or _may_be_headline(topic[i], words, raw[i], offered)) and score > hoped_score:
                hoped, hoped_score = i, score
        best_of[text] = best
        ask[text] = hoped >= 0 and (hoped_score > best_score or (hoped_score == best_score and hoped < best))
    return best_of, ask, stops


@njit(cache=True, nogil=True)
def _may_be_headline(topic, words, raw, offered):  # type: ignore[no-untyped-def]
    return np.float64(topic) >= offered and 4 <= words <= 30 and raw[_PHRASE] == 0 and raw[_LINKS] == 0


@njit(cache=True, nogil=True)
def _body_start(low, high, letters, raw):  # type: ignore[no-untyped-def]
    """The first body line that reads as a sentence, else the first one, else the end."""
    first = -1
    for i in range(low, high):
        if letters[i] != BODY:
            continue
        words, kind = _size(raw[i]), raw[i, _LAST_CLASS]
        if words >= 8 and (kind in (_CLOSED_STOP, _CLOSED_QUOTE) or words > 30):
            return i
        if first < 0:
            first = i
    return first if first >= 0 else high


@njit(cache=True, nogil=True)
def set_headlines(lines, letters, hashes, best):  # type: ignore[no-untyped-def]
    """Give the headline of each text its letter, and its copies theirs."""
    for text in range(len(best)):
        if best[text] >= 0:
            key = hashes[best[text], 0]
            for i in range(lines[text], lines[text + 1]):
                if letters[i] != NOTHING and hashes[i, 0] == key:
                    letters[i] = HEADLINE


@njit(cache=True, nogil=True)
def meta_lines(lines, letters, raw, columns, most):  # type: ignore[no-untyped-def]
    """Furniture lines that may be meta lines, and the headline of their text (or -1)."""
    out = np.empty((len(letters), 2), dtype=np.int64)
    count = 0
    for text in range(len(lines) - 1):
        title, last = -1, lines[text + 1]
        for i in range(lines[text], lines[text + 1]):
            if letters[i] == HEADLINE and title < 0:
                title = i
            if letters[i] == BODY:
                last = i + 8
        for i in range(lines[text], min(lines[text + 1], last + 1)):
            if letters[i] == FURNITURE and raw[i, _WORDS] <= most:
                likely = raw[i, _WIDE] > 0 or raw[i, _DIGITS] >= DATE_DIGITS
                for column in columns:
                    likely |= raw[i, column] > 0
                if likely:
                    out[count, 0], out[count, 1] = i, title
                    count += 1
    return out[:count]


@njit(cache=True, nogil=True)
def unspaced(lines, letters, raw):  # type: ignore[no-untyped-def]
    """Chinese and Japanese body lines at the borders of the body, int64, which may be meta lines; those that are
    interface phrases become furniture. Without spaces between words the line model has little to go by."""
    out = np.empty(len(letters), dtype=np.int64)
    count = 0
    for text in range(len(lines) - 1):
        first = last = -1
        for i in range(lines[text], lines[text + 1]):
            if letters[i] == BODY:
                first, last = i if first < 0 else first, i
        for i in range(max(first, 0), last + 1):
            if letters[i] != BODY or raw[i, _WIDE] == 0:
                continue
            if raw[i, _PHRASE] > 0:
                letters[i] = FURNITURE
            elif i <= first + BORDER or i >= last - BORDER:
                out[count] = i
                count += 1
    return out[:count]


@njit(cache=True, nogil=True)
def near_article(low, high, letters):  # type: ignore[no-untyped-def]
    """Where, from ``low`` to ``high``, lines beside meta lines may be such themselves: from four units before the
    headline or body to eight after the body; first and last, int64."""
    first, last = low, high - 1
    for i in range(low, high):
        if letters[i] == HEADLINE or letters[i] == BODY:
            first = max(low, i - 4)
            break
    for i in range(high - 1, low - 1, -1):
        if letters[i] == BODY:
            last = min(high - 1, i + 8)
            break
    return first, last


@njit(cache=True, nogil=True)
def next_beside(low, high, start, last, letters):  # type: ignore[no-untyped-def]
    """The next furniture line from ``start`` to ``last`` that stands beside a meta line or below the headline, or -1;
    whether a meta line is beside it; and whether it is at a border of the body: not both the nearest two units above
    it and the two below it that are not empty hold body. The text's units are those from ``low`` to ``high``."""
    for i in range(start, last + 1):
        if letters[i] != FURNITURE:
            continue
        meta = above = below = False
        for step in (-1, 1):
            seen, j = 0, i + step
            while low <= j < high and seen < 2:
                if letters[j] != NOTHING:
                    meta |= letters[j] == META
                    above |= step < 0 and letters[j] == BODY
                    below |= step > 0 and letters[j] == BODY
                    seen += 1
                j += step
        if meta or (i > low and letters[i - 1] == HEADLINE):
            return i, meta, not (above and below)
    return -1, False, False


@njit(cache=True, nogil=True)
def next_deck(low, high, start, letters):  # type: ignore[no-untyped-def]
    """The next line from ``start`` on between a headline and a meta line, and that headline's line; -1 for none."""
    above = middle = -1
    for i in range(low, high):
        if letters[i] == NOTHING:
            continue
        between = middle >= start and above >= 0 and letters[above] == HEADLINE and letters[i] == META
        if between and (letters[middle] == FURNITURE or letters[middle] == BODY):
            return middle, above
        above, middle = middle, i
    return -1, -1


@njit(cache=True, nogil=True)
def beside_any(lines, letters):  # type: ignore[no-untyped-def]
    """Texts (int64) that have a line of ``next_beside`` or of ``next_deck``."""
    out = np.empty(len(lines) - 1, dtype=np.int64)
    count = 0
    for text in range(len(lines) - 1):
        low, high = lines[text], lines[text + 1]
        first, last = near_article(low, high, letters)
        if next_beside(low, high, first, last, letters)[0] >= 0 or next_deck(low, high, low, letters)[0] >= 0:
            out[count] = text
            count += 1
    return out[:count]
