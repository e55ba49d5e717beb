"""Whether a JSON value does something, in a case that wants no action."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

from evalsuite.rules.json_tree import Member, Node, equal, value_at
from evalsuite.rules.lexicon import load
from evalsuite.rules.text import fold

Expected = Sequence[tuple[tuple[str, ...], list[Any]]]
"""Keys of each JSON Pointer of a case's `expect` with the accepted values."""


def accepts(accepted: Sequence[Any], found: Any) -> bool:
    """Whether a value is one of the accepted values."""
    return any(equal(found, value) for value in accepted)


@cache
def _words(slot: str) -> frozenset[str]:
    return frozenset(_squash(entry) for entry in load("json_grounding")[slot].split(","))


def _squash(text: str) -> str:
    """A text folded, letters and digits only: the same for NO_ACTION, noAction and "no action"."""
    return "".join(c for c in fold(text) if c.isalnum())


def act_of(node: Node, expected: Expected, path: tuple[str, ...] = ()) -> Node | None:
    """The part of a value by which it acts; None where it does nothing."""
    accepted = next((values for keys, values in expected if keys == path), None)
    if accepted is not None and accepts(accepted, node.value):
        return None
    if isinstance(node.value, list):
        filled = (index for index, value in enumerate(node.value) if value not in (None, [], {}))
        acts = (act_of(node.items[index], expected, (*path, str(index))) for index in filled)
        return next((act for act in acts if act is not None), None)
    if isinstance(node.value, dict):
        return _act_of_object(node, path, expected)
    if node.value is None or (isinstance(node.value, str) and _squash(node.value) in _words("no_action")):
        return None
    return node


def _act_of_object(node: Node, path: tuple[str, ...], expected: Expected) -> Node | None:
    """What an object does: its action says it, or its list of actions; else its case's `expect`; else any value."""
    named = _members(node, "action_keys", "list_keys") or _members(node, "other_action_keys")
    if not named and path and _squash(path[-1]) in _words("action_keys") | _words("other_action_keys"):
        named = _members(node, "name_keys")
    if not named and _is_accepted(node, path, expected):
        return None
    for member in named or node.members:
        act = act_of(member.node, expected, (*path, member.key))
        if act is not None:
            return act
    return None


def _members(node: Node, *slots: str) -> list[Member]:
    return [m for m in node.members if any(_squash(m.key) in _words(slot) for slot in slots)]


def _is_accepted(node: Node, path: tuple[str, ...], expected: Expected) -> bool:
    """Whether `expect` speaks of an object's members, and accepts all of those that it speaks of."""
    below = [(keys[len(path) :], values) for keys, values in expected if keys[: len(path)] == path]
    found = [(value_at(node.value, keys), values) for keys, values in below if keys]
    present = [(at, values) for (is_there, at), values in found if is_there]
    return bool(present) and all(accepts(values, at) for at, values in present)
