"""The command ``dedup``: parse the arguments, call the library, print. No logic of its own."""

from __future__ import annotations

import signal
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dedup import __version__
from dedup.cli_index import register
from dedup.cli_options import Terminated, fields_of, map_option, progress_shown, say, say_if_first_run
from dedup.errors import DedupError

if TYPE_CHECKING:
    from dedup.models import Article, CleanArticle, Rejection
    from dedup.pipeline import Progress
    from dedup.settings import Settings
    from dedup.sources import PassedOver

__all__ = ["cli", "main"]

EXIT_ERROR, EXIT_REJECTIONS, EXIT_INTERRUPTED = 1, 3, 130


def main() -> None:
    """Run the command; a DedupError is one sentence on stderr and exit 1, Ctrl-C is exit 130; SIGTERM ends by it."""
    try:
        cli.main(standalone_mode=False)
    except click.UsageError as error:
        error.show()
        sys.exit(error.exit_code)
    except click.ClickException as error:
        say(f"dedup: {error.format_message()}")
        sys.exit(error.exit_code)
    except (KeyboardInterrupt, click.Abort, SystemError) as error:
        if isinstance(error, SystemError) and not _is_behind(KeyboardInterrupt, error):
            raise
        terminated = _is_behind(Terminated, error)
        say(f"dedup: {'terminated' if terminated else 'interrupted'}; no half-written output was left")
        if terminated:  # by the signal, as a shell (143) and systemd expect of a service that was stopped
            signal.raise_signal(signal.SIGTERM)
        sys.exit(EXIT_INTERRUPTED)
    except DedupError as error:
        say(f"dedup: {error}")
        sys.exit(EXIT_ERROR)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(EXIT_ERROR)
    except OSError as error:
        say(f"dedup: the output cannot be written ({error.strerror or error}); make room or choose another place")
        sys.stderr.close()
        sys.exit(EXIT_ERROR)


def _is_behind(kind: type[BaseException], error: BaseException) -> bool:
    """Whether such an error is behind another: compiled code that is interrupted ends in a SystemError."""
    below = error.__cause__ or error.__context__
    return isinstance(error, kind) or (below is not None and _is_behind(kind, below))


# --- options shared by commands ---------------------------------------------------------------------------------


def _settings_option(command: Callable[..., Any]) -> Callable[..., Any]:
    return click.option(
        "--settings",
        "settings_file",
        metavar="FILE",
        type=click.Path(path_type=Path),
        help="TOML file of settings; `dedup settings` prints all of them with their reasons.",
    )(command)


def _feed_options(command: Callable[..., Any]) -> Callable[..., Any]:
    for option in (
        map_option,
        click.option(
            "--max-bad",
            metavar="N|N%",
            help="Stop when more records than this are bad: the format was guessed wrong.",
        ),
        click.option(
            "--on-error",
            type=click.Choice(["quarantine", "strict", "skip"]),
            default="quarantine",
            show_default=True,
            help="A bad record is kept beside the output, stops the run, or is only counted.",
        ),
    ):
        command = option(command)
    return command


def _settings(path: Path | None) -> Settings:
    from dedup.settings import Settings

    return Settings.from_toml(path) if path else Settings()


# --- commands ---------------------------------------------------------------------------------------------------


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(__version__, prog_name="dedup")
def cli() -> None:
    """Find which articles of a feed carry the same wire copy, and group everything per story."""


@cli.command(short_help="Group the articles of feeds into stories; write a report.")
@click.argument("feeds", nargs=-1, required=True, metavar="FEED...")
@click.option("-o", "--output", metavar="FOLDER", type=click.Path(path_type=Path), help="Write the report here.")
@click.option("--json", "json_file", metavar="FILE", help="Write the stories as JSON lines here; - is stdout.")
@click.option(
    "--engine",
    type=click.Choice(["local"]),
    default="local",
    show_default=True,
    help="Where the stages run: on processes of this machine.",
)
@click.option(
    "--workers", type=click.IntRange(1, 256), default=1, show_default=True, help="Processes that clean and compare."
)
@click.option(
    "--hold",
    "hold_mb",
    type=click.IntRange(0),
    metavar="MB",
    help="Megabytes held in memory, each of articles, outlines and matches (25); what is beyond waits in temporary"
    " files: set TMPDIR to a folder on disk.",
)
@click.option(
    "--stop-after",
    type=click.Choice(["groups"]),
    help="Only group copies by exact overlap, ten times as fast: no cleaning, credits, relations, stories or report.",
)
@click.option("--fail-on-rejections", is_flag=True, help="Exit with 3 when any record was rejected.")
@_settings_option
@_feed_options
def run(
    feeds: tuple[str, ...], output: Path | None, json_file: str | None, fail_on_rejections: bool, **options: Any
) -> None:
    """Group the articles of feed dumps into stories and write a report.

    FEED is a file of JSON lines, JSON, CSV, TSV, RSS, Atom, NITF, NewsML-G2, Parquet or WARC (also .gz, .zst), a
    quarantine file, a folder of .txt or .html files, or - for standard input.
    """
    from dedup.report import check_folder
    from dedup.sources import PassedOver, Policy, Quarantine, read_feeds

    if output is None and json_file is None:
        raise click.UsageError("nothing would be written; name a report folder with -o or a file with --json")
    if options["stop_after"] and output is not None:
        raise click.UsageError("--stop-after groups makes no report; name a file with --json alone")
    if options["stop_after"] and options["hold_mb"] is not None:
        raise click.UsageError("--hold says nothing to --stop-after groups, which holds no articles")
    if json_file and any(_is_file(feed, json_file) for feed in feeds):
        raise click.UsageError(
            f"{json_file} is one of the feeds and would be overwritten; name another file with --json"
        )
    if output is not None:
        check_folder(output)
    say_if_first_run()
    settings, fields = _settings(options["settings_file"]), fields_of(options["field_map"])
    policy, passed = Policy(options["on_error"], options["max_bad"]), PassedOver()
    job = _copies_job if options["stop_after"] else _stories_job
    with Quarantine(_quarantine_file(output, json_file), policy) as quarantine:
        with progress_shown() as progress:
            items = quarantine.watch(read_feeds(feeds, fields=fields, on_passed_over=passed))
            rejections, articles, finish = job(items, settings, progress, options["workers"], options["hold_mb"])
        for rejection in rejections[quarantine.rejected :]:
            quarantine.refuse(rejection)
        _check_any_article(rejections, articles, feeds)
        finish(output, json_file)
    _say_passed(passed)
    if kept := quarantine.sentence():
        say(kept)
    if fail_on_rejections and rejections:
        sys.exit(EXIT_REJECTIONS)


def _is_file(feed: str, name: str) -> bool:
    """Whether a feed is the file of this name."""
    with suppress(OSError, ValueError):
        return Path(feed).samefile(name)
    return False


Finish = Callable[[Path | None, str | None], None]
"""Writes what a job found to a report folder and a file of JSON lines, and sums it up."""


def _stories_job(
    items: Iterator[Article | Rejection],
    settings: Settings,
    progress: Progress | None,
    workers: int,
    hold_mb: int | None,
) -> tuple[Sequence[Rejection], int, Finish]:
    """Everything: rejections, number of articles, and what is to be done with the rest."""
    from dedup.engines.local import runner_for
    from dedup.pipeline import HOLD_MB, find_stories
    from dedup.report import write_report, write_stories_jsonl
    from dedup.report.summary import print_summary

    result = find_stories(items, settings, progress, runner_for(workers), HOLD_MB if hold_mb is None else hold_mb)

    def finish(output: Path | None, json_file: str | None) -> None:
        index = write_report(result, output) if output is not None else None
        if json_file is not None:
            write_stories_jsonl(result, sys.stdout.buffer if json_file == "-" else json_file)
        print_summary(result, index)

    return result.rejections, result.stats.articles, finish


def _copies_job(
    items: Iterator[Article | Rejection], settings: Settings, progress: Progress | None, workers: int, _: int | None
) -> tuple[Sequence[Rejection], int, Finish]:
    """As far as groups of copies."""
    from dedup.copies import find_copies
    from dedup.report import write_copies_jsonl
    from dedup.report.summary import print_copies

    copies = find_copies(items, settings, progress, workers)

    def finish(_: Path | None, json_file: str | None) -> None:
        write_copies_jsonl(copies, sys.stdout.buffer if json_file in (None, "-") else str(json_file))
        print_copies(copies)

    return copies.rejections, copies.articles, finish


def _check_any_article(rejections: Sequence[Rejection], articles: int, feeds: Sequence[str]) -> None:
    """A feed of which nothing could be used is an error: its format or its field names were misunderstood."""
    from dedup.errors import BadRecordError
    from dedup.sources.streams import place_of

    if rejections and not articles:
        codes = ", ".join(f"{count} {code}" for code, count in sorted(Counter(r.code for r in rejections).items()))
        first = rejections[0]
        none = "the only record could not" if len(rejections) == 1 else f"none of the {len(rejections):,} records could"
        raise BadRecordError(
            f"{none} be used ({codes}); the first, at {first.position}: {first.message}",
            place=", ".join(map(place_of, feeds)),
            remedy="check the format, or name the fields with --map",
        )


def _say_passed(passed: PassedOver) -> None:
    if passed.counts:
        say(passed.sentence())


def _quarantine_file(output: Path | None, json_file: str | None) -> Path:
    """Bad records are kept beside the output, under its name."""
    beside = output if output is not None else Path("stories" if json_file in (None, "-") else str(json_file))
    return beside.with_name(f"{beside.name}.quarantine.jsonl")


@cli.command("clean", short_help="Print articles without the furniture of their pages.")
@click.argument("file", metavar="FILE")
@click.option("--explain", is_flag=True, help="Say of every line what it is and why.")
@click.option(
    "--on-error",
    type=click.Choice(["quarantine", "strict", "skip"]),
    default="quarantine",
    show_default=True,
    help="A bad record is said on stderr, stops the command, or is left out in silence.",
)
@map_option
def clean_command(file: str, explain: bool, **options: Any) -> None:
    """Print the editorial text of an article, or of every article of a feed, without the page's furniture."""
    from dedup.pipeline import clean_feed

    articles = _articles([file], options)
    say_if_first_run()
    if explain:
        _explain_lines(articles)
        return
    for number, item in enumerate(clean_feed(articles)):
        if len(articles) > 1:
            click.echo(("" if number == 0 else "\n") + f"=== {item.id}")
        _print_clean(item)
        if not item.body.strip():
            say(f"{item.id}: no article text was found; --explain says what every line is taken for")


def _articles(feeds: Sequence[str], options: dict[str, Any]) -> list[Article]:
    """The articles of feeds; a bad record is an error, or is said on stderr and left out."""
    from dedup.errors import BadRecordError
    from dedup.models import Rejection
    from dedup.sources import PassedOver, read_feeds

    articles, passed = [], PassedOver()
    for item in read_feeds(feeds, fields=fields_of(options.get("field_map", ())), on_passed_over=passed):
        if not isinstance(item, Rejection):
            articles.append(item)
        elif options.get("on_error") == "strict":
            raise BadRecordError(item.message, place=f"{item.file}, {item.position}")
        elif options.get("on_error") != "skip":
            say(f"{item.file}, {item.position}: {item.code}: {item.message}")
    _say_passed(passed)
    if not articles:
        from dedup.errors import FeedError
        from dedup.sources.streams import place_of

        raise FeedError("holds no usable article", place=", ".join(map(place_of, feeds)))
    return articles


def _print_clean(item: CleanArticle) -> None:
    from dedup.report.safe import terminal_safe

    credits = ", ".join(f"{credit.agency} ({credit.evidence})" for credit in item.credits)
    facts = {
        "headline": item.headline,
        "byline": item.byline,
        "dateline": item.dateline,
        "published": item.published.isoformat() if item.published else None,
        "credits": credits,
    }
    for name, value in facts.items():
        if value:
            click.echo(terminal_safe(f"{name}: {value}"))
    click.echo("\n" + terminal_safe(item.body))


def _explain_lines(articles: Sequence[Article]) -> None:
    from dedup.report.safe import terminal_safe
    from dedup.text.clean import clean
    from dedup.text.evidence import collect_evidence
    from dedup.text.explain import explain_lines
    from dedup.text.facts import explain_facts

    evidence = collect_evidence(articles) if len(articles) > 1 else None
    for article in articles:
        if len(articles) > 1:
            click.echo(f"=== {terminal_safe(article.id)}")
        for fact in explain_facts(clean(article, evidence)):
            sure = "" if fact.confidence is None else f", confidence {fact.confidence:.2f}"
            place = f"line {fact.line}, characters {fact.start}-{fact.end}" if fact.line else "no line"
            click.echo(terminal_safe(f"{fact.name:9} | {fact.value} ({place}{sure}): {fact.words}"))
        for line in explain_lines(article, evidence):
            click.echo(terminal_safe(f"{line.role:9} | {line.text}"))
            click.echo(terminal_safe(f"{'':9} |   {line.why}"))


@cli.command("compare", short_help="Say how the articles in two files relate, and why.")
@click.argument("a", metavar="A", type=click.Path())
@click.argument("b", metavar="B", type=click.Path())
@click.option("--json", "as_json", is_flag=True, help="Print the match as JSON.")
@_settings_option
def compare_command(a: str, b: str, as_json: bool, settings_file: Path | None) -> None:
    """Say how the articles in two files relate, and show the evidence."""
    from dedup.pipeline import clean, compare
    from dedup.report.match_text import match_to_json, match_to_text
    from dedup.sources.streams import place_of
    from dedup.stories.origin import is_release
    from dedup.text.credits import own_agencies

    pair = []
    for path in (a, b):
        articles = _articles([path], {"on_error": "strict"})
        if len(articles) != 1:
            raise click.UsageError(
                f"{place_of(path)} holds {len(articles):,} articles; compare takes files of one article each"
            )
        say_if_first_run()
        pair.append(clean(articles[0]))
    match = compare(pair[0], pair[1], _settings(settings_file))
    own = (own_agencies(pair[0].article), own_agencies(pair[1].article))
    release = is_release(pair)
    if as_json:
        click.echo(match_to_json(match, pair[0], pair[1], own, release=release))
        return
    click.echo(match_to_text(match, pair[0], pair[1], _words, own, release=release))


def _words(item: CleanArticle) -> int:
    """The length of a text as its passages and reasons count it."""
    from dedup.match.profile import spans_of
    from dedup.text.tokens import tokenise

    return sum(len(tokenise(item.text[start:end]).hashes) for start, end in spans_of(item))


@cli.command(short_help="Say why a report put two articles together, or not.")
@click.argument("a", metavar="ID")
@click.argument("b", metavar="ID")
@click.option("--report", metavar="FOLDER", required=True, type=click.Path(path_type=Path), help="A written report.")
def explain(a: str, b: str, report: Path) -> None:
    """Say why two articles of a written report were, or were not, put together."""
    from dedup.report.explain import explain_pair

    say_if_first_run()
    click.echo(explain_pair(report, a, b, _words))


@cli.command("evaluate", short_help="Score against labelled data.")
@click.argument("arguments", nargs=-1, required=True, metavar="[pairs|events|lines|pages] LABELS [FEED]...")
@click.option("--json", "as_json", is_flag=True, help="Print the scores as JSON.")
@_settings_option
def evaluate_command(arguments: tuple[str, ...], as_json: bool, settings_file: Path | None) -> None:
    """Score against labelled data; labels of pairs need the feed their articles are in."""
    from dedup.evaluate import KINDS, evaluate, scores_to_json, scores_to_text

    kind = arguments[0] if arguments[0] in KINDS else None
    files = [Path(name) for name in arguments[1 if kind else 0 :]]
    if not files:
        raise click.UsageError("name a file of labels")
    if kind is None and len(files) > 1 and not files[0].exists():
        raise click.UsageError(f"{arguments[0]!r} is neither a kind of labels ({', '.join(KINDS)}) nor a file")
    say_if_first_run()
    scores = evaluate(kind, files[0], files[1:], _settings(settings_file))
    click.echo(scores_to_json(scores) if as_json else scores_to_text(scores))


@cli.command("settings", short_help="Print every setting, with the reason for its value.")
@_settings_option
def settings_command(settings_file: Path | None) -> None:
    """Print every setting as TOML, with unit, range and the reason for its value."""
    click.echo(_settings(settings_file).to_toml(), nl=False)


register(cli)
