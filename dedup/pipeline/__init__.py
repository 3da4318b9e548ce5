"""From articles to stories: ``run`` is the one place that knows the order of the stages, the others are its steps."""

from dedup.pipeline.cleaning import clean_feed
from dedup.pipeline.intake import check_article, refuse
from dedup.pipeline.run import HOLD_MB, compare, find_stories
from dedup.pipeline.runner import Chunk, Made, Progress, Runner, SerialRunner, Shared, no_progress
from dedup.text.clean import clean

__all__ = [
    "HOLD_MB",
    "Chunk",
    "Made",
    "Progress",
    "Runner",
    "SerialRunner",
    "Shared",
    "check_article",
    "clean",
    "clean_feed",
    "compare",
    "find_stories",
    "no_progress",
    "refuse",
]
