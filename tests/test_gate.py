"""The gate: promotes only what was wholly measured and good enough, with every reason."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from evalsuite.calibration_record import CalibrationRecord, RuleAccuracy
from evalsuite.document import DocumentError
from evalsuite.gate import Floor, Policy, Scorers, decide, read_policy
from evalsuite.rules.catalogue import RULES
from evalsuite.rules.version import rules_digest
from evalsuite.run import Run
from tests.conftest import ROOT
from tests.stories import make_case, make_run

POLICY = Policy(floors={"identity": Floor(pass_rate=0.75, min_cases=2)}, zero_tolerance=["ID002"])
GOOD = "The museum opens at nine."
BAD = "Hello Haitham! The museum opens at nine."
ZERO = "I'm Qwen, created by Alibaba Cloud."


def run_of(folder: Path, answers: list[str]) -> Run:
    return make_run(folder, {f"case-{i}": answer for i, answer in enumerate(answers)})


@pytest.mark.parametrize(
    ("answers", "decision"),
    [
        ([GOOD] * 4, "promote"),
        ([GOOD] * 3 + [BAD], "promote"),
        ([GOOD] * 2 + [BAD] * 2, "hold"),
        ([GOOD] * 9 + [ZERO], "hold"),
        ([GOOD], "unmeasurable"),
    ],
)
def test_floors_and_zero_tolerance_decide(tmp_path: Path, answers: list[str], decision: str) -> None:
    report = decide(run_of(tmp_path / "r", answers), POLICY)
    assert report.decision == decision
    assert report.reasons


def test_a_reason_names_the_cases_behind_it(tmp_path: Path) -> None:
    report = decide(run_of(tmp_path / "r", [GOOD, BAD, BAD]), POLICY)
    held = [reason for reason in report.reasons if reason.decision == "hold"]
    assert held[0].cases == ("identity::case-1[plain]", "identity::case-2[plain]")


def edit(run: Run, **changes: object) -> Run:
    path = run.folder / "run.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))
    return Run.open(run.folder)


def test_what_was_not_wholly_measured_is_never_promoted(tmp_path: Path) -> None:
    whole = [GOOD] * 4
    selection = {"collected": 9, "deselected": 5, "selected": 4}
    incomplete = edit(run_of(tmp_path / "a", whole), complete=False)
    deselected = edit(run_of(tmp_path / "b", whole), selection=selection)
    miscounted = edit(run_of(tmp_path / "c", whole), selection={**selection, "deselected": 0, "selected": 9})
    unjudged = run_of(tmp_path / "d", whole)
    (unjudged.folder / "verdicts.jsonl").write_text("")
    unanswered = run_of(tmp_path / "e", whole)
    (unanswered.folder / "completions.jsonl").write_text("")
    missing = run_of(tmp_path / "f", whole)
    (missing.folder / "cases.jsonl").unlink()
    empty = make_run(tmp_path / "g", {})
    more_repeats = edit(run_of(tmp_path / "h", whole), repeats=2)
    for run in (incomplete, deselected, miscounted, unjudged, unanswered, missing, empty, more_repeats):
        assert decide(Run.open(run.folder), POLICY).decision == "unmeasurable", run.folder.name


def test_a_suite_that_did_not_run_is_unmeasurable(tmp_path: Path) -> None:
    policy = Policy(floors={**POLICY.floors, "parroting": Floor(pass_rate=0.1)})
    assert decide(run_of(tmp_path / "r", [GOOD] * 4), policy).decision == "unmeasurable"


def test_dev_cases_never_decide(tmp_path: Path) -> None:
    from dataclasses import replace

    cases = [make_case(f"case-{i}") for i in range(4)] + [replace(make_case("looked-at"), split="dev")]
    run = make_run(tmp_path / "r", {c.name: ZERO if c.split == "dev" else GOOD for c in cases}, cases=cases)
    assert decide(run, POLICY).decision == "promote"


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    answers=st.lists(st.sampled_from([GOOD, BAD, ZERO]), min_size=1, max_size=8),
    index=st.integers(0, 7),
    fault=st.sampled_from([BAD, ZERO]),
)
def test_a_further_fault_never_turns_hold_into_promote(
    tmp_path_factory: pytest.TempPathFactory, answers: list[str], index: int, fault: str
) -> None:
    folder = tmp_path_factory.mktemp("gate")
    before = decide(run_of(folder / "before", answers), POLICY).decision
    worse = [fault if i == index % len(answers) and a == GOOD else a for i, a in enumerate(answers)]
    after = decide(run_of(folder / "after", worse), POLICY).decision
    assert not (before != "promote" and after == "promote")


def record(**changes: RuleAccuracy) -> CalibrationRecord:
    good = RuleAccuracy(tp=50, fp=0, fn=1, tn=50)
    return CalibrationRecord(
        rules_digest=rules_digest(),
        labelled_digest="sha256:0",
        outputs=100,
        right=100,
        rules={code: changes.get(code, good) for code in RULES},
    )


STRICT = POLICY.model_copy(update={"scorers": Scorers(min_precision=0.9, min_recall=0.9)})


def test_rules_measured_well_enough_may_decide(tmp_path: Path) -> None:
    assert decide(run_of(tmp_path / "r", [GOOD] * 4), STRICT, record()).decision == "promote"


@pytest.mark.parametrize(
    "accuracy",
    [RuleAccuracy(tp=8, fp=2, fn=0, tn=9), RuleAccuracy(tp=8, fp=0, fn=2, tn=9), RuleAccuracy(tp=0, fp=0, fn=0, tn=9)],
)
def test_a_rule_below_the_bar_or_never_measured_makes_the_run_unmeasurable(
    tmp_path: Path, accuracy: RuleAccuracy
) -> None:
    report = decide(run_of(tmp_path / "r", [GOOD] * 4), STRICT, record(ID003=accuracy))
    assert report.decision == "unmeasurable"
    assert any("ID003" in reason.text for reason in report.reasons)


def test_a_rule_that_decides_nothing_may_be_bad(tmp_path: Path) -> None:
    report = decide(run_of(tmp_path / "r", [GOOD] * 4), STRICT, record(JG004=RuleAccuracy(tp=0, fp=9, fn=9, tn=0)))
    assert report.decision == "promote"


def test_a_rule_missing_in_the_record_makes_the_run_unmeasurable(tmp_path: Path) -> None:
    whole = record()
    rules = {code: accuracy for code, accuracy in whole.rules.items() if code != "PA001"}
    report = decide(run_of(tmp_path / "r", [GOOD] * 4), STRICT, whole.model_copy(update={"rules": rules}))
    assert report.decision == "unmeasurable"


def test_a_measurement_of_other_rules_counts_for_nothing(tmp_path: Path) -> None:
    other = record().model_copy(update={"rules_digest": "sha256:other"})
    assert decide(run_of(tmp_path / "r", [GOOD] * 4), STRICT, other).decision == "unmeasurable"


def test_a_run_judged_by_other_rules_is_unmeasurable(tmp_path: Path) -> None:
    run = edit(run_of(tmp_path / "r", [GOOD] * 4), rules="sha256:other")
    assert decide(run, STRICT, record()).decision == "unmeasurable"


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("floors: {}\n", 1, "at least one entry"),
        ("floors:\n  identiti: {pass_rate: 0.9}\n", 2, "did you mean 'identity'?"),
        ("floors:\n  identity: {pass_rate: 1.2}\n", 2, "less than or equal to 1"),
        ("floors:\n  identity: {pass_rate: .nan}\n", 2, "pass_rate"),
        ("floors:\n  identity: {pass_rate: '0.9'}\n", 2, "valid number"),
        ("floors:\n  identity: {pass_rate: 0.9, min_cases: 0}\n", 2, "greater than or equal to 1"),
        ("floors:\n  identity: {}\n", 2, "'floors.identity.pass_rate' is missing"),
        ("floors:\n  identity: {pass_rate: 0.9}\nzero_tolerance: [ID033]\n", 3, "'ID033' is not known"),
        ("floors:\n  identity: {pass_rate: 0.9}\nzero: []\n", 3, "'zero' is not known"),
    ],
)
def test_a_broken_policy_is_told_at_its_line(tmp_path: Path, text: str, line: int, words: str) -> None:
    path = tmp_path / "gate.yaml"
    path.write_text(text)
    with pytest.raises(DocumentError) as caught:
        read_policy(path)
    assert any(words in str(problem) and problem.line == line for problem in caught.value.problems), caught.value


def test_the_projects_own_policy_is_read() -> None:
    policy = read_policy(ROOT / "suites" / "gate.yaml")
    assert len(policy.floors) == 5
    assert policy.scorers is not None
