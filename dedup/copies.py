"""The short way through the house: copies by exact overlap of whole texts, without cleaning, credits or relations.

For dumps of which only the duplicates are wanted: 50 to 80 µs an article, and 2.5 to 5 kB of memory: shingles wait in
a temporary file. Furniture counts as text here; what shares less than ``copy_share`` of the smaller text is no copy.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from dedup.match.candidates import Candidates, candidate_pairs
from dedup.match.shared import ShingleShelf
from dedup.match.stars import star_centres
from dedup.models import Article, Copies, CopyGroup, Rejection, TextCopy
from dedup.pipeline import Progress, check_article, no_progress, refuse
from dedup.settings import Settings
from dedup.sketch.table import join_tables, sketch_blocks
from dedup.stories.stories import group_id

__all__ = ["find_copies"]

LEAST_ESTIMATE = 0.25
"""Pairs whose samples speak for less than this part of ``copy_share`` are not verified: of those that share .3 one in
5,000 is lost with .1. ``Copies`` tells candidates from compared pairs."""

DIGEST = 32
"""Bytes that name a text, to know it again."""

EVERY = 1024
"""Articles between two reports of progress."""


def find_copies(
    articles: Iterable[Article | Rejection],
    settings: Settings | None = None,
    progress: Progress | None = None,
    threads: int = 1,
) -> Copies:
    """Group articles whose texts are copies or cuts of one another; each member is verified against the representative.

    Of several texts under one id the first given stays. The groups do not depend on the order of the articles or on
    the number of threads. Articles with html alone are rejected: their text takes the way through cleaning.
    """
    settings, progress = settings or Settings(), progress or no_progress
    shelf, intake = ShingleShelf(), _Intake(progress)
    table = join_tables(shelf.take(sketch_blocks(intake.texts(articles), settings, shingles=True, threads=threads)))
    progress("sketching", len(intake.items), len(intake.items))
    candidates = candidate_pairs(table, settings)
    compared = candidates.pairs[candidates.scores >= LEAST_ESTIMATE * settings.copy_share]
    sizes = shelf.shared(compared)
    progress("comparing", len(compared), len(compared))
    groups = _groups(intake.items, candidates, _Verified.of(compared, sizes, settings), settings)
    return Copies(
        groups=groups,
        rejections=tuple(intake.rejections),
        read=intake.read,
        articles=len(intake.items),
        redelivered=intake.redelivered,
        unsketched=int(np.count_nonzero(~table.sketched)),
        candidates=len(candidates.pairs),
        compared=len(compared),
        repairs=dict(sorted(intake.repairs.items())),
        caps=dict(sorted(candidates.caps.items())),
    )


# --- intake -----------------------------------------------------------------------------------------------------


class _Item(NamedTuple):
    """What is told of an article beside its text."""

    id: str
    outlet: str | None
    title: str | None
    url: str | None
    published: Any


@dataclass
class _Intake:
    """Takes articles in one by one, and keeps of them what is told at the end."""

    progress: Progress
    items: list[_Item] = field(default_factory=list)
    rejections: list[Rejection] = field(default_factory=list)
    repairs: Counter[str] = field(default_factory=Counter)
    read: int = 0
    redelivered: int = 0

    def texts(self, given: Iterable[Article | Rejection]) -> Iterator[str]:
        """The texts of the articles that are used, in order."""
        known: dict[str, int] = {}
        digests = bytearray()
        for self.read, item in enumerate(given, 1):
            if self.read % EVERY == 0:
                self.progress("reading", self.read, 0)
            if isinstance(item, Rejection):
                self.rejections.append(item)
                continue
            check_article(item, self.read)
            if item.repairs:
                self.repairs.update(item.repairs)
            if not item.text or item.text.isspace():
                why = "has html only; without --stop-after its text is taken from it" if item.html else "has no text"
                self.rejections.append(refuse(item, "no-text", why))
            elif item.id not in known:
                known[item.id] = len(self.items)
                self.items.append(_Item(item.id, item.outlet, item.title, item.url, item.published))
                digests += _digest(item.text)
                yield item.text
            elif digests[(at := DIGEST * known[item.id]) : at + DIGEST] == _digest(item.text):
                self.redelivered += 1
            else:
                self.rejections.append(refuse(item, "id-conflict", "has another text than the one given first"))


def _digest(text: str) -> bytes:
    """SHA-256, for which processors have instructions."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()


# --- groups -----------------------------------------------------------------------------------------------------


class _Verified(NamedTuple):
    """Pairs that share enough: int32[m, 2] rows, and the share of the first and of the second, float32[m, 2]."""

    pairs: npt.NDArray[np.int32]
    shares: npt.NDArray[np.float32]

    @classmethod
    def of(cls, pairs: npt.NDArray[np.int32], sizes: npt.NDArray[np.int32], settings: Settings) -> _Verified:
        shares = (sizes[:, :1] / np.maximum(sizes[:, 1:], 1)).astype(np.float32)
        enough = shares.max(axis=1) >= settings.copy_share
        return cls(pairs[enough], shares[enough])


def _groups(
    items: Sequence[_Item], candidates: Candidates, verified: _Verified, settings: Settings
) -> tuple[CopyGroup, ...]:
    """Stars of verified pairs; articles with the same words are one node, and stand behind the one of the least id."""
    by_id = sorted(range(len(items)), key=[item.id for item in items].__getitem__)
    ranks = np.empty(len(items), np.int64)
    ranks[by_id] = np.arange(len(items))
    first = _least_of_equals(candidates.first, ranks)
    pairs = first[verified.pairs]
    different = pairs[:, 0] != pairs[:, 1]
    centre, shares = star_centres(pairs[different], verified.shares[different], ranks)
    found = [_group(items, own, centre[first[own[0]]], first, shares) for own in _together(centre[first], ranks)]
    return tuple(sorted(found, key=lambda group: (-len(group.articles), group.group_id)))


def _least_of_equals(heads: npt.NDArray[np.int32], ranks: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """For each article the one of the least rank among those with the same words, whose head is the same."""
    order = np.lexsort((ranks, heads))
    begins = np.flatnonzero(np.diff(heads[order], prepend=-1))
    first = np.empty(len(heads), np.int64)
    first[order] = np.repeat(order[begins], np.diff(begins, append=len(heads)))
    return first


def _together(centres: npt.NDArray[np.int64], ranks: npt.NDArray[np.int64]) -> Iterator[list[int]]:
    """The articles of each centre of several, by rank."""
    order = np.lexsort((ranks, centres))
    begins = np.flatnonzero(np.diff(centres[order], prepend=-1))
    sizes = np.diff(begins, append=len(centres))
    for begin, size in zip(begins[sizes > 1].tolist(), sizes[sizes > 1].tolist(), strict=True):
        yield order[begin : begin + size].tolist()


def _group(
    items: Sequence[_Item], own: Sequence[int], centre: int, first: npt.NDArray[np.int64], shares: Any
) -> CopyGroup:
    told = [
        TextCopy(*items[at], shared=round(float(shares[first[at], 0]), 4), held=round(float(shares[first[at], 1]), 4))
        for at in own
    ]
    return CopyGroup(group_id(item.id for item in told), items[centre].id, tuple(told))
