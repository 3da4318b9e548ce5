"""Make dedup/text/data/characters.npz: what every code point is to the tokeniser, from this Python's unicodedata.

Run once and ship the file, so that Python 3.11 to 3.14 (Unicode 14 to 16) give the same tokens:
``python training/make_characters.py``.
"""

from __future__ import annotations

import unicodedata
from pathlib import Path

import numpy as np

TARGET = Path(__file__).parent.parent / "dedup" / "text" / "data" / "characters.npz"
SEPARATOR, LETTER, DIGIT, SKIP, SINGLE, APOSTROPHE, POINT, COMMA = range(8)
LATIN, CYRILLIC_GREEK = 1, 2
LONGEST_EXPANSION = 4

# Letters with a stroke, ligature or other shape that Unicode does not decompose.
SHAPES = {
    "æ": "ae", "œ": "oe", "ø": "o", "đ": "d", "ð": "d", "ł": "l", "ħ": "h", "ŧ": "t", "ı": "i", "þ": "th",
    "ŋ": "n", "ɑ": "a", "ɡ": "g", "ɩ": "i", "ƅ": "b", "ᴀ": "a", "ʙ": "b", "ᴄ": "c", "ᴅ": "d", "ᴇ": "e",
    "ꜰ": "f", "ɢ": "g", "ʜ": "h", "ɪ": "i", "ᴊ": "j", "ᴋ": "k", "ʟ": "l", "ᴍ": "m", "ɴ": "n", "ᴏ": "o",
    "ᴘ": "p", "ʀ": "r", "ꜱ": "s", "ᴛ": "t", "ᴜ": "u", "ᴠ": "v", "ᴡ": "w", "ʏ": "y", "ᴢ": "z",
}  # fmt: skip
APOSTROPHES = "'’‘‛ʼʻʹˈ′´`＇ꞌ"
# Combining marks that are decoration or optional pointing, and characters without width of their own.
SKIPPED = (
    (0x00AD, 0x00AD), (0x0300, 0x036F), (0x0483, 0x0489), (0x0591, 0x05BD), (0x05BF, 0x05BF), (0x05C1, 0x05C2),
    (0x05C4, 0x05C5), (0x05C7, 0x05C7), (0x0610, 0x061C), (0x0640, 0x0640), (0x064B, 0x065F), (0x0670, 0x0670),
    (0x06D6, 0x06DC), (0x06DF, 0x06E4), (0x06E7, 0x06E8), (0x06EA, 0x06ED), (0x115F, 0x1160), (0x17B4, 0x17B5),
    (0x180B, 0x180F), (0x1AB0, 0x1AFF), (0x1DC0, 0x1DFF), (0x200B, 0x200F), (0x202A, 0x202E), (0x2060, 0x206F),
    (0x20D0, 0x20FF), (0x3099, 0x309A), (0x3164, 0x3164), (0xFE00, 0xFE0F), (0xFE20, 0xFE2F), (0xFEFF, 0xFEFF),
    (0xFFA0, 0xFFA0), (0xFFF9, 0xFFFB), (0xE0000, 0xE0FFF), (0x1BCA0, 0x1BCA3), (0x1D173, 0x1D17A),
)  # fmt: skip
# Scripts written without spaces: every character is a token. Hangul has spaces and keeps its words.
UNSPACED = (
    (0x0E01, 0x0E3A), (0x0E40, 0x0E4E), (0x0E81, 0x0EDF), (0x1000, 0x103F), (0x1050, 0x109F), (0x1780, 0x17D3),
    (0x1950, 0x19DF), (0x1A20, 0x1AAF), (0x2E80, 0x2FDF), (0x3005, 0x3007), (0x3021, 0x3029), (0x3041, 0x3096),
    (0x309D, 0x309F), (0x30A1, 0x30FA), (0x30FC, 0x312F), (0x31A0, 0x31BF), (0x31F0, 0x31FF), (0x3400, 0x4DBF),
    (0x4E00, 0x9FFF), (0xA9E0, 0xA9FE), (0xAA60, 0xAA7F), (0xF900, 0xFAFF), (0xFF66, 0xFF9F), (0x1B000, 0x1B16F),
    (0x20000, 0x3FFFD),
)  # fmt: skip
# What a reader takes for a Latin letter, by the very code point seen (case decides: Ν is N, ν is v).
CONFUSABLE = dict(
    zip(
        "АВЕІЇЈКМНОРСТУХЅԀԌԚԜҺҮабвегикмнопрстухіїјѕԁԛԝһүѵѴӀӏьЬгГҽҼєЄΑΒΕΖΗΙΚΜΝΟΡΤΥΧαβγεηικνορτυχωσϲϹϳ",
        "abeiijkmhopctyxsdgqwhyabberukmhonpctyxiijsdqwhyvvllbbrreeeeabezhikmnoptyxabyenikvoptuxwoccj",
        strict=True,
    )
)
# Cyrillic and Greek letters that look Latin in both cases: a word of nothing else is read as Latin.
TWINS = dict(zip("аеорсухіјѕԁԛԝһοαιν", "aeopcyxijsdqwhoaiv", strict=True))


def within(code: int, ranges: tuple[tuple[int, int], ...]) -> bool:
    return any(low <= code <= high for low, high in ranges)


def folded(char: str) -> str:
    """The character without case, width, ligature or diacritics."""
    if within(ord(char), ((0xAC00, 0xD7A3), (0x1100, 0x11FF))):
        return char  # the kernel takes Hangul apart by arithmetic
    text = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", char).casefold())
    bare = "".join(c for c in unicodedata.normalize("NFD", text) if not within(ord(c), SKIPPED))
    if within(ord(text[0]), ((0xAC00, 0xD7A3),)):
        bare = text
    return "".join(SHAPES.get(c, c) for c in bare)


def kind(char: str) -> int:
    code, category = ord(char), unicodedata.category(char)
    if within(code, SKIPPED):
        return SKIP
    if char in APOSTROPHES:
        return APOSTROPHE
    if char in ".．":
        return POINT
    if char in ",，":
        return COMMA
    if category == "Nd":
        return DIGIT
    if within(code, UNSPACED) and category[0] in "LMN":
        return SINGLE
    plain = unicodedata.normalize("NFKC", char)
    enclosed = category == "So" and len(plain) == 1 and unicodedata.category(plain)[0] == "L"
    return LETTER if category[0] in "LMN" or category == "Co" or enclosed else SEPARATOR


def script(char: str) -> int:
    name = unicodedata.name(char, "")
    if "GREEK" in name or "CYRILLIC" in name:
        return CYRILLIC_GREEK
    return LATIN if char.isascii() or "LATIN" in name else 0


def entry(code: int, expansions: list[str]) -> tuple[int, int]:
    """Class and script, and what the code point folds to: a code point, or 0x110000 + number of an expansion."""
    char = chr(code)
    which = kind(char)
    if which == DIGIT:
        return which, ord("0") + unicodedata.digit(char)
    if which not in (LETTER, SINGLE):
        return which, 0
    text = folded(char)
    kinds = {kind(c) for c in text}
    if not text or len(text) > LONGEST_EXPANSION or not kinds <= {LETTER, DIGIT, SINGLE}:
        return which | 16 * script(char), code
    if len(text) == 1:
        new = kind(text)
        shown = ord("0") + unicodedata.digit(text) if new == DIGIT else ord(text)
        return new | 16 * (script(text) if new == LETTER else 0), shown
    if text not in expansions:
        expansions.append(text)
    return which | 16 * script(text[0]), 0x110000 + expansions.index(text)


def main() -> None:
    expansions: list[str] = []
    rows = [(0, 0) if 0xD800 <= code < 0xE000 else entry(code, expansions) for code in range(0x110000)]
    table = np.array(rows, dtype=np.int64)
    delta = np.where(table[:, 1] == 0, 0, table[:, 1] - np.arange(0x110000))
    changes = np.flatnonzero(np.any(np.diff(np.c_[table[:, 0], delta, table[:, 1] == 0], axis=0) != 0, axis=1)) + 1
    starts = np.r_[0, changes]
    packed = np.zeros((len(expansions), LONGEST_EXPANSION), dtype=np.uint32)
    for row, text in enumerate(expansions):
        packed[row, : len(text)] = [ord(c) for c in text]
    look = sorted((ord(a), ord(b)) for a, b in CONFUSABLE.items())
    np.savez_compressed(
        TARGET,
        unicode=np.array([int(part) for part in unicodedata.unidata_version.split(".")], dtype=np.int32),
        starts=starts.astype(np.int32),
        kinds=table[starts, 0].astype(np.uint8),
        deltas=np.where(table[starts, 1] == 0, -(1 << 30), delta[starts]).astype(np.int32),
        expansions=packed,
        lookalikes=np.array(look, dtype=np.int32),
        twins=np.array(sorted((ord(a), ord(b)) for a, b in TWINS.items()), dtype=np.int32),
    )
    print(TARGET.name, len(starts), "runs", len(expansions), "expansions", TARGET.stat().st_size, "bytes")


if __name__ == "__main__":
    main()
