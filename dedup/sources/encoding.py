"""Bytes to text, the same way every time: byte order mark, declaration, then a fixed order of trials."""

from __future__ import annotations

import codecs
import re
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
_LONE: Final = re.compile("[\ud800-\udfff]")
_PAIR: Final = re.compile("[\ud800-\udbff][\udc00-\udfff]")


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
    if zeros[0] < 0.2 and min(zeros[1:]) > 0.8:
        return "utf-32-le"
    if zeros[3] < 0.2 and min(zeros[:3]) > 0.8:
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
        return Decoded(raw.decode("utf-8"))
    except UnicodeDecodeError:
        return _guessed(raw, declared)


def _guessed(raw: bytes, declared: str | None) -> Decoded:
    wide = wide_of(raw)
    if wide:
        return _decoded(raw, wide, (BAD,))
    for name in filter(None, (declared,)):
        try:
            return Decoded(raw.decode(name))
        except (UnicodeDecodeError, LookupError):
            continue
    return Decoded(raw.decode("cp1252", "replace"), (BAD,))


def _decoded(raw: bytes, name: str, repairs: tuple[str, ...]) -> Decoded:
    try:
        return Decoded(raw.decode(name), repairs)
    except UnicodeDecodeError:
        return Decoded(raw.decode(name, "replace"), tuple(dict.fromkeys((*repairs, BAD))))


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
