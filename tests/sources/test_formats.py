"""Readers of the formats that are not lines: RSS, Atom, agency XML, Parquet, WARC, folders, and field names."""

from __future__ import annotations

import gzip
import io
import json
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from dedup.errors import FeedError
from dedup.sources import PassedOver, read_feeds
from tests.sources.helpers import lines, read, read_bytes, records

RSS = """<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/">
<channel><title>The Example</title><link>https://www.example.org</link>
%s
</channel></rss>"""

ITEM = """<item><title>Head %(n)s</title><link>https://www.example.org/%(n)s</link><guid>g%(n)s</guid>
<pubDate>Mon, 18 Mar 2024 10:00:00 +0900</pubDate><dc:creator>Jane Roe</dc:creator>
<description>Short %(n)s</description><content:encoded><![CDATA[<p>Long text %(n)s &amp; more.</p>]]></content:encoded>
</item>"""

ATOM = """<feed xmlns="http://www.w3.org/2005/Atom"><title>The Example</title><id>urn:f</id>
<entry><title>Head</title><id>urn:1</id><link href="https://e.org/1"/><updated>2024-03-18T10:00:00Z</updated>
<author><name>Jane Roe</name></author><summary>Only words.</summary></entry></feed>"""


def test_rss_items_become_articles(tmp_path: Path) -> None:
    article = read_bytes(tmp_path, (RSS % (ITEM % {"n": 1})).encode(), "feed.xml").articles[0]
    assert article.id == "g1"
    assert article.url == "https://www.example.org/1"
    assert article.title == "Head 1"
    assert article.html == "<p>Long text 1 &amp; more.</p>"
    assert article.byline == "Jane Roe"
    assert article.outlet == "The Example"
    assert article.published == datetime(2024, 3, 18, 10, tzinfo=timezone(timedelta(hours=9)))
    assert article.repairs == ()


def test_atom_entries_become_articles(tmp_path: Path) -> None:
    article = read_bytes(tmp_path, ATOM.encode()).articles[0]
    assert (article.id, article.url, article.text) == ("urn:1", "https://e.org/1", "Only words.")
    assert article.published == datetime(2024, 3, 18, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    ("defect", "lost"),
    [
        (lambda item: item.replace("</item>", ""), 1),
        (lambda item: item.replace("]]>", ""), None),
        (lambda item: item.replace("</content:encoded>", ""), None),
        (lambda item: item.replace("Head", "H & M <x"), None),
        (lambda item: item.replace("Head", "\x03\x0b"), None),
        (lambda item: "<item></item>", 1),
    ],
)
def test_a_broken_rss_item_costs_at_most_itself(tmp_path: Path, defect: object, lost: int | None) -> None:
    items = [ITEM % {"n": number} for number in range(40)]
    items[20] = defect(items[20])  # type: ignore[operator]
    result = read_bytes(tmp_path, (RSS % "\n".join(items)).encode(), "feed.xml")
    good = [f"g{number}" for number in range(40) if number != 20]
    assert [name for name in result.ids if name != "g20"] == good
    assert len(result.articles) + len(result.rejections) == 40
    if lost:
        assert [rejection.position for rejection in result.rejections] == ["record 21"]


@pytest.mark.parametrize("written", ["Mon, 18 Mar 210:00:00 +0900", "yesterday", ""])
def test_an_rss_time_that_cannot_be_read_is_none_and_warns_nobody(tmp_path: Path, written: str) -> None:
    item = (ITEM % {"n": 1}).replace("Mon, 18 Mar 2024 10:00:00 +0900", written)
    article = read_bytes(tmp_path, (RSS % item).encode(), "feed.xml").articles[0]
    assert article.published is None
    assert article.repairs == (("bad-date",) if written else ())


def test_rss_in_a_declared_encoding(tmp_path: Path) -> None:
    text = (RSS % (ITEM % {"n": "привет"})).replace("UTF-8", "windows-1251")
    assert read_bytes(tmp_path, text.encode("cp1251")).articles[0].title == "Head привет"


NITF = """<?xml version="1.0"?><!DOCTYPE nitf SYSTEM "nitf.dtd"><nitf><head><title>T</title><docdata>
<doc-id regsrc="AP" id-string="AP.1"/><date.issue norm="20240318T100000Z"/><doc.copyright holder="AP"/></docdata></head>
<body><body.head><hedline><hl1>Defence chief speaks</hl1></hedline><byline>By JANE ROE</byline></body.head>
<body.content><p>SEOUL (AP) — First.</p><p>Second <em>part</em>.</p></body.content></body></nitf>"""

NEWSML = """<newsMessage xmlns="http://iptc.org/std/nar/2006-10-01/"><itemSet>
<newsItem guid="urn:1"><itemMeta><versionCreated>2024-03-18T10:00:00+09:00</versionCreated></itemMeta>
<contentMeta><headline>Head</headline><by>Jane Roe</by><creditline>AFP</creditline></contentMeta>
<contentSet><inlineXML><html xmlns="http://www.w3.org/1999/xhtml"><head><title>no</title></head>
<body><p>One.</p><p>Two.</p></body></html></inlineXML></contentSet></newsItem>
<newsItem guid="urn:2"><contentSet/></newsItem></itemSet></newsMessage>"""


def test_nitf(tmp_path: Path) -> None:
    article = read_bytes(tmp_path, NITF.encode(), "a.xml").articles[0]
    assert (article.id, article.title, article.credit) == ("AP.1", "Defence chief speaks", "AP")
    assert article.text == "SEOUL (AP) — First.\n\nSecond part."
    assert article.published == datetime(2024, 3, 18, 10, tzinfo=UTC)


def test_newsml_g2(tmp_path: Path) -> None:
    result = read_bytes(tmp_path, NEWSML.encode(), "a.xml")
    assert [(a.id, a.text, a.credit, a.byline) for a in result.articles] == [
        ("urn:1", "One.\n\nTwo.", "AFP", "Jane Roe")
    ]
    assert [(r.code, r.position) for r in result.rejections] == [("no-text", "record 2")]


def test_parquet_rows_and_a_damaged_file(tmp_path: Path) -> None:
    arrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    buffer = io.BytesIO()
    parquet.write_table(arrow.Table.from_pylist([*records(5), {"id": "none", "text": None}]), buffer)
    result = read_bytes(tmp_path, buffer.getvalue(), "feed.bin")
    assert result.ids == [row["id"] for row in records(5)]
    assert [(r.code, r.position) for r in result.rejections] == [("no-text", "record 6")]
    with pytest.raises(FeedError, match="damaged"):
        read_bytes(tmp_path, buffer.getvalue()[:-20])


def warc(count: int) -> list[bytes]:
    out = []
    for number in range(count):
        page = (
            b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<html><p>Page %d \xc3\xa9</p></html>"
            % number
        )
        head = b"WARC/1.0\r\nWARC-Type: response\r\nWARC-Record-ID: <urn:uuid:00000000-0000-0000-0000-%012d>\r\n"
        head += b"WARC-Target-URI: https://e.org/%d\r\nWARC-Date: 2024-03-18T10:00:00Z\r\n"
        head += b"Content-Type: application/http; msgtype=response\r\nContent-Length: %d\r\n\r\n"
        out.append(head % (number, number, len(page)) + page + b"\r\n\r\n")
    return out


def test_warc_responses_and_a_damaged_member(tmp_path: Path) -> None:
    pytest.importorskip("fastwarc")
    plain = read_bytes(tmp_path, b"".join(warc(5)), "a.warc")
    assert [article.url for article in plain.articles] == [f"https://e.org/{number}" for number in range(5)]
    assert plain.articles[0].html == "<html><p>Page 0 é</p></html>"
    assert plain.articles[0].published is None
    members = [gzip.compress(record) for record in warc(9)]
    members[4] = members[4][:40] + bytes(20) + members[4][60:]
    damaged = read_bytes(tmp_path, b"".join(members), "a.warc.gz")
    assert [a.url for a in damaged.articles] == [f"https://e.org/{number}" for number in range(9) if number != 4]
    assert damaged.codes == ["truncated"]


def test_a_folder_holds_articles_feeds_and_other_files(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    for name, data in {
        "b.txt": b"Text of b.",
        "sub/c.html": b"<html><body><p>Text of c.</p></body></html>",
        "same.txt": b"One.",
        "same.html": b"<p>Other.</p>",
        "d.jsonl": lines(records(2)),
        "labels.json": b'{"lines": {"b.txt": "B"}}',
        "picture.png": b"\x89PNG\r\n\x1a\n" + bytes(200),
        "README.md": b"# Notes\n",
        ".hidden.txt": b"no",
        "empty.txt": b"",
        "table.csv": b"id,when\n1,2\n",
    }.items():
        (tmp_path / name).write_bytes(data)
    result = read(tmp_path)
    assert result.ids == ["b", "a0", "a1", "same.html", "same.txt", "sub/c"]
    assert [(Path(r.file).name, r.code) for r in result.rejections] == [
        ("empty.txt", "no-text"),
        ("table.csv", "unreadable-file"),
    ]


def test_files_of_a_folder_that_are_no_feed_are_told(tmp_path: Path) -> None:
    quarantine = b'{"quarantine":1,"file":"f","position":"line 1","code":"c","raw":"","complete":true}\n'
    for name, data in {
        "a.txt": b"Text.",
        "labels.json": b'{"lines": {}}',
        **{f"{letter}.png": b"\x89PNG\r\n\x1a\n" + bytes(200) for letter in "vwxyz"},
        "README.md": b"# Notes\n",
        "out.quarantine.jsonl": quarantine,
    }.items():
        (tmp_path / name).write_bytes(data)
    passed = PassedOver()
    assert [item.position for item in read_feeds([tmp_path], on_passed_over=passed)] == ["offset 0"]
    pictures = ", ".join(str(tmp_path / f"{letter}.png") for letter in "vwx")
    assert passed.sentence() == (
        f"8 files that are no feed were left aside: {tmp_path}/labels.json (JSON without an article); "
        f"{tmp_path}/out.quarantine.jsonl "
        f"(a quarantine; to read it again, name it); {pictures} and 2 more (binary); {tmp_path}/README.md "
        "(of no known format)"
    )
    (tmp_path / "a.txt").unlink()
    with pytest.raises(FeedError, match=r"holds no article \(8 files that are no feed were left aside: .*labels\.json"):
        read(tmp_path)


def test_nothing_is_said_where_everything_was_read() -> None:
    assert PassedOver().sentence() == ""


def test_field_names_of_known_dumps_need_no_configuration(tmp_path: Path) -> None:
    case = json.loads((Path(__file__).parent / "cases" / "dumps.json").read_text(encoding="utf-8"))
    for name, (record, expected) in case.items():
        article = read_bytes(tmp_path, json.dumps(record).encode()).articles[0]
        got = {field: getattr(article, field) for field in expected}
        if "published" in got:
            got["published"] = got["published"].isoformat() if got["published"] else None
        if "repairs" in got:
            got["repairs"] = list(got["repairs"])
        assert got == expected, name


def test_a_mapping_goes_before_the_table(tmp_path: Path) -> None:
    path = tmp_path / "feed"
    path.write_bytes(b'{"text": "not this", "deep": {"words": ["this", "and this"]}, "title": "no", "kicker": "yes"}')
    article = read(path, {"text": "deep.words", "title": "kicker"}).articles[0]
    assert (article.text, article.title) == ("this\n\nand this", "yes")
    with pytest.raises(FeedError, match="no article field 'headline' to map; map one of id"):
        read(path, {"headline": "kicker"})


@pytest.mark.parametrize(
    ("data", "name", "sentence"),
    [
        (b"", "a.jsonl", "the feed is empty"),
        (b" \n\n ", "a.jsonl", "the feed is empty"),
        (b"[]", "a.json", "the feed is empty"),
        (b"\x89PNG\r\n\x1a\n" + bytes(range(256)), "a.jsonl.png", "this is a PNG picture, not a feed"),
        (b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 9, "a.jsonl", "this is a PNG picture, not a feed; give JSON lines"),
        (b"%PDF-1.4\n1 0 obj\n<< /Type /Catalog >>\nendobj\n" * 9, "a.ndjson", "this is a PDF document"),
        (bytes(range(256)) * 9, "a.jsonl", "this is a binary file"),
        (
            b"PK\x03\x04" + bytes(200),
            "a.zip",
            "this is a ZIP archive or an Office document, not a feed; unpack",
        ),
        (b"just some prose\nand more", "notes.md", "format of this feed is not known"),
        (b"<?xml version='1.0'?><catalog><book/></catalog>", "a.xml", "format of this feed is not known"),
    ],
)
def test_a_feed_that_cannot_be_one_is_an_error_of_one_sentence(
    tmp_path: Path, data: bytes, name: str, sentence: str
) -> None:
    path = tmp_path / name
    path.write_bytes(data)
    with pytest.raises(FeedError, match=sentence) as caught:
        read(path)
    assert caught.value.place == str(path)
    assert caught.value.remedy
    assert "\n" not in str(caught.value)


def test_lines_with_damage_before_them_are_still_read(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(bytes(range(1, 256)) * 20 + b'\n{"id": "a", "text": "t"}\n')
    assert read(path).ids == ["a"]


def test_a_missing_path_an_empty_folder_and_a_path_of_nuls(tmp_path: Path) -> None:
    with pytest.raises(FeedError, match="there is no such file or folder; check the path"):
        read(tmp_path / "none")
    with pytest.raises(FeedError, match="the folder holds no article"):
        read(tmp_path)
    with pytest.raises(FeedError):
        read("a\0b")


def test_ids_are_never_paths_and_fall_back_to_url_then_content(tmp_path: Path) -> None:
    rows = [
        {"id": "../../x", "text": "t"},
        {"url": "https://e.org/a", "text": "t"},
        {"text": "t"},
        {"id": 7, "text": "t"},
    ]
    result = read_bytes(tmp_path, lines(rows))  # type: ignore[arg-type]
    assert result.ids[:2] == ["../../x", "https://e.org/a"]
    assert len(result.ids[2]) == 32
    assert result.ids[3] == "7"
    assert [article.position for article in result.articles] == [f"line {number}" for number in range(1, 5)]


def test_standard_input_is_a_feed(monkeypatch: pytest.MonkeyPatch) -> None:
    class Stdin:
        buffer = io.BytesIO(gzip.compress(lines(records(3))))

    monkeypatch.setattr("sys.stdin", Stdin())
    assert read("-").ids == ["a0", "a1", "a2"]


@pytest.mark.parametrize("record", ['{"id": %s, "text": "words"}', '{"_source": {"id": %s, "text": "words"}}'])
@pytest.mark.parametrize("frame", ["%s\n%s", "[%s, %s]"])
@pytest.mark.parametrize(
    "ids",
    [
        ("18446744073709551616", "18446744073709551617"),
        ("-9223372036854775809", "-9223372036854775810"),
        ("123456789012345678901234567890", "123456789012345678901234567891"),
        ("1.10", "1.1"),
        ("1" * 4000, "1" * 3999 + "2"),
        ("1e400", "1e401"),
        ("18446744073709551615", "17"),
    ],
)
def test_numbers_as_ids_keep_all_their_digits(tmp_path: Path, ids: tuple[str, str], frame: str, record: str) -> None:
    data = frame % tuple(record % name for name in ids)
    assert read_bytes(tmp_path, data.encode(), "feed.json").ids == list(ids)


def test_records_of_an_array_may_hold_objects_and_braces_in_texts(tmp_path: Path) -> None:
    rows: list[dict[str, object]] = [
        {"id": "a", "text": "one } two }} {three} }, {"},
        {"id": "b", "author": {"name": "Jane Roe"}, "text": "words"},
        {"id": "c", "tags": [{}, {"x": [{}]}, {}, {}], "text": '"}, {"'},
        {"id": "d", "text": "plain"},
        {"id": "e", "text": "\\"},
    ]
    for data in (json.dumps(rows), json.dumps(rows, indent=2), json.dumps({"articles": rows})):
        result = read_bytes(tmp_path, data.encode(), "feed.json")
        assert [(article.id, article.text) for article in result.articles] == [(row["id"], row["text"]) for row in rows]
        assert result.rejections == []
