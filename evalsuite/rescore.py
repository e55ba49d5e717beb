"""A recorded run judged again by today's rules, without asking the model anything."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from evalsuite.rules.finding import Verdict
from evalsuite.rules.passage import Conversation
from evalsuite.rules.version import rules_digest
from evalsuite.run import Result, Run, RunError, RunWriter, request_ids, verdict_record
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


def write_rescored(run: Run, rescored: Sequence[Rescored], folder: Path) -> Run:
    """A new run folder with the run's answers and today's verdicts; the old one stays as it is.

    Raises:
        RunError: the folder cannot be written, or holds a run already.
    """
    if (folder / "run.json").exists():
        raise RunError(f"{folder}: holds a run already; a new or empty folder was expected; choose another one")
    manifest = run.manifest.model_copy(
        update={"rules": rules_digest(), "rescored": f"{run.folder.name}, judged by {run.manifest.rules}"}
    )
    writer = RunWriter(folder, manifest)
    writer.open(entry.before.case for entry in rescored)
    for entry in rescored:
        for completion in entry.before.completions:
            writer.add_completion(completion)
        ids = request_ids(entry.before.case, run.manifest.repeats)
        for request_id, verdict in zip(ids, entry.verdicts, strict=False):
            writer.add_verdict(verdict_record(entry.before.case.key, request_id, verdict))
    writer.close(complete=run.manifest.complete, reason=run.manifest.reason)
    return Run.open(folder)
