"""XML made harmless before any parser sees it: no document type, no entities of its own, UTF-8."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from dedup.sources.encoding import BOM, decode, scrub

_DECLARATION: Final = re.compile(rb"\s*<\?xml\b[^>]{0,400}\?>")
_ENCODING: Final = re.compile(rb"""encoding\s*=\s*["']([\w.:-]{2,40})["']""")
_DOCTYPE: Final = re.compile(rb"<!DOCTYPE\b[^\[>]*+(?:\[(?:[^\]\"']*+|\"[^\"]*+\"|'[^']*+')*+\]\s*)?>", re.I)
_ENTITY: Final = re.compile(rb"<!ENTITY\s+(?:%\s+)?([\w.:-]{1,200})")
_SKIPPED: Final = re.compile(rb"(?:\s++|<\?.*?\?>|<!--.*?-->|<!DOCTYPE\b[^\[>]*+(?:\[.*?\]\s*)?>)*+", re.S | re.I)
_ROOT: Final = re.compile(rb"<(?:([\w.-]+):)?([\w.-]+)")
_CONTROL: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


class Prologue(NamedTuple):
    """What stands before the content: the declared encoding and the names of the entities declared."""

    encoding: str | None
    entities: frozenset[bytes]


def prologue_of(head: bytes) -> Prologue:
    """Read the declaration and document type of an XML head."""
    declaration = _DECLARATION.match(head)
    encoding = _ENCODING.search(declaration[0]) if declaration else None
    return Prologue(encoding[1].decode() if encoding else None, frozenset(_ENTITY.findall(head)))


def without_doctype(raw: bytes) -> bytes:
    """The document without declaration and document type."""
    return _DOCTYPE.sub(b"", _DECLARATION.sub(b"", raw, count=1), count=1)


def root_of(head: bytes) -> str | None:
    """The local name of the root element in lower case, or None where the text is not XML."""
    found = _ROOT.match(head, _SKIPPED.match(head).end())  # type: ignore[union-attr]  # matches the empty string
    return found[2].decode("ascii", "replace").lower() if found else None


def uses_entities(raw: bytes, entities: frozenset[bytes]) -> bool:
    """Whether the text refers to an entity that the document declared itself."""
    return any(b"&" + name + b";" in raw for name in entities)


class Mended(NamedTuple):
    """Text safe for a parser, and the repairs."""

    text: str
    repairs: tuple[str, ...]


def mended(raw: bytes, encoding: str | None) -> Mended:
    """Decode and drop the characters that XML forbids."""
    text, repairs = decode(raw, encoding)
    text, more = scrub(text)
    text, controls = _CONTROL.subn("", text)
    names = tuple(name for name in (*repairs, *more) if name != BOM)
    return Mended(text, (*names, "control-chars") if controls else names)
