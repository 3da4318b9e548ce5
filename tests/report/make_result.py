"""Results made by hand, so that the report is tested without the stages that make real ones."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from dedup.models import (
    Article,
    CleanArticle,
    Credit,
    Group,
    Match,
    Member,
    Origin,
    Passage,
    Rejection,
    Relation,
    Result,
    Stats,
    Story,
)

SEEDS = Path(__file__).parents[2] / "seeds"
START = datetime(2024, 3, 18, 6, 30, tzinfo=UTC)


def clean(article: Article, roles: str, headline: str | None = None, credits: Sequence[Credit] = ()) -> CleanArticle:
    """A clean article of lines with the given letters; the letters' number is the lines'."""
    starts, ends, at = [], [], 0
    for line in article.text.split("\n"):
        starts.append(at)
        ends.append(at + len(line))
        at += len(line) + 1
    assert len(starts) == len(roles), (article.id, len(starts), len(roles))
    return CleanArticle(
        article,
        article.text,
        tuple(starts),
        tuple(ends),
        roles,
        headline or article.title,
        byline=article.byline,
        credits=tuple(credits),
        published=article.published,
    )


def passages(a: CleanArticle, b: CleanArticle, least: int = 5) -> tuple[Passage, ...]:
    """Runs of shared words of the bodies, slow and obvious."""
    words_a, words_b = _words(a), _words(b)
    blocks = difflib.SequenceMatcher(None, [w for w, *_ in words_a], [w for w, *_ in words_b], autojunk=False)
    return tuple(
        Passage(words_a[i][1], words_a[i + n - 1][2], words_b[j][1], words_b[j + n - 1][2], n)
        for i, j, n in blocks.get_matching_blocks()
        if n >= least
    )


def _words(item: CleanArticle) -> list[tuple[str, int, int]]:
    return [
        (found.group().lower(), start + found.start(), start + found.end())
        for start, end in item.body_spans
        for found in re.finditer(r"\w+", item.text[start:end])
    ]


def member(item: CleanArticle, relation: str = "independent", share: float = 0.0, credited: bool = False) -> Member:
    source = item.article
    return Member(
        item.id,
        item.headline,
        source.outlet,
        source.url,
        item.published,
        item.byline,
        item.dateline,
        item.credits,
        relation,
        share,
        credited,
    )


def match(a: CleanArticle, b: CleanArticle, relation: Relation, *reasons: str, score: float = 0.97) -> Match:
    found = passages(a, b) if relation not in ("related", "unrelated") else ()
    shared = sum(item.words for item in found)
    contained = (min(1.0, shared / max(1, len(_words(a)))), min(1.0, shared / max(1, len(_words(b)))))
    return Match(a.id, b.id, relation, score, 0.9, min(contained) * 0.8, contained, 0.8, found, reasons)


def result_of(
    stories: Sequence[Story], articles: Sequence[CleanArticle], matches: Sequence[Match], **more: object
) -> Result:
    stats = Stats(
        read=len(articles),
        accepted=len(articles),
        articles=len(articles),
        stories=len(stories),
        groups=sum(len(story.groups) for story in stories),
        compared=len(matches),
        candidates=len(matches),
        derived=sum(item.derived for item in matches),
    )
    values: dict[str, object] = {"rejections": (), "stats": stats, "settings": "0123456789abcdef", **more}
    return Result(
        stories=tuple(sorted(stories, key=lambda item: (-len(item.articles), item.story_id))),
        matches=tuple(sorted(matches, key=lambda item: (item.a, item.b))),
        articles={item.id: item for item in sorted(articles, key=lambda item: item.id)},
        **values,  # type: ignore[arg-type]
    )


def seed_articles() -> dict[str, CleanArticle]:
    """The five seeds with the roles and credits of gold.json, under their short names."""
    gold = json.loads((SEEDS / "gold.json").read_text(encoding="utf-8"))
    outlets = {
        "000": "macaudailytimes.com.mo",
        "001": "koreajoongangdaily.com",
        "002": "thehillstimes.in",
        "003": "globalsecurity.example",
        "004": "yna.co.kr",
    }
    days = {"000": 20, "001": 8, "002": 12, "003": -24 * 130, "004": 24 * 160}
    found = {}
    for path in sorted(SEEDS.glob("*.txt")):
        name = path.name[:3]
        roles = gold["lines"][path.name]
        text = path.read_text(encoding="utf-8")
        headline = next(line for line, role in zip(text.split("\n"), roles, strict=True) if role == "T")
        article = Article(
            name,
            text,
            title=headline,
            outlet=outlets[name],
            url=f"https://{outlets[name]}/{name}",
            published=START + timedelta(hours=days[name]),
            byline=gold["byline"].get(name),
        )
        credits = [
            Credit(agency, "(AP)" if agency == "AP" else agency, 0.9 - n / 5)
            for n, agency in enumerate(gold["credit"][name])
        ]
        found[name] = clean(article, roles, headline, credits)
    return found


def seed_result() -> Result:
    """What gold.json expects of the seeds."""
    held = seed_articles()
    matches = [
        match(
            held["000"],
            held["002"],
            "excerpt",
            "98% of the shorter text (260 words) stands word for word in the longer one (403 words), and is 63% of it",
            "both open with the same 33 words",
            "both credit AP",
        ),
        match(
            held["000"],
            held["001"],
            "same_story",
            "the same news conference, the same names, other wording",
            score=0.04,
        ),
        match(held["001"], held["002"], "same_story", "the same news conference, other wording", score=0.04),
        match(held["000"], held["003"], "related", "same subject, months apart", score=0.01),
    ]
    first, cut = member(held["000"], "origin", 1.0, True), member(held["002"], "excerpt", 0.62, True)
    group = Group(
        "g-000",
        (first, cut),
        Origin(
            "000",
            ("the longer text", "signed by its author"),
            0.7,
            "text",
            ("1 of the others carries an earlier time",),
        ),
        (Credit("AP", "MDT/AP", 0.95),),
    )
    told = Story(
        "000",
        first.headline or "",
        (first, member(held["001"]), cut),
        (group,),
        ("003", "004"),
        2,
        held["001"].published,
        held["000"].published,
    )
    lone = [
        Story(
            name,
            held[name].headline or "",
            (member(held[name]),),
            related=("000",),
            first=held[name].published,
            last=held[name].published,
        )
        for name in ("003", "004")
    ]
    return result_of([told, *lone], list(held.values()), matches)


BREAKS = {ord("\n"): " "}
WORDS = (
    "minister port strike council harbour vote budget train river storm bridge school union court judge price grain "
    "oil village mayor hospital nurse wage talks border treaty island ferry tax reform inquiry report witness"
).split()


def wire_result(copies: int, lone: int = 0, stories: int = 1) -> Result:
    """Stories of ``copies`` articles each around one agency text, cut and expanded in turn, and ``lone`` others."""
    made: list[Story] = []
    articles: list[CleanArticle] = []
    matches: list[Match] = []
    for number in range(stories):
        held = _wire_story(number, copies)
        articles += held[1]
        matches += held[2]
        made.append(held[0])
    for number in range(lone):
        item = _plain(f"lone-{number:05}", f"outlet{number % 40}.example", START + timedelta(minutes=number), number, 6)
        articles.append(item)
        made.append(Story(item.id, item.headline or "", (member(item),), first=item.published, last=item.published))
    return result_of(made, articles, matches)


def of_one_outlet(result: Result) -> Result:
    """The same result with one outlet for all its articles."""

    def moved(members: tuple[Member, ...]) -> tuple[Member, ...]:
        return tuple(replace(member, outlet="blog.example") for member in members)

    stories = tuple(
        replace(
            story,
            articles=moved(story.articles),
            groups=tuple(replace(group, articles=moved(group.articles)) for group in story.groups),
        )
        for story in result.stories
    )
    return replace(result, stories=stories)


def _wire_story(number: int, copies: int) -> tuple[Story, list[CleanArticle], list[Match]]:
    base = _plain(
        f"s{number}-000", "wire.example", START + timedelta(days=number), number, 12, (Credit("AP", "(AP)", 0.98),)
    )
    lines = base.text.split("\n")
    items, members, matches = [base], [member(base, "origin", 1.0, True)], []
    relations: tuple[Relation, ...] = ("copy", "excerpt", "partial", "rewrite")
    for copy in range(1, copies):
        relation = relations[copy % 4]
        kept = {"copy": lines, "excerpt": lines[:8], "partial": lines[:2] + lines[5:7], "rewrite": lines[:2]}[relation]
        own = [f"{_sentence(number * 100 + copy + n)}" for n in range(2 if relation == "copy" else 4)]
        sidebar = ["Most read", "Weather: 12 C", "Subscribe to our newsletter", "Five things to know today"]
        text = "\n".join([*kept, *own, *sidebar])
        roles = "T-" + "B" * (len(kept) - 2 + len(own)) + "F" * 4
        credited = copy % 3 != 0
        article = Article(
            f"s{number}-{copy:03}",
            text,
            title=lines[0],
            outlet=f"outlet{copy % 60}.example",
            url=f"https://outlet{copy % 60}.example/{number}/{copy}",
            published=START + timedelta(days=number, minutes=17 * copy),
        )
        item = clean(article, roles, credits=(Credit("AP", "(AP)", 0.9),) if credited else ())
        items.append(item)
        members.append(member(item, relation, len(kept) / len(lines), credited))
        matches.append(match(base, item, relation, f"{len(kept) - 2} of {len(lines) - 2} paragraphs stand in both"))
    group = Group(
        f"g{number}",
        tuple(members),
        Origin(base.id, ("the first by 17 minutes", "the agency's own page"), 0.93, "site"),
        (Credit("AP", "(AP)", 0.98),),
    )
    times = [item.published for item in items if item.published]
    story = Story(base.id, lines[0], tuple(members), (group,), (), 1, min(times), max(times))
    return story, items, matches


def _plain(
    name: str, outlet: str, when: datetime, seed: int, paragraphs: int, credits: Sequence[Credit] = ()
) -> CleanArticle:
    headline = " ".join(WORDS[(seed * 7 + n * 3) % len(WORDS)] for n in range(6)).capitalize()
    body = [_sentence(seed * 31 + n * 5) for n in range(paragraphs)]
    article = Article(
        name,
        "\n".join([headline, "", *body]),
        title=headline,
        outlet=outlet,
        published=when,
        url=f"http://{outlet}/{name}",
    )
    return clean(article, "T-" + "B" * paragraphs, headline, credits)


def _sentence(seed: int) -> str:
    words = [WORDS[(seed * (n + 3) + n * n) % len(WORDS)] for n in range(26)]
    return f"The {' '.join(words)}, number {seed}, officials said."


def hostile_result(payloads: Sequence[str]) -> Result:
    """For each payload a story, a lone article and a rejection with the payload in every field a feed can fill."""
    stories: list[Story] = []
    articles: list[CleanArticle] = []
    matches: list[Match] = []
    for number, payload in enumerate(payloads):
        items = [_hostile_article(payload, number, copy) for copy in range(4)]
        kinds = ("origin", "copy", "independent", "independent")
        members = [member(item, kind, 0.5, kind == "origin") for item, kind in zip(items, kinds, strict=True)]
        credits = (Credit(payload, payload, 0.5),)
        group = Group(f"{payload}{number}", tuple(members[:2]), Origin(items[0].id, (payload,), 0.5), credits)
        lone = f"{payload}{number}lone"
        told = f"{payload}{number}"
        stories.append(Story(told, payload, tuple(members[:3]), (group,), (lone,), 2, START, START))
        stories.append(Story(lone, payload, (members[3],), first=START, last=START))
        matches += [match(items[0], items[1], "copy", payload), match(items[0], items[2], "same_story", payload)]
        articles += items
    rejections = tuple(Rejection(text, text, "json-syntax", text, text, "", b"raw") for text in payloads)
    counts = dict.fromkeys(payloads, 3)
    stats = Stats(read=5, accepted=4, rejected=1, articles=4, repairs=counts, rejected_by_code=counts, caps=counts)
    return result_of(stories, articles, matches, rejections=rejections, stats=stats, settings=payloads[0])


def _hostile_article(payload: str, number: int, copy: int) -> CleanArticle:
    lines = ("headline", "byline", "and a body of words shared by both of these", "menu", "a", "b")
    text = "\n".join(f"{payload.translate(BREAKS)} {line}" for line in lines)
    article = Article(
        f"{payload}{number}-{copy}",
        text,
        title=payload,
        url=payload,
        outlet=payload,
        published=START + timedelta(hours=copy),
        byline=payload,
        credit=payload,
        canonical=payload,
    )
    return clean(article, "TLBFFF", payload, (Credit(payload, payload, 0.9),))
