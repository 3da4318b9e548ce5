"""What stands around each word: sentence, quotation, number, name. One compiled pass over the gaps between words.

Rules are typographic, not English: closing marks followed by a space and a capital (or a script without case) part
sentences, paired or leaning quotation marks hold a quotation, a line with an @handle is a post on a network.
The one word list is of abbreviations that a full stop follows inside a sentence, and of speakers' own words.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from dedup.match.compiled import compiled
from dedup.text.tokens import hash_word

QUOTED, DIGIT, NAME, SPOKEN = 1, 2, 4, 8

CAPITAL = 64
"""Flag of a word that begins with a capital of any script; NAME is of those that this module knows by their codes."""

QUOTE_WORDS = 4
"""A shorter quotation is a title, a nickname or a scare quote inside a reporter's sentence."""

OPEN_WORDS = 150
"""A quotation that its line does not close is believed for so many words; longer ones are a lost mark."""

ATTRIBUTION_WORDS = 14
"""A line with an @handle of at most so many words signs the line before it (an embedded post)."""

SIGNATURE = 100
"""Characters of the longest line that signs a post, where that line is not body."""

SPEAKERS = 3
"""Fewer lines that open with capitals and a colon are datelines ("MOSCOW: Russia's...") or labels."""

_ABBREVIATIONS = (
    "mr mrs ms dr prof rev hon st sr jr vs no sen rep gov gen col lt maj sgt capt cpl adm cmdr pres supt det insp"
    " jan feb mar apr jun jul aug sep sept oct nov dec inc corp co ltd llc bros ave blvd rd ft mt etc eg ie al"
    " bzw nr ca hr fr dipl sra srta mme mlle dott avv ing"
)
# Without apostrophes "we'll", "I'm" and "I'd" are other words ("well", German "im", "id"), and "us" is also "US".
_SPOKEN = (
    "i ive me my myself we weve our ours ourselves you youre your yours"
    " ich mich mir mein meine wir uns unser je moi mon mes nous notre yo nosotros nuestro io noi nostro"
)


class WordLists(NamedTuple):
    """Hashes of ``abbreviations`` and of ``spoken`` words, each ascending; ``letters`` by code point."""

    abbreviations: npt.NDArray[np.uint64]
    spoken: npt.NDArray[np.uint64]
    letters: npt.NDArray[np.uint8]


@lru_cache(maxsize=1)
def word_lists() -> WordLists:
    """The words that marks know."""
    lists = [sorted({hash_word(word) for word in words.split()}) for words in (_ABBREVIATIONS, _SPOKEN)]
    return WordLists(np.array(lists[0], np.uint64), np.array(lists[1], np.uint64), letters())


@compiled
def mark(codes: Any, words: Any, line: Any, lines: Any, lists: Any) -> None:
    """Fill ``words.flags`` and ``words.sentence``, numbered from 0 over the body. ``codes`` is the text; ``words`` has
    hashes, starts, ends and the ``order`` that sorts them to ``ascending``; ``line`` is the body line of each word;
    ``lines`` are int64[lines, 2] that say where those lines stand, and whether "(@" stands in the text."""
    spans, handles = lines
    places = (words.starts, words.ends)
    _mark_words(codes, places[0], lists.letters, words.flags)
    _mark_spoken(words.ascending, words.order, lists.spoken, words.flags)
    _mark_quotes(codes, places, line, spans, words.flags)
    _mark_posts(codes, line, spans, handles, words.flags)
    _mark_sentences(codes, (words.hashes, lists.abbreviations), places, line, words.sentence)


@compiled
def _upper(code: int) -> bool:
    if code < 0x80:
        return 65 <= code <= 90
    if 0xC0 <= code <= 0xDE:
        return code != 0xD7
    if 0x100 <= code <= 0x17F:
        return code % 2 == 0
    return 0x391 <= code <= 0x3A9 or 0x400 <= code <= 0x42F


@compiled
def _space(code: int) -> bool:
    return code == 32 or 9 <= code <= 13 or code == 0xA0 or code == 0x3000 or 0x2000 <= code <= 0x200B


@lru_cache(maxsize=1)
def letters() -> npt.NDArray[np.uint8]:
    """Which of DIGIT, NAME and CAPITAL a word has that begins with each code point, those of the first two planes."""
    capitals = np.fromiter((chr(code).isupper() for code in range(0x20000)), np.bool_, 0x20000)
    table = capitals * np.uint8(CAPITAL)
    _add_known(table)
    return table


@compiled
def _add_known(table: Any) -> None:
    for code in range(table.shape[0]):
        if 48 <= code <= 57:
            table[code] |= DIGIT
        elif _upper(code):
            table[code] |= NAME


@compiled
def _mark_words(codes: Any, starts: Any, table: Any, flags: Any) -> None:
    last = table.shape[0] - 1
    for i in range(starts.shape[0]):
        flags[i] = table[min(codes[starts[i]], last)]


@compiled
def _mark_spoken(ascending: Any, order: Any, spoken: Any, flags: Any) -> None:
    for word in spoken:
        at = np.searchsorted(ascending, word)
        while at < ascending.shape[0] and ascending[at] == word:
            flags[order[at]] |= SPOKEN
            at += 1


@compiled
def _opens(code: int, before: int, after: int, next_after: int) -> bool:
    if code in (0x201C, 0xAB, 0x201E, 0x300C, 0x300E):
        return True
    if code == 0x22:
        return _space(before) or before in (0x28, 0x2014, 0x2013, 0x5B)
    if code not in (0x2018, 0x27, 0x60) or not _space(before) or _space(after):
        return False
    return after != 0x73 or 97 <= next_after <= 122  # "Angola 's" opens nothing


@compiled
def _closes(code: int, opener: int, after: int) -> bool:
    if opener == 0x201E:
        return code in (0x201C, 0x201D)
    if opener in (0x2018, 0x27, 0x60):
        return code in (0x2019, 0x27) and (_space(after) or after in (0x2C, 0x2E, 0x3B, 0x3F, 0x21, 0x29))
    return code in (0x201D, 0xBB, 0x22, 0x300D, 0x300F)


@compiled
def _fill(flags: Any, start: int, end: int) -> None:
    for i in range(start, end):
        flags[i] |= QUOTED


@compiled
def _mark_quotes(codes: Any, places: Any, line: Any, spans: Any, flags: Any) -> None:
    """Flag the words of quotations of at least QUOTE_WORDS. A quotation ends at its mark or with its line."""
    starts, ends = places
    count = starts.shape[0]
    opened = -1
    opener = 0x22
    for i in range(count + 1):
        fresh = i == count or i == 0 or line[i] != line[i - 1]
        if fresh:
            if opened >= 0 and opener not in (0x2018, 0x27, 0x60) and i - opened >= QUOTE_WORDS:
                _fill(flags, opened, min(i, opened + OPEN_WORDS))
            opened = -1
            if i == count:
                break
        low = spans[line[i], 0] if fresh else ends[i - 1]
        for place in range(low, starts[i]):
            code = codes[place]
            if code < 0x80 and code != 0x22 and code != 0x27 and code != 0x60:
                continue
            before = codes[place - 1] if place > spans[line[i], 0] else 32
            after = codes[place + 1] if place + 1 < spans[line[i], 1] else 32
            beyond = codes[place + 2] if place + 2 < spans[line[i], 1] else 32
            if opened >= 0 and _closes(code, opener, after):
                if i - opened >= QUOTE_WORDS:
                    _fill(flags, opened, i)
                opened = -1
            elif opened < 0 and _opens(code, before, after, beyond):
                opened = i
                opener = code
        # a closing mark after the line's last word
        if opened >= 0 and opener in (0x2018, 0x27, 0x60) and (i + 1 == count or line[i + 1] != line[i]):
            for place in range(ends[i], spans[line[i], 1]):
                if codes[place] in (0x2019, 0x27) and i + 1 - opened >= QUOTE_WORDS:
                    _fill(flags, opened, i + 1)
                    opened = -1
                    break


@compiled
def _mark_posts(codes: Any, line: Any, spans: Any, handles: bool, flags: Any) -> None:
    """Flag the words of lines that are posts: a line with "(@", and the line that such a short line signs; and, where
    SPEAKERS lines or more begin with a speaker in capitals and a colon (a transcript), of those lines."""
    count = line.shape[0]
    speakers = 0
    for number in range(spans.shape[0]):
        speakers += _has_speaker(codes, spans[number, 0], spans[number, 1])
    if not handles and speakers < SPEAKERS:
        return
    previous = 0
    start = 0
    while start < count:
        end = start
        while end < count and line[end] == line[start]:
            end += 1
        low, high = spans[line[start], 0], spans[line[start], 1]
        if _has_handle(codes, low, high):
            _fill(flags, previous if end - start <= ATTRIBUTION_WORDS else start, end)
        elif _signed(codes, high) or (speakers >= SPEAKERS and _has_speaker(codes, low, high)):
            _fill(flags, start, end)
        previous = start
        start = end


@compiled
def _has_handle(codes: Any, low: int, high: int) -> bool:
    place = low
    while place < high - 1 and not (codes[place] == 0x28 and codes[place + 1] == 0x40):
        place += 1
    return place < high - 1


@compiled
def _signed(codes: Any, high: int) -> bool:
    """Whether the line after ``high``, body or not, is short and holds an @handle: it signs the line before it."""
    start = high
    while start < codes.shape[0] and _space(codes[start]):
        start += 1
    end = start
    while end < codes.shape[0] and end - start <= SIGNATURE and codes[end] != 10:
        end += 1
    return end - start <= SIGNATURE and _has_handle(codes, start, end)


@compiled
def _has_speaker(codes: Any, low: int, high: int) -> bool:
    capitals = 0
    for place in range(low, min(high, low + 40)):
        code = codes[place]
        if code == 0x3A:
            return capitals >= 3 and place + 1 < high and _space(codes[place + 1])
        if _upper(code):
            capitals += 1
        elif not (_space(code) or code in (0x2E, 0x27, 0x2019, 0x2D)):
            return False
    return False


@compiled
def _mark_sentences(codes: Any, words: Any, places: Any, line: Any, sentence: Any) -> None:
    hashes, abbreviations = words
    starts, ends = places
    number = 0
    sentence[:1] = 0
    for i in range(1, starts.shape[0]):
        if line[i] != line[i - 1] or _stops(codes, ends[i - 1], starts[i]):
            known = 0
            if line[i] == line[i - 1]:
                place = np.searchsorted(abbreviations, hashes[i - 1])
                known = place < abbreviations.shape[0] and abbreviations[place] == hashes[i - 1]
                known |= ends[i - 1] - starts[i - 1] == 1 and _upper(codes[starts[i - 1]])
            if not known:
                number += 1
        sentence[i] = number


@compiled
def _stops(codes: Any, low: int, high: int) -> bool:
    """Whether a full stop, question or exclamation mark ends a sentence between two words. The space after it may be
    lost ("this week.The satellite"), but not in "U.S." or "1.5"."""
    stop = False
    if high - low == 1 and codes[low] == 0x20:
        return False
    if high - low == 1 and codes[low] == 0x2E and low > 0:
        before = codes[low - 1]
        return _upper(codes[high]) and (97 <= before <= 122 or 0xDF <= before <= 0xFF)
    for place in range(low, high):
        code = codes[place]
        if code in (0x3002, 0xFF01, 0xFF1F, 0xFF61):
            return True
        if code in (0x2E, 0x21, 0x3F, 0x2026):
            stop = True
        elif stop and _space(code):
            first = codes[high]
            lower = 97 <= first <= 122 or 0xDF <= first <= 0xFF or 0x430 <= first <= 0x45F
            return not lower
    return False
