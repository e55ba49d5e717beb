"""The journal of answers read while it is written: how a worker process waits for what another process asks."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path

from evalsuite.conversation import Completion

POLL_S = 0.02


class JournalTail:
    """Follows completions.jsonl of a run that another process writes."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._position = 0
        self._rest = b""
        self._completions: dict[str, Completion] = {}

    def wait(self, request_id: str, *, tick: Callable[[], None] | None = None) -> Completion:
        """The completion of one request as soon as its line is there; `tick` is called while waiting.

        The writer gives every request a line, an error where there is no answer, so this ends.
        """
        while request_id not in self._completions:
            if not self._read():
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
            completion = Completion(**json.loads(line))
            self._completions[completion.request_id] = completion
        return bool(whole)
