"""A file that is one article: plain text or HTML."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from dedup.models import Article, Rejection
from dedup.sources.encoding import decode, scrub
from dedup.sources.limits import MAX_RECORD
from dedup.sources.records import RecordMaker
from dedup.sources.streams import Chunks, Gap

_CHARSET: Final = re.compile(rb"""(?:charset|encoding)\s*=\s*["']?\s*([\w.:-]{2,40})""", re.I)


def read_text_file(chunks: Chunks, maker: RecordMaker, article_id: str, *, html: bool) -> Iterator[Article | Rejection]:
    """The one article of a .txt or .html file; its title and time are unknown."""
    pieces: list[bytes] = []
    size = 0
    for chunk in chunks:
        if isinstance(chunk, Gap):
            yield maker.damage(chunk)
            return
        pieces.append(chunk)
        size += len(chunk)
        if size > MAX_RECORD:
            message = f"the file is larger than {MAX_RECORD >> 20} MiB, which is no article"
            yield maker.reject(0, "too-large", message, b"".join(pieces))
            return
    yield _article(b"".join(pieces), maker, article_id, html)


def charset_of(raw: bytes) -> str | None:
    """The charset that an HTML page's own first bytes declare."""
    found = _CHARSET.search(raw, 0, 4096)
    return found[1].decode("ascii") if found else None


def _article(raw: bytes, maker: RecordMaker, article_id: str, html: bool) -> Article | Rejection:
    text, repairs = decode(raw, charset_of(raw) if html else None)
    text, mended = scrub(text)
    if not text.strip():
        return maker.reject(0, "no-text", "the file holds no text", raw)
    repairs = (*maker.once, *maker.always, *repairs, *mended)
    article_id = scrub(article_id).text
    body, page = ("", text) if html else (text, None)
    return Article(article_id, body, html=page, repairs=repairs, file=maker.file, position="offset 0")
