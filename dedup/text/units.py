"""What a text's lines are: its own, sentences where the whole text is one line, paragraphs where lines are wrapped.

Roles are decided for units and given to the lines that make them up.
"""

from __future__ import annotations

import re
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dedup.text.lexicon import lexicon
from dedup.text.scan import Scan, codes_of, scan_spans, split_lines

ONE_LINE = 400
"""Characters from which a text of one line is taken apart: shorter ones are a title or a tweet."""
WRAPPED_LOW, WRAPPED_HIGH = 40, 100
"""Longest line, in characters, of a text that may be wrapped: mail and wire feeds wrap at 64 to 80 columns."""
WRAPPED_LINES = 6
FULL = 0.75
"""Share of the longest line from which a line counts as full: the word that did not fit was at most that long."""
_SENTENCE = re.compile(
    r"(?:(?<=[.!?…]['\"”’»)\]])|(?<=[.!?…]))\s+(?=['\"“‘«(\[]?[^\W_a-zß-öø-ÿ])|(?<=[。！？])(?=\S)|(?<=[.!?]['”\"])(?=[A-Z])"
)
_ABBREVIATED = re.compile(
    r"(?:^|[\s(\"'“‘])(?:[^\W\d_]|[A-Z]\.[A-Z]|Mr|Mrs|Ms|Dr|Prof|Sen|Rep|Gov|Gen|Lt|Col|Sgt|Capt|St|Jr|Sr|No|vs|Jan|Feb|Mar|Apr"
    r"|Jun|Jul|Aug|Sept|Sep|Oct|Nov|Dec|Inc|Corp|Co|Ltd|U\.S|U\.N|U\.K|a\.m|p\.m|e\.g|i\.e|etc|Hr|Fr|bzw|z\.B|M|Mme)\.$"
)


class Units(NamedTuple):
    """Lines and units of a text as character ranges, int64; line i belongs to unit ``unit_of[i]``."""

    starts: NDArray[np.int64]
    ends: NDArray[np.int64]
    unit_starts: NDArray[np.int64]
    unit_ends: NDArray[np.int64]
    unit_of: NDArray[np.int64]


def units_of(text: str, starts: NDArray[np.int64], ends: NDArray[np.int64]) -> Units:
    """Lines and units of a text whose lines are given."""
    if len(text) >= ONE_LINE and _filled(text, starts, ends) == 1:
        starts, ends = sentences(text)
    elif is_wrapped(ends - starts):
        first = _paragraph_starts(text, starts, ends)
        last = np.concatenate((first[1:] - 1, [len(starts) - 1]))
        unit_of = np.repeat(np.arange(len(first)), np.diff(np.concatenate((first, [len(starts)]))))
        return Units(starts, ends, starts[first], ends[last], unit_of)
    return Units(starts, ends, starts, ends, np.arange(len(starts)))


def _filled(text: str, starts: NDArray[np.int64], ends: NDArray[np.int64]) -> int:
    if len(starts) > 50:
        return len(starts)
    return sum(bool(text[start:end].strip()) for start, end in zip(starts, ends, strict=True))


def sentences(text: str) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Start and end of every sentence of a text, white space between them aside."""
    cuts = [0]
    for hit in _SENTENCE.finditer(text):
        if not _ABBREVIATED.search(text, max(0, hit.start() - 12), hit.start()):
            cuts.append(hit.end())
    ends = [*cuts[1:], len(text)]
    trimmed = [(start, start + len(text[start:end].rstrip())) for start, end in zip(cuts, ends, strict=True)]
    pairs = np.array(trimmed, dtype=np.int64)
    return pairs[:, 0].copy(), pairs[:, 1].copy()


def is_wrapped(sizes: NDArray[np.int64]) -> bool:
    """Whether lines of these lengths are those of a text wrapped at a fixed width."""
    filled = sizes[sizes > 0]
    if len(filled) < WRAPPED_LINES:
        return False
    longest = int(filled.max())
    if not WRAPPED_LOW <= longest <= WRAPPED_HIGH:
        return False
    followed = np.concatenate((sizes[1:] > 0, [False])) & (sizes > 0)
    return int(followed.sum()) >= WRAPPED_LINES // 2 and float((sizes[followed] >= FULL * longest).mean()) >= 0.7


def _paragraph_starts(text: str, starts: NDArray[np.int64], ends: NDArray[np.int64]) -> NDArray[np.int64]:
    """Numbers of the lines that open a paragraph: after an empty line, or after a line that was not full."""
    sizes = ends - starts
    full = FULL * int(sizes.max())
    opens = [0]
    for i in range(1, len(starts)):
        if not sizes[i] or not sizes[i - 1] or sizes[i - 1] < full:
            opens.append(i)
    return np.array(opens, dtype=np.int64)


def scan_units(text: str) -> tuple[Units, Scan]:
    """Lines and units of a text, and what stands in each unit."""
    codes = codes_of(text)
    units = units_of(text, *split_lines(codes))
    return units, scan_spans(codes, units.unit_starts, units.unit_ends, lexicon())
