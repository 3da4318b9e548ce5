"""Text of strangers: what a page, a cell, a terminal, an XML file and a file name may hold."""

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dedup.report.safe import csv_safe, display, file_name, link, no_surrogates, terminal_safe, xml_safe

ANY = st.text(st.characters())


@given(ANY)
def test_a_page_gets_no_control_and_no_reordering_character(text: str) -> None:
    shown = display(text)
    shown.encode("utf-8")
    assert not [c for c in shown if unicodedata.category(c) == "Cc" and c not in "\t\n"]
    assert not [c for c in shown if unicodedata.bidirectional(c) in ("LRE", "RLE", "LRO", "RLO", "PDF")]
    assert not [c for c in shown if unicodedata.bidirectional(c) in ("LRI", "RLI", "FSI", "PDI")]
    assert display(shown) == shown


def test_control_characters_are_shown_and_letters_of_any_script_stay() -> None:
    assert display("a\x00b\x1b[31m\x7f") == "a␀b␛[31m␡"
    for text in ("שלום, עולם", "می‌خواهم", "क्षत्रिय", "👩‍👩‍👧", "Ünïcödé — “quotes”", "＜fullwidth＞", "tab\there"):
        assert display(text) == text


@pytest.mark.parametrize(
    "url",
    [
        "http://example.org",
        "https://example.org/a/b?c=d&e=f#g",
        "https://münchen.example/ä",
        "HTTPS://EXAMPLE.ORG/X",
        "https://[::1]/x",
        "https://example.org:8080/x",
    ],
)
def test_a_web_address_becomes_a_link(url: str) -> None:
    assert link(url) == url


@pytest.mark.parametrize(
    "url",
    [
        "",
        None,
        "javascript:alert(1)",
        " https://example.org",
        "https://example.org/\n",
        "java\tscript:x",
        "//example.org",
        "https:example.org",
        "https://",
        "https:///x",
        "data:text/html,x",
        "ftp://example.org",
        "https://apnews.com@evil.example",
        "https://exa mple.org",
        "https://example.org\\@x",
        'https://example.org/"x',
        "https://example.org/\u202ex",
        "https://[",
        "https://example.org/" + "x" * 3000,
        "file:///etc/passwd",
        "ｈttps://example.org",
    ],
)
def test_anything_else_does_not(url: str | None) -> None:
    assert link(url) is None


@given(ANY)
def test_a_cell_never_begins_a_formula(text: str) -> None:
    cell = csv_safe(text)
    assert not re.match(r"\s*[=+\-@＝＋－＠|%]", cell)
    assert cell in (no_surrogates(text).replace("\x00", "\ufffd"), "'" + no_surrogates(text).replace("\x00", "\ufffd"))


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "\t=1", " =1", "\r=1", "＝1", "|x", "%0A"])
def test_formulas_are_neutralised(text: str) -> None:
    assert csv_safe(text) == "'" + text


@given(ANY)
def test_a_terminal_gets_nothing_to_act_on(text: str) -> None:
    for shown in (terminal_safe(text), terminal_safe(text, one_line=True)):
        shown.encode("utf-8")
        assert not [c for c in shown if unicodedata.category(c) == "Cc" and c != "\n"]
    assert "\n" not in terminal_safe(text, one_line=True)


def test_escape_sequences_go_whole() -> None:
    assert terminal_safe("a\x1b[31;1mred\x1b[0m b") == "ared b"
    assert terminal_safe("\x1b]0;title\x07x\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\") == "xlink"
    assert terminal_safe("\x9b2Jx\x90dcs\x9cy") == "xy"
    assert terminal_safe("one\r\ntwo\u202ethree\x08") == "one\ntwothree"
    assert terminal_safe("one\r\ntwo", one_line=True) == "one two"


@given(ANY)
def test_a_file_name_is_one_plain_component_and_tells_ids_apart(name: str) -> None:
    assert re.fullmatch(r"[sx]-[a-z0-9-]{1,64}", file_name(name))
    assert file_name(name) != file_name(name + "x")


def test_a_plain_id_names_its_own_file() -> None:
    assert file_name("3f2a-01") == "s-3f2a-01"
    assert file_name("../../x").startswith("x-")


@given(ANY)
def test_xml_text_holds_only_what_xml_may(text: str) -> None:
    assert re.fullmatch("[\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]*", xml_safe(text))
