"""What an evaluation says on the terminal beside pytest's own lines."""

from __future__ import annotations

import contextlib
import sys
import time
from typing import TYPE_CHECKING, Any

import pytest

from evalsuite.render.plain import visible

if TYPE_CHECKING:
    from evalsuite.evaluation import Evaluation
    from evalsuite.run import Run


class Progress:
    """A line while the model answers, where the terminal can take it back; and where the run folder is."""

    def __init__(self, config: pytest.Config) -> None:
        self._reporter: Any = config.pluginmanager.get_plugin("terminalreporter")
        self._capture: Any = config.pluginmanager.get_plugin("capturemanager")
        self._evaluation: Evaluation | None = None
        self._width = 0
        self._begun = time.monotonic()
        self._run: Run | None = None

    def _line(self, text: str) -> None:
        if self._reporter is not None and self._reporter.verbosity >= 0:
            self._begin_line()
            self._reporter.write_line(visible(text))

    def _begin_line(self) -> None:
        """Leaves the line on which pytest counts items or sets dots."""
        self._reporter.ensure_newline()
        if self._reporter._tw.width_of_current_line:
            self._reporter.write_line("")

    def _draw(self, text: str) -> None:
        """Writes behind the cursor and puts it back, past the capture of what a test prints in its setup."""
        uncaptured = self._capture.global_and_fixture_disabled() if self._capture else contextlib.nullcontext()
        with uncaptured:
            self._reporter._tw._file.write(f"\x1b[s{text}\x1b[u")  # not through _tw, which counts it as text
            self._reporter._tw._file.flush()

    def begin(self, evaluation: Evaluation) -> None:
        """The run folder exists; the engine starts."""
        self._evaluation = evaluation
        cases = len(evaluation.cases)
        record = evaluation.writer.manifest.checkpoint
        self._line(f"evalsuite: {cases} cases for {record.get('name')}; run folder {evaluation.folder}")
        if evaluation.repaired:
            self._line(f"evalsuite: an unfinished last line of {evaluation.repaired} bytes was cut off the journal")
        if evaluation.resumed:
            self._line(f"evalsuite: {evaluation.resumed} answers are there already and are not asked again")
        if evaluation.set_aside:
            self._line(
                f"evalsuite: {evaluation.set_aside} errors and answers to other questions are kept in superseded.jsonl"
            )

    def started(self) -> None:
        """The engine is ready."""
        if self._evaluation is not None and self._evaluation.writer.manifest.engine:
            engine = self._evaluation.writer.manifest.engine
            name = f"{engine.get('name')} {engine.get('version') or ''}".strip()
            self._line(f"evalsuite: {name} ready after {time.monotonic() - self._begun:.1f} s")

    def tick(self) -> None:
        """A test is waiting: how many answers are there by now. Nothing where the output is no terminal."""
        if self._reporter is None or self._evaluation is None or not self._reporter.isatty:
            return
        generation = self._evaluation.generation
        text = f"  answered {generation.done} of {generation.total}"
        self._width = len(text)
        self._draw(text)

    def clear(self) -> None:
        """Takes the line back."""
        if self._width and self._reporter is not None:
            self._draw(" " * self._width)
            self._width = 0

    def error(self, message: str) -> None:
        """A message for the user, whole."""
        if self._reporter is None:  # pytest -p no:terminal
            print(visible(message), file=sys.stderr)
            return
        self._begin_line()
        for line in visible(message).split("\n"):
            self._reporter.write_line(f"evalsuite: {line}" if line else "", red=True)

    def finished(self, run: Run) -> None:
        """The run folder is complete."""
        self._run = run

    def summary(self, reporter: pytest.TerminalReporter) -> None:
        """The tables of the run, after pytest's own failures."""
        if self._run is None:
            return
        from evalsuite.render.terminal import run_tables

        reporter.section("evalsuite", sep="=")
        reporter.write(run_tables(self._run, width=reporter._tw.fullwidth, color=reporter._tw.hasmarkup))
