"""Pages of ten languages, invented for this test: body, byline, dateline, credits and time of each as it states them.

Every page is a file of cases/languages: its lines with their classes, as in docs/text.md, and what is to be read.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from datetime import UTC
from pathlib import Path
from typing import Any

import pytest

from dedup.models import Article, CleanArticle
from dedup.text.clean import clean

CASES = sorted((Path(__file__).parent / "cases" / "languages").glob("*.json"))
LANGUAGES = ("de", "en", "es", "fr", "it", "ja", "ko", "pt", "ru", "zh")
FLOORS = {
    "de": 0.95, "en": 0.95, "es": 0.95, "fr": 0.95, "it": 0.91, "ja": 0.88, "ko": 0.91, "pt": 0.95, "ru": 0.8,
    "zh": 0.9,
}  # fmt: skip
"""Least F1 of body words: .05 below what was reached when the pages were written."""
WORD = re.compile(r"[㐀-鿿ぁ-ヿ가-힣]|[^\W㐀-鿿ぁ-ヿ가-힣]+")


def _read(path: Path) -> tuple[dict[str, Any], CleanArticle]:
    case = json.loads(path.read_text(encoding="utf-8"))
    text = "\n".join(line for _, line in case["lines"])
    return case, clean(Article(id=path.stem, text=text, title=case["title"], outlet=case["outlet"], url=case["url"]))


def body_f1(language: str) -> float:
    """F1 of the words of body lines over the pages of a language."""
    hits = given = wanted = 0
    for path in CASES:
        if path.stem.startswith(language):
            case, cleaned = _read(path)
            gold = Counter(WORD.findall("\n".join(line for kind, line in case["lines"] if kind == "B")))
            got = Counter(WORD.findall(cleaned.body))
            hits, given, wanted = hits + (gold & got).total(), given + got.total(), wanted + gold.total()
    return 2 * hits / (given + wanted)


def test_every_language_has_two_pages() -> None:
    assert Counter(path.stem[:2] for path in CASES) == dict.fromkeys(LANGUAGES, 2)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_body_of_every_language_is_found(language: str) -> None:
    assert body_f1(language) >= FLOORS[language]


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_byline_dateline_credits_and_time_are_read(path: Path) -> None:
    case, cleaned = _read(path)
    when = cleaned.published.astimezone(UTC) if cleaned.published else None
    clocked = "published-day-only" not in cleaned.notes
    assert {
        "byline": cleaned.byline,
        "dateline": cleaned.dateline,
        "credits": sorted(credit.agency for credit in cleaned.credits if credit.confidence >= 0.5),
        "published": when and when.strftime("%Y-%m-%dT%H:%M" if clocked else "%Y-%m-%d"),
    } == {name: case[name] for name in ("byline", "dateline", "credits", "published")}
