"""The seam between the harness and whatever answers: Engine, EngineOptions, EngineRecord, EngineError."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Mapping, Sequence

    from evalsuite.conversation import Completion, Request


ONE_THREAD_PARAMETERS = 2_000_000
"""A model below this size gets one CPU thread: two gain it nothing. From about 5 million on they gain half as much
again (measured: 32 prompts of 60 tokens, 24 tokens each, by one
thread and by two: 1.0 M 0.05 s and 0.04 s; 5.5 M 0.39 s and 0.25 s; 68 M 4.5 s and 2.9 s)."""


class EngineError(Exception):
    """The engine cannot work at all. For the user: what is wrong; what was expected; how to mend it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineOptions:
    """What the user may set about engines. Each engine reads the fields that concern it and ignores the others."""

    base_urls: tuple[str, ...] = ()
    """Servers that run already: `http://host:port`, with or without `/v1`. For the endpoint engine."""
    model: str | None = None
    """The name under which a server knows the model; None takes the only one it lists."""
    concurrency: int = 64
    """Requests in flight at most, over all servers."""
    request_timeout_s: float = 600.0
    """Deadline of one request, its retries included."""
    start_timeout_s: float = 900.0
    """How long a server may take from its start until it is healthy."""
    engine_args: str = ""
    """Arguments for `vllm serve`, as on a shell's command line; they win over evalsuite's own."""
    dtype: str | None = None
    """"float32", "bfloat16", ...; None is float32 on a CPU and the checkpoint's own on a GPU."""
    batch_size: int = 32
    """Conversations answered at once by the embedded engine. Answers do not depend on it."""
    threads: int | None = None
    """torch threads of the embedded engine; None lets the engine choose by the model's size."""
    max_model_len: int | None = None
    """Context in tokens, prompt and answer; None takes the checkpoint's own, bounded where memory is."""
    trust_remote_code: bool = False
    """Whether code and pickles that come with a checkpoint may run. Off unless asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineRecord:
    """What a run's record says about its engine: enough to repeat it, and never a key or token."""

    name: str
    """"vllm", "transformers", "endpoint" or "replay"."""
    version: str | None = None
    """Of the engine's software, where it can be known."""
    model: str | None = None
    """The model's name as the engine was asked for it."""
    arguments: Mapping[str, Any] = field(default_factory=dict)
    """Everything else that shaped the answers; plain JSON values."""
    urls: tuple[str, ...] = ()
    """Servers asked, without user names, passwords or queries."""
    dtype: str | None = None
    device: str | None = None

    def as_dict(self) -> dict[str, Any]:
        """The record as plain JSON values."""
        plain = asdict(self)
        plain["arguments"] = dict(self.arguments)
        plain["urls"] = list(self.urls)
        return plain


class Engine(Protocol):
    """Something that answers requests. Used as: start, describe, answer (any number of times), close."""

    def start(self) -> None:
        """Block until ready to answer; raise EngineError where that cannot be."""
        ...

    def describe(self) -> EngineRecord:
        """The engine's record. After `start`; what was learnt while answering is in it too."""
        ...

    def answer(
        self,
        requests: Sequence[Request],
        deliver: Callable[[Completion], None],
        stop: threading.Event,
    ) -> None:
        """Answer the requests: `deliver` is called once for each, in any order, from the calling thread.

        A request that cannot be answered is delivered with `Completion.error` set. Returns when all are
        delivered, or soon (under 0.2 s) after `stop` is set; what is undelivered then stays so.
        """
        ...

    def close(self) -> None:
        """Free everything; nothing of the engine runs on. May be called twice, and without `start`."""
        ...
