"""Texts wrapped at a fixed width: which width, and which lines go on in the next.

Greedy wrapping breaks a line only where the next word no longer fits, so a line goes on when its length, a space and
the next line's first word exceed the width.
"""

from __future__ import annotations

import numpy as np
from numba import njit

LOWEST, HIGHEST = 40, 100
"""Characters of a width that mail and wire feeds wrap at."""
FEWEST, SURE, SHARE, FITTING = 3, 5, 0.15, 0.8
"""Least lines that break off inside a sentence, their least share of the lines with one after them, and the least
share of them that the width explains (all, where they are fewer than SURE): a page of short lines breaks off
anywhere, a wrapped text at its width."""
_LOWER, _CASELESS, _SPACE, _STOP, _QUOTE, _WIDE = 1, 3, 5, 7, 8, 14


@njit(cache=True, nogil=True)
def width_of(codes, starts, ends, table):  # type: ignore[no-untyped-def]
    """Width a text is wrapped at, 0 for one that is not. ``codes``: UTF-32; ``starts``, ``ends``: its lines;
    ``table`` as ``charclass.joined``."""
    width = broken = followed = 0
    for line in range(len(starts) - 1):
        if ends[line] > starts[line] and ends[line + 1] > starts[line + 1]:
            followed += 1
            size = ends[line] - starts[line]
            if size <= HIGHEST and _breaks_off(codes, starts, ends, table, line):
                broken += 1
                width = max(width, size)
    if width < LOWEST or broken < FEWEST or broken < SHARE * followed:
        return 0
    fitting = 0
    for line in range(len(starts) - 1):
        short = ends[line] > starts[line] and ends[line + 1] > starts[line + 1] and ends[line] - starts[line] <= HIGHEST
        if short and _breaks_off(codes, starts, ends, table, line):
            fitting += goes_on(codes, starts, ends, table, line, width)
    return width if fitting >= (FITTING if broken >= SURE else 1) * broken else 0


@njit(cache=True, nogil=True)
def goes_on(codes, starts, ends, table, line, width):  # type: ignore[no-untyped-def]
    """Whether the first word of the next line (its first character, in a script without spaces) would not have fitted
    on this one."""
    word = 0
    for i in range(starts[line + 1], ends[line + 1]):
        code = codes[i]
        kind = table[code] >> np.uint32(24) if code < len(table) else np.uint32(_WIDE)
        if kind == _SPACE:
            break
        word += 1
        if kind == _WIDE:
            break
    return word > 0 and ends[line] > starts[line] and ends[line] - starts[line] + 1 + word > width


@njit(cache=True, nogil=True)
def _breaks_off(codes, starts, ends, table, line):  # type: ignore[no-untyped-def]
    """Whether a line ends in no stop and the next one begins as the middle of a sentence may: in lower case, or in a
    script that has no cases."""
    last = codes[ends[line] - 1]
    first = codes[starts[line + 1]]
    ending = table[last] >> np.uint32(24) if last < len(table) else np.uint32(14)
    opening = table[first] >> np.uint32(24) if first < len(table) else np.uint32(14)
    middle = opening in (_LOWER, _CASELESS, _WIDE)
    return middle and ending != _STOP and ending != _QUOTE


@njit(cache=True, nogil=True)
def paragraph_starts(codes, starts, ends, table, width):  # type: ignore[no-untyped-def]
    """Numbers of the lines that open a paragraph (int64); an empty line belongs to the paragraph before it."""
    opens = np.ones(len(starts), dtype=np.bool_)
    for line in range(len(starts) - 1):
        filled = ends[line + 1] > starts[line + 1]
        opens[line + 1] = not (filled and goes_on(codes, starts, ends, table, line, width))
    return np.flatnonzero(opens)
