"""Pages of HTML, read by a worker process under a time limit (extra ``html``).

The page's own lines are kept, every one; which are body is decided by a model over the line features of plain text,
the structure of the page, and what trafilatura keeps of it (Barbaresi 2021).
"""

from __future__ import annotations

import atexit
import importlib.util
import json
import os
import selectors
import subprocess
import sys
import time
from dataclasses import replace
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dedup.errors import MissingExtraError
from dedup.models import Article
from dedup.text import blocks, containers, features, trees
from dedup.text.headlines import best_title
from dedup.text.htmlworker import CLAIMS
from dedup.text.page import PageMeta, with_canonical_credit
from dedup.text.scan import Scan

TIME_LIMIT = 1.8
"""Seconds a page may take; pages of 222 news sites take 0.02 to 0.3 s."""
START_LIMIT = 30.0
"""Seconds the worker may take to come up, imports included."""
MAX_PAGE = 20_000_000
"""Bytes of a page handed over: larger ones are dumps of data, not articles."""
MIN_SHARE = 0.5
"""Share of the words that trafilatura keeps which the model must keep too; below it the page is of a kind the model
does not know, and trafilatura decides."""
_OFFSETS = (-2, -1, 1, 2)
NAMES = (
    features.NAMES
    + blocks.NAMES
    + containers.NAMES
    + CLAIMS
    + ("kept_fast", "kept_precise")
    + tuple(f"{name}{offset:+d}" for offset in _OFFSETS for name in ("kept_fast", "kept_precise"))
    + ("from_first_kept", "to_last_kept", "kept_lines", "kept_words")
)
"""Names of the columns of ``html_features``, in order."""


class Page(NamedTuple):
    """Lines of a page, structure rows (float32, lines x columns), metadata, and stable codes of what was noticed."""

    lines: tuple[str, ...]
    rows: NDArray[np.float32]
    meta: PageMeta
    notes: tuple[str, ...]


_COLUMNS = len(blocks.NAMES) + len(containers.NAMES) + len(CLAIMS) + 2


def read_html(html: str) -> Page:
    """The page as its worker read it; "extract-timeout" or "extract-crash" among the notes where it could not.

    Raises MissingExtraError when trafilatura is not installed.
    """
    if importlib.util.find_spec("trafilatura") is None:
        raise MissingExtraError("trafilatura", "html", "reading a page of HTML")
    data = html.encode("utf-8", "replace")
    if len(data) > MAX_PAGE:
        return _nothing("too-large")
    try:
        answer, rows = _worker(os.getpid()).ask(data)
    except _TooSlowError:
        return _nothing("extract-timeout")
    except _CrashedError:
        return _nothing("extract-crash")
    meta = answer["meta"]
    when = meta.pop("published", None)
    known = PageMeta(**meta, published=datetime.fromisoformat(when) if when else None)
    table = np.frombuffer(rows, dtype=np.float32).reshape(-1, _COLUMNS)
    return Page(tuple(answer["lines"]), table, known, tuple(answer["notes"]))


def known_of(article: Article, page: Page) -> tuple[Article, Article, tuple[str, ...]]:
    """An article with what its page claims where the feed says nothing.

    Returned are the article with the page's canonical address (its own address and outlet stay), the same with title,
    byline, credit and time as a reader of its lines needs them, and the notes of the page and of its time.
    """
    meta = with_canonical_credit(page.meta, article.url)
    article = replace(article, canonical=article.canonical or meta.canonical)
    known = replace(
        article,
        text="\n".join(page.lines),
        title=best_title(article.title, meta.title),
        byline=article.byline or meta.byline,
        credit=" · ".join(filter(None, (article.credit, meta.credit))) or None,
        published=article.published or meta.published,
    )
    if article.published or not meta.published:
        return article, known, page.notes
    doubts = {"published-day-only": not meta.precise, "published-is-last-change": meta.changed}
    return article, known, page.notes + tuple(note for note, doubtful in doubts.items() if doubtful)


def _nothing(note: str) -> Page:
    return Page((), np.zeros((0, _COLUMNS), dtype=np.float32), PageMeta(), (note,))


class _TooSlowError(Exception):
    """The worker did not answer in time and was killed."""


class _CrashedError(Exception):
    """The worker died."""


class _Worker:
    """A child process and its pipes; started on the first page, and again after it was killed."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None

    def ask(self, data: bytes) -> tuple[dict[str, Any], bytes]:
        """Send a page, wait for its answer; after _TooSlowError or _CrashedError the next page has a new worker."""
        limit = TIME_LIMIT
        if self._process is None or self._process.poll() is not None:
            self._process = self._start()
            limit = START_LIMIT
        deadline = time.monotonic() + limit
        try:
            self._send(len(data).to_bytes(8, "big") + data, deadline)
            head = self._part(deadline)
            return json.loads(head), self._part(deadline)
        except (_TooSlowError, _CrashedError, OSError, ValueError) as error:
            self.close()
            if isinstance(error, (_TooSlowError, _CrashedError)):
                raise
            raise _CrashedError from error

    def _start(self) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "dedup.text.htmlworker"]
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
        process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment
        )
        # The first, empty page waits for the imports, so that they are not counted against a real one.
        self._process = process
        deadline = time.monotonic() + START_LIMIT
        self._send((0).to_bytes(8, "big"), deadline)
        self._part(deadline)
        self._part(deadline)
        return process

    def _pipes(self) -> tuple[int, int]:
        process = self._process
        if process is None or process.stdin is None or process.stdout is None:
            raise _CrashedError
        return process.stdin.fileno(), process.stdout.fileno()

    def _send(self, data: bytes, deadline: float) -> None:
        pipe = self._pipes()[0]
        view = memoryview(data)
        while view:
            self._wait(pipe, selectors.EVENT_WRITE, deadline)
            view = view[os.write(pipe, view[:65_536]) :]

    def _part(self, deadline: float) -> bytes:
        return self._read(int.from_bytes(self._read(8, deadline), "big"), deadline)

    def _read(self, size: int, deadline: float) -> bytes:
        pipe = self._pipes()[1]
        gathered = bytearray()
        while len(gathered) < size:
            self._wait(pipe, selectors.EVENT_READ, deadline)
            piece = os.read(pipe, min(1 << 20, size - len(gathered)))
            if not piece:
                raise _CrashedError
            gathered += piece
        return bytes(gathered)

    def _wait(self, pipe: int, event: int, deadline: float) -> None:
        with selectors.DefaultSelector() as selector:
            selector.register(pipe, event)
            if not selector.select(max(0.0, deadline - time.monotonic())):
                raise _TooSlowError

    def close(self) -> None:
        """End the child and close its pipes; does nothing where there is none."""
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None


@lru_cache(maxsize=1)
def _worker(process: int) -> _Worker:
    """The worker of this process: one made before a fork belongs to the parent."""
    worker = _Worker()
    atexit.register(_at_exit, worker, process)
    return worker


def _at_exit(worker: _Worker, process: int) -> None:
    """Close the worker, unless this is a fork of the process that it belongs to."""
    if os.getpid() == process:
        worker.close()


def html_features(
    units: NDArray[np.int64], rows: NDArray[np.float32], structure: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Line features, structure and trafilatura's choice, its neighbours' and its borders: float32, lines x NAMES."""
    held = structure[units]
    kept = held[:, -2:]
    count = len(units)
    number = np.arange(count)
    inside = np.flatnonzero(kept[:, 0] > 0.5)
    first, last = (inside[0], inside[-1]) if len(inside) else (count, count)
    totals = np.array([kept[:, 0].sum(), (kept[:, 0] * rows[:, 0]).sum()], dtype=np.float32)
    around = [np.clip(number - first, -30, 30), np.clip(last - number, -30, 30)]
    parts = [rows, held, *(_shifted(kept, offset) for offset in _OFFSETS), np.stack(around, axis=1)]
    return np.hstack([*parts, np.broadcast_to(totals, (count, 2))]).astype(np.float32)


def _shifted(kept: NDArray[np.float32], offset: int) -> NDArray[np.float32]:
    moved = np.zeros_like(kept)
    if offset < 0:
        moved[-offset:] = kept[:offset]
    else:
        moved[: max(0, len(kept) - offset)] = kept[offset:]
    return moved


def html_odds(found: Scan, page: Page) -> tuple[NDArray[np.int64], NDArray[np.float32], NDArray[np.float32]]:
    """Lines that are not empty, their line features, and their log-odds of being body on this page."""
    units, rows = features.line_features(found, None)
    odds = trees.log_odds(trees.load("html_model"), html_features(units, rows, page.rows))
    kept = page.rows[units, -2] > 0.5
    words = rows[:, 0]
    if words[odds > 0].sum() < MIN_SHARE * words[kept].sum():
        odds = np.where(kept, 2.0, -2.0).astype(np.float32)
    return units, rows, odds
