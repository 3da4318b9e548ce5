"""docs/index.md cannot drift: its commands and options exist, its example runs, its events are those there are."""

import os
import re
import shlex
import shutil
import subprocess
from pathlib import Path
from typing import get_args

import pytest

import dedup
from dedup.cli import cli
from dedup.index.answers import EventKind

TEXT = (Path(__file__).parent.parent.parent / "docs" / "index.md").read_text(encoding="utf-8")
COMMANDS = [
    shlex.split(line.partition("|")[2] if line.startswith("consumer") else line, comments=True)[1:]
    for block in re.findall(r"```sh\n(.*?)```", TEXT, re.DOTALL)
    for line in block.splitlines()
    if line.startswith(("dedup ", "consumer "))
]
DOWNLOADER = re.search(r"^while sleep.*?^done", TEXT, re.DOTALL | re.MULTILINE)
CURL = """#!/bin/sh
while [ "$1" != -o ]; do shift; done
[ -e called ] && exit 22
echo "<rss/>" > "$2"; touch called
"""
SLEEP = """#!/bin/sh
[ -e second ] && exit 1
[ -e first ] && touch second
touch first
"""


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command[0])
def test_every_command_shown_parses(command: list[str]) -> None:
    known = cli.commands[command[0]]
    assert known.make_context(command[0], command[1:]).params["index_file"] == Path("news.db")


def test_the_example_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    code, _, _ = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)  # the second: test_streams.py
    exec(code, {"article": dedup.Article(id="a", text="The ferry was late again on Monday morning.")})
    assert (tmp_path / "news.db").exists()


@pytest.mark.skipif(shutil.which("sh") is None, reason="there is no shell")
def test_the_downloader_replaces_a_feed_and_leaves_it_when_a_request_fails(tmp_path: Path) -> None:
    for name, script in (("curl", CURL), ("sleep", SLEEP)):
        (tmp_path / name).write_text(script)
        (tmp_path / name).chmod(0o755)
    (tmp_path / "feeds").mkdir()
    assert DOWNLOADER is not None
    place = {"PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}"}
    subprocess.run(["sh", "-c", DOWNLOADER[0]], cwd=tmp_path, env=place, check=False, timeout=20)
    assert (tmp_path / "second").exists()
    assert [file.name for file in (tmp_path / "feeds").iterdir()] == ["post.xml"]
    assert (tmp_path / "feeds" / "post.xml").read_text() == "<rss/>\n"


def test_the_events_and_calls_named_are_there() -> None:
    assert all(f"`{kind}`" in TEXT for kind in get_args(EventKind))
    for name in re.findall(r"`([a-z_]+)\(", TEXT):
        assert hasattr(dedup.Index, name) or hasattr(dedup, name), name
