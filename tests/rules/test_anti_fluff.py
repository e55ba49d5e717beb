"""The anti-fluff rules: golden outputs, evidence, what must not change a verdict, hostile input."""

from __future__ import annotations

import random
import unicodedata
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from evalsuite.rules.anti_fluff import BEHAVIOUR, AntiFluffFacts
from evalsuite.rules.disclaimers import _ANYWHERE, _stems
from evalsuite.rules.lexicon import load
from evalsuite.rules.lexicon.phrases import _expanded
from tests.rules.anti_fluff_probes import PROBES
from tests.rules.drawn import draw
from tests.rules.golden import Case, findings_of


def codes(case: Case) -> str:
    return " ".join(sorted({finding.code for finding in findings_of(case, [BEHAVIOUR])}))


@pytest.mark.parametrize(("user", "output", "expected", "facts"), PROBES, ids=map(str, range(len(PROBES))))
def test_probe(user: str, output: str, expected: str, facts: dict[str, str]) -> None:
    assert codes(Case(user, output, facts=facts)) == expected


def limit(**bounds: Any) -> dict[str, Any]:
    return {"limits": bounds}


def form(*names: str) -> dict[str, Any]:
    return {"form": list(names)}


MEASURED = [
    ("One\n\nTwo", limit(lines={"exactly": 2}), ""),
    ("One\r\n \r\nTwo\r\n", limit(lines={"exactly": 2}), ""),
    ("# Head\nOne\nTwo", limit(lines={"exactly": 2}), "FL005"),
    ("Dr. Ali paid 3.5 euros at www.a.com. He left!", limit(sentences={"exactly": 2}), ""),
    ("One? Two! Three.", limit(sentences={"at_most": 2}), "FL005"),
    ("أولى؟ ثانية! ثالثة.", limit(sentences={"exactly": 3}), ""),
    ("一。二！三？", limit(sentences={"exactly": 3}), ""),
    ("It holds 42.0 U.S. gallons.", limit(sentences={"exactly": 1}), ""),
    ("It's a two-line note", limit(words={"exactly": 4}), ""),
    ("l'eau d'ici", limit(words={"exactly": 4}), ""),
    ("长城很长", limit(words={"exactly": 4}), ""),
    ("3.14 is pi", limit(words={"exactly": 3}), ""),
    ("abc\n", limit(characters={"at_most": 3}), ""),
    ("cafe\u0301", limit(characters={"exactly": 4}), ""),
    ("abcd", limit(characters={"at_most": 3}), "FL005"),
    ("- a\n  - b\n- c", limit(items={"exactly": 3}), ""),
    ("1. a\n2. b", limit(items={"at_least": 3}), "FL005"),
    ("١. أ\n٢. ب\n٣. ج", limit(items={"exactly": 3}), ""),
    ("Plain # sign and #tag", form("no_heading"), ""),
    ("## Head\ntext", form("no_heading"), "FL006"),
    ("Head\n====\ntext", form("no_heading"), "FL006"),
    ("-5 at six", form("no_list"), ""),
    ("* one\n* two", form("no_list"), "FL006"),
    ("1) one\n2) two", form("no_list"), "FL006"),
    ("3. Mai", form("no_list"), ""),
    ("*soft* and 2**10", form("no_bold"), ""),
    ("**hard**", form("no_bold"), "FL006"),
    ("ls | grep a", form("no_table"), ""),
    ("| a | b |\n|---|---|\n| 1 | 2 |", form("no_table"), "FL006"),
    ("Use `ls`", form("no_code"), "FL006"),
    ("```\nls\n```", form("no_code"), "FL006"),
    ("a grave ` sign", form("no_code"), ""),
    ("42", form("only_number"), ""),
    ("-٤٢٫٥ ٪", form("only_number"), ""),
    ("1,234.5", form("only_number"), ""),
    ("42.", form("only_number"), "FL006"),
    ("$42", form("only_number"), "FL006"),
    ("Mother-in-law", form("one_word"), ""),
    ("two words", form("one_word"), "FL006"),
    ("lower سطر 1", form("lower_case"), ""),
    ("Lower", form("lower_case"), "FL006"),
    ("Done.", form("ends_with_full_stop"), ""),
    ("完成。", form("ends_with_full_stop"), ""),
    ("Done!", form("ends_with_full_stop"), "FL006"),
    ("Done...", form("ends_with_full_stop"), "FL006"),
    ("It is EIGHT.", {"requires": [["8", "eight"]]}, ""),
    ("It is 25 or 0.5.", {"requires": [["5"]]}, "FL007"),
    ("It is 1,000.", {"requires": [["1000"]]}, ""),
    ("هي ٤٬١٦٧ متراً", {"requires": [["4167"]]}, ""),
    ("زرت والقاهرة", {"requires": [["القاهرة"]]}, ""),
    ("Partial", {"requires": [["art"]]}, "FL007"),
    ("no snow at all", {"forbids": ["snow"]}, "FL007"),
    ("a snowman", {"forbids": ["snow"]}, ""),
    ("蓝鲸很大", {"requires": [["蓝鲸"]]}, ""),
    ("I write C++ here", {"requires": [["C++"]]}, ""),
    ("one and two", {"requires": [["one"], ["three"]]}, "FL007"),
    ("© ® ™ → ↔ 5 # *", {}, ""),
    ("™️", {}, "FL004"),
    ("1️⃣", {}, "FL004"),
    ("🇴🇲", {}, "FL004"),
    ("👩🏽‍⚕️ works", {}, "FL004"),
    ("✔ ☀ ★", {}, ""),
    ("☀️", {}, "FL004"),
    ("😀", {"allow": ["FL004"]}, ""),
]


@pytest.mark.parametrize(("output", "facts", "expected"), MEASURED)
def test_measured(output: str, facts: dict[str, Any], expected: str) -> None:
    assert codes(Case("Go.", output, facts=facts)) == expected


EVIDENCE = [
    ("What is a comet?", "**Absolutely!** A ball of ice.", "FL001", "**Absolutely!**"),
    ("What is a comet?", "Great question there! A ball of ice.", "FL001", "Great question there!"),
    ("ما المذنب؟", "بكل سرور! كرة من الجليد.", "FL001", "بكل سرور!"),
    (
        "What is a comet?",
        "A ball of ice. I hope this helps! Anything else?",
        "FL002",
        "I hope this helps! Anything else?",
    ),
    (
        "What is a comet?",
        "A ball of ice, and let me know if you have questions.",
        "FL002",
        "let me know if you have questions.",
    ),
    ("What is a comet?", "A ball of ice. Please note that it melts.", "FL003", "Please note that"),
    ("What is a comet?", "Ice 🧊🧊!", "FL004", "🧊🧊"),
    ("What is a comet?", "Here is a short answer: ice.", "FL008", "Here is a short answer:"),
    ("What is a comet?", "You want to know what a comet is. Ice.", "FL008", "You want to know what a comet is."),
]


@pytest.mark.parametrize(("user", "output", "code", "text"), EVIDENCE)
def test_evidence_is_the_fault_itself(user: str, output: str, code: str, text: str) -> None:
    found = next(finding for finding in findings_of(Case(user, output), [BEHAVIOUR]) if finding.code == code)
    assert found.span is not None
    assert output[slice(*found.span)] == text


def test_what_is_missing_has_no_span() -> None:
    case = Case("Go.", "One.", facts={**limit(words={"at_least": 3}), "requires": [["two"]]})
    assert [finding.span for finding in findings_of(case, [BEHAVIOUR])] == [None, None]


def test_examples_of_the_rules() -> None:
    for rule in BEHAVIOUR.rules:
        fails, passes = (
            codes(Case(example.user, example.output, system=example.system, facts=example.facts))
            for example in (rule.fails, rule.passes)
        )
        assert rule.code in fails
        assert rule.code not in passes


CHANGES: dict[str, Callable[[str], str]] = {
    "white space at the ends": lambda text: f"  \r\n{text}\n\n ",
    "decomposed": lambda text: unicodedata.normalize("NFD", text),
    "curly quotes": lambda text: text.replace("'", "’"),
    "CRLF": lambda text: text.replace("\n", "\r\n"),
    "tatweel": lambda text: text.replace("ست", "سـت"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_same_verdict_when_only_the_spelling_changes(change: str) -> None:
    different = [
        (output, expected)
        for user, output, expected, facts in PROBES
        if codes(Case(user, CHANGES[change](output), facts=facts)) != expected
    ]
    assert different == []


def test_disclaimers_hold_the_pieces_that_are_looked_for_first() -> None:
    content = load("anti_fluff")
    pieces: dict[str, list[str]] = {}
    for piece, languages in _stems().items():
        for language in languages:
            pieces.setdefault(language, []).append(piece)
    chance = random.Random(0)
    missed = set()
    for name in (*_ANYWHERE, "note"):
        for language, templates in content["patterns"][name].items():
            for template in templates:
                pattern = _expanded(template, language, content["slots"])
                for _ in range(40):
                    phrase = f" {draw(pattern, chance)} "
                    if not any(piece in phrase for piece in pieces[language]):
                        missed.add((name, language, phrase))
    # "a AI" and gaps of nothing but underscores are drawn, but not written.
    assert len(missed) <= 3, missed


def test_facts_are_strict() -> None:
    wrongs: list[dict[str, Any]] = [
        {"limits": {"lines": {}}},
        {"limits": {"pages": {"exactly": 1}}},
        {"form": ["no_emoji"]},
        {"requires": ["word"]},
        {"unknown": 1},
    ]
    for wrong in wrongs:
        with pytest.raises(ValidationError):
            AntiFluffFacts.model_validate(wrong)


ALL_FACTS: dict[str, Any] = {
    **limit(**{name: {"at_most": 5} for name in ("lines", "sentences", "words", "characters", "items")}),
    **form("no_heading", "no_list", "no_bold", "no_table", "no_code", "only_number", "one_word", "lower_case"),
    "requires": [["zebra"], ["42"], ["C++"], ["长城"]],
    "forbids": ["nope", "-7"],
}
PIECES = st.sampled_from(
    [
        "\ud800",
        "\0",
        "[",
        "**",
        "__a",
        "`",
        "| a |",
        "\n- ",
        "Sure! ",
        "as an AI, ",
        "note that ",
        "من المهم ",
        "注意",
        "?",
        "\r",
    ]
)


@settings(max_examples=80, deadline=None)
@given(
    output=st.one_of(st.text(), st.lists(PIECES).map("".join)), user=st.one_of(st.text(), st.lists(PIECES).map("".join))
)
def test_no_rule_raises(output: str, user: str) -> None:
    for requested in (None, "letter"):
        facts = {**ALL_FACTS, **({"requested": requested} if requested else {})}
        for finding in findings_of(Case(user, output, facts=facts), [BEHAVIOUR]):
            assert finding.span is None or 0 <= finding.span[0] <= finding.span[1] <= len(output)


HOSTILE = [
    "__a",
    "note ",
    "as an ai ",
    "من المهم ",
    "a",
    "if you need, ",
    "great question ",
    "**a ",
    "|a|\n",
    "- x\n",
    "is not ",
]
SIZE = 200_000


@pytest.mark.parametrize("piece", HOSTILE)
def test_long_hostile_output_is_judged(piece: str) -> None:
    """How long it takes is measured in bench/; quadratic work would take minutes here."""
    output = piece * (SIZE // len(piece))
    for finding in findings_of(Case("How are you?", output, facts=ALL_FACTS), [BEHAVIOUR]):
        assert finding.span is None or 0 <= finding.span[0] <= finding.span[1] <= len(output)
