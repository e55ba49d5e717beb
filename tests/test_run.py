"""Run folders: what is written is read back, whatever the output; damage is told, never guessed around."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from evalsuite.conversation import Completion
from evalsuite.run import Run, RunError, case_from_record, case_record, next_folder, repair_journal, request_ids
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
    run = make_run(tmp_path / "r", {"a": text})
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
