"""From a path to articles."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from dedup.errors import FeedError
from dedup.models import Article, Rejection
from dedup.sources.binary import KNOWN, binary_error
from dedup.sources.fields import FieldTable
from dedup.sources.folder import read_folder
from dedup.sources.formats import Feed, open_feed
from dedup.sources.notes import OnPassedOver
from dedup.sources.sniff import stem_of
from dedup.sources.streams import STDIN, open_chunks, place_of

Item = Article | Rejection


def read_feed(
    path: str | os.PathLike[str],
    *,
    fields: Mapping[str, str] | None = None,
    on_passed_over: OnPassedOver | None = None,
) -> Iterator[Item]:
    """Articles and rejections of a feed, in its order: a file, a folder, or ``-`` for standard input.

    The format is told by content. ``fields`` maps an article field to the dump's own field name or dotted path
    and goes before the built-in table. ``on_passed_over`` is called with the path of every file of a folder that is no
    feed, and why. Streams: memory does not grow with the feed. Raises FeedError, at the call
    for a missing path, while reading for a feed that is empty, binary, of unknown format or without a text field;
    MissingExtraError where a format needs a package that is not installed.
    """
    place, known = os.fspath(path), FieldTable(fields)
    if place == STDIN:
        return read_stream(Feed(open_chunks(STDIN), place_of(place), "stdin", known))
    try:
        if Path(place).is_dir():
            return read_folder(place, known, on_passed_over)
        if not Path(place).exists():
            raise FeedError("there is no such file or folder", place=place, remedy="check the path")
    except (OSError, ValueError) as error:
        raise FeedError("this cannot be a path", place=repr(place)[:200], remedy="check the path") from error
    return read_stream(Feed(open_chunks(place), place, stem_of(Path(place).name), known))


def read_feeds(
    paths: Iterable[str | os.PathLike[str]],
    *,
    fields: Mapping[str, str] | None = None,
    on_passed_over: OnPassedOver | None = None,
) -> Iterator[Item]:
    """The items of several feeds, one after the other, in the order given; otherwise as ``read_feed``."""
    for path in paths:
        yield from read_feed(path, fields=fields, on_passed_over=on_passed_over)


def read_stream(feed: Feed) -> Iterator[Item]:
    """The items of an open stream; raises FeedError as ``read_feed`` does."""
    opened = open_feed(feed)
    if opened.format == "binary":
        raise binary_error(opened.head, feed.file)
    if opened.format == "unknown":
        raise FeedError(
            "the format of this feed is not known",
            place=feed.file,
            remedy=f"give {KNOWN}; a plain text is known by its name: save it as name.txt",
        )
    empty = True
    for item in opened.items:
        empty = False
        yield item
    if empty:
        raise FeedError("the feed is empty", place=feed.file, remedy="check how it was written")
