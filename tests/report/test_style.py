"""The style sheet: text can be read in light and dark, graphics told from the ground, nothing is fetched."""

import re
from pathlib import Path

import pytest

STYLE = (Path(__file__).parents[2] / "dedup" / "report" / "static" / "style.css").read_text(encoding="utf-8")
LIGHT, DARK = (
    dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", block)) for block in re.findall(r":root \{(.*?)\}", STYLE, re.S)[:2]
)


def _contrast(one: str, other: str) -> float:
    """WCAG 2.2 contrast ratio of two colours."""
    high, low = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def _luminance(colour: str) -> float:
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])
def test_text_stands_out_from_its_ground(colours: dict[str, str]) -> None:
    pairs = [
        (text, ground) for text in ("ink", "faint", "grey", "link", "warn", "good") for ground in ("ground", "raised")
    ]
    pairs += [("warn", "warn-ground"), ("mark-ink", "mark"), ("mark-ink", "mark-other"), ("link", "mark")]
    assert {pair: ratio for pair in pairs if (ratio := _contrast(colours[pair[0]], colours[pair[1]])) < 4.5} == {}


@pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])
def test_bars_and_ticks_stand_out_from_the_page(colours: dict[str, str]) -> None:
    kinds = ("origin", "copy", "excerpt", "partial", "rewrite", "independent")
    assert {kind: ratio for kind in kinds if (ratio := _contrast(colours[kind], colours["ground"])) < 3} == {}


def test_nothing_is_fetched() -> None:
    assert not re.search(r"url\(|@import|@font-face|expression|</", STYLE)
