"""Feeds of made-up news for tests: text written here, nobody's."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

from dedup import Article

_NAMES = (
    "Aldera Brumont Castavel Dorvik Elmire Fenwark Gallist Horvend Istrane Jolmar Kestrin Lorvane Mistal Norvik".split()
)
_OFFICES = "minister mayor spokeswoman governor prosecutor director commissioner judge surgeon engineer".split()
_DEEDS = "approved rejected delayed announced defended questioned revised suspended praised cancelled".split()
_THINGS = "budget bridge inquiry treaty harvest reactor stadium ferry tariff vaccine festival mine dam school".split()
_PLACES = "harbour valley capital border coast province old town northern district airport".split()
_TIMES = "on Monday,on Tuesday,late on Friday,after a vote,before dawn,during talks,without notice".split(",")
_WHYS = (
    "costs had risen by {n} percent,the committee found {n} faults,{n} families complained,a court had asked for it,"
    "engineers counted {n} cracks,the neighbours wanted {n} more days,no bidder had offered more than {n} million"
).split(",")


def sentence(rng: random.Random) -> str:
    """One sentence of made-up news, some 20 words."""
    pick = rng.choice
    why = pick(_WHYS).format(n=rng.randint(3, 980))
    return (
        f"The {pick(_OFFICES)} of {pick(_NAMES)} {pick(_DEEDS)} the {pick(_THINGS)} near the {pick(_PLACES)} "
        f"{pick(_TIMES)} because {why}, {pick(_NAMES)} {pick(_OFFICES)} {pick(_NAMES)} {pick(_NAMES)} said."
    )


def paragraphs(rng: random.Random, count: int) -> list[str]:
    """Paragraphs of two sentences each."""
    return [f"{sentence(rng)} {sentence(rng)}" for _ in range(count)]


def wire_feed(stories: int, copies: int, seed: int) -> list[Article]:
    """``stories`` wire stories of eight paragraphs, each carried by ``copies`` outlets: whole, cut, or edited."""
    rng = random.Random(seed)
    feed = []
    for number in range(stories):
        body = paragraphs(rng, 8)
        headline = f"{rng.choice(_NAMES)} {rng.choice(_DEEDS)} {rng.choice(_THINGS)} over {rng.choice(_THINGS)} row"
        start = datetime(2026, 3, 1, tzinfo=UTC) + timedelta(hours=5 * number)
        for copy in range(copies):
            kept = body[: len(body) - 3 * (copy % 2)]
            opening = f"{rng.choice(_NAMES).upper()} (AP) — " if copy % 3 == 0 else ""
            text = "\n".join([headline, opening + kept[0], *kept[1:], "Sign up for our newsletter"])
            feed.append(
                Article(
                    id=f"s{number:03d}-{copy}",
                    title=headline,
                    text=text,
                    outlet=f"outlet{copy}.example",
                    published=start + timedelta(minutes=7 * copy),
                )
            )
    return feed
