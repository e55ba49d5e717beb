"""How `vllm serve` is called."""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from evalsuite.checkpoint import Checkpoint
from evalsuite.engines import vllm_command
from evalsuite.engines.engine import EngineError, EngineOptions
from evalsuite.engines.vllm_command import build_command, find_vllm

if TYPE_CHECKING:
    from pathlib import Path

FOLDER = Checkpoint(
    kind="folder", path="/m", tokenizer="/m", name="m", digest="sha256:0", parameters=300_000, context_tokens=32_768
)
ADAPTER = replace(FOLDER, kind="adapter", path="/lora", base="/m", name="lora", lora_rank=12)


def flag(arguments: tuple[str, ...], name: str) -> str:
    """The value that argparse would take: the last one."""
    return arguments[len(arguments) - arguments[::-1].index(name)]


def test_on_a_cpu() -> None:
    command = build_command(FOLDER, EngineOptions(), on_gpu=False)
    assert command.arguments[0] == "/m"
    assert flag(command.arguments, "--dtype") == "float32"
    assert flag(command.arguments, "--generation-config") == "vllm"
    assert flag(command.arguments, "--max-model-len") == "8192"
    assert flag(command.arguments, "--kv-cache-memory-bytes") == str(64 * 2**20)
    assert flag(command.arguments, "--load-format") == "safetensors"
    assert "--enforce-eager" in command.arguments
    assert command.environment["VLLM_CPU_OMP_THREADS_BIND"] == "nobind"
    assert (command.model, command.dtype) == ("m", "float32")


def test_a_big_model_on_a_cpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    command = build_command(replace(FOLDER, parameters=500_000_000), EngineOptions(), on_gpu=False)
    assert flag(command.arguments, "--kv-cache-memory-bytes") == "2000000000"
    assert "OMP_NUM_THREADS" not in command.environment


def test_on_a_gpu_vllm_chooses_by_itself() -> None:
    command = build_command(FOLDER, EngineOptions(), on_gpu=True)
    assert not {"--dtype", "--max-model-len", "--enforce-eager", "--kv-cache-memory-bytes"} & set(command.arguments)
    chosen = build_command(FOLDER, EngineOptions(dtype="bfloat16", max_model_len=99), on_gpu=True)
    assert flag(chosen.arguments, "--dtype") == "bfloat16"
    assert flag(chosen.arguments, "--max-model-len") == "99"


def test_an_adapter() -> None:
    command = build_command(ADAPTER, EngineOptions(), on_gpu=False)
    assert command.arguments[0] == "/m"
    assert flag(command.arguments, "--lora-modules") == "lora=/lora"
    assert flag(command.arguments, "--max-lora-rank") == "16"
    assert flag(command.arguments, "--served-model-name") == "lora-base"
    assert command.model == "lora"
    assert "--tokenizer" not in command.arguments
    own = build_command(replace(ADAPTER, tokenizer="/lora"), EngineOptions(), on_gpu=False)
    assert flag(own.arguments, "--tokenizer") == "/lora"


def test_the_user_s_arguments_win() -> None:
    given = "--dtype=bfloat16 --max_model_len 77 --no-enforce-eager --seed '3'"
    command = build_command(FOLDER, EngineOptions(engine_args=given), on_gpu=False)
    assert command.arguments[-5:] == ("--max_model_len", "77", "--no-enforce-eager", "--seed", "3")
    assert "--max-model-len" not in command.arguments
    assert "--dtype" not in command.arguments
    assert command.dtype == "bfloat16"


@pytest.mark.parametrize(
    "given",
    ["--port 80", "--host=0.0.0.0", "--api-key secret", "--api_key=secret", "--hf-token secret", "--seed 'open"],
)
def test_arguments_that_are_not_handed_through(given: str) -> None:
    with pytest.raises(EngineError, match="--engine-args") as raised:
        build_command(FOLDER, EngineOptions(engine_args=given), on_gpu=False)
    assert "secret" not in str(raised.value)


def test_trusted_code_is_said_so() -> None:
    command = build_command(FOLDER, EngineOptions(trust_remote_code=True), on_gpu=False)
    assert "--trust-remote-code" in command.arguments
    assert "--load-format" not in command.arguments


def test_vllm_beside_python_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for folder in ("beside", "path"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "vllm").write_text("#!/bin/sh\n", encoding="utf-8")
        (tmp_path / folder / "vllm").chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(tmp_path / "beside" / "python"))
    monkeypatch.setenv("PATH", str(tmp_path / "path"))
    assert find_vllm() == str(tmp_path / "beside" / "vllm")
    (tmp_path / "beside" / "vllm").unlink()
    assert find_vllm() == str(tmp_path / "path" / "vllm")
    (tmp_path / "path" / "vllm").unlink()
    assert find_vllm() is None


def test_a_cpu_build_has_no_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vllm_command.metadata, "version", lambda _: "0.29.0+cpu")  # type: ignore[attr-defined]
    assert not vllm_command.has_gpu()
