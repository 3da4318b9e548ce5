"""Parquet (extra ``parquet``), a batch of rows at a time."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from typing import Final

import orjson

from dedup.errors import FeedError, MissingExtraError
from dedup.models import Article, Rejection
from dedup.sources.records import RecordMaker, scrub_all
from dedup.sources.streams import Chunks, Gap

MAGIC: Final = b"PAR1"
_BATCH: Final = 256


def read_parquet(chunks: Chunks, maker: RecordMaker) -> Iterator[Article | Rejection]:
    """Articles and rejections of the rows; positions are row numbers from 1.

    The format is read from its end, so that the stream is first copied to a temporary file. Raises FeedError for a
    damaged file, MissingExtraError without the package pyarrow.
    """
    try:
        import pyarrow as arrow
        import pyarrow.parquet as parquet
    except ImportError as error:
        raise MissingExtraError("pyarrow", "parquet", "reading Parquet") from error
    number = 0
    with tempfile.TemporaryFile() as file:
        for chunk in chunks:
            if isinstance(chunk, Gap):
                yield maker.damage(chunk)
            else:
                file.write(chunk)
        try:
            for batch in parquet.ParquetFile(file).iter_batches(batch_size=_BATCH):
                for record in batch.to_pylist():
                    number += 1
                    yield maker.make(record, number, _raw(record))
        except (arrow.ArrowException, OSError, UnicodeDecodeError) as error:
            message = f"the Parquet file is damaged ({str(error)[:120]})"
            if not number:
                raise FeedError(message, place=maker.file, remedy="fetch or write it again") from error
            yield maker.reject(number + 1, "truncated", message)


def _raw(record: object) -> bytes:
    return orjson.dumps(scrub_all(record)[0], default=repr, option=orjson.OPT_NON_STR_KEYS)
