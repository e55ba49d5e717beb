"""What the rules cost: CPU time on typical outputs, as outputs grow, and on hostile megabytes.

    python bench/rules.py [--write] [--quick]

Prints tables; `--write` puts them into bench/RULES.md, `--quick` leaves out what takes minutes. Preparation that
rules share (words, folded text, sentences, ...) is measured first and apart, so that a rule's time is its own; what
only some rules share (a JSON value that is read, tokens that are tagged) counts for the first rule that asks for it.
"""

from __future__ import annotations

import argparse
import gc
import math
import os
import platform
import statistics
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

from outputs import RECORDS_SCHEMA, Language, hostile, records, typical, typical_characters

from evalsuite.conversation import Message
from evalsuite.rules.catalogue import BEHAVIOURS, behaviours_for, judge, parse_facts
from evalsuite.rules.facts import CaseFacts
from evalsuite.rules.finding import Rule
from evalsuite.rules.passage import Conversation, Passage, Reading
from evalsuite.rules.version import rules_digest
from evalsuite.suite import load_suite

ROOT = Path(__file__).parent.parent
WORDS = 150
"""Words of a typical output."""
ROUNDS = 7
"""Times that one output is judged; the median counts."""
SIZES = (100, 1_000, 10_000, 100_000, 1_000_000)
LANGUAGES: tuple[Language, ...] = ("en", "ar")
SUITES = ("identity", "json_grounding", "parroting", "ambiguity", "anti_fluff")
SLOW_S = 1.0
"""CPU seconds on a hostile megabyte above which a rule is named."""

_PREPARED = [name for name, value in vars(Passage).items() if isinstance(value, cached_property)]
_PERSONA = {"name": "Haitham", "aliases": ["Haytham", "Haithem", "هيثم"]}
_SYSTEM = "You are Haitham, the assistant of a library in Muscat. Answer in the user's language and keep it short."
_SLOT = {"name": "file", "words": ["file", "document", "which"], "options": ["report", "invoice", "contract"]}
_LIMITS: dict[str, Any] = {
    kind: {"at_most": 3, "at_least": 1} for kind in ("lines", "sentences", "words", "characters", "items")
}


@dataclass(frozen=True)
class Subject:
    """A case to judge outputs of: the rule set, the messages, the facts."""

    suite: str
    messages: tuple[Message, ...]
    facts: CaseFacts
    name: str = ""
    """As tables name it, where that is not the suite's name."""


def _subject(suite: str, user: str, *, name: str = "", **params: Any) -> Subject:
    messages = (
        Message("system", _SYSTEM),
        Message("user", "Explain in two lines why the sky is blue."),
        Message("assistant", "Blue light is scattered more than red light.\nSo it reaches us from every side."),
        Message("user", user),
    )
    return Subject(suite, messages, parse_facts(suite, {"persona": _PERSONA, **params}), name or suite)


def subjects() -> list[Subject]:
    """Cases in which every rule of every suite has something to look for."""
    environment = {"devices": ["Living room lamp", "Hall heater"], "folders": ["Downloads", "Invoices 2025"]}
    json_facts: dict[str, Any] = {"schema": {}, "expect": {"/0": [1], "/action": ["open"]}, "environment": environment}
    return [
        _subject("identity", "Who are you?", asks_identity=True, user_name="Omar"),
        _subject("json_grounding", "Open the folder of 3 May 2026 at half past seven.", **json_facts, no_action=True),
        _subject("json_grounding", "Open folder twenty-five.", name="json_grounding, any", wrapper="any", **json_facts),
        _subject("parroting", "List five things that I should pack for a weekend at the beach."),
        _subject("ambiguity", "Send it to her.", ambiguous=True, slot=_SLOT),
        _subject(
            "ambiguity",
            "How much is 6 times 7?",
            name="ambiguity, clear",
            ambiguous=False,
            answer_contains=[["42", "forty-two"]],
        ),
        _subject(
            "anti_fluff",
            "How do I boil an egg?",
            limits=_LIMITS,
            form=["no_heading", "no_list", "no_bold", "no_table", "no_code"],
            requires=[["water", "pan"]],
            forbids=["microwave"],
        ),
    ]


# --- Measuring -------------------------------------------------------------------------------------------------------


def cpu_s(work: Callable[[], object]) -> float:
    """CPU seconds of one call."""
    start = time.process_time()
    work()
    return time.process_time() - start


def _reading(text: str, subject: Subject) -> Reading:
    voice = subject.facts.voice
    return Reading(text, Conversation(subject.messages), requested=voice.requested, allow=frozenset(voice.allow))


def _rules(suite: str) -> list[tuple[str, Rule[Any]]]:
    return [(behaviour.name, rule) for behaviour in behaviours_for(suite) for rule in behaviour.rules]


def _checked(rule: Rule[Any], reading: Reading, model: Any) -> None:
    list(rule.check(reading, model))


def prepare(passage: Passage) -> dict[str, float]:
    """CPU seconds of each preparation of a text that rules share."""
    return {name: cpu_s(partial(getattr, passage, name)) for name in _PREPARED}


def costs(text: str, subject: Subject, *, only: str | None = None) -> dict[str, float]:
    """CPU seconds of preparing an output and its messages, and of each rule (or only one behaviour's), by name."""
    reading = _reading(text, subject)
    found = {f"output: {name}": seconds for name, seconds in prepare(reading).items()}
    found["conversation"] = sum(sum(prepare(turn).values()) for turn in reading.conversation.turns)
    for name, rule in _rules(subject.suite):
        if only is None or name == only:
            model = subject.facts.by_behaviour[name]
            found[rule.code] = cpu_s(partial(_checked, rule, reading, model))
    return found


def _judged_s(text: str, subject: Subject) -> float:
    """CPU seconds of a whole verdict, with nothing prepared beforehand but the system prompt."""
    return cpu_s(partial(judge, text, Conversation(subject.messages), subject.facts))


def _judged_ms(text: str, subject: Subject) -> float:
    """CPU milliseconds of a whole verdict, median of `ROUNDS`."""
    return 1000 * statistics.median(_judged_s(text, subject) for _ in range(ROUNDS))


# --- Typical outputs --------------------------------------------------------------------------------------------------


def _suite_subjects(suite: str, language: Language) -> list[tuple[Subject, str | None]]:
    """The cases of a suite file in a language, each with an answer that passes."""
    cases = load_suite(ROOT / "suites" / f"{suite}.suite.yaml").cases
    return [
        (Subject(suite, case.messages, case.facts), case.good)
        for case in cases
        if case.language.partition("-")[0] == language
    ]


def _typical_pairs(suite: str, language: Language) -> list[tuple[str, Subject]]:
    """Outputs of 150 words with the cases they answer."""
    if suite != "json_grounding":
        found = [subject for subject, _ in _suite_subjects(suite, language)]
        return [(typical(language, words=WORDS, seed=seed), subject) for seed, subject in enumerate(found)]
    pairs = []
    for seed in range(20):
        message, output = records(language, words=WORDS, seed=seed)
        pairs.append((output, _subject(suite, message, schema=RECORDS_SCHEMA)))
    return pairs


Table = list[list[str]]


def _by_code(pairs: Sequence[tuple[str, Subject]]) -> dict[str, float]:
    """Median milliseconds of each preparation and rule over some outputs."""
    runs = [costs(text, subject) for text, subject in pairs for _ in range(ROUNDS)]
    return {name: 1000 * statistics.median(run[name] for run in runs) for name in runs[0]}


def typical_tables() -> tuple[Table, Table]:
    """Milliseconds a case by suite and language; and the same by preparation and rule."""
    total: Table = [["suite", "output", "language", "outputs", "all rules, ms", "90% below, ms"]]
    columns: dict[str, dict[str, float]] = {}
    for suite in SUITES:
        for language in LANGUAGES:
            pairs = _typical_pairs(suite, language)
            kinds = [("150 words", pairs)]
            if suite == "json_grounding":
                own = [(good, subject) for subject, good in _suite_subjects(suite, language) if good]
                kinds.append(("the suite's own answers", own))
            for kind, some in kinds:
                times = sorted(_judged_ms(text, subject) for text, subject in some)
                median, high = statistics.median(times), times[int(0.9 * (len(times) - 1))]
                total.append([suite, kind, language, str(len(times)), f"{median:.2f}", f"{high:.2f}"])
            columns[f"{suite} {language}"] = _by_code(pairs)
    return total, _detail(columns)


def _detail(columns: Mapping[str, Mapping[str, float]]) -> Table:
    names = list(dict.fromkeys(name for column in columns.values() for name in column))
    codes = [rule.code for behaviour in BEHAVIOURS for rule in behaviour.rules]
    names.sort(key=lambda name: codes.index(name) if name in codes else -1)
    rows = [["part, µs", *columns]]
    rows += [[name, *(_micro(column.get(name)) for column in columns.values())] for name in names]
    return rows


def _micro(ms: float | None) -> str:
    return "" if ms is None else f"{1000 * ms:.0f}"


# --- Growth -----------------------------------------------------------------------------------------------------------


def _growth(subject: Subject, language: Language) -> list[float]:
    """CPU milliseconds of a verdict at each of `SIZES`."""
    times = []
    for size in SIZES:
        text = typical_characters(language, size)
        if subject.suite == "json_grounding":
            text = records(language, words=size // 9 + 13)[1]
        rounds = 1 if size > 10_000 else ROUNDS
        gc.collect()
        times.append(1000 * statistics.median(_judged_s(text, subject) for _ in range(rounds)))
    return times


def growth_table() -> Table:
    """CPU milliseconds of each rule set as plain prose grows, and the power of the length that it grows with."""
    rows: Table = [["rules", "language", *(f"{size:,}" for size in SIZES), "power, last two"]]
    for subject in subjects():
        for language in LANGUAGES:
            times = _growth(subject, language)
            power = math.log(times[-1] / times[-2]) / math.log(SIZES[-1] / SIZES[-2])
            rows.append([subject.name, language, *(f"{ms:.3g}" for ms in times), f"{power:.2f}"])
    return rows


# --- Hostile outputs --------------------------------------------------------------------------------------------------


def hostile_table(only: str | None = None) -> tuple[Table, list[str]]:
    """CPU seconds of preparation and of each rule on each hostile megabyte, and what is above the bound."""
    columns: dict[str, dict[str, float]] = {}
    slow: list[str] = []
    for name, text in hostile().items():
        worst: dict[str, float] = {}
        gc.collect()
        gc.freeze()  # what earlier outputs left behind is not this one's cost
        for subject in subjects():
            if only is not None and subject.suite != only:
                continue
            own = None if subject.suite == "identity" else subject.suite  # rules that judge everywhere: once
            for part, seconds in costs(text, subject, only=own).items():
                worst[part] = max(worst.get(part, 0.0), seconds)
        columns[name] = worst
        slow += [f"{part} takes {s:.2f} s on {name}" for part, s in worst.items() if s > SLOW_S]
    parts = list(dict.fromkeys(part for column in columns.values() for part in column))
    rows: Table = [["output", "slowest part", "s", *parts]]
    for name, column in columns.items():
        part = max(column, key=lambda key: column[key])
        rows.append([name, part, f"{column[part]:.2f}", *(_seconds(column.get(p)) for p in parts)])
    return rows, slow


def _seconds(value: float | None) -> str:
    return "" if value is None else f"{value:.2f}" if value >= 0.005 else "0"


# --- Printing ---------------------------------------------------------------------------------------------------------


def rendered(table: Table) -> str:
    """A Markdown table with its columns aligned."""
    widths = [max(len(row[i]) for row in table) for i in range(len(table[0]))]
    lines = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |" for row in table
    ]
    rule = "| " + " | ".join("-" * width for width in widths) + " |"
    return "\n".join([lines[0], rule, *lines[1:]])


def _machine() -> str:
    cpu = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.exists():
        names = [
            line.split(":", 1)[1].strip() for line in info.read_text().splitlines() if line.startswith("model name")
        ]
        cpu = f"{len(names)} × {names[0]}" if names else cpu
    packages = ", ".join(f"{name} {version(name)}" for name in ("regex", "pydantic", "jsonschema"))
    python = f"Python {platform.python_version()}"
    load = f"load average {os.getloadavg()[0]:.1f} at the start" if hasattr(os, "getloadavg") else ""
    return f"{cpu} ({load}), {platform.system()}, {python}, {packages}, rules {rules_digest()[7:19]}."


def report(*, quick: bool) -> Iterable[str]:
    """The measurements as Markdown, piece by piece."""
    yield "# Cost of the rules\n\nWritten by `nox -s bench -- --write`; bench/README.md says what is measured.\n\n"
    yield f"Measured on {_machine()} CPU time, median of {ROUNDS} rounds where it is in milliseconds.\n"
    total, detail = typical_tables()
    yield f"\n## One case: an output of about {WORDS} words, nothing prepared beforehand\n\n{rendered(total)}\n"
    yield f"\n## The same, by preparation and rule (microseconds, median)\n\n{rendered(detail)}\n"
    if quick:
        return
    growth = rendered(growth_table())
    yield f"\n## Growth: CPU milliseconds for prose (JSON for the JSON rules) by characters\n\n{growth}\n"
    table, slow = hostile_table()
    yield f"\n## Hostile outputs of 1 MB: CPU seconds of each part\n\n{rendered(table)}\n"
    listed = "\n".join(f"- {line}" for line in slow) or "- none"
    yield f"\nAbove {SLOW_S:g} s:\n\n{listed}\n"


def main(arguments: Sequence[str]) -> int:
    """Runs the measurements."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--write", action="store_true", help="write bench/RULES.md")
    parser.add_argument("--quick", action="store_true", help="typical outputs only")
    options = parser.parse_args(arguments)
    pieces = []
    for piece in report(quick=options.quick):
        print(piece, end="", flush=True)
        pieces.append(piece)
    if options.write:
        (ROOT / "bench" / "RULES.md").write_text("".join(pieces), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
