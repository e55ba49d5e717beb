"""pytest sessions that do not go as planned: cases skipped, files broken, signals, disks, two at once."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import pty
import signal
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from evalsuite.run import Run
from tests.conftest import PERSONA, SYSTEMS
from tests.engines.fault_server import FaultServer, chat_reply
from tests.plugin.test_session import GOOD, SUITE, record

Answer = Callable[[web.Request, dict[str, Any]], Awaitable[web.StreamResponse]]


@pytest.fixture
def project(pytester: pytest.Pytester) -> pytest.Pytester:
    """A project with one suite of four cases."""
    folder = pytester.mkdir("suites")
    (folder / "persona.yaml").write_text(PERSONA, encoding="utf-8")
    (folder / "systems.yaml").write_text(SYSTEMS, encoding="utf-8")
    (folder / "identity.suite.yaml").write_text(SUITE, encoding="utf-8")
    return pytester


def says(text: str) -> Answer:
    """A handler that answers every request with a text."""

    async def answer(request: web.Request, body: dict[str, Any]) -> web.StreamResponse:  # noqa: ARG001
        return web.json_response(chat_reply(text))

    return answer


def manifest(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "run.json").read_text())
    return found


@pytest.mark.parametrize("workers", [(), ("-n", "2")])
def test_cases_that_a_conftest_skips_or_removes_leave_the_run_incomplete(
    project: pytest.Pytester, workers: tuple[str, ...]
) -> None:
    project.makeconftest(
        "import pytest\n"
        "def pytest_collection_modifyitems(items):\n"
        "    items[0].add_marker(pytest.mark.skip(reason='not today'))\n"
        "    items[1].add_marker(pytest.mark.xfail(reason='known'))\n"
        "    items.pop()\n"
    )
    folder = record(project, {**GOOD, "who-are-you": "Hello Haitham!"})
    result = project.runpytest_subprocess("suites", "--replay", str(folder), "--report", "out", *workers)
    result.assert_outcomes(passed=1, skipped=1, xfailed=1)
    assert "INTERNALERROR" not in result.stdout.str()
    found = manifest(project.path / "out")
    assert not found["complete"]
    assert found["reason"] == "1 of 3 answers have no verdict"
    assert found["selection"] == {"collected": 4, "deselected": 1, "selected": 3}
    assert sorted(v.status for v in Run.open(project.path / "out").verdicts().values()) == ["fail", "pass"]


def test_a_case_that_is_given_twice_is_asked_once(project: pytest.Pytester) -> None:
    folder = record(project, GOOD)
    args = ("suites", "suites/identity.suite.yaml", "--keep-duplicates", "--replay", str(folder), "--report", "out")
    assert project.runpytest_inprocess(*args).ret == 0
    assert manifest(project.path / "out")["selection"] == {"collected": 4, "deselected": 0, "selected": 4}
    assert len((project.path / "out" / "completions.jsonl").read_text().splitlines()) == 4


@pytest.mark.parametrize("workers", [(), ("-n", "2")])
def test_a_broken_file_beside_a_good_one_asks_nobody_unless_told_to_go_on(
    project: pytest.Pytester, workers: tuple[str, ...]
) -> None:
    (project.path / "suites" / "broken.suite.yaml").write_text("suite: identity\ncases: 5\n")
    args = ("suites", "--replay", str(record(project, GOOD)), "--report", "out", *workers)
    result = project.runpytest_subprocess(*args)
    assert result.ret == 2
    assert "broken.suite.yaml:2:8: cases is 5" in result.stdout.str()
    assert not (project.path / "out" / "run.json").exists()
    project.runpytest_subprocess(*args, "--continue-on-collection-errors").assert_outcomes(passed=4, errors=1)
    found = manifest(project.path / "out")
    assert (found["complete"], found["reason"]) == (False, "1 files could not be collected")


@pytest.mark.parametrize("workers", [(), ("-n", "2")])
def test_deselected_suites_count_as_collected(project: pytest.Pytester, workers: tuple[str, ...]) -> None:
    other = SUITE.replace("who-are-you", "name").replace("greeting", "morning")
    (project.path / "suites" / "other.suite.yaml").write_text(other)
    folder = record(project, GOOD)
    project.runpytest_subprocess(
        "suites", "-k", "identity.suite", "--replay", str(folder), "--report", "out", *workers
    ).assert_outcomes(passed=4, deselected=0 if workers else 4)
    assert manifest(project.path / "out")["selection"] == {"collected": 8, "deselected": 4, "selected": 4}


def test_suites_outside_the_root_folder_run_under_workers(project: pytest.Pytester) -> None:
    folder = record(project, GOOD)
    root = project.mkdir("root")
    for target, passed in (("suites", 4), ("suites/identity.suite.yaml::greeting[plain]", 1)):
        result = project.runpytest_subprocess(
            target, f"--rootdir={root}", "--replay", str(folder), "--reports", f"r{passed}", "-n", "2"
        )
        result.assert_outcomes(passed=passed)


def test_errors_are_told_in_full_without_a_traceback(project: pytest.Pytester) -> None:
    result = project.runpytest_subprocess(
        "suites", "--replay", str(record(project, {"greeting": GOOD["greeting"]})), "--report", "out"
    )
    result.assert_outcomes(passed=2, errors=2)
    printed = result.stdout.str()
    assert "recorded has no answer to this" in printed
    assert "CaseUndecided" not in printed
    assert ".py" not in printed


@pytest.mark.parametrize("workers", [(), ("-n", "2")])
def test_the_short_lines_name_the_rules(project: pytest.Pytester, workers: tuple[str, ...]) -> None:
    folder = record(project, {**GOOD, "greeting": "Hello Haitham!"})
    args = ("suites", "--replay", str(folder), "--report", "out", "--tb=line", "--junitxml=j.xml", *workers)
    result = project.runpytest_subprocess(*args)
    result.stdout.fnmatch_lines(["FAILED suites/identity.suite.yaml::greeting[[]plain[]] - ID003"])
    assert "suites/identity.suite.yaml:9: ID003" in result.stdout.str()
    assert 'message="ID003"' in (project.path / "j.xml").read_text()


@pytest.mark.parametrize("args", [(), ("-p", "no:terminal")])
def test_what_cannot_begin_is_told_with_and_without_a_terminal_plugin(
    project: pytest.Pytester, args: tuple[str, ...]
) -> None:
    result = project.runpytest_subprocess("suites", *args)
    assert result.ret == 2
    assert "no model was given" in result.stdout.str() + result.stderr.str()


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("--model", "a" * 5000), "is not there"),
        (("--model", "~nobody-of-that-name/x"), "is not there"),
        (("--model", ""), "--model is empty"),
        (("--model", "x", "--max-tokens", "0"), "--max-tokens is 0"),
        (("--model", "x", "--temperature", "nan"), "--temperature is nan"),
        (("--model", "x", "--concurrency", "-1"), "--concurrency is -1"),
        (("--replay", "recorded", "--report", "a-file"), "cannot be written"),
        (("--replay", "recorded", "--report", "a-file/below"), "cannot be written"),
        (("--replay", "recorded", "--report", "dangling"), "cannot be written"),
        (("--replay", "recorded", "--report", "remains"), "holds a run already (completions.jsonl)"),
    ],
)
def test_options_and_folders_that_cannot_be_used_are_one_message(
    project: pytest.Pytester, args: tuple[str, ...], words: str
) -> None:
    folder = record(project, GOOD)
    (project.path / "a-file").touch()
    (project.path / "dangling").symlink_to("nowhere")
    (project.path / "remains").mkdir()
    answers = (folder / "completions.jsonl").read_bytes()
    (project.path / "remains" / "completions.jsonl").write_bytes(answers)
    result = project.runpytest_subprocess("suites", *args)
    assert result.ret == 2
    printed = result.stdout.str() + result.stderr.str()
    assert words in printed
    assert "Traceback" not in printed
    assert "INTERNALERROR" not in printed
    assert (project.path / "remains" / "completions.jsonl").read_bytes() == answers


def test_a_full_disk_and_a_deleted_folder_are_told_with_exit_code_2(project: pytest.Pytester) -> None:
    folder = record(project, GOOD)
    project.makeconftest(
        "import os, shutil\n"
        "def pytest_runtest_teardown(item, nextitem):\n"
        "    if nextitem is None:\n"
        "        shutil.rmtree(os.environ['GONE'])\n"
    )
    project._monkeypatch.setenv("GONE", str(project.path / "out"))
    result = project.runpytest_subprocess("suites", "--replay", str(folder), "--report", "out")
    assert result.ret == 2
    assert "out: cannot be written (No such file or directory)" in result.stdout.str()
    assert "Traceback" not in result.stdout.str() + result.stderr.str()
    project.makeconftest(
        "import errno, os\n"
        "def full(*args):\n"
        "    raise OSError(errno.ENOSPC, 'No space left on device')\n"
        "def pytest_runtest_teardown(item, nextitem):\n"
        "    os.fsync = full\n"
    )
    result = project.runpytest_subprocess("suites", "--replay", str(folder), "--report", "full")
    assert result.ret == 2
    assert "full: cannot be written (No space left on device)" in result.stdout.str()
    assert "Traceback" not in result.stdout.str() + result.stderr.str()
    assert not manifest(project.path / "full")["complete"]


def started(project: pytest.Pytester, *args: str) -> subprocess.Popen[str]:
    """A session of its own process, once it has begun to write its run folder."""
    process = subprocess.Popen(
        [sys.executable, "-m", "pytest", "suites", "--report", "out", *args],
        cwd=project.path,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    deadline = time.monotonic() + 60
    while not (project.path / "out" / "completions.jsonl").exists():
        assert process.poll() is None, process.communicate()[0]
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return process


@pytest.mark.parametrize("workers", [(), ("-n", "2")])
@pytest.mark.parametrize(("number", "reason"), [(signal.SIGINT, "keyboard"), (signal.SIGTERM, "SIGTERM")])
def test_a_signal_ends_the_run_with_its_record_and_resume_asks_only_for_the_rest(
    project: pytest.Pytester, number: int, reason: str, workers: tuple[str, ...]
) -> None:
    with FaultServer() as server:
        seen: list[str] = []

        async def answer(request: web.Request, body: dict[str, Any]) -> web.StreamResponse:
            seen.append(str(body["messages"]))
            if len(seen) == 4:
                return await server.stall(request, body)
            return web.json_response(chat_reply("I am Haitham."))

        server.always = answer
        args = ("--base-url", server.url, "--concurrency", "1", *workers)
        process = started(project, *args)
        deadline = time.monotonic() + 60
        while len(seen) < 4 and time.monotonic() < deadline:
            time.sleep(0.05)
        time.sleep(0.5)
        os.kill(process.pid, number)
        printed, _ = process.communicate(timeout=60)
        assert process.returncode == 2
        assert "Traceback" not in printed
        found = manifest(project.path / "out")
        assert not found["complete"]
        assert reason in found["reason"]
        assert {"summary.md", "report.html"} <= {path.name for path in (project.path / "out").iterdir()}
        assert len(Run.open(project.path / "out").completions()) == 3
        again = project.runpytest_subprocess("suites", "--report", "out", "--resume", *args)
        again.assert_outcomes(passed=4)
        assert len(seen) == 5, "the answered cases are not asked again"
        assert manifest(project.path / "out")["complete"]


def test_two_sessions_never_write_one_folder(project: pytest.Pytester) -> None:
    with FaultServer() as server:
        server.always = server.stall
        process = started(project, "--base-url", server.url)
        other = project.runpytest_subprocess("suites", "--base-url", server.url, "--report", "out", "--resume")
        assert other.ret == 2
        assert "another process writes this run" in other.stdout.str()
        os.kill(process.pid, signal.SIGINT)
        process.communicate(timeout=60)
        assert len(server.seen) == 4


@pytest.mark.parametrize("workers", [(), ("-n", "2")])
def test_resume_asks_errors_and_changed_cases_again(project: pytest.Pytester, workers: tuple[str, ...]) -> None:
    with FaultServer() as server:

        async def refuse(request: web.Request, body: dict[str, Any]) -> web.StreamResponse:  # noqa: ARG001
            if "Hello" in str(body["messages"]):
                return web.json_response({"error": {"message": "no"}}, status=400)
            return web.json_response(chat_reply("I am Haitham."))

        server.always = refuse
        args = ("suites", "--base-url", server.url, "--report", "out", *workers)
        project.runpytest_subprocess(*args).assert_outcomes(passed=2, errors=2)
        path = project.path / "suites" / "identity.suite.yaml"
        path.write_text(path.read_text().replace("Who are you?", "Your name?"), encoding="utf-8")
        server.always = says("My name is Haitham.")
        project.runpytest_subprocess(*args, "--resume").assert_outcomes(passed=4)
        assert len(server.seen) == 8
    texts = {completion.text for completion in Run.open(project.path / "out").completions().values()}
    assert texts == {"My name is Haitham."}, "an answer to the earlier question is not judged"
    assert len((project.path / "out" / "superseded.jsonl").read_text().splitlines()) == 4


def test_resume_takes_no_smaller_selection(project: pytest.Pytester) -> None:
    with FaultServer() as server:
        server.always = says("I am Haitham.")
        args = ("suites", "--base-url", server.url, "--report", "out")
        project.runpytest_inprocess(*args, "-x").assert_outcomes(passed=4)
        before = (project.path / "out" / "completions.jsonl").read_bytes()
        result = project.runpytest_inprocess(*args, "--resume", "-k", "greeting")
    assert result.ret == 2
    assert "2 cases that are not selected now" in result.stdout.str()
    assert (project.path / "out" / "completions.jsonl").read_bytes() == before


def test_a_terminal_shows_the_progress_and_failures_do_not(project: pytest.Pytester) -> None:
    with FaultServer() as server:

        async def slowly(request: web.Request, body: dict[str, Any]) -> web.StreamResponse:  # noqa: ARG001
            await asyncio.sleep(1)
            return web.json_response(chat_reply("Hello Haitham!"))

        server.always = slowly
        command = [sys.executable, "-m", "pytest", "suites", "--base-url", server.url, "--report", "out"]
        master, slave = pty.openpty()
        process = subprocess.Popen(command, cwd=project.path, stdin=slave, stdout=slave, stderr=slave)
        os.close(slave)
        printed = b""
        with contextlib.suppress(OSError):  # Linux's way to say that the other end is closed
            while part := os.read(master, 65536):
                printed += part
        os.close(master)
        assert process.wait() == 1
    assert b"answered 0 of 4" in printed
    assert b"Captured stdout" not in printed
    assert b"\nevalsuite: 4 cases" in printed, "on a line of its own"
