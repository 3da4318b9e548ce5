"""The command: every mistake gives one clear sentence, data goes to stdout, counts to stderr."""

import gzip
import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import orjson
import pytest

from dedup import cli
from tests.feeds import wire_feed

SEEDS = Path(__file__).parent.parent / "seeds"
FIRST, CUT = SEEDS / "000_eea49e93a7be7063.txt", SEEDS / "002_d5342039318a5e7e.txt"


def dedup(*arguments: str | Path, stdin: bytes | None = None) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "dedup", *map(str, arguments)]
    return subprocess.run(command, input=stdin, capture_output=True, check=False, timeout=120)


def write_feed(path: Path, rows: list[dict[str, object]]) -> Path:
    path.write_bytes(b"\n".join(orjson.dumps(row) for row in rows) + b"\n")
    return path


TEXT = " ".join(f"The council of Aldera met for the {number}th time and voted on the ferry." for number in range(9))


def test_a_run_over_the_seeds_writes_a_report_and_says_where(tmp_path: Path) -> None:
    done = dedup("run", SEEDS, "-o", tmp_path / "report")
    assert done.returncode == 0, done.stderr
    assert done.stdout == b""
    assert (tmp_path / "report" / "index.html").exists()
    assert (tmp_path / "report" / "stories.jsonl").exists()
    said = done.stderr.decode()
    assert "index.html" in said
    assert "AP" in said


def test_stories_as_json_lines_go_to_stdout(tmp_path: Path) -> None:
    done = dedup("run", SEEDS, "--json", "-")
    stories = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == 0
    assert sum(len(story["articles"]) for story in stories) == 5


def test_a_feed_is_read_from_standard_input() -> None:
    row = {"id": "a", "title": "Ferry", "text": TEXT}
    done = dedup("run", "-", "--json", "-", stdin=orjson.dumps(row) + b"\n")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["articles"][0]["id"] == "a"


def _refused(tmp_path: Path, name: str) -> tuple[Path, str]:
    path = tmp_path / name
    if name == "empty.jsonl":
        path.write_bytes(b"")
    elif name == "folder":
        path.mkdir()
    elif name == "picture.png":
        path.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 9)
    elif name == "notext.csv":
        path.write_text("id,colour\n1,red\n2,blue\n", encoding="utf-8")
    return path, str(path)


@pytest.mark.parametrize("name", ["missing.jsonl", "empty.jsonl", "folder", "picture.png", "notext.csv"])
def test_a_feed_that_cannot_be_read_is_one_sentence_and_exit_1(tmp_path: Path, name: str) -> None:
    path, place = _refused(tmp_path, name)
    done = dedup("run", path, "-o", tmp_path / "out")
    said = done.stderr.decode().strip()
    assert done.returncode == 1, said
    assert place in said
    assert said.startswith("dedup: ")
    assert "Traceback" not in said
    assert len(said.splitlines()) == 1
    assert not (tmp_path / "out").exists()


def test_a_truncated_gzip_keeps_what_came_before_and_counts_the_rest(tmp_path: Path) -> None:
    rows = [orjson.dumps({"id": article.id, "text": article.text}) for article in wire_feed(40, 2, 1)]
    path = tmp_path / "feed.jsonl.gz"
    path.write_bytes(gzip.compress(b"\n".join(rows))[:-2000])
    done = dedup("run", path, "--json", tmp_path / "s.jsonl")
    assert done.returncode == 0, done.stderr
    ids = [a["id"] for line in (tmp_path / "s.jsonl").read_text().splitlines() for a in json.loads(line)["articles"]]
    assert 0 < len(ids) < 80
    assert b"truncated" in done.stderr
    assert dedup("run", path, "--json", tmp_path / "s.jsonl", "--fail-on-rejections").returncode == 3


def test_bad_records_are_counted_kept_beside_the_output_and_hurt_no_neighbour(tmp_path: Path) -> None:
    good = [{"id": f"a{n}", "text": TEXT.replace("Aldera", f"Aldera{n}")} for n in range(3)]
    lines = [orjson.dumps(good[0]), b'{"id": "broken', orjson.dumps(good[1])]
    lines += [orjson.dumps({"id": "empty", "text": ""}), orjson.dumps({"id": "a0", "text": "other " + TEXT})]
    lines += [orjson.dumps({"id": "../../x", "text": TEXT}), orjson.dumps(good[2])]
    lines += [b'{"id": "odd", "text": "\\u0000\\ud800 \\u0000"}']
    feed = tmp_path / "feed.jsonl"
    feed.write_bytes(b"\n".join(lines))
    out = tmp_path / "out"
    done = dedup("run", feed, "-o", out)
    assert done.returncode == 0, done.stderr
    stories = [json.loads(line) for line in (out / "stories.jsonl").read_text(encoding="utf-8").splitlines()]
    ids = {article["id"] for story in stories for article in story["articles"]}
    assert {"a0", "a1", "a2", "../../x"} <= ids
    kept = [path for path in tmp_path.rglob("*") if "quarantine" in path.name or "rejected" in path.name]
    assert len(kept) == 1
    codes = {json.loads(line)["code"] for line in kept[0].read_text(encoding="utf-8").splitlines()}
    assert {"json-syntax", "no-text", "id-conflict"} <= codes
    assert {path.name for path in tmp_path.iterdir()} <= {"feed.jsonl", "out", kept[0].name}


def test_strict_stops_at_the_first_bad_record_and_names_it(tmp_path: Path) -> None:
    feed = tmp_path / "feed.jsonl"
    feed.write_bytes(orjson.dumps({"id": "a", "text": TEXT}) + b"\n{broken\n")
    done = dedup("run", feed, "-o", tmp_path / "out", "--on-error", "strict")
    assert done.returncode == 1
    assert b"line 2" in done.stderr
    assert not (tmp_path / "out").exists()


def test_of_two_texts_under_one_id_the_way_out_is_said(tmp_path: Path) -> None:
    rows: list[dict[str, object]] = [{"id": "a", "key": n, "text": f"{n} {TEXT}"} for n in (1, 22)]
    feed = write_feed(tmp_path / "feed.jsonl", rows)
    said = dedup("run", feed, "--json", tmp_path / "s.jsonl").stderr.decode().splitlines()[-1]
    assert said == (
        f"1 rejected, kept with the reasons in {tmp_path}/s.jsonl.quarantine.jsonl; of 1 id-conflict only the place is "
        "kept there: give each text an id of its own in the feed (--map id=FIELD takes it from another field) and run "
        "the feed again"
    )
    done = dedup("run", feed, "--json", "-", "--map", "id=key")
    assert b"rejected" not in done.stderr
    feed.write_bytes(feed.read_bytes() + b"{broken\n")
    said = dedup("run", feed, "--json", tmp_path / "s.jsonl").stderr.decode().splitlines()[-1]
    assert "; mend and run that file; of 1 id-conflict only" in said


def test_standard_input_has_one_name(tmp_path: Path) -> None:
    row = orjson.dumps({"id": "a", "text": TEXT}) + b"\n"
    for feed, arguments in (
        (b"{broken\n", ("run", "-", "--json", tmp_path / "s.jsonl")),
        (b"{broken\n", ("clean", "-")),
        (b"", ("clean", "-")),
        (row + row, ("compare", "-", FIRST)),
        (b"\x89PNG" + bytes(range(256)), ("ingest", "-", "--index", tmp_path / "news.db")),
    ):
        said = dedup(*arguments, stdin=feed).stderr.decode().splitlines()[-1]
        assert "<stdin>" in said
        assert " -: " not in said
    assert "this is a PNG picture, not a feed" in said


def test_no_feed_is_overwritten_by_the_stories_of_it(tmp_path: Path) -> None:
    feed = write_feed(tmp_path / "feed.jsonl", [{"id": "a", "text": TEXT}])
    before = feed.read_bytes()
    done = dedup("run", feed, "--json", tmp_path / "." / "feed.jsonl")
    assert done.returncode == 2
    assert b"is one of the feeds" in done.stderr
    assert feed.read_bytes() == before


def test_a_report_inside_the_folder_of_a_feed_is_not_read_again(tmp_path: Path) -> None:
    write_feed(tmp_path / "feed.jsonl", [{"id": "a", "text": TEXT}])
    for _ in range(2):
        done = dedup("run", tmp_path, "-o", tmp_path / "out")
        assert done.stderr.decode().splitlines()[0].split() == ["articles", "1"]
    assert f"1 file that is no feed was left aside: {tmp_path}/out (a report of dedup)" in done.stderr.decode()
    whole = dedup("run", tmp_path / "out", "--json", "-")
    assert whole.returncode == 1
    assert b"holds no article" in whole.stderr


def test_clean_says_where_it_found_no_text_and_what_it_left_out(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("Menu", encoding="utf-8")
    assert b"a: no article text was found" in dedup("clean", tmp_path / "a.txt").stderr
    feed = write_feed(tmp_path / "f.jsonl", [{"id": "a", "text": TEXT}, {"id": "b"}])
    assert b"line 2: missing-field" in dedup("clean", feed).stderr
    assert dedup("clean", feed, "--on-error", "skip").stderr == b""


def test_too_many_bad_records_stop_a_run_whose_format_was_guessed_wrong(tmp_path: Path) -> None:
    feed = tmp_path / "feed.jsonl"
    feed.write_bytes(orjson.dumps({"id": "a", "text": TEXT}) + b"\n" + b"{broken\n" * 9)
    done = dedup("run", feed, "-o", tmp_path / "out", "--max-bad", "10%")
    assert done.returncode == 1, done.stderr
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    "arguments",
    [("run", "x.jsonl"), ("run",), ("frobnicate",), ("run", "x", "-o", "y", "--map", "title"), ("compare", "a")],
)
def test_wrong_usage_exits_2(arguments: tuple[str, ...]) -> None:
    assert dedup(*arguments).returncode == 2


def test_a_dumps_own_field_names_can_be_given(tmp_path: Path) -> None:
    feed = write_feed(tmp_path / "f.jsonl", [{"key": "k1", "kopf": "Ferry vote", "inhalt": TEXT}])
    done = dedup("run", feed, "--json", "-", "--map", "id=key", "--map", "title=kopf", "--map", "text=inhalt")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["articles"][0]["id"] == "k1"


def test_a_file_of_a_folder_that_is_no_feed_is_told_of_last_and_alarms_nobody(tmp_path: Path) -> None:
    done = dedup("run", SEEDS, "-o", tmp_path / "r")
    last = done.stderr.decode().splitlines()[-1]
    assert last == f"1 file that is no feed was left aside: {SEEDS}/gold.json (JSON without an article)"


def test_a_press_release_is_compared_as_one(tmp_path: Path) -> None:
    lines = [line for line in TEXT.split("\n") if line]
    for name in "ab":
        (tmp_path / f"{name}.txt").write_text(
            "\n".join([f"Harbour talks end {name}", f"NORWICK, March 18, 2024 /PRNewswire/ -- {lines[0]}", *lines[1:]])
        )
    said = " ".join(dedup("compare", tmp_path / "a.txt", tmp_path / "b.txt").stdout.decode().split())
    assert "Both carry a press release distributed by PR Newswire; its origin is the company that issued it." in said


def test_texts_without_a_shared_passage_are_shown_by_their_beginnings() -> None:
    said = dedup("compare", FIRST, SEEDS / "004_83c1c1272eb04a66.txt").stdout.decode()
    assert "A begins:" in said
    assert "B begins:" in said


def test_compare_names_the_relation_and_shows_the_evidence() -> None:
    done = dedup("compare", FIRST, CUT)
    said = done.stdout.decode()
    told = " ".join(said.split())
    assert "B is a cut of A, or A was expanded from it: 98% of B stands word for word in A, and makes 63%" in told
    assert "Both credit AP and probably have it from there" in told
    assert told.count("word for word") == 1
    assert done.returncode == 0, done.stderr
    assert "excerpt" in said
    assert "shared passage 1" in said
    as_json = json.loads(dedup("compare", FIRST, CUT, "--json").stdout)
    assert as_json["relation"] == "excerpt"
    assert as_json["derived"] is True
    assert as_json["held"][1] > as_json["held"][0]
    assert as_json["direction"].startswith("Both credit AP")
    assert max(passage["words"] for passage in as_json["passages"]) > 50


def test_a_changed_word_of_a_brief_is_shown_by_compare_and_in_the_report(tmp_path: Path) -> None:
    text = "A jury in the harbour town of Aldera found former mayor Tom Brandal {} of fraud on Monday."
    rows: list[dict[str, object]] = [
        {"id": name, "title": "Verdict in Aldera trial", "text": text.format(word), "outlet": f"{name}.example"}
        for name, word in (("a", "not guilty"), ("b", "guilty"))
    ]
    dedup("run", write_feed(tmp_path / "feed.jsonl", rows), "-o", tmp_path / "r")
    (page,) = (tmp_path / "r" / "stories").iterdir()
    assert "“not” only in the left text" in page.read_text(encoding="utf-8")
    explained = dedup("explain", "a", "b", "--report", tmp_path / "r").stdout.decode()
    assert "words changed:\n  - “not” only in A\n" in explained


def test_lengths_are_counted_as_the_passages_are(tmp_path: Path) -> None:
    text = "The U.S. and Korea’s envoys met – again – at 7,000 feet, well-guarded, on Monday in the rain, and spoke."
    for name in "ab":
        (tmp_path / f"{name}.txt").write_text(f"Envoys meet in the rain\n{text}", encoding="utf-8")
    said = dedup("compare", tmp_path / "a.txt", tmp_path / "b.txt").stdout.decode()
    assert [line for line in said.splitlines() if "time unknown" in line] == ["   time unknown, 20 words"] * 2
    assert "shared passage 1 (20 words)" in said


def test_clean_prints_the_article_without_its_sidebar_and_explains_each_line() -> None:
    said = dedup("clean", CUT).stdout.decode()
    assert "containers filled with munitions" in said
    assert "Gabba" not in said
    explained = dedup("clean", CUT, "--explain").stdout.decode()
    assert "furniture | 3rd Test" in explained


def test_explain_answers_from_a_written_report(tmp_path: Path) -> None:
    dedup("run", SEEDS, "-o", tmp_path / "r")
    done = dedup("explain", FIRST.stem, CUT.stem, "--report", tmp_path / "r")
    assert done.returncode == 0, done.stderr
    assert "excerpt" in done.stdout.decode()
    unknown = dedup("explain", "nobody", CUT.stem, "--report", tmp_path / "r")
    assert unknown.returncode == 1
    assert "nobody" in unknown.stderr.decode()


def test_evaluate_scores_labelled_lines(tmp_path: Path) -> None:
    gold = json.loads((SEEDS / "gold.json").read_text(encoding="utf-8"))
    rows = []
    for name, letters in gold["lines"].items():
        text = (SEEDS / name).read_text(encoding="utf-8")
        rows.append({"id": name, "text": text[:-1] if text.endswith("\n") else text, "classes": letters})
    labels = write_feed(tmp_path / "lines.jsonl", rows)
    scores = json.loads(dedup("evaluate", "lines", labels, "--json").stdout)
    assert scores["body_lines"]["f1"] == 1.0


def test_evaluate_refuses_labels_of_an_unknown_kind(tmp_path: Path) -> None:
    done = dedup("evaluate", write_feed(tmp_path / "x.jsonl", [{"a": 1}]))
    assert done.returncode == 1
    assert b"name the kind" in done.stderr


def test_every_command_is_documented_in_the_readme() -> None:
    from dedup.cli import cli

    readme = (SEEDS.parent / "README.md").read_text(encoding="utf-8")
    for name in cli.commands:
        assert f"dedup {name}" in readme, name


def test_no_command_is_cut_short_where_all_are_listed() -> None:
    said = dedup("--help").stdout.decode()
    assert "..." not in said.partition("Commands:")[2]


def test_help_answers_quickly() -> None:
    times = []
    for _ in range(5):
        start = time.perf_counter()
        assert dedup("--help").returncode == 0
        times.append(time.perf_counter() - start)
    assert min(times) < 0.6, "0.3 s on a quiet machine; twice that allowed where tests share the cores"


def test_ctrl_c_leaves_no_half_written_output(tmp_path: Path) -> None:
    feed = tmp_path / "big.jsonl"
    rows = [{"id": a.id, "title": a.title, "text": a.text} for a in wire_feed(100, 4, 9)]
    write_feed(feed, rows)
    command = [sys.executable, "-m", "dedup", "run", str(feed), "-o", str(tmp_path / "out")]
    running = subprocess.Popen(command, stderr=subprocess.PIPE)
    while len(list(tmp_path.iterdir())) == 1 and running.poll() is None:
        time.sleep(0.01)
    running.send_signal(signal.SIGINT)
    _, said = running.communicate(timeout=60)
    assert running.returncode == 130, said
    assert b"Traceback" not in said
    assert {path.name for path in tmp_path.iterdir()} == {"big.jsonl"}


def test_ctrl_c_in_compiled_code_is_an_interruption(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(**_: object) -> None:
        try:
            raise KeyboardInterrupt
        except KeyboardInterrupt as stop:
            raise SystemError("returned a result with an exception set") from stop

    monkeypatch.setattr(cli.cli, "main", interrupted)
    with pytest.raises(SystemExit) as left:
        cli.main()
    assert left.value.code == cli.EXIT_INTERRUPTED
    assert "interrupted" in capsys.readouterr().err
