"""Why each line has its role, in words."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from dedup.models import ROLE_OF_LETTER, Article, Role
from dedup.text.clean import clean
from dedup.text.evidence import FeedEvidence, line_evidence
from dedup.text.lexicon import lexicon
from dedup.text.scan import COLUMN, RAW, codes_of, scan_spans


class ExplainedLine(NamedTuple):
    """A line, its role, and the reasons, the weightiest first."""

    text: str
    role: Role
    why: tuple[str, ...]


def explain_lines(article: Article, evidence: FeedEvidence | None = None) -> list[ExplainedLine]:
    """Every line of an article with its role and the reasons for it."""
    result = clean(article, evidence)
    starts = np.array(result.starts, dtype=np.int64)
    ends = np.array(result.ends, dtype=np.int64)
    found = scan_spans(codes_of(result.text), starts, ends, lexicon())
    feed = None if evidence is None else line_evidence(article, found, evidence)
    explained = []
    for i, line in enumerate(result.lines):
        why = _reasons(found.raw[i], line.text)
        if feed is not None and feed.repeated[i] >= 2:
            why.insert(0, f"stands in {int(feed.repeated[i])} different stories of this outlet")
        if feed is not None and feed.opening[i]:
            why.insert(0, "opens another story's article")
        explained.append(ExplainedLine(line.text, ROLE_OF_LETTER[result.roles[i]], tuple(why)))
    return explained


def _reasons(raw: np.ndarray, text: str) -> list[str]:  # type: ignore[type-arg]
    why = []
    if not text.strip():
        return ["empty"]
    if raw[COLUMN["phrase"]]:
        why.append("an interface phrase")
    elif raw[COLUMN["prefix"]]:
        why.append("opens as an interface phrase")
    why.append(f"{int(raw[COLUMN['words']] + raw[COLUMN['wide']])} words")
    why += [f"{int(raw[len(RAW) + n])} {name} words" for n, name in enumerate(lexicon().names) if raw[len(RAW) + n]]
    return why
