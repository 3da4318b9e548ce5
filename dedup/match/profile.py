"""What comparing needs of one article, as arrays: made once, used in every pair."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate, chain, pairwise
from typing import Any, Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from dedup.match import packed as parts
from dedup.match.background import phrase_bits, phrases
from dedup.match.build import BOUND, QUOTED_GRAM, STOCK, Given, Tables, build
from dedup.match.marks import CAPITAL, letters, word_lists
from dedup.match.overlap import Hashes
from dedup.match.packed import Packed
from dedup.match.same_story import HEADLINE_WORDS, LEAD_WORDS, SECONDS_A_DAY, StoryProfile, weekday_bits
from dedup.match.similarity import Vector, background
from dedup.models import CleanArticle
from dedup.settings import Settings
from dedup.text.credits import own_agencies, suppliers
from dedup.text.tokens import PackedTokens, code_points, hash_word, tokenise_spans

__all__ = [
    "BOUND",
    "QUOTED_GRAM",
    "STOCK",
    "Kind",
    "Profile",
    "Read",
    "Words",
    "kinds_of",
    "known_tables",
    "make_profile",
    "make_profiles",
    "read_words",
    "spans_of",
]

Kind = Literal["article", "brief", "page"]
"""An article; an item of a headline or a few words; a page without an article: an index, a gallery, a video."""

INDEX_LINES = 10
INDEX_LINE_WORDS = 50
INDEX_SHARE = 0.3
"""An index of headlines and teasers: at least so many short lines of body that are less than this share of the page.
Of the labelled pages it takes the 5 indexes that have a body and no article (training/train_relations.py)."""

SCRAP = 0.2
"""Share of a page that its body must be where no run of body lines is long enough to sketch: a sidebar's headlines that
end in a full stop would make copies of all pages with that sidebar. On pages of furniture from 30 templates such lines
are .2 at most."""

FEW = 4
"""Articles whose lines are listed one by one in less time than all at once as arrays."""

STUB_WORDS = 40
"""A paragraph of at least so many words may stand for the body that the cleaner did not find: captions are shorter."""


@dataclass(frozen=True, slots=True, eq=False)
class Words:
    """The words of the body in order. Places are character offsets into ``CleanArticle.text``.

    ``hashes`` uint64[n]; ``starts`` and ``ends`` int32[n]; ``sentence`` int32[n], counted from 0; ``flags``
    uint8[n] of QUOTED, DIGIT, NAME, SPOKEN, STOCK; ``weights`` float32[n], 0..9.5: rare words weigh more, and those
    that many sentences of this article hold weigh less (over 1 + ln of their number), so that the subject's own
    names do not make every two sentences alike.
    """

    hashes: Hashes
    starts: npt.NDArray[np.int32]
    ends: npt.NDArray[np.int32]
    sentence: npt.NDArray[np.int32]
    flags: npt.NDArray[np.uint8]
    weights: npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Profile:
    """One article, ready to be compared: row ``row`` of ``packed``, with ``size`` words of body. ``kind`` is what the
    item is; ``credits`` are agency names, ascending, and ``own`` those that are its outlet itself; ``time`` is seconds
    since 1970 or None; ``weekdays`` are those its first words name, bit 0 for Monday.

    The properties are views of the arrays, made when asked for.
    """

    id: str
    text: str
    packed: Packed
    row: int
    size: int
    kind: Kind = "article"
    credits: tuple[str, ...] = ()
    time: float | None = None
    own: tuple[str, ...] = ()
    weekdays: int = 0

    @property
    def hashes(self) -> Hashes:
        """Those of ``words``."""
        low = int(self.packed.words[self.row, 0])
        return self.packed.hashes[low : low + self.size]

    @property
    def words(self) -> Words:
        """The words of the body."""
        low, high = self.packed.words[self.row].tolist()
        packed = self.packed
        return Words(
            packed.hashes[low:high],
            packed.starts[low:high],
            packed.ends[low:high],
            packed.sentence[low:high],
            packed.flags[low:high],
            packed.weights[low:high],
        )

    def spelled(self, first: int, last: int) -> str:
        """The text from one word of the body to another."""
        low, packed = int(self.packed.words[self.row, 0]), self.packed
        return self.text[packed.starts[low + first] : packed.ends[low + last]]

    def has(self, name: int) -> bool:
        """Whether a section of ``sets`` holds anything."""
        bounds = self.packed.set_bounds
        return bool(bounds[self.row, name] < bounds[self.row, name + 1])

    def set(self, name: int) -> Hashes:
        """A section of ``sets``."""
        bounds = self.packed.set_bounds
        return self.packed.sets[bounds[self.row, name] : bounds[self.row, name + 1]]

    def load(self, name: int) -> npt.NDArray[np.float32]:
        """A section of ``loads``."""
        bounds = self.packed.load_bounds
        return self.packed.loads[bounds[self.row, name] : bounds[self.row, name + 1]]

    @property
    def vector(self) -> Vector:
        """The TF-IDF vector of headline and body."""
        return self._vector(parts.VECTOR, parts.VECTOR_LOADS)

    @property
    def story(self) -> StoryProfile:
        """What same_story_score needs."""
        return StoryProfile(
            rare=self._vector(parts.VECTOR, parts.RARE_LOADS),
            lead=self._vector(parts.LEAD, parts.LEAD_LOADS),
            headline=self._vector(parts.TITLE, parts.TITLE_LOADS),
            names=self._vector(parts.STORY_NAMES, parts.NAME_LOADS),
            weekdays=self.weekdays,
            published=math.nan if self.time is None else self.time / SECONDS_A_DAY,
        )

    def _vector(self, name: int, load: int) -> Vector:
        return Vector(self.set(name), self.load(load))


def make_profile(clean: CleanArticle, settings: Settings) -> Profile:
    """The profile of one cleaned article; only its body lines and headline count."""
    return make_profiles((clean,), settings)[0]


def make_profiles(cleaned: Sequence[CleanArticle], settings: Settings) -> list[Profile]:
    """The profiles of many articles, in order; each is what ``make_profile`` gives.

    They share their arrays, some 100 bytes a word: as long as one is kept, so are those of all.
    """
    if not cleaned:
        return []
    read = read_words(cleaned)
    packed = _pack(cleaned, read, settings)
    kinds = kinds_of(cleaned, read, settings)
    counts = (packed.words[:, 1] - packed.words[:, 0]).tolist()
    weekdays = packed.sums[:, parts.WEEKDAYS].astype(int).tolist()
    return [_profile(item, packed, row, (counts[row], kinds[row], weekdays[row])) for row, item in enumerate(cleaned)]


def _profile(item: CleanArticle, packed: Packed, row: int, known: tuple[int, Kind, int]) -> Profile:
    size, kind, weekdays = known
    own = own_agencies(item.article)
    credited = suppliers(item) if own or item.credits else ()
    credits = tuple(sorted({credit.agency for credit in credited}))
    time = item.published.timestamp() if item.published else None
    return Profile(item.id, item.text, packed, row, size, kind, credits, time, tuple(sorted(own)), weekdays)


class Read(NamedTuple):
    """The words of articles. ``codes`` are their texts, those of i at ``bounds[i]:bounds[i + 1]``, and after all texts
    the headlines. ``tokens`` are by piece: of article i ``pieces[i]:pieces[i + 1]``, its lines and last its headline;
    ``spans`` int64[pieces, 2] says where in its text each line stands (0, 0 for a headline), ``places`` where in codes.
    """

    codes: npt.NDArray[np.uint32]
    bounds: npt.NDArray[np.int64]
    tokens: PackedTokens
    pieces: npt.NDArray[np.int64]
    spans: npt.NDArray[np.int64]
    places: npt.NDArray[np.int64]


def read_words(cleaned: Sequence[CleanArticle]) -> Read:
    """The words of every body line, and after those of an article those of its headline; of one article or more."""
    count = len(cleaned)
    codes, bounds = code_points([*(item.text for item in cleaned), *(item.headline or "" for item in cleaned)])
    pieces, spans = _pieces_of(cleaned)
    places = spans + np.repeat(bounds[:count], np.diff(pieces))[:, None]
    places[pieces[1:] - 1] = np.column_stack([bounds[count:-1], bounds[count + 1 :]])
    return Read(codes, bounds[: count + 1], tokenise_spans(codes, places), pieces, spans, places)


def _pieces_of(cleaned: Sequence[CleanArticle]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """``pieces`` and ``spans`` of ``Read``: for articles without insets, which most are, all at once."""
    if len(cleaned) <= FEW:
        return _few_pieces([spans_of(item) for item in cleaned])
    plain = [not item.insets and "B" in item.roles for item in cleaned]
    apart = {row: spans_of(item) for row, item in enumerate(cleaned) if not plain[row]}
    whole = [item for item, alike in zip(cleaned, plain, strict=True) if alike]
    body = np.frombuffer("".join([item.roles for item in whole]).encode(), np.uint8) == ord("B")
    counts = [len(apart[row]) if row in apart else item.roles.count("B") for row, item in enumerate(cleaned)]
    pieces = np.concatenate([[0], np.cumsum(np.array(counts, np.int64) + 1)])
    spans = np.zeros((pieces[-1], 2), np.int64)
    lines = np.repeat(plain, np.array(counts) + 1)
    lines[pieces[1:] - 1] = False
    spans[lines, 0] = _joined([item.starts for item in whole], len(body))[body]
    spans[lines, 1] = _joined([item.ends for item in whole], len(body))[body]
    for row, own in apart.items():
        spans[pieces[row] : pieces[row + 1] - 1] = np.array(own, np.int64).reshape(len(own), 2)
    return pieces, spans


def _few_pieces(
    spans: Sequence[Sequence[tuple[int, int]]],
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """``pieces`` and ``spans`` from the lines of each article."""
    pieces = np.array([*accumulate((len(own) + 1 for own in spans), initial=0)], np.int64)
    every = [place for own in spans for span in (*own, (0, 0)) for place in span]
    return pieces, np.array(every, np.int64).reshape(-1, 2)


def _joined(columns: Sequence[Sequence[int]], count: int) -> npt.NDArray[np.int64]:
    return np.fromiter(chain.from_iterable(columns), np.int64, count)


def _pack(cleaned: Sequence[CleanArticle], read: Read, settings: Settings) -> Packed:
    outlets = [_outlet_words(item.article.outlet or "") for item in cleaned]
    given = Given(
        codes=read.codes,
        code_bounds=read.bounds,
        hashes=read.tokens.hashes,
        indptr=read.tokens.indptr,
        pieces=read.pieces,
        spans=read.spans,
        told=np.array(["B" in item.roles for item in cleaned], np.bool_),
        outlets=np.concatenate(outlets),
        outlet_bounds=np.concatenate([[0], np.cumsum([len(own) for own in outlets])]),
        handles=np.array(["(@" in item.text for item in cleaned], np.bool_),
    )
    room = _room(given, read.tokens)
    sets, loads, terms, sentences = build(given, known_tables(), settings.shingle_words, room).tolist()
    return room._replace(
        sets=room.sets[:sets],
        loads=room.loads[:loads],
        term_sentence=room.term_sentence[:terms],
        sizes=room.sizes[:sentences],
        norms=room.norms[:sentences],
        stem_weights=room.stem_weights[:sentences],
        stem_sizes=room.stem_sizes[:sentences],
    )


def _room(given: Given, tokens: PackedTokens) -> Packed:
    """Arrays that are large enough: each section holds at most the words of body and headline it is made of."""
    articles, every = given.pieces.shape[0] - 1, tokens.hashes.shape[0]
    words = np.column_stack([given.indptr[given.pieces[:-1]], given.indptr[given.pieces[1:] - 1]])
    few = articles * (LEAD_WORDS + HEADLINE_WORDS)
    return Packed(
        words=words,
        hashes=tokens.hashes,
        starts=tokens.starts,
        ends=tokens.ends,
        sentence=np.empty(every, np.int32),
        flags=np.empty(every, np.uint8),
        weights=np.empty(every, np.float32),
        grams=np.empty(every, np.uint64),
        places=np.empty(every, np.int32),
        sets=np.empty(parts.SETS * every + few + given.outlets.shape[0], np.uint64),
        set_bounds=np.empty((articles, parts.SETS + 1), np.int64),
        loads=np.empty(parts.LOADS * every + few, np.float32),
        load_bounds=np.empty((articles, parts.LOADS + 1), np.int64),
        term_sentence=np.empty(every, np.int32),
        term_starts=np.empty(articles, np.int64),
        sizes=np.empty(every, np.int32),
        norms=np.empty(every, np.float64),
        sentences=np.zeros(articles + 1, np.int64),
        sums=np.empty((articles, parts.SUMS), np.float64),
        stems=np.empty(every, np.uint64),
        stem_ends=np.empty(every, np.int32),
        stem_marks=np.empty(every, np.uint8),
        stem_rarity=np.empty(every, np.float32),
        stem_loads=np.empty(every, np.float32),
        stem_counts=np.empty(articles, np.int64),
        stem_places=np.empty(every, np.int32),
        stem_weights=np.empty(every, np.float64),
        stem_sizes=np.empty(every, np.int32),
    )


@lru_cache(maxsize=1)
def known_tables() -> Tables:
    """The tables of this package, read once a process."""
    days = sorted(weekday_bits().items())
    weekdays = (np.array([word for word, _ in days], np.uint64), np.array([bit for _, bit in days], np.int64))
    capitals = (letters() & CAPITAL) != 0
    return Tables(background(), phrases(), phrase_bits(), word_lists(), weekdays, capitals)


def kinds_of(cleaned: Sequence[CleanArticle], read: Read, settings: Settings) -> list[Kind]:
    """Whether there is an article to compare: enough body, a bare headline or brief, or a page of something else."""
    if len(cleaned) <= FEW:
        return [_kind_at(row, item.text, read, settings) for row, item in enumerate(cleaned)]
    every, kinds = np.diff(read.tokens.indptr), [_ARTICLE] * len(cleaned)
    every[read.pieces[1:] - 1] = 0  # the headlines
    sizes, longest = (of.reduceat(every, read.pieces[:-1]) for of in (np.add, np.maximum))
    lines = np.diff(read.pieces) - 1
    few = (sizes < settings.min_words) | ((lines >= INDEX_LINES) & (longest < INDEX_LINE_WORDS))
    scraps = _may_be_scraps(np.diff(read.bounds), sizes)
    for row in np.flatnonzero(few | scraps).tolist():
        own = slice(read.pieces[row], read.pieces[row + 1] - 1)
        kinds[row] = _kind(cleaned[row].text, read.spans[own], every[own], settings)
    return kinds


_ARTICLE: Kind = "article"


def _kind_at(row: int, text: str, read: Read, settings: Settings) -> Kind:
    """``kinds_of`` one of few articles."""
    first, last = read.pieces[row : row + 2].tolist()
    sizes = [after - before for before, after in pairwise(read.tokens.indptr[first:last].tolist())]
    size, longest = sum(sizes), max(sizes, default=0)
    short = size < settings.min_words or (len(sizes) >= INDEX_LINES and longest < INDEX_LINE_WORDS)
    if not short and not _may_be_scraps(len(text), size):
        return _ARTICLE
    return _kind(text, read.spans[first : last - 1], np.array(sizes, np.int64), settings)


def _kind(text: str, spans: npt.NDArray[np.int64], sizes: npt.NDArray[np.int64], settings: Settings) -> Kind:
    """The same of one text: ``spans`` are the places of its body lines, ``sizes`` the words of each."""
    size = int(sizes.sum())
    if _may_be_scraps(len(text), size) and _longest_run(text, spans, sizes) < settings.min_words:
        words = len(text.split())
        if size < SCRAP * words and words >= settings.min_words:
            return "page"
    if size < settings.min_words:
        return "brief"
    if sizes.shape[0] < INDEX_LINES or sizes.max() >= INDEX_LINE_WORDS:
        return "article"
    return "page" if size < INDEX_SHARE * len(text.split()) else "article"


def _may_be_scraps(length: Any, size: Any) -> Any:
    """What holds wherever the body is less than SCRAP of the words, by the length of the text, without counting them: a
    word has two characters, itself and the space after it."""
    return size < SCRAP * (length + 1) / 2


def _longest_run(text: str, spans: npt.NDArray[np.int64], sizes: npt.NDArray[np.int64]) -> int:
    """Words of the longest run of body lines that nothing stands between."""
    longest = run = before = 0
    for (start, end), size in zip(spans.tolist(), sizes.tolist(), strict=True):
        run = size if text[before:start].strip() else run + size
        longest, before = max(longest, run), end
    return longest


def spans_of(clean: CleanArticle) -> tuple[tuple[int, int], ...]:
    """The body lines; where the cleaner found none, the one paragraph that is most of the page, if there is one
    (the stub of a feed reader, cut in mid-sentence)."""
    body = clean.body_spans
    if body:
        return body
    sizes = [len(clean.text[start:end].split()) for start, end in zip(clean.starts, clean.ends, strict=True)]
    most = max(sizes, default=0)
    if most < STUB_WORDS or 2 * most < sum(sizes):
        return ()
    at = sizes.index(most)
    return ((clean.starts[at], clean.ends[at]),)


@lru_cache(maxsize=1024)
def _outlet_words(outlet: str) -> Hashes:
    """Hashes of the words by which a text may name an outlet: "guardian" of "www.theguardian.com"."""
    host = outlet.split("/")[0].lower()
    labels = [
        label for label in re.split(r"[.\s]+", host) if len(label) > 2 and label not in ("www", "com", "org", "net")
    ]
    found = {
        *labels,
        *(label.removeprefix("the") for label in labels),
        *(label.removesuffix("news") for label in labels),
    }
    return np.array(sorted(hash_word(word) for word in found if len(word) > 2), np.uint64)
