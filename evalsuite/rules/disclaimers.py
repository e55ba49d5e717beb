"""FL003: self-referring or hedging boilerplate."""

from __future__ import annotations

from collections.abc import Iterator

import regex

from evalsuite.rules.passage import Reading
from evalsuite.rules.text import Span

_DISCLAIMER = regex.compile(
    r"\b(?:as an? (?:\w+ ){0,2}(?:ai|language model)\b|i'm just a|it's important to note that|please note that"
    r"|note that|keep in mind that|consult a (?:professional|doctor))|من المهم ملاحظه"
)


def disclaimers(reading: Reading) -> Iterator[Span]:
    """Spans of the disclaimers in the model's own voice."""
    for match in _DISCLAIMER.finditer(reading.folded.text):
        span = reading.folded.span(*match.span())
        if reading.in_own_voice(span[0]):
            yield span
