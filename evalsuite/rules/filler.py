"""FL001 and FL002: filler at the beginning and at the end of an output."""

from __future__ import annotations

import regex

from evalsuite.rules.passage import Reading
from evalsuite.rules.text import Span

_OPENER = regex.compile(
    r"[\s*_#>\"]*+(?:certainly|sure(?: thing)?|of course|absolutely|okay|ok|alright|great question|i'd be happy to \w+"
    r"|بالتاكيد|سؤال رائع|بكل سرور|حسنا)(?:[!,.:]|\n|$)"
)
_CLOSER = regex.compile(
    r"(?:let me know if|i hope (?:this|that|it) help|hope this helps|feel free to|is there anything else|enjoy!"
    r"|هل تحتاج|لا تتردد)[^\n]{0,200}+$"
)


def opener(reading: Reading) -> Span | None:
    """Span of the filler with which the output opens."""
    match = _OPENER.match(reading.folded.text)
    return reading.folded.span(*match.span()) if match and reading.requested is None else None


def closer(reading: Reading) -> Span | None:
    """Span of the filler with which the output ends."""
    match = _CLOSER.search(reading.folded.text.rstrip())
    return reading.folded.span(*match.span()) if match and reading.requested is None else None
