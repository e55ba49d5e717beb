"""FL008: restating or announcing the task."""

from __future__ import annotations

import regex

from evalsuite.rules.passage import Reading
from evalsuite.rules.text import Span

_RESTATES = regex.compile(
    r"\s*+(?:you (?:want to know|asked me)\b[^\n.]*+|to answer your question[^\n.:]*+|here (?:is|are)\b[^\n:]*+:|below is\b[^\n.:]*+)"
)


def restatement(reading: Reading) -> Span | None:
    """Span of the sentence that restates or announces the task."""
    match = _RESTATES.match(reading.folded.text)
    return reading.folded.span(*match.span()) if match and reading.requested is None else None
