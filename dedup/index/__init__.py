"""The incremental index: add one article, get a verdict; durable, and equal to the batch over the same articles."""

from dedup.index.answers import Check, IndexStats, Revision, StoryEvent, Verdict
from dedup.index.handle import Index, open_index

__all__ = ["Check", "Index", "IndexStats", "Revision", "StoryEvent", "Verdict", "open_index"]
