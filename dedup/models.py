"""The words of the project as plain, frozen data. Nothing here computes more than a view of its own fields."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Literal, NamedTuple

from dedup.errors import ArticleError

Role = Literal["headline", "body", "meta", "furniture"]
Relation = Literal["copy", "excerpt", "partial", "rewrite", "same_story", "related", "unrelated"]

RELATIONS: tuple[Relation, ...] = ("copy", "excerpt", "partial", "rewrite", "same_story", "related", "unrelated")
DERIVED: frozenset[Relation] = frozenset(("copy", "excerpt", "partial", "rewrite"))

ROLE_OF_LETTER: Mapping[str, Role] = MappingProxyType(
    {"T": "headline", "B": "body", "L": "meta", "F": "furniture", "-": "furniture"}
)
"""Roles are stored one letter a line; ``-`` is an empty line, which counts as furniture."""

CLOSE = timedelta(minutes=10)
"""Times closer than this do not tell who was first: a wire reaches its clients, and a crawl their pages, in minutes."""


def has_clock(when: datetime) -> bool:
    """Whether a time has a time of day: midnight sharp, in its own offset or in UTC, is a date alone."""
    return all((time.hour, time.minute, time.second) != (0, 0, 0) for time in (when, when.astimezone(UTC)))


@dataclass(frozen=True, slots=True)
class Article:
    """One published item from one outlet.

    ``published`` is timezone-aware or None. ``text`` may be "" where ``html`` is given. ``credit`` is a
    credit or copyright field of the dump, ``canonical`` the page's own rel=canonical where the dump kept
    it (never in place of ``url``). ``repairs`` names what a reader mended in the record;
    ``file`` and ``position`` where a reader found it.
    Raises ArticleError for an id that is empty, a field of another type, or a ``published`` without time zone.
    """

    id: str
    text: str = ""
    title: str | None = None
    url: str | None = None
    outlet: str | None = None
    published: datetime | None = None
    html: str | None = None
    byline: str | None = None
    credit: str | None = None
    canonical: str | None = None
    repairs: tuple[str, ...] = ()
    file: str | None = field(default=None, compare=False)
    position: str | None = field(default=None, compare=False)

    def __post_init__(self) -> None:
        if not isinstance(self.id, str) or not self.id:
            raise ArticleError("an article's id must be a non-empty str", remedy="give every article its own id")
        if not isinstance(self.text, str):
            raise self._wrong("text", self.text, "a str", 'pass text="" where only html is known')
        for name in _OPTIONAL_TEXT:
            value = getattr(self, name)
            if value is not None and not isinstance(value, str):
                raise self._wrong(name, value, "a str or None", "convert it, or leave it out")
        if self.published is not None:
            self._check_published()

    def _check_published(self) -> None:
        if not isinstance(self.published, datetime):
            raise self._wrong("published", self.published, "a datetime or None", "parse it, or leave it out")
        if self.published.tzinfo is None:
            raise ArticleError(
                "published has no time zone",
                place=f"article {self.id!r}",
                remedy="pass an aware datetime, such as datetime(..., tzinfo=timezone.utc), or None",
            )
        try:
            self.published.astimezone(UTC)
        except OverflowError as error:
            raise ArticleError(
                f"published is {self.published}, which is no time in UTC",
                place=f"article {self.id!r}",
                remedy="leave out what stands for no date",
            ) from error

    def _wrong(self, name: str, value: object, wanted: str, remedy: str) -> ArticleError:
        return ArticleError(
            f"{name} must be {wanted}, not {type(value).__name__}", place=f"article {self.id!r}", remedy=remedy
        )


_OPTIONAL_TEXT = ("title", "url", "outlet", "html", "byline", "credit", "canonical")


@dataclass(frozen=True, slots=True)
class Rejection:
    """An input that was not used: where it stood, a stable code (docs/formats.md), and why in words.

    ``position`` is "line 12", "row 7", "record 3" or "offset 4096"; ``member`` the file inside an archive;
    ``digest`` the blake2b-128 hex of the raw record, ``raw`` its first 64 kB, which a reader of ``format`` can read
    again ("" where they are no record of their own).
    """

    file: str
    position: str
    code: str
    message: str
    member: str | None = None
    digest: str = ""
    raw: bytes = b""
    format: str = ""


class Line(NamedTuple):
    """One line of the source, as it stood there, and what it is."""

    text: str
    role: Role


class Credit(NamedTuple):
    """Who supplied the text: the agency's short name, the words that say so, and how sure (0..1)."""

    agency: str
    evidence: str
    confidence: float


@dataclass(frozen=True, slots=True)
class CleanArticle:
    """An article with the role of every line.

    ``text`` is the plain text the lines are of: the article's own, or what was taken from its html. Line i is
    ``text[starts[i]:ends[i]]`` and has the role of letter ``roles[i]`` (T headline, B body, L meta, F furniture,
    - empty line). ``published`` is the best-supported time of publication, aware, or None. ``notes`` are stable
    codes of what was noticed, such as "text-truncated". ``insets`` are the ranges of ``text`` inside body lines that
    are furniture, ascending: boxes of links that run into a sentence.
    """

    article: Article
    text: str
    starts: tuple[int, ...]
    ends: tuple[int, ...]
    roles: str
    headline: str | None = None
    byline: str | None = None
    dateline: str | None = None
    credits: tuple[Credit, ...] = ()
    published: datetime | None = None
    notes: tuple[str, ...] = ()
    insets: tuple[tuple[int, int], ...] = ()

    @property
    def id(self) -> str:
        return self.article.id

    @property
    def lines(self) -> tuple[Line, ...]:
        """The source's own lines in order, empty ones included."""
        return tuple(
            Line(self.text[start:end], ROLE_OF_LETTER[letter])
            for start, end, letter in zip(self.starts, self.ends, self.roles, strict=True)
        )

    @property
    def body_spans(self) -> tuple[tuple[int, int], ...]:
        """Start and end in ``text`` of every body line; of one with insets, of its parts between them."""
        lines = self._body_lines()
        return tuple(part for line in lines for part in self._parts(line)) if self.insets else lines

    @property
    def body(self) -> str:
        """The editorial text: the body lines without their insets, joined by newlines."""
        lines = self._body_lines()
        if not self.insets:
            return "\n".join([self.text[start:end] for start, end in lines])
        return "\n".join("".join(self.text[start:end] for start, end in self._parts(line)) for line in lines)

    def _body_lines(self) -> tuple[tuple[int, int], ...]:
        spans = zip(self.starts, self.ends, self.roles, strict=True)
        return tuple([(start, end) for start, end, letter in spans if letter == "B"])

    def _parts(self, line: tuple[int, int]) -> list[tuple[int, int]]:
        at, end = line
        inside = [inset for inset in self.insets if at <= inset[0] and inset[1] <= end]
        edges = [at, *(edge for inset in inside for edge in inset), end]
        return [(low, high) for low, high in zip(edges[::2], edges[1::2], strict=True) if high > low]


class Passage(NamedTuple):
    """A run of shared words: character ranges in the ``text`` of both clean articles, and its length in words."""

    a_start: int
    a_end: int
    b_start: int
    b_end: int
    words: int


class Fact(NamedTuple):
    """What a reason says, for programs: ``code`` names it (docs/relations.md has the list), ``about`` are the agencies
    or words it speaks of. ``weight`` is what it adds to the log-odds of the relation against the nearest other one,
    below 0 where it speaks against it, and 0 where a rule decided or nothing is weighed."""

    code: str
    about: tuple[str, ...] = ()
    weight: float = 0.0


@dataclass(frozen=True, slots=True)
class Match:
    """A compared pair. ``a`` and ``b`` are article ids.

    ``score`` is the probability that one derives from the other (or both from one source text), and
    ``same_story_score`` the probability that both tell the same event, 0..1. ``jaccard`` and ``containment``
    (share of a's shingles in b, share of b's in a) are exact, over the word 5-grams of the editorial text.
    ``cosine`` is the TF-IDF cosine. ``reasons`` say in words what decided, most important first, and ``facts`` the same
    for programs, one for each reason.
    """

    a: str
    b: str
    relation: Relation
    score: float
    same_story_score: float
    jaccard: float
    containment: tuple[float, float]
    cosine: float
    passages: tuple[Passage, ...] = ()
    reasons: tuple[str, ...] = ()
    facts: tuple[Fact, ...] = ()

    @property
    def derived(self) -> bool:
        """Whether the relation says that text was taken: copy, excerpt, partial or rewrite."""
        return self.relation in DERIVED


@dataclass(frozen=True, slots=True)
class Member:
    """An article's place in a story, light enough to list (the text is in ``Result.articles``).

    ``relation`` is the relation to the group's origin ("origin" for the origin itself; "independent" for an
    article in no group); ``share`` the share of the origin's text that this article uses, 0..1; ``credited``
    whether it names an agency that supplied the group's text.
    """

    id: str
    headline: str | None
    outlet: str | None
    url: str | None
    published: datetime | None
    byline: str | None = None
    dateline: str | None = None
    credits: tuple[Credit, ...] = ()
    relation: str = "independent"
    share: float = 0.0
    credited: bool = False


@dataclass(frozen=True, slots=True)
class Origin:
    """The best-supported first article of a group, and why, most important reason first.

    ``confidence`` is its share of the evidence among the group's members, 0..1. ``basis`` is the hardest evidence that
    speaks for it more than for the others: "site" (it stands on the supplier's own site), "canonical" (other pages name
    it), "clock" (published first), "text" (what it holds, which does not tell who was first) or "none". ``doubts``
    say what weakens it. ``release`` is whether the text is a press release, whose origin is the company behind it.
    """

    id: str
    reasons: tuple[str, ...]
    confidence: float
    basis: str = "text"
    doubts: tuple[str, ...] = ()
    release: bool = False


@dataclass(frozen=True, slots=True)
class Group:
    """A syndication group: two or more articles whose text derives from one source text, sorted by id."""

    group_id: str
    articles: tuple[Member, ...]
    origin: Origin
    credits: tuple[Credit, ...]


@dataclass(frozen=True, slots=True)
class Story:
    """Articles about one news event, sorted by id: groups and independent reports.

    ``related`` are the ids of stories about other events of the same subject; ``origins`` how many independent
    texts tell the story (ten copies of one wire text are one); ``first`` and ``last`` the times of publication.
    """

    story_id: str
    headline: str
    articles: tuple[Member, ...]
    groups: tuple[Group, ...] = ()
    related: tuple[str, ...] = ()
    origins: int = 1
    first: datetime | None = None
    last: datetime | None = None


@dataclass(frozen=True, slots=True)
class TextCopy:
    """An article of a group of copies. ``shared`` is the share of its shingles that the representative holds, ``held``
    the share of the representative's that it holds, 0..1."""

    id: str
    outlet: str | None
    title: str | None
    url: str | None
    published: datetime | None
    shared: float
    held: float


@dataclass(frozen=True, slots=True)
class CopyGroup:
    """Two or more articles, sorted by id, each verified against the representative, which is one of them."""

    group_id: str
    representative: str
    articles: tuple[TextCopy, ...]


@dataclass(frozen=True, slots=True)
class Copies:
    """What ``find_copies`` found, largest group first. ``read == articles + redelivered + len(rejections)``;
    ``unsketched`` texts were too short for more than equality; of ``candidates`` pairs ``compared`` were counted
    exactly, the others were estimated to share far too little."""

    groups: tuple[CopyGroup, ...]
    rejections: tuple[Rejection, ...]
    read: int
    articles: int
    redelivered: int
    unsketched: int
    candidates: int
    compared: int
    repairs: Mapping[str, int] = field(default_factory=dict)
    caps: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Stats:
    """Counts of one run. ``read == accepted + rejected``; of the accepted, ``redelivered`` were given again
    unchanged, so that ``articles == accepted - redelivered``. ``repairs`` and ``caps`` are counts by name."""

    read: int = 0
    accepted: int = 0
    rejected: int = 0
    redelivered: int = 0
    articles: int = 0
    unsketched: int = 0
    candidates: int = 0
    compared: int = 0
    derived: int = 0
    stories: int = 0
    groups: int = 0
    repairs: Mapping[str, int] = field(default_factory=dict)
    rejected_by_code: Mapping[str, int] = field(default_factory=dict)
    caps: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Result:
    """What a feed came to: stories sorted by size then id, matches sorted by ids, and every count.

    ``articles`` maps id to clean article; ``settings`` is the digest of the settings used. Of a feed that did not
    fit in memory ``articles`` and ``matches`` are read from a file one by one, as they are asked for.
    """

    stories: tuple[Story, ...]
    matches: Sequence[Match]
    rejections: tuple[Rejection, ...]
    stats: Stats
    articles: Mapping[str, CleanArticle] = field(default_factory=dict, repr=False)
    settings: str = ""
