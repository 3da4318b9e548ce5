"""Scores every labelled file of a data folder as one Markdown table: ``python -m benchmarks.evaluate_all DIR``."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from dedup.evaluate import evaluate

FEED, EVENTS = "helsinki_articles.jsonl.gz", "giveme5w1h_events.jsonl.gz"
FILES: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "helsinki_pairs.jsonl": ("pairs", (FEED,)),
    "helsinki_pairs_more.jsonl": ("pairs", (FEED,)),
    "giveme5w1h_pairs.jsonl": ("pairs", (EVENTS,)),
    EVENTS: ("events", ()),
    "ecbplus_events.jsonl.gz": ("events", ()),
    "article_lines.jsonl": ("lines", ()),
    "pages_scrapinghub.jsonl.gz": ("pages", ()),
    "pages_andy.jsonl.gz": ("pages", ()),
}


def main(folder: Path) -> None:
    print("| file | measure | value |\n|---|---|---|")
    for name, (kind, feeds) in FILES.items():
        if not (folder / name).exists():
            print(f"| {name} | not there | |")
            continue
        scores = evaluate(kind, folder / name, [folder / feed for feed in feeds])
        for measure, value in ROWS[kind](scores).items():
            print(f"| {name} | {measure} | {value} |", flush=True)


def _pairs(scores: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "derived P / R / F1": _prf(scores["derived"]),
        "derived, high confidence P / R / F1": _prf(scores["derived_high_confidence"]),
        "average precision": scores["average_precision"],
        "relation macro-F1": scores["relation"]["macro_f1"],
    }


def _events(scores: Mapping[str, Any]) -> dict[str, Any]:
    names = ("b_cubed_precision", "b_cubed_recall", "b_cubed_f1")
    return {"B-cubed P / R / F1": " / ".join(str(scores[name]) for name in names)}


def _lines(scores: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "body lines F1": scores["body_lines"]["f1"],
        "body words F1": scores["body_words"]["f1"],
        "body lines / words F1 with the feed": f"{scores['with_feed']['body_lines']['f1']} / "
        f"{scores['with_feed']['body_words']['f1']}",
        "furniture words left / body words lost / body words": f"{scores['furniture_words_left']} / "
        f"{scores['body_words_lost']} / {scores['body_words_total']}",
        "credit / byline / dateline accuracy": " / ".join(
            str(scores[f"{name}_accuracy"]) for name in ("credit", "byline", "dateline")
        ),
    }


def _pages(scores: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _prf(scores[name]) for name in ("from_html", "from_page_text", "page_text_kept_whole")}


def _prf(scores: Mapping[str, float]) -> str:
    return f"{scores['precision']} / {scores['recall']} / {scores['f1']}"


ROWS: Mapping[str, Callable[[Mapping[str, Any]], dict[str, Any]]] = {
    "pairs": _pairs,
    "events": _events,
    "lines": _lines,
    "pages": _pages,
}

if __name__ == "__main__":
    main(Path(sys.argv[1]))
