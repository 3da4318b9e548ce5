"""A feed as sites publish it: wire copies whole and cut, own reports, furniture, teasers, equal texts, scraps."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

from dedup import Article
from tests.feeds import paragraphs, sentence

OUTLETS = ("harbour-post.example", "valley-times.example", "coast.example", "north.example", "daily.example")


def site_feed(stories: int, seed: int) -> list[Article]:
    """About five articles a story, at most one an outlet."""
    rng = random.Random(seed)
    bodies = [paragraphs(rng, rng.randint(3, 8)) for _ in range(stories)]
    headlines = [" ".join(sentence(rng).split()[1:10]) for _ in range(stories)]
    feed = []
    for number, body in enumerate(bodies):
        for place, outlet in enumerate(rng.sample(OUTLETS, rng.randint(2, len(OUTLETS)))):
            feed.append(_article(rng, (number, place), outlet, headlines[number], body, headlines))
    return feed + _scraps(rng)


def _article(
    rng: random.Random, at: tuple[int, int], outlet: str, headline: str, body: list[str], headlines: list[str]
) -> Article:
    number, place = at
    kept = body[: max(2, len(body) - rng.choice((0, 0, 2, 3)))]
    if rng.random() < 0.2:
        kept = [kept[0], *paragraphs(rng, 3)]
    lines = [headline] if rng.random() < 0.5 else []
    lines += [f"By staff of {outlet}", *kept]
    lines += [f"Subscribe to the morning letter of {outlet} and never miss a story again.", "Advertisement"]
    lines += rng.sample(headlines, 1) if rng.random() < 0.4 else []
    published = datetime(2026, 3, 1, tzinfo=UTC) + timedelta(hours=9 * number, minutes=7 * place)
    return Article(
        id=f"{rng.choice('abcdefgh')}{number:03d}-{place}",
        title=headline if rng.random() < 0.8 else None,
        text="\n".join(lines),
        outlet=outlet,
        published=published if rng.random() < 0.9 else None,
    )


def _scraps(rng: random.Random) -> list[Article]:
    """Short texts, some equal, and one text under three ids with other headlines."""
    twin = "\n".join(paragraphs(rng, 4))
    texts = ["Ferry delayed.", "Ferry delayed.", "ferry, delayed", "...", twin, twin, twin + "\n", twin]
    return [
        Article(id=f"{rng.choice('az')}-scrap-{i}", text=text, title=f"Notice {i}" if i % 3 else None)
        for i, text in enumerate(texts)
    ]
