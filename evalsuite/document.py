"""YAML documents that know where each value stands: reading, and problems reported with `path:line:column`."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import regex
import yaml

MAX_DEPTH = 100
"""Deepest nesting of values that is read."""
_PARSED_DEPTH = 1000
"""Deepest nesting, roughly counted, that the parser is given: it recurses, and far deeper input exhausts its stack."""

Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""The C loader is about ten times faster; the pure Python one stands in where libyaml is missing."""

_INT = regex.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = regex.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_PLAIN_TAGS = frozenset(("str", "int", "float", "bool", "null", "timestamp", "merge", "value"))
"""What the parser finds by itself in a scalar without a tag."""
_WORDS = {
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
}


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One thing wrong in one place of a file, said so that its author can mend it."""

    path: str
    line: int
    """1-based; 0 where the whole file is meant."""
    column: int
    """1-based; 0 where the whole file is meant."""
    what: str
    expected: str
    mend: str

    def __str__(self) -> str:
        place = f"{self.path}:{self.line}:{self.column}" if self.line else self.path
        return f"{place}: {self.what}; {self.expected}; {self.mend}"


class DocumentError(Exception):
    """All that is wrong with one or more files, in the order of their lines."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(set(problems)))
        super().__init__("\n".join(map(str, self.problems)))


class Document:
    """The value of a YAML file, and the place of each of its parts."""

    def __init__(self, path: str, value: Any, root: yaml.Node | None, digest: str) -> None:
        self.path = path
        self.value = value
        self.digest = digest
        """sha256 of the file's bytes."""
        self._root = root

    def place(self, keys: Sequence[str | int]) -> tuple[int, int]:
        """1-based line and column of the value at `keys`, or of its nearest parent that is there."""
        node = self._root
        found = node
        for key in keys:
            node = _child(node, key)
            if node is None:
                break
            found = node
        if found is None:
            return 0, 0
        return found.start_mark.line + 1, found.start_mark.column + 1

    def key_place(self, keys: Sequence[str | int]) -> tuple[int, int]:
        """1-based line and column of the key (not the value) at `keys`."""
        node = self._root
        for key in keys[:-1]:
            node = _child(node, key)
        if isinstance(node, yaml.MappingNode):
            for name, _ in node.value:
                if name.value == keys[-1]:
                    return name.start_mark.line + 1, name.start_mark.column + 1
        return self.place(keys)

    def problem(
        self, keys: Sequence[str | int], what: str, expected: str, mend: str, *, at_key: bool = False
    ) -> Problem:
        """A problem at the value (or the key) that `keys` lead to."""
        line, column = (self.key_place if at_key else self.place)(keys)
        return Problem(self.path, line, column, what, expected, mend)


def _child(node: yaml.Node | None, key: str | int) -> yaml.Node | None:
    if isinstance(node, yaml.MappingNode):
        return next((value for name, value in node.value if name.value == str(key)), None)
    if isinstance(node, yaml.SequenceNode) and isinstance(key, int) and key < len(node.value):
        child: yaml.Node = node.value[key]
        return child
    return None


def read_document(path: Path, *, shown: str | None = None) -> Document:
    """The YAML 1.2 core-schema document in a file (so `on`, `no` and `yes` are strings).

    Args:
        path: the file.
        shown: how errors name it; the path itself by default.

    Raises:
        DocumentError: not readable, not UTF-8, not YAML, several documents, an alias, a tag, a duplicate key, or
            nesting beyond `MAX_DEPTH`.
    """
    name = shown or str(path)
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise DocumentError(
            [
                Problem(
                    name,
                    0,
                    0,
                    f"cannot be read ({error.strerror})",
                    "a readable YAML file was expected",
                    "check the path and its permissions",
                )
            ]
        ) from None
    return parse_document(raw, shown=name)


def parse_document(raw: bytes, *, shown: str) -> Document:
    """The document in `raw`, which errors name `shown`. Raises DocumentError as `read_document` does."""
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise DocumentError(
            [Problem(shown, line, 1, "is not UTF-8", "text in UTF-8 was expected", "save the file as UTF-8")]
        ) from None
    if _deepest(text) > _PARSED_DEPTH:
        raise DocumentError(
            [
                Problem(
                    shown,
                    0,
                    0,
                    f"is nested deeper than {_PARSED_DEPTH} levels, or indented as far",
                    "a suite is a shallow document",
                    "remove the nesting",
                )
            ]
        )
    try:
        root = yaml.compose(text, Loader=Loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (0, 0)
        what = " ".join(filter(None, ("is not YAML:", error.context, error.problem)))
        raise DocumentError(
            [
                Problem(
                    shown,
                    line,
                    column,
                    what,
                    "one YAML document was expected",
                    "check indentation, quotes and colons here",
                )
            ]
        ) from None
    except yaml.YAMLError as error:  # unprintable characters: no mark
        raise DocumentError(
            [
                Problem(
                    shown,
                    0,
                    0,
                    f"is not YAML: {' '.join(str(error).split())}",
                    "one YAML document was expected",
                    "remove characters that are not printable",
                )
            ]
        ) from None
    problems: list[Problem] = []
    value = None if root is None else _construct(root, shown, problems, set())
    if problems:
        raise DocumentError(problems)
    return Document(shown, value, root, hashlib.sha256(raw).hexdigest())


def _deepest(text: str) -> int:
    """An upper bound of the nesting: brackets, compact sequences and indentation, quoted text included."""
    depth = deepest = 0
    for match in regex.finditer(r"[\[{]|[\]}]", text):
        depth = depth + 1 if match.group() in "[{" else max(0, depth - 1)
        deepest = max(deepest, depth)
    for match in regex.finditer(r"(?m)^[ ]*+(?:[-?:][ \t]++)*+", text):
        deepest = max(deepest, len(match.group()))
    return deepest


def _construct(node: yaml.Node, path: str, problems: list[Problem], seen: set[int], depth: int = 0) -> Any:
    """Python value of a node; what is not plain data is added to `problems`."""
    mark = node.start_mark
    if depth > MAX_DEPTH:
        problems.append(
            Problem(
                path,
                mark.line + 1,
                mark.column + 1,
                f"is nested deeper than {MAX_DEPTH} levels",
                "a suite is a shallow document",
                "remove the nesting",
            )
        )
        return None
    if id(node) in seen:
        problems.append(
            Problem(
                path,
                mark.line + 1,
                mark.column + 1,
                "this value is used again by an alias (*)",
                "aliases are not read",
                "write the value out where it is used",
            )
        )
        return None
    seen.add(id(node))
    if isinstance(node, yaml.ScalarNode):
        return _scalar(node, path, problems)
    if isinstance(node, yaml.SequenceNode):
        return [_construct(child, path, problems, seen, depth + 1) for child in node.value]
    assert isinstance(node, yaml.MappingNode)
    mapping: dict[str, Any] = {}
    for key, child in node.value:
        at = key.start_mark
        if not isinstance(key, yaml.ScalarNode):
            problems.append(
                Problem(
                    path,
                    at.line + 1,
                    at.column + 1,
                    "a key is no string",
                    "keys are plain strings",
                    "write a word before the colon",
                )
            )
            continue
        if key.value in mapping:
            problems.append(
                Problem(
                    path,
                    at.line + 1,
                    at.column + 1,
                    f"the key {key.value!r} stands here a second time",
                    "each key stands once",
                    "remove one of the two",
                )
            )
        mapping[key.value] = _construct(child, path, problems, seen, depth + 1)
    return mapping


def _scalar(node: yaml.ScalarNode, path: str, problems: list[Problem]) -> Any:
    """Value of a scalar by the YAML 1.2 core schema; a quoted or block scalar is a string."""
    if node.tag.removeprefix("tag:yaml.org,2002:") not in _PLAIN_TAGS:
        problems.append(
            Problem(
                path,
                node.start_mark.line + 1,
                node.start_mark.column + 1,
                f"the tag {node.tag!r} is not read",
                "values are plain strings, numbers, booleans and null",
                "remove the tag",
            )
        )
        return None
    text: str = node.value
    if node.style:  # the C parser gives "" for a plain scalar, the Python one None
        return text
    if text in _WORDS:
        return _WORDS[text]
    if _INT.fullmatch(text) and len(text) < 3000:  # Python writes no number of more than 4300 digits
        return int(text, 0) if text[:2] in ("0x", "0o") else int(text)
    if _FLOAT.fullmatch(text):
        return float(text)
    return text
