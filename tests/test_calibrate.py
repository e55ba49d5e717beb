"""Calibration: counts by rule over the lines of its behaviour, and every disagreement in full."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from evalsuite.calibrate import Confusion, calibrate
from evalsuite.calibration_record import make_record, record_text, shipped_record
from evalsuite.cli import main
from evalsuite.document import DocumentError
from evalsuite.labelled import read_labelled, scope
from evalsuite.rules.version import rules_digest
from tests.conftest import ROOT


def line(id: str, output: str, codes: list[str], **changes: Any) -> dict[str, Any]:
    return {
        "id": id,
        "behaviour": "identity",
        "messages": [{"role": "system", "content": "You are Haitham."}, {"role": "user", "content": "hi there"}],
        "params": {"persona": {"name": "Haitham", "aliases": []}, "asks_identity": False, "user_name": None},
        "output": output,
        "finish_reason": "stop",
        "codes": codes,
        **changes,
    }


def write(path: Path, lines: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(item) + "\n" for item in lines), encoding="utf-8")
    return path


MIXED = [
    line("right-fail", "Hello Haitham!", ["ID003"]),
    line("right-pass", "Hello!", []),
    line("label-misses", "Hello Haitham! How are you?", []),
    line("label-invents", "Good morning!", ["ID003"]),
    line("other-code", "Hello Haitham, good to see you!", ["ID001"]),
]


def test_counts_and_disagreements(tmp_path: Path) -> None:
    result = calibrate(read_labelled([write(tmp_path / "x.jsonl", MIXED)]))
    id003 = result.rules["ID003"]
    assert (id003.tp, id003.fp, id003.fn, id003.tn) == (1, 2, 1, 1)
    assert id003.precision == pytest.approx(1 / 3)
    assert id003.recall == 0.5
    assert [d.labelled.id for d in result.disagreements] == ["label-misses", "label-invents", "other-code"]
    assert (result.right, result.total) == (3, 5), "a verdict is right when pass and fail agree, whatever the codes"
    assert result.disagreements[2].missed == ("ID001",)
    assert result.disagreements[2].invented == ("ID003",)


def test_out_counts_with_identity_and_nothing_else_does() -> None:
    assert [code[:3] for code in scope("identity")] == ["OUT"] * 5 + ["ID0"] * 5
    assert {code[:2] for code in scope("parroting")} == {"PA"}


def test_a_rule_without_support_is_not_measured() -> None:
    assert (Confusion(tn=5).precision, Confusion(tn=5).recall) == (None, None)


def test_the_command_prints_every_disagreement_in_full_and_writes_json(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    start = " ".join(f"Hall {i} opens at nine." for i in range(100))
    long = f"{start} And that, Haitham, is all."
    path = write(tmp_path / "x.jsonl", [*MIXED, line("long", long, [])])
    assert main(["calibrate", str(path), "--json", str(tmp_path / "out.json")]) == 0
    printed = capsys.readouterr().out
    assert f"{start} And that" in printed.replace("⟦", "")
    data = json.loads((tmp_path / "out.json").read_text())
    assert data["rules"]["ID003"]["fp"] == 3
    assert set(data["rules"]["ID003"]) >= {"tp", "fp", "fn", "tn", "precision", "recall"}
    assert data["verdict"]["n"] == 6
    assert data["disagreements"][-1]["output"] == long
    assert data["disagreements"][-1]["evidence"][0]["text"].strip(", ") == "Haitham"


@pytest.mark.parametrize(
    ("args", "code"),
    [
        (["--min-accuracy", "0.6"], 0),
        (["--min-accuracy", "0.7"], 1),
        (["--min-precision", "0.5"], 1),
        (["--min-recall", "0.1"], 1),
    ],
)
def test_bars_decide_the_exit_code(
    tmp_path: Path, args: list[str], code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write(tmp_path / "x.jsonl", MIXED)
    assert main(["calibrate", str(path), *args]) == code
    assert ("was expected" in capsys.readouterr().out) == bool(code)


@pytest.mark.parametrize("value", ["nan", "2", "-1", "x"])
def test_a_bar_that_is_no_share_is_refused(value: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["calibrate", "x.jsonl", "--min-recall", value])
    assert caught.value.code == 2
    assert "--min-recall" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("{", "x.jsonl:1:1: is no JSON"),
        ("[]", "x.jsonl:1:1"),
        (json.dumps(line("a", "x", [], behaviour="identiti")), "'identiti' is not known"),
        (json.dumps(line("a", "x", ["ID099"])), "ID099"),
        (json.dumps(line("a", "x", [], params={"slot": 1})), "slot"),
        (json.dumps({**line("a", "x", []), "output": 3}), "output"),
        (json.dumps(line("a", "x", [])) + "\n" + json.dumps(line("a", "y", [])), "is taken by"),
    ],
)
def test_a_broken_line_is_told_with_its_place(tmp_path: Path, content: str, words: str) -> None:
    path = tmp_path / "x.jsonl"
    path.write_text(content + "\n")
    with pytest.raises(DocumentError) as caught:
        read_labelled([path])
    assert words in str(caught.value)


def test_all_broken_lines_come_at_once(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    path.write_text("{\n[]\n{}\n")
    with pytest.raises(DocumentError) as caught:
        read_labelled([path, tmp_path / "missing.jsonl"])
    assert {p.line for p in caught.value.problems} == {0, 1, 2, 3}


def test_the_record_says_what_was_measured(tmp_path: Path) -> None:
    path = write(tmp_path / "x.jsonl", MIXED)
    result = calibrate(read_labelled([path]))
    record = make_record(result, [path])
    assert record.rules_digest == rules_digest()
    assert record.rules["ID003"].recall == result.rules["ID003"].recall
    assert type(record).model_validate_json(record_text(record)) == record


def test_the_shipped_record_is_of_these_rules_and_these_labelled_outputs() -> None:
    """Fails when rules or labels change without `nox -s accuracy`."""
    paths = sorted((ROOT / "tests" / "labelled").rglob("*.jsonl"))
    shipped = shipped_record()
    result = calibrate(read_labelled(paths))
    assert shipped == make_record(result, paths)
