"""Files that grow, are replaced or rotated: everything is given, a line once, a half-written one when it is whole."""

import errno
import gzip
import json
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from dedup.errors import FeedError
from dedup.models import Article, Rejection
from dedup.sources import Follower
from dedup.sources.follow import LOOKS, MOST_OPEN


@pytest.fixture
def follower() -> Iterator[Follower]:
    made = Follower()
    yield made
    made.close()


def _line(name: str) -> bytes:
    return json.dumps({"id": name, "text": f"The ferry {name} was late."}).encode() + b"\n"


def _append(path: Path, data: bytes) -> None:
    with path.open("ab") as file:
        file.write(data)


def _seen(follower: Follower, feed: Path) -> list[str]:
    """Ids of articles; code and position of rejections."""
    items = list(follower.look(str(feed)))
    return [item.id if isinstance(item, Article) else f"{item.code} {item.position}" for item in items]


def _rss(*names: str) -> bytes:
    items = "".join(
        f"<item><guid>{name}</guid><title>{name}</title><description>The ferry {name} was late.</description></item>"
        for name in names
    )
    return f'<?xml version="1.0"?><rss version="2.0"><channel><title>Post</title>{items}</channel></rss>'.encode()


def test_of_lines_that_are_added_only_those_are_given(tmp_path: Path, follower: Follower) -> None:
    feed = tmp_path / "feed.jsonl"
    feed.write_bytes(_line("a") + _line("b"))
    assert _seen(follower, feed) == ["a", "b"]
    assert _seen(follower, feed) == []
    _append(feed, _line("c"))
    assert _seen(follower, feed) == ["c"]
    _append(feed, b"no JSON\n" + _line("d"))
    assert _seen(follower, feed) == ["json-syntax line 4", "d"]


@pytest.mark.parametrize("at", range(1, len(_line("b"))))
def test_a_line_is_given_once_wherever_its_writing_paused(tmp_path: Path, follower: Follower, at: int) -> None:
    feed = tmp_path / "feed.jsonl"
    feed.write_bytes(_line("a") + _line("b")[:at])
    first = _seen(follower, feed)
    _append(feed, _line("b")[at:] + _line("c"))
    assert first + _seen(follower, feed) == ["a", "b", "c"]


def test_the_first_line_may_be_half_written_too(tmp_path: Path, follower: Follower) -> None:
    feed = tmp_path / "feed.jsonl"
    feed.touch()
    assert _seen(follower, feed) == []
    _append(feed, _line("a")[:9])
    assert _seen(follower, feed) == []
    _append(feed, _line("a")[9:])
    assert _seen(follower, feed) == ["a"]


def test_a_last_line_that_stays_broken_is_rejected_in_the_end(tmp_path: Path, follower: Follower) -> None:
    feed = tmp_path / "feed.jsonl"
    feed.write_bytes(_line("a") + _line("b")[:20])
    seen = [_seen(follower, feed) for _ in range(LOOKS + 3)]
    assert seen[0] == ["a"]
    assert [item for look in seen for item in look] == ["a", "json-syntax line 2"]


def test_lines_written_before_and_after_a_rotation_are_all_given(tmp_path: Path, follower: Follower) -> None:
    feed, old = tmp_path / "feed.jsonl", tmp_path / "feed.jsonl.1"
    feed.write_bytes(_line("a"))
    assert _seen(follower, feed) == ["a"]
    _append(feed, _line("b"))
    feed.rename(old)
    feed.write_bytes(_line("c"))
    assert _seen(follower, feed) == ["b", "c"]
    _append(old, _line("d").strip())  # the writer had not noticed yet
    assert _seen(follower, feed) == ["d"]
    _append(feed, _line("e"))
    assert _seen(follower, feed) == ["e"]


def test_a_name_that_is_gone_for_a_while_is_waited_for(tmp_path: Path, follower: Follower) -> None:
    feed = tmp_path / "feed.jsonl"
    feed.write_bytes(_line("a"))
    assert _seen(follower, feed) == ["a"]
    _append(feed, _line("b"))
    feed.rename(tmp_path / "old")
    assert _seen(follower, feed) == ["b"]
    assert _seen(follower, feed) == []
    feed.write_bytes(_line("c"))
    assert _seen(follower, feed) == ["c"]


@pytest.mark.parametrize("names", ["c", "cd", "cdef"])
def test_a_file_that_is_emptied_and_written_anew_is_read_from_its_start(
    tmp_path: Path, follower: Follower, names: str
) -> None:
    feed = tmp_path / "feed.jsonl"
    feed.write_bytes(_line("a") + _line("b"))
    assert _seen(follower, feed) == ["a", "b"]
    feed.write_bytes(b"".join(map(_line, names)))
    assert _seen(follower, feed) == list(names)


def test_a_feed_replaced_by_a_downloader_is_read_again(tmp_path: Path, follower: Follower) -> None:
    pytest.importorskip("feedparser", reason="the extra feeds is not installed")
    feed, fresh = tmp_path / "feed.xml", tmp_path / "feed.xml.new"
    feed.write_bytes(_rss("a", "b"))
    assert _seen(follower, feed) == ["a", "b"]
    assert _seen(follower, feed) == []
    fresh.write_bytes(_rss("b", "c"))
    times = feed.stat()
    os.utime(fresh, ns=(times.st_atime_ns, times.st_mtime_ns))  # same size, same time: another file all the same
    fresh.replace(feed)
    assert _seen(follower, feed) == ["b", "c"]


def test_in_a_folder_only_what_changed_is_read(tmp_path: Path, follower: Follower) -> None:
    (tmp_path / "day").mkdir()
    (tmp_path / "day" / "one.txt").write_text("The ferry was late.")
    (tmp_path / "lines.jsonl").write_bytes(_line("a"))
    assert _seen(follower, tmp_path) == ["a", "day/one"]
    (tmp_path / "day" / "two.txt").write_text("The ferry was early.")
    (tmp_path / ".part.txt").write_text("Half of")
    _append(tmp_path / "lines.jsonl", _line("b"))
    assert _seen(follower, tmp_path) == ["b", "day/two"]
    (tmp_path / "day" / "one.txt").unlink()
    assert _seen(follower, tmp_path) == []


def test_an_empty_folder_is_waited_for_and_a_missing_one_is_a_mistake(tmp_path: Path, follower: Follower) -> None:
    assert _seen(follower, tmp_path) == []
    (tmp_path / "a.jsonl").write_bytes(_line("a"))
    assert _seen(follower, tmp_path) == ["a"]
    with pytest.raises(FeedError, match="no such file"):
        list(follower.look(str(tmp_path / "nowhere")))


def test_more_files_than_can_be_held_open_lose_nothing(tmp_path: Path, follower: Follower) -> None:
    files = [tmp_path / f"{number:03d}.jsonl" for number in range(MOST_OPEN + 5)]
    for file in files:
        file.write_bytes(_line(file.stem))
    assert _seen(follower, tmp_path) == [file.stem for file in files]
    for file in files:
        _append(file, _line(f"{file.stem}-more"))
    assert {f"{file.stem}-more" for file in files} <= set(_seen(follower, tmp_path))


def test_compressed_and_wide_lines_are_read_as_a_whole(tmp_path: Path, follower: Follower) -> None:
    feed = tmp_path / "feed.jsonl"
    feed.write_bytes((_line("a") + _line("b")).decode().encode("utf-16"))
    assert _seen(follower, feed) == ["a", "b"]
    feed.write_bytes((_line("a") + _line("b") + _line("c")).decode().encode("utf-16"))
    assert _seen(follower, feed) == ["a", "b", "c"]


def test_rejections_name_the_file_and_the_line(tmp_path: Path, follower: Follower) -> None:
    feed = tmp_path / "feed.jsonl"
    feed.write_bytes(_line("a"))
    _seen(follower, feed)
    _append(feed, b"[]\n")
    (item,) = follower.look(str(feed))
    assert isinstance(item, Rejection)
    assert (item.file, item.position, item.raw) == (str(feed), "line 2", b"[]")


# --- what is the matter with files, told once a change ----------------------------------------------------------


class Told:
    """A follower, and what it told at each look."""

    def __init__(self, feed: Path, apart: tuple[Path, ...] = ()) -> None:
        self._feed, self._notes = feed, list[str]()
        self._follower = Follower(None, self._note, apart)

    def _note(self, file: str, why: str) -> None:
        self._notes.append(f"{Path(file).name} {why}")

    def close(self) -> None:
        self._follower.close()

    def look(self) -> list[str]:
        self._notes.clear()
        self.seen = _seen(self._follower, self._feed)
        return list(self._notes)


Watched = Callable[..., Told]


@pytest.fixture
def watched() -> Iterator[Watched]:
    with ExitStack() as stack:
        yield lambda feed, *apart: stack.enter_context(closing(Told(feed, apart)))


def test_a_file_of_lines_that_is_emptied_or_gone_is_told_once(tmp_path: Path, watched: Watched) -> None:
    feed = tmp_path / "feed.jsonl"
    feed.write_bytes(_line("a"))
    told = watched(feed)
    assert told.look() == []
    for _ in range(2):
        feed.write_bytes(b"")
        assert told.look() == ["feed.jsonl empty"]
        assert told.look() == []
        feed.write_bytes(_line("b"))
        assert told.look() == []
        feed.unlink()
        assert told.look() == ["feed.jsonl gone"]
        assert told.look() == []
        assert told.look() == []
        feed.write_bytes(_line("c"))
        assert told.look() == []
        assert told.seen == ["c"]


def test_of_a_folder_it_is_told_which_files_are_gone_or_that_all_of_it_is(tmp_path: Path, watched: Watched) -> None:
    folder = tmp_path / "feeds"
    folder.mkdir()
    for name in "abc":
        (folder / f"{name}.jsonl").write_bytes(_line(name))
    told = watched(folder)
    assert told.look() == []
    (folder / "b.jsonl").unlink()
    assert told.look() == ["b.jsonl gone"]
    assert told.look() == []
    shutil.rmtree(folder)
    assert told.look() == ["feeds gone"]
    assert told.look() == []
    folder.mkdir()
    (folder / "a.jsonl").write_bytes(_line("d"))
    assert told.look() == []
    assert told.seen == ["d"]


def test_a_file_that_became_no_feed_is_told_at_each_change_from_good_to_bad(tmp_path: Path, watched: Watched) -> None:
    good, bad = gzip.compress(_line("a") + _line("b")), bytes(range(256)) * 40
    packed = tmp_path / "x.gz"
    packed.write_bytes(good)
    told = watched(tmp_path)
    assert told.look() == []
    for more in (b"1", b"2"):
        packed.write_bytes(bad)
        assert told.look() == ["x.gz binary"]
        assert told.look() == []
        packed.write_bytes(bad + more)
        assert told.look() == []
        packed.write_bytes(good)
        assert told.look() == []
        assert told.seen == ["a", "b"]


def test_a_file_that_the_system_does_not_let_look_at_is_told_and_is_not_gone(
    tmp_path: Path, watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in "ab":
        (tmp_path / f"{name}.jsonl").write_bytes(_line(name))
    told = watched(tmp_path)
    assert told.look() == []
    stat = Path.stat

    def refused(path: Path, **how: bool) -> os.stat_result:
        if path.name == "a.jsonl":
            raise PermissionError(errno.EACCES, "Permission denied")
        return stat(path, **how)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "stat", refused)
        patch.setattr("dedup.sources.follow.files_below", lambda root: (["a.jsonl", "b.jsonl"], []))
        assert told.look() == ["a.jsonl cannot be read (Permission denied)"]
        assert told.look() == []
    _append(tmp_path / "a.jsonl", _line("c"))
    assert told.look() == []
    assert told.seen == ["c"]


def test_a_folder_that_cannot_be_listed_is_told_and_waited_for(
    tmp_path: Path, watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.jsonl").write_bytes(_line("a"))
    told = watched(tmp_path)
    assert told.look() == []

    def refused(root: str) -> tuple[list[str], list[str]]:
        raise PermissionError(errno.EACCES, "Permission denied")

    with monkeypatch.context() as patch:
        patch.setattr("dedup.sources.follow.files_below", refused)
        assert told.look() == [f"{tmp_path.name} cannot be read (Permission denied)"]
        assert told.look() == []
    assert (told.look(), told.seen) == ([], [])


def test_what_is_kept_apart_is_not_read_nor_told(tmp_path: Path, watched: Watched) -> None:
    apart = tmp_path / "news.db.quarantine.jsonl"
    apart.touch()
    (tmp_path / "a.jsonl").write_bytes(_line("a"))
    told = watched(tmp_path, apart, tmp_path / "nowhere")
    assert (told.look(), told.seen) == ([], ["a"])
    apart.write_bytes(b'{"quarantine":1,"position":"line 1","code":"x","complete":true}\n')
    assert (told.look(), told.seen) == ([], [])
