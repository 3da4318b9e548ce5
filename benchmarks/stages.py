"""What each stage of the copy tier costs, and what the machine could do at most."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import orjson

from dedup.match.candidates import candidate_pairs
from dedup.match.shared import ShingleShelf, shared_shingles
from dedup.settings import Settings
from dedup.sketch import SketchTable, sketch_many
from dedup.text.tokens import code_points, word_hashes

Timed = list[tuple[str, Callable[[], Any]]]


def print_stages(feed: Path, rounds: int) -> None:
    settings = Settings()
    lines = feed.read_bytes().splitlines()
    texts = [orjson.loads(line)["text"] for line in lines]
    table = sketch_many(texts, settings, shingles=True)
    pairs = candidate_pairs(table, settings).pairs
    blocks = [texts[at : at + 90] for at in range(0, len(texts), 90)]
    stages: Timed = [
        ("read lines", lambda: feed.read_bytes().splitlines()),
        ("parse JSON", lambda: [orjson.loads(line)["text"] for line in lines]),
        ("text to code points", lambda: [code_points(block) for block in blocks]),
        ("code points to word hashes (with the above)", lambda: [word_hashes(block) for block in blocks]),
        ("sketch (with the above)", lambda: sketch_many(texts, settings)),
        ("sketch, every shingle kept", lambda: sketch_many(texts, settings, shingles=True)),
        ("candidates", lambda: candidate_pairs(table, settings)),
        ("verify on exact shingles", lambda: shared_shingles(table, pairs)),
        ("the same, shingles in a file between", lambda: _on_disk(table, pairs)),
    ]
    print(f"\n{len(pairs)} candidates, {len(pairs) / len(texts):.2f} an article\n")
    _print("stage, one thread", stages, len(texts), rounds)


def _on_disk(table: SketchTable, pairs: Any) -> Any:
    shelf = ShingleShelf()
    list(shelf.take([table]))
    return shelf.shared(pairs)


def print_limits(feed: Path, rounds: int) -> None:
    raw = feed.read_bytes()
    lines = raw.splitlines()
    source = np.frombuffer(raw, np.uint8)
    target = np.empty_like(source)
    words = np.frombuffer(raw[: len(raw) // 8 * 8], np.uint64)
    limits: Timed = [
        ("copy all bytes in memory", lambda: np.copyto(target, source)),
        ("sum all bytes as 64-bit words", lambda: int(words.sum(dtype=np.uint64))),
        ("parse JSON", lambda: [orjson.loads(line) for line in lines]),
        ("BLAKE2b of all bytes", lambda: hashlib.blake2b(raw).digest()),
        *_xxhash(raw),
    ]
    _print("limit of this machine, one thread", limits, len(lines), rounds)


def _xxhash(raw: bytes) -> Timed:
    try:
        import xxhash
    except ImportError:
        return []
    return [("xxh3 of all bytes", lambda: xxhash.xxh3_64_intdigest(raw))]


def _print(title: str, timed: Timed, count: int, rounds: int) -> None:
    print(f"\n| {title} | µs an article |\n|---|---:|")
    for name, work in timed:
        print(f"| {name} | {_best(work, rounds) / count * 1e6:.2f} |")


def _best(work: Callable[[], Any], rounds: int) -> float:
    """Least processor time of the rounds: on a busy machine the clock on the wall says more of the others."""
    spent = []
    for _ in range(max(2, rounds)):
        begun = time.process_time()
        work()
        spent.append(time.process_time() - begun)
    return min(spent)
