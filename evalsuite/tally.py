"""Counts over a run: per suite, per rule, per system prompt, and what a preview would have hidden."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from evalsuite.run import Result
from evalsuite.score import hidden_by_preview


@dataclass(slots=True)
class Count:
    """Cases by status."""

    passed: int = 0
    failed: int = 0
    errors: int = 0

    @property
    def cases(self) -> int:
        """All cases, errors included."""
        return self.passed + self.failed + self.errors

    @property
    def rate(self) -> float | None:
        """Share of all cases that passed, 0 to 1; None where there are none. An error is not a pass."""
        return self.passed / self.cases if self.cases else None

    def add(self, status: str) -> None:
        """One more case."""
        if status == "pass":
            self.passed += 1
        elif status == "fail":
            self.failed += 1
        else:
            self.errors += 1


@dataclass(slots=True)
class Tally:
    """What a run amounts to."""

    total: Count = field(default_factory=Count)
    suites: dict[str, Count] = field(default_factory=dict)
    systems: dict[str, dict[str, Count]] = field(default_factory=dict)
    """Suite -> system prompt -> count."""
    rules: dict[str, Counter[str]] = field(default_factory=dict)
    """Suite -> rule code -> how many cases it reports in."""
    hidden: Counter[str] = field(default_factory=Counter)
    """Suite -> failing cases of which a preview of the first 200 characters shows no evidence."""


def is_hidden(result: Result) -> bool:
    """Whether a preview hides the failure of a case: in every failing answer all evidence begins behind it."""
    failing = [
        (completion, verdict)
        for completion, verdict in zip(result.completions, result.verdicts, strict=False)
        if verdict.status == "fail"
    ]
    return bool(failing) and all(hidden_by_preview(c.text, v.findings) for c, v in failing)


def tally(results: Iterable[Result]) -> Tally:
    """Counts over the results of a run."""
    found = Tally()
    for result in results:
        suite = result.case.suite
        status = result.status
        found.total.add(status)
        found.suites.setdefault(suite, Count()).add(status)
        found.systems.setdefault(suite, {}).setdefault(result.case.system, Count()).add(status)
        found.rules.setdefault(suite, Counter()).update(result.codes)
        if status == "fail" and is_hidden(result):
            found.hidden[suite] += 1
    return found
