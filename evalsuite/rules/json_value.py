"""JSON values with the places where they stand, or where and why a text is none: a strict reader that never recurses.

The standard library accepts NaN, numbers that overflow and any depth; so what it has read is looked at again. The
scanner follows RFC 8259 to the letter, in one pass, and says where a text breaks.
"""

from __future__ import annotations

import re
from typing import Any, Final

import regex

from evalsuite.rules.json_decode import decode
from evalsuite.rules.json_tree import Node, shown
from evalsuite.rules.text import Span

DEPTH_LIMIT: Final = 64
"""Arrays and objects inside one another. RFC 8259 (section 9) lets a reader set one; the validator recurses, about ten
Python frames a level through `$ref`, and must not reach Python's limit of 1000."""

_SPACE = re.compile(r"[ \t\r\n]*+")
_STRING = re.compile(r'"[^"\\\x00-\x1f]*+(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[^"\\\x00-\x1f]*+)*+"')
_STRING_START = re.compile(r'"[^"\\\x00-\x1f]*+(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[^"\\\x00-\x1f]*+)*+')
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*+)(\.[0-9]++)?+([eE][+-]?[0-9]++)?+")
# What most values are made of, passed over in one go: items of an array that are plain, or hold only what is plain.
_SPACES = r"[ \t\r\n]*+"
_STRING_SOURCE = r"\"[^\"\\\x00-\x1f]*+\""
_PLAIN = rf"(?:-?(?:0|[1-9][0-9]{{0,17}}+)(?![\w$+.-])|{_STRING_SOURCE}|(?:true|false|null)(?![\w$+.-])){_SPACES}"
_MEMBER = rf"{_STRING_SOURCE}{_SPACES}:{_SPACES}{_PLAIN}"
_FLAT = (
    rf"\[{_SPACES}(?:{_PLAIN}(?:,{_SPACES}{_PLAIN})*+)?+\]{_SPACES}"
    rf"|\{{{_SPACES}(?:{_MEMBER}(?:,{_SPACES}{_MEMBER})*+)?+\}}{_SPACES}"
)
_PLAIN_ITEMS = regex.compile(rf"(?>{_PLAIN},{_SPACES}(?![\]}}]))++")
_FLAT_ITEMS = regex.compile(rf"(?>(?:{_PLAIN}|{_FLAT}),{_SPACES}(?![\]}}]))++")
_LITERAL = re.compile(r"true|false|null")
_WORD = regex.compile(r"[\w$+.-]++")
_SUSPECT = re.compile("[0-9]{200}|[eE][+-]?[0-9]{3}")
"""What a number beyond the largest double must hold; anything else stays below 1e300."""
_INTEGER_DIGITS = 309
"""An integer with more digits is above the largest double (about 1.8e308)."""


class BrokenJson(ValueError):
    """Text that is no JSON value: where it breaks, and why.

    `place` is the span of the fault, None where something is missing at the end of the text. `stop` is the offset up to
    which the scanner had read, and `entered` says whether it had read a first key or item by then.
    """

    def __init__(self, reason: str, place: Span | None, stop: int, *, entered: bool) -> None:
        super().__init__(reason)
        self.reason = reason
        self.place = place
        self.stop = stop
        self.entered = entered


def scan(text: str, start: int = 0) -> Node:
    """The JSON value that begins at `start` (white space before it is passed over).

    Raises:
        BrokenJson: there is none, or it is broken, unfinished or nested deeper than `DEPTH_LIMIT`.
    """
    start = _skip(text, start)
    try:
        value, end, repeats = decode(text, start)
    except (ValueError, RecursionError):
        _Scanner(text, start).run()
        raise BrokenJson("the value cannot be read", (start, start + 1), start, entered=False) from None
    if _is_doubtful(text, value, start, end):
        _Scanner(text, start).run()
    return Node(text, value, start, end, repeats=repeats)


def _is_doubtful(text: str, value: Any, start: int, end: int) -> bool:
    """Whether the decoder may have taken what is no JSON, or what no reader need take."""
    if not isinstance(value, (str, dict, list)) and _WORD.match(text, end):
        return True
    return _SUSPECT.search(text, start, end) is not None or _is_deep(value)


def _is_deep(value: Any) -> bool:
    level = [value] if isinstance(value, (dict, list)) else []
    for _ in range(DEPTH_LIMIT):
        if not level:
            return False
        level = [
            item
            for holder in level
            for item in (holder.values() if isinstance(holder, dict) else holder)
            if isinstance(item, (dict, list))
        ]
    return bool(level)


def _skip(text: str, position: int) -> int:
    match = _SPACE.match(text, position)
    return match.end() if match else position


class _Scanner:
    """One run over one value, with a stack in place of recursion. It only says whether and where the value breaks."""

    def __init__(self, text: str, start: int) -> None:
        self.text = text
        self.position = start
        self.stack: list[str] = []
        """Closing brackets of the arrays and objects that are open."""
        self.entered = False

    def run(self) -> None:
        """Reads the value.

        Raises:
            BrokenJson: it is broken, unfinished or nested too deep.
        """
        while True:
            if self.stack and self.stack[-1] == "]":
                self._plain_items()
            if not self._value():
                continue  # an array or object was opened
            while self.stack:  # the value is whole: what follows it?
                self.entered = True
                if not self._is_closed():
                    break
            else:
                return

    def _fail(self, reason: str, place: Span | None = None, *, missing: bool = False) -> BrokenJson:
        position = self.position
        if position >= len(self.text) or missing:
            return BrokenJson(reason, None, position, entered=self.entered)
        return BrokenJson(reason, place or (position, position + 1), position, entered=self.entered)

    def _value(self) -> bool:
        """Passes a whole value; False where an array or object was opened that holds something."""
        text, position = self.text, self.position
        if position >= len(text):
            raise self._fail("the value is unfinished")
        first = text[position]
        if first in "{[":
            return self._open(first)
        if first == '"':
            self._string()
        elif first == "-" or first.isdigit():
            self._number()
        else:
            match = _LITERAL.match(text, position)
            if match is None or _WORD.match(text, match.end()):
                raise self._unknown_value()
            self.position = match.end()
        return True

    def _plain_items(self) -> None:
        pattern = _FLAT_ITEMS if len(self.stack) < DEPTH_LIMIT else _PLAIN_ITEMS
        match = pattern.match(self.text, self.position)
        if match is not None:
            self.entered = True
            self.position = match.end()

    def _unknown_value(self) -> BrokenJson:
        text, position = self.text, self.position
        if text[position] == "'":
            return self._fail("single quotation marks are no JSON")
        if text.startswith(("//", "/*", "#"), position):
            return self._fail("JSON knows no comments")
        if text[position] in "]}" and self.stack:
            comma = len(text[:position].rstrip(" \t\r\n")) - 1
            if text[comma] == ",":
                return self._fail("a comma stands before the end of an array or object", (comma, comma + 1))
        word = _WORD.match(text, position)
        if word is None:
            return self._fail("a JSON value was expected here")
        return self._fail(f"{shown(word.group())} is no JSON value", word.span())

    def _open(self, first: str) -> bool:
        if len(self.stack) >= DEPTH_LIMIT:
            raise self._fail(f"values are nested deeper than {DEPTH_LIMIT} levels")
        self.position = _skip(self.text, self.position + 1)
        closing = "}" if first == "{" else "]"
        if self.text.startswith(closing, self.position):
            self.position += 1
            return True
        self.stack.append(closing)
        if first == "{":
            self._key()
        return False

    def _is_closed(self) -> bool:
        """Whether the enclosing value ends here; False where a comma leads on to the next one."""
        is_array = self.stack[-1] == "]"
        self.position = _skip(self.text, self.position)
        mark = self.text[self.position : self.position + 1]
        if mark == ",":
            comma = self.position
            self.position = _skip(self.text, comma + 1)
            if self.text[self.position : self.position + 1] in ("]", "}"):
                raise self._fail("a comma stands before the end of an array or object", (comma, comma + 1))
            if not is_array:
                self._key()
            return False
        if mark == self.stack[-1]:
            self.position += 1
            self.stack.pop()
            return True
        if not mark:
            raise self._fail("the value is unfinished")
        if self.text.startswith(("//", "/*", "#"), self.position):
            raise self._fail("JSON knows no comments")
        raise self._fail(f"a comma or {']' if is_array else '}'} was expected here")

    def _key(self) -> None:
        start = self.position
        if start >= len(self.text):
            raise self._fail("the value is unfinished")
        if self.text[start] != '"':
            if self.text.startswith(("//", "/*", "#"), start):
                raise self._fail("JSON knows no comments")
            raise self._fail("a key in double quotation marks was expected here")
        self._string()
        self.entered = True
        self.position = _skip(self.text, self.position)
        if not self.text.startswith(":", self.position):
            raise self._fail("a colon was expected here")
        self.position = _skip(self.text, self.position + 1)

    def _string(self) -> None:
        match = _STRING.match(self.text, self.position)
        if match is not None:
            self.position = match.end()
            return
        partial = _STRING_START.match(self.text, self.position)
        self.position = partial.end() if partial else self.position
        if self.position >= len(self.text):
            raise self._fail("the value is unfinished")
        if self.text[self.position] == "\\":
            raise self._fail("a backslash in a string must be doubled or begin an escape that JSON knows")
        raise self._fail("a line break or control character in a string must be escaped")

    def _number(self) -> None:
        start = self.position
        match = _NUMBER.match(self.text, start)
        if match is None or _WORD.match(self.text, match.end()):
            raise self._unknown_value()
        raw = match.group()
        self.position = match.end()
        value: int | float
        if match.group(1) is None and match.group(2) is None:
            value = int(raw) if len(raw) <= _INTEGER_DIGITS + 1 else 0
            overflows = len(raw.lstrip("-")) > _INTEGER_DIGITS or _is_beyond_double(value)
        else:
            value = float(raw)
            overflows = value in (float("inf"), float("-inf"))
        if overflows:
            self.position = start
            raise self._fail("the number is greater than any that a reader can hold", match.span())


def _is_beyond_double(value: int) -> bool:
    try:
        float(value)
    except OverflowError:
        return True
    return False
