"""A JSON value as a tree of nodes that know where they stand; pointers into it, equality, ways through it."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import regex

from evalsuite.rules.text import Span


class Member(NamedTuple):
    """One member of an object, as it is written."""

    key: str
    span: Span
    """Where the key stands, quotation marks included."""
    node: Node


class Node:
    """A JSON value and where it stands in the text."""

    __slots__ = ("end", "items", "members", "start", "value")

    def __init__(self, value: Any, start: int, end: int) -> None:
        self.value = value
        self.start = start
        self.end = end
        # Only arrays and objects need lists of their own; most nodes are neither.
        self.members: list[Member] = [] if isinstance(value, dict) else _NO_MEMBERS
        """Of an object, in order, repeated keys included."""
        self.items: list[Node] = [] if isinstance(value, list) else _NO_ITEMS
        """Of an array, in order."""

    @property
    def span(self) -> Span:
        """Offsets of the value in the text."""
        return self.start, self.end

    def child(self, key: str | int) -> Node | None:
        """The item at an index, or the last member with a key."""
        if isinstance(self.value, list):
            return self.items[key] if isinstance(key, int) and 0 <= key < len(self.items) else None
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


def composed(text: str) -> str:
    """A string in NFC: canonically equivalent strings are one text in two encodings."""
    return text if text.isascii() else unicodedata.normalize("NFC", text)


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


def follow(node: Node, keys: Sequence[str]) -> Node | None:
    """The node that a JSON Pointer's keys lead to, or None where they lead nowhere."""
    found: Node | None = node
    for key in keys:
        if found is None:
            return None
        if isinstance(found.value, list):
            # RFC 6901: an index has no leading zero; "-" names no existing item.
            found = found.child(int(key)) if regex.fullmatch(r"0|[1-9][0-9]{0,8}", key) else None
        else:
            found = found.child(key)
    return found


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


def leaves(node: Node) -> Iterator[tuple[Trail | None, Node]]:
    """Every value that is no array or object, with the way to it, in the order of the text."""
    return ((trail, found) for trail, found in _nodes(node) if not isinstance(found.value, (dict, list)))


def objects(node: Node) -> Iterator[tuple[Trail | None, Node]]:
    """Every object, with the way to it, outermost first."""
    return ((trail, found) for trail, found in _nodes(node, within=(dict, list)) if isinstance(found.value, dict))


def _nodes(node: Node, within: type | tuple[type, ...] = object) -> Iterator[tuple[Trail | None, Node]]:
    """A node and all below it whose values are of some types, in the order of the text."""
    stack: list[tuple[Trail | None, Node]] = [(None, node)]
    while stack:
        trail, current = stack.pop()
        yield trail, current
        below: list[tuple[Trail | None, Node]]
        if current.members:
            below = [((trail, m.key), m.node) for m in current.members if isinstance(m.node.value, within)]
        else:
            below = [((trail, i), item) for i, item in enumerate(current.items) if isinstance(item.value, within)]
        stack.extend(reversed(below))
