"""Texts drawn from a regular expression, to look for what a pattern matches and something else does not."""

from __future__ import annotations

import random
import re._parser as parser  # type: ignore[import-not-found]  # no public parser; only tests draw texts
from typing import Any


def draw(pattern: str, chance: random.Random) -> str:
    """One text that a pattern matches, look-arounds left aside."""
    return _drawn(_parsed(pattern), chance)


_TREES: dict[str, Any] = {}


def _parsed(pattern: str) -> Any:
    if pattern not in _TREES:
        _TREES[pattern] = parser.parse(pattern.replace(r"\p{L}", "x"))
    return _TREES[pattern]


def _drawn(tree: Any, chance: random.Random) -> str:
    return "".join(_piece(str(name), argument, chance) for name, argument in tree)


def _piece(name: str, argument: Any, chance: random.Random) -> str:
    if name == "LITERAL":
        return chr(argument)
    if name == "IN":
        return _one_of(argument, chance)
    if name == "BRANCH":
        return _drawn(chance.choice(argument[1]), chance)
    if name == "SUBPATTERN":
        return _drawn(argument[3], chance)
    if name.endswith("_REPEAT"):
        low, high, tree = argument
        count = low if chance.random() < 0.75 else min(high, low + 1)
        return "".join(_drawn(tree, chance) for _ in range(count))
    return "x" if name in ("ANY", "NOT_LITERAL") else ""


def _one_of(members: Any, chance: random.Random) -> str:
    if str(members[0][0]) == "NEGATE":
        return "x"
    name, argument = chance.choice(members)
    if str(name) == "LITERAL":
        return " " if chr(argument) in "*_" else chr(argument)
    if str(name) == "RANGE":
        return chr(argument[0])
    return " " if "SPACE" in str(argument) else "x"
