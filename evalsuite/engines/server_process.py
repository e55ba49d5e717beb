"""A server as a child process: started, watched until healthy, its log kept, its end guaranteed."""

from __future__ import annotations

import atexit
import contextlib
import http.client
import os
import re
import shlex
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from evalsuite.engines import watchdog

if TYPE_CHECKING:
    import threading
    from collections.abc import Mapping, Sequence

LOOPBACK = "127.0.0.1"
TAIL_LINES = 40
_POLL_S = 0.2
_CAUSE = re.compile(r"(?:\w+\.)*\w*(?:Error|Exception|Interrupt): .+|\berror: .+", re.IGNORECASE)
_UNINFORMATIVE = ("Engine core initialization failed", "WorkerProc initialization failed", "See root cause above")


class NotHealthy(Exception):
    """The server did not become healthy; the message says why."""


class ServerProcess:
    """One start of a server, behind a watchdog (see `watchdog`)."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str], *, log: Path, port: int) -> None:
        """Start `command` with exactly `environment`; what it prints is appended to `log`."""
        self.port = port
        self.log = log
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("ab") as output:
            output.write(f"# evalsuite runs: {shlex.join(command)}\n".encode())
            output.flush()
            self._log_start = output.tell()
            self._process = subprocess.Popen(
                [sys.executable, "-I", "-S", watchdog.__file__, *command],
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=dict(environment),
                start_new_session=True,  # Ctrl-C in the terminal is ours; the server is ended in order
            )
        atexit.register(self.end)

    @property
    def pid(self) -> int:
        """The watchdog's process id, which is its process group and session too."""
        return self._process.pid

    def ended(self) -> str | None:
        """How the server has ended; None while it runs."""
        code = self._process.poll()
        if code is None:
            return None
        how = f"killed by {_signal_name(code - 128)}" if code > 128 else f"exit code {code}"
        return f"vllm serve has ended ({how})"

    def is_healthy(self) -> bool:
        """Whether the server says so."""
        if self.ended():
            return False
        connection = http.client.HTTPConnection(LOOPBACK, self.port, timeout=5)
        try:
            connection.request("GET", "/health")
            return connection.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    def wait_until_healthy(self, timeout_s: float, stop: threading.Event | None = None) -> bool:
        """Block until the server is healthy; False where `stop` was set meanwhile. NotHealthy where it will not be."""
        deadline = time.monotonic() + timeout_s
        while not self.is_healthy():
            if ended := self.ended():
                raise NotHealthy(ended)
            if time.monotonic() > deadline:
                raise NotHealthy(f"vllm serve was not healthy after {timeout_s:g} s")
            if stop is not None and stop.is_set():
                return False
            time.sleep(_POLL_S)
        return True

    def end(self) -> None:
        """End the server and all that it started; returns when it is done. May be called twice."""
        atexit.unregister(self.end)
        if self._process.stdin is not None:
            with contextlib.suppress(OSError):
                self._process.stdin.close()  # the watchdog's sign
        try:
            self._process.wait(3 * watchdog.GRACE_S)
        except subprocess.TimeoutExpired:
            pass
        finally:
            # All of it at once: only where the watchdog was killed, or is stuck, is anything left here.
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()

    def output(self) -> str:
        """What this start has printed."""
        with self.log.open("rb") as file:
            file.seek(self._log_start)
            return file.read().decode("utf-8", errors="replace")

    def cause(self) -> str | None:
        """The error that most likely ended it: the last one printed that does not only point at another."""
        found = [match[0].strip() for match in _CAUSE.finditer(self.output())]
        telling = [line for line in found if not any(words in line for words in _UNINFORMATIVE)]
        return telling[-1] if telling else None

    def tail(self) -> str:
        """The end of the log, and where the whole is."""
        lines = self.output().splitlines()[-TAIL_LINES:]
        return f"the last {len(lines)} lines of {self.log}:\n" + "\n".join(lines)


def free_port() -> int:
    """A loopback port that nobody listens on at the moment."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
