"""What can be said of each topic of a pair's evidence, with figures that a reader can check against the two texts."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from dedup.match.decision import Decision
from dedup.match.features import NAMES
from dedup.match.model import RETOLD_SENTENCES, RETOLD_WORDS
from dedup.match.overlap import PASSAGE_WORDS
from dedup.match.passages import Passages
from dedup.match.profile import Profile, Words
from dedup.models import Fact

OPENING = 3
"""A passage that begins within so many words of the start opens the text."""

IN_ORDER, MIXED_UP = 0.85, 0.6
"""Share of likeness that stands in the same order, from which the order is called the same, and under which another."""

TELLING = 0.05
"""Share of the shorter text from which it is worth a sentence."""

SENTENCES = 3
"""A text of fewer sentences is not said to be retold, nor so few passages to be in order: one alike is chance."""

FEW_ALIKE = 0.3
"""Share of the shorter text in sentences with their like in the other, under which these are called few."""

LONG = 15
"""Words of a passage, about a sentence, from which it is not called short."""

QUOTED_WORDS = 6
"""Start and end of a passage that are shown, in words each."""

JOINED = 3
"""Words up to which one that is written with marks inside, as "U.S.", is shown whole at a cut."""

MOST = 0.3
"""Share of the shared words in quotations or stock phrases from which it weakens them."""


class Reason(NamedTuple):
    """One reason: what it says for programs, and in words."""

    fact: Fact
    text: str


@dataclass(frozen=True, slots=True)
class Seen:
    """A pair as its reasons see it: ``values`` and ``cosines`` are those of its evidence, ``swapped`` whether a is the
    longer article."""

    a: Profile
    b: Profile
    values: npt.NDArray[np.float64]
    cosines: Sequence[float]
    swapped: bool
    passages: Passages
    decision: Decision

    def of(self, name: str) -> float:
        """A feature by its name."""
        return self.values.item(_AT[name])

    def count(self, name: str) -> int:
        """A feature that is ln(1 + a number), as the number."""
        return round(math.expm1(self.of(name)))


_AT = {name: at for at, name in enumerate(NAMES)}


Said = list[tuple[str, str]]
"""Codes and sentences of one topic, none where there is nothing to show."""


def percent(share: float) -> str:
    return f"{round(100 * share)}%"


def held(seen: Seen) -> Said:
    """The words of the passages, beside the length of both: what is shown of a pair gives the shares. Then what edits
    add, and where the line of an excerpt or copy lies, if it is near."""
    rules = seen.decision.rules
    said = [] if "scattered" in rules and not seen.passages.runs else [("held", _held(seen))]
    common = common_share(seen, "s")
    if cut := [("cut", _cut(seen, rule)) for rule in rules if rule.endswith("_cut")]:
        return said + cut
    if "whole" not in rules and common - seen.passages.words / max(1, min(seen.a.size, seen.b.size)) >= TELLING:
        said.append(("edited", f"{EDITS}, {percent(common)} of the shorter text is shared"))
    return said


EDITS = "with shorter runs and small edits counted in"


def common_share(seen: Seen, side: str) -> float:
    """Share of one text that both have: shared runs with the edits inside, or 3-grams where those are more."""
    return min(1.0, max(seen.of(f"aligned_{side}"), seen.of(f"contained3_{side}")))


def little_held(seen: Seen) -> Said:
    """How little of both, or of the longer text alone, stands in passages."""
    short, long = sorted((seen.a.size, seen.b.size))
    if 2 * seen.passages.words > short and short < long:
        shared = f"only {seen.passages.words:,} stand word for word in the shorter one"
        return [("held", f"of the longer text's {long:,} words {shared}")]
    return [("held", f"only {_held(seen)}" if seen.passages.words else _held(seen))]


def _held(seen: Seen) -> str:
    short, long = sorted((seen.a.size, seen.b.size))
    if not seen.passages.words:
        return f"no {PASSAGE_WORDS} words in a row are shared"
    if short == long:
        return f"{seen.passages.words:,} of the {short:,} words of either text stand word for word in the other"
    whole = f"the longer one, which has {long:,}"
    return f"{seen.passages.words:,} of the shorter text's {short:,} words stand word for word in {whole}"


def _cut(seen: Seen, rule: str) -> str:
    """How near the shares are to the line between two relations."""
    short, long = (f"{100 * common_share(seen, side):.1f}%" for side in "sl")
    cuts = {name: f"{100 * cut:.1f}%" for name, cut in seen.decision.cuts.items()}
    if rule == "excerpt_cut":
        return f"{EDITS}, {short} of the shorter text is shared: an excerpt has {cuts['excerpt']} or more"
    line = f"a copy has {cuts['copy_s']} and {cuts['copy_l']} or more"
    return f"{EDITS}, {short} of the shorter and {long} of the longer text are shared: {line}"


def longest(seen: Seen) -> Said:
    """The longest passage, with its first and last words as the shorter text has them."""
    return _longest(seen, "") if seen.passages.runs else []


def _longest(seen: Seen, only: str) -> Said:
    i, j, length = max(seen.passages.runs, key=lambda tile: (tile[2], -tile[0] - tile[1]))
    words = _quotation(seen.b, j, length) if seen.swapped else _quotation(seen.a, i, length)
    if _opens(seen.a, i) and _opens(seen.b, j) and not only:
        return [("longest", f"both open with the same {length:,} words, the longest shared passage: {words}")]
    return [("longest", f"the longest shared passage has {only}{length:,} words: {words}")]


def _opens(item: Profile, start: int) -> bool:
    """Whether a text opens with what begins at a word: at most a dateline stands before it, no line of its own such as
    the title of an item of a round-up."""
    if start > OPENING:
        return False
    starts = item.words.starts
    return "\n" not in item.text[starts[0] : starts[start]]


def _quotation(item: Profile, start: int, length: int) -> str:
    words, last = item.words, start + length - 1
    head, tail = start + QUOTED_WORDS - 1, last - QUOTED_WORDS + 1
    for _ in range(JOINED):
        head += _joined(item.text, words, head)
        tail -= _joined(item.text, words, tail - 1)
    end = _end(item.text, words, last)
    if head + 1 >= tail:
        return f"“{_plain(item.text[words.starts[start] : end])}”"
    first = item.text[words.starts[start] : _end(item.text, words, head)]
    return f"“{_plain(first)} ... {_plain(item.text[words.starts[tail] : end])}”"


def _end(text: str, words: Words, at: int) -> int:
    """Where a word ends, with the last full stop of one such as "U.S."."""
    end = int(words.ends[at])
    return end + (text[end : end + 1] == "." == text[max(0, end - 2) : end - 1])


def _joined(text: str, words: Words, at: int) -> bool:
    """Whether a word is written as one with the next: "U.S.", "short-range"."""
    if not 0 <= at < words.ends.shape[0] - 1:
        return False
    between = text[words.ends[at] : words.starts[at + 1]]
    return bool(between) and not any(map(str.isspace, between))


def _plain(text: str) -> str:
    """Words in one line, without the marks of quotation that would end the ones around them."""
    return " ".join(text.translate(_MARKS).split())


_MARKS = {ord(mark): None for mark in '“”"«»„'}


def short_passages(seen: Seen) -> Said:
    """That the passages are short, or what of them is prose of one's own."""
    if not seen.passages.runs:
        return []
    if max(length for _, _, length in seen.passages.runs) < LONG:
        return _longest(seen, "only ")
    free = seen.count("longest_free")
    outside = "outside quotations and stock phrases"
    return [("free", f"{outside} no more than {free} shared words stand in a row")] if free < LONG else []


def in_order(seen: Seen) -> Said:
    many = max(len(seen.passages.runs), seen.count("twins")) >= SENTENCES
    ordered = min(seen.of("ordered"), seen.of("twins_ordered") if seen.of("twins") else 1.0)
    return [("order", "what they share comes in the same order in both")] if many and ordered >= IN_ORDER else []


def out_of_order(seen: Seen) -> Said:
    many = max(len(seen.passages.runs), seen.count("echoes")) >= SENTENCES
    ordered = min(seen.of("ordered"), seen.of("echoes_ordered"))
    return [("order", "what they share comes in another order")] if many and ordered < MIXED_UP else []


def alike(seen: Seen) -> Said:
    """Sentences that are the same or nearly so, and what looks reworded beyond all that."""
    twins, parts = seen.count("twins"), []
    counted = max(seen.of("covered_s"), seen.of("aligned_s"), seen.of("twin_s"))
    reworded = seen.of("echo_s") - counted
    if twins >= 2:
        parts.append(f"{twins} sentences are the same or nearly so in both")
    if reworded >= TELLING:
        beside = "beside the shared passages " if seen.passages.runs and not parts else ""
        share = f"{'a further ' if parts else ''}{percent(reworded)}"
        parts.append(f"{beside}{share} of the shorter text is in sentences that look reworded")
    return [("alike", ", and ".join(parts))] if parts else []


def few_alike(seen: Seen) -> Said:
    share = seen.of("echo_s")
    if share >= FEW_ALIKE:
        return []
    part = f"only {percent(share)}" if share >= 0.005 else "none"
    return [("alike", f"{part} of the shorter text is in sentences that have their like in the other")]


def same_quotations(seen: Seen) -> Said:
    quoted = seen.passages.quoted
    return [("quoted", f"both give the same quotations, {quoted:,} words in all")] if quoted >= PASSAGE_WORDS else []


def much_quoted(seen: Seen) -> Said:
    quoted, stock = seen.passages.quoted, seen.passages.stock
    if not seen.passages.words or quoted + stock < MOST * seen.passages.words:
        return []
    return [("quoted", bound(seen.passages.words, quoted, stock))]


def bound(shared: int, quoted: int, stock: int) -> str:
    """How many of the shared words are quoted, and of stock phrases."""
    kinds = ((quoted, "quoted"), (stock, "of stock phrases"))
    parts = [f"{number:,} {'is' if number == 1 else 'are'} {kind}" for number, kind in kinds if number]
    return f"of the {shared:,} shared words {' and '.join(parts)}"


def outlet_named(seen: Seen) -> Said:
    return [("cites", "one of the two names the other's outlet")] if seen.of("cites") else []


def told(seen: Seen) -> Said:
    """How many sentences a rewrite keeps, and whether in order."""
    partners, every = seen.count("told"), seen.count("sentences")
    if not partners or every < SENTENCES:
        return []
    order = ", in the same order" if partners > 2 and seen.of("told_ordered") >= IN_ORDER else ""
    resemble = "resembles" if partners == 1 else "resemble"
    return [("told", f"{partners} of the shorter text's {every} sentences {resemble} a sentence of the other{order}")]


def own(seen: Seen) -> Said:
    """What the shorter text brings that the other has not."""
    names, numbers = seen.count("own_names"), seen.count("own_numbers")
    if seen.count("sentences") < SENTENCES:
        return []
    if not names and not numbers:
        return [("own", "the shorter text brings no name or number of its own")]
    return [("own", f"of its own the shorter text brings {_number(names, 'name')} and {_number(numbers, 'number')}")]


def much_own(seen: Seen) -> Said:
    return own(seen) if seen.count("own_names") + seen.count("own_numbers") >= SENTENCES else []


def _number(count: int, what: str) -> str:
    return f"{count or 'no'} {what}{'' if count == 1 else 's'}"


def overruled(seen: Seen) -> Said:
    """The rules that overruled the weights."""
    return [(rule, _RULES[rule](seen)) for rule in seen.decision.rules if rule in _RULES]


def _whole(seen: Seen) -> str:
    share = percent(seen.of("aligned_s"))
    return f"small edits counted in, {share} of the shorter text stands in the other: so much was taken, quoted or not"


def _scattered(seen: Seen) -> str:
    if seen.passages.runs:
        return "the shared runs are short and in no order: phrases strewn about, which count for nothing"
    return f"no {PASSAGE_WORDS} words in a row are shared, so that common wording counts for nothing"


def _few_told(seen: Seen) -> str:
    if seen.count("words_s") < RETOLD_WORDS:
        return f"a text of under {RETOLD_WORDS} words is too short to be called retold: its facts stand in every report"
    told = seen.count("told")
    return f"sentences that resemble one of the other: {told}, where {RETOLD_SENTENCES} are needed to call it retold"


_RULES: Mapping[str, Callable[[Seen], str]] = {"whole": _whole, "scattered": _scattered, "few_told": _few_told}


def own_words(seen: Seen) -> Said:
    return [(code, f"{text}, as reports in words of their own do") for code, text in outlet_named(seen)]


Sentence = Callable[[Seen], Said]

FOR: Mapping[str, Sentence] = {
    "held": held,
    "longest": longest,
    "order": in_order,
    "alike": alike,
    "quoted": same_quotations,
    "told": told,
    "own": own,
}
AGAINST: Mapping[str, Sentence] = {
    "held": little_held,
    "longest": short_passages,
    "order": out_of_order,
    "alike": few_alike,
    "quoted": much_quoted,
    "cites": own_words,
    "own": much_own,
}
"""What is said of a topic that speaks for text being taken, and of one that speaks against it."""

LEAST, STRONG = 0.25, 0.75
"""Log-odds from which a topic that speaks for the relation is said, and from which one that speaks against it is:
it adds a quarter to the odds; it halves them."""


def weighed(said: Said, weight: float = 0.0) -> list[Reason]:
    """Reasons of one topic; its weight is that of the first."""
    return [Reason(Fact(code, (), 0.0 if k else weight), text) for k, (code, text) in enumerate(said)]


def although(seen: Seen, sentences: Mapping[str, Sentence]) -> list[Reason]:
    """The topic that speaks most against the relation, of those that are strong and have something to show."""
    weights = seen.decision.weights
    strong = [topic for topic in sentences if weights.get(topic, 0.0) <= -STRONG]
    for topic in sorted(strong, key=weights.__getitem__):
        if said := sentences[topic](seen):
            code, text = said[0]
            return [Reason(Fact(code, (), weights[topic]), f"although {text}")]
    return []
