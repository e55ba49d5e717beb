"""The command line options of the pytest plugin."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pytest

    from evalsuite.evaluation import EvaluationOptions

_OPTIONS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("--model", {"help": "what is tested: a checkpoint folder, a PEFT adapter folder, or a hub id"}),
    ("--base-model", {"help": "base of a PEFT adapter, where adapter_config.json does not lead to it"}),
    (
        "--engine",
        {
            "choices": ("auto", "vllm", "transformers", "endpoint"),
            "default": "auto",
            "help": "what answers; auto takes --base-url where given, else vLLM where installed, else transformers",
        },
    ),
    (
        "--base-url",
        {
            "action": "append",
            "default": [],
            "metavar": "URL",
            "help": "an OpenAI-compatible server that runs already; may be repeated (key: EVALSUITE_API_KEY)",
        },
    ),
    ("--served-model-name", {"help": "the model's name on that server, where it lists several"}),
    ("--replay", {"metavar": "RUN", "type": Path, "help": "judge the answers of a recorded run; ask nobody"}),
    ("--report", {"metavar": "DIR", "type": Path, "help": "the run folder itself"}),
    (
        "--reports",
        {
            "metavar": "DIR",
            "type": Path,
            "default": Path("reports"),
            "help": "where run folders are made, as <checkpoint>/<NNNN> (default: reports)",
        },
    ),
    ("--resume", {"action": "store_true", "help": "take up the interrupted run: answered cases are not asked again"}),
    (
        "--repeats",
        {"type": int, "default": 1, "metavar": "K", "help": "ask each case K times; it passes when all K pass"},
    ),
    ("--temperature", {"type": float, "help": "sampling temperature for every case (default: each case's own, 0)"}),
    (
        "--max-tokens",
        {"type": int, "metavar": "N", "help": "bound on each answer, in tokens (default: each case's own)"},
    ),
    (
        "--concurrency",
        {"type": int, "default": 64, "metavar": "N", "help": "requests in flight at most (default: 64, suits vLLM)"},
    ),
    (
        "--batch-size",
        {"type": int, "default": 32, "metavar": "N", "help": "batch of the embedded engine (default: 32)"},
    ),
    ("--dtype", {"help": "float32, bfloat16, ... (default: float32 on a CPU, the checkpoint's own on a GPU)"}),
    ("--max-model-len", {"type": int, "metavar": "N", "help": "context of the engine in tokens"}),
    ("--engine-args", {"default": "", "metavar": "ARGS", "help": "handed through to `vllm serve`, as one string"}),
    (
        "--request-timeout",
        {"type": float, "default": 600.0, "metavar": "SECONDS", "help": "deadline of one request (default: 600)"},
    ),
    (
        "--start-timeout",
        {
            "type": float,
            "default": 900.0,
            "metavar": "SECONDS",
            "help": "until a started server is healthy (default: 900)",
        },
    ),
    (
        "--trust-remote-code",
        {"action": "store_true", "help": "let code and pickles that come with a checkpoint run (never by default)"},
    ),
)

OPTION_NAMES = frozenset(name for name, _ in _OPTIONS)


def taken_names(parser: pytest.Parser) -> list[str]:
    """Names of ours that other plugins or conftests have already."""
    groups = {id(group): group for group in (*parser._groups, parser._anonymous)}
    known = {name for group in groups.values() for option in group.options for name in option.names()}
    return sorted(OPTION_NAMES & known)


def add_options(parser: pytest.Parser) -> None:
    """Adds the options to pytest's own. Raises ValueError where one has a name that is taken."""
    group = parser.getgroup("evalsuite", "evalsuite: behavioural suites against a chat model")
    for name, settings in _OPTIONS:
        group.addoption(name, dest=f"evalsuite_{name.strip('-').replace('-', '_')}", **settings)


def read_options(config: pytest.Config) -> EvaluationOptions:
    """What the command line says, paths taken from where pytest was called."""
    from evalsuite.engines.engine import EngineOptions
    from evalsuite.evaluation import EvaluationOptions

    def option(name: str) -> Any:
        return config.getoption(name, None)

    def number(name: str, otherwise: float) -> Any:
        value = option(name)
        return otherwise if value is None else value

    here = config.invocation_params.dir
    urls = tuple(option("--base-url") or ())
    model = option("--model")
    if model and os.path.exists(here / model):  # noqa: PTH110  # Path's raises where the name is too long for a path
        model = str(here / model)
    served = option("--served-model-name") or (model if urls and model and not Path(model).is_absolute() else None)

    def path(name: str) -> Path | None:
        value = option(name)
        return None if value is None else here / value

    return EvaluationOptions(
        model=model,
        base_model=option("--base-model"),
        engine=option("--engine") or "auto",
        replay=path("--replay"),
        report=path("--report"),
        reports=path("--reports") or here / "reports",
        resume=bool(option("--resume")),
        repeats=number("--repeats", 1),
        temperature=option("--temperature"),
        max_tokens=option("--max-tokens"),
        engine_options=EngineOptions(
            base_urls=urls,
            model=served,
            concurrency=number("--concurrency", 64),
            request_timeout_s=number("--request-timeout", 600.0),
            start_timeout_s=number("--start-timeout", 900.0),
            engine_args=option("--engine-args") or "",
            dtype=option("--dtype"),
            batch_size=number("--batch-size", 32),
            max_model_len=option("--max-model-len"),
            trust_remote_code=bool(option("--trust-remote-code")),
        ),
    )
