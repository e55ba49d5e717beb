"""A JSON value as a tree of nodes that know where they stand; pointers into it, equality, ways through it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any, NamedTuple

import regex

from evalsuite.rules.json_decode import composed, decode_part
from evalsuite.rules.text import Span


class Member(NamedTuple):
    """One member of an object, as it is written."""

    key: str
    span: Span
    """Where the key stands, quotation marks included."""
    node: Node


_SPACE = re.compile(r"[ \t\r\n]*+")


class Node:
    """A JSON value and where it stands in a text that is known to be JSON there.

    What an array or object holds is told apart only when it is asked for: most values are looked at as a whole.
    """

    __slots__ = ("_items", "_members", "_text", "end", "repeats", "start", "value")

    def __init__(self, text: str, value: Any, start: int, end: int, *, repeats: bool = False) -> None:
        self._text = text
        self.value = value
        self.start = start
        self.end = end
        self.repeats = repeats
        """Whether an object in a value that was read as a whole may have the same key twice."""
        self._members: list[Member] | None = None if isinstance(value, dict) else _NO_MEMBERS
        self._items: list[Node] | None = None if isinstance(value, list) else _NO_ITEMS

    @property
    def members(self) -> list[Member]:
        """Of an object, in order, repeated keys included."""
        if self._members is None:
            self._members = list(self._read_members())
        return self._members

    @property
    def items(self) -> list[Node]:
        """Of an array, in order."""
        if self._items is None:
            self._items = list(self._read_items())
        return self._items

    def each_item(self) -> Iterator[Node]:
        """The items, each read when it is asked for, and not kept."""
        return iter(self._items) if self._items is not None else self._read_items()

    def each_member(self) -> Iterator[Member]:
        """The members, each read when it is asked for, and not kept."""
        return iter(self._members) if self._members is not None else self._read_members()

    def _skip(self, position: int) -> int:
        match = _SPACE.match(self._text, position)
        return match.end() if match else position

    def _read_items(self) -> Iterator[Node]:
        position = self._skip(self.start + 1)
        while position < self.end - 1:
            value, end = decode_part(self._text, position)
            yield Node(self._text, value, position, end)
            position = self._skip(self._skip(end) + 1)

    def _read_members(self) -> Iterator[Member]:
        position = self._skip(self.start + 1)
        while position < self.end - 1:
            key, key_end = decode_part(self._text, position)
            start = self._skip(self._skip(key_end) + 1)
            value, end = decode_part(self._text, start)
            yield Member(key, (position, key_end), Node(self._text, value, start, end))
            position = self._skip(self._skip(end) + 1)

    @property
    def span(self) -> Span:
        """Offsets of the value in the text."""
        return self.start, self.end

    def child(self, key: str | int) -> Node | None:
        """The item at an index, or the last member with a key."""
        if isinstance(self.value, list):
            if not isinstance(key, int) or not 0 <= key < len(self.value):
                return None
            return next(islice(self.each_item(), key, None), None)
        return next((m.node for m in reversed(self.members) if m.key == key), None)

    def at(self, keys: Sequence[str | int]) -> Node | None:
        """The node under a path of keys and indices."""
        node: Node | None = self
        for key in keys:
            if node is None:
                return None
            node = node.child(key)
        return node


_NO_MEMBERS: list[Member] = []
_NO_ITEMS: list[Node] = []


def shown(text: str) -> str:
    """A text as JSON shows it, safe to print whatever it holds."""
    return json.dumps(text, ensure_ascii=False).encode("utf-8", "replace").decode("utf-8")


def equal(left: Any, right: Any) -> bool:
    """JSON equality: numbers by value, booleans apart from them, members in any order.

    Strings are equal where they are canonically equivalent.
    """
    pairs = [(left, right)]
    while pairs:
        a, b = pairs.pop()
        if isinstance(a, bool) or isinstance(b, bool):
            if a is not b:
                return False
        elif isinstance(a, dict) and isinstance(b, dict):
            a, b = ({composed(key): value for key, value in side.items()} for side in (a, b))
            if a.keys() != b.keys():
                return False
            pairs.extend((a[key], b[key]) for key in a)
        elif isinstance(a, list) and isinstance(b, list):
            if len(a) != len(b):
                return False
            pairs.extend(zip(a, b, strict=True))
        elif isinstance(a, str) and isinstance(b, str):
            if composed(a) != composed(b):
                return False
        elif isinstance(a, (int, float)) and isinstance(b, (int, float)):
            if a != b:
                return False
        elif a is not None or b is not None:
            return False
    return True


def parse_pointer(pointer: str) -> tuple[str, ...]:
    """Keys of a JSON Pointer (RFC 6901).

    Raises:
        ValueError: it is none; the message says what is wrong.
    """
    if pointer == "":
        return ()
    if not pointer.startswith("/"):
        raise ValueError(f"{shown(pointer)} is no JSON Pointer: it must be empty or begin with '/'")
    wrong = regex.search(r"~(?![01])", pointer)
    if wrong is not None:
        raise ValueError(f"{shown(pointer)} is no JSON Pointer: '~' at {wrong.start()} must be '~0' or '~1'")
    return tuple(part.replace("~1", "/").replace("~0", "~") for part in composed(pointer)[1:].split("/"))


_INDEX = re.compile("0|[1-9][0-9]{0,8}")
"""RFC 6901: an index has no leading zero; "-" names no existing item."""


def follow(node: Node, keys: Sequence[str]) -> Node | None:
    """The node that a JSON Pointer's keys lead to, or None where they lead nowhere."""
    found: Node | None = node
    for key in keys:
        if found is None:
            return None
        if isinstance(found.value, list):
            found = found.child(int(key)) if _INDEX.fullmatch(key) else None
        else:
            found = found.child(key)
    return found


_NOTHING: Any = object()


def value_at(value: Any, keys: Sequence[str]) -> tuple[bool, Any]:
    """Whether a JSON Pointer's keys lead anywhere in a value, and the value there."""
    for key in keys:
        if isinstance(value, list):
            index = int(key) if _INDEX.fullmatch(key) else len(value)
            value = value[index] if index < len(value) else _NOTHING
        else:
            value = value.get(key, _NOTHING) if isinstance(value, dict) else _NOTHING
        if value is _NOTHING:
            return False, None
    return True, value


def pointer_of(keys: Sequence[str | int]) -> str:
    """JSON Pointer of a path of keys and indices; "the value" for the root, as messages name it."""
    if not keys:
        return "the value"
    return "".join("/" + str(key).replace("~", "~0").replace("/", "~1") for key in keys)


Trail = tuple["Trail | None", "str | int"]
"""The way to a node from the root, as links back: cheap to lengthen. `path_of` tells it."""


def path_of(trail: Trail | None) -> tuple[str | int, ...]:
    """Keys and indices from the root to a node."""
    keys: list[str | int] = []
    while trail is not None:
        trail, key = trail
        keys.append(key)
    return tuple(reversed(keys))


def contents(value: Any) -> Iterator[Any]:
    """Every value in a value that is no array or object, in no order."""
    stack = [value]
    while stack:
        current = stack.pop()
        if isinstance(current, dict):
            stack.extend(current.values())
        elif isinstance(current, list):
            stack.extend(current)
        else:
            yield current


def leaves(node: Node) -> Iterator[tuple[Trail | None, Node]]:
    """Every value that is no array or object, with the way to it, in the order of the text."""
    return ((trail, found) for trail, found in _nodes(node) if not isinstance(found.value, (dict, list)))


def objects(node: Node) -> Iterator[tuple[Trail | None, Node]]:
    """Every object, with the way to it, outermost first."""
    return ((trail, found) for trail, found in _nodes(node, within=(dict, list)) if isinstance(found.value, dict))


def _nodes(node: Node, within: type | tuple[type, ...] = object) -> Iterator[tuple[Trail | None, Node]]:
    """A node and all below it whose values are of some types, in the order of the text."""
    yield None, node
    stack: list[tuple[Trail | None, Iterator[tuple[str | int, Node]]]] = [(None, _below(node))]
    while stack:
        trail, below = stack[-1]
        found = next(below, None)
        if found is None:
            stack.pop()
            continue
        key, child = found
        if isinstance(child.value, within):
            here: Trail = (trail, key)
            yield here, child
            if isinstance(child.value, (dict, list)) and child.value:
                stack.append((here, _below(child)))


def _below(node: Node) -> Iterator[tuple[str | int, Node]]:
    """What an array or object holds, read as it is asked for."""
    return (
        enumerate(node.each_item()) if isinstance(node.value, list) else ((m.key, m.node) for m in node.each_member())
    )
