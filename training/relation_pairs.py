"""Further pairs to train the relation model on, whose answer is known without a reader.

Mined negatives: articles of a mixed feed of years that share words but were published more than a month apart, and
articles of two different events. What such pairs share is quotations, authors' lines, templates and stock background.
Planted pairs: copies, cuts and mixes of real articles, two or three sentences of prose moved into another article
(derived), and only quotations moved into another article (not derived).
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from dedup.match.features import NAMES, evidence
from dedup.match.overlap import rolling
from dedup.match.profile import Profile
from dedup.models import Article, CleanArticle

APART_DAYS = 30
MOST_COVERED = 0.35
"""A pair far apart in time that shares more than this of the shorter text is left out: it may be a true copy."""


class Planted(NamedTuple):
    """A text made from real articles, and whether it is derived from ``source`` (a position)."""

    kind: str
    source: int
    lines: tuple[str, ...]
    derived: bool


def sharing_pairs(profiles: Sequence[Profile], least: int = 2, crowd: int = 30) -> list[tuple[int, int]]:
    """Positions of pairs that share at least ``least`` 8-grams, those in more than ``crowd`` texts left out; sorted."""
    every = [np.unique(rolling(item.words.hashes, 8)) for item in profiles]
    grams, owner = np.concatenate(every), np.repeat(np.arange(len(profiles)), [len(own) for own in every])
    order = np.argsort(grams, kind="stable")
    grams, owner = grams[order], owner[order]
    starts = np.flatnonzero(np.r_[True, grams[1:] != grams[:-1]])
    counts: dict[tuple[int, int], int] = {}
    for start, end in zip(starts, np.r_[starts[1:], grams.shape[0]], strict=True):
        if 2 <= end - start <= crowd:
            members = owner[start:end].tolist()
            for k, first in enumerate(members):
                for second in members[k + 1 :]:
                    counts[first, second] = counts.get((first, second), 0) + 1
    return sorted(pair for pair, count in counts.items() if count >= least)


def apart_in_time(profiles: Sequence[Profile], number: int, seed: int = 1) -> list[tuple[int, int]]:
    """A sample of sharing pairs more than APART_DAYS apart that do not look like copies."""
    found = []
    for i, j in sharing_pairs(profiles):
        first, second = profiles[i].time, profiles[j].time
        if first is None or second is None or abs(first - second) < APART_DAYS * 86400:
            continue
        found.append((i, j))
    random.Random(seed).shuffle(found)
    kept = []
    for i, j in found:
        if evidence(profiles[i], profiles[j]).values[NAMES.index("covered_s")] <= MOST_COVERED:
            kept.append((i, j))
        if len(kept) == number:
            break
    return sorted(kept)


def other_events(
    profiles: Sequence[Profile], event: dict[str, str], number: int, seed: int = 1
) -> list[tuple[int, int]]:
    """A sample of sharing pairs of different events; ``event`` by article id."""
    found = [(i, j) for i, j in sharing_pairs(profiles, 1) if event[profiles[i].id] != event[profiles[j].id]]
    random.Random(seed).shuffle(found)
    return sorted(found[:number])


def body_lines(clean: CleanArticle) -> list[str]:
    return [clean.text[start:end].strip() for start, end in clean.body_spans]


def _sentences(line: str) -> list[str]:
    return [part for part in re.split(r"(?<=[.!?])\s+(?=[A-Z])", line) if part]


def _edit(line: str, share: float, words: Sequence[str], rng: random.Random) -> str:
    """Replace, drop or double ``share`` of the words."""
    out: list[str] = []
    for word in line.split(" "):
        if rng.random() >= share:
            out.append(word)
        elif rng.random() < 0.6:
            out.append(rng.choice(words))
        elif rng.random() < 0.5:
            out.extend((word, rng.choice(words)))
    return " ".join(out)


def plant(cleaned: Sequence[CleanArticle], number: int, seed: int = 1) -> Iterator[Planted]:
    """``number`` planted texts of each kind: cut, drop, edit, mix, lift (derived), sentence, quotes (not derived)."""
    rng = random.Random(seed)
    usable = [i for i, item in enumerate(cleaned) if len(item.body_spans) >= 8]
    words = sorted({word for i in usable[:50] for word in cleaned[i].body.split()})
    for _ in range(number):
        source, host = rng.sample(usable, 2)
        lines, others = body_lines(cleaned[source]), body_lines(cleaned[host])
        kept = lines[: max(3, round(len(lines) * rng.uniform(0.3, 0.9)))]
        yield Planted("cut", source, tuple(kept), True)
        yield Planted("drop", source, tuple(line for line in lines if rng.random() < 0.75) or tuple(lines), True)
        share = rng.uniform(0.01, 0.08)
        yield Planted("edit", source, tuple(_edit(line, share, words, rng) for line in lines), True)
        mixed = [_edit(line, share / 2, words, rng) for line in kept if rng.random() < 0.85] or lines
        yield Planted("mix", source, tuple(mixed), True)
        yield from _moved(source, lines, others, rng)


def as_body(name: str, lines: Sequence[str]) -> CleanArticle:
    """A clean article of body lines only."""
    text = "\n".join(lines)
    ends = np.cumsum([len(line) + 1 for line in lines]) - 1
    starts = [int(end) - len(line) for line, end in zip(lines, ends, strict=True)]
    return CleanArticle(Article(name, text), text, tuple(starts), tuple(map(int, ends)), "B" * len(lines))


def _moved(source: int, lines: list[str], others: list[str], rng: random.Random) -> Iterator[Planted]:
    """Prose of one article in another: 35 words or more (partial), or one short sentence or quotations only."""
    prose = [s for line in lines for s in _sentences(line) if not re.search('["“”‘]', s) and len(s.split()) >= 10]
    if len(prose) >= 4:
        start = rng.randrange(len(prose) - 2)
        taken = prose[start : start + rng.choice((2, 3))]
        if sum(len(s.split()) for s in taken) >= 35:
            place = rng.randrange(1, len(others))
            yield Planted("lift", source, (*others[:place], " ".join(taken), *others[place:]), True)
    if prose:
        short = others[: rng.randint(3, 8)]
        place = rng.randrange(1, len(short))
        sentence = min(rng.sample(prose, min(3, len(prose))), key=len)
        if len(sentence.split()) <= 22:
            yield Planted("sentence", source, (*short[:place], sentence, *short[place:]), False)
    quotes = [q for line in lines for q in re.findall('["“][^"“”]{60,}["”]', line)]
    if quotes:
        place = rng.randrange(1, len(others))
        said = rng.choice(("he said", "she added", "the statement reads", "according to the transcript"))
        shown = tuple(f"{quote} {said}." for quote in quotes[:3])
        yield Planted("quotes", source, (*others[:place], *shown, *others[place:]), False)
