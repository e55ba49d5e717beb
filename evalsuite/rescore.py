"""A recorded run judged again by today's rules, without asking the model anything."""

from __future__ import annotations

from dataclasses import dataclass

from evalsuite.rules.finding import Verdict
from evalsuite.rules.passage import Conversation
from evalsuite.run import Result, Run
from evalsuite.score import score


@dataclass(frozen=True, slots=True)
class Rescored:
    """One case as it was judged and as it is judged today."""

    before: Result
    verdicts: tuple[Verdict, ...]

    @property
    def after(self) -> Result:
        """The result under today's rules."""
        return Result(self.before.case, self.before.completions, self.verdicts)

    @property
    def changed(self) -> bool:
        """Whether the status or the codes changed."""
        return (self.before.status, self.before.codes) != (self.after.status, self.after.codes)


def rescore(run: Run) -> list[Rescored]:
    """Every case of a run with today's verdicts.

    Raises:
        RunError: the run cannot be read.
    """
    found = []
    for result in run.results.values():
        conversation = Conversation(result.case.messages)
        verdicts = tuple(score(result.case, completion, conversation) for completion in result.completions)
        found.append(Rescored(result, verdicts))
    return found
