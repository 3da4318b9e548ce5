"""The agencies that supply text, read from data/agencies.toml."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Sequence
from functools import lru_cache
from importlib import resources
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

_Branch: TypeAlias = "dict[str, _Branch]"
"""Words by their next character; "" marks the end of one."""


_WIDE = re.compile(r"[ぁ-ヿ㐀-鿿가-힣]")
_SPACES = "\t\n\v\f\r\x1c\x1d\x1e\x1f "
ENDS, FOREIGN = 1, 2
"""Flags of a Trie's state: a name may end here; a character that is not ASCII may go on with one."""


class Trie(NamedTuple):
    """A wider net than the names' expression, for compiled code. ``following`` int16, states x 128: the state after an
    ASCII character, 0 for none; ``flags`` uint8, one a state; ``foreign`` uint32: other characters that names begin
    with. State 0 is the start."""

    following: NDArray[np.int16]
    flags: NDArray[np.uint8]
    foreign: NDArray[np.uint32]


class Agencies(NamedTuple):
    """``name`` finds any agency's name; ``owner`` maps the found words, lower case, to the short name.

    ``signs`` are expressions that credit one agency without its name; ``domains`` maps hosts to short names;
    ``kinds`` short names to wire, paper, release or republish. ``trie`` finds where ``name`` may find something.
    """

    name: re.Pattern[str]
    owner: dict[str, str]
    signs: tuple[tuple[str, re.Pattern[str]], ...]
    domains: dict[str, str]
    kinds: dict[str, str]
    trie: Trie


@lru_cache(maxsize=1)
def agencies() -> Agencies:
    """The package's own table."""
    text = (resources.files("dedup.text") / "data" / "agencies.toml").read_text(encoding="utf-8")
    return build(tomllib.loads(text))


def build(table: dict[str, dict[str, object]]) -> Agencies:
    """Compile a table as in data/agencies.toml."""
    owner: dict[str, str] = {}
    domains: dict[str, str] = {}
    names: list[str] = []
    marks: list[str] = []
    signs: list[tuple[str, re.Pattern[str]]] = []
    for short, entry in table.items():
        names += _strings(entry, "names")
        marks += _strings(entry, "marks")
        owner |= {name.lower(): short for name in _strings(entry, "names") + _strings(entry, "marks")}
        domains |= dict.fromkeys(_strings(entry, "domains"), short)
        signs += [(short, re.compile(sign)) for sign in _strings(entry, "signs")]
    kinds = {short: str(entry.get("kind", "wire")) for short, entry in table.items()}
    return Agencies(_name_pattern(names, marks), owner, tuple(signs), domains, kinds, trie_of(names + marks))


def possessive(agency: str) -> str:
    """ "AP's", "Reuters'"."""
    return f"{agency}'" if agency.endswith("s") else f"{agency}'s"


def _strings(entry: dict[str, object], key: str) -> list[str]:
    found = entry.get(key, [])
    return [str(item) for item in found] if isinstance(found, list) else []


def _name_pattern(names: list[str], marks: list[str]) -> re.Pattern[str]:
    """Names in any case; marks as written, or in any case right inside brackets or slashes.

    Chinese, Japanese and Korean stand without spaces: their names are found inside words, their marks before a closing
    bracket too.

    Words are joined at their common beginnings and cases are spelled out: a third of the time of plain alternatives
    under ``(?i:)``.
    """
    first = "".join(re.escape(char) for char in sorted({form for word in names + marks for form in _cases(word[0])}))
    wide = [name for name in names if _WIDE.search(name)]
    names = [name for name in names if not _WIDE.search(name)]
    closed = rf"{any_of([mark for mark in marks if _WIDE.search(mark)], False) or '(?!)'}(?=[)）】])"
    bracketed = rf"(?<=[(/\[]){any_of(marks, True)}(?=[)/\]])"
    spaced = rf"(?<!\w)(?=[{first}])(?:{any_of(names, True)}(?!\w)|{any_of(marks, False)}(?!\w)|{bracketed})"
    unspaced = rf"(?![\x00-\x7f])(?:{any_of(wide, True) or '(?!)'}|{closed})"
    return re.compile(f"{spaced}|{unspaced}")


def any_of(words: list[str], any_case: bool) -> str:
    """Expression for any of the words, the longest that fits first."""
    tree: _Branch = {}
    for word in words:
        branch = tree
        for char in word.lower() if any_case else word:
            branch = branch.setdefault(char, {})
        branch[""] = {}
    return _expression(tree, any_case)


def _expression(branch: _Branch, any_case: bool) -> str:
    ways = [_character(char, any_case) + _expression(branch[char], any_case) for char in sorted(branch) if char]
    if not ways:
        return ""
    joined = ways[0] if len(ways) == 1 else f"(?:{'|'.join(ways)})"
    return f"(?:{joined})?" if "" in branch else joined


def _character(char: str, any_case: bool) -> str:
    if char == " ":
        return r"\s+"
    forms = _cases(char) if any_case else [char]
    return re.escape(char) if len(forms) == 1 else f"[{''.join(map(re.escape, forms))}]"


def _cases(char: str) -> list[str]:
    return sorted({form for form in (char, char.lower(), char.upper()) if len(form) == 1})


def trie_of(words: list[str]) -> Trie:
    """Net of the words, in any case; white space of any length between their parts."""
    following: list[dict[int, int]] = [{}]
    flags = [0]
    for word in words:
        state = 0
        for at, char in enumerate(word):
            if ord(char) >= 128:
                flags[state] |= FOREIGN
                break
            forms = [ord(form) for form in (_SPACES if char == " " else _cases(char)) if ord(form) < 128]
            if forms[0] not in following[state]:
                following.append({ord(space): len(following) for space in _SPACES} if char == " " else {})
                flags.append(FOREIGN if char == " " else 0)
                following[state] |= dict.fromkeys(forms, len(following) - 1)
            flags[state] |= FOREIGN if char == " " else 0
            state = following[state][forms[0]]
            flags[state] |= ENDS if at == len(word) - 1 else 0
    table = np.zeros((len(following), 128), dtype=np.int16)
    for state, ways in enumerate(following):
        for code, target in ways.items():
            table[state, code] = target
    foreign = sorted({ord(form) for word in words for form in _cases(word[0]) if ord(form) >= 128})
    return Trie(table, np.array(flags, dtype=np.uint8), np.array(foreign, dtype=np.uint32))


def names_in(text: str, places: Sequence[int] | None = None) -> Iterator[re.Match[str]]:
    """Every name of an agency in a text, in order; looked for only at the ``places`` where that is known to do."""
    name = agencies().name
    if places is None:
        yield from name.finditer(text)
        return
    end = 0
    for place in places:
        if place >= end and (hit := name.match(text, place)):
            end = hit.end()
            yield hit


def agency_of_host(host: str | None) -> str | None:
    """Short name of the agency whose own site ``host`` is (or a subdomain of), else None."""
    if not host:
        return None
    domains = agencies().domains
    labels = host.lower().split("/")[0].split(".")
    for start in range(len(labels)):
        found = domains.get(".".join(labels[start:]))
        if found:
            return found
    return None


@lru_cache(maxsize=1024)
def host_of(address: str | None) -> str | None:
    """Host of an address, lower case, without port; None where there is none."""
    if not address:
        return None
    after = address.partition("//")[2] or address
    return re.split(r"[/?#]", after, maxsplit=1)[0].rpartition("@")[2].partition(":")[0].lower() or None


def agency_of_outlet(outlet: str | None) -> str | None:
    """Short name of the agency that an outlet is by its name: "Associated Press", "CNN (Web)", "Reuters - News"."""
    name = re.sub(r"\s*\(.*|\s+[-–|:]\s.*|\s+(?:Online|Staff)(?:\s+News)?$", "", outlet or "").strip()
    hit = agencies().name.fullmatch(name)
    return None if hit is None else agencies().owner[re.sub(r"\s+", " ", name.lower())]
