"""The `evalsuite` command: looks at recorded runs and decides; running suites is pytest's part."""

from __future__ import annotations

import argparse
import io
import json
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from evalsuite import __version__

OK, HELD, USAGE, INTERRUPTED = 0, 1, 2, 130


class UsageError(Exception):
    """What the user asked for cannot be done: what is wrong; what was expected; how to mend it."""


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one command; its exit code. Errors are one message each on standard error, with exit code 2."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a terminal that lacks a character shows its escape
            stream.reconfigure(errors="backslashreplace")
    arguments = _parser().parse_args(argv)
    command: Callable[[argparse.Namespace], int] = arguments.command
    from evalsuite.compare import CompareError
    from evalsuite.document import DocumentError
    from evalsuite.records import RunError
    from evalsuite.render.plain import visible

    try:
        return command(arguments)
    except (UsageError, RunError, DocumentError, CompareError) as error:
        print(visible(str(error)), file=sys.stderr)
        return USAGE
    except KeyboardInterrupt:
        return INTERRUPTED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="evalsuite",
        description="Looks at recorded runs of behavioural suites and decides on them. "
        "Suites are run by pytest: `pytest suites/ --model CHECKPOINT`.",
    )
    parser.add_argument("--version", action="version", version=f"evalsuite {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def add(name: str, help_text: str, command: Callable[[argparse.Namespace], int]) -> argparse.ArgumentParser:
        added = commands.add_parser(name, help=help_text, description=help_text)
        added.set_defaults(command=command)
        return added

    gate = add("gate", "decide on a run: promote (exit 0), hold (1), unmeasurable (2)", _gate)
    gate.add_argument("run", type=Path, metavar="RUN")
    gate.add_argument("--policy", type=Path, default=Path("suites/gate.yaml"), metavar="FILE")
    gate.add_argument("--json", type=Path, metavar="FILE", help="write the decision as JSON too")
    compare = add("compare", "set two runs side by side: rates, and every case that flipped, in full", _compare)
    compare.add_argument("before", type=Path, metavar="A")
    compare.add_argument("after", type=Path, metavar="B")
    show = add("show", "print a run's tables, or cases of it in full", _show)
    show.add_argument("run", type=Path, metavar="RUN")
    show.add_argument("cases", nargs="*", metavar="CASE", help="keys or ids of cases, or parts of them")
    show.add_argument("--failed", action="store_true", help="every case that did not pass, in full")
    rescore = add("rescore", "judge a recorded run again by today's rules and say what changed", _rescore)
    rescore.add_argument("run", type=Path, metavar="RUN")
    rescore.add_argument(
        "--write", type=Path, metavar="DIR", help="write the run with today's verdicts into a new run folder"
    )
    add("rules", "list the rules", _rules)
    explain = add("explain", "what a rule means, with an output that fails it and one that passes", _explain)
    explain.add_argument("codes", nargs="+", metavar="CODE")
    calibrate = add("calibrate", "measure the rules against labelled outputs", _calibrate)
    calibrate.add_argument("files", nargs="+", type=Path, metavar="FILE")
    calibrate.add_argument("--json", type=Path, metavar="FILE", help="write the figures and disagreements as JSON too")
    calibrate.add_argument("--markdown", type=Path, metavar="FILE", help="write the table as Markdown too")
    calibrate.add_argument("--record", type=Path, metavar="FILE", help="write the record that the gate reads")
    for bar, what in (
        ("precision", "each rule's precision"),
        ("recall", "each rule's recall"),
        ("accuracy", "verdict accuracy"),
    ):
        calibrate.add_argument(
            f"--min-{bar}", type=_share, default=0.0, metavar="X", help=f"exit 1 where {what} is below X, 0 to 1"
        )
    schema = add("schema", "print the JSON Schema of a kind of file", _schema)
    schema.add_argument("kind", nargs="?", default="suite", choices=("suite", "persona", "systems", "gate"))
    return parser


def _gate(arguments: argparse.Namespace) -> int:
    from evalsuite.gate import EXIT_CODES, decide, read_policy
    from evalsuite.render.terminal import gate_text
    from evalsuite.run import Run

    report = decide(Run.open(arguments.run), read_policy(arguments.policy))
    if arguments.json is not None:
        _write(arguments.json, json.dumps(report.as_dict(), indent=2, ensure_ascii=True) + "\n")
    _print(gate_text(report))
    return EXIT_CODES[report.decision]


def _compare(arguments: argparse.Namespace) -> int:
    from evalsuite.compare import compare
    from evalsuite.render.terminal import comparison_text
    from evalsuite.run import Run

    comparison = compare(Run.open(arguments.before), Run.open(arguments.after))
    _print(comparison_text(comparison, width=_width(), color=_color()))
    return OK


def _show(arguments: argparse.Namespace) -> int:
    from evalsuite.render.terminal import case_text, run_tables
    from evalsuite.run import Run

    run = Run.open(arguments.run)
    chosen = [
        result
        for key, result in run.results.items()
        if any(wanted in key for wanted in arguments.cases) or (arguments.failed and result.status != "pass")
    ]
    if arguments.cases and not chosen:
        raise UsageError(
            f"{arguments.run}: holds no case {' or '.join(map(repr, arguments.cases))}; "
            "a key, an id, or a part of one was expected; `evalsuite show RUN` names the run's suites"
        )
    for result in chosen:
        _print(case_text(result) + "\n\n")
    if not chosen:
        _print(run_tables(run, width=_width(), color=_color()))
    return OK


def _rescore(arguments: argparse.Namespace) -> int:
    from evalsuite.render.summary import write_reports
    from evalsuite.render.terminal import rescore_text
    from evalsuite.rescore import rescore, write_rescored
    from evalsuite.run import Run

    run = Run.open(arguments.run)
    rescored = rescore(run)
    _print(rescore_text(rescored))
    if arguments.write is not None:
        write_reports(write_rescored(run, rescored, arguments.write))
    return OK


def _rules(arguments: argparse.Namespace) -> int:  # noqa: ARG001  # every command has this form
    from evalsuite.render.terminal import rules_text

    _print(rules_text(width=_width(), color=_color()))
    return OK


def _explain(arguments: argparse.Namespace) -> int:
    import difflib

    from evalsuite.render.terminal import explain_text
    from evalsuite.rules.catalogue import RULES

    for given in arguments.codes:
        code = given.upper()
        if code not in RULES:
            near = difflib.get_close_matches(code, RULES, n=1)
            raise UsageError(
                f"the rule {given!r} is not known; a code that `evalsuite rules` lists was expected; "
                + (f"did you mean {near[0]}?" if near else "look it up there")
            )
        _print(explain_text(RULES[code]))
    return OK


def _share(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no number") from None
    if not 0 <= value <= 1:  # also refuses NaN
        raise argparse.ArgumentTypeError(f"{text} is not between 0 and 1")
    return value


def _calibrate(arguments: argparse.Namespace) -> int:
    from evalsuite.calibrate import calibrate
    from evalsuite.calibration_record import make_record, record_text
    from evalsuite.labelled import read_labelled
    from evalsuite.render.markdown import accuracy_page
    from evalsuite.render.terminal import calibration_text

    calibration = calibrate(read_labelled(arguments.files))
    if arguments.json is not None:
        _write(arguments.json, json.dumps(calibration.as_dict(), indent=2, ensure_ascii=True) + "\n")
    if arguments.markdown is not None:
        _write(arguments.markdown, accuracy_page(calibration))
    if arguments.record is not None:
        _write(arguments.record, record_text(make_record(calibration, arguments.files)))
    _print(calibration_text(calibration, width=_width(), color=_color()))
    short = calibration.below(
        precision=arguments.min_precision, recall=arguments.min_recall, accuracy=arguments.min_accuracy
    )
    _print("".join(f"{sentence}\n" for sentence in short))
    return HELD if short else OK


def _schema(arguments: argparse.Namespace) -> int:
    from evalsuite.schema import SCHEMAS

    _print(json.dumps(SCHEMAS[arguments.kind](), indent=2, ensure_ascii=False) + "\n")
    return OK


def _print(text: str) -> None:
    """Writes to standard output. Who reads it may have gone (`| head`): that changes no decision and no exit code."""
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except OSError as error:
        raise UsageError(
            f"standard output cannot be written ({error.strerror}); a place for the result was expected; free space"
        ) from None


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError(
            f"{path}: cannot be written ({error.strerror}); a writable file was expected; choose another path"
        ) from None


def _width() -> int:
    import shutil

    return shutil.get_terminal_size((120, 24)).columns


def _color() -> bool:
    return sys.stdout.isatty() and "NO_COLOR" not in os.environ


if __name__ == "__main__":
    sys.exit(main())
