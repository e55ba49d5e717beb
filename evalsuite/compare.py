"""Two runs side by side: rates per suite and rule, and every case whose verdict changed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from evalsuite.run import Result, Run
from evalsuite.tally import Tally, tally

Change = Literal["regressed", "fixed", "still failing", "still passing", "undecided", "new", "gone"]


class CompareError(Exception):
    """Runs that cannot be compared: what is wrong; what was expected; how to mend it."""


@dataclass(frozen=True, slots=True)
class Pair:
    """One case in both runs."""

    key: str
    change: Change
    before: Result | None
    after: Result | None

    @property
    def parts_at(self) -> int | None:
        """First character at which the two first outputs differ; None where they are equal or one is missing."""
        if not (self.before and self.after and self.before.completions and self.after.completions):
            return None
        return first_difference(self.before.completions[0].text, self.after.completions[0].text)


@dataclass(frozen=True)
class Comparison:
    """What changed from run `before` to run `after`."""

    before: Run
    after: Run
    pairs: tuple[Pair, ...]
    tallies: tuple[Tally, Tally]
    """Counts over the cases of each run."""

    def changed(self, *changes: Change) -> list[Pair]:
        """Pairs of the given kinds, in the order of the run."""
        return [pair for pair in self.pairs if pair.change in changes]


def first_difference(a: str, b: str) -> int | None:
    """Index of the first character that differs, None for equal texts."""
    if a == b:
        return None
    return next((i for i, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))


def _change(before: Result | None, after: Result | None) -> Change:
    if before is None:
        return "new"
    if after is None:
        return "gone"
    match before.status, after.status:
        case "pass", "pass":
            return "still passing"
        case "pass", "fail":
            return "regressed"
        case "fail", "pass":
            return "fixed"
        case "fail", "fail":
            return "still failing"
    return "undecided"


def compare(before: Run, after: Run) -> Comparison:
    """The comparison of two runs of the same suites, by case.

    Raises:
        CompareError: no case in common, or a case that asks or judges differently in the two runs.
        RunError: a run that cannot be read.
    """
    old, new = before.results, after.results
    common = [key for key in old if key in new]
    if not common:
        raise CompareError(
            f"{before.folder} and {after.folder} have no case in common; runs of the same suites were expected; "
            "run both checkpoints on the same suites"
        )
    different = [key for key in common if old[key].case.digest() != new[key].case.digest()]
    if different:
        raise CompareError(
            f"{len(different)} cases were asked or judged differently in the two runs ({', '.join(different)}); "
            "runs of the same suites were expected; run both checkpoints on the same suites"
        )
    pairs = tuple(
        Pair(key, _change(old.get(key), new.get(key)), old.get(key), new.get(key))
        for key in [*old, *(key for key in new if key not in old)]
    )
    return Comparison(before, after, pairs, (tally(old.values()), tally(new.values())))
