"""RELIABILITY row 11: encodings, byte order marks, NULs, lone surrogates, line ends."""

from __future__ import annotations

import codecs
import json
import time
from pathlib import Path

import pytest

from tests.sources.helpers import read_bytes

TEXTS: dict[str, str] = json.loads((Path(__file__).parent / "cases" / "languages.json").read_text(encoding="utf-8"))

GUESSED = [
    ("utf-8", "western"),
    ("utf-8-sig", "russian"),
    ("utf-16", "japanese"),
    ("utf-16-le", "western"),
    ("utf-16-be", "western"),
    ("utf-32", "korean"),
    ("utf-32-le", "greek"),
    ("utf-32-be", "western"),
    ("cp1252", "western"),
    ("latin-1", "plain"),
    ("iso8859_15", "plain"),
    ("cp1250", "central"),
    ("iso8859_2", "central"),
    ("cp1251", "russian"),
    ("koi8_r", "russian"),
    ("iso8859_5", "russian"),
    ("cp866", "russian"),
    ("cp1253", "greek"),
    ("cp1254", "turkish"),
    ("cp1255", "hebrew"),
    ("cp1256", "arabic"),
    ("cp874", "thai"),
    ("cp1257", "baltic"),
    ("cp850", "plain"),
    ("mac_roman", "plain"),
    ("shift_jis", "japanese"),
    ("euc_jp", "japanese"),
    ("iso2022_jp", "japanese"),
    ("euc_kr", "korean"),
    ("gb18030", "simplified"),
    ("big5", "traditional"),
]
"""Encoding and text of 31 feeds whose encoding is found without being told."""


@pytest.mark.parametrize(("encoding", "language"), GUESSED)
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_a_feed_in_any_of_thirty_encodings_keeps_its_text(
    tmp_path: Path, encoding: str, language: str, newline: str
) -> None:
    text = TEXTS[language]
    rows = [json.dumps({"id": f"a{n}", "text": f"{text} {n}"}, ensure_ascii=False) for n in range(8)]
    result = read_bytes(tmp_path, newline.join(rows).encode(encoding, "replace"))
    assert result.rejections == []
    expected = text.encode(encoding, "replace").decode(encoding)
    assert [article.text for article in result.articles] == [f"{expected} {n}" for n in range(8)]


@pytest.mark.parametrize(("encoding", "language"), GUESSED)
@pytest.mark.parametrize("suffix", [".txt", ".csv", ".json"])
def test_the_other_formats_keep_it_too(tmp_path: Path, encoding: str, language: str, suffix: str) -> None:
    text = TEXTS[language].encode(encoding, "replace").decode(encoding)
    shapes = {
        ".txt": f"{text}\n\n{text}",
        ".csv": f'id,text\na0,"{text}"\na1,"{text}"\n',
        ".json": json.dumps([{"id": "a", "text": text}], ensure_ascii=False),
    }
    result = read_bytes(tmp_path, shapes[suffix].encode(encoding), f"a{suffix}")
    assert result.rejections == []
    assert all(text in article.text for article in result.articles)
    assert result.articles


@pytest.mark.parametrize(("encoding", "language"), GUESSED)
def test_a_line_in_another_encoding_harms_no_neighbour(tmp_path: Path, encoding: str, language: str) -> None:
    row = {"id": "x", "text": TEXTS["western"]}
    good = json.dumps(row, ensure_ascii=False).encode()
    odd = json.dumps({"id": "odd", "text": TEXTS[language]}, ensure_ascii=False).encode(encoding, "replace")
    result = read_bytes(tmp_path, b"\n".join([good] * 3 + [odd] + [good] * 3))
    assert [article.text for article in result.articles if article.id == "x"] == [TEXTS["western"]] * 6
    assert len(result.articles) + len(result.rejections) >= 7


@pytest.mark.parametrize("declared", ["windows-1251", "shift_jis", "utf-8", "no-such-charset", "utf-16"])
def test_html_is_read_as_declared_unless_that_is_wrong(tmp_path: Path, declared: str) -> None:
    text = TEXTS["russian"] if declared == "windows-1251" else TEXTS["japanese"]
    encoding = declared if declared in ("windows-1251", "shift_jis") else "utf-8"
    page = f'<html><head><meta charset="{declared}"></head><body><p>{text}</p></body></html>'
    result = read_bytes(tmp_path, page.encode(encoding), "a.html")
    assert text in (result.articles[0].html or "")


@pytest.mark.parametrize(
    ("raw", "text", "repairs"),
    [
        (b'"a\\u0000b"', "ab", ("nul",)),
        (b'"a\\ud800b"', "a\ufffdb", ("surrogate",)),
        (b'"a\\ud83d\\ude00b"', "a\U0001f600b", ()),
        (b'"a\xe2\x80\xa8b\xe2\x80\xa9c\xc2\x85d"', "a\u2028b\u2029c\x85d", ()),
        (b'"a\tb"', "a\tb", ("control-chars",)),
        (b'"a\\qb\\u12"', "a\\qb\\u12", ("json-escape",)),
        (b'"caf\xe9 \xe0 la carte"', "café à la carte", ("bad-encoding",)),
        (b'"a\xed\xa0\x80b"', None, ("bad-encoding",)),
        (b'"a", "n": NaN', "a", ("json-constant",)),
        (b'"a",', "a", ("json-comma",)),
        (b'"a\\\\", "b": "\\\\u0000"', "a\\", ()),
    ],
)
def test_dirt_in_a_string_is_mended_and_counted(
    tmp_path: Path, raw: bytes, text: str | None, repairs: tuple[str, ...]
) -> None:
    good = b'{"id": "g", "text": "good"}\n'
    result = read_bytes(tmp_path, good + b'{"id": "x", "text": ' + raw + b"}\n" + good)
    assert result.ids == ["g", "x", "g"]
    assert result.articles[1].repairs == repairs
    if text is not None:
        assert result.articles[1].text == text


def test_a_byte_order_mark_is_dropped_and_counted_once(tmp_path: Path) -> None:
    data = codecs.BOM_UTF8 + b'{"id": "a", "text": "x"}\n{"id": "b", "text": "y"}\n'
    assert [article.repairs for article in read_bytes(tmp_path, data).articles] == [("bom",), ()]


def test_a_lone_surrogate_or_nul_anywhere_leaves_strict_utf8(tmp_path: Path) -> None:
    row = {
        "id": "i\ud800",
        "text": "t\udfff\0",
        "title": "\ud800\ud800",
        "url": "https://e.org/\udc00",
        "author": ["n\0", "m\ud900"],
        "copyright": "\udead",
    }
    data = json.dumps(row).encode()
    assert read_bytes(tmp_path, data + b"\n" + data).ids == ["i\ufffd", "i\ufffd"]


@pytest.mark.parametrize("frame", ["%s\n%s\n", "[%s,%s]"])
@pytest.mark.parametrize(
    ("written", "text", "repairs"),
    [
        (r"a\u0000b", "ab", ("nul",)),
        (r"a\\u0000b", r"a\u0000b", ()),
        (r"a\ud800b", "a\ufffdb", ("surrogate",)),
        (r"a\ud83d\ude00b", "a\U0001f600b", ()),
        (r"\ud83d\ude00\u0000\udc00", "\U0001f600\ufffd", ("nul", "surrogate")),
    ],
)
def test_escapes_of_json_are_made_strict_text(
    tmp_path: Path, frame: str, written: str, text: str, repairs: tuple[str, ...]
) -> None:
    records = '{"id": "a", "text": "t"}', '{"id": "b", "title": "X", "text": "X"}'.replace("X", written)
    article = read_bytes(tmp_path, (frame % records).encode()).articles[1]
    assert (article.title, article.text) == (text, text)
    assert sorted(article.repairs) == sorted(repairs)


def test_nuls_in_a_row_that_is_no_utf8_shift_no_column(tmp_path: Path) -> None:
    rest = "".join(f"{n},a title of some length,plain words\n" for n in range(2, 9))
    data = ("id,title,text\n1,na\0ïve\0 title,words é\n" + rest).encode("latin-1")
    article = read_bytes(tmp_path, data, "feed.csv").articles[0]
    assert (article.title, article.text) == ("naïve title", "words é")
    assert {"nul", "bad-encoding"} <= set(article.repairs)


@pytest.mark.parametrize(
    "data", [b"\x1b$\x1b$\x1b$\x1b$\x00", b"\x1b$)C" + b"\x1b$" * 20, b"words \x1b$B\x1b$\x1b$\x1b$\x1b$("]
)
def test_broken_escape_sequences_are_replaced(tmp_path: Path, data: bytes) -> None:
    result = read_bytes(tmp_path, b"some words\n" + data, "a.txt")
    assert [article.text.split("\n")[0] for article in result.articles] == ["some words"]
    assert "bad-encoding" in result.articles[0].repairs


@pytest.mark.parametrize("name", ["punycode", "idna", "undefined", "unicode_escape", "utf-7", "base64", "no-such"])
def test_a_page_that_declares_what_is_no_charset_is_read_all_the_same(tmp_path: Path, name: str) -> None:
    page = f"<html><meta charset={name}><p>caf\u00e9 ".encode("latin-1") + b"ab\\x41-" * 40_000
    started = time.process_time()
    article = read_bytes(tmp_path, page, "a.html").articles[0]
    assert time.process_time() - started < 2
    assert "<p>café ab\\x41-" in str(article.html)
    assert article.repairs == ("bad-encoding",)
