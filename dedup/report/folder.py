"""A folder that is there whole or not at all, and is replaced only if a report made it."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from dedup.errors import ReportError

__all__ = ["MARKER", "check_folder", "new_file", "new_folder"]

MARKER = "dedup-report.json"
"""Names the folder as a report and lists every file of it under "files"."""

_DROPPINGS = frozenset((".DS_Store", "Thumbs.db", "desktop.ini"))
"""What file managers leave in any folder that was looked at."""


@contextlib.contextmanager
def new_folder(folder: str | os.PathLike[str]) -> Iterator[Path]:
    """Give an empty folder beside the wanted one; put it in its place when the block ends without an error.

    Raises ReportError when the place holds anything but an earlier report or an empty folder, or cannot be written.
    """
    target = Path(folder).resolve()
    with _workshop(target) as work, _as_report_errors(target):
        yield work
        _publish(work, target)


@contextlib.contextmanager
def _workshop(target: Path) -> Iterator[Path]:
    """An empty hidden folder beside the wanted one, gone when the block ends."""
    with _as_report_errors(target):
        _check_replaceable(target)
        target.parent.mkdir(parents=True, exist_ok=True)
    # Named before it is there: Ctrl-C can come at any moment from its making on.
    work = _unfinished(target)
    try:
        with _as_report_errors(target):
            work.mkdir(mode=0o700)
        yield work
    finally:
        _remove(work)


def check_folder(folder: str | os.PathLike[str]) -> None:
    """Say before the work, not after it, that a report cannot be put there. Raises ReportError."""
    target = Path(folder).resolve()
    with _workshop(target):
        pass


@contextlib.contextmanager
def new_file(path: str | os.PathLike[str]) -> Iterator[IO[bytes]]:
    """Give a file beside the wanted one; rename it into place when the block ends without an error."""
    target = Path(path)
    with _as_report_errors(target):
        if target.is_dir():
            raise ReportError("is a folder", place=str(target), remedy="name a file")
    work = _unfinished(target)
    try:
        with _as_report_errors(target):
            with work.open("xb") as stream:
                yield stream
            work.replace(target)
    finally:
        work.unlink(missing_ok=True)


def _unfinished(target: Path) -> Path:
    """A hidden name beside the wanted one that nothing has."""
    return target.parent / f".{target.name}.{secrets.token_hex(4)}.unfinished"


def _remove(work: Path) -> None:
    """Remove a folder, also when Ctrl-C comes while that is done."""
    try:
        shutil.rmtree(work, ignore_errors=True)
    except KeyboardInterrupt:
        shutil.rmtree(work, ignore_errors=True)
        raise


def _publish(work: Path, target: Path) -> None:
    """Rename, with the earlier report aside for the moment between, and back if that fails."""
    work.chmod(0o777 & ~_umask())
    if not target.exists():
        work.rename(target)
        return
    aside = Path(tempfile.mkdtemp(prefix=f".{target.name}.", suffix=".old", dir=target.parent))
    old = aside / "report"
    target.rename(old)
    try:
        work.rename(target)
    except BaseException:
        old.rename(target)
        raise
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def _check_replaceable(target: Path) -> None:
    if not target.exists():
        return
    place = str(target)
    if not target.is_dir():
        raise ReportError("is a file, not a folder", place=place, remedy="name a new folder for the report")
    if Path.cwd().resolve().is_relative_to(target):
        raise ReportError("is the folder you are in", place=place, remedy="name a folder below it")
    held = {item.relative_to(target).as_posix() for item in target.rglob("*") if not item.is_dir()}
    held = {name for name in held if Path(name).name not in _DROPPINGS}
    if not held:
        return
    ours = _files_of_report(target)
    if ours is None:
        raise ReportError(
            "holds files and is not a report of dedup", place=place, remedy="name a new or an empty folder"
        )
    strange = sorted(held - ours - {MARKER})
    if strange:
        raise ReportError(
            f"holds {strange[0]!r}, which the report did not write",
            place=place,
            remedy="move that file elsewhere or name a new folder",
        )


def _files_of_report(target: Path) -> frozenset[str] | None:
    try:
        marker = json.loads((target / MARKER).read_bytes())
    except (OSError, ValueError):
        return None
    if not isinstance(marker, dict) or not isinstance(marker.get("files"), list):
        return None
    return frozenset(name for name in marker["files"] if isinstance(name, str))


@contextlib.contextmanager
def _as_report_errors(target: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise ReportError(
            f"cannot be written ({error.strerror or error})",
            place=str(target),
            remedy="choose a folder you may write to, on a disk with room",
        ) from error


def _umask() -> int:
    mask = os.umask(0o022)
    os.umask(mask)
    return mask
