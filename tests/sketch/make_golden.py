"""Make tests/sketch/golden.json: digests of the sketches of made-up texts. Run only when the scheme is raised on
purpose: ``python tests/sketch/make_golden.py``."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np

from dedup.settings import Settings
from dedup.sketch import scheme, sketch_many

GOLDEN = Path(__file__).parent / "golden.json"
COUNT = 2000
SCRIPTS = (
    "the of and to in said president minister Ali’s don't U.S. 7,000 7.5 café ﬁrst NAÏVE Æon naïve x-ray 2026".split(),
    "президент сказал что в москве ёлка Йод встреча 12 мая сегодня".split(),
    "ο πρόεδρος δήλωσε ότι Αθήνα σήμερα".split(),
    "北京 東京 タワー 大統領 ﾊﾝｶｸ 会談".split(),
    "대통령이 서울에서 말했다 한국 회담".split(),
    "ประธานาธิบดี กรุงเทพ วันนี้".split(),
    "الرئيس قال اليوم مُحَمَّد ١٢".split(),
    "राष्ट्रपति दिल्ली में हिन्दी".split(),
)


def texts() -> list[str]:
    """2,000 texts of 0 to 180 words in eight scripts, every tenth one mixing them, with separators of all kinds."""
    draw = np.random.RandomState(20260101)
    made = []
    for number in range(COUNT):
        words = [word for script in SCRIPTS for word in script] if number % 10 == 9 else SCRIPTS[number % len(SCRIPTS)]
        picked = [words[at] for at in draw.randint(0, len(words), draw.randint(0, 180))]
        glue = (" ", ", ", ".\n", " — ", "\u200b ", "\u00a0")[draw.randint(0, 6)]
        made.append(glue.join(picked))
    return made


def digests() -> dict[str, object]:
    """What the golden file holds, computed now."""
    settings = Settings()
    table = sketch_many(texts(), settings, shingles=True)
    rows = [
        hashlib.blake2b(
            b"".join(np.ascontiguousarray(part).astype(kind).tobytes() for part, kind in _parts(table[number])),
            digest_size=6,
        ).hexdigest()
        for number in range(COUNT)
    ]
    return {"scheme": scheme(settings), "sketches": rows}


def _parts(one: object) -> list[tuple[np.ndarray, str]]:
    signature = one.signature if one.signature is not None else np.zeros(0)
    return [(np.array([one.words]), "<i4"), (one.shingles, "<u8"), (signature, "<u4"), (one.sample, "<u8")]


if __name__ == "__main__":
    GOLDEN.write_text(json.dumps(digests(), indent=0) + "\n", encoding="utf-8")
