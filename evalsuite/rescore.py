"""A recorded run judged again by today's rules, without asking the model anything."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from evalsuite.records import verdict_record
from evalsuite.rules.finding import Verdict
from evalsuite.rules.passage import Conversation
from evalsuite.rules.version import rules_digest
from evalsuite.run import Result, Run
from evalsuite.run_writer import RunWriter
from evalsuite.score import score


@dataclass(frozen=True, slots=True)
class Rescored:
    """One case as it was judged and as it is judged today."""

    before: Result
    verdicts: tuple[Verdict, ...]

    @property
    def after(self) -> Result:
        """The result under today's rules."""
        return replace(self.before, verdicts=self.verdicts)

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


def write_rescored(run: Run, rescored: Sequence[Rescored], folder: Path) -> Run:
    """A new run folder with the run's answers and today's verdicts; the old one stays as it is.

    Raises:
        RunError: the folder cannot be written, or holds a run already.
    """
    complete, reason = run.manifest.complete, run.manifest.reason
    manifest = run.manifest.model_copy(
        update={"rules": rules_digest(), "rescored": f"{run.folder.name}, judged by {run.manifest.rules}"}
    )
    writer = RunWriter(folder, manifest)
    writer.open(entry.before.case for entry in rescored)
    for entry in rescored:
        for completion in entry.before.completions:
            writer.add_completion(completion)
        for completion, verdict in zip(entry.before.completions, entry.verdicts, strict=True):
            writer.add_verdict(verdict_record(entry.before.case.key, completion.request_id, verdict))
    writer.close(complete=complete, reason=reason)
    return Run.open(folder)
