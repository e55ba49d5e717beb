"""Checkpoints and engines that the engines' tests share. One vLLM server serves all of them."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from evalsuite.checkpoint import Checkpoint
from evalsuite.conversation import Completion, Message, Request, Sampling
from evalsuite.engines.engine import Engine, EngineOptions
from tests import tiny
from tests.engines.fault_server import FaultServer

Ask = Callable[[Engine, Sequence[Request]], dict[str, Completion]]


@pytest.fixture(scope="session")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny random checkpoint."""
    pytest.importorskip("torch", reason="torch is not installed: pip install 'evalsuite[cpu]'")
    pytest.importorskip("transformers", reason="transformers is not installed: pip install 'evalsuite[cpu]'")
    return tiny.make_checkpoint(tmp_path_factory.mktemp("models") / "tiny")


@pytest.fixture(scope="session")
def adapter(base: Path) -> Path:
    """A LoRA adapter over it."""
    pytest.importorskip("peft", reason="peft is not installed: pip install 'evalsuite[lora]'")
    return tiny.make_adapter(base.parent / "lora", base)


@pytest.fixture(scope="session")
def merged(base: Path, adapter: Path) -> Path:
    """The adapter merged into its base."""
    return tiny.merge(base.parent / "lora-merged", base, adapter)


@pytest.fixture(scope="session")
def prompts() -> list[Request]:
    """30 requests: Latin, Arabic and emoji; several turns; stop strings; some that run into their bound."""
    words = [
        "who",
        "are",
        "you",
        "open",
        "downloads",
        "folder",
        "json",
        "سلام",
        "كيف",
        "حالك",
        "😀",
        "answer",
        "in",
        "two",
        "lines",
    ]
    requests = []
    for number in range(30):
        text = " ".join(words[(number * 7 + place) % len(words)] for place in range(1 + number % 9))
        turns = [Message("system", "You are a helpful assistant."), Message("user", text)]
        if number % 4 == 3:
            turns += [Message("assistant", "Yes."), Message("user", "Why?")]
        sampling = Sampling(max_tokens=48, stop=("e", "\n") if number % 5 == 4 else ())
        requests.append(Request(f"prompt-{number}", tuple(turns), sampling))
    return requests


@pytest.fixture(scope="session")
def ask() -> Ask:
    """Puts requests to a started engine; the completions by request id, after checking that each came once."""

    def run(engine: Engine, requests: Sequence[Request]) -> dict[str, Completion]:
        found: list[Completion] = []
        engine.answer(requests, found.append, threading.Event())
        assert sorted(c.request_id for c in found) == sorted(r.id for r in requests)
        return {completion.request_id: completion for completion in found}

    return run


@pytest.fixture(scope="session")
def vllm_command() -> str:
    """The vllm executable; skips where there is none."""
    from evalsuite.engines.vllm_command import find_vllm

    found = find_vllm()
    if found is None:
        pytest.skip("vLLM is not installed: pip install 'evalsuite[vllm]'")
    return found


@pytest.fixture(scope="session")
def vllm_engine(
    vllm_command: str,  # noqa: ARG001  # skips where there is none
    adapter: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Engine]:
    """A real vLLM server that serves the adapter as "lora" and its base as "lora-base"."""
    from evalsuite.engines.vllm import VllmEngine

    log = tmp_path_factory.mktemp("vllm") / "engine.log"
    engine = VllmEngine(Checkpoint.open(str(adapter)), EngineOptions(start_timeout_s=580), log=log)
    try:
        engine.start()
        yield engine
    finally:
        engine.close()


@pytest.fixture(autouse=True)
def no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    """No key of the machine that the tests run on."""
    monkeypatch.delenv("EVALSUITE_API_KEY", raising=False)
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)


@pytest.fixture
def server() -> Iterator[FaultServer]:
    """A server that answers well until told otherwise."""
    with FaultServer() as running:
        yield running


@pytest.fixture
def dead_url() -> str:
    """A URL where nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{probe.getsockname()[1]}"
