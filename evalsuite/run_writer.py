"""Writing a run folder: a folder of its own, one writer at a time, and no answer lost or half written."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
from collections.abc import Container, Iterable, Mapping
from pathlib import Path
from typing import IO, Any

from evalsuite.case import Case
from evalsuite.conversation import Completion
from evalsuite.manifest import Manifest, now
from evalsuite.records import (
    RunError,
    case_record,
    completion_from_record,
    completion_record,
    line,
    read_records,
)

SYNC_EVERY = 100
"""Lines of the journal between two fsyncs; each line reaches the system at once, so that only a crash of the whole
machine can lose as many."""
LOCK = "lock"
"""Held while a run is written; the system frees it with the process, however that ends."""
FILES = ("run.json", "cases.jsonl", "completions.jsonl", "verdicts.jsonl")
"""What makes a folder a run folder, or the remains of one."""


def next_folder(reports: Path, name: str) -> Path:
    """The first unused `reports/<name>/<NNNN>`; it is created, so that two runs never share one.

    Raises:
        RunError: the folder cannot be created.
    """
    parent = reports / name
    try:
        parent.mkdir(parents=True, exist_ok=True)
        taken = [int(child.name) for child in parent.iterdir() if child.name.isdecimal()]
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


def replace(path: Path, content: bytes) -> None:
    """Writes a file so that it is the old one or the new one, whatever happens. Raises OSError."""
    temporary = path.with_name(f"{path.name}.tmp")
    try:
        with temporary.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise


def repair_journal(folder: Path) -> int:
    """Cuts an unfinished last line off completions.jsonl, as a crash may leave one; bytes removed. Raises OSError."""
    path = folder / "completions.jsonl"
    if not path.exists():
        return 0
    raw = path.read_bytes()
    keep = raw.rfind(b"\n") + 1
    if keep < len(raw):
        with path.open("r+b") as file:
            file.truncate(keep)
    return len(raw) - keep


def set_aside(folder: Path, keep: Container[str]) -> int:
    """Moves to superseded.jsonl every answer that is an error or whose request id is not in `keep`; how many.

    What stays in completions.jsonl is what the run needs not ask again: a process that follows the journal, and a
    later resumption, must not take an answer to another question, or an old error, for today's.

    Raises:
        RunError: a line is damaged.
        OSError: the folder cannot be written.
    """
    path = folder / "completions.jsonl"
    answers = list(read_records(path, completion_from_record)) if path.exists() else []
    kept = {c.request_id: c for c in answers if c.error is None and c.request_id in keep}  # the last one counts
    moved = [c for c in answers if kept.get(c.request_id) is not c]
    if moved:
        with (folder / "superseded.jsonl").open("ab") as file:
            file.writelines(line(completion_record(c)) for c in moved)
            file.flush()
            os.fsync(file.fileno())
        replace(path, b"".join(line(completion_record(c)) for c in kept.values()))
    return len(moved)


class Journal:
    """A file of lines that is only appended to, each line whole or not at all."""

    def __init__(self, path: Path, *, anew: bool = False) -> None:
        """Opens the file at its end, or empties it first. Raises OSError."""
        self.path = path
        self._file: IO[bytes] = path.open("wb" if anew else "ab", buffering=0)
        self._unsynced = 0

    def append(self, record: Mapping[str, Any]) -> None:
        """Adds one line; it is the system's before this returns, and on disk every `SYNC_EVERY` lines.

        Raises:
            OSError: it could not be written; the file ends where it did before.
        """
        end = os.fstat(self._file.fileno()).st_size
        data = memoryview(line(record))
        try:
            while data:
                data = data[self._file.write(data) :]  # a disk that fills up takes a part first
        except OSError:
            os.ftruncate(self._file.fileno(), end)
            raise
        self._unsynced += 1
        if self._unsynced >= SYNC_EVERY:
            self.sync()

    def sync(self) -> None:
        """Brings what was appended to the disk."""
        os.fsync(self._file.fileno())
        self._unsynced = 0

    def close(self) -> None:
        """Idempotent. Raises OSError where the disk does not take the rest; the file is closed all the same."""
        if self._file.closed:
            return
        try:
            self.sync()
        finally:
            self._file.close()


class FolderLock:
    """Keeps other processes from writing a folder."""

    def __init__(self, folder: Path) -> None:
        """Takes the lock.

        Raises:
            RunError: another process has it.
            OSError: the folder cannot be written.
        """
        self._path = folder / LOCK
        self._file: IO[bytes] | None = self._path.open("ab")
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            taken = os.fstat(self._file.fileno()).st_nlink == 0  # its holder removed it between our two calls
        except BlockingIOError:
            taken = True
        if taken:
            self._file.close()
            raise RunError(
                f"{folder}: another process writes this run now; a run folder of its own was expected; "
                "wait until that run has ended, or choose another one with --report"
            )

    def release(self) -> None:
        """Gives the lock back and removes its file. Idempotent."""
        if self._file is not None:
            self._path.unlink(missing_ok=True)
            self._file.close()
            self._file = None


class RunWriter:
    """Writes one run folder. Completions and verdicts are appended; run.json is replaced as a whole.

    Every method raises RunError where the folder cannot be written.
    """

    def __init__(self, folder: Path, manifest: Manifest) -> None:
        self.folder = folder
        self.manifest = manifest
        self._lock: FolderLock | None = None
        self._completions: Journal | None = None
        self._verdicts: Journal | None = None
        self._opened = False

    def lock(self) -> None:
        """Makes the folder where it is missing, and keeps other processes from writing it. Idempotent."""
        if self._lock is not None:
            return
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            self._lock = FolderLock(self.folder)
        except OSError as error:
            raise self._unwritable(error) from None

    def open(self, cases: Iterable[Case], *, resumed: bool = False) -> None:
        """Locks the folder, writes cases.jsonl and run.json and opens the two journals.

        Args:
            cases: what is asked.
            resumed: whether the folder holds the answers of the same run; else it must hold no run.
        """
        self.lock()
        found = [name for name in FILES if (self.folder / name).exists()]
        if found and not resumed:
            self.unlock()
            raise RunError(
                f"{self.folder}: holds a run already ({', '.join(found)}); a new or empty folder was expected; "
                "choose another one"
            )
        self.manifest.complete = False
        self.manifest.ended = None
        try:
            self._replace("cases.jsonl", b"".join(line(case_record(case)) for case in cases))
            self._write_manifest()
            self._completions = Journal(self.folder / "completions.jsonl")
            self._verdicts = Journal(self.folder / "verdicts.jsonl", anew=True)
            self._opened = True
        except OSError as error:
            self.unlock()
            raise self._unwritable(error) from None

    def add_completion(self, completion: Completion) -> None:
        """Appends one answer."""
        assert self._completions is not None
        try:
            self._completions.append(completion_record(completion))
        except OSError as error:
            self.unlock()  # tells whoever follows the journal that nothing comes any more
            raise self._unwritable(error) from None

    def add_verdict(self, record: Mapping[str, Any]) -> None:
        """Appends one verdict record."""
        assert self._verdicts is not None
        try:
            self._verdicts.append(record)
        except OSError as error:
            raise self._unwritable(error) from None

    def describe_engine(self, engine: Mapping[str, Any]) -> None:
        """Records what answers, as soon as it is known."""
        self.manifest.engine = dict(engine)
        try:
            self._write_manifest()
        except OSError as error:
            raise self._unwritable(error) from None

    def close(self, *, complete: bool, reason: str | None = None) -> None:
        """Syncs the journals, writes the end of the run, and lets others write the folder.

        Idempotent. A folder that was never opened is left as it is: what lies there is another run's.
        """
        if not self._opened:
            self.unlock()
            return
        self.manifest.ended = now()
        self.manifest.complete = complete
        self.manifest.reason = reason
        try:
            for journal in (self._completions, self._verdicts):
                if journal is not None:
                    journal.close()
            self._write_manifest()
        except OSError as error:
            raise self._unwritable(error) from None
        finally:
            self.unlock()

    def unlock(self) -> None:
        """Lets other processes write the folder. Idempotent."""
        if self._lock is not None:
            self._lock.release()
            self._lock = None

    def _write_manifest(self) -> None:
        text = json.dumps(self.manifest.model_dump(), indent=2, ensure_ascii=True, sort_keys=True)
        self._replace("run.json", text.encode() + b"\n")

    def _replace(self, name: str, content: bytes) -> None:
        replace(self.folder / name, content)

    def _unwritable(self, error: OSError) -> RunError:
        return RunError(
            f"{self.folder}: cannot be written ({error.strerror}); a writable run folder was expected; "
            "free space, mend its permissions, or choose another one with --report"
        )
