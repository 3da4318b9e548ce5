"""WARC: a broken record costs only itself, and what is no page is no record of the feed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from dedup.sources.limits import MAX_RECORD
from tests.sources.helpers import read_bytes
from tests.sources.test_formats import warc

pytest.importorskip("fastwarc")

DEFECTS: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "a header line without a colon": (lambda r: r.replace(b"WARC-Date: ", b"WARC-Date "), "warc-syntax"),
    "no length": (lambda r: r.replace(b"Content-Length", b"Content-Size"), "warc-syntax"),
    "a length too large": (lambda r: r.replace(b"Content-Length: ", b"Content-Length: 1"), "warc-syntax"),
    "a length too small": (lambda r: r.replace(b"Content-Length: 8", b"Content-Length: 2"), "warc-syntax"),
    "a negative length": (lambda r: r.replace(b"Content-Length: ", b"Content-Length: -"), "warc-syntax"),
    "cut in the page": (lambda r: r[:-20] + b"\r\n", "warc-syntax"),
    "cut in the header": (lambda r: r[:90] + b"\r\n", "warc-syntax"),
    "no start": (lambda r: r.replace(b"WARC/1.0", b"WARX/1.0"), "warc-syntax"),
    "an empty page": (lambda r: r.replace(b"<html><p>Page 4 \xc3\xa9</p></html>", b" " * 29), "no-text"),
}


@pytest.mark.parametrize("defect", sorted(DEFECTS))
def test_a_broken_record_costs_only_itself(tmp_path: Path, defect: str) -> None:
    change, code = DEFECTS[defect]
    parts = warc(9)
    parts[4] = change(parts[4])
    assert parts[4] != warc(9)[4]
    result = read_bytes(tmp_path, b"".join(parts), "a.warc")
    good = [f"https://e.org/{number}" for number in range(9) if number != 4]
    assert [article.url for article in result.articles if article.url != "https://e.org/4"] == good
    assert [(r.code, r.position) for r in result.rejections] in ([(code, "record 5")], []) or defect.startswith(
        "a length"
    )
    assert len(result.articles) + len(result.rejections) == 9


def test_a_record_cut_short_at_the_end_is_said_to_be(tmp_path: Path) -> None:
    result = read_bytes(tmp_path, b"".join(warc(3))[:-25], "a.warc")
    assert len(result.articles) == 2
    assert [(r.code, r.position) for r in result.rejections] == [("truncated", "record 3")]


@pytest.mark.parametrize(("kind", "code"), [(b"text/html", ["too-large"]), (b"video/mp4", [])])
def test_a_page_beyond_all_measure_is_rejected_and_a_film_is_no_page(
    tmp_path: Path, kind: bytes, code: list[str]
) -> None:
    parts = warc(3)
    size = MAX_RECORD + 5_000_000
    parts[1] = parts[1].replace(b"text/html", kind).replace(b"Content-Length: 88", b"Content-Length: %d" % (88 + size))
    parts[1] = parts[1].replace(b"</p>", b"</p>" + b"x" * size)
    result = read_bytes(tmp_path, b"".join(parts), "a.warc")
    assert [article.url for article in result.articles] == ["https://e.org/0", "https://e.org/2"]
    assert result.codes == code
