"""Files that are no feed: what a reader of folders left aside, told in one sentence."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Final

OnPassedOver = Callable[[str, str], None]
"""Called with the path of a file that was not read and the reason in words."""

_NAMED: Final = 3
"""Files named of each reason; the others are counted."""


class PassedOver:
    """Collects what was passed over; give it as ``on_passed_over``."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self._names: dict[str, list[str]] = {}

    def __call__(self, file: str, why: str) -> None:
        self.counts[why] += 1
        names = self._names.setdefault(why, [])
        if len(names) < _NAMED:
            names.append(file)

    def sentence(self) -> str:
        """How many files, why and which; "" where there were none."""
        if not self.counts:
            return ""
        total = self.counts.total()
        files = "file that is no feed was" if total == 1 else "files that are no feed were"
        return f"{total} {files} left aside: {self.listed()}"

    def listed(self) -> str:
        """Which files, by reason."""
        return "; ".join(f"{self._listed(why)} ({why})" for why in sorted(self.counts))

    def _listed(self, why: str) -> str:
        names, more = self._names[why], self.counts[why] - len(self._names[why])
        return ", ".join(names) + (f" and {more} more" if more else "")
