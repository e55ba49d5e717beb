"""The vLLM engine against a real `vllm serve`: same answers as the embedded one, and an end that is one."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import textwrap
import threading
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from evalsuite.checkpoint import Checkpoint
from evalsuite.conversation import Completion, Message, Request, Sampling
from evalsuite.engines.engine import Engine, EngineError, EngineOptions
from evalsuite.engines.server_process import free_port
from evalsuite.engines.transformers import TransformersEngine

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from evalsuite.engines.vllm import VllmEngine
    from tests.engines.conftest import Ask

pytestmark = [pytest.mark.vllm, pytest.mark.skipif(sys.platform != "linux", reason="processes are read from /proc")]


def words(completions: Mapping[str, Completion]) -> dict[str, tuple[Any, ...]]:
    return {
        key: (c.text, c.finish_reason, c.prompt_tokens, c.completion_tokens, c.error) for key, c in completions.items()
    }


def embedded(folder: Path, ask: Ask, requests: list[Request]) -> dict[str, tuple[Any, ...]]:
    engine = TransformersEngine(Checkpoint.open(str(folder)))
    engine.start()
    try:
        return words(ask(engine, requests))
    finally:
        engine.close()


def processes_of(group: int) -> list[int]:
    """Processes of a session that still run."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = entry.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if fields[0] != "Z" and int(fields[3]) == group:
            found.append(int(entry.parent.name))
    return found


def wait_for_end(pids: list[int]) -> None:
    """Block until the processes have ended; the kernel tells."""
    for pid in pids:
        try:
            handle = os.pidfd_open(pid)
        except ProcessLookupError:
            continue
        with os.fdopen(handle) as file:
            import select

            assert select.select([file], [], [], 60)[0], f"process {pid} still runs"


def test_adapter_equals_embedded_and_merged(
    vllm_engine: Engine, ask: Ask, adapter: Path, merged: Path, prompts: list[Request]
) -> None:
    served = words(ask(vllm_engine, prompts))
    assert served == embedded(adapter, ask, prompts)
    assert served == embedded(merged, ask, prompts)


def test_base_equals_embedded(vllm_engine: VllmEngine, ask: Ask, base: Path, prompts: list[Request]) -> None:
    """The base below the adapter, asked as an endpoint: as a server that somebody else started."""
    from evalsuite.engines.endpoint import EndpointEngine

    url = vllm_engine.describe().urls[0]
    engine = EndpointEngine(EngineOptions(base_urls=(url,), model="lora-base"), api_key=vllm_engine._key)
    engine.start()
    assert words(ask(engine, prompts)) == embedded(base, ask, prompts)


def test_the_end_token_on_the_last_place_and_a_half_character(
    vllm_engine: Engine, ask: Ask, adapter: Path, prompts: list[Request]
) -> None:
    """Every bound from 1 to 24 tokens: the same text and reason as the embedded engine, wherever the cut falls."""
    bounded = [
        replace(p, id=f"{p.id}-{n}", sampling=replace(p.sampling, max_tokens=n))
        for p in prompts[:4]
        for n in range(1, 25)
    ]
    assert words(ask(vllm_engine, bounded)) == embedded(adapter, ask, bounded)


def test_too_long_a_request_is_an_error_in_both(vllm_engine: Engine, ask: Ask) -> None:
    request = Request("long", (Message("user", "x" * 900),), Sampling(max_tokens=512))
    error = ask(vllm_engine, [request])["long"].error
    assert error is not None
    assert "HTTP 400" in error
    assert "1024" in error


def test_the_record_has_the_command_and_no_key(vllm_engine: VllmEngine) -> None:
    record = vllm_engine.describe().as_dict()
    assert json.loads(json.dumps(record)) == record
    assert record["name"] == "vllm"
    assert record["dtype"] == "float32"
    assert record["arguments"]["serve"][1:3] == ["--generation-config", "vllm"]
    assert vllm_engine._key not in json.dumps(record)
    assert vllm_engine._key not in vllm_engine._log.read_text(encoding="utf-8")
    assert vllm_engine._server is not None
    for pid in processes_of(vllm_engine._server.pid):
        assert vllm_engine._key.encode() not in Path(f"/proc/{pid}/cmdline").read_bytes()


def test_listens_on_loopback_and_wants_the_key(vllm_engine: VllmEngine) -> None:
    from evalsuite.engines.endpoint import EndpointEngine

    url = vllm_engine.describe().urls[0]
    assert url.startswith("http://127.0.0.1:")
    with pytest.raises(EngineError, match=r"refuses the key .*401"):
        EndpointEngine(EngineOptions(base_urls=(url,)), api_key="wrong").start()


@pytest.fixture
def own_engine(vllm_command: str, base: Path, tmp_path: Path) -> Iterator[VllmEngine]:  # noqa: ARG001
    """A server of the test's own, not started, for tests that end it."""
    from evalsuite.engines.vllm import VllmEngine

    engine = VllmEngine(Checkpoint.open(str(base)), EngineOptions(start_timeout_s=580), log=tmp_path / "engine.log")
    yield engine
    engine.close()


def test_a_crash_mid_run_restarts_once(own_engine: VllmEngine, ask: Ask, base: Path, prompts: list[Request]) -> None:
    """The engine core is killed while requests are in flight: each is answered all the same, as if nothing were."""
    long = [replace(p, sampling=replace(p.sampling, max_tokens=400, stop=())) for p in prompts]
    own_engine.start()
    assert own_engine._server is not None
    session = own_engine._server.pid
    first = threading.Event()
    found: dict[str, Completion] = {}

    def deliver(completion: Completion) -> None:
        if not first.is_set():
            first.set()
            core = next(p for p in processes_of(session) if Path(f"/proc/{p}/comm").read_text().startswith("VLLM::E"))
            os.kill(core, signal.SIGKILL)
        assert completion.request_id not in found
        found[completion.request_id] = completion

    own_engine.answer(long, deliver, threading.Event())
    assert words(found) == embedded(base, ask, long)
    assert own_engine.describe().arguments["restarts"] == 1
    assert processes_of(session) == []

    again = own_engine._server.pid
    running = processes_of(again)
    os.kill(next(p for p in running if Path(f"/proc/{p}/comm").read_text().startswith("vllm")), signal.SIGKILL)
    errors = ask(own_engine, prompts[:3])
    assert all("vllm serve has ended (killed by SIGKILL)" in (c.error or "") for c in errors.values())
    assert all("lines of" in (c.error or "") for c in errors.values())
    wait_for_end(running)


def test_a_port_in_use_is_left_for_another(
    own_engine: VllmEngine, ask: Ask, prompts: list[Request], monkeypatch: pytest.MonkeyPatch
) -> None:
    from evalsuite.engines import vllm

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        ports = [int(taken.getsockname()[1])]
        monkeypatch.setattr(vllm, "free_port", lambda: ports.pop() if ports else free_port())
        own_engine.start()
    assert ask(own_engine, prompts[:1])[prompts[0].id].error is None
    assert "Address already in use" in own_engine._log.read_text(encoding="utf-8")


def test_kill_9_of_the_parent_leaves_no_process(vllm_command: str, base: Path, tmp_path: Path) -> None:  # noqa: ARG001
    script = textwrap.dedent(f"""
        import signal
        from pathlib import Path
        from evalsuite.checkpoint import Checkpoint
        from evalsuite.engines.engine import EngineOptions
        from evalsuite.engines.vllm import VllmEngine
        engine = VllmEngine(
            Checkpoint.open({str(base)!r}), EngineOptions(start_timeout_s=580), log=Path({str(tmp_path / "log")!r})
        )
        engine.start()
        print(engine._server.pid, flush=True)
        signal.pause()
    """)
    parent = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    try:
        assert parent.stdout is not None
        session = int(parent.stdout.readline())
        running = processes_of(session)
        assert len(running) >= 4, "watchdog, API server, engine core, worker"
    finally:
        parent.kill()
        parent.communicate()
    wait_for_end(running)
    assert processes_of(session) == []
