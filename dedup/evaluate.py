"""Scores against labelled data: pairs, events, lines and pages.

Label files are JSON lines; their schemas are in docs/evaluation.md. The measures are the field's own: average
precision (Manning et al., Introduction to Information Retrieval, 8.4), B-cubed (Bagga & Baldwin 1998), and the
n-gram multiset precision and recall of the article-extraction-benchmark.
"""

from __future__ import annotations

import importlib.util
import json
import re
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from dedup.errors import LabelError
from dedup.models import Article, CleanArticle, Match, Rejection
from dedup.pipeline import clean_feed, compare, find_stories
from dedup.report.safe import terminal_safe
from dedup.settings import Settings
from dedup.sources import read_feed
from dedup.text.clean import clean

__all__ = ["KINDS", "b_cubed", "evaluate", "kind_of", "scores_to_json", "scores_to_text"]

Scores = dict[str, Any]
_RELATION_OF_LABEL = {"same_event": "same_story", "other": "other"}
_GRAMS = re.compile(r"\w+")
_NEEDED: Mapping[str, tuple[str, ...]] = {
    "pairs": ("a", "b", "relation", "derived"),
    "lines": ("id", "text", "classes"),
    "pages": ("id", "html", "body"),
    "events": ("id", "text", "story"),
}
KINDS: tuple[str, ...] = tuple(_NEEDED)


def evaluate(kind: str | None, labels: Path, feeds: Sequence[Path], settings: Settings | None = None) -> Scores:
    """Score the labelled file ``labels`` of ``kind`` (None: recognised by its fields); pairs need ``feeds``.

    Returns a plain dict of scores (0..1 unless a name says otherwise) and the list of wrong answers.
    Raises LabelError when the file does not follow the schema of its kind.
    """
    rows = list(_rows(labels))
    kind = kind or kind_of(labels)
    for number, row in enumerate(rows, 1):
        missing = [name for name in _NEEDED[kind] if name not in row]
        if missing:
            raise LabelError(
                f"row {number} has no field {missing[0]!r}, which labels of {kind} need", place=str(labels)
            )
    scorers: Mapping[str, Callable[[], Scores]] = {
        "pairs": lambda: _score_pairs(rows, _articles(feeds, labels), settings or Settings()),
        "events": lambda: _score_events(rows, _articles([labels], labels), settings or Settings()),
        "lines": lambda: _score_lines(rows, _articles([labels], labels)),
        "pages": lambda: _score_pages(rows),
    }
    return {"kind": kind, **scorers[kind]()}


def kind_of(labels: Path) -> str:
    """The kind whose fields the first row of a label file has; LabelError when none fits."""
    first = next(iter(_rows(labels)), {})
    for kind, needed in _NEEDED.items():
        if all(name in first for name in needed):
            return kind
    raise LabelError(
        "these are not labels of a known kind", place=str(labels), remedy=f"name the kind: {', '.join(KINDS)}"
    )


def _rows(path: Path) -> Iterable[dict[str, Any]]:
    import gzip

    opener = gzip.open if path.suffix == ".gz" else open
    try:
        with opener(path, "rb") as stream:
            for number, line in enumerate(stream, 1):
                if line.strip():
                    yield _row(line, number, path)
    except (OSError, EOFError, zlib.error) as error:
        raise LabelError(f"cannot be read ({getattr(error, 'strerror', None) or error})", place=str(path)) from error


def _row(line: bytes, number: int, path: Path) -> dict[str, Any]:
    try:
        row = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        raise LabelError(
            f"is not JSON ({error.msg} at character {error.pos + 1})", place=f"{path}, line {number}"
        ) from error
    if not isinstance(row, dict):
        raise LabelError("is not a JSON object", place=f"{path}, line {number}")
    return row


def _articles(feeds: Sequence[Path], labels: Path) -> list[Article]:
    if not feeds:
        raise LabelError("labels of pairs need the feed their articles are in", place=str(labels))
    articles = []
    for feed in feeds:
        for item in read_feed(feed):
            if isinstance(item, Rejection):
                raise LabelError(f"an article was rejected: {item.message}", place=f"{feed}, {item.position}")
            articles.append(item)
    return articles


# --- pairs ------------------------------------------------------------------------------------------------------


class _Judged(NamedTuple):
    row: dict[str, Any]
    match: Match


def _score_pairs(rows: Sequence[dict[str, Any]], articles: Sequence[Article], settings: Settings) -> Scores:
    cleaned = {item.id: item for item in clean_feed(articles)}
    judged = [_judge(row, cleaned, settings) for row in rows if not row.get("skip")]
    sure = [item for item in judged if item.row.get("confidence") == "high"]
    return {
        "pairs": len(judged),
        "derived": _derived_scores(judged),
        "derived_high_confidence": _derived_scores(sure),
        "average_precision": _average_precision(judged),
        "relation": _relation_scores(judged),
        "wrong": [_wrong(item) for item in judged if item.match.derived != item.row["derived"]],
    }


def _judge(row: dict[str, Any], cleaned: Mapping[str, CleanArticle], settings: Settings) -> _Judged:
    for side in ("a", "b"):
        if row[side] not in cleaned:
            raise LabelError(f"article {row[side]!r} is in no given feed", place=f"pair {row.get('pair', '?')}")
    return _Judged(row, compare(cleaned[row["a"]], cleaned[row["b"]], settings))


def _derived_scores(judged: Sequence[_Judged]) -> Scores:
    hits = sum(item.match.derived and item.row["derived"] for item in judged)
    return _f1(hits, sum(item.match.derived for item in judged), sum(bool(item.row["derived"]) for item in judged))


def _f1(hits: float, found: float, true: float) -> Scores:
    return _mean_f1(hits / found if found else 1.0, hits / true if true else 1.0)


def _mean_f1(precision: float, recall: float) -> Scores:
    total = precision + recall
    return {
        "precision": round(precision, 4),
        "recall": round(recall, 4),
        "f1": round(2 * precision * recall / total if total else 0.0, 4),
    }


def _average_precision(judged: Sequence[_Judged]) -> float:
    """Mean precision at the rank of each derived pair; pairs of one score share the precision of the last of them."""
    ranked = sorted(judged, key=lambda item: -item.match.score)
    total = sum(bool(item.row["derived"]) for item in ranked)
    hits, average, start = 0, 0.0, 0
    while start < len(ranked):
        stop = start
        while stop < len(ranked) and ranked[stop].match.score == ranked[start].match.score:
            stop += 1
        new = sum(bool(item.row["derived"]) for item in ranked[start:stop])
        hits += new
        average += new * hits / stop
        start = stop
    return round(average / total if total else 1.0, 4)


def _relation_scores(judged: Sequence[_Judged]) -> Scores:
    pairs = [(_RELATION_OF_LABEL.get(i.row["relation"], i.row["relation"]), _coarse(i.match)) for i in judged]
    names = sorted({gold for gold, _ in pairs})
    by_name = {name: _class_scores(pairs, name) for name in names}
    main = [by_name[name]["f1"] for name in names if name != "rewrite"]
    return {
        "accuracy": round(sum(gold == got for gold, got in pairs) / max(len(pairs), 1), 4),
        "macro_f1": round(sum(main) / max(len(main), 1), 4),
        "by_relation": by_name,
        "confusion": {f"{gold} -> {got}": n for (gold, got), n in sorted(Counter(pairs).items())},
    }


def _coarse(match: Match) -> str:
    return "other" if match.relation in ("related", "unrelated") else match.relation


def _class_scores(pairs: Sequence[tuple[str, str]], name: str) -> Scores:
    hits = sum(gold == got == name for gold, got in pairs)
    return _f1(hits, sum(got == name for _, got in pairs), sum(gold == name for gold, _ in pairs))


def _wrong(item: _Judged) -> Scores:
    row, match = item.row, item.match
    return {
        "a": row["a"],
        "b": row["b"],
        "label": row["relation"],
        "confidence": row.get("confidence"),
        "why": row.get("why"),
        "got": match.relation,
        "score": round(match.score, 3),
        "containment": [round(share, 3) for share in match.containment],
    }


# --- events -----------------------------------------------------------------------------------------------------


def _score_events(rows: Sequence[dict[str, Any]], articles: Sequence[Article], settings: Settings) -> Scores:
    label = {str(row["id"]): str(row["story"]) for row in rows}
    result = find_stories(articles, settings)
    found = {member.id: story.story_id for story in result.stories for member in story.articles}
    return {
        "articles": len(label),
        "events": len(set(label.values())),
        "stories": len(result.stories),
        **{f"b_cubed_{name}": value for name, value in b_cubed(label, found).items()},
    }


def b_cubed(label: Mapping[str, str], found: Mapping[str, str]) -> Scores:
    """B-cubed precision, recall and F1 of the clusters ``found`` (id -> cluster) against ``label`` (id -> event)."""
    both = Counter((label[item], found[item]) for item in label)
    labels, clusters = Counter(label.values()), Counter(found[item] for item in label)
    precision = sum(n * n / clusters[cluster] for (_, cluster), n in both.items())
    recall = sum(n * n / labels[event] for (event, _), n in both.items())
    total = max(len(label), 1)
    return _mean_f1(precision / total, recall / total)


# --- lines ------------------------------------------------------------------------------------------------------


def _score_lines(rows: Sequence[dict[str, Any]], articles: Sequence[Article]) -> Scores:
    alone = [clean(article) for article in articles]
    scores = {"articles": len(rows), **_line_scores(rows, alone), **_field_scores(rows, alone)}
    scores["with_feed"] = _line_scores(rows, clean_feed(articles))
    return scores


def _line_scores(rows: Sequence[dict[str, Any]], cleaned: Sequence[CleanArticle]) -> Scores:
    lines: Counter[tuple[bool, bool]] = Counter()
    words: Counter[tuple[bool, bool]] = Counter()
    exact = total = 0
    for row, item in zip(rows, cleaned, strict=True):
        for gold, got, text in _labelled_lines(row, item):
            key = (gold == "B", got == "B")
            lines[key] += 1
            words[key] += len(text.split())
            exact += gold == got
            total += 1
    return {
        "body_lines": _table_f1(lines),
        "roles_accuracy": round(exact / max(total, 1), 4),
        "furniture_words_left": words[False, True],
        "body_words_lost": words[True, False],
        "body_words": _table_f1(words),
        "body_words_total": words[True, True] + words[True, False],
    }


def _labelled_lines(row: dict[str, Any], item: CleanArticle) -> Iterable[tuple[str, str, str]]:
    texts = row["text"].split("\n")
    if len(texts) != len(row["classes"]):
        raise LabelError(f"{len(texts)} lines but {len(row['classes'])} classes", place=f"article {row['id']!r}")
    role_at = dict(zip(item.starts, item.roles, strict=True))
    start = 0
    for text, gold in zip(texts, row["classes"], strict=True):
        if text.strip() and gold != "-":
            yield gold, role_at.get(start, "F"), text
        start += len(text) + 1


def _table_f1(table: Counter[tuple[bool, bool]]) -> Scores:
    hits = table[True, True]
    return _f1(hits, hits + table[False, True], hits + table[True, False])


def _field_scores(rows: Sequence[dict[str, Any]], cleaned: Sequence[CleanArticle]) -> Scores:
    wrong: list[Scores] = []
    right: Counter[str] = Counter()
    for row, item in zip(rows, cleaned, strict=True):
        got: dict[str, Any] = {
            "credit": sorted(credit.agency for credit in item.credits if credit.confidence >= 0.5),
            "byline": item.byline,
            "dateline": item.dateline,
        }
        for name, value in got.items():
            gold: Any = sorted(row.get(name) or []) if name == "credit" else row.get(name)
            same = gold == value if name == "credit" else _same_words(gold, value)
            right[name] += same
            if not same:
                wrong.append({"id": row["id"], "field": name, "label": gold, "got": value})
    return {**{f"{name}_accuracy": round(n / max(len(rows), 1), 4) for name, n in right.items()}, "wrong": wrong}


def _same_words(gold: str | None, got: str | None) -> bool:
    return _GRAMS.findall((gold or "").casefold()) == _GRAMS.findall((got or "").casefold())


# --- pages ------------------------------------------------------------------------------------------------------


def _score_pages(rows: Sequence[dict[str, Any]]) -> Scores:
    from_html = [clean(_page(row)).body for row in rows]
    scores: Scores = {"pages": len(rows), "from_html": _page_scores(rows, from_html)}
    if importlib.util.find_spec("html_text") is None:
        return {**scores, "from_page_text": "needs the package html-text: pip install 'news-dedup[bench]'"}
    whole = [_page_text(row["html"]) for row in rows]
    plain = [clean(replace(_page(row), html=None, text=text)).body for row, text in zip(rows, whole, strict=True)]
    scores["from_page_text"] = _page_scores(rows, plain)
    scores["page_text_kept_whole"] = _page_scores(rows, whole)
    return scores


def _page(row: dict[str, Any]) -> Article:
    return Article(id=str(row["id"]), text="", html=row["html"], url=row.get("url"))


def _page_text(html: str) -> str:
    import html_text

    return str(html_text.extract_text(html))


def _page_scores(rows: Sequence[dict[str, Any]], bodies: Sequence[str]) -> Scores:
    shares = [_page_share(row["body"], body) for row, body in zip(rows, bodies, strict=True)]
    precision = sum(share[0] for share in shares) / max(len(shares), 1)
    recall = sum(share[1] for share in shares) / max(len(shares), 1)
    return _mean_f1(precision, recall)


def _page_share(gold: str, got: str) -> tuple[float, float]:
    true, found = _four_grams(gold), _four_grams(got)
    hits = sum((true & found).values())
    precision = hits / sum(found.values()) if found else float(not true)
    recall = hits / sum(true.values()) if true else float(not found)
    return precision, recall


def _four_grams(text: str) -> Counter[tuple[str, ...]]:
    words = _GRAMS.findall(text)
    if len(words) < 4:
        return Counter([tuple(words)]) if words else Counter()
    return Counter(zip(words, words[1:], words[2:], words[3:], strict=False))


def scores_to_json(scores: Scores) -> str:
    """The scores as indented JSON with sorted keys."""
    return json.dumps(scores, indent=1, sort_keys=True, ensure_ascii=False)


def scores_to_text(scores: Scores) -> str:
    """The scores one a line, names dotted; then each wrong answer in one line."""
    lines = [f"{name:48} {value}" for name, value in _flat(scores, "")]
    wrong = scores.get("wrong") or []
    if wrong:
        lines.append(f"\n{len(wrong)} wrong answers:")
    for item in wrong:
        lines.append("  " + "; ".join(f"{name} {value}" for name, value in item.items() if value is not None))
    return "\n".join(terminal_safe(line) for line in lines)


def _flat(scores: Mapping[str, Any], prefix: str) -> Iterable[tuple[str, Any]]:
    for name, value in scores.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{name}.")
        elif name != "wrong":
            yield prefix + name, value
