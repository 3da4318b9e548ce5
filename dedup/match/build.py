"""The compiled pass from the words of many articles to what comparing needs of them: marks, weights, sorted sets."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from dedup.match.background import COMMON, may_be_phrase
from dedup.match.compiled import compiled
from dedup.match.marks import CAPITAL, DIGIT, NAME, QUOTED, WordLists, mark
from dedup.match.overlap import rolling
from dedup.match.packed import (
    DISTINCT,
    FREE,
    QUOTES,
    WEEKDAYS,
    all_kept,
    put_distinct,
    put_kept,
    sort_hashes,
)
from dedup.match.same_story import (
    HEADLINE_WORDS,
    LEAD_WORDS,
    NAME_IDF,
    WEEKDAY_WORDS,
    put_once,
    put_sharpened,
    weekdays_in,
)
from dedup.match.similarity import HEADLINE_COUNT, Background, look_up, normalise, put_vector
from dedup.match.stems import put_stems, stems_of

STOCK, CITED = 16, 32
"""Flags of a word inside a stock phrase, and of one that begins QUOTED_GRAM words which this article quotes, here or
elsewhere; the others are those of ``marks``."""

BOUND = QUOTED | STOCK
"""A word that is nobody's own: inside a quotation or a stock phrase. The others are called free."""

QUOTED_GRAM = 5
"""Words in a row by which a quotation is known again where it has no marks; the length of a window too."""

SENTENCE_WORDS = 5
"""A sentence with fewer free words is not aligned."""


class Given(NamedTuple):
    """The articles of a batch. ``codes`` and ``code_bounds`` are their texts. Words of tokenised pieces, ``indptr`` by
    piece: those of article i are ``pieces[i]:pieces[i + 1]``, its body lines and last its headline; ``spans``
    int64[pieces, 2] says where each line stands. ``told`` is whether the cleaner found the body itself; ``outlets``
    with ``outlet_bounds`` the words that name the outlets; ``handles`` is whether "(@" stands in the text."""

    codes: npt.NDArray[np.uint32]
    code_bounds: npt.NDArray[np.int64]
    hashes: npt.NDArray[np.uint64]
    indptr: npt.NDArray[np.int64]
    pieces: npt.NDArray[np.int64]
    spans: npt.NDArray[np.int64]
    told: npt.NDArray[np.bool_]
    outlets: npt.NDArray[np.uint64]
    outlet_bounds: npt.NDArray[np.int64]
    handles: npt.NDArray[np.bool_]


class Tables(NamedTuple):
    """What is known beforehand: idf of words, stock phrases and their bits, word lists of marks, weekdays, capitals."""

    idf: Background
    phrases: npt.NDArray[np.uint64]
    phrase_bits: npt.NDArray[np.uint64]
    lists: WordLists
    weekdays: tuple[npt.NDArray[np.uint64], npt.NDArray[np.int64]]
    capitals: npt.NDArray[np.bool_]


class _Words(NamedTuple):
    """The columns of one article, as ``Packed`` has them, and its words sorted: ``ascending``, where each
    stands (``order``), and its ``idf``."""

    hashes: Any
    starts: Any
    ends: Any
    sentence: Any
    flags: Any
    weights: Any
    grams: Any
    places: Any
    ascending: Any
    order: Any
    idf: Any


@compiled
def build(given: Any, tables: Any, shingle: int, out: Any) -> Any:
    """Fill ``out``, whose ``words``, ``hashes``, ``starts`` and ``ends`` (within their line) are set already and whose
    other arrays are large enough; returns how much of ``sets``, ``loads``, terms and sentences was used."""
    used = np.zeros(4, np.int64)
    for row in range(out.words.shape[0]):
        low, high = out.words[row, 0], out.words[row, 1]
        hashes = out.hashes[low:high]
        ascending, order = sort_hashes(hashes)
        words = _Words(
            hashes,
            out.starts[low:high],
            out.ends[low:high],
            out.sentence[low:high],
            out.flags[low:high],
            out.weights[low:high],
            out.grams[low:high],
            out.places[low:high],
            ascending,
            order,
            np.empty(high - low, np.float32),
        )
        five = _mark_article(given, tables, words, row)
        _weigh_words(words, tables.idf)
        headline = given.hashes[given.indptr[given.pieces[row + 1] - 1] : given.indptr[given.pieces[row + 1]]]
        outlet = given.outlets[given.outlet_bounds[row] : given.outlet_bounds[row + 1]]
        _put_sets(words, five, shingle, (headline, outlet), out, row, used)
        _put_terms(words, out, row, used)
        codes = given.codes[given.code_bounds[row] : given.code_bounds[row + 1]]
        _put_stems(words, codes, out, row)
        told = high - low if given.told[row] else 0
        _put_vectors(words, (headline, told), tables, out, row, used)
    return used


@compiled
def _mark_article(given: Any, tables: Any, words: Any, row: int) -> Any:
    """Marks of the words, their windows, and the windows sorted."""
    first, last = given.pieces[row], given.pieces[row + 1] - 1
    spans = given.spans[first:last]
    line = np.empty(words.hashes.shape[0], np.int32)
    for piece in range(first, last):
        begin = given.indptr[piece] - given.indptr[first]
        end = given.indptr[piece + 1] - given.indptr[first]
        for k in range(begin, end):
            line[k] = piece - first
            words.starts[k] += spans[piece - first, 0]
            words.ends[k] += spans[piece - first, 0]
    codes = given.codes[given.code_bounds[row] : given.code_bounds[row + 1]]
    mark(codes, words, line, (spans, given.handles[row]), tables.lists)
    grams = rolling(words.hashes, QUOTED_GRAM)
    words.grams[: grams.shape[0]] = grams
    five = sort_hashes(grams)
    words.places[: grams.shape[0]] = five[1]
    _mark_stock(grams, tables, words.flags)
    _spread_quotes(five, words.flags)
    return five


@compiled
def _mark_stock(grams: Any, tables: Any, flags: Any) -> None:
    table, mask = tables.phrases, np.uint64(tables.phrases.shape[0] - 1)
    for i in range(grams.shape[0]):
        if not may_be_phrase(tables.phrase_bits, grams[i]):
            continue
        at = grams[i] & mask
        while table[at] != 0 and table[at] != grams[i]:
            at = (at + np.uint64(1)) & mask
        if table[at] == grams[i]:
            for k in range(i, i + QUOTED_GRAM):
                flags[k] |= STOCK


@compiled
def _spread_quotes(five: Any, flags: Any) -> None:
    """Flag as quoted what is quoted elsewhere in the same article, such as a post that is shown and then cited; then as
    CITED where windows begin that are quoted."""
    for flag in (QUOTED, CITED):
        known = all_kept((flags & QUOTED) != 0, QUOTED_GRAM)
        if known.any():
            _flag_windows(five, known, flag, flags)


@compiled
def _flag_windows(five: Any, known: Any, flag: int, flags: Any) -> None:
    """Flag every window that equals a known one: its words as QUOTED, or its first as CITED."""
    ascending, order = five
    size = QUOTED_GRAM if flag == QUOTED else 1
    start = 0
    while start < order.shape[0]:
        end, found = start, False
        while end < order.shape[0] and ascending[end] == ascending[start]:
            found |= known[order[end]]
            end += 1
        if found:
            for k in range(start, end):
                for step in range(size):
                    flags[order[k] + step] |= flag
        start = end


@compiled
def _weigh_words(words: Any, idf: Any) -> None:
    """Weight of each word: idf above that of a common word, over 1 + ln(sentences of this article that hold it)."""
    ascending, order, sentence = words.ascending, words.order, words.sentence
    start = 0
    while start < order.shape[0]:
        end, count = start, 0
        while end < order.shape[0] and ascending[end] == ascending[start]:
            count += end == start or sentence[order[end]] != sentence[order[end - 1]]
            end += 1
        value = look_up(ascending[start], idf)
        weight = max(value - np.float32(COMMON), np.float32(0))
        if count > 1:
            weight /= np.float32(1 + np.log(count))
        for k in range(start, end):
            words.idf[k] = value
            words.weights[order[k]] = weight
        start = end


@compiled
def _put_sets(words: Any, five: Any, shingle: int, others: Any, out: Any, row: int, used: Any) -> None:
    """Sections ASCENDING to OUTLET."""
    sets, bounds, at = out.sets, out.set_bounds[row], used[0]
    out.sums[row, FREE] = np.count_nonzero((words.flags & BOUND) == 0)
    out.sums[row, QUOTES] = np.count_nonzero(words.flags & QUOTED)
    bounds[0] = at
    sets[at : at + five[0].shape[0]] = five[0]
    at += five[0].shape[0]
    bounds[1] = at
    at = put_distinct(five[0] if shingle == QUOTED_GRAM else sort_hashes(rolling(words.hashes, shingle))[0], sets, at)
    bounds[2] = at
    at = put_distinct(sort_hashes(rolling(words.hashes, 3))[0], sets, at)
    bounds[3] = at
    found = (words.ascending, words.order)
    at = put_kept(found, (words.flags & DIGIT) != 0, sets, at)
    bounds[4] = at
    at = put_kept(found, _is_name(words), sets, at)
    bounds[5] = at
    at = put_distinct(np.sort(others[0]), sets, at)
    bounds[6] = at
    at = put_distinct(others[1], sets, at)
    bounds[7] = at
    used[0] = at


@compiled
def _is_name(words: Any) -> Any:
    """Capitalised words that do not open a sentence and are no common words."""
    out = np.zeros(words.hashes.shape[0], np.bool_)
    for k in range(1, out.shape[0]):
        opens = words.sentence[k] != words.sentence[k - 1]
        out[k] = words.flags[k] & NAME and not opens and words.weights[k] > 1.0
    return out


@compiled
def _put_terms(words: Any, out: Any, row: int, used: Any) -> None:
    """Section TERMS: free words of sentences that are long enough, each once a sentence."""
    sentences = words.sentence[-1] + 1 if words.sentence.shape[0] else 0
    sizes, norms = out.sizes[used[3] : used[3] + sentences], out.norms[used[3] : used[3] + sentences]
    sizes[:] = 0
    norms[:] = 0
    for k in range(words.flags.shape[0]):
        sizes[words.sentence[k]] += (words.flags[k] & BOUND) == 0
    at, load, term, total = used[0], used[1], used[2], 0.0
    out.term_starts[row] = term
    out.load_bounds[row, 0] = load
    for place in words.order:
        sentence, weight = words.sentence[place], words.weights[place]
        if (words.flags[place] & BOUND) != 0 or weight <= 0 or sizes[sentence] < SENTENCE_WORDS:
            continue
        fresh = at == used[0] or out.sets[at - 1] != words.hashes[place]
        if fresh:
            total += weight
        if fresh or out.term_sentence[term - 1] != sentence:
            out.sets[at], out.loads[load], out.term_sentence[term] = words.hashes[place], weight, sentence
            norms[sentence] += np.float64(weight) ** 2
            at, load, term = at + 1, load + 1, term + 1
    out.sums[row, DISTINCT] = total
    used[0], used[1], used[2] = at, load, term
    used[3] += sentences
    out.sentences[row + 1] = used[3]


@compiled
def _put_stems(words: Any, codes: Any, out: Any, row: int) -> None:
    """The columns of stems."""
    idf = np.empty(words.hashes.shape[0], np.float32)
    for k in range(idf.shape[0]):
        idf[words.order[k]] = words.idf[k]
    out.stem_counts[row] = idf.shape[0]
    out.stem_counts[row] = put_stems(words, codes, idf, stems_of(out, row))


@compiled
def _put_vectors(words: Any, others: Any, tables: Any, out: Any, row: int, used: Any) -> None:
    """Sections VECTOR to STORY_NAMES, and the weekdays."""
    headline, told = others
    at, load, idf = used[0], used[1], tables.idf
    sets, floats, set_bounds, load_bounds = out.sets, out.loads, out.set_bounds[row], out.load_bounds[row]
    set_bounds[8], load_bounds[1] = at, load
    known, titled = np.empty(words.idf.shape[0] + headline.shape[0], np.float32), np.sort(headline)
    count = put_vector((words.ascending, words.idf), titled, HEADLINE_COUNT, idf, (sets[at:], known, floats[load:]))
    load_bounds[2] = load + count
    put_sharpened(floats[load : load + count], known[:count], floats[load + count :])
    whole = (sets[at : at + count], known, _first_places(words, titled, sets[at : at + count]))
    at, load = at + count, load + 2 * count
    set_bounds[9], load_bounds[3] = at, load
    count = _put_part(whole, min(told, LEAD_WORDS), sets[at:], floats[load:])
    at, load = at + count, load + count
    set_bounds[10], load_bounds[4] = at, load
    opening = 0 if headline.shape[0] else min(told, HEADLINE_WORDS)
    count = _put_part(whole, opening, sets[at:], floats[load:])
    at, load = at + count, load + count
    set_bounds[11], load_bounds[5] = at, load
    count = _put_names(words, sets[at:], floats[load:]) if told else 0
    at, load = at + count, load + count
    set_bounds[12], load_bounds[6] = at, load
    out.sums[row, WEEKDAYS] = weekdays_in(words.hashes[: min(told, WEEKDAY_WORDS)], tables.weekdays)
    used[0], used[1] = at, load


@compiled
def _first_places(words: Any, titled: Any, ids: Any) -> Any:
    """Where each id first stands in the body; -1 for a word of the headline."""
    first = np.empty(ids.shape[0], np.int32)
    i = t = 0
    for k in range(ids.shape[0]):
        if i < words.order.shape[0] and words.ascending[i] == ids[k]:
            first[k] = words.order[i]
        while i < words.order.shape[0] and words.ascending[i] == ids[k]:
            i += 1
        while t < titled.shape[0] and titled[t] == ids[k]:
            first[k] = -1
            t += 1
    return first


@compiled
def _put_part(whole: Any, opening: int, sets: Any, floats: Any) -> int:
    """Write the vector of the distinct words of the headline and of so many words that open the body, each counted
    once, of which the whole is known: ids, idf and first places; how many."""
    ids, idf, first = whole
    known = np.empty(ids.shape[0], np.float32)
    count = 0
    for k in range(ids.shape[0]):
        if first[k] < opening:
            sets[count], known[count] = ids[k], idf[k]
            count += 1
    put_once(known[:count], floats)
    return count


@compiled
def _put_names(words: Any, sets: Any, floats: Any) -> int:
    """The vector of capitalised words that are not common ones; how many."""
    ascending, order = words.ascending, words.order
    weights = np.empty(order.shape[0], np.float64)
    count = start = 0
    while start < order.shape[0]:
        end, found, rare = start, 0, words.idf[start] > NAME_IDF
        while end < order.shape[0] and ascending[end] == ascending[start]:
            if rare:
                found += (words.flags[order[end]] & CAPITAL) != 0
            end += 1
        if found:
            sets[count] = ascending[start]
            weights[count] = (1 + np.log(found)) * words.idf[start] if found > 1 else words.idf[start]
            count += 1
        start = end
    normalise(weights[:count], floats)
    return count
