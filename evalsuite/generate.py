"""Many requests at once: asked in a thread while the tests run, journalled as they come, handed out one by one."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from evalsuite.conversation import Completion, Request
from evalsuite.engines.engine import Engine, EngineError


class Generation:
    """Asks an engine every request that is not answered yet, and lets each test wait for its own answer."""

    def __init__(
        self,
        engine: Engine,
        requests: Sequence[Request],
        journal: Callable[[Completion], None],
        *,
        answered: Mapping[str, Completion] | None = None,
    ) -> None:
        """
        Args:
            engine: what answers; started by `start`, closed by `finish`.
            requests: everything that will be asked, in the order of asking.
            journal: takes each completion as it comes, before any test sees it; called from one thread.
            answered: completions that a resumed run holds already, by request id; they are not asked again.
        """
        self.engine = engine
        self.total = len(requests)
        self._journal = journal
        self._completions = {
            request.id: answered[request.id] for request in requests if answered and request.id in answered
        }
        self._requests = [request for request in requests if request.id not in self._completions]
        self._arrived = threading.Condition()
        self._stop = threading.Event()
        self._unrecorded: str | None = None
        self._thread = threading.Thread(target=self._run, name="evalsuite-generation", daemon=True)

    @property
    def done(self) -> int:
        """How many requests have a completion by now."""
        return len(self._completions)

    def start(self) -> None:
        """Starts the engine (unless nothing is left to ask), then asks in the background.

        Raises:
            EngineError: the engine cannot be started; it is closed again.
        """
        if not self._requests:
            return
        try:
            self.engine.start()
        except BaseException:
            self.engine.close()
            raise
        self._thread.start()

    def wait(self, request_id: str, *, tick: Callable[[], None] | None = None, every_s: float = 0.25) -> Completion:
        """The completion of one request, as soon as it is there.

        Args:
            request_id: id of a request of this generation.
            tick: called about every `every_s` seconds while waiting, to show progress.
        """
        with self._arrived:
            while request_id not in self._completions:
                if not self._arrived.wait(timeout=every_s) and tick is not None:
                    tick()
            return self._completions[request_id]

    def finish(self) -> None:
        """Ends the asking, wherever it is, and the engine with it. Idempotent."""
        self._stop.set()
        if self._thread.ident is not None:
            self._thread.join()
        self.engine.close()

    def _run(self) -> None:
        """Body of the thread: whatever goes wrong, every request gets a completion, so that no test waits for ever."""
        reason = "the engine gave no answer"
        try:
            self.engine.answer(self._requests, self._deliver, self._stop)
        except EngineError as error:
            reason = str(error)
        except Exception as error:
            reason = f"the engine failed: {type(error).__name__}: {error}"
        if self._unrecorded is not None or not self._stop.is_set():
            for request in self._requests:
                if request.id not in self._completions:
                    self._deliver(Completion(request.id, "", error=self._unrecorded or reason))

    def _deliver(self, completion: Completion) -> None:
        """Journals a completion and hands it out; where it cannot be journalled, an error instead, and asking ends.

        An answer that is not on record must not be judged: the run folder would not say what the verdict is about.
        """
        if self._unrecorded is None:
            try:
                self._journal(completion)
            except Exception as error:
                self._unrecorded = f"the answer could not be recorded: {error}"
                self._stop.set()
        if self._unrecorded is not None:
            completion = replace(completion, text="", error=self._unrecorded)
        with self._arrived:
            self._completions[completion.request_id] = completion
            self._arrived.notify_all()
