"""What waits in a temporary file comes back as it was put there."""

from __future__ import annotations

import multiprocessing
import os
import pickle
import tempfile
from datetime import UTC, timedelta, timezone
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import dedup
from dedup.errors import SpillError
from dedup.models import Article, CleanArticle, Credit, Fact, Match, Passage
from dedup.spill import ById, Codec, Kept, Room
from dedup.spill.pages import CleanFeed, page_of
from dedup.spill.records import ARTICLES, MATCHES
from dedup.spill.room import BUFFER

texts = st.text(st.characters(exclude_categories=()), max_size=40)
times = st.one_of(
    st.none(),
    st.datetimes(
        timezones=st.sampled_from([UTC, timezone(timedelta(hours=5, minutes=30)), timezone(timedelta(seconds=-90))])
    ),
)
maybe = st.one_of(st.none(), texts)
articles = st.builds(
    Article,
    id=texts.filter(bool),
    text=texts,
    title=maybe,
    url=maybe,
    outlet=maybe,
    published=times,
    html=maybe,
    byline=maybe,
    credit=maybe,
    canonical=maybe,
    repairs=st.lists(texts, max_size=3).map(tuple),
    file=maybe,
    position=maybe,
)
shares = st.floats(0, 1)
matches = st.builds(
    Match,
    a=texts,
    b=texts,
    relation=st.sampled_from(["copy", "rewrite", "related"]),
    score=shares,
    same_story_score=shares,
    jaccard=shares,
    containment=st.tuples(shares, shares),
    cosine=shares,
    passages=st.lists(st.builds(Passage, *[st.integers(0, 1 << 30)] * 5), max_size=3).map(tuple),
    reasons=st.lists(texts, max_size=3).map(tuple),
    facts=st.lists(st.builds(Fact, texts, st.lists(texts, max_size=2).map(tuple), st.floats(-9, 9)), max_size=3).map(
        tuple
    ),
)
WORDS = Codec(str.encode, bytes.decode, len)


@st.composite
def cleaned(draw: Any) -> CleanArticle:
    """Clean articles as cleaning may leave them: of their own text or another, of the article given or one amended."""
    article, text = draw(articles), draw(texts)
    places = sorted(draw(st.lists(st.integers(0, 1 << 20), max_size=6)))
    return CleanArticle(
        article,
        draw(st.sampled_from([article.text, text])),
        tuple(places),
        tuple(place + 3 for place in places),
        "B" * len(places),
        headline=draw(maybe),
        byline=draw(maybe),
        dateline=draw(maybe),
        credits=tuple(draw(st.lists(st.builds(Credit, texts, texts, shares), max_size=2))),
        published=draw(times),
        notes=tuple(draw(st.lists(texts, max_size=2))),
        insets=tuple(draw(st.lists(st.tuples(st.integers(0, 99), st.integers(0, 99)), max_size=2))),
    )


def _fields(item: Any) -> list[Any]:
    """Every field, those that equality leaves out too."""
    return [getattr(item, name) for name in item.__slots__]


@given(given_=st.lists(articles, max_size=4), hold=st.sampled_from([0, 5000, 1 << 20]))
def test_articles_come_back_with_every_field(given_: list[Article], hold: int) -> None:
    kept = Kept(ARTICLES, hold)
    for item in given_:
        kept.add(item)
    assert [_fields(item) for item in kept] == [_fields(item) for item in given_]
    assert [_fields(item) for item in kept[1:3]] == [_fields(item) for item in given_[1:3]]


@given(given_=st.lists(matches, max_size=3))
def test_matches_come_back_with_passages_and_reasons(given_: list[Match]) -> None:
    kept = Kept(MATCHES, 0)
    for item in given_:
        kept.add(item)
    assert list(kept) == given_


@given(found=st.lists(cleaned(), max_size=4), own=st.booleans(), hold=st.sampled_from([0, 5000, 1 << 20]))
def test_clean_articles_come_back_as_they_were_found(found: list[CleanArticle], own: bool, hold: int) -> None:
    """``own``: cleaning amended the article."""
    kept = Kept(ARTICLES, hold)
    for item in found:
        kept.add(Article(item.id, "given") if own else item.article)
    feed = CleanFeed(kept)
    for at, item in enumerate(found):
        feed.add(page_of(kept[at] if own else item.article, item))
    assert [_fields(item) for item in feed] == [_fields(item) for item in found]
    order = range(len(found))[::-1]
    assert list(feed.ordered(order)) == found[::-1]


def test_bytes_are_read_back_across_what_is_written_and_what_is_not() -> None:
    room, words = Room(), [bytes([65 + number % 26]) * (BUFFER // 3) for number in range(8)]
    places = [room.put(word) for word in words]
    assert [room.get(place, len(word)) for place, word in zip(places, words, strict=True)] == words
    assert room.get(places[2], 2 * len(words[0])) == words[2] + words[3]
    arrays = np.empty(len(words[0]) // 8, np.uint64), np.empty(len(words[0]), np.uint8)
    room.into(places[5], arrays)
    assert arrays[0].tobytes() + arrays[1].tobytes() == b"".join(words[5:7])[: sum(array.nbytes for array in arrays)]


def test_the_first_items_are_held_and_the_others_wait() -> None:
    kept = Kept(WORDS, 8)
    for word in ("storm", "flood", "quake"):
        kept.add(word)
    assert [kept.holds(at) for at in range(3)] == [True, True, False]
    assert kept.spilled
    kept.put(0, "bridge")
    kept.put(2, "harbour")
    assert list(kept) == ["bridge", "flood", "harbour"]
    assert list(kept.ordered([2, 0])) == ["harbour", "bridge"]
    assert dict(ById(["a", "b"], kept)) == {"a": "bridge", "b": "flood"}


def test_an_item_replaced_by_a_larger_one_waits_when_it_does_not_fit() -> None:
    kept = Kept(WORDS, 20)
    for word in ("storm", "flood"):
        kept.add(word)
    kept.put(0, "bridge" * 9)
    assert kept.holds(0), "the last that is held may go beyond"
    kept.put(1, "harbour")
    assert not kept.holds(1)
    assert list(kept) == ["bridge" * 9, "harbour"]


def test_surrogates_side_by_side_stay_two() -> None:
    pair = "\ud83d" + "\ude00"
    match = Match(pair, "b", "copy", 1.0, 1.0, 1.0, (1.0, 1.0), 1.0, reasons=(pair,))
    kept = Kept(MATCHES, 0)
    kept.add(match)
    assert kept[0] == match


def test_a_read_that_is_cut_short_is_finished(monkeypatch: pytest.MonkeyPatch) -> None:
    """Linux reads no more than 2 GB in one call."""
    room, word = Room(), bytes(range(256)) * (BUFFER // 256)
    place = room.put(word)
    read, readv = os.pread, os.preadv
    monkeypatch.setattr(os, "pread", lambda file, size, at: read(file, min(size, 1000), at))
    monkeypatch.setattr(os, "preadv", lambda file, views, at: readv(file, [views[0][:7]], at))
    array = np.empty(len(word) // 8, np.uint64)
    room.into(place, (array,))
    assert array.tobytes() == word
    assert room.get(place + 5, 3000) == word[5:3005]


def test_no_folder_for_temporary_files_is_said_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def none(**_: object) -> None:
        raise FileNotFoundError(2, "No usable temporary directory found")

    monkeypatch.setattr(tempfile, "TemporaryFile", none)
    monkeypatch.setattr(tempfile, "gettempdir", none)
    with pytest.raises(SpillError, match="No usable temporary directory"):
        Kept(WORDS, 0).add("storm")


def test_a_result_that_waits_on_disk_can_be_pickled_and_sent() -> None:
    text = "The minister opened the bridge over the Drava on Monday after repairs of seven months. " * 3
    result = dedup.find_stories([Article(f"a{number}", text) for number in range(3)], hold_mb=0)
    sent = pickle.loads(pickle.dumps(result))  # noqa: S301
    assert dict(sent.articles) == dict(result.articles)
    assert list(sent.matches) == list(result.matches)


@pytest.mark.skipif("fork" not in multiprocessing.get_all_start_methods(), reason="needs fork")
def test_forked_processes_read_what_was_put_before() -> None:
    kept = Kept(WORDS, 0)
    for number in range(100):
        kept.add(f"word {number}")
    with multiprocessing.get_context("fork").Pool(2, initializer=_take, initargs=(kept,)) as pool:
        assert pool.map(_read, range(100)) == list(kept)


_taken: list[Kept[str]] = []


def _take(kept: Kept[str]) -> None:
    _taken.append(kept)


def _read(at: int) -> str:
    return _taken[0][at]


def test_a_folder_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "gone"))
    with pytest.raises(SpillError, match=r"gone: .*TMPDIR"):
        Kept(WORDS, 0).add("storm")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is full")
def test_a_full_disk_is_said_so(monkeypatch: pytest.MonkeyPatch) -> None:
    full = Path("/dev/full").open("r+b", buffering=0)  # noqa: SIM115
    monkeypatch.setattr(tempfile, "TemporaryFile", lambda **_: full)
    with pytest.raises(SpillError, match="No space left"):
        Kept(WORDS, 0).add("storm" * BUFFER)
