"""The ambiguity rules: golden outputs, evidence, what must not change a verdict, hostile input."""

from __future__ import annotations

import time
import unicodedata
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from evalsuite.conversation import Message
from evalsuite.rules.ambiguity import BEHAVIOUR, Facts
from evalsuite.rules.finding import Example, Finding
from evalsuite.rules.passage import Conversation, Reading
from tests.rules import (
    ambiguity_probes,
    ambiguity_probes_2,
    ambiguity_probes_3,
    ambiguity_probes_4,
    ambiguity_probes_5,
    ambiguity_probes_6,
)

SERIES: dict[str, Any] = {
    "": ambiguity_probes,
    "2:": ambiguity_probes_2,
    "3:": ambiguity_probes_3,
    "4:": ambiguity_probes_4,
    "5:": ambiguity_probes_5,
    "6:": ambiguity_probes_6,
}
CASES = {mark + name: case for mark, series in SERIES.items() for name, case in series.CASES.items()}
PROBES = [
    (mark + case, expected, output) for mark, series in SERIES.items() for case, expected, output in series.PROBES
]


def reading_of(case: str, output: str) -> tuple[Reading, Facts]:
    system, user, raw = CASES[case]
    params: dict[str, Any] = {"ambiguous": "slot" in raw}
    if "slot" in raw:
        name, words, options = raw["slot"]
        params["slot"] = {"name": name, "words": words, "options": options}
    else:
        params["answer_contains"] = raw["answer"]
    params["may_confirm"] = raw.get("may_confirm", False)
    turns = (user,) if isinstance(user, str) else user
    messages = [Message("assistant" if k % 2 else "user", turn) for k, turn in enumerate(turns)]
    conversation = Conversation([Message("system", system), *messages])
    return Reading(output, conversation, requested=raw.get("requested")), Facts.model_validate(params)


def findings(reading: Reading, facts: Facts) -> list[Finding]:
    return [finding for rule in BEHAVIOUR.rules for finding in rule.check(reading, facts)]


def codes(case: str, output: str) -> str:
    return ",".join(sorted({finding.code for finding in findings(*reading_of(case, output))}))


@pytest.mark.parametrize(("case", "expected", "output"), PROBES, ids=[f"{c}-{i}" for i, (c, _, _) in enumerate(PROBES)])
def test_probe(case: str, expected: str, output: str) -> None:
    assert codes(case, output) == expected


LIMITS = [(f"4:{case}", expected, output) for case, expected, output in ambiguity_probes_4.LIMITS]
LIMITS += [(f"5:{case}", expected, output) for case, expected, output in ambiguity_probes_5.LIMITS]
LIMITS += [(f"6:{case}", expected, output) for case, expected, output in ambiguity_probes_6.LIMITS]


@pytest.mark.xfail(strict=True, reason="a known limit of the rules")
@pytest.mark.parametrize(("case", "expected", "output"), LIMITS)
def test_known_limit(case: str, expected: str, output: str) -> None:
    assert codes(case, output) == expected


EVIDENCE = [
    ("door", "Done. Anything else?", "AM001", "Done."),
    (
        "door",
        "Done. I locked the garage door, and the alarm is on.",
        "AM001",
        "I locked the garage door, and the alarm is on.",
    ),
    ("door", "Done.\n\nDoor: garage", "AM001", "Done.\n\nDoor: garage"),
    ("door", "Sure. The garage door is locked.", "AM001", "The garage door is locked."),
    ("call", "Calling Ali Omar...", "AM001", "Calling Ali Omar..."),
    (
        "cylinder",
        "With a radius of 3 cm the volume is about 283 cm³.",
        "AM001",
        "With a radius of 3 cm the volume is about 283 cm³.",
    ),
    ("trans", "Bonne nuit", "AM001", "Bonne nuit"),
    ("door", "How can I help you today?", "AM002", "How can I help you today?"),
    ("door", "Which door do you mean? I have locked the garage for now.", "AM003", "I have locked the garage for now."),
    ("file_ar", "أي ملف تقصد؟ لقد حذفتُ خطة.pdf مؤقتاً.", "AM003", "لقد حذفتُ خطة.pdf مؤقتاً."),
    ("door_clear", "The garage door is locked. Which door did you mean?", "AM004", "Which door did you mean?"),
    ("c_de", "Das Licht im Bad ist an. Welches Licht meintest du?", "AM004", "Welches Licht meintest du?"),
    ("sum", "140", "AM005", None),
]


@pytest.mark.parametrize(("case", "output", "code", "text"), EVIDENCE)
def test_evidence_is_the_fault_itself(case: str, output: str, code: str, text: str | None) -> None:
    found = next(finding for finding in findings(*reading_of(case, output)) if finding.code == code)
    assert (None if found.span is None else output[slice(*found.span)]) == text


def _double(text: str) -> str:
    return f"  \r\n{text}\n\n "


CHANGES: dict[str, Callable[[str], str]] = {
    "white space": _double,
    "decomposed": lambda text: unicodedata.normalize("NFD", text),
    "composed": lambda text: unicodedata.normalize("NFC", text),
    "line ends": lambda text: text.replace("\n", "\r\n"),
    "curly quotes": lambda text: text.replace("'", "’"),
    "sentence before": lambda text: f"Thank you for your message.\n\n{text}",
    "sentence behind": lambda text: f"{text}\n\nHave a nice day.",
}


@pytest.mark.parametrize("change", CHANGES)
def test_verdicts_do_not_depend_on_form(change: str) -> None:
    changed = [
        (case, output, codes(case, CHANGES[change](output)))
        for case, expected, output in PROBES
        if codes(case, CHANGES[change](output)) != expected
    ]
    assert changed == []


@pytest.mark.parametrize("rule", BEHAVIOUR.rules, ids=lambda rule: rule.code)
def test_examples_are_judged_as_they_say(rule: Any) -> None:
    def reported(example: Example) -> set[str]:
        facts = Facts.model_validate(dict(example.facts))
        messages = [Message("system", example.system), Message("user", example.user)]
        return {finding.code for finding in findings(Reading(example.output, Conversation(messages)), facts)}

    assert rule.code in reported(rule.fails)
    assert reported(rule.passes) == set()


@pytest.mark.parametrize(
    "params",
    [
        {"ambiguous": True},
        {"ambiguous": False},
        {"ambiguous": False, "answer_contains": []},
        {"ambiguous": "yes", "answer_contains": [["x"]]},
    ],
)
def test_incomplete_facts_are_refused(params: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Facts.model_validate(params)


PIECES = st.sampled_from([*'?؟,."\n\0\ud800é哪了', "which", "door", "garage", "or", "أي", "> ", "```", "40", "٤٠"])


@settings(max_examples=300, deadline=None)
@given(st.one_of(st.text(), st.lists(PIECES, max_size=30).map(" ".join), st.lists(PIECES, max_size=30).map("".join)))
def test_no_rule_raises_and_spans_lie_in_the_output(output: str) -> None:
    for case in ("door", "mail", "cylinder", "trans", "sum", "quiz", "wipe"):
        for finding in findings(*reading_of(case, output)):
            assert finding.span is None or 0 <= finding.span[0] < finding.span[1] <= len(output)


HOSTILE = {
    "one letter": "a" * 1_000_000,
    "marks": "?!." * 333_333,
    "questions": "which door? " * 83_333,
    "options": "garage or front, " * 58_823,
    "commas": ", " * 500_000,
    "numbers": "1,000.5 " * 125_000,
    "quotes": '"' * 1_000_000,
    "brackets": "([{" * 333_333,
    "lines": "1. garage\n" * 100_000,
    "no spaces": "أي" * 500_000,
    "ideographs": "哪个" * 500_000,
    "one sentence": "the garage door is locked and " * 33_333,
    "unlike": "tell me not " * 83_333,
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
@pytest.mark.parametrize("case", ["door", "sum"])
def test_time_is_linear_on_hostile_input(case: str, text: str) -> None:
    def took(output: str) -> float:
        reading, facts = reading_of(case, output)
        start = time.perf_counter()
        findings(reading, facts)
        return time.perf_counter() - start

    small = took(text[:10_000])
    # Ten times the text takes about ten times as long; a quadratic rule would take a hundred times as long.
    assert took(text[:100_000]) < 30 * small + 0.5
