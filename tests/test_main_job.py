"""The main job, whole: real suites, the demonstration checkpoints, a real engine, run folders, gate and comparison."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from evalsuite.compare import compare
from evalsuite.gate import decide, read_policy
from evalsuite.run import Run
from tests.conftest import ROOT

CHECKPOINTS = ROOT / "tests" / "checkpoints"
ENVIRONMENT = {
    **{key: value for key, value in os.environ.items() if not key.startswith("PYTEST")},
    "HF_HUB_OFFLINE": "1",
    "TOKENIZERS_PARALLELISM": "false",
}


def command(version: str, report: Path, *args: str, engine: str = "transformers") -> list[str]:
    return [
        sys.executable, "-m", "pytest", "suites", "-q", "-p", "no:cacheprovider",
        "--model", str(CHECKPOINTS / version), "--engine", engine, "--report", str(report), *args,
    ]  # fmt: skip


def run_suites(
    version: str, report: Path, *args: str, engine: str = "transformers"
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(version, report, *args, engine=engine),
        cwd=ROOT, env=ENVIRONMENT, capture_output=True, text=True, check=False,
    )  # fmt: skip


Done = tuple[subprocess.CompletedProcess[str], Run]


@pytest.fixture(scope="module")
def v25(tmp_path_factory: pytest.TempPathFactory) -> Done:
    """v2.5 through all suites on the embedded engine."""
    report = tmp_path_factory.mktemp("runs") / "v2.5"
    return run_suites("v2.5", report), Run.open(report)


@pytest.fixture(scope="module")
def v3(tmp_path_factory: pytest.TempPathFactory) -> Done:
    """v3 through all suites on the embedded engine."""
    report = tmp_path_factory.mktemp("runs") / "v3"
    return run_suites("v3", report), Run.open(report)


def test_v3_passes_every_case(v3: Done) -> None:
    done, run = v3
    assert done.returncode == 0, done.stdout
    assert run.manifest.complete
    assert run.manifest.selection.deselected == 0
    assert {result.status for result in run.results.values()} == {"pass"}


def test_v25_fails_as_in_the_post_mortem(v25: Done) -> None:
    done, run = v25
    assert done.returncode == 1, done.stderr
    assert run.manifest.complete
    results = {(r.case.suite, r.case.name, r.case.system): r for r in run.results.values()}
    confused = results["ambiguity", "explain-it-without-a-topic", "plain"]
    assert {"ID001", "ID003", "AM001"} <= set(confused.codes), "identity lost in an ambiguity case"
    assert "JG003" in results["json_grounding", "open-downloads-folder", "plain"].codes
    assert "JG004" in results["json_grounding", "open-downloads-folder", "plain"].codes
    assert "JG003" in results["json_grounding", "shutdown-device", "plain"].codes
    assert "PA001" in results["parroting", "two-lines-on-the-sky", "plain"].codes
    passed = sum(result.status == "pass" for result in results.values())
    assert passed > len(results) / 4, "mixed with right answers, as in the post-mortem"


def test_v25s_failures_are_printed_whole_with_their_evidence(v25: Done) -> None:
    done, run = v25
    printed = done.stdout.replace("⟦", "").replace("⟧", "")
    for result in run.results.values():
        if result.status == "fail":
            for line in result.completions[0].text.split("\n"):
                assert f"  {line}" in printed, result.case.key
    assert "a preview would have hidden them" in done.stdout


def test_the_gate_holds_v25_and_promotes_v3_and_the_comparison_names_every_flip(v25: Done, v3: Done) -> None:
    policy = read_policy(ROOT / "suites" / "gate.yaml")
    held = decide(v25[1], policy)
    assert held.decision == "hold", held.reasons
    assert decide(v3[1], policy).decision == "promote"
    comparison = compare(v25[1], v3[1])
    failing = {key for key, result in v25[1].results.items() if result.status == "fail"}
    assert {pair.key for pair in comparison.changed("fixed")} == failing
    assert not comparison.changed("regressed", "new", "gone", "undecided")


def test_a_word_selects_cases_and_only_these_are_asked(tmp_path: Path) -> None:
    done = run_suites("v3", tmp_path / "run", "-k", "downloads")
    assert done.returncode == 0, done.stdout
    run = Run.open(tmp_path / "run")
    assert run.completions()
    assert all("downloads" in key for key in run.completions())
    assert run.manifest.selection.deselected > 0


def test_workers_of_xdist_share_one_engine_and_ask_each_case_once(tmp_path: Path, v3: Done) -> None:
    done = run_suites("v3", tmp_path / "run", "-n", "2")
    assert done.returncode == 0, done.stdout
    lines = (tmp_path / "run" / "completions.jsonl").read_text().splitlines()
    assert len(lines) == len(v3[1].results)
    assert texts(Run.open(tmp_path / "run")) == texts(v3[1])


def texts(run: Run) -> dict[str, tuple[str, str | None]]:
    return {key: (completion.text, completion.finish_reason) for key, completion in run.completions().items()}


def wait_for_lines(path: Path, count: int, process: subprocess.Popen[bytes]) -> None:
    """Returns when a file has that many lines; fails when the process ends before."""
    while not path.exists() or path.read_bytes().count(b"\n") < count:
        assert process.poll() is None, "the run ended before it could be killed"
        time.sleep(0.005)


def test_a_killed_run_is_taken_up_without_asking_again_and_ends_the_same(tmp_path: Path, v25: Done) -> None:
    report = tmp_path / "run"
    process = subprocess.Popen(
        command("v2.5", report, "--batch-size", "4"),
        cwd=ROOT, env=ENVIRONMENT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    wait_for_lines(report / "completions.jsonl", 40, process)
    process.send_signal(signal.SIGKILL)
    process.wait()
    kept = (report / "completions.jsonl").read_bytes()
    whole = kept[: kept.rfind(b"\n") + 1]
    assert not json.loads((report / "run.json").read_text())["complete"]
    done = run_suites("v2.5", report, "--resume")
    assert done.returncode == 1, done.stdout
    journal = (report / "completions.jsonl").read_bytes()
    assert journal.startswith(whole), "nothing that was answered is lost or written anew"
    finished = Run.open(report)
    assert journal.count(b"\n") == len(finished.results), "nothing is asked twice"
    assert finished.manifest.complete
    assert finished.manifest.resumed == 1
    assert texts(finished) == texts(v25[1])
    assert finished.verdicts() == v25[1].verdicts()


@pytest.mark.vllm
@pytest.mark.parametrize("version", ["v2.5", "v3"])
@pytest.mark.usefixtures("vllm")
def test_vllm_gives_the_same_answers_as_the_embedded_engine(
    version: str,
    tmp_path: Path,
    v25: Done,
    v3: Done,
) -> None:
    done = run_suites(version, tmp_path / "run", engine="vllm")
    expected = v25 if version == "v2.5" else v3
    assert done.returncode == expected[0].returncode, done.stdout + done.stderr
    run = Run.open(tmp_path / "run")
    assert run.manifest.engine is not None
    assert run.manifest.engine["name"] == "vllm"
    assert texts(run) == texts(expected[1])
    assert run.verdicts() == expected[1].verdicts()


@pytest.fixture
def vllm() -> None:
    """Skips where vLLM is not installed."""
    from evalsuite.engines.vllm_command import find_vllm

    if find_vllm() is None:
        pytest.skip("vLLM is not installed: pip install 'evalsuite[vllm]'")
