"""Every number that shapes a result, in one frozen, validated object that can be named by its digest."""

from __future__ import annotations

import hashlib
import json
import tomllib
from dataclasses import Field, asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from dedup.errors import SettingsError

FORMAT = 2
"""Raised whenever the same settings would give other results, so that digests of old indexes differ."""


def _number(default: Any, low: Any, high: Any, unit: str, reason: str) -> Any:
    return field(default=default, metadata={"low": low, "high": high, "unit": unit, "reason": reason})


@dataclass(frozen=True, slots=True)
class Settings:
    """What a run, a library call and an index share. Raises SettingsError when a value is out of range.

    Each field's ``metadata`` holds its unit, range and the reason for its default; ``dedup settings`` and
    docs/settings.md are made from them.
    """

    seed: int = _number(1, 0, 2**32 - 1, "seed", "datasketch's own default, so that signatures can be mixed")
    permutations: int = _number(
        128, 16, 512, "hash functions", "32 bands of 4 rows; 128 affine32 permutations cost 6 µs an article"
    )
    bands: int = _number(32, 1, 256, "bands", "with 4 rows a pair of Jaccard .5 is proposed with probability .87")
    shingle_words: int = _number(5, 2, 12, "words", "shorter ones are shared by chance, longer break at every edit")
    sample_rate: int = _number(
        8, 1, 1024, "1 in n shingles", "a join of 1 in 8 finds 368 of a day's 395 copies that bands miss"
    )
    min_words: int = _number(20, 1, 1000, "words of body", "below this text is compared exactly, never sketched")
    sample_shared: int = _number(2, 1, 100, "sampled shingles", "one alone may be of a stock phrase")
    sample_share: float = _number(
        0.05, 0.0, 1.0, "share of the smaller sample", "swept in docs/performance.md: partial pairs share little"
    )
    sample_passage: int = _number(
        3, 1, 1000, "sampled shingles", "so many are a passage of its own, whatever share of a long text: 2 sentences"
    )
    bucket_articles: int = _number(
        256, 2, 100_000, "articles", "a shingle or band in more articles is joined within a window, and counted"
    )
    bucket_window: int = _number(
        32, 1, 10_000, "articles", "neighbours, by signature, that an article meets in a bucket over bucket_articles"
    )
    candidates_each: int = _number(
        128, 1, 100_000, "pairs", "of an article with more, its best are compared and the rest counted"
    )
    neighbour_terms: int = _number(20, 4, 64, "words", "heaviest words of an article; swept in docs/stories.md")
    neighbour_shared: int = _number(2, 1, 64, "words", "heaviest words that two articles of one story share at least")
    neighbour_cosine: float = _number(0.05, 0.0, 1.0, "TF-IDF cosine of heaviest words", "swept in docs/stories.md")
    neighbour_cosine_far: float = _number(
        0.06, 0.0, 1.0, "TF-IDF cosine of heaviest words", "for articles further apart than neighbour_days"
    )
    neighbour_days: float = _number(14.0, 0.0, 36_500.0, "days", "most stories of the labelled events end within it")
    neighbour_bucket: int = _number(
        4096, 2, 1_000_000, "articles", "a word in more articles brings no pair together on its own, and is counted"
    )
    neighbours_each: int = _number(
        64, 1, 100_000, "pairs", "of an article with more, its nearest are compared and the rest counted"
    )
    copy_share: float = _number(
        0.4, 0.05, 1.0, "share of the smaller text", "of `--stop-after groups`: less is chance, stock or furniture"
    )
    story_pair: float = _number(
        0.5, 0.01, 1.0, "same-story probability", "two single texts are one story when it is more likely than not"
    )
    story_floor: float = _number(
        0.16, 0.01, 1.0, "mean same-story probability", "of large stories; swept in docs/stories.md"
    )

    def __post_init__(self) -> None:
        for item in fields(self):
            _check(item, getattr(self, item.name))
        if self.permutations % self.bands:
            raise SettingsError(
                f"permutations ({self.permutations}) is not a multiple of bands ({self.bands})",
                remedy="choose bands that divide permutations, such as 32 and 128",
            )

    @property
    def rows(self) -> int:
        """Rows a band."""
        return self.permutations // self.bands

    def digest(self) -> str:
        """16 hex digits naming these settings and the format of results."""
        text = json.dumps({"format": FORMAT, **asdict(self)}, sort_keys=True)
        return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()

    def to_toml(self) -> str:
        """All settings as TOML that ``from_toml`` reads, each under its reason, unit and range."""
        lines = []
        for item in fields(self):
            about = item.metadata
            lines.append(f"# {about['reason']}")
            lines.append(f"# {about['low']} to {about['high']} {about['unit']}")
            lines.append(f"{item.name} = {getattr(self, item.name)}\n")
        return "\n".join(lines)

    @classmethod
    def from_toml(cls, path: str | Path) -> Settings:
        """Read settings from a TOML file of ``name = value`` lines; SettingsError names file and setting."""
        place = str(path)
        try:
            raw = tomllib.loads(Path(path).read_text(encoding="utf-8"))
        except OSError as error:
            raise SettingsError(f"cannot be read ({error.strerror})", place=place) from error
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise SettingsError(f"is not a TOML file ({error})", place=place) from error
        known = {item.name for item in fields(cls)}
        for name in raw:
            if name not in known:
                raise SettingsError(
                    f"unknown setting {name!r}", place=place, remedy=f"known ones are: {', '.join(sorted(known))}"
                )
        try:
            return cls(**raw)
        except SettingsError as error:
            raise SettingsError(error.what, place=place, remedy=error.remedy) from error


def _check(item: Field[Any], value: object) -> None:
    low, high = item.metadata["low"], item.metadata["high"]
    wanted = float if isinstance(low, float) else int
    numeric = isinstance(value, (int, float) if wanted is float else int) and not isinstance(value, bool)
    if not numeric:
        raise SettingsError(
            f"{item.name} must be {'a number' if wanted is float else 'a whole number'}, not {value!r}",
            remedy=f"give {low} to {high} ({item.metadata['unit']})",
        )
    if not low <= value <= high:
        raise SettingsError(
            f"{item.name} is {value}, outside {low} to {high} ({item.metadata['unit']})",
            remedy=item.metadata["reason"],
        )
