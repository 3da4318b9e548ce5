"""The command ``dedup ingest``: articles of feeds into an index, in transactions, once or as long as feeds go on."""

from __future__ import annotations

import os
import re
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import nullcontext, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dedup.cli_options import (
    fields_of,
    index_option,
    map_option,
    progress_shown,
    say,
    say_if_first_run,
    stopped_by_sigterm,
)

if TYPE_CHECKING:
    from dedup.index import Index
    from dedup.models import Article, Rejection
    from dedup.pipeline import Progress
    from dedup.sources import Follower, Quarantine

__all__ = ["ingest"]

BATCH = 200
"""Articles a transaction: the commit is then a small part of the work, and an interruption costs a second."""
FILL, FILL_CHARACTERS = 50_000, 150_000_000
"""Articles, and characters of them, in a transaction that fills a new index: it is worked out in bulk, four times as
fast, and takes 1 GB where articles have 3 kB."""
LOOK_AGAIN = 2.0


@click.command(short_help="Add the articles of feeds to an index.")
@click.argument("feeds", nargs=-1, required=True, metavar="FEED...")
@index_option
@click.option(
    "--emit", type=click.Choice(["verdicts"]), help="Print a JSON line for each article once it is committed."
)
@click.option(
    "--batch",
    type=click.IntRange(1, 100_000),
    help=f"Articles a transaction at most; - never waits for more. [default: {BATCH}; while files fill a new index "
    f"{FILL}, so that an interruption may cost some minutes]",
)
@click.option("--follow", is_flag=True, help="Go on: read a file again whenever it has changed.")
@click.option(
    "--durability",
    type=click.Choice(["power", "crash"]),
    default="power",
    show_default=True,
    help="What a committed article survives: a power cut, or only the end of the process (faster).",
)
@click.option(
    "--settings",
    "settings_file",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="TOML file of settings for a new index; an index keeps those it was made with.",
)
@map_option
@click.option("--max-bad", metavar="N|N%", help="Stop when more records than this are bad.")
@click.option(
    "--on-error",
    type=click.Choice(["quarantine", "strict", "skip"]),
    default="quarantine",
    show_default=True,
    help="A bad record is kept beside the index, stops the run, or is only counted.",
)
def ingest(feeds: tuple[str, ...], index_file: Path | str, **options: Any) -> None:
    """Add the articles of feeds to an index; it is made when it is not there.

    An article that is in already changes nothing, so that a feed may be given again after an interruption: what was
    not committed is then added. FEED is a file or folder as for `dedup run`, or - for JSON lines on standard input.
    """
    from dedup.index import open_index
    from dedup.settings import Settings
    from dedup.sources import Policy, Quarantine

    settings = Settings.from_toml(options["settings_file"]) if options["settings_file"] else None
    policy = Policy(options["on_error"], options["max_bad"])
    _check_there(feeds)
    with open_index(index_file, settings, durability=options["durability"]) as index:
        beside = _beside(index)
        _refuse_own(feeds, beside)
        say_if_first_run()
        for sentence in index.notices() if isinstance(index_file, str) else ():
            say(f"notice: {sentence}")
        # A consumer may stop at any time, and has acknowledged what was rejected before.
        with Quarantine(beside, policy, at_once=True) as quarantine, stopped_by_sigterm():
            filling = not options["batch"] and not options["follow"] and "-" not in feeds and len(index) == 0
            _Intake(index, quarantine, options, filling).ingest(feeds, options["follow"])


def _check_there(feeds: Sequence[str]) -> None:
    """FeedError for a feed that is not there, before an index is made for it."""
    from dedup.errors import FeedError

    for name in feeds:
        if name != "-" and not Path(name).exists():
            raise FeedError("there is no such file or folder", place=name, remedy="check the path")


def _refuse_own(feeds: Sequence[str], beside: Path) -> None:
    """FeedError where a feed is the file that rejected records are added to: it might be read for ever."""
    from dedup.errors import FeedError

    for name in feeds:
        with suppress(OSError):
            status = os.fstat(sys.stdin.fileno()) if name == "-" else Path(name).stat()
            if os.path.samestat(status, beside.stat()):
                raise FeedError(
                    "rejected records of this index are added to this file, so it cannot be read meanwhile",
                    place=str(beside),
                    remedy="rename it, mend the records and give it by its new name; a new file is begun for new ones",
                )


def _beside(index: Index) -> Path:
    """Where bad records go: beside the file of the index, or for one on a server here, under its address."""
    name = re.sub(r"[^\w.]+", "-", index.place) if "://" in index.place else index.place
    return Path(f"{name}.quarantine.jsonl")


class _Intake:
    """Collects articles for one transaction; what is printed of them is printed after the commit. ``filling``: the
    index was empty, and large transactions fill it first."""

    def __init__(self, index: Index, quarantine: Quarantine, options: dict[str, Any], filling: bool = False) -> None:
        from dedup.sources import PassedOver

        self._index, self._quarantine, self._filling = index, quarantine, filling
        self._batch, self._emit = options["batch"] or BATCH, options["emit"] is not None
        self._size, self._characters = self._sizes(), 0
        self._fields = fields_of(options["field_map"])
        self._passed = PassedOver()
        self._progress: Progress | None = None
        self._waiting: list[Article] = []
        self.new = self.replaced = self.known = 0

    def ingest(self, feeds: Sequence[str], follow: bool) -> None:
        """Take the articles of feeds, with ``follow`` again and again what is new in them. What was committed is said
        also when something ends it."""
        try:
            follower = self._follower() if follow else None
            self._ingest_once(feeds, follower)
            while follower:
                time.sleep(LOOK_AGAIN)
                self._look_again(follower, [name for name in feeds if name != "-"])
        except BaseException:
            with suppress(OSError):
                say(f"stopped; until then {self._counts()}")
            raise

    def _follower(self) -> Follower:
        from dedup.sources import Follower

        place = self._index.place
        own = () if "://" in place else tuple(Path(place + end) for end in ("", "-wal", "-shm", "-lock"))
        apart = (_beside(self._index), *own)
        return Follower(self._fields, lambda file, why: self._passed(file, why), apart)

    def _ingest_once(self, feeds: Sequence[str], follower: Follower | None) -> None:
        from dedup.sources import read_feeds

        # A progress line would stand among the verdicts, and what is piped in has no end.
        with nullcontext() if self._emit or "-" in feeds else progress_shown() as self._progress:
            for name in feeds:
                if name == "-":
                    self._take_all(_from_stdin(self, self._fields))
                elif follower:
                    self._take_all(follower.look(name))
                else:
                    self._take_all(read_feeds([name], fields=self._fields, on_passed_over=self._passed))
            self.commit()
        self._progress = None
        self._say_passed(follower is not None)
        self._say_counts()

    def _look_again(self, follower: Follower, feeds: Sequence[str]) -> None:
        from dedup.errors import FeedError

        before = self._quarantine.read
        for name in feeds:
            try:
                self._take_all(follower.look(name))
            except FeedError as error:  # half written, or just being replaced: the next look finds it changed
                self.commit()
                say(f"{error}; going on")
        self._say_passed(follows=True)
        if self._quarantine.read != before:
            self._say_counts()

    def _take_all(self, items: Iterable[Article | Rejection]) -> None:
        """Take articles; what was read before an error of a feed is kept too."""
        from dedup.errors import DedupError

        articles = _usable(self._quarantine.watch(items), self._quarantine)
        while True:
            try:
                article = next(articles, None)
            except DedupError:
                self.commit()
                raise
            if article is None:
                break
            self.take(article)
        if not self._filling:
            self.commit()

    def _say_passed(self, follows: bool) -> None:
        from dedup.sources import PassedOver

        if self._passed.counts:
            say(f"not read: {self._passed.listed()}; going on" if follows else self._passed.sentence())
            self._passed = PassedOver()

    def _say_counts(self) -> None:
        from dedup.report.words import count

        say(f"{self._counts()}; the index holds {count(len(self._index), 'article')}")

    def _counts(self) -> str:
        """What was committed, and what was kept of the rest."""
        replaced = f"{self.replaced} replaced an earlier text, " if self.replaced else ""
        kept = f", kept with the reasons in {self._quarantine.path}" if self._quarantine.sentence() else ""
        return f"{self.new} added, {replaced}{self.known} were known, {self._quarantine.rejected} rejected{kept}"

    def take(self, article: Article) -> None:
        self._waiting.append(article)
        self._characters += len(article.text) + len(article.html or "")
        if len(self._waiting) % BATCH == 0:
            self._show_progress()
        if len(self._waiting) >= self._size or self._characters >= FILL_CHARACTERS:
            self.commit()

    def _show_progress(self) -> None:
        if self._progress:
            done = self.new + self.replaced + self.known
            self._progress("articles read", done + len(self._waiting), 0)
            self._progress("articles added", done, done + len(self._waiting))

    def _sizes(self) -> int:
        """Articles of the next transaction."""
        held = len(self._index)
        return max(self._batch, min(FILL, self._index.most - held)) if self._filling and held <= FILL else self._batch

    def commit(self) -> None:
        self._quarantine.sync()
        if not self._waiting:
            return
        self._show_progress()
        start, came = datetime.now(UTC), self._unknown()
        verdicts = self._index.add_many(self._waiting)
        self._waiting, self._characters = [], 0
        self.new, self.known = self.new + came, self.known + len(verdicts) - came
        replaced = self._replaced({verdict.id for verdict in verdicts if verdict.revision > 1}, start)
        self.replaced, self.known = self.replaced + replaced, self.known - replaced
        self._size = self._sizes()
        self._show_progress()
        if self._emit:
            _emit(verdicts)

    def _unknown(self) -> int:
        """How many articles wait that are not in the index; its size does not tell, since others may add as well."""
        ids = {article.id for article in self._waiting}
        return len(ids) if not len(self._index) else sum(self._index.verdict(name) is None for name in ids)

    def _replaced(self, ids: set[str], since: datetime) -> int:
        """How many texts of the articles took the place of an earlier one since then."""
        return sum(earlier.replaced >= since for name in ids for earlier in self._index.history(name))


def _from_stdin(desk: _Intake, fields: dict[str, str]) -> Iterator[Article | Rejection]:
    """JSON lines as they arrive: before waiting for more, what has come is committed. FeedError for a binary file."""
    from dedup.sources.binary import binary_error, holds_objects, is_binary
    from dedup.sources.fields import FieldTable
    from dedup.sources.jsonlines import read_json_lines
    from dedup.sources.records import RecordMaker
    from dedup.sources.streams import STDIN, place_of

    place = place_of(STDIN)

    def chunks() -> Iterator[bytes]:
        first = True
        while True:
            desk.commit()
            chunk = os.read(sys.stdin.fileno(), 1 << 16)
            if not chunk:
                return
            if first and is_binary(chunk) and not holds_objects(chunk):
                raise binary_error(chunk, place)
            first = False
            yield chunk

    return read_json_lines(chunks(), RecordMaker(place, FieldTable(fields), unit="line", format="jsonl"))


def _usable(items: Iterable[Article | Rejection], quarantine: Quarantine) -> Iterator[Article]:
    """Articles with text or html; what has neither is rejected as the batch rejects it."""
    from dedup.models import Rejection

    for item in items:
        if isinstance(item, Rejection):
            continue
        if item.text.strip() or item.html:
            yield item
            continue
        place = (item.file or "articles given", item.position or f"article {item.id!r}")
        quarantine.refuse(Rejection(*place, "no-text", f"article {item.id!r} has neither text nor html"))


def _emit(verdicts: Iterable[Any]) -> None:
    from dedup.report.verdicts import verdict_line

    for verdict in verdicts:
        sys.stdout.buffer.write(verdict_line(verdict))
    sys.stdout.buffer.flush()
