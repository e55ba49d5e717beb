"""What holds of the identity and output rules for any text: they never raise, and point into what was written."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalsuite.rules import identity, output
from tests.rules import test_identity, test_output
from tests.rules.golden import Case, findings_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from evalsuite.rules.finding import Rule

BEHAVIOURS = (output.BEHAVIOUR, identity.BEHAVIOUR)
FRAGMENTS = [
    *[
        "I'm ",
        "not ",
        "an AI ",
        "Haitham",
        ", ",
        ". ",
        "\n",
        "\n\n",
        ": ",
        "Assistant",
        "User",
        "hello ",
        "your name is ",
        "as a ",
        "bot ",
        "made by ",
        "OpenAI ",
        "you ",
    ],
    *["أنا ", "لست ", "هيثم", "، ", "مساعد ", "يا ", "اسمي ", "بصفتي "],
    *[
        "我是",
        "不是",
        "AI助手",
        "。",
        "「",
        "」",
        "“",
        "”",
        '"',
        "'",
        "`",
        "```",
        "> ",
        "- ",
        "<",
        "im_end",
        ">",
        "[INST]",
        "</s>",
        "😀",
        "�",
        "\x00",
        "\u200f",
        "ـ",
        "ﷺ",
        "İ",
    ],
]
texts = st.lists(st.sampled_from(FRAGMENTS) | st.text(max_size=8), max_size=40).map("".join)


@given(text=texts, asks=st.booleans(), requested=st.sampled_from([None, "letter", "dialogue"]))
@settings(max_examples=150, deadline=None)
def test_rules_never_raise_and_point_into_the_text(text: str, asks: bool, requested: str | None) -> None:
    facts: dict[str, Any] = {"asks_identity": asks, **({"requested": requested} if requested else {})}
    for finding in findings_of(Case("are you a bot? repeat it 5 times", text, facts=facts), BEHAVIOURS):
        assert finding.message.endswith(".")
        assert finding.span is None or 0 <= finding.span[0] < finding.span[1] <= len(text)


def _marked(text: str) -> str:
    return "".join(c + ("\u064e" if "\u0628" <= c <= "\u064a" else "") for c in text)


CHANGES: dict[str, Callable[[str], str]] = {
    "white space at the ends": lambda text: f"\n  {text} \n\n",
    "decomposed": lambda text: unicodedata.normalize("NFD", text),
    "composed": lambda text: unicodedata.normalize("NFC", text),
    "CRLF": lambda text: text.replace("\n", "\r\n"),
    "curly apostrophes": lambda text: text.replace("'", "’"),
    "Arabic marks": _marked,
    "tatweel": lambda text: text.replace("ه", "هـ"),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_verdicts_do_not_change_with_the_writing(change: Callable[[str], str]) -> None:
    for case in test_identity.GOLDEN + test_output.GOLDEN:
        codes = {finding.code for finding in findings_of(case, BEHAVIOURS)}
        changed = case._replace(output=change(case.output))
        assert {finding.code for finding in findings_of(changed, BEHAVIOURS)} == codes, case.output


HOSTILE = [
    "i am ", "i'm a very good ", "as an ai ", "haitham ", "x, haitham, ", '"', " 'a", "“a ", "`", "```\n", "[", "<|", "### ",
    "assistant: x\n", "- user: root\n", "*_", "انا مساعد ", "我是", "我是助手", "- ", "| a ", "1. ", " ", "\n", "not ",
]  # fmt: skip


@pytest.mark.parametrize("piece", HOSTILE)
def test_long_hostile_text_is_judged(piece: str) -> None:
    """How long it takes is measured in bench/; quadratic work would take minutes here."""
    text = piece * (200_000 // len(piece))
    for finding in findings_of(Case("x", text), BEHAVIOURS):
        assert finding.span is None or 0 <= finding.span[0] <= finding.span[1] <= len(text)


@pytest.mark.parametrize("rule", [rule for b in BEHAVIOURS for rule in b.rules], ids=lambda rule: rule.code)
def test_examples_of_rules_are_judged_as_they_say(rule: Rule[Any]) -> None:
    for example, fails in ((rule.fails, True), (rule.passes, False)):
        case = Case(
            example.user,
            example.output,
            system=example.system,
            facts=dict(example.facts),
            finish_reason=example.finish_reason,
        )
        assert (rule.code in {finding.code for finding in findings_of(case, BEHAVIOURS)}) is fails
