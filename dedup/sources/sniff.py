"""Which format a feed is in, told from its first bytes; the name only decides between text and table."""

from __future__ import annotations

import re
from typing import Final, Literal, NamedTuple

import orjson

from dedup.sources.csvfile import guess_delimiter
from dedup.sources.encoding import decode
from dedup.sources.fields import FieldTable, table

Format = Literal["jsonl", "json", "csv", "text", "html", "empty", "binary", "unknown"]


class Sniffed(NamedTuple):
    """The format; for json how many bytes stand before the first record, for csv the delimiter."""

    format: Format
    skip: int = 0
    delimiter: bytes = b","


_STRING: Final = rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"'
_KEY_LIST: Final = re.compile(rb'\{\s*"([^"\\]{1,40})"\s*:\s*|,\s*"([^"\\]{1,40})"\s*:\s*', re.S)
_HTML: Final = re.compile(
    rb"\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html|head|body|div|p|article)\b", re.S | re.I
)
_CONTROL: Final = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
_TEXT_SUFFIXES: Final = (".txt", ".text")
_HTML_SUFFIXES: Final = (".html", ".htm", ".xhtml")
_TABLE_SUFFIXES: Final = (".csv", ".tsv", ".tab")
_LINES_SUFFIXES: Final = (".jsonl", ".ndjson", ".jl")


def bare_name(name: str) -> str:
    """The name in lower case without the suffix of a compression."""
    name = name.lower()
    for suffix in (".gz", ".zst"):
        name = name.removesuffix(suffix)
    return name


def sniff(head: bytes, name: str, fields: FieldTable) -> Sniffed:
    """The format of a feed whose decompressed, UTF-8 or unknown 8-bit head is ``head``."""
    body = head.lstrip(b" \t\r\n\0")
    name = bare_name(name)
    if not body:
        return Sniffed("empty")
    if body[:1] in (b"{", b"["):
        found = _json(body, len(head) - len(body))
        if found:
            return found
    if name.endswith(_LINES_SUFFIXES):
        return Sniffed("jsonl")
    if _is_binary(body):
        return Sniffed("binary")
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


def _is_binary(body: bytes) -> bool:
    sample = body[:4096]
    return len(_CONTROL.findall(sample)) > len(sample) // 50


def _json(body: bytes, before: int) -> Sniffed | None:
    if body[:1] == b"[":
        inner = body[1:].lstrip()
        if inner[:1] in (b"{", b"]"):
            return Sniffed("json", before + 1)
        return None
    lists = _list_start(body)
    if lists is not None:
        return Sniffed("json", before + lists)
    line, newline, _ = body.partition(b"\n")
    try:
        orjson.loads(line)
    except orjson.JSONDecodeError:
        if not newline and len(body) < 1 << 16:
            return Sniffed("json", before)
        pretty = re.match(rb'\{\s*\n\s*"', body) or (line.strip() == b"{")
        return Sniffed("json", before) if pretty else Sniffed("jsonl") if re.match(rb'\{\s*"', line) else None
    return Sniffed("jsonl")


def _list_start(body: bytes) -> int | None:
    """Bytes up to the first record where the object wraps a list of records under a known name; else None."""
    known = {tuple(path.split(".")) for path in table()["wrappers"]["lists"]}
    for path in sorted(known):
        keys = rb"\s*:\s*\{(?:[^{}\[\]]*+,)?\s*".join(re.escape(f'"{key}"'.encode()) for key in path)
        found = re.match(
            rb"\{(?:\s*"
            + _STRING
            + rb"\s*:\s*(?:"
            + _STRING
            + rb"|[-\w.+]++|\{[^{}\[\]]*+\})\s*,)*?\s*"
            + keys
            + rb"\s*:\s*\[(?=\s*[{\]])",
            body,
        )
        if found and not _has_text(body[: found.end()]):
            return found.end()
    return None


def _has_text(prefix: bytes) -> bool:
    names = {match[1] or match[2] for match in _KEY_LIST.finditer(prefix)}
    texts = {name.encode() for name in table()["fields"]["text"]}
    return bool(names & texts)


def plain(head: bytes) -> str:
    """The head as text, for messages."""
    return decode(head[:80]).text
