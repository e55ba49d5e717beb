"""Which part of an output is the text that the user asked for as such, and which frames it."""

from __future__ import annotations

from collections.abc import Sequence

import regex

from evalsuite.rules.lexicon.entries import words_of
from evalsuite.rules.text import Span, fold

_RULE = regex.compile(r"[ \t]*+(?:-{3,}+|\*{3,}+|_{3,}+|={3,}+|—{2,}+)[ \t]*+")
_GAP = regex.compile(r"\n[ \t\r]*+\n[\s]*+|(?<=\r)\r\s*+")
_INLINE_SIGNATURE = regex.compile(r"[.!?؟。]\s++([^.!?؟。\n]{2,30},\s?[^.!?؟。\n,]{2,30})$")
"""A formula and a name behind the last sentence ("... this week? Best, Ana")."""
_LABEL = regex.compile(r"\s*+(?:[-•*]\s++)?[*_]{0,3}[\p{Lu}\p{Lo}][\p{L}\p{M}\p{N}. '’]{0,30}[*_]{0,3}\s?[:：]")
FRAME = 320
"""A paragraph that frames a text is short; a longer one belongs to the text. (Judgement, held by the tests.)"""


def requested_span(text: str, *, lines: Sequence[Span], fences: Sequence[Span], quotes: Sequence[Span]) -> Span:
    """Span of the requested text: its block where it stands in one, else the output without what frames it."""
    blocks = fences or [span for span in quotes if text[span[0]] == ">" or 2 * (span[1] - span[0]) > len(text)]
    if blocks:
        return blocks[0][0], blocks[-1][1]
    rules = [span for span in lines if _RULE.fullmatch(text, span[0], span[1])]
    if len(rules) >= 2:
        return rules[0][0], rules[-1][1]
    start, end = 0, len(text)
    if rules:  # one rule parts a frame from the text: the shorter side frames
        start, end = (rules[0][1], end) if rules[0][0] < end - rules[0][1] else (start, rules[0][0])
    start = _after_lead_in(text, start, end)
    return start, _before_afterword(text, start, end)


def _paragraphs(text: str, start: int, end: int) -> list[Span]:
    spans, left = [], start
    for match in _GAP.finditer(text, start, end):
        spans.append((left, match.start()))
        left = match.end()
    spans.append((left, end))
    return [span for span in spans if text[slice(*span)].strip()]


def _after_lead_in(text: str, start: int, end: int) -> int:
    """Where the text begins: behind a first line that ends in a colon, or a first paragraph that announces it."""
    first_line = regex.compile(r"\s*+([^\r\n]++)").match(text, start, end)
    if first_line is None:
        return start
    line = first_line.group(1).strip()
    if line.endswith((":", "：")) and len(line) < FRAME and text[first_line.end() : end].strip() and not _greets(line):
        return first_line.end()
    paragraphs = _paragraphs(text, start, end)
    if len(paragraphs) > 1 and paragraphs[0][1] - paragraphs[0][0] < FRAME:
        piece = fold(text[slice(*paragraphs[0])].strip(" *_#>-\n\r\t"))
        if _opens(piece) and not _greets(piece):
            return paragraphs[0][1]
    return start


def _greets(piece: str) -> bool:
    """Whether a paragraph is the salutation of a letter."""
    return words_of("voice", "salutation").match(fold(piece)) is not None


def _opens(piece: str) -> bool:
    found = words_of("voice", "lead_in").match(piece)
    return found is not None


def _before_afterword(text: str, start: int, end: int) -> int:
    """Where the text ends: before last paragraphs that speak about it, or that follow the signature of a letter."""
    paragraphs = _paragraphs(text, start, end)
    while len(paragraphs) > 1:
        left, right = paragraphs[-1]
        if right - left > FRAME or is_spoken(text, paragraphs[-2:]):
            break
        piece = fold(text[left:right].strip(" *_#()-\n\r\t"))
        if not (words_of("voice", "afterword").search(piece) or _follows_signature(text, paragraphs)):
            break
        end = left
        paragraphs.pop()
    return end


def is_spoken(text: str, paragraphs: Sequence[Span]) -> bool:
    """Whether paragraphs are lines of a dialogue, each with its speaker's label."""
    return len(paragraphs) > 1 and all(_LABEL.match(text, start, end) for start, end in paragraphs)


def _follows_signature(text: str, paragraphs: Sequence[Span]) -> bool:
    """Whether the paragraph before the last ends in a formula and a name, so that the letter is over."""
    if len(paragraphs) < 3 and len(text) < 60:
        return False
    signature = fold(text[slice(*paragraphs[-2])].strip())
    inline = _INLINE_SIGNATURE.search(signature[-80:])
    if inline and words_of("voice", "sign_off").match(inline.group(1)):
        return True
    last_lines = signature.splitlines()[-3:]
    if len(last_lines) < 2 or any(len(line) > 60 for line in last_lines[1:]):
        return False
    return any(words_of("voice", "sign_off").match(line.strip(" *_,،")) for line in last_lines[:-1])
