"""What a page's metadata says: JSON-LD, meta elements, canonical address. Claims of the page, never facts about it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

MAX_SCRIPT = 500_000
"""Characters of JSON-LD read in one script: longer ones are data of an application."""
_TITLES = ("og:title", "twitter:title", "dc.title")
_TIMES = (
    "article:published_time", "datepublished", "date", "dc.date", "dc.date.issued", "parsely-pub-date", "pubdate",
    "publishdate", "sailthru.date", "og:published_time", "article:published", "dcterms.created",
)  # fmt: skip
_AUTHORS = ("author", "article:author", "dc.creator", "parsely-author", "sailthru.author", "byl")
_SOURCES = ("syndication-source", "original-source", "dc.source", "source", "copyright", "dc.rights", "news_source")


@dataclass(frozen=True, slots=True)
class PageMeta:
    """Headline, author, time of publication, canonical address and supplier that a page's metadata names."""

    title: str | None = None
    byline: str | None = None
    published: datetime | None = None
    canonical: str | None = None
    credit: str | None = None
    site: str | None = None


def read_page_meta(root: Any) -> PageMeta:
    """Metadata of a parsed page (lxml root)."""
    metas = _metas(root)
    items = [item for item in _linked_data(root) if _is_article(item)]
    item = items[0] if items else {}
    title = _text(item.get("headline")) or _first(metas, _TITLES) or _element_text(root, ".//h1")
    times = [_text(item.get("datePublished")), *(metas.get(name) for name in _TIMES)]
    credits = [_text(item.get(name)) for name in ("creditText", "copyrightHolder", "sourceOrganization", "isBasedOn")]
    credits += [metas.get(name) for name in _SOURCES]
    return PageMeta(
        title,
        _author(item.get("author")) or _first(metas, _AUTHORS),
        next((when for time in times if time and (when := aware(time))), None),
        _canonical(root),
        " · ".join(dict.fromkeys(credit for credit in credits if credit)) or None,
        metas.get("og:site_name"),
    )


def aware(text: str) -> datetime | None:
    """An ISO time with its zone; None where the zone is missing, since it would have to be invented."""
    try:
        when = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    return when if when.tzinfo is not None and when.utcoffset() is not None else None


def _metas(root: Any) -> dict[str, str]:
    found: dict[str, str] = {}
    for element in root.iter("meta"):
        name = element.get("property") or element.get("name") or element.get("itemprop")
        content = element.get("content")
        if name and content and content.strip():
            found.setdefault(name.strip().lower(), content.strip()[:1000])
    return found


def _first(metas: dict[str, str], names: tuple[str, ...]) -> str | None:
    return next((metas[name] for name in names if name in metas and not metas[name].startswith("http")), None)


def _canonical(root: Any) -> str | None:
    for element in root.iter("link"):
        if "canonical" in (element.get("rel") or "").lower().split():
            return element.get("href") or None
    return None


def _element_text(root: Any, path: str) -> str | None:
    element = root.find(path)
    text = " ".join("".join(element.itertext()).split()) if element is not None else ""
    return text[:500] or None


def _linked_data(root: Any) -> Iterator[dict[str, Any]]:
    for element in root.iter("script"):
        if "ld+json" not in (element.get("type") or "") or not element.text or len(element.text) > MAX_SCRIPT:
            continue
        try:
            waiting = [json.loads(element.text, strict=False)]
        except (ValueError, RecursionError):
            continue
        while waiting:
            item = waiting.pop()
            if isinstance(item, dict):
                yield item
                waiting.extend(value for value in item.values() if isinstance(value, (dict, list)))
            elif isinstance(item, list):
                waiting.extend(item)


def _is_article(item: dict[str, Any]) -> bool:
    kinds = item.get("@type")
    kinds = kinds if isinstance(kinds, list) else [kinds]
    return any(isinstance(kind, str) and kind.endswith(("Article", "Posting")) for kind in kinds)


def _text(value: Any) -> str | None:
    if isinstance(value, str):
        return value.strip() or None
    if isinstance(value, dict):
        return _text(value.get("name")) or _text(value.get("url"))
    if isinstance(value, list):
        return next((text for text in map(_text, value) if text), None)
    return None


def _author(value: Any) -> str | None:
    names = [_text(item) for item in (value if isinstance(value, list) else [value])]
    people = [name for name in names if name and not name.startswith("http")]
    return " and ".join(dict.fromkeys(people)) or None
