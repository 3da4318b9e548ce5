"""JSON as real dumps write it: what the strict parser refuses is mended where the meaning is plain."""

from __future__ import annotations

import json
import re
from typing import Any, Final, NamedTuple

from dedup.sources.encoding import decode
from dedup.sources.limits import MAX_DEPTH

_ESCAPE: Final = re.compile(r'\\(?:(u(?![0-9a-fA-F]{4})|[^"\\/bfnrtu])|.)', re.S)
"""An escape; group 1 holds where JSON knows none such."""

_TRAILING_COMMA: Final = re.compile(r'("(?:[^"\\]|\\.)*+")|,(?=\s*[}\]])', re.S)
_BRACKETS: Final = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"?|[{}\[\]]', re.S)


class Parsed(NamedTuple):
    """A value and the repairs it took."""

    value: Any
    repairs: tuple[str, ...]


class JsonProblem(Exception):  # noqa: N818 - turned into a Rejection by every caller
    """A record that is not JSON even after mending: the rejection's code and message."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code, self.message = code, message


def too_deep(raw: bytes) -> bool:
    """Whether brackets outside strings nest deeper than the limit; linear, and without recursion."""
    depth = 0
    for found in _BRACKETS.finditer(raw):
        mark = found[0]
        if mark in b"{[":
            depth += 1
            if depth > MAX_DEPTH:
                return True
        elif mark in b"}]":
            depth -= 1
    return False


def mended(raw: bytes) -> Parsed:
    """Parse what the strict parser refused: other encodings, raw control characters, bad escapes, lone surrogates,
    NaN, a trailing comma. Raises JsonProblem with the code json-depth or json-syntax."""
    if too_deep(raw):
        raise JsonProblem("json-depth", f"the record nests deeper than {MAX_DEPTH} levels")
    given, repairs = decode(raw)
    text = given
    for repair, fix in (("", None), ("json-escape", _escaped), ("json-comma", _without_commas)):
        if fix:
            fixed = fix(text)
            if fixed == text:
                continue
            text, repairs = fixed, (*repairs, repair)
        try:
            return _loaded(text, repairs)
        except ValueError as error:
            problem = error
    escaped = given if "json-escape" in repairs else ""
    raise JsonProblem("json-syntax", f"this is not JSON: {_said(problem, escaped)}")


def _loaded(text: str, repairs: tuple[str, ...]) -> Parsed:
    constants: list[str] = []
    try:
        value = json.loads(text, parse_constant=constants.append)
    except json.JSONDecodeError:
        value = json.loads(text, strict=False, parse_constant=constants.append)
        repairs = (*repairs, "control-chars")
    return Parsed(value, (*repairs, "json-constant") if constants else repairs)


def _said(error: ValueError, escaped: str) -> str:
    """What is wrong, and at which character of the record: in ``escaped`` backslashes were put in before it."""
    if not isinstance(error, json.JSONDecodeError):
        return str(error).split("\n")[0][:120]
    places = (found.start() for found in _ESCAPE.finditer(escaped) if found[1])
    before = sum(place + number < error.pos for number, place in enumerate(places))
    return f"{error.msg}, at character {error.pos - before + 1} of the record"


def _escaped(text: str) -> str:
    return _ESCAPE.sub(lambda found: "\\" + found[0] if found[1] else found[0], text)


def _without_commas(text: str) -> str:
    return _TRAILING_COMMA.sub(lambda found: found[1] or " ", text)
