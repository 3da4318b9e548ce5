"""Every error this package raises on purpose.

DedupError
├── SettingsError        a setting is unknown, of the wrong type or out of range
├── FeedError            a feed as a whole cannot be read (missing, empty, unknown format)
│   └── BadRecordError   one record stopped the run (``--on-error strict``, ``--max-bad``)
├── ArticleError         an Article was built with fields that cannot be right
├── LabelError           a file of labelled data does not follow its schema
├── ReportError          a report or export cannot be written or read
├── SpillError           what does not fit in memory cannot be written to disk
├── IndexStoreError      an index cannot be opened, read or written
└── MissingExtraError    an optional dependency is not installed
"""

from __future__ import annotations

__all__ = [
    "ArticleError",
    "BadRecordError",
    "DedupError",
    "FeedError",
    "IndexStoreError",
    "LabelError",
    "MissingExtraError",
    "ReportError",
    "SettingsError",
    "SpillError",
]


class DedupError(Exception):
    """Base of all errors of this package: one sentence of what happened, where, and the remedy."""

    def __init__(self, what: str, *, place: str | None = None, remedy: str | None = None) -> None:
        self.what = what
        self.place = place
        self.remedy = remedy
        sentence = f"{place}: {what}" if place else what
        super().__init__(f"{sentence}; {remedy}" if remedy else sentence)

    def __reduce__(self) -> tuple[object, ...]:
        """Keep what, place and remedy when the error crosses a process border."""
        return _rebuild, (type(self), self.what, self.place, self.remedy)


def _rebuild(kind: type[DedupError], what: str, place: str | None, remedy: str | None) -> DedupError:
    error = kind.__new__(kind)
    DedupError.__init__(error, what, place=place, remedy=remedy)
    return error


class SettingsError(DedupError):
    """A setting is unknown, of the wrong type or out of range."""


class FeedError(DedupError):
    """A feed as a whole cannot be read."""


class BadRecordError(FeedError):
    """One record stopped the run, as the user's error policy asked."""


class ArticleError(DedupError):
    """An Article was built with fields that cannot be right."""


class LabelError(DedupError):
    """A file of labelled data does not follow its schema."""


class ReportError(DedupError):
    """A report or export cannot be written or read."""


class SpillError(DedupError):
    """What does not fit in memory cannot be written to disk."""


class IndexStoreError(DedupError):
    """An index cannot be opened, read or written."""


class MissingExtraError(DedupError):
    """An optional dependency is not installed."""

    def __init__(self, package: str, extra: str, purpose: str) -> None:
        super().__init__(
            f"{purpose} needs the package {package}, which is not installed",
            remedy=f"install it with: pip install 'news-dedup[{extra}]'",
        )
