"""A pytest session that runs suites: files, items, and the evaluation behind them.

alone        this process asks, waits, judges and records
xdist        the controller asks and records; each worker waits for the journal and judges its own items
"""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from collections.abc import Generator, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
from _pytest._code.code import ReprEntryNative, ReprExceptionInfo, ReprFileLocation, ReprTraceback, TerminalRepr

from evalsuite.case import Case
from evalsuite.checkpoint import CheckpointError
from evalsuite.conversation import Completion
from evalsuite.document import DocumentError
from evalsuite.engines.engine import EngineError
from evalsuite.evaluation import Evaluation, EvaluationError, choose_folder, find_subject
from evalsuite.journal import JournalTail
from evalsuite.options import read_options
from evalsuite.progress import Progress
from evalsuite.records import RunError, request_ids, verdict_record
from evalsuite.render.plain import answer_text, conversation_text, visible
from evalsuite.rules.catalogue import RULES
from evalsuite.rules.finding import Verdict
from evalsuite.rules.passage import Conversation
from evalsuite.score import overall, score
from evalsuite.suite import Suite, load_suite

_SESSION: pytest.StashKey[EvaluationSession] = pytest.StashKey()
_USER_ERRORS = (CheckpointError, DocumentError, EngineError, EvaluationError, RunError)
RULE_NAMES = {code: rule.name for code, rule in RULES.items()}


def install(config: pytest.Config) -> EvaluationSession:
    """The evaluation session of a pytest session, registered as a plugin the first time it is needed."""
    session = config.stash.get(_SESSION, None)
    if session is None:
        session = EvaluationSession(config)
        config.stash[_SESSION] = session
        config.pluginmanager.register(session, "evalsuite-session")
    return session


class SuiteFile(pytest.File):
    """A `*.suite.yaml`."""

    suite: Suite

    def collect(self) -> Iterator[pytest.Item]:
        """Its cases, in the order of the file; a file with problems is one collection error that names them all."""
        try:
            self.suite = load_suite(self.path, shown=_shown(self.path, self.config))
        except DocumentError as error:
            raise self.CollectError(str(error)) from None
        session = install(self.config)
        session.suites[self.path] = self.suite
        for case in self.suite.cases:
            session.declare_tags(marks_of(case))
            # given as text, which pytest 9 parses into name and parameters: a name with brackets it would not
            # find again for --lf
            yield CaseItem.from_parent(self, name=case.id, nodeid=f"{self.nodeid}::{case.id}", case=case)


def _shown(path: Path, config: pytest.Config) -> str:
    """A path as messages name it: relative to where pytest was called, where it lies below."""
    return (
        os.path.relpath(path, config.invocation_params.dir)
        if path.is_relative_to(config.invocation_params.dir)
        else str(path)
    )


def marks_of(case: Case) -> tuple[str, ...]:
    """What `-m` can select a case by: its tags, its split, its suite."""
    return tuple(dict.fromkeys((*case.tags, case.split, case.suite)))


class CaseFailed(Exception):
    """The model's answer broke a rule."""


class CaseUndecided(Exception):
    """No verdict: the engine gave no answer, or a rule could not decide."""


class CaseItem(pytest.Item):
    """One case: waits for its answers in setup, so that an engine's error is an error, and judges them."""

    def __init__(self, *, case: Case, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.case = case
        self.completions: tuple[Completion, ...] = ()
        self.verdicts: tuple[Verdict, ...] = ()
        for tag in marks_of(case):
            self.add_marker(tag)

    def setup(self) -> None:
        """Waits for the answers and judges each in full. Raises CaseUndecided where there is no verdict."""
        session = install(self.config)
        ids = request_ids(self.case, session.options.repeats)
        self.completions = tuple(session.wait(request_id) for request_id in ids)
        conversation = Conversation(self.case.messages)
        self.verdicts = tuple(score(self.case, completion, conversation) for completion in self.completions)
        if overall(self.verdicts) == "error":
            raise CaseUndecided

    def runtest(self) -> None:
        """Raises CaseFailed when any answer broke a rule."""
        if overall(self.verdicts) == "fail":
            raise CaseFailed

    def verdict_records(self) -> list[dict[str, Any]]:
        """What the run folder keeps of the verdicts; nothing where the case was skipped before it had any."""
        pairs = zip(self.completions, self.verdicts, strict=False)
        return [verdict_record(self.case.key, completion.request_id, verdict) for completion, verdict in pairs]

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> str | TerminalRepr:
        """The whole conversation, every whole output with its evidence marked, every finding."""
        if not isinstance(excinfo.value, (CaseFailed, CaseUndecided)):
            return super().repr_failure(excinfo, style)
        parts = [f"{self.case.path}:{self.case.line}: {self.case.id}", conversation_text(self.case.messages)]
        for number, (completion, verdict) in enumerate(zip(self.completions, self.verdicts, strict=True), 1):
            if len(self.completions) > 1:
                parts.append(f"--- answer {number} of {len(self.completions)}: {verdict.status}")
            parts.append(answer_text(completion, verdict, RULE_NAMES))
        codes = sorted({code for verdict in self.verdicts for code in verdict.codes})
        errors = [error for verdict in self.verdicts for error in verdict.errors]
        return _case_report("\n".join(parts), ", ".join(codes) or visible("; ".join(errors[:1])), self.case)

    def reportinfo(self) -> tuple[Path, int, str]:
        """The case's line in the YAML."""
        return self.path, self.case.line - 1, self.case.id


def _case_report(text: str, reason: str, case: Case) -> ReprExceptionInfo:
    """A failure as pytest prints it, in a form that travels from a worker: the text whole, and a short reason."""
    whole = ReprTraceback([ReprEntryNative([f"{text}\n"])], None, "native")
    return ReprExceptionInfo(whole, ReprFileLocation(case.path, case.line, reason))


class EvaluationSession:
    """The hooks of a session that runs suites."""

    def __init__(self, config: pytest.Config) -> None:
        self.config = config
        self.suites: dict[Path, Suite] = {}
        """Every suite that was collected, by its file."""
        self.options = read_options(config)
        self.evaluation: Evaluation | None = None
        self.progress = Progress(config)
        self._folder: Path | None = None
        self._subject: Any = None
        self._tags: set[str] = set()
        self._early_end: str | None = None
        worker = getattr(config, "workerinput", None)
        self._tail = JournalTail(Path(worker["evalsuite_run"])) if worker else None
        self._uncollected = 0
        self._finishing = False
        self._handlers: dict[int, Any] = {}

    def declare_tags(self, tags: Iterable[str]) -> None:
        """Makes tags known as markers, so that `-m arabic` works under `--strict-markers`."""
        for tag in tags:
            if tag not in self._tags:
                self._tags.add(tag)
                self.config.addinivalue_line("markers", f"{tag}: a tag of evaluation cases")

    # -- alone ---------------------------------------------------------------------------------------------------

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Collection has ended: asks all selected cases at once (a worker leaves that to its controller)."""
        items = [item for item in session.items if isinstance(item, CaseItem)]
        option = self.config.option
        if self._tail is not None or not items or option.collectonly:
            return
        if session.testsfailed and not option.continue_on_collection_errors:
            return  # pytest ends the session here
        suites = {item.parent.path: item.parent.suite for item in items if isinstance(item.parent, SuiteFile)}
        self._begin([item.case for item in items], suites.values())

    def _begin(self, cases: list[Case], suites: Iterable[Suite]) -> None:
        try:
            if self._folder is None:
                self._choose()
            assert self._folder is not None
            collected = sum(len(suite.cases) for suite in self.suites.values())
            self.evaluation = Evaluation(
                cases, suites, self.options, self._subject, self._folder, collected=collected or None
            )
            self._catch_signals()
            self.progress.begin(self.evaluation)
            self.evaluation.start()
            self.progress.started()
        except _USER_ERRORS as error:
            if self.evaluation is not None:
                with contextlib.suppress(RunError):  # the first error is the one to tell
                    self.evaluation.finish(str(error))
                self.evaluation = None
                self._free_signals()
            self._abort(str(error))

    def _choose(self) -> None:
        self._subject = find_subject(self.options)
        self._folder = choose_folder(self.options, self._subject.name)

    def _abort(self, message: str) -> None:
        """Ends the session with a message for the user and exit code 2."""
        self.progress.error(message)
        self._early_end = message
        raise pytest.Session.Interrupted("the model was not asked")

    def wait(self, request_id: str) -> Completion:
        """The answer to one request, as soon as it is there."""
        if self._tail is not None:
            return self._tail.wait(request_id)
        assert self.evaluation is not None
        return self.evaluation.generation.wait(request_id, tick=self.progress.tick)

    # -- under xdist, in the controller --------------------------------------------------------------------------

    def prepare_worker(self, node: Any) -> None:
        """Chooses the run folder before the first worker starts, and names it to each."""
        if self._folder is None:
            try:
                self._choose()
            except _USER_ERRORS as error:
                raise pytest.UsageError(str(error)) from None
        node.workerinput["evalsuite_run"] = str(self._folder)

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, node: Any, ids: list[str]) -> None:  # noqa: ARG002  # hook's form
        """The first worker has collected: asks all that it selected, once for all workers."""
        if self.evaluation is not None or self.config.option.collectonly:
            return
        if self._uncollected and not self.config.option.continue_on_collection_errors:
            raise pytest.Session.Interrupted(f"{self._uncollected} errors during collection")  # as pytest alone does
        suites: dict[str, Suite] = {}
        cases = []
        for nodeid in ids:
            file, _, case_id = nodeid.partition("::")
            path = self._path_of(file)
            if path is not None:
                try:
                    if file not in suites:
                        suites[file] = load_suite(path, shown=_shown(path, self.config))
                    cases.append(suites[file].by_id[case_id])
                except (DocumentError, KeyError):
                    self._abort(
                        f"{path}: was changed while the suites were collected; the file as it was collected was "
                        "expected; run pytest again"
                    )
        if cases:
            self._begin(cases, suites.values())

    def _path_of(self, file: str) -> Path | None:
        """The suite file that an item's id names; None for another file.

        pytest takes ids from the root folder where a file lies below it, else from the argument that led to the file.
        """
        given = (self.config.invocation_params.dir / arg.split("::", 1)[0] for arg in self.config.args)
        found = (place / file for place in (self.config.rootpath, *given))
        return next((path for path in found if path.name.endswith(".suite.yaml") and path.is_file()), None)

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any, error: object) -> None:  # noqa: ARG002  # hook's form
        """A worker has ended: how many cases there were to select from."""
        collected = getattr(node, "workeroutput", {}).get("evalsuite_collected", 0)
        if collected and self.evaluation is not None:
            self.evaluation.collected(collected)

    # -- everywhere ----------------------------------------------------------------------------------------------

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Counts what could not be collected: a run without it is not complete."""
        self._uncollected += report.failed

    def pytest_keyboard_interrupt(self, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        """Keeps the reason why the session ends early."""
        self._early_end = self._early_end or str(excinfo.value) or "interrupted from the keyboard"

    def _catch_signals(self) -> None:
        """Makes SIGTERM end the session as Ctrl-C does, with the record written and the engine ended."""
        if threading.current_thread() is not threading.main_thread():
            return
        if signal.getsignal(signal.SIGTERM) == signal.SIG_DFL:  # else somebody else takes care
            self._handlers[signal.SIGTERM] = signal.signal(signal.SIGTERM, self._terminated)

    def _terminated(self, *_: object) -> None:
        if not self._finishing:
            self._early_end = "the process was told to end (SIGTERM)"
            raise KeyboardInterrupt(self._early_end)

    def _hold_signals(self) -> None:
        """From here on the record is written: a further Ctrl-C must not break into that."""
        self._finishing = True
        if threading.current_thread() is threading.main_thread():
            self._handlers[signal.SIGINT] = signal.signal(signal.SIGINT, signal.SIG_IGN)

    def _free_signals(self) -> None:
        for number, handler in self._handlers.items():
            signal.signal(number, handler)
        self._handlers.clear()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Attaches the verdicts to the setup report, which travels from a worker to its controller."""
        report = yield
        if isinstance(item, CaseItem) and call.when == "setup":
            vars(report)["evalsuite_verdicts"] = item.verdict_records()
            if call.excinfo is not None and call.excinfo.errisinstance(CaseUndecided):
                report.longrepr = item.repr_failure(call.excinfo)  # pytest asks an item only about its test itself
        return report

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Records the verdicts of a case."""
        records = getattr(report, "evalsuite_verdicts", None)
        if records and self.evaluation is not None:
            try:
                self.evaluation.record(records)
            except RunError as error:
                self._early_end = self._early_end or str(error)

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Ends the asking and the engine, and completes the run folder."""
        output = getattr(self.config, "workeroutput", None)
        if output is not None:
            output["evalsuite_collected"] = sum(len(suite.cases) for suite in self.suites.values())
        if self.evaluation is None:
            self._drop_empty_folder()
            return
        reason = self._early_end or session.shouldstop or session.shouldfail or None
        self.progress.clear()
        self._hold_signals()
        try:
            run = self.evaluation.finish(str(reason) if reason else None, uncollected=self._uncollected)
            from evalsuite.render.summary import write_reports

            write_reports(run)
            self.progress.finished(run)
        except RunError as error:
            self.progress.error(str(error))
            session.exitstatus = pytest.ExitCode.INTERRUPTED
        finally:
            self._free_signals()

    def _drop_empty_folder(self) -> None:
        if self._folder is not None and self.options.report is None and self._folder.exists():
            with_content = any(self._folder.iterdir())
            if not with_content:
                self._folder.rmdir()

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """The tables at the end."""
        self.progress.summary(terminalreporter)
