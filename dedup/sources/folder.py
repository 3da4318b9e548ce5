"""A folder: article files, feed files, or both, in the order of their paths."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterator
from pathlib import Path, PurePosixPath
from typing import Final

from dedup.errors import FeedError
from dedup.models import Article, Rejection
from dedup.sources.binary import KNOWN
from dedup.sources.fields import FieldTable
from dedup.sources.formats import Feed, is_no_article, open_feed
from dedup.sources.notes import OnPassedOver, PassedOver
from dedup.sources.records import RecordMaker
from dedup.sources.sniff import stem_of
from dedup.sources.streams import open_chunks

_NO_FEED: Final = {
    "unknown": "of no known format",
    "binary": "binary",
    "quarantine": "a quarantine; to read it again, name it",
}


_REPORT: Final = "dedup-report.json"
"""The file by which a folder is known as a report: its articles are those of the feed once more."""


def read_folder(
    root: str, fields: FieldTable, on_passed_over: OnPassedOver | None = None, only: Container[str] | None = None
) -> Iterator[Article | Rejection]:
    """The items of every file below ``root``, or of those whose paths are in ``only``; hidden files left out.

    An article file's id is its path below the folder without suffix, or with it where two would be the same. Files
    that are no feed (a picture, a README, labels, a quarantine) are passed over, and ``on_passed_over`` is told; a feed
    that cannot be read is one rejection. Raises FeedError where nothing at all was found.
    """
    passed = PassedOver()

    def pass_over(file: str, why: str) -> None:
        passed(file, why)
        if on_passed_over:
            on_passed_over(file, why)

    names, reports = files_below(root)
    for report in reports if only is None else ():
        pass_over(str(Path(root) / report), "a report of dedup")
    stems = Counter(map(stem_of, names))
    empty = True
    for name in names:
        stem = stem_of(name)
        if only is not None and str(Path(root) / name) not in only:
            continue
        article_id = stem if stems[stem] == 1 else name
        for item in _read_member(str(Path(root) / name), article_id, fields, pass_over):
            empty = False
            yield item
    if empty and only is None:
        what = f"the folder holds no article ({passed.sentence() or 'it is empty'})"
        raise FeedError(what, place=root, remedy=f"give {KNOWN}")


def files_below(root: str) -> tuple[list[str], list[str]]:
    """The files of a folder, sorted, without hidden ones and those of reports written into it; and these reports."""
    paths = (path.relative_to(root) for path in Path(root).rglob("*") if path.is_file())
    names = sorted(path.as_posix() for path in paths if not any(part.startswith(".") for part in path.parts))
    reports = [name.removesuffix(_REPORT) for name in names if PurePosixPath(name).name == _REPORT]
    return [name for name in names if not name.startswith(tuple(reports))], [name or "." for name in reports]


def _read_member(
    file: str, article_id: str, fields: FieldTable, pass_over: OnPassedOver
) -> Iterator[Article | Rejection]:
    maker = RecordMaker(file, fields, unit="offset")
    try:
        opened = open_feed(Feed(open_chunks(file), file, article_id, fields))
        if opened.format in _NO_FEED:
            pass_over(file, _NO_FEED[opened.format])
            return
        if opened.format == "json" and is_no_article(opened.head, fields):
            pass_over(file, "JSON without an article")
            return
        empty = True
        for item in opened.items:
            empty = False
            yield item
        if empty:
            yield maker.reject(0, "no-text", "the file holds no record", opened.head)
    except FeedError as error:
        yield maker.reject(0, "unreadable-file", f"{error.what}; {error.remedy}")
