"""news-dedup: which articles of a feed carry the same wire copy, and which tell the same story."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

# Each public name and the module that holds it. Loaded on first use, so that `import dedup` stays fast.
_HOME = {
    "Article": "dedup.models",
    "ArticleError": "dedup.errors",
    "BadRecordError": "dedup.errors",
    "CleanArticle": "dedup.models",
    "Credit": "dedup.models",
    "DedupError": "dedup.errors",
    "FeedError": "dedup.errors",
    "Group": "dedup.models",
    "Index": "dedup.index",
    "IndexStoreError": "dedup.errors",
    "LabelError": "dedup.errors",
    "Line": "dedup.models",
    "Match": "dedup.models",
    "Member": "dedup.models",
    "MissingExtraError": "dedup.errors",
    "Origin": "dedup.models",
    "Passage": "dedup.models",
    "Rejection": "dedup.models",
    "ReportError": "dedup.errors",
    "Result": "dedup.models",
    "Settings": "dedup.settings",
    "SettingsError": "dedup.errors",
    "Stats": "dedup.models",
    "Story": "dedup.models",
    "StoryEvent": "dedup.index",
    "Verdict": "dedup.index",
    "Copies": "dedup.models",
    "CopyGroup": "dedup.models",
    "TextCopy": "dedup.models",
    "clean": "dedup.pipeline",
    "compare": "dedup.pipeline",
    "find_copies": "dedup.copies",
    "find_stories": "dedup.pipeline",
    "open_index": "dedup.index",
    "read_feed": "dedup.sources",
    "write_report": "dedup.report",
}

__all__ = sorted(_HOME)


def __getattr__(name: str) -> Any:
    try:
        home = _HOME[name]
    except KeyError:
        raise AttributeError(f"module 'dedup' has no attribute {name!r}") from None
    value = getattr(importlib.import_module(home), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return [*__all__, "__version__"]


if TYPE_CHECKING:
    from dedup.errors import (
        ArticleError as ArticleError,
    )
