"""What a word is: cases with the words expected, and the compiled tokeniser against its plain twin."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dedup.text.tokens import hash_word, tokenise, tokenise_many, words, words_with_places

CASES = [
    ("Korea's Korea’s KOREA ｋｏｒｅａ", "korea korea korea korea"),
    ("don't don’t dont", "dont dont dont"),
    ("the dogs' 'quoted' rock 'n' roll", "the dogs quoted rock n roll"),
    ("7,000 7.5 10:30 3. 4, 1990's", "7000 7.5 10 30 3 4 1990"),
    ("U.S. R-S.C. e-mail", "u s r s c e mail"),
    ("café CAFE\u0301 naïve Ærø straße ﬁne Łódź", "cafe cafe naive aero strasse fine lodz"),
    ("so\u00adft ze\u200bro \u202ebidi\u202c w\u2060j", "soft zero bidi wj"),
    ("𝐁old Ⓒircled x² １２", "bold circled x2 12"),
    ("pаypаl ВАNК sсоrе", "paypal bank score"),
    ("Москва Ёлка мой αθήνα", "москва елка мои αθηνα"),
    ("北京 東京タワー", "北 京 東 京 タ ワ ー"),
    ("ไทย ລາວ", "ไ ท ย ລ າ ວ"),
    ("عَرَبِي ١٢", "عربي 12"),
    ("हिन्दी", "हिन्दी"),
    ("\x00 \ud800 — … 🙂 _", ""),
]
ALPHABET = "aA sS'’.,1٣２ｱ한ㅎ\u1112\u1161漢かไа́вжοΝÆﬁ\u200b\u0301-ß½①\ud800\x00"


@pytest.mark.parametrize(("text", "expected"), CASES)
def test_words_are(text, expected):
    assert words(text) == expected.split()


def test_hangul_is_one_word_composed_or_not():
    text = "한국어를 말한다"
    assert words(text) == words(unicodedata.normalize("NFD", text))
    assert len(words(text)) == 2


@settings(max_examples=500, deadline=None)
@given(st.one_of(st.text(ALPHABET, max_size=16), st.text(max_size=40)))
def test_the_compiled_tokeniser_gives_the_words_of_the_plain_one(text):
    plain, fast = words_with_places(text), tokenise(text)
    assert fast.hashes.tolist() == [hash_word(word) for word, _, _ in plain]
    assert fast.starts.tolist() == [start for _, start, _ in plain]
    assert fast.ends.tolist() == [end for _, _, end in plain]


@given(st.text(max_size=60))
@settings(max_examples=200, deadline=None)
def test_words_lie_in_the_text_in_order_and_do_not_overlap(text):
    tokens = tokenise(text)
    places = [place for pair in zip(tokens.starts.tolist(), tokens.ends.tolist(), strict=True) for place in pair]
    assert places == sorted(places)
    assert all(0 <= place <= len(text) for place in places)
    assert (tokens.ends > tokens.starts).all()


def test_many_texts_give_what_each_gives_alone():
    texts = [text for text, _ in CASES]
    packed = tokenise_many(texts)
    for at, text in enumerate(texts):
        alone, rows = tokenise(text), slice(packed.indptr[at], packed.indptr[at + 1])
        assert packed.hashes[rows].tolist() == alone.hashes.tolist()
        assert packed.starts[rows].tolist() == alone.starts.tolist()


def test_a_pinned_hash_does_not_change():
    assert hash_word("") == 0x9CA066F1A4AB2EEA
    assert hash_word("korea") == int(tokenise("Korea").hashes[0]) == 0x7E5AD947C03F47BF
