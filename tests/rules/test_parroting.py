"""The parroting rules: golden outputs, evidence, what must not change a verdict, hostile input."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalsuite.conversation import Message, Role
from evalsuite.rules.echo import Unit, find_echoes
from evalsuite.rules.finding import Example, Finding
from evalsuite.rules.parroting import BEHAVIOUR, ParrotingFacts
from evalsuite.rules.passage import Conversation, Reading
from evalsuite.rules.quotable import asks_for_text
from tests.rules.parroting_outcomes import OUTCOMES, Outcome
from tests.rules.parroting_outcomes_2 import LATER
from tests.rules.parroting_probes import (
    A1,
    ECHO_OF_SELF,
    ECHO_OF_SYSTEM,
    ECHO_OF_USER,
    NO_ECHO_OF_SELF,
    NO_ECHO_OF_SYSTEM,
    NO_ECHO_OF_USER,
    PROBES,
    Probe,
)

HARD = tuple(
    probe
    for probe in ECHO_OF_USER + ECHO_OF_SYSTEM + ECHO_OF_SELF
    if not probe[0].startswith(("short", "only", "question-last"))
)


def conversation_of(system: str, turns: tuple[str, ...]) -> Conversation:
    roles: tuple[Role, Role] = ("user", "assistant")
    messages = [Message("system", system)] if system else []
    return Conversation([*messages, *(Message(roles[i % 2], text) for i, text in enumerate(turns))])


def findings(system: str, turns: tuple[str, ...], output: str, *may_quote: str) -> list[Finding]:
    reading = Reading(output, conversation_of(system, turns))
    facts = ParrotingFacts(may_quote=list(may_quote))
    return [finding for rule in BEHAVIOUR.rules for finding in rule.check(reading, facts)]


def codes(system: str, turns: tuple[str, ...], output: str, *may_quote: str) -> str:
    return ",".join(sorted({finding.code for finding in findings(system, turns, output, *may_quote)}))


@pytest.mark.parametrize("probe", PROBES, ids=[f"{i}-{probe[0]}" for i, probe in enumerate(PROBES)])
def test_probe(probe: Probe) -> None:
    _, system, turns, output, expected, evidence = probe
    found = findings(system, turns, output)
    assert ",".join(sorted({finding.code for finding in found})) == expected
    if evidence is not None:
        span = found[0].span
        assert span is not None
        assert output[slice(*span)] == evidence


@pytest.mark.parametrize("outcome", OUTCOMES, ids=[f"{i}-{outcome[0]}" for i, outcome in enumerate(OUTCOMES)])
def test_outcome(outcome: Outcome) -> None:
    expected, system, turns, output = outcome
    assert codes(system, turns, output) == expected


@pytest.mark.parametrize("outcome", LATER, ids=[f"{i}-{outcome[0]}" for i, outcome in enumerate(LATER)])
def test_later_outcome(outcome: Outcome) -> None:
    expected, system, turns, output = outcome
    assert codes(system, turns, output) == expected


@pytest.mark.parametrize("rule", BEHAVIOUR.rules, ids=lambda rule: rule.code)
def test_examples_of_a_rule(rule: object) -> None:
    for example, fails in ((rule.fails, True), (rule.passes, False)):  # type: ignore[attr-defined]
        assert isinstance(example, Example)
        turns = tuple(text for turn in example.earlier for text in turn)
        found = codes(example.system, (*turns, example.user), example.output)
        assert (rule.code in found) is fails  # type: ignore[attr-defined]


CHANGES: dict[str, Callable[[str], str]] = {
    "white space": lambda text: f" \n{text}\n ",
    "nfd": lambda text: unicodedata.normalize("NFD", text),
    "nfc": lambda text: unicodedata.normalize("NFC", text),
    "crlf": lambda text: text.replace("\n", "\r\n"),
    "curly apostrophes": lambda text: text.replace("'", "’"),
    "sentence before": lambda text: f"Water runs downhill.\n\n{text}",
    "sentence behind": lambda text: f"{text}\n\nWater runs downhill.",
    "upper case": lambda text: text if "ı" in text else text.upper(),  # İ and I are other letters in Turkish
    "tatweel": lambda text: text.replace("ال", "الـ"),
    "fatha": lambda text: text.replace("س", "سَ"),
}


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("probe", HARD, ids=[probe[0] for probe in HARD])
def test_echo_stays_an_echo(probe: Probe, change: str) -> None:
    _, system, turns, output, expected, _ = probe
    assert codes(system, turns, CHANGES[change](output)) == expected


@pytest.mark.parametrize("change", ["white space", "nfd", "crlf", "curly apostrophes", "tatweel", "fatha"])
@pytest.mark.parametrize(
    "probe",
    NO_ECHO_OF_USER + NO_ECHO_OF_SYSTEM + NO_ECHO_OF_SELF,
    ids=[probe[0] for probe in NO_ECHO_OF_USER + NO_ECHO_OF_SYSTEM + NO_ECHO_OF_SELF],
)
def test_no_echo_stays_none(probe: Probe, change: str) -> None:
    _, system, turns, output, _, _ = probe
    assert not codes(system, turns, CHANGES[change](output))


def test_may_quote_allows_text_that_the_rules_cannot_tell() -> None:
    turns = ("I want this on the wall: nobody leaves this kitchen hungry tonight",)
    output = "Nobody leaves this kitchen hungry tonight"
    assert codes("", turns, output, "nobody leaves this kitchen hungry tonight") == ""
    assert codes("", ("Nobody leaves this kitchen hungry tonight",), output) == "PA001"


def test_no_finding_where_nothing_was_said_before() -> None:
    assert codes("", ("",), "Hello") == ""
    assert codes("", ("?",), "") == ""


@pytest.mark.parametrize(("size", "edits"), [(9, 0), (10, 1), (19, 1), (20, 2), (29, 2), (30, 3)])
def test_one_word_in_ten_may_differ(size: int, edits: int) -> None:
    words = tuple(f"w{index}" for index in range(size))
    unit = Unit(words, size, (0, 0))
    places = [1 + index * size // (edits + 1) for index in range(edits + 1)]
    changed = [word if index not in places[:edits] else f"x{index}" for index, word in enumerate(words)]
    found = list(find_echoes([unit], ["a", *changed, "b"]))
    assert [echo.edits + echo.missing_before + echo.missing_after for echo in found] == [edits]
    changed = [word if index not in places else f"x{index}" for index, word in enumerate(words)]
    assert not list(find_echoes([unit], ["a", *changed, "b"]))
    dropped = [word for index, word in enumerate(words) if index not in places[:edits]]
    assert len(list(find_echoes([unit], ["a", *dropped, "b"]))) == 1


def _distance(left: list[str], right: list[str]) -> int:
    row = list(range(len(right) + 1))
    for i, a in enumerate(left, 1):
        before, row[0] = row[0], i
        for j, b in enumerate(right, 1):
            before, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, before + (a != b))
    return row[-1]


letters = st.lists(st.sampled_from("abcdefgh"), min_size=10, max_size=24)


@given(letters, st.lists(st.sampled_from("abcdefgh"), max_size=40))
@settings(max_examples=150, deadline=None)
def test_found_stretches_differ_as_said(unit: list[str], text: list[str]) -> None:
    text = [*text[:10], *unit[: len(unit) // 2], *unit[len(unit) // 2 + 1 :], *text[10:]]
    found = list(find_echoes([Unit(tuple(unit), len(unit), (0, 0))], text))
    assert found
    for echo in found:
        assert _distance(unit, text[echo.start : echo.end]) <= len(unit) // 10


texts = st.text(max_size=120) | st.sampled_from(
    [A1, "\ud800", "\x00", "`" * 50, '"' * 51, "[" * 60, "؟" * 9, "# \n> \n"]
)


@given(texts, texts, texts, texts, texts)
@settings(max_examples=150, deadline=None)
def test_no_rule_raises(system: str, first: str, answer: str, last: str, output: str) -> None:
    for text in (output, first, system + answer, f"{last} {output} {answer}"):
        for finding in findings(system, (first, answer, last), text):
            assert finding.span is not None
            assert 0 <= finding.span[0] < finding.span[1] <= len(text)


HOSTILE = {
    "one word": "a " * 150_000,
    "the question over and over": "Where can I buy fresh fish? " * 10_000,
    "almost the question": "where can i buy fresh fish and some more of it in the a town " * 5_000,
    "quotes": '"' * 300_000,
    "question marks": "?" * 300_000,
    "colons": "a: " * 100_000,
    "brackets": "[" * 300_000,
    "one line": "x" * 300_000,
    "commas": "ما، " * 80_000,
    "spaces": " " * 300_000,
    "stars": "*_" * 150_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_output_is_judged(name: str) -> None:
    """How long it takes is measured in bench/; quadratic work would take minutes here."""
    turns = (
        "Where can I buy fresh fish? "
        + "a " * 40
        + "? Where can I buy fresh fish and some more of it in the old town?",
        "x" * 30 + " " + "a " * 20,
        "And bread?",
    )
    reading = Reading(HOSTILE[name], conversation_of("a " * 30, turns))
    _ = reading.words, reading.sentences, reading.quotes, reading.fences, reading.lines, reading.folded
    for rule in BEHAVIOUR.rules:
        for finding in rule.check(reading, ParrotingFacts()):
            assert finding.span is not None
            assert 0 <= finding.span[0] < finding.span[1] <= len(HOSTILE[name])


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_prompt_is_read(name: str) -> None:
    reading = Reading(A1 + " " + HOSTILE[name][:2000], conversation_of("", (HOSTILE[name][:100_000], A1, "And bread?")))
    for rule in BEHAVIOUR.rules:
        for finding in rule.check(reading, ParrotingFacts()):
            assert finding.span is not None
            assert 0 <= finding.span[0] < finding.span[1] <= len(reading.text)


REQUESTS = (
    "Draft an apology to a neighbour",
    "Could you put together a short note for my boss",
    "I need a two-line birthday message for my father",
    "Hi, can you write a poem for Nora",
    "بدي رسالة قصيرة لمديري",
    "ممكن تكتبلي دعوة عشاء",
    "Peux-tu me rédiger un mot d'excuse",
    "Necesito un correo para mi casero",
    "Ich brauche eine Einladung zum Geburtstag",
    "帮我写一封道歉信",
)
MATERIAL = (
    "The heating has been off since Monday",
    "I need a new boiler before the winter",
    "We give you notice that we leave the flat on 1 May",
    "بدي أغير موعد التسليم",
    "Je veux rendre les clés le 3 mai",
    "Quiero cambiar la fecha de entrega",
    "Ich brauche die Kaution bis Freitag",
    "暖气从星期一起就坏了",
)


@pytest.mark.parametrize("sentence", REQUESTS)
def test_the_request_for_a_text_is_no_material_of_it(sentence: str) -> None:
    assert asks_for_text(sentence)


@pytest.mark.parametrize("sentence", MATERIAL)
def test_what_a_text_shall_say_is_its_material(sentence: str) -> None:
    assert not asks_for_text(sentence)
