"""Character classes and lower case as arrays, so that compiled code can read a text without calling Python."""

from __future__ import annotations

import sys
import unicodedata
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

OTHER, LOWER, UPPER, CASELESS, DIGIT, SPACE, BREAK, STOP = range(8)
QUOTE, DASH, COMMA, APOSTROPHE, BRACKET, PUNCTUATION, WIDE, IGNORED = range(8, 16)

TABLE_SIZE = 0x20000
"""Code points with an own entry: the two planes that hold every living script. Above, all are of class WIDE."""

_BREAKS = "\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029"
_STOPS = ".!?\u2026\u3002\uff01\uff1f\u061f\u06d4\u0964\uff0e\uff61"
_QUOTES = '"\u201c\u201d\u201e\u201f\u00ab\u00bb\u2039\u203a\u300c\u300d\u300e\u300f\u301d\u301e\uff02'
_APOSTROPHES = "'\u2019\u2018\u02bc\uff07\u201b`\u00b4"
_COMMAS = ",;:\u3001\uff0c\uff1b\uff1a\u060c\u061b\u00b7\u2022"
_WIDE_RANGES = (
    (0x2E80, 0x3000),
    (0x3040, 0x3100),
    (0x3400, 0x4DC0),
    (0x4E00, 0xA000),
    (0xF900, 0xFB00),
    (0x0E00, 0x0E50),
)


@lru_cache(maxsize=1)
def tables() -> tuple[NDArray[np.uint8], NDArray[np.uint32]]:
    """Class and lower-case code of every code point below TABLE_SIZE: two arrays of that length."""
    classes = np.zeros(TABLE_SIZE, dtype=np.uint8)
    lower = np.arange(TABLE_SIZE, dtype=np.uint32)
    for code in range(TABLE_SIZE):
        char = chr(code)
        classes[code] = _class_of(char, code)
        if classes[code] == UPPER:
            small = char.lower()
            lower[code] = ord(small) if len(small) == 1 else code
    classes.setflags(write=False)
    lower.setflags(write=False)
    return classes, lower


@lru_cache(maxsize=1)
def joined() -> NDArray[np.uint32]:
    """The two tables in one, for compiled code: the lower-case code, the class from bit 24 on; an entry for every code
    point, so that none has to be compared."""
    classes, lower = tables()
    table = np.arange(sys.maxunicode + 1, dtype=np.uint32) | np.uint32(WIDE << 24)
    table[:TABLE_SIZE] = lower | classes.astype(np.uint32) << np.uint32(24)
    table.setflags(write=False)
    return table


def _class_of(char: str, code: int) -> int:
    for members, kind in ((_BREAKS, BREAK), (_STOPS, STOP), (_QUOTES, QUOTE), (_APOSTROPHES, APOSTROPHE)):
        if char in members:
            return kind
    if char in _COMMAS:
        return COMMA
    category = unicodedata.category(char)
    if category[0] in "LM" and any(low <= code < high for low, high in _WIDE_RANGES):
        return WIDE
    return _CLASS_OF_CATEGORY.get(category, _CLASS_OF_CATEGORY.get(category[0], OTHER))


_CLASS_OF_CATEGORY = {
    "Ll": LOWER,
    "Lu": UPPER,
    "Lt": UPPER,
    "L": CASELESS,
    "M": CASELESS,
    "N": DIGIT,
    "Z": SPACE,
    "Pd": DASH,
    "Ps": BRACKET,
    "Pe": BRACKET,
    "P": PUNCTUATION,
    "Cf": IGNORED,
    "Cc": SPACE,
    "Cs": IGNORED,
}
