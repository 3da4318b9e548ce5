"""RELIABILITY row 20: whatever the bytes, a reader gives articles, rejections or a FeedError, soon, and the same
however the bytes arrive. A larger search is marked slow."""

from __future__ import annotations

import gzip
import io
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from dedup.errors import FeedError
from dedup.models import Article, Rejection
from dedup.sources import Quarantine
from dedup.sources.feed import read_stream
from dedup.sources.fields import FieldTable
from dedup.sources.formats import Feed
from dedup.sources.quarantine import to_line
from dedup.sources.streams import Chunks, Gap
from tests.sources.helpers import assert_utf8, lines, records
from tests.sources.test_formats import ATOM, ITEM, NEWSML, NITF, RSS, warc

ROWS = records(4, words=8)
FIELDS = FieldTable()
SECONDS = 2.0
"""Processor time for a feed of at most some 20 kB; the slowest takes some .1 s."""


def parquet() -> bytes:
    arrow = pytest.importorskip("pyarrow")
    out = io.BytesIO()
    pytest.importorskip("pyarrow.parquet").write_table(arrow.Table.from_pylist(ROWS), out)
    return out.getvalue()


def quarantine() -> bytes:
    raws = {"jsonl": b'{"id" "a"}', "csv": b"id,text\na,\n", "rss": b"<item>", "newsxml": b"<nitf/>", "html": b"<p>"}
    return b"".join(to_line(Rejection("f", "line 1", "x", "y", None, "d", raw, form)) for form, raw in raws.items())


CSV = b"id,title,text\r\n" + b"".join(b'%d,"a ""title"", b","line one\nline two"\r\n' % n for n in range(5))
RSS_FEED = (RSS % "".join(ITEM % {"n": n} for n in range(3))).encode()
SEEDS: dict[str, list[bytes]] = {
    "jsonl": [lines(ROWS), b'{"id": "a", "text": "raw\nnewline"}\n{"id": 1e400, "maintext": ["a", {"b": NaN}]}\n'],
    "json": [json.dumps(ROWS).encode(), json.dumps({"n": 1, "articles": ROWS, "next": None}, indent=1).encode()],
    "csv": [CSV, CSV.replace(b",", b"\t"), CSV.replace(b'"', b"")],
    "txt": ["Ünïcode text\n第二行".encode(), "Ünïcode text\n第二行".encode("utf-16")],
    "html": [b'<!doctype html><meta charset="latin-1"><p>caf\xe9 &amp; <b>more</b>'],
    "xml": [RSS_FEED, ATOM.encode(), NITF.encode(), NEWSML.encode()],
    "parquet": [parquet()],
    "warc": [b"".join(warc(2))],
    "quarantine": [quarantine()],
}
TOKENS: dict[str, list[bytes]] = {
    "jsonl": [
        b"{",
        b"}",
        b"[",
        b"]",
        b'"',
        b'\\"',
        b"\\u12",
        b'"text":',
        b'"id":',
        b",",
        b"\n",
        b"1e999",
        b"null",
        b"\0",
    ],
    "json": [
        b"{",
        b"}",
        b"[",
        b"]",
        b'"',
        b'{"id":',
        b'"text":',
        b'"articles":[',
        b'"data":{',
        b",",
        b"},{",
        b"\n",
        b"7",
    ],
    "csv": [b'"', b'""', b",", b"\t", b"\r", b"\n", b"text", b"id", b"\r\n", b";", b"\0", b'","', b"\xff"],
    "txt": [b"\xff\xfe", b"\0", b"\x1b$B", b"\xef\xbb\xbf", b"text ", b"\n", b"\xed\xa0\x80"],
    "html": [b"<p>", b"<", b">", b"<!--", b"<html ", b"charset=utf-7", b"&#0;", b"\0", b"\x85"],
    "xml": [
        b"<item>",
        b"</item>",
        b"<![CDATA[",
        b"]]>",
        b"<!--",
        b"-->",
        b"<entry/>",
        b"&lol;",
        b"<!ENTITY lol 'x'>",
        b"<",
    ],
    "parquet": [b"PAR1", b"\0" * 8, b"\xff" * 4],
    "warc": [
        b"WARC/1.0\r\n",
        b"\r\n\r\n",
        b"Content-Length: -1\r\n",
        b"Content-Length: 99999999999\r\n",
        b"HTTP/1.1 200\r\n",
    ],
    "quarantine": [
        b'"raw":',
        b'"raw":"{}",',
        b'"format":"csv",',
        b'"complete":true',
        b"}\n{",
        b"\\n",
        b'"quarantine":1,',
    ],
}


@st.composite
def spoiled(draw: st.DrawFn, kind: str) -> bytes:
    """A good feed with a few places overwritten, cut out, doubled or filled with what its format is made of."""
    data = bytearray(draw(st.sampled_from([*SEEDS[kind], b""])))
    for _ in range(draw(st.integers(0, 6))):
        start = draw(st.integers(0, len(data)))
        end = min(len(data), start + draw(st.integers(0, 40)))
        piece = draw(st.sampled_from(TOKENS[kind]) | st.binary(max_size=6))
        how = draw(st.sampled_from(["insert", "replace", "delete", "double", "cut"]))
        if how == "cut":
            del data[start:]
        elif how == "double":
            data[start:start] = data[start:end] * draw(st.integers(1, 20))
        else:
            data[start : start if how == "insert" else end] = b"" if how == "delete" else piece
    return bytes(data)


@dataclass(frozen=True)
class Delivery:
    """The bytes, how they are wrapped, and where the stream is split."""

    data: bytes
    name: str
    splits: tuple[int, ...]

    def split(self) -> Chunks:
        places = [0, *sorted(place % (len(self.data) + 1) for place in self.splits), len(self.data)]
        return (self.data[a:b] for a, b in pairwise(places) if a < b)


@st.composite
def deliveries(draw: st.DrawFn, kind: str) -> Delivery:
    data = draw(spoiled(kind))
    if draw(st.sampled_from([False, False, False, True])):
        packed = bytearray(gzip.compress(data, 1, mtime=0))
        for place in draw(st.lists(st.integers(0, len(packed) - 1), max_size=2)):
            packed[place] ^= draw(st.integers(0, 255))
        return Delivery(bytes(packed), "feed.gz", ())  # what is kept of a damaged member depends on the bytes at hand
    name = draw(st.sampled_from([f"feed.{kind}", "feed", "-"]))
    if b"\x1b" in data:  # where broken escape sequences are given up depends on the bytes at hand
        return Delivery(data, name, ())
    return Delivery(data, name, tuple(draw(st.lists(st.integers(0, 1 << 15), max_size=4))))


def outcome(chunks: Chunks, name: str) -> list[Article | Rejection | str]:
    """The items, and the sentence of the error that ended them; nothing but a FeedError may."""
    items: list[Article | Rejection | str] = []
    started = time.process_time()
    with Quarantine(None) as counted:
        try:
            for item in counted.watch(read_stream(Feed(chunks, name, "feed", FIELDS))):
                items.append(item)
                assert_item(item)
        except FeedError as error:
            items.append(str(error) or "an error without words")
    assert time.process_time() - started < SECONDS
    assert counted.read == counted.accepted + counted.rejected == sum(not isinstance(item, str) for item in items)
    return items


def assert_item(item: Article | Rejection) -> None:
    if isinstance(item, Article):
        assert item.id
        assert item.text.strip() or item.html
        assert_utf8(item)
        return
    for text in (item.file, item.position, item.code, item.message, item.format, item.digest):
        text.encode("utf-8")
    assert item.code
    assert item.message
    assert len(item.raw) <= 65536
    to_line(item)


def check(delivery: Delivery) -> None:
    whole = outcome(iter((delivery.data,) if delivery.data else ()), delivery.name)
    assert outcome(delivery.split(), delivery.name) == whole


KINDS = sorted(SEEDS)
QUICK = settings(max_examples=25, deadline=None, derandomize=True, phases=[Phase.explicit, Phase.generate])
THOROUGH = settings(max_examples=1_500, deadline=None, suppress_health_check=list(HealthCheck))


@pytest.mark.parametrize("kind", KINDS)
@QUICK
@given(st.data())
def test_any_bytes_give_articles_rejections_or_a_feed_error(kind: str, data: st.DataObject) -> None:
    check(data.draw(deliveries(kind)))


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
@THOROUGH
@given(st.data())
def test_any_bytes_give_articles_rejections_or_a_feed_error_searched_long(kind: str, data: st.DataObject) -> None:
    check(data.draw(deliveries(kind)))


@QUICK
@given(st.data(), st.sampled_from(sorted(set(KINDS) - {"txt", "html"})))
def test_a_gap_in_the_stream_is_one_rejection(data: st.DataObject, kind: str) -> None:
    seed = data.draw(st.sampled_from(SEEDS[kind]))
    place = data.draw(st.integers(0, len(seed)))

    def chunks() -> Iterator[bytes | Gap]:
        yield from filter(None, (seed[:place],))
        yield Gap(place, "truncated", "bytes are missing here")
        yield from filter(None, (seed[place:],))

    items = outcome(chunks(), "feed")
    found = [item for item in items if isinstance(item, Rejection) and item.message == "bytes are missing here"]
    assert [item.position for item in found] == [f"offset {place}"] or isinstance(items[-1], str)


@QUICK
@given(st.binary(max_size=300), st.sampled_from(["a", "a.txt", "a.html", "a.csv", "a.tsv", "a.jsonl", "a.gz", "-"]))
def test_noise_under_any_name(data: bytes, name: str) -> None:
    check(Delivery(data, name, (7, 99)))
