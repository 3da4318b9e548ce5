"""stories.jsonl: the documented schema, the same bytes, and everything read back."""

import io
import json
from dataclasses import replace
from pathlib import Path

import pytest

from dedup.errors import ReportError
from dedup.models import Article, Result, Stats
from dedup.report import read_report, read_stories, write_report, write_stories_jsonl
from tests.report.make_result import clean, hostile_result, match, result_of, seed_result, wire_result

SCHEMA = Path(__file__).parents[2] / "docs" / "stories-jsonl.md"


def _bytes(result: Result) -> bytes:
    stream = io.BytesIO()
    write_stories_jsonl(result, stream)
    return stream.getvalue()


def test_a_line_has_the_fields_the_document_lists_and_no_others() -> None:
    documented = set()
    for line in SCHEMA.read_text(encoding="utf-8").splitlines():
        if line.startswith("| `"):
            documented.add(line.split("`")[1])
    story = json.loads(_bytes(seed_result()).splitlines()[0])
    found = set(story) | {f"articles[].{name}" for name in story["articles"][0]}
    found |= {f"groups[].{name}" for name in story["groups"][0]}
    found |= {f"groups[].origin.{name}" for name in story["groups"][0]["origin"]}
    found |= {f"articles[].credits[].{name}" for name in story["articles"][0]["credits"][0]}
    assert found == documented


def test_the_seeds_story_reads_as_documented() -> None:
    first, *rest = [json.loads(line) for line in _bytes(seed_result()).splitlines()]
    assert first["schema"] == "dedup-stories/1"
    assert [item["id"] for item in first["articles"]] == ["000", "001", "002"]
    assert [item["relation"] for item in first["articles"]] == ["origin", "independent", "excerpt"]
    assert [item["group_id"] for item in first["articles"]] == ["g-000", None, "g-000"]
    assert first["groups"][0]["articles"] == ["000", "002"]
    assert first["articles"][0]["published"] == "2024-03-19T02:30:00+00:00"
    assert [len(story["articles"]) for story in rest] == [1, 1]


def test_counts_timings_and_paths_of_the_run_are_not_in_it() -> None:
    result = seed_result()
    assert _bytes(result) == _bytes(replace(result, stats=Stats(read=99), rejections=(), settings="other"))


def test_the_order_of_the_stories_given_changes_no_byte() -> None:
    result = wire_result(4, lone=5, stories=3)
    assert _bytes(replace(result, stories=result.stories[::-1])) == _bytes(result)


def test_a_path_a_binary_and_a_text_stream_get_the_same(tmp_path: Path) -> None:
    result = seed_result()
    write_stories_jsonl(result, tmp_path / "s.jsonl")
    text = io.StringIO()
    write_stories_jsonl(result, text)
    assert (tmp_path / "s.jsonl").read_bytes() == _bytes(result) == text.getvalue().encode("utf-8")


@pytest.mark.parametrize("make", [seed_result, lambda: hostile_result(["<b>", "x\u2028y", "../x"])])
def test_a_report_reads_back_as_the_result_it_was_written_from(tmp_path: Path, make: object) -> None:
    result = make()  # type: ignore[operator]
    write_report(result, tmp_path / "r")
    back = read_report(tmp_path / "r")
    assert back.stories == result.stories
    assert back.articles == dict(result.articles)
    assert [(m.a, m.b, m.relation, m.passages, m.reasons, m.facts) for m in back.matches] == [
        (m.a, m.b, m.relation, m.passages, m.reasons, m.facts) for m in result.matches
    ]
    assert [m.containment for m in back.matches] == [pytest.approx(m.containment, abs=1e-4) for m in result.matches]
    assert back.stats == result.stats
    assert back.settings == result.settings
    assert back.rejections == tuple(replace(item, raw=b"") for item in result.rejections)
    assert read_stories(tmp_path / "r") == read_stories(tmp_path / "r" / "stories.jsonl") == result.stories


def test_lone_surrogates_are_written_as_strict_utf8_and_offsets_still_fit(tmp_path: Path) -> None:
    a, b = (clean(Article(name, "\ud800 one two three four five six"), "B") for name in "ab")
    result = result_of((), [a, b], [match(a, b, "copy")])
    write_report(result, tmp_path / "r")
    back = read_report(tmp_path / "r")
    assert back.articles["a"].text == "\ufffd one two three four five six"
    assert back.matches[0].passages == result.matches[0].passages


def test_a_line_of_another_version_is_refused_by_name(tmp_path: Path) -> None:
    path = tmp_path / "stories.jsonl"
    path.write_bytes(_bytes(seed_result()).replace(b"dedup-stories/1", b"dedup-stories/7", 1))
    with pytest.raises(ReportError, match="'dedup-stories/7', not 'dedup-stories/1'"):
        read_stories(path)
