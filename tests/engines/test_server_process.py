"""Servers as child processes, with small stand-ins for vLLM: quick, and able to misbehave in any way."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import textwrap
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from evalsuite.checkpoint import Checkpoint
from evalsuite.conversation import Completion, Message, Request, Sampling
from evalsuite.engines import vllm
from evalsuite.engines.engine import EngineError, EngineOptions
from evalsuite.engines.server_process import NotHealthy, ServerProcess, free_port

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="processes are read from /proc")

HEALTHY = """
    import http.server, os, subprocess, sys, threading
    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        def do_GET(self):
            names = b'{"data": [{"id": "stand-in"}], "version": "9.9"}'
            self.send_response(200); self.send_header("Content-Length", str(len(names))); self.end_headers()
            self.wfile.write(names)
        def do_POST(self):
            self.rfile.read(int(self.headers["Content-Length"]))
            BEHAVIOUR
        def answer(self):
            body = b'{"choices": [{"message": {"content": "Fine."}, "finish_reason": "stop"}]}'
            self.send_response(200); self.send_header("Content-Length", str(len(body))); self.end_headers()
            self.wfile.write(body)
        def log_message(self, *_): pass
    port = int(sys.argv[sys.argv.index("--port") + 1])
    server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler)
    server.serve_forever()
"""


def stand_in(folder: Path, source: str, behaviour: str = "self.answer()") -> str:
    """An executable that stands for `vllm`."""
    path = folder / "vllm"
    source = textwrap.dedent(source).replace("BEHAVIOUR", behaviour)
    path.write_text(f"#!{sys.executable}\n{source}", encoding="utf-8")
    path.chmod(0o755)
    return str(path)


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[[str], ServerProcess]]:
    """Starts Python source as a server; all are ended with the test."""
    started: list[ServerProcess] = []

    def run(source: str) -> ServerProcess:
        command = [sys.executable, "-u", "-c", textwrap.dedent(source)]
        started.append(ServerProcess(command, os.environ, log=tmp_path / "logs" / "server.log", port=free_port()))
        return started[-1]

    yield run
    for server in started:
        server.end()


def wait_for_pids(server: ServerProcess, *names: str) -> list[int]:
    """The process ids that a stand-in has printed under these names. A pipe would end with it, so its log is read."""
    pause = threading.Event()
    for _ in range(3000):
        found = dict(line.split() for line in server.output().splitlines() if line.count(" ") == 1)
        if set(names) <= set(found):
            return [int(found[name]) for name in names]
        pause.wait(0.01)
    raise AssertionError(server.output())


def ended(pid: int) -> bool:
    """Whether the process ends within a minute; the kernel tells."""
    try:
        handle = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    with os.fdopen(handle) as file:
        return bool(select.select([file], [], [], 60)[0])


FAMILY = """
    import os, subprocess, sys, time
    deaf = (
        "import os, signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); "
        "print('child', os.getpid(), flush=True); time.sleep(600)"
    )
    subprocess.Popen([sys.executable, "-c", deaf], start_new_session=NEW_SESSION)
    print("server", os.getpid(), flush=True)
    time.sleep(600)
"""
sessions = pytest.mark.parametrize("new_session", ["False", "True"], ids=["same session", "own session"])


@sessions
def test_the_end_reaches_what_the_server_started(start: Callable[[str], ServerProcess], new_session: str) -> None:
    """A grandchild that ignores SIGTERM, even in a session of its own, ends with the server."""
    server = start(FAMILY.replace("NEW_SESSION", new_session))
    pids = wait_for_pids(server, "server", "child")
    server.end()
    server.end()
    assert all(map(ended, pids))
    assert server.ended() is not None


@sessions
def test_a_server_that_dies_takes_its_children_along(start: Callable[[str], ServerProcess], new_session: str) -> None:
    server = start(FAMILY.replace("NEW_SESSION", new_session))
    pid, child = wait_for_pids(server, "server", "child")
    os.kill(pid, signal.SIGKILL)
    assert ended(child)
    assert ended(server.pid)
    assert server.ended() == "vllm serve has ended (killed by SIGKILL)"


def test_kill_9_of_the_watchdog_ends_the_server(start: Callable[[str], ServerProcess]) -> None:
    server = start("import os, time\nprint('server', os.getpid(), flush=True)\ntime.sleep(600)")
    (pid,) = wait_for_pids(server, "server")
    os.kill(server.pid, signal.SIGKILL)
    assert ended(pid)


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT, None], ids=str)
def test_the_end_of_the_parent_ends_the_server(tmp_path: Path, how: signal.Signals | None) -> None:
    """However the parent ends, by an exception (None) too."""
    server = "import os, time; print(os.getpid(), flush=True); time.sleep(600)"
    source = textwrap.dedent(f"""
        import os, signal, sys
        from pathlib import Path
        from evalsuite.engines.server_process import ServerProcess
        log = Path({str(tmp_path / "log")!r})
        server = ServerProcess([sys.executable, "-c", {server!r}], os.environ, log=log, port=1)
        while not server.output():
            pass
        print(server.output(), flush=True)
        if {how is None}:
            raise RuntimeError("a defect")
        signal.pause()
    """)
    parent = subprocess.Popen([sys.executable, "-c", source], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    pid = int(parent.stdout.readline())
    if how is not None:
        parent.send_signal(how)
    parent.communicate()
    assert ended(pid)


def test_a_server_that_never_becomes_healthy(start: Callable[[str], ServerProcess]) -> None:
    server = start("import time; time.sleep(600)")
    with pytest.raises(NotHealthy, match=r"not healthy after 0\.01 s"):
        server.wait_until_healthy(0.01)
    stop = threading.Event()
    stop.set()
    assert server.wait_until_healthy(600, stop) is False


# -- the engine, with a stand-in for the command ------------------------------------------------------------------


@pytest.fixture
def make_engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., vllm.VllmEngine]]:
    """A VllmEngine whose `vllm` is a stand-in."""
    made: list[vllm.VllmEngine] = []

    def make(source: str, behaviour: str = "self.answer()", **options: object) -> vllm.VllmEngine:
        executable = stand_in(tmp_path, source, behaviour)
        monkeypatch.setattr(vllm, "find_vllm", lambda: executable)
        checkpoint = Checkpoint(kind="folder", path="/m", tokenizer="/m", name="stand-in", digest="sha256:0")
        made.append(
            vllm.VllmEngine(checkpoint, EngineOptions(**options), log=tmp_path / "engine.log")  # type: ignore[arg-type]
        )
        return made[-1]

    yield make
    for engine in made:
        engine.close()


def requests(count: int) -> list[Request]:
    return [Request(str(n), (Message("user", "How are you?"),), Sampling()) for n in range(count)]


def answers(engine: vllm.VllmEngine, count: int) -> dict[str, Completion]:
    found: list[Completion] = []
    engine.answer(requests(count), found.append, threading.Event())
    assert sorted(int(c.request_id) for c in found) == list(range(count))
    return {c.request_id: c for c in found}


def test_dies_at_start(make_engine: Callable[..., vllm.VllmEngine], tmp_path: Path) -> None:
    engine = make_engine("""
        for n in range(100): print("loading", n)
        print("(EngineCore pid=1) ERROR ValueError: head size 33 is not supported")
        print("(APIServer pid=2) RuntimeError: Engine core initialization failed. See root cause above.")
        raise SystemExit(3)
    """)
    with pytest.raises(EngineError) as raised:
        engine.start()
    message = str(raised.value)
    assert message.startswith("vllm serve has ended (exit code 3): ValueError: head size 33 is not supported; ")
    assert f"the last 40 lines of {tmp_path / 'engine.log'}:" in message
    assert "loading 62" in message
    assert "loading 61" not in message
    assert "loading 0" in (tmp_path / "engine.log").read_text(encoding="utf-8")


def test_every_port_in_use(make_engine: Callable[..., vllm.VllmEngine], tmp_path: Path) -> None:
    engine = make_engine("raise SystemExit('OSError: [Errno 98] Address already in use')")
    with pytest.raises(EngineError, match="Address already in use"):
        engine.start()
    log = (tmp_path / "engine.log").read_text(encoding="utf-8")
    assert log.count("# evalsuite runs: ") == vllm.PORT_ATTEMPTS


def test_crash_mid_run_restarts_once(make_engine: Callable[..., vllm.VllmEngine], tmp_path: Path) -> None:
    """The first server dies on its third question; what it did not answer goes to the second, once each."""
    count = str(tmp_path / "count")
    note = f"open({count!r}, 'a').write('x')"
    behaviour = f"{note}; os.path.getsize({count!r}) == 3 and os._exit(7); self.answer()"
    engine = make_engine(HEALTHY, behaviour, concurrency=2)
    engine.start()
    assert all(c.text == "Fine." for c in answers(engine, 10).values())
    assert engine.describe().arguments["restarts"] == 1
    assert engine.describe().version == "9.9"


def test_crash_after_the_restart_gives_errors_with_the_log(make_engine: Callable[..., vllm.VllmEngine]) -> None:
    engine = make_engine(HEALTHY, "print('Segfault of some kind', flush=True); os._exit(7)", concurrency=4)
    engine.start()
    for completion in answers(engine, 6).values():
        assert completion.error is not None
        assert "vllm serve has ended (exit code 7)" in completion.error
        assert "Segfault of some kind" in completion.error


def test_a_restart_that_fails_says_why(make_engine: Callable[..., vllm.VllmEngine], tmp_path: Path) -> None:
    mark = str(tmp_path / "mark")
    once = textwrap.dedent(f"""
        import os
        if os.path.exists({mark!r}):
            raise SystemExit("RuntimeError: no memory")
        open({mark!r}, "w").close()
    """)
    engine = make_engine(once + textwrap.dedent(HEALTHY), "os._exit(7)")
    engine.start()
    for completion in answers(engine, 3).values():
        assert "RuntimeError: no memory" in (completion.error or "")


def test_stop_ends_the_asking(make_engine: Callable[..., vllm.VllmEngine]) -> None:
    engine = make_engine(HEALTHY, "os.read(os.pipe()[0], 1)")
    engine.start()
    stop, found = threading.Event(), list[Completion]()
    timer = threading.Timer(0.1, stop.set)
    timer.start()
    engine.answer(requests(5), found.append, stop)
    timer.join()
    assert found == []


def test_vllm_missing(make_engine: Callable[..., vllm.VllmEngine], monkeypatch: pytest.MonkeyPatch) -> None:
    engine = make_engine("")
    monkeypatch.setattr(vllm, "find_vllm", lambda: None)
    with pytest.raises(EngineError, match=r"vLLM is not installed; .*pip install 'evalsuite\[vllm\]'"):
        engine.start()


def test_keys_of_the_user_are_not_handed_to_the_server(
    make_engine: Callable[..., vllm.VllmEngine], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-planted")
    monkeypatch.setenv("EVALSUITE_API_KEY", "es-planted")
    engine = make_engine("import os\nprint(sorted(os.environ.items()))\nraise SystemExit(1)")
    with pytest.raises(EngineError) as raised:
        engine.start()
    log = (tmp_path / "engine.log").read_text(encoding="utf-8")
    assert "VLLM_API_KEY" in log
    assert "planted" not in log + str(raised.value)
