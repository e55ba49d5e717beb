"""The run folder, read back as a Run: enough by itself to judge again.

run.json            what was run: checkpoint, engine, suites, sampling, selection, start and end
cases.jsonl         the selected cases: what is asked, and the facts that judge it
completions.jsonl   one answer a line, appended as they come
superseded.jsonl    answers of an interrupted run that were asked again when it was taken up
verdicts.jsonl      one verdict a line, with the evidence's offsets
summary.md, report.html, engine.log
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from evalsuite.case import Case
from evalsuite.conversation import Completion
from evalsuite.manifest import SCHEMA_VERSION, Manifest
from evalsuite.records import (
    RunError,
    case_from_record,
    completion_from_record,
    read_records,
    request_ids,
    verdict_from_record,
)
from evalsuite.rules.finding import Status, Verdict

_UNJUDGED = Verdict("error", errors=("no verdict was recorded",))


@dataclass(frozen=True)
class Result:
    """One case of a run: what was asked, every answer, every verdict."""

    case: Case
    completions: tuple[Completion, ...]
    verdicts: tuple[Verdict, ...]
    """One for each completion, in the same order."""
    repeats: int = 1
    """How many answers there should be."""

    @property
    def status(self) -> Status:
        """Status over all repeats; a case that lacks an answer or a verdict is an error."""
        statuses = {verdict.status for verdict in self.verdicts}
        if len(self.verdicts) < self.repeats or "error" in statuses:
            return "error"
        return "fail" if "fail" in statuses else "pass"

    @property
    def codes(self) -> tuple[str, ...]:
        """Sorted codes that report in any repeat."""
        return tuple(sorted({code for verdict in self.verdicts for code in verdict.codes}))


class Run:
    """A run folder read back."""

    def __init__(self, folder: Path, manifest: Manifest) -> None:
        self.folder = folder
        self.manifest = manifest

    @classmethod
    def open(cls, folder: Path) -> Run:
        """The run in a folder.

        Raises:
            RunError: no run folder, or its run.json is not one.
        """
        path = folder / "run.json"
        try:
            manifest = Manifest.model_validate(json.loads(path.read_bytes()))
        except FileNotFoundError:
            raise RunError(
                f"{folder}: is no run folder; a folder with a run.json was expected; "
                "give one that `pytest suites/ --model ...` wrote, such as reports/<checkpoint>/0001"
            ) from None
        except OSError as error:
            raise RunError(
                f"{path}: cannot be read ({error.strerror}); a readable file was expected; check its permissions"
            ) from None
        except (ValueError, ValidationError, RecursionError) as error:
            first = str(error).splitlines()[0]
            raise RunError(
                f"{path}: is damaged ({first}); the record of a run was expected; run the suites again"
            ) from None
        if manifest.schema_version != SCHEMA_VERSION:
            raise RunError(
                f"{path}: has schema version {manifest.schema_version}; version {SCHEMA_VERSION} was expected; "
                "read it with the evalsuite that wrote it"
            )
        return cls(folder, manifest)

    def cases(self) -> Iterator[Case]:
        """Selected cases in the order of the run. Raises RunError on a damaged line."""
        return read_records(self.folder / "cases.jsonl", case_from_record)

    def completions(self) -> dict[str, Completion]:
        """Answers by request id; where a request was asked again after an error, the last one."""
        answers = read_records(self.folder / "completions.jsonl", completion_from_record)
        return {completion.request_id: completion for completion in answers}

    def verdicts(self) -> dict[str, Verdict]:
        """Verdicts by request id."""
        return dict(read_records(self.folder / "verdicts.jsonl", _verdict_of))

    @cached_property
    def results(self) -> dict[str, Result]:
        """Results by case key, in the order of the run; an answer without a verdict is an error."""
        completions = self.completions()
        verdicts = self.verdicts()
        results = {}
        for case in self.cases():
            ids = [i for i in request_ids(case, self.manifest.repeats) if i in completions]
            results[case.key] = Result(
                case,
                tuple(completions[i] for i in ids),
                tuple(verdicts.get(i, _UNJUDGED) for i in ids),
                self.manifest.repeats,
            )
        return results


def _verdict_of(record: Mapping[str, Any]) -> tuple[str, Verdict]:
    return str(record["id"]), verdict_from_record(record)
