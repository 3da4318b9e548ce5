"""How long ``add`` takes in an index that holds many articles, and what an article costs on disk.

``python -m benchmarks.index_latency FEED --at 10000,100000`` fills an index from the feed with ``add_many``, stops at
each size, and adds a few hundred further articles one by one, each committed to disk. Wall time and the processor
time of this process are both printed: on a shared machine only the second can be compared. ``--batch 1000000`` fills it
at once. ``--index`` measures a store on a server, whose own processor time is not in the figures; the index there must
be a new one. With ``--peer`` the same articles go through ``datasketch.MinHashLSH`` in memory, whose durable form is
one pickle of everything.
"""

from __future__ import annotations

import argparse
import io
import pickle
import resource
import tempfile
import time
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from dedup import Article, Settings, clean, open_index, read_feed

BATCH = 500


class Timed(NamedTuple):
    """Milliseconds of wall and processor time of each call."""

    wall: list[float]
    own: list[float]


def timed(work: Callable[[Any], object], items: list[Any]) -> Timed:
    """Call ``work`` on each item."""
    wall, own = [], []
    for item in items:
        began, used = time.perf_counter(), time.process_time()
        work(item)
        wall.append(1000 * (time.perf_counter() - began))
        own.append(1000 * (time.process_time() - used))
    return Timed(wall, own)


def articles(feed: Path) -> Iterator[Article]:
    """The articles of a feed."""
    return (item for item in read_feed(feed) if isinstance(item, Article))


def say(name: str, times: Timed) -> None:
    """Median and 99th percentile."""
    columns = [f"{np.percentile(values, q):8.2f}" for values in times for q in (50, 99)]
    print(
        f"{name:28} wall median, p99 {columns[0]} {columns[1]} ms; processor {columns[2]} {columns[3]} ms", flush=True
    )


def measure(feed: Path, sizes: list[int], probes: int, place: Path | str, batch: int) -> None:
    """Fill an index by calls of ``batch`` articles and stop at each size."""
    stream, held = articles(feed), 0
    with open_index(place, durability="power") as index:
        for sentence in index.notices():
            print(f"notice: {sentence}")
        for size in sizes:
            began, used, before = time.perf_counter(), time.process_time(), held
            while held < size and (part := list(islice(stream, min(batch, size - held)))):
                index.add_many(part)
                held += len(part)
            wall, own = time.perf_counter() - began, time.process_time() - used
            added = max(1, held - before)
            print(f"\nat {held} articles: add_many {added / wall:.0f}/s wall, {added / own:.0f}/s of processor time")
            say("add, durable commit", timed(index.add, list(islice(stream, probes))))
            held += probes
            stats = index.stats()
            memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
            print(f"{stats.bytes / held:.0f} bytes an article in the store; process at most {memory / 2**20:.0f} MB")
            print(f"{stats.matches / held:.2f} compared pairs an article; limits met: {dict(stats.caps)}", flush=True)


def measure_peer(feed: Path, size: int, probes: int) -> None:
    """The same articles in datasketch's index in memory."""
    from datasketch import MinHashLSH

    from dedup.sketch import sketch, to_datasketch

    settings, stream = Settings(), articles(feed)
    lsh = MinHashLSH(num_perm=settings.permutations, params=(settings.bands, settings.rows))

    def add(article: Article) -> None:
        signature = to_datasketch(sketch(clean(article).body, settings), settings)
        lsh.query(signature)
        lsh.insert(article.id, signature)

    for article in islice(stream, size):
        add(article)
    say("datasketch query and insert", timed(add, list(islice(stream, probes))))
    stream_out = io.BytesIO()
    (saving,) = timed(lambda _: pickle.dump(lsh, stream_out), [None]).wall
    print(f"{'datasketch pickle':28} {saving:.0f} ms for all, {stream_out.tell() / size:.0f} bytes an article, no text")


def main() -> None:
    """Read the arguments and measure."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("feed", type=Path)
    parser.add_argument("--at", default="2000,10000", help="sizes to stop at")
    parser.add_argument("--probes", type=int, default=300)
    parser.add_argument("--batch", type=int, default=BATCH, help="articles a call of add_many")
    parser.add_argument("--index", help="address of a new index, instead of a file that is thrown away")
    parser.add_argument("--peer", action="store_true")
    given = parser.parse_args()
    sizes = sorted(int(size) for size in given.at.split(","))
    with tempfile.TemporaryDirectory() as folder:
        measure(given.feed, sizes, given.probes, given.index or Path(folder) / "index.db", given.batch)
    if given.peer:
        measure_peer(given.feed, sizes[-1], given.probes)


if __name__ == "__main__":
    main()
