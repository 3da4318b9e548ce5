"""The comparison as an SVG chart: a bar of articles a second for every pipeline, its recall written beside it."""

from __future__ import annotations

from html import escape
from pathlib import Path
from typing import NamedTuple

BAR, GAP, LEFT, WIDTH = 22, 8, 260, 420


class Bar(NamedTuple):
    name: str
    speed: float
    recall: float


def write_chart(bars: list[Bar], title: str, path: Path) -> None:
    """Write the bars, fastest first, on a linear scale; ours are dark."""
    fastest = max(bar.speed for bar in bars)
    height = 50 + len(bars) * (BAR + GAP)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {LEFT + WIDTH + 180} {height}" '
        'font-family="sans-serif" font-size="13">',
        f'<text x="8" y="24" font-size="15" font-weight="bold">{escape(title)}</text>',
    ]
    for at, bar in enumerate(sorted(bars, key=lambda one: -one.speed)):
        y, long = 44 + at * (BAR + GAP), max(2.0, WIDTH * bar.speed / fastest)
        colour = "#1d4e89" if bar.name.startswith("news-dedup") else "#9aa5b1"
        parts += [
            f'<text x="{LEFT - 8}" y="{y + 15}" text-anchor="end">{escape(bar.name)}</text>',
            f'<rect x="{LEFT}" y="{y}" width="{long:.1f}" height="{BAR}" fill="{colour}"/>',
            f'<text x="{LEFT + long + 6:.1f}" y="{y + 15}">{bar.speed:,.0f} a second, recall {bar.recall:.3f}</text>',
        ]
    path.write_text("\n".join([*parts, "</svg>", ""]), encoding="utf-8")
