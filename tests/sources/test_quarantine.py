"""What becomes of rejections: the three policies, the limit, and a file that is whole or not there."""

from __future__ import annotations

import errno
import os
from collections import deque
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dedup.errors import BadRecordError, FeedError, ReportError, SettingsError
from dedup.models import Article, Rejection
from dedup.sources import Policy, Quarantine, read_quarantine
from dedup.sources.quarantine import from_entry
from dedup.sources.records import digest_of

Item = Article | Rejection


def bad(number: int = 1, raw: bytes = b"{broken", code: str = "json-syntax") -> Rejection:
    return Rejection("feed.jsonl", f"line {number}", code, "this is not JSON", None, digest_of(raw), raw)


def feed(pattern: str) -> Iterator[Item]:
    """An article for every ``.`` and a rejection for every ``x``."""
    for number, mark in enumerate(pattern, 1):
        yield Article(f"a{number}", "text") if mark == "." else bad(number)


def run(quarantine: Quarantine, pattern: str) -> list[Article]:
    with quarantine:
        return list(quarantine.articles(feed(pattern)))


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


# --- counts -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("on_error", ["quarantine", "skip"])
def test_what_was_read_is_accepted_or_rejected(tmp_path: Path, on_error: str) -> None:
    quarantine = Quarantine(tmp_path / "q.jsonl", Policy(on_error))  # type: ignore[arg-type]
    assert [article.id for article in run(quarantine, ".x..x")] == ["a1", "a3", "a4"]
    assert (quarantine.read, quarantine.accepted, quarantine.rejected) == (5, 3, 2)
    assert quarantine.codes == {"json-syntax": 2}


def test_watch_passes_everything_on_unchanged() -> None:
    with Quarantine(None) as quarantine:
        assert list(quarantine.watch(feed(".x."))) == list(feed(".x."))


def test_an_article_refused_later_is_moved_from_the_accepted_to_the_rejected(tmp_path: Path) -> None:
    with Quarantine(tmp_path / "q.jsonl") as quarantine:
        list(quarantine.watch(feed("..x.")))
        quarantine.refuse(bad(2, code="id-conflict"))
    assert (quarantine.read, quarantine.accepted, quarantine.rejected) == (4, 2, 2)
    assert [rejection.code for rejection in read_quarantine(tmp_path / "q.jsonl")] == ["json-syntax", "id-conflict"]


@given(st.text(".x", max_size=30), st.integers(0, 30))
def test_no_order_of_additions_and_refusals_breaks_the_sum(pattern: str, later: int) -> None:
    later = min(later, pattern.count("."))
    with Quarantine(None) as quarantine:
        list(quarantine.watch(feed(pattern)))
        for _ in range(later):
            quarantine.refuse(bad())
    assert quarantine.read == len(pattern)
    assert quarantine.rejected == pattern.count("x") + later


# --- strict and limits ------------------------------------------------------------------------------------------


def test_strict_stops_at_the_first_bad_record_and_names_its_place() -> None:
    seen: list[Item] = []
    with (
        pytest.raises(BadRecordError, match=r"^feed\.jsonl, line 3: json-syntax: this is not JSON; mend"),
        Quarantine(None, Policy("strict")) as quarantine,
    ):
        seen.extend(quarantine.articles(feed("..x.x")))
    assert (quarantine.read, quarantine.rejected) == (3, 1)


def test_strict_also_stops_at_an_article_refused_later() -> None:
    quarantine = Quarantine(None, Policy("strict"))
    list(quarantine.watch(feed("..")))
    with pytest.raises(BadRecordError, match=r"id-conflict: .*; give each text an id of its own .*, or run with"):
        quarantine.refuse(bad(2, code="id-conflict"))


@pytest.mark.parametrize(
    ("limit", "pattern", "read_until"),
    [
        (0, "..x..", 3),
        ("2", ".xx.x.....", 5),
        (3, ".xx.x.....", None),
        ("10%", "x" + "." * 9, None),
        ("10%", "xx" + "." * 9, 11),
        ("0%", "." * 20, None),
        ("0.1%", "." * 1500 + "xx" + "." * 20, 1502),
        ("50%", "." * 450 + "x" * 700, 1000),
        ("100%", "x" * 1200, None),
        (None, "x" * 1200, None),
    ],
)
def test_a_limit_is_a_count_or_a_share(limit: str | int | None, pattern: str, read_until: int | None) -> None:
    """A count is judged at once, a share from 1,000 records on and at the end of the feed."""
    quarantine = Quarantine(None, Policy("skip", limit))
    if read_until is None:
        run(quarantine, pattern)
        assert quarantine.read == len(pattern)
        return
    with pytest.raises(BadRecordError, match=rf"rejected, more than {limit} \(most often json-syntax"):
        run(quarantine, pattern)
    assert quarantine.read == read_until


@pytest.mark.parametrize("limit", ["many", "1.5", "-1", "101%", "%", "", "1 %%"])
def test_a_limit_that_is_neither_is_refused(limit: str) -> None:
    with pytest.raises(SettingsError, match="give a count, or a share"):
        Policy(max_bad=limit)


def test_an_unknown_policy_is_refused() -> None:
    with pytest.raises(SettingsError, match="quarantine, strict and skip"):
        Policy("ignore")  # type: ignore[arg-type]


# --- the file ---------------------------------------------------------------------------------------------------


def test_without_a_rejection_there_is_no_file(tmp_path: Path) -> None:
    run(Quarantine(tmp_path / "q.jsonl"), "...")
    assert names(tmp_path) == []


def test_skip_writes_nothing(tmp_path: Path) -> None:
    run(Quarantine(tmp_path / "q.jsonl", Policy("skip")), ".x")
    assert names(tmp_path) == []


def test_the_file_of_an_earlier_run_is_set_aside(tmp_path: Path) -> None:
    path = tmp_path / "q.jsonl"
    run(Quarantine(path), "x")
    run(Quarantine(path), "..x")
    assert [rejection.position for rejection in read_quarantine(path)] == ["line 3"]
    assert [rejection.position for rejection in read_quarantine(tmp_path / "q.jsonl.old")] == ["line 1"]
    run(Quarantine(path), "..")
    assert names(tmp_path) == ["q.jsonl.old"]
    assert [rejection.position for rejection in read_quarantine(tmp_path / "q.jsonl.old")] == ["line 3"]


def test_the_file_appears_only_when_the_run_ends(tmp_path: Path) -> None:
    path = tmp_path / "q.jsonl"
    with Quarantine(path) as quarantine:
        for _ in quarantine.watch(feed("x.x")):
            assert not path.exists()
        assert not path.exists()
    assert names(tmp_path) == ["q.jsonl"]


@pytest.mark.parametrize("error", [KeyboardInterrupt, MemoryError, FeedError("damaged"), GeneratorExit, SystemExit(3)])
@pytest.mark.parametrize("earlier", [False, True])
def test_an_error_leaves_everything_as_it_was(tmp_path: Path, error: BaseException, earlier: bool) -> None:
    path = tmp_path / "q.jsonl"
    if earlier:
        run(Quarantine(path), "x")
    before = [(name, (tmp_path / name).read_bytes()) for name in names(tmp_path)]
    kind = error if isinstance(error, type) else type(error)

    def items() -> Iterator[Item]:
        yield from feed(".xx")
        raise error

    with pytest.raises(kind), Quarantine(path) as quarantine:
        deque(quarantine.watch(items()))
    assert [(name, (tmp_path / name).read_bytes()) for name in names(tmp_path)] == before


def test_a_stop_by_the_policy_leaves_the_reason_to_read(tmp_path: Path) -> None:
    path = tmp_path / "q.jsonl"
    with pytest.raises(BadRecordError):
        run(Quarantine(path, Policy(max_bad=1)), "x.x.x")
    assert [rejection.position for rejection in read_quarantine(path)] == ["line 1", "line 3"]
    assert names(tmp_path) == ["q.jsonl"]


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(ReportError, match=r"q\.jsonl: the quarantine cannot be written"):
        run(Quarantine(tmp_path / "file" / "q.jsonl"), "x")


# --- reading it back --------------------------------------------------------------------------------------------

WORDS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)


@settings(max_examples=60)
@given(
    st.lists(
        st.builds(
            lambda file, position, code, message, member, raw: Rejection(
                file, position, code, message, member, digest_of(raw), raw
            ),
            *(WORDS, WORDS, WORDS, WORDS, st.none() | WORDS, st.binary(max_size=60) | WORDS.map(str.encode)),
        ),
        min_size=1,
        max_size=5,
    )
)
def test_what_was_quarantined_is_read_back(tmp_path_factory: pytest.TempPathFactory, items: list[Rejection]) -> None:
    path = tmp_path_factory.mktemp("q") / "q.jsonl"
    with Quarantine(path) as quarantine:
        list(quarantine.watch(items))
    assert list(read_quarantine(path)) == items


def test_a_missing_file_and_a_line_of_another_kind_are_named(tmp_path: Path) -> None:
    with pytest.raises(FeedError, match=r"no\.jsonl: cannot be read"):
        list(read_quarantine(tmp_path / "no.jsonl"))
    (tmp_path / "q.jsonl").write_bytes(b'{"id": "a", "text": "an article"}\n')
    with pytest.raises(FeedError, match=r"line 1 is no quarantined record"):
        list(read_quarantine(tmp_path / "q.jsonl"))


# --- of an index, which several processes add to ----------------------------------------------------------------


def raws(path: Path) -> list[bytes]:
    return [rejection.raw for rejection in read_quarantine(path)]


def add(path: Path, *raw: bytes) -> None:
    with Quarantine(path, at_once=True) as quarantine:
        for number, record in enumerate(raw):
            quarantine.add(bad(number, record))


def test_of_an_index_each_rejection_is_kept_at_once_and_once(tmp_path: Path) -> None:
    path = tmp_path / "q.jsonl"
    quarantine = Quarantine(path, at_once=True)

    def interrupted() -> None:
        with quarantine:
            for _ in range(2):
                list(quarantine.watch(feed("x.")))
                assert len(list(read_quarantine(path))) == 1
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert (quarantine.rejected, quarantine.accepted) == (2, 2)
    assert len(list(read_quarantine(path))) == 1


def test_what_an_index_rejected_stays_whatever_runs_come_later(tmp_path: Path) -> None:
    path = tmp_path / "q.jsonl"
    add(path, b"one")
    run(Quarantine(path, at_once=True), "...")
    add(path, b"two", b"one")
    add(path)
    add(path, b"three")
    assert raws(path) == [b"one", b"two", b"three"]
    assert names(tmp_path) == ["q.jsonl"]


def test_rejections_without_bytes_of_their_own_are_told_apart(tmp_path: Path) -> None:
    with Quarantine(tmp_path / "q.jsonl", at_once=True) as quarantine:
        for name in "aba":
            quarantine.add(Rejection("feed.jsonl", "line 1", "no-text", f"article {name} has no text"))
    assert len(raws(tmp_path / "q.jsonl")) == 2


def test_several_that_add_lines_at_once_mix_and_lose_none(tmp_path: Path) -> None:
    path = tmp_path / "q.jsonl"

    def consume(name: int) -> None:
        add(path, *(b"%d-%d " % (name, number) + b"x" * 100_000 for number in range(20)))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(consume, range(4)))
    firsts = sorted(raw.split()[0] for raw in raws(path))
    assert firsts == sorted(b"%d-%d" % (name, number) for name in range(4) for number in range(20))


def test_a_file_that_is_moved_away_to_be_mended_is_begun_anew(tmp_path: Path) -> None:
    path = tmp_path / "q.jsonl"
    with Quarantine(path, at_once=True) as quarantine:
        quarantine.add(bad(1, b"one"))
        path.rename(tmp_path / "mended.jsonl")
        quarantine.add(bad(2, b"two"))
    assert raws(tmp_path / "mended.jsonl") == [b"one"]
    assert raws(path) == [b"two"]


def test_a_line_that_was_cut_off_spoils_no_other(tmp_path: Path) -> None:
    path = tmp_path / "q.jsonl"
    path.write_bytes(b'{"quarantine":1,"raw":"ha')
    add(path, b"one")
    cut, whole = path.read_bytes().splitlines()
    assert cut.endswith(b"ha")
    assert from_entry(orjson.loads(whole)).raw == b"one"


def test_of_a_line_that_does_not_fit_nothing_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "q.jsonl"
    add(path, b"one")
    before, write = path.read_bytes(), os.write

    def full(file: int, data: bytes) -> int:
        if len(data) < 50:
            raise OSError(errno.ENOSPC, "No space left on device")
        return write(file, data[:-40])

    with monkeypatch.context() as patch:
        patch.setattr(os, "write", full)
        with pytest.raises(ReportError, match="No space left"):
            add(path, b"two")
    assert path.read_bytes() == before
