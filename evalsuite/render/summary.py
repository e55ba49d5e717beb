"""The report files of a run folder."""

from __future__ import annotations

from evalsuite.render.html import report
from evalsuite.render.markdown import summary
from evalsuite.run import Run


def write_reports(run: Run) -> None:
    """Writes summary.md and report.html into the run's folder."""
    (run.folder / "summary.md").write_text(summary(run), encoding="utf-8", newline="\n")
    (run.folder / "report.html").write_text(report(run), encoding="utf-8", newline="\n")
