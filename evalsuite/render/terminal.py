"""Tables for the terminal (rich)."""

from __future__ import annotations

import io

from rich.console import Console
from rich.table import Table
from rich.text import Text

from evalsuite.render.plain import visible
from evalsuite.rules.catalogue import RULES
from evalsuite.run import Run
from evalsuite.tally import Count, Tally, tally


def percent(count: Count) -> str:
    """Pass rate of a count as text."""
    return "-" if count.rate is None else f"{100 * count.rate:.1f}%"


def suite_table(found: Tally) -> Table:
    """Cases per suite: passed, failed, errors, rate, and failures that a preview hides."""
    table = Table(title="suites", title_justify="left", title_style="bold")
    table.add_column("suite", no_wrap=True)
    for name in ("cases", "passed", "failed", "errors", "pass rate", "hidden by a 200-character preview"):
        table.add_column(name, justify="right")
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
    """Cases per rule and suite, for the rules that report."""
    suites = list(found.suites)
    table = Table(title="cases in which a rule reports", title_justify="left", title_style="bold")
    table.add_column("rule", no_wrap=True)
    for suite in suites:
        table.add_column(suite, justify="right")
    codes = sorted({code for counter in found.rules.values() for code in counter}, key=list(RULES).index)
    for code in codes:
        numbers = [found.rules[suite][code] for suite in suites]
        table.add_row(f"{code} {RULES[code].name}", *(str(n) if n else "" for n in numbers))
    return table


def system_table(found: Tally) -> Table:
    """Pass rate per suite and system prompt."""
    systems = sorted({system for counts in found.systems.values() for system in counts})
    table = Table(title="pass rate by system prompt", title_justify="left", title_style="bold")
    table.add_column("suite", no_wrap=True)
    for system in systems:
        table.add_column(system, justify="right")
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
        console.print(
            Text(f"incomplete: {visible(run.manifest.reason or 'unknown reason')}", style="yellow"), soft_wrap=True
        )
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
