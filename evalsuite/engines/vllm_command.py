"""How `vllm serve` is called: where it is found, its arguments, its environment. Starts nothing."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

from evalsuite.engines.engine import ONE_THREAD_PARAMETERS, EngineError, EngineOptions

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from evalsuite.checkpoint import Checkpoint

_CPU_CONTEXT_TOKENS = 8192
_CPU_CACHE_BYTES = 64 * 2**20
_RANKS = (1, 8, 16, 32, 64, 128, 256, 320, 512)
"""The values that vLLM takes for --max-lora-rank."""
_NOT_HANDED = frozenset({"--host", "--port", "--uds", "--served-model-name", "--api-key", "--hf-token"})
"""The server must be found where evalsuite put it, and keys are no arguments: others can read those."""


@dataclass(frozen=True, slots=True)
class VllmCommand:
    """One call of `vllm serve`, without port and key."""

    arguments: tuple[str, ...]
    """After `serve`: the model and its flags, evalsuite's first, then the user's, which win."""
    environment: Mapping[str, str]
    """What is set besides the environment that is there."""
    model: str
    """The name to ask for."""
    dtype: str
    on_gpu: bool


def has_gpu() -> bool:
    """Whether vLLM will find a GPU here: none with its CPU build, else where a device of one is."""
    try:
        if "cpu" in metadata.version("vllm"):
            return False
    except metadata.PackageNotFoundError:
        pass  # it is another Python's
    devices = ("nvidia[0-9]*", "kfd", "dxg", "accel[0-9]*")
    return any(True for pattern in devices for _ in Path("/dev").glob(pattern))


def find_vllm() -> str | None:
    """The `vllm` executable: beside this Python, else on the PATH; None where there is none."""
    beside = Path(sys.executable).parent / "vllm"
    return str(beside) if os.access(beside, os.X_OK) and beside.is_file() else shutil.which("vllm")


def build_command(checkpoint: Checkpoint, options: EngineOptions, *, on_gpu: bool) -> VllmCommand:
    """The call that serves `checkpoint`; EngineError where the user's arguments cannot be handed through."""
    given = _given(options.engine_args)
    name = options.model or checkpoint.name
    flags = {"--generation-config": "vllm"}  # the checkpoint's own must not leak in
    flags |= _gpu_flags(options) if on_gpu else _cpu_flags(checkpoint, options)
    if options.trust_remote_code:
        flags["--trust-remote-code"] = ""
    else:
        flags["--load-format"] = "safetensors"  # never falls back to pickles
    flags |= _adapter_flags(checkpoint, name) if checkpoint.kind == "adapter" else {"--served-model-name": name}
    set_by_user = {flag.partition("=")[0].replace("_", "-") for flag in given if flag.startswith("--")}
    own = [
        part
        for flag, value in flags.items()
        if flag not in set_by_user
        for part in ((flag, value) if value else (flag,))
    ]
    return VllmCommand(
        arguments=(checkpoint.base or checkpoint.path, *own, *given),
        environment=_environment(checkpoint, on_gpu),
        model=name,
        dtype=_value(given, "--dtype") or flags.get("--dtype", "auto"),
        on_gpu=on_gpu,
    )


def _given(text: str) -> list[str]:
    try:
        given = shlex.split(text)
    except ValueError as error:
        raise EngineError(
            f"--engine-args {text!r} cannot be read ({error}); arguments as on a shell's command line were expected"
        ) from None
    taken = sorted({flag.partition("=")[0].replace("_", "-") for flag in given} & _NOT_HANDED)
    if taken:
        raise EngineError(
            f"--engine-args has {', '.join(taken)}; other arguments of vllm serve were expected, because evalsuite "
            "chooses address and name, and keys belong into the environment (HF_TOKEN); leave it out, or start a "
            "server of your own and give --base-url"
        )
    return given


def _value(given: Sequence[str], flag: str) -> str | None:
    """What `flag` is set to; None where it is not."""
    for place, part in enumerate(given):
        name, equals, value = part.partition("=")
        if name == flag:
            return value if equals else next(iter(given[place + 1 :]), None)
    return None


def _gpu_flags(options: EngineOptions) -> dict[str, str]:
    flags = {"--dtype": options.dtype} if options.dtype else {}
    return flags | ({"--max-model-len": str(options.max_model_len)} if options.max_model_len else {})


def _cpu_flags(checkpoint: Checkpoint, options: EngineOptions) -> dict[str, str]:
    """Without them vLLM takes nearly all memory for its cache, and answers in bfloat16."""
    context = options.max_model_len or min(checkpoint.context_tokens or _CPU_CONTEXT_TOKENS, _CPU_CONTEXT_TOKENS)
    return {
        "--dtype": options.dtype or "float32",
        "--enforce-eager": "",
        "--max-model-len": str(context),
        "--max-num-seqs": str(max(1, min(options.concurrency, 64))),
        "--kv-cache-memory-bytes": str(_cache_bytes(checkpoint)),
    }


def _cache_bytes(checkpoint: Checkpoint) -> int:
    """Cache in bytes: as much as the weights in float32, at most 16 GiB, at least what a tiny model needs."""
    return max(_CPU_CACHE_BYTES, min(4 * (checkpoint.parameters or 2**29), 16 * 2**30))


def _adapter_flags(checkpoint: Checkpoint, name: str) -> dict[str, str]:
    rank = next((rank for rank in _RANKS if rank >= (checkpoint.lora_rank or 16)), _RANKS[-1])
    flags = {
        "--enable-lora": "",
        "--lora-modules": f"{name}={checkpoint.path}",
        "--max-lora-rank": str(rank),
        "--served-model-name": f"{name}-base",
    }
    # An adapter that was saved with its tokenizer was trained with that one and its chat template.
    return flags | ({"--tokenizer": checkpoint.tokenizer} if checkpoint.tokenizer != checkpoint.base else {})


def _environment(checkpoint: Checkpoint, on_gpu: bool) -> dict[str, str]:
    quiet = {"VLLM_NO_USAGE_STATS": "1", "DO_NOT_TRACK": "1"}
    if on_gpu:
        return quiet
    wanted = {"VLLM_CPU_OMP_THREADS_BIND": "nobind"}  # binding threads to cores fails in containers
    if (checkpoint.parameters or ONE_THREAD_PARAMETERS) < ONE_THREAD_PARAMETERS:
        wanted["OMP_NUM_THREADS"] = "1"
    return quiet | {name: value for name, value in wanted.items() if name not in os.environ}
