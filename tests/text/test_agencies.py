"""Agency names are found as the plain list of alternatives would find them."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from dedup.text.agencies import build

TABLE: dict[str, dict[str, object]] = {
    "AP": {"names": ["The Associated Press", "Associated Press"], "marks": ["AP"]},
    "AFP": {"names": ["Agence France-Presse"], "marks": ["AFP"]},
    "CNN": {"names": ["CNN Wire", "CNN"], "marks": ["CNN"]},
    "Kyodo": {"names": ["共同通信社", "共同通信"], "marks": ["共同"]},
}
PLAIN = re.compile(
    r"共同通信社|共同通信|共同(?=[)）】])|(?<!\w)(?:(?i:The\s+Associated\s+Press|Associated\s+Press|Agence\s+France-Presse|CNN\s+Wire|CNN)"
    r"|AFP|CNN|AP|共同|(?<=[(/\[])(?i:AFP|CNN|AP|共同)(?=[)/\]]))(?!\w)"
)
PIECES = [
    "the ",
    "The",
    "Associated",
    " press",
    "Press",
    "AP",
    "ap",
    "(",
    ")",
    "/",
    "AFP",
    "cnn",
    " wire",
    "共同",
    "通信",
    "社",
    "】",
    "x",
    " ",
]


@given(st.lists(st.sampled_from(PIECES), max_size=12).map("".join))
def test_names_are_found_where_plain_alternatives_find_them(text: str) -> None:
    found = [hit.span() for hit in build(TABLE).name.finditer(text)]
    assert found == [hit.span() for hit in PLAIN.finditer(text)]
