"""What cleaning removes: planted sidebars, nothing of bodies alone, and what that does to matching.

    python -m benchmarks.furniture planted news.jsonl.gz --articles 2000
    python -m benchmarks.furniture harm news.jsonl.gz --removed removed.tsv
    python -m benchmarks.furniture shapes lines.jsonl
    python -m benchmarks.furniture matching pairs.jsonl feed.jsonl.gz

``news`` are articles as JSON lines (id, outlet, title, text); only every fourth is used, for the models were trained
on some of the others. ``lines`` and ``pairs`` are labels as docs/evaluation.md has them.
"""

from __future__ import annotations

import gzip
import json
import random
import textwrap
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from dedup.models import Article, CleanArticle
from dedup.pipeline import compare
from dedup.sources import read_feed
from dedup.text.clean import clean_many
from dedup.text.evidence import collect_evidence

_HEADS = ("Related articles", "More news", "Must read", "You may also like", "Most read", "Trending")


@click.group()
def main() -> None:
    """Measure what cleaning removes."""


def _rows(path: Path) -> list[dict[str, Any]]:
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", encoding="utf-8") as stream:
        return [json.loads(line) for line in stream]


def _article(row: dict[str, Any], text: str) -> Article:
    return Article(id=row["id"], text=text, title=row["title"], outlet=row["outlet"], url=row.get("url"))


def _unseen(path: Path, count: int) -> list[dict[str, Any]]:
    rows = [row for number, row in enumerate(_rows(path)) if number % 4 == 0 and len(row["text"].split("\n")) > 3]
    return random.Random(1).sample(rows, min(count, len(rows)))


def _plant(row: dict[str, Any], rows: Sequence[dict[str, Any]], rng: random.Random) -> tuple[str, list[bool]]:
    """The text with 5-25 headlines and teasers of other articles, and which of its lines were planted."""
    lines = [(line, False) for line in row["text"].split("\n")]
    blocks = [_block(rng.choice(rows), rng) for _ in range(rng.randint(5, 25))]
    inside = rng.randint(0, len(blocks))
    for block in blocks[:inside]:
        place = rng.randint(1, len(lines))
        lines[place:place] = [(text, True) for text in block]
    if inside < len(blocks) and rng.random() < 0.5:
        lines.append((rng.choice(_HEADS), True))
    lines += [(text, True) for block in blocks[inside:] for text in block]
    return "\n".join(text for text, _ in lines), [planted for _, planted in lines]


def _block(other: dict[str, Any], rng: random.Random) -> list[str]:
    block = [" ".join(other["title"].split())]
    lead = next((line.split() for line in other["text"].split("\n") if len(line.split()) > 12), None)
    if lead and rng.random() < 0.4:
        words = rng.randint(12, 30)
        block.append(" ".join(lead[:words]) + (rng.choice(("...", "…", "")) if len(lead) > words else ""))
    return [text for text in block if text]


@main.command()
@click.argument("news", type=click.Path(path_type=Path, exists=True))
@click.option("--articles", default=2000, show_default=True)
def planted(news: Path, articles: int) -> None:
    """Headlines and teasers of other articles planted in real ones: how many go, and what goes with them."""
    rows = _unseen(news, articles)
    rng = random.Random(2)
    made = [_plant(row, rows, rng) for row in rows]
    feed = [_article(row, text) for row, (text, _) in zip(rows, made, strict=True)]
    alone = clean_many([_article(row, row["text"]) for row in rows])
    for name, evidence in (("without the feed", None), ("with the feed", collect_evidence(feed))):
        counts: Counter[str] = Counter()
        for cleaned, (_, marks), before in zip(clean_many(feed, evidence), made, alone, strict=True):
            _count(counts, cleaned, marks, before)
        click.echo(
            f"{name}: {100 * counts['planted removed'] / counts['planted']:.2f}% of {counts['planted']} planted lines"
            f" removed; {100 * counts['lost'] / counts['words']:.2f}% of {counts['words']} own words removed,"
            f" {100 * counts['lost more'] / counts['words']:.2f}% beyond those removed without the plants"
        )


def _count(counts: Counter[str], cleaned: CleanArticle, marks: Sequence[bool], before: CleanArticle) -> None:
    own = iter(before.roles)
    for line, letter, mark in zip(cleaned.lines, cleaned.roles, marks, strict=True):
        words = len(line.text.split())
        if mark:
            counts["planted"] += 1
            counts["planted removed"] += letter != "B"
            continue
        alone = next(own)
        counts["words"] += words
        counts["lost"] += words * (letter != "B")
        counts["lost more"] += words * (letter != "B" and alone == "B")


@main.command()
@click.argument("news", type=click.Path(path_type=Path, exists=True))
@click.option("--removed", type=click.Path(path_type=Path), help="Write the removed lines here, to be read.")
def harm(news: Path, removed: Path | None) -> None:
    """What is taken from articles that are bodies already, by role."""
    rows = _unseen(news, 1_000_000)
    words: Counter[str] = Counter()
    lines: Counter[tuple[str, str]] = Counter()
    for cleaned in clean_many([_article(row, row["text"]) for row in rows]):
        for line, letter in zip(cleaned.lines, cleaned.roles, strict=True):
            words[letter] += len(line.text.split())
            if letter in "FTL":
                lines[letter, line.text] += 1
    total = words.total()
    shares = ", ".join(f"{letter} {100 * words[letter] / total:.2f}%" for letter in "TLF")
    click.echo(f"{len(rows)} articles, {total} words: removed {shares}")
    if removed:
        ordered = sorted(lines.items(), key=lambda item: (-item[1] * len(item[0][1].split()), item[0]))
        removed.write_text("".join(f"{count}\t{key[0]}\t{key[1]}\n" for key, count in ordered), encoding="utf-8")


@main.command()
@click.argument("lines", type=click.Path(path_type=Path, exists=True))
def shapes(lines: Path) -> None:
    """Words F1 of labelled articles as they are, wrapped at 70 columns, and as one line."""
    rows = _rows(lines)
    for name, shape in (("as they are", "\n".join), ("wrapped at 70 columns", _wrapped), ("one line", " ".join)):
        table: Counter[tuple[bool, bool]] = Counter()
        for row in rows:
            parts = row["text"].split("\n")
            cleaned = clean_many([_article(row, shape(parts))])[0]
            true = [letter == "B" for part, letter in zip(parts, row["classes"], strict=True) for _ in part.split()]
            got = [
                letter == "B"
                for line, letter in zip(cleaned.lines, cleaned.roles, strict=True)
                for _ in line.text.split()
            ]
            table.update(zip(true, got, strict=True))
        hits, lost, left = table[True, True], table[True, False], table[False, True]
        click.echo(f"{name}: words F1 {2 * hits / (2 * hits + lost + left):.4f}, {left} left, {lost} lost")


def _wrapped(parts: Sequence[str]) -> str:
    return "\n".join(
        line
        for part in parts
        for line in textwrap.wrap(part, 70, break_long_words=False, break_on_hyphens=False) or [""]
    )


@main.command()
@click.argument("pairs", type=click.Path(path_type=Path, exists=True))
@click.argument("feed", type=click.Path(path_type=Path, exists=True))
def matching(pairs: Path, feed: Path) -> None:
    """Derived F1 of labelled pairs with nothing removed, by a rule of lengths, and cleaned (with the feed)."""
    articles = [item for item in read_feed(feed) if isinstance(item, Article)]
    cleaned = clean_many(articles, collect_evidence(articles))
    rows = [row for row in _rows(pairs) if not row.get("skip")]
    for name, keeps in (("nothing removed", _all), ("length rule", _long), ("cleaned", None)):
        items = {item.id: item if keeps is None else _by_rule(item, keeps) for item in cleaned}
        table: Counter[tuple[bool, bool]] = Counter()
        for row in rows:
            table[bool(row["derived"]), compare(items[row["a"]], items[row["b"]]).derived] += 1
        hits, missed, false = table[True, True], table[True, False], table[False, True]
        click.echo(
            f"{name}: precision {hits / max(1, hits + false):.3f}, recall {hits / max(1, hits + missed):.3f},"
            f" F1 {2 * hits / max(1, 2 * hits + missed + false):.3f}"
        )


def _by_rule(item: CleanArticle, keeps: Callable[[str], bool]) -> CleanArticle:
    roles = "".join("-" if not line.text.strip() else "B" if keeps(line.text) else "F" for line in item.lines)
    return replace(item, roles=roles)


def _all(line: str) -> bool:
    return True


def _long(line: str) -> bool:
    """Eight words or more that end as a sentence does: the rule of a first version."""
    return len(line.split()) >= 8 and line.rstrip()[-1] in ".!?\"”’'"


if __name__ == "__main__":
    main()
