"""A recorded run in place of a model: gives each request the completion that was recorded for it, and asks nobody."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from evalsuite.conversation import Completion
from evalsuite.engines.engine import EngineRecord

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Mapping, Sequence

    from evalsuite.conversation import Message, Request


class ReplayEngine:
    """Answers from a recording. Only what was asked word for word the same is answered."""

    def __init__(
        self,
        recorded: Mapping[str, Completion],
        messages: Mapping[str, Sequence[Message]],
        *,
        source: str = "a recorded run",
    ) -> None:
        """`recorded` has the completions and `messages` what was asked, both by request id; `source` names the run."""
        self._recorded = recorded
        self._messages = messages
        self._source = source

    def start(self) -> None:
        """Nothing to start."""

    def describe(self) -> EngineRecord:
        """The record: which recording it was."""
        return EngineRecord(name="replay", arguments={"source": self._source, "recorded": len(self._recorded)})

    def answer(self, requests: Sequence[Request], deliver: Callable[[Completion], None], stop: threading.Event) -> None:
        """Deliver the recorded completions; see Engine."""
        for request in requests:
            if stop.is_set():
                return
            deliver(self._find(request))

    def close(self) -> None:
        """Nothing to end."""

    def _find(self, request: Request) -> Completion:
        completion = self._recorded.get(request.id)
        if completion is None:
            return self._missing(request, f"{self._source} has no answer to this; it was not asked there")
        if tuple(self._messages.get(request.id, ())) != request.messages:
            return self._missing(request, f"{self._source} was asked something else under this id; ask the model anew")
        return replace(completion, request_id=request.id)

    def _missing(self, request: Request, reason: str) -> Completion:
        return Completion(request_id=request.id, text="", error=reason)
