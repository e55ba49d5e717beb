"""Run a server, and end it and all that it started when the process that asked for it is gone. Run as a script.

    evalsuite --pipe--> watchdog (own session, adopts orphans) --> vllm serve --> engine core --> workers

The pipe is the watchdog's standard input. It closes when evalsuite closes it or dies in any way, kill -9 included; the
kernel's own parent-death signal would reach the server alone, not what the server started. That signal is set all the
same, for the case that the watchdog itself is killed.

    python -I -S watchdog.py COMMAND...

Exits with the server's exit code, 128 + n where signal n ended it. Only the standard library, and nothing of evalsuite.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import subprocess
import sys
import time
from pathlib import Path

GRACE_S = 8.0
"""What the server gets to end by itself, after SIGTERM and before SIGKILL."""
_PR_SET_PDEATHSIG = 1  # linux/prctl.h
_PR_SET_CHILD_SUBREAPER = 36


def main(command: list[str]) -> int:
    """Run `command` until it ends or standard input closes; the exit code. Nothing that it started is left."""
    asked, ask = os.pipe()
    for signum in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD):
        signal.signal(signum, lambda *_: None)
    os.set_blocking(ask, False)
    signal.set_wakeup_fd(ask, warn_on_full_buffer=False)
    _prctl(_PR_SET_CHILD_SUBREAPER, 1)
    server = subprocess.Popen(command, stdin=subprocess.DEVNULL, preexec_fn=_die_with_watchdog)
    while server.poll() is None and not _told_to_end(asked):
        pass
    if server.poll() is None:
        server.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            server.wait(GRACE_S)
    _kill_rest()
    code = server.wait()
    _reap()
    return code if code >= 0 else 128 - code


def _told_to_end(asked: int) -> bool:
    """Wait for something to happen; whether it was the end of standard input or a signal to end."""
    ready, _, _ = select.select([0, asked], [], [])
    signals = set(os.read(asked, 4096)) if asked in ready else set()
    return bool(signals - {signal.SIGCHLD}) or (0 in ready and not os.read(0, 4096))


def _kill_rest() -> None:
    """Kill every descendant, orphans included, until there is none."""
    deadline = time.monotonic() + GRACE_S  # a process may hang in the kernel, beyond any signal
    while (left := _descendants()) and time.monotonic() < deadline:
        for pid in left:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.01)


def _descendants() -> set[int]:
    """Processes below this one that still run, by /proc."""
    children: dict[int, set[int]] = {}
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            fields = (entry / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue  # it has ended meanwhile
        if fields[0] != "Z":
            children.setdefault(int(fields[1]), set()).add(int(entry.name))
    found: set[int] = set()
    waiting = [os.getpid()]
    while waiting:
        new = children.get(waiting.pop(), set()) - found
        found |= new
        waiting += new
    return found


def _reap() -> None:
    """Collect the adopted orphans that have ended: in a container nobody else may."""
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG) != (0, 0):
            pass


def _die_with_watchdog() -> None:
    _prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def _prctl(option: int, value: int) -> None:
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None).prctl(option, value, 0, 0, 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
