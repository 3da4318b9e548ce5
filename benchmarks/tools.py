"""The pipelines that are measured side by side, each from a JSON-lines feed to pairs of copies.

Run in a process of its own, so that its peak memory is its own: ``python -m benchmarks.tools NAME FEED OUT.npz``.
A pipeline is warmed up on ten articles first; its start-up is reported apart from its work.
All peers use word 5-shingles, 128 permutations and 32 bands of 4 rows where they let one say so, the banding that
finds most; their candidates are their answer, as their own examples have it. Ours are pairs of verified groups.
"""

from __future__ import annotations

import importlib
import resource
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
import orjson

Pairs = Any
"""int64[m, 2] of lines of the feed, or pairs of ids, which are numbered by line when the clock has stopped."""
SHINGLE, PERMUTATIONS, BANDS, SEED = 5, 128, 32, 1


def read_texts(feed: str) -> list[str]:
    with Path(feed).open("rb") as lines:
        return [orjson.loads(line)["text"] for line in lines]


def shingles_of(text: str) -> set[str]:
    words = text.lower().split()
    return {" ".join(words[at : at + SHINGLE]) for at in range(len(words) - SHINGLE + 1)}


def _pairs(found: Iterable[tuple[int, int]]) -> Pairs:
    return np.array(sorted({(min(pair), max(pair)) for pair in found if pair[0] != pair[1]}), np.int64).reshape(-1, 2)


# --- ours --------------------------------------------------------------------------------------------------------


def ours_one_thread(feed: str) -> Pairs:
    return _copy_tier(feed, 1)


def ours_two_threads(feed: str) -> Pairs:
    return _copy_tier(feed, 2)


def _copy_tier(feed: str, threads: int) -> Pairs:
    from dedup import find_copies, read_feed

    return _together(find_copies(read_feed(feed), threads=threads).groups)


def ours_find_stories(feed: str) -> Pairs:
    return _find_stories(feed, None)


def ours_find_stories_two_workers(feed: str) -> Pairs:
    from dedup.engines.local import runner_for

    return _find_stories(feed, runner_for(2))


def _find_stories(feed: str, runner: Any) -> Pairs:
    from dedup import find_stories, read_feed

    result = find_stories(read_feed(feed), runner=runner)
    return _together(group for story in result.stories for group in story.groups)


def _together(groups: Iterable[Any]) -> list[tuple[str, str]]:
    """All pairs of ids in one group."""
    return [(a.id, b.id) for group in groups for a in group.articles for b in group.articles]


def by_line(feed: str, found: Pairs) -> Pairs:
    """The pairs by the lines of their articles."""
    if not isinstance(found, list):
        return found
    with Path(feed).open("rb") as lines:
        number = {orjson.loads(line)["id"]: at for at, line in enumerate(lines)}
    return _pairs((number[a], number[b]) for a, b in found)


# --- peers -------------------------------------------------------------------------------------------------------


def datasketch_update(feed: str) -> Pairs:
    from datasketch import MinHash, MinHashLSH

    lsh, found = MinHashLSH(num_perm=PERMUTATIONS, params=(BANDS, PERMUTATIONS // BANDS)), []
    for at, text in enumerate(read_texts(feed)):
        signature = MinHash(num_perm=PERMUTATIONS, seed=SEED)
        for shingle in shingles_of(text):
            signature.update(shingle.encode())
        found += [(at, other) for other in lsh.query(signature)]
        lsh.insert(at, signature)
    return _pairs(found)


def datasketch_batch_xxhash(feed: str) -> Pairs:
    import xxhash
    from datasketch import MinHash, MinHashLSH

    lsh, found = MinHashLSH(num_perm=PERMUTATIONS, params=(BANDS, PERMUTATIONS // BANDS)), []
    base = MinHash(num_perm=PERMUTATIONS, seed=SEED, hashfunc=xxhash.xxh32_intdigest)
    for at, text in enumerate(read_texts(feed)):
        signature = base.copy()
        signature.update_batch([shingle.encode() for shingle in shingles_of(text)])
        found += [(at, other) for other in lsh.query(signature)]
        lsh.insert(at, signature)
    return _pairs(found)


def rensa_pairs(feed: str) -> Pairs:
    from rensa import RMinHash, RMinHashLSH

    lsh = RMinHashLSH(threshold=0.5, num_perm=PERMUTATIONS, num_bands=BANDS)
    signatures = RMinHash.from_token_sets((list(shingles_of(text)) for text in read_texts(feed)), PERMUTATIONS, SEED)
    lsh.insert_many(signatures)
    return _pairs((at, other) for at, others in enumerate(lsh.query_all(signatures)) for other in others)


def gaoya_pairs(feed: str) -> Pairs:
    from gaoya.minhash import MinHashStringIndex

    texts = read_texts(feed)
    index = MinHashStringIndex(32, 0.5, BANDS, PERMUTATIONS // BANDS, None, "word", True, (SHINGLE, SHINGLE))
    index.par_bulk_insert_docs(list(range(len(texts))), texts)
    return _pairs((at, other) for at, others in enumerate(index.par_bulk_query(texts)) for other in others)


def fastsketch_pairs(feed: str) -> Pairs:
    from FastSketchLSH import LSH, FastSimilaritySketch

    sketcher = FastSimilaritySketch(size=PERMUTATIONS, seed=SEED)
    digests = sketcher.batch([list(shingles_of(text)) for text in read_texts(feed)])
    lsh = LSH(PERMUTATIONS, BANDS)
    lsh.insert(digests)
    return _pairs((at, other) for at, others in enumerate(lsh.query(digests)) for other in others)


TOOLS: dict[str, tuple[str, Callable[[str], Pairs]]] = {
    "news-dedup find_copies, 1 thread": ("dedup", ours_one_thread),
    "news-dedup find_copies, 2 threads": ("dedup", ours_two_threads),
    "datasketch update": ("datasketch", datasketch_update),
    "datasketch update_batch, xxhash": ("datasketch", datasketch_batch_xxhash),
    "rensa": ("rensa", rensa_pairs),
    "gaoya (all cores)": ("gaoya", gaoya_pairs),
    "FastSketchLSH": ("FastSketchLSH", fastsketch_pairs),
    "news-dedup find_stories": ("dedup", ours_find_stories),
    "news-dedup find_stories, 2 workers": ("dedup", ours_find_stories_two_workers),
}


def installed(name: str) -> bool:
    try:
        importlib.import_module(TOOLS[name][0])
    except ImportError:
        return False
    return True


def _peak_kilobytes() -> int:
    """Peak resident memory of this process; getrusage would also count the parent's at the time of the fork."""
    status = Path("/proc/self/status")
    if status.exists():
        return int(status.read_text().split("VmHWM:")[1].split()[0])
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def main(name: str, feed: str, out: str) -> None:
    work = TOOLS[name][1]
    warm = Path(out).with_suffix(".warm.jsonl")
    with Path(feed).open("rb") as lines:
        warm.write_bytes(b"".join(line for _, line in zip(range(40), lines, strict=False)))
    begun = time.perf_counter()
    work(str(warm))
    start_up, cpu = time.perf_counter() - begun, time.process_time()
    begun = time.perf_counter()
    pairs = work(feed)
    seconds, cpu = time.perf_counter() - begun, time.process_time() - cpu
    peak = _peak_kilobytes()
    np.savez(out, pairs=by_line(feed, pairs), seconds=seconds, cpu=cpu, start_up=start_up, peak=peak)


if __name__ == "__main__":
    main(*sys.argv[1:])
