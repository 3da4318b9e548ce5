"""The report's folder: whole or not at all, only where it may be, nothing outside it."""

import re
from pathlib import Path

import pytest

from dedup.errors import ReportError
from dedup.report import read_report, write_report
from dedup.report.folder import MARKER, new_file, new_folder
from tests.report.make_result import hostile_result, seed_result


def _tree(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def _names(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


def _interrupted_run(folder: Path) -> None:
    with new_folder(folder) as work:
        (work / "index.html").write_text("half", encoding="utf-8")
        raise KeyboardInterrupt


def _interrupted_file(path: Path) -> None:
    with new_file(path) as stream:
        stream.write(b"half")
        raise KeyboardInterrupt


def test_a_report_replaces_an_earlier_one_and_the_same_result_gives_the_same_bytes(tmp_path: Path) -> None:
    index = write_report(seed_result(), tmp_path / "report")
    before = _tree(tmp_path / "report")
    assert index == tmp_path / "report" / "index.html"
    assert write_report(seed_result(), tmp_path / "report") == index
    assert _tree(tmp_path / "report") == before
    assert _names(tmp_path) == ["report"]


def test_an_interrupted_run_leaves_the_earlier_report_as_it_was(tmp_path: Path) -> None:
    write_report(seed_result(), tmp_path / "report")
    before = _tree(tmp_path)
    with pytest.raises(KeyboardInterrupt):
        _interrupted_run(tmp_path / "report")
    assert _tree(tmp_path) == before


def test_an_interrupted_first_run_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        _interrupted_run(tmp_path / "a" / "report")
    assert not _tree(tmp_path)


def test_a_folder_of_other_things_is_refused_and_untouched(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work", encoding="utf-8")
    with pytest.raises(ReportError, match="is not a report of dedup; name a new or an empty folder"):
        write_report(seed_result(), tmp_path)
    assert _tree(tmp_path) == {"thesis.txt": b"years of work"}


def test_a_report_that_holds_a_file_of_the_user_is_refused(tmp_path: Path) -> None:
    write_report(seed_result(), tmp_path / "r")
    (tmp_path / "r" / "notes.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(ReportError, match=re.escape("holds 'notes.txt', which the report did not write")):
        write_report(seed_result(), tmp_path / "r")
    assert (tmp_path / "r" / "notes.txt").exists()


def test_what_a_file_manager_leaves_does_not_stand_in_the_way(tmp_path: Path) -> None:
    write_report(seed_result(), tmp_path / "r")
    (tmp_path / "r" / ".DS_Store").touch()
    write_report(seed_result(), tmp_path / "r")


@pytest.mark.parametrize("marker", ["", "[]", "{}", '{"files": 3}', "\x00"])
def test_a_marker_that_is_none_does_not_open_the_folder(tmp_path: Path, marker: str) -> None:
    (tmp_path / MARKER).write_text(marker, encoding="utf-8")
    with pytest.raises(ReportError):
        write_report(seed_result(), tmp_path)


def test_an_empty_folder_is_used_and_a_file_is_not(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    write_report(seed_result(), tmp_path / "empty")
    (tmp_path / "file").touch()
    with pytest.raises(ReportError, match="is a file, not a folder"):
        write_report(seed_result(), tmp_path / "file")


def test_the_folder_one_is_in_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ReportError, match="is the folder you are in; name a folder below it"):
        write_report(seed_result(), ".")


def test_ids_that_look_like_paths_write_nothing_outside(tmp_path: Path) -> None:
    payloads = [
        "../../x",
        "..",
        "/etc/x",
        "a/b",
        "..\\..\\x",
        "CON",
        "'; DROP TABLE x; --",
        "\x00",
        "." * 300,
        "ä" * 300,
    ]
    write_report(hostile_result(payloads), tmp_path / "deep" / "report")
    assert _names(tmp_path) == ["deep"]
    assert _names(tmp_path / "deep") == ["report"]
    held = _tree(tmp_path / "deep" / "report")
    assert all(name.count("/") <= 1 and ".." not in name for name in held)
    assert len([name for name in held if name.startswith("stories/")]) == len(payloads)


def test_a_file_is_replaced_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "stories.jsonl"
    path.write_bytes(b"before")
    with pytest.raises(KeyboardInterrupt):
        _interrupted_file(path)
    assert _tree(tmp_path) == {"stories.jsonl": b"before"}
    with pytest.raises(ReportError, match="cannot be written"), new_file(tmp_path / "no" / "such" / "file"):
        pass


def test_an_unwritable_place_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ReportError, match="cannot be written"):
        write_report(seed_result(), tmp_path / "file" / "report")


def test_reading_a_folder_that_is_no_report_says_so(tmp_path: Path) -> None:
    with pytest.raises(ReportError, match="is not a report folder; name the folder given to dedup run with -o"):
        read_report(tmp_path)


@pytest.mark.parametrize("name", ["stories.jsonl", "articles.jsonl", "matches.jsonl", MARKER])
@pytest.mark.parametrize("damage", [b"{", b"[]\n", b'{"schema": "dedup-stories/9"}\n', b"\xff\n"])
def test_a_damaged_report_is_a_typed_error_naming_the_file(tmp_path: Path, name: str, damage: bytes) -> None:
    write_report(seed_result(), tmp_path / "r")
    (tmp_path / "r" / name).write_bytes(damage)
    with pytest.raises(ReportError, match="write the report again"):
        read_report(tmp_path / "r")
