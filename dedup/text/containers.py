"""What the elements around a line of a page hold: how much prose, how many links, where the line stands among them.

The body of an article is one element's children or a few elements of one style (Kohlschütter et al. 2010 and the
readers after them); these columns say how far a line belongs to that element.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from dedup.text.blocks import BLOCK_TAGS, Block

PROSE_CHARS = 60
"""Characters from which a line that is not mostly links counts as prose: its length is its mass."""
MOST_LEVELS = 12
"""Ancestors that a line's mass is added to: pages nest 10 to 30 deep, hostile ones without bound."""
_LEVELS = (1, 2, 3)
_MAIN = (0.5, 0.8)
NAMES = tuple(
    [f"{name}{level}" for level in _LEVELS for name in ("holds_share", "holds_density", "holds_lines", "holds_links")]
    + ["place", "place_from_end", "place_share", "prose_before_here", "prose_after_here"]
    + [f"{name}{int(100 * share)}" for share in _MAIN for name in ("off_main", "steps_main")]
    + ["style_share", "style_prose", "style_lines", "style_links", "page_mass"]
)
"""Names of the columns of ``container_rows``, in order."""


class _Sums:
    """What an element holds: lines, characters, characters in links, mass of prose, lines of prose."""

    __slots__ = ("chars", "lines", "linked", "mass", "prose")

    def __init__(self) -> None:
        self.lines = self.chars = self.prose = 0
        self.linked = self.mass = 0.0

    def take(self, block: Block, mass: float) -> None:
        """Add a line."""
        self.lines += 1
        self.chars += len(block.text)
        self.linked += block.link_share * len(block.text)
        self.mass += mass
        self.prose += mass > 0

    def join(self, other: _Sums) -> None:
        """Add all that another element holds."""
        for name in self.__slots__:
            setattr(self, name, getattr(self, name) + getattr(other, name))


class _Holder:
    """An element that holds lines, its ancestors (itself first), the lines' numbers and sums."""

    def __init__(self, element: Any) -> None:
        self.chain = _upwards(element, MOST_LEVELS)
        self.numbers: list[int] = []
        self.own = _Sums()


def container_rows(blocks: Sequence[Block]) -> list[list[float]]:
    """Columns NAMES of every line."""
    masses = [float(len(b.text)) if len(b.text) >= PROSE_CHARS and b.link_share < 0.5 else 0.0 for b in blocks]
    total = max(1.0, sum(masses))
    holders: dict[Any, _Holder] = {}
    styles: defaultdict[tuple[Any, ...], _Sums] = defaultdict(_Sums)
    kinds = []
    for number, (block, mass) in enumerate(zip(blocks, masses, strict=True)):
        element = _block_element(block.element)
        parent = element.getparent()
        parent = element if parent is None else parent
        if parent not in holders:
            holders[parent] = _Holder(parent)
        holders[parent].numbers.append(number)
        holders[parent].own.take(block, mass)
        kinds.append((element.tag, element.get("class"), parent.tag, parent.get("class")))
        styles[kinds[-1]].take(block, mass)
    looks = {kind: _style_columns(held, total) for kind, held in styles.items()}
    rows: list[list[float]] = [[] for _ in blocks]
    for holder, outside in zip(holders.values(), _outsides(list(holders.values()), total), strict=True):
        for number, place in zip(holder.numbers, _places([masses[i] for i in holder.numbers]), strict=True):
            rows[number] = [*outside[:-4], *place, *outside[-4:], *looks[kinds[number]]]
    return rows


def _outsides(holders: Sequence[_Holder], total: float) -> list[list[float]]:
    """Columns that all lines of a holder share: what it and the two elements around it hold, and how far it is from
    the main elements (four columns, the last)."""
    sums: defaultdict[Any, _Sums] = defaultdict(_Sums)
    for holder in holders:
        for element in holder.chain:
            sums[element].join(holder.own)
    mains = [_above_main(holders, sums, share * total) for share in _MAIN]
    rows = []
    for holder in holders:
        row: list[float] = []
        for level in _LEVELS:
            held = sums[holder.chain[min(level, len(holder.chain)) - 1]]
            chars = max(1, held.chars)
            row += [held.mass / total, held.mass / chars, float(min(held.lines, 200)), held.linked / chars]
        for above in mains:
            row += _to_main(holder.chain, above)
        rows.append(row)
    return rows


def _style_columns(held: _Sums, total: float) -> list[float]:
    linked = held.linked / max(1, held.chars)
    return [held.mass / total, held.prose / held.lines, float(min(held.lines, 100)), linked, total]


def _block_element(element: Any) -> Any:
    """The element of block level that a text stands in."""
    while element.tag not in BLOCK_TAGS and (parent := element.getparent()) is not None:
        element = parent
    return element


def _upwards(element: Any, levels: int) -> list[Any]:
    """An element and at most ``levels`` of its ancestors."""
    chain = [element]
    while len(chain) <= levels and (parent := chain[-1].getparent()) is not None:
        chain.append(parent)
    return chain


def _above_main(holders: Sequence[_Holder], sums: dict[Any, _Sums], least: float) -> dict[Any, int]:
    """The smallest element that holds ``least`` of the mass and its ancestors, with their distance from it."""
    holding = [
        (sums[element].lines, -level, element)
        for holder in holders
        for level, element in enumerate(reversed(holder.chain))
        if sums[element].mass >= least
    ]
    if not holding:
        return {}
    best = min(holding, key=lambda entry: entry[:2])[2]
    return {element: distance for distance, element in enumerate(_upwards(best, 40))}


def _to_main(chain: Sequence[Any], above: dict[Any, int]) -> list[float]:
    """Levels between the main element and the nearest ancestor of the line that holds both, and steps up to that."""
    for steps, element in enumerate(chain):
        if element in above:
            return [float(above[element]), float(steps)]
    return [20.0, 20.0]


def _places(masses: Sequence[float]) -> list[list[float]]:
    """Place of each line of a holder, from both ends, and the share of the holder's prose before and after it."""
    held, before, last = max(1.0, sum(masses)), 0.0, len(masses) - 1
    places = []
    for place, mass in enumerate(masses):
        after = held - before - mass
        places.append([min(place, 60), min(last - place, 60), place / max(1, last), before / held, after / held])
        before += mass
    return places
