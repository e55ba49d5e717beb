"""Plain text: evidence marked, control sequences shown, nothing cut."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalsuite.conversation import Completion
from evalsuite.render.plain import answer_text, marked, visible
from evalsuite.rules.finding import Finding, Verdict


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain\ttext\n", "plain\ttext\n"),
        ("\x1b[31mred\x1b[0m", "\\x1b[31mred\\x1b[0m"),
        ("\x1b]0;title\x07", "\\x1b]0;title\\x07"),
        ("abc\rxyz", "abc\\x0dxyz"),
        ("a\r\nb", "a\\r\nb"),
        ("\u202egnp.exe", "\\u202egnp.exe"),
        ("\u2066x\u2069", "\\u2066x\\u2069"),
        ("\ud800", "\\ud800"),
        ("\x9b31m", "\\x9b31m"),
        ("هيثم", "هيثم"),
        ("👩\u200d💻", "👩\u200d💻"),
        ("\U000e0041", "\\U000e0041"),
    ],
)
def test_control_sequences_are_shown_and_text_is_left_alone(text: str, shown: str) -> None:
    assert visible(text) == shown


@given(st.text(st.characters()))
def test_nothing_that_acts_on_a_terminal_gets_through(text: str) -> None:
    dangerous = [c for c in visible(text) if unicodedata.category(c) in ("Cc", "Cs") and c not in "\n\t"]
    assert not dangerous


def test_evidence_is_marked_and_overlaps_are_joined() -> None:
    findings = [Finding("A", (2, 5), ""), Finding("B", (4, 7), ""), Finding("C", None, ""), Finding("D", (9, 9), "")]
    assert marked("0123456789", findings) == "01⟦23456⟧789"


@given(st.text(st.characters(), max_size=80), st.lists(st.tuples(st.integers(0, 80), st.integers(0, 80))))
def test_marking_loses_no_character(text: str, pairs: list[tuple[int, int]]) -> None:
    findings = [Finding("A", (a, b), "") for a, b in pairs if a <= b <= len(text)]
    unmarked = marked(text, findings).replace("⟦", "").replace("⟧", "")
    whole = "".join(visible(character) for character in text).replace("⟦", "").replace("⟧", "")
    assert unmarked.replace("\\r\n", "\\x0d\n") == whole


def test_a_long_output_is_shown_whole_with_place_and_evidence() -> None:
    text = "x" * 5000 + "FAULT" + "y" * 5000
    verdict = Verdict("fail", (Finding("ID003", (5000, 5005), "calls the user so"),))
    shown = answer_text(Completion("r", text, finish_reason="stop"), verdict, {"ID003": "calls-user-persona"})
    assert "x" * 5000 + "⟦FAULT⟧" + "y" * 5000 in shown
    assert "ID003 calls-user-persona at characters 5000-5005: calls the user so" in shown
    assert "evidence: FAULT" in shown
