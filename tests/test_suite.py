"""Suites: how cases expand, what is asked, and every way in which a file can be wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from evalsuite.conversation import Message
from evalsuite.document import DocumentError, Problem
from evalsuite.suite import Suite, load_suite


def load(folder: Path, text: str, name: str = "x.suite.yaml") -> Suite:
    (folder / name).write_text(text, encoding="utf-8")
    return load_suite(folder / name, shown=name)


def problems(folder: Path, text: str) -> tuple[Problem, ...]:
    with pytest.raises(DocumentError) as caught:
        load(folder, text)
    return caught.value.problems


SMALL = """\
suite: identity
cases:
  - id: who-are-you
    system: plain
    user: Who are you?
"""


def test_a_case_sends_a_system_message_and_knows_its_line(suites: Path) -> None:
    (case,) = load(suites, SMALL).cases
    assert case.messages == (Message("system", "You are Haitham, a helper."), Message("user", "Who are you?"))
    assert (case.id, case.line, case.key) == ("who-are-you", 3, "x::who-are-you")
    assert case.group == "who-are-you", "a case without a group is a cluster of its own"


def test_axes_expand_into_every_combination_with_their_labels(suites: Path) -> None:
    text = """\
suite: identity
defaults:
  parametrize: {system: [plain, hardened]}
cases:
  - id: who
    user: Who are you?
    parametrize:
      system: [plain, hardened]
      language:
        en: {user: Who are you?}
        ar: {user: من أنت؟, language: ar}
  - id: other
    user: Hi
"""
    suite = load(suites, text)
    assert [case.id for case in suite.cases] == [
        "who[plain-en]",
        "who[plain-ar]",
        "who[hardened-en]",
        "who[hardened-ar]",
        "other[plain]",
        "other[hardened]",
    ]
    arabic = suite.by_id["who[plain-ar]"]
    assert [m.content for m in arabic.messages] == ["أنت هيثم.", "من أنت؟"]
    assert suite.by_id["who[hardened-ar]"].messages[0].content.startswith("You are Haitham."), "the only wording"
    assert arabic.labels == {"system": "plain", "language": "ar"}


def test_defaults_are_what_a_case_does_not_say_itself(suites: Path) -> None:
    text = """\
suite: identity
defaults:
  system: plain
  tags: [direct]
  sampling: {max_tokens: 64}
  context: "Today is Monday."
cases:
  - id: a
    user: Hi
  - id: b
    user: Hi
    tags: [incidental]
    sampling: {temperature: 0.5, stop: ["\\n"]}
"""
    a, b = load(suites, text).cases
    assert (a.tags, b.tags) == (("direct",), ("incidental",))
    assert (a.sampling.max_tokens, a.sampling.temperature) == (64, 0.0)
    assert (b.sampling.max_tokens, b.sampling.temperature, b.sampling.stop) == (512, 0.5, ("\n",))
    assert a.messages[0].content == "You are Haitham, a helper.\n\nToday is Monday."


def test_placeholders_are_filled_everywhere(suites: Path) -> None:
    text = SMALL + '    good: "I am {{persona}} ({{persona.ar}}), {{fact.role}}."\n'
    assert load(suites, text).cases[0].good == "I am Haitham (هيثم), a helper."


def test_a_conversation_keeps_its_turns(suites: Path) -> None:
    text = """\
suite: identity
cases:
  - id: a
    system: plain
    conversation:
      - user: Hi
      - assistant: Hello!
      - user: Who are you?
"""
    (case,) = load(suites, text).cases
    assert [m.role for m in case.messages] == ["system", "user", "assistant", "user"]


def test_the_digest_changes_with_what_is_asked_and_with_what_judges(suites: Path) -> None:
    digest = load(suites, SMALL).cases[0].digest()
    assert load(suites, SMALL).cases[0].digest() == digest
    assert load(suites, SMALL.replace("Who", "What")).cases[0].digest() != digest
    assert load(suites, SMALL + "    asks_identity: true\n").cases[0].digest() != digest
    assert load(suites, SMALL + "    tags: [direct]\n").cases[0].digest() == digest


SLOT = "    slot: {name: file, words: [file], options: [a.pdf, b.pdf]}\n"
CLEAR = "ambiguous: false\n    answer_contains: [[a.pdf]]\n"
PAIR = """\
suite: ambiguity
defaults: {system: plain}
cases:
  - id: vague
    user: Delete the report.
    ambiguous: true
    slot: {name: file, words: [file], options: [a.pdf, b.pdf]}
    twin: clear
  - id: clear
    user: Delete a.pdf.
    ambiguous: false
    answer_contains: [[a.pdf]]
    twin: vague
"""


def test_twins_name_each_other(suites: Path) -> None:
    assert [case.twin for case in load(suites, PAIR).cases] == ["clear", "vague"]


BROKEN = {
    "unknown suite": ("suite: identiti\ncases: [{id: a, user: x, system: plain}]\n", 1, "did you mean 'identity'?"),
    "no suite key": ("cases: [{id: a, user: x, system: plain}]\n", 1, "'suite' is missing"),
    "no cases": ("suite: identity\ncases: []\n", 2, "at least one entry"),
    "cases are no list": ("suite: identity\ncases: {a: 1}\n", 2, "valid list"),
    "the file is a list": ("- a\n- b\n", 1, "holds a list"),
    "an empty file": ("", 0, "holds nothing"),
    "unknown key at the top": (SMALL + "casess: 1\n", 6, "did you mean 'cases'?"),
    "unknown key in a case": (SMALL + "    usr: x\n", 6, "did you mean 'user'?"),
    "unknown key in the defaults": ("defaults: {systm: plain}\n" + SMALL, 1, "did you mean 'system'?"),
    "duplicate id": (SMALL + SMALL.split("cases:\n")[1], 6, "taken by the case in line 3"),
    "duplicate key": (SMALL + "    user: again\n", 6, "second time"),
    "an id with a space": (SMALL.replace("who-are-you", "who are you"), 3, "lower-case letters"),
    "asks nothing": ("suite: identity\ncases: [{id: a, system: plain}]\n", 2, "asks nothing"),
    "asks twice": (SMALL + "    conversation: [{user: x}]\n", 3, "both `user` and `conversation`"),
    "turns out of order": (
        "suite: identity\ncases:\n  - id: a\n    system: plain\n    conversation: [{assistant: x}]\n",
        5,
        "do not alternate",
    ),
    "no system prompt": (SMALL.replace("    system: plain\n", ""), 3, "names no system prompt"),
    "unknown system prompt": (SMALL.replace("plain", "plian"), 4, "did you mean 'plain'?"),
    "unknown system prompt in an axis": (
        SMALL.replace("system: plain", "parametrize: {system: [plain, hard]}"),
        4,
        "'hard' is not known",
    ),
    "an axis that says one label twice": (
        SMALL.replace("system: plain", "parametrize: {system: [plain, plain]}"),
        3,
        "expands to 'who-are-you[plain]' twice",
    ),
    "labels that join to one id": (
        SMALL + "    parametrize: {x: {a: {}, a-b: {}}, y: {b-c: {}, c: {}}}\n",
        3,
        "expands to 'who-are-you[a-b-c]' twice",
    ),
    "an axis that changes the id": (SMALL + "    parametrize: {x: {a: {id: b}}}\n", 6, "is not changed by an axis"),
    "an unknown key under a label": (SMALL + "    parametrize:\n      x: {a: {usr: b}}\n", 7, "'usr' is not known"),
    "a default that each case has": ("defaults: {user: hi}\n" + SMALL, 1, "'user' is no default"),
    "a tag that pytest acts on": (SMALL + "    tags: [direct, xfail]\n", 6, "would change how pytest runs"),
    "a twin that is no text": (SMALL + "    twin: [a]\n", 6, 'twin is ["a"]'),
    "a number beyond all bounds": (SMALL + f"    sampling: {{seed: 0x{'f' * 3990}}}\n", 6, "sampling.seed"),
    "a language that is none": (SMALL + "    language: AR\n", 6, "of the form"),
    "deep nesting": (SMALL + f"    why: {'[' * 900}{']' * 900}\n", 6, "nested deeper than 100"),
    "an axis that is no axis": (SMALL + "    parametrize: {language: en}\n", 6, "labels were expected"),
    "a misspelt rule code": (SMALL + "    allow: [ID033]\n", 6, "'ID033' is not known"),
    "a misspelt code of a bad answer": (SMALL + "    bad: [{output: x, codes: [FL01]}]\n", 6, "'FL01' is not known"),
    "a wrong type": (SMALL + "    asks_identity: maybe\n", 6, "boolean"),
    "a wrong split": (SMALL + "    split: train\n", 6, "gate"),
    "an unknown placeholder": (SMALL + '    good: "I am {{persna}}."\n', 6, "placeholder"),
    "a fact of another behaviour": (SMALL + "    slot: {name: file}\n", 6, "'slot' is not known"),
    "a schema that is missing": (SMALL.replace("identity", "json_grounding"), 3, "'schema' is missing"),
    "a schema that is none": (
        SMALL.replace("identity", "json_grounding") + "    schema: {type: objekt}\n",
        6,
        "objekt",
    ),
    "a slot that is missing": (PAIR.replace(SLOT, ""), 4, "slot"),
    "a twin that is not there": (PAIR.replace("twin: vague", "twin: vage"), 13, "did you mean 'vague'?"),
    "a twin that does not answer": (PAIR.replace("    twin: vague\n", ""), 8, "does not name"),
    "no twin at all": (PAIR.replace("    twin: vague\n", ""), 9, "has no twin"),
    "twins of one kind": (PAIR.replace(CLEAR, "ambiguous: true\n" + SLOT), 8, "of one kind"),
    "no YAML": ("suite: [identity\n", 2, "not YAML"),
}  # fmt: skip


@pytest.mark.parametrize("kind", BROKEN)
def test_a_broken_suite_is_told_at_its_line_with_a_remedy(suites: Path, kind: str) -> None:
    text, line, words = BROKEN[kind]
    found = problems(suites, text)
    matching = [problem for problem in found if words in str(problem)]
    assert matching, [str(problem) for problem in found]
    assert matching[0].line == line
    assert matching[0].path == "x.suite.yaml"
    assert matching[0].mend


def test_all_problems_of_a_file_come_at_once_in_the_order_of_its_lines(suites: Path) -> None:
    found = problems(suites, SMALL + "    usr: x\n    allow: [ID999]\n" + SMALL.split("cases:\n")[1])
    assert [problem.line for problem in found] == [6, 7, 8]


def test_problems_of_persona_and_systems_name_their_own_files(suites: Path) -> None:
    (suites / "persona.yaml").write_text("nam: Nova\n", encoding="utf-8")
    (suites / "systems.yaml").write_text("plain: ''\n", encoding="utf-8")
    found = problems(suites, SMALL)
    assert {problem.path for problem in found} == {"persona.yaml", "systems.yaml"}


@pytest.mark.parametrize("name", ["persona.yaml", "systems.yaml"])
def test_a_missing_companion_is_one_clear_problem(suites: Path, name: str) -> None:
    (suites / name).unlink()
    (problem,) = problems(suites, SMALL)
    assert (problem.path, problem.line) == (name, 0)
    assert "cannot be read" in problem.what


def test_a_problem_of_the_defaults_is_told_once(suites: Path) -> None:
    cases = "".join(f"  - {{id: c{i}, user: hi}}\n" for i in range(5))
    found = problems(suites, f"suite: identity\ndefaults: {{system: plain, usr: x}}\ncases:\n{cases}")
    assert [(p.line, p.what) for p in found] == [(2, "the key 'usr' is not known")]
