"""The run folder: written as answers come, read back as a Run, and enough by itself to judge again.

run.json            what was run: checkpoint, engine, suites, sampling, selection, start and end
cases.jsonl         the selected cases: what is asked, and the facts that judge it
completions.jsonl   one answer a line, appended as they come; never rewritten
verdicts.jsonl      one verdict a line, with the evidence's offsets
summary.md, report.html, engine.log
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import IO, Any

from pydantic import BaseModel, ConfigDict, ValidationError

from evalsuite import __version__
from evalsuite.case import Case
from evalsuite.conversation import Completion, Message, Sampling
from evalsuite.rules.catalogue import parse_facts
from evalsuite.rules.finding import Finding, Status, Verdict

SCHEMA_VERSION = 1
SYNC_EVERY = 100
"""Lines of the journal between two fsyncs; each line reaches the system at once, so that only a crash of the whole
machine can lose as many."""


class RunError(Exception):
    """A run folder that cannot be written or read: what is wrong; what was expected; how to mend it."""


class SuiteRecord(BaseModel):
    """A suite file that took part, with the digests of what was read for it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    path: str
    suite: str
    digests: dict[str, str]


class Selection(BaseModel):
    """What pytest collected and what became of it, in cases."""

    model_config = ConfigDict(extra="forbid")

    collected: int
    deselected: int
    selected: int


class Manifest(BaseModel):
    """`run.json`."""

    model_config = ConfigDict(extra="forbid")

    schema_version: int = SCHEMA_VERSION
    evalsuite: str = __version__
    rules: str
    """Digest of the rules that gave the verdicts."""
    checkpoint: dict[str, Any]
    engine: dict[str, Any] | None = None
    sampling: dict[str, Any]
    """What the command line changed of the cases' own sampling."""
    repeats: int = 1
    suites: list[SuiteRecord]
    selection: Selection
    started: str
    """UTC, ISO 8601."""
    ended: str | None = None
    complete: bool = False
    """Whether every selected case has an answer and a verdict."""
    reason: str | None = None
    """Why the run is not complete, where that is known."""
    resumed: int = 0
    """How often the run was taken up again."""
    rescored: str | None = None
    """The run whose answers were judged again here, and by which rules it had been judged."""
    replayed: str | None = None
    """The run whose answers these are, where nobody was asked."""


def now() -> str:
    """The time, UTC, to the second, ISO 8601."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def case_record(case: Case) -> dict[str, Any]:
    """A case as a line of cases.jsonl."""
    return {
        "key": case.key,
        "id": case.id,
        "name": case.name,
        "suite": case.suite,
        "path": case.path,
        "line": case.line,
        "messages": [{"role": m.role, "content": m.content} for m in case.messages],
        "params": case.params,
        "sampling": asdict(case.sampling),
        "labels": dict(case.labels),
        "system": case.system,
        "language": case.language,
        "tags": list(case.tags),
        "split": case.split,
        "group": case.group,
        "twin": case.twin,
    }


def case_from_record(record: Mapping[str, Any]) -> Case:
    """The case of a line of cases.jsonl. Raises KeyError, TypeError or pydantic.ValidationError on other lines."""
    sampling = dict(record["sampling"])
    sampling["stop"] = tuple(sampling["stop"])
    return Case(
        id=record["id"],
        name=record["name"],
        suite=record["suite"],
        path=record["path"],
        line=record["line"],
        messages=tuple(Message(m["role"], m["content"]) for m in record["messages"]),
        params=record["params"],
        facts=parse_facts(record["suite"], record["params"]),
        sampling=Sampling(**sampling),
        labels=record["labels"],
        system=record["system"],
        language=record["language"],
        tags=tuple(record["tags"]),
        split=record["split"],
        group=record["group"],
        twin=record["twin"],
    )


def verdict_record(case_key: str, request_id: str, verdict: Verdict) -> dict[str, Any]:
    """A verdict as a line of verdicts.jsonl."""
    return {
        "id": request_id,
        "case": case_key,
        "status": verdict.status,
        "findings": [
            {"code": f.code, "span": None if f.span is None else list(f.span), "message": f.message}
            for f in verdict.findings
        ],
        "errors": list(verdict.errors),
    }


def verdict_from_record(record: Mapping[str, Any]) -> Verdict:
    """The verdict of a line of verdicts.jsonl."""
    return Verdict(
        record["status"],
        tuple(
            Finding(f["code"], None if f["span"] is None else (f["span"][0], f["span"][1]), f["message"])
            for f in record["findings"]
        ),
        tuple(record["errors"]),
    )


def _line(record: Mapping[str, Any]) -> bytes:
    # ASCII: lone surrogates, which a hostile output may hold, cannot be written as UTF-8 but survive as escapes
    return json.dumps(record, ensure_ascii=True, separators=(",", ":")).encode() + b"\n"


def next_folder(reports: Path, name: str) -> Path:
    """The first unused `reports/<name>/<NNNN>`; it is created, so that two runs never share one.

    Raises:
        RunError: the folder cannot be created.
    """
    parent = reports / name
    try:
        parent.mkdir(parents=True, exist_ok=True)
        taken = [int(child.name) for child in parent.iterdir() if child.name.isdigit()]
        number = max(taken, default=0) + 1
        while True:
            folder = parent / f"{number:04d}"
            try:
                folder.mkdir()
            except FileExistsError:
                number += 1
            else:
                return folder
    except OSError as error:
        raise RunError(
            f"{parent}: the run folder cannot be created ({error.strerror}); a writable folder was expected; "
            "choose another one with --report"
        ) from None


class RunWriter:
    """Writes one run folder. Completions and verdicts are appended; run.json is replaced as a whole."""

    def __init__(self, folder: Path, manifest: Manifest) -> None:
        self.folder = folder
        self.manifest = manifest
        self._completions: IO[bytes] | None = None
        self._verdicts: IO[bytes] | None = None
        self._unsynced = 0

    def open(self, cases: Iterable[Case]) -> None:
        """Writes run.json and cases.jsonl and opens the two journals (completions are appended to).

        Raises:
            RunError: the folder cannot be written.
        """
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            self._write_manifest()
            with (self.folder / "cases.jsonl").open("wb") as file:
                file.writelines(_line(case_record(case)) for case in cases)
            self._completions = (self.folder / "completions.jsonl").open("ab", buffering=0)
            self._verdicts = (self.folder / "verdicts.jsonl").open("wb")
        except OSError as error:
            raise RunError(
                f"{self.folder}: cannot be written ({error.strerror}); a writable run folder was expected; "
                "free space, mend its permissions, or choose another one with --report"
            ) from None

    def add_completion(self, completion: Completion) -> None:
        """Appends one answer; it is the system's before this returns, and on disk every `SYNC_EVERY` lines."""
        assert self._completions is not None
        self._completions.write(_line(asdict(completion)))
        self._unsynced += 1
        if self._unsynced >= SYNC_EVERY:
            os.fsync(self._completions.fileno())
            self._unsynced = 0

    def add_verdict(self, record: Mapping[str, Any]) -> None:
        """Appends one verdict record."""
        assert self._verdicts is not None
        self._verdicts.write(_line(record))

    def describe_engine(self, engine: Mapping[str, Any]) -> None:
        """Records what answers, as soon as it is known."""
        self.manifest.engine = dict(engine)
        self._write_manifest()

    def close(self, *, complete: bool, reason: str | None = None) -> None:
        """Syncs the journals and writes the end of the run. Idempotent."""
        for file in (self._completions, self._verdicts):
            if file is not None and not file.closed:
                file.flush()
                os.fsync(file.fileno())
                file.close()
        self.manifest.ended = now()
        self.manifest.complete = complete
        self.manifest.reason = reason
        self._write_manifest()

    def _write_manifest(self) -> None:
        text = json.dumps(self.manifest.model_dump(), indent=2, ensure_ascii=True, sort_keys=True)
        temporary = self.folder / "run.json.tmp"
        with temporary.open("w", encoding="ascii") as file:
            file.write(text + "\n")
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(self.folder / "run.json")


@dataclass(frozen=True)
class Result:
    """One case of a run: what was asked, every answer, every verdict."""

    case: Case
    completions: tuple[Completion, ...]
    verdicts: tuple[Verdict, ...]

    @property
    def status(self) -> Status:
        """Status over all repeats; a case without a verdict is an error."""
        statuses = {verdict.status for verdict in self.verdicts}
        if not statuses or "error" in statuses:
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
        for number, record in _records(self.folder / "cases.jsonl"):
            try:
                yield case_from_record(record)
            except (KeyError, TypeError, ValueError) as error:
                raise _damaged(self.folder / "cases.jsonl", number, str(error)) from None

    def completions(self) -> dict[str, Completion]:
        """Answers by request id; where a request was asked again after an error, the last one."""
        path = self.folder / "completions.jsonl"
        found: dict[str, Completion] = {}
        for number, record in _records(path):
            try:
                completion = Completion(**record)
                found[completion.request_id] = completion
            except TypeError as error:
                raise _damaged(path, number, str(error)) from None
        return found

    def verdicts(self) -> dict[str, Verdict]:
        """Verdicts by request id."""
        path = self.folder / "verdicts.jsonl"
        found: dict[str, Verdict] = {}
        for number, record in _records(path):
            try:
                found[record["id"]] = verdict_from_record(record)
            except (KeyError, TypeError, IndexError) as error:
                raise _damaged(path, number, str(error)) from None
        return found

    @cached_property
    def results(self) -> dict[str, Result]:
        """Results by case key, in the order of the run; answers and verdicts that are not there yet are missing."""
        completions = self.completions()
        verdicts = self.verdicts()
        results = {}
        for case in self.cases():
            ids = request_ids(case, self.manifest.repeats)
            results[case.key] = Result(
                case,
                tuple(completions[i] for i in ids if i in completions),
                tuple(verdicts[i] for i in ids if i in verdicts),
            )
        return results


def request_ids(case: Case, repeats: int) -> list[str]:
    """Ids of a case's requests: its key, then `key#1`, `key#2`, ... for further repeats."""
    return [case.key, *(f"{case.key}#{k}" for k in range(1, repeats))]


def _damaged(path: Path, number: int, detail: str) -> RunError:
    return RunError(
        f"{path}:{number}: is damaged ({detail}); a line that evalsuite wrote was expected; "
        "run the suites again, or restore the file"
    )


def _records(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Numbered JSON objects of a JSON Lines file."""
    try:
        with path.open("rb") as file:
            for number, line in enumerate(file, 1):
                try:
                    record = json.loads(line)
                except (ValueError, RecursionError):
                    raise _damaged(path, number, "no JSON") from None
                if not isinstance(record, dict) or not line.endswith(b"\n"):
                    raise _damaged(path, number, "an unfinished line" if isinstance(record, dict) else "no JSON object")
                yield number, record
    except FileNotFoundError:
        raise RunError(f"{path}: is missing; every run folder holds one; restore it or run the suites again") from None
    except OSError as error:
        raise RunError(
            f"{path}: cannot be read ({error.strerror}); a readable file was expected; check its permissions"
        ) from None


def repair_journal(folder: Path) -> int:
    """Cuts an unfinished last line off completions.jsonl, as a killed run may leave one; bytes removed."""
    path = folder / "completions.jsonl"
    if not path.exists():
        return 0
    raw = path.read_bytes()
    keep = raw.rfind(b"\n") + 1
    if keep < len(raw):
        with path.open("r+b") as file:
            file.truncate(keep)
    return len(raw) - keep
