"""Which parts of a request are wrong, and why: named, never repeated, and no more of them than a reader takes in."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from dedup.report.safe import terminal_safe

__all__ = ["wrong_parts"]

_BLANK_FOR_PLUS = re.compile(r"T.* \d\d:?\d\d$")
"""A time whose zone has lost its "+"."""
MOST = 10
NAME = 100
"""Parts that are named, and characters of a name: both are the client's to choose."""


def wrong_parts(errors: Iterable[Mapping[str, Any]]) -> str:
    """The fields or parameters that pydantic refused, by name, each with what is wrong with it."""
    wrong = sorted({(_name(error), _why(error)) for error in errors})
    more = f"; and {len(wrong) - MOST:,} more" if len(wrong) > MOST else ""
    return "; ".join(f"{name}: {why}" for name, why in wrong[:MOST]) + more


def _name(error: Mapping[str, Any]) -> str:
    parts = [] if error["type"] == "json_invalid" else [str(part) for part in error["loc"][1:]]
    return terminal_safe(".".join(parts), one_line=True)[:NAME] or "the body"


def _why(error: Mapping[str, Any]) -> str:
    if error["type"] == "json_invalid":
        return f"no JSON from character {int(error['loc'][-1]) + 1} on"
    if error["type"] == "model_attributes_type":
        return "no JSON object sent as application/json"
    if error["type"] == "extra_forbidden":
        return "not known here"
    if error["loc"][0] == "query" and _BLANK_FOR_PLUS.search(str(error["input"])):
        return "a + in an address is a blank: write it as %2B, or give the time in UTC with Z"
    said = str(error["msg"]).removeprefix("Value error, ")
    return said[:1].lower() + said[1:NAME]
