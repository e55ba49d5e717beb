"""The report files of a run folder."""

from __future__ import annotations

from evalsuite.records import RunError
from evalsuite.render.html import report
from evalsuite.render.markdown import summary
from evalsuite.run import Run
from evalsuite.run_writer import replace


def write_reports(run: Run) -> None:
    """Writes summary.md and report.html into the run's folder. Raises RunError where that cannot be."""
    try:
        for name, text in (("summary.md", summary(run)), ("report.html", report(run))):
            replace(run.folder / name, text.encode("utf-8", "backslashreplace"))
    except OSError as error:
        raise RunError(
            f"{run.folder}: the reports cannot be written ({error.strerror}); a writable run folder was expected; "
            "free space, then see the run with `evalsuite show`"
        ) from None
