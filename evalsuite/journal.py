"""The journal of answers read while it is written: how a worker process waits for what another process asks."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path

from evalsuite.conversation import Completion
from evalsuite.records import completion_from_record
from evalsuite.run_writer import LOCK

POLL_S = 0.02


class JournalTail:
    """Follows completions.jsonl of a run that another process writes."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "completions.jsonl"
        self._lock = folder / LOCK
        self._position = 0
        self._rest = b""
        self._completions: dict[str, Completion] = {}

    def wait(self, request_id: str, *, tick: Callable[[], None] | None = None) -> Completion:
        """The completion of one request as soon as its line is there; `tick` is called while waiting.

        The writer gives every request a line, an error where there is no answer, and its lock goes when it writes
        no more: so this ends.
        """
        while request_id not in self._completions:
            written = self._lock.exists()  # asked first: a line may come between the two
            if not self._read():
                if not written:
                    return Completion(request_id, "", error="the run was ended before this was answered")
                time.sleep(POLL_S)
                if tick is not None:
                    tick()
        return self._completions[request_id]

    def _read(self) -> bool:
        """Takes in the lines that were finished since the last call; whether there were any."""
        try:
            with self._path.open("rb") as file:
                file.seek(self._position)
                data = file.read()
        except FileNotFoundError:
            return False
        self._position += len(data)
        *whole, self._rest = (self._rest + data).split(b"\n")
        for line in whole:
            completion = completion_from_record(json.loads(line))
            self._completions[completion.request_id] = completion
        return bool(whole)
