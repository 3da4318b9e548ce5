"""Sequences of which only the first items are held in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Generic, NamedTuple, TypeVar, overload

from dedup.spill.room import Room

Item = TypeVar("Item")

_SIZE_BITS = 32


class Codec(NamedTuple, Generic[Item]):
    """How an item, which is no int, is written, and read again as an equal one; ``size`` is about the bytes of memory
    that it takes as an object."""

    encode: Callable[[Item], bytes]
    decode: Callable[[bytes], Item]
    size: Callable[[Item], int]


class Kept(Sequence[Item]):
    """Items in the order they were added: the first ones, up to ``hold`` bytes, are objects in memory, the others wait
    in a file and are made anew whenever they are asked for."""

    def __init__(self, codec: Codec[Item], hold: int) -> None:
        self._codec = codec
        self._left = hold
        self._entries: list[Item | int] = []
        self._room: Room | None = None

    def add(self, item: Item) -> None:
        """Raises SpillError where the file cannot grow."""
        self._entries.append(self._entry(item))

    def put(self, at: int, item: Item) -> None:
        """Put another item in the place of one."""
        before = self._entries[at]
        if not isinstance(before, int):
            self._left += self._codec.size(before)
        self._entries[at] = self._entry(item)

    def ordered(self, order: Iterable[int]) -> Kept[Item]:
        """The items at some places, in that order; nothing is copied."""
        made = Kept(self._codec, self._left)
        made._entries = [self._entries[at] for at in order]
        made._room = self._room
        return made

    @property
    def spilled(self) -> bool:
        """Whether any item waits in a file."""
        return self._room is not None

    def holds(self, at: int) -> bool:
        """Whether the item at a place is in memory."""
        return not isinstance(self._entries[at], int)

    def __len__(self) -> int:
        return len(self._entries)

    @overload
    def __getitem__(self, at: int) -> Item: ...
    @overload
    def __getitem__(self, at: slice) -> list[Item]: ...
    def __getitem__(self, at: int | slice) -> Item | list[Item]:
        if isinstance(at, slice):
            return [self._made(entry) for entry in self._entries[at]]
        return self._made(self._entries[at])

    def __iter__(self) -> Iterator[Item]:
        return map(self._made, self._entries)

    def _entry(self, item: Item) -> Item | int:
        if self._left <= 0:
            return self._written(item)
        self._left -= self._codec.size(item)
        return item

    def _written(self, item: Item) -> int:
        if self._room is None:
            self._room = Room()
        data = self._codec.encode(item)
        return self._room.put(data) << _SIZE_BITS | len(data)

    def _made(self, entry: Item | int) -> Item:
        if not isinstance(entry, int):
            return entry
        assert self._room is not None
        return self._codec.decode(self._room.get(entry >> _SIZE_BITS, entry & ((1 << _SIZE_BITS) - 1)))


class ById(Mapping[str, Item]):
    """Items by the ids given with them, in their order."""

    def __init__(self, ids: Sequence[str], items: Sequence[Item]) -> None:
        self._places = {name: at for at, name in enumerate(ids)}
        self._items = items

    def __getitem__(self, name: str) -> Item:
        return self._items[self._places[name]]

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)

    def __contains__(self, name: object) -> bool:
        return name in self._places
