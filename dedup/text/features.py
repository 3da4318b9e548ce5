"""What the line model sees of a line: its own counts, its place, its neighbours, and how it fits the article.

All features of all lines of an article are computed by one compiled function over the arrays of ``scan``.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from dedup.text.near import NEAR, known_near, near_features
from dedup.text.scan import Scan, words_of

_KIND_NAMES = (
    "month weekday clock said function interface related photo by staff agency pronoun offer social weather caption"
).split()
_OWN = (
    "words chars word_length upper_share digit_share capitalised_share shouted_share stops inner_stops comma_rate"
    " quotes dashes brackets symbols first_class last_class ends_ellipsis ends_colon starts_lower number_words links"
    " phrase prefix wide_share closed prose ends_dot ends_arrow ends_question starts_dash starts_bracket starts_digit"
).split()
_FIT = (
    "copies first_copy title_share in_title cohesion cohesion_core rare_known rare_words index_from_start"
    " index_from_end share_before blank_before blank_after"
).split()
_AROUND = (
    "prev_prose_gap next_prose_gap prev_prose_words next_prose_words prose_before prose_after prose_window3"
    " prose_window8 short_run_before short_run_after prose_share_before"
).split()
_PAGE = "lines median_words prose_lines prose_words_share max_words phrase_share has_title".split()
_SIDE = "words closed function phrase prefix capitalised links copies photo interface cohesion last_class".split()
OFFSETS = (-3, -2, -1, 1, 2, 3)
NAMES = tuple(
    _OWN
    + [f"kind_{name}" for name in _KIND_NAMES]
    + _FIT
    + _AROUND
    + _PAGE
    + [f"{name}{offset:+d}" for offset in OFFSETS for name in _SIDE]
    + list(NEAR)
)
"""Names of the columns of ``line_features``, in order."""


def line_features(found: Scan, title: str | None) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Numbers of the lines that are not empty, and their features: float32, lines x len(NAMES)."""
    return features_of(found, words_of(title or ""))


def features_of(found: Scan, title_words: NDArray[np.uint64]) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """The same with the hashes of the title's words."""
    units = np.flatnonzero(found.raw[:, 0])
    out = np.zeros((len(units), len(NAMES)), dtype=np.float32)
    if len(units):
        ids, title_ids = np.empty(len(found.words), dtype=np.int32), np.empty(len(title_words), dtype=np.int32)
        count = number_words(found.words, title_words, ids, title_ids)
        _features(units, found.raw, found.hashes, ids, count, found.rarity, found.word_ends, title_ids, out)
    return units, out


@njit(cache=True, nogil=True)
def number_words(words, title_words, ids, title_ids):  # type: ignore[no-untyped-def]
    """Fill ``ids`` with a number for each distinct word, from 0 on, and ``title_ids`` with those of a title's words, -1
    for one that the text has not; returns how many distinct words there are."""
    size = 256
    while size < 2 * len(words):
        size *= 2
    table = np.zeros(size, dtype=np.uint64)
    numbers = np.empty(size, dtype=np.int32)
    mask = np.uint64(size - 1)
    count = 0
    for w in range(len(words)):
        word = words[w]
        slot = (word ^ (word >> np.uint64(29))) & mask
        while table[slot] != np.uint64(0) and table[slot] != word:
            slot = (slot + np.uint64(1)) & mask
        if table[slot] == np.uint64(0):
            table[slot] = word
            numbers[slot] = count
            count += 1
        ids[w] = numbers[slot]
    for t in range(len(title_words)):
        word = title_words[t]
        slot = (word ^ (word >> np.uint64(29))) & mask
        while table[slot] != np.uint64(0) and table[slot] != word:
            slot = (slot + np.uint64(1)) & mask
        title_ids[t] = numbers[slot] if table[slot] == word else -1
    return count


@njit(cache=True, nogil=True)
def fill_texts(lines, bounds, numbers, found, titles, ids, out):  # type: ignore[no-untyped-def]
    """``line_features`` of all texts of a batch: text i has the rows from ``bounds[i]`` on. Fills ``ids`` as well, the
    numbers of the distinct words of each text, and returns how many those are."""
    raw, hashes, words, rarity, word_ends, word_bounds = found
    title_words, spans = titles
    counts = np.zeros(len(lines) - 1, dtype=np.int64)
    for text in range(len(lines) - 1):
        first, last = bounds[text], bounds[text + 1]
        if first == last:
            continue
        own, held = slice(lines[text], lines[text + 1]), slice(word_bounds[text], word_bounds[text + 1])
        title = title_words[spans[text, 0] : spans[text, 1]]
        title_ids = np.empty(len(title), dtype=np.int32)
        counts[text] = number_words(words[held], title, ids[held], title_ids)
        _features(
            numbers[first:last] - lines[text],
            raw[own],
            hashes[own],
            ids[held],
            counts[text],
            rarity[held],
            word_ends[own],
            title_ids,
            out[first:last],
        )
    return counts


@njit(cache=True, nogil=True)
def _features(units, raw, hashes, ids, distinct, rarity, word_ends, title_ids, out):  # type: ignore[no-untyped-def]
    n = len(units)
    own, kinds = 32, 16
    fit = own + kinds
    around = fit + 13
    page = around + 11
    side = page + 7
    for u in range(n):
        _own_features(raw[units[u]], out[u])
    _fit_features(units, hashes, ids, distinct, rarity, word_ends, title_ids, out, fit)
    # prose runs
    total = 0.0
    prose_total = 0.0
    longest = 0.0
    prose_lines = 0
    phrases = 0
    for u in range(n):
        total += out[u, 0]
        longest = max(longest, out[u, 0])
        phrases += out[u, 21] > 0
        if out[u, 25] > 0:
            prose_total += out[u, 0]
            prose_lines += 1
    prose_until = np.zeros(n + 1, dtype=np.int64)
    for u in range(n):
        prose_until[u + 1] = prose_until[u] + (out[u, 25] > 0)
    counts = np.sort(out[:, 0].copy())
    seen = 0.0
    before = 0
    last_prose = -1
    run = 0
    for u in range(n):
        out[u, around] = min(u - last_prose, 30) if last_prose >= 0 else 40
        out[u, around + 2] = out[last_prose, 0] if last_prose >= 0 else 0
        out[u, around + 4] = before
        out[u, around + 8] = run
        out[u, around + 10] = seen / max(1.0, prose_total)
        out[u, fit + 10] = u / n
        if out[u, 25] > 0:
            before += 1
            last_prose = u
            seen += out[u, 0]
            run = 0
        else:
            run += 1
    next_prose = -1
    run = 0
    after = 0
    for u in range(n - 1, -1, -1):
        out[u, around + 1] = min(next_prose - u, 30) if next_prose >= 0 else 40
        out[u, around + 3] = out[next_prose, 0] if next_prose >= 0 else 0
        out[u, around + 5] = after
        out[u, around + 9] = run
        if out[u, 25] > 0:
            after += 1
            next_prose = u
            run = 0
        else:
            run += 1
        own_prose = out[u, 25] > 0
        out[u, around + 6] = prose_until[min(n, u + 4)] - prose_until[max(0, u - 3)] - own_prose
        out[u, around + 7] = prose_until[min(n, u + 9)] - prose_until[max(0, u - 8)] - own_prose
        out[u, page] = n
        out[u, page + 1] = counts[n // 2]
        out[u, page + 2] = prose_lines
        out[u, page + 3] = prose_total / max(1.0, total)
        out[u, page + 4] = longest
        out[u, page + 5] = phrases / n
        out[u, page + 6] = 1 if len(title_ids) else 0
        out[u, fit + 8] = min(u, 60)
        out[u, fit + 9] = min(n - 1 - u, 60)
        out[u, fit + 11] = min(5, units[u] - units[u - 1] - 1) if u > 0 else 5
        out[u, fit + 12] = min(5, units[u + 1] - units[u] - 1) if u + 1 < n else 5
    for u in range(n):
        column = side
        for offset in (-3, -2, -1, 1, 2, 3):
            v = u + offset
            if v < 0 or v >= n:
                for c in range(12):
                    out[u, column + c] = -1
            else:
                out[u, column] = out[v, 0]
                out[u, column + 1] = out[v, 24]
                out[u, column + 2] = out[v, own + 4] / max(np.float32(1), out[v, 0])
                out[u, column + 3] = out[v, 21]
                out[u, column + 4] = out[v, 22]
                out[u, column + 5] = out[v, 5]
                out[u, column + 6] = out[v, 20]
                out[u, column + 7] = out[v, fit]
                out[u, column + 8] = out[v, own + 7]
                out[u, column + 9] = out[v, own + 5]
                out[u, column + 10] = out[v, fit + 4]
                out[u, column + 11] = out[v, 15]
            column += 12
    near = side + 12 * 6
    known_near(units, ids, distinct, rarity, word_ends, out, near)
    near_features(units, raw, hashes, out, near)


@njit(cache=True, nogil=True)
def _own_features(raw, out):  # type: ignore[no-untyped-def]
    words = max(np.float32(1), raw[1])
    letters = max(np.float32(1), raw[2])
    chars = max(np.float32(1), raw[0])
    # a wide character is half a word: Chinese and Japanese words have about two
    out[0] = raw[1] - raw[5] * np.float32(0.5)
    out[1] = raw[0]
    out[2] = raw[2] / words
    out[3] = raw[3] / letters
    out[4] = raw[4] / chars
    out[5] = (raw[6] - raw[22]) / words
    out[6] = raw[7] / words
    out[7] = raw[8]
    out[8] = raw[19]
    out[9] = raw[9] / words
    out[10] = raw[10]
    out[11] = raw[11]
    out[12] = raw[12]
    out[13] = raw[13]
    out[14] = raw[14]
    out[15] = raw[15]
    code = raw[16]
    out[16] = 1 if code == 0x2026 or (code == 46 and raw[8] >= 3) else 0
    out[17] = 1 if code == 58 else 0
    out[18] = 1 if raw[14] == 2 else 0
    out[19] = raw[17]
    out[20] = raw[18]
    out[21] = raw[20]
    out[22] = raw[21]
    out[23] = (raw[5] + raw[23]) / chars
    closed = raw[15] == 8 or raw[15] == 9
    out[24] = 1 if closed else 0
    function = raw[28] / words
    wide = raw[5] + raw[23] > chars * np.float32(0.4)
    if (closed and ((out[0] >= 12 and function >= np.float32(0.2)) or (out[0] >= 8 and wide))) or (
        out[0] >= 30 and (function >= np.float32(0.25) or wide)
    ):
        out[25] = 1
    out[26] = 1 if code == 46 else 0
    out[27] = 1 if code == 0xBB or code == 0x203A or code == 0x2192 or code == 62 else 0
    out[28] = 1 if code == 63 else 0
    out[29] = 1 if raw[14] == 10 else 0
    out[30] = 1 if raw[14] == 13 else 0
    out[31] = 1 if raw[14] == 5 else 0
    for kind in range(16):
        out[32 + kind] = raw[24 + kind]


@njit(cache=True, nogil=True)
def _fit_features(units, hashes, ids, distinct, rarity, word_ends, title_ids, out, fit):  # type: ignore[no-untyped-def]
    n = len(units)
    last_line = np.full(distinct, -1, dtype=np.int32)
    lines = np.zeros(distinct, dtype=np.int32)
    core = np.zeros(distinct, dtype=np.int32)
    titled = np.zeros(distinct, dtype=np.int32)
    for t in title_ids:
        if t >= 0:
            titled[t] = 1
    for u in range(n):
        first = word_ends[units[u] - 1] if units[u] > 0 else 0
        prose = out[u, 25] > 0
        for w in range(first, word_ends[units[u]]):
            word = np.uint32(ids[w])
            fresh = last_line[word] != u
            last_line[word] = u
            lines[word] += fresh
            core[word] += fresh & prose
    _count_copies(units, hashes, out, fit)
    for u in range(n):
        first = word_ends[units[u] - 1] if units[u] > 0 else 0
        last = word_ends[units[u]]
        weight = known = known_core = np.float32(0)
        rare = rare_known = in_title = matched = 0
        self_core = 1 if out[u, 25] > 0 else 0
        copies = max(np.float32(1), out[u, fit])
        copies_core = self_core * copies
        for w in range(first, last):
            r = rarity[w]
            word = np.uint32(ids[w])
            last_line[word] = n + u
            in_core = core[word] > copies_core
            is_rare = r > np.float32(0.45)
            weight += r
            known += r if lines[word] > copies else np.float32(0)
            known_core += r if in_core else np.float32(0)
            rare += is_rare
            rare_known += is_rare & in_core
            in_title += titled[word]
        for t in title_ids:
            matched += t >= 0 and last_line[t] == n + u
        out[u, fit + 2] = in_title / max(1, last - first)
        out[u, fit + 3] = matched / max(1, len(title_ids))
        out[u, fit + 4] = known / max(weight, np.float32(0.1))
        out[u, fit + 5] = known_core / max(weight, np.float32(0.1))
        out[u, fit + 6] = rare_known / max(1, rare)
        out[u, fit + 7] = rare


@njit(cache=True, nogil=True)
def _count_copies(units, hashes, out, fit):  # type: ignore[no-untyped-def]
    """How often each line is given, and whether it is the first of its copies."""
    n = len(units)
    whole = np.zeros(256 if n < 100 else 16384, dtype=np.uint64)
    counts = np.zeros(len(whole), dtype=np.int32)
    mask = np.uint64(len(whole) - 1)
    place = np.zeros(n, dtype=np.int64)
    for u in range(n):
        key = hashes[units[u], 0]
        if key == np.uint64(0) or u >= 12000:
            place[u] = -1
            continue
        slot = (key ^ (key >> np.uint64(29))) & mask
        while whole[slot] != np.uint64(0) and whole[slot] != key:
            slot = (slot + np.uint64(1)) & mask
        whole[slot] = key
        place[u] = slot
        out[u, fit + 1] = 1 if counts[slot] == 0 else 0
        counts[slot] += 1
    for u in range(n):
        out[u, fit] = counts[place[u]] if place[u] >= 0 else 1
