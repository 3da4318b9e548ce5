"""Articles added in bulk: where a call brings so many that working everything out at once is cheaper."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from itertools import chain

from dedup.index.answers import Verdict
from dedup.index.bulk.fill import given_of, refill
from dedup.index.bulk.rows import parts_of
from dedup.index.caps import add_caps
from dedup.index.codec import article_bytes, content_digest
from dedup.index.contract import Writing
from dedup.index.desk import COUNT, article_count, refuse_empty, verdict_of
from dedup.index.kept import Memory
from dedup.index.lookup import all_articles
from dedup.index.shelf import Shelf
from dedup.models import Article
from dedup.settings import Settings

LEAST = 256
"""New articles from which on a call is worked out in bulk. Into an empty index 100, 250, 1,000 and 4,000 took .9, .9,
.8 and 1.1 ms of processor time each, and 2.1, 1.8, 1.9 and 2.5 otherwise; with a few there is nothing to be gained."""
TIMES = 2
"""How many times as many may be there already. A new article then takes 4.5 ms (4,000 to 8,000) instead of 7.3; where
there are as many 2.7 instead of 4.7 (4,000 to 4,000) or 3.5 instead of 7.9 (8,000 to 8,000)."""


def add_in_bulk(
    view: Writing, settings: Settings, now: datetime, articles: Sequence[Article], most: int
) -> list[Verdict] | None:
    """Take articles in, of one text each, where that is worth making all of the index anew. Their verdicts; None where
    it is not, and nothing was written. The store lets so many as ``most`` be written in one transaction."""
    held, given = article_count(view), {article.id: article for article in reversed(articles)}
    if not _pays(held, len(given)) or held + len(given) > most:
        return None
    refuse_empty(articles)
    known = _known(view, settings, given) if held else {}
    if known is None or not _pays(held, len(given) - len(known)):
        return None
    following = (view.last("facts") or 0) + 1
    names = (name for name in dict.fromkeys(article.id for article in articles) if name not in known)
    fresh = list(enumerate((given[name] for name in names), following))
    every = given_of(chain(all_articles(view) if held else (), fresh), following)
    for part in parts_of(len(fresh)):
        view.put("article", ((number, article_bytes(article)) for number, article in fresh[part]))
    filled = refill(view, settings, now, every)
    add_caps(view, filled.caps)
    view.name(COUNT, str(held + len(fresh)))
    verdicts = {verdict.id: verdict for verdict in filled.verdicts}
    verdicts |= {name: verdict_of(view.get("verdict", [number])[number]) for name, number in known.items()}
    return [verdicts[article.id] for article in articles]


def _pays(held: int, fresh: int) -> bool:
    return fresh >= LEAST and held <= TIMES * fresh


def _known(view: Writing, settings: Settings, given: dict[str, Article]) -> dict[str, int] | None:
    """The numbers of those that are there; None where one of them has another text now."""
    shelf = Shelf(view, settings, Memory())
    known = shelf.numbers(list(given))
    facts = shelf.facts(known.values())
    same = all(facts[number].content == content_digest(given[name]) for name, number in known.items())
    return known if same else None
