"""A run as Markdown: tables and every failing case in full, safe to show where Markdown is rendered."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import regex

from evalsuite.calibrate import Calibration
from evalsuite.render.plain import answer_text, conversation_text, visible
from evalsuite.rules.catalogue import RULES
from evalsuite.run import Result, Run
from evalsuite.statistics import wilson_interval
from evalsuite.tally import Count, Tally, tally

RULE_NAMES = {code: rule.name for code, rule in RULES.items()}


def cell(text: str) -> str:
    """Text in a table cell: no markup of it is read, and it stays on one line."""
    return regex.sub(r"([\\`*_{}\[\]<>()#+!|~&])", r"\\\1", visible(text)).replace("\n", " ")


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table; cells are escaped."""
    lines = ["| " + " | ".join(map(cell, header)) + " |", "|" + " --- |" * len(header)]
    lines += ["| " + " | ".join(map(cell, row)) + " |" for row in rows]
    return "\n".join(lines)


def fenced(text: str) -> str:
    """Text in a code fence that nothing in it can close."""
    longest = max((len(run) for run in regex.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}text\n{text}\n{fence}"


def _percent(count: Count) -> str:
    return "-" if count.rate is None else f"{100 * count.rate:.1f}%"


def suites_table(found: Tally) -> str:
    """Cases per suite."""
    rows = [
        (suite, str(c.cases), str(c.passed), str(c.failed), str(c.errors), _percent(c), str(found.hidden[suite]))
        for suite, c in [*found.suites.items(), ("all", found.total)]
    ]
    if rows:
        rows[-1] = (*rows[-1][:-1], str(found.hidden.total()))
    return table(
        ("suite", "cases", "passed", "failed", "errors", "pass rate", "hidden by a 200-character preview"), rows
    )


def rules_table(found: Tally) -> str:
    """Cases per rule and suite, for the rules that report."""
    suites = list(found.suites)
    codes = [code for code in RULES if any(found.rules[suite][code] for suite in suites)]
    return table(
        ("rule", *suites),
        [(f"{code} {RULE_NAMES[code]}", *(str(found.rules[s][code] or "") for s in suites)) for code in codes],
    )


def case_text(result: Result) -> str:
    """One case in full: conversation, every output with its evidence marked, findings."""
    parts = [conversation_text(result.case.messages)]
    for completion, verdict in zip(result.completions, result.verdicts, strict=False):
        parts.append(answer_text(completion, verdict, RULE_NAMES))
    return "\n".join(parts)


def summary(run: Run) -> str:
    """The whole summary.md of a run."""
    found = tally(run.results.values())
    manifest = run.manifest
    engine = manifest.engine or {}
    parts = [
        f"# {cell(str(manifest.checkpoint.get('name')))}",
        table(
            ("what", "value"),
            [
                ("checkpoint digest", str(manifest.checkpoint.get("digest"))),
                ("engine", f"{engine.get('name', '-')} {engine.get('version') or ''}".strip()),
                ("cases", f"{manifest.selection.selected} of {manifest.selection.collected}"),
                ("repeats", str(manifest.repeats)),
                ("started", manifest.started),
                ("ended", manifest.ended or "-"),
                ("complete", "yes" if manifest.complete else f"no: {manifest.why_incomplete}"),
            ],
        ),
        "## Suites",
        suites_table(found),
    ]
    if any(found.rules.values()):
        parts += ["## Cases in which a rule reports", rules_table(found)]
    if found.total.failed:
        parts.append(
            f"{found.hidden.total()} of {found.total.failed} failures show no evidence in the first 200 characters "
            "of the output: a preview would have hidden them."
        )
    failing = [result for result in run.results.values() if result.status != "pass"]
    if failing:
        parts.append("## Cases that did not pass")
    for result in failing:
        parts += [
            f"### {cell(result.case.key)}: {result.status} {' '.join(result.codes)}".rstrip(),
            fenced(case_text(result)),
        ]
    return "\n\n".join(parts) + "\n"


def _measured(value: float | None, interval: tuple[float, float]) -> str:
    return "not measured" if value is None else f"{value:.3f} ({interval[0]:.3f} to {interval[1]:.3f})"


def accuracy_page(calibration: Calibration) -> str:
    """How accurate the rules are, as a page: a table by rule with 95% Wilson intervals."""
    rows = [
        (
            f"{code} {RULE_NAMES[code]}",
            str(c.support),
            str(c.fp + c.tn),
            _measured(c.precision, c.precision_interval),
            _measured(c.recall, c.recall_interval),
        )
        for code, c in calibration.rules.items()
    ]
    right = _measured(calibration.accuracy, wilson_interval(calibration.right, calibration.total))
    parts = [
        "# Accuracy of the rules",
        "How often the rules are right, against the labelled outputs in `tests/labelled/`, whose README says how they "
        "were made. A rule counts over the outputs of its own behaviour. `nox -s accuracy` writes this page, and the "
        "record that the gate reads.",
        "The rules were improved on these outputs until they agreed with nearly all of them, so the figures say how "
        "they stand on known outputs; what unknown ones cost is in that README too.",
        f"Verdict accuracy (pass or fail): **{right}** of {calibration.total} outputs.",
        table(("rule", "outputs with the fault", "without", "precision (95% interval)", "recall (95% interval)"), rows),
    ]
    return "\n\n".join(parts) + "\n"
