"""Reports and exports from a result alone: nothing here cleans, compares or groups again."""

from __future__ import annotations

import os
from pathlib import Path

from dedup import __version__
from dedup.models import Result
from dedup.report.export import export
from dedup.report.folder import check_folder, new_folder
from dedup.report.store import (
    read_report,
    read_stories,
    write_copies_jsonl,
    write_data,
    write_marker,
    write_stories_jsonl,
)

__all__ = [
    "check_folder",
    "export",
    "read_report",
    "read_stories",
    "write_copies_jsonl",
    "write_report",
    "write_stories_jsonl",
]


def write_report(result: Result, folder: str | os.PathLike[str]) -> Path:
    """Write the HTML report and its data files; the path of its index.html.

    The folder appears whole or not at all; an earlier report in its place is replaced, anything else is refused.
    Nothing is written outside the folder but a hidden one beside it while the report is in the making. The same
    result gives the same bytes. Raises ReportError.
    """
    from dedup.report.pages import write_pages

    with new_folder(folder) as work:
        names = [*write_data(result, work), *write_pages(result, work)]
        write_marker(result, work, names, __version__)
    return Path(folder) / "index.html"
