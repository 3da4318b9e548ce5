"""What a text's lines are: its own, sentences where the whole text is one line, paragraphs where lines are wrapped.

Roles are decided for units and given to the lines that make them up.
"""

from __future__ import annotations

import re
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dedup.text import wrapped
from dedup.text.charclass import joined
from dedup.text.lexicon import lexicon
from dedup.text.scan import Scan, codes_of, scan_spans, split_lines

ONE_LINE = 400
"""Characters from which a text of one line is taken apart: shorter ones are a title or a tweet."""
_SENTENCE = re.compile(
    r"(?:(?<=[.!?…]['\"”’»)\]])|(?<=[.!?…]))\s+(?=['\"“‘«(\[]?[^\W_a-zß-öø-ÿ])|(?<=[。！？])(?=\S)|(?<=[.!?]['”\"])(?=[A-Z])"
)
_ABBREVIATED = re.compile(
    r"(?:^|[\s(\"'“‘])(?:[^\W\d_]|[A-Z]\.[A-Z]|Mr|Mrs|Ms|Dr|Prof|Sen|Rep|Gov|Gen|Lt|Col|Sgt|Capt|St|Jr|Sr|No|vs|Jan|Feb|Mar|Apr"
    r"|Jun|Jul|Aug|Sept|Sep|Oct|Nov|Dec|Inc|Corp|Co|Ltd|Ala|Ariz|Ark|Calif|Colo|Conn|Del|Fla|Ga|Ill|Ind|Kan|Ky"
    r"|La|Mass|Md|Mich|Minn|Miss|Mo|Mont|Neb|Nev|Okla|Ore|Pa|Tenn|Tex|Va|Vt|Wash|Wis|Wyo|D\.C|N\.[A-Z]|S\.[A-Z]|U\.S"
    r"|U\.N|U\.K|a\.m|p\.m|e\.g|i\.e|etc|Hr|Fr|bzw|z\.B|M|Mme)\.$"
)


class Units(NamedTuple):
    """Lines and units of a text as character ranges, int64; line i belongs to unit ``unit_of[i]``."""

    starts: NDArray[np.int64]
    ends: NDArray[np.int64]
    unit_starts: NDArray[np.int64]
    unit_ends: NDArray[np.int64]
    unit_of: NDArray[np.int64]


def units_of(text: str, codes: NDArray[np.uint32], starts: NDArray[np.int64], ends: NDArray[np.int64]) -> Units:
    """Lines and units of a text (``codes``: the same as code points) whose lines are given."""
    if len(text) >= ONE_LINE and _filled(text, starts, ends) == 1:
        starts, ends = sentences(text)
        return Units(starts, ends, starts, ends, np.arange(len(starts)))
    table = joined()
    width = wrapped.width_of(codes, starts, ends, table)
    if not width:
        return Units(starts, ends, starts, ends, np.arange(len(starts)))
    first = wrapped.paragraph_starts(codes, starts, ends, table, width)
    last = np.concatenate((first[1:] - 1, [len(starts) - 1]))
    unit_of = np.repeat(np.arange(len(first)), np.diff(np.concatenate((first, [len(starts)]))))
    return Units(starts, ends, starts[first], ends[last], unit_of)


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


def scan_units(text: str) -> tuple[Units, Scan]:
    """Lines and units of a text, and what stands in each unit."""
    codes = codes_of(text)
    units = units_of(text, codes, *split_lines(codes))
    return units, scan_spans(codes, units.unit_starts, units.unit_ends, lexicon())
