"""Lines of an HTML page with what its structure says of them. One iterative walk: linear in the size of the page.

Only lxml is used; nothing is fetched and no script is run.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from dedup.errors import MissingExtraError

_SKIPPED = frozenset(
    "script style noscript template svg head iframe select button object canvas math video audio input textarea"
    " title".split()
)
_BLOCKS = frozenset(
    "address article aside blockquote body caption center dd details dialog dir div dl dt fieldset figcaption figure"
    " footer form h1 h2 h3 h4 h5 h6 header hgroup hr html legend li main menu nav ol option p pre section summary table"
    " tbody td tfoot th thead tr ul br".split()
)
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
}
_PATTERNS = {name: re.compile(pattern, re.IGNORECASE) for name, pattern in _HINTS.items()}
_SPACE = re.compile(r"\s+")
_XML = re.compile(r"^\s*<\?xml[^>]*\?>")
_DEEPEST = 40
"""Ancestors looked at for hints; pages nest 10 to 30 deep, hostile ones without bound."""
NAMES = tuple(
    ["link_share", "depth"]
    + [f"tag_{tag}" for tag in _TAGS]
    + [f"{near}_{name}" for name in _HINTS for near in ("own", "outer")]
    + [f"in_{tag}" for tag in _HOLDERS]
    + ["parent_share", "parent_text"]
)
"""Names of the structural features of a line, in order."""


class Block(NamedTuple):
    """A line of the page, the share of it that is link text, and the element that holds its first words."""

    text: str
    link_share: float
    element: Any


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
        self._linked = 0
        self._element: Any = None
        self._links = 0

    def take(self, text: str | None, element: Any) -> None:
        """Add running text of ``element``."""
        if not text:
            return
        if text.strip():
            self._parts.append(text)
            if self._element is None:
                self._element = element
            if self._links:
                self._linked += len(text.strip())
        else:
            self._parts.append(" ")

    def link(self, step: int) -> None:
        """Enter (1) or leave (-1) a link."""
        self._links += step

    def flush(self) -> None:
        """End the line."""
        text = _SPACE.sub(" ", "".join(self._parts)).strip()
        if text:
            self.blocks.append(Block(text, self._linked / len(text), self._element))
        self._parts.clear()
        self._linked, self._element = 0, None


def blocks_of(root: Any) -> list[Block]:
    """The visible lines of a page in order."""
    walk = _Walk()
    stack = [(root, False)]
    while stack:
        element, leaving = stack.pop()
        tag = element.tag
        if leaving:
            if tag == "a":
                walk.link(-1)
            if tag in _BLOCKS:
                walk.flush()
            walk.take(element.tail, element.getparent())
        elif not isinstance(tag, str) or tag in _SKIPPED or _hidden(element):
            walk.take(element.tail, element.getparent())
        else:
            if tag in _BLOCKS:
                walk.flush()
            if tag == "a":
                walk.link(1)
            walk.take(element.text, element)
            stack.append((element, True))
            stack.extend((child, False) for child in reversed(element))
    walk.flush()
    return walk.blocks


def _hidden(element: Any) -> bool:
    style = element.get("style")
    return bool(style) and "display:none" in style.replace(" ", "").lower()


def structure(blocks: list[Block]) -> list[list[float]]:
    """Structural features (NAMES) of every block."""
    text_under: dict[Any, int] = {}
    for block in blocks:
        parent = block.element.getparent()
        text_under[parent] = text_under.get(parent, 0) + (len(block.text) if len(block.text) > 60 else 0)
    most = max(1, *text_under.values()) if text_under else 1
    return [_row(block, text_under[block.element.getparent()], most) for block in blocks]


def _row(block: Block, text: int, most: int) -> list[float]:
    chain = [block.element]
    while len(chain) < _DEEPEST and (parent := chain[-1].getparent()) is not None:
        chain.append(parent)
    tags = [element.tag for element in chain if isinstance(element.tag, str)]
    holder = next((tag for tag in tags if tag in _BLOCKS), "div")
    row = [block.link_share, float(len(chain)), *(float(holder == tag) for tag in _TAGS)]
    own, outer = _names(chain[:3]), _names(chain[3:9])
    for pattern in _PATTERNS.values():
        row += [float(bool(pattern.search(own))), float(bool(pattern.search(outer)))]
    row += [float(tag in tags) for tag in _HOLDERS]
    return [*row, text / most, float(text)]


def _names(chain: list[Any]) -> str:
    return " ".join(f"{element.get('class') or ''} {element.get('id') or ''}" for element in chain)[:400]
