"""The vLLM engine: starts `vllm serve` on this machine, asks it as an endpoint, restarts it once, ends it for sure."""

from __future__ import annotations

import os
import secrets
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evalsuite.engines.endpoint import KEY_VARIABLES, EndpointEngine
from evalsuite.engines.engine import EngineError, EngineOptions, EngineRecord
from evalsuite.engines.server_process import LOOPBACK, NotHealthy, ServerProcess, free_port
from evalsuite.engines.vllm_command import VllmCommand, build_command, find_vllm, has_gpu

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Sequence

    from evalsuite.checkpoint import Checkpoint
    from evalsuite.conversation import Completion, Request

PORT_ATTEMPTS = 3
"""Another process can take a port between its choice and its use."""


class VllmEngine:
    """Answers from a `vllm serve` of our own, on loopback and with a random key."""

    def __init__(self, checkpoint: Checkpoint, options: EngineOptions | None = None, *, log: Path) -> None:
        """`log` takes what the server prints; a restart appends to it."""
        self._checkpoint = checkpoint
        self._options = options or EngineOptions()
        self._log = log
        self._key = secrets.token_urlsafe(32)
        self._command: VllmCommand | None = None
        self._server: ServerProcess | None = None
        self._endpoint: EndpointEngine | None = None
        self._restarts = 0
        self._held: list[Completion] = []

    def start(self) -> None:
        """Start the server and wait until it is healthy; EngineError, with the end of its log, where it is not."""
        self._command = build_command(self._checkpoint, self._options, on_gpu=has_gpu())
        self._start_server()

    def describe(self) -> EngineRecord:
        """The record: vLLM's version, the whole command without the key, restarts."""
        assert self._command is not None, "describe comes after start"
        assert self._endpoint is not None, "describe comes after start"
        inner = self._endpoint.describe()
        arguments: dict[str, Any] = {
            **inner.arguments,
            "serve": list(self._command.arguments),
            "environment": dict(self._command.environment),
            "restarts": self._restarts,
        }
        return replace(
            inner,
            name="vllm",
            arguments=arguments,
            dtype=self._command.dtype,
            device="gpu" if self._command.on_gpu else "cpu",
        )

    def answer(self, requests: Sequence[Request], deliver: Callable[[Completion], None], stop: threading.Event) -> None:
        """Ask the server; see Engine. Where it ends meanwhile it is started once more and asked for the rest."""
        assert self._endpoint is not None, "answer comes after start"
        self._held = []
        self._endpoint.answer(requests, deliver, stop)
        if self._held and not stop.is_set() and self._restarts == 0 and not self._is_healthy():
            left = {completion.request_id for completion in self._held}
            try:
                if not self._restart(stop):
                    return
            except EngineError as error:
                self._held = [replace(completion, error=str(error)) for completion in self._held]
            else:
                self._held = []
                self._endpoint.answer([request for request in requests if request.id in left], deliver, stop)
        if not stop.is_set():
            self._deliver_held(deliver)

    def close(self) -> None:
        """End the server and all its processes."""
        server, self._server = self._server, None
        if server is not None:
            server.end()

    def _deliver_held(self, deliver: Callable[[Completion], None]) -> None:
        """Deliver what the server could not answer, with the end of its log where it has ended."""
        tail = f"; {self._server.tail()}" if self._server is not None and self._server.ended() else ""
        for completion in self._held:
            deliver(replace(completion, error=f"{completion.error}{tail}"))
        self._held = []

    def _is_healthy(self) -> bool:
        return self._server is not None and self._server.is_healthy()

    def _restart(self, stop: threading.Event) -> bool:
        """Start the server once more; False where `stop` was set meanwhile."""
        self._restarts += 1
        self.close()
        return self._start_server(stop)

    def _start_server(self, stop: threading.Event | None = None) -> bool:
        for attempt in range(1, PORT_ATTEMPTS + 1):
            server = self._launch(free_port())
            try:
                if not server.wait_until_healthy(self._options.start_timeout_s, stop):
                    return False
                self._endpoint = self._make_endpoint(server)
                self._endpoint.start()
                return True
            except NotHealthy as reason:
                self.close()
                if "Address already in use" not in server.output() or attempt == PORT_ATTEMPTS:
                    cause = f": {server.cause()}" if server.cause() else ""
                    raise EngineError(
                        f"{reason}{cause}; a server that becomes healthy was expected; mend what its log says, or try "
                        f"--engine transformers; {server.tail()}"
                    ) from None
            except BaseException:
                self.close()
                raise
        raise AssertionError("the last attempt returns or raises")

    def _launch(self, port: int) -> ServerProcess:
        assert self._command is not None, "built by start"
        executable = find_vllm()
        if executable is None:
            raise EngineError(
                "vLLM is not installed; its command `vllm` was expected beside this Python or on the PATH; "
                "pip install 'evalsuite[vllm]', or use --engine transformers"
            )
        where = ("--host", LOOPBACK, "--port", str(port))
        model, *rest = self._command.arguments
        environment = {name: value for name, value in os.environ.items() if name not in KEY_VARIABLES}
        environment |= self._command.environment
        environment["VLLM_API_KEY"] = self._key  # by the environment: other users can read arguments
        self._server = ServerProcess([executable, "serve", model, *where, *rest], environment, log=self._log, port=port)
        return self._server

    def _make_endpoint(self, server: ServerProcess) -> EndpointEngine:
        assert self._command is not None, "built by start"
        options = replace(self._options, base_urls=(f"http://{LOOPBACK}:{server.port}",), model=self._command.model)
        return EndpointEngine(options, api_key=self._key, ended=server.ended, hold=self._held_back)

    def _held_back(self, completion: Completion) -> bool:
        """Keep an answer that the server failed to give: it may be asked again after a restart."""
        self._held.append(completion)
        return True
