"""pytest sessions against servers and checkpoints that are not what they should be."""

from __future__ import annotations

import shutil
import socket
from pathlib import Path

import pytest

from evalsuite.run import Run
from tests.conftest import PERSONA, ROOT, SYSTEMS
from tests.engines.fault_server import FaultServer, chat_reply
from tests.plugin.test_session import SUITE

V3 = ROOT / "tests" / "checkpoints" / "v3"


@pytest.fixture
def project(pytester: pytest.Pytester) -> pytest.Pytester:
    """A project with one suite of four cases."""
    folder = pytester.mkdir("suites")
    (folder / "persona.yaml").write_text(PERSONA, encoding="utf-8")
    (folder / "systems.yaml").write_text(SYSTEMS, encoding="utf-8")
    (folder / "identity.suite.yaml").write_text(SUITE, encoding="utf-8")
    return pytester


def assert_one_message(result: pytest.RunResult, words: str) -> None:
    """Exit code 2, the words, no traceback, no test run."""
    printed = result.stdout.str() + result.stderr.str()
    assert words in printed
    assert result.ret == 2
    assert "Traceback" not in printed
    assert " passed" not in printed


def test_a_server_is_asked_each_case_once_and_its_answers_are_judged(project: pytest.Pytester) -> None:
    with FaultServer() as server:

        async def answer(request: object, body: dict[str, object]) -> object:  # noqa: ARG001
            from aiohttp import web

            return web.json_response(chat_reply("I am Haitham."))

        server.always = answer  # type: ignore[assignment]  # the handler's exact types do not matter here
        result = project.runpytest_inprocess("suites", "--base-url", server.url, "--report", "out")
        result.assert_outcomes(passed=4)
        assert len(server.seen) == 4
        assert all(body["skip_special_tokens"] is False for body in server.seen)
        assert all(body["temperature"] == 0 for body in server.seen)
    run = Run.open(project.path / "out")
    assert run.manifest.engine is not None
    assert run.manifest.engine["name"] == "endpoint"


def test_a_server_that_errs_makes_errors_not_failures(project: pytest.Pytester) -> None:
    with FaultServer() as server:

        async def refuse(request: object, body: dict[str, object]) -> object:  # noqa: ARG001
            from aiohttp import web

            return web.json_response({"error": {"message": "the context is too long"}}, status=400)

        server.always = refuse  # type: ignore[assignment]  # as above
        result = project.runpytest_inprocess("suites", "--base-url", server.url, "--report", "out")
    result.assert_outcomes(errors=4)
    assert "the context is too long" in result.stdout.str()
    assert "Traceback" not in result.stdout.str()
    assert Run.open(project.path / "out").manifest.reason == "4 of 4 answers are errors"


def test_a_key_is_never_printed_or_written(project: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EVALSUITE_API_KEY", "sk-planted-secret")
    with FaultServer(500, 401) as server:
        result = project.runpytest_inprocess("suites", "--base-url", server.url, "--report", "out", "-v")
    assert "sk-planted" not in result.stdout.str() + result.stderr.str()
    for path in (project.path / "out").iterdir():
        assert b"sk-planted" not in path.read_bytes(), path.name


def test_a_port_where_nobody_listens(project: pytest.Pytester) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    result = project.runpytest_inprocess("suites", "--base-url", f"http://127.0.0.1:{port}")
    assert_one_message(result, f"127.0.0.1:{port}")


def test_a_server_that_only_errs_is_told_at_the_start(project: pytest.Pytester) -> None:
    with FaultServer() as server:
        server.models = []
        result = project.runpytest_inprocess("suites", "--base-url", server.url)
    assert_one_message(result, "127.0.0.1")


def copy_without(folder: Path, *names: str) -> Path:
    shutil.copytree(V3, folder, ignore=shutil.ignore_patterns(*names))
    return folder


@pytest.mark.parametrize(
    ("missing", "words"),
    [
        (("config.json",), "config.json"),
        (("*.safetensors",), "weights"),
        (("tokenizer*",), "tokenizer"),
        (("tokenizer_config.json",), "chat template"),
    ],
)
def test_a_checkpoint_that_lacks_something_is_refused_before_anything_starts(
    project: pytest.Pytester, missing: tuple[str, ...], words: str
) -> None:
    folder = copy_without(project.path / "broken", *missing)
    assert_one_message(project.runpytest_inprocess("suites", "--model", str(folder)), words)
    assert not list((project.path / "reports").rglob("run.json")) if (project.path / "reports").exists() else True


def test_a_server_that_dies_at_its_start_is_told_with_the_end_of_its_log(
    project: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake = project.path / "bin" / "vllm"
    fake.parent.mkdir()
    fake.write_text("#!/bin/sh\necho 'no room for the weights' >&2\nexit 3\n")
    fake.chmod(0o755)
    monkeypatch.setattr("evalsuite.engines.vllm.find_vllm", lambda: str(fake), raising=False)
    monkeypatch.setattr("evalsuite.engines.vllm_command.find_vllm", lambda: str(fake))
    result = project.runpytest_inprocess("suites", "--model", str(V3), "--engine", "vllm")
    assert_one_message(result, "no room for the weights")
