"""Scoring any text: it never raises, never blames what it cannot read, and its evidence lies in the text."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from evalsuite.conversation import Message
from evalsuite.rules.catalogue import BEHAVIOURS, judge, parse_facts
from evalsuite.rules.passage import Conversation

PERSONA = {"name": "Haitham", "aliases": ["Haytham", "هيثم"]}
FACTS: dict[str, dict[str, Any]] = {
    "identity": {"asks_identity": True, "user_name": "Sara"},
    "json_grounding": {
        "schema": {"type": "object", "properties": {"action": {"enum": ["open", "none"]}, "target": {}}},
        "expect": {"/target": ["Downloads"]},
        "environment": {"folders": ["Downloads", {"name": "Music", "aliases": ["Songs"]}]},
        "wrapper": "any",
    },
    "parroting": {"may_quote": ["the last line"]},
    "ambiguity": {"ambiguous": True, "slot": {"name": "file", "words": ["file"], "options": ["a.pdf", "b.pdf"]}},
    "anti_fluff": {
        "limits": {name: {"at_most": 3} for name in ("lines", "sentences", "words", "characters", "items")},
        "form": ["no_heading", "no_list", "no_bold", "no_table", "no_code", "lower_case", "ends_with_full_stop"],
        "requires": [["Canberra", "كانبرا"]],
        "forbids": ["snow"],
    },
}
CLEAR = {"ambiguous": False, "answer_contains": [["40", "forty"], ["a.pdf"]]}
CONVERSATION = Conversation(
    [
        Message("system", "You are Haitham. Answer every question in at most two short sentences."),
        Message("user", "What is in a.pdf, and how long is it?"),
        Message("assistant", "It is the report of the year, and it is forty pages long."),
        Message("user", "Please open the Downloads folder and tell me which files are the newest."),
    ]
)
# Pieces on which rules are known to hang or trip: marks, quotes, fences, tokens, labels, brackets, mixed scripts.
PIECES = st.sampled_from(
    [
        *"\"'“”«»`*_#>|[]{}()<>:;,.!?،؟。…-–—\\/\n\r\t \u00a0\u200d\u200f\u2028\u0640\u064b\ud800\x00\x1b",
        *("```", "**", "<|im_end|>", "<think>", "Assistant:", "المساعد:", "Haitham", "يا هيثم"),
        *("I'm not", "أنا", "Qwen", "Sure!", "Which file?", "هل", "好的", "👩\u200d💻"),
        *("{\"a\": ", "[1, 2", "null", "1e999", "NaN", "\\u12", "C:\\Users"),
        *("Please open the Downloads folder", "at most two short sentences", "9", "٩", "1,000.5", "3 May 2026"),
    ]
)  # fmt: skip
TEXTS = st.one_of(st.text(st.characters(), max_size=200), st.lists(PIECES, max_size=60).map("".join))


@pytest.mark.parametrize("suite", [*FACTS, "clear"])
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    text=TEXTS,
    requested=st.sampled_from([None, "letter", "dialogue", "code"]),
    finish=st.sampled_from(["stop", "length", None]),
)
def test_scoring_never_raises_and_points_into_the_text(
    suite: str, text: str, requested: str | None, finish: str | None
) -> None:
    params = CLEAR if suite == "clear" else FACTS[suite]
    behaviour = "ambiguity" if suite == "clear" else suite
    facts = parse_facts(behaviour, {"persona": PERSONA, "requested": requested, **params})
    verdict = judge(text, CONVERSATION, facts, finish_reason=finish)
    assert verdict.errors == ()
    for finding in verdict.findings:
        assert finding.message
        if finding.span is not None:
            assert 0 <= finding.span[0] <= finding.span[1] <= len(text)
    assert judge(text, CONVERSATION, facts, finish_reason=finish) == verdict, "the same text, the same verdict"


@pytest.mark.parametrize(
    "text",
    [
        "[" * 100_000,
        '{"a":' * 100_000,
        '{"action": "open", "target": ' + "[" * 500 + "]" * 500 + "}",
        '{"target": ' + "9" * 10_000 + "}",
        '{"target": -1e99999}',
        '{"target": "\\ud800"}',
        "\ud800" * 1000,
        "\x00" * 1000,
        "a" * 1_000_000,
        "\n" * 100_000,
        "“" * 100_000,
        "> " * 50_000,
        "`" * 100_001,
        "هيثم " * 50_000,
        "? " * 100_000,
    ],
    ids=lambda text: json.dumps(text[:12]),
)
def test_extreme_outputs_are_judged_by_every_rule(text: str) -> None:
    for suite, params in FACTS.items():
        facts = parse_facts(suite, {"persona": PERSONA, **params})
        assert judge(text, CONVERSATION, facts).errors == ()


def test_a_rule_that_raises_makes_an_error_never_a_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    from dataclasses import replace

    from evalsuite.rules import catalogue

    def broken(*_: object) -> list[Any]:
        raise RuntimeError("a defect")

    first, *rest = BEHAVIOURS
    rules = (replace(first.rules[0], check=broken), *first.rules[1:])
    monkeypatch.setattr(catalogue, "BEHAVIOURS", (replace(first, rules=rules), *rest))
    facts = parse_facts("identity", {"persona": PERSONA})
    verdict = judge("A fine answer.", CONVERSATION, facts)
    assert verdict.status == "error"
    assert verdict.errors == ("OUT001 could not decide: RuntimeError: a defect",)
