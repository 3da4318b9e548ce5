"""What is shown of pairs, and what profiles know beforehand for it, against plain twins."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import numpy as np

from dedup.match import packed as parts
from dedup.match.background import may_be_phrase, phrase_bits, phrases
from dedup.match.build import BOUND, CITED
from dedup.match.features import evidence_of
from dedup.match.marks import CAPITAL, DIGIT, NAME, QUOTED, letters
from dedup.match.overlap import PASSAGE_WORDS, rolling
from dedup.match.passages import Passages, passages_of
from dedup.match.profile import Profile, kinds_of, make_profiles, read_words, spans_of
from dedup.match.rare_words import HEAVY, RARE, RAREST, of_headlines, rarest
from dedup.match.similarity import idf_of
from dedup.models import CleanArticle, Passage
from dedup.settings import Settings
from tests.match.bodies import body, with_roles

SETTINGS = Settings()
QUOTED_LINES = (
    "\u201cWe have no choice but to close the bridge for the whole of the summer,\u201d said Marie Dupont on Monday.",
    "The bridge over the Seine carries 40,000 cars a day and will be closed for repairs, the city of Paris said.",
    "She said we have no choice but to close the bridge for the whole of the summer when she was asked again.",
    "The president of the United States will visit the European Union in May, the White House said on Friday.",
    "Engineers of the Orsa works found cracks in two pillars of the bridge when divers looked at them in April.",
)
ORDERS = ((0, 1, 2, 3, 4), (4, 3, 1, 0), (2, 1), (1,), (3, 4, 0, 1, 2, 1, 3))
CLEANED = [
    replace(body(f"a{n}", [QUOTED_LINES[k] for k in order]), headline="Seine bridge closes" if n % 2 else None)
    for n, order in enumerate(ORDERS)
]
PROFILES = make_profiles(CLEANED, SETTINGS)
PAIRS = [(a, b) for a, b in product(PROFILES, PROFILES) if a is not b]


def plain_passages(a: Profile, b: Profile) -> Passages:
    tiles = [tile for tile in evidence_of([(a, b)]).evidence(0).tiles.tolist() if tile[2] >= PASSAGE_WORDS]
    one, other, runs, places, quoted, bound = a.words, b.words, [], [], 0, 0
    for i, j, length in tiles:
        last = length - 1
        runs.append((i, j, length))
        ends = (one.starts[i], one.ends[i + last], other.starts[j], other.ends[j + last])
        places.append(Passage(*(int(end) for end in ends), length))
        flags = one.flags[i : i + length] | other.flags[j : j + length]
        quoted += int(np.count_nonzero(flags & QUOTED))
        bound += int(np.count_nonzero(flags & BOUND))
    return Passages(runs, tuple(places), sum(length for _, _, length in runs), quoted, bound - quoted)


def test_passages_of_many_pairs_are_those_of_each() -> None:
    alone = [make_profiles([item], SETTINGS)[0] for item in CLEANED[:2]]
    pairs = [*PAIRS, (alone[0], PROFILES[4]), (alone[1], alone[0])]
    shown = [k for k in range(len(pairs)) if k % 3]
    made = passages_of(pairs, evidence_of(pairs), shown)
    plain = [plain_passages(*pairs[k]) for k in shown]
    assert [one._replace(runs=list(one.runs)) for one in made] == plain
    assert any(len(one.runs) > 1 and one.quoted and one.stock for one in plain)


def test_shares_follow_the_order_of_the_pair() -> None:
    jaccard, in_b, in_a = (share.tolist() for share in evidence_of(PAIRS).shares)
    plain = [evidence_of([pair]).evidence(0).grams for pair in PAIRS]
    assert jaccard == [one.jaccard for one in plain]
    assert list(zip(in_b, in_a, strict=True)) == [one.containment for one in plain]


def plain_common(a: Profile, b: Profile, kind: int, load: int, most: int) -> list[int]:
    """The words of a section that weigh most in both, the heaviest first."""
    mine, theirs = (dict(zip(x.set(kind).tolist(), x.load(load), strict=True)) for x in (a, b))
    shared = sorted((word, weight * theirs[word]) for word, weight in mine.items() if word in theirs)
    return [word for word, _ in sorted(shared, key=lambda found: -found[1])[:most]]


def plain_spellings(a: Profile, b: Profile, words: list[int]) -> list[str]:
    chosen: list[str] = []
    for word in words:
        places = [np.flatnonzero(item.hashes == np.uint64(word))[:1].tolist() for item in (a, b)]
        if len(chosen) < RAREST and all(places):
            forms = [item.spelled(at[0], at[0]) for item, at in zip((a, b), places, strict=True)]
            form = min(forms, key=lambda text: (sum(map(str.isupper, text)), text))
            tail = any(item.text[item.words.starts[at[0]] - 1] == "-" for item, at in zip((a, b), places, strict=True))
            chosen += [form] if len(form) > 1 and not tail and form not in chosen else []
    return chosen


def test_the_rarest_words_are_those_of_the_plain_way() -> None:
    found = [rarest(a, b) for a, b in PAIRS]
    for (a, b), words in zip(PAIRS, found, strict=True):
        heavy = plain_common(a, b, parts.VECTOR, parts.RARE_LOADS, HEAVY)
        idf = dict(zip(heavy, idf_of(np.array(heavy, np.uint64)).tolist(), strict=True))
        rare = [word for word in sorted(heavy, key=lambda word: -idf[word]) if idf[word] >= RARE]
        assert words == plain_spellings(a, b, rare)
    assert any(found)


def test_words_of_headlines_are_those_of_the_plain_way() -> None:
    found = [of_headlines(a, b) for a, b in PAIRS]
    heavy = [plain_common(a, b, parts.TITLE, parts.TITLE_LOADS, 2 * RAREST) for a, b in PAIRS]
    assert found == [plain_spellings(a, b, words) for (a, b), words in zip(PAIRS, heavy, strict=True)]
    assert any(found)


def test_windows_that_are_quoted_somewhere_are_cited() -> None:
    for words in (item.words for item in PROFILES):
        grams = rolling(words.hashes, 5).tolist()
        quoted = (words.flags & QUOTED) != 0
        known = {gram for k, gram in enumerate(grams) if quoted[k : k + 5].all()}
        cited = np.flatnonzero(words.flags & CITED).tolist()
        assert cited == [k for k, gram in enumerate(grams) if gram in known]


def test_letters_are_marked_by_what_a_word_begins_with() -> None:
    table = letters()
    assert [bool(mark & CAPITAL) for mark in table.tolist()] == [chr(code).isupper() for code in range(len(table))]
    assert [chr(code) for code in np.flatnonzero(table & DIGIT)] == list("0123456789")
    assert "".join(chr(code) for code in np.flatnonzero(table & NAME)[:26]) == "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def test_every_phrase_has_its_bit_and_few_others_have() -> None:
    table, bits = phrases(), phrase_bits()
    assert all(may_be_phrase(bits, gram) for gram in table[table != 0][::50])
    others = np.random.default_rng(1).integers(0, 2**64, 2000, np.uint64)
    assert sum(bool(may_be_phrase(bits, gram)) for gram in others) < 300


def test_lines_of_a_batch_are_those_of_each_article() -> None:
    lines = ("A line of body.", "Menu", "", "Another line of the body, with a box of links in it.", "More")
    page = with_roles("page", lines, "BF-BF")
    stub = with_roles("stub", [" ".join(["word"] * 60), "Menu"], "FF")
    boxed = replace(page, insets=((page.starts[3] + 10, page.starts[3] + 20),))
    batch: list[CleanArticle] = [page, stub, with_roles("none", ["Menu"], "F"), boxed, *CLEANED, page]
    read = read_words(batch)
    for row, item in enumerate(batch):
        own = read.spans[read.pieces[row] : read.pieces[row + 1]].tolist()
        assert [tuple(span) for span in own] == [*spans_of(item), (0, 0)]
    for first in range(len(batch)):
        few = read_words(batch[first : first + 2])
        own = read.pieces[first : first + 3]
        assert few.pieces.tolist() == (own - own[0]).tolist()
        assert few.spans.tolist() == read.spans[own[0] : own[-1]].tolist()
    kinds = kinds_of(batch, read, SETTINGS)
    assert kinds == [kinds_of([item], read_words([item]), SETTINGS)[0] for item in batch]
    assert {"article", "brief"} <= set(kinds)
