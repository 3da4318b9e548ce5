"""NITF and NewsML-G2: the XML that agencies deliver, one or several items a file."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final
from xml.etree import ElementTree

from dedup.models import Article, Rejection
from dedup.sources.limits import MAX_DEPTH, MAX_RECORD
from dedup.sources.records import RecordMaker
from dedup.sources.streams import Chunks, Gap
from dedup.sources.xmltext import mended, prologue_of, uses_entities, without_doctype

_NAMESPACE: Final = re.compile(r"\{[^}]*\}")
_TAG: Final = re.compile(rb"<(/?)[A-Za-z_][^>]*?(/?)>")
_BLOCKS: Final = frozenset(("p", "hl2", "li", "h1", "h2", "h3", "h4", "block", "tr", "dd"))

Element = ElementTree.Element


def read_news_xml(chunks: Chunks, maker: RecordMaker) -> Iterator[Article | Rejection]:
    """The articles of one document; positions are record numbers. A document is at most 16 MiB."""
    pieces: list[bytes] = []
    size = 0
    for chunk in chunks:
        if isinstance(chunk, Gap):
            yield maker.damage(chunk)
            continue
        pieces.append(chunk)
        size += len(chunk)
        if size > MAX_RECORD:
            message = f"the document is larger than {MAX_RECORD >> 20} MiB"
            yield maker.reject(1, "too-large", message, b"".join(pieces))
            return
    if pieces:
        yield from _items(b"".join(pieces), maker)


def _items(raw: bytes, maker: RecordMaker) -> Iterator[Article | Rejection]:
    prologue = prologue_of(raw[: 1 << 20])
    if uses_entities(raw, prologue.entities):
        yield maker.reject(1, "xml-entity", "the document uses entities that it declares", raw)
        return
    if _too_deep(raw):
        yield maker.reject(1, "xml-syntax", f"the document nests deeper than {MAX_DEPTH} elements", raw)
        return
    text, repairs = mended(without_doctype(raw), prologue.encoding)
    try:
        root = ElementTree.fromstring(text)
    except ElementTree.ParseError as error:
        yield maker.reject(1, "xml-syntax", f"this is not XML: {error}", raw)
        return
    for element in root.iter():
        element.tag = _local(element)
    read = _of_nitf if root.tag == "nitf" else _of_newsml
    found = [*root.iter("nitf" if root.tag == "nitf" else "newsItem")]
    if not found:
        yield maker.reject(1, "missing-field", "the document holds no nitf and no newsItem element", raw)
    for number, item in enumerate(found, 1):
        yield maker.make(read(item), number, raw if len(found) == 1 else ElementTree.tostring(item), repairs)


def _too_deep(raw: bytes) -> bool:
    depth = 0
    for tag in _TAG.finditer(raw):
        depth += -1 if tag[1] else 0 if tag[2] else 1
        if depth > MAX_DEPTH:
            return True
    return False


def _local(element: Element) -> str:
    return _NAMESPACE.sub("", element.tag) if isinstance(element.tag, str) else ""


def _words(element: Element | None) -> str | None:
    """The text of an element on one line."""
    return " ".join("".join(element.itertext()).split()) or None if element is not None else None


def _paragraphs(body: Element | None) -> str:
    """One line a paragraph; a body without paragraph elements is taken line by line."""
    if body is None:
        return ""
    blocks = [block for block in body.iter() if block.tag in _BLOCKS and not any(c.tag in _BLOCKS for c in block)]
    lines = [_words(block) for block in blocks] if blocks else ["\n".join("".join(body.itertext()).split("\n"))]
    return "\n\n".join(line for line in lines if line and line.strip())


def _attribute(root: Element, path: str, name: str) -> str | None:
    element = root.find(path)
    return element.get(name) if element is not None else None


def _of_nitf(root: Element) -> dict[str, Any]:
    return {
        "id": _attribute(root, ".//doc-id", "id-string"),
        "title": _words(root.find(".//hedline/hl1")) or _words(root.find("head/title")),
        "text": _paragraphs(root.find(".//body.content")),
        "published": _attribute(root, ".//date.issue", "norm") or _attribute(root, ".//story.date", "norm"),
        "outlet": _words(root.find(".//distributor")),
        "byline": _words(root.find(".//byline")),
        "credit": _attribute(root, ".//doc.copyright", "holder") or _attribute(root, ".//doc-id", "regsrc"),
        "url": _attribute(root, ".//pubdata", "ex-ref"),
    }


def _of_newsml(item: Element) -> dict[str, Any]:
    content = item.find(".//inlineXML")
    body = content if content is not None else item.find(".//inlineData")
    return {
        "id": item.get("guid"),
        "title": _words(item.find(".//contentMeta/headline")) or _words(item.find(".//itemMeta/title")),
        "text": _paragraphs(_html_body(body)),
        "published": _words(item.find(".//versionCreated")) or _words(item.find(".//firstCreated")),
        "outlet": _words(item.find(".//itemMeta/provider")) or _attribute(item, ".//provider", "literal"),
        "byline": _words(item.find(".//contentMeta/by")) or _words(item.find(".//contentMeta/creator")),
        "credit": _words(item.find(".//creditline")) or _words(item.find(".//copyrightHolder")),
    }


def _html_body(body: Element | None) -> Element | None:
    inner = body.find(".//body") if body is not None else None
    return inner if inner is not None else body
