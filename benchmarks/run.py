"""Measure every installed pipeline side by side on one feed: ``python -m benchmarks.run ARTICLES --articles 50000``.

Prints, as Markdown: articles a second (best of the rounds), ratio, peak memory, precision and recall by kind of copy;
our cost a stage in µs an article; and what this machine can do at most. Rounds alternate, so that a busy machine
hits all alike.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import orjson

from benchmarks.chart import Bar, write_chart
from benchmarks.make_feed import KINDS, write_feed
from benchmarks.stages import print_limits, print_stages
from benchmarks.tools import TOOLS, installed

TIME_LIMIT = 3600
TITLES = (
    "articles/s",
    "to fastest peer",
    "CPU µs/article",
    "to cheapest peer",
    "peak MB",
    "start-up s",
    "precision",
    "recall",
)


class Truth(NamedTuple):
    """Family number of each article, and for each kind the planted (copy, source) pairs."""

    family: np.ndarray
    planted: dict[str, np.ndarray]


def read_truth(path: Path) -> Truth:
    rows = [orjson.loads(line) for line in path.read_bytes().splitlines()]
    number = {row["id"]: at for at, row in enumerate(rows)}
    names: dict[str, int] = {}
    family = np.array([names.setdefault(row["family"], len(names)) for row in rows])
    planted: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for at, row in enumerate(rows):
        if row["kind"] in KINDS:
            planted[row["kind"]].append((number[row["source"]], at))
    return Truth(family, {kind: np.array(pairs) for kind, pairs in sorted(planted.items())})


def score(pairs: np.ndarray, truth: Truth, groups: np.ndarray) -> dict[str, float]:
    """Share of pairs within a family; and by kind, of planted copies that are in one group with their source."""
    right = float(np.mean(truth.family[pairs[:, 0]] == truth.family[pairs[:, 1]])) if len(pairs) else 1.0
    recall = {kind: float(np.mean(groups[who[:, 0]] == groups[who[:, 1]])) for kind, who in truth.planted.items()}
    everyone = np.concatenate(list(truth.planted.values()))
    return {"precision": right, "recall": float(np.mean(groups[everyone[:, 0]] == groups[everyone[:, 1]])), **recall}


def groups_of(pairs: np.ndarray, count: int) -> np.ndarray:
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    graph = coo_array((np.ones(len(pairs), np.int8), (pairs[:, 0], pairs[:, 1])), shape=(count, count))
    return connected_components(graph, directed=False)[1]


def measure(name: str, feed: Path, out: Path) -> dict[str, Any] | str:
    """One run in a process of its own; what was measured, or why not."""
    command = [sys.executable, "-m", "benchmarks.tools", name, str(feed), str(out)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=TIME_LIMIT, check=False)
    except subprocess.TimeoutExpired:
        return f"over {TIME_LIMIT} s"
    if done.returncode:
        return (done.stderr.strip().splitlines() or ["failed"])[-1]
    with np.load(out) as data:
        return {key: data[key] for key in data.files}


def compare(names: list[str], feed: Path, rounds: int, work: Path) -> dict[str, list[dict[str, Any]]]:
    runs: dict[str, list[dict[str, Any]]] = {name: [] for name in names}
    for number in range(rounds):
        for at, name in enumerate(names):
            answer = measure(name, feed, work / f"run-{at}.npz")
            if isinstance(answer, str):
                print(f"round {number + 1}: {name}: {answer}", file=sys.stderr)
            else:
                print(f"round {number + 1}: {name}: {float(answer['seconds']):.2f} s", file=sys.stderr)
                runs[name].append(answer)
    return runs


def print_table(runs: dict[str, list[dict[str, Any]]], truth: Truth) -> list[Bar]:
    count = len(truth.family)
    best = {name: min(float(run["seconds"]) for run in made) for name, made in runs.items() if made}
    spent = {name: min(float(run["cpu"]) for run in made) for name, made in runs.items() if made}
    peers = [seconds for name, seconds in best.items() if TOOLS[name][0] != "dedup"]
    print(f"\n| pipeline | {' | '.join([*TITLES, *truth.planted])} |")
    print(f"|---{'|---:' * (len(TITLES) + len(truth.planted))}|")
    cheap = [seconds for name, seconds in spent.items() if TOOLS[name][0] != "dedup"]
    bars = []
    for name, seconds in sorted(best.items(), key=lambda item: item[1]):
        run = min(runs[name], key=lambda one: float(one["seconds"]))
        scores = score(run["pairs"], truth, groups_of(run["pairs"], count))
        row = [
            f"{count / seconds:,.0f}",
            f"{min(peers) / seconds:.1f}x" if peers else "",
            f"{spent[name] / count * 1e6:.1f}",
            f"{min(cheap) / spent[name]:.1f}x" if cheap else "",
            f"{int(run['peak']) / 1024:.0f}",
            f"{float(run['start_up']):.1f}",
            *(f"{value:.3f}" for value in scores.values()),
        ]
        print(f"| {name} | {' | '.join(row)} |")
        bars.append(Bar(name, count / seconds, scores["recall"]))
    return bars


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sources", help="any file or folder of articles that dedup reads")
    parser.add_argument("--articles", type=int, default=20_000)
    parser.add_argument("--length", type=int, default=2800, help="characters of a source text, about")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--work", type=Path, default=Path("build/bench"), help="folder for the feed and the runs")
    parser.add_argument("--only", default="", help="pipelines whose name holds one of these, comma-separated")
    parser.add_argument("--chart", type=Path, help="also draw the comparison into this SVG file")
    parser.add_argument("--without", default="", help="leave out pipelines whose name holds one of these")
    given = parser.parse_args()
    feed = given.work / f"feed-{given.articles}.jsonl"
    write_feed(given.sources, feed, given.articles, given.length)
    wanted = [name for name in TOOLS if any(part in name for part in given.only.split(","))]
    unwanted = [part for part in given.without.split(",") if part]
    names = [name for name in wanted if installed(name) and not any(part in name for part in unwanted)]
    print(f"not installed: {', '.join(name for name in TOOLS if not installed(name)) or 'none'}", file=sys.stderr)
    runs = compare(names, feed, given.rounds, given.work)
    bars = print_table(runs, read_truth(feed.with_suffix(".families.jsonl")))
    if given.chart and bars:
        write_chart(bars, f"JSONL to groups of copies, {given.articles:,} articles", given.chart)
    print_stages(feed, given.rounds)
    print_limits(feed, given.rounds)


if __name__ == "__main__":
    main()
