"""Values that do not fit a model, told as problems at their place in the file."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator, Sequence
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from evalsuite.case import NAME
from evalsuite.document import Document, Problem

M = TypeVar("M", bound=BaseModel)


_EXPECTED = {
    "missing": "this key is required",
    "extra_forbidden": "only known keys are read",
    "string_pattern_mismatch": "lower-case letters, digits, '.', '_' and '-' were expected",
    "string_too_short": "a text that is not empty was expected",
    "too_short": "at least one entry was expected",
}


def read_model(
    model: type[M], document: Document, keys: Sequence[str | int], value: Any, problems: list[Problem]
) -> M | None:
    """`value` as `model`, or None after adding what is wrong with it, at its place, to `problems`."""
    if not isinstance(value, dict):
        problems.append(
            document.problem(keys, f"holds {kind(value)}", "a mapping of keys was expected", "write `key: value` lines")
        )
        return None
    try:
        return model.model_validate(value)
    except ValidationError as error:
        problems.extend(validation_problems(error, document, keys, sorted(_keys_of(model))))
        return None


def _keys_of(model: type[BaseModel]) -> set[str]:
    return {info.alias or name for name, info in model.model_fields.items()}


def validation_problems(
    error: ValidationError, document: Document, keys: Sequence[str | int], known: Sequence[str]
) -> Iterator[Problem]:
    """A pydantic error as problems at their places, with the nearest known key for a misspelt one."""
    for item in error.errors(include_url=False):
        location = [part for part in item["loc"] if not (isinstance(part, str) and "[" in part)]  # a type's name
        name = ".".join(map(str, location)) or "the value"
        path = (*keys, *location)
        if item["type"] == "extra_forbidden":
            yield unknown_key(document, path, str(location[-1]), known if len(location) == 1 else ())
        elif item["type"] == "missing":
            yield document.problem(path, f"the key {name!r} is missing", _EXPECTED["missing"], f"add `{location[-1]}:`")
        else:
            message = item["msg"].removeprefix("Value error, ").removeprefix("Assertion failed, ")
            expected = _EXPECTED.get(item["type"], message[:1].lower() + message[1:])
            if item["type"] == "string_pattern_mismatch" and item["ctx"]["pattern"] != NAME:
                expected = f"text of the form {item['ctx']['pattern']} was expected"
            yield document.problem(path, f"{name} is {_shown(item['input'])}", expected, "change the value")


def _shown(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, default=repr)
    return text if len(text) <= 200 else kind(value)


def kind(value: Any) -> str:
    names = {dict: "a mapping", list: "a list", str: "a text", bool: "a boolean", type(None): "nothing"}
    return names.get(type(value), "a number")


def unknown_key(document: Document, path: Sequence[str | int], key: str, known: Sequence[str]) -> Problem:
    near = difflib.get_close_matches(key, known, n=1)
    return document.problem(
        path,
        f"the key {key!r} is not known",
        f"one of {', '.join(known)} was expected" if known else _EXPECTED["extra_forbidden"],
        f"did you mean {near[0]!r}?" if near else "remove it",
        at_key=True,
    )
