"""One evaluation: the selected cases of some suites, put to one checkpoint, into one run folder."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from evalsuite.case import Case
from evalsuite.checkpoint import Checkpoint
from evalsuite.conversation import Completion, Request
from evalsuite.engines.choose import choose
from evalsuite.engines.engine import Engine, EngineOptions
from evalsuite.generate import Generation
from evalsuite.manifest import MAX_REPEATS, Manifest, Selection, SuiteRecord, now
from evalsuite.records import RunError, request_ids
from evalsuite.rules.version import rules_digest
from evalsuite.run import Run
from evalsuite.run_writer import RunWriter, next_folder, repair_journal, set_aside
from evalsuite.suite import Suite


class EvaluationError(Exception):
    """The evaluation cannot begin: what is wrong; what was expected; how to mend it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EvaluationOptions:
    """What the command line says of an evaluation."""

    model: str | None = None
    base_model: str | None = None
    engine: str = "auto"
    replay: Path | None = None
    report: Path | None = None
    """The run folder itself; a new one below `reports` where it is None."""
    reports: Path = Path("reports")
    resume: bool = False
    repeats: int = 1
    temperature: float | None = None
    max_tokens: int | None = None
    engine_options: EngineOptions = field(default_factory=EngineOptions)


def requests_for(case: Case, options: EvaluationOptions) -> list[Request]:
    """The requests of a case: one, or one a repeat, each with a seed of its own."""
    sampling = case.sampling
    if options.temperature is not None:
        sampling = replace(sampling, temperature=options.temperature)
    if options.max_tokens is not None:
        sampling = replace(sampling, max_tokens=options.max_tokens)
    return [
        Request(request_id, case.messages, replace(sampling, seed=sampling.seed + k))
        for k, request_id in enumerate(request_ids(case, options.repeats))
    ]


def _sampling_changes(options: EvaluationOptions) -> dict[str, Any]:
    changes = {"temperature": options.temperature, "max_tokens": options.max_tokens}
    return {name: value for name, value in changes.items() if value is not None}


def check_options(options: EvaluationOptions) -> None:
    """Raises EvaluationError where options contradict each other or the model is not named."""
    if options.model == "":
        raise EvaluationError("--model is empty; a checkpoint folder or a hub id was expected; name one")
    if options.model is None and options.replay is None and not options.engine_options.base_urls:
        raise EvaluationError(
            "no model was given; a checkpoint folder, a hub id or a running server was expected; "
            "add --model CHECKPOINT, --base-url URL, or --replay RUN"
        )
    engine = options.engine_options
    for name, value, low, high in (
        ("--repeats", options.repeats, 1, MAX_REPEATS),
        ("--temperature", options.temperature, 0, 2),
        ("--max-tokens", options.max_tokens, 1, math.inf),
        ("--concurrency", engine.concurrency, 1, math.inf),
        ("--batch-size", engine.batch_size, 1, math.inf),
        ("--max-model-len", engine.max_model_len, 1, math.inf),
        ("--request-timeout", engine.request_timeout_s, 0.001, 1e9),
        ("--start-timeout", engine.start_timeout_s, 0.001, 1e9),
    ):
        if value is not None and not low <= value <= high:  # also refuses NaN
            bounds = f"{low:g} or more" if high == math.inf else f"a number from {low:g} to {high:g}"
            raise EvaluationError(f"{name} is {value}; {bounds} was expected; change it")
    if options.repeats > 1 and not options.temperature and options.replay is None:
        raise EvaluationError(
            f"--repeats {options.repeats} asks a greedy model the same thing again; "
            "a temperature above 0 was expected; add --temperature 0.7 or the like"
        )
    if options.resume and options.replay is not None:
        raise EvaluationError("--resume and --replay were given together; one of them was expected; remove the other")


@dataclass(frozen=True, slots=True)
class Subject:
    """What is under test, and the engine that will answer for it."""

    record: Mapping[str, Any]
    """The checkpoint as run.json records it."""
    name: str
    """Name of its folder below `reports`."""
    engine: Callable[[Path], Engine]
    """Makes the engine, given the path of its log."""
    replayed: str | None = None


def find_subject(options: EvaluationOptions) -> Subject:
    """The checkpoint of the options with the engine that serves it.

    Raises:
        EvaluationError, CheckpointError, EngineError, RunError: it cannot be had, each with the reason.
    """
    check_options(options)
    if options.replay is not None:
        recorded = Run.open(options.replay)
        answers = recorded.completions()
        source = shown_path(options.replay)
        messages = {
            request_id: case.messages
            for case in recorded.cases()
            for request_id in request_ids(case, recorded.manifest.repeats)
        }
        name = str(recorded.manifest.checkpoint.get("name", "replay"))
        return Subject(
            recorded.manifest.checkpoint,
            name,
            lambda log: choose(
                "replay", options.engine_options, None, log=log, recorded=answers, messages=messages, source=source
            ),
            source,
        )
    checkpoint = None
    if options.model is not None and (
        not options.engine_options.base_urls or os.path.exists(options.model)  # noqa: PTH110  # Path's raises where the name is too long for a path
    ):
        checkpoint = Checkpoint.open(
            options.model,
            base_model=options.base_model,
            trust_remote_code=options.engine_options.trust_remote_code,
        )
    record: Mapping[str, Any] = (
        _portable(checkpoint.as_dict())
        if checkpoint
        else {"kind": "served", "name": options.model or "served", "digest": None}
    )
    return Subject(
        record,
        str(record["name"]),
        lambda log: choose(options.engine, options.engine_options, checkpoint, log=log),
    )


def _portable(record: Mapping[str, Any]) -> dict[str, Any]:
    """A checkpoint's record with its folders named from here: a run may be shown to others."""
    paths = {key: record[key] for key in ("path", "tokenizer", "base") if record.get(key)}
    return {**record, **{key: shown_path(Path(path)) for key, path in paths.items()}}


def shown_path(path: Path) -> str:
    """A path as messages and records name it: from the working directory where it lies below, else its own name."""
    if not path.is_absolute():
        return path.as_posix()
    here = Path.cwd()
    return path.relative_to(here).as_posix() if path.is_relative_to(here) else path.name


def choose_folder(options: EvaluationOptions, name: str) -> Path:
    """The run folder: the one given, the last incomplete one where the run is taken up again, or a new one.

    Raises:
        RunError: a folder given that holds a run already, or nothing to resume.
    """
    if options.report is not None:
        if (options.report / "run.json").exists() and not options.resume:
            raise RunError(
                f"{options.report}: holds a run already; a new or empty folder was expected; "
                "choose another --report, or add --resume to take the run up again"
            )
        return options.report
    if not options.resume:
        return next_folder(options.reports, _folder_name(name))
    parent = options.reports / _folder_name(name)
    numbered = [child for child in parent.glob("[0-9]*") if (child / "run.json").exists()]
    for folder in sorted(numbered, key=lambda child: int(child.name), reverse=True):
        if not Run.open(folder).manifest.complete:
            return folder
    raise RunError(
        f"{parent}: holds no run that is incomplete; one to take up again was expected; "
        "leave --resume out, or name the run with --report"
    )


def _folder_name(name: str) -> str:
    return "".join(c if c.isalnum() or c in "._-" else "-" for c in name).strip(".") or "checkpoint"


class Evaluation:
    """Asks, judges nothing, and keeps the record; the tests judge and hand their verdicts in."""

    def __init__(
        self,
        cases: Sequence[Case],
        suites: Iterable[Suite],
        options: EvaluationOptions,
        subject: Subject,
        folder: Path,
        *,
        collected: int | None = None,
    ) -> None:
        """
        Args:
            cases: what is asked; a case that is given twice is asked once.
            suites: the suites that they are from.
            options: what the command line says.
            subject: what is under test, and what answers for it.
            folder: the run folder.
            collected: how many cases there were to select from; those of `suites` by default.

        Raises:
            EvaluationError, EngineError, RunError: the run cannot begin, each with the reason.
        """
        self.cases = tuple({case.key: case for case in cases}.values())
        self.options = options
        self.folder = folder
        suites = tuple(suites)
        _check_keys(cases)
        requests = [request for case in self.cases for request in requests_for(case, options)]
        selected = len(self.cases)
        total = max(selected, sum(len(suite.cases) for suite in suites) if collected is None else collected)
        manifest = Manifest(
            checkpoint=dict(subject.record),
            rules=rules_digest(),
            sampling=_sampling_changes(options),
            repeats=options.repeats,
            suites=[SuiteRecord(path=s.path, suite=s.name, digests=dict(s.digests)) for s in suites],
            selection=Selection(collected=total, deselected=total - selected, selected=selected),
            started=now(),
            replayed=subject.replayed,
        )
        self.repaired = 0
        self.set_aside = 0
        self.engine = subject.engine(folder / "engine.log")
        self.writer = RunWriter(folder, manifest)
        self._taken_up = options.resume and (folder / "run.json").exists()
        answered = self._take_up() if self._taken_up else {}
        self.resumed = len(answered)
        self.generation = Generation(self.engine, requests, self.writer.add_completion, answered=answered)
        self._verdicts: dict[str, str] = {}

    def collected(self, count: int) -> None:
        """Says how many cases there were to select from, where that is known late."""
        selection = self.writer.manifest.selection
        selection.collected = max(count, selection.selected)
        selection.deselected = selection.collected - selection.selected

    def _take_up(self) -> dict[str, Completion]:
        """Answers of the interrupted run in the folder, by request id, after checking that it is the same run.

        What has to be asked again is set aside. The folder is locked, and stays so.
        """
        self.writer.lock()
        try:
            same = self._same_requests()
            self.repaired = repair_journal(self.folder)
            self.set_aside = set_aside(self.folder, same)
            return Run.open(self.folder).completions()
        except OSError as error:
            self.writer.unlock()
            raise RunError(
                f"{self.folder}: cannot be taken up ({error.strerror}); a writable run folder was expected; "
                "free space, or mend its permissions"
            ) from None
        except RunError:
            self.writer.unlock()
            raise

    def _same_requests(self) -> set[str]:
        """Ids of today's requests that the interrupted run put in the same words. Raises RunError for another run."""
        earlier = Run.open(self.folder)
        manifest = self.writer.manifest
        for what, before, today in (
            ("checkpoint", earlier.manifest.checkpoint.get("digest"), manifest.checkpoint.get("digest")),
            ("sampling", earlier.manifest.sampling, manifest.sampling),
            ("number of repeats", earlier.manifest.repeats, manifest.repeats),
        ):
            if before != today:
                raise RunError(
                    f"{self.folder}: was begun with another {what} ({before}, now {today}); the same was expected; "
                    "start a new run without --resume"
                )
        manifest.started = earlier.manifest.started
        manifest.resumed = earlier.manifest.resumed + 1
        manifest.engine = earlier.manifest.engine
        before = {case.key: (case.digest(), case.sampling) for case in earlier.cases()}
        missing = sorted(before.keys() - {case.key for case in self.cases})
        if missing:
            raise RunError(
                f"{self.folder}: was begun with {len(missing)} cases that are not selected now ({', '.join(missing)}); "
                "all of its cases were expected; select them too, or start a new run without --resume"
            )
        return {
            request_id
            for case in self.cases
            if before.get(case.key) == (case.digest(), case.sampling)
            for request_id in request_ids(case, self.options.repeats)
        }

    def start(self) -> None:
        """Opens the run folder and starts the engine and the asking.

        Raises:
            RunError, EngineError: the folder cannot be written, or the engine cannot be started.
        """
        self.writer.open(self.cases, resumed=self._taken_up)
        self.generation.start()
        if self.generation.done < self.generation.total:
            self.writer.describe_engine(self.engine.describe().as_dict())

    def record(self, records: Iterable[Mapping[str, Any]]) -> None:
        """Takes in the verdict records of one case."""
        for record in records:
            self.writer.add_verdict(record)
            self._verdicts[record["id"]] = record["status"]

    def finish(self, reason: str | None = None, *, uncollected: int = 0) -> Run:
        """Ends the asking and the engine and closes the run folder; the run, read back.

        Args:
            reason: why the run ended early, where it did.
            uncollected: suite files that could not be read; the run is not complete without them.

        Raises:
            RunError: the folder cannot be written. The engine is ended all the same.
        """
        try:
            self.generation.finish()
        except BaseException:
            self.writer.unlock()
            raise
        wanted = [i for case in self.cases for i in request_ids(case, self.options.repeats)]
        missing = sum(i not in self._verdicts for i in wanted)
        errors = sum(self._verdicts.get(i) == "error" for i in wanted)
        complete = not (missing or errors or uncollected)
        reasons = [
            reason,
            f"{uncollected} files could not be collected" if uncollected else None,
            f"{missing} of {len(wanted)} answers have no verdict" if missing else None,
            f"{errors} of {len(wanted)} answers are errors" if errors else None,
        ]
        self.writer.close(complete=complete, reason=None if complete else "; ".join(filter(None, reasons)))
        return Run.open(self.folder)


def _check_keys(cases: Iterable[Case]) -> None:
    """Raises EvaluationError where two suite files would share their cases' names in the run folder."""
    paths: dict[str, str] = {}
    for case in cases:
        if paths.setdefault(case.key, case.path) != case.path:
            raise EvaluationError(
                f"{case.path}:{case.line}: the suite file has the name of {paths[case.key]}; "
                "suite files of different names were expected in one run; rename one of the two"
            )
