"""How often the rules are right: measured, rule by rule, against labelled outputs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from evalsuite.labelled import Labelled, scope
from evalsuite.rules.catalogue import judge
from evalsuite.rules.finding import Verdict
from evalsuite.rules.passage import Conversation
from evalsuite.statistics import wilson_interval


@dataclass(slots=True)
class Confusion:
    """How a rule's reports agree with the labels, over the lines of the behaviours that it belongs to."""

    tp: int = 0
    fp: int = 0
    fn: int = 0
    tn: int = 0

    @property
    def support(self) -> int:
        """Lines on which the rule should report."""
        return self.tp + self.fn

    @property
    def precision(self) -> float | None:
        """Share of its reports that are right, 0 to 1; None where it never reports."""
        return self.tp / (self.tp + self.fp) if self.tp + self.fp else None

    @property
    def recall(self) -> float | None:
        """Share of the faults that it reports, 0 to 1; None where there are none."""
        return self.tp / (self.tp + self.fn) if self.tp + self.fn else None

    @property
    def precision_interval(self) -> tuple[float, float]:
        """95% Wilson interval of the precision."""
        return wilson_interval(self.tp, self.tp + self.fp)

    @property
    def recall_interval(self) -> tuple[float, float]:
        """95% Wilson interval of the recall."""
        return wilson_interval(self.tp, self.tp + self.fn)

    def count(self, *, expected: bool, found: bool) -> None:
        """One more line."""
        if expected and found:
            self.tp += 1
        elif found:
            self.fp += 1
        elif expected:
            self.fn += 1
        else:
            self.tn += 1


@dataclass(frozen=True, slots=True)
class Disagreement:
    """A labelled output on which the rules and the label differ."""

    labelled: Labelled
    verdict: Verdict
    found: frozenset[str]

    @property
    def missed(self) -> tuple[str, ...]:
        """Codes of the label that no rule reports."""
        return tuple(sorted(self.labelled.codes - self.found))

    @property
    def invented(self) -> tuple[str, ...]:
        """Codes that are reported and not in the label."""
        return tuple(sorted(self.found - self.labelled.codes))


@dataclass(slots=True)
class Calibration:
    """Rule accuracy over a set of labelled outputs."""

    rules: dict[str, Confusion] = field(default_factory=dict)
    right: int = 0
    """Outputs whose verdict (pass or fail, within the behaviour's rules) equals the label's."""
    total: int = 0
    disagreements: list[Disagreement] = field(default_factory=list)

    @property
    def accuracy(self) -> float | None:
        """Share of right verdicts, 0 to 1; None where nothing was labelled."""
        return self.right / self.total if self.total else None

    def below(self, *, precision: float, recall: float, accuracy: float) -> list[str]:
        """What falls short of some bars, each a sentence; a rule without support falls short of any bar above 0."""
        short = []
        for code, confusion in self.rules.items():
            for name, value, bar in (
                ("precision", confusion.precision, precision),
                ("recall", confusion.recall, recall),
            ):
                if bar > 0 and (value is None or value < bar):
                    shown = "not measured" if value is None else f"{value:.4f}"
                    short.append(f"{code}: {name} {shown}, at least {bar} was expected")
        if accuracy > 0 and (self.accuracy is None or self.accuracy < accuracy):
            shown = "not measured" if self.accuracy is None else f"{self.accuracy:.4f}"
            short.append(f"verdict accuracy {shown}, at least {accuracy} was expected")
        return short

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {
            "rules": {
                code: {
                    "tp": c.tp,
                    "fp": c.fp,
                    "fn": c.fn,
                    "tn": c.tn,
                    "support": c.support,
                    "precision": c.precision,
                    "recall": c.recall,
                    "precision_interval": list(c.precision_interval),
                    "recall_interval": list(c.recall_interval),
                }
                for code, c in self.rules.items()
            },
            "verdict": {
                "accuracy": self.accuracy,
                "n": self.total,
                "interval": list(wilson_interval(self.right, self.total)),
            },
            "disagreements": [
                {
                    "id": d.labelled.id,
                    "place": d.labelled.place,
                    "behaviour": d.labelled.behaviour,
                    "messages": [{"role": m.role, "content": m.content} for m in d.labelled.messages],
                    "output": d.labelled.output,
                    "expected": sorted(d.labelled.codes),
                    "found": sorted(d.found),
                    "errors": list(d.verdict.errors),
                    "evidence": [
                        {
                            "code": f.code,
                            "span": None if f.span is None else list(f.span),
                            "text": None if f.span is None else d.labelled.output[slice(*f.span)],
                            "message": f.message,
                        }
                        for f in d.verdict.findings
                    ],
                }
                for d in self.disagreements
            ],
        }


def calibrate(outputs: Iterable[Labelled]) -> Calibration:
    """Measures the rules on labelled outputs; each rule counts over the lines of its own behaviour."""
    result = Calibration()
    for labelled in outputs:
        codes = scope(labelled.behaviour)
        verdict = judge(
            labelled.output,
            Conversation(labelled.messages),
            labelled.facts,
            finish_reason=labelled.finish_reason,
            codes=codes,
        )
        found = frozenset(verdict.codes)
        for code in codes:
            confusion = result.rules.setdefault(code, Confusion())
            confusion.count(expected=code in labelled.codes, found=code in found)
        result.total += 1
        result.right += verdict.status != "error" and bool(found) == bool(labelled.codes)
        if found != labelled.codes or verdict.errors:
            result.disagreements.append(Disagreement(labelled, verdict, found))
    return result
