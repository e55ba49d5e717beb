"""Conversations, outputs and findings as plain text: whole, with the evidence marked and control characters shown."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from functools import lru_cache

from evalsuite.conversation import Completion, Message
from evalsuite.rules.finding import Finding, Verdict
from evalsuite.rules.text import merge

OPEN, CLOSE = "⟦", "⟧"
"""Marks around evidence."""


@lru_cache(maxsize=4096)
def _shown(character: str) -> str:
    """A character as it may be printed: controls, format characters and surrogates as escapes."""
    if character in "\n\t":
        return character
    category = unicodedata.category(character)
    # ZWNJ and ZWJ are part of Persian words and emoji; all other format characters can reorder or hide text
    if category in ("Cc", "Cs", "Zl", "Zp") or (category == "Cf" and character not in "\u200c\u200d"):
        code = ord(character)
        return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
    return character


def visible(text: str) -> str:
    """The whole text with control sequences, bidirectional overrides and lone surrogates shown as escapes.

    Line ends and tabs stay. Nothing else is changed, and nothing is cut.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(map(_shown, text.replace("\r\n", "\\r\n")))


def marked(text: str, findings: Iterable[Finding]) -> str:
    """The whole output, made visible, with each stretch of evidence between `⟦` and `⟧`."""
    spans = merge([f.span for f in findings if f.span is not None and f.span[0] < f.span[1]])
    pieces = []
    position = 0
    for start, end in spans:
        pieces += [visible(text[position:start]), OPEN, visible(text[start:end]), CLOSE]
        position = end
    pieces.append(visible(text[position:]))
    return "".join(pieces)


def _block(title: str, text: str) -> str:
    body = "\n".join(f"  {line}" for line in text.split("\n"))
    return f"{title}:\n{body}"


def conversation_text(messages: Sequence[Message]) -> str:
    """Every message in full, each under its role."""
    return "\n".join(_block(message.role, visible(message.content)) for message in messages)


def finding_text(text: str, finding: Finding, name: str) -> str:
    """One finding: code, name, place, evidence, sentence."""
    if finding.span is None:
        return f"{finding.code} {name}: {visible(finding.message)}"
    start, end = finding.span
    evidence = visible(text[start:end])
    return f"{finding.code} {name} at characters {start}-{end}: {visible(finding.message)}\n    evidence: {evidence}"


def answer_text(completion: Completion, verdict: Verdict, names: dict[str, str]) -> str:
    """One answer in full with its verdict: the output with the evidence marked, then every finding and error.

    Args:
        names: rule code -> rule name.
    """
    parts = []
    if completion.error is None:
        size = f"{len(completion.text)} characters"
        if completion.completion_tokens is not None:
            size += f", {completion.completion_tokens} tokens"
        parts.append(
            _block(
                f"output ({size}, finish_reason {completion.finish_reason})", marked(completion.text, verdict.findings)
            )
        )
    parts += [finding_text(completion.text, finding, names.get(finding.code, "")) for finding in verdict.findings]
    parts += [f"error: {visible(error)}" for error in verdict.errors]
    return "\n".join(parts)
