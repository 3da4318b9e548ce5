"""What becomes of rejections: kept beside the output, fatal, or only counted; and when too many stop the run."""

from __future__ import annotations

import base64
import contextlib
import os
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Final, Literal, Self

import orjson

from dedup.errors import BadRecordError, FeedError, ReportError, SettingsError
from dedup.models import Article, Rejection
from dedup.sources.appending import Appended
from dedup.sources.encoding import scrub
from dedup.sources.records import digest_of

FORMAT: Final = 1
"""Version of the quarantine file's lines, their field ``quarantine``."""

OnError = Literal["quarantine", "strict", "skip"]

_MIN_READ: Final = 1_000
"""Records read before a share is judged while reading: below it two bad lines of ten would stop a good feed. At the
end of the feed the share is judged whatever the count."""

_CONFLICT: Final = "id-conflict"
_OWN_ID: Final = "give each text an id of its own in the feed (--map id=FIELD takes it from another field)"
"""What helps where two texts have one id: neither is broken, and the quarantine keeps only the place of one."""

_NAMES: Final = ("file", "member", "position", "code", "message", "digest", "format")

_SHARE: Final = re.compile(r"(\d{1,3}(?:\.\d+)?)\s*%")


@dataclass(frozen=True, slots=True)
class Policy:
    """How bad records are treated. ``max_bad`` is a share such as "1%" or a count; None for no limit.

    Raises SettingsError for an unknown ``on_error`` or a ``max_bad`` that is neither.
    """

    on_error: OnError = "quarantine"
    max_bad: str | int | None = None

    def __post_init__(self) -> None:
        if self.on_error not in ("quarantine", "strict", "skip"):
            raise SettingsError(
                f"on_error cannot be {self.on_error!r}", remedy="choose one of quarantine, strict and skip"
            )
        self.exceeded(0, 0)

    def exceeded(self, bad: int, read: int) -> bool:
        """Whether ``bad`` rejections among ``read`` records are more than allowed."""
        if self.max_bad is None:
            return False
        share = _SHARE.fullmatch(str(self.max_bad).strip())
        if share and float(share[1]) <= 100:
            return bad * 100 > float(share[1]) * read
        if not re.fullmatch(r"\d+", str(self.max_bad).strip()):
            raise SettingsError(f"max_bad cannot be {self.max_bad!r}", remedy='give a count, or a share such as "1%"')
        return bad > int(self.max_bad)


class Quarantine:
    """Applies a policy to a feed's items; writes rejections to ``path`` as JSON lines, whole or not at all.

    The file appears when the block ends, and only if there was a rejection; a file of an earlier run, in which records
    may have been mended, is then renamed to ``.old``. It is also written when BadRecordError ends the block, so
    that the reason can be read; any other error leaves nothing. ``read``, ``accepted`` and ``codes`` are the counts.
    With ``at_once``, for an index, a rejection is added to the file as soon as it is counted, whatever ends the block:
    several processes may add to one file, nothing in it is ever removed, and a record that is there is not added again.
    Raises ReportError where the file cannot be written.
    """

    def __init__(
        self, path: str | os.PathLike[str] | None, policy: Policy | None = None, *, at_once: bool = False
    ) -> None:
        self.path = Path(path) if path is not None else None
        self.policy = policy or Policy()
        self.accepted = 0
        self.codes: Counter[str] = Counter()
        self._at_end = False
        self._kept: set[str] | None = None
        self._file: BinaryIO | None = None
        self._added = Appended(self.path) if at_once and self.path is not None else None

    @property
    def rejected(self) -> int:
        return self.codes.total()

    @property
    def read(self) -> int:
        return self.accepted + self.rejected

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._added is not None:
            self._adding(self._added.close)
        elif self._file is not None:
            self._close(keep=kind is None or issubclass(kind, BadRecordError))
        elif kind is None and self._writes:
            self._set_aside()

    def _set_aside(self) -> None:
        assert self.path is not None
        with contextlib.suppress(FileNotFoundError, NotADirectoryError):
            self.path.replace(self.path.with_name(self.path.name + ".old"))

    def sync(self) -> None:
        """Make what was rejected so far durable, before its sender is told that it may forget it."""
        if self._added is not None:
            self._adding(self._added.sync)

    def sentence(self) -> str:
        """How many records are kept where, and what helps; "" where none is kept."""
        if not (self.rejected and self._writes):
            return ""
        said = [f"{self.rejected:,} rejected, kept with the reasons in {self.path}"]
        conflicts = self.codes[_CONFLICT]
        if self.rejected > conflicts:
            said.append("mend and run that file")
        if conflicts:
            said.append(f"of {conflicts:,} {_CONFLICT} only the place is kept there: {_OWN_ID} and run the feed again")
        return "; ".join(said)

    @property
    def _writes(self) -> bool:
        return self.policy.on_error != "skip" and self.path is not None

    @property
    def _temporary(self) -> Path:
        assert self.path is not None
        return self.path.with_name(f".{self.path.name}.{os.getpid()}.tmp")

    def articles(self, items: Iterable[Article | Rejection]) -> Iterator[Article]:
        """The articles among ``items``; rejections are counted and kept. Raises BadRecordError as the policy asks."""
        return (item for item in self.watch(items) if not isinstance(item, Rejection))

    def watch(self, items: Iterable[Article | Rejection]) -> Iterator[Article | Rejection]:
        """All ``items`` unchanged, rejections counted and kept as they pass. Raises as ``articles`` does."""
        self._at_end = False
        for item in items:
            if isinstance(item, Rejection):
                self.add(item)
            else:
                self.accepted += 1
            yield item
        self._at_end = True
        self._judge()

    def add(self, rejection: Rejection) -> None:
        """Count and keep the rejection of a record that was never accepted. Raises BadRecordError under ``strict`` or
        beyond ``max_bad``."""
        self._keep(rejection)
        self._judge()

    def refuse(self, rejection: Rejection) -> None:
        """Count and keep the rejection of an article that ``watch`` has passed, such as one of two texts under one id:
        it is moved from the accepted to the rejected. Raises as ``add`` does."""
        self.accepted -= 1
        self._keep(rejection)
        self._judge()

    def _keep(self, rejection: Rejection) -> None:
        self.codes[rejection.code] += 1
        if self._writes and self._added is None:
            self._write(to_line(rejection))
        elif self._writes:
            self._adding(partial(self._add_once, rejection))
        if self.policy.on_error == "strict":
            mend = _OWN_ID if rejection.code == _CONFLICT else "mend the record"
            raise BadRecordError(
                f"{rejection.code}: {rejection.message}",
                place=_place(rejection),
                remedy=f"{mend}, or run with --on-error quarantine",
            )

    def _judge(self) -> None:
        counted = not str(self.policy.max_bad).strip().endswith("%")
        if (self._at_end or counted or self.read >= _MIN_READ) and self.policy.exceeded(self.rejected, self.read):
            code, count = max(sorted(self.codes.items()), key=lambda pair: pair[1])
            raise BadRecordError(
                f"{self.rejected} of {self.read} records were rejected, more than {self.policy.max_bad} "
                f"(most often {code}, {count} times)",
                remedy="check that the format and the field names were understood, or allow more with --max-bad",
            )

    def _add_once(self, rejection: Rejection) -> None:
        """Add what the file does not hold already: feeds are read again and again."""
        assert self.path is not None
        assert self._added is not None
        if self._kept is None:
            self._kept = _marks_in(self.path)
        mark = _mark(rejection)
        if mark not in self._kept:
            self._added.append(to_line(rejection))
            self._kept.add(mark)

    def _adding(self, step: Callable[[], None]) -> None:
        try:
            step()
        except OSError as error:
            raise self._unwritable(error) from error

    def _write(self, line: bytes) -> None:
        try:
            if self._file is None:
                self._temporary.parent.mkdir(parents=True, exist_ok=True)
                self._file = self._temporary.open("wb")
            self._file.write(line)
        except OSError as error:
            raise self._unwritable(error) from error

    def _close(self, *, keep: bool) -> None:
        file, self._file = self._file, None
        assert file is not None
        assert self.path is not None
        try:
            with file:
                file.flush()
                os.fsync(file.fileno())
            if keep:
                self._set_aside()
                self._temporary.replace(self.path)
        except OSError as error:
            raise self._unwritable(error) from error
        finally:
            self._temporary.unlink(missing_ok=True)

    def _unwritable(self, error: OSError) -> ReportError:
        return ReportError(
            f"the quarantine cannot be written ({error.strerror})",
            place=str(self.path),
            remedy="make room or choose another output folder",
        )


def _mark(rejection: Rejection) -> str:
    """What is equal of two rejections of one record; one that has no bytes of its own is told by its message."""
    parts = (rejection.file, rejection.member or "", rejection.code, rejection.digest or rejection.message)
    return digest_of("\0".join(scrub(part).text for part in parts).encode())


def _marks_in(path: Path) -> set[str]:
    """The marks of all that a quarantine holds; lines that somebody is mending are passed over."""
    marks = set[str]()
    with contextlib.suppress(FileNotFoundError), path.open("rb") as file:
        for line in file:
            with contextlib.suppress(KeyError, TypeError, ValueError):
                marks.add(_mark(from_entry(orjson.loads(line))))
    return marks


def _place(rejection: Rejection) -> str:
    member = f" ({rejection.member})" if rejection.member else ""
    return f"{rejection.file}{member}, {rejection.position}"


def to_line(rejection: Rejection) -> bytes:
    """One line of a quarantine file: the record as ``raw`` where it is UTF-8 text, else as ``raw_base64``, and whether
    it is there completely, so that it can be read again."""
    entry: dict[str, Any] = {"quarantine": FORMAT}
    for name in _NAMES:
        value = getattr(rejection, name)
        entry[name] = scrub(value).text if value is not None else None
    try:
        entry["raw"] = rejection.raw.decode("utf-8")
    except UnicodeDecodeError:
        entry["raw_base64"] = base64.b64encode(rejection.raw).decode()
    entry["complete"] = bool(rejection.format) and digest_of(rejection.raw) == rejection.digest
    return orjson.dumps(entry, option=orjson.OPT_APPEND_NEWLINE)


def from_entry(entry: Mapping[str, Any]) -> Rejection:
    """The rejection of a parsed line; KeyError, TypeError or ValueError where it is none."""
    if entry["quarantine"] != FORMAT:
        raise ValueError(f"this is quarantine format {entry['quarantine']!r}, not {FORMAT}")
    known = {name: entry[name] for name in _NAMES}
    if not all(isinstance(value, str) or (name == "member" and value is None) for name, value in known.items()):
        raise TypeError("a field of this quarantined record is not text")
    raw = str(entry["raw"]).encode() if "raw" in entry else base64.b64decode(entry["raw_base64"], validate=True)
    return Rejection(**known, raw=raw)


def read_quarantine(path: str | os.PathLike[str]) -> Iterator[Rejection]:
    """The rejections of a quarantine file, in order. Raises FeedError for a missing file or a line of another kind."""
    try:
        with Path(path).open("rb") as file:
            for number, line in enumerate(file, 1):
                try:
                    yield from_entry(orjson.loads(line))
                except (KeyError, TypeError, ValueError) as error:
                    raise FeedError(
                        f"line {number} is no quarantined record",
                        place=os.fspath(path),
                        remedy="give a quarantine.jsonl",
                    ) from error
    except OSError as error:
        raise FeedError(f"cannot be read ({error.strerror})", place=os.fspath(path)) from error
