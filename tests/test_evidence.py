"""Evidence spans: what a finding points at is the fault, not the text around it."""

from __future__ import annotations

import json
import re
from typing import Any

from evalsuite.labelled import Labelled, read_labelled, scope
from evalsuite.rules.catalogue import judge
from evalsuite.rules.passage import Conversation
from tests.conftest import ROOT

FILES = sorted((ROOT / "tests" / "labelled").glob("*.jsonl"))
# These rules speak of the whole output or of what is missing in it.
WHOLE = {
    "OUT001",
    "OUT002",
    "OUT003",
    "ID004",
    "JG001",
    "JG002",
    "JG005",
    "JG006",
    "AM002",
    "AM005",
    "FL005",
    "FL006",
    "FL007",
}


def evidence() -> list[tuple[Labelled, list[str]]]:
    """Labelled outputs with one fault whose stretches were marked by the one who labelled them."""
    marked: dict[str, Any] = {}
    for path in FILES:
        for line in path.read_text(encoding="utf-8").splitlines():
            record = json.loads(line)
            if record.get("evidence") and len(record["codes"]) == 1 and not set(record["codes"]) & WHOLE:
                marked[record["id"]] = record["evidence"]
    return [(labelled, marked[labelled.id]) for labelled in read_labelled(FILES) if labelled.id in marked]


def test_a_finding_points_at_the_fault_that_a_reader_marked() -> None:
    cases = evidence()
    missed = []
    for labelled, stretches in cases:
        (code,) = labelled.codes
        verdict = judge(
            labelled.output, Conversation(labelled.messages), labelled.facts, codes=scope(labelled.behaviour)
        )
        spans = [finding.span for finding in verdict.findings if finding.code == code and finding.span]
        if not spans:
            continue  # whether it is found at all is calibration's question
        places = [match.span() for stretch in stretches for match in re.finditer(re.escape(stretch), labelled.output)]
        if not any(a < end and start < b for a, b in spans for start, end in places):
            found = [labelled.output[a:b] for a, b in spans]
            missed.append(f"{labelled.id} {code}: points at {found}, a reader at {stretches}")
    assert len(cases) > 300
    assert not missed, "\n".join(missed)


def test_evidence_is_not_the_whole_of_a_long_output() -> None:
    """A rule that pointed at everything would always touch the fault."""
    wide = []
    for labelled, stretches in evidence():
        if len(labelled.output) < 400 or max(map(len, stretches)) > 200:
            continue
        (code,) = labelled.codes
        verdict = judge(
            labelled.output, Conversation(labelled.messages), labelled.facts, codes=scope(labelled.behaviour)
        )
        wide += [
            f"{labelled.id} {code}: {f.span}"
            for f in verdict.findings
            if f.code == code and f.span and f.span[1] - f.span[0] > len(labelled.output) // 2
        ]
    assert not wide, "\n".join(wide)
