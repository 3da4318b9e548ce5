"""RELIABILITY row 11 for pages of HTML: every encoding, declared well, ill or not, with marks and dirt, by folder, WARC
and JSON lines. A page is stored or rejected, its neighbours stand unharmed, and what comes out is strict UTF-8."""

from __future__ import annotations

import codecs
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from dedup.text.clean import clean
from tests.sources.helpers import Read, assert_utf8, read, read_bytes
from tests.sources.test_encodings import GUESSED, TEXTS

GOOD = "<html><meta charset=utf-8><body><p>The neighbour was told: naïve café, 30 €, nothing is lost.</p></body></html>"
DECLARED = ("right", "", "utf-8", "windows-1252", "shift_jis", "utf-16", "no-such-charset")
DIRT = ("", "nul", "surrogate", "mark", "crlf", "u2028")
MARKS = {
    "utf-16-le": codecs.BOM_UTF16_LE,
    "utf-16-be": codecs.BOM_UTF16_BE,
    "utf-32-le": codecs.BOM_UTF32_LE,
    "utf-32-be": codecs.BOM_UTF32_BE,
}


OWN_MARK = ("utf-8-sig", "utf-16", "utf-32")


def encoded_page(encoding: str, text: str, declared: str, dirt: str) -> bytes:
    """A page in an encoding; ``declared`` may be wrong, ``dirt`` stands in its text or before it."""
    name = encoding.replace("_", "-") if declared == "right" else declared
    newline = {"crlf": "\r\n", "u2028": "\u2028"}.get(dirt, "\n")
    inside = {"nul": "\0", "surrogate": "\ud800"}.get(dirt, "")
    meta = f'<meta charset="{name}">' if name else ""
    page = f"<html><head>{meta}</head><body><p>{text}{newline}{inside}{text}</p></body></html>"
    errors = "surrogatepass" if encoding.startswith("utf") else "xmlcharrefreplace"
    data = page.encode(encoding, errors)
    if dirt == "mark":
        data = MARKS.get(encoding, codecs.BOM_UTF8) + data
    return data


def variants(encoding: str, text: str) -> Iterator[tuple[str, str, bytes]]:
    for declared in DECLARED:
        for dirt in DIRT:
            if dirt == "mark" and encoding in OWN_MARK:  # with a second mark it is binary: passed over, and told
                continue
            yield declared, dirt, encoded_page(encoding, text, declared, dirt)


def warc_of(pages: list[bytes], charset: str = "") -> bytes:
    """A WARC of responses, each of one page."""
    out = b""
    for number, page in enumerate(pages):
        kind = f"text/html; charset={charset}" if charset else "text/html"
        head = f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {len(page)}\r\n\r\n".encode()
        block = head + page
        out += (
            (
                f"WARC/1.0\r\nWARC-Type: response\r\nWARC-Target-URI: https://e.org/{number}\r\n"
                f"WARC-Date: 2024-03-18T10:00:00Z\r\nWARC-Record-ID: <urn:uuid:{number:032d}>\r\n"
                f"Content-Type: application/http; msgtype=response\r\nContent-Length: {len(block)}\r\n\r\n"
            ).encode()
            + block
            + b"\r\n\r\n"
        )
    return out


def good_ones(result: Read) -> int:
    return sum((article.html or "") == GOOD for article in result.articles)


@pytest.mark.parametrize(("encoding", "language"), GUESSED)
def test_pages_of_a_folder_are_stored_or_rejected_and_their_neighbours_unharmed(
    tmp_path: Path, encoding: str, language: str
) -> None:
    text = TEXTS[language].encode(encoding, "replace").decode(encoding)
    pages = list(variants(encoding, text))
    for number, (_, _, data) in enumerate(pages):
        (tmp_path / f"{2 * number:03d}.html").write_bytes(data)
        (tmp_path / f"{2 * number + 1:03d}.html").write_text(GOOD, encoding="utf-8")
    result = read(tmp_path)
    assert len(result.articles) + len(result.rejections) == 2 * len(pages)
    assert good_ones(result) == len(pages)


@pytest.mark.parametrize(("encoding", "language"), GUESSED)
@pytest.mark.parametrize("dirt", DIRT)
def test_a_page_declared_as_what_it_is_keeps_its_text(tmp_path: Path, encoding: str, language: str, dirt: str) -> None:
    text = TEXTS[language].encode(encoding, "replace").decode(encoding)
    if dirt == "mark" and encoding != "utf-8" and encoding not in MARKS:
        pytest.skip("a mark of UTF-8 before another encoding, or a second mark")
    result = read_bytes(tmp_path, encoded_page(encoding, text, "right", dirt), "a.html")
    assert [text in (article.html or "") for article in result.articles] == [True]


@pytest.mark.parametrize(("encoding", "language"), GUESSED)
@pytest.mark.parametrize("charset", ["", "utf-8", "no-such-charset"])
def test_pages_of_a_web_archive_are_stored_or_rejected(
    tmp_path: Path, encoding: str, language: str, charset: str
) -> None:
    pytest.importorskip("fastwarc")
    pages = [data for _, _, data in variants(encoding, TEXTS[language].encode(encoding, "replace").decode(encoding))]
    mixed = [page for data in pages for page in (data, GOOD.encode())]
    result = read_bytes(tmp_path, warc_of(mixed, charset), "a.warc")
    assert len(result.articles) + len(result.rejections) == len(mixed)
    assert good_ones(result) == len(pages)


@pytest.mark.parametrize("dirt", ["\\u0000", "\\ud800", "\\ufeff", "\\u2028", "\\r\\n", "\\udc00\\ud800"])
def test_pages_in_json_lines_are_stored_and_cleaned_to_strict_text(tmp_path: Path, dirt: str) -> None:
    pytest.importorskip("trafilatura")
    good = json.dumps({"id": "g", "html": GOOD})
    page = '{"id": "x", "html": "<html>D<body><p>before D after the rain.</p></body></html>"}'.replace("D", dirt)
    result = read_bytes(tmp_path, f"{good}\n{page}\n{good}\n".encode())
    assert result.ids == ["g", "x", "g"]
    assert good_ones(result) == 2
    cleaned = clean(result.articles[1])
    assert "before" in cleaned.text
    cleaned.text.encode("utf-8")
    assert "\0" not in cleaned.text


@pytest.mark.parametrize(("encoding", "language"), GUESSED)
def test_a_dirty_page_is_cleaned_to_strict_text(tmp_path: Path, encoding: str, language: str) -> None:
    pytest.importorskip("trafilatura")
    text = TEXTS[language].encode(encoding, "replace").decode(encoding)
    for dirt in ("nul", "surrogate"):
        for article in read_bytes(tmp_path, encoded_page(encoding, text, "right", dirt), "a.html").articles:
            cleaned = clean(article)
            assert_utf8(cleaned.article)
            cleaned.text.encode("utf-8")
            assert "\0" not in cleaned.text
            assert text.split()[0] in cleaned.text
