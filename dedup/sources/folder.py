"""A folder: article files, feed files, or both, in the order of their paths."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from dedup.errors import FeedError
from dedup.models import Article, Rejection
from dedup.sources.fields import FieldTable
from dedup.sources.formats import KNOWN, Feed, is_no_article, open_feed
from dedup.sources.records import RecordMaker
from dedup.sources.sniff import stem_of
from dedup.sources.streams import open_chunks


def read_folder(root: str, fields: FieldTable) -> Iterator[Article | Rejection]:
    """The items of every file below ``root``, hidden files left out.

    An article file's id is its path below the folder without suffix, or with it where two would be the same. Files
    that are no feed (a picture, a README, labels) are passed over; a feed that cannot be read is one rejection.
    Raises FeedError where nothing at all was found.
    """
    names = sorted(path.relative_to(root).as_posix() for path in Path(root).rglob("*") if path.is_file())
    names = [name for name in names if not any(part.startswith(".") for part in name.split("/"))]
    stems = Counter(map(stem_of, names))
    empty = True
    for name in names:
        stem = stem_of(name)
        for item in _read_member(str(Path(root) / name), stem if stems[stem] == 1 else name, fields):
            empty = False
            yield item
    if empty:
        raise FeedError("the folder holds no article", place=root, remedy=f"give {KNOWN}")


def _read_member(file: str, article_id: str, fields: FieldTable) -> Iterator[Article | Rejection]:
    maker = RecordMaker(file, fields, unit="offset")
    try:
        opened = open_feed(Feed(open_chunks(file), file, article_id, fields))
        if opened.format in ("unknown", "binary"):
            return
        if opened.format == "json" and is_no_article(opened.head, fields):
            return
        empty = True
        for item in opened.items:
            empty = False
            yield item
        if empty:
            yield maker.reject(0, "no-text", "the file holds no record", opened.head)
    except FeedError as error:
        yield maker.reject(0, "unreadable-file", f"{error.what}; {error.remedy}")
