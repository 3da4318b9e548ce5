"""The one place that knows the order of the stages: intake, evidence, clean, sketch, candidates, compare, stories.

Every stage is a plain function over chunks of data, so that one process, a pool of processes and the index run the
very same code; only the ``Runner``, how chunks are mapped, differs.
"""

from __future__ import annotations

import gc
import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any, NamedTuple, Protocol, TypeVar

import numpy as np
import numpy.typing as npt

from dedup.errors import ArticleError
from dedup.match.candidates import candidate_pairs
from dedup.match.neighbours import Keys, join_keys, neighbours_by_keys
from dedup.match.outline import Drawn, Glances, Outlines, draw, glance, join_outlines
from dedup.match.profile import make_profile, make_profiles
from dedup.match.relation import compare_many, compare_profiles
from dedup.models import Article, CleanArticle, Match, Rejection, Result, Stats, Story
from dedup.settings import Settings
from dedup.sketch import SketchTable
from dedup.sketch.table import join_tables
from dedup.stories import build_stories
from dedup.text.clean import clean, clean_many
from dedup.text.evidence import FeedEvidence, collect_evidence, merge_evidence

__all__ = [
    "Progress",
    "Runner",
    "SerialRunner",
    "check_article",
    "clean",
    "clean_feed",
    "compare",
    "find_stories",
    "refuse",
]

Progress = Callable[[str, int, int], None]
"""Called as ``progress(stage, done, total)`` while a stage works; ``done`` and ``total`` count articles or pairs."""

Shared = TypeVar("Shared")
Chunk = TypeVar("Chunk")
Made = TypeVar("Made")

ARTICLES_A_CHUNK = 256
GLANCES_A_CHUNK = 1 << 16
PAIRS_A_CHUNK, PROFILES_A_CHUNK = 8192, 2500
"""Pairs that share the profiles of their articles, as many as have so many articles (of 45 kB each): in 50,000 articles
with 2.4 such pairs each a profile is made 1.6 times."""


SELDOM = 200_000
"""Objects made between two looks for cycles."""


class Runner(Protocol):
    """How the chunks of a stage are worked through. Results come in the order of the chunks."""

    def map(self, work: Callable[[Shared, Chunk], Made], shared: Shared, chunks: Sequence[Chunk]) -> Iterator[Made]: ...


class SerialRunner:
    """One chunk after the other, in this process."""

    def map(self, work: Callable[[Shared, Chunk], Made], shared: Shared, chunks: Sequence[Chunk]) -> Iterator[Made]:
        """Yield ``work(shared, chunk)`` for every chunk."""
        return (work(shared, chunk) for chunk in chunks)


def compare(a: Article | CleanArticle, b: Article | CleanArticle, settings: Settings | None = None) -> Match:
    """Compare two articles on their editorial text; articles that are not clean yet are cleaned first.

    The relation and the scores are the same whichever comes first; ``containment`` and ``passages`` follow the
    order given.
    """
    settings = settings or Settings()
    profiles = [make_profile(_cleaned(item), settings) for item in (a, b)]
    return compare_profiles(profiles[0], profiles[1], settings)


def _cleaned(item: Article | CleanArticle) -> CleanArticle:
    if isinstance(item, CleanArticle):
        return item
    if isinstance(item, Article):
        return clean(item)
    raise ArticleError(
        f"expected an Article, not {type(item).__name__}", remedy="make one: dedup.Article(id=..., text=...)"
    )


def clean_feed(articles: Sequence[Article], runner: Runner | None = None) -> list[CleanArticle]:
    """Clean articles with the evidence of the whole feed, in the order given."""
    runner = runner or SerialRunner()
    chunks = _chunks(articles, ARTICLES_A_CHUNK)
    evidence = _gather_evidence(chunks, runner, _no_progress)
    parts = zip(chunks, runner.map(_clean_chunk, evidence, chunks), strict=True)
    return [item for given, part in parts for item in map(_with_article, given, part)]


def find_stories(
    articles: Iterable[Article | Rejection],
    settings: Settings | None = None,
    progress: Progress | None = None,
    runner: Runner | None = None,
) -> Result:
    """Group a feed into stories and syndication groups.

    ``articles`` may hold the Rejections that ``read_feed`` yields; they are passed on and counted. The result does
    not depend on the order of the articles or on the runner.
    """
    with _collecting_seldom():
        return _find_stories(articles, settings or Settings(), progress or _no_progress, runner or SerialRunner())


def _find_stories(
    articles: Iterable[Article | Rejection], settings: Settings, progress: Progress, runner: Runner
) -> Result:
    intake = take_in(articles, progress)
    cleaned, unread = _split_unread(_clean_all(intake.articles, runner, progress))
    intake = replace(intake, rejections=(*intake.rejections, *unread))
    drawn = _draw_all(cleaned, settings, runner, progress)
    proposed = _propose(cleaned, drawn, settings, progress)
    comparing = _Comparing(cleaned, drawn.outlines, settings, runner)
    del drawn
    comparer = _Comparer(comparing, _compare(comparing, proposed.pairs, progress))
    by_id = {item.id: item for item in cleaned}
    stories = build_stories(by_id, comparer.matches(), comparer, settings)
    progress("grouping", len(cleaned), len(cleaned))
    matches = comparer.matches()
    return Result(
        stories=stories,
        matches=tuple(match for match in matches if match.relation != "unrelated"),
        rejections=intake.rejections,
        stats=_count(intake, cleaned, proposed, matches, stories),
        articles=by_id,
        settings=settings.digest(),
    )


@contextmanager
def _collecting_seldom() -> Iterator[None]:
    """Python looks for reference cycles every 700 new objects, time and again through all that is held; a run makes
    millions of objects and no cycles, and would spend 7% of its time on it."""
    before = gc.get_threshold()
    gc.set_threshold(max(before[0], SELDOM) if before[0] else 0, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)


# --- intake -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Intake:
    """Distinct articles sorted by id; rejections, those given first, then those made here; counts of what was read."""

    articles: tuple[Article, ...]
    rejections: tuple[Rejection, ...]
    read: int
    redelivered: int
    repairs: Mapping[str, int] = field(default_factory=dict)


_CONFLICT = "has another text than the one kept under the same id, which was published later or is the longer"


def take_in(items: Iterable[Article | Rejection], progress: Progress) -> Intake:
    """Sort articles by id, count what was given twice, and refuse all but one text of an id.

    Of several texts under one id the one published last stays, then the longer, then the one of the greater
    digest: a rule that no order of delivery changes.
    """
    kept: dict[str, Article] = {}
    given: list[Rejection] = []
    refused: list[Rejection] = []
    repairs: Counter[str] = Counter()
    read = redelivered = 0
    for read, item in enumerate(items, 1):
        if read % ARTICLES_A_CHUNK == 0:
            progress("reading", read, 0)
        if isinstance(item, Rejection):
            given.append(item)
            continue
        check_article(item, read)
        repairs.update(item.repairs)
        if not item.text.strip() and not item.html:
            refused.append(refuse(item, "no-text", "has neither text nor html"))
        elif item.id not in kept:
            kept[item.id] = item
        elif _content(kept[item.id]) == _content(item):
            redelivered += 1
        else:
            stays, goes = sorted((kept[item.id], item), key=_precedence, reverse=True)
            kept[item.id] = stays
            refused.append(refuse(goes, "id-conflict", _CONFLICT))
    progress("reading", read, read)
    articles = tuple(kept[name] for name in sorted(kept))
    return Intake(articles, (*given, *refused), read, redelivered, dict(sorted(repairs.items())))


def check_article(item: object, number: int) -> None:
    """ArticleError for what is no Article; ``number`` counts the items given."""
    if not isinstance(item, Article):
        raise ArticleError(
            f"the feed holds a {type(item).__name__} where an Article or Rejection is expected",
            place=f"item {number}",
            remedy="for a dump use dedup.read_feed(path); else make each dedup.Article(id=..., text=...)",
        )


def _content(article: Article) -> tuple[object, ...]:
    return (article.text, article.html, article.title, article.url, article.outlet, article.published)


def _precedence(article: Article) -> tuple[float, int, bytes]:
    published = article.published.timestamp() if article.published else float("-inf")
    return (published, len(article.text) + len(article.html or ""), _digest(article))


def _digest(article: Article) -> bytes:
    text = repr(_content(article)).encode("utf-8", "surrogatepass")
    return hashlib.blake2b(text, digest_size=16).digest()


def refuse(article: Article, code: str, message: str) -> Rejection:
    """A rejection of an article that was read; ``message`` goes on after its name."""
    return Rejection(
        file=article.file or "articles given",
        position=article.position or f"article {article.id!r}",
        code=code,
        message=f"article {article.id!r} {message}",
        digest=_digest(article).hex(),
    )


# --- clean ------------------------------------------------------------------------------------------------------


def _clean_all(articles: Sequence[Article], runner: Runner, progress: Progress) -> list[CleanArticle]:
    chunks = _chunks(articles, ARTICLES_A_CHUNK)
    evidence = _gather_evidence(chunks, runner, progress)
    cleaned: list[CleanArticle] = []
    for given, part in zip(chunks, runner.map(_clean_chunk, evidence, chunks), strict=True):
        cleaned.extend(map(_with_article, given, part))
        progress("cleaning", len(cleaned), len(articles))
    return cleaned


def _split_unread(cleaned: Sequence[CleanArticle]) -> tuple[list[CleanArticle], list[Rejection]]:
    """Articles with a text, and a rejection for every page of html that gave none."""
    unread = [item for item in cleaned if not item.text.strip()]
    rejections = [
        refuse(item.article, item.notes[0] if item.notes else "no-text", "is a page that gave no text")
        for item in unread
    ]
    return [item for item in cleaned if item.text.strip()], rejections


def _gather_evidence(chunks: Sequence[Sequence[Article]], runner: Runner, progress: Progress) -> FeedEvidence:
    parts, done, total = [], 0, sum(map(len, chunks))
    for chunk, part in zip(chunks, runner.map(_evidence_chunk, None, chunks), strict=True):
        parts.append(part)
        done += len(chunk)
        progress("collecting evidence", done, total)
    return merge_evidence(parts)


def _evidence_chunk(_: None, articles: Sequence[Article]) -> FeedEvidence:
    return collect_evidence(articles)


class _Found(NamedTuple):
    """What cleaning found, as in ``CleanArticle``, without what the article itself holds: a text is not sent back from
    one process to another. ``article`` and ``text`` are None where they are those given."""

    article: Article | None
    text: str | None
    starts: npt.NDArray[np.int32]
    ends: npt.NDArray[np.int32]
    rest: tuple[Any, ...]


def _clean_chunk(evidence: FeedEvidence, articles: Sequence[Article]) -> list[_Found]:
    cleaned = clean_many(articles, evidence)
    return [_without_article(given, item) for given, item in zip(articles, cleaned, strict=True)]


def _without_article(given: Article, item: CleanArticle) -> _Found:
    own = None if item.article is given else item.article
    text = None if item.text == (own or given).text else item.text
    said = (item.headline, item.byline, item.dateline, item.credits, item.published, item.notes)
    starts, ends = np.array(item.starts, np.int32), np.array(item.ends, np.int32)
    return _Found(own, text, starts, ends, (item.roles, *said, item.insets))


def _with_article(given: Article, found: _Found) -> CleanArticle:
    article = found.article or given
    text = article.text if found.text is None else found.text
    numbers = _numbers()
    starts, ends = (tuple(numbers[at] if at < len(numbers) else at for at in ats.tolist()) for ats in found[2:4])
    return CleanArticle(article, text, starts, ends, *found.rest)


@lru_cache(maxsize=1)
def _numbers() -> tuple[int, ...]:
    """One object for each small number: those of the lines of all articles would take 2 kB an article."""
    return tuple(range(1 << 15))


# --- candidates and comparison ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Proposed:
    pairs: npt.NDArray[np.int32]
    unsketched: int
    caps: Mapping[str, int]


def _draw_all(cleaned: Sequence[CleanArticle], settings: Settings, runner: Runner, progress: Progress) -> Drawn:
    chunks = _chunks(cleaned, ARTICLES_A_CHUNK) or [cleaned]
    keys: list[Keys] = []
    sketches: list[SketchTable] = []
    outlines = join_outlines(_taken_apart(runner.map(_draw_chunk, settings, chunks), keys, sketches))
    table = join_tables(_emptied(sketches))
    progress("sketching", len(cleaned), len(cleaned))
    return Drawn(outlines, join_keys(keys), table)


def _draw_chunk(settings: Settings, cleaned: Sequence[CleanArticle]) -> Drawn:
    return draw(cleaned, settings)


def _taken_apart(parts: Iterable[Drawn], keys: list[Keys], sketches: list[SketchTable]) -> Iterator[Outlines]:
    for part in parts:
        keys.append(part.keys)
        sketches.append(part.sketches)
        yield part.outlines


def _emptied(items: list[Made]) -> Iterator[Made]:
    """The items in order, none of which is held longer."""
    items.reverse()
    while items:
        yield items.pop()


def _propose(cleaned: Sequence[CleanArticle], drawn: Drawn, settings: Settings, progress: Progress) -> _Proposed:
    copies = candidate_pairs(drawn.sketches, settings)
    alike = neighbours_by_keys(cleaned, drawn.keys, settings)
    progress("proposing pairs", len(cleaned), len(cleaned))
    pairs = np.unique(np.concatenate([copies.pairs, alike.pairs]), axis=0)
    unsketched = int(np.count_nonzero(np.asarray(drawn.sketches.words) < settings.min_words))
    return _Proposed(pairs, unsketched, {**copies.caps, **alike.caps})


class _Comparing(NamedTuple):
    """What pairs of places in ``cleaned`` are compared by, and how their chunks are mapped."""

    cleaned: Sequence[CleanArticle]
    outlines: Outlines
    settings: Settings
    runner: Runner


def _compare(given: _Comparing, pairs: npt.NDArray[np.int32], progress: Progress) -> Iterator[Match]:
    """The matches of pairs, in any order: at a glance where that is enough. Those of unrelated pairs have no reasons,
    and a score only where they took a closer look."""
    left, done = [pairs[:0]], 0
    for chunk in _chunks(pairs, GLANCES_A_CHUNK):
        seen = glance(given.outlines, chunk)
        left.append(chunk[~seen.unrelated])
        yield from _told_apart(given.cleaned, chunk, seen)
        done += int(np.count_nonzero(seen.unrelated))
        progress("comparing", done, len(pairs))
    rest = np.concatenate(left)
    if len(rest) > PAIRS_A_CHUNK:
        rest = rest[_close_together(rest, len(given.cleaned))]
    chunks = _by_articles(rest)
    for part in given.runner.map(_compare_chunk, (given.cleaned, given.settings), chunks):
        done += len(part)
        progress("comparing", done, len(pairs))
        yield from part


def _told_apart(cleaned: Sequence[CleanArticle], pairs: npt.NDArray[np.int32], seen: Glances) -> Iterator[Match]:
    """The matches of pairs that are unrelated at a glance."""
    columns = (pairs, seen.story_scores, seen.cosines)
    for (i, j), told, cosine in zip(*(column[seen.unrelated].tolist() for column in columns), strict=True):
        yield Match(cleaned[i].id, cleaned[j].id, "unrelated", 0.0, told, 0.0, (0.0, 0.0), cosine)


def _by_articles(pairs: npt.NDArray[np.int32]) -> list[npt.NDArray[np.int32]]:
    """The pairs in order, cut where a chunk has enough of them or of their articles."""
    chunks, start, met = [], 0, set[int]()
    for at, pair in enumerate(pairs.tolist()):
        if at - start >= PAIRS_A_CHUNK or len(met) >= PROFILES_A_CHUNK:
            chunks.append(pairs[start:at])
            start, met = at, set()
        met.update(pair)
    return [*chunks, pairs[start:]] if start < len(pairs) else chunks


def _close_together(pairs: npt.NDArray[np.int32], count: int) -> npt.NDArray[np.int64]:
    """An order of the pairs that keeps those of one article near each other, so that its profile is made once or
    twice: that of the reverse Cuthill-McKee numbering of the graph of pairs (George 1971)."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import reverse_cuthill_mckee

    if not len(pairs):
        return np.zeros(0, np.int64)
    both = np.concatenate([pairs, pairs[:, ::-1]])
    graph = coo_array((np.ones(len(both), np.int8), (both[:, 0], both[:, 1])), shape=(count, count)).tocsr()
    number = np.empty(count, np.int64)
    number[reverse_cuthill_mckee(graph, symmetric_mode=True)] = np.arange(count)
    ends = np.sort(number[pairs], axis=1)
    return np.lexsort((ends[:, 1], ends[:, 0]))


def _compare_chunk(shared: tuple[Sequence[CleanArticle], Settings], pairs: npt.NDArray[np.int32]) -> list[Match]:
    cleaned, settings = shared
    names = np.unique(pairs).tolist()
    profiles = dict(zip(names, make_profiles([cleaned[i] for i in names], settings), strict=True))
    return compare_many([(profiles[i], profiles[j]) for i, j in pairs.tolist()], settings)


class _Comparer:
    """Answers for pairs of ids: the match already made, or one made now and kept."""

    def __init__(self, given: _Comparing, matches: Iterable[Match]) -> None:
        self._given = given
        self._place = {item.id: place for place, item in enumerate(given.cleaned)}
        self._matches = {(match.a, match.b): match for match in matches}

    def __call__(self, pairs: Sequence[tuple[str, str]]) -> list[Match]:
        missing = sorted({pair for pair in pairs if pair not in self._matches})
        if missing:
            places = np.array([(self._place[a], self._place[b]) for a, b in missing], np.int32)
            self._matches.update(((match.a, match.b), match) for match in _compare(self._given, places, _no_progress))
        return [self._matches[pair] for pair in pairs]

    def matches(self) -> list[Match]:
        """Every match known by now, sorted by ids: those of the candidates and those made on demand."""
        return [self._matches[key] for key in sorted(self._matches)]


def _count(
    intake: Intake,
    cleaned: Sequence[CleanArticle],
    proposed: _Proposed,
    matches: Sequence[Match],
    stories: Sequence[Story],
) -> Stats:
    return Stats(
        read=intake.read,
        accepted=intake.read - len(intake.rejections),
        rejected=len(intake.rejections),
        redelivered=intake.redelivered,
        articles=len(cleaned),
        unsketched=proposed.unsketched,
        candidates=len(proposed.pairs),
        compared=len(matches),
        derived=sum(match.derived for match in matches),
        stories=len(stories),
        groups=sum(len(story.groups) for story in stories),
        repairs=intake.repairs,
        rejected_by_code=dict(sorted(Counter(item.code for item in intake.rejections).items())),
        caps=dict(sorted(proposed.caps.items())),
    )


def _chunks(items: Any, size: int) -> list[Any]:
    return [items[start : start + size] for start in range(0, len(items), size)]


def _no_progress(stage: str, done: int, total: int) -> None:
    """Progress nobody asked for."""
