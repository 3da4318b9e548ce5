"""The order of the stages: intake, evidence, clean, sketch, candidates, compare, groups, stories.

Every stage is a plain function over chunks of data, so that one process, a pool of processes and the index run the
very same code; only the ``Runner``, how chunks are mapped, differs.
"""

from __future__ import annotations

import gc
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

import numpy as np

from dedup.match.profile import make_profile
from dedup.match.relation import compare_profiles
from dedup.models import Article, CleanArticle, Match, Rejection, Result, Stats, Story
from dedup.pipeline.cleaning import clean_all
from dedup.pipeline.comparing import (
    Comparing,
    Matches,
    Proposed,
    compare_all,
    draw_all,
    propose_copies,
    with_neighbours,
)
from dedup.pipeline.intake import Intake, take_in
from dedup.pipeline.runner import Progress, Runner, SerialRunner, no_progress
from dedup.pipeline.telling import tell
from dedup.settings import Settings
from dedup.spill import ById
from dedup.text.clean import clean

HOLD_MB = 25
"""Megabytes of articles held as objects: some 3,500 of 3 kB."""

SELDOM = 200_000
"""Objects made between two looks for cycles."""


def compare(a: Article | CleanArticle, b: Article | CleanArticle, settings: Settings | None = None) -> Match:
    """Compare two articles on their editorial text; articles that are not clean yet are cleaned first.

    The relation and the scores are the same whichever comes first; ``containment`` and ``passages`` follow the
    order given.
    """
    settings = settings or Settings()
    profiles = [make_profile(_cleaned(item), settings) for item in (a, b)]
    return compare_profiles(profiles[0], profiles[1], settings)


def _cleaned(item: Article | CleanArticle) -> CleanArticle:
    return item if isinstance(item, CleanArticle) else clean(item)


def find_stories(
    articles: Iterable[Article | Rejection],
    settings: Settings | None = None,
    progress: Progress | None = None,
    runner: Runner | None = None,
    hold_mb: int = HOLD_MB,
) -> Result:
    """Group a feed into stories and syndication groups.

    ``articles`` may hold the Rejections that ``read_feed`` yields; they are passed on and counted. So many megabytes
    each of articles, of their outlines and of matches are held in memory; what is beyond waits in temporary files until
    it is asked for. The result does not depend on that, on the order of the articles, or on the runner. Raises
    SpillError where the files cannot grow.
    """
    told, settings, runner = progress or no_progress, settings or Settings(), runner or SerialRunner()
    with collecting_seldom():
        return _find_stories(articles, settings, told, runner, hold_mb << 20)


def _find_stories(
    articles: Iterable[Article | Rejection], settings: Settings, progress: Progress, runner: Runner, hold: int
) -> Result:
    intake = take_in(articles, progress, hold)
    cleaned, places, unread = clean_all(intake.articles, runner, progress)
    ids = [intake.ids[at] for at in places]
    shelf, keys, sketches = draw_all(cleaned, settings, runner, progress, hold)
    proposed = propose_copies(sketches, settings)
    del sketches
    proposed = with_neighbours(proposed, shelf, keys, settings, runner, progress)
    del keys
    progress("proposing pairs", len(ids), len(ids))
    given = Comparing(cleaned, shelf, settings, runner)
    matches = Matches(compare_all(given, proposed.pairs, progress), hold)
    proposed = replace(proposed, pairs=np.empty((0, 2), np.int32))  # they stand in the table of matches now
    stories = tell(given, ids, matches, progress)
    rejections = (*intake.rejections, *unread)
    return Result(
        stories=stories,
        matches=matches.shown(),
        rejections=rejections,
        stats=_count(intake, rejections, proposed, matches, stories, len(ids)),
        articles=ById(ids, cleaned) if cleaned.spilled else dict(zip(ids, cleaned, strict=True)),
        settings=settings.digest(),
    )


@contextmanager
def collecting_seldom() -> Iterator[None]:
    """Python looks for reference cycles every 700 new objects, time and again through all that is held; a run makes
    millions of objects and no cycles, and would spend 7% of its time on it."""
    before = gc.get_threshold()
    gc.set_threshold(max(before[0], SELDOM) if before[0] else 0, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)


def _count(
    intake: Intake,
    rejections: Sequence[Rejection],
    proposed: Proposed,
    matches: Matches,
    stories: Sequence[Story],
    articles: int,
) -> Stats:
    tables = (matches.candidates, matches.others)
    return Stats(
        read=intake.read,
        accepted=intake.read - len(rejections),
        rejected=len(rejections),
        redelivered=intake.redelivered,
        articles=articles,
        unsketched=proposed.unsketched,
        candidates=len(matches.candidates),
        compared=sum(map(len, tables)),
        derived=sum(int(np.count_nonzero(table.derived)) for table in tables),
        stories=len(stories),
        groups=sum(len(story.groups) for story in stories),
        repairs=intake.repairs,
        rejected_by_code=dict(sorted(Counter(item.code for item in rejections).items())),
        caps=dict(sorted(proposed.caps.items())),
    )
