"""The index under hazards at the size they bite: deliveries again and again, thousands of equal texts, a process that
adds for long, flipped bits. Small forms run with the tests, full ones with ``make test-slow``; figures: docs/index.md.
"""

import random
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

import dedup
from dedup.errors import IndexStoreError
from dedup.index.answers import IndexStats
from dedup.models import Article
from tests.feeds import paragraphs
from tests.index.sites import site_feed
from tests.index.towns import new_text, town_feed

ROOT = Path(__file__).parent.parent.parent


def _probe(index: dedup.Index, text: str, name: str, probes: int) -> float:
    """99th percentile of the processor milliseconds of adding one more equal article."""
    took = []
    for number in range(probes):
        began = time.process_time()
        verdict = index.add(Article(id=f"p-{name}{number:04d}", text=text))
        took.append(1000 * (time.process_time() - began))
        assert verdict.relation == "copy"
        assert verdict.match is not None
        assert verdict.match.a == "m000000"
    return float(np.percentile(took, 99))


def _hot_bucket(path: Path, equal: int, others: int, probes: int) -> tuple[float, float]:
    """The probes among a hundred equal articles, and among ``equal`` of them and ``others`` besides."""
    text = "\n".join(paragraphs(random.Random(3), 8))
    with dedup.open_index(path, durability="crash") as index:
        index.add_many(Article(id=f"m{number:06d}", text=text) for number in range(100))
        _probe(index, text, "warm", 20)
        few = _probe(index, text, "few", probes)
        for at in range(100, equal, 500):
            index.add_many(Article(id=f"m{number:06d}", text=text) for number in range(at, min(at + 500, equal)))
        rest = site_feed(stories=others // 3, seed=4)
        for at in range(0, len(rest), 500):
            index.add_many(rest[at : at + 500])
        many = _probe(index, text, "many", probes)
        assert index.add(rest[0]).revision == 1
    return few, many


def test_a_hot_bucket_makes_nobody_wait_longer(tmp_path: Path) -> None:
    few, many = _hot_bucket(tmp_path / "news.db", equal=1000, others=60, probes=40)
    assert many < 3 * few + 5, (few, many)


@pytest.mark.slow
def test_five_thousand_equal_articles_make_nobody_wait_longer(tmp_path: Path) -> None:
    few, many = _hot_bucket(tmp_path / "news.db", equal=5000, others=1500, probes=500)
    assert many < 2 * few + 5, (few, many)


GROWING = """
import random, resource, sys
import dedup
from dedup.index import kept, sqlite
path, count, share = sys.argv[1], *map(int, sys.argv[2:])
kept.PROFILE_BYTES //= share
kept.OUTLINE_BYTES //= share
kept.MATCHES //= share
sqlite.PAGE_CACHE_KIB //= share
draw, lately = random.Random(8), []
def article(number):
    # Words of their own, so that the last article has no more neighbours than the first; a third are copies.
    if lately and draw.random() < 0.33:
        text = draw.choice(lately)
    else:
        text = "\\n".join(" ".join(f"w{draw.randrange(100_000)}" for _ in range(30)) + "." for _ in range(8))
    lately.append(text)
    del lately[:-30]
    return dedup.Article(id=f"{number:06d}", text=text, outlet=f"o{draw.randrange(50)}.example")
def resident():
    return int(open("/proc/self/statm").read().split()[1]) * resource.getpagesize()
with dedup.open_index(path, durability="crash") as index:
    for at in range(0, count, 20):
        index.add_many([article(number) for number in range(at, at + 20)])
        print(at + 20, resident(), flush=True)
"""


def _slope(folder: Path, articles: int, share: int, warm: float) -> float:
    """Bytes of memory an article takes after a share of them has come; what is kept is bounded to a ``share`` of the
    usual, so that it is full by then."""
    command = [sys.executable, "-c", GROWING, str(folder / "news.db"), str(articles), str(share)]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    seen = np.array([line.split() for line in run.stdout.splitlines()], dtype=float)
    late = seen[int(len(seen) * warm) :]
    return float(np.polyfit(late[:, 0], late[:, 1], 1)[0])


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="memory is read from /proc")
def test_memory_grows_by_little_once_what_is_kept_is_full(tmp_path: Path) -> None:
    assert _slope(tmp_path, articles=1200, share=64, warm=0.4) < 2048


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="memory is read from /proc")
def test_memory_does_not_grow_with_the_index(tmp_path: Path) -> None:
    assert _slope(tmp_path, articles=30_000, share=2, warm=0.5) < 1024


def _deliver(path: Path, articles: int) -> IndexStats:
    """Each article 1 to 5 times, in any order, in calls of any size; one in twenty with another text now and then."""
    draw = random.Random(6)
    feed = town_feed(articles, seed=8)
    texts = {article.id: (article, new_text(article, at)) for at, article in enumerate(feed) if at % 20 == 7}
    deliveries = [draw.choice(texts.get(article.id, (article,))) for article in feed for _ in range(draw.randint(1, 5))]
    draw.shuffle(deliveries)
    told: dict[str, dedup.Verdict] = {}
    given: dict[str, list[Article]] = {}
    with dedup.open_index(path, durability="crash") as index:
        for part in _parts(draw, deliveries, 300):
            for article, verdict in zip(part, index.add_many(part), strict=True):
                so_far = given.setdefault(article.id, [])
                if so_far and so_far[-1] == article:
                    assert verdict == told[article.id]
                    continue
                so_far.append(article)
                told[article.id] = verdict
                assert verdict.revision == len(so_far)
        assert all(index.verdict(name) == verdict for name, verdict in told.items())
        for name, so_far in given.items():
            assert [revision.text for revision in index.history(name)] == [article.text for article in so_far[:-1]]
        last = [so_far[-1] for so_far in given.values()]
        assert sorted(last, key=_id) == sorted(index.articles(), key=_id)
        assert index.stories() == dedup.find_stories(last).stories
        return index.stats()


def _parts(draw: random.Random, articles: list[Article], most: int) -> Iterator[list[Article]]:
    at = 0
    while at < len(articles):
        size = draw.choice((1, draw.randint(1, most)))
        yield articles[at : at + size]
        at += size


def _id(article: Article) -> str:
    return article.id


def test_deliveries_in_any_order_tell_what_one_of_each_tells(tmp_path: Path) -> None:
    stats = _deliver(tmp_path / "news.db", articles=300)
    assert stats.articles == 300
    assert stats.caps.keys() <= {"evidence_of_removed"}
    assert stats.revisions > 8


@pytest.mark.slow
def test_twenty_thousand_articles_delivered_again_tell_what_one_of_each_tells(tmp_path: Path) -> None:
    stats = _deliver(tmp_path / "news.db", articles=20_000)
    assert stats.articles == 20_000
    assert stats.caps.keys() <= {"evidence_of_removed"}
    assert stats.revisions > 500


@pytest.mark.slow
def test_twenty_orders_of_arrival_tell_the_same_stories(tmp_path: Path) -> None:
    feed = site_feed(stories=40, seed=8)
    want = dedup.find_stories(feed).stories
    for seed in range(20):
        shuffled = feed[:]
        random.Random(seed).shuffle(shuffled)
        with dedup.open_index(tmp_path / f"{seed}.db", durability="crash") as index:
            for article in shuffled:
                index.add(article)
            assert index.stories() == want


def _damage(data: bytearray, draw: random.Random) -> bytearray:
    if draw.random() < 0.2:
        return data[: draw.randrange(len(data))]
    for _ in range(draw.choice((1, 1, 20))):
        data[draw.randrange(len(data))] ^= 1 << draw.randrange(8)
    return data


@dataclass(frozen=True, slots=True)
class Refused:
    """An answer that was refused: the error itself would hold on to what was being read."""

    why: str


def _answer(ask: Callable[[], object]) -> object:
    try:
        return ask()
    except IndexStoreError as error:
        return Refused(str(error))


def _right_or_refused(folder: Path, times: int) -> int:
    """Damage an index, ask everything, each time; how often it was refused somewhere."""
    feed = site_feed(stories=8, seed=8)
    path, broken, refused = folder / "news.db", folder / "broken.db", 0
    with dedup.open_index(path) as index:
        index.add_many(feed)
        right = [index.stories(), *(index.verdict(article.id) for article in feed)]
        right += [index.matches(article.id) for article in feed]
    for seed in range(times):
        data = bytes(_damage(bytearray(path.read_bytes()), random.Random(seed)))
        broken.write_bytes(data)
        for other in folder.glob("broken.db-*"):
            other.unlink()
        told = _answer(lambda: _everything(broken, feed))
        answers = told if isinstance(told, list) else [told] * len(right)
        wrong = [pair for pair in zip(answers, right, strict=True) if pair[0] != pair[1] and not _is_refused(pair[0])]
        # A posting and the key of a record have no checksum: what they leave out is found by `check` alone.
        assert not wrong or _answer(lambda: _damage_found(broken)), (seed, wrong)
        assert broken.read_bytes() == data
        refused += any(map(_is_refused, answers))
    return refused


def _is_refused(answer: object) -> bool:
    return isinstance(answer, Refused)


def _damage_found(path: Path) -> tuple[str, ...]:
    with dedup.open_index(path, readonly=True) as index:
        return index.check().damage


def _everything(path: Path, feed: list[Article]) -> list[object]:
    with dedup.open_index(path, readonly=True) as index:
        told = [_answer(index.stories)]
        told += [_answer(lambda name=article.id: index.verdict(name)) for article in feed]  # type: ignore[misc]
        return told + [_answer(lambda name=article.id: index.matches(name)) for article in feed]  # type: ignore[misc]


def test_a_damaged_index_answers_right_or_is_found_out(tmp_path: Path) -> None:
    assert _right_or_refused(tmp_path, 20) > 0


@pytest.mark.slow
def test_an_index_damaged_in_five_hundred_ways_answers_right_or_is_found_out(tmp_path: Path) -> None:
    assert _right_or_refused(tmp_path, 500) > 100
