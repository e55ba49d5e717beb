"""Completions become verdicts. Pure: neither an engine nor pytest nor a file is needed to judge."""

from __future__ import annotations

from collections.abc import Sequence

from evalsuite.case import Case
from evalsuite.conversation import Completion
from evalsuite.rules.catalogue import judge
from evalsuite.rules.finding import Finding, Status, Verdict
from evalsuite.rules.passage import Conversation

PREVIEW = 200
"""Characters of an output that a preview shows; what begins later is what a preview hides."""


def score(case: Case, completion: Completion, conversation: Conversation | None = None) -> Verdict:
    """Verdict on one answer to a case; an engine's error is an error, never a failure.

    Args:
        case: what was asked.
        completion: what came back.
        conversation: the case's messages prepared, where several answers to one case are judged.
    """
    if completion.error is not None:
        return Verdict("error", errors=(completion.error,))
    return judge(
        completion.text,
        conversation or Conversation(case.messages),
        case.facts,
        finish_reason=completion.finish_reason,
    )


def overall(verdicts: Sequence[Verdict]) -> Status:
    """Status of a case over its repeats (pass^k): an error if any is one, a pass only when all are."""
    statuses = {verdict.status for verdict in verdicts}
    if "error" in statuses or not statuses:
        return "error"
    return "fail" if "fail" in statuses else "pass"


def hidden_by_preview(text: str, findings: Sequence[Finding]) -> bool:
    """Whether a preview of `PREVIEW` characters shows no evidence of any finding.

    A finding without a span (something is missing) can only be seen when the preview shows the whole output.
    """
    if not findings:
        return False
    return all(finding.span[0] >= PREVIEW if finding.span is not None else len(text) > PREVIEW for finding in findings)
