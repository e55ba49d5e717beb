"""Words by the table of the basic plane and by the properties of characters are the same words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalsuite.rules import text

_PIECES = st.sampled_from(
    ("a", "B", "é", "e\u0301", "٣", "5", ".", ",", "٬", "'", "’", "-", "‑", " ", "\n", "هيثم", "هَيْثَم", "ـ", "漢", "かな", "l'", "Qu’", "½", "Ⅳ", "\u200d", "\ud800")
)  # fmt: skip


@given(st.one_of(st.lists(_PIECES).map("".join), st.text(st.characters(max_codepoint=0xFFFF))))
def test_the_table_finds_the_words_that_the_properties_find(value: str) -> None:
    assert text._words(value, text._basic_word()) == text._words(value, text._WORD)


@given(st.text(st.characters(max_codepoint=0x7F)))
def test_ascii_needs_no_folding_by_character(value: str) -> None:
    assert text.words(value) == text._words(value, text._WORD)
    assert text.fold(value) == "".join(map(text._FOLDED.__getitem__, value))


@given(st.text())
def test_folded_text_knows_where_its_characters_stood(value: str) -> None:
    folded = text.Folded(value)
    spans = [folded.span(at, at + 1) for at in range(len(folded.text))]
    assert spans == sorted(spans)
    assert all(folded.text[at] in text.fold(value[slice(*span)]) for at, span in enumerate(spans))
    assert folded.text == text.fold(value)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("One. Two.", ["One.", "Two."]),
        ("1. First\n2. Second", ["1. First", "2. Second"]),
        ("  - 3. Third. More", ["- 3. Third.", "More"]),
        ("Chapter 3. The end", ["Chapter 3.", "The end"]),
        ("See Dr. 5. No", ["See Dr. 5.", "No"]),
        ("他来了。她走了。", ["他来了。", "她走了。"]),
        ("ok.𠮷 x", ["ok.", "𠮷 x"]),
    ],
)
def test_sentences(value: str, expected: list[str]) -> None:
    assert [value[slice(*span)] for span in text.sentences(value)] == expected
