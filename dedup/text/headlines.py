"""Which titles a dump gives cannot be an article's headline: dates, bylines, interface, forecasts, captions."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from dedup.text.bylines import is_name
from dedup.text.charclass import joined
from dedup.text.doubts import clues, may_doubt, of_page
from dedup.text.hints import Hinted
from dedup.text.lexicon import lexicon
from dedup.text.scan import COLUMN, RAW, scan

FEWEST_WORDS = 3
"""Shorter titles name a section or a button ("Opinion", "CBS News") more often than a story."""
PAGE_SHARE = 0.34
"""Share of words of interface, offers, networks, weather, months and clocks from which a title is the page's own:
"Subscribe to Breaking News emails" has .6, a headline about Facebook seldom more than .2."""
_PAGE_WORDS = ("interface", "offer", "social", "weather", "month", "weekday", "clock", "photo", "staff")
_OPENED = re.compile(
    r"^\W*(?i:by|von|par|por|di|автор):?\s+[^\W\d_a-zß-öø-ÿ]|^\W*(?:https?://|www\.)|^\W*[—–-]+\s"
    r"|(?i:^\W*(?:to find out more|please|enter|click|tap|sign (?:up|in)|log in|follow|subscribe|powered by|share|view"
    r"|order|go to)\b)"
)
_AGENCY = re.compile(r",\s*[A-Z]{2,6}\W*$")
_MAIL = Hinted(re.compile(r"\S@\S+\.\w"), ("@",))
_CREDIT = Hinted(
    re.compile(
        r"(?i)(?:[|/(]|^photos?:)\s*(?:\w+ ){0,3}(?:getty|ap photo|reuters|shutterstock|afp|epa)\b|\bgetty images\W*$"
    ),
    ("getty", "ap photo", "reuters", "shutterstock", "afp", "epa"),
)
_DATED = Hinted(
    re.compile(
        r"^\W*(?:\w+\W+){0,4}?\d{1,2}(?:st|nd|rd|th)?\W+(?:at\W+)?(?:\d{4}|\d{1,2}:\d\d)"
        r"|\d{1,2}:\d\d\s?(?:[aApP]\.?[mM]\.?)?\s?(?:[A-Z]{2,4})?\W{0,3}$"
    ),
    tuple("0123456789"),
)
_INTERFACE = Hinted(
    re.compile(
        r"(?i)\b(?:zip code|unsubscribe|no longer supports|order reprints?)\b|\bmin(?:ute)?s? ago\b|[»›>]\W*$"
        r"|^\W*(?:tags|topics|keywords)\s*:"
    ),
    ("tags", "topics", "keywords", "zip code", "unsubscribe", "no longer supports", "order reprint", " ago", ">"),
)
_DOUBTS = (_MAIL, _CREDIT, _DATED, _INTERFACE)
_SITE_SIGNS = (" | ", " – ", " — ", " - ", " » ", " :: ")
LONGEST = 300
"""Characters of a title that are looked at: no headline needs more, and the patterns stay cheap."""


def is_doubtful(title: str, counted: NDArray[np.float32] | None = None) -> bool:
    """Whether a title is likely a line of the page and no headline; judged by its words alone.

    ``counted`` is its row of ``Scan.raw`` where that is known.
    """
    if counted is None or _is_apart(title):
        title = title[:LONGEST]
        counted = scan(title, lexicon()).raw.sum(axis=0)
    return bool(of_page(counted[np.newaxis], _columns(), (FEWEST_WORDS, PAGE_SHARE))[0]) or _is_worded(title)


def _is_apart(title: str) -> bool:
    """Whether a title is looked at in part, or line by line."""
    return len(title) > LONGEST or len(title.splitlines()) != 1


def _is_worded(title: str) -> bool:
    """Whether a title is in words that no headline has."""
    low = title.lower()
    return bool(
        _OPENED.match(title) or any(doubt.finds(title, low) for doubt in _DOUBTS) or is_name(_AGENCY.sub("", title))
    )


@lru_cache(maxsize=1)
def _columns() -> tuple[int, int, int, NDArray[np.int64]]:
    page = np.array([len(RAW) + lexicon().names.index(name) for name in _PAGE_WORDS])
    return COLUMN["words"], COLUMN["wide"], COLUMN["phrase"], page


def doubtful(
    titles: Sequence[str], codes: NDArray[np.uint32], edges: NDArray[np.int64], counted: NDArray[np.float32]
) -> NDArray[np.bool_]:
    """``is_doubtful`` of titles without white space around them: title i is ``codes[edges[i]:edges[i + 1]]``, and
    ``counted[i]`` its row of ``Scan.raw``."""
    out = np.asarray(of_page(counted, _columns(), (FEWEST_WORDS, PAGE_SHARE)))
    for i in np.flatnonzero(may_doubt(codes, edges, LONGEST, joined(), clues())).tolist():
        if _is_apart(titles[i]):
            out[i] = is_doubtful(titles[i])
        elif not out[i]:
            out[i] = _is_worded(titles[i])
    return out


def title_forms(title: str | None) -> list[str]:
    """A title as given and without the site's name after a bar or dash."""
    if not title:
        return []
    forms = [title.strip()]
    for sign in _SITE_SIGNS:
        if sign not in title:
            continue
        head, found, tail = title.rpartition(sign)
        if found and len(tail.split()) <= 5 and len(head.split()) >= 4:
            forms.append(head.strip())
    return forms


def best_title(given: str | None, of_page: str | None) -> str | None:
    """The title of a feed, or that of the page's metadata where there is none or a doubtful one."""
    if given and (not of_page or not is_doubtful(given)):
        return given
    return given if given and of_page and is_doubtful(of_page) else of_page
