"""The decision whether a checkpoint is promoted, from its run folder and a policy, and from nothing else.

Fails closed: what cannot be measured is never promoted.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from evalsuite.calibration_record import CalibrationRecord, RecordError, shipped_record
from evalsuite.case import STRICT
from evalsuite.document import DocumentError, read_document
from evalsuite.records import RunError, request_ids
from evalsuite.rules.catalogue import BEHAVIOURS, RULES, behaviours_for
from evalsuite.rules.version import rules_digest
from evalsuite.run import Result, Run
from evalsuite.schema_errors import read_model, unknown_key

Decision = Literal["promote", "hold", "unmeasurable"]
EXIT_CODES: dict[Decision, int] = {"promote": 0, "hold": 1, "unmeasurable": 2}

Rate = Annotated[float, Field(ge=0, le=1)]


class Floor(BaseModel):
    """What a suite must reach."""

    model_config = STRICT

    pass_rate: Rate
    """Least share of the suite's gate cases that pass, 0 to 1."""
    min_cases: Annotated[int, Field(ge=1)] = 1
    """Fewest gate cases on which a rate is believed."""


class Scorers(BaseModel):
    """How accurate the rules must have been measured to be, for a decision to rest on them."""

    model_config = STRICT

    min_precision: Rate
    min_recall: Rate


class Policy(BaseModel):
    """`gate.yaml`."""

    model_config = STRICT

    floors: Annotated[dict[str, Floor], Field(min_length=1)]
    """Suite -> floor. A suite that is named here and was not run makes the run unmeasurable."""
    zero_tolerance: list[str] = []
    """Codes of rules that must not report in any gate case."""
    scorers: Scorers | None = None
    """Bars for the rules' own accuracy, from the record that `evalsuite calibrate` makes; none where it is missing."""


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason for a decision, with the cases behind it."""

    decision: Decision
    """What the reason by itself would decide."""
    text: str
    cases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class GateReport:
    """The decision with every reason."""

    decision: Decision
    reasons: tuple[Reason, ...]

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {
            "decision": self.decision,
            "reasons": [{"decision": r.decision, "text": r.text, "cases": list(r.cases)} for r in self.reasons],
        }


def read_policy(path: Path, *, shown: str | None = None) -> Policy:
    """The policy in a YAML file.

    Raises:
        DocumentError: with every problem, each at its line.
    """
    document = read_document(path, shown=shown)
    problems: list[Any] = []
    policy = read_model(Policy, document, (), document.value, problems)
    if policy is not None:
        suites = sorted(behaviour.name for behaviour in BEHAVIOURS)
        problems += [
            unknown_key(document, ("floors", suite), suite, suites) for suite in policy.floors if suite not in suites
        ]
        problems += [
            document.problem(
                ("zero_tolerance", i),
                f"the rule {code!r} is not known",
                "a code that `evalsuite rules` lists was expected",
                "correct or remove it",
            )
            for i, code in enumerate(policy.zero_tolerance)
            if code not in RULES
        ]
    if problems or policy is None:
        raise DocumentError(problems)
    return policy


def decide(run: Run, policy: Policy, record: CalibrationRecord | None = None) -> GateReport:
    """The decision on a run under a policy: unmeasurable before hold before promote.

    Args:
        run: the candidate's run.
        policy: what must hold.
        record: how accurate the rules are; the package's own record by default.
    """
    try:
        results = list(run.results.values())
        reasons = [
            *_completeness(run, results),
            *_scorers(run, policy, record),
            *_floors(results, policy),
            *_zero_tolerance(results, policy),
        ]
    except RunError as error:
        reasons = [Reason("unmeasurable", str(error))]
    for decision in ("unmeasurable", "hold"):
        if any(reason.decision == decision for reason in reasons):
            return GateReport(decision, tuple(reasons))
    return GateReport("promote", tuple(reasons))


def _completeness(run: Run, results: list[Result]) -> Iterable[Reason]:
    manifest = run.manifest
    if not manifest.complete:
        yield Reason("unmeasurable", f"the run is not complete: {manifest.why_incomplete}")
    if manifest.selection.deselected:
        yield Reason(
            "unmeasurable",
            f"{manifest.selection.deselected} of {manifest.selection.collected} cases were not selected; "
            "a whole run was expected; run the suites without -k, -m or single ids",
        )
    if len(results) != manifest.selection.selected or not results:
        yield Reason("unmeasurable", f"{len(results)} cases are recorded where {manifest.selection.selected} ran")
    unanswered = [
        r.case.key
        for r in results
        if len(r.completions) != len(request_ids(r.case, manifest.repeats)) or len(r.verdicts) != len(r.completions)
    ]
    if unanswered:
        yield Reason("unmeasurable", f"{len(unanswered)} cases lack answers or verdicts", tuple(unanswered))
    errors = [r.case.key for r in results if r.status == "error"]
    if errors:
        yield Reason("unmeasurable", f"{len(errors)} cases are errors, which say nothing of the model", tuple(errors))


def _scorers(run: Run, policy: Policy, record: CalibrationRecord | None) -> Iterable[Reason]:
    """Whether the rules that decide were measured, at this version, and found good enough."""
    bars = policy.scorers
    if bars is None:
        return
    if run.manifest.rules != rules_digest():
        yield Reason(
            "unmeasurable",
            "the run was judged by other rules than the ones installed; `evalsuite rescore RUN --write` judges it anew",
        )
    try:
        record = record or shipped_record()
    except RecordError as error:
        yield Reason("unmeasurable", str(error))
        return
    if record.rules_digest != rules_digest():
        yield Reason("unmeasurable", "the rules have changed since their accuracy was measured; run `nox -s accuracy`")
        return
    for code in _deciding(policy):
        measured = record.rules.get(code)
        for name, value, bar in (
            ("precision", measured.precision if measured else None, bars.min_precision),
            ("recall", measured.recall if measured else None, bars.min_recall),
        ):
            if value is None or value < bar:
                shown = "was not measured" if value is None else f"is {value:.3f}"
                yield Reason("unmeasurable", f"the {name} of {code} {shown}; the policy asks for {bar:.3f}")


def _deciding(policy: Policy) -> list[str]:
    """Codes of the rules that a decision rests on: those that judge a suite with a floor, and those not tolerated."""
    judging = {rule.code for suite in policy.floors for behaviour in behaviours_for(suite) for rule in behaviour.rules}
    return [code for code in RULES if code in judging or code in policy.zero_tolerance]


def _floors(results: list[Result], policy: Policy) -> Iterable[Reason]:
    for suite, floor in policy.floors.items():
        gating = [r for r in results if r.case.suite == suite and r.case.split == "gate"]
        if len(gating) < floor.min_cases:
            yield Reason(
                "unmeasurable", f"{suite}: {len(gating)} gate cases ran; at least {floor.min_cases} are needed"
            )
            continue
        failing = tuple(r.case.key for r in gating if r.status != "pass")
        rate = 1 - len(failing) / len(gating)
        verdict = f"{suite}: {len(gating) - len(failing)} of {len(gating)} gate cases pass ({rate:.1%})"
        if rate < floor.pass_rate:
            yield Reason("hold", f"{verdict}; the floor is {floor.pass_rate:.1%}", failing)
        else:
            yield Reason("promote", f"{verdict}; the floor is {floor.pass_rate:.1%}", failing)


def _zero_tolerance(results: list[Result], policy: Policy) -> Iterable[Reason]:
    for code in policy.zero_tolerance:
        cases = tuple(r.case.key for r in results if r.case.split == "gate" and code in r.codes)
        if cases:
            yield Reason(
                "hold", f"{code} {RULES[code].name} reports in {len(cases)} gate cases; none is tolerated", cases
            )
