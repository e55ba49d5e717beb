"""Tables for the terminal (rich)."""

from __future__ import annotations

import io
import json
from collections import Counter
from collections.abc import Sequence
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from evalsuite.calibrate import Calibration, Disagreement
from evalsuite.compare import Comparison, Pair
from evalsuite.conversation import Completion
from evalsuite.gate import GateReport
from evalsuite.render.plain import answer_text, conversation_text, visible
from evalsuite.rescore import Rescored
from evalsuite.rules.catalogue import BEHAVIOURS, RULES
from evalsuite.rules.finding import Rule
from evalsuite.run import Result, Run
from evalsuite.statistics import wilson_interval
from evalsuite.tally import Count, Tally, tally

RULE_NAMES = {code: rule.name for code, rule in RULES.items()}


def percent(count: Count) -> str:
    """Pass rate of a count as text."""
    return "-" if count.rate is None else f"{100 * count.rate:.1f}%"


def suite_table(found: Tally) -> Table:
    """Cases per suite: passed, failed, errors, rate, and failures that a preview hides."""
    table = Table(title="suites", box=SIMPLE_HEAD, title_justify="left", title_style="bold")
    table.add_column("suite", overflow="fold", min_width=14)
    for name in ("cases", "passed", "failed", "errors", "pass rate", "hidden by a preview"):
        table.add_column(name, justify="right", overflow="fold")
    for suite, count in found.suites.items():
        style = "red" if count.failed or count.errors else "green"
        table.add_row(
            suite,
            str(count.cases),
            str(count.passed),
            Text(str(count.failed), style=style),
            str(count.errors),
            percent(count),
            str(found.hidden[suite]),
        )
    table.add_section()
    total = found.total
    table.add_row(
        "all",
        str(total.cases),
        str(total.passed),
        str(total.failed),
        str(total.errors),
        percent(total),
        str(found.hidden.total()),
    )
    return table


def rule_table(found: Tally) -> Table:
    """Cases per rule, with the suites they are in, for the rules that report."""
    table = Table(title="cases in which a rule reports", box=SIMPLE_HEAD, title_justify="left", title_style="bold")
    table.add_column("rule", overflow="fold", min_width=24)
    table.add_column("cases", justify="right", overflow="fold")
    table.add_column("in suites", overflow="fold")
    for code, rule in RULES.items():
        counts = {suite: counter[code] for suite, counter in found.rules.items() if counter[code]}
        if counts:
            where = ", ".join(f"{suite} {count}" for suite, count in sorted(counts.items(), key=lambda i: -i[1]))
            table.add_row(f"{code} {rule.name}", str(sum(counts.values())), where)
    return table


def system_table(found: Tally) -> Table:
    """Pass rate per suite and system prompt."""
    systems = sorted({system for counts in found.systems.values() for system in counts})
    table = Table(title="pass rate by system prompt", box=SIMPLE_HEAD, title_justify="left", title_style="bold")
    table.add_column("suite", overflow="fold", min_width=14)
    for system in systems:
        table.add_column(system, justify="right", overflow="fold")
    for suite, counts in found.systems.items():
        table.add_row(suite, *(f"{percent(counts[s])} of {counts[s].cases}" if s in counts else "" for s in systems))
    return table


def run_tables(run: Run, *, width: int = 100, color: bool = False) -> str:
    """The tables of a run with where it lies and whether it is complete, as text for the terminal."""
    console = console_for(width=width, color=color)
    found = tally(run.results.values())
    console.print(suite_table(found))
    if any(found.rules.values()):
        console.print(rule_table(found))
    if any(len(counts) > 1 for counts in found.systems.values()):
        console.print(system_table(found))
    hidden = found.hidden.total()
    if found.total.failed:
        console.print(
            f"{hidden} of {found.total.failed} failures show no evidence in the first 200 characters of the output:"
            " a preview would have hidden them.",
            soft_wrap=True,
            highlight=False,
        )
    if not run.manifest.complete:
        console.print(Text(f"incomplete: {visible(run.manifest.why_incomplete)}", style="yellow"), soft_wrap=True)
    console.print(Text(f"run folder: {run.folder}"), soft_wrap=True)
    return output_of(console)


def console_for(*, width: int, color: bool) -> Console:
    """A console that writes into memory."""
    return Console(
        file=io.StringIO(),
        width=max(width, 60),
        force_terminal=color,
        color_system="standard" if color else None,
        highlight=False,
        emoji=False,
        markup=False,
        legacy_windows=False,
    )


def output_of(console: Console) -> str:
    """What was printed on a console of `console_for`."""
    file = console.file
    assert isinstance(file, io.StringIO)
    return file.getvalue()


def case_text(result: Result) -> str:
    """One case in full: where it stands, conversation, every output with its evidence marked, findings."""
    parts = [
        f"{result.status.upper()} {result.case.key} {' '.join(result.codes)}".rstrip(),
        f"{result.case.path}:{result.case.line}",
        conversation_text(result.case.messages),
    ]
    for completion, verdict in zip(result.completions, result.verdicts, strict=False):
        parts.append(answer_text(completion, verdict, RULE_NAMES))
    return "\n".join(parts)


def gate_text(report: GateReport) -> str:
    """The decision, and every reason with the cases behind it."""
    lines = [f"decision: {report.decision}"]
    for reason in report.reasons:
        lines.append(f"{reason.decision:>12}: {visible(reason.text)}")
        lines += [f"{'':>14}{visible(key)}" for key in reason.cases]
    return "\n".join(lines) + "\n"


def _name(run: Run) -> str:
    return visible(str(run.manifest.checkpoint.get("name")))


def comparison_text(comparison: Comparison, *, width: int = 100, color: bool = False) -> str:
    """Rates of both runs per suite and rule, then every case that flipped, with both outputs in full."""
    console = console_for(width=width, color=color)
    before, after = comparison.tallies
    console.print(Text(f"A  {comparison.before.folder}  {_name(comparison.before)}"), soft_wrap=True)
    console.print(Text(f"B  {comparison.after.folder}  {_name(comparison.after)}"), soft_wrap=True)
    table = Table(title="pass rate", box=SIMPLE_HEAD, padding=(0, 0), title_justify="left", title_style="bold")
    table.add_column("suite", overflow="fold", min_width=14)
    for name in ("A", "B", "regressed", "fixed", "still failing", "undecided", "new", "gone"):
        table.add_column(name, justify="right", overflow="fold")
    for suite in dict.fromkeys([*before.suites, *after.suites]):
        pairs = [p for p in comparison.pairs if (p.before or p.after).case.suite == suite]  # type: ignore[union-attr]
        changes = Counter(p.change for p in pairs)
        table.add_row(
            suite,
            percent(before.suites.get(suite, Count())),
            percent(after.suites.get(suite, Count())),
            *(str(changes[c] or "") for c in ("regressed", "fixed", "still failing", "undecided", "new", "gone")),
        )
    console.print(table)
    console.print(_rule_changes(before, after))
    flips = comparison.changed("regressed", "fixed", "undecided")
    parts = [output_of(console)]
    parts.append(f"{len(flips)} cases flipped\n" if flips else "no case flipped\n")
    parts += [_flip_text(pair) for pair in flips]
    return "\n".join(parts)


def _rule_changes(before: Tally, after: Tally) -> Table:
    table = Table(title="cases in which a rule reports", box=SIMPLE_HEAD, title_justify="left", title_style="bold")
    table.add_column("rule", overflow="fold")
    for name in ("A", "B"):
        table.add_column(name, justify="right", overflow="fold")
    for code, rule in RULES.items():
        a, b = (sum(counter[code] for counter in found.rules.values()) for found in (before, after))
        if a or b:
            table.add_row(f"{code} {rule.name}", str(a), str(b))
    return table


def _flip_text(pair: Pair) -> str:
    assert pair.before is not None
    assert pair.after is not None
    where = "" if pair.parts_at is None else f" (the outputs part at character {pair.parts_at})"
    parts = [f"{pair.change}: {pair.key}{where}", conversation_text(pair.after.case.messages)]
    for name, result in (("A", pair.before), ("B", pair.after)):
        parts.append(f"{name}: {result.status} {' '.join(result.codes)}".rstrip())
        for completion, verdict in zip(result.completions, result.verdicts, strict=False):
            parts.append(answer_text(completion, verdict, RULE_NAMES))
    return "\n".join(parts) + "\n"


def rescore_text(rescored: Sequence[Rescored]) -> str:
    """What changed when a run was judged again."""
    changed = [r for r in rescored if r.changed]
    lines = [f"{len(rescored)} cases judged again, {len(changed)} changed"]
    for r in changed:
        before = f"{r.before.status} {' '.join(r.before.codes)}".strip()
        after = f"{r.after.status} {' '.join(r.after.codes)}".strip()
        lines += ["", f"{r.before.case.key}: {before} -> {after}", case_text(r.after)]
    return "\n".join(lines) + "\n"


def rules_text(*, width: int = 100, color: bool = False) -> str:
    """The rules by behaviour: code, name, where they apply, meaning."""
    console = console_for(width=width, color=color)
    for behaviour in BEHAVIOURS:
        where = "every case of every suite" if behaviour.everywhere else f"cases of {behaviour.name} suites"
        table = Table(title=f"{behaviour.name}: {where}", box=SIMPLE_HEAD, title_justify="left", title_style="bold")
        table.add_column("code", overflow="fold")
        table.add_column("name", overflow="fold")
        table.add_column("reports when")
        for rule in behaviour.rules:
            table.add_row(rule.code, rule.name, Text(rule.meaning))
        console.print(table)
    return output_of(console)


def explain_text(rule: Rule[Any]) -> str:
    """A rule's meaning, a failing and a passing example, and how a case sets it."""
    parts = [f"{rule.code} {rule.name}", "", rule.meaning, ""]
    for title, example in (("fails", rule.fails), ("passes", rule.passes)):
        parts += [f"{title}:", f"  system: {visible(example.system)}"]
        for user, assistant in example.earlier:
            parts += [f"  user: {visible(user)}", f"  assistant: {visible(assistant)}"]
        parts.append(f"  user: {visible(example.user)}")
        if example.facts:
            parts.append(f"  case: {json.dumps(dict(example.facts), ensure_ascii=False)}")
        output = visible(example.output).replace("\n", "\n    ")
        parts += [f"  output (finish_reason {example.finish_reason}):", f"    {output}", ""]
    parts += ["in a case:", f"  {rule.setting}", ""]
    return "\n".join(parts) + "\n"


def _share(value: float | None, interval: tuple[float, float]) -> str:
    return "-" if value is None else f"{value:.3f} ({interval[0]:.3f}-{interval[1]:.3f})"


def calibration_text(calibration: Calibration, *, width: int = 100, color: bool = False) -> str:
    """Accuracy per rule with 95% Wilson intervals, verdict accuracy, and every disagreement in full."""
    console = console_for(width=width, color=color)
    table = Table(title="rules (95% Wilson intervals)", box=SIMPLE_HEAD, title_justify="left", title_style="bold")
    table.add_column("rule", overflow="fold")
    for name in ("support", "tp", "fp", "fn", "tn", "precision", "recall"):
        table.add_column(name, justify="right", overflow="fold")
    for code, c in calibration.rules.items():
        table.add_row(
            f"{code} {RULE_NAMES[code]}",
            *(str(n) for n in (c.support, c.tp, c.fp, c.fn, c.tn)),
            _share(c.precision, c.precision_interval),
            _share(c.recall, c.recall_interval),
        )
    console.print(table)
    interval = wilson_interval(calibration.right, calibration.total)
    console.print(
        f"verdict accuracy {_share(calibration.accuracy, interval)} of {calibration.total} outputs, "
        f"{len(calibration.disagreements)} disagreements",
        soft_wrap=True,
    )
    return output_of(console) + "".join(_disagreement_text(d) for d in calibration.disagreements)


def _disagreement_text(disagreement: Disagreement) -> str:
    labelled = disagreement.labelled
    completion = Completion(labelled.id, labelled.output, finish_reason=labelled.finish_reason)
    parts = [
        "",
        f"{labelled.place}: {labelled.id}: expected {' '.join(sorted(labelled.codes)) or 'pass'}, "
        f"found {' '.join(sorted(disagreement.found)) or 'pass'}",
        conversation_text(labelled.messages),
        answer_text(completion, disagreement.verdict, RULE_NAMES),
    ]
    return "\n".join(parts) + "\n"
