"""The short table at the end of a run."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping
from typing import IO, TYPE_CHECKING

from dedup.models import Copies, Result, Stats
from dedup.report.facts import gather
from dedup.report.safe import terminal_safe
from dedup.report.words import count, listing, percent

if TYPE_CHECKING:
    from rich.console import Console

__all__ = ["copies_lines", "print_copies", "print_summary", "summary_lines"]

AGENCIES = 5


def summary_lines(result: Result, index: str | os.PathLike[str] | None = None) -> list[tuple[str, str]]:
    """What a run came to, as pairs of a name and its value; safe to print on a terminal."""
    facts, stats = gather(result), result.stats
    lines = [("articles", f"{facts.articles:,}" + (f" from {count(facts.outlets, 'outlet')}" if facts.outlets else ""))]
    lines += _counted(stats, stats.rejected, stats.rejected_by_code)
    lines.append(("stories", f"{facts.stories:,}, {facts.multi:,} of them told by more than one article"))
    texts = f"share {count(facts.groups, 'text')} with another" if facts.groups else "share their text with another"
    lines.append(("syndicated", f"{count(facts.shared, 'article')} ({percent(facts.share)}) {texts}"))
    if facts.versions:
        lines.append(("one outlet's own", f"{count(facts.versions, 'article')} share a text that no other outlet has"))
    if facts.uncredited:
        lines.append(("no credit found", f"{facts.uncredited:,} of these, although others name the supplier"))
    if facts.by_agency:
        top = [f"{row.name} {row.carried:,}" for row in facts.by_agency[:AGENCIES]]
        more = len(facts.by_agency) - len(top)
        lines.append(("agencies", ", ".join(top) + (f" and {more} more" if more else "")))
    if index is not None:
        lines.append(("report", os.fspath(index)))
    return [(name, terminal_safe(value, one_line=True)) for name, value in lines]


def copies_lines(copies: Copies) -> list[tuple[str, str]]:
    """What a search for copies came to, as ``summary_lines``."""
    grouped = sum(len(group.articles) for group in copies.groups)
    lines = [("articles", f"{copies.articles:,}")]
    lines += _counted(copies, len(copies.rejections), Counter(item.code for item in copies.rejections))
    share = percent(grouped / copies.articles) if copies.articles else percent(0)
    lines.append(("copies", f"{count(grouped, 'article')} ({share}) in {count(len(copies.groups), 'group')}"))
    if copies.groups:
        lines.append(("largest group", count(len(copies.groups[0].articles), "article")))
    lines.append(("left out", "cleaning, credits, relations and stories (--stop-after groups)"))
    return [(name, terminal_safe(value, one_line=True)) for name, value in lines]


def _counted(stats: Stats | Copies, rejected: int, codes: Mapping[str, int]) -> list[tuple[str, str]]:
    """What was not used as it came, and which limits were met."""
    lines = []
    if rejected:
        reasons = listing(f"{number:,} {code}" for code, number in sorted(codes.items()))
        lines.append(("rejected", f"{rejected:,} of {stats.read:,} read ({reasons})"))
    if stats.redelivered:
        lines.append(("given again", f"{stats.redelivered:,}, counted once"))
    if sum(stats.repairs.values()):
        lines.append(("repaired", listing(f"{number:,} {name}" for name, number in sorted(stats.repairs.items()))))
    if sum(stats.caps.values()):
        held = sorted((name, number) for name, number in stats.caps.items() if number)
        lines.append(("limits reached", listing(f"{number:,} {name}" for name, number in held)))
    return lines


def print_summary(result: Result, index: str | os.PathLike[str] | None = None, stream: IO[str] | None = None) -> None:
    """Print the summary: a table on a terminal, plain aligned lines elsewhere. ``stream`` is stderr by default."""
    _print(summary_lines(result, index), stream)


def print_copies(copies: Copies, stream: IO[str] | None = None) -> None:
    """``print_summary`` of a search for copies."""
    _print(copies_lines(copies), stream)


def _print(lines: list[tuple[str, str]], stream: IO[str] | None) -> None:
    from rich.console import Console

    console = Console(file=stream, stderr=stream is None, highlight=False, soft_wrap=True)
    if console.is_terminal:
        _table(console, lines)
        return
    width = max(len(name) for name, _ in lines)
    for name, value in lines:
        console.print(f"{name:<{width}}  {value}", markup=False)


def _table(console: Console, lines: list[tuple[str, str]]) -> None:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.HORIZONTALS, show_header=False, pad_edge=False)
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in lines:
        style = {"rejected": "yellow", "no credit found": "yellow", "report": "bold"}.get(name, "")
        table.add_row(name, Text(value, style=style))
    console.print(table)
