"""Writes a digest of the stories of one feed for each of many orders and ways of working them out. It is a program of
its own since PYTHONHASHSEED is read as Python starts: ``python -m tests.orders FIRST LAST``, the numbers of orders."""

import hashlib
import io
import random
import sys
from collections.abc import Iterator
from pathlib import Path

import dedup
from dedup.engines.local import runner_for
from dedup.index import Index
from dedup.index.memory import MemoryStore
from dedup.models import RELATIONS, Article, Result
from dedup.pipeline import cleaning, comparing
from dedup.report import write_stories_jsonl
from tests.index.towns import SCRAPS, town_feed

SEEDS = Path(__file__).parent.parent / "seeds"
WORKERS = (1, 2, 8)
CHUNK = 8


def every_kind() -> list[Article]:
    """A small feed with every relation, furniture, equal texts and texts too short to be sketched."""
    feed = [item for item in dedup.read_feed(SEEDS) if isinstance(item, Article)] + town_feed(75, seed=22)
    texts = [*SCRAPS, *(article.text for article in feed[:3])]
    feed += [Article(id=f"equal-{number}", text=text) for number, text in enumerate(texts)]
    result = dedup.find_stories(feed)
    assert {match.relation for match in result.matches} | {"unrelated"} == set(RELATIONS)
    roles = {role for article in result.articles.values() for role in article.roles}
    assert {"F", "B", "T"} <= roles, roles
    assert result.stats.unsketched > 2
    assert len({article.text for article in feed}) < len(feed)
    return feed


def small_chunks() -> None:
    """Let so few articles be enough work for eight processes."""
    for module in (cleaning, comparing):
        for name in [name for name in vars(module) if name.endswith("_A_CHUNK")]:
            setattr(module, name, CHUNK)
    assert cleaning.ARTICLES_A_CHUNK == comparing.ARTICLES_A_CHUNK == CHUNK


def digest(result: Result) -> str:
    """Of the stories as they are written."""
    stream = io.BytesIO()
    write_stories_jsonl(result, stream)
    return hashlib.blake2b(stream.getvalue(), digest_size=16).hexdigest()


def indexed(feed: list[Article], rng: random.Random) -> Result:
    """The answer of an index that was given the articles a few at a time."""
    with Index(MemoryStore()) as index:
        at = 0
        while at < len(feed):
            size = rng.choice((1, 1, rng.randint(2, 30)))
            index.add_many(feed[at : at + size])
            at += size
        return index.result()


def digests(first: int, last: int) -> Iterator[str]:
    """A line for each order and way."""
    feed = every_kind()
    small_chunks()
    for order in range(first, last):
        rng = random.Random(order)
        shuffled = rng.sample(feed, len(feed))
        for workers in WORKERS:
            yield f"{order} workers-{workers} {digest(dedup.find_stories(shuffled, runner=runner_for(workers)))}"
        yield f"{order} index {digest(indexed(shuffled, rng))}"


if __name__ == "__main__":
    for line in digests(*map(int, sys.argv[1:])):
        sys.stdout.write(line + "\n")
