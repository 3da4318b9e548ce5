"""Many threads adding through one index: each gets the answer to its own article, an error only for its own."""

import threading
from collections.abc import Callable

import pytest

import dedup
from dedup.errors import ArticleError, IndexStoreError
from dedup.index.memory import MemoryStore
from dedup.serve.gather import Gathered
from tests.index.sites import site_feed


class Watched(dedup.Index):
    """Notes how many articles came in each call, and waits in the first until all others are there."""

    def __init__(self) -> None:
        super().__init__(MemoryStore())
        self.calls: list[int] = []
        self.go = threading.Event()
        self.began = threading.Event()

    def add_many(self, articles: object) -> list[dedup.Verdict]:
        taken = list(articles)  # type: ignore[call-overload]
        self.calls.append(len(taken))
        self.began.set()
        self.go.wait(30)
        return super().add_many(taken)


def _together(index: Watched, articles: list[dedup.Article]) -> list[dedup.Verdict | Exception]:
    """Add the first article, and while that waits all others, each from a thread of its own."""
    gathered, found = Gathered(index), dict[int, dedup.Verdict | Exception]()

    def run(at: int) -> None:
        try:
            found[at] = gathered.add(articles[at])
        except dedup.DedupError as error:
            found[at] = error

    threads = [threading.Thread(target=run, args=(at,)) for at in range(len(articles))]
    threads[0].start()
    assert index.began.wait(30)
    for thread in threads[1:]:
        thread.start()
    while len(gathered._waiting) < len(articles) - 1:
        threading.Event().wait(0.01)
    index.go.set()
    for thread in threads:
        thread.join(60)
    return [found[at] for at in range(len(articles))]


def test_those_that_wait_are_added_in_one_call_and_each_gets_its_own_verdict() -> None:
    feed = site_feed(3, 5)[:10]
    with Watched() as index:
        verdicts = _together(index, feed)
        assert [getattr(verdict, "id", None) for verdict in verdicts] == [article.id for article in feed]
        assert index.calls == [1, 9]
        assert index.stories() == dedup.find_stories(feed).stories


def test_two_texts_of_one_id_are_two_calls() -> None:
    feed = site_feed(3, 5)
    first, text = feed[0], feed[6].text
    again = [dedup.Article(id="same", text=text), dedup.Article(id="same", text=text + "\nOne more line of it.")]
    with Watched() as index:
        verdicts = _together(index, [first, *again])
        assert sorted(getattr(verdict, "revision", 0) for verdict in verdicts) == [1, 1, 2]
        assert index.calls == [1, 1, 1]


def test_an_article_that_cannot_be_added_fails_alone() -> None:
    feed = site_feed(3, 5)[:5]
    with Watched() as index:
        verdicts = _together(index, [*feed, dedup.Article(id="empty", text=" ")])
        assert isinstance(verdicts[-1], ArticleError)
        assert [getattr(verdict, "id", None) for verdict in verdicts[:-1]] == [article.id for article in feed]


def _full(index: Watched) -> Callable[..., list[dedup.Verdict]]:
    def fail(articles: object) -> list[dedup.Verdict]:
        raise IndexStoreError("disk full", place=index.place)

    return fail


def test_when_the_store_fails_all_that_waited_hear_it_and_the_next_may_succeed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    article = site_feed(3, 5)[0]
    with Watched() as index:
        index.go.set()
        gathered = Gathered(index)
        with monkeypatch.context() as patched:
            patched.setattr(index, "add_many", _full(index))
            with pytest.raises(IndexStoreError, match="disk full"):
                gathered.add(article)
        assert gathered.add(article).id == article.id
