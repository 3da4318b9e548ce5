"""Bytes to text, the same way every time: byte order mark, declaration, then a fixed order of trials."""

from __future__ import annotations

import codecs
import re
import tomllib
from functools import cache
from importlib.resources import files
from typing import Final, NamedTuple

BOM: Final = "bom"
BAD: Final = "bad-encoding"
NUL: Final = "nul"
SURROGATE: Final = "surrogate"

_BOMS: Final = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_SAMPLE: Final = 1 << 16
"""Bytes looked at to guess an encoding."""

_MARGIN: Final = 0.02
"""By how much a later encoding's share must exceed an earlier one's: one odd letter in fifty decides nothing."""

_LONG_RUN: Final = re.compile(r"[^\W\x00-\x7f]{3,}")
"""Three letters outside ASCII in a row: everyday in other scripts, next to never in a Latin one."""

_LATIN: Final = frozenset("éšşă")
"""Letters that tell the lists of Latin alphabets from the others."""

_ENOUGH: Final = 0.3
"""Share of typical letters below which an encoding is not believed; right ones reach .45 (Chinese) to 1."""

_WIDE: Final = re.compile(r"[^\x00-\x7f]+")
_INTACT: Final = 4
"""Characters outside ASCII that are whole for each that is not, above which bytes are UTF-8 with damage: texts in other
encodings make whole ones by accident only, less than one in three."""

_LONE: Final = re.compile("[\ud800-\udfff]")
_PAIR: Final = re.compile("[\ud800-\udbff][\udc00-\udfff]")


_NO_CHARSETS: Final = frozenset(("idna", "punycode", "raw-unicode-escape", "undefined", "unicode-escape", "utf-7"))
"""Codecs of Python that no page is written in: some take time that grows with the square of the text."""


class Decoded(NamedTuple):
    """Text and what had to be mended to read it."""

    text: str
    repairs: tuple[str, ...] = ()


def bom_of(head: bytes) -> tuple[int, str] | None:
    """Length of the byte order mark and the encoding it names, or None."""
    for mark, name in _BOMS:
        if head.startswith(mark):
            return len(mark), name
    return None


def wide_of(head: bytes) -> str | None:
    """The UTF-16 or UTF-32 flavour that the places of the zero bytes give away, or None."""
    sample = head[: min(len(head), 4096) & ~3]
    if len(sample) < 4 or b"\0" not in sample:
        return None
    quarter = len(sample) // 4
    zeros = [sample[place::4].count(0) / quarter for place in range(4)]
    if zeros[0] < 0.2 and min(zeros[2:]) > 0.95:
        return "utf-32-le"
    if zeros[3] < 0.2 and min(zeros[:2]) > 0.95:
        return "utf-32-be"
    even, odd = (zeros[0] + zeros[2]) / 2, (zeros[1] + zeros[3]) / 2
    if odd > 0.3 and even < 0.05:
        return "utf-16-le"
    if even > 0.3 and odd < 0.05:
        return "utf-16-be"
    return None


def decode(raw: bytes, declared: str | None = None) -> Decoded:
    """Text of ``raw``. Always succeeds: what no encoding explains is read as windows-1252."""
    mark = bom_of(raw)
    if mark:
        return _decoded(raw[mark[0] :], mark[1], (BOM,))
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        return _guessed(raw, declared)
    escaped = _escape_of(raw)
    return _decoded(raw, escaped, (BAD,)) if escaped else Decoded(text)


def _escape_of(raw: bytes) -> str | None:
    """The 7-bit encoding whose escape sequences the bytes hold."""
    if b"\x1b$" not in raw or not raw.isascii():
        return None
    return "iso2022_kr" if b"\x1b$)C" in raw else "iso2022_jp_2"


def _guessed(raw: bytes, declared: str | None) -> Decoded:
    damaged = raw.decode("utf-8", "replace")
    lost = damaged.count("\ufffd")
    if sum(len(run) for run in _WIDE.findall(damaged)) - lost > _INTACT * lost:
        return Decoded(damaged, (BAD,))
    if declared:
        try:
            if codecs.lookup(declared).name not in _NO_CHARSETS:
                return Decoded(raw.decode(declared))
        except (UnicodeError, LookupError):
            pass
    return _decoded(raw, wide_of(raw) or guess(raw), (BAD,))


def guess(raw: bytes) -> str:
    """The encoding of bytes that are not UTF-8, by the letters it makes of them (data/encodings.toml); windows-1252
    where nothing speaks for another."""
    lines = [line for line in raw[:_SAMPLE].split(b"\n") if not line.isascii()] or [raw]
    sample = b"\n".join(lines)
    best, score = "cp1252", 0.0
    for name, typical in _typical().items():
        share = _share(sample, name, typical)
        if share > max(score + _MARGIN, _ENOUGH if name != best else 0.0):
            best, score = name, share
    return best


def _share(sample: bytes, name: str, typical: frozenset[str]) -> float:
    """Share of the non-ASCII characters that are typical; a character cut off at the end is forgiven."""
    try:
        text = codecs.getincrementaldecoder(name)().decode(sample)
    except UnicodeError:
        return 0.0
    wide = sum(letter > "\x7f" for letter in text)
    if not typical.isdisjoint(_LATIN):
        text = _LONG_RUN.sub("", text)
    pairs = zip(" " + text, text, strict=False)  # a capital behind a small letter is the mark of a wrong table
    known = sum(letter in typical and not (letter.isupper() and before.islower()) for before, letter in pairs)
    return known / wide if wide else 0.0


@cache
def _typical() -> dict[str, frozenset[str]]:
    data = tomllib.loads((files("dedup.sources") / "data" / "encodings.toml").read_text(encoding="utf-8"))
    letters = {entry["name"]: entry.get("typical") for entry in data["encoding"]}
    return {
        entry["name"]: frozenset(letters[entry.get("like", entry["name"])] + data["punctuation"])
        for entry in data["encoding"]
    }


def legacy_of(head: bytes) -> str | None:
    """The multi-byte encoding of a feed none of whose non-ASCII lines is UTF-8: their bytes may look like ASCII
    brackets and backslashes, so that such a feed is converted before it is split. None for every other feed."""
    escaped = _escape_of(head)
    if escaped:
        return escaped
    lines = [line for line in head.split(b"\n")[:-1] or [head] if not line.isascii()]
    if not lines or any(_is_utf8(line) for line in lines):
        return None
    name = guess(b"\n".join(lines))
    return name if name in ("cp932", "gb18030", "big5", "euc_jp", "cp949") else None


def _is_utf8(raw: bytes) -> bool:
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError as error:
        return error.reason == "unexpected end of data"
    return True


def _decoded(raw: bytes, name: str, repairs: tuple[str, ...]) -> Decoded:
    try:
        return Decoded(raw.decode(name), repairs)
    except UnicodeDecodeError:
        return Decoded(raw.decode(name, "replace"), tuple(dict.fromkeys((*repairs, BAD))))


def is_unclean(text: str | None) -> bool:
    """Whether ``scrub`` would change the text. Looks at its UTF-8, where the search is three times as fast."""
    if text is None or text.isascii():
        return text is not None and "\0" in text
    try:
        return b"\0" in text.encode()
    except UnicodeEncodeError:
        return True


def scrub(text: str) -> Decoded:
    """The text without NULs, surrogate pairs joined and lone surrogates replaced by U+FFFD: strict UTF-8 then."""
    repairs = []
    if "\0" in text:
        text = text.replace("\0", "")
        repairs.append(NUL)
    if _LONE.search(text):
        text = _PAIR.sub(_joined, text)
        text, lone = _LONE.subn("\ufffd", text)
        if lone:
            repairs.append(SURROGATE)
    return Decoded(text, tuple(repairs))


def _joined(pair: re.Match[str]) -> str:
    return pair[0].encode("utf-16", "surrogatepass").decode("utf-16")
