"""Runs for tests: cases, answers and run folders made without an engine."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from evalsuite.case import Case
from evalsuite.conversation import Completion, Message, Sampling
from evalsuite.manifest import Manifest, Selection, now
from evalsuite.records import request_ids, verdict_record
from evalsuite.rules.catalogue import parse_facts
from evalsuite.rules.version import rules_digest
from evalsuite.run import Run
from evalsuite.run_writer import RunWriter
from evalsuite.score import score

PERSONA = {"name": "Haitham", "aliases": ["Haytham", "هيثم"]}


def make_case(
    name: str = "who-are-you",
    *,
    user: str = "Who are you?",
    suite: str = "identity",
    system: str = "plain",
    tags: tuple[str, ...] = (),
    **facts: object,
) -> Case:
    """A case as a suite file would give it."""
    params = {"persona": PERSONA, **facts}
    return Case(
        id=f"{name}[{system}]",
        name=name,
        suite=suite,
        path=f"suites/{suite}.suite.yaml",
        line=3,
        messages=(Message("system", "You are Haitham."), Message("user", user)),
        params=params,
        facts=parse_facts(suite, params),
        sampling=Sampling(),
        labels={"system": system},
        system=system,
        language="en",
        tags=tags,
        split="gate",
        group=name,
        twin=None,
    )


def make_run(
    folder: Path,
    answers: Mapping[str, str],
    *,
    cases: Iterable[Case] | None = None,
    complete: bool = True,
    name: str = "v0",
) -> Run:
    """A run folder in which each case (by name) got the given answer, judged by today's rules."""
    chosen = list(cases) if cases is not None else [make_case(key) for key in answers]
    manifest = Manifest(
        checkpoint={"name": name, "digest": f"sha256:{name}"},
        rules=rules_digest(),
        sampling={},
        suites=[],
        selection=Selection(collected=len(chosen), deselected=0, selected=len(chosen)),
        started=now(),
    )
    writer = RunWriter(folder, manifest)
    writer.open(chosen)
    for case in chosen:
        if case.name not in answers:
            continue
        (request_id,) = request_ids(case, 1)
        completion = Completion(request_id, answers[case.name], finish_reason="stop", completion_tokens=7)
        writer.add_completion(completion)
        writer.add_verdict(verdict_record(case.key, request_id, score(case, completion)))
    writer.close(complete=complete)
    return Run.open(folder)
