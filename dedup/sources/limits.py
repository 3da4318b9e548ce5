"""How much of a feed is held at once, and from where on an input counts as hostile."""

from __future__ import annotations

from typing import Final

CHUNK: Final = 1 << 20
"""Bytes read at a time: large enough that Python's cost per chunk vanishes, small beside every other limit."""

MAX_RECORD: Final = 16 << 20
"""Bytes of one record. The largest news pages are some 5 MB; parsed JSON takes up to 22 times its bytes (lists of
empty objects), which keeps the worst record under 400 MB."""

MAX_DEPTH: Final = 512
"""Nesting of one JSON record. Real dumps stay below 20; the parser's own limit is 1,024."""

MAX_RAW: Final = 64 << 10
"""Bytes of a rejected record that are kept for the quarantine."""

HEAD: Final = 256 << 10
"""Bytes looked at to tell the format."""

HOLD: Final = 32 << 20
"""Decoded bytes of a compressed member held back until its checksum is verified, so that a flipped bit cannot
become an altered article. A larger member is delivered as it is read, and damage found at its end is reported."""

BOMB_BYTES: Final = 64 << 20
"""Decoded bytes from which on the ratio below is watched."""

BOMB_RATIO: Final = 700
"""Decoded bytes per compressed byte that no feed reaches: 100,000 copies of one article under their own ids come to
some 1:300, while gzip's own limit, which a bomb of zeros meets, is 1:1032 and that of zstd far higher."""

MAX_JOINED_LINES: Final = 2_000
"""Physical lines tried as one JSON record whose strings hold raw newlines."""

MAX_JOINED_TRIES: Final = 16
"""Parses tried on such lines, so that a file of broken lines stays linear."""
