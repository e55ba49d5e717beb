"""Which engine answers: the one named, or with "auto" the best that is there."""

from __future__ import annotations

import importlib.util
from typing import TYPE_CHECKING

from evalsuite.engines.engine import Engine, EngineError, EngineOptions

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from evalsuite.checkpoint import Checkpoint
    from evalsuite.conversation import Completion, Message

ENGINES = ("auto", "vllm", "transformers", "endpoint", "replay")


def choose(
    name: str,
    options: EngineOptions,
    checkpoint: Checkpoint | None,
    *,
    log: Path,
    recorded: Mapping[str, Completion] | None = None,
    messages: Mapping[str, Sequence[Message]] | None = None,
    source: str = "the recorded run",
) -> Engine:
    """The engine called `name`, not started yet. Servers by URL win over "auto"; else vLLM before transformers.

    Args:
        name: one of ENGINES.
        options: what the user set.
        checkpoint: what to load or serve; None where servers by URL have it, or a recording is replayed.
        log: file for the log of a server that is started.
        recorded: completions of a recorded run, by request id; for "replay".
        messages: what was asked in that run, by request id; for "replay".
        source: the name of that run.

    Raises:
        EngineError: no such engine, or what it needs is missing.
    """
    if name not in ENGINES:
        raise EngineError(f"{name!r} is no engine; one of {', '.join(ENGINES)} was expected; mend --engine")
    if name == "replay":
        from evalsuite.engines.replay import ReplayEngine

        if recorded is None:
            raise EngineError("there is nothing to replay; a recorded run was expected; add --replay RUN")
        return ReplayEngine(recorded, messages or {}, source=source)
    if name == "endpoint" or (name == "auto" and options.base_urls):
        from evalsuite.engines.endpoint import EndpointEngine

        return EndpointEngine(options)
    if options.base_urls:
        raise EngineError(
            f"--base-url and --engine {name} were given together; a server that runs, or one engine, was expected; "
            "leave one of the two out"
        )
    if checkpoint is None:
        raise EngineError(
            f"no checkpoint was given for the {name} engine; a folder or hub id was expected; add --model"
        )
    return _local(name, options, checkpoint, log)


def _local(name: str, options: EngineOptions, checkpoint: Checkpoint, log: Path) -> Engine:
    """An engine that runs on this machine."""
    from evalsuite.engines.vllm_command import find_vllm

    if name == "vllm" or (name == "auto" and find_vllm() is not None):
        from evalsuite.engines.vllm import VllmEngine

        return VllmEngine(checkpoint, options, log=log)
    if name == "auto" and not (importlib.util.find_spec("torch") and importlib.util.find_spec("transformers")):
        raise EngineError(
            "neither vLLM nor transformers is installed; one of them was expected; pip install 'evalsuite[vllm]' for "
            "a GPU, 'evalsuite[cpu]' for any machine, or give a running server with --base-url"
        )
    from evalsuite.engines.transformers import TransformersEngine

    return TransformersEngine(checkpoint, options)
