"""Where an output may hold its JSON: alone, in a code fence, or among prose."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import regex

from evalsuite.rules.json_tree import Node
from evalsuite.rules.json_value import BrokenJson, scan
from evalsuite.rules.text import Span

Wrapper = Literal["none", "fence", "any"]

VALUE_LIMIT = 100
"""Values that are read of one output: it holds too many already at two."""

BROKEN_LIMIT = 1000
"""Brackets that begin nothing after which the rest of an output is not looked through: it is noise, not prose."""

_SPACE = regex.compile(r"[\s\ufeff]*+")
_FENCE = regex.compile(r"[ \t]*+(`{3,}+|~{3,}+)[ \t]*+([\w+.-]*+)[ \t]*+")
_PROSE = regex.compile(r"(?:[^\n]|\n(?![ \t\r]*+(?:\n|[{\[`~])))++")
# What an object or array that is broken, but meant, begins with: a key or value in any quotation marks, a bare key
# before a colon, a comment, another object. "{action}" and "[see below]" are prose.
_BROKEN_OBJECT = regex.compile(r"\{\s*+(?:[\"'“”‘’«{]|//|/\*|[\w$-]++\s*+:)")
_BROKEN_ARRAY = regex.compile(
    r"\[\s*+(?:[\"“{\[]|'[^'\n]*+'\s*+[,\]]|//|/\*|(?:-?[0-9][0-9.eE+-]*+|true|false|null)\s*+,)"
)
_FIRST_WORD = regex.compile(r"[^\W\d_][\w'’]*+[\s,.:!؟،]")
_RUN = regex.compile(r"[{\[](?:\s*+[{\[])*+")
_BRACKET = regex.compile(r"[{}\[\]]")


@dataclass(frozen=True, slots=True)
class Held:
    """The JSON values that an output holds where its wrapper allows them, or why it holds none."""

    values: tuple[Node, ...] = ()
    reason: str = ""
    place: Span | None = None
    """Evidence for `reason`; None where something is missing."""


def held(text: str, wrapper: Wrapper) -> Held:
    """The JSON values of an output. Linear in its length; never raises."""
    if _skip(text, 0) >= len(text):
        return Held(reason="the output is empty")
    if wrapper == "any":
        return _outermost(text)
    return _alone(text, fences=wrapper == "fence")


def _skip(text: str, position: int) -> int:
    match = _SPACE.match(text, position)
    return match.end() if match else position


def _alone(text: str, *, fences: bool) -> Held:
    """Values with nothing but white space (and, if allowed, code fences) around them."""
    values: list[Node] = []
    position = _skip(text, 0)
    while position < len(text) and len(values) < VALUE_LIMIT:
        fence = _FENCE.match(text, position) if text[position] in "`~" else None
        if fence is not None:
            if not fences:
                return Held(reason="a code fence stands where bare JSON was asked for", place=fence.span(1))
            inside = _fenced(text, fence)
            if isinstance(inside, Held):
                return inside
            found, position = inside
            values += found
        else:
            if not _may_follow(text, position, values):
                return _surrounded(text, position)
            try:
                node = scan(text, position)
            except BrokenJson as error:
                return _why_broken(text, position, error, bool(values))
            values.append(node)
            position = node.end
        position = _skip(text, position)
    return Held(tuple(values))


def _may_follow(text: str, position: int, values: list[Node]) -> bool:
    """Whether a further value may begin here: apart from the one before, or marked off by its own brackets."""
    if not values or values[-1].end < position:
        return True
    return text[position] in '{["' and text[position - 1] in '}]"`~'


def _why_broken(text: str, position: int, error: BrokenJson, follows: bool) -> Held:
    if error.entered or text[position] in '{["' or (not follows and not _is_prose(text, position)):
        return Held(reason=error.reason, place=error.place)
    return _surrounded(text, position)


def _is_prose(text: str, position: int) -> bool:
    """Whether words stand here rather than one broken value such as NaN or 'on'."""
    return _FIRST_WORD.match(text, position) is not None


def _surrounded(text: str, position: int) -> Held:
    match = _PROSE.match(text, position)
    end = match.end() if match else len(text)
    end = position + len(text[position:end].rstrip())
    return Held(reason="text stands beside the JSON value, or in place of it", place=(position, end))


def _fenced(text: str, fence: regex.Match[str]) -> tuple[list[Node], int] | Held:
    """Values in the code fence that `fence` opens, and the offset behind its end."""
    mark = fence.group(1)
    position = _skip(text, fence.end())
    values: list[Node] = []
    while not text.startswith(mark, position) and len(values) < VALUE_LIMIT:
        if position >= len(text):
            return Held(reason="the code fence is not closed")
        if not _may_follow(text, position, values):
            return _surrounded(text, position)
        try:
            node = scan(text, position)
        except BrokenJson as error:
            return _why_broken(text, position, error, bool(values))
        values.append(node)
        position = _skip(text, node.end)
    end = position + len(text[position:]) - len(text[position:].lstrip(mark[0]))
    if len(values) < VALUE_LIMIT and regex.compile(r"[ \t]*+(?:[\r\n]|\Z)").match(text, end) is None:
        return _surrounded(text, position)
    if not values:
        return Held(reason="the code fence is empty", place=(fence.start(), end))
    return values, end


def _outermost(text: str) -> Held:
    """Objects and arrays that stand in no other one, whatever stands around them."""
    values: list[Node] = []
    first: BrokenJson | None = None
    closings: dict[int, int] | None = None
    position, broken = _next_open(text, 0), 0
    while position >= 0 and len(values) < VALUE_LIMIT and broken < BROKEN_LIMIT:
        try:
            node = scan(text, position)
        except BrokenJson as error:
            broken += 1
            if not _is_meant(text, position):
                position = _next_open(text, position + 1)
                continue
            first = first or error
            if closings is None:
                closings = _closings(text)
            # What stands inside a broken value is not outermost. One that never ends hides what it had entered.
            unclosed = max(error.stop, _RUN.match(text, position).end() - 1, position + 1)  # type: ignore[union-attr]
            position = _next_open(text, closings.get(position, unclosed))
            continue
        values.append(node)
        position = _next_open(text, node.end)
    if values:
        return Held(tuple(values))
    if first is not None:
        return Held(reason=first.reason, place=first.place)
    start = _skip(text, 0)
    return Held(reason="there is no JSON object or array", place=(start, len(text.rstrip())))


def _is_meant(text: str, position: int) -> bool:
    pattern = _BROKEN_OBJECT if text[position] == "{" else _BROKEN_ARRAY
    return pattern.match(text, position) is not None


# An opening bracket before what may follow it in a JSON value, or in one that is broken but meant.
_OPEN = regex.compile(r"\{(?=\s*+(?:[\"}'“”‘’«{/]|[\w$-]++\s*+:))|\[(?=\s*+[\]\[{\"“'0-9tfn/-])")


def _next_open(text: str, position: int) -> int:
    match = _OPEN.search(text, position)
    return match.start() if match else -1


def _closings(text: str) -> dict[int, int]:
    """Offset of each opening bracket -> offset behind its closing one, for those that are closed."""
    found: dict[int, int] = {}
    opened: list[int] = []
    for match in _BRACKET.finditer(text):
        mark = match.group()
        if mark in "{[":
            opened.append(match.start())
        elif opened and text[opened[-1]] == ("{" if mark == "}" else "["):
            found[opened.pop()] = match.end()
    return found
