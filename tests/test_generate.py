"""Generation: every request is answered once or told why not, whatever the engine does."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

import pytest

from evalsuite.conversation import Completion, Message, Request, Sampling
from evalsuite.engines.engine import EngineError, EngineRecord
from evalsuite.generate import Generation


class Scripted:
    """An engine in memory that answers by a function; `None` ends it without a word."""

    def __init__(self, script: Callable[[Request], Completion | Exception | None]) -> None:
        self.script = script
        self.asked: list[str] = []
        self.closed = 0
        self.refuses: EngineError | None = None

    def start(self) -> None:
        if self.refuses:
            raise self.refuses

    def describe(self) -> EngineRecord:
        return EngineRecord(name="scripted")

    def answer(self, requests: Sequence[Request], deliver: Callable[[Completion], None], stop: threading.Event) -> None:
        for request in requests:
            self.asked.append(request.id)
            answer = self.script(request)
            if isinstance(answer, Exception):
                raise answer
            if answer is None:
                stop.wait()
                return
            deliver(answer)

    def close(self) -> None:
        self.closed += 1


def requests(count: int) -> list[Request]:
    return [Request(f"r{i}", (Message("user", str(i)),), Sampling()) for i in range(count)]


def echo(request: Request) -> Completion:
    return Completion(request.id, request.messages[-1].content, finish_reason="stop")


def test_each_test_gets_its_own_answer_and_each_is_journalled_once() -> None:
    journal: list[Completion] = []
    generation = Generation(Scripted(echo), requests(20), journal.append)
    generation.start()
    assert [generation.wait(f"r{i}").text for i in reversed(range(20))] == [str(i) for i in reversed(range(20))]
    generation.finish()
    assert sorted(c.request_id for c in journal) == sorted(f"r{i}" for i in range(20))


def test_what_is_answered_already_is_not_asked_again() -> None:
    engine = Scripted(echo)
    journal: list[Completion] = []
    generation = Generation(engine, requests(3), journal.append, answered={"r1": Completion("r1", "before")})
    generation.start()
    assert [generation.wait(f"r{i}").text for i in range(3)] == ["0", "before", "2"]
    generation.finish()
    assert engine.asked == ["r0", "r2"]
    assert [c.request_id for c in journal] == ["r0", "r2"]


def test_nothing_left_to_ask_starts_no_engine() -> None:
    engine = Scripted(echo)
    engine.refuses = EngineError("must not start")
    generation = Generation(engine, requests(1), lambda _: None, answered={"r0": Completion("r0", "before")})
    generation.start()
    assert generation.wait("r0").text == "before"
    generation.finish()


@pytest.mark.parametrize("failure", [EngineError("the server is gone"), ValueError("a defect")])
def test_when_the_engine_fails_every_waiting_test_is_told_the_reason(failure: Exception) -> None:
    journal: list[Completion] = []
    script: Callable[[Request], Completion | Exception] = lambda r: echo(r) if r.id < "r3" else failure  # noqa: E731
    generation = Generation(Scripted(script), requests(6), journal.append)
    generation.start()
    found = [generation.wait(f"r{i}") for i in range(6)]
    generation.finish()
    assert [c.error is None for c in found] == [True, True, True, False, False, False]
    assert all(str(failure) in str(c.error) for c in found[3:])
    assert len(journal) == 6


def test_an_engine_that_forgets_a_request_does_not_hang_its_test() -> None:
    class Forgetful(Scripted):
        def answer(
            self, requests: Sequence[Request], deliver: Callable[[Completion], None], stop: threading.Event
        ) -> None:
            super().answer(requests[:-1], deliver, stop)

    generation = Generation(Forgetful(echo), requests(2), lambda _: None)
    generation.start()
    assert generation.wait("r1").error is not None
    generation.finish()


def test_an_engine_that_cannot_start_is_closed_again() -> None:
    engine = Scripted(echo)
    engine.refuses = EngineError("no weights")
    generation = Generation(engine, requests(1), lambda _: None)
    with pytest.raises(EngineError, match="no weights"):
        generation.start()
    assert engine.closed == 1


def test_finish_ends_an_engine_that_waits_for_ever() -> None:
    engine = Scripted(lambda _: None)
    generation = Generation(engine, requests(2), lambda _: None)
    generation.start()
    generation.finish()
    assert engine.closed == 1
    assert generation.done == 0, "what was not asked has no completion, not an error"


def test_an_answer_that_cannot_be_recorded_ends_the_asking_and_is_an_error() -> None:
    written: list[Completion] = []

    def journal(completion: Completion) -> None:
        if len(written) == 2:
            raise OSError("the disk is full")
        written.append(completion)

    engine = Scripted(echo)
    generation = Generation(engine, requests(50), journal)
    generation.start()
    found = [generation.wait(f"r{i}") for i in range(50)]
    generation.finish()
    assert [c.error is None for c in found] == [True, True] + [False] * 48
    assert all("the disk is full" in str(c.error) for c in found[2:])
    assert {c.text for c in found[2:]} == {""}, "what is not on record is not judged"
