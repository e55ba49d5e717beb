"""Which engine is chosen, and what the replay engine answers."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from evalsuite.checkpoint import Checkpoint
from evalsuite.conversation import Completion, Message, Request, Sampling
from evalsuite.engines import choose as module
from evalsuite.engines import vllm_command
from evalsuite.engines.choose import choose
from evalsuite.engines.engine import EngineError, EngineOptions

LOG = Path("engine.log")
CHECKPOINT = Checkpoint(kind="folder", path="/m", tokenizer="/m", name="m", digest="sha256:0")


def chosen(name: str, checkpoint: Checkpoint | None = CHECKPOINT, **options: Any) -> str:
    return type(choose(name, EngineOptions(**options), checkpoint, log=LOG)).__name__


def test_named() -> None:
    assert chosen("vllm") == "VllmEngine"
    assert chosen("transformers") == "TransformersEngine"
    assert chosen("endpoint", None, base_urls=("http://a",)) == "EndpointEngine"


def test_auto(monkeypatch: pytest.MonkeyPatch) -> None:
    assert chosen("auto", None, base_urls=("http://a",)) == "EndpointEngine"
    monkeypatch.setattr(vllm_command, "find_vllm", lambda: "/usr/bin/vllm")
    assert chosen("auto") == "VllmEngine"
    monkeypatch.setattr(vllm_command, "find_vllm", lambda: None)
    monkeypatch.setattr(module.importlib.util, "find_spec", lambda _: True)  # type: ignore[attr-defined]
    assert chosen("auto") == "TransformersEngine"


def test_auto_with_nothing_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vllm_command, "find_vllm", lambda: None)
    monkeypatch.setattr(module.importlib.util, "find_spec", lambda _: None)  # type: ignore[attr-defined]
    with pytest.raises(EngineError, match=r"evalsuite\[vllm\].*evalsuite\[cpu\].*--base-url"):
        chosen("auto")


def test_what_does_not_fit_together() -> None:
    with pytest.raises(EngineError, match="'vlm' is no engine; one of auto, vllm,"):
        chosen("vlm")
    with pytest.raises(EngineError, match="--base-url and --engine vllm"):
        chosen("vllm", base_urls=("http://a",))
    with pytest.raises(EngineError, match="add --model"):
        chosen("transformers", None)
    with pytest.raises(EngineError, match="--replay"):
        chosen("replay", None)


def test_replay() -> None:
    asked = (Message("user", "Who are you?"),)
    recorded = {"a": Completion("a", "I am Haitham.", "stop"), "b": Completion("b", "No.")}
    messages = {"a": asked, "b": (Message("user", "Something else"),)}
    engine = choose("replay", EngineOptions(), None, log=LOG, recorded=recorded, messages=messages, source="run 7")
    engine.start()
    found: list[Completion] = []
    requests = [Request(i, asked, Sampling()) for i in ("a", "b", "c")]
    engine.answer(requests, found.append, threading.Event())
    assert found[0] == recorded["a"]
    assert "something else under this id" in (found[1].error or "")
    assert "run 7 has no answer" in (found[2].error or "")
    assert engine.describe().as_dict()["arguments"] == {"source": "run 7", "recorded": 2}
    stop = threading.Event()
    stop.set()
    engine.answer(requests, found.append, stop)
    assert len(found) == 3
    engine.close()


@pytest.mark.parametrize(
    "name", ["engine", "choose", "endpoint", "replay", "transformers", "vllm", "server_process", "decoding"]
)
def test_imports_are_light(name: str) -> None:
    """Importing an engine loads none of what it works with."""
    code = (
        f"import sys, evalsuite.engines.{name}, evalsuite.checkpoint; "
        "print([m for m in ('torch', 'transformers', 'vllm', 'aiohttp', 'peft', 'tenacity', 'pandas', 'numpy') "
        "if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
