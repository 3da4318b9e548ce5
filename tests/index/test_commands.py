"""The commands on an index: data on stdout after the commit, counts on stderr, one sentence for a mistake."""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from xml.sax.saxutils import escape

import pytest
from click.testing import CliRunner

import dedup as library
from dedup import cli, cli_ingest
from tests.index.sites import site_feed

ROOT = Path(__file__).parent.parent.parent
SEEDS = ROOT / "seeds"
COMMAND = [sys.executable, "-m", "dedup"]


def dedup(*arguments: str | Path, stdin: bytes | None = None) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run([*COMMAND, *map(str, arguments)], input=stdin, capture_output=True, check=False, timeout=120)


def _row(article: library.Article) -> dict[str, str | None]:
    when = article.published.isoformat() if article.published else None
    return {
        "id": article.id,
        "title": article.title,
        "text": article.text,
        "outlet": article.outlet,
        "published": when,
    }


def _lines(articles: Sequence[library.Article]) -> bytes:
    return b"".join(json.dumps(_row(article)).encode() + b"\n" for article in articles)


@pytest.fixture(scope="module")
def seeded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("index") / "news.db"
    done = dedup("ingest", SEEDS, "--index", path)
    assert done.returncode == 0, done.stderr
    assert done.stdout == b""
    assert b"5 added, 0 were known, 0 rejected" in done.stderr
    return path


def test_an_index_lists_the_stories_of_a_run(seeded: Path) -> None:
    batch = dedup("run", SEEDS, "--json", "-")
    done = dedup("stories", "--index", seeded, "--json")
    assert done.stdout == batch.stdout != b""
    listed = dedup("stories", "--index", seeded).stdout.decode()
    assert "  3 articles, 2 independent texts  " in listed
    assert "  1 article, 1 independent text  " in listed
    assert dedup("stories", "--index", seeded, "--since", "2999-01-01").stdout == b""


def test_giving_a_feed_again_adds_nothing(seeded: Path) -> None:
    done = dedup("ingest", SEEDS, "--index", seeded)
    assert b"0 added, 5 were known" in done.stderr


def test_a_text_that_takes_the_place_of_an_earlier_one_is_not_called_known(tmp_path: Path) -> None:
    index, (first, other) = tmp_path / "news.db", site_feed(2, 1)[:2]
    second, third = replace(first, text=first.text + "\nOne more."), replace(first, text=first.text + "\nTwo more.")
    done = dedup("ingest", "-", "--index", index, stdin=_lines([first, second, second, other]))
    assert b"2 added, 1 replaced an earlier text, 1 were known, 0 rejected" in done.stderr
    assert b"0 added, 2 were known" in dedup("ingest", "-", "--index", index, stdin=_lines([second, other])).stderr
    done = dedup("ingest", "-", "--index", index, stdin=_lines([third, other]))
    assert b"0 added, 1 replaced an earlier text, 1 were known, 0 rejected" in done.stderr


def test_a_story_and_an_article_are_shown_with_their_evidence(seeded: Path) -> None:
    story = dedup("stories", "--index", seeded).stdout.split()[0].decode()
    assert b"2 independent texts" in dedup("show", story, "--index", seeded).stdout
    article = dedup("show", "002_d5342039318a5e7e", "--index", seeded).stdout.decode()
    assert "excerpt with 000_eea49e93a7be7063: This text is a cut of the other, or the other was expanded" in article
    assert "Both credit AP and probably have it from there; " in article
    assert "of the shorter text" not in article
    assert story in article
    missing = dedup("show", "nobody", "--index", seeded)
    assert missing.returncode == 1
    assert b"no story and no article 'nobody'" in missing.stderr


def test_a_sound_index_is_called_sound_and_equal_to_the_batch(seeded: Path) -> None:
    done = dedup("check", "--index", seeded, "--deep")
    assert done.returncode == 0, done.stderr
    assert done.stdout.decode().splitlines()[-1] == "sound, and equal to the batch"


def test_exports_of_an_index_are_those_of_a_report(seeded: Path, tmp_path: Path) -> None:
    assert dedup("run", SEEDS, "-o", tmp_path / "report").returncode == 0
    for name in ("a.csv", "a.jsonl"):
        assert dedup("export", "--report", tmp_path / "report", "-o", tmp_path / f"report-{name}").returncode == 0
        assert dedup("export", "--index", seeded, "-o", tmp_path / f"index-{name}").returncode == 0
        assert (tmp_path / f"report-{name}").read_bytes() == (tmp_path / f"index-{name}").read_bytes()
    done = dedup("export", "--index", seeded, "--since", "7d", "-o", tmp_path / "fresh")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "fresh" / "index.html").exists()
    both = dedup("export", "--index", seeded, "--report", tmp_path / "report", "-o", "x.csv")
    assert both.returncode == 2
    assert b"either --index or --report" in both.stderr


def test_a_copy_can_be_cut_down_and_rebuilt(seeded: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy.db"
    assert dedup("backup", copy, "--index", seeded).returncode == 0
    done = dedup("expire", "--index", copy, "--before", "2024-03-19")
    assert b"removed" in done.stderr
    assert int(done.stderr.split()[0]) >= 1
    assert dedup("rebuild", "--index", copy).returncode == 0
    assert dedup("check", "--index", copy, "--deep").returncode == 0
    assert dedup("expire", "--index", copy, "--before", "yesterday-ish").returncode == 2


def test_verdicts_come_out_for_articles_that_come_in(tmp_path: Path) -> None:
    feed = site_feed(2, 3)
    done = dedup("ingest", "-", "--index", tmp_path / "news.db", "--emit", "verdicts", stdin=_lines(feed))
    verdicts = [json.loads(line) for line in done.stdout.splitlines()]
    assert [verdict["id"] for verdict in verdicts] == [article.id for article in feed]
    assert {verdict["schema"] for verdict in verdicts} == {"dedup-verdict/1"}
    assert verdicts[0]["is_new"]
    assert any(verdict["match"] and verdict["match"]["relation"] == "copy" for verdict in verdicts)
    with library.open_index(tmp_path / "news.db") as index:
        assert index.stories() == library.find_stories(feed).stories


def test_a_verdict_is_printed_while_the_feed_is_still_open(tmp_path: Path) -> None:
    feed = site_feed(1, 3)
    command = [*COMMAND, "ingest", "-", "--index", str(tmp_path / "news.db"), "--emit", "verdicts"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as run:
        assert run.stdin is not None
        assert run.stdout is not None
        for article in feed[:3]:
            run.stdin.write(_lines([article]))
            run.stdin.flush()
            assert json.loads(run.stdout.readline())["id"] == article.id
            with library.open_index(tmp_path / "news.db", readonly=True) as index:
                assert index.get(article.id) is not None
        run.stdin.close()
        assert run.wait() == 0


def _followed(feed: Path, index: Path) -> "subprocess.Popen[bytes]":
    command = [*COMMAND, "ingest", str(feed), "--index", str(index), "--emit", "verdicts", "--follow"]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def _next_ids(run: "subprocess.Popen[bytes]", count: int) -> list[str]:
    assert run.stdout is not None
    return [json.loads(run.stdout.readline())["id"] for _ in range(count)]


def test_a_file_that_grows_and_is_rotated_is_followed(tmp_path: Path) -> None:
    feed = site_feed(2, 3)
    path = tmp_path / "feed.jsonl"
    path.write_bytes(_lines(feed[:2]))
    with _followed(path, tmp_path / "news.db") as run:
        assert _next_ids(run, 2) == [article.id for article in feed[:2]]
        with path.open("ab") as file:
            file.write(_lines(feed[2:3]) + b"no JSON\n")
        assert _next_ids(run, 1) == [feed[2].id]
        path.rename(tmp_path / "feed.jsonl.1")
        path.write_bytes(b"no JSON either\n" + _lines(feed[3:4]))
        assert _next_ids(run, 1) == [feed[3].id]
        kept = (tmp_path / "news.db.quarantine.jsonl").read_text(encoding="utf-8").splitlines()
        run.terminate()
    assert [json.loads(line)["raw"] for line in kept] == ["no JSON", "no JSON either"]


def _rss(articles: Sequence[library.Article]) -> bytes:
    items = "".join(
        f"<item><guid>{article.id}</guid><description>{escape(article.text)}</description></item>"
        for article in articles
    )
    return f'<?xml version="1.0"?><rss version="2.0"><channel>{items}</channel></rss>'.encode()


def test_a_feed_that_a_downloader_replaces_is_followed_through_bad_times(tmp_path: Path) -> None:
    pytest.importorskip("feedparser", reason="the extra feeds is not installed")
    feed = site_feed(2, 3)
    path, fresh = tmp_path / "feed.xml", tmp_path / "feed.xml.new"
    path.write_bytes(_rss(feed[:2]))
    with _followed(path, tmp_path / "news.db") as run:
        assert run.stderr is not None
        assert _next_ids(run, 2) == [article.id for article in feed[:2]]
        run.stderr.readline()
        path.write_bytes(b"")
        assert b"the feed is empty" in run.stderr.readline()
        fresh.write_bytes(_rss(feed[1:3]))
        fresh.replace(path)
        assert _next_ids(run, 2) == [article.id for article in feed[1:3]]
        run.terminate()
    with library.open_index(tmp_path / "news.db") as index:
        assert {article.id for article in index.articles()} == {article.id for article in feed[:3]}
        assert index.history(feed[1].id) == ()


@pytest.mark.parametrize(
    ("options", "sizes"), [((), [20, 12]), (("--batch", "9"), [7, 9, 9, 7])], ids=["default", "as the user says"]
)
def test_files_fill_a_new_index_by_large_transactions(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: Sequence[str], sizes: list[int]
) -> None:
    feed, calls = site_feed(12, 3)[:32], list[int]()
    for name, part in (("one", feed[:7]), ("two", feed[7:])):
        (tmp_path / f"{name}.jsonl").write_bytes(_lines(part))
    add_many = library.Index.add_many

    def counted(index: library.Index, articles: list[library.Article]) -> list[library.Verdict]:
        calls.append(len(articles))
        return add_many(index, articles)

    monkeypatch.setattr(library.Index, "add_many", counted)
    monkeypatch.setattr(cli_ingest, "FILL", 20)
    monkeypatch.setattr(cli_ingest, "BATCH", 3)
    place = str(tmp_path / "news.db")
    feeds = [str(tmp_path / "one.jsonl"), str(tmp_path / "two.jsonl")]
    done = CliRunner().invoke(cli.cli, ["ingest", *feeds, "--index", place, *options])
    assert done.exit_code == 0, done.output
    assert calls == sizes
    calls.clear()
    more = tmp_path / "more.jsonl"
    more.write_bytes(_lines(site_feed(2, 9)))
    assert CliRunner().invoke(cli.cli, ["ingest", str(more), "--index", place]).exit_code == 0
    assert max(calls) == 3
    with library.open_index(place) as index:
        assert {article.id for article in feed} <= {article.id for article in index.articles()}


def test_what_a_feed_held_before_a_record_that_ends_the_run_is_added(tmp_path: Path) -> None:
    path = tmp_path / "feed.jsonl"
    path.write_bytes(_lines(site_feed(1, 3)[:2]) + b"no JSON\n")
    done = dedup("ingest", path, "--index", tmp_path / "news.db", "--on-error", "strict")
    assert done.returncode != 0
    with library.open_index(tmp_path / "news.db") as index:
        assert len(index) == 2


def test_what_a_consumer_was_given_and_is_bad_is_kept_when_it_is_stopped(tmp_path: Path) -> None:
    feed = site_feed(1, 3)
    command = [*COMMAND, "ingest", "-", "--index", str(tmp_path / "news.db"), "--emit", "verdicts"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as run:
        assert run.stdin is not None
        run.stdin.write(b"no JSON\n" + _lines(feed[:1]))
        run.stdin.flush()
        assert _next_ids(run, 1) == [feed[0].id]
        run.send_signal(signal.SIGINT)
        run.wait()
    (line,) = (tmp_path / "news.db.quarantine.jsonl").read_text(encoding="utf-8").splitlines()
    assert json.loads(line)["raw"] == "no JSON"


def test_what_several_consumers_of_one_index_reject_is_all_kept(tmp_path: Path) -> None:
    index, beside = tmp_path / "news.db", tmp_path / "news.db.quarantine.jsonl"
    feed = site_feed(1, 3)
    command = [*COMMAND, "ingest", "-", "--index", str(index), "--emit", "verdicts"]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with ExitStack() as stack:
        runs = [stack.enter_context(subprocess.Popen(command, **pipes)) for _ in range(2)]  # type: ignore[call-overload]
        for name, run in enumerate(runs):
            run.stdin.write(b"no JSON %d\n" % name + _lines(feed[name : name + 1]))
            run.stdin.flush()
            assert _next_ids(run, 1) == [feed[name].id]
        for run in runs:
            run.stdin.close()
            assert run.wait() == 0
    assert b"0 rejected; the index" in dedup("ingest", "-", "--index", index, stdin=_lines(feed[:2])).stderr
    kept = beside.read_text(encoding="utf-8").splitlines()
    assert sorted(json.loads(line)["raw"] for line in kept) == ["no JSON 0", "no JSON 1"]
    assert [path.name for path in tmp_path.glob("*quarantine*")] == [beside.name]


@pytest.mark.parametrize("feed", ["by name", "-"])
def test_the_quarantine_of_an_index_is_given_to_it_under_another_name(tmp_path: Path, feed: str) -> None:
    index, beside = tmp_path / "news.db", tmp_path / "news.db.quarantine.jsonl"
    dedup("ingest", "-", "--index", index, stdin=b"no JSON\n")
    mended = beside.read_text(encoding="utf-8").replace(
        "no JSON", '{\\"id\\": \\"a\\", \\"text\\": \\"The ferry was late.\\"}'
    )
    beside.write_text(mended, encoding="utf-8")
    with beside.open("rb") as file:
        given = "-" if feed == "-" else beside
        done = subprocess.run(
            [*COMMAND, "ingest", given, "--index", index], stdin=file, capture_output=True, check=False, timeout=120
        )
    assert done.returncode == 1
    assert b"are added to this file, so it cannot be read meanwhile; rename it, mend" in done.stderr
    assert beside.read_text(encoding="utf-8") == mended
    beside.rename(tmp_path / "mended.jsonl")
    assert b"1 added, 0 were known, 0 rejected" in dedup("ingest", tmp_path / "mended.jsonl", "--index", index).stderr


@pytest.mark.parametrize(("number", "said"), [(signal.SIGINT, b"interrupted"), (signal.SIGTERM, b"terminated")])
def test_a_consumer_that_is_stopped_says_what_it_has_done(tmp_path: Path, number: signal.Signals, said: bytes) -> None:
    feed = site_feed(1, 3)
    command = [*COMMAND, "ingest", "-", "--index", str(tmp_path / "news.db"), "--emit", "verdicts"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as run:
        assert run.stdin is not None
        assert run.stderr is not None
        run.stdin.write(b"no JSON\n" + _lines(feed[:2]))
        run.stdin.flush()
        assert _next_ids(run, 2) == [article.id for article in feed[:2]]
        run.send_signal(number)
        told = run.stderr.read()
        assert run.wait() == (130 if number == signal.SIGINT else -signal.SIGTERM)
    kept = f", kept with the reasons in {tmp_path}/news.db.quarantine.jsonl".encode()
    assert b"stopped; until then 2 added, 0 were known, 1 rejected" + kept in told
    assert b"dedup: " + said + b"; no half-written output was left" in told


def test_what_others_add_meanwhile_is_not_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, add_many, (own, *others) = tmp_path / "feed.jsonl", library.Index.add_many, site_feed(2, 3)[:4]
    path.write_bytes(_lines([own, own]))

    def beside(index: library.Index, articles: Sequence[library.Article]) -> list[library.Verdict]:
        add_many(index, others)
        return add_many(index, articles)

    monkeypatch.setattr(library.Index, "add_many", beside)
    assert "1 added, 1 were known, 0 rejected; the index holds 4 articles" in _said(
        "ingest", path, "--index", tmp_path / "news.db"
    )


def test_a_disk_that_is_full_does_not_hide_what_was_committed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, add_many = tmp_path / "feed.jsonl", library.Index.add_many
    path.write_bytes(_lines(site_feed(2, 3)[:6]))

    def full(index: library.Index, articles: Sequence[library.Article]) -> list[library.Verdict]:
        if len(index) >= 4:
            raise library.IndexStoreError("cannot be written (disk is full)", place="news.db", remedy="make room")
        return add_many(index, articles)

    monkeypatch.setattr(library.Index, "add_many", full)
    done = CliRunner().invoke(cli.cli, ["ingest", str(path), "--index", str(tmp_path / "news.db"), "--batch", "2"])
    assert isinstance(done.exception, library.IndexStoreError)
    assert "stopped; until then 4 added, 0 were known, 0 rejected\n" in done.output


def test_on_a_terminal_it_shows_how_far_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, seen = tmp_path / "feed.jsonl", list[tuple[str, int, int]]()
    path.write_bytes(_lines(site_feed(2, 3)[:6]))

    @contextmanager
    def shown() -> Iterator[Callable[[str, int, int], None]]:
        yield lambda *step: seen.append(step)

    monkeypatch.setattr(cli_ingest, "progress_shown", shown)
    done = CliRunner().invoke(cli.cli, ["ingest", str(path), "--index", str(tmp_path / "news.db"), "--batch", "4"])
    assert done.exit_code == 0
    added = [step for step in seen if step[0] == "articles added"]
    assert added == [("articles added", *step) for step in ((0, 4), (4, 4), (4, 6), (6, 6))]


def test_a_first_run_says_that_it_compiles(seeded: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    feed = tmp_path / "feed.jsonl"
    feed.write_bytes(_lines(site_feed(1, 1)))
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "none"))
    for command in (["ingest", str(feed)], ["check", "--deep"], ["stories"], ["rebuild"]):
        done = CliRunner().invoke(
            cli.cli, [*command, "--index", str(seeded if command == ["stories"] else tmp_path / "a.db")]
        )
        assert "compiling, once, for one to two minutes" in done.stderr


def _said(*arguments: str | Path) -> str:
    """What a command says on stderr, run in this process."""
    done = CliRunner().invoke(cli.cli, [str(argument) for argument in arguments])
    assert done.exit_code == 0, done.output
    return done.stderr


def test_what_takes_long_says_first_what_it_does(tmp_path: Path) -> None:
    index = tmp_path / "news.db"
    with library.open_index(index) as opened:
        opened.add_many(site_feed(2, 3)[:5])
    assert "running the batch over 5 articles, to compare\n" in _said("check", "--deep", "--index", index)
    assert _said("check", "--index", index) == ""
    assert "working everything out anew from 5 articles\n" in _said("rebuild", "--index", index)
    said = _said("export", "--index", index, "--since", "2999-01-01", "-o", tmp_path / "a.jsonl")
    assert "collecting the stories of 5 articles\n" in said
    assert "no story changed since 2999-01-01T00:00:00+00:00: what is written is empty\n" in said
    assert "no story" not in _said("export", "--index", index, "--since", "1d", "-o", tmp_path / "b.jsonl")


def test_expire_says_that_articles_without_a_date_stay(tmp_path: Path) -> None:
    index, before = tmp_path / "news.db", "0 articles from before 2999-01-01T00:00:00+00:00 removed"
    with library.open_index(index) as opened:
        opened.add(library.Article("a", "The ferry was late."))
    assert f"{before}; 1 left; those without a date stay\n" in _said(
        "expire", "--index", index, "--before", "2999-01-01"
    )
    with library.open_index(index) as opened:
        opened.remove("a")
    assert f"{before}; 0 left\n" in _said("expire", "--index", index, "--before", "2999-01-01")
    assert "Articles without a date stay" in CliRunner().invoke(cli.cli, ["expire", "--help"]).stdout


def test_while_feeds_are_followed_what_is_the_matter_with_one_is_said_once(tmp_path: Path) -> None:
    folder, feed = tmp_path / "feeds", site_feed(2, 3)
    folder.mkdir()
    for name, part in (("a", feed[:1]), ("b", feed[1:2])):
        (folder / f"{name}.jsonl").write_bytes(_lines(part))
    with _followed(folder, folder / "news.db") as run:
        assert run.stderr is not None
        assert len(_next_ids(run, 2)) == 2
        assert b"2 added" in run.stderr.readline()
        (folder / "x.gz").write_bytes(bytes(range(256)) * 40)
        (folder / "a.jsonl").unlink()
        (folder / "b.jsonl").write_bytes(b"")
        said = run.stderr.readline()
        while b"b.jsonl" not in said or b"x.gz" not in said:  # a look may come between the changes
            said += run.stderr.readline()
        (folder / "b.jsonl").write_bytes(_lines(feed[2:3]))
        assert len(_next_ids(run, 1)) == 1
        assert b"3 added" in run.stderr.readline()
        run.terminate()
        rest = run.stderr.read()
    assert sorted(re.findall(rb"(\S+)/feeds/(\S+) \((\w+)\)", said)) == [
        (str(tmp_path).encode(), *what)
        for what in ((b"a.jsonl", b"gone"), (b"b.jsonl", b"empty"), (b"x.gz", b"binary"))
    ]
    assert rest.startswith(b"stopped; until then 3 added")


def test_articles_without_text_are_rejected_and_kept_beside_the_index(tmp_path: Path) -> None:
    rows = _lines(site_feed(1, 3)[:1]) + b'{"id": "empty", "text": ""}\nnot json\n'
    done = dedup("ingest", "-", "--index", tmp_path / "news.db", stdin=rows)
    assert done.returncode == 0, done.stderr
    beside = f"{tmp_path}/news.db.quarantine.jsonl".encode()
    assert b"1 added, 0 were known, 2 rejected, kept with the reasons in " + beside + b"; the index" in done.stderr
    kept = (tmp_path / "news.db.quarantine.jsonl").read_text(encoding="utf-8").splitlines()
    assert len(kept) == 2


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("stories", "--index", "ftp://example.org/x"), b"no index can be kept at ftp://; give a file, redis://"),
        (("stories", "--since", "99999999d"), b"'99999999d' is before all times; give one such as"),
        (("stories", "--since", "99999999999999d"), b"is before all times; give one such as"),
        (("show", "nobody"), b"dedup: the index holds no story and no article 'nobody'; `dedup stories --index"),
        (("backup", "no/folder/copy.db"), b"dedup: no/folder/copy.db: its folder does not exist; make "),
        (("serve", "--host", "0.0.0.0"), b"dedup: 0.0.0.0 can be reached from other machines"),
    ],
)
def test_a_mistake_is_named_with_its_place(seeded: Path, arguments: tuple[str, ...], said: bytes) -> None:
    more = () if "--index" in arguments else ("--index", seeded)
    done = dedup(*arguments, *more)
    assert done.returncode in (1, 2)
    assert said in done.stderr
    assert b"serving" not in done.stderr


@pytest.mark.parametrize(
    "command",
    ["stories", "show x", "check", "rebuild", "expire --before 3d", "export -o {}/x.csv", "backup {}/copy.db"],
)
def test_a_command_on_no_index_says_how_to_make_one(command: str, tmp_path: Path) -> None:
    done = dedup(*command.format(tmp_path).split(), "--index", tmp_path / "news.db")
    assert done.returncode == 1
    assert b"is not there; make it with: dedup ingest FEED --index" in done.stderr
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("command", ["stories", "ingest seeds", "serve --port 0"])
def test_a_place_where_no_index_can_be_is_named_with_a_remedy(command: str, tmp_path: Path) -> None:
    done = dedup(*command.split(), "--index", tmp_path)
    assert done.returncode == 1
    assert done.stderr == f"dedup: {tmp_path}: cannot be read (Is a directory); name a file in it\n".encode()


def test_serve_makes_no_index_where_there_is_no_folder(tmp_path: Path) -> None:
    done = dedup("serve", "--port", "0", "--index", tmp_path / "no" / "news.db")
    assert done.returncode == 1
    assert b"news.db: its folder does not exist; make " in done.stderr
    assert not list(tmp_path.iterdir())


def test_serve_says_when_it_makes_the_index(tmp_path: Path) -> None:
    pytest.importorskip("uvicorn", reason="the extra serve is not installed")
    place = tmp_path / "news.db"
    said = f"there was no index {place}: a new one was made\n"
    assert said in _said_by_serve(place)
    assert said not in _said_by_serve(place)


def _said_by_serve(place: Path) -> str:
    """What it says up to the address that it serves on."""
    command, lines = [*COMMAND, "serve", "--port", "0", "--index", str(place)], []
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as run:
        assert run.stderr is not None
        for line in run.stderr:
            lines.append(line)
            if line.startswith("serving "):
                break
        run.terminate()
    return "".join(lines)


def test_an_index_on_a_server_is_named_by_its_address(redis_address: str, tmp_path: Path) -> None:
    place = ["--index", redis_address]
    nothing = dedup("stories", *place)
    assert nothing.returncode == 1
    assert b"is not there; make it with: dedup ingest FEED --index redis://" in nothing.stderr
    feed = tmp_path / "feed.jsonl"
    feed.write_bytes(_lines(site_feed(2, 3)) + b"{not JSON\n")
    command = [*COMMAND, "ingest", str(feed), *place]
    path = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=tmp_path, env=path, capture_output=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    assert b"notice:" not in done.stderr
    (kept,) = tmp_path.glob("redis-127.0.0.1-*-prefix-*.quarantine.jsonl")
    assert b"not JSON" in kept.read_bytes()
    assert (
        dedup("stories", *place, "--json").stdout
        == dedup("run", feed, "--json", "-", "--on-error", "skip").stdout
        != b""
    )
    assert dedup("expire", "--before", "2999-01-01", *place).returncode == 0
    assert dedup("check", *place, "--deep").stdout.decode().splitlines()[-1] == "sound, and equal to the batch"


def test_a_feed_that_is_not_there_makes_no_index(tmp_path: Path) -> None:
    done = dedup("ingest", tmp_path / "nofile.jsonl", "--index", tmp_path / "y.db")
    assert done.returncode == 1
    assert b"nofile.jsonl: there is no such file or folder; check the path" in done.stderr
    assert list(tmp_path.iterdir()) == []
