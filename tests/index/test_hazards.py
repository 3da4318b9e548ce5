"""The index under hazards at the size they bite: deliveries again and again, thousands of equal texts, a process that
adds for long, flipped bits. Small forms run with the tests, full ones with ``make test-slow``; figures: docs/index.md.
"""

import random
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

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


HOT = "\n".join(paragraphs(random.Random(3), 8))


class Times(NamedTuple):
    """99th percentiles of the processor milliseconds of adding: one more equal article, one more that is all but equal
    to hundreds, one more about an event of its own."""

    equal: float
    alike: float
    other: float


def _hot(name: str, count: int) -> list[Article]:
    return [Article(id=f"m-{name}{number:06d}", text=HOT) for number in range(count)]


def _alike(name: str, count: int) -> list[Article]:
    """Each with a line of its own, so that none stands for another."""
    rng = random.Random(name)
    return [
        Article(id=f"n-{name}{number:04d}", text=f"{HOT}\nUpdated by {rng.randrange(1 << 60):x} and others.")
        for number in range(count)
    ]


def _probe(index: dedup.Index, name: str, probes: int) -> Times:
    """Add articles one at a time; the last kind must say which limits it met, if there are any."""
    times: dict[str, list[float]] = {}
    rest = [replace(article, id=f"p-{article.id}-{name}") for article in town_feed(probes, seed=len(name))]
    for kind, articles in (("equal", _hot(name, probes)), ("alike", _alike(name, probes)), ("other", rest)):
        for article in articles:
            began = time.process_time()
            verdict = index.add(article)
            times.setdefault(kind, []).append(1000 * (time.process_time() - began))
            assert kind == "other" or verdict.relation == "copy"
            assert kind != "equal" or (verdict.match is not None and verdict.match.a == "m-000000")
    return Times(*(float(np.percentile(took, 99)) for took in times.values()))


def _hot_buckets(path: Path, equal: int, alike: int, others: int, probes: int) -> tuple[Times, Times, Times]:
    """Among a hundred equal articles, among half of all, and among all."""
    with dedup.open_index(path, durability="crash") as index:
        index.add_many([*_hot("", 100), *_alike("", 20)])
        _probe(index, "warm", 20)
        found = [_probe(index, "few", probes)]
        feed = [*_hot("more", equal), *_alike("more", alike), *town_feed(others, seed=4)]
        random.Random(1).shuffle(feed)
        for half in (feed[: len(feed) // 2], feed[len(feed) // 2 :]):
            for at in range(0, len(half), 500):
                index.add_many(half[at : at + 500])
            found.append(_probe(index, f"many{len(found)}", probes))
        met = index.add(_alike("last", 1)[0]).caps
        assert (alike < 300) or any(met.values()), met
        few, half_way, many = found
    return few, half_way, many


def test_a_hot_bucket_makes_nobody_wait_longer(tmp_path: Path) -> None:
    few, _, many = _hot_buckets(tmp_path / "news.db", equal=800, alike=40, others=150, probes=30)
    assert many.equal < 3 * few.equal + 5, (few, many)


@pytest.mark.slow
def test_hot_buckets_among_many_articles_make_nobody_wait_longer(tmp_path: Path) -> None:
    times = _hot_buckets(tmp_path / "news.db", equal=5000, alike=600, others=10_000, probes=150)
    few, half_way, many = times
    assert many.equal < 1.5 * few.equal + 5, times
    assert many.alike < 1.5 * half_way.alike + 20, times


GROWING = """
import random, resource, sys
import dedup
from dedup.index import kept, sqlite, young
path, count, share = sys.argv[1], *map(int, sys.argv[2:])
kept.PROFILE_BYTES //= share
kept.OUTLINE_BYTES //= share
kept.MATCHES //= share
sqlite.PAGE_CACHE_KIB //= share
sqlite.YOUNG //= share
young.FOLD //= share
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
