"""Text of strangers never becomes part of a page: no element, no attribute, no address but the templates' own."""

import base64
import hashlib
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from dedup.report import write_report
from tests.report.make_result import hostile_result

PAYLOADS = (Path(__file__).parent / "payloads.txt").read_text(encoding="utf-8").splitlines()
TEMPLATES = Path(__file__).parents[2] / "dedup" / "report" / "templates"


def variants(payload: str) -> list[str]:
    """The payload in forms that a careless step may turn back into it."""
    fullwidth = payload.translate({code: code + 0xFEE0 for code in range(0x21, 0x7F)})
    return [
        payload,
        fullwidth,
        payload.upper(),
        "\u202e" + payload[::-1],
        "".join(f"{letter}\u200b" for letter in payload),
        payload.replace("<", "<\x00").replace("s", "s\x00"),
        payload.replace(" ", "\x0c").replace("<", "\ufeff<"),
    ]


class Skeleton(HTMLParser):
    """Elements and attributes of a page, and every address."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: set[str] = set()
        self.attributes: set[tuple[str, str]] = set()
        self.addresses: list[str] = []
        self.odd: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.add(tag)
        self.attributes |= {(tag, name) for name, _ in attrs}
        self.addresses += [value or "" for name, value in attrs if name in ("href", "src", "action", "xlink:href")]

    def handle_comment(self, data: str) -> None:
        self.odd.append(data)

    def handle_pi(self, data: str) -> None:
        self.odd.append(data)

    def unknown_decl(self, data: str) -> None:
        self.odd.append(data)


def _skeletons(folder: Path) -> list[Skeleton]:
    return [Skeleton(path.read_text(encoding="utf-8")) for path in folder.rglob("*.html")]


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> list[Skeleton]:
    folder = tmp_path_factory.mktemp("plain") / "r"
    write_report(hostile_result([f"https://example.org/{number}" for number in range(101)]), folder)
    return _skeletons(folder)


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("hostile") / "r"
    every = list(dict.fromkeys(form for payload in PAYLOADS for form in variants(payload)))
    assert len(every) >= 480
    write_report(hostile_result(every), folder)
    return folder


@pytest.fixture(scope="module")
def skeletons(hostile: Path) -> list[Skeleton]:
    return _skeletons(hostile)


def test_no_payload_adds_an_element_an_attribute_or_a_comment(plain: list[Skeleton], skeletons: list[Skeleton]) -> None:
    elements = set().union(*(page.elements for page in plain))
    attributes = set().union(*(page.attributes for page in plain))
    assert not elements & {"script", "img", "iframe", "object", "embed", "link", "base", "form", "input"}
    assert not {name for _, name in attributes if name.startswith("on") or name in ("style", "src")}
    for page in skeletons:
        assert page.elements <= elements
        assert page.attributes <= attributes
        assert not page.odd


def test_every_address_is_a_web_page_or_inside_the_report(skeletons: list[Skeleton]) -> None:
    inside = re.compile(r"(\.\./)?([a-z0-9/-]+\.(html|jsonl))?(#[a-z0-9-]+)?")
    for page in skeletons:
        for address in page.addresses:
            assert inside.fullmatch(address) or re.match(r"https?://[^\s\"'<>@]+$", address), address


def test_the_policy_allows_one_style_sheet_and_nothing_else(hostile: Path) -> None:
    for path in hostile.rglob("*.html"):
        text = path.read_text(encoding="utf-8")
        style = text.partition("<style>")[2].partition("</style>")[0]
        digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
        policy = f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:; base-uri 'none'; form-action 'none'"
        assert text.count("<meta http-equiv=") == 1
        assert f'<meta http-equiv="Content-Security-Policy" content="{policy}">' in text.replace("&#39;", "'")


def test_what_a_payload_says_is_still_there_to_read(hostile: Path) -> None:
    shown = "".join(path.read_text(encoding="utf-8") for path in hostile.glob("*.html"))
    assert "&lt;script&gt;PWN&lt;/script&gt;" in shown
    assert "＜script＞PWN＜/script＞" in shown
    assert "＜ｓｃｒｉｐｔ＞" in shown


def test_no_page_holds_controls_or_reordering(hostile: Path) -> None:
    for path in hostile.rglob("*.html"):
        assert not re.search(
            "[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", path.read_text(encoding="utf-8")
        )


def test_no_template_switches_escaping_off() -> None:
    for path in TEMPLATES.glob("*.html"):
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"\|\s*safe|autoescape|<script|\son\w+=|style=", text), path.name
        for attribute in re.findall(r"=\s*\{\{", text):
            pytest.fail(f"{path.name}: an attribute without quotes ({attribute})")
