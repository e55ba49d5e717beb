"""Where an output opens and closes in the model's own voice, and its sentences there, folded."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from itertools import islice

import regex

from evalsuite.rules.lexicon.phrases import listed
from evalsuite.rules.passage import Reading
from evalsuite.rules.text import Span

_WINDOW = 600
"""Characters of a sentence that are looked at; filler is shorter, and what is longer is no filler."""

# White space, emphasis, list and heading marks, stray punctuation and emoji in front of words.
JUNK = regex.compile(
    r"(?:[\s*_#>~\"'!.,:;()\[\]•·–—¡¿،؛。…-]|\p{Extended_Pictographic}|[\uFE0F\u200d\u20e3]|\p{Emoji_Modifier}|\p{RI})*+"
)
_CLAUSES = 40
"""Clauses of a sentence that are looked at."""
_LETTER = regex.compile(r"[\p{L}\p{N}]")


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence of the output: its folded text and where that begins in the folded output."""

    text: str
    start: int
    span: Span
    """Raw offsets."""


def opening_span(reading: Reading) -> Span | None:
    """Raw span of the model's own words at the beginning; None where the output opens with requested text."""
    spans = reading.own_voice
    return spans[0] if spans and spans[0][0] == 0 else None


def first_line(reading: Reading) -> Span | None:
    """First line with text, where more text follows it."""
    for start, end in reading.lines:
        if reading.text[start:end].strip():
            return (start, end) if reading.text[end:].strip() else None
    return None


def closing_span(reading: Reading) -> Span | None:
    """Raw span of the model's own words at the end; None where the output closes with requested text."""
    size = len(reading.text)
    if reading.requested is None:
        return 0, size
    spans = [span for span in reading.own_voice if span[1] == size and span[0] > 0]
    return spans[-1] if spans and reading.text[spans[-1][0] :].strip() and _closes_block(reading, spans[-1]) else None


def _closes_block(reading: Reading, span: Span) -> bool:
    """Whether the requested text really ended before the span, and did not merely begin after a lead-in."""
    return span[0] > 0 and not reading.text[: span[0]].rstrip().endswith((":", "："))


def last_paragraph(reading: Reading) -> Span | None:
    """Last paragraph, where another one stands before it."""
    text = reading.text.rstrip()
    match = regex.search(r"\n[ \t]*\r?\n[ \t]*(?=\S)", text[::-1])
    if match is None:
        return None
    start = len(text) - match.start()
    return (start, len(text)) if text[:start].strip() else None


def sentence(reading: Reading, span: Span) -> Sentence:
    """A raw span as a sentence, cut at the window."""
    start = reading.folded.index(span[0])
    end = min(reading.folded.index(span[1]), start + _WINDOW)
    return Sentence(reading.folded.text[start:end], start, span)


@cache
def _clause(lexicon: str) -> regex.Pattern[str]:
    """Behind punctuation, and behind a conjunction; a number may open a sentence with a full stop: "443. "."""
    stops = r"[.!?؟][\s*_]++|[,;:،؛，、：–—(][\s*_]*+|\s-{1,2}\s++"
    return regex.compile(rf"{stops}|(?<!\w){listed(lexicon, 'conjunctions')}[\s*_]++")


def clause_starts(text: str, lexicon: str) -> list[int]:
    """Offsets in a folded sentence where a clause may begin."""
    junk = JUNK.match(text)
    starts = [junk.end() if junk else 0]
    starts += [match.end() for match in islice(_clause(lexicon).finditer(text, starts[0]), _CLAUSES)]
    return starts


def has_letters(text: str) -> bool:
    """Whether a text holds a letter or digit."""
    return _LETTER.search(text) is not None


def raw_span(reading: Reading, start: int, end: int) -> Span:
    """Raw span of a folded slice, white space at its ends excluded."""
    piece = reading.folded.text[start:end]
    left = start + len(piece) - len(piece.lstrip())
    right = end - (len(piece) - len(piece.rstrip()))
    return reading.folded.span(left, max(right, left))
