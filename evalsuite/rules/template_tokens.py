"""Chat-template tokens and scaffolds in a text, and whether the user asked about them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import regex

from evalsuite.rules.lexicon.entries import words_of
from evalsuite.rules.passage import Reading
from evalsuite.rules.text import Span

# Matched on folded text: lower case, full-width forms narrow. One named group a family; a token and its pair share it.
_TOKEN = regex.compile(
    r"(?P<piped><\|[\p{L}\p{N}_▁\-./ ]{1,40}+\|>|<\|(?:im_start|im_end|endoftext|eot_id)(?![\w|]))"
    r"|(?P<half>(?<![<\w|])(?:im_start|im_end|endoftext|eot_id)\|>)"
    r"|(?P<inst>\[/?inst\])"
    r"|(?P<sys><</?sys>>)"
    r"|(?P<turn></?(?:start|end)_of_turn>)"
    r"|(?P<think></?(?:think|thinking|thought)>)"
    r"|(?P<tool></?(?:tool_call|tool_calls|tool_response|function_call)>|\[/?(?:tool_calls|available_tools|tool_results)\])"
    r"|(?P<special><(?:bos|eos|pad|unk|eod|sep|mask)>|\[(?:pad|bos|eos|unk)\])"
    r"|(?P<sentence></?s>)"
    r"|(?P<scaffold>#{3,4}[ \t]*+(?:\*\*)?(?:instruction|input|response)(?:\*\*)?[ \t]*+:)"
    r"|(?P<role>(?:^|(?<=[\r\n\u2028\u2029]))[ \t]*+(?:assistant|user|system)[ \t]*+(?=$|[\r\n\u2028\u2029]))"
)
_MARK = regex.compile(r"[<\[#]|assistant|user|system")
_HTML_TAG = regex.compile(r"</?(?:p|div|span|b|i|u|em|strong|html|body|del|ins|br|h[1-6]|ul|li|a|td|tr)\b")
_THINK_ASKED = regex.compile(
    r"(?<!\w)think(?:ing)?\W{1,3}(?:tags?|tokens?|blocks?|section|markers?)|(?:وسم|tag|balise)\W{1,3}think"
)


class Token(NamedTuple):
    """One template token: its family, its folded text and its raw span."""

    family: str
    text: str
    span: Span


def tokens_in(reading: Reading) -> Iterator[Token]:
    """Template tokens and scaffolds of an output in order, asked for or not."""
    folded = reading.folded
    if _MARK.search(folded.text) is None:
        return
    for match in _TOKEN.finditer(folded.text):
        text = match.group().strip()
        start = match.start() + len(match.group()) - len(match.group().lstrip())
        yield Token(str(match.lastgroup), text, folded.span(start, start + len(text)))


def leaked(reading: Reading) -> list[Token]:
    """Template tokens of an output that nobody asked about."""
    found = list(tokens_in(reading))
    return [token for token in found if not _is_wanted(token, reading)] if found else []


def _is_wanted(token: Token, reading: Reading) -> bool:
    asked = [turn.folded.text for turn in reading.conversation.user]
    in_code = any(start <= token.span[0] and token.span[1] <= end for start, end in reading.protected)
    if any(_asks_about(token, text) for text in asked):
        return True
    if token.family == "role":
        return in_code or any(words_of("output", "asks_roles").search(text) for text in asked)
    if not in_code:
        return False
    if token.family == "sentence" and (
        reading.text[: token.span[0]][-1:].isalnum()  # a type parameter: Vec<s>
        or _HTML_TAG.search(reading.folded.text)
        or any(words_of("output", "asks_markup").search(text) for text in asked)
    ):
        return True
    return any(words_of("output", "asks_tokens").search(text) for text in asked)


_PAIRS = (
    frozenset({"im_start", "im_end"}),
    frozenset({"begin_of_text", "end_of_text", "start_header_id", "end_header_id", "eot_id"}),
    frozenset({"system", "user", "assistant", "end"}),
)


def _family(name: str) -> frozenset[str]:
    """Names of a token and of what is written as its pair."""
    return next((pair for pair in _PAIRS if name in pair), frozenset({name}))


def _asks_about(token: Token, question: str) -> bool:
    """Whether a user message names the token or one of its family."""
    if token.family == "role":
        return regex.search(rf"(?<!\w){token.text}(?!\w)", question) is not None
    if token.family in ("piped", "half"):
        names = _family(token.text.strip("<|>/ "))
        # A name such as im_end speaks for itself; "user" or "end" does only in its brackets.
        return any(f"<|{name}" in question or ((len(name) > 8 or "_" in name) and name in question) for name in names)
    if token.family == "think" and _THINK_ASKED.search(question):
        return True
    return any(match.lastgroup == token.family for match in _TOKEN.finditer(question))
