"""How authors sign, from data/signatures.toml: words of ten languages, joined to expressions."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from functools import lru_cache
from importlib import resources
from typing import NamedTuple


class Signatures(NamedTuple):
    """Alternatives ready to stand in an expression (``by`` to ``camera``, as described in the file), and the
    expressions of languages that sign otherwise: ``authors`` (group 1 the names), ``datelines`` (group "line")."""

    by: str
    join: str
    trade: str
    being: str
    follow: str
    note: str
    camera: str
    authors: tuple[re.Pattern[str], ...]
    datelines: tuple[re.Pattern[str], ...]


@lru_cache(maxsize=1)
def signatures() -> Signatures:
    """The package's own table."""
    text = (resources.files("dedup.text") / "data" / "signatures.toml").read_text(encoding="utf-8")
    table: dict[str, dict[str, list[str]]] = tomllib.loads(text)
    words = {
        kind: _any(word for group in table[kind].values() for word in group) for kind in table if kind not in _COMPILED
    }
    authors, datelines = (
        tuple(re.compile(expression) for group in table[kind].values() for expression in group) for kind in _COMPILED
    )
    by, join, trade = words["by"], words["and"], words["trade"]
    return Signatures(by, join, trade, words["is"], words["follow"], words["note"], words["camera"], authors, datelines)


_COMPILED = ("pattern", "dateline")


def _any(words: Iterable[str]) -> str:
    ordered = sorted(set(words), key=lambda word: (-len(word), word))
    return "|".join(re.escape(word).replace(r"\ ", r"\s+") for word in ordered)
