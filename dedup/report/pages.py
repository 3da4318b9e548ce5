"""The HTML pages of a report. Every value passes ``display`` first and the engine's escaping last."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from importlib import resources
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup

from dedup.models import Result, Story
from dedup.report import words
from dedup.report.bypair import MatchesByPair
from dedup.report.facts import gather
from dedup.report.lists import by_agency, by_outlet, has_page, hrefs, make_entry
from dedup.report.safe import display, file_name, link
from dedup.report.sidebyside import Block, single
from dedup.report.storypage import by_time, story_page

__all__ = ["write_pages"]

STORIES_A_PAGE = 100
LONE_A_PAGE = 100
"""Rows of a list before it goes on, on the next page: a page stays under a megabyte."""
TOP = 10
"""Agencies and outlets on the first page; their own pages list all."""
LISTED = 200
"""Articles listed under one agency or outlet; the page says how many there are, stories.jsonl has all."""
REJECTIONS_SHOWN = 500
"""Rejections listed on a page; rejections.jsonl holds all of them, and the page says so."""


def write_pages(result: Result, folder: Path) -> list[str]:
    """Write every page of the report below ``folder``; their names, relative to it."""
    pages = _Pages(result, folder)
    (folder / "stories").mkdir()
    pages.index()
    pages.alone()
    pages.tables()
    for story in pages.told:
        pages.story(story)
    return pages.names


class _Pages:
    def __init__(self, result: Result, folder: Path) -> None:
        ordered = sorted(result.stories, key=lambda story: (-len(story.articles), story.story_id))
        self.told = [story for story in ordered if has_page(story)]
        lone = by_time([story.articles[0] for story in ordered if not has_page(story)])
        of_article = {story.articles[0].id: story for story in ordered if not has_page(story)}
        self.lone = [of_article[member.id] for member in lone]
        places = hrefs(self.told, self.lone, LONE_A_PAGE)
        self.entries = {story.story_id: make_entry(story, places[story.story_id]) for story in ordered}
        self.names: list[str] = []
        self._result = result
        self._folder = folder
        self._matches = MatchesByPair(result.matches)
        self._environment = _environment()
        self._environment.globals |= {
            "facts": gather(result),
            "result": result,
            "top": TOP,
            "listed": LISTED,
            "lone": len(self.lone),
            "told": len(self.told),
            "entries": self.entries,
            "longest": max((len(story.articles) for story in ordered), default=1),
        }

    def index(self) -> None:
        self._listing("index.html", "stories-{}.html", self.told, STORIES_A_PAGE)

    def alone(self) -> None:
        self._listing("alone.html", "alone-{}.html", self.lone, LONE_A_PAGE)

    def tables(self) -> None:
        self._render("agencies.html", carried=by_agency(self.entries.values()))
        self._render("outlets.html", carried=by_outlet(self.entries.values()))
        self._render("intake.html", rejections=self._result.rejections[:REJECTIONS_SHOWN])

    def story(self, story: Story) -> None:
        """A story's page, and further pages while there are side-by-side views left."""
        page = story_page(story, self._matches, self._result.articles)
        stem = file_name(story.story_id)
        names = [f"{stem}.html", *(f"{stem}-{number}.html" for number in range(2, len(page.pages) + 1))]
        for number, name in enumerate(names, 1):
            self._render(
                "story.html" if number == 1 else "compare.html",
                f"stories/{name}",
                page=page,
                entry=self.entries[story.story_id],
                number=number,
                names=names,
                shown=page.pages[number - 1] if page.pages else (),
                related=[self.entries[name] for name in story.related if name in self.entries],
                alone=self._text_of(story) if len(story.articles) == 1 else (),
            )

    def _listing(self, first: str, pattern: str, stories: Sequence[Story], size: int) -> None:
        parts = [stories[at : at + size] for at in range(0, len(stories), size)] or [()]
        names = [first, *(pattern.format(number) for number in range(2, len(parts) + 1))]
        for number, (name, part) in enumerate(zip(names, parts, strict=True), 1):
            self._render(
                first,
                name,
                shown=[self.entries[story.story_id] for story in part],
                texts={story.story_id: self._text_of(story) for story in part} if first == "alone.html" else {},
                number=number,
                names=names,
                at=(number - 1) * size,
                total=len(stories),
            )

    def _text_of(self, story: Story) -> tuple[Block, ...]:
        article = self._result.articles.get(story.articles[0].id)
        return single(article) if article is not None else ()

    def _render(self, template: str, name: str | None = None, **data: Any) -> None:
        name = name or template
        page = self._environment.get_template(template).render(here=name, up="../" * name.count("/"), **data)
        (self._folder / name).write_text(page, encoding="utf-8", newline="\n")
        self.names.append(name)


def _environment() -> jinja2.Environment:
    """The engine: escaping always on, undefined names an error, every value put through ``display`` first."""
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("dedup.report"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        finalize=_final,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    style = resources.files("dedup.report").joinpath("static/style.css").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    environment.filters["thousands"] = "{:,}".format
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:; base-uri 'none'; form-action 'none'"
    environment.globals |= {
        "style": Markup(style),  # our own file, which the policy allows by its digest
        "policy": policy,
        "link": link,
        "words": words,
        "stem": file_name,
    }
    return environment


def _final(value: Any) -> Any:
    """What a template prints: text without anything invisible or reordering; Markup is the engine's own."""
    return display(value) if isinstance(value, str) and not isinstance(value, Markup) else value
