"""RELIABILITY row 18: cuts and flips of compressed feeds."""

from __future__ import annotations

import gzip
import random
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.sources.helpers import lines, read_bytes, records

zstandard = pytest.importorskip("zstandard")

ROWS = records(120)
GOOD = {row["id"]: row["text"] for row in ROWS}
PLACES = 60


def gz(data: bytes) -> bytes:
    return gzip.compress(data, mtime=0)


def zst(data: bytes) -> bytes:
    return bytes(zstandard.ZstdCompressor(write_checksum=True).compress(data))


def members(pack: Callable[[bytes], bytes], size: int) -> list[bytes]:
    return [pack(lines(ROWS[start : start + size])) for start in range(0, len(ROWS), size)]


def hit(parts: list[bytes], place: int) -> int:
    for number, part in enumerate(parts):
        if place < len(part):
            return number
        place -= len(part)
    raise AssertionError(place)


@pytest.mark.parametrize("pack", [gz, zst])
@pytest.mark.parametrize("size", [1, 10, 120])
def test_a_flipped_bit_costs_its_member_and_alters_no_article(
    tmp_path: Path, pack: Callable[[bytes], bytes], size: int
) -> None:
    parts = members(pack, size)
    data = b"".join(parts)
    rng = random.Random(size)
    for _ in range(PLACES):
        place = rng.randrange(4, len(data))
        damaged = bytearray(data)
        damaged[place] ^= 1 << rng.randrange(8)
        result = read_bytes(tmp_path, bytes(damaged))
        got = {article.id: article.text for article in result.articles}
        assert got.items() <= GOOD.items()
        lost = hit(parts, place)
        intact = [row["id"] for number, row in enumerate(ROWS) if number // size != lost]
        assert set(intact) <= set(got)
        assert got == GOOD or "truncated" in result.codes


@pytest.mark.parametrize("pack", [gz, zst])
@pytest.mark.parametrize("size", [1, 10, 120])
def test_a_cut_delivers_everything_before_it_and_says_so(
    tmp_path: Path, pack: Callable[[bytes], bytes], size: int
) -> None:
    parts = members(pack, size)
    data = b"".join(parts)
    rng = random.Random(size)
    for _ in range(PLACES):
        place = rng.randrange(20, len(data))
        result = read_bytes(tmp_path, data[:place])
        got = {article.id: article.text for article in result.articles}
        assert got.items() <= GOOD.items()
        assert {row["id"] for row in ROWS[: hit(parts, place) * size]} <= set(got)
        if place not in {sum(map(len, parts[:count])) for count in range(len(parts))}:
            assert "truncated" in result.codes
            offset = next(r.position for r in result.rejections if r.position.startswith("offset"))
            assert int(offset.split()[1]) <= place


def test_a_cut_gzip_of_one_member_delivers_the_records_before_the_cut(tmp_path: Path) -> None:
    data = gz(lines(ROWS))
    result = read_bytes(tmp_path, data[: len(data) // 2])
    assert len(result.articles) > 30
    assert result.ids == [row["id"] for row in ROWS[: len(result.articles)]]
    assert set(result.codes) <= {"truncated", "json-syntax"}
    assert "truncated" in result.codes


@pytest.mark.parametrize("pack", [gz, zst])
def test_a_member_lost_between_two_others_is_one_rejection(tmp_path: Path, pack: Callable[[bytes], bytes]) -> None:
    parts = members(pack, 40)
    middle = bytearray(parts[1])
    middle[len(middle) // 2 : len(middle) // 2 + 40] = bytes(40)
    result = read_bytes(tmp_path, parts[0] + bytes(middle) + parts[2])
    assert result.ids == [row["id"] for row in ROWS[:40] + ROWS[80:]]
    assert [(r.code, r.position) for r in result.rejections] == [("truncated", f"offset {len(parts[0])}")]


def test_bytes_that_are_no_member_between_two_are_listed(tmp_path: Path) -> None:
    parts = members(gz, 60)
    result = read_bytes(tmp_path, parts[0] + b"garbage!" * 9 + parts[1])
    assert result.ids == [row["id"] for row in ROWS]
    assert result.codes == ["truncated"]


def test_zero_padding_behind_a_member_is_nothing(tmp_path: Path) -> None:
    result = read_bytes(tmp_path, gz(lines(ROWS)) + bytes(512))
    assert result.ids == [row["id"] for row in ROWS]
    assert result.rejections == []


def test_every_format_is_read_through_compression(tmp_path: Path) -> None:
    for name, data in {"a.json": b'[{"id": "a0", "text": "words"}]', "a.csv": b"id,text\na0,words\n"}.items():
        for pack, suffix in ((gz, ".gz"), (zst, ".zst")):
            assert read_bytes(tmp_path, pack(data), name + suffix).ids == ["a0"]
    assert read_bytes(tmp_path, gz(b"Just words."), "b.txt.gz").ids == ["b"]
