"""The compiled half of ``ledger``: what the lines of articles leave there."""

from __future__ import annotations

from typing import Any

import numpy as np

from dedup.match.compiled import compiled
from dedup.text.roles import REPEATED_LONG, REPEATED_SHORT
from dedup.text.weigh import OPENS_OWN, PARTS, SAME_STORY, WEIGHTS, distinct, mix

ENOUGH = max(REPEATED_SHORT, REPEATED_LONG)
"""Articles of different stories from which a line is furniture: a higher count says no more of it."""
LEAST_SEEN = min(REPEATED_SHORT, REPEATED_LONG)
"""Articles from which on a line can be furniture."""

(WORDS, BEGINS, BEFORE) = range(3)


@compiled
def trace(lines: Any, hashes: Any, outlets: Any, titles: Any) -> Any:
    """Of texts with the units from ``lines[i]`` on, one after the other: the distinct hashes of their units; the
    distinct first words of these; and the first words behind every key of an article's units and title, keys and words
    side by side. Last, how many each text has of the three, int64[n, 3].

    ``titles``: keys, keys of the heads and first words of both (``Titles``), where those of each text begin."""
    keys, heads, firsts, bounds = titles
    texts = len(lines) - 1
    counts = np.zeros((texts, 3), np.int64)
    words, begins = np.empty(3 * len(hashes), np.uint64), np.empty(len(hashes), np.uint64)
    before = np.empty((3 * len(hashes) + 2 * len(keys), 2), np.uint64)
    at = np.zeros(3, np.int64)
    for text in range(texts):
        start = at.copy()
        for line in range(lines[text], lines[text + 1]):
            whole = hashes[line, 0]
            first = hashes[line, 1] if hashes[line, 1] else whole
            if not first:
                continue
            begins[at[BEGINS]] = first
            at[BEGINS] += 1
            for column in range(3):
                if hashes[line, column]:
                    words[at[WORDS]] = hashes[line, column]
                    at[WORDS] += 1
                    before[at[BEFORE], 0] = hashes[line, column] if column else mix(whole, outlets[text])
                    before[at[BEFORE], 1] = first
                    at[BEFORE] += 1
        for form in range(bounds[text], bounds[text + 1]):
            for side, key in enumerate((keys[form], heads[form])):
                before[at[BEFORE], 0], before[at[BEFORE], 1] = key, firsts[form, side]
                at[BEFORE] += 1
        for which, some in ((WORDS, words), (BEGINS, begins)):
            once = distinct(some[start[which] : at[which]])
            some[start[which] : start[which] + len(once)] = once
            at[which] = start[which] + len(once)
        counts[text] = at - start
    return words[: at[WORDS]], begins[: at[BEGINS]], before[: at[BEFORE]], counts


@compiled
def count_in(table: Any, came: Any, marks: Any, opening: bool) -> Any:
    """A table (keys ascending, counts, low, high) with the keys of articles that came counted in: ``came`` uint64 are
    the keys and whose they are, article by article; ``marks`` uint16[n, PARTS] those of the articles.

    Returns the new table and, for each distinct key that came, ascending, where it stands in the new table and stood
    in the old one (-1: nowhere), the last article it came with, and whether it has changed for somebody else, being
    an ``opening`` or a line: int64[k, 4]."""
    old_keys, old_counts, old_low, old_high = table
    keys, of = came
    order = np.argsort(keys, kind="mergesort")
    size = len(old_keys) + len(keys)
    made, counts = np.empty(size, np.uint64), np.empty(size, np.uint32)
    low, high = np.empty((size, PARTS), np.uint16), np.empty((size, PARTS), np.uint16)
    places = np.empty((len(keys), 4), np.int64)
    at = old = i = fresh = 0
    while old < len(old_keys) or i < len(keys):
        mine = i < len(keys) and (old == len(old_keys) or keys[order[i]] <= old_keys[old])
        there = old < len(old_keys) and (not mine or old_keys[old] == keys[order[i]])
        counts[at] = 0
        if there:
            made[at], counts[at], low[at], high[at] = old_keys[old], old_counts[old], old_low[old], old_high[old]
        if mine:
            key = made[at] = keys[order[i]]
            while i < len(keys) and keys[order[i]] == key:
                own = marks[of[order[i]]]
                for part in range(PARTS):
                    low[at, part] = min(low[at, part], own[part]) if counts[at] else own[part]
                    high[at, part] = max(high[at, part], own[part]) if counts[at] else own[part]
                counts[at] += np.uint32(1)
                i += 1
            places[fresh, 0], places[fresh, 1], places[fresh, 2] = at, old if there else -1, of[order[i - 1]]
            fresh += 1
        old += there
        at += 1
    new = made[:at].copy(), counts[:at].copy(), low[:at].copy(), high[:at].copy()
    _flag(opening, table, new, places[:fresh])
    return new, places[:fresh]


@compiled
def told(opening: bool, row: Any, sketches: Any) -> Any:
    """What line_evidence of dedup.text.evidence makes of a key for articles of these sketches (rows): in how many
    articles a line stands, ENOUGH for more and 0 for those of its own story; 2 for an opening of another story, 1 for
    one of its own story and of others. ``row`` are a count (0: the key is nowhere), the smallest and largest marks."""
    count, low, high = row
    out = np.zeros(len(sketches), np.int64)
    if count == 0:
        return out
    lone = _is_one_story(low, high)
    for at in range(len(sketches)):
        agreeing = 0
        for part in range(PARTS):
            if low[part] == sketches[at, part] or high[part] == sketches[at, part]:
                agreeing += WEIGHTS[part]
        if opening:
            out[at] = 2 if agreeing < OPENS_OWN else int(not lone)
        elif not lone or agreeing < SAME_STORY:
            out[at] = min(count, ENOUGH)
    return out


@compiled
def matters(opening: bool, old: Any, new: Any) -> bool:
    """Whether anybody else can see that a key's row (count, smallest and largest marks; count 0: none) has become
    another one."""
    if old[0] == 0 or new[0] == 0:
        return opening or (old[0] == 0 and new[0] >= LEAST_SEEN)  # several came at once
    if not opening and min(old[0], ENOUGH) != min(new[0], ENOUGH):
        return True
    same = True
    for part in range(PARTS):
        same = same and old[1][part] == new[1][part] and old[2][part] == new[2][part]
    # Of a line in articles of different stories all that is said is their number, whoever asks.
    return not same and (opening or _is_one_story(old[1], old[2]) or _is_one_story(new[1], new[2]))


@compiled
def _flag(opening: bool, old: Any, new: Any, places: Any) -> None:
    """Whether the keys that came have changed for somebody else."""
    none = np.zeros(PARTS, np.uint16)
    for k in range(len(places)):
        at, was = places[k, 0], places[k, 1]
        before = (np.int64(0), none, none)
        if was >= 0:
            before = (np.int64(old[1][was]), old[2][was], old[3][was])
        places[k, 3] = matters(opening, before, (np.int64(new[1][at]), new[2][at], new[3][at]))


@compiled
def _is_one_story(low: Any, high: Any) -> bool:
    same = 0
    for part in range(PARTS):
        if low[part] == high[part]:
            same += WEIGHTS[part]
    return same >= SAME_STORY
