"""Feed dump to Article or Rejection: one file per format, found by content, streaming."""

from __future__ import annotations

from dedup.sources.feed import read_feed, read_feeds

__all__ = ["read_feed", "read_feeds"]
