"""The report's phrases: relations, counts, times and shares, in words an editor uses."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from urllib.parse import urlsplit

from dedup.models import Credit, Member, Origin
from dedup.report.safe import link

__all__ = [
    "LABELS",
    "LIMITS",
    "MEANINGS",
    "NOUNS",
    "SPREAD",
    "by_id",
    "count",
    "delay",
    "length",
    "listing",
    "moment",
    "names",
    "origin_lead",
    "origin_role",
    "origin_short",
    "percent",
    "period",
    "place",
    "shared",
    "source",
    "span",
]

LABELS: Mapping[str, str] = MappingProxyType(
    {
        "origin": "Origin",
        "copy": "Copy",
        "excerpt": "Excerpt",
        "partial": "Partial",
        "rewrite": "Rewrite",
        "independent": "Independent",
        "same_story": "Same story",
        "related": "Related",
        "unrelated": "Unrelated",
    }
)
MEANINGS: Mapping[str, str] = MappingProxyType(
    {
        "origin": "the best-supported first version of the text",
        "copy": "the body in full, or nearly: at most a fifth was edited",
        "excerpt": "a cut or an expanded version: most of the shorter text is in the other",
        "partial": "a substantial passage of the text, together with other text",
        "rewrite": "reworded from the same source text, little of it word for word",
        "independent": "the same event, in a text that no other article here carries",
    }
)
NOUNS: Mapping[str, str] = MappingProxyType(
    {
        "origin": "origin",
        "copy": "copy",
        "excerpt": "excerpt",
        "partial": "partial copy",
        "rewrite": "rewrite",
        "independent": "independent",
    }
)
LIMITS: Mapping[str, str] = MappingProxyType(
    {
        "neighbours_each": "pairs of alike wording beyond the most similar ones of an article: not compared",
        "neighbour_terms": "words in so many articles that they bring no pair together on their own",
        "sample_buckets": "shingles in so many articles that each of these met only its nearest",
        "band_buckets": "signature bands in so many articles that each of these met only its nearest",
        "candidates_each": "pairs beyond the best candidates of an article: not compared",
    }
)
"""What each count of ``Stats.caps`` means; one not listed is shown by its name."""
SPREAD = ("origin", "copy", "excerpt", "partial", "rewrite", "independent")
"""Relations of a story's members, from closest to the source text to furthest."""

_PLURALS = MappingProxyType(
    {
        "copy": "copies",
        "partial copy": "partial copies",
        "match": "matches",
        "story": "stories",
        "agency": "agencies",
        "independent": "independent",
    }
)


def count(number: int, noun: str) -> str:
    """ "1 article", "1,204 articles"."""
    plural = _PLURALS.get(noun, f"{noun}s")
    return f"{number:,} {noun if number == 1 else plural}"


def listing(items: Iterable[str]) -> str:
    """ "a", "a and b", "a, b and c"."""
    *most, last = list(items) or [""]
    return f"{', '.join(most)} and {last}" if most else last


def names(credits: Iterable[Credit]) -> list[str]:
    """The agencies named, each once, the surest first."""
    ordered = sorted(credits, key=lambda item: (-item.confidence, item.agency))
    return list(dict.fromkeys(item.agency for item in ordered))


def shared(passages: int, words: int) -> str:
    """ "3 shared passages, 412 words."; a sentence too where there is none."""
    return f"{count(passages, 'shared passage')}, {count(words, 'word')}." if passages else "No shared passage."


def by_id(members: Iterable[Member]) -> dict[str, Member]:
    """Members by their ids."""
    return {member.id: member for member in members}


def source(member: Member) -> str:
    """Who published an article: its outlet, else the host of its address, else its id."""
    return place(member.outlet, member.url, member.id)


def place(outlet: str | None, url: str | None, otherwise: str) -> str:
    """An outlet, else the host of an address, else what is given."""
    if outlet:
        return outlet
    host = urlsplit(link(url) or "").hostname
    return (host.removeprefix("www.") if host else "") or otherwise


def origin_lead(origin: Origin) -> str:
    """How an origin is introduced, by what it rests on: a share of the evidence alone does not make it the first."""
    if origin.basis in ("site", "canonical"):
        return "Held to be the origin" if origin.confidence >= 0.5 else "Probably the origin"
    if origin.basis == "clock":
        return "Probably the first" if origin.confidence >= 0.7 else "The earliest here by its time"
    return "Cannot tell which came first; the others are compared with"


def origin_role(origin: Origin) -> str:
    """The same of an article by itself."""
    if origin.basis in ("site", "canonical"):
        return "held to be the origin of its text"
    if origin.basis == "clock":
        return "the earliest by its time of those that carry its text"
    return "what the others with its text are compared with; which came first cannot be told"


def origin_short(origin: Origin) -> str:
    """The same in a word or two, for a list."""
    return {"site": "origin", "canonical": "origin", "clock": "first"}.get(origin.basis, "compared with")


def percent(share: float) -> str:
    """A share of 0..1 as a whole percentage; never 0% for something nor 100% for less than all."""
    if 0 < share < 0.01:
        return "under 1%"
    return f"{min(99, round(share * 100)) if share < 0.9995 else 100}%"


def moment(when: datetime | None) -> str:
    """ "15 Jul 2018, 14:05 UTC"; midnight sharp is taken for a date without a time."""
    if when is None:
        return "time unknown"
    when = _utc(when)
    day = f"{when.day} {when:%b} {when.year}"
    return day if (when.hour, when.minute, when.second) == (0, 0, 0) else f"{day}, {when:%H:%M} UTC"


def period(first: datetime | None, last: datetime | None) -> str:
    """From when to when: "15 Jul 2018, 14:05–16:20 UTC" or "between ... and ..."."""
    if first is None or last is None or moment(first) == moment(last):
        return moment(first or last)
    start, end = moment(first), moment(last)
    day, _, hour = start.partition(", ")
    if hour and end.startswith(f"{day}, "):
        return f"{day}, {hour.removesuffix(' UTC')}–{end.partition(', ')[2]}"
    return f"between {start} and {end}"


def span(first: datetime | None, last: datetime | None) -> str:
    """How long a story ran: "within a minute", "over 3 hours", "over 12 days"; "" where a time is unknown or the only
    one: of one dated article nothing can be said."""
    if first is None or last is None or last <= first:
        return ""
    long = length(last - first)
    return f"over {long}" if long else "within a minute"


def delay(first: datetime | None, when: datetime | None) -> str:
    """How long after the first: "+2 h 14 min"; "" for the first itself or an unknown time."""
    if first is None or when is None or when <= first:
        return ""
    minutes = int((when - first).total_seconds() // 60)
    days, minutes = divmod(minutes, 24 * 60)
    hours, minutes = divmod(minutes, 60)
    if days >= 10:
        return f"+{days:,} days"
    parts = [
        f"{days} d" if days else "",
        f"{hours} h" if hours else "",
        f"{minutes} min" if minutes and not days else "",
    ]
    return "+" + (" ".join(part for part in parts if part) or "0 min")


def length(time: timedelta) -> str:
    """ "45 minutes", "3 hours", "2 days"; "" under a minute."""
    minutes = int(time.total_seconds() // 60)
    if minutes < 1:
        return ""
    if minutes < 90:
        return count(minutes, "minute")
    if minutes < 10 * 60 and minutes % 60:
        return f"{count(minutes // 60, 'hour')} {count(minutes % 60, 'minute')}"
    if minutes < 48 * 60:
        return count(round(minutes / 60), "hour")
    return count(round(minutes / (24 * 60)), "day")


def _utc(when: datetime) -> datetime:
    return when.astimezone(UTC)
