"""What a person reads in the terminal: the table after a run, and why two articles were put together."""

import io
from dataclasses import replace
from pathlib import Path

import pytest

from dedup.errors import ReportError
from dedup.models import CleanArticle
from dedup.report import write_report
from dedup.report.explain import explain_pair
from dedup.report.facts import gather
from dedup.report.summary import print_summary, summary_lines
from tests.report.make_result import hostile_result, of_one_outlet, result_of, seed_result, wire_result


def _printed(result: object, index: str | None = "out/index.html") -> str:
    stream = io.StringIO()
    print_summary(result, index, stream)  # type: ignore[arg-type]
    return stream.getvalue()


def _size(item: CleanArticle) -> int:
    return len(item.body.split())


def test_the_summary_counts_and_says_where_the_report_is() -> None:
    lines = dict(summary_lines(wire_result(25, lone=75), "out/index.html"))
    assert lines["articles"] == "100 from 41 outlets"
    assert lines["stories"] == "76, 1 of them told by more than one article"
    assert lines["syndicated"] == "25 articles (25%) share 1 text with another"
    assert lines["no credit found"] == "8 of these, although others name the supplier"
    assert lines["agencies"] == "AP 25"
    assert lines["report"] == "out/index.html"


def test_versionsof_one_outlets_text_are_no_syndication() -> None:
    result = of_one_outlet(wire_result(25, lone=75))
    lines = dict(summary_lines(result))
    assert lines["syndicated"] == "0 articles (0%) share their text with another"
    assert lines["one outlet's own"] == "25 articles share a text that no other outlet has"
    assert "no credit found" not in lines
    facts = gather(result)
    assert (facts.groups, facts.shared, facts.versions, facts.uncredited) == (0, 0, 25, 0)
    assert [(row.articles, row.shared, row.first, row.uncredited) for row in facts.by_outlet] == [(100, 0, 0, 0)]
    assert sum(period.shared for period in facts.periods) == 0


def test_an_article_without_outlet_counts_as_one_of_its_own() -> None:
    result = wire_result(2)
    (story,) = result.stories
    bare = tuple(replace(member, outlet=None) for member in story.groups[0].articles)
    group = replace(story.groups[0], articles=bare)
    assert gather(replace(result, stories=(replace(story, groups=(group,)),))).shared == 2


def test_without_a_terminal_it_is_plain_aligned_text() -> None:
    text = _printed(seed_result())
    assert "\x1b" not in text
    assert len({line.index("  ") for line in text.splitlines() if line.startswith("syndicated")}) == 1
    assert text.splitlines()[-1].split() == ["report", "out/index.html"]


def test_rejections_repairs_and_limits_are_in_it() -> None:
    lines = dict(summary_lines(hostile_result(["json-syntax"])))
    assert lines["rejected"] == "1 of 5 read (3 json-syntax)"
    assert lines["repaired"] == "3 json-syntax"
    assert lines["limits reached"] == "3 json-syntax"


def test_text_of_strangers_does_not_reach_the_terminal_as_commands() -> None:
    text = _printed(hostile_result(["\x1b[2J\x1b]0;x\x07[red]Reuters[/red]"]))
    assert "\x1b" not in text
    assert "[red]Reuters[/red]" in text


def test_an_empty_result_has_a_summary_too() -> None:
    assert "0%" in _printed(result_of((), (), ()), None)


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_report(seed_result(), tmp_path_factory.mktemp("out") / "r").parent


def test_a_pair_in_one_group_is_explained_with_its_evidence(report: Path) -> None:
    text = explain_pair(report, "002", "000", _size)
    told = " ".join(text.split())
    assert "A is a cut of B, or B was expanded from it: 98% of A stands word for word in B" in told
    assert "000: story 000" in text
    assert "cannot be told, 70% of the evidence (the longer text; signed by its author; but 1 of the others" in text
    assert "Since the start of 2022" in text
    assert "They are in one story and in one syndication group (g-000)." in text
    assert "002: story 000" in text
    assert "excerpt beside 000: it holds 63% of that text" in text


def test_pairs_apart_are_explained_as_well(report: Path) -> None:
    assert "They are in one story, but do not carry one text." in explain_pair(report, "000", "001", _size)
    assert "They are in different stories, which are related." in explain_pair(report, "000", "003", _size)
    assert "no match was kept" in explain_pair(report, "003", "004", _size)


def test_an_id_that_is_not_there_is_named(report: Path) -> None:
    with pytest.raises(ReportError, match=r"holds no article 'nobody'; the ids are in its stories\.jsonl"):
        explain_pair(report, "000", "nobody", _size)
