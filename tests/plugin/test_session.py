"""pytest sessions that run suites: selection, exit codes, what is printed, what is kept."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import pytest

from evalsuite.records import case_from_record, case_record
from evalsuite.run import Run
from evalsuite.suite import load_suite
from tests.conftest import PERSONA, SYSTEMS
from tests.stories import make_run

SUITE = """\
suite: identity
defaults:
  parametrize: {system: [plain, hardened]}
cases:
  - id: who-are-you
    user: Who are you?
    asks_identity: true
    tags: [direct]
  - id: greeting
    user: Hello there
    tags: [incidental]
"""
GOOD = {"who-are-you": "I am Haitham.", "greeting": "Hello! What are you working on?"}
START = " ".join(f"Hall {i} opens at nine." for i in range(20))
LONG = f"{START} And that, Haitham, is the whole of it."
Runner = Callable[..., pytest.RunResult]


@pytest.fixture
def project(pytester: pytest.Pytester) -> pytest.Pytester:
    """A project with one suite of two cases under two system prompts."""
    folder = pytester.mkdir("suites")
    (folder / "persona.yaml").write_text(PERSONA, encoding="utf-8")
    (folder / "systems.yaml").write_text(SYSTEMS, encoding="utf-8")
    (folder / "identity.suite.yaml").write_text(SUITE, encoding="utf-8")
    return pytester


def record(project: pytest.Pytester, answers: dict[str, str]) -> Path:
    """A recorded run of the project's suite in which each case got the given answer."""
    suite = load_suite(project.path / "suites" / "identity.suite.yaml", shown="suites/identity.suite.yaml")
    return make_run(project.path / "recorded", answers, cases=suite.cases).folder


@pytest.fixture
def replay(project: pytest.Pytester) -> Runner:
    """Runs pytest on the suite, replaying the given answers into the run folder `out`."""

    def run(answers: dict[str, str], *args: str, path: str = "suites") -> pytest.RunResult:
        folder = record(project, answers)
        return project.runpytest_inprocess(path, "--replay", str(folder), "--report", "out", *args)

    return run


def test_right_answers_pass_and_the_run_folder_is_complete(project: pytest.Pytester, replay: Runner) -> None:
    result = replay(GOOD)
    result.assert_outcomes(passed=4)
    assert result.ret == 0
    run = Run.open(project.path / "out")
    assert run.manifest.complete
    assert run.manifest.selection.selected == 4
    assert run.manifest.replayed
    assert {r.status for r in run.results.values()} == {"pass"}
    assert {"summary.md", "report.html"} <= {p.name for p in run.folder.iterdir()}


def test_a_fault_fails_the_test_with_the_whole_output_and_its_evidence(replay: Runner) -> None:
    result = replay({**GOOD, "greeting": LONG})
    result.assert_outcomes(passed=2, failed=2)
    assert result.ret == 1
    printed = result.stdout.str()
    assert START in printed, "never cut"
    assert "Haitham⟧" in printed
    assert "ID003 calls-user-persona at characters" in printed
    assert "suites/identity.suite.yaml:9: greeting[plain]" in printed, "the case's line in the YAML"
    assert "You are Haitham, a helper." in printed, "the whole conversation"
    assert "2 of 2 failures show no evidence in the first 200 characters" in printed


def test_control_sequences_of_an_output_are_shown_not_sent(replay: Runner) -> None:
    result = replay({**GOOD, "greeting": "Hello Haitham!\x1b[2J\x1b]0;owned\x07"})
    printed = result.stdout.str()
    assert "\\x1b[2J" in printed
    assert "\x1b]0;" not in printed


def test_junit_tells_failures_from_errors(project: pytest.Pytester, replay: Runner) -> None:
    result = replay({"greeting": "Hello Haitham!\x00\x1b"}, "--junitxml=junit.xml")
    result.assert_outcomes(failed=2, errors=2)
    suite = ElementTree.parse(project.path / "junit.xml").getroot()[0]
    assert (suite.get("failures"), suite.get("errors")) == ("2", "2")
    failure = next(iter(suite.iter("failure")))
    assert failure.get("message") == "ID003"
    assert "Hello" in (failure.text or "")


def test_an_answer_that_is_missing_is_an_error_and_the_run_is_not_complete(
    project: pytest.Pytester, replay: Runner
) -> None:
    result = replay({"greeting": GOOD["greeting"]})
    result.assert_outcomes(passed=2, errors=2)
    assert result.ret == 1
    run = Run.open(project.path / "out")
    assert not run.manifest.complete
    assert run.manifest.reason == "2 of 4 answers are errors"


@pytest.mark.parametrize(
    ("args", "ids"),
    [
        (("-k", "greeting"), ["greeting[plain]", "greeting[hardened]"]),
        (("-k", "greeting and hardened"), ["greeting[hardened]"]),
        (("-m", "direct"), ["who-are-you[plain]", "who-are-you[hardened]"]),
        (("-m", "identity and not direct"), ["greeting[plain]", "greeting[hardened]"]),
    ],
)
def test_only_what_is_selected_is_asked(
    project: pytest.Pytester, replay: Runner, args: tuple[str, ...], ids: list[str]
) -> None:
    replay(GOOD, *args).assert_outcomes(passed=len(ids), deselected=4 - len(ids))
    run = Run.open(project.path / "out")
    assert [case.id for case in run.cases()] == ids
    assert sorted(run.completions()) == sorted(f"identity::{i}" for i in ids)
    assert run.manifest.selection.deselected == 4 - len(ids)


@pytest.mark.parametrize(
    ("path", "count"),
    [
        ("suites/identity.suite.yaml", 4),
        ("suites/identity.suite.yaml::who-are-you[hardened]", 1),
        ("suites/identity.suite.yaml::who-are-you", 2),
    ],
)
def test_a_file_a_case_or_one_of_its_expansions_is_named_as_any_test(replay: Runner, path: str, count: int) -> None:
    replay(GOOD, path=path).assert_outcomes(passed=count)


def test_x_stops_at_the_first_failure_and_the_run_is_not_complete(project: pytest.Pytester, replay: Runner) -> None:
    result = replay({**GOOD, "who-are-you": "Hello Haitham!"}, "-x")
    result.assert_outcomes(failed=1)
    assert not Run.open(project.path / "out").manifest.complete


def test_lf_asks_the_failed_cases_again_and_no_other(project: pytest.Pytester, replay: Runner) -> None:
    replay({**GOOD, "greeting": "Hello Haitham!"}, "-p", "cacheprovider").assert_outcomes(passed=2, failed=2)
    folder = project.path / "recorded"
    result = project.runpytest_inprocess("suites", "--replay", str(folder), "--report", "again", "--lf")
    result.assert_outcomes(failed=2)
    assert len(Run.open(project.path / "again").completions()) == 2


def test_two_workers_share_one_asking(project: pytest.Pytester) -> None:
    folder = record(project, {**GOOD, "greeting": "Hello Haitham!"})
    result = project.runpytest_subprocess("suites", "--replay", str(folder), "--report", "out", "-n", "2")
    result.assert_outcomes(passed=2, failed=2)
    run = Run.open(project.path / "out")
    assert run.manifest.complete
    lines = (run.folder / "completions.jsonl").read_text().splitlines()
    assert len(lines) == 4, "no case is asked twice"
    assert len(run.verdicts()) == 4
    assert "calls-user-persona" in result.stdout.str()


def test_collect_only_asks_nobody_and_writes_nothing(project: pytest.Pytester) -> None:
    result = project.runpytest_inprocess("suites", "--collect-only", "-q")
    result.stdout.fnmatch_lines(["suites/identity.suite.yaml::who-are-you[[]plain[]]", "*4 tests collected*"])
    assert not (project.path / "reports").exists()


def test_run_folders_are_numbered_below_reports(project: pytest.Pytester) -> None:
    folder = record(project, GOOD)
    for _ in range(2):
        project.runpytest_inprocess("suites", "--replay", str(folder)).assert_outcomes(passed=4)
    assert sorted(p.name for p in (project.path / "reports" / "v0").iterdir()) == ["0001", "0002"]


def test_a_broken_suite_is_one_collection_error_without_traceback(project: pytest.Pytester) -> None:
    (project.path / "suites" / "identity.suite.yaml").write_text(SUITE + "  - id: x\n    usr: hi\n    allow: [ID9]\n")
    result = project.runpytest_inprocess("suites", "--model", "nowhere")
    assert result.ret == 2
    printed = result.stdout.str()
    assert "suites/identity.suite.yaml:13:5: the key 'usr' is not known" in printed
    assert "suites/identity.suite.yaml:14:13: the rule 'ID9' is not known" in printed
    assert "Traceback" not in printed
    assert not (project.path / "reports").exists()


@pytest.mark.parametrize(
    ("args", "words"),
    [
        ((), "no model was given"),
        (("--model", "nowhere"), "nowhere is not there"),
        (("--model", "suites"), "suites"),
        (("--replay", "nowhere"), "is no run folder"),
        (("--model", "x", "--repeats", "0"), "--repeats is 0"),
        (("--model", "x", "--repeats", "3"), "asks a greedy model"),
        (("--replay", "recorded", "--resume"), "--resume and --replay"),
        (("--replay", "recorded", "--report", "recorded"), "holds a run already"),
        (("--resume", "--base-url", "http://127.0.0.1:9"), "holds no run that is incomplete"),
        (("--base-url", "http://127.0.0.1:9"), "127.0.0.1:9"),
        (("--base-url", "nonsense"), "nonsense"),
    ],
)
def test_what_cannot_begin_is_one_clear_message_and_exit_code_2(
    project: pytest.Pytester, args: tuple[str, ...], words: str
) -> None:
    record(project, GOOD)
    result = project.runpytest_inprocess("suites", *args)
    assert result.ret == 2
    printed = result.stdout.str()
    assert words in printed
    assert "Traceback" not in printed
    assert "passed" not in printed


def test_repeats_pass_only_when_all_pass(project: pytest.Pytester) -> None:
    folder = record(project, GOOD)
    lines = [json.loads(line) for line in (folder / "completions.jsonl").read_text().splitlines()]
    more = [{**line, "request_id": line["request_id"] + "#1"} for line in lines]
    more[-1]["text"] = "Hello Haitham!"
    with (folder / "completions.jsonl").open("a") as file:
        file.writelines(json.dumps(line) + "\n" for line in more)
    manifest = json.loads((folder / "run.json").read_text())
    (folder / "run.json").write_text(json.dumps({**manifest, "repeats": 2}))
    result = project.runpytest_inprocess("suites", "--replay", str(folder), "--repeats", "2", "--report", "out")
    result.assert_outcomes(passed=3, failed=1)
    assert "answer 2 of 2: fail" in result.stdout.str()


def test_an_interrupted_run_is_taken_up_and_ends_as_if_it_had_not_been(project: pytest.Pytester) -> None:
    folder = record(project, GOOD)
    project.runpytest_inprocess("suites", "--replay", str(folder), "--report", "whole").assert_outcomes(passed=4)
    half = project.path / "half"
    half.mkdir()
    for name in ("run.json", "cases.jsonl"):
        (half / name).write_bytes((project.path / "whole" / name).read_bytes())
    manifest = json.loads((half / "run.json").read_text())
    (half / "run.json").write_text(json.dumps({**manifest, "complete": False, "ended": None}))
    lines = (project.path / "whole" / "completions.jsonl").read_bytes().splitlines(keepends=True)
    (half / "completions.jsonl").write_bytes(lines[0] + lines[1] + lines[2][:40])
    from evalsuite.evaluation import Evaluation, EvaluationOptions, find_subject

    suite = load_suite(project.path / "suites" / "identity.suite.yaml", shown="suites/identity.suite.yaml")
    subject = find_subject(EvaluationOptions(replay=folder))
    evaluation = Evaluation(suite.cases, [suite], EvaluationOptions(resume=True, report=half), subject, half)
    assert evaluation.resumed == 2
    assert evaluation.repaired == 40
    evaluation.start()
    for case in suite.cases:
        evaluation.generation.wait(case.key)
    evaluation.finish()
    before, after = Run.open(project.path / "whole"), Run.open(half)
    assert {i: c.text for i, c in after.completions().items()} == {i: c.text for i, c in before.completions().items()}
    assert [case_record(case) for case in after.cases()] == [case_record(case) for case in before.cases()]
    assert len((half / "completions.jsonl").read_bytes().splitlines()) == 4


def test_cases_read_back_from_a_run_are_the_suites_own(project: pytest.Pytester) -> None:
    suite = load_suite(project.path / "suites" / "identity.suite.yaml", shown="suites/identity.suite.yaml")
    for case in suite.cases:
        assert case_from_record(json.loads(json.dumps(case_record(case)))).digest() == case.digest()
