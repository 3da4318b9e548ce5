"""The compiled half of ``evidence``: an article's keys, and what the tables of a feed say of its lines."""

from __future__ import annotations

import numpy as np
from numba import njit

from dedup.text.charclass import APOSTROPHE, QUOTE, STOP
from dedup.text.scan import COLUMN, EMPTY, SKETCH

PAGE, PARTS = SKETCH, SKETCH + 1
"""Behind the sketch parts of an article stands its page, by title or address; so many numbers in all."""
WEIGHTS = np.array([1] * SKETCH + [SKETCH])
"""What each number counts where it agrees: the next version of a page is of one story whatever it kept."""
SAME_STORY = 2
"""What must agree for one story, of sketch parts that count 1 each and a page that counts 8: strangers agree in none, a
cut copy in as many as it kept."""
OPENS_OWN = 3
"""Parts that must agree before another article's opening may be one's own story's: a paragraph lifted whole brings one
or two parts with it. An article's own opening lines are never held against it, so that a short cut is safe."""
PARAGRAPH_WORDS = 16
"""Words from which an opening given whole may be a paragraph that was quoted or carried: shorter ones are teasers."""
NEAR = 8
"""Keys from a guessed place that are looked at first."""
LEAD_LINES = 3
"""Long lines of an article that count as its lead: teasers quote the first paragraph, captions push it down."""
_WORDS, _STOPS, _LAST_CLASS, _LAST_CODE = (COLUMN[name] for name in ("words", "stops", "last_class", "last_code"))
_CLOSED_STOP, _CLOSED_QUOTE, _CLOSED_APOSTROPHE = STOP + 1, QUOTE + 1, APOSTROPHE + 1


@njit(cache=True, nogil=True)
def marks(hashes, sketch, page):  # type: ignore[no-untyped-def]
    """Sketch parts cut to 16 bits, and as many of ``page``, the key of the article's title or address. Parts that no
    word fell into, and a page without a key (0), are filled from the whole text's hash."""
    text = np.uint64(0)
    for line in range(len(hashes)):
        text ^= hashes[line, 0]
    out = np.zeros(PARTS, dtype=np.uint16)
    for part in range(PARTS):
        known = page != np.uint64(0) if part == PAGE else sketch[part] != EMPTY
        value = page if part == PAGE else sketch[part]
        if not known:
            salt = np.uint64(part + 1) * np.uint64(0x9E3779B97F4A7C15)
            value = (text * salt) ^ salt
        out[part] = np.uint16((value >> np.uint64(16)) & np.uint64(0xFFFF))
    return out


@njit(cache=True, nogil=True)
def mix(key, outlet):  # type: ignore[no-untyped-def]
    """Key of a line of an outlet."""
    mixed = (key ^ (outlet >> np.uint64(7))) * np.uint64(0xFF51AFD7ED558CCD)
    return mixed ^ (mixed >> np.uint64(32))


@njit(cache=True, nogil=True)
def line_keys(hashes, outlet):  # type: ignore[no-untyped-def]
    """Keys of the lines of an article, sorted, each once."""
    keys = np.empty(len(hashes), dtype=np.uint64)
    count = 0
    for line in range(len(hashes)):
        if hashes[line, 0] != np.uint64(0):
            keys[count] = mix(hashes[line, 0], outlet)
            count += 1
    return distinct(keys[:count])


@njit(cache=True, nogil=True)
def opening_keys(hashes, raw, titles):  # type: ignore[no-untyped-def]
    """Keys that an article opens with, sorted, each once: those of its title, six and twelve words of its lead."""
    keys = np.empty(len(titles) + 2 * LEAD_LINES, dtype=np.uint64)
    count = 0
    for key in titles:
        if key != np.uint64(0):
            keys[count] = key
            count += 1
    for line in lead(raw):
        for column in (1, 2):
            if hashes[line, column] != np.uint64(0):
                keys[count] = hashes[line, column]
                count += 1
    return distinct(keys[:count])


@njit(cache=True, nogil=True)
def keys_of_texts(lines, found, titles, names):  # type: ignore[no-untyped-def]
    """``line_keys``, ``opening_keys`` and ``marks`` of all texts of a batch, of which text i has the units from
    ``lines[i]`` on: keys one text after the other, and how many each has. ``names``: the keys of outlets and pages."""
    hashes, raw, sketches = found
    keys, bounds = titles
    outlets, pages = names
    texts = len(lines) - 1
    own = np.empty(len(hashes), dtype=np.uint64)
    opening = np.empty(len(keys) + 2 * LEAD_LINES * texts, dtype=np.uint64)
    counts = np.zeros((2, texts), dtype=np.int64)
    marked = np.empty((texts, PARTS), dtype=np.uint16)
    many = heads = 0
    for text in range(texts):
        held = slice(lines[text], lines[text + 1])
        title = keys[bounds[text] : bounds[text + 1]]
        marked[text] = marks(hashes[held], sketches[text], pages[text])
        some, first = line_keys(hashes[held], outlets[text]), opening_keys(hashes[held], raw[held], title)
        own[many : many + len(some)] = some
        opening[heads : heads + len(first)] = first
        counts[0, text], counts[1, text] = len(some), len(first)
        many, heads = many + len(some), heads + len(first)
    return own[:many], opening[:heads], counts, marked


@njit(cache=True, nogil=True)
def distinct(keys):  # type: ignore[no-untyped-def]
    """Keys sorted, each once."""
    ordered = np.sort(keys)
    count = 0
    for i in range(len(ordered)):
        if i == 0 or ordered[i] != ordered[i - 1]:
            ordered[count] = ordered[i]
            count += 1
    return ordered[:count]


@njit(cache=True, nogil=True)
def lead(raw):  # type: ignore[no-untyped-def]
    """Numbers of the first LEAD_LINES long lines."""
    found = np.empty(LEAD_LINES, dtype=np.int64)
    count = 0
    for line in range(len(raw)):
        if count < LEAD_LINES and raw[line, _WORDS] >= 12 and raw[line, _STOPS] > 0:
            found[count] = line
            count += 1
    return found[:count]


@njit(cache=True, nogil=True)
def slot(keys, key):  # type: ignore[no-untyped-def]
    """Number of a key in a sorted table, or -1. Hashes lie evenly, so that two guesses come within some keys of it: it
    takes half the time of halving a large table, most of whose steps miss the cache."""
    many = len(keys)
    if many == 0 or key > keys[many - 1]:
        return -1
    scale = np.float64(many) / (np.float64(keys[many - 1]) + 1.0)
    at = min(many - 1, int(np.float64(key) * scale))
    at += int((np.float64(key) - np.float64(keys[at])) * scale)
    low, high = _around(keys, key, max(0, min(many - 1, at)))
    while low < high:
        middle = (low + high) >> 1
        if keys[middle] < key:
            low = middle + 1
        else:
            high = middle
    return low if low < many and keys[low] == key else -1


@njit(cache=True, nogil=True)
def _around(keys, key, at):  # type: ignore[no-untyped-def]
    """Bounds, by steps that grow from a place on, within which the first key is that is not less."""
    low, high, step = 0, len(keys), NEAR
    if keys[at] < key:
        low = at + 1
        while at + step < len(keys) and keys[at + step] < key:
            low = at + step + 1
            step *= 4
        return low, min(high, at + step + 1)
    high = at + 1
    while at >= step and keys[at - step] >= key:
        high = at - step + 1
        step *= 4
    return max(low, at - step), high


@njit(cache=True, nogil=True)
def _agree(low, high, sketch):  # type: ignore[no-untyped-def]
    """What the articles behind a key may share with the one of the marks ``sketch``: parts, and 8 for its own page."""
    same = 0
    for part in range(PARTS):
        if low[part] == sketch[part] or high[part] == sketch[part]:
            same += WEIGHTS[part]
    return same


@njit(cache=True, nogil=True)
def _one_story(low, high):  # type: ignore[no-untyped-def]
    """Whether all articles behind a key tell one story."""
    same = 0
    for part in range(PARTS):
        if low[part] == high[part]:
            same += WEIGHTS[part]
    return same >= SAME_STORY


@njit(cache=True, nogil=True)
def repeats(hashes, outlet, sketch, table):  # type: ignore[no-untyped-def]
    """Per line: in how many articles of the outlet it stands, 0 where they are of one story with this one."""
    keys, counts, low, high = table
    out = np.zeros(len(hashes), dtype=np.float32)
    for line in range(len(hashes)):
        if hashes[line, 0] == np.uint64(0):
            continue
        place = slot(keys, mix(hashes[line, 0], outlet))
        if place >= 0 and not (
            _one_story(low[place], high[place]) and _agree(low[place], high[place], sketch) >= SAME_STORY
        ):
            out[line] = counts[place]
    return out


@njit(cache=True, nogil=True)
def openings(hashes, raw, own, sketch, table):  # type: ignore[no-untyped-def]
    """Per line: whether it opens another story's article and is none of its own opening lines; and whether it opens,
    these included, articles of other stories too, as a paragraph given whole."""
    keys, _, low, high = table
    opening = np.zeros(len(hashes), dtype=np.bool_)
    paragraph = np.zeros(len(hashes), dtype=np.bool_)
    for line in range(len(hashes)):
        mine = False
        for key in own:
            mine |= key == hashes[line, 0]
        if mine:
            continue
        words, code = raw[line, _WORDS], raw[line, _LAST_CODE]
        # six words may open any paragraph ("The president said in a"): alone they condemn only what looks cut or short
        teaser = words < 12 or code == 0x2026 or (code == 0x2E and raw[line, _STOPS] >= 3)
        headed = foreign = False
        for column in range(3):
            key = hashes[line, column]
            if key == np.uint64(0) or (column == 1 and not teaser):
                continue
            place = slot(keys, key)
            if place < 0:
                continue
            if _agree(low[place], high[place], sketch) < OPENS_OWN:
                opening[line] = foreign = True
                headed |= column == 0
            elif not _one_story(low[place], high[place]):
                foreign = True
        kind = raw[line, _LAST_CLASS]
        closed = kind in (_CLOSED_STOP, _CLOSED_QUOTE, _CLOSED_APOSTROPHE)
        paragraph[line] = foreign and not headed and closed and words >= PARAGRAPH_WORDS
    for line in lead(raw):
        opening[line] = False
    return opening, paragraph


@njit(cache=True, nogil=True)
def weigh_texts(lines, found, titles, names, tables):  # type: ignore[no-untyped-def]
    """``repeats`` and ``openings`` of all texts of a batch, of which text i has the units from ``lines[i]`` on.
    ``names``: the keys of their outlets and of their pages."""
    hashes, raw, sketches = found
    keys, key_bounds = titles
    line_table, opening_table = tables
    outlets, pages = names
    repeated = np.zeros(len(hashes), dtype=np.float32)
    opening = np.zeros(len(hashes), dtype=np.bool_)
    paragraph = np.zeros(len(hashes), dtype=np.bool_)
    for text in range(len(lines) - 1):
        own = slice(lines[text], lines[text + 1])
        sketch = marks(hashes[own], sketches[text], pages[text])
        repeated[own] = repeats(hashes[own], outlets[text], sketch, line_table)
        title = keys[key_bounds[text] : key_bounds[text + 1]]
        opening[own], paragraph[own] = openings(hashes[own], raw[own], title, sketch, opening_table)
    return repeated, opening, paragraph
