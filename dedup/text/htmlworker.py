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
from typing import Any, BinaryIO

import numpy as np

from dedup.text import blocks as page_blocks
from dedup.text.page import PageMeta, read_page_meta

MAX_BLOCKS = 4000
MAX_BYTES = 3_000_000
"""Above either, trafilatura is left out: it is superlinear on flat pages (25,000 short paragraphs take it 6.6 s)."""
_WORD = re.compile(r"\w+")
_OPEN = re.compile(
    r"<(/?)(div|span|table|tbody|tr|td|ul|ol|li|section|article|font|b|i|em|strong|p|a|blockquote)\b", re.I
)
_PAGE = re.compile(r"<(html|body|head)\b", re.I)
DEEP = 200
"""Nesting from which the walk is checked: libxml2 by itself drops text below 256 levels without a word."""


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
    rows = np.array(page_blocks.structure(found), dtype=np.float32).reshape(len(lines), len(page_blocks.NAMES))
    if len(lines) > MAX_BLOCKS or len(html) > MAX_BYTES:
        notes.append("html-lines-only")
        members = np.zeros((len(lines), 2), dtype=np.float32)
    else:
        members = np.array(_members(html, lines), dtype=np.float32).reshape(2, len(lines)).T
    answer = {"lines": lines, "meta": _plain(meta), "notes": notes}
    return answer, np.hstack([rows, members]).astype(np.float32).tobytes()


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
    """Whether the page nests deeper than DEEP and words of its source did not arrive."""
    depth = deepest = 0
    for hit in _OPEN.finditer(html):
        depth = max(0, depth - 1) if hit.group(1) else depth + 1
        deepest = max(deepest, depth)
    if deepest <= DEEP:
        return False
    bare = re.sub(r"(?is)<(script|style|noscript)\b.*?</\1>|<[^>]*>|&\w+;", " ", html)
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
