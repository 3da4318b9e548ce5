"""Plain text of a page of HTML (extra ``html``)."""

from __future__ import annotations

from typing import NamedTuple

from dedup.errors import MissingExtraError


class Page(NamedTuple):
    """Text taken from a page, what its metadata says, and stable codes of what was noticed."""

    text: str
    title: str | None
    byline: str | None
    notes: tuple[str, ...]


def page_text(html: str, url: str | None = None) -> Page:
    """Text and metadata of a page. Raises MissingExtraError without trafilatura."""
    try:
        import trafilatura
    except ImportError as error:
        raise MissingExtraError("trafilatura", "html", "reading a page of HTML") from error
    text = trafilatura.extract(html, fast=True, include_comments=False, include_tables=False) or ""
    return Page(text, None, None, ())
