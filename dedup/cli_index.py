"""The commands that work on an index: ingest, stories, show, check, rebuild, expire, export, backup, serve."""

from __future__ import annotations

import os
import re
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from dedup.index import Index
    from dedup.models import Article, Rejection
    from dedup.sources import Follower, Quarantine

__all__ = ["fields_of", "map_option", "register", "say_if_first_run"]

EXIT_DIFFERS = 1
BATCH = 200
"""Articles a transaction: the commit is then a small part of the work, and an interruption costs a second."""
FILL, FILL_CHARACTERS = 50_000, 150_000_000
"""Articles, and characters of them, in a transaction that fills a new index: it is worked out in bulk, four times as
fast, and takes 1 GB where articles have 3 kB."""
LOOK_AGAIN = 2.0
SERVERS = ("redis", "rediss", "postgresql", "postgres")
_AGO = re.compile(r"(\d+)\s*([smhdw])")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def register(group: click.Group) -> None:
    """Add the commands to ``dedup``."""
    for command in (ingest, stories, show, check, rebuild, expire, export, backup, serve):
        group.add_command(command)


class _When(click.ParamType):  # type: ignore[type-arg,unused-ignore]
    """A time as ISO 8601, or as long ago as "36h", "7d"."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        if isinstance(value, datetime):
            return value
        ago = _AGO.fullmatch(value.strip())
        if ago:
            return datetime.now(UTC) - timedelta(**{_UNITS[ago[2]]: int(ago[1])})
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            self.fail(f"{value!r} is no time; give one such as 2026-03-01T12:00+00:00, 2026-03-01 or 7d", param, ctx)
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


class _Place(click.Path):
    """A file as a Path, or the address of an index on a server as it is."""

    def __init__(self) -> None:
        super().__init__(path_type=Path)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if not isinstance(value, str) or "://" not in value:
            return super().convert(value, param, ctx)
        kind = value.partition("://")[0]
        if kind not in SERVERS:
            self.fail(f"no index can be kept at {kind}://; give a file, redis://... or postgresql://...", param, ctx)
        return value


def map_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """``--map``, of every command that reads feeds."""
    return click.option(
        "--map",
        "field_map",
        multiple=True,
        metavar="FIELD=NAME",
        help="Take FIELD (id, text, title, url, outlet, published, html, byline, credit, canonical) from NAME of the "
        "dump.",
    )(command)


def _index_option(command: Callable[..., Any]) -> Callable[..., Any]:
    said = "The index: a file, or an address redis://... or postgresql://..."
    return click.option("--index", "index_file", metavar="INDEX", required=True, type=_Place(), help=said)(command)


def _since_option(command: Callable[..., Any]) -> Callable[..., Any]:
    return click.option(
        "--since", metavar="TIME", type=_When(), help="Only stories that changed since: a date and time, or 36h, 7d."
    )(command)


def _open(place: Path | str, **how: Any) -> Index:
    """An index that must be there."""
    from dedup.index import open_index
    from dedup.index.schema import refuse_foreign

    if isinstance(place, Path):
        refuse_foreign(place, readonly=True)
    else:
        open_index(place, readonly=True).close()
    return open_index(place, **how)


def _open_to_ask(place: Path | str) -> Index:
    """An index that must be there, for a command that only asks: where it may not be written, it is told as it stands,
    and what waits to be worked out is said."""
    from dedup.index.sqlitefiles import may_be_written
    from dedup.report.words import count

    readonly = isinstance(place, Path) and not may_be_written(place)
    index = _open(place, readonly=readonly)
    if readonly and (waiting := index.stats().waiting):
        _say(
            f"notice: {index.place} may not be written: what {count(waiting, 'article')} changed waits to be worked "
            "out, and is told as it was before"
        )
    return index


def _say(text: str) -> None:
    from dedup.report.safe import terminal_safe

    click.echo(terminal_safe(text), err=True)


def say_if_first_run() -> None:
    """The first run compiles the kernels, which would look like a hang."""
    package = Path(__file__).parent
    cached = os.environ.get("NUMBA_CACHE_DIR")
    places = [Path(cached)] if cached else [package]
    if not any(next(place.rglob("*.nbi"), None) for place in places):
        _say("first run on this machine: compiling, once, for about half a minute")


# --- ingest -----------------------------------------------------------------------------------------------------


@click.command(short_help="Add the articles of feeds to an index.")
@click.argument("feeds", nargs=-1, required=True, metavar="FEED...")
@_index_option
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
        for sentence in index.notices() if isinstance(index_file, str) else ():
            _say(f"notice: {sentence}")
        # A consumer may stop at any time, and has acknowledged what was rejected before.
        with Quarantine(beside, policy, at_once=options["follow"] or "-" in feeds) as quarantine:
            filling = not options["batch"] and not options["follow"] and "-" not in feeds and len(index) == 0
            _Intake(index, quarantine, options, filling).ingest(feeds, options["follow"])


def _check_there(feeds: Sequence[str]) -> None:
    """FeedError for a feed that is not there, before an index is made for it."""
    from dedup.errors import FeedError

    for name in feeds:
        if name != "-" and not Path(name).exists():
            raise FeedError("there is no such file or folder", place=name, remedy="check the path")


def _beside(index: Index) -> Path:
    """Where bad records go: beside the file of the index, or for one on a server here, under its address."""
    name = re.sub(r"[^\w.]+", "-", index.place) if "://" in index.place else index.place
    return Path(f"{name}.quarantine.jsonl")


class _Intake:
    """Collects articles for one transaction; what is printed of them is printed after the commit. ``filling``: the
    index was empty, and large transactions fill it first."""

    def __init__(self, index: Index, quarantine: Quarantine, options: dict[str, Any], filling: bool = False) -> None:
        self._index, self._quarantine, self._filling = index, quarantine, filling
        self._batch, self._emit = options["batch"] or BATCH, options["emit"] is not None
        self._size, self._characters = self._sizes(), 0
        self._fields = fields_of(options["field_map"])
        self._waiting: list[Article] = []
        self.new = self.replaced = self.known = 0

    def ingest(self, feeds: Sequence[str], follow: bool) -> None:
        """Take the articles of feeds, with ``follow`` again and again what is new in them."""
        from dedup.sources import Follower, PassedOver, read_feeds

        passed = PassedOver()
        follower = Follower(self._fields, passed) if follow else None
        for name in feeds:
            if name == "-":
                self._take_all(_from_stdin(self, self._fields))
            elif follower:
                self._take_all(follower.look(name))
            else:
                self._take_all(read_feeds([name], fields=self._fields, on_passed_over=passed))
        self.commit()
        if passed.counts:
            _say(passed.sentence())
        self._say_counts()
        while follower:
            time.sleep(LOOK_AGAIN)
            self._look_again(follower, [name for name in feeds if name != "-"])

    def _look_again(self, follower: Follower, feeds: Sequence[str]) -> None:
        from dedup.errors import FeedError

        before = self._quarantine.read
        for name in feeds:
            try:
                self._take_all(follower.look(name))
            except FeedError as error:  # half written, or just being replaced: the next look finds it changed
                self.commit()
                _say(f"{error}; going on")
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

    def _say_counts(self) -> None:
        from dedup.report.words import count

        replaced = f"{self.replaced} replaced an earlier text, " if self.replaced else ""
        counts = f"{self.new} added, {replaced}{self.known} were known, {self._quarantine.rejected} rejected"
        kept = f", kept with the reasons in {self._quarantine.path}" if self._quarantine.sentence() else ""
        _say(f"{counts}{kept}; the index holds {count(len(self._index), 'article')}")

    def take(self, article: Article) -> None:
        self._waiting.append(article)
        self._characters += len(article.text) + len(article.html or "")
        if len(self._waiting) >= self._size or self._characters >= FILL_CHARACTERS:
            self.commit()

    def _sizes(self) -> int:
        """Articles of the next transaction."""
        held = len(self._index)
        return max(self._batch, min(FILL, self._index.most - held)) if self._filling and held <= FILL else self._batch

    def commit(self) -> None:
        if not self._waiting:
            return
        before, start = len(self._index), datetime.now(UTC)
        verdicts = self._index.add_many(self._waiting)
        came = len(self._index) - before
        replaced = self._replaced({verdict.id for verdict in verdicts if verdict.revision > 1}, start)
        self.new, self.replaced = self.new + came, self.replaced + replaced
        self.known += len(verdicts) - came - replaced
        self._waiting, self._characters, self._size = [], 0, self._sizes()
        if self._emit:
            _emit(verdicts)

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


def fields_of(pairs: Sequence[str]) -> dict[str, str]:
    """What ``--map FIELD=NAME`` options say, as a mapping; UsageError for one of another form."""
    fields = {}
    for pair in pairs:
        name, separator, value = pair.partition("=")
        if not separator or not name or not value:
            raise click.UsageError(f"--map {pair!r} is not of the form FIELD=NAME, such as --map title=headline")
        fields[name] = value
    return fields


def _emit(verdicts: Iterable[Any]) -> None:
    from dedup.report.verdicts import verdict_line

    for verdict in verdicts:
        sys.stdout.buffer.write(verdict_line(verdict))
    sys.stdout.buffer.flush()


# --- asking -----------------------------------------------------------------------------------------------------


@click.command()
@_index_option
@_since_option
@click.option("--json", "as_json", is_flag=True, help="Print the stories as JSON lines (docs/stories-jsonl.md).")
def stories(index_file: Path | str, since: datetime | None, as_json: bool) -> None:
    """List the stories of an index, largest first."""
    from dedup.report import write_stories_jsonl
    from dedup.report.safe import terminal_safe
    from dedup.report.words import count

    with _open_to_ask(index_file) as index:
        if as_json:
            write_stories_jsonl(index.result(since), sys.stdout.buffer)
            return
        for story in index.stories(since):
            told = f"{count(len(story.articles), 'article'):>14}, {count(story.origins, 'independent text'):<20}"
            click.echo(terminal_safe(f"{story.story_id}{told}  {story.headline}"))


@click.command(short_help="Show a story, or an article with its matches and history.")
@click.argument("name", metavar="ID")
@_index_option
def show(name: str, index_file: Path | str) -> None:
    """Show a story, or an article with its verdict, matches and earlier texts."""
    from dedup.report.safe import terminal_safe
    from dedup.report.verdicts import article_lines, story_lines

    with _open_to_ask(index_file) as index:
        index.settle()
        story, clean = index.story(name), index.get(name)
        if clean is not None:
            matches = index.matches(name)
            found = (index.get(match.b if match.a == name else match.a) for match in matches)
            others = {item.id: item for item in found if item is not None}
            lines = article_lines(clean, index.story_of(name), matches, index.history(name), others)
        elif story is not None:
            lines = story_lines(story)
        else:
            said = (
                f"the index holds no story and no article {name!r}; `dedup stories --index {index.place}` lists stories"
            )
            raise click.ClickException(said)
    for line in lines:
        click.echo(terminal_safe(line))


@click.command(short_help="Say whether an index is sound, and equals the batch.")
@_index_option
@click.option("--deep", is_flag=True, help="Also run the batch over all articles and say where the index differs.")
def check(index_file: Path | str, deep: bool) -> None:
    """Say whether an index is sound; exit 1 when it is damaged or differs from the batch."""
    from dedup.report.words import count

    with _open_to_ask(index_file) as index:
        found = index.check(deep)
        stats = index.stats()
    holds = [count(stats.articles, "article"), count(stats.stories, "story"), count(stats.matches, "match")]
    click.echo(", ".join([*holds, count(stats.bytes, "byte")]))
    for kind, sentences in (("damage", found.damage), ("difference", found.differences), ("notice", found.notices)):
        for sentence in sentences:
            click.echo(f"{kind}: {sentence}")
    for name, number in found.caps.items():
        click.echo(f"limit {name} was met {count(number, 'time')}: `dedup rebuild` makes the index equal to the batch")
    if not found.sound:
        sys.exit(EXIT_DIFFERS)
    click.echo("sound, and equal to the batch" if deep else "sound")


# --- changing ---------------------------------------------------------------------------------------------------


@click.command(short_help="Work everything out anew from the articles of an index.")
@_index_option
def rebuild(index_file: Path | str) -> None:
    """Work everything out anew from the articles of an index, as the batch would."""
    from dedup.report.words import count

    with _open(index_file) as index:
        index.rebuild()
        _say(f"rebuilt from {count(len(index), 'article')}")


@click.command(short_help="Remove the articles published before a time.")
@_index_option
@click.option(
    "--before", metavar="TIME", required=True, type=_When(), help="A date and time, or how long ago: 36h, 30d."
)
def expire(index_file: Path | str, before: datetime) -> None:
    """Remove the articles published before a time, with all that was known of them."""
    from dedup.report.words import count

    with _open(index_file) as index:
        gone = count(index.expire(before), "article")
        _say(f"{gone} from before {before.isoformat()} removed; {len(index):,} left")


@click.command(short_help="Write an index or a report as a table, JSON or a graph.")
@click.option("--index", "index_file", metavar="INDEX", type=_Place(), help="Export from this index.")
@click.option("--report", metavar="FOLDER", type=click.Path(path_type=Path), help="Export from this written report.")
@click.option("-o", "--output", metavar="FILE", required=True, type=click.Path(path_type=Path), help="Write this.")
@_since_option
def export(index_file: Path | str | None, report: Path | None, output: Path, since: datetime | None) -> None:
    """Write an index or a report as .csv, .parquet, .jsonl or .graphml; of an index, a name without suffix is a report
    folder."""
    from dedup.report import write_report
    from dedup.report.export import export as write_export

    if (index_file is None) == (report is None):
        raise click.UsageError("name either --index or --report")
    if report is not None:
        click.echo(write_export(report, output))
        return
    assert index_file is not None
    with _open_to_ask(index_file) as index:
        result = index.result(since)
    click.echo(write_export(result, output) if output.suffix else write_report(result, output))


@click.command(short_help="Copy an index, while others go on adding to it.")
@click.argument("target", metavar="FILE", type=click.Path(path_type=Path))
@_index_option
def backup(target: Path, index_file: Path | str) -> None:
    """Copy an index to a new file, while others go on adding to it."""
    if not target.absolute().parent.is_dir():
        raise click.ClickException(f"{target}: its folder does not exist; make {target.absolute().parent} first")
    with _open(index_file, readonly=True) as index:
        index.backup(target)
    _say(f"copied to {target}")


@click.command(short_help="Serve an index over HTTP.")
@_index_option
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to serve on; others ask for a token.")
@click.option("--port", type=click.IntRange(0, 65535), default=8765, show_default=True, help="Port to serve on.")
@click.option(
    "--token-file",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Every request must bear the token in this file; DEDUP_TOKEN in the environment does the same.",
)
def serve(index_file: Path | str, host: str, port: int, token_file: Path | None) -> None:
    """Serve an index over HTTP: POST /articles, GET /stories and more, as /openapi.json says. The index is made when it
    is not there."""
    from dedup.index import open_index
    from dedup.serve.run import check_address, check_token
    from dedup.serve.run import serve as run_service

    try:
        token = token_file.read_text(encoding="utf-8").strip() if token_file else os.environ.get("DEDUP_TOKEN")
    except OSError as error:
        raise click.ClickException(f"{token_file}: cannot be read ({error.strerror})") from error
    if token_file and not token:
        raise click.ClickException(f"{token_file}: holds no token")
    check_token(host, token or None)
    check_address(host, port)
    say_if_first_run()
    with open_index(index_file) as index, open_index(index_file, readonly=True) as reader:
        if index.made:
            _say(f"there was no index {index.place}: a new one was made")
        _say(f"serving {index.place} on http://{host}:{port} until interrupted")
        run_service(index, host, port, token or None, reader)
