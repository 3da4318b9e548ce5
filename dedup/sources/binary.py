"""What a file that is no feed looks like, so that its error says more than "binary"."""

from __future__ import annotations

import re
from typing import Final

from dedup.errors import FeedError

KNOWN: Final = (
    "JSON lines, a JSON array, CSV, TSV, .txt, .html, RSS, Atom, NITF, NewsML-G2, Parquet, WARC or a folder of these, "
    "each also as .gz or .zst"
)

_CONTROL: Final = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
_OBJECT: Final = re.compile(rb'^[ \t]*\{\s*"', re.M)
_SAMPLE: Final = 4096

_KINDS: Final[tuple[tuple[bytes, str], ...]] = (
    (b"\x89PNG", "a PNG picture"),
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"GIF8", "a GIF picture"),
    (b"RIFF", "a picture, sound or film (RIFF)"),
    (b"%PDF-", "a PDF document"),
    (b"\xd0\xcf\x11\xe0", "an Office document"),
    (b"SQLite format 3", "an SQLite database"),
    (b"\x7fELF", "a program"),
    (b"MZ", "a program"),
    (b"Obj\x01", "an Avro file"),
    (b"ORC", "an ORC file"),
    (b"ARROW1", "an Arrow file"),
    (b"\x93NUMPY", "a NumPy array"),
    (b"\x80\x04\x95", "a Python pickle"),
    (b"\x80\x05\x95", "a Python pickle"),
)
_PACKED: Final[tuple[tuple[bytes, str], ...]] = (
    (b"PK\x03\x04", "a ZIP archive or an Office document"),
    (b"\x1f\x8b", "gzip data"),
    (b"\x28\xb5\x2f\xfd", "zstd data"),
    (b"BZh", "bzip2 data"),
    (b"\xfd7zXZ", "xz data"),
    (b"\x04\x22\x4d\x18", "LZ4 data"),
    (b"7z\xbc\xaf", "a 7-Zip archive"),
    (b"Rar!\x1a", "a RAR archive"),
)


def is_binary(body: bytes) -> bool:
    """Whether the first bytes of a feed are no text of a known encoding."""
    sample = body[:_SAMPLE]
    return len(_CONTROL.findall(sample)) > len(sample) // 50 or body.startswith(b"%PDF-")


def holds_objects(body: bytes) -> bool:
    """Whether a line begins as a JSON object does: a feed of lines of which the first are damaged."""
    return _OBJECT.search(body) is not None


def is_known_binary(body: bytes) -> bool:
    """Whether the first bytes are binary and those of a kind that is known by name."""
    return is_binary(body) and _kind(body, _KINDS + _PACKED) is not None


def binary_error(head: bytes, place: str) -> FeedError:
    """The error of a binary file: what it looks like, and what to do."""
    packed, kind = _kind(head, _PACKED), _kind(head, _KINDS)
    if packed:
        return FeedError(f"this is {packed}, not a feed", place=place, remedy=f"unpack it first; give {KNOWN}")
    return FeedError(f"this is {kind or 'a binary file'}, not a feed", place=place, remedy=f"give {KNOWN}")


def _kind(body: bytes, kinds: tuple[tuple[bytes, str], ...]) -> str | None:
    return next((name for magic, name in kinds if body.startswith(magic)), None)
