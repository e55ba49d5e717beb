"""Run folders: what is written is read back, whatever the output; damage is told, never guessed around."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from evalsuite.conversation import Completion
from evalsuite.journal import JournalTail
from evalsuite.records import RunError, case_from_record, case_record, request_ids
from evalsuite.run import Run
from evalsuite.run_writer import RunWriter, next_folder, repair_journal, set_aside
from tests.stories import make_case, make_run

HOSTILE = ["\ud800 lone", "\x00\x1b[2J\u202e", "a\r\nb\u2028c", "</script><script>", "هيثم 😀", "", " \n "]


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    answers = {"greeting": "Hello Haitham!", "name": "I am Haitham."}
    run = make_run(tmp_path / "r", answers)
    assert {result.case.name: result.completions[0].text for result in run.results.values()} == answers
    assert {result.case.name: result.codes for result in run.results.values()} == {"greeting": ("ID003",), "name": ()}
    greeting = run.results["identity::greeting[plain]"]
    assert greeting.verdicts[0].findings[0].span is not None


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_outputs_survive_unchanged(tmp_path: Path, text: str) -> None:
    run = make_run(tmp_path / "r", {"a": text})
    assert run.completions()["identity::a[plain]"].text == text


@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(text=st.text(st.characters(), max_size=300))
def test_any_output_survives_unchanged(tmp_path: Path, text: str) -> None:
    with TemporaryDirectory(dir=tmp_path) as folder:
        run = make_run(Path(folder) / "r", {"a": text})
        assert run.completions()["identity::a[plain]"].text == text


def test_a_case_survives_the_journey_through_its_record() -> None:
    case = make_case("a", tags=("direct",), asks_identity=True)
    assert case_from_record(json.loads(json.dumps(case_record(case)))) == case


def test_a_later_answer_to_the_same_request_wins(tmp_path: Path) -> None:
    run = make_run(tmp_path / "r", {"a": "first"})
    line = json.loads((run.folder / "completions.jsonl").read_text())
    with (run.folder / "completions.jsonl").open("a") as file:
        file.write(json.dumps({**line, "text": "second"}) + "\n")
    assert run.completions()["identity::a[plain]"].text == "second"


def test_repeats_have_ids_of_their_own() -> None:
    assert request_ids(make_case("a"), 3) == ["identity::a[plain]", "identity::a[plain]#1", "identity::a[plain]#2"]


def test_folders_are_numbered_and_never_shared(tmp_path: Path) -> None:
    assert [next_folder(tmp_path, "v3").name for _ in range(3)] == ["0001", "0002", "0003"]
    (tmp_path / "v3" / "0041").mkdir()
    assert next_folder(tmp_path, "v3").name == "0042"


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "v3").write_text("a file")
    with pytest.raises(RunError, match="cannot be created"):
        next_folder(tmp_path, "v3")


def test_an_unfinished_last_line_is_cut_off_and_nothing_else(tmp_path: Path) -> None:
    run = make_run(tmp_path / "r", {"a": "one", "b": "two"})
    path = run.folder / "completions.jsonl"
    whole = path.read_bytes()
    path.write_bytes(whole + b'{"request_id": "identity::c')
    with pytest.raises(RunError, match=r"completions\.jsonl:3"):
        run.completions()
    assert repair_journal(run.folder) == len(b'{"request_id": "identity::c')
    assert path.read_bytes() == whole
    assert repair_journal(run.folder) == 0


@pytest.mark.parametrize(
    ("file", "content", "words"),
    [
        ("run.json", None, "no run folder"),
        ("run.json", b"{", "damaged"),
        ("run.json", b"[" * 100_000, "damaged"),
        ("run.json", b"{}", "damaged"),
        ("cases.jsonl", None, "missing"),
        ("cases.jsonl", b"{}\n", "cases.jsonl:1: is damaged"),
        ("completions.jsonl", b"[]\n", "completions.jsonl:1: is damaged"),
        ("completions.jsonl", b'{"request_id": "a", "text": "x", "foo": 1}\n', "completions.jsonl:1: is damaged"),
        ("verdicts.jsonl", b'{"id": "a"}\n', "verdicts.jsonl:1: is damaged"),
        ("verdicts.jsonl", b"\xff\n", "verdicts.jsonl:1: is damaged"),
    ],
)
def test_damage_is_told_with_its_line(tmp_path: Path, file: str, content: bytes | None, words: str) -> None:
    run = make_run(tmp_path / "r", {"a": "one"})
    path = run.folder / file
    if content is None:
        path.unlink()
    else:
        path.write_bytes(content)
    with pytest.raises(RunError) as caught:
        _ = Run.open(run.folder).results
    assert words in str(caught.value)
    assert str(caught.value).count(";") >= 2, "what; expected; mend"


def test_a_run_of_another_schema_version_is_refused(tmp_path: Path) -> None:
    run = make_run(tmp_path / "r", {"a": "one"})
    manifest = json.loads((run.folder / "run.json").read_text())
    (run.folder / "run.json").write_text(json.dumps({**manifest, "schema_version": 99}))
    with pytest.raises(RunError, match="schema version 99"):
        Run.open(run.folder)


def test_a_case_without_verdict_is_an_error_not_a_pass(tmp_path: Path) -> None:
    cases = [make_case("a"), make_case("b")]
    run = make_run(tmp_path / "r", {"a": "I am Haitham."}, cases=cases)
    assert [result.status for result in run.results.values()] == ["pass", "error"]


def test_completion_errors_are_kept(tmp_path: Path) -> None:
    run = make_run(tmp_path / "r", {"a": "one"})
    with (run.folder / "completions.jsonl").open("a") as file:
        file.write(json.dumps({"request_id": "x", "text": "", "error": "gone"}) + "\n")
    assert run.completions()["x"] == Completion("x", "", error="gone")


def test_a_repeat_that_is_missing_makes_the_case_an_error(tmp_path: Path) -> None:
    run = make_run(tmp_path / "r", {"a": "I am Haitham."})
    manifest = json.loads((run.folder / "run.json").read_text())
    (run.folder / "run.json").write_text(json.dumps({**manifest, "repeats": 3}))
    assert [result.status for result in Run.open(run.folder).results.values()] == ["error"]


def test_an_answer_without_a_verdict_is_shown_with_an_error(tmp_path: Path) -> None:
    run = make_run(tmp_path / "r", {"a": "I am Haitham."})
    (run.folder / "verdicts.jsonl").write_text("")
    (result,) = Run.open(run.folder).results.values()
    assert (result.status, result.completions[0].text) == ("error", "I am Haitham.")
    assert result.verdicts[0].errors


@pytest.mark.parametrize(
    ("file", "change"),
    [
        ("completions.jsonl", {"text": 5}),
        ("completions.jsonl", {"text": None}),
        ("completions.jsonl", {"request_id": ["a"]}),
        ("completions.jsonl", {"error": 1}),
        ("verdicts.jsonl", {"status": "promote"}),
        ("verdicts.jsonl", {"status": ["pass"]}),
        ("verdicts.jsonl", {"status": "fail"}),
        ("verdicts.jsonl", {"errors": ["gone"]}),
        ("verdicts.jsonl", {"findings": [{"code": "ID001", "span": [5, 1], "message": "x"}], "status": "fail"}),
        ("verdicts.jsonl", {"findings": [{"code": "\x1b[2J", "span": None, "message": "x"}], "status": "fail"}),
        ("verdicts.jsonl", {"findings": 5}),
        ("cases.jsonl", {"path": "\x1b]0;owned\x07"}),
        ("cases.jsonl", {"line": "3"}),
        ("cases.jsonl", {"messages": [{"role": "tool", "content": "x"}]}),
        ("cases.jsonl", {"params": {"nope": 1}}),
        ("cases.jsonl", {"sampling": {"heat": 1, "stop": []}}),
        ("cases.jsonl", {"split": "train"}),
        ("run.json", {"repeats": 0}),
        ("run.json", {"repeats": 10**12}),
        ("run.json", {"selection": {"collected": 1, "deselected": -1, "selected": 2}}),
    ],
)
def test_values_that_evalsuite_does_not_write_are_damage(tmp_path: Path, file: str, change: dict[str, object]) -> None:
    run = make_run(tmp_path / "r", {"a": "I am Haitham."})
    record = json.loads((run.folder / file).read_text())
    (run.folder / file).write_text(json.dumps({**record, **change}) + "\n")
    with pytest.raises(RunError, match="is damaged"):
        _ = Run.open(run.folder).results


def writer_for(run: Run) -> RunWriter:
    return RunWriter(run.folder, run.manifest)


def test_a_folder_with_a_run_or_its_remains_is_never_written_over(tmp_path: Path) -> None:
    run = make_run(tmp_path / "r", {"a": "one"})
    before = {path.name: path.read_bytes() for path in run.folder.iterdir()}
    writer = writer_for(run)
    with pytest.raises(RunError, match="holds a run already"):
        writer.open([])
    writer.close(complete=False, reason="it never began")
    assert {path.name: path.read_bytes() for path in run.folder.iterdir()} == before
    (run.folder / "run.json").unlink()
    with pytest.raises(RunError, match=r"holds a run already \(cases"):
        writer_for(run).open([])


def test_one_process_at_a_time_writes_a_folder(tmp_path: Path) -> None:
    run = make_run(tmp_path / "r", {"a": "one"})
    first, second = writer_for(run), writer_for(run)
    first.lock()
    with pytest.raises(RunError, match="another process writes this run"):
        second.open([], resumed=True)
    first.unlock()
    second.lock()
    second.unlock()
    assert not (run.folder / "lock").exists()


def test_a_line_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    code = (
        "import resource, signal, sys\n"
        "from pathlib import Path\n"
        "from evalsuite.run_writer import Journal\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))\n"
        "journal = Journal(Path(sys.argv[1]))\n"
        "try:\n"
        "    for i in range(100):\n"
        "        journal.append({'i': i, 'text': 'x' * 700})\n"
        "except OSError:\n"
        "    journal.append({'i': 'end'})\n"
    )
    path = tmp_path / "journal.jsonl"
    subprocess.run([sys.executable, "-c", code, str(path)], check=True)
    assert [json.loads(text)["i"] for text in path.read_text().splitlines()] == [0, 1, 2, 3, 4, "end"]


def test_what_is_asked_again_is_set_aside_and_nothing_is_lost(tmp_path: Path) -> None:
    run = make_run(tmp_path / "r", {"a": "one", "b": "two"})
    with (run.folder / "completions.jsonl").open("a") as file:
        for record in (
            {"request_id": "identity::a[plain]", "text": "better"},
            {"request_id": "identity::c[plain]", "text": "", "error": "the server was gone"},
        ):
            file.write(json.dumps(record) + "\n")
    assert set_aside(run.folder, {"identity::a[plain]", "identity::c[plain]"}) == 3
    assert {i: c.text for i, c in run.completions().items()} == {"identity::a[plain]": "better"}
    aside = [json.loads(text)["text"] for text in (run.folder / "superseded.jsonl").read_text().splitlines()]
    assert aside == ["one", "two", ""]
    assert set_aside(run.folder, {"identity::a[plain]"}) == 0


def test_who_follows_the_journal_is_told_when_nobody_writes_it(tmp_path: Path) -> None:
    run = make_run(tmp_path / "r", {"a": "one"})
    tail = JournalTail(run.folder)
    assert tail.wait("identity::a[plain]").text == "one"
    assert "ended" in str(tail.wait("identity::b[plain]").error)
