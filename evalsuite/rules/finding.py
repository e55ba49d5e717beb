"""The words of judging: Finding, Rule, Behaviour, Verdict."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, Literal, TypeVar

from pydantic import BaseModel

from evalsuite.rules.passage import Reading

F = TypeVar("F", bound=BaseModel)

Status = Literal["pass", "fail", "error"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One fault in one output."""

    code: str
    span: tuple[int, int] | None
    """Start and end of the evidence, as offsets into the raw output; None where something is missing."""
    message: str
    """One sentence that says what is wrong."""


@dataclass(frozen=True, slots=True)
class Example:
    """An output with its case, shown by `evalsuite explain` and judged by the tests."""

    user: str
    output: str
    facts: Mapping[str, Any] = field(default_factory=dict)
    """Case facts as they stand in a suite file; the persona is Haitham unless said."""
    system: str = "You are Haitham."
    earlier: tuple[tuple[str, str], ...] = ()
    """Earlier (user, assistant) turns, oldest first."""
    finish_reason: str = "stop"


@dataclass(frozen=True, slots=True)
class Rule(Generic[F]):
    """One line of the contract: a pure function of an output and its case's facts, with its explanation."""

    code: str
    name: str
    meaning: str
    """When the rule reports, and when it does not, in one short paragraph."""
    fails: Example
    passes: Example
    """A near miss: looks like a fault and is none."""
    setting: str
    """How a case sets, allows or feeds the rule."""
    check: Callable[[Reading, F], Iterable[Finding]]


@dataclass(frozen=True, slots=True)
class Behaviour(Generic[F]):
    """One file of rules: its case facts and its rules, in the order of their codes."""

    name: str
    facts: type[F]
    rules: tuple[Rule[F], ...]
    everywhere: bool = False
    """True: its rules judge every case of every suite."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What all rules that apply say of one output."""

    status: Status
    findings: tuple[Finding, ...] = ()
    errors: tuple[str, ...] = ()
    """Why a rule or the engine could not decide; any error makes the status "error"."""

    @property
    def codes(self) -> tuple[str, ...]:
        """Sorted rule codes that report, each once."""
        return tuple(sorted({finding.code for finding in self.findings}))
