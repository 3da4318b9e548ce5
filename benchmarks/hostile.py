"""Feeds made to break a grouping, one subcommand a hazard: how large they are is an option, what happened is printed.

    python -m benchmarks.hostile boilerplate news.jsonl.gz --articles 200000
    python -m benchmarks.hostile chains news.jsonl.gz --chains 1000 --round-ups 2000
    python -m benchmarks.hostile short news.jsonl.gz --items 50000
    python -m benchmarks.hostile poison news.jsonl.gz --articles 1000
    python -m benchmarks.hostile evasion news.jsonl.gz --copies 2000

``news`` is any file or folder of articles that dedup reads; texts are recombined from it (see make_feed). Every feed is
made from a seed, so that two runs measure the same.
"""

from __future__ import annotations

import random
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import combinations, pairwise
from pathlib import Path
from typing import Any

import click
import numpy as np

from benchmarks.disguises import DISGUISES, disguised, lifting_runs, transliterated
from benchmarks.make_feed import Mix, Sources, read_sources, recombine, write_feed
from benchmarks.run import groups_of, measure, read_truth, score
from dedup.match.candidates import candidate_pairs
from dedup.match.neighbours import neighbour_pairs
from dedup.match.profile import make_profiles
from dedup.match.relation import compare_many
from dedup.models import Article, Match, Result, Story
from dedup.pipeline import find_stories
from dedup.settings import Settings
from dedup.sketch import sketch_many
from dedup.stories import build_stories
from dedup.text.clean import clean_many
from dedup.text.tokens import words

Figures = Mapping[str, Any]

START = datetime(2026, 3, 1, tzinfo=UTC)
POSTS = 12
"""Posts on a page of a live blog; a version drops one and has a new one: a turnover of 8%."""
QUOTED = 5
"""Stories that a round-up quotes, and copies that each of them has."""
COPIES = 3


@click.group()
def main() -> None:
    """Measure what hostile feeds do to groups and stories."""


def _show(figures: Figures) -> None:
    for name, value in figures.items():
        click.echo(f"{name}: {value:.3f}" if isinstance(value, float) else f"{name}: {value}")


def _grouped(stories: Sequence[Story]) -> list[list[str]]:
    return [[member.id for member in group.articles] for story in stories for group in story.groups]


def _told(stories: Sequence[Story]) -> list[list[str]]:
    return [[member.id for member in story.articles] for story in stories]


# --- row 2: boilerplate -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Run:
    """One feed through ``find_stories`` in a process of its own."""

    seconds: float
    megabytes: float
    precision: float
    recall: float
    largest_group: int
    largest_planted: int


def boilerplate_figures(articles: str, count: int, work: Path) -> Figures:
    """A feed of which 30% is furniture from 30 templates and 10% has a template of 85%, and one without either."""
    clean = _run(articles, count, Mix(), work / "clean.jsonl")
    hostile = _run(articles, count, Mix(furniture_only=0.3, template=0.1), work / "hostile.jsonl")
    return {
        "articles": count,
        "seconds, clean / hostile": f"{clean.seconds:.1f} / {hostile.seconds:.1f}",
        "time to clean": hostile.seconds / clean.seconds,
        "memory to clean": hostile.megabytes / clean.megabytes,
        "precision, clean / hostile": f"{clean.precision:.4f} / {hostile.precision:.4f}",
        "recall, clean / hostile": f"{clean.recall:.4f} / {hostile.recall:.4f}",
        "largest group / largest planted": f"{hostile.largest_group} / {hostile.largest_planted}",
    }


def _run(articles: str, count: int, mix: Mix, feed: Path) -> Run:
    write_feed(articles, feed, count, mix=mix)
    answer = measure("news-dedup find_stories", feed, feed.with_suffix(".npz"))
    if isinstance(answer, str):
        raise click.ClickException(f"{feed}: {answer}")
    truth = read_truth(feed.with_suffix(".families.jsonl"))
    pairs = answer["pairs"]
    groups = groups_of(pairs, count)
    scores = score(pairs, truth, groups)
    return Run(
        float(answer["seconds"]),
        float(answer["peak"]) / 1024,
        scores["precision"],
        scores["recall"],
        int(np.bincount(groups).max()),
        int(np.bincount(truth.family).max()),
    )


@main.command()
@click.argument("articles", type=click.Path(exists=True))
@click.option("--articles", "count", default=200_000, show_default=True)
def boilerplate(articles: str, count: int) -> None:
    """Furniture in a third of the feed: no group of it, and no more time than a clean feed takes."""
    with tempfile.TemporaryDirectory() as work:
        _show(boilerplate_figures(articles, count, Path(work)))


# --- row 3: chains and round-ups --------------------------------------------------------------------------------


def live_blogs(sources: Sources, chains: int, versions: int, rng: random.Random) -> list[Article]:
    """Ids are "c<chain>-<version>"."""
    feed = []
    for chain in range(chains):
        posts = [_post(sources, rng) for _ in range(versions + POSTS)]
        title = f"Live: {rng.choice(sources.titles)}"
        for version in range(versions):
            text = "\n\n".join(reversed(posts[version : version + POSTS]))
            when = START + timedelta(minutes=20 * version)
            feed.append(Article(f"c{chain:04d}-{version:04d}", text, title, None, f"blog{chain}.example", when))
    return feed


def _post(sources: Sources, rng: random.Random) -> str:
    return max(recombine(sources, rng)[:4], key=len)


def quoting_feed(sources: Sources, round_ups: int, rng: random.Random) -> list[Article]:
    """Stories "s<n>-<copy>", and round-ups "r<n>" of the first two sentences' worth of five of them."""
    texts = [recombine(sources, rng) for _ in range(max(QUOTED, round_ups))]
    feed = [
        Article(f"s{n:05d}-{copy}", "\n\n".join(text[: max(3, len(text) - copy)]), outlet=f"o{copy}.example")
        for n, text in enumerate(texts)
        for copy in range(COPIES)
    ]
    for number in range(round_ups):
        quoted = [" ".join(" ".join(text).split()[:50]) + "." for text in rng.sample(texts, QUOTED)]
        feed.append(Article(f"r{number:05d}", "\n\n".join(quoted), "In brief", outlet="brief.example"))
    return feed


def chain_figures(sources: Sources, chains: int, versions: int, round_ups: int, alone: bool = False) -> Figures:
    """How far apart the versions of a group are, and what round-ups join."""
    rng = random.Random(1)
    feed = [*live_blogs(sources, chains, versions, rng), *quoting_feed(sources, round_ups, rng)]
    begun = time.perf_counter()
    stories = _stories_alone(feed) if alone else find_stories(feed).stories
    seconds = time.perf_counter() - begun
    groups = _grouped(stories)
    blogs = [group for group in groups if group[0].startswith("c")]
    spans = [_reach(group) for group in blogs]
    return {
        "articles": len(feed),
        "seconds": seconds,
        "groups that hold two chains or stories": sum(_planted(group) > 1 for group in groups),
        "versions in a group": sum(map(len, blogs)) / max(1, chains * versions),
        "groups a chain": len(blogs) / max(1, chains),
        "largest group": max(map(len, groups), default=0),
        "least text in common with the best representative": 1 - max(spans, default=0) / POSTS,
        "stories that hold two chains or stories": sum(_planted(names) > 1 for names in _told(stories)),
        "round-ups in a group / story of what they quote": f"{_joined(groups)} / {_joined(_told(stories))}",
        "planted stories in one group": _whole(groups, round_ups),
    }


def _stories_alone(feed: Sequence[Article]) -> tuple[Story, ...]:
    """Stories of articles that are cleaned without the evidence of the feed: what is grouping's part in a failure."""
    settings = Settings()
    cleaned = clean_many(feed)
    profiles = {item.id: item for item in make_profiles(cleaned, settings)}
    copies = candidate_pairs(sketch_many([item.body for item in cleaned], settings), settings)
    pairs = {*map(tuple, copies.pairs.tolist()), *map(tuple, neighbour_pairs(cleaned, settings).pairs.tolist())}

    def between(pairs: Sequence[tuple[str, str]]) -> list[Match]:
        return compare_many([(profiles[a], profiles[b]) for a, b in pairs], settings)

    matches = between([(min(a, b), max(a, b)) for a, b in ((cleaned[i].id, cleaned[j].id) for i, j in sorted(pairs))])
    return build_stories({item.id: item for item in cleaned}, matches, between, settings)


def _family(name: str) -> str:
    return name.partition("-")[0]


def _reach(group: Iterable[str]) -> int:
    """Versions between the ends of a group and its middle one."""
    numbers = sorted(int(name.partition("-")[2]) for name in group if name.startswith("c"))
    middle = min(numbers, key=lambda number: max(number - numbers[0], numbers[-1] - number))
    return max(middle - numbers[0], numbers[-1] - middle)


def _planted(names: Iterable[str]) -> int:
    return len({_family(name) for name in names if name[0] in "cs"})


def _joined(stories: Iterable[Sequence[str]]) -> int:
    return sum(sum(name[0] == "r" for name in names) for names in stories if _planted(names))


def _whole(groups: Iterable[Sequence[str]], round_ups: int) -> float:
    found = Counter(_family(group[0]) for group in groups if group[0][0] == "s" and len(group) == COPIES)
    return len(found) / max(QUOTED, round_ups)


@main.command()
@click.argument("articles", type=click.Path(exists=True))
@click.option("--chains", default=1000, show_default=True)
@click.option("--versions", default=200, show_default=True)
@click.option("--round-ups", default=2000, show_default=True)
@click.option("--alone", is_flag=True, help="Clean every article without the evidence of the feed.")
def chains(articles: str, chains: int, versions: int, round_ups: int, alone: bool) -> None:
    """Live blogs at 8% turnover and round-ups of five stories."""
    _show(chain_figures(read_sources(articles, 2800, 5000), chains, versions, round_ups, alone))


# --- row 4: empty and very short --------------------------------------------------------------------------------


def short_feed(sources: Sources, items: int, rng: random.Random) -> list[Article]:
    """Items of 0 to 20 words; one in ten repeats another's words in other case, one in twenty has no word at all."""
    texts: list[str] = []
    for number in range(items):
        if number % 20 == 0:
            texts.append(rng.choice((" ", "...", "—", "\u200b", "• • •", "\n\n")))
        elif number % 10 == 1 and texts:
            texts.append(rng.choice(texts).upper() + " !")
        else:
            at = rng.randrange(len(sources.words) - 20)
            texts.append(" ".join(sources.words[at : at + rng.randint(1, 20)]))
    return [Article(f"i{at:06d}", text, outlet=f"o{at % 50}.example") for at, text in enumerate(texts)]


def short_figures(sources: Sources, items: int, seed: int = 1) -> Figures:
    """What is grouped among texts that are too short to tell anything."""
    feed = short_feed(sources, items, random.Random(seed))
    begun = time.perf_counter()
    result = find_stories(feed)
    seconds = time.perf_counter() - begun
    said = {item.id: tuple(word.lower() for word in words(item.text)) for item in feed}
    groups = _grouped(result.stories)
    times = Counter(said.values())
    pairs = [key for key, count in times.items() if key and count > 1]
    whole = {said[group[0]] for group in groups if len(group) == times[said[group[0]]]}
    return {
        "items": items,
        "seconds": seconds,
        "read / accepted / rejected": f"{result.stats.read} / {result.stats.accepted} / {result.stats.rejected}",
        "groups": len(groups),
        "groups with an empty text": sum(any(not said[name] for name in group) for group in groups),
        "groups of different words": sum(len({said[name] for name in group}) > 1 for group in groups),
        "stories of different words": sum(len({said[name] for name in names}) > 1 for names in _told(result.stories)),
        "texts given more than once / grouped": f"{len(pairs)} / {sum(key in whole for key in pairs)}",
    }


@main.command()
@click.argument("articles", type=click.Path(exists=True))
@click.option("--items", default=50_000, show_default=True)
def short(articles: str, items: int) -> None:
    """Items of 0 to 20 words."""
    _show(short_figures(read_sources(articles, 2800, 5000), items))


# --- row 21: poisoned signatures --------------------------------------------------------------------------------


def poison_figures(sources: Sources, articles: int, length: int = 6, pool: int = 50_000, seed: int = 1) -> Figures:
    """Unrelated texts of ``length`` paragraphs with the same 128 runs of words in an order of their own."""
    settings, rng = Settings(), random.Random(seed)
    plain = [word for word in sources.words if words(word) == [word]]
    runs = lifting_runs(rng.choices(plain, k=pool), settings)
    feed = [_poisoned(f"p{at:05d}", recombine(sources, rng)[:length], runs, rng) for at in range(articles)]
    signatures = sketch_many([item.text for item in feed], settings).signatures
    alike = [float((a == b).mean()) for a, b in pairwise(signatures)]
    begun = time.perf_counter()
    result = find_stories(feed)
    return {
        "articles": articles,
        "seconds": time.perf_counter() - begun,
        "Jaccard by signatures": sum(alike) / len(alike),
        "compared": result.stats.compared,
        "derived": result.stats.derived,
        "groups": len(_grouped(result.stories)),
        "largest story": max(map(len, _told(result.stories))),
    }


def _poisoned(name: str, text: Sequence[str], runs: Sequence[str], rng: random.Random) -> Article:
    """The runs are strewn between the words of the text, each in a place of its own."""
    tokens = " ".join(text).split()
    for run in rng.sample(runs, len(runs)):
        tokens.insert(rng.randrange(len(tokens)), run)
    lines = [" ".join(tokens[at : at + 40]) + "." for at in range(0, len(tokens), 40)]
    return Article(name, "\n\n".join(lines), outlet=f"{name}.example")


@main.command()
@click.argument("articles", type=click.Path(exists=True))
@click.option("--articles", "count", default=1000, show_default=True)
def poison(articles: str, count: int) -> None:
    """Words chosen under the known seed lift the signatures of unrelated articles."""
    _show(poison_figures(read_sources(articles, 12_000, 5000), count, length=40))


# --- row 22: evasion --------------------------------------------------------------------------------------------


def evasion_figures(sources: Sources, copies: int, seed: int = 1) -> Figures:
    """For each disguise the share of copies in one group with their source, at 1 to 20% of the letters."""
    rng = random.Random(seed)
    texts = ["\n\n".join(recombine(sources, rng)) for _ in range(copies)]
    figures: dict[str, Any] = {"copies a disguise": copies}
    kept = True
    for how in DISGUISES:
        hidden = [disguised(text, how, rng.uniform(0.01, 0.2), rng) for text in texts]
        result = find_stories([*_articles("a", texts), *_articles("b", hidden)])
        figures[f"recall, {how.__name__}"] = len(_found(result) & _wanted(copies)) / copies
        figures[f"false, {how.__name__}"] = len(_found(result) - _wanted(copies))
        kept &= all(result.articles[f"b{at:05d}"].article.text == text for at, text in enumerate(hidden))
    figures["the text given is kept for display"] = kept
    genuine = find_stories([*_articles("a", texts), *_articles("b", [transliterated(text) for text in texts])])
    figures["Latin and Cyrillic texts in one group"] = len(_found(genuine))
    return figures


def _articles(kind: str, texts: Sequence[str]) -> list[Article]:
    return [Article(f"{kind}{at:05d}", text, outlet=f"{kind}{at}.example") for at, text in enumerate(texts)]


def _wanted(copies: int) -> set[tuple[str, str]]:
    return {(f"a{at:05d}", f"b{at:05d}") for at in range(copies)}


def _found(result: Result) -> set[tuple[str, str]]:
    return {pair for group in _grouped(result.stories) for pair in combinations(group, 2)}


@main.command()
@click.argument("articles", type=click.Path(exists=True))
@click.option("--copies", default=2000, show_default=True)
def evasion(articles: str, copies: int) -> None:
    """Copies with letters exchanged for others that look the same or show nothing."""
    _show(evasion_figures(read_sources(articles, 2800, 5000), copies))


if __name__ == "__main__":
    main()
