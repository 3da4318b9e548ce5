"""Two articles beside each other: nothing lost, nothing twice, shared passages marked on both sides."""

from hypothesis import given
from hypothesis import strategies as st

from dedup.models import Article, CleanArticle, Passage
from dedup.report.sidebyside import Block, rows, shared_parts, single
from tests.report.make_result import clean, passages, seed_articles

LINES = st.lists(
    st.tuples(st.sampled_from("TBBBLF"), st.lists(st.sampled_from("a b c d e f".split()), min_size=1, max_size=6)),
    max_size=8,
)


def _article(name: str, lines: list[tuple[str, list[str]]]) -> CleanArticle:
    text = "\n".join(" ".join(words) for _, words in lines)
    return clean(Article(name, text), "".join(role for role, _ in lines) or "-")


def _lines(blocks: tuple[Block, ...]) -> list[str]:
    return ["".join(piece.text for piece in line.pieces) for block in blocks for line in block.lines]


def _shown(item: CleanArticle) -> list[str]:
    return [line.text for line in item.lines if line.text.strip()]


@given(LINES, LINES)
def test_every_line_of_both_is_shown_once_and_in_order(one: list[object], two: list[object]) -> None:
    a, b = _article("a", one), _article("b", two)  # type: ignore[arg-type]
    made = rows(a, b, passages(a, b, least=1))
    assert [line for row in made for line in _lines(row.left)] == _shown(a)
    assert [line for row in made for line in _lines(row.right)] == _shown(b)


@given(LINES, LINES, st.lists(st.tuples(*[st.integers(0, 60)] * 4), max_size=6))
def test_odd_passages_neither_lose_nor_repeat_text(
    one: list[object], two: list[object], odd: list[tuple[int, ...]]
) -> None:
    a, b = _article("a", one), _article("b", two)  # type: ignore[arg-type]
    made = rows(a, b, [Passage(*numbers, 3) for numbers in odd])  # type: ignore[call-arg]
    assert [line for row in made for line in _lines(row.left)] == _shown(a)
    assert [line for row in made for line in _lines(row.right)] == _shown(b)


@given(LINES, LINES)
def test_marked_text_is_the_passages_text_within_the_body(one: list[object], two: list[object]) -> None:
    a, b = _article("a", one), _article("b", two)  # type: ignore[arg-type]
    found = passages(a, b, least=2)
    marked = [
        piece.text for row in rows(a, b, found) for block in row.left for line in block.lines
        for piece in line.pieces if piece.number
    ]  # fmt: skip
    assert sum(len(text.split()) for text in marked) == sum(passage.words for passage in found)


def test_the_same_paragraph_of_the_seeds_stands_in_one_row() -> None:
    held = seed_articles()
    a, b = held["000"], held["002"]
    made = rows(a, b, passages(a, b))
    together = [(_lines(row.left), _lines(row.right)) for row in made]
    for start in ("Shin Won-sik shared", "Since the start of 2022", "U.S. and South Korean officials"):
        assert any(
            len(left) == len(right) == 1 and left[0].startswith(start) and right[0].startswith(start)
            for left, right in together
        ), start
    last = next(row for row in made if any(line.startswith("While fuel shortages") for line in _lines(row.left)))
    assert {line.role for block in last.right for line in block.lines} == {"furniture"}


def test_a_sidebar_is_folded_and_two_lines_of_furniture_are_not() -> None:
    text = "Headline\nBody of it.\nMenu\nHome\nMore\nBody again.\nShare"
    blocks = single(clean(Article("a", text), "TBFFFBF"))
    assert [(block.folded, len(block.lines)) for block in blocks] == [(False, 2), (True, 3), (False, 1), (False, 1)]


def test_the_strip_shows_where_in_the_body_the_shared_text_lies() -> None:
    item = clean(Article("a", "0123456789\nmenu\nabcdefghij"), "BFB")
    assert shared_parts(item, [(0, 5)]) == ((0.0, 0.25),)
    assert shared_parts(item, [(16, 26)]) == ((0.5, 1.0),)
    assert shared_parts(item, [(5, 21), (2, 6)]) == ((0.1, 0.75),)
    assert shared_parts(item, []) == ()


def test_furniture_inside_a_line_is_shown_aside_and_not_as_shared() -> None:
    text = "Sen. Venn Orla VennFive things to watch MORE (L-Karsholm) said so."
    inset = (text.index(" Orla"), text.index(" (L-"))
    article = CleanArticle(Article("a", text), text, (0,), (len(text),), "B", insets=(inset,))
    other = "Sen. Venn (L-Karsholm) said so."
    plain = CleanArticle(Article("b", other), other, (0,), (len(other),), "B")
    (row,) = rows(article, plain, [Passage(0, len(text), 0, len(other), 5)])
    pieces = row.left[0].lines[0].pieces
    assert [(piece.text, piece.number, piece.aside) for piece in pieces] == [
        ("Sen. Venn", 1, False),
        (text[slice(*inset)], 0, True),
        (" (L-Karsholm) said so.", 1, False),
    ]
    assert [piece.opens for piece in pieces] == [True, False, False]
