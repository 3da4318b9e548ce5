"""The short table at the end of a run."""

from __future__ import annotations

import os
from typing import IO, TYPE_CHECKING

from dedup.models import Result
from dedup.report.facts import gather
from dedup.report.safe import terminal_safe
from dedup.report.words import count, listing, percent

if TYPE_CHECKING:
    from rich.console import Console

__all__ = ["print_summary", "summary_lines"]

AGENCIES = 5


def summary_lines(result: Result, index: str | os.PathLike[str] | None = None) -> list[tuple[str, str]]:
    """What a run came to, as pairs of a name and its value; safe to print on a terminal."""
    facts, stats = gather(result), result.stats
    lines = [("articles", f"{facts.articles:,}" + (f" from {count(facts.outlets, 'outlet')}" if facts.outlets else ""))]
    if stats.rejected:
        reasons = listing(f"{number:,} {code}" for code, number in sorted(stats.rejected_by_code.items()))
        lines.append(("rejected", f"{stats.rejected:,} of {stats.read:,} read ({reasons})"))
    if stats.redelivered:
        lines.append(("given again", f"{stats.redelivered:,}, counted once"))
    if sum(stats.repairs.values()):
        lines.append(("repaired", listing(f"{number:,} {name}" for name, number in sorted(stats.repairs.items()))))
    if sum(stats.caps.values()):
        held = sorted((name, number) for name, number in stats.caps.items() if number)
        lines.append(("limits reached", listing(f"{number:,} {name}" for name, number in held)))
    lines.append(("stories", f"{facts.stories:,}, {facts.multi:,} of them told by more than one article"))
    texts = f"share {count(facts.groups, 'text')} with another" if facts.groups else "share their text with another"
    lines.append(("syndicated", f"{count(facts.shared, 'article')} ({percent(facts.share)}) {texts}"))
    if facts.uncredited:
        lines.append(("no credit found", f"{facts.uncredited:,} of these, although others name the supplier"))
    if facts.by_agency:
        top = [f"{row.name} {row.carried:,}" for row in facts.by_agency[:AGENCIES]]
        more = len(facts.by_agency) - len(top)
        lines.append(("agencies", ", ".join(top) + (f" and {more} more" if more else "")))
    if index is not None:
        lines.append(("report", os.fspath(index)))
    return [(name, terminal_safe(value, one_line=True)) for name, value in lines]


def print_summary(result: Result, index: str | os.PathLike[str] | None = None, stream: IO[str] | None = None) -> None:
    """Print the summary: a table on a terminal, plain aligned lines elsewhere. ``stream`` is stderr by default."""
    from rich.console import Console

    console = Console(file=stream, stderr=stream is None, highlight=False, soft_wrap=True)
    lines = summary_lines(result, index)
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
