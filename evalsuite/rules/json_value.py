"""JSON values with the places where they stand: a strict scanner that never recurses.

The standard library accepts NaN, numbers that overflow, and forgets repeated keys and offsets; evidence needs all of
them. The scanner follows RFC 8259 to the letter, in one pass, and keeps the last member of a repeated key as the
standard library does. Strings are held in NFC.
"""

from __future__ import annotations

import json
from typing import Final

import regex

from evalsuite.rules.json_tree import Member, Node, composed, shown
from evalsuite.rules.text import Span

DEPTH_LIMIT: Final = 64
"""Arrays and objects inside one another. RFC 8259 (section 9) lets a reader set one; the validator recurses, about ten
Python frames a level through `$ref`, and must not reach Python's limit of 1000."""

_SPACE = regex.compile(r"[ \t\r\n]*+")
_STRING = regex.compile(r'"[^"\\\x00-\x1f]*+(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[^"\\\x00-\x1f]*+)*+"')
_STRING_START = regex.compile(r'"[^"\\\x00-\x1f]*+(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[^"\\\x00-\x1f]*+)*+')
_NUMBER = regex.compile(r"-?(?:0|[1-9][0-9]*+)(\.[0-9]++)?+([eE][+-]?[0-9]++)?+")
_PLAIN_ITEM = regex.compile(
    r"(?:(-?(?:0|[1-9][0-9]{0,17}+))|(\"([^\"\\\x00-\x1f]*+)\"))[ \t\r\n]*+,[ \t\r\n]*+(?![\]}])"
)
_LITERAL = regex.compile(r"true|false|null")
_WORD = regex.compile(r"[\w$+.-]++")
_VALUE_OF = {"true": True, "false": False, "null": None}
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
    return _Scanner(text, _skip(text, start)).run()


def _skip(text: str, position: int) -> int:
    match = _SPACE.match(text, position)
    return match.end() if match else position


class _Scanner:
    """One run over one value, with a stack in place of recursion."""

    def __init__(self, text: str, start: int) -> None:
        self.text = text
        self.position = start
        self.stack: list[Node] = []
        self.keys: list[tuple[str, Span]] = []
        self.entered = False

    def run(self) -> Node:
        while True:
            if self.stack and isinstance(self.stack[-1].value, list):
                self._plain_items(self.stack[-1])
            node = self._value()
            if node is None:  # an array or object was opened
                continue
            while self.stack:  # the value is whole: what follows it?
                self._append(node)
                closed = self._after_value()
                if closed is None:
                    break
                node = closed
            else:
                return node

    def _fail(self, reason: str, place: Span | None = None, *, missing: bool = False) -> BrokenJson:
        position = self.position
        if position >= len(self.text) or missing:
            return BrokenJson(reason, None, position, entered=self.entered)
        return BrokenJson(reason, place or (position, position + 1), position, entered=self.entered)

    def _value(self) -> Node | None:
        """A whole value, or None where an array or object was opened that holds something."""
        text, position = self.text, self.position
        if position >= len(text):
            raise self._fail("the value is unfinished")
        first = text[position]
        if first in "{[":
            return self._open(first)
        if first == '"':
            content, end = self._string()
            self.position = end
            return Node(content, position, end)
        if first == "-" or first.isdigit():
            return self._number()
        match = _LITERAL.match(text, position)
        if match is None or _WORD.match(text, match.end()):
            raise self._unknown_value()
        self.position = match.end()
        return Node(_VALUE_OF[match.group()], position, match.end())

    def _plain_items(self, parent: Node) -> None:
        """Short integers and plain strings with a comma behind them: the bulk of a long array, read in a short loop."""
        text = self.text
        while (match := _PLAIN_ITEM.match(text, self.position)) is not None:
            number, _, content = match.groups()
            value: int | str = composed(content) if number is None else int(number)
            parent.value.append(value)
            parent.items.append(Node(value, *match.span(2 if number is None else 1)))
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

    def _open(self, first: str) -> Node | None:
        if len(self.stack) >= DEPTH_LIMIT:
            raise self._fail(f"values are nested deeper than {DEPTH_LIMIT} levels")
        start = self.position
        self.position = _skip(self.text, start + 1)
        closing = "}" if first == "{" else "]"
        node = Node({} if first == "{" else [], start, start)
        if self.text.startswith(closing, self.position):
            self.position += 1
            node.end = self.position
            return node
        self.stack.append(node)
        if first == "{":
            self._key()
        return None

    def _append(self, node: Node) -> None:
        self.entered = True
        parent = self.stack[-1]
        if isinstance(parent.value, list):
            parent.value.append(node.value)
            parent.items.append(node)
        else:
            key, span = self.keys.pop()
            parent.value[key] = node.value
            parent.members.append(Member(key, span, node))

    def _after_value(self) -> Node | None:
        """The enclosing value where it ends here; None where a comma leads on to the next one."""
        parent = self.stack[-1]
        is_array = isinstance(parent.value, list)
        self.position = _skip(self.text, self.position)
        mark = self.text[self.position : self.position + 1]
        if mark == ",":
            comma = self.position
            self.position = _skip(self.text, comma + 1)
            if self.text[self.position : self.position + 1] in ("]", "}"):
                raise self._fail("a comma stands before the end of an array or object", (comma, comma + 1))
            if not is_array:
                self._key()
            return None
        if mark == ("]" if is_array else "}"):
            self.position += 1
            parent.end = self.position
            return self.stack.pop()
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
        key, end = self._string()
        self.entered = True
        self.position = _skip(self.text, end)
        if not self.text.startswith(":", self.position):
            raise self._fail("a colon was expected here")
        self.position = _skip(self.text, self.position + 1)
        self.keys.append((key, (start, end)))

    def _string(self) -> tuple[str, int]:
        match = _STRING.match(self.text, self.position)
        if match is not None:
            raw = match.group()
            return composed(json.loads(raw) if "\\" in raw else raw[1:-1]), match.end()
        partial = _STRING_START.match(self.text, self.position)
        self.position = partial.end() if partial else self.position
        if self.position >= len(self.text):
            raise self._fail("the value is unfinished")
        if self.text[self.position] == "\\":
            raise self._fail("a backslash in a string must be doubled or begin an escape that JSON knows")
        raise self._fail("a line break or control character in a string must be escaped")

    def _number(self) -> Node:
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
        return Node(value, start, match.end())


def _is_beyond_double(value: int) -> bool:
    try:
        float(value)
    except OverflowError:
        return True
    return False
