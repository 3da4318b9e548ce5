"""The process that reads pages: parses, walks, runs trafilatura, and answers over pipes. Killed when it is too slow.

A request is a length (8 bytes, big-endian) and that many bytes of UTF-8 HTML; an answer two such parts: JSON
(lines, metadata, notes) and float32 rows of structure. Run as ``python -m dedup.text.htmlworker``.
"""

from __future__ import annotations

import dataclasses
import json
import re
import sys
from collections.abc import Sequence
from html import unescape
from typing import Any, BinaryIO

import numpy as np

from dedup.text import blocks as page_blocks
from dedup.text import containers
from dedup.text.page import PageMeta, claimed_texts, read_page_meta

MAX_BLOCKS = 4000
MAX_BYTES = 3_000_000
"""Above either, trafilatura is left out: it is superlinear on flat pages (25,000 short paragraphs take it 6.6 s)."""
CLAIMS = ("claimed", "claims_chars", "claims_share", "summed_up", "summary_words")
"""Names of the columns that compare a line with what the page's metadata give as its body and summary."""
_WORD = re.compile(r"\w+")
_OPEN = re.compile(
    r"<(/?)(div|span|table|tbody|tr|td|ul|ol|li|section|article|font|b|i|em|strong|p|a|blockquote)\b", re.I
)
_PAGE = re.compile(r"<(html|body|head)\b", re.I)
DEEP = 200
"""Nesting from which the walk is checked: libxml2 by itself drops text below 256 levels without a word."""


LOST_SHARE = 0.02
"""Share of the words below DEEP that may be missing: text of scripts, of buttons, of what is hidden."""
_BARE = re.compile(r"(?is)<(script|style|noscript)\b.*?</\1>|<[^>]*>|&\w+;")
_TEXT = re.compile(r"[^>]*>([^<]*)")


def read_page(html: str) -> tuple[dict[str, Any], bytes]:
    """Lines, metadata and notes of a page as plain data, and its structural rows as float32 bytes."""
    html = whole(html)
    root = page_blocks.parse(html)
    if root is None:
        return {"lines": [], "meta": {}, "notes": ["no-text"]}, b""
    meta = read_page_meta(root)
    found = page_blocks.blocks_of(root)
    lines = [block.text for block in found]
    notes = ["text-truncated"] if _lost_depth(html, lines) else []
    if not lines:
        notes.append("no-text")
    rows = np.array(page_blocks.structure(found), dtype=np.float32).reshape(len(lines), len(page_blocks.NAMES))
    held = np.array(containers.container_rows(found), dtype=np.float32).reshape(len(lines), len(containers.NAMES))
    claims = np.array(_claims(lines, *claimed_texts(root)), dtype=np.float32).reshape(len(lines), len(CLAIMS))
    if len(lines) > MAX_BLOCKS or len(html) > MAX_BYTES:
        notes.append("html-lines-only")
        members = np.zeros((len(lines), 2), dtype=np.float32)
    else:
        members = np.array(_members(html, lines), dtype=np.float32).reshape(2, len(lines)).T
    answer = {"lines": lines, "meta": _plain(meta), "notes": notes}
    return answer, np.hstack([rows, held, claims, members]).astype(np.float32).tobytes()


def _claims(lines: Sequence[str], body: str, summary: str) -> list[list[float]]:
    """Columns CLAIMS of every line: its share in the body that the page's metadata give, that body's length, the part
    of the page's long lines that it holds; the line's share in the summary, and that one's words."""
    none = [0.0] * len(lines)
    in_body, in_summary = (share_in(lines, text) if text else none for text in (body, summary))
    sizes = [len(line) if len(line) >= containers.PROSE_CHARS else 0 for line in lines]
    covered = sum(size * share for size, share in zip(sizes, in_body, strict=True)) / max(1, sum(sizes))
    words = float(min(200, len(summary.split())))
    return [[share, float(len(body)), covered, told, words] for share, told in zip(in_body, in_summary, strict=True)]


def whole(html: str) -> str:
    """The page, or a fragment of one (what feeds carry) made into a page: parsers drop text that stands in nothing."""
    return html if _PAGE.search(html) else f"<html><body><article>{html}</article></body></html>"


def _plain(meta: PageMeta) -> dict[str, Any]:
    plain = dataclasses.asdict(meta)
    plain["published"] = meta.published.isoformat() if meta.published else None
    return plain


def _members(html: str, lines: Sequence[str]) -> list[list[float]]:
    """Share of each line that trafilatura keeps, in its fast and in its precise mode."""
    import trafilatura

    shares = []
    for precise in (False, True):
        kept = trafilatura.extract(
            html, fast=True, include_comments=False, include_tables=True, favor_precision=precise, deduplicate=False
        )
        shares.append(share_in(lines, kept or ""))
    return shares


def share_in(lines: Sequence[str], text: str) -> list[float]:
    """Share of every line's word 4-grams that stand in ``text``; a short line counts when it is a line of it."""
    words = _WORD.findall(text)
    grams = set(zip(words, words[1:], words[2:], words[3:], strict=False))
    whole = {" ".join(_WORD.findall(line)) for line in text.split("\n")}
    shares = []
    for line in lines:
        own = _WORD.findall(line)
        if len(own) >= 4:
            hits = sum(gram in grams for gram in zip(own, own[1:], own[2:], own[3:], strict=False))
            shares.append(hits / (len(own) - 3))
        else:
            shares.append(float(" ".join(own) in whole))
    return shares


def _lost_depth(html: str, lines: Sequence[str]) -> bool:
    """Whether the page nests deeper than DEEP and words that stand so deep did not arrive."""
    depth = deepest = lost = found = 0
    known: set[str] = set()
    for hit in _OPEN.finditer(html):
        depth = max(0, depth - 1) if hit.group(1) else depth + 1
        if depth <= DEEP:
            continue
        deepest = depth
        known = known or {word for line in lines for word in _WORD.findall(line)} | {""}
        text = _TEXT.match(html, hit.end())
        words = _WORD.findall(unescape(text.group(1))) if text else []
        found += len(words)
        lost += sum(word not in known for word in words)
    if not deepest or lost > LOST_SHARE * found:
        return bool(deepest)
    bare = _BARE.sub(" ", html)
    return len(_WORD.findall(bare)) > 1.05 * sum(len(_WORD.findall(line)) for line in lines) + 1


def serve(requests: BinaryIO, answers: BinaryIO) -> None:
    """Answer requests until the pipe closes."""
    while True:
        head = requests.read(8)
        if len(head) < 8:
            return
        html = requests.read(int.from_bytes(head, "big")).decode("utf-8", "replace")
        answer, rows = read_page(html)
        for part in (json.dumps(answer, ensure_ascii=True).encode(), rows):
            answers.write(len(part).to_bytes(8, "big") + part)
        answers.flush()


if __name__ == "__main__":
    serve(sys.stdin.buffer, sys.stdout.buffer)
