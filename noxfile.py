"""Everything that is done to this project, one session a purpose: `nox -l` lists them."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import nox

nox.needs_version = ">=2025.2.9"
nox.options.default_venv_backend = "venv"
nox.options.reuse_existing_virtualenvs = True
nox.options.sessions = ["lint", "typing", "tests", "demo", "build"]

TORCH = "torch==2.13.0"
"""The version that is tested. Asked for by itself, before anything else can ask for a newest build."""
VLLM_WHEELS = Path(os.environ.get("EVALSUITE_VLLM_WHEELS", "../shared/wheels"))
"""Folder with a vLLM wheel for this machine's CPU, where there is one; without it the vLLM tests are skipped."""
OFFLINE = {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1", "TOKENIZERS_PARALLELISM": "false"}
DEV = nox.project.dependency_groups(nox.project.load_toml("pyproject.toml"), "dev")


def install_engines(session: nox.Session) -> None:
    """The package with the embedded engine, and vLLM where a wheel for this CPU lies."""
    wheels = sorted(VLLM_WHEELS.glob("vllm-*.whl")) if VLLM_WHEELS.is_dir() else []
    constraints = VLLM_WHEELS / "constraints.txt"
    pins = ["-c", str(constraints)] if wheels and constraints.exists() else []
    session.install(TORCH, *map(str, wheels[-1:]), *pins)
    session.install("-e", ".[cpu,lora]", *pins)


@nox.session
def tests(session: nox.Session) -> None:
    """All tests, with real engines."""
    install_engines(session)
    session.install(*DEV)
    session.run("pytest", *session.posargs, env=OFFLINE)


@nox.session
def lint(session: nox.Session) -> None:
    """Style of code and of formatting."""
    session.install(*[name for name in DEV if name.startswith("ruff")])
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")


@nox.session
def typing(session: nox.Session) -> None:
    """Types, strictly, over package, tests and this file."""
    session.install("-e", ".", *DEV)
    session.run("mypy")


@nox.session
def demo(session: nox.Session) -> None:
    """The main job on the two demonstration checkpoints: run both, decide on both, compare them."""
    session.install(TORCH)
    session.install("-e", ".[cpu]")
    folder = Path(session.posargs[0] if session.posargs else "reports")
    runs = {name: folder / name / "demo" for name in ("v2.5", "v3")}
    for name, run in runs.items():
        shutil.rmtree(run, ignore_errors=True)
        # v2.5 must fail: exit code 1 is the demonstration, not an accident
        session.run(
            "pytest", "suites/", "--model", f"tests/checkpoints/{name}", "--engine", "transformers",
            "--report", str(run), "-q", "--tb=no", "--no-summary",
            env=OFFLINE, success_codes=[0 if name == "v3" else 1],
        )  # fmt: skip
    session.run("evalsuite", "gate", str(runs["v2.5"]), success_codes=[1])
    session.run("evalsuite", "gate", str(runs["v3"]))
    session.run("evalsuite", "compare", str(runs["v2.5"]), str(runs["v3"]))


@nox.session
def checkpoints(session: nox.Session) -> None:
    """Trains the demonstration checkpoints anew from the suites."""
    session.install(TORCH)
    session.install("-e", ".[cpu]")
    session.run("python", "tests/checkpoints/train.py", "suites", "tests/checkpoints", *session.posargs, env=OFFLINE)


@nox.session
def schemas(session: nox.Session) -> None:
    """Writes the JSON Schemas of suites, persona, system prompts and gate policy to schemas/."""
    session.install("-e", ".")
    for kind in ("suite", "persona", "systems", "gate"):
        text = session.run("evalsuite", "schema", kind, silent=True)
        Path(f"schemas/{kind}.schema.json").write_text(str(text), encoding="utf-8")


@nox.session
def accuracy(session: nox.Session) -> None:
    """Measures the rules against the labelled outputs: evalsuite/calibration.json and docs/accuracy.md."""
    session.install("-e", ".")
    files = [str(path) for path in sorted(Path("tests/labelled").rglob("*.jsonl"))]
    session.run("evalsuite", "calibrate", *files, "--record", "evalsuite/calibration.json",
                "--markdown", "docs/accuracy.md")  # fmt: skip


@nox.session
def bench(session: nox.Session) -> None:
    """Measures what the rules cost; `nox -s bench -- --write` renews bench/RULES.md."""
    session.install("-e", ".")
    session.run("python", "bench/rules.py", *session.posargs)


@nox.session
def mutations(session: nox.Session) -> None:
    """Breaks the rules, one place at a time, and says what no test notices."""
    session.install("-e", ".", *DEV)
    session.run("python", "tests/mutations.py", *session.posargs)


@nox.session
def build(session: nox.Session) -> None:
    """Builds the wheel and the sdist, and looks at the wheel from an environment that has nothing else."""
    session.install("build")
    shutil.rmtree("dist", ignore_errors=True)
    session.run("python", "-m", "build")
    (wheel,) = Path("dist").glob("*.whl")
    session.install("--force-reinstall", str(wheel))
    with session.chdir(session.create_tmp()):
        session.run("evalsuite", "rules", silent=True)
        session.run("evalsuite", "explain", "JG004")
