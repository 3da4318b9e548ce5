"""What a run keeps beyond memory: the first items are held, the others wait in a temporary file."""

from dedup.spill.kept import ById, Codec, Kept
from dedup.spill.room import Room

__all__ = ["ById", "Codec", "Kept", "Room"]
