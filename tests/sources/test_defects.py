"""RELIABILITY row 1: corpora with planted defects. Every defect is listed, no good record is lost or altered."""

from __future__ import annotations

import csv
import io
import json
import random
from collections.abc import Callable
from pathlib import Path

import pytest

from dedup.errors import FeedError
from tests.sources.helpers import Read, lines, read, read_bytes, records

COUNT = 600


def spoiled(seed: int, share: float) -> set[int]:
    rng = random.Random(seed)
    return set(rng.sample(range(COUNT), int(COUNT * share)))


def assert_only_bad_lost(result: Read, rows: list[dict[str, str]], bad: set[int]) -> None:
    good = {row["id"]: row["text"] for number, row in enumerate(rows) if number not in bad}
    assert {article.id: article.text for article in result.articles} == good
    assert len(result.articles) == len(good)


LINE_DEFECTS: dict[str, Callable[[bytes], bytes]] = {
    "cut in a string": lambda line: line[: len(line) // 2],
    "an unescaped quote": lambda line: line.replace(b" said ", b' sa"id ', 1),
    "no braces": lambda line: line[1:-1],
    "an array": lambda line: b"[" + line + b"]",
    "a number": lambda line: b"17",
    "prose": lambda line: b"service temporarily unavailable",
    "deep": lambda line: b"[" * 3000 + b"]" * 3000,
    "no text": lambda line: b'{"id": "x", "title": "y"}',
    "empty text": lambda line: b'{"id": "x", "text": " \\n "}',
    "text of NULs": lambda line: b'{"id": "x", "text": "\\u0000\\u0000"}',
    "binary": lambda line: bytes(range(128, 256)).replace(b"\n", b""),
}


@pytest.mark.parametrize("share", [0.01, 0.05])
@pytest.mark.parametrize("defect", sorted(LINE_DEFECTS))
def test_every_defect_in_json_lines_is_one_rejection_at_its_line(tmp_path: Path, defect: str, share: float) -> None:
    rows, bad = records(COUNT), spoiled(len(defect), share)
    parts = lines(rows).splitlines()
    for number in bad:
        parts[number] = LINE_DEFECTS[defect](parts[number])
    result = read_bytes(tmp_path, b"\n".join(parts))
    assert_only_bad_lost(result, rows, bad)
    assert {rejection.position for rejection in result.rejections} == {f"line {number + 1}" for number in bad}
    assert len(result.rejections) == len(bad)


@pytest.mark.parametrize("defect", ["an unescaped quote", "a number", "an array", "deep", "no text", "empty text"])
@pytest.mark.parametrize("frame", ["[%s]", '{"status": "ok", "articles": [%s], "next": null}', "%s"])
def test_every_defect_in_a_json_array_is_one_rejection(tmp_path: Path, defect: str, frame: str) -> None:
    if frame == "%s" and defect == "an array":
        defect = "a number"  # arrays one after another are lists of records, not defects
    rows, bad = records(COUNT), spoiled(7, 0.03) - {0}
    parts = lines(rows).splitlines()
    for number in bad:
        parts[number] = LINE_DEFECTS[defect](parts[number])
    between = b",\n  " if frame != "%s" else b"\n \n"
    result = read_bytes(tmp_path, frame.encode() % between.join(parts), "feed.json")
    assert_only_bad_lost(result, rows, bad)
    assert len(result.rejections) == len(bad)


def as_csv(rows: list[dict[str, str]], quoting: int, delimiter: str = ",") -> list[bytes]:
    out = []
    for row in [dict(zip(rows[0], rows[0], strict=True)), *rows]:
        buffer = io.StringIO()
        csv.writer(buffer, quoting=quoting, delimiter=delimiter).writerow(row.values())
        out.append(buffer.getvalue().encode())
    return out


CSV_DEFECTS: dict[str, Callable[[bytes], bytes]] = {
    "quote opened in the first cell": lambda row: b'"' + row.lstrip(b'"'),
    "a column too few": lambda row: row.split(b",", 1)[1],
    "a column too many": lambda row: b"new," + row,
    "a raw half": lambda row: row[: len(row) // 3].replace(b'"', b"") + b"\r\n",
}


@pytest.mark.parametrize("quoting", [csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC])
@pytest.mark.parametrize("defect", sorted(CSV_DEFECTS))
@pytest.mark.parametrize("share", [0.01, 0.05])
def test_a_spoiled_csv_row_costs_only_itself(tmp_path: Path, quoting: int, defect: str, share: float) -> None:
    rows = records(COUNT)
    for row in rows[::7]:
        row["text"] = row["text"].replace(" said ", ' said, "yes",\nand ', 1)
    for row in rows:
        row["id"] = row["id"].replace("a", "")
    single = [number for number in range(COUNT) if "\n" not in rows[number]["text"]]
    bad = set(random.Random(3).sample(single, int(COUNT * share)))
    parts = as_csv(rows, quoting)
    for number in bad:
        parts[number + 1] = CSV_DEFECTS[defect](parts[number + 1])
    result = read_bytes(tmp_path, b"".join(parts), "feed.csv")
    if defect == "quote opened in the first cell" and quoting != csv.QUOTE_MINIMAL:
        bad = set()  # there the cell was quoted already
    assert_only_bad_lost(result, rows, bad)
    assert len(result.rejections) == len(bad)
    assert {rejection.code for rejection in result.rejections} <= {"csv-syntax"}


def test_one_unbalanced_quote_does_not_swallow_a_thousand_rows(tmp_path: Path) -> None:
    rows = [f"{number},title {number},text of article {number}\n" for number in range(1000)]
    rows[300] = '300,"title 300,text of article 300\n'
    result = read_bytes(tmp_path, ("id,title,text\n" + "".join(rows)).encode(), "feed.csv")
    assert len(result.articles) == 999
    assert [(r.position, r.code) for r in result.rejections] == [("row 302", "csv-syntax")]


@pytest.mark.parametrize("delimiter", ["\t", ";", "|"])
def test_the_delimiter_is_found_by_content(tmp_path: Path, delimiter: str) -> None:
    rows = records(20)
    result = read_bytes(tmp_path, b"".join(as_csv(rows, csv.QUOTE_MINIMAL, delimiter)), "feed.dat")
    assert_only_bad_lost(result, rows, set())


def test_quotes_left_unescaped_inside_a_quoted_cell_are_kept_and_counted(tmp_path: Path) -> None:
    data = b'id,text\n1,"He said "hi" there"\n2,fine\n'
    result = read_bytes(tmp_path, data, "feed.csv")
    assert [(a.text, a.repairs) for a in result.articles] == [('He said "hi" there', ("csv-quote",)), ("fine", ())]


@pytest.mark.parametrize(
    ("line", "at"),
    [
        ('{"id": "b", "text" "t"}', 20),
        ('{"a": "\\q \\w", "text" "t"}', 23),
        ('{"a": [1,], "text" "\\q"}', 20),
        ('{"a": "\u00e9", "b" 1}', 16),
    ],
)
def test_json_that_is_broken_is_placed_once_and_where_it_breaks(tmp_path: Path, line: str, at: int) -> None:
    assert line[at - 2] == " "
    path = tmp_path / "f.jsonl"
    path.write_text('{"id": "a", "text": "t"}\n' + line + "\n", encoding="utf-8")
    (found,) = read(path).rejections
    assert found.position == "line 2"
    assert found.message == f"this is not JSON: Expecting ':' delimiter, at character {at} of the record"


def test_a_csv_without_a_text_column_is_named_with_its_columns_and_the_remedy(tmp_path: Path) -> None:
    path = tmp_path / "feed.csv"
    path.write_bytes(b"id,title,when\n1,a,b\n")
    with pytest.raises(
        FeedError, match=r"feed\.csv: no column holds a text \(columns: id, title, when\); .*--map text="
    ):
        read(path)


def test_a_column_can_be_named(tmp_path: Path) -> None:
    path = tmp_path / "feed.csv"
    path.write_bytes(b"id,title,words\n1,a,b c d\n")
    assert [article.text for article in read(path, {"text": "words"}).articles] == ["b c d"]


def test_raw_newlines_inside_the_strings_of_json_lines_are_mended(tmp_path: Path) -> None:
    rows = records(50)
    rows[20]["text"] = "first\nsecond\n\nthird"
    parts = [json.dumps(row) for row in rows]
    parts[20] = parts[20].replace("\\n", "\n")
    result = read_bytes(tmp_path, "\n".join(parts).encode())
    assert_only_bad_lost(result, rows, set())
    assert result.articles[20].repairs == ("control-chars",)
    assert result.rejections == []


def test_a_gap_in_the_middle_of_a_list_of_pages_loses_no_page(tmp_path: Path) -> None:
    rows = records(6)
    pages = [json.dumps({"page": page, "articles": rows[page * 2 : page * 2 + 2]}) for page in range(3)]
    assert_only_bad_lost(read_bytes(tmp_path, "\n".join(pages).encode()), rows, set())


def test_json_that_ends_early_delivers_what_was_whole(tmp_path: Path) -> None:
    rows = records(30)
    data = json.dumps(rows).encode()
    for cut in range(200, len(data) - 1, 701):
        result = read_bytes(tmp_path, data[:cut], "feed.json")
        whole = sum(article.text == row["text"] for article, row in zip(result.articles, rows, strict=False))
        assert whole == len(result.articles) >= cut * 30 // len(data) - 1
        assert "truncated" in result.codes
