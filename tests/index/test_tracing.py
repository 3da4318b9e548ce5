"""What articles leave in the ledger: compiled code finds what the plain rules say."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dedup.index import tracing
from dedup.index.ledger import Change, Row, Traces, _matters, _says, traces_of, traces_seen
from dedup.index.tracing import ENOUGH, LEAST_SEEN
from dedup.models import Article
from dedup.text.clean import clean_looked, clean_many, look_at
from dedup.text.evidence import FeedEvidence, Table, collect_evidence, empty_table, merge_evidence, mixed, outlets_of
from dedup.text.headlines import title_forms
from dedup.text.packed import hash_units
from dedup.text.weigh import OPENS_OWN, PARTS, SAME_STORY, WEIGHTS

WORD = st.sampled_from("The council voted on bridge repairs after years of delay café 2024 don't 新聞 — | U.S.".split())
LINE = st.lists(WORD, max_size=16).map(" ".join)
TEXT = st.lists(LINE, min_size=1, max_size=6).map("\n".join)
TITLE = (
    st.none()
    | LINE
    | st.lists(LINE, min_size=2, max_size=3).map(" | ".join)
    | st.just("One\x1ctwo three\nfour five six")
)
MARKS = st.lists(st.integers(0, 2), min_size=PARTS, max_size=PARTS).map(lambda marks: np.array(marks, np.uint16))


@st.composite
def articles(draw: st.DrawFn) -> list[Article]:
    rows = draw(st.lists(st.tuples(TEXT, TITLE, st.sampled_from([None, "A", "B"])), min_size=1, max_size=4))
    return [
        Article(id=f"a{at}", text=text if text.strip() else "A line.", title=title, outlet=outlet)
        for at, (text, title, outlet) in enumerate(rows)
    ]


def _signed(keys: np.ndarray) -> list[int]:
    return [int(key) for key in keys.astype(np.int64)]


def _first(hashes: np.ndarray) -> np.ndarray:
    """Hash of the first six words of every line, or of the whole of a shorter one."""
    return np.where(hashes[:, 1] != 0, hashes[:, 1], hashes[:, 0])


def _plain(article: Article) -> tuple[set[int], set[int], dict[int, int]]:
    """Hashes of the lines, their first words, and the first words behind every key of lines and title."""
    hashes = hash_units([article.text]).hashes
    outlet = outlets_of([article])[0]
    before: dict[int, int] = {}
    for keys in (mixed(hashes[:, 0], outlet), hashes[:, 1], hashes[:, 2]):
        before |= zip(_signed(keys), _signed(_first(hashes)), strict=True)
    forms = [form.split() for form in title_forms(article.title)]
    titles = hash_units(
        ["\n".join(" ".join(part) for form in forms for part in (form, form[:6]))], as_lines=True
    ).hashes
    before |= dict(zip(_signed(titles[:, 0]), _signed(_first(titles)), strict=True))
    return set(_signed(hashes.ravel())) - {0}, set(_signed(_first(hashes))) - {0}, before


def _without_nothing(before: dict[int, int]) -> dict[int, int]:
    return {key: first for key, first in before.items() if key and first}


@given(articles())
@settings(max_examples=300, deadline=None)
def test_traces_are_those_of_each_line_by_itself(given: list[Article]) -> None:
    for article, one in zip(given, traces_of(given, [article.text for article in given]), strict=True):
        words, begins, before = _plain(article)
        assert (set(one.asked["opening"]), set(one.begins)) == (words, begins)
        assert _without_nothing(dict(one.before)) == _without_nothing(before)


def _same(one: Traces, other: Traces) -> bool:
    return one._replace(sketch=0) == other._replace(sketch=0) and np.array_equal(one.sketch, other.sketch)


@given(articles())
@settings(max_examples=100, deadline=None)
def test_articles_that_were_looked_at_are_cleaned_and_counted_as_others(given: list[Article]) -> None:
    looked, evidence = look_at(given), collect_evidence(given)
    assert clean_looked(looked, evidence) == clean_many(given, evidence)
    texts = [article.text for article in given]
    assert all(map(_same, traces_seen(looked, texts), traces_of(given, texts)))


def test_pages_stand_among_the_others() -> None:
    pytest.importorskip("lxml")
    page = "<html><body><h1>Bridge opens</h1><article><p>The bridge was opened by the mayor today.</p></article></body>"
    given = [
        Article(id="a", text="A line of text.\nAnother line."),
        Article(id="b", text="", html=page),
        Article(id="c", text="More text here."),
    ]
    looked, evidence = look_at(given), collect_evidence(given)
    assert clean_looked(looked, evidence) == clean_many(given, evidence)
    texts = [given[0].text, "Bridge opens\nThe bridge was opened by the mayor today.", given[2].text]
    assert all(map(_same, traces_seen(looked, texts), traces_of(given, texts)))
    assert traces_seen(looked, texts)[1].keys == {"line": (), "opening": ()}


def _table(keys: list[int], of: list[int], marks: np.ndarray) -> Table:
    return Table(np.array(keys, np.uint64), np.ones(len(keys), np.uint32), marks[of], marks[of])


KEYS = st.lists(st.sets(st.integers(1, 12) | st.integers(2**63, 2**63 + 3), max_size=6), min_size=1, max_size=4)


@given(KEYS, KEYS, st.data())
@settings(max_examples=300, deadline=None)
def test_counting_in_makes_the_table_of_all(before: list[set[int]], came: list[set[int]], data: st.DataObject) -> None:
    def one(groups: list[set[int]]) -> tuple[list[int], list[int], np.ndarray]:
        keys = [key for group in groups for key in sorted(group)]
        of = [at for at, group in enumerate(groups) for _ in group]
        return keys, of, np.stack([data.draw(MARKS) for _ in groups])

    def evidence(table: Table) -> FeedEvidence:
        return FeedEvidence(table, empty_table(), 1)

    old = merge_evidence([evidence(_table(*one(before)))]).lines
    keys, of, marks = one(came)
    whole = merge_evidence([evidence(old), evidence(_table(keys, of, marks))]).lines
    given = (np.array(keys, np.uint64), np.array(of, np.int64))
    made, places = tracing.count_in(tuple(old), given, marks, False)
    assert [column.tolist() for column in made] == [column.tolist() for column in whole]
    assert made[0][places[:, 0]].tolist() == sorted(set(keys))
    there = {key: at for at, key in enumerate(old.keys.tolist())}
    assert places[:, 1].tolist() == [there.get(key, -1) for key in sorted(set(keys))]
    last = dict(zip(keys, of, strict=True))
    assert places[:, 2].tolist() == [last[key] for key in sorted(set(keys))]
    for name in ("line", "opening"):
        for now, was, _, flag in tracing.count_in(tuple(old), given, marks, name == "opening")[1].tolist():
            rows = [None if at < 0 else Row(int(t[1][at]), t[2][at], t[3][at]) for t, at in ((old, was), (made, now))]
            assert flag == _plain_matters(Change(name, 1, 1, *rows))


def _plain_matters(change: Change) -> bool:
    """Whether anybody else can see the change."""
    old, new = change.old, change.new
    if old is None and new is not None and change.table == "line":
        return new.articles >= LEAST_SEEN
    if old is None or new is None:
        return change.table == "opening"
    if change.table == "line" and min(old.articles, ENOUGH) != min(new.articles, ENOUGH):
        return True
    if np.array_equal(old.low, new.low) and np.array_equal(old.high, new.high):
        return False
    return change.table == "opening" or _one_story(old) or _one_story(new)


def _plain_says(table: str, row: Row | None, sketch: np.ndarray) -> np.ndarray:
    if row is None:
        return np.zeros(len(sketch), np.int64)
    agreeing = ((row.low == sketch) | (row.high == sketch)) @ WEIGHTS
    if table == "opening":
        return np.where(agreeing < OPENS_OWN, 2, int(not _one_story(row)))
    return np.where(_one_story(row) & (agreeing >= SAME_STORY), 0, min(row.articles, ENOUGH))


def _one_story(row: Row) -> bool:
    return int(WEIGHTS[row.low == row.high].sum()) >= SAME_STORY


ROWS = st.none() | st.builds(
    lambda count, one, other: Row(count, np.minimum(one, other), np.maximum(one, other)),
    st.integers(1, 5),
    MARKS,
    MARKS,
)


@given(st.sampled_from(("line", "opening")), ROWS, ROWS, st.lists(MARKS, min_size=1, max_size=8))
@settings(max_examples=500, deadline=None)
def test_a_row_says_what_the_plain_rule_says(
    table: str, old: Row | None, new: Row | None, asking: list[np.ndarray]
) -> None:
    assert _says(table, old, np.stack(asking)).tolist() == _plain_says(table, old, np.stack(asking)).tolist()
    if old is not None or new is not None:
        change = Change(table, 1, 1, old, new)
        assert _matters(change) == _plain_matters(change)
