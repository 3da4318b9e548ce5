"""RELIABILITY row 19: bombs stay below 512 MB and 5 s, are typed, and open no file and no connection."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
from pathlib import Path

import pytest

PROBE = """
import json, resource, sys, time
from pathlib import Path

def peak():
    status = Path("/proc/self/status")  # ru_maxrss would count the process that started this one
    if status.exists():
        return int(status.read_text().split("VmHWM:")[1].split()[0])
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

opened = []
def hook(event, args):
    if event.startswith(("socket.", "urllib.", "subprocess.", "os.system")) or (
        event == "open" and isinstance(args[0], str) and "bait" in args[0]):
        opened.append(event)
sys.addaudithook(hook)
import dedup
from dedup.models import Rejection
from dedup.sources import read_feed
list(read_feed(sys.argv[2]))  # imports and tables are not part of the time
start = time.process_time()
articles, codes, error = [], [], None
try:
    for item in read_feed(sys.argv[1]):
        if isinstance(item, Rejection):
            codes.append((item.code, item.position))
        else:
            articles.append((item.id, item.text[:200], (item.html or "")[:200]))
except dedup.DedupError as failure:
    error = str(failure)
print(json.dumps({"articles": articles, "codes": codes, "error": error, "opened": opened,
    "seconds": time.process_time() - start, "mb": peak() / 1024}))
"""

GOOD = b'{"id": "good", "text": "words"}\n'


def probe(path: Path) -> dict[str, object]:
    warm = path.parent / "warm.xml"
    warm.write_text("<rss><channel><item><title>t</title><description>d</description></item></channel></rss>")
    run = subprocess.run(
        [sys.executable, "-c", PROBE, str(path), str(warm)], capture_output=True, text=True, timeout=120, check=True
    )
    result: dict[str, object] = json.loads(run.stdout)
    assert result["opened"] == []
    assert float(str(result["mb"])) < 512
    return result


def assert_harmless(result: dict[str, object], seconds: float = 5.0) -> None:
    assert float(str(result["seconds"])) < seconds
    assert result["codes"] or result["error"]


def write_zeros_gz(path: Path, size: int, start: bytes = b"") -> None:
    with gzip.open(path, "wb", compresslevel=9) as file:
        file.write(start)
        for _ in range(size >> 20):
            file.write(bytes(1 << 20) if not start else b"x" * (1 << 20))


@pytest.mark.parametrize("size", [80 << 20, pytest.param(1 << 30, marks=pytest.mark.slow)])
@pytest.mark.parametrize("start", [b"", b'{"id": "a", "text": "', b'[{"id": "a", "text": "', b'id,text\n1,"'])
def test_a_gzip_bomb(tmp_path: Path, size: int, start: bytes) -> None:
    write_zeros_gz(tmp_path / "bomb.gz", size, start)
    assert_harmless(probe(tmp_path / "bomb.gz"))


@pytest.mark.parametrize("size", [64 << 20, pytest.param(256 << 20, marks=pytest.mark.slow)])
def test_a_zstd_bomb(tmp_path: Path, size: int) -> None:
    zstandard = pytest.importorskip("zstandard")
    (tmp_path / "bomb.zst").write_bytes(zstandard.ZstdCompressor().compress(GOOD + b"x" * size))
    assert_harmless(probe(tmp_path / "bomb.zst"))


@pytest.mark.parametrize("size", [64 << 20, pytest.param(1 << 30, marks=pytest.mark.slow)])
def test_a_line_without_end_is_one_rejection_and_its_neighbours_are_read(tmp_path: Path, size: int) -> None:
    with (tmp_path / "long.jsonl").open("wb") as file:
        file.write(GOOD + b'{"id": "a", "text": "')
        for _ in range(size >> 20):
            file.write(b"x" * (1 << 20))
        file.write(b'"}\n' + GOOD)
    result = probe(tmp_path / "long.jsonl")
    assert_harmless(result)
    assert result["codes"] == [["too-large", "line 2"]]
    assert [article[0] for article in result["articles"]] == ["good", "good"]  # type: ignore[index, attr-defined]


@pytest.mark.parametrize("mark", [b"[", b'{"a":', b'[{"a":'])
@pytest.mark.parametrize("name", ["deep.jsonl", "deep.json"])
def test_json_nested_a_million_deep(tmp_path: Path, mark: bytes, name: str) -> None:
    (tmp_path / name).write_bytes(GOOD + mark * 1_000_000 + b"\n" + GOOD)
    result = probe(tmp_path / name)
    assert_harmless(result)
    assert [article[0] for article in result["articles"]][:1] == ["good"]  # type: ignore[index, attr-defined]


def test_a_record_of_sixteen_million_empty_objects(tmp_path: Path) -> None:
    (tmp_path / "wide.jsonl").write_bytes(GOOD + b'{"id": "a", "x": [' + b"{}," * 5_000_000 + b"{}]}\n" + GOOD)
    assert_harmless(probe(tmp_path / "wide.jsonl"))


LAUGHS = "".join(f'<!ENTITY lol{n} "{f"&lol{n - 1};" * 10}">' for n in range(1, 10))
DOCTYPE = f'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY lol0 "lol">{LAUGHS}<!ENTITY ext SYSTEM "file:///%s">]>'


@pytest.mark.parametrize("entity", ["lol9", "ext"])
@pytest.mark.parametrize(
    "body",
    [
        "<rss><channel><item><title>t</title><description>&%s;</description></item></channel></rss>",
        '<feed xmlns="http://www.w3.org/2005/Atom"><entry><id>i</id><summary>&%s;</summary></entry></feed>',
        "<nitf><body><body.content><p>&%s;</p></body.content></body></nitf>",
    ],
)
def test_entities_of_the_document_are_refused(tmp_path: Path, entity: str, body: str) -> None:
    bait = tmp_path / "bait.txt"
    bait.write_text("SECRET")
    (tmp_path / "bomb.xml").write_text(DOCTYPE % bait + body % entity)
    result = probe(tmp_path / "bomb.xml")
    assert_harmless(result)
    assert [code for code, _ in result["codes"]] == ["xml-entity"]  # type: ignore[attr-defined]
    assert "SECRET" not in json.dumps(result)


def test_many_stray_quotes_in_a_table_stay_linear(tmp_path: Path) -> None:
    rows = b"".join(b'%d,"open,text\n' % n if n % 50 == 0 else b"%d,title,text\n" % n for n in range(50_000))
    (tmp_path / "quotes.csv").write_bytes(b"id,title,text\n" + rows)
    assert_harmless(probe(tmp_path / "quotes.csv"), seconds=2.5)


def test_many_open_strings_in_json_stay_linear(tmp_path: Path) -> None:
    rows = b"".join(b'{"id": "%d", "text": "open}\n' % n for n in range(15_000))
    (tmp_path / "open.jsonl").write_bytes(GOOD + rows)
    assert_harmless(probe(tmp_path / "open.jsonl"), seconds=2.5)
    (tmp_path / "open.json").write_bytes(b"[" + GOOD + b"," + rows.replace(b"\n", b",\n") + b"]")
    assert_harmless(probe(tmp_path / "open.json"), seconds=2.5)


def test_many_open_items_in_a_feed_stay_linear(tmp_path: Path) -> None:
    rows = b"<item><title><![CDATA[ open</title></item>\n" * 2_000
    (tmp_path / "open.xml").write_bytes(b"<rss><channel>" + rows)
    assert_harmless(probe(tmp_path / "open.xml"))
