"""TF-IDF against scikit-learn's own, and a cosine that no batch changes."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.feature_extraction.text import TfidfTransformer

from dedup.match.similarity import HEADLINE_COUNT, cosine, cosine_many, idf_of, vectorise, vectorise_many
from dedup.models import Article, CleanArticle
from dedup.text.tokens import tokenise

TEXTS = [
    "The minister said on Monday that the bridge over the Drava would be closed. The bridge is old.",
    "A bridge over the Drava will be closed, the minister said; zzyzx engineers found cracks in the bridge.",
    "Shares of the bank fell by 7,000 points.",
]


def article(text: str, headline: str | None = None) -> CleanArticle:
    source = Article("a", text, headline)
    return CleanArticle(source, text, (0,), (len(text),), "B", headline=headline)


def words(text: str) -> list[int]:
    return [int(word) for word in tokenise(text).hashes]


def test_weights_equal_scikit_learn_s_on_the_same_counts() -> None:
    counts = [Counter(words(text)) for text in TEXTS]
    terms = np.array(sorted(set().union(*counts)), np.uint64)
    matrix = np.array([[count[int(term)] for term in terms] for count in counts], np.float64)
    transformer = TfidfTransformer(sublinear_tf=True, smooth_idf=True).fit(matrix)
    transformer.idf_ = idf_of(terms).astype(np.float64)
    wanted = transformer.transform(matrix).toarray()
    for text, row in zip(TEXTS, wanted, strict=True):
        vector = vectorise(article(text))
        assert vector.ids.tolist() == terms[row > 0].tolist()
        np.testing.assert_allclose(vector.weights, row[row > 0], rtol=1e-5)


def test_idf_is_the_smooth_one_over_the_background() -> None:
    the, zzyzx = idf_of(np.array([*words("the"), *words("zzyzxqq")], np.uint64))
    assert the == pytest.approx(1.0, abs=0.01)
    assert zzyzx == pytest.approx(1 + np.log(37555), abs=1e-3)


def test_spellings_of_one_word_share_their_counts() -> None:
    plain, curly, straight = (idf_of(np.array(words(text), np.uint64))[0] for text in ("dont", "don’t", "don't"))
    assert plain == curly == straight < 4


def test_a_headline_s_word_counts_as_two_of_the_body() -> None:
    doubled = vectorise(article(" ".join([TEXTS[0], *["bridge"] * int(HEADLINE_COUNT)])))
    np.testing.assert_array_equal(vectorise(article(TEXTS[0], "Bridge")).weights, doubled.weights)


def test_no_words_make_an_empty_vector_of_cosine_0() -> None:
    empty, some = vectorise(article(" … ")), vectorise(article(TEXTS[0]))
    assert len(empty.ids) == 0
    assert cosine(empty, some) == cosine(empty, empty) == 0.0
    assert cosine(some, some) == pytest.approx(1.0)


text = st.lists(st.sampled_from("bridge bank minister drava said closed 7,000 zürich".split()), max_size=12).map(
    " ".join
)


@settings(max_examples=50)
@given(st.lists(text, min_size=1, max_size=5))
def test_a_cosine_is_symmetric_and_the_same_in_any_batch(texts: list[str]) -> None:
    batch = vectorise_many([article(item) for item in texts])
    matrix = cosine_many(batch, batch)
    for i, one in enumerate(texts):
        for j, other in enumerate(texts):
            alone = cosine(vectorise(article(one)), vectorise(article(other)))
            assert alone == cosine(batch[i], batch[j]) == cosine(batch[j], batch[i])
            assert matrix[i, j] == pytest.approx(alone, abs=1e-6)
            assert 0.0 <= alone <= 1.0


def test_cosines_of_nothing() -> None:
    assert cosine_many([], []).shape == (0, 0)
