"""CSV and TSV with a header row."""

from __future__ import annotations

from collections.abc import Iterator

from dedup.errors import FeedError
from dedup.models import Article, Rejection
from dedup.sources.csvrows import Row, Splitter
from dedup.sources.encoding import NUL, decode
from dedup.sources.fields import FieldTable
from dedup.sources.records import RecordMaker
from dedup.sources.streams import Chunks, Gap

DELIMITERS = (b",", b"\t", b";", b"|")


def guess_delimiter(head: bytes, fields: FieldTable) -> bytes | None:
    """The delimiter under which the first line names most columns, two at least and one of them known; else None."""
    line = head.lstrip(b"\xef\xbb\xbf\r\n ").split(b"\n")[0].rstrip(b"\r")
    best, columns = None, 1
    for delimiter in DELIMITERS:
        names = header_of(line.split(delimiter))
        if len(names) > columns and any(fields.plan(names)):
            best, columns = delimiter, len(names)
    return best


def header_of(cells: list[bytes]) -> list[str]:
    """Names of the columns."""
    return [decode(cell.strip().strip(b'"')).text.strip() for cell in cells]


def read_csv(chunks: Chunks, maker: RecordMaker, delimiter: bytes) -> Iterator[Article | Rejection]:
    """Articles and rejections of a delimited file, in order; positions are row numbers, the header being row 1.

    Raises FeedError when no column can be the text.
    """
    splitter = Splitter(chunks, delimiter)
    names: list[str] = []
    for row in splitter.rows():
        if isinstance(row, Gap):
            yield maker.damage(row)
        elif row.problem:
            yield maker.reject(row.number, row.code, row.problem, row.raw)
        elif not names:
            names = header_of(row.cells)
            splitter.columns = len(names)
            maker.header = row.raw.rstrip(b"\r\n") + b"\n"
            _check_header(names, maker)
        else:
            yield _made(row, names, maker)


def _check_header(names: list[str], maker: RecordMaker) -> None:
    if not maker.has_text(names):
        listed = ", ".join(names)[:200]
        raise FeedError(
            f"no column holds a text (columns: {listed})", place=maker.file, remedy="name it with --map text=COLUMN"
        )


def _made(row: Row, names: list[str], maker: RecordMaker) -> Article | Rejection:
    repairs: tuple[str, ...] = ("csv-quote",) if row.repaired else ()
    try:
        cells, clean = [cell.decode("utf-8") for cell in row.cells], b"\0" not in row.raw
    except UnicodeDecodeError:
        if b"\0" in row.raw:
            row, repairs = row._replace(cells=[cell.replace(b"\0", b"") for cell in row.cells]), (*repairs, NUL)
        text, found = decode(b"\0".join(row.cells))
        cells, repairs, clean = text.split("\0"), repairs + found, False
    record = dict(zip(names, cells, strict=False))
    return maker.make(record, row.number, row.raw, repairs, clean=clean)
