"""Text of strangers made safe for a page, a cell, a terminal, an XML file and a file name.

The order is fixed: text is put into its final characters first (here) and escaped last (by the template engine, the
csv writer, the XML escaper), so that no later step can turn a harmless character into markup. Nothing here applies a
compatibility normalisation: a fullwidth ``＜`` stays what it is.
"""

from __future__ import annotations

import hashlib
import re
from urllib.parse import urlsplit

__all__ = ["csv_safe", "display", "file_name", "link", "no_surrogates", "terminal_safe", "xml_safe"]

_SURROGATES = re.compile("[\ud800-\udfff]")

# Shown as their control pictures, because their presence says something about the page: C0 but tab, newline; DEL.
_C0 = {code: chr(0x2400 + code) for code in range(0x20) if code not in (0x09, 0x0A)} | {0x7F: "\u2421"}
# Taken out: C1 controls, bidi embeddings, overrides and isolates, invisible operators and tags, line and paragraph
# separators become spaces. The joiners U+200C/U+200D and the marks U+200E/U+200F stay: Persian, Indic scripts,
# emoji and Hebrew need them, and they reorder nothing outside their own line.
_TAKEN = [*range(0x80, 0xA0), 0x00AD, 0x200B, *range(0x202A, 0x202F), *range(0x2060, 0x2070), 0xFEFF]
_TAKEN += [*range(0xFFF0, 0xFFFC), *range(0xE0000, 0xE0080)]
_DISPLAY = _C0 | dict.fromkeys(_TAKEN, "") | {0x2028: " ", 0x2029: " ", 0xFFFE: "", 0xFFFF: ""}

# ESC sequences (ECMA-48): CSI, OSC/DCS/SOS/PM/APC up to their end, and two-byte ones; then whatever control is left.
_ESCAPES = re.compile(
    "(?:\x1b\\[|\x9b)[0-?]*[ -/]*[@-~]?"
    "|(?:\x1b[\\]PX^_]|[\x90\x98\x9d-\x9f])[^\x07\x1b\x9c\n]*(?:\x07|\x1b\\\\|\x9c)?"
    "|\x1b[ -/]*[0-~]?"
)
_TERMINAL = dict.fromkeys((*range(0x20), *range(0x7F, 0xA0), 0xAD, 0x61C, *range(0x200B, 0x2010)))
_TERMINAL |= dict.fromkeys((*range(0x2028, 0x202F), *range(0x2060, 0x2070), 0xFEFF))
_TERMINAL |= dict.fromkeys((*range(0xFFF0, 0xFFFC), *range(0xE0000, 0xE0080)))
_MULTILINE = {code: to for code, to in _TERMINAL.items() if code != 0x0A}

# A cell that a spreadsheet would read as a formula (OWASP "CSV Injection"; fullwidth forms as some locales fold them).
_FORMULA = re.compile("^[\\s\x00\ufeff]*[=+\\-@\uff1d\uff0b\uff0d\uff20|%]|^[\t\r\n]")

_XML_FORBIDDEN = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_PLAIN_NAME = re.compile("[a-z0-9][a-z0-9-]{0,63}")
_LINK_FORBIDDEN = re.compile(
    "[\x00-\x20\x7f-\xa0\\\\\"'<>`{}|^\u1680\u2000-\u200f\u2028-\u202f\u205f-\u206f\u3000\ufeff]"
)

LONGEST_LINK = 2048
"""Characters of the longest address shown as a link: what browsers and mail programs still pass on whole."""


def no_surrogates(text: str) -> str:
    """The text with lone surrogates replaced by U+FFFD, of the same length: encodable as strict UTF-8."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return _SURROGATES.sub("\ufffd", text)
    return text


def display(text: str) -> str:
    """The text as a page may show it: controls visible, bidi overrides and invisible characters gone."""
    if text.isprintable():  # most text: no control, format, surrogate or separator character but the space
        return text
    return no_surrogates(text).translate(_DISPLAY)


def link(url: str | None) -> str | None:
    """The address if a page may link to it: http or https with a host, no login part, nothing to hide behind."""
    if not url or len(url) > LONGEST_LINK or _LINK_FORBIDDEN.search(url):
        return None
    try:
        parts = urlsplit(no_surrogates(url))
        host = parts.hostname
    except ValueError:
        return None
    if parts.scheme not in ("http", "https") or not host or "@" in parts.netloc:
        return None
    return no_surrogates(url)


def csv_safe(cell: str) -> str:
    """The cell with an apostrophe before anything that a spreadsheet would run; NUL and lone surrogates replaced."""
    cell = no_surrogates(cell).replace("\x00", "\ufffd")
    return f"'{cell}" if _FORMULA.search(cell) else cell


def terminal_safe(text: str, *, one_line: bool = False) -> str:
    """The text without anything a terminal would act on but newlines; with ``one_line`` those become spaces."""
    text = _ESCAPES.sub("", no_surrogates(text)).replace("\t", " ")
    if one_line:
        return re.sub("[\n\x0b\x0c\r\x85\u2028\u2029]+", " ", text).translate(_TERMINAL)
    return text.translate(_MULTILINE)


def xml_safe(text: str) -> str:
    """The text with what XML 1.0 cannot hold replaced by U+FFFD (still to be escaped)."""
    return _XML_FORBIDDEN.sub("\ufffd", text)


def file_name(name: str) -> str:
    """A file name's stem for an id: itself if plain, else its digest; never a path, a dot file or a device."""
    if _PLAIN_NAME.fullmatch(name):
        return f"s-{name}"
    return f"x-{hashlib.blake2b(name.encode('utf-8', 'surrogatepass'), digest_size=16).hexdigest()}"
