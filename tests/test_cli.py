"""The command: what it prints, its exit codes, and one clear message for what cannot be done."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from evalsuite.cli import main
from evalsuite.rules.catalogue import RULES, parse_facts
from evalsuite.run import Run
from tests.stories import make_run

GOOD = "The museum opens at nine."
BAD = "Hello Haitham! " + " ".join(f"Hall {i} opens at nine." for i in range(50))


def test_show_prints_tables_and_cases_in_full(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = make_run(tmp_path / "r", {"good": GOOD, "bad": BAD})
    assert main(["show", str(run.folder)]) == 0
    assert "50.0%" in capsys.readouterr().out
    assert main(["show", str(run.folder), "--failed"]) == 0
    printed = capsys.readouterr().out
    assert "⟦" in printed, "the evidence is marked"
    assert BAD.strip() in printed.replace("⟦", "").replace("⟧", "")
    assert GOOD not in printed
    assert main(["show", str(run.folder), "good"]) == 0
    assert GOOD in capsys.readouterr().out


def test_rescore_says_what_changed_and_writes_a_new_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = make_run(tmp_path / "r", {"good": GOOD, "bad": BAD})
    lines = [json.loads(text) for text in (run.folder / "verdicts.jsonl").read_text().splitlines()]
    changed = [{**record, "status": "pass", "findings": []} for record in lines]
    (run.folder / "verdicts.jsonl").write_text("".join(json.dumps(record) + "\n" for record in changed))
    before = (run.folder / "verdicts.jsonl").read_bytes()
    assert main(["rescore", str(run.folder), "--write", str(tmp_path / "new")]) == 0
    printed = capsys.readouterr().out
    assert "2 cases judged again, 1 changed" in printed
    assert "identity::bad[plain]: pass -> fail ID003" in printed
    assert (run.folder / "verdicts.jsonl").read_bytes() == before
    assert [r.status for r in Run.open(tmp_path / "new").results.values()] == ["pass", "fail"]


def test_gate_exits_with_the_decision(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    policy = tmp_path / "gate.yaml"
    policy.write_text("floors: {identity: {pass_rate: 0.6}}\n")
    good, bad = make_run(tmp_path / "a", {"x": GOOD}), make_run(tmp_path / "b", {"x": BAD})
    args = ["--policy", str(policy), "--json", str(tmp_path / "out.json")]
    assert main(["gate", str(good.folder), *args]) == 0
    assert main(["gate", str(bad.folder), *args]) == 1
    assert json.loads((tmp_path / "out.json").read_text())["decision"] == "hold"
    (bad.folder / "verdicts.jsonl").unlink()
    assert main(["gate", str(bad.folder), *args]) == 2
    assert "verdicts.jsonl: is missing" in capsys.readouterr().out


def test_compare_prints_flips(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    a, b = make_run(tmp_path / "a", {"x": GOOD}), make_run(tmp_path / "b", {"x": BAD})
    assert main(["compare", str(a.folder), str(b.folder)]) == 0
    assert "regressed: identity::x[plain]" in capsys.readouterr().out


@pytest.mark.parametrize(
    "args",
    [
        ["show", "nowhere"],
        ["gate", "nowhere"],
        ["compare", "nowhere", "nowhere"],
        ["rescore", "nowhere"],
        ["explain", "ID033"],
        ["calibrate", "nowhere.jsonl"],
    ],
)
def test_what_cannot_be_done_is_one_message_on_stderr(args: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(args) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.count("\n") == 1
    assert captured.err.count(";") >= 2


def test_rules_lists_every_rule(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rules"]) == 0
    printed = capsys.readouterr().out
    assert all(code in printed for code in RULES)


@pytest.mark.parametrize("code", sorted(RULES))
def test_explain_shows_examples_that_do_what_they_say(code: str, capsys: pytest.CaptureFixture[str]) -> None:
    from evalsuite.conversation import Message
    from evalsuite.rules.catalogue import BEHAVIOURS, judge
    from evalsuite.rules.passage import Conversation

    assert main(["explain", code]) == 0
    assert code in capsys.readouterr().out
    (behaviour,) = [b.name for b in BEHAVIOURS if RULES[code] in b.rules]
    suite = "identity" if behaviour == "output" else behaviour
    for example, reports in ((RULES[code].fails, True), (RULES[code].passes, False)):
        facts = parse_facts(suite, {"persona": {"name": "Haitham", "aliases": ["هيثم"]}, **example.facts})
        messages = [Message("system", example.system)]
        for user, assistant in example.earlier:
            messages += [Message("user", user), Message("assistant", assistant)]
        conversation = Conversation([*messages, Message("user", example.user)])
        verdict = judge(example.output, conversation, facts, finish_reason=example.finish_reason)
        assert not verdict.errors
        assert (code in verdict.codes) == reports


@pytest.mark.parametrize("kind", ["suite", "persona", "systems", "gate"])
def test_schema_prints_a_valid_schema(kind: str, capsys: pytest.CaptureFixture[str]) -> None:
    import jsonschema

    assert main(["schema", kind]) == 0
    jsonschema.Draft202012Validator.check_schema(json.loads(capsys.readouterr().out))


def test_a_closed_pipe_is_no_error(tmp_path: Path) -> None:
    run = make_run(tmp_path / "r", {f"case-{i}": BAD for i in range(200)})
    command = f"{sys.executable} -m evalsuite.cli show {run.folder} --failed | head -1"
    done = subprocess.run(["bash", "-o", "pipefail", "-c", command], capture_output=True, text=True, check=False)
    assert done.stderr == ""
    assert done.returncode == 0


def test_a_reader_that_goes_away_changes_no_exit_code(tmp_path: Path) -> None:
    run = make_run(tmp_path / "r", {"bad": BAD})
    policy = tmp_path / "gate.yaml"
    policy.write_text("floors: {identity: {pass_rate: 1}}\n")
    command = [sys.executable, "-m", "evalsuite.cli", "gate", str(run.folder), "--policy", str(policy)]
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(command, stdout=writer, stderr=subprocess.PIPE, text=True, check=False)
    os.close(writer)
    assert (done.returncode, done.stderr) == (1, "")


def test_a_terminal_that_lacks_characters_gets_escapes(tmp_path: Path) -> None:
    run = make_run(tmp_path / "r", {"a": "مرحبا هيثم"})
    done = subprocess.run(
        [sys.executable, "-m", "evalsuite.cli", "show", str(run.folder), "a"],
        capture_output=True,
        env={**os.environ, "PYTHONIOENCODING": "ascii"},
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"\\u0645" in done.stdout


def test_rescore_writes_the_reports_too_and_never_into_a_run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = make_run(tmp_path / "r", {"good": GOOD})
    assert main(["rescore", str(run.folder), "--write", str(tmp_path / "new")]) == 0
    assert (tmp_path / "new" / "report.html").exists()
    assert Run.open(tmp_path / "new").manifest.complete
    assert main(["rescore", str(run.folder), "--write", str(tmp_path / "new")]) == 2
    assert "holds a run already" in capsys.readouterr().err


def test_names_of_a_run_from_elsewhere_are_shown_not_sent(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = make_run(tmp_path / "r", {"good": GOOD}, complete=False)
    manifest = json.loads((run.folder / "run.json").read_text())
    manifest["checkpoint"]["name"] = "\x1b]0;owned\x07"
    manifest["ended"] = None
    manifest["engine"] = {"name": "\x1b[2J"}
    (run.folder / "run.json").write_text(json.dumps(manifest))
    folder, new = str(run.folder), str(tmp_path / "new")
    for command in (["show", folder], ["compare", folder, folder], ["rescore", folder, "--write", new]):
        assert main(command) == 0
        assert "\x1b" not in capsys.readouterr().out
    assert "\x1b" not in (tmp_path / "new" / "report.html").read_text()
    (run.folder / "run.json").write_text(json.dumps({**manifest, "checkpoint": {}, "engine": {}}))
    assert main(["rescore", folder, "--write", str(tmp_path / "nameless")]) == 0
    assert main(["show", str(run.folder)]) == 0
    assert "incomplete: it was killed, or is still being written" in capsys.readouterr().out
