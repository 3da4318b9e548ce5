"""Exports: every article once, nothing a spreadsheet would run, files other tools can read."""

import csv
import io
import sys
from pathlib import Path

import networkx
import pytest

from dedup.errors import MissingExtraError, ReportError
from dedup.report import export, write_report, write_stories_jsonl
from tests.report.make_result import hostile_result, seed_result, wire_result


def _table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def test_the_table_has_a_row_for_every_article(tmp_path: Path) -> None:
    result = wire_result(5, lone=3, stories=2)
    rows = _table(export(result, tmp_path / "t.csv"))
    assert sorted(row["article_id"] for row in rows) == sorted(result.articles)
    first = next(row for row in rows if row["article_id"] == "s0-000")
    assert first["relation"] == "origin"
    assert first["group_id"] == "g0"
    assert first["agencies"] == "AP"
    assert first["story_articles"] == "5"


def test_a_report_folder_exports_the_same_as_its_result(tmp_path: Path) -> None:
    write_report(seed_result(), tmp_path / "r")
    for suffix in ("csv", "jsonl", "graphml"):
        one = export(seed_result(), tmp_path / f"a.{suffix}").read_bytes()
        assert export(tmp_path / "r", tmp_path / f"b.{suffix}").read_bytes() == one
    stream = io.BytesIO()
    write_stories_jsonl(seed_result(), stream)
    assert (tmp_path / "a.jsonl").read_bytes() == stream.getvalue()


def test_no_cell_is_a_formula(tmp_path: Path) -> None:
    payloads = ["=1+1", "+1", "-2", "@SUM(A1)", "\t=1", "\r=1", " =1", "＝1", '","=1', "a\n=1", "\x00=1"]
    for row in _table(export(hostile_result(payloads), tmp_path / "t.csv")):
        for cell in row.values():
            assert not cell.strip("\x00 \t\r\n").startswith(("=", "+", "-", "@", "＝")), cell


def test_the_graph_has_articles_as_nodes_and_matches_as_edges(tmp_path: Path) -> None:
    result = wire_result(6, lone=2)
    graph = networkx.read_graphml(export(result, tmp_path / "g.graphml"))
    assert sorted(graph.nodes) == sorted(result.articles)
    assert len(graph.edges) == len(result.matches)
    assert graph.nodes["s0-000"]["credited"] is True
    edge = graph.edges["s0-000", "s0-001"]
    assert edge["relation"] == "excerpt"
    assert edge["derived"] is True


def test_text_that_xml_cannot_hold_leaves_the_graph_readable(tmp_path: Path) -> None:
    payloads = ["<&>\"'", "]]>", "\x00\x0b", "\ud800", "\ufffe", "<!ENTITY x>"]
    graph = networkx.read_graphml(export(hostile_result(payloads), tmp_path / "g.graphml"))
    assert len(graph.nodes) == 4 * len(payloads)


def test_parquet_keeps_types_and_rows(tmp_path: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    result = wire_result(4, lone=2)
    table = parquet.read_table(export(result, tmp_path / "t.parquet"))
    assert table.num_rows == len(result.articles)
    assert table.column("credited").to_pylist().count(True) == 3
    assert str(table.schema.field("share").type) == "double"


def test_parquet_without_its_extra_names_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'news-dedup\[parquet\]'"):
        export(seed_result(), tmp_path / "t.parquet")
    assert not list(tmp_path.iterdir())


def test_an_unknown_suffix_names_those_known(tmp_path: Path) -> None:
    with pytest.raises(ReportError, match=r"end the name in one of \.csv, \.graphml, \.jsonl, \.parquet"):
        export(seed_result(), tmp_path / "t.xlsx")
