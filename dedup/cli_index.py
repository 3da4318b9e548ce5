"""The commands that work on an index: stories, show, check, rebuild, expire, export, backup, serve."""

from __future__ import annotations

import os
import sys
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dedup.cli_ingest import ingest
from dedup.cli_options import Place, When, index_option, say, say_if_first_run, since_option

if TYPE_CHECKING:
    from dedup.index import Index

__all__ = ["register"]

EXIT_DIFFERS = 1


def register(group: click.Group) -> None:
    """Add the commands to ``dedup``."""
    for command in (ingest, stories, show, check, rebuild, expire, export, backup, serve):
        group.add_command(command)


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
        say(
            f"notice: {index.place} may not be written: what {count(waiting, 'article')} changed waits to be worked "
            "out, and is told as it was before"
        )
    return index


# --- asking -----------------------------------------------------------------------------------------------------


@click.command()
@index_option
@since_option
@click.option("--json", "as_json", is_flag=True, help="Print the stories as JSON lines (docs/stories-jsonl.md).")
def stories(index_file: Path | str, since: datetime | None, as_json: bool) -> None:
    """List the stories of an index, largest first."""
    from dedup.report import write_stories_jsonl
    from dedup.report.safe import terminal_safe
    from dedup.report.words import count

    with _open_to_ask(index_file) as index:
        say_if_first_run()
        if as_json:
            write_stories_jsonl(index.result(since), sys.stdout.buffer)
            return
        for story in index.stories(since):
            told = f"{count(len(story.articles), 'article'):>14}, {count(story.origins, 'independent text'):<20}"
            click.echo(terminal_safe(f"{story.story_id}{told}  {story.headline}"))


@click.command(short_help="Show a story, or an article with its matches and history.")
@click.argument("name", metavar="ID")
@index_option
def show(name: str, index_file: Path | str) -> None:
    """Show a story, or an article with its verdict, matches and earlier texts."""
    from dedup.report.safe import terminal_safe
    from dedup.report.verdicts import article_lines, story_lines

    with _open_to_ask(index_file) as index:
        say_if_first_run()
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
@index_option
@click.option("--deep", is_flag=True, help="Also run the batch over all articles and say where the index differs.")
def check(index_file: Path | str, deep: bool) -> None:
    """Say whether an index is sound; exit 1 when it is damaged or differs from the batch."""
    from dedup.report.words import count

    with _open_to_ask(index_file) as index:
        if deep:
            say_if_first_run()
            say(f"running the batch over {count(len(index), 'article')}, to compare")
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
@index_option
def rebuild(index_file: Path | str) -> None:
    """Work everything out anew from the articles of an index, as the batch would."""
    from dedup.report.words import count

    with _open(index_file) as index:
        say_if_first_run()
        say(f"working everything out anew from {count(len(index), 'article')}")
        index.rebuild()
        say(f"rebuilt from {count(len(index), 'article')}")


@click.command(short_help="Remove the articles published before a time.")
@index_option
@click.option(
    "--before", metavar="TIME", required=True, type=When(), help="A date and time, or how long ago: 36h, 30d."
)
def expire(index_file: Path | str, before: datetime) -> None:
    """Remove the articles published before a time, with all that was known of them. Articles without a date stay."""
    from dedup.report.words import count

    with _open(index_file) as index:
        say_if_first_run()
        gone = count(index.expire(before), "article")
        undated = "; those without a date stay" if len(index) else ""
        say(f"{gone} from before {before.isoformat()} removed; {len(index):,} left{undated}")


@click.command(short_help="Write an index or a report as a table, JSON or a graph.")
@click.option("--index", "index_file", metavar="INDEX", type=Place(), help="Export from this index.")
@click.option("--report", metavar="FOLDER", type=click.Path(path_type=Path), help="Export from this written report.")
@click.option("-o", "--output", metavar="FILE", required=True, type=click.Path(path_type=Path), help="Write this.")
@since_option
def export(index_file: Path | str | None, report: Path | None, output: Path, since: datetime | None) -> None:
    """Write an index or a report as .csv, .parquet, .jsonl or .graphml; of an index, a name without suffix is a report
    folder."""
    from dedup.report import write_report
    from dedup.report.export import export as write_export
    from dedup.report.words import count

    if (index_file is None) == (report is None):
        raise click.UsageError("name either --index or --report")
    if report is not None:
        click.echo(write_export(report, output))
        return
    assert index_file is not None
    with _open_to_ask(index_file) as index:
        say_if_first_run()
        say(f"collecting the stories of {count(len(index), 'article')}")
        result = index.result(since)
    if since is not None and not result.stories:
        say(f"no story changed since {since.isoformat()}: what is written is empty")
    click.echo(write_export(result, output) if output.suffix else write_report(result, output))


@click.command(short_help="Copy an index, while others go on adding to it.")
@click.argument("target", metavar="FILE", type=click.Path(path_type=Path))
@index_option
def backup(target: Path, index_file: Path | str) -> None:
    """Copy an index to a new file, while others go on adding to it."""
    if not target.absolute().parent.is_dir():
        raise click.ClickException(f"{target}: its folder does not exist; make {target.absolute().parent} first")
    with _open(index_file, readonly=True) as index:
        index.backup(target)
    say(f"copied to {target}")


@click.command(short_help="Serve an index over HTTP.")
@index_option
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
            say(f"there was no index {index.place}: a new one was made")
        say(f"serving {index.place} on http://{host}:{port} until interrupted")
        run_service(index, host, port, token or None, reader)
