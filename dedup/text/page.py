"""What a page's metadata says: JSON-LD, meta elements, canonical address. Claims of the page, never facts about it."""

from __future__ import annotations

import html
import json
import re
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from dedup.text import dates
from dedup.text.agencies import agencies, agency_of_host

MAX_SCRIPT = 500_000
"""Characters of JSON-LD read in one script: longer ones are data of an application."""
MAX_ITEMS = 20_000
"""Objects of JSON-LD looked at on one page."""
MAX_NAME = 300
"""Characters of an author or supplier: longer ones are texts, not names."""
_TITLES = ("og:title", "twitter:title", "dc.title")
_TIMES = (
    "article:published_time", "datepublished", "date", "dc.date", "dc.date.issued", "parsely-pub-date", "pubdate",
    "publishdate", "publish-date", "pub_date", "sailthru.date", "og:published_time", "article:published",
    "dcterms.created", "dcterms.issued", "datecreated",
)  # fmt: skip
_CHANGES = ("article:modified_time", "datemodified", "og:updated_time", "last-modified", "dcterms.modified")
_AUTHORS = ("author", "article:author", "dc.creator", "parsely-author", "sailthru.author", "byl", "article_author")
_SOURCES = (
    "syndication-source", "original-source", "dc.source", "source", "copyright", "dc.rights", "dcterms.rights",
    "dcterms.source", "news_source", "sourceorganization", "copyrightholder", "credittext", "creditline", "rights",
)  # fmt: skip
_SUPPLIERS = (
    "creditText", "copyrightHolder", "copyrightNotice", "sourceOrganization", "provider", "isBasedOn", "isBasedOnUrl",
)  # fmt: skip
_WRAPPING = re.compile(r"^\s*(?:<!--|(?://|/\*)?\s*<!\[CDATA\[\s*(?:\*/)?)|(?:-->|(?://|/\*)?\s*\]\]>\s*(?:\*/)?)\s*$")
_TAG = re.compile(r"<[^<>]{0,2000}>")
_ASIDE = frozenset(("aside", "nav", "footer"))

Item = dict[str, Any]


@dataclass(frozen=True, slots=True)
class PageMeta:
    """Headline, author, time of publication, canonical address and supplier that a page's metadata names.

    ``precise`` is False where the time is a day or has no zone (it is then the day's start in UTC), ``changed`` True
    where it is the time of the last change because no other is given.
    """

    title: str | None = None
    byline: str | None = None
    published: datetime | None = None
    canonical: str | None = None
    credit: str | None = None
    site: str | None = None
    precise: bool = True
    changed: bool = False


def read_page_meta(root: Any) -> PageMeta:
    """Metadata of a parsed page (lxml root)."""
    metas, canonical = _metas(root), _canonical(root)
    items, known = _linked_data(root)
    item = _own_item([item for item in items if _is_article(item)], canonical)
    published, precise, changed = _published(root, item, metas)
    return PageMeta(
        _text(item.get("headline")) or _first(metas, _TITLES) or _element_text(root, ".//h1"),
        _author(item.get("author"), known) or _first(metas, _AUTHORS) or _marked_author(root),
        published,
        canonical,
        _suppliers(item, known, metas),
        metas.get("og:site_name"),
        precise,
        changed,
    )


def claimed_texts(root: Any) -> tuple[str, str]:
    """The article's body and its summary as the metadata of a page give them, "" where they do not."""
    metas = _metas(root)
    items = [item for item in _linked_data(root)[0] if _is_article(item)]
    bodies = [body for item in items if isinstance(body := item.get("articleBody"), str)]
    summaries = [metas.get(name) for name in ("og:description", "description", "twitter:description")]
    summaries += [text for item in items if isinstance(text := item.get("description"), str)]
    return _bare(max(bodies, key=len, default="")), _bare("\n".join(text for text in summaries if text))


def with_canonical_credit(meta: PageMeta, url: str | None) -> PageMeta:
    """The same with the agency on whose site the page says its original stands, if ``url`` is on another site."""
    home, away = (_host(address) for address in (url, meta.canonical))
    short = agency_of_host(away)
    if not short or not home or short == agency_of_host(home):
        return meta
    return replace(meta, credit=" · ".join(filter(None, (meta.credit, f"canonical: {short} {meta.canonical}"))))


def aware(text: str) -> datetime | None:
    """An ISO time with its zone; None where the zone is missing, since it would have to be invented."""
    try:
        when = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    return when if when.tzinfo is not None and when.utcoffset() is not None else None


def _published(root: Any, item: Item, metas: dict[str, str]) -> tuple[datetime | None, bool, bool]:
    """Time of publication, whether it is precise, and whether it is only the time of the last change."""
    stated = [_text(item.get("datePublished")), *(metas.get(name) for name in _TIMES), *_marked_times(root)]
    stated.append(_text(item.get("dateCreated")))
    changes = [_text(item.get("dateModified")), *(metas.get(name) for name in _CHANGES)]
    for times, changed in ((stated, False), (changes, True)):
        given = [time for time in times if time]
        precise = next((when for time in given if (when := aware(time))), None)
        if precise:
            return precise, True, changed
        read = [moment for time in given for moment in dates.moments(time[:100])[:1] if moment.year]
        for moment in sorted(read, key=dates.exact, reverse=True):
            when = dates.instant(moment)
            if when:
                return when, dates.exact(moment), changed
    return None, True, False


def _marked_times(root: Any) -> Iterator[str]:
    """``datetime`` of elements: those marked as the publication, then the first one after the heading."""
    times = [element for element in root.iter("time") if element.get("datetime")]
    for element in times:
        if "datepublished" in (element.get("itemprop") or "").lower() or element.get("pubdate") is not None:
            yield element.get("datetime")
    headed = False
    for element in root.iter("h1", "time"):
        headed |= element.tag == "h1"
        if headed and element.tag == "time" and element.get("datetime"):
            if not any(outer.tag in _ASIDE for outer in element.iterancestors()):
                yield element.get("datetime")
            return


def _suppliers(item: Item, known: dict[str, Item], metas: dict[str, str]) -> str | None:
    """What names a supplier, joined; an address on an agency's site is given with the agency's name."""
    claims = [(name, text) for name in _SUPPLIERS for text in _names(item.get(name), known)]
    claims += [(name, metas[name]) for name in _SOURCES if name in metas]
    found = []
    for name, text in claims:
        if not text.startswith(("http://", "https://")):
            found.append(text[:MAX_NAME])
        elif (short := agency_of_host(_host(text))) and agencies().kinds[short] != "paper":
            found.append(f"{name}: {short} {text[:MAX_NAME]}")
    return " · ".join(dict.fromkeys(found)) or None


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
    """The page's canonical address; a relative one, which says nothing of another site, is left out."""
    for element in root.iter("link"):
        href = (element.get("href") or "").strip()
        if "canonical" in (element.get("rel") or "").lower().split() and href.startswith(("http://", "https://")):
            return href if _host(href) else None
    return None


def _host(address: str | None) -> str | None:
    try:
        return urlsplit(address or "").hostname
    except ValueError:
        return None


def _element_text(root: Any, path: str) -> str | None:
    element = root.find(path)
    text = " ".join("".join(element.itertext()).split()) if element is not None else ""
    return text[:500] or None


def _marked_author(root: Any) -> str | None:
    """Text of the first element marked as the author (microdata, ``rel=author``), if it is as short as a name."""
    for path in (".//*[@itemprop='author']//*[@itemprop='name']", ".//*[@itemprop='author']", ".//a[@rel='author']"):
        text = _element_text(root, path)
        if text and len(text) <= 80:
            return text
    return None


def _linked_data(root: Any) -> tuple[list[Item], dict[str, Item]]:
    """Objects of the page's JSON-LD, outer ones first, and those with an ``@id`` and a name by it."""
    items: list[Item] = []
    for element in root.iter("script"):
        if "ld+json" not in (element.get("type") or "") or not element.text or len(element.text) > MAX_SCRIPT:
            continue
        try:
            waiting = deque([json.loads(_WRAPPING.sub("", element.text), strict=False)])
        except (ValueError, RecursionError):
            continue
        while waiting and len(items) < MAX_ITEMS:
            item = waiting.popleft()
            if isinstance(item, dict):
                items.append(item)
                waiting.extend(value for value in item.values() if isinstance(value, (dict, list)))
            elif isinstance(item, list):
                waiting.extend(item)
    known = {item["@id"]: item for item in items if isinstance(item.get("@id"), str) and _text(item.get("name"))}
    return items, known


def _own_item(items: Iterable[Item], canonical: str | None) -> Item:
    """The article a page is about: the one of its own address, else the one told most of, the first of equals."""

    def fitness(item: Item) -> tuple[bool, int]:
        addresses = {_address(item.get(name)) for name in ("url", "mainEntityOfPage", "@id")} - {None}
        told = sum(bool(item.get(name)) for name in ("headline", "datePublished", "author", "articleBody", "publisher"))
        return canonical in addresses, told

    return max(items, key=fitness, default={})


def _address(value: Any) -> str | None:
    if isinstance(value, dict):
        value = value.get("@id") or value.get("url")
    return value if isinstance(value, str) else None


def _is_article(item: Item) -> bool:
    kinds = item.get("@type")
    kinds = kinds if isinstance(kinds, list) else [kinds]
    return any(isinstance(kind, str) and kind.endswith(("Article", "Posting")) for kind in kinds)


def _text(value: Any) -> str | None:
    """A value's text, name or address; of a list the first."""
    return next(_names(value, {}), None)


def _names(value: Any, known: dict[str, Item]) -> Iterator[str]:
    """Texts, names or addresses of a value and of what it refers to by ``@id``."""
    for item in value if isinstance(value, list) else [value]:
        if isinstance(item, dict):
            item = known.get(str(item.get("@id")), item)
            item = next((item[name] for name in ("name", "url", "@id") if isinstance(item.get(name), str)), None)
        if isinstance(item, str) and item.strip():
            yield html.unescape(item).strip()


def _author(value: Any, known: dict[str, Item]) -> str | None:
    people = [name for name in _names(value, known) if len(name) <= MAX_NAME and "://" not in name and name[0] != "#"]
    return " and ".join(dict.fromkeys(people)) or None


def _bare(text: str) -> str:
    return html.unescape(_TAG.sub(" ", text)) if "<" in text or "&" in text else text
