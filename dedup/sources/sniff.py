"""Which format a feed is in, told from its first bytes; the name only decides between text and table."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import Final, Literal, NamedTuple

import orjson

from dedup.sources import parquet, warc
from dedup.sources.binary import holds_objects, is_binary
from dedup.sources.csvfile import guess_delimiter
from dedup.sources.fields import FieldTable
from dedup.sources.jsonarray import list_start
from dedup.sources.xmltext import root_of

Format = Literal[
    "jsonl",
    "json",
    "quarantine",
    "csv",
    "text",
    "html",
    "rss",
    "newsxml",
    "parquet",
    "warc",
    "empty",
    "binary",
    "unknown",
]


class Sniffed(NamedTuple):
    """The format, and for csv the delimiter."""

    format: Format
    delimiter: bytes = b","


_HTML: Final = re.compile(
    rb"\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html|head|body|div|p|article)\b", re.S | re.I
)
_ROOTS: Final[dict[str | None, Format]] = {
    "rss": "rss",
    "feed": "rss",
    "rdf": "rss",
    "nitf": "newsxml",
    "newsitem": "newsxml",
    "newsmessage": "newsxml",
}
_QUARANTINED: Final = (b'"quarantine":', b'"position":', b'"code":', b'"complete":')
"""Keys by which a line is a rejected record; inside a text their quotes would be escaped."""

_LINES: Final = 20
"""Lines tried as JSON: a broken first line does not hide what the feed is."""

_TEXT_SUFFIXES: Final = (".txt", ".text")
_HTML_SUFFIXES: Final = (".html", ".htm", ".xhtml")
_TABLE_SUFFIXES: Final = (".csv", ".tsv", ".tab")
LINES_SUFFIXES: Final = (".jsonl", ".ndjson", ".jl")


def bare_name(name: str) -> str:
    """The name in lower case without the suffix of a compression."""
    name = name.lower()
    for suffix in (".gz", ".zst"):
        name = name.removesuffix(suffix)
    return name


def stem_of(name: str) -> str:
    """The name without the suffixes of its compression and article format."""
    bare = name[: len(bare_name(name))]
    for suffix in (*_TEXT_SUFFIXES, *_HTML_SUFFIXES):
        if bare.lower().endswith(suffix) and PurePosixPath(bare).name.lower() != suffix:
            return bare[: -len(suffix)]
    return bare


def sniff(head: bytes, name: str, fields: FieldTable) -> Sniffed:
    """The format of a feed whose decompressed, UTF-8 or unknown 8-bit head is ``head``."""
    body = head.lstrip(b" \t\r\n\0")
    name = bare_name(name)
    if not body:
        return Sniffed("empty")
    found = _json(body, fields)
    if found:
        return found
    if head.startswith(parquet.MAGIC):
        return Sniffed("parquet")
    if body.startswith(warc.MAGIC):
        return Sniffed("warc")
    by_lines = name.endswith(LINES_SUFFIXES)
    if is_binary(body) and not (by_lines and holds_objects(body)):
        return Sniffed("binary")
    if by_lines:
        return Sniffed("jsonl")
    if body.startswith(b"<") and root_of(body) in _ROOTS:
        return Sniffed(_ROOTS[root_of(body)])
    if name.endswith(_HTML_SUFFIXES) or _HTML.match(body):
        return Sniffed("html")
    if name.endswith(_TEXT_SUFFIXES):
        return Sniffed("text")
    delimiter = guess_delimiter(body, fields)
    if delimiter:
        return Sniffed("csv", delimiter=delimiter)
    if name.endswith(_TABLE_SUFFIXES):
        return Sniffed("csv", delimiter=b"\t" if name.endswith((".tsv", ".tab")) else b",")
    return Sniffed("unknown")


def _json(body: bytes, fields: FieldTable) -> Sniffed | None:
    """JSON lines where one of the first lines is an article of its own; otherwise objects in a list, around one, or
    one after another. Rejected records to be read again where one of the first lines is one."""
    if re.match(rb"\[\s*[{\]]", body):
        return Sniffed("json")
    is_object = re.match(rb'\{\s*["}]', body) is not None
    if is_object and list_start(body, 0):
        first = body.partition(b"\n")[0]
        return Sniffed("jsonl" if _is_article(first, fields) and first != body else "json")
    lines = body.split(b"\n")
    if is_object and any(all(key in line for key in _QUARANTINED) for line in lines[:_LINES]):
        return Sniffed("quarantine")
    if len(lines) > 1 and any(_is_article(line, fields) for line in lines[:_LINES]):
        return Sniffed("jsonl")
    if not is_object:
        return None
    return Sniffed("json" if re.match(rb"\{\s*\n", body) or len(lines) == 1 else "jsonl")


def _is_article(line: bytes, fields: FieldTable) -> bool:
    try:
        value = orjson.loads(line)
    except orjson.JSONDecodeError:
        return False
    plan = fields.plan(value) if isinstance(value, dict) else None
    return plan is not None and bool(plan.text or plan.html)
