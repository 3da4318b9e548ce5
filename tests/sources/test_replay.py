"""A quarantine file is a feed: its records are read again where they first stood, mended or as they were."""

from __future__ import annotations

import base64
import csv
import gzip
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dedup.models import Rejection
from dedup.sources import Quarantine, read_feed
from tests.sources.helpers import Read, lines, read, records
from tests.sources.test_formats import ATOM, ITEM, NEWSML, RSS

Entry = dict[str, Any]


def quarantined(feed: Path) -> Path:
    """Read a feed and keep what was rejected."""
    path = feed.with_name("out.quarantine.jsonl")
    with Quarantine(path) as quarantine:
        list(quarantine.watch(read_feed(feed)))
    return path


def mend(path: Path, change: Callable[[Entry], None]) -> None:
    entries = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    for entry in entries:
        change(entry)
    path.write_text("".join(json.dumps(entry) + "\n" for entry in entries), encoding="utf-8")


def replacing(old: str, new: str) -> Callable[[Entry], None]:
    def change(entry: Entry) -> None:
        assert old in entry["raw"]
        entry["raw"] = entry["raw"].replace(old, new, 1)

    return change


def csv_of(rows: list[dict[str, str]]) -> str:
    out = io.StringIO()
    writer = csv.DictWriter(out, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def places(result: Read) -> list[tuple[str | None, str | None]]:
    return [(item.file, item.position) for item in (*result.articles, *result.rejections)]


ROWS = records(4)
FEEDS: dict[str, tuple[str, str, str, str, str]] = {
    # name of the feed: its content, where the bad record stands, and what the user replaces by what
    "feed.jsonl": (lines(ROWS).decode().replace('"id": "a2", ', '"id": "a2" ', 1), "line 3", "a2", '"a2" ', '"a2", '),
    "feed.json": (json.dumps(ROWS).replace('"id": "a2", ', '"id": "a2" ', 1), "record 3", "a2", '"a2" ', '"a2", '),
    "feed.csv": (csv_of(ROWS).replace("\na2,", '\n"a2,', 1), "row 4", "a2", '\n"a2,', "\na2,"),
    "feed.tsv": ("id\ttext\na1\tone\na2\t\n", "row 3", "a2", "a2\t", "a2\ttwo"),
    "feed.xml": (
        RSS % "".join(ITEM % {"n": n} for n in range(2)).replace("</item>", "", 1),
        "record 1",
        "g0",
        "</content:encoded>\n",
        "</content:encoded>\n</item>",
    ),
    "atom.xml": (ATOM.replace("Only words.", " "), "record 1", "urn:1", "<summary> ", "<summary>Only words."),
    "news.xml": (NEWSML, "record 2", "urn:2", "/></newsItem>", "><inlineData>Two</inlineData></contentSet></newsItem>"),
    "wrapped.json": (
        json.dumps({"items": [{"id": "x", "text": " "}, *ROWS]}),
        "record 1",
        "x",
        '"text": " "',
        '"text": "found again"',
    ),
}


@pytest.mark.parametrize("name", sorted(FEEDS))
def test_a_mended_record_becomes_an_article_of_the_feed_it_came_from(tmp_path: Path, name: str) -> None:
    content, position, article_id, old, new = FEEDS[name]
    feed = tmp_path / name
    feed.write_text(content, encoding="utf-8", newline="")
    first = read(feed)
    path = quarantined(feed)
    mend(path, replacing(old, new))
    again = read(path)
    assert again.rejections == []
    assert places(again) == [(str(feed), position)]
    assert again.ids == [article_id]
    assert article_id not in first.ids


@pytest.mark.parametrize("name", sorted(FEEDS))
def test_records_left_as_they_were_are_rejected_as_they_were(tmp_path: Path, name: str) -> None:
    feed = tmp_path / name
    feed.write_text(FEEDS[name][0], encoding="utf-8", newline="")
    first = read(feed)
    again = read(quarantined(feed))
    assert again.articles == []
    assert [(r.file, r.position, r.raw) for r in again.rejections] == [
        (r.file, r.position, r.raw) for r in first.rejections
    ]
    alone = {"xml-syntax": "truncated"}  # without the next item, one that is not closed is one that ends too early
    assert again.codes == [alone.get(code, code) for code in first.codes]


def test_a_mended_record_keeps_all_its_fields(tmp_path: Path) -> None:
    feed = tmp_path / "feed.csv"
    feed.write_text(FEEDS["feed.csv"][0], newline="")
    path = quarantined(feed)
    mend(path, replacing('\n"a2,', "\na2,"))
    whole = tmp_path / "whole.csv"
    whole.write_text(csv_of(ROWS), newline="")
    assert read(path).articles == [read(whole).articles[2]]


def test_a_record_kept_only_in_part_is_rejected_until_it_is_put_there_whole(tmp_path: Path) -> None:
    feed = tmp_path / "feed.jsonl"
    long = json.dumps({"id": "long", "text": "words " * 20_000})
    feed.write_text(lines(ROWS).decode() + long[:-1] + "\n" + '{"id": "b", "text": "t"}\n')
    path = quarantined(feed)
    assert [(r.code, r.position) for r in read(path).rejections] == [("json-syntax", "line 5")]

    def whole(entry: Entry) -> None:
        entry.update(raw=long, complete=True)

    mend(path, whole)
    assert read(path).ids == ["long"]


def test_damage_is_no_record_and_is_reported_again(tmp_path: Path) -> None:
    path = tmp_path / "q.jsonl"
    damage = Rejection("feed.jsonl.gz", "offset 70", "truncated", "the gzip data is damaged", None, "ab", b"\x1f\x8b")
    conflict = Rejection("feed.jsonl", "line 3", "id-conflict", "another text under this id", None, "cd")
    with Quarantine(path) as quarantine:
        list(quarantine.watch([damage, conflict]))
    assert read(path) == Read([], [damage, conflict])


def test_bytes_that_are_no_utf8_are_kept_and_can_be_given_as_text(tmp_path: Path) -> None:
    feed = tmp_path / "feed.jsonl"
    feed.write_bytes(lines(ROWS) + '{"id": "é", "text" "naïve"}\n'.encode("latin-1"))
    path = quarantined(feed)

    def to_text(entry: Entry) -> None:
        raw = base64.b64decode(entry["raw_base64"]).decode("latin-1")
        entry["raw"] = raw.replace('"text" ', '"text": ')

    mend(path, to_text)
    assert [(article.id, article.text) for article in read(path).articles] == [("é", "naïve")]


def test_a_line_replaced_by_the_article_itself_is_read(tmp_path: Path) -> None:
    feed = tmp_path / "feed.jsonl"
    feed.write_text(lines(ROWS[:1]).decode() + "{broken\n" * 2)
    path = quarantined(feed)
    kept = path.read_text().splitlines(keepends=True)
    path.write_text(kept[0] + '{"id": "new", "text": "words"}\n')
    result = read(path)
    assert result.ids == ["new"]
    assert [r.position for r in result.rejections] == ["line 2"]


@pytest.mark.parametrize(
    "change",
    [
        lambda entry: entry.update(quarantine=99),
        lambda entry: entry.update(raw="", raw_base64="?"),
        lambda entry: entry.pop("position"),
        lambda entry: entry.update(file=7),
        lambda entry: entry.update(format="table", raw="x"),
        lambda entry: entry.update(format="csv", raw="id,text\n1,one\n2,two\n"),
        lambda entry: entry.update(format="csv", raw="alpha,beta\n1,one\n"),
    ],
)
def test_an_entry_that_was_spoiled_is_one_rejection_and_its_neighbours_are_read(
    tmp_path: Path, change: Callable[[Entry], None]
) -> None:
    feed = tmp_path / "feed.jsonl"
    feed.write_text(lines(ROWS[:1]).decode() + '{"id": "b", "text": " "}\n' * 3)
    path = quarantined(feed)
    entries = [json.loads(line) for line in path.read_text().splitlines()]
    for entry in entries:
        entry["raw"] = '{"id": "b", "text": "words"}'
    change(entries[1])
    if entries[1].get("raw") == "":
        del entries[1]["raw"]
    path.write_text("".join(json.dumps(entry) + "\n" for entry in entries))
    result = read(path)
    assert [article.position for article in result.articles] == ["line 2", "line 4"]
    assert result.codes == ["bad-quarantine"]


def test_a_quarantine_can_be_compressed_and_quarantined_itself(tmp_path: Path) -> None:
    feed = tmp_path / "feed.jsonl"
    feed.write_text(lines(ROWS[:1]).decode() + "{broken\n")
    first = quarantined(feed)
    packed = tmp_path / "packed.gz"
    packed.write_bytes(gzip.compress(first.read_bytes()))
    second = quarantined(packed)
    assert [(r.position, r.code) for r in read(second).rejections] == [("line 2", "json-syntax")]
