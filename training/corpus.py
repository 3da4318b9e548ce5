"""Labelled lines for training: labelled articles, whole pages against their hand-made bodies, and mixtures of these.

Mixtures put the frame of one page around the body of another, and plant headlines and teasers of other articles into
a body: what a model learns about a line must not hang on the one page it was seen on.
"""

from __future__ import annotations

import gzip
import json
import random
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np

from dedup.text.features import line_features
from dedup.text.lexicon import lexicon
from dedup.text.scan import COLUMN, Scan, scan
from dedup.text.units import sentences

FOLDS = 5
LABELS = Path(__file__).parent / "labels" / "lines.jsonl"
FURTHER = {
    "helsinki_articles.jsonl.gz": "crawl",
    "giveme5w1h_events.jsonl.gz": "extract",
    "ecbplus_events.jsonl.gz": "extract",
    "real_news_12k.jsonl.gz": "news",
}
"""Files whose articles labels/lines.jsonl labels, and what kind of text they are: pages as crawled, extracted bodies
of events, extracted bodies of years of news."""
_WORD = re.compile(r"\w+")
_HEADS = ("Related articles", "More news", "Must read", "Latest", "You may also like", "Most read", "Trending")
_LABELS = ("Related: ", "Read more: ", "Also read: ", "More: ", "SEE ALSO: ")
_AGENCIES = ("AP", "AFP", "Reuters", "PTI", "XINHUA", "ANI", "dpa", "EFE")
_CITIES = ("SEOUL", "PARIS", "London", "BERLIN", "New Delhi", "WASHINGTON", "Kuala Lumpur", "MACAU")
_JUNK = re.compile(
    r"(?i)copyright|toggle caption|newsletter|reserved|reprint|advertisement|story continued|full coverage"
    r"|contributed to this|^related|photo|read more|click here|getty"
)


@dataclass
class Doc:
    """A text with a label for every line (share of it that is body, 0..1) and what the scan made of it."""

    kind: str
    group: str
    text: str
    labels: list[float]
    title: str | None = None
    body: str = ""
    classes: str = ""
    fold: int = -1
    html: str = ""
    url: str = ""
    answers: dict[str, Any] = field(default_factory=dict)
    scan: Scan = field(init=False)
    units: Any = field(init=False)
    rows: Any = field(init=False)
    y: Any = field(init=False)
    odds: Any = None

    def prepare(self, title: str | None = None) -> Doc:
        """Scan the text and compute line features (with ``title`` as the known headline)."""
        self.scan = scan(self.text, lexicon())
        self.units, self.rows = line_features(self.scan, title)
        self.y = np.array([self.labels[i] for i in self.units], dtype=np.float64)
        return self

    @property
    def line_texts(self) -> list[str]:
        """The lines that are not empty."""
        return [self.text[self.scan.starts[i] : self.scan.ends[i]] for i in self.units]


def four_grams(text: str) -> list[tuple[str, ...]]:
    """Word 4-grams of a text, the unit of the page measure."""
    words = _WORD.findall(text)
    return [tuple(words[i : i + 4]) for i in range(len(words) - 3)]


def share_in(lines: Sequence[str], body: str) -> list[float]:
    """For every line the share of its 4-grams in ``body``; short lines count when they are a line of it."""
    grams = set(four_grams(body))
    whole = {" ".join(_WORD.findall(line)) for line in body.split("\n")}
    shares = []
    for line in lines:
        own = four_grams(line)
        if " ".join(_WORD.findall(line)) in whole and line.strip():
            shares.append(1.0)
        else:
            shares.append(sum(gram in grams for gram in own) / len(own) if own else 0.0)
    return shares


def labelled_articles(folder: Path) -> list[Doc]:
    """article_lines.jsonl: class B is body."""
    rows = _rows(folder / "article_lines.jsonl")
    return [_labelled("article", row, row["classes"], row) for row in rows]


def further_articles(folder: Path) -> list[Doc]:
    """Articles of the other files, labelled by labels/lines.jsonl (ids and classes; the texts stay where they are)."""
    given = {row["id"]: row for row in _rows(LABELS)}
    docs = []
    for name, kind in FURTHER.items():
        for row in _rows(folder / name):
            label = given.get(row["id"])
            if label is not None:
                docs.append(_labelled(kind, row, label["classes"], label))
    return docs


def _labelled(kind: str, row: dict[str, Any], classes: str, answers: dict[str, Any]) -> Doc:
    labels = [float(letter == "B") for letter in classes]
    doc = Doc(
        kind, family(row["outlet"]) if row["outlet"] else row["id"], row["text"], labels, row["title"], classes=classes
    )
    doc.answers = {name: answers[name] for name in ("credit", "byline", "dateline")} | {"id": row["id"]}
    return doc


def _rows(path: Path) -> list[dict[str, Any]]:
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", encoding="utf-8") as stream:
        return [json.loads(line) for line in stream]


def family(outlet: str) -> str:
    """One name for all hosts and titles of an outlet: "edition.cnn.com" and "CNN (Web News)" are "cnn"."""
    name = outlet.lower().split("/")[0]
    if "." in name and " " not in name:
        labels = [
            label for label in name.split(".") if label not in ("www", "co", "com", "org", "net", "uk", "cn", "au")
        ]
        name = labels[-1] if labels else name
    name = re.sub(r"\(.*?\)| - .*|\bonline news\b|\bnews$", "", name)
    name = re.sub(r"\W", "", name)
    return {"newyorktimes": "nytimes", "wallstreetjournal": "wsj", "foxnews": "fox", "abcnews": "abc", "go": "abc"}.get(
        name, name
    )


def pages(folder: Path) -> list[Doc]:
    """pages_*.jsonl.gz as plain text of the whole page."""
    import html_text

    docs = []
    for name in ("scrapinghub", "andy"):
        for row in _rows(folder / f"pages_{name}.jsonl.gz"):
            text = html_text.extract_text(row["html"])
            host = family(urlsplit(row["url"]).hostname or "")
            doc = Doc(name, host, text, share_in(text.split("\n"), row["body"]), row.get("title"), row["body"])
            doc.html, doc.url = row["html"], row["url"]
            docs.append(doc)
    return docs


def news(folder: Path) -> list[dict[str, Any]]:
    """real_news_12k.jsonl.gz as rows."""
    return _rows(folder / "real_news_12k.jsonl.gz")


def assign_folds(docs: Sequence[Doc], seed: int = 0) -> None:
    """All docs of one outlet or host go to one fold."""
    groups = sorted({doc.group for doc in docs})
    np.random.RandomState(seed).shuffle(groups)
    fold = {group: number % FOLDS for number, group in enumerate(groups)}
    for doc in docs:
        doc.fold = fold[doc.group]


Lines = list[tuple[str, float]]


def signed(lines: Lines, rng: random.Random) -> Lines:
    """Now and then a signature after the last paragraph, as wire copy is signed."""
    last = max((i for i, (text, label) in enumerate(lines) if label > 0.5 and text.strip()), default=None)
    if last is None or rng.random() > 0.4:
        return lines
    names = [word for text, _ in lines for word in text.split() if word.istitle() and word.isalpha() and len(word) > 3]
    name = " ".join(rng.choice(names or ["Smith"]) for _ in range(2))
    agency, city = rng.choice(_AGENCIES), rng.choice(_CITIES)
    forms = (f"({agency})", f"({agency})", f"— {agency}", f"/{agency}", f"[{agency}]", f"- {name}, {agency}")
    forms += (f"{name.upper()}, {city.upper()}, {agency}", f"{name.upper()}, {city.upper()}, MDT/{agency}")
    changed = list(lines)
    changed[last] = (f"{lines[last][0]} {rng.choice(forms)}", lines[last][1])
    return changed


def _body_lines(row: dict[str, Any]) -> Lines:
    """A real article's lines; its own headline and the furniture it kept are not taught as body."""
    texts = [" ".join(line.split()) for line in row["text"].split("\n")]
    found = scan("\n".join(texts), lexicon()).raw
    lines: Lines = []
    for i, text in enumerate(texts):
        short = found[i, COLUMN["words"]] < 25 and (found[i, COLUMN["prefix"]] or _JUNK.search(text))
        junk = found[i, COLUMN["phrase"]] or short or (i == 0 and text == row["title"].strip())
        lines.append((text, 0.0 if junk else 1.0))
    return lines


def _planted_block(rng: random.Random, pool: Sequence[dict[str, Any]]) -> list[str]:
    other = rng.choice(pool)
    block = [" ".join(other["title"].split())]
    if rng.random() < 0.4:
        paragraphs = [line.split() for line in other["text"].split("\n") if len(line.split()) > 12]
        if paragraphs:
            words = rng.randint(12, 30)
            cut = len(paragraphs[0]) > words
            block.append(" ".join(paragraphs[0][:words]) + (rng.choice(("...", "…", "")) if cut else ""))
    if rng.random() < 0.15:
        block[0] = rng.choice(_LABELS) + block[0]
    return [text for text in block if text]


def planted(lines: Lines, title: str | None, rng: random.Random, pool: Sequence[dict[str, Any]]) -> Doc:
    """An article's lines with 5-25 headlines and teasers of others at random places and at its end."""
    lines = signed(lines, rng)
    blank: Lines = [("", 0.0)] if rng.random() < 0.5 else []
    blocks = [_planted_block(rng, pool) for _ in range(rng.randint(5, 25))]
    mode = rng.random()
    inside = len(blocks) if mode < 0.3 else 0 if mode < 0.5 else rng.randint(0, len(blocks))
    for block in blocks[:inside]:
        place = rng.randint(1, len(lines))
        lines[place:place] = [item for text in block for item in [(text, 0.0), *blank]]
    if inside < len(blocks) and rng.random() < 0.5:
        lines.append((rng.choice(_HEADS), 0.0))
    lines += [item for block in blocks[inside:] for text in block for item in [(text, 0.0), *blank]]
    return _doc("planted", lines, title)


def planted_news(row: dict[str, Any], rng: random.Random, pool: Sequence[dict[str, Any]]) -> Doc:
    """``planted`` in a real article that nobody labelled."""
    return planted(_body_lines(row), row["title"], rng, pool)


def planted_labelled(doc: Doc, rng: random.Random, pool: Sequence[dict[str, Any]]) -> Doc:
    """``planted`` in a labelled article."""
    return planted(list(zip(doc.text.split("\n"), doc.labels, strict=True)), doc.title, rng, pool)


def plain(row: dict[str, Any], rng: random.Random) -> Doc:
    """A real article as it is, now and then signed."""
    return _doc("planted", signed(_body_lines(row), rng), row["title"])


def sentences_of(doc: Doc) -> Doc:
    """The same text as one line, taken apart into sentences as cleaning does; a sentence is what most of it was."""
    words: list[float] = []
    for text, label in zip(doc.text.split("\n"), doc.labels, strict=True):
        words += [label] * len(text.split())
    joined = " ".join(doc.text.split())
    starts, ends = sentences(joined)
    lines: Lines = []
    for start, end in zip(starts.tolist(), ends.tolist(), strict=True):
        text = joined[start:end]
        own, words = words[: len(text.split())], words[len(text.split()) :]
        lines.append((text, float(sum(own) > len(own) / 2)))
    made = _doc("sentences", lines, doc.title)
    made.group, made.fold = doc.group, doc.fold
    return made


def _doc(kind: str, lines: Lines, title: str | None = None) -> Doc:
    return Doc(kind, "", "\n".join(text for text, _ in lines), [label for _, label in lines], title)


def _parts(doc: Doc) -> tuple[Lines, Lines, Lines] | None:
    lines = list(zip(doc.text.split("\n"), doc.labels, strict=True))
    body = [i for i, (_, label) in enumerate(lines) if label > 0.5]
    if len(body) < 4:
        return None
    return lines[: body[0]], lines[body[0] : body[-1] + 1], lines[body[-1] + 1 :]


def mixed(docs: Sequence[Doc], rows: Sequence[dict[str, Any]], rng: random.Random, count: int) -> list[Doc]:
    """The frame of one page around the body of another page or article."""
    framed = [
        parts for parts in map(_parts, [doc for doc in docs if doc.kind in ("scrapinghub", "andy", "crawl")]) if parts
    ]
    articles = [
        parts for parts in map(_parts, [doc for doc in docs if doc.kind in ("article", "crawl", "extract")]) if parts
    ]
    made = []
    for _ in range(count):
        top, bottom = rng.choice(framed)[0], rng.choice(framed)[2]
        draw = rng.random()
        middle = rng.choice(framed)[1] if draw < 0.55 else rng.choice(articles)[1]
        if draw >= 0.7:
            row = rng.choice(rows)
            middle = [item for item in _body_lines(row) if item[0] or draw < 0.85]
            top = [*top, (row["title"], 0.0)]
        if rng.random() < 0.3:
            top = top[rng.randint(0, len(top)) :]
        if rng.random() < 0.3:
            bottom = bottom[: rng.randint(0, len(bottom))]
        made.append(_doc("mixed", [*top, *signed(middle, rng), *bottom]))
    return made
