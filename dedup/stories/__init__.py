"""Syndication groups, stories and origins, from compared pairs."""

from dedup.stories.groups import Grouping, build_groups
from dedup.stories.stories import build_stories

__all__ = ["Grouping", "build_groups", "build_stories"]
