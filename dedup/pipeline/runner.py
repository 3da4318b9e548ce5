"""How the chunks of a stage are worked through, and who is told."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Protocol, TypeVar, overload

Progress = Callable[[str, int, int], None]
"""Called as ``progress(stage, done, total)`` while a stage works; ``done`` and ``total`` count articles or pairs, and a
``total`` of 0 is not known yet."""

Shared = TypeVar("Shared")
Chunk = TypeVar("Chunk")
Made = TypeVar("Made")


class Runner(Protocol):
    """How the chunks of a stage are worked through. Results come in the order of the chunks."""

    def map(self, work: Callable[[Shared, Chunk], Made], shared: Shared, chunks: Sequence[Chunk]) -> Iterator[Made]: ...


class SerialRunner:
    """One chunk after the other, in this process."""

    def map(self, work: Callable[[Shared, Chunk], Made], shared: Shared, chunks: Sequence[Chunk]) -> Iterator[Made]:
        """Yield ``work(shared, chunk)`` for every chunk."""
        return (work(shared, chunk) for chunk in chunks)


class Chunks(Sequence[Any]):
    """Slices of a sequence, each made when it is asked for: where a chunk is worked, not where it is sent from."""

    def __init__(self, items: Any, size: int) -> None:
        self._items, self._size = items, size

    def __len__(self) -> int:
        return -(-len(self._items) // self._size)

    @overload
    def __getitem__(self, at: int) -> Any: ...
    @overload
    def __getitem__(self, at: slice) -> Any: ...
    def __getitem__(self, at: int | slice) -> Any:
        if isinstance(at, slice):
            return [self[number] for number in range(*at.indices(len(self)))]
        if not 0 <= at < len(self):
            raise IndexError(at)
        return self._items[at * self._size : (at + 1) * self._size]


def no_progress(stage: str, done: int, total: int) -> None:
    """Progress nobody asked for."""
