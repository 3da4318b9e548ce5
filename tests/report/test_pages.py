"""The pages: all there is to show is there, every link leads somewhere, long lists go on and say so."""

import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from dedup.models import Relation, Result
from dedup.report import write_report
from tests.report.make_result import hostile_result, of_one_outlet, result_of, seed_result, wire_result


class Page(HTMLParser):
    """A page's text, links and anchors."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.links: list[str] = []
        self.ids: list[str] = []
        self.text = ""
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        held = dict(attrs)
        self.links += [held["href"] or ""] if "href" in held else []
        self.ids += [held["id"] or ""] if "id" in held else []

    def handle_data(self, data: str) -> None:
        self.text += data


def _pages(folder: Path) -> dict[str, Page]:
    return {path.relative_to(folder).as_posix(): Page(path) for path in folder.rglob("*.html")}


def _write(result: Result, folder: Path) -> dict[str, Page]:
    write_report(result, folder)
    return _pages(folder)


@pytest.fixture(scope="module")
def seeds(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Page]:
    return _write(seed_result(), tmp_path_factory.mktemp("out") / "r")


def _words(page: Page) -> str:
    return " ".join(page.text.split())


def test_the_first_page_says_what_the_feed_carried(seeds: dict[str, Page]) -> None:
    text = _words(seeds["index.html"])
    assert "3 stories in 5 articles" in text
    assert "40% of the articles share their text with another outlet’s" in text
    assert "Defense chief says N.Korea supplied 7,000 containers of munitions to Russia" in text
    assert "1 origin 1 excerpt 1 independent" in text


def test_the_first_page_says_what_only_one_outlet_has(tmp_path: Path) -> None:
    pages = _write(of_one_outlet(wire_result(12, lone=3)), tmp_path / "r")
    text = _words(pages["index.html"])
    assert (
        "No article shares its text with another outlet’s. 12 articles share a text that only their own outlet" in text
    )
    story = _words(next(page for name, page in pages.items() if name.startswith("stories/")))
    assert "12 of them carry a text that only their own outlet has." in story
    assert "Versions of one outlet: no other one here carries this text" in story
    assert "no credit found" not in story


def test_a_story_page_shows_who_when_relation_share_credit_and_reasons(seeds: dict[str, Page]) -> None:
    text = _words(seeds["stories/s-000.html"])
    for wanted in (
        "2 independent texts behind 3 articles",
        "Cannot tell which came first; the others are compared with: macaudailytimes.com.mo, 19 Mar 2024, 02:30 "
        "UTC (70% of the evidence among 2 articles)",
        "signed by its author",
        "but 1 of the others carries an earlier time",
        "Supplier: AP (95% sure, from “MDT/AP”)",
        "Excerpt cut 63% (98% of this article)",
        "names AP",
        "1 independent report",
        "MICHAEL LEE",
        "thehillstimes.in is a cut of macaudailytimes.com.mo, or macaudailytimes.com.mo was expanded from it: 98% of "
        "thehillstimes.in stands word for word in macaudailytimes.com.mo, and makes 63% of it. "
        "Both credit AP and probably have it from there; thehillstimes.in carried it 8 hours earlier.",
        "both open with the same 33 words",
        "2 shared passages, 259 words.",
        "4 lines of page furniture",
        "N. Korea sent over 13,000 containers suspected of carrying arms to Russia: lawmaker",
    ):
        assert wanted in text, wanted


ORIGINS = (
    ({"basis": "site", "confidence": 0.99}, "Held to be the origin: "),
    ({"basis": "canonical", "confidence": 0.4}, "Probably the origin: "),
    ({"basis": "clock", "confidence": 0.8}, "Probably the first: "),
    ({"basis": "clock", "confidence": 0.2}, "The earliest here by its time: "),
    ({"basis": "text", "confidence": 0.9}, "Cannot tell which came first; the others are compared with: "),
    ({"basis": "none", "confidence": 0.5}, "Cannot tell which came first; the others are compared with: "),
    ({"release": True}, "A press release, distributed by AP: it comes from the company that issued it."),
)


@pytest.mark.parametrize(("change", "wanted"), ORIGINS, ids=[wanted for _, wanted in ORIGINS])
def test_an_origin_is_introduced_by_what_it_rests_on(tmp_path: Path, change: dict[str, object], wanted: str) -> None:
    whole = seed_result()
    told = whole.stories[0]
    group = replace(told.groups[0], origin=replace(told.groups[0].origin, **change))  # type: ignore[arg-type]
    stories = (replace(told, groups=(group,)), *whole.stories[1:])
    assert wanted in _words(_write(replace(whole, stories=stories), tmp_path / "r")["stories/s-000.html"])


def test_the_whole_text_of_every_article_stands_side_by_side(seeds: dict[str, Page]) -> None:
    shown = "".join(re.findall(r"[^\W\d]", seeds["stories/s-000.html"].text))
    for item in seed_result().articles.values():
        if item.id in ("000", "001", "002"):
            for line in item.lines:
                assert "".join(re.findall(r"[^\W\d]", line.text)) in shown, line


@pytest.mark.parametrize(
    "make",
    [seed_result, lambda: wire_result(25, lone=230, stories=3), lambda: hostile_result(["../x", "a b", "<i>", "#"]),
     lambda: result_of((), (), ())],
)  # fmt: skip
def test_every_link_inside_the_report_leads_to_a_place_that_is_there(tmp_path: Path, make: object) -> None:
    pages = _write(make(), tmp_path / "r")  # type: ignore[operator]
    files = {path.relative_to(tmp_path / "r").as_posix() for path in (tmp_path / "r").rglob("*") if path.is_file()}
    for name, page in pages.items():
        assert len(page.ids) == len(set(page.ids)), name
        for href in page.links:
            if href.startswith(("http://", "https://")):
                continue
            path, _, anchor = href.partition("#")
            target = (Path(name).parent / path).as_posix() if path else name
            target = re.sub(r"^stories/\.\./", "", target)
            assert target in files, (name, href)
            assert not anchor or anchor in pages[target].ids, (name, href)


def test_every_article_is_on_some_page(tmp_path: Path) -> None:
    result = wire_result(25, lone=230, stories=2)
    pages = _write(result, tmp_path / "r")
    shown = set(re.findall(r"[\w-]+", " ".join(page.text for page in pages.values())))
    assert set(result.articles) <= shown


def test_long_lists_go_on_and_say_how_far(tmp_path: Path) -> None:
    pages = _write(wire_result(2, lone=230, stories=101), tmp_path / "lists")
    assert "Stories 1–100 of 101" in _words(pages["index.html"])
    assert "Stories 101–101 of 101" in _words(pages["stories-2.html"])
    assert "Single articles 201–230 of 230" in _words(pages["alone-3.html"])
    pages = _write(wire_result(25), tmp_path / "story")
    story = _words(pages["stories/s-s0-000.html"])
    assert "Views 1–10 of 24; 14 more on pages 2, 3." in story
    assert "Views 21–24 of 24." in _words(pages["stories/s-s0-000-3.html"])


def test_articles_that_name_no_supplier_are_counted_and_marked(tmp_path: Path) -> None:
    pages = _write(wire_result(25), tmp_path / "r")
    assert "8 of 25 without credit" in _words(pages["stories/s-s0-000.html"])
    assert _words(pages["stories/s-s0-000.html"]).count("no credit found") == 8
    assert "8 of them name no supplier although another carrier of the same text does" in _words(pages["index.html"])
    assert _words(pages["agencies.html"]).count("no credit found") == 8


def test_a_result_without_texts_still_makes_a_report(tmp_path: Path) -> None:
    whole = seed_result()
    pages = _write(result_of(whole.stories, (), ()), tmp_path / "r")
    assert "1 article without a side-by-side view" in _words(pages["stories/s-000.html"])


def test_pages_declare_their_language_and_leave_that_of_the_texts_open(tmp_path: Path) -> None:
    write_report(seed_result(), tmp_path / "r")
    for path in (tmp_path / "r").rglob("*.html"):
        page = path.read_text(encoding="utf-8")
        assert page.startswith('<!doctype html>\n<html lang="en">')
        assert (
            page.count('<div class="cell left" lang="">')
            or page.count('<div class="text" lang="">')
            or path.parent.name != "stories"
        )
        assert not re.search(r"<p class=\"(furniture|headline|meta)\"(?! dir=\"auto\")", page)


def test_an_article_without_an_outlet_goes_by_its_host_or_its_id(tmp_path: Path) -> None:
    whole = seed_result()
    bare = [
        replace(
            story, articles=tuple(replace(m, outlet=None, url=m.url if m.id == "001" else None) for m in story.articles)
        )
        for story in whole.stories
    ]
    pages = _write(replace(whole, stories=tuple(bare)), tmp_path / "r")
    text = _words(pages["stories/s-000.html"])
    assert "koreajoongangdaily.com page" in text
    assert "003" in _words(pages["stories/s-003.html"])
    assert "outlets" not in pages["index.html"].ids
    assert "outlet unknown" not in text


def _with_a_page(relation: Relation | None) -> Result:
    """The seeds, where 001 is a page without article text that was compared with 000, or not."""
    whole = seed_result()
    bare = replace(whole.articles["001"], roles=whole.articles["001"].roles.replace("B", "F"))
    reason = "no article text was found in one of the two, so only headlines could be compared"
    others = [match for match in whole.matches if "001" not in (match.a, match.b)]
    if relation is not None:
        others.append(replace(whole.matches[0], a="000", b="001", relation=relation, passages=(), reasons=(reason,)))
    return replace(whole, articles={**whole.articles, "001": bare}, matches=tuple(others))


def test_a_page_without_article_text_says_so_in_its_row(tmp_path: Path) -> None:
    told = _words(_write(_with_a_page("related"), tmp_path / "r")["stories/s-000.html"])
    assert "this page holds no article text; its headline tells the event of macaudailytimes.com.mo" in told
    alone = _words(_write(_with_a_page(None), tmp_path / "s")["stories/s-000.html"])
    assert "this page holds no article text" in alone
    assert "no comparison was kept" not in told + alone


def test_a_long_list_under_an_agency_says_how_many_there_are(tmp_path: Path) -> None:
    pages = _write(wire_result(3, stories=101), tmp_path / "r")
    assert "The first 200 of 303" in _words(pages["agencies.html"])
