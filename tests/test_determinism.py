"""The order of input, the number of workers and PYTHONHASHSEED change no byte of the answer."""

import io
import os
import random
import subprocess
import sys
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

import dedup
from dedup.engines.local import runner_for
from dedup.report import write_stories_jsonl
from tests.feeds import wire_feed

ROOT = Path(__file__).parent.parent
SEEDS = ROOT / "seeds"


def _bytes(articles: list[dedup.Article], workers: int = 1) -> bytes:
    stream = io.BytesIO()
    write_stories_jsonl(dedup.find_stories(articles, runner=runner_for(workers)), stream)
    return stream.getvalue()


@pytest.fixture(scope="module")
def feed() -> list[dedup.Article]:
    return wire_feed(stories=60, copies=6, seed=3)


def test_the_order_of_the_articles_changes_nothing(feed: list[dedup.Article]) -> None:
    want = _bytes(feed)
    for seed in range(3):
        shuffled = feed[:]
        random.Random(seed).shuffle(shuffled)
        assert _bytes(shuffled) == want


def _digests(first: int, last: int, hash_seed: str) -> list[str]:
    """A digest for each of some orders of one feed and each way of working out its stories."""
    command = [sys.executable, "-m", "tests.orders", str(first), str(last)]
    surroundings = {**os.environ, "PYTHONHASHSEED": hash_seed}
    done = subprocess.run(command, cwd=ROOT, capture_output=True, env=surroundings, text=True, check=True)
    lines = [line.split() for line in done.stdout.splitlines()]
    assert len({(order, way) for order, way, _ in lines}) == len(lines) == 4 * (last - first)
    return [digest for _, _, digest in lines]


def test_orders_workers_hash_seeds_and_the_index_give_one_digest() -> None:
    assert len({*_digests(0, 1, "1"), *_digests(1, 2, "random")}) == 1


@pytest.mark.slow
def test_a_hundred_orders_with_all_workers_hash_seeds_and_the_index_give_one_digest() -> None:
    found = [digest for hash_seed in ("0", "1", "random") for digest in _digests(0, 100, hash_seed)]
    assert len(found) == 1200
    assert len(set(found)) == 1


def test_two_workers_answer_as_one(feed: list[dedup.Article]) -> None:
    assert len(feed) > 256, "more than one chunk, or the workers have nothing to share"
    assert _bytes(feed, workers=2) == _bytes(feed, workers=1)


@pytest.mark.parametrize("workers", [1, 2])
def test_articles_that_wait_on_disk_change_nothing(feed: list[dedup.Article], workers: int) -> None:
    held = dedup.find_stories(feed)
    waiting = dedup.find_stories(feed, hold_mb=0, runner=runner_for(workers))
    assert waiting.stories == held.stories
    assert waiting.stats == held.stats
    assert tuple(waiting.matches) == tuple(held.matches)
    assert dict(waiting.articles) == dict(held.articles)


def test_times_of_a_zone_are_known_again_wherever_they_wait() -> None:
    """In the hour that a clock shows twice, Python calls times of two zones never equal."""
    when = datetime(2024, 11, 3, 1, 30, tzinfo=ZoneInfo("America/New_York"))
    text = "The minister opened the bridge over the Drava on Monday after repairs of seven months."
    given = [dedup.Article("a", text, published=when), dedup.Article("a", text, published=when)]
    later = dedup.Article("a", text + " He walked.", published=when)
    found = [dedup.find_stories([*given, later], hold_mb=hold_mb) for hold_mb in (0, 25)]
    for result in found:
        assert (result.stats.redelivered, result.stats.rejected) == (1, 1)
        assert result.articles["a"].text == later.text
    assert found[0].rejections == found[1].rejections


def test_the_hash_seed_of_python_changes_nothing() -> None:
    outputs = set()
    for seed in ("0", "1", "random"):
        command = [sys.executable, "-m", "dedup", "run", str(SEEDS), "--json", "-"]
        done = subprocess.run(command, capture_output=True, env={**os.environ, "PYTHONHASHSEED": seed}, check=True)
        outputs.add(done.stdout)
    assert len(outputs) == 1
    assert outputs.pop().strip()


def test_redelivered_articles_change_nothing(feed: list[dedup.Article]) -> None:
    twice = dedup.find_stories([*feed, *feed])
    assert twice.stats.redelivered == len(feed)
    assert twice.stats.read == twice.stats.accepted + twice.stats.rejected == 2 * len(feed)
    stream = io.BytesIO()
    write_stories_jsonl(twice, stream)
    assert stream.getvalue() == _bytes(feed)
