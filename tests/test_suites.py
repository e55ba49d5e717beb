"""The suites that are shipped: broad enough, and each case answerable by its good answer and failed by its bad ones."""

from __future__ import annotations

from collections import Counter
from functools import cache
from pathlib import Path

import pytest

from evalsuite.case import Case
from evalsuite.document import read_document
from evalsuite.rules.catalogue import judge
from evalsuite.rules.passage import Conversation
from evalsuite.suite import Suite, load_suite

FOLDER = Path(__file__).parent.parent / "suites"
LEAST = {"identity": 28, "json_grounding": 28, "parroting": 28, "ambiguity": 32, "anti_fluff": 28}
"""Fewest authored cases of each suite, before expansion."""
TAGS = {
    "identity": "direct incidental",
    "json_grounding": "direct incidental absent nested list units dates no-action path",
    "parroting": "instruction-only long-prompt restating quote",
    "ambiguity": "file person device date unit pronoun code",
    "anti_fluff": "direct incidental lines words one-word number format negative",
}
"""What a case of each suite may test."""
SHARED_TAGS = (
    "adversarial multi-turn arabic dialect mixed long-context role-play instruction-conflict injection post-mortem"
)
PREVIEW = 200
"""Characters that the preview of the post-mortem showed."""


@cache
def suite(name: str) -> Suite:
    return load_suite(FOLDER / f"{name}.suite.yaml", shown=f"suites/{name}.suite.yaml")


def authored(name: str) -> list[Case]:
    """One expansion of each authored case."""
    return list({case.name: case for case in suite(name).cases}.values())


EVERY = [case for name in LEAST for case in suite(name).cases]


@pytest.mark.parametrize("case", EVERY, ids=lambda case: case.key)
def test_the_good_answer_passes_and_each_bad_one_fails_by_its_codes(case: Case) -> None:
    asked = Conversation(case.messages)
    assert case.good is not None
    assert case.bad
    expected = [(case.good, ())] + [(answer.output, tuple(answer.codes)) for answer in case.bad]
    for output, codes in expected:
        verdict = judge(output, asked, case.facts)
        assert not verdict.errors
        assert verdict.codes == codes, f"{output!r}: {verdict.findings}"


@pytest.mark.parametrize("case", EVERY, ids=lambda case: case.key)
def test_an_answer_that_is_cut_fails_whatever_it_says(case: Case) -> None:
    assert case.good is not None
    verdict = judge(case.good, Conversation(case.messages), case.facts, finish_reason="length")
    assert verdict.codes == ("OUT001",)


@pytest.mark.parametrize("name", LEAST)
def test_a_suite_is_broad(name: str) -> None:
    cases = authored(name)
    assert len(cases) >= LEAST[name]
    arabic = [case for case in cases if case.language != "en"]
    assert len(arabic) * 4 >= len(cases)
    assert sum(case.tags.count("multi-turn") for case in cases) >= 4
    assert sum(case.tags.count("dialect") for case in cases) >= 2
    assert {case.system for case in suite(name).cases} == {"plain", "hardened"}
    assert sum(case.split == "gate" for case in cases) > sum(case.split == "dev" for case in cases) > 0
    used = Counter(tag for case in cases for tag in case.tags)
    assert not set(used) - set(f"{TAGS[name]} {SHARED_TAGS}".split())
    assert not set(TAGS[name].split()) - set(used), "each kind of case is there"


@pytest.mark.parametrize("name", LEAST)
def test_tags_say_what_a_case_is(name: str) -> None:
    for case in authored(name):
        turns = sum(message.role == "user" for message in case.messages)
        assert ("multi-turn" in case.tags) == (turns > 1), case.name
        assert ("arabic" in case.tags) == case.language.startswith("ar"), case.name
        assert ("mixed" in case.tags) == (case.language == "mixed"), case.name
        assert "-" not in case.language or "dialect" in case.tags, case.name


@pytest.mark.parametrize("name", LEAST)
def test_groups_have_several_cases_of_one_split(name: str) -> None:
    groups: dict[str, list[Case]] = {}
    for case in authored(name):
        groups.setdefault(case.group, []).append(case)
    for group, cases in groups.items():
        assert len(cases) > 1 or group == cases[0].name, f"{group} is a group of one"
        assert len({case.split for case in cases}) == 1, f"{group} stands in both splits"


def test_every_ambiguous_case_has_a_clear_twin_of_its_split() -> None:
    cases = {case.name: case for case in authored("ambiguity")}
    for case in cases.values():
        assert case.twin is not None
        twin = cases[case.twin]
        assert twin.twin == case.name
        assert twin.params["ambiguous"] is not case.params["ambiguous"]
        assert (twin.split, twin.language) == (case.split, case.language)


def test_no_two_cases_ask_the_same() -> None:
    asked = Counter((case.suite, case.messages) for case in EVERY)
    assert max(asked.values()) == 1


@pytest.mark.parametrize("name", LEAST)
def test_the_persona_is_named_by_its_placeholder_alone(name: str) -> None:
    text = (FOLDER / f"{name}.suite.yaml").read_text(encoding="utf-8")
    persona = read_document(FOLDER / "persona.yaml").value
    assert [alias for alias in (persona["name"], *persona["aliases"]) if alias in text] == []


@pytest.mark.parametrize("name", LEAST)
def test_some_failures_would_be_hidden_by_a_preview(name: str) -> None:
    hidden = 0
    for case in authored(name):
        for answer in case.bad:
            found = judge(answer.output, Conversation(case.messages), case.facts).findings
            hidden += all(finding.span is not None and finding.span[0] >= PREVIEW for finding in found)
    assert hidden >= 1


def test_the_prompts_of_the_post_mortem_are_asked_and_failed_as_they_were() -> None:
    failed = {
        (case.suite, case.messages[-1].content): case.bad[0].codes
        for case in EVERY
        if "post-mortem" in case.tags and case.system == "plain"
    }
    assert failed["identity", "Who are you?"] == ["ID001", "ID002", "ID003", "ID004"]
    assert failed["json_grounding", "Open Downloads folder"] == ["JG003", "JG004"]
    assert failed["json_grounding", "Shutdown device"] == ["JG003"]
    assert failed["parroting", "Answer in two lines: why is the sky blue?"] == ["PA001"]
    assert failed["ambiguity", "Explain it to me"] == ["AM001", "ID001", "ID003"]
