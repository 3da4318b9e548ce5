"""How articles and matches are written to a temporary file, and read again as equal ones."""

from __future__ import annotations

import json
import struct
from collections.abc import Sequence
from datetime import datetime
from sys import getsizeof
from typing import Any

import orjson

from dedup.models import Article, Fact, Match, Passage
from dedup.spill.kept import Codec

_TEXTS = ("id", "text", "title", "url", "outlet", "html", "byline", "credit", "canonical", "file", "position")
_NONE = -1

OBJECTS = 4096
"""Bytes of an article's objects beside its text: strings, lines, roles."""

MATCH_BYTES = 1536
"""Bytes of a match with a few passages and reasons."""

_PLAIN = ("a", "b", "relation", "score", "same_story_score", "jaccard", "containment", "cosine", "reasons")


def pack_texts(texts: Sequence[str | None]) -> bytes:
    """Strings, lone surrogates and all, or None."""
    sizes = [_NONE if text is None else len(text) for text in texts]
    data = "".join(text for text in texts if text).encode("utf-8", "surrogatepass")
    return struct.pack(f"<I{len(sizes)}i", len(sizes), *sizes) + data


def unpack_texts(data: bytes) -> list[str | None]:
    """The strings of ``pack_texts``."""
    (count,) = struct.unpack_from("<I", data)
    sizes = struct.unpack_from(f"<{count}i", data, 4)
    whole, at = data[4 + 4 * count :].decode("utf-8", "surrogatepass"), 0
    texts: list[str | None] = []
    for size in sizes:
        texts.append(None if size == _NONE else whole[at : at + size])
        at += max(size, 0)
    return texts


def json_bytes(value: Any) -> bytes:
    """Lists, strings and numbers as JSON. What holds lone surrogates, which orjson refuses, goes another way."""
    try:
        return orjson.dumps(value)
    except TypeError:
        return json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass")


def json_of(data: bytes) -> Any:
    """The value of ``json_bytes``."""
    try:
        return orjson.loads(data)
    except orjson.JSONDecodeError:
        return json.loads(data.decode("utf-8", "surrogatepass"))


def _article_bytes(article: Article) -> bytes:
    when = article.published.isoformat() if article.published else None
    return pack_texts([*(getattr(article, name) for name in _TEXTS), when, *article.repairs])


def _article_of(data: bytes) -> Article:
    texts = unpack_texts(data)
    when = texts[len(_TEXTS)]
    known = dict(zip(_TEXTS, texts, strict=False))
    return Article(
        **known,  # type: ignore[arg-type]
        published=datetime.fromisoformat(when) if when else None,
        repairs=tuple(texts[len(_TEXTS) + 1 :]),  # type: ignore[arg-type]
    )


def _article_size(article: Article) -> int:
    return OBJECTS + getsizeof(article.text) + getsizeof(article.html or "")


ARTICLES = Codec(_article_bytes, _article_of, _article_size)
"""Of articles: every field, times with their offset from UTC."""


def _match_bytes(match: Match) -> bytes:
    plain = [getattr(match, name) for name in _PLAIN]
    return json_bytes([*plain, [*map(tuple, match.passages)], [*map(tuple, match.facts)]])


def _match_of(data: bytes) -> Match:
    *plain, passages, facts = json_of(data)
    known = dict(zip(_PLAIN, plain, strict=True))
    return Match(
        **known | {"containment": tuple(known["containment"]), "reasons": tuple(known["reasons"])},
        passages=tuple(Passage(*passage) for passage in passages),
        facts=tuple(Fact(code, tuple(about), weight) for code, about, weight in facts),
    )


def _match_size(_: Match) -> int:
    return MATCH_BYTES


MATCHES = Codec(_match_bytes, _match_of, _match_size)
"""Of matches, passages and reasons included."""
