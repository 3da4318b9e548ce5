"""A match as words a person believes or refutes in ten seconds, and as JSON."""

from __future__ import annotations

import textwrap

import orjson

from dedup.models import CleanArticle, Match
from dedup.report.safe import terminal_safe

__all__ = ["match_to_json", "match_to_text"]

PASSAGES_SHOWN = 5
_SENTENCES = {
    "copy": "One is a copy of the other: the text stands (nearly) in full in both.",
    "excerpt": "One is a cut or an expanded version of the other.",
    "partial": "They share a substantial passage, but most of each text is its own.",
    "rewrite": "One is a rewording of the other, or both reword one source text.",
    "same_story": "They report the same event, each in its own words.",
    "related": "They report different events of the same running subject.",
    "unrelated": "They have nothing to do with each other.",
}


def match_to_text(match: Match, a: CleanArticle, b: CleanArticle) -> str:
    """Relation, reasons, measures and the longest shared passages, safe to print on a terminal."""
    lines = [
        f"A  {_name(a)}",
        f"B  {_name(b)}",
        "",
        f"{match.relation}: {_SENTENCES[match.relation]}",
        *(f"  - {reason}" for reason in match.reasons),
        "",
        f"derived {match.score:.0%} likely, same story {match.same_story_score:.0%} likely",
        f"{match.containment[0]:.0%} of A's wording is in B, {match.containment[1]:.0%} of B's is in A"
        f" (Jaccard {match.jaccard:.2f}, TF-IDF cosine {match.cosine:.2f})",
    ]
    longest = sorted(match.passages, key=lambda passage: (-passage.words, passage.a_start))
    for number, passage in enumerate(longest[:PASSAGES_SHOWN], 1):
        text = " ".join(a.text[passage.a_start : passage.a_end].split())
        lines += ["", f"shared passage {number} ({passage.words} words):"]
        lines.append(
            textwrap.fill(
                textwrap.shorten(text, 400, placeholder=" ..."), 100, initial_indent="  ", subsequent_indent="  "
            )
        )
    if len(longest) > PASSAGES_SHOWN:
        rest = sum(passage.words for passage in longest[PASSAGES_SHOWN:])
        lines += ["", f"and {len(longest) - PASSAGES_SHOWN} shorter passages ({rest} words)"]
    return "\n".join(terminal_safe(line) for line in lines)


def _name(item: CleanArticle) -> str:
    parts = [item.id, item.headline or "(no headline)"]
    parts += [", ".join(credit.agency for credit in item.credits)] if item.credits else []
    return " | ".join(parts)


def match_to_json(match: Match, a: CleanArticle, b: CleanArticle) -> str:
    """The match with its passages' texts as JSON; keys sorted."""
    data = {
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
