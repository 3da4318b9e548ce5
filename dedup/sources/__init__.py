"""Feed dump to Article or Rejection: one file per format, found by content, streaming."""

from __future__ import annotations

from dedup.sources.feed import read_feed, read_feeds
from dedup.sources.follow import Follower
from dedup.sources.notes import PassedOver
from dedup.sources.quarantine import Policy, Quarantine, read_quarantine

__all__ = ["Follower", "PassedOver", "Policy", "Quarantine", "read_feed", "read_feeds", "read_quarantine"]
