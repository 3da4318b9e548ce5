"""A match as words a person believes or refutes in ten seconds, and as JSON."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterable, Iterator

import orjson

from dedup.models import CleanArticle, Match, Passage
from dedup.report.changes import changes
from dedup.report.pairs import Party, beyond, direction, held, likely, sentence
from dedup.report.records import fact_records
from dedup.report.safe import terminal_safe
from dedup.report.words import count, listing, moment, names, place

__all__ = ["SizeOf", "match_to_json", "match_to_text"]

PASSAGES_SHOWN = 5
WIDTH = 100
OPENING = 220
"""Characters of each text's beginning that are shown where no shared passage says it: two sentences."""
PROOF = 15
"""Words of a shared passage, about a sentence, from which the passages are the proof."""

Own = tuple[Iterable[str], Iterable[str]]
SizeOf = Callable[[CleanArticle], int]


def match_to_text(
    match: Match,
    a: CleanArticle,
    b: CleanArticle,
    size_of: SizeOf,
    own: Own = ((), ()),
    *,
    release: bool = False,
) -> str:
    """What the pair is, who holds how much of whom, who may have it from whom, why, and the longest shared passages;
    safe to print on a terminal.

    ``size_of`` counts the words of a text as those of the passages were; ``own`` are the agencies that are the outlet
    of ``a`` and of ``b``; ``release`` whether the agency that both credit distributes press releases.
    """
    shares = held(match, a, b)
    said = sentence(match, shares, texts=(a, b))
    took = direction(match, shares, _party("A", a, own[0]), _party("B", b, own[1]), release=release)
    lines = [
        *_head("A", a, size_of(a)),
        *_head("B", b, size_of(b)),
        "",
        *_wrapped(f"{match.relation}: {said}"),
        *_wrapped(took),
        *(line for reason in beyond(match, f"{said} {took}") for line in _wrapped(reason, "  - ")),
        "",
        likely(match),
        f"sequences of five words: {match.containment[0]:.0%} of A's are in B, {match.containment[1]:.0%} of B's in A"
        f" (Jaccard {match.jaccard:.2f}, TF-IDF cosine {match.cosine:.2f})",
        *_changes(match, a, b),
        *_passages(match, a),
        *_openings(match, a, b),
    ]
    return "\n".join(terminal_safe(line) for line in lines)


def _party(name: str, item: CleanArticle, own: Iterable[str]) -> Party:
    where = place(item.article.outlet, item.article.url, "")
    return Party.of(name, item.credits, own, (item.published, where))


def _head(letter: str, item: CleanArticle, words: int) -> Iterator[str]:
    """Headline and id, then where, when and from whom."""
    yield f"{letter}  {item.headline or '(no headline)'} | {item.id}"
    facts = [place(item.article.outlet, item.article.url, ""), moment(item.published), count(words, "word")]
    if item.credits:
        facts.append(f"credits {listing(names(item.credits))}")
    yield "   " + ", ".join(fact for fact in facts if fact)


def _wrapped(text: str, bullet: str = "") -> list[str]:
    return textwrap.wrap(text, WIDTH, initial_indent=bullet, subsequent_indent=" " * len(bullet))


def _shown(text: str, most: int) -> list[str]:
    short = textwrap.shorten(text, most, placeholder=" ...")
    return textwrap.wrap(short, WIDTH, initial_indent="  ", subsequent_indent="  ")


def _passages(match: Match, a: CleanArticle) -> Iterator[str]:
    longest = sorted(match.passages, key=lambda passage: (-passage.words, passage.a_start))
    for number, passage in enumerate(longest[:PASSAGES_SHOWN], 1):
        yield ""
        yield f"shared passage {number} ({count(passage.words, 'word')}):"
        yield from _shown(_with_stop(a.text, passage), 400)
    if len(longest) > PASSAGES_SHOWN:
        rest = sum(passage.words for passage in longest[PASSAGES_SHOWN:])
        yield ""
        yield f"and {count(len(longest) - PASSAGES_SHOWN, 'shorter passage')} ({count(rest, 'word')})"


def _with_stop(text: str, passage: Passage) -> str:
    """The words of a passage; of one at its end such as "U.S." also the last full stop."""
    start, end = passage.a_start, passage.a_end
    return text[start : end + (text[end : end + 1] == "." == text[max(start, end - 2) : end - 1])]


def _changes(match: Match, a: CleanArticle, b: CleanArticle) -> Iterator[str]:
    """The first words that differ between two versions."""
    shown, more = changes(match, a, b)
    if shown:
        yield ""
        yield "words changed:"
    for change in shown:
        yield from _wrapped(change, "  - ")
    if more:
        yield f"and {count(more, 'more change')}"


def _openings(match: Match, a: CleanArticle, b: CleanArticle) -> Iterator[str]:
    """How each text begins, where no shared passage shows what they have in common."""
    if max((passage.words for passage in match.passages), default=0) >= PROOF and match.relation != "rewrite":
        return
    for letter, item in (("A", a), ("B", b)):
        if item.body:
            yield ""
            yield f"{letter} begins:"
            yield from _shown(item.body, OPENING)


def match_to_json(match: Match, a: CleanArticle, b: CleanArticle, own: Own = ((), ()), *, release: bool = False) -> str:
    """The match with its passages' texts and the sentences of ``match_to_text`` as JSON; keys sorted."""
    shares = held(match, a, b)
    data = {
        "held": [round(share, 4) for share in shares],
        "sentence": sentence(match, shares, texts=(a, b)),
        "direction": direction(match, shares, _party("A", a, own[0]), _party("B", b, own[1]), release=release),
        "a": match.a,
        "b": match.b,
        "relation": match.relation,
        "derived": match.derived,
        "score": match.score,
        "same_story_score": match.same_story_score,
        "jaccard": match.jaccard,
        "containment": list(match.containment),
        "cosine": match.cosine,
        "reasons": list(match.reasons),
        "facts": fact_records(match.facts),
        "passages": [
            {
                "words": passage.words,
                "a": [passage.a_start, passage.a_end],
                "b": [passage.b_start, passage.b_end],
                "a_text": a.text[passage.a_start : passage.a_end],
                "b_text": b.text[passage.b_start : passage.b_end],
            }
            for passage in match.passages
        ],
    }
    return orjson.dumps(data, option=orjson.OPT_SORT_KEYS | orjson.OPT_INDENT_2).decode()
