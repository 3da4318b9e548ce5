"""What comparing needs of one article, as arrays: made once, used in every pair."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from dedup.match.background import in_stock_phrase, word_weights
from dedup.match.marks import DIGIT, NAME, QUOTED, mark
from dedup.match.overlap import Hashes, Windows, distinct, rolling, windows
from dedup.match.same_story import StoryProfile, story_profile
from dedup.match.similarity import Vector, vectorise
from dedup.models import CleanArticle
from dedup.settings import Settings
from dedup.text.tokens import code_points, hash_word, tokenise, tokenise_many

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
    words, vector = _words(clean), vectorise(clean)
    hashes, flags = words.hashes, words.flags
    free = (flags & BOUND) == 0
    return Profile(
        id=clean.id,
        text=clean.text,
        words=words,
        terms=_terms(words, free),
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
        headline=distinct(tokenise(clean.headline or "").hashes),
        vector=vector,
        story=story_profile(clean, vector),
        kind=_kind(clean, words, settings),
        credits=tuple(sorted({credit.agency for credit in clean.credits})),
        time=clean.published.timestamp() if clean.published else None,
    )


def _kind(clean: CleanArticle, words: Words, settings: Settings) -> Kind:
    """Whether there is an article to compare: enough body, a bare headline or brief, or a page of something else."""
    size, page = words.hashes.shape[0], len(clean.text.split())
    if size < settings.min_words:
        return "brief" if size or page < settings.min_words else "page"
    lines = [len(clean.text[start:end].split()) for start, end in clean.body_spans]
    listed = len(lines) >= INDEX_LINES and max(lines) < INDEX_LINE_WORDS and size < INDEX_SHARE * page
    return "page" if listed else "article"


def _spans(clean: CleanArticle) -> tuple[tuple[int, int], ...]:
    """The body lines; where the cleaner found none, the one paragraph that is most of the page, if there is one
    (the stub of a feed reader, cut in mid-sentence)."""
    if clean.body_spans:
        return clean.body_spans
    sizes = [len(clean.text[start:end].split()) for start, end in zip(clean.starts, clean.ends, strict=True)]
    most = max(sizes, default=0)
    if most < STUB_WORDS or 2 * most < sum(sizes):
        return ()
    at = sizes.index(most)
    return ((clean.starts[at], clean.ends[at]),)


def _words(clean: CleanArticle) -> Words:
    spans = np.array(_spans(clean), np.int64).reshape(-1, 2)
    packed = tokenise_many([clean.text[start:end] for start, end in spans])
    line = np.repeat(np.arange(spans.shape[0], dtype=np.int32), np.diff(packed.indptr))
    shift = spans[line, 0].astype(np.int32)
    starts, ends = packed.starts + shift, packed.ends + shift
    marks = mark(code_points((clean.text,))[0], packed.hashes, (starts, ends), line, spans)
    marks.flags[in_stock_phrase(packed.hashes)] |= STOCK
    _spread_quotes(packed.hashes, marks.flags)
    weights = word_weights(packed.hashes) / (1 + np.log(_spread(packed.hashes, marks.sentence)))
    return Words(packed.hashes, starts, ends, marks.sentence, marks.flags, weights.astype(np.float32))


def _spread_quotes(hashes: Hashes, flags: npt.NDArray[np.uint8]) -> None:
    """Flag as quoted what is quoted elsewhere in the same article, such as a post that is shown and then cited."""
    known = _grams_within(hashes, (flags & QUOTED) != 0, QUOTED_GRAM)
    if not known.shape[0]:
        return
    grams = rolling(hashes, QUOTED_GRAM)
    hit = np.flatnonzero(known[np.minimum(np.searchsorted(known, grams), known.shape[0] - 1)] == grams)
    for step in range(QUOTED_GRAM):
        flags[hit + step] |= QUOTED


def _spread(hashes: Hashes, sentence: npt.NDArray[np.int32]) -> npt.NDArray[np.float64]:
    """In how many sentences of the article each word stands."""
    order = np.lexsort((sentence, hashes))
    word, where = hashes[order], sentence[order]
    fresh = np.ones(order.shape[0], np.bool_)
    fresh[1:] = word[1:] != word[:-1]
    first = fresh.copy()
    first[1:] |= where[1:] != where[:-1]
    group = np.cumsum(fresh) - 1
    out = np.empty(order.shape[0])
    out[order] = np.bincount(group[first], minlength=1)[group] if order.shape[0] else 0.0
    return out


def _is_name(words: Words) -> npt.NDArray[np.bool_]:
    """Capitalised words that do not open a sentence and are no common words."""
    opens = np.ones(words.sentence.shape[0], np.bool_)
    opens[1:] = words.sentence[1:] != words.sentence[:-1]
    named: npt.NDArray[np.bool_] = ((words.flags & NAME) != 0) & ~opens & (words.weights > 1.0)
    return named


def _grams_within(hashes: Hashes, kept: npt.NDArray[np.bool_], size: int) -> Hashes:
    """Distinct n-grams all of whose words are kept, ascending."""
    grams = rolling(hashes, size)
    whole = np.ones(grams.shape[0], np.bool_)
    for step in range(size):
        whole &= kept[step : step + grams.shape[0]]
    return distinct(grams[whole])


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


def _terms(words: Words, free: npt.NDArray[np.bool_]) -> Terms:
    sentences = int(words.sentence[-1]) + 1 if words.sentence.shape[0] else 0
    sizes = np.bincount(words.sentence[free], minlength=sentences).astype(np.int32)
    kept = np.flatnonzero(free & (words.weights > 0))
    kept = kept[sizes[words.sentence[kept]] >= SENTENCE_WORDS]
    order = kept[np.lexsort((words.sentence[kept], words.hashes[kept]))]
    hashes, sentence = words.hashes[order], words.sentence[order]
    first = np.ones(order.shape[0], np.bool_)
    first[1:] = (hashes[1:] != hashes[:-1]) | (sentence[1:] != sentence[:-1])
    hashes, sentence, weights = hashes[first], sentence[first], words.weights[order][first]
    norms = np.bincount(sentence, weights.astype(np.float64) ** 2, minlength=sentences)
    distinct = np.ones(hashes.shape[0], np.bool_)
    distinct[1:] = hashes[1:] != hashes[:-1]
    return Terms(hashes, sentence, weights, norms.astype(np.float64), sizes, float(weights[distinct].sum()))
