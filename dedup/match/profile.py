"""What comparing needs of one article, as arrays: made once, used in every pair."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from dedup.match.background import in_stock_phrase, word_weights
from dedup.match.compiled import compiled
from dedup.match.marks import DIGIT, NAME, QUOTED, mark
from dedup.match.overlap import Hashes, Windows, distinct, rolling, windows
from dedup.match.same_story import StoryProfile, story_profile
from dedup.match.similarity import HEADLINE_COUNT, Vector, weigh
from dedup.models import CleanArticle
from dedup.settings import Settings
from dedup.text.tokens import PackedTokens, code_points, hash_word, tokenise, tokenise_many

STOCK = 16
"""Flag of a word inside a stock phrase; the others are those of ``marks``."""

BOUND = QUOTED | STOCK
"""A word that is nobody's own: inside a quotation or a stock phrase. The others are called free."""

Kind = Literal["article", "brief", "page"]
"""An article; an item of a headline or a few words; a page without an article: an index, a gallery, a video."""

INDEX_LINES = 10
INDEX_LINE_WORDS = 50
INDEX_SHARE = 0.3
"""An index of headlines and teasers: at least so many short lines of body that are less than this share of the page.
Of the labelled pages it takes the 5 indexes that have a body and no article (training/train_relations.py)."""

STUB_WORDS = 40
"""A paragraph of at least so many words may stand for the body that the cleaner did not find: captions are shorter."""

QUOTED_GRAM = 5
"""Words in a row by which a quotation is known again where it has no marks."""

SENTENCE_WORDS = 5
"""A sentence with fewer free words is not aligned."""


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
class Terms:
    """The free words sentence by sentence, each once a sentence, sorted by hash then sentence.

    ``norms`` float64[sentences] are the sums of the squares of ``weights``, ``sizes`` int32[sentences] the free words
    of each sentence. ``distinct`` float64 is the sum of the weights of the distinct words.
    """

    hashes: Hashes
    sentence: npt.NDArray[np.int32]
    weights: npt.NDArray[np.float32]
    norms: npt.NDArray[np.float64]
    sizes: npt.NDArray[np.int32]
    distinct: float


@dataclass(frozen=True, slots=True, eq=False)
class Profile:
    """One article, ready to be compared.

    ``windows`` are its 5-grams in order. ``grams`` are the distinct hashes of its shingles, ascending, and
    ``short_grams`` and ``long_grams`` those of 3 and 8 words; ``free_grams`` and ``free_pairs`` the 3-grams and
    2-grams without a quoted or stock word, and ``quoted_grams`` the 5-grams of quoted words. ``numbers``, ``names``
    and ``headline`` are distinct word hashes, ascending; ``outlet`` the words that would name its outlet; ``kind``
    what the item is. ``credits`` are agency names, ascending; ``time`` is seconds since 1970 or None.
    """

    id: str
    text: str
    words: Words
    terms: Terms
    windows: Windows
    grams: Hashes
    short_grams: Hashes
    long_grams: Hashes
    free_grams: Hashes
    free_pairs: Hashes
    quoted_grams: Hashes
    numbers: Hashes
    names: Hashes
    outlet: Hashes
    headline: Hashes
    vector: Vector
    story: StoryProfile
    kind: Kind = "article"
    credits: tuple[str, ...] = ()
    time: float | None = None

    @property
    def size(self) -> int:
        """Words of body."""
        return int(self.words.hashes.shape[0])


def make_profile(clean: CleanArticle, settings: Settings) -> Profile:
    """The profile of one cleaned article; only its body lines and headline count."""
    spans = np.array(_spans(clean), np.int64).reshape(-1, 2)
    packed = tokenise_many([clean.text[start:end] for start, end in spans])
    order = np.argsort(packed.hashes, kind="stable")
    words = _words(clean, spans, packed, order)
    hashes, flags = words.hashes, words.flags
    free = (flags & BOUND) == 0
    headline = tokenise(clean.headline or "").hashes
    vector = weigh(hashes, headline, HEADLINE_COUNT)
    return Profile(
        id=clean.id,
        text=clean.text,
        words=words,
        terms=_terms(words, free, order),
        windows=windows(hashes),
        grams=distinct(rolling(hashes, settings.shingle_words)),
        short_grams=distinct(rolling(hashes, 3)),
        long_grams=distinct(rolling(hashes, 8)),
        free_grams=_grams_within(hashes, free, 3),
        free_pairs=_grams_within(hashes, free, 2),
        quoted_grams=_grams_within(hashes, (flags & QUOTED) != 0, QUOTED_GRAM),
        numbers=distinct(hashes[(flags & DIGIT) != 0]),
        names=distinct(hashes[_is_name(words)]),
        outlet=_outlet_words(clean.article.outlet or ""),
        headline=distinct(headline),
        vector=vector,
        story=story_profile(clean, vector),
        kind=_kind(clean.text, np.diff(packed.indptr), settings),
        credits=tuple(sorted({credit.agency for credit in clean.credits})),
        time=clean.published.timestamp() if clean.published else None,
    )


def _kind(text: str, sizes: npt.NDArray[np.int64], settings: Settings) -> Kind:
    """Whether there is an article to compare: enough body, a bare headline or brief, or a page of something else.
    ``sizes`` are the words of each body line."""
    size = int(sizes.sum())
    if size < settings.min_words:
        return "brief" if size or len(text.split()) < settings.min_words else "page"
    if sizes.shape[0] < INDEX_LINES or sizes.max() >= INDEX_LINE_WORDS:
        return "article"
    return "page" if size < INDEX_SHARE * len(text.split()) else "article"


def _spans(clean: CleanArticle) -> tuple[tuple[int, int], ...]:
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


def _words(
    clean: CleanArticle, spans: npt.NDArray[np.int64], packed: PackedTokens, order: npt.NDArray[np.int64]
) -> Words:
    line = np.repeat(np.arange(spans.shape[0], dtype=np.int32), np.diff(packed.indptr))
    shift = spans[line, 0].astype(np.int32)
    starts, ends = packed.starts + shift, packed.ends + shift
    marks = mark(code_points((clean.text,))[0], packed.hashes, (starts, ends), line, spans)
    marks.flags[in_stock_phrase(packed.hashes)] |= STOCK
    _spread_quotes(packed.hashes, marks.flags)
    weights = word_weights(packed.hashes)
    _lessen(weights, packed.hashes, marks.sentence, order)
    return Words(packed.hashes, starts, ends, marks.sentence, marks.flags, weights)


def _spread_quotes(hashes: Hashes, flags: npt.NDArray[np.uint8]) -> None:
    """Flag as quoted what is quoted elsewhere in the same article, such as a post that is shown and then cited."""
    known = _grams_within(hashes, (flags & QUOTED) != 0, QUOTED_GRAM)
    if not known.shape[0]:
        return
    grams = rolling(hashes, QUOTED_GRAM)
    hit = np.flatnonzero(known[np.minimum(np.searchsorted(known, grams), known.shape[0] - 1)] == grams)
    for step in range(QUOTED_GRAM):
        flags[hit + step] |= QUOTED


@compiled
def _lessen(weights: Any, hashes: Any, sentence: Any, order: Any) -> None:
    """Divide each word's weight by 1 + ln(sentences that hold it); ``order`` sorts the words, equal ones by place."""
    start = 0
    while start < order.shape[0]:
        end, count = start, 0
        while end < order.shape[0] and hashes[order[end]] == hashes[order[start]]:
            count += end == start or sentence[order[end]] != sentence[order[end - 1]]
            end += 1
        for k in range(start, end):
            weights[order[k]] /= np.float32(1 + np.log(count))
        start = end


def _is_name(words: Words) -> npt.NDArray[np.bool_]:
    """Capitalised words that do not open a sentence and are no common words."""
    opens = np.ones(words.sentence.shape[0], np.bool_)
    opens[1:] = words.sentence[1:] != words.sentence[:-1]
    named: npt.NDArray[np.bool_] = ((words.flags & NAME) != 0) & ~opens & (words.weights > 1.0)
    return named


@compiled
def _within(grams: Any, kept: Any, size: int) -> Any:
    """Those of the n-grams all of whose words are kept, in order."""
    out = np.empty(grams.shape[0], np.uint64)
    count = run = 0
    for i in range(kept.shape[0]):
        run = run + 1 if kept[i] else 0
        if run >= size:
            out[count] = grams[i - size + 1]
            count += 1
    return out[:count]


def _grams_within(hashes: Hashes, kept: npt.NDArray[np.bool_], size: int) -> Hashes:
    """Distinct n-grams all of whose words are kept, ascending."""
    return distinct(_within(rolling(hashes, size), kept, size))


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


def _terms(words: Words, free: npt.NDArray[np.bool_], order: npt.NDArray[np.int64]) -> Terms:
    sentences = int(words.sentence[-1]) + 1 if words.sentence.shape[0] else 0
    sizes = np.bincount(words.sentence[free], minlength=sentences).astype(np.int32)
    kept = free & (words.weights > 0) & (sizes[words.sentence] >= SENTENCE_WORDS)
    chosen = order[kept[order]]
    hashes, sentence = words.hashes[chosen], words.sentence[chosen]
    fresh = np.ones(chosen.shape[0], np.bool_)
    fresh[1:] = hashes[1:] != hashes[:-1]
    first = fresh.copy()
    first[1:] |= sentence[1:] != sentence[:-1]
    weights = words.weights[chosen]
    norms = np.bincount(sentence[first], weights[first].astype(np.float64) ** 2, minlength=sentences)
    return Terms(
        hashes[first], sentence[first], weights[first], norms.astype(np.float64), sizes, float(weights[fresh].sum())
    )
