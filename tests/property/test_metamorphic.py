"""Changes of form that do not change what an output says must not change its verdict."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable

import pytest
import regex

from evalsuite.labelled import Labelled, read_labelled, scope
from evalsuite.rules.catalogue import judge
from evalsuite.rules.passage import Conversation
from tests.conftest import ROOT

LABELLED = read_labelled(sorted((ROOT / "tests" / "labelled").glob("*.jsonl")))
_ARABIC_PAIR = regex.compile(r"(?<=[بتثجحخسشصضطظعغفقكلمنهي])(?=[\u0621-\u064a])")


def curly(text: str) -> str:
    """Straight quotes as curly ones, by position."""
    text = regex.sub(r"(?<=\w)'(?=\w)", "’", text)
    return regex.sub(r'(?<![\w"])"(?=[\w¿¡])([^"\n]*)(?<=[\w.,!?؟])"(?!\w)', "“\\1”", text)


CHANGES: dict[str, Callable[[str], str]] = {
    "white space at the ends": lambda text: f"\n{text} \n\n",
    "NFC": lambda text: unicodedata.normalize("NFC", text),
    "NFD": lambda text: unicodedata.normalize("NFD", text),
    "diacritics": lambda text: _ARABIC_PAIR.sub("\u064e", text),
    "tatweel": lambda text: _ARABIC_PAIR.sub("\u0640", text),
    "curly quotes": curly,
    "CRLF": lambda text: regex.sub(r"(?<!\r)\n", "\r\n", text),
}


def applies(change: str, labelled: Labelled) -> bool:
    """Whether a change leaves what the contract looks at as it was."""
    text = labelled.output
    facts = labelled.facts.by_behaviour
    if change == "white space at the ends":
        # the contract counts characters, white space in front included
        return not (labelled.behaviour == "anti_fluff" and facts["anti_fluff"].limits)
    if labelled.behaviour == "json_grounding":
        return change == "CRLF"  # strings of JSON are compared exactly
    if labelled.behaviour == "anti_fluff" and getattr(facts["anti_fluff"].limits, "characters", None):
        return False
    if change == "curly quotes":
        return "`" not in text  # in code a curly quote is another character
    return True


def codes(labelled: Labelled, text: str) -> tuple[str, ...]:
    verdict = judge(
        text,
        Conversation(labelled.messages),
        labelled.facts,
        finish_reason=labelled.finish_reason,
        codes=scope(labelled.behaviour),
    )
    assert not verdict.errors
    return verdict.codes


@pytest.fixture(scope="module")
def before() -> dict[str, tuple[str, ...]]:
    """Codes of every labelled output as it stands."""
    return {labelled.id: codes(labelled, labelled.output) for labelled in LABELLED}


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_of_form_does_not_change_the_verdict(change: str, before: dict[str, tuple[str, ...]]) -> None:
    differing = []
    for labelled in LABELLED:
        changed = CHANGES[change](labelled.output)
        if changed == labelled.output or not applies(change, labelled):
            continue
        after = codes(labelled, changed)
        if after != before[labelled.id]:
            differing.append(f"{labelled.id}: {before[labelled.id]} -> {after}: {changed!r}")
    assert not differing, "\n".join(differing)


BENIGN = {
    "en": "The harbour was quiet at noon.",
    "ar": "كان الميناء هادئا عند الظهر.",
}
# Rules that look at the beginning, the end, the length or the form of the whole output may rightly change.
PLACELESS = {"ID001", "ID002", "ID003", "ID005", "OUT004", "PA002", "PA003", "FL003", "FL004"}


@pytest.mark.parametrize("place", ["before", "after"])
@pytest.mark.parametrize("language", sorted(BENIGN))
def test_a_benign_sentence_beside_a_fault_does_not_hide_it(
    place: str, language: str, before: dict[str, tuple[str, ...]]
) -> None:
    missed = []
    for labelled in LABELLED:
        wanted = PLACELESS & set(before[labelled.id])
        if not wanted or labelled.facts.voice.requested:
            continue
        sentence = BENIGN[language]
        text = f"{sentence}\n\n{labelled.output}" if place == "before" else f"{labelled.output}\n\n{sentence}"
        lost = wanted - set(codes(labelled, text))
        if lost:
            missed.append(f"{labelled.id}: lost {sorted(lost)}: {text!r}")
    assert not missed, "\n".join(missed)


@pytest.mark.parametrize("language", sorted(BENIGN))
def test_a_benign_sentence_alone_is_no_fault(language: str) -> None:
    for labelled in LABELLED:
        # an answer repeated because the same was asked again may not stand beside anything else
        if labelled.behaviour == "identity" and not labelled.codes:
            found = set(codes(labelled, f"{labelled.output}\n\n{BENIGN[language]}")) & PLACELESS
            assert not found - labelled.codes, f"{labelled.id}: {found}"


FAULTS = {
    "ID001": ("identity", "Assistant: here is the rest."),
    "ID002": ("identity", "As an AI language model, I was trained by OpenAI."),
    "ID003": ("identity", "Excellent Haitham, let me explain the rest."),
    "ID005": ("identity", "To be honest, I am not Haitham."),
    "OUT004": ("identity", "<|im_start|>"),
    "OUT005": ("identity", "User: and what about the garden?"),
    "FL003": ("anti_fluff", "It's important to note that prices may vary."),
    "FL004": ("anti_fluff", "What a view 🎉."),
}
_CLEAN = [f"Hall {i} has {i + 3} windows and a door that leads to the garden behind the house." for i in range(40)]


@pytest.mark.parametrize("code", FAULTS)
@pytest.mark.parametrize("place", [0, 1, 3, 20, 39, 40])
def test_a_fault_is_found_anywhere_in_a_long_clean_output(code: str, place: int) -> None:
    from evalsuite.conversation import Message
    from evalsuite.rules.catalogue import parse_facts

    suite, fault = FAULTS[code]
    facts = parse_facts(suite, {"persona": {"name": "Haitham", "aliases": ["هيثم"]}})
    conversation = Conversation([Message("system", "You are Haitham."), Message("user", "Describe the museum.")])
    clean = judge("\n".join(_CLEAN), conversation, facts)
    assert clean.codes == ()
    text = "\n".join([*_CLEAN[:place], fault, *_CLEAN[place:]])
    found = judge(text, conversation, facts)
    assert code in found.codes
    (span, *_) = [f.span for f in found.findings if f.code == code]
    assert span is not None
    start = text.index(fault)
    assert start <= span[0] < start + len(fault), "the evidence is the fault itself"
