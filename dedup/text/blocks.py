"""Lines of an HTML page with what its structure says of them. One iterative walk: linear in the size of the page.

Only lxml is used; nothing is fetched and no script is run.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, NamedTuple

from dedup.errors import MissingExtraError

_SKIPPED = frozenset(
    "script style noscript template svg head iframe select button object canvas math video audio input textarea"
    " title".split()
)
BLOCK_TAGS = frozenset(
    "address article aside blockquote body caption center dd details dialog dir div dl dt fieldset figcaption figure"
    " footer form h1 h2 h3 h4 h5 h6 header hgroup hr html legend li main menu nav ol option p pre section summary table"
    " tbody td tfoot th thead tr ul br".split()
)
_STYLES = {"a": "link", "i": "italic", "em": "italic", "cite": "italic", "b": "bold", "strong": "bold"}
_MEDIA = frozenset("img iframe video audio object".split())
_NAMED = ("class", "id", "itemprop", "role", "data-testid", "data-component", "data-module", "data-type")
"""Attributes whose words hint at what an element is for."""
_TAGS = "p li div h1 h2 h3 h4 td blockquote figcaption span a dd pre section article header footer".split()
_HOLDERS = "article main aside nav footer header figure li table form blockquote".split()
_HINTS = {
    "comment": r"comment|disqus|reply|respond",
    "related": r"related|recommend|more-|trending|popular|also|promo|teaser|outbrain|taboola|next-|read-?more",
    "side": r"side|aside|widget|rail",
    "nav": r"nav|menu|breadcrumb|header|footer|masthead|toolbar",
    "share": r"share|social|follow|subscribe|newsletter|sign-?up|cookie|consent|gdpr|modal|popup|paywall|banner"
    r"|\bads?\b|advert|sponsor",
    "meta": r"meta|byline|author|date|tag|categor|bio",
    "caption": r"caption|credit|image|photo|gallery|figure|media|video",
    "article": r"article|story|post|entry|content|body|main|text|paragraph",
    "embed": r"tweet|twitter|instagram|facebook|embed|youtube",
    "copy": r"(?:article|story|post|entry|content|body|news|main)[-_]*"
    r"(?:body|content|text|copy|main|inner|entry|story|para)"
    r"|articlebody|body-?copy|paragraph|\brte\b|wysiwyg|prose",
    "note": r"note|disclaimer|copyright|correction|about|boilerplate|footnote|editor|contact|press",
    "list": r"list|grid|card|item|feed|river|stream|carousel|slider|swiper",
    "summary": r"summary|deck|dek|standfirst|excerpt|subtitle|sub-?head|intro|lead\b|lede|bullet|key-?point|highlight",
}
_PATTERNS = {name: re.compile(pattern, re.IGNORECASE) for name, pattern in _HINTS.items()}
_VEILED = re.compile(r"(?i)\bhidden\b|visually-?hidden|sr-only|screen-?reader|print-only|hide\b")
_SPACE = re.compile(r"\s+")
_XML = re.compile(r"^\s*<\?xml[^>]*\?>")
_DEEPEST = 40
"""Ancestors looked at for hints; pages nest 10 to 30 deep, hostile ones without bound."""
NAMES = tuple(
    ["link_share", "depth"]
    + [f"tag_{tag}" for tag in _TAGS]
    + [f"{near}_{name}" for name in _HINTS for near in ("own", "outer")]
    + [f"in_{tag}" for tag in _HOLDERS]
    + ["parent_share", "parent_text", "italic", "bold", "media_before", "media_after", "hidden"]
)
"""Names of the structural features of a line, in order."""


class Block(NamedTuple):
    """A line of the page, the element that holds its first words, and the shares of it that are text of links, in
    italics and in bold; ``media`` images and frames stand between it and the line before."""

    text: str
    link_share: float
    element: Any
    italic: float = 0.0
    bold: float = 0.0
    media: int = 0


def parse(html: str) -> Any:
    """Root element of a page (lxml). Raises MissingExtraError without lxml; None for a page of nothing."""
    try:
        import lxml.etree
        import lxml.html
    except ImportError as error:
        raise MissingExtraError("lxml", "html", "reading a page of HTML") from error
    data = _XML.sub("", html.replace("\x00", "")).encode("utf-8", "replace")
    parser = lxml.html.HTMLParser(encoding="utf-8", huge_tree=True, remove_comments=True, remove_pis=True)
    try:
        return lxml.html.document_fromstring(data, parser=parser)
    except (lxml.etree.ParserError, lxml.etree.XMLSyntaxError, ValueError):
        return None


class _Walk:
    """The page's lines so far, and the one being gathered."""

    def __init__(self) -> None:
        self.blocks: list[Block] = []
        self._parts: list[str] = []
        self._element: Any = None
        self._inside = dict.fromkeys(_STYLES.values(), 0)
        self._chars = dict.fromkeys(_STYLES.values(), 0)
        self._media = 0

    def take(self, text: str | None, element: Any) -> None:
        """Add running text of ``element``."""
        if not text:
            return
        if text.strip():
            self._parts.append(text)
            if self._element is None:
                self._element = element
            for style, depth in self._inside.items():
                if depth:
                    self._chars[style] += len(text.strip())
        else:
            self._parts.append(" ")

    def enter(self, tag: str) -> None:
        """Enter an element."""
        if tag in BLOCK_TAGS:
            self.flush()
        if tag in _STYLES:
            self._inside[_STYLES[tag]] += 1
        if tag in _MEDIA:
            self._media += 1

    def pass_over(self, tag: str) -> None:
        """Leave out an element with all it holds."""
        self._media += tag in _MEDIA

    def leave(self, tag: str) -> None:
        """Leave an element."""
        if tag in _STYLES:
            self._inside[_STYLES[tag]] -= 1
        if tag in BLOCK_TAGS:
            self.flush()

    def flush(self) -> None:
        """End the line."""
        text = _SPACE.sub(" ", "".join(self._parts)).strip()
        if text:
            link, italic, bold = (chars / len(text) for chars in self._chars.values())
            self.blocks.append(Block(text, link, self._element, italic, bold, self._media))
            self._media = 0
        self._parts.clear()
        self._chars = dict.fromkeys(self._chars, 0)
        self._element = None


def blocks_of(root: Any) -> list[Block]:
    """The visible lines of a page in order."""
    walk = _Walk()
    stack = [(root, False)]
    while stack:
        element, leaving = stack.pop()
        tag = element.tag
        if leaving:
            walk.leave(tag)
            walk.take(element.tail, element.getparent())
        elif not isinstance(tag, str) or tag in _SKIPPED or _hidden(element):
            if isinstance(tag, str):
                walk.pass_over(tag)
            walk.take(element.tail, element.getparent())
        else:
            walk.enter(tag)
            walk.take(element.text, element)
            stack.append((element, True))
            stack.extend((child, False) for child in reversed(element))
    walk.flush()
    return walk.blocks


def _hidden(element: Any) -> bool:
    style = element.get("style")
    return bool(style) and "display:none" in style.replace(" ", "").lower()


class _Around(NamedTuple):
    """What the elements around a line say, its own one left out: shared by all children of ``chain[0]``."""

    chain: tuple[Any, ...]
    holder: str
    near: str
    far: str
    inside: frozenset[str]
    veiled: bool


def structure(blocks: Sequence[Block]) -> list[list[float]]:
    """Structural features (NAMES) of every block."""
    parents = [block.element.getparent() for block in blocks]
    text_under: dict[Any, int] = {}
    for block, parent in zip(blocks, parents, strict=True):
        text_under[parent] = text_under.get(parent, 0) + (len(block.text) if len(block.text) > 60 else 0)
    most = max(1, *text_under.values()) if text_under else 1
    around: dict[Any, _Around] = {}
    seen: dict[tuple[Any, ...], list[float]] = {}
    rows = []
    for number, (block, parent) in enumerate(zip(blocks, parents, strict=True)):
        outer = around.get(parent)
        if outer is None:
            outer = around[parent] = _around(parent)
        text = text_under[parent]
        after = blocks[number + 1].media if number + 1 < len(blocks) else 0
        own = _names((block.element,))
        veiled = outer.veiled or (bool(own) and _veiled(block.element))
        row = [block.link_share, 1.0 + len(outer.chain), *_kinds(block.element.tag, own, outer, seen)]
        row += [text / most, float(text), block.italic, block.bold]
        rows.append([*row, float(min(block.media, 5)), float(min(after, 5)), float(veiled)])
    return rows


def _around(parent: Any) -> _Around:
    chain: list[Any] = []
    while parent is not None and len(chain) < _DEEPEST - 1:
        chain.append(parent)
        parent = parent.getparent()
    tags = [element.tag for element in chain if isinstance(element.tag, str)]
    holder = next((tag for tag in tags if tag in BLOCK_TAGS), "div")
    near, far = _names(chain[:2]), _names(chain[2:8])
    inside = frozenset(_HOLDERS).intersection(tags)
    return _Around(tuple(chain), holder, near, far, inside, any(map(_veiled, chain)))


def _veiled(element: Any) -> bool:
    """Whether an element says that it is not shown, or not to all."""
    if element.get("hidden") is not None or element.get("aria-hidden") == "true":
        return True
    return bool(_VEILED.search(element.get("class") or ""))


def _kinds(tag: str, own: str, outer: _Around, seen: dict[tuple[Any, ...], list[float]]) -> list[float]:
    """Columns of tags and of hints in names; ``seen`` holds those of lines met before."""
    key = (tag, own, outer.holder, outer.near, outer.far, outer.inside)
    if key not in seen:
        holder = tag if tag in BLOCK_TAGS else outer.holder
        texts = f"{own} {outer.near}"[:400], outer.far
        seen[key] = [float(holder == name) for name in _TAGS]
        seen[key] += [float(bool(pattern.search(text))) for pattern in _PATTERNS.values() for text in texts]
        seen[key] += [float(name == tag or name in outer.inside) for name in _HOLDERS]
    return seen[key]


def _names(chain: Sequence[Any]) -> str:
    """Words of the attributes that name elements, "" for elements without any attribute."""
    named = (element for element in chain if element.attrib)
    return " ".join(value for element in named for name in _NAMED if (value := element.get(name)))[:400]
