"""Feeds of any size of short articles on many events, in words made up for each, so that thousands of events do not
look like one: copies, cut texts, mixtures, retold texts, own reports, furniture, equal texts and scraps."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count, islice

from dedup import Article

_PARTS = "ba ce di fo gu ha je ki lo mu na pe ri so tu va we xi yo zu bran cler dorn fel grim hast".split()
_FORMS = (
    ("The {0} of {1} will close its {2} after the {3} failed near {4}, said {5} {6}.",
     "Near {4} the {3} failed, and {1} will shut the {2} of its {0}, according to {5} {6}."),
    ("{5} {6}, who leads the {0}, called the {7} in {1} a {8} for every {2} of the {9}.",
     "Every {2} of the {9} sees a {8} in the {7} of {1}, {5} {6} of the {0} told reporters."),
    ("Residents found {n} {3} in the {7}, where the {8} of {4} had worked since {year}.",
     "Since {year} the {8} of {4} worked at the {7}, in which {n} {3} were found by residents."),
    ("A court in {1} will hear {6} on {day} about the {9}, the {10} and {n} missing {2}.",
     "About {n} {2} that went missing, the {10} and the {9}, {6} will be heard in {1} on {day}."),
    ("Nobody at the {10} would say why {n} tonnes of {11} lay beside the {0} for months.",
     "For months {n} tonnes of {11} lay beside the {0}; why, nobody at the {10} would say."),
    ("The {11} of {4} cost {n} million and was to open with the {8} before {day}.",
     "Before {day} the {8} was to open along with {4}'s {11}, which cost {n} million."),
)  # fmt: skip
_DAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()
OUTLETS = 40
LIKELY = ("whole", "whole", "cut", "mixed", "retold", "own")
SCRAPS = ("Road closed.", "road, closed", "...", "Road closed.", "No trains today, the operator said.")


@dataclass(frozen=True, slots=True)
class _Event:
    """What every account of it shares: its words, its headline, how the agency told it and how that can be retold."""

    number: int
    words: tuple[str, ...]
    headline: str
    told: tuple[str, ...]
    retold: tuple[str, ...]


def town_feed(articles: int, seed: int) -> list[Article]:
    """So many articles, about three an event; one in fifty is a scrap or a text equal to another."""
    return list(islice(_endless(random.Random(seed)), articles))


def new_text(article: Article, seed: int) -> Article:
    """The same article after somebody corrected it."""
    line = f"Correction: an earlier version named the wrong {_word(random.Random(seed))}."
    return Article(article.id, f"{article.text}\n{line}", article.title, outlet=article.outlet)


def _endless(rng: random.Random) -> Iterator[Article]:
    before = _event(rng, 0, ())
    for number in count(1):
        event = _event(rng, number, before.words[:4] if rng.random() < 0.1 else ())
        outlets = rng.sample(range(OUTLETS), rng.randint(1, 5))
        for place, outlet in enumerate(outlets):
            yield _article(rng, event, before, place, f"o{outlet}.example")
        if rng.random() < 0.06:
            text = rng.choice((*SCRAPS, "\n".join(before.told)))
            yield Article(f"{rng.choice('az')}{number:05d}-s", text, outlet=f"o{outlets[0]}.example")
        before = event


def _event(rng: random.Random, number: int, shared: tuple[str, ...]) -> _Event:
    words = (*shared, *(_word(rng) for _ in range(12 - len(shared))))
    facts = {"n": rng.randint(3, 980), "year": rng.randint(1950, 2020), "day": rng.choice(_DAYS)}
    names = [word.capitalize() if at in (1, 4, 5, 6) else word for at, word in enumerate(words)]
    forms = [tuple(form.format(*names, **facts) for form in pair) for pair in rng.sample(_FORMS, len(_FORMS))]
    headline = f"{names[5]} {names[6]} on {words[7]} and {words[9]} in {names[1]}"
    return _Event(number, words, headline, tuple(a for a, _ in forms), tuple(b for _, b in forms))


def _word(rng: random.Random) -> str:
    return "".join(rng.choice(_PARTS) for _ in range(4))


def _article(rng: random.Random, event: _Event, before: _Event, place: int, outlet: str) -> Article:
    kind = "whole" if place == 0 else rng.choice(LIKELY)
    lines = _body(rng, kind, event, before)
    lines = [f"By staff of {outlet}", *lines, f"Read more in the evening letter of {outlet}, free for all readers."]
    published = datetime(2026, 3, 1, tzinfo=UTC) + timedelta(hours=event.number, minutes=7 * place)
    return Article(
        id=f"{rng.choice('abcdefgh')}{event.number:05d}-{place}",
        title=event.headline if rng.random() < 0.8 else None,
        text="\n".join(lines),
        outlet=outlet,
        published=published if rng.random() < 0.9 else None,
    )


def _body(rng: random.Random, kind: str, event: _Event, before: _Event) -> list[str]:
    if kind == "cut":
        return list(event.told[: rng.randint(2, 4)])
    if kind == "mixed":
        return [*event.told[:3], *before.told[3:]]
    if kind == "retold":
        return list(event.retold)
    if kind == "own":
        return [*event.retold[3:], f"{_word(rng).capitalize()} asked {event.words[0]} for {_word(rng)}."]
    return list(event.told)


def ring_feed(events: int, articles: int, seed: int) -> list[Article]:
    """Own reports of events in a ring, each with names of one event and of the next: links that can shape a story lead
    all the way round, though hardly a text derives from another."""
    rng = random.Random(seed)
    ring = [tuple(_word(rng).capitalize() for _ in range(12)) for _ in range(events)]
    made = []
    for number in range(articles):
        at, own = rng.randrange(events), rng.random()
        lines = [_line(rng, ring[at if rng.random() < own else (at + 1) % events]) for _ in range(9)]
        headline = " ".join(rng.sample(ring[at], 3))
        made.append(Article(f"r{number:04d}", "\n".join(lines), headline, outlet=f"o{number % OUTLETS}.example"))
    return made


def _line(rng: random.Random, names: tuple[str, ...]) -> str:
    words = [*rng.sample(names, 4), *(_word(rng) for _ in range(5))]
    rng.shuffle(words)
    return f"The {' '.join(words)} was told on {rng.choice(_DAYS)}."
