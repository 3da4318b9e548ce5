"""Feeds that go on: files that grow, are replaced or rotated away. Nothing is fetched; they are looked at again."""

from __future__ import annotations

import os
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import BinaryIO, Final, NamedTuple

import orjson

from dedup.errors import FeedError
from dedup.models import Article, Rejection
from dedup.sources.encoding import bom_of, wide_of
from dedup.sources.feed import read_feed
from dedup.sources.fields import FieldTable
from dedup.sources.folder import files_below, read_folder
from dedup.sources.jsonlines import read_json_lines
from dedup.sources.limits import CHUNK, HEAD, MAX_RECORD
from dedup.sources.notes import OnPassedOver
from dedup.sources.records import RecordMaker
from dedup.sources.sniff import LINES_SUFFIXES, sniff
from dedup.sources.streams import unreadable

Item = Article | Rejection

MOST_OPEN: Final = 100
"""Files of JSON lines held open. What changes beyond is read from its start again: an index knows what it has."""
MARK: Final = 64
"""Bytes before the place reached that must be the same for a file to have grown and not to be another."""
LOOKS: Final = 5
"""Looks after which a last line that is no JSON and does not grow is taken for broken, not for half written."""


class State(NamedTuple):
    """By what a change of a file is told: it is another, has another size, or another time."""

    device: int
    inode: int
    size: int
    changed: int


class Follower:
    """Gives what is new in files and folders at each look.

    A file of JSON lines (by its name and its content) that grows is read on from its last whole line, also when it is
    renamed and another takes its name. Any other file is read again as a whole when it has changed. What is gone,
    empty, no feed or cannot be read is told to ``on_passed_over``, once a change; ``apart`` are files never read.
    """

    def __init__(
        self,
        fields: Mapping[str, str] | None = None,
        on_passed_over: OnPassedOver | None = None,
        apart: Sequence[Path] = (),
    ) -> None:
        self._fields, self._on_passed_over, self._apart = fields, on_passed_over, apart
        self._said: dict[str, str] = {}
        self._missing: set[str] = set()
        self._states: dict[str, dict[str, State]] = {}
        self._tails: OrderedDict[str, _Tail] = OrderedDict()
        self._leaving: list[_Tail] = []

    def look(self, feed: str) -> Iterator[Item]:
        """What is new in a feed since the last look at it. Raises FeedError as ``read_feed`` does, for a missing path
        at the first look only."""
        for item in self._look(feed):
            self._said.pop(item.file or "", None)
            yield item

    def _look(self, feed: str) -> Iterator[Item]:
        known = self._states.get(feed)
        if known is None and not os.path.exists(feed):  # noqa: PTH110 - Path.exists raises where it may not look
            raise FeedError("there is no such file or folder", place=feed, remedy="check the path")
        states = self._states[feed] = self._states_now(feed, known or {})
        changed = [file for file, state in states.items() if known is None or state != known.get(file)]
        lines = [file for file in changed if _grows_by_lines(file)]
        gone = (known or {}).keys() - states.keys()
        yield from self._left()
        yield from self._gone(gone)
        self._note_gone(feed, gone)
        for file in sorted({*lines, *(file for file in states if file in self._tails)}):
            yield from self._read_on(file, states)
        for file in lines:
            if file in states and states[file].size == 0:
                self._note(file, "empty")
        yield from self._whole(feed, {file for file in changed if file not in lines})

    def close(self) -> None:
        """Close the files held open."""
        for tail in (*self._tails.values(), *self._leaving):
            tail.close()
        self._tails.clear()
        self._leaving.clear()

    def _note(self, file: str, why: str) -> None:
        """Tell what is the matter with a file, unless that was told and nothing was read of it since."""
        if self._said.get(file) != why:
            self._said[file] = why
            if self._on_passed_over:
                self._on_passed_over(file, why)

    def _note_gone(self, feed: str, files: Iterable[str]) -> None:
        """Tell which files of a feed are gone since the last look, or once that all of it is."""
        if os.path.lexists(feed):
            self._missing.discard(feed)
        elif feed in self._missing:
            return
        else:
            self._missing.add(feed)
            files = (feed,)
        for file in sorted(files):
            self._note(file, "gone")
            del self._said[file]

    def _states_now(self, feed: str, known: Mapping[str, State]) -> dict[str, State]:
        """The files of a feed that are there now: itself, or those of a folder but hidden ones and those kept apart.
        What cannot be looked at is as it was."""
        try:
            files = sorted(Path(feed) / name for name in files_below(feed)[0]) if Path(feed).is_dir() else [Path(feed)]
        except OSError as error:
            self._note(feed, unreadable(feed, error).what)
            return dict(known)
        apart = {(state.device, state.inode) for state in map(_state_of, self._apart) if state}
        states = {}
        for file in map(str, files):
            try:
                state = _state_of(Path(file))
            except OSError as error:
                self._note(file, unreadable(file, error).what)
                state = known.get(file)
            if state and (state.device, state.inode) not in apart:
                states[file] = state
        return states

    def _whole(self, feed: str, files: set[str]) -> Iterator[Item]:
        if files and Path(feed).is_dir():
            yield from read_folder(feed, FieldTable(self._fields), self._note, files)
        elif files:
            yield from read_feed(feed, fields=self._fields, on_passed_over=self._note)

    def _read_on(self, file: str, states: dict[str, State]) -> Iterator[Item]:
        tail, state = self._tails.get(file), states[file]
        if tail is not None and not tail.is_at(state):
            yield from self._gone([file])
        elif tail is not None and not tail.continues(state):
            self._tails.pop(file).close()
        tail = self._tails.get(file)
        if tail is None:
            try:
                tail = self._tails[file] = _Tail(file, FieldTable(self._fields))
            except FeedError as error:
                self._note(file, error.what)
                del states[file]  # so that the next look tries again
                return
            while len(self._tails) > MOST_OPEN:
                self._tails.popitem(last=False)[1].close()
        yield from tail.items()

    def _gone(self, files: Iterable[str]) -> Iterator[Item]:
        """The rest of files whose names are gone. They stay open until the next look: whoever wrote may not have
        noticed yet."""
        for file in sorted(files):
            if file in self._tails:
                tail = self._tails.pop(file)
                self._leaving.append(tail)
                yield from tail.items()

    def _left(self) -> Iterator[Item]:
        leaving, self._leaving = self._leaving, []
        for tail in leaving:
            yield from tail.items(to_the_end=True)
            tail.close()


class _Tail:
    """One file of JSON lines and how far it was read."""

    def __init__(self, file: str, fields: FieldTable) -> None:
        self._name = file
        try:
            self._file: BinaryIO = Path(file).open("rb")  # noqa: SIM115 - held until its name has gone
        except OSError as error:
            raise unreadable(file, error) from error
        status = os.fstat(self._file.fileno())
        self._identity = (status.st_dev, status.st_ino)
        self._maker = RecordMaker(file, fields, unit="line", format="jsonl")
        self._offset = self._lines = self._waited = 0
        self._mark = self._half = b""

    def is_at(self, state: State) -> bool:
        """Whether the name is still that of the file that was read."""
        return (state.device, state.inode) == self._identity

    def continues(self, state: State) -> bool:
        """Whether the file was added to, and not emptied and written anew: no shorter, and the same bytes before."""
        if state.size < self._offset:
            return False
        self._file.seek(self._offset - len(self._mark))
        return self._file.read(len(self._mark)) == self._mark

    def items(self, to_the_end: bool = False) -> Iterator[Item]:
        """The items of the lines that have come since."""
        self._file.seek(self._offset)
        return read_json_lines(self._fresh(to_the_end), self._maker, self._lines)

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _fresh(self, to_the_end: bool) -> Iterator[bytes]:
        """Whole lines, and the last one without its line feed where it is whole or will not be any more."""
        half = b""
        while chunk := self._file.read(CHUNK):
            whole, feed, half = (half + chunk).rpartition(b"\n")
            if feed or len(half) > MAX_RECORD:
                whole, half = (whole + feed, half) if feed else (half, b"")
                yield self._reached(whole)
        self._waited = self._waited + 1 if half == self._half else 0
        self._half = half
        if half and (to_the_end or self._waited >= LOOKS or _is_whole(half)):
            self._half = b""
            yield self._reached(half)

    def _reached(self, read: bytes) -> bytes:
        self._offset += len(read)
        self._lines += read.count(b"\n")
        self._mark = (self._mark + read)[-MARK:]
        return read


def _is_whole(line: bytes) -> bool:
    """Whether a line is JSON: no beginning of an object is."""
    try:
        orjson.loads(line)
    except orjson.JSONDecodeError:
        return False
    return True


def _state_of(file: Path) -> State | None:
    """What a file is told by; None where there is none."""
    try:
        status = file.stat()
    except (FileNotFoundError, NotADirectoryError):  # renamed or removed since it was listed
        return None
    return State(status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns)


def _grows_by_lines(file: str) -> bool:
    """Whether a file is one of JSON lines in UTF-8 by name and content, or may become one."""
    if not file.lower().endswith(LINES_SUFFIXES):
        return False
    try:
        with Path(file).open("rb") as opened:
            head = opened.read(HEAD)
    except OSError:
        return False
    if not head.strip() or (head.startswith(b"{") and b"\n" not in head):
        return True
    return bom_of(head) is None and wide_of(head) is None and sniff(head, file, FieldTable({})).format == "jsonl"
