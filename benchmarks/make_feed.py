"""Build a feed with planted copies of known kinds from any file of articles.

``python -m benchmarks.make_feed ARTICLES -o feed.jsonl --articles 50000`` writes the feed and, beside it,
``feed.families.jsonl``: for every article its family (articles of one source text), its source and how it was made.
Where the file has fewer articles than the feed needs, further ones are recombined from runs of four of its words,
in the shape of its paragraphs, so that no two of them share a shingle but by chance.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Callable, Iterator
from itertools import chain
from pathlib import Path
from typing import NamedTuple

import orjson

from dedup import Article, read_feed

KINDS = ("full", "dropped", "cut", "words", "furniture", "mixed", "credit")
RUN = 4
"""Words taken together when recombining: one under the five of a shingle."""
RECENT = 2000
"""A copy is made of one of this many last sources, so that the feed streams."""
LEAST_WORDS = 150


class Sources(NamedTuple):
    """Texts as lists of paragraphs, titles, and all their words in one list."""

    texts: list[list[str]]
    titles: list[str]
    words: list[str]


class Mix(NamedTuple):
    """Shares of the feed: planted copies; bare furniture; a template of 85% of the text; one identical text."""

    copies: float = 0.3
    furniture_only: float = 0.0
    template: float = 0.0
    identical: float = 0.0


def read_sources(path: str, length: int, most: int) -> Sources:
    """Up to ``most`` articles of at least 150 words, cut at a paragraph to about ``length`` characters."""
    texts, titles = [], []
    for item in read_feed(path):
        if not isinstance(item, Article) or len(item.text.split()) < LEAST_WORDS:
            continue
        texts.append(_cut_to(item.text, length))
        titles.append(item.title or texts[-1][0][:80])
        if len(texts) >= most:
            break
    if not texts:
        raise SystemExit(f"{path}: no article of {LEAST_WORDS} words or more; name another file")
    words = [word for text in texts for paragraph in text for word in paragraph.split()]
    return Sources(texts, titles, words)


def _cut_to(text: str, length: int) -> list[str]:
    kept: list[str] = []
    size = 0
    for line in text.split("\n"):
        if line.strip() and size < length:
            kept.append(line.strip())
            size += len(line)
    return kept


def make_feed(sources: Sources, count: int, seed: int, mix: Mix) -> Iterator[tuple[dict[str, str], dict[str, str]]]:
    """Yield ``count`` records and their truth: ``{"id", "family", "source", "kind"}``."""
    rng = random.Random(seed)
    identical = recombine(sources, rng)
    templates = [_furniture(sources, rng, 14) for _ in range(30)]
    recent: list[tuple[str, list[str]]] = []
    made = 0
    for number in range(count):
        name, draw = f"a{number:07d}", rng.random()
        if draw < mix.furniture_only:
            body, kind, source = [*rng.choice(templates), f"Updated {number}"], "furniture-only", name
        elif draw < mix.furniture_only + mix.template:
            own = recombine(sources, rng)
            body, kind, source = [*chain(*templates[:3]), *own[: max(1, len(own) // 6)]], "template", name
        elif draw < mix.furniture_only + mix.template + mix.identical:
            body, kind, source = identical, "identical", "identical"
        elif rng.random() < mix.copies and recent:
            source, text = rng.choice(recent)
            kind = KINDS[number % len(KINDS)]
            body = CHANGES[kind](text, sources, rng)
        else:
            body = sources.texts[made] if made < len(sources.texts) else recombine(sources, rng)
            kind, source, made = "source", name, made + 1
            recent.append((name, body))
            del recent[:-RECENT]
        family = source if kind != "furniture-only" else name
        yield _record(name, body, sources, rng), {"id": name, "family": family, "source": source, "kind": kind}


def _record(name: str, body: list[str], sources: Sources, rng: random.Random) -> dict[str, str]:
    outlet = f"outlet{rng.randrange(75)}.example"
    return {
        "id": name,
        "outlet": outlet,
        "url": f"https://{outlet}/{name}",
        "published": f"2026-03-{1 + rng.randrange(28):02d}T{rng.randrange(24):02d}:{rng.randrange(60):02d}:00Z",
        "title": rng.choice(sources.titles),
        "text": "\n\n".join(body),
    }


def recombine(sources: Sources, rng: random.Random) -> list[str]:
    last = len(sources.words) - RUN
    return [_run_of_words(len(paragraph.split()), sources, last, rng) for paragraph in rng.choice(sources.texts)]


def _run_of_words(count: int, sources: Sources, last: int, rng: random.Random) -> str:
    starts = [int(rng.random() * last) for _ in range(max(1, count // RUN))]
    text = " ".join(chain.from_iterable(sources.words[at : at + RUN] for at in starts)).rstrip(",;:—- ")
    return text[0].upper() + text[1:] + ("" if text.endswith((".", "”", '"', "?", "!")) else ".")


def _furniture(sources: Sources, rng: random.Random, lines: int) -> list[str]:
    lead = rng.choice(("Must read", "More stories", "Related articles", "Trending now", "Sign up for our newsletter"))
    return [lead, *(rng.choice(sources.titles) for _ in range(lines - 1))]


# --- how a copy is made ------------------------------------------------------------------------------------------


def _full(text: list[str], sources: Sources, rng: random.Random) -> list[str]:
    return list(text)


def _dropped(text: list[str], sources: Sources, rng: random.Random) -> list[str]:
    out = (
        set(rng.sample(range(len(text)), max(1, round(len(text) * rng.uniform(0.2, 0.5))))) if len(text) > 1 else set()
    )
    return [line for at, line in enumerate(text) if at not in out] or text[:1]


def _cut(text: list[str], sources: Sources, rng: random.Random) -> list[str]:
    return text[: max(1, round(len(text) * rng.uniform(0.4, 0.8)))]


def _words(text: list[str], sources: Sources, rng: random.Random) -> list[str]:
    share = rng.uniform(0.01, 0.08)
    return [
        " ".join(rng.choice(sources.words) if rng.random() < share else word for word in line.split()) for line in text
    ]


def _with_furniture(text: list[str], sources: Sources, rng: random.Random) -> list[str]:
    top = _furniture(sources, rng, rng.randint(2, 6))
    return [*top, *text, *_furniture(sources, rng, rng.randint(4, 15))]


def _mixed(text: list[str], sources: Sources, rng: random.Random) -> list[str]:
    return _with_furniture(_words(_dropped(text, sources, rng), sources, rng), sources, rng)


def _credit(text: list[str], sources: Sources, rng: random.Random) -> list[str]:
    name, city = rng.choice(("Jane Roe", "Max Muster", "Ann Other")), rng.choice(("LONDON", "SEOUL", "QUITO", "TUNIS"))
    signed = [f"By {name}, Associated Press", f"{city} (AP) — {text[0]}", *text[1:]]
    return [*signed, "Copyright 2026 The Associated Press. All rights reserved."]


CHANGES: dict[str, Callable[[list[str], Sources, random.Random], list[str]]] = {
    "full": _full,
    "dropped": _dropped,
    "cut": _cut,
    "words": _words,
    "furniture": _with_furniture,
    "mixed": _mixed,
    "credit": _credit,
}


def write_feed(
    articles: str, feed: Path, count: int, length: int = 2800, seed: int = 1, mix: Mix | None = None
) -> None:
    """Write the feed and its families."""
    sources = read_sources(articles, length, 20_000)
    families = feed.with_suffix(".families.jsonl")
    feed.parent.mkdir(parents=True, exist_ok=True)
    with feed.open("wb") as texts, families.open("wb") as truth:
        for record, made in make_feed(sources, count, seed, mix or Mix()):
            texts.write(orjson.dumps(record) + b"\n")
            truth.write(orjson.dumps(made) + b"\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sources", help="any file or folder of articles that dedup reads")
    parser.add_argument("-o", "--output", type=Path, required=True)
    parser.add_argument("--articles", type=int, default=50_000)
    parser.add_argument("--length", type=int, default=2800, help="characters of a source text, about")
    parser.add_argument("--seed", type=int, default=1)
    for name, share in Mix()._asdict().items():
        parser.add_argument(f"--{name.replace('_', '-')}", type=float, default=share, help="share of the feed")
    given = parser.parse_args()
    mix = Mix(given.copies, given.furniture_only, given.template, given.identical)
    write_feed(given.sources, given.output, given.articles, given.length, given.seed, mix)


if __name__ == "__main__":
    main()
